// Dispatcher objects, DPCs, APCs, spin locks: the kernel's driver-visible structures (wdm.h, ntddk.h).
#pragma once

#include "nt/types.h"

struct KTHREAD;
struct ETHREAD;
struct KPROCESS;
struct EPROCESS;
struct KPRCB;
using PKTHREAD = KTHREAD*;
using PETHREAD = ETHREAD*;
using PRKTHREAD = KTHREAD*;
using PKPROCESS = KPROCESS*;
using PEPROCESS = EPROCESS*;
using PRKPROCESS = KPROCESS*;

using KSPIN_LOCK = ULONG_PTR;
using PKSPIN_LOCK = KSPIN_LOCK*;

enum EVENT_TYPE : int { NotificationEvent, SynchronizationEvent };
enum TIMER_TYPE : int { NotificationTimer, SynchronizationTimer };
enum WAIT_TYPE { WaitAll, WaitAny, WaitNotification, WaitDequeue, WaitDpc };
enum MODE { KernelModeEnum, UserModeEnum, MaximumMode };

enum KWAIT_REASON {
  Executive,
  FreePage,
  PageIn,
  PoolAllocation,
  DelayExecution,
  Suspended,
  UserRequest,
  WrExecutive,
  WrFreePage,
  WrPageIn,
  WrPoolAllocation,
  WrDelayExecution,
  WrSuspended,
  WrUserRequest,
  WrEventPair,
  WrQueue,
  WrLpcReceive,
  WrLpcReply,
  WrVirtualMemory,
  WrPageOut,
  WrRendezvous,
  WrKeyedEvent,
  WrTerminated,
  WrProcessInSwap,
  WrCpuRateControl,
  WrCalloutStack,
  WrKernel,
  WrResource,
  WrPushLock,
  WrMutex,
  WrQuantumEnd,
  WrDispatchInt,
  WrPreempted,
  WrYieldExecution,
  WrFastMutex,
  WrGuardedMutex,
  WrRundown,
  WrAlertByThreadId,
  WrDeferredPreempt,
  MaximumWaitReason
};

/// States of a thread, with NT's numbers.
enum KTHREAD_STATE { Initialized, Ready, Running, Standby, Terminated, Waiting, Transition, DeferredReady, GateWait };

/// Types in DISPATCHER_HEADER.Type.
enum KOBJECTS {
  EventNotificationObject = 0,
  EventSynchronizationObject = 1,
  MutantObject = 2,
  ProcessObject = 3,
  QueueObject = 4,
  SemaphoreObject = 5,
  ThreadObject = 6,
  GateObject = 7,
  TimerNotificationObject = 8,
  TimerSynchronizationObject = 9,
  ApcObject = 18,
  DpcObject = 19,
  DeviceQueueObject = 20,
  InterruptObject = 22,
  ThreadedDpcObject = 26
};

/// Head of every object that can be waited for.
struct DISPATCHER_HEADER {
  union {
    volatile LONG Lock;
    __extension__ struct {
      UCHAR Type;
      UCHAR Signalling;
      UCHAR Size;
      UCHAR Reserved1;
    };
    __extension__ struct {
      UCHAR TimerType;
      UCHAR TimerControlFlags;
      UCHAR Hand;
      UCHAR TimerMiscFlags;
    };
    __extension__ struct {
      UCHAR MutantType;
      BOOLEAN DpcActive;
      UCHAR MutantSize;
      UCHAR MutantReserved;
    };
  };
  LONG SignalState;
  LIST_ENTRY WaitListHead;
};
NT_SIZE(DISPATCHER_HEADER, 0x18);
NT_OFFSET(DISPATCHER_HEADER, SignalState, 0x4);
NT_OFFSET(DISPATCHER_HEADER, WaitListHead, 0x8);

struct KEVENT {
  DISPATCHER_HEADER Header;
};
using PKEVENT = KEVENT*;
using PRKEVENT = KEVENT*;
NT_SIZE(KEVENT, 0x18);

struct KSEMAPHORE {
  DISPATCHER_HEADER Header;
  LONG Limit;
};
using PKSEMAPHORE = KSEMAPHORE*;
using PRKSEMAPHORE = KSEMAPHORE*;
NT_SIZE(KSEMAPHORE, 0x20);
NT_OFFSET(KSEMAPHORE, Limit, 0x18);

struct KMUTANT {
  DISPATCHER_HEADER Header;
  LIST_ENTRY MutantListEntry;
  PKTHREAD OwnerThread;
  BOOLEAN Abandoned;
  UCHAR ApcDisable;
};
using PKMUTANT = KMUTANT*;
using PRKMUTANT = KMUTANT*;
using KMUTEX = KMUTANT;
using PKMUTEX = KMUTEX*;
using PRKMUTEX = KMUTEX*;
NT_SIZE(KMUTANT, 0x38);
NT_OFFSET(KMUTANT, OwnerThread, 0x28);
NT_OFFSET(KMUTANT, Abandoned, 0x30);
NT_OFFSET(KMUTANT, ApcDisable, 0x31);

