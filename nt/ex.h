// Pool, lookaside lists, executive locks, work items, callbacks, timers (wdm.h, ntddk.h).
#pragma once

#include "nt/ke.h"
#include "nt/types.h"

// ---- pool ----------------------------------------------------------------------------------------------------------------

enum POOL_TYPE {
  NonPagedPool = 0,
  NonPagedPoolExecute = 0,
  PagedPool = 1,
  NonPagedPoolMustSucceed = 2,
  DontUseThisType = 3,
  NonPagedPoolCacheAligned = 4,
  PagedPoolCacheAligned = 5,
  NonPagedPoolCacheAlignedMustS = 6,
  MaxPoolType = 7,
  NonPagedPoolBase = 0,
  NonPagedPoolBaseMustSucceed = 2,
  NonPagedPoolBaseCacheAligned = 4,
  NonPagedPoolBaseCacheAlignedMustS = 6,
  NonPagedPoolSession = 32,
  PagedPoolSession = 33,
  NonPagedPoolMustSucceedSession = 34,
  DontUseThisTypeSession = 35,
  NonPagedPoolCacheAlignedSession = 36,
  PagedPoolCacheAlignedSession = 37,
  NonPagedPoolCacheAlignedMustSSession = 38,
  NonPagedPoolNx = 512,
  NonPagedPoolNxCacheAligned = 516,
  NonPagedPoolSessionNx = 544
};

// Bits that may be added to a POOL_TYPE.
inline constexpr ULONG POOL_QUOTA_FAIL_INSTEAD_OF_RAISE = 8;
inline constexpr ULONG POOL_RAISE_IF_ALLOCATION_FAILURE = 16;
inline constexpr ULONG POOL_COLD_ALLOCATION = 256;
inline constexpr ULONG POOL_NX_ALLOCATION = 512;
inline constexpr ULONG POOL_ZERO_ALLOCATION = 1024;

/// A tag with this bit must be given again when the block is freed.
inline constexpr ULONG PROTECTED_POOL = 0x80000000;

using POOL_FLAGS = ULONG64;
inline constexpr POOL_FLAGS POOL_FLAG_USE_QUOTA = 0x1;
inline constexpr POOL_FLAGS POOL_FLAG_UNINITIALIZED = 0x2;
inline constexpr POOL_FLAGS POOL_FLAG_SESSION = 0x4;
inline constexpr POOL_FLAGS POOL_FLAG_CACHE_ALIGNED = 0x8;
inline constexpr POOL_FLAGS POOL_FLAG_RESERVED1 = 0x10;
inline constexpr POOL_FLAGS POOL_FLAG_RAISE_ON_FAILURE = 0x20;
inline constexpr POOL_FLAGS POOL_FLAG_NON_PAGED = 0x40;
inline constexpr POOL_FLAGS POOL_FLAG_NON_PAGED_EXECUTE = 0x80;
inline constexpr POOL_FLAGS POOL_FLAG_PAGED = 0x100;
inline constexpr POOL_FLAGS POOL_FLAG_RESERVED2 = 0x200;
inline constexpr POOL_FLAGS POOL_FLAG_RESERVED3 = 0x400;
inline constexpr POOL_FLAGS POOL_FLAG_REQUIRED_END = 0x80000000;
inline constexpr POOL_FLAGS POOL_FLAG_OPTIONAL_START = 0x100000000;
inline constexpr POOL_FLAGS POOL_FLAG_SPECIAL_POOL = 0x100000000;

enum EX_POOL_PRIORITY {
  LowPoolPriority = 0,
  LowPoolPrioritySpecialPoolOverrun = 8,
  LowPoolPrioritySpecialPoolUnderrun = 9,
  NormalPoolPriority = 16,
  NormalPoolPrioritySpecialPoolOverrun = 24,
  NormalPoolPrioritySpecialPoolUnderrun = 25,
  HighPoolPriority = 32,
  HighPoolPrioritySpecialPoolOverrun = 40,
  HighPoolPrioritySpecialPoolUnderrun = 41
};

enum POOL_EXTENDED_PARAMETER_TYPE {
  PoolExtendedParameterInvalidType = 0,
  PoolExtendedParameterPriority,
  PoolExtendedParameterSecurePool,
  PoolExtendedParameterNumaNode,
  PoolExtendedParameterMax
};

