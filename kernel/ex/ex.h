// The executive's support routines: pool, lookaside lists, executive locks, work items, callbacks, timers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nt/ex.h"
#include "nt/ob.h"
#include "nt/types.h"

namespace nt::ex {

/// Makes the pools; needs hal's memory. Before ke: ke allocates from them.
void Initialize();
/// Makes what needs other components: work queues, and the Callback type. After ob and ps.
void InitializeThreads();
/// Drops everything. Pool blocks that are still allocated vanish with the machine.
void Shutdown();

// ---- pool ------------------------------------------------------------------------------------------------------------------

/// Allocates from a pool for the kernel itself; null if there is no memory. The block is charged to the caller of the running export,
/// but marked as the kernel's. IRQL <= DISPATCH_LEVEL, for paged pool <= APC_LEVEL.
void* AllocatePool(POOL_TYPE type, SIZE_T size, ULONG tag);
/// Frees a block of any pool, whatever its tag.
void FreePool(void* block);

/// Which pool a block is from.
enum class Pool : UCHAR { NonPagedExecute, NonPagedNx, Paged };

/// One live pool block.
struct Allocation {
  ULONG_PTR address;
  SIZE_T size;  ///< bytes asked for
  ULONG tag;
  Pool pool;
  bool by_kernel;    ///< the kernel's own (an object, an IRP), not asked for by an ExAllocatePool call
  ULONG_PTR caller;  ///< PE address of the call that led to it; 0 for the kernel itself
};
/// Visits every live block, by pool and ascending address.
void ForEachAllocation(const std::function<void(const Allocation&)>& visit);

/// What was allocated under one tag from one pool since boot.
struct TagStatistics {
  ULONG tag;
  bool paged;
  ULONG64 allocations;
  ULONG64 frees;
  ULONG64 bytes;  ///< in use, as asked for
  ULONG64 peak_bytes;
};
/// All tags ever used, ordered by tag, then non-paged before paged.
std::vector<TagStatistics> PoolStatistics();

/// Pages that a pool has taken, and the most it may take, in bytes.
SIZE_T PoolPages(bool paged);
SIZE_T PoolLimit(bool paged);

/// What a process was charged for pool, in bytes.
struct PoolQuotaUse {
  SIZE_T bytes = 0;
  SIZE_T peak = 0;
};
PoolQuotaUse PoolQuotaOf(PEPROCESS process, bool paged);
/// The most that one process may be charged; 0: no limit.
void SetPoolQuotas(SIZE_T non_paged, SIZE_T paged);
/// The same as callers are told it: all ones for no limit.
SIZE_T PoolQuotaLimit(bool paged);
/// False if that would exceed the quota.
bool ChargePoolQuota(PEPROCESS process, bool paged, SIZE_T size);
/// Bugchecks if the process was charged less.
void ReturnPoolQuota(PEPROCESS process, bool paged, SIZE_T size);
/// The process is no more.
void ForgetPoolQuota(PEPROCESS process);

/// Local time is so much behind system time, in 100 ns units.
void SetTimeZoneBias(LONGLONG bias);

/// Checks every free block for writes after its free and every live block for overruns. Returns a sentence for each broken one.
std::vector<std::string> VerifyPool();

/// Checked mode: each allocation gets pages of its own, placed so that the byte behind it (or up to 15 later) is in an unmapped page, and
/// freed blocks stay unmapped. Concerns the allocations made from now on.
void SetSpecialPool(bool on);
bool SpecialPool();

/// Low memory on request: which of the drivers' allocations fail though there is memory.
struct AllocationFaults {
  ULONG64 number = 0;  ///< the one of this number, counted from 1; 0: none
  ULONG64 one_in = 0;  ///< each with this chance; 0: none
  ULONG64 seed = 0;    ///< of those chances
};
/// Counts anew from now on.
void SetAllocationFaults(const AllocationFaults& faults);
/// Asked wherever a driver allocates (pool, MDLs, IRPs, contiguous memory, mappings): true if this allocation is to fail.
bool LetAllocationFail();

/// Makes all paged pool inaccessible or accessible again: a checked machine does so while IRQL is DISPATCH_LEVEL or above.
void ProtectPagedPool(bool accessible);

/// In words what pool knows of an address: "32 bytes into a freed pool block, tag Leak, 64 bytes, allocated by …, freed by …".
/// Empty if the address is in no pool.
std::string DescribePoolAddress(ULONG_PTR address);
/// True if the address is in a pool's mapped memory.
bool IsPoolAddress(ULONG_PTR address);
/// True if the address belongs to paged pool.
bool IsPagedPoolAddress(ULONG_PTR address);
/// True if the address is in the pages of a freed block of special pool.
bool IsFreedSpecialPool(ULONG_PTR address);
/// True if the address is in the page behind a live block of special pool.
bool IsBeyondSpecialPool(ULONG_PTR address);

/// "Leak" for 'kaeL'; characters that cannot be shown become dots.
std::string TagText(ULONG tag);

// ---- what drivers leave behind ---------------------------------------------------------------------------------------------

/// A resource, lookaside list, callback registration, timer or event provider that its driver has not deleted.
struct Leftover {
  const char* kind;  ///< "resource", "lookaside list", "callback registration", "timer", "ETW provider"
  ULONG_PTR address;
  ULONG_PTR caller;         ///< PE address that made it
  std::string description;  ///< its name, if it has one
};
/// All of them, oldest first.
std::vector<Leftover> Leftovers();

/// Notes something that its driver must delete: the caller of the running export.
void Track(const char* kind, const void* address, const std::string& description = {});
void DescribeTracked(const void* address, const std::string& description);
void Untrack(const void* address);

}  // namespace nt::ex

extern "C" {
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority);
PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG Count);
VOID ExFreePool(PVOID P);
VOID ExFreePoolWithTag(PVOID P, ULONG Tag);
VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG Count);

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT Depth);
VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                    SIZE_T Size, ULONG Tag, USHORT Depth);
VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);
NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
                                     POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);

MSABI PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead);
MSABI PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
MSABI PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead);
MSABI USHORT ExQueryDepthSList(PSLIST_HEADER ListHead);
MSABI VOID InitializeSListHead(PSLIST_HEADER ListHead);

VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex);
VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex);
VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex);
BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex);
VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex);
VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex);
VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex);
VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex);
VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex);
BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex);
VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex);
VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex);

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource);
NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource);
NTSTATUS ExDeleteResourceLite(PERESOURCE Resource);
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait);
VOID ExReleaseResourceLite(PERESOURCE Resource);
VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId);
VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource);
BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource);
ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource);
ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource);
ULONG ExGetSharedWaiterCount(PERESOURCE Resource);

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock);
VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
BOOLEAN ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
BOOLEAN ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
VOID ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags);

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef);
VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType);
NTSTATUS ExCreateCallback(PCALLBACK_OBJECT* CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                          BOOLEAN AllowMultipleCallbacks);
PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext);
VOID ExUnregisterCallback(PVOID CallbackRegistration);
VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2);
KPROCESSOR_MODE ExGetPreviousMode();
[[noreturn]] VOID ExRaiseStatus(NTSTATUS Status);
VOID ProbeForRead(const volatile VOID* Address, SIZE_T Length, ULONG Alignment);
VOID ProbeForWrite(volatile VOID* Address, SIZE_T Length, ULONG Alignment);
VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime);
VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime);
NTSTATUS ExUuidCreate(UUID* Uuid);
}