struct KGATE {
  DISPATCHER_HEADER Header;
};
using PKGATE = KGATE*;

struct KDPC;
using PKDPC = KDPC*;
using PRKDPC = KDPC*;
using KDEFERRED_ROUTINE = MSABI VOID(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);
using PKDEFERRED_ROUTINE = KDEFERRED_ROUTINE*;

enum KDPC_IMPORTANCE { LowImportance, MediumImportance, HighImportance, MediumHighImportance };

struct KDPC {
  union {
    ULONG TargetInfoAsUlong;
    __extension__ struct {
      UCHAR Type;
      UCHAR Importance;
      volatile USHORT Number;
    };
  };
  SINGLE_LIST_ENTRY DpcListEntry;
  KAFFINITY ProcessorHistory;
  PKDEFERRED_ROUTINE DeferredRoutine;
  PVOID DeferredContext;
  PVOID SystemArgument1;
  PVOID SystemArgument2;
  PVOID DpcData;
};
NT_SIZE(KDPC, 0x40);
NT_OFFSET(KDPC, DeferredRoutine, 0x18);
NT_OFFSET(KDPC, DeferredContext, 0x20);
NT_OFFSET(KDPC, SystemArgument1, 0x28);
NT_OFFSET(KDPC, DpcData, 0x38);

// ---- interrupts ------------------------------------------------------------------------------------------------------------

struct KINTERRUPT;
using PKINTERRUPT = KINTERRUPT*;
enum KINTERRUPT_MODE { LevelSensitive, Latched };
using KSERVICE_ROUTINE = MSABI BOOLEAN(PKINTERRUPT Interrupt, PVOID ServiceContext);
using PKSERVICE_ROUTINE = KSERVICE_ROUTINE*;
using KMESSAGE_SERVICE_ROUTINE = MSABI BOOLEAN(PKINTERRUPT Interrupt, PVOID ServiceContext, ULONG MessageID);
using PKMESSAGE_SERVICE_ROUTINE = KMESSAGE_SERVICE_ROUTINE*;
using KSYNCHRONIZE_ROUTINE = MSABI BOOLEAN(PVOID SynchronizeContext);
using PKSYNCHRONIZE_ROUTINE = KSYNCHRONIZE_ROUTINE*;

using KIPI_BROADCAST_WORKER = MSABI ULONG_PTR(ULONG_PTR Argument);
using PKIPI_BROADCAST_WORKER = KIPI_BROADCAST_WORKER*;

enum KE_PROCESSOR_CHANGE_NOTIFY_STATE { KeProcessorAddStartNotify, KeProcessorAddCompleteNotify, KeProcessorAddFailureNotify };

struct KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT {
  KE_PROCESSOR_CHANGE_NOTIFY_STATE State;
  ULONG NtNumber;
  NTSTATUS Status;
  PROCESSOR_NUMBER ProcNumber;
};
using PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT = KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT*;
NT_SIZE(KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT, 0x10);
using PROCESSOR_CALLBACK_FUNCTION = MSABI VOID(PVOID CallbackContext, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT ChangeContext,
                                               NTSTATUS* OperationStatus);
using PPROCESSOR_CALLBACK_FUNCTION = PROCESSOR_CALLBACK_FUNCTION*;
inline constexpr ULONG KE_PROCESSOR_CHANGE_ADD_EXISTING = 1;

// ---- timers, APCs, waits -----------------------------------------------------------------------------------------------------

struct KTIMER {
  DISPATCHER_HEADER Header;
  ULARGE_INTEGER DueTime;
  LIST_ENTRY TimerListEntry;
  PKDPC Dpc;
  USHORT Processor;
  USHORT TimerType;
  ULONG Period;
};
using PKTIMER = KTIMER*;
using PRKTIMER = KTIMER*;
NT_SIZE(KTIMER, 0x40);
NT_OFFSET(KTIMER, DueTime, 0x18);
NT_OFFSET(KTIMER, TimerListEntry, 0x20);
NT_OFFSET(KTIMER, Dpc, 0x30);
NT_OFFSET(KTIMER, Period, 0x3c);

struct KAPC;
using PKAPC = KAPC*;
using PRKAPC = KAPC*;
using KNORMAL_ROUTINE = MSABI VOID(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2);
using PKNORMAL_ROUTINE = KNORMAL_ROUTINE*;
using KKERNEL_ROUTINE = MSABI VOID(PKAPC Apc, PKNORMAL_ROUTINE* NormalRoutine, PVOID* NormalContext, PVOID* SystemArgument1,
                                   PVOID* SystemArgument2);