/// A further wish of ExAllocatePool3's caller.
struct POOL_EXTENDED_PARAMETER {
  ULONG64 Type : 8;
  ULONG64 Optional : 1;
  ULONG64 Reserved : 55;
  union {
    ULONG64 Reserved2;
    PVOID Reserved3;
    EX_POOL_PRIORITY Priority;
    PVOID SecurePoolParams;
    ULONG PreferredNode;
  };
};
using PCPOOL_EXTENDED_PARAMETER = const POOL_EXTENDED_PARAMETER*;
NT_SIZE(POOL_EXTENDED_PARAMETER, 0x10);

// ---- interlocked lists and lookaside lists --------------------------------------------------------------------------------

struct alignas(16) SLIST_ENTRY {
  SLIST_ENTRY* Next;
};
using PSLIST_ENTRY = SLIST_ENTRY*;
NT_SIZE(SLIST_ENTRY, 0x10);

/// Head of an interlocked stack; changed as one 16-byte word.
union alignas(16) SLIST_HEADER {
  __extension__ struct {
    ULONGLONG Alignment;
    ULONGLONG Region;
  };
  struct {
    ULONGLONG Depth : 16;
    ULONGLONG Sequence : 48;
    ULONGLONG Reserved : 4;
    ULONGLONG NextEntry : 60;  ///< the first entry's address without its low four bits
  } HeaderX64;
};
using PSLIST_HEADER = SLIST_HEADER*;
NT_SIZE(SLIST_HEADER, 0x10);

struct LOOKASIDE_LIST_EX;
using PLOOKASIDE_LIST_EX = LOOKASIDE_LIST_EX*;
using ALLOCATE_FUNCTION = MSABI PVOID(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
using PALLOCATE_FUNCTION = ALLOCATE_FUNCTION*;
using FREE_FUNCTION = MSABI VOID(PVOID Buffer);
using PFREE_FUNCTION = FREE_FUNCTION*;
using ALLOCATE_FUNCTION_EX = MSABI PVOID(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside);
using PALLOCATE_FUNCTION_EX = ALLOCATE_FUNCTION_EX*;
using FREE_FUNCTION_EX = MSABI VOID(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside);
using PFREE_FUNCTION_EX = FREE_FUNCTION_EX*;

/// What every kind of lookaside list has; the WDK's inline functions work on it directly.
struct GENERAL_LOOKASIDE_POOL {
  union {
    SLIST_HEADER ListHead;
    SINGLE_LIST_ENTRY SingleListHead;
  };
  USHORT Depth;
  USHORT MaximumDepth;
  ULONG TotalAllocates;
  union {
    ULONG AllocateMisses;
    ULONG AllocateHits;
  };
  ULONG TotalFrees;
  union {
    ULONG FreeMisses;
    ULONG FreeHits;
  };
  POOL_TYPE Type;
  ULONG Tag;
  ULONG Size;
  union {
    PALLOCATE_FUNCTION_EX AllocateEx;
    PALLOCATE_FUNCTION Allocate;
  };
  union {
    PFREE_FUNCTION_EX FreeEx;
    PFREE_FUNCTION Free;
  };
  LIST_ENTRY ListEntry;
  ULONG LastTotalAllocates;
  union {
    ULONG LastAllocateMisses;
    ULONG LastAllocateHits;
  };
  ULONG Future[2];
};
NT_SIZE(GENERAL_LOOKASIDE_POOL, 0x60);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Depth, 0x10);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, TotalAllocates, 0x14);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, TotalFrees, 0x1c);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Type, 0x24);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Tag, 0x28);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Size, 0x2c);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Allocate, 0x30);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Free, 0x38);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, ListEntry, 0x40);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, LastTotalAllocates, 0x50);
NT_OFFSET(GENERAL_LOOKASIDE_POOL, Future, 0x58);

/// The same, on cache lines of its own.
struct alignas(64) GENERAL_LOOKASIDE : GENERAL_LOOKASIDE_POOL {};
NT_SIZE(GENERAL_LOOKASIDE, 0x80);

struct NPAGED_LOOKASIDE_LIST {
  GENERAL_LOOKASIDE L;
};
using PNPAGED_LOOKASIDE_LIST = NPAGED_LOOKASIDE_LIST*;
NT_SIZE(NPAGED_LOOKASIDE_LIST, 0x80);