using PKKERNEL_ROUTINE = KKERNEL_ROUTINE*;
using KRUNDOWN_ROUTINE = MSABI VOID(PKAPC Apc);
using PKRUNDOWN_ROUTINE = KRUNDOWN_ROUTINE*;

struct KAPC {
  UCHAR Type;
  UCHAR AllFlags;
  UCHAR Size;
  UCHAR SpareByte1;
  ULONG SpareLong0;
  PKTHREAD Thread;
  LIST_ENTRY ApcListEntry;
  PKKERNEL_ROUTINE KernelRoutine;
  PKRUNDOWN_ROUTINE RundownRoutine;
  PKNORMAL_ROUTINE NormalRoutine;
  PVOID NormalContext;
  PVOID SystemArgument1;
  PVOID SystemArgument2;
  CCHAR ApcStateIndex;
  KPROCESSOR_MODE ApcMode;
  BOOLEAN Inserted;
};
NT_SIZE(KAPC, 0x58);
NT_OFFSET(KAPC, Thread, 0x8);
NT_OFFSET(KAPC, ApcStateIndex, 0x50);

/// Links a thread to an object it waits for.
struct KWAIT_BLOCK {
  LIST_ENTRY WaitListEntry;
  UCHAR WaitType;
  volatile UCHAR BlockState;
  USHORT WaitKey;
  LONG SpareLong;
  union {
    PKTHREAD Thread;
    PVOID NotificationQueue;
  };
  PVOID Object;
  PVOID SparePtr;
};
using PKWAIT_BLOCK = KWAIT_BLOCK*;
NT_SIZE(KWAIT_BLOCK, 0x30);
NT_OFFSET(KWAIT_BLOCK, WaitType, 0x10);
NT_OFFSET(KWAIT_BLOCK, WaitKey, 0x12);
NT_OFFSET(KWAIT_BLOCK, Thread, 0x18);
NT_OFFSET(KWAIT_BLOCK, Object, 0x20);

inline constexpr ULONG THREAD_WAIT_OBJECTS = 3;
inline constexpr ULONG MAXIMUM_WAIT_OBJECTS = 64;

struct KSPIN_LOCK_QUEUE {
  KSPIN_LOCK_QUEUE* volatile Next;
  PKSPIN_LOCK volatile Lock;
};
using PKSPIN_LOCK_QUEUE = KSPIN_LOCK_QUEUE*;

struct KLOCK_QUEUE_HANDLE {
  KSPIN_LOCK_QUEUE LockQueue;
  KIRQL OldIrql;
};
using PKLOCK_QUEUE_HANDLE = KLOCK_QUEUE_HANDLE*;
NT_SIZE(KLOCK_QUEUE_HANDLE, 0x18);

struct KDEVICE_QUEUE_ENTRY {
  LIST_ENTRY DeviceListEntry;
  ULONG SortKey;
  BOOLEAN Inserted;
};
using PKDEVICE_QUEUE_ENTRY = KDEVICE_QUEUE_ENTRY*;
NT_SIZE(KDEVICE_QUEUE_ENTRY, 0x18);

struct KDEVICE_QUEUE {
  CSHORT Type;
  CSHORT Size;
  LIST_ENTRY DeviceListHead;
  KSPIN_LOCK Lock;
  union {
    BOOLEAN Busy;
    LONGLONG Hint;
  };
};
using PKDEVICE_QUEUE = KDEVICE_QUEUE*;
NT_SIZE(KDEVICE_QUEUE, 0x28);

struct KQUEUE {
  DISPATCHER_HEADER Header;
  LIST_ENTRY EntryListHead;
  ULONG CurrentCount;
  ULONG MaximumCount;
  LIST_ENTRY ThreadListHead;
};
using PKQUEUE = KQUEUE*;
using PRKQUEUE = KQUEUE*;
NT_SIZE(KQUEUE, 0x40);

struct KAPC_STATE {
  LIST_ENTRY ApcListHead[2];
  PKPROCESS Process;
  UCHAR InProgressFlags;
  BOOLEAN KernelApcPending;
  BOOLEAN UserApcPending;
};
using PKAPC_STATE = KAPC_STATE*;
using PRKAPC_STATE = KAPC_STATE*;
NT_SIZE(KAPC_STATE, 0x30);
NT_OFFSET(KAPC_STATE, Process, 0x20);

inline constexpr KPRIORITY IO_NO_INCREMENT = 0;
inline constexpr KPRIORITY EVENT_INCREMENT = 1;
inline constexpr KPRIORITY LOW_PRIORITY = 0;
inline constexpr KPRIORITY LOW_REALTIME_PRIORITY = 16;
inline constexpr KPRIORITY HIGH_PRIORITY = 31;
inline constexpr KPRIORITY MAXIMUM_PRIORITY = 32;