struct PAGED_LOOKASIDE_LIST {
  GENERAL_LOOKASIDE L;
};
using PPAGED_LOOKASIDE_LIST = PAGED_LOOKASIDE_LIST*;
NT_SIZE(PAGED_LOOKASIDE_LIST, 0x80);

struct LOOKASIDE_LIST_EX {
  GENERAL_LOOKASIDE_POOL L;
};
NT_SIZE(LOOKASIDE_LIST_EX, 0x60);

inline constexpr ULONG EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL = 0x1;
inline constexpr ULONG EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE = 0x2;

// ---- locks -----------------------------------------------------------------------------------------------------------------

struct FAST_MUTEX {
  LONG Count;  ///< 1 when free
  PVOID Owner;
  ULONG Contention;
  KEVENT Event;
  ULONG OldIrql;
};
using PFAST_MUTEX = FAST_MUTEX*;
NT_SIZE(FAST_MUTEX, 0x38);
NT_OFFSET(FAST_MUTEX, Owner, 0x8);
NT_OFFSET(FAST_MUTEX, Contention, 0x10);
NT_OFFSET(FAST_MUTEX, Event, 0x18);
NT_OFFSET(FAST_MUTEX, OldIrql, 0x30);

struct KGUARDED_MUTEX {
  LONG Count;
  PKTHREAD Owner;
  ULONG Contention;
  KGATE Gate;
  union {
    __extension__ struct {
      SHORT KernelApcDisable;
      SHORT SpecialApcDisable;
    };
    ULONG CombinedApcDisable;
  };
};
using PKGUARDED_MUTEX = KGUARDED_MUTEX*;
NT_SIZE(KGUARDED_MUTEX, 0x38);
NT_OFFSET(KGUARDED_MUTEX, Owner, 0x8);
NT_OFFSET(KGUARDED_MUTEX, Gate, 0x18);
NT_OFFSET(KGUARDED_MUTEX, KernelApcDisable, 0x30);
NT_OFFSET(KGUARDED_MUTEX, SpecialApcDisable, 0x32);

using ERESOURCE_THREAD = ULONG_PTR;
using PERESOURCE_THREAD = ERESOURCE_THREAD*;

struct OWNER_ENTRY {
  ERESOURCE_THREAD OwnerThread;
  union {
    struct {
      ULONG IoPriorityBoosted : 1;
      ULONG OwnerReferenced : 1;
      ULONG IoQoSPriorityBoosted : 1;
      ULONG OwnerCount : 29;
    } Bits;
    ULONG TableSize;  ///< in the first entry of an owner table
  };
};
using POWNER_ENTRY = OWNER_ENTRY*;
NT_SIZE(OWNER_ENTRY, 0x10);

/// Reader/writer lock with recursion.
struct ERESOURCE {
  LIST_ENTRY SystemResourcesList;
  POWNER_ENTRY OwnerTable;  ///< further shared owners
  SHORT ActiveCount;
  USHORT Flag;
  PVOID SharedWaiters;
  PVOID ExclusiveWaiters;
  OWNER_ENTRY OwnerEntry;  ///< the exclusive owner, or the first shared one
  ULONG ActiveEntries;
  ULONG ContentionCount;
  ULONG NumberOfSharedWaiters;
  ULONG NumberOfExclusiveWaiters;
  PVOID Reserved2;
  union {
    PVOID Address;
    ULONG_PTR CreatorBackTraceIndex;
  };
  KSPIN_LOCK SpinLock;
};
using PERESOURCE = ERESOURCE*;
NT_SIZE(ERESOURCE, 0x68);
NT_OFFSET(ERESOURCE, OwnerTable, 0x10);
NT_OFFSET(ERESOURCE, ActiveCount, 0x18);
NT_OFFSET(ERESOURCE, Flag, 0x1a);
NT_OFFSET(ERESOURCE, SharedWaiters, 0x20);
NT_OFFSET(ERESOURCE, ExclusiveWaiters, 0x28);
NT_OFFSET(ERESOURCE, OwnerEntry, 0x30);
NT_OFFSET(ERESOURCE, ActiveEntries, 0x40);
NT_OFFSET(ERESOURCE, ContentionCount, 0x44);
NT_OFFSET(ERESOURCE, NumberOfSharedWaiters, 0x48);
NT_OFFSET(ERESOURCE, NumberOfExclusiveWaiters, 0x4c);
NT_OFFSET(ERESOURCE, Address, 0x58);
NT_OFFSET(ERESOURCE, SpinLock, 0x60);

inline constexpr USHORT ResourceNeverExclusive = 0x10;
inline constexpr USHORT ResourceReleaseByOtherThread = 0x20;
inline constexpr USHORT ResourceOwnedExclusive = 0x80;

using EX_PUSH_LOCK = ULONG_PTR;
using PEX_PUSH_LOCK = EX_PUSH_LOCK*;
inline constexpr ULONG EX_DEFAULT_PUSH_LOCK_FLAGS = 0;

using EX_SPIN_LOCK = volatile LONG;
using PEX_SPIN_LOCK = EX_SPIN_LOCK*;

/// Keeps an object alive while it is in use: bit 0 says that rundown began, the rest counts the users.
struct EX_RUNDOWN_REF {
  union {
    volatile ULONG_PTR Count;
    PVOID volatile Ptr;
  };
};
using PEX_RUNDOWN_REF = EX_RUNDOWN_REF*;
NT_SIZE(EX_RUNDOWN_REF, 0x8);
struct EX_RUNDOWN_REF_CACHE_AWARE;
using PEX_RUNDOWN_REF_CACHE_AWARE = EX_RUNDOWN_REF_CACHE_AWARE*;

// ---- work items, callbacks, timers -----------------------------------------------------------------------------------------

enum WORK_QUEUE_TYPE {
  CriticalWorkQueue,
  DelayedWorkQueue,
  HyperCriticalWorkQueue,
  NormalWorkQueue,
  BackgroundWorkQueue,
  RealTimeWorkQueue,
  SuperCriticalWorkQueue,
  MaximumWorkQueue,
  CustomPriorityWorkQueue = 32
};

using WORKER_THREAD_ROUTINE = MSABI VOID(PVOID Parameter);
using PWORKER_THREAD_ROUTINE = WORKER_THREAD_ROUTINE*;

struct WORK_QUEUE_ITEM {
  LIST_ENTRY List;
  PWORKER_THREAD_ROUTINE WorkerRoutine;
  PVOID Parameter;
};
using PWORK_QUEUE_ITEM = WORK_QUEUE_ITEM*;
NT_SIZE(WORK_QUEUE_ITEM, 0x20);
NT_OFFSET(WORK_QUEUE_ITEM, WorkerRoutine, 0x10);
NT_OFFSET(WORK_QUEUE_ITEM, Parameter, 0x18);

struct CALLBACK_OBJECT;
using PCALLBACK_OBJECT = CALLBACK_OBJECT*;
using CALLBACK_FUNCTION = MSABI VOID(PVOID CallbackContext, PVOID Argument1, PVOID Argument2);
using PCALLBACK_FUNCTION = CALLBACK_FUNCTION*;

inline constexpr ACCESS_MASK CALLBACK_MODIFY_STATE = 0x1;
inline constexpr ACCESS_MASK CALLBACK_ALL_ACCESS = 0x1f0001;

struct EX_TIMER;
using PEX_TIMER = EX_TIMER*;
using EXT_CALLBACK = MSABI VOID(PEX_TIMER Timer, PVOID Context);
using PEXT_CALLBACK = EXT_CALLBACK*;
using EXT_DELETE_CALLBACK = MSABI VOID(PVOID Context);
using PEXT_DELETE_CALLBACK = EXT_DELETE_CALLBACK*;

inline constexpr ULONG EX_TIMER_HIGH_RESOLUTION = 0x4;
inline constexpr ULONG EX_TIMER_NO_WAKE = 0x8;
inline constexpr ULONG EX_TIMER_NOTIFICATION = 0x80000000;

struct EXT_SET_PARAMETERS {
  ULONG Version;
  ULONG Reserved;
  LONGLONG NoWakeTolerance;
};
using PEXT_SET_PARAMETERS = EXT_SET_PARAMETERS*;
NT_SIZE(EXT_SET_PARAMETERS, 0x10);

struct EXT_DELETE_PARAMETERS {
  ULONG Version;
  ULONG Reserved;
  PEXT_DELETE_CALLBACK DeleteCallback;
  PVOID DeleteContext;
};
using PEXT_DELETE_PARAMETERS = EXT_DELETE_PARAMETERS*;
NT_SIZE(EXT_DELETE_PARAMETERS, 0x18);

using UUID = GUID;
