// Edges of threads, work items, timers, APCs, lookaside lists and callbacks: what other tests leave out.
#include "ktest.h"

using namespace ktest;

// ---- work items

namespace {
struct Ran {
  KEVENT done;
  KPRIORITY priority;
  KIRQL irql;
  PVOID object, item;
  BOOLEAN system;
};

VOID NTAPI NoteWork(PVOID context) {
  auto* const ran = static_cast<Ran*>(context);
  ran->priority = KeQueryPriorityThread(KeGetCurrentThread());
  ran->irql = KeGetCurrentIrql();
  ran->system = PsIsSystemThread(PsGetCurrentThread());
  KeSetEvent(&ran->done, 0, FALSE);
}

IO_WORKITEM_ROUTINE_EX NoteIoWork;
VOID NTAPI NoteIoWork(PVOID object, PVOID context, PIO_WORKITEM item) {
  auto* const ran = static_cast<Ran*>(context);
  ran->object = object;
  ran->item = item;
  NoteWork(context);
}

KPRIORITY PriorityOf(WORK_QUEUE_TYPE queue) {
  Ran ran = {};
  KeInitializeEvent(&ran.done, NotificationEvent, FALSE);
  WORK_QUEUE_ITEM item;
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
  ExInitializeWorkItem(&item, NoteWork, &ran);
  ExQueueWorkItem(&item, queue);
#pragma clang diagnostic pop
  EXPECT_EQ(WaitFor(&ran.done, 2000), STATUS_SUCCESS);
  EXPECT(ran.system);
  EXPECT_EQ(ran.irql, PASSIVE_LEVEL);
  EXPECT(item.List.Flink == nullptr);
  return ran.priority;
}
}  // namespace

KTEST(WorkQueuesHaveTheirPriorities) {
  EXPECT_EQ(PriorityOf(CriticalWorkQueue), 13);
  EXPECT_EQ(PriorityOf(DelayedWorkQueue), 12);
  EXPECT_EQ(PriorityOf(HyperCriticalWorkQueue), 15);
  EXPECT_EQ(PriorityOf(NormalWorkQueue), 8);
  EXPECT_EQ(PriorityOf(BackgroundWorkQueue), 7);
  EXPECT_EQ(PriorityOf(RealTimeWorkQueue), 18);
  EXPECT_EQ(PriorityOf(SuperCriticalWorkQueue), 14);
  EXPECT_EQ(PriorityOf(static_cast<WORK_QUEUE_TYPE>(CustomPriorityWorkQueue + 10)), 10);
}

KTEST(AnIoWorkItemOfADriver) {
  Ran ran = {};
  KeInitializeEvent(&ran.done, NotificationEvent, FALSE);
  const ULONG size = IoSizeofWorkItem();
  EXPECT(size >= 0x40 && size <= 0x100);
  auto* const item = static_cast<PIO_WORKITEM>(ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'krow'));
  REQUIRE(item != nullptr);
  IoInitializeWorkItem(driver, item);
  IoQueueWorkItemEx(item, NoteIoWork, DelayedWorkQueue, &ran);
  EXPECT_EQ(WaitFor(&ran.done, 2000), STATUS_SUCCESS);
  EXPECT(ran.object == driver);
  EXPECT(ran.item == item);
  EXPECT_EQ(ran.priority, 12);
  IoUninitializeWorkItem(item);
  ExFreePoolWithTag(item, 'krow');
}

// ---- threads

namespace {
VOID NTAPI EndWith(PVOID status) { PsTerminateSystemThread(static_cast<NTSTATUS>(reinterpret_cast<ULONG_PTR>(status))); }
}  // namespace

KTEST(AThreadsHandleAndIdentifier) {
  HANDLE handle = nullptr;
  CLIENT_ID id = {};
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, nullptr, &id, EndWith,
                                          reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(static_cast<ULONG>(STATUS_NO_MEMORY))))));
  EXPECT(reinterpret_cast<LONG_PTR>(handle) < 0);
  EXPECT(id.UniqueProcess == PsGetProcessId(PsInitialSystemProcess));
  PKTHREAD thread = nullptr;
  EXPECT_EQ(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, reinterpret_cast<PVOID*>(&thread), nullptr),
            STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(handle, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT(PsGetThreadId(reinterpret_cast<PETHREAD>(thread)) == id.UniqueThread);
  EXPECT_EQ(PsGetThreadExitStatus(reinterpret_cast<PETHREAD>(thread)), STATUS_NO_MEMORY);
  EXPECT(PsIsSystemThread(reinterpret_cast<PETHREAD>(thread)));
  PETHREAD found = nullptr;
  // Its identifier is known as long as the object lives.
  if (NT_SUCCESS(PsLookupThreadByThreadId(id.UniqueThread, &found))) ObDereferenceObject(found);
  ObDereferenceObject(thread);
  ZwClose(handle);
  EXPECT_EQ(PsLookupThreadByThreadId(reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(0x7ffffffc)), &found), STATUS_INVALID_CID);
}

KTEST(AThreadOfAnotherProcessIsNoSystemThread) {
  HANDLE handle = nullptr, process = nullptr;
  REQUIRE(NT_SUCCESS(
      ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, nullptr, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &process)));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  CLIENT_ID id = {};
  EXPECT_EQ(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, process, &id, EndWith, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(handle, FALSE, nullptr), STATUS_SUCCESS);
  ZwClose(handle);
  ZwClose(process);
  EXPECT_EQ(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(0x7ffc)), nullptr,
                                 EndWith, nullptr),
            STATUS_INVALID_HANDLE);
}

// ---- timers

KTEST(APeriodicSynchronizationTimerWakesOnceAPeriod) {
  KTIMER timer;
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  const LARGE_INTEGER due = Milliseconds(2);
  EXPECT(!KeSetTimerEx(&timer, due, 2, nullptr));
  for (int i = 0; i < 5; i++) EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
  EXPECT(KeSetTimerEx(&timer, due, 2, nullptr));  // it was set
  EXPECT(KeCancelTimer(&timer));
  EXPECT(!KeCancelTimer(&timer));
}

KTEST(ATimerThatExpiredIsNotSetAnyMore) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  EXPECT(!KeReadStateTimer(&timer));
  const LARGE_INTEGER due = Milliseconds(1);
  EXPECT(!KeSetTimer(&timer, due, nullptr));
  EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
  EXPECT(KeReadStateTimer(&timer));
  EXPECT(!KeCancelTimer(&timer));
  EXPECT(KeReadStateTimer(&timer));
  EXPECT(!KeSetCoalescableTimer(&timer, Milliseconds(1000), 0, 50, nullptr));
  EXPECT(!KeReadStateTimer(&timer));
  EXPECT(KeSetCoalescableTimer(&timer, Milliseconds(1), 0, 0, nullptr));
  EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
}

namespace {
EXT_CALLBACK CountExpiry;
VOID NTAPI CountExpiry(PEX_TIMER, PVOID context) { InterlockedIncrement(static_cast<LONG*>(context)); }
EXT_DELETE_CALLBACK CountDeletion;
VOID NTAPI CountDeletion(PVOID context) { InterlockedAdd(static_cast<LONG*>(context), 100); }
}  // namespace

KTEST(TimersOfTheSystemTakeParameters) {
  LONG count = 0;
  const PEX_TIMER timer = ExAllocateTimer(CountExpiry, &count, EX_TIMER_NO_WAKE);
  REQUIRE(timer != nullptr);
  EXT_SET_PARAMETERS set;
  ExInitializeSetTimerParameters(&set);
  set.NoWakeTolerance = EX_TIMER_UNLIMITED_TOLERANCE;
  EXPECT(!ExSetTimer(timer, -100'000'000, 0, &set));
  set.NoWakeTolerance = 10'000;
  EXPECT(ExSetTimer(timer, -10'000, 20'000, &set));
  while (count < 3) Sleep(1);
  EXPECT(ExCancelTimer(timer, nullptr));
  EXPECT(!ExCancelTimer(timer, nullptr));
  EXT_DELETE_PARAMETERS parameters;
  ExInitializeDeleteTimerParameters(&parameters);
  parameters.DeleteCallback = CountDeletion;
  parameters.DeleteContext = &count;
  const LONG before = count;
  EXPECT(!ExDeleteTimer(timer, TRUE, TRUE, &parameters));
  EXPECT_EQ(count, before + 100);
}

// ---- lookaside lists

KTEST(ListsThatFailOrRaise) {
  LOOKASIDE_LIST_EX list;
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, 64, 'kool', 0),
            STATUS_SUCCESS);
  ExDeleteLookasideListEx(&list);
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 64, 'kool', 0),
            STATUS_SUCCESS);
  const PVOID entry = ExAllocateFromLookasideListEx(&list);
  EXPECT(entry != nullptr);
  ExFreeToLookasideListEx(&list, entry);
  EXPECT(ExAllocateFromLookasideListEx(&list) == entry);
  ExFreeToLookasideListEx(&list, entry);
  ExFlushLookasideListEx(&list);
  ExDeleteLookasideListEx(&list);
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx,
                                        EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE | EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 64, 'kool', 0),
            STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, 0x80, 64, 'kool', 0), STATUS_INVALID_PARAMETER_5);
}

// ---- singly linked lists

KTEST(SequencedLists) {
  DECLSPEC_ALIGN(16) SLIST_HEADER head;
  DECLSPEC_ALIGN(16) SLIST_ENTRY entries[3];
  InitializeSListHead(&head);
  EXPECT_EQ(ExQueryDepthSList(&head), 0);
  EXPECT(FirstEntrySList(&head) == nullptr);
  EXPECT(InterlockedPushEntrySList(&head, &entries[0]) == nullptr);
  EXPECT(InterlockedPushEntrySList(&head, &entries[1]) == &entries[0]);
  EXPECT(ExInterlockedPushEntrySList(&head, &entries[2], nullptr) == &entries[1]);
  EXPECT(FirstEntrySList(&head) == &entries[2]);
  EXPECT_EQ(QueryDepthSList(&head), 3);
  EXPECT(InterlockedPopEntrySList(&head) == &entries[2]);
  EXPECT(InterlockedFlushSList(&head) == &entries[1]);
  EXPECT(entries[1].Next == &entries[0]);
  EXPECT(ExInterlockedPopEntrySList(&head, nullptr) == nullptr);
}

// ---- processors

namespace {
struct Broadcast {
  volatile LONG calls;
  volatile LONG wrong_level;
};
ULONG_PTR NTAPI OnEach(ULONG_PTR context) {
  auto* const broadcast = reinterpret_cast<Broadcast*>(context);
  InterlockedIncrement(&broadcast->calls);
  if (KeGetCurrentIrql() != IPI_LEVEL) InterlockedIncrement(&broadcast->wrong_level);
  return 100 + KeGetCurrentProcessorIndex();
}
}  // namespace

KTEST(AGenericCallReturnsTheCallersResult) {
  Broadcast broadcast = {};
  KeSetSystemAffinityThread(1);
  EXPECT_EQ(KeIpiGenericCall(OnEach, reinterpret_cast<ULONG_PTR>(&broadcast)), 100);
  KeRevertToUserAffinityThread();
  EXPECT_EQ(broadcast.calls, KeQueryActiveProcessorCount(nullptr));
  EXPECT_EQ(broadcast.wrong_level, 0);
}

KTEST(AffinityIsReturnedAndRestored) {
  const KAFFINITY all = KeQueryActiveProcessors();
  EXPECT_EQ(KeSetSystemAffinityThreadEx(1), 0);  // none was set before
  EXPECT_EQ(KeSetSystemAffinityThreadEx(2), 1);
  EXPECT_EQ(KeGetCurrentProcessorIndex(), 1);
  KeRevertToUserAffinityThreadEx(1);
  EXPECT_EQ(KeGetCurrentProcessorIndex(), 0);
  KeRevertToUserAffinityThreadEx(0);
  KAFFINITY active = 0;
  EXPECT_EQ(KeQueryActiveProcessorCount(&active), KeQueryActiveProcessorCountEx(0));
  EXPECT_EQ(active, all);
  EXPECT_EQ(KeQueryActiveProcessorCountEx(5), 0);
  EXPECT_EQ(KeQueryMaximumProcessorCountEx(5), 0);
}

KTEST(FeaturesOfTheProcessor) {
  EXPECT_EQ(*InitSafeBootMode, 0);
  EXPECT(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
  EXPECT(ExIsProcessorFeaturePresent(PF_NX_ENABLED));
  EXPECT(ExIsProcessorFeaturePresent(PF_COMPARE_EXCHANGE128));
  EXPECT(!ExIsProcessorFeaturePresent(PF_ALPHA_BYTE_INSTRUCTIONS));
  EXPECT(!ExIsProcessorFeaturePresent(64));
  EXPECT(!ExIsProcessorFeaturePresent(1000));
  for (ULONG feature = 0; feature < 64; feature++) {
    EXPECT_EQ(ExIsProcessorFeaturePresent(feature), SharedUserData->ProcessorFeatures[feature]);
  }
}

// ---- APCs

extern "C" {
typedef VOID(NTAPI* PKNORMAL)(PVOID, PVOID, PVOID);
typedef VOID(NTAPI* PKKERNEL)(PKAPC, PKNORMAL*, PVOID*, PVOID*, PVOID*);
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC, PKTHREAD, int, PKKERNEL, PVOID, PKNORMAL, KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(PKAPC);
}

namespace {
struct Delivered {
  int order[6];
  int count;
};
Delivered delivered;

VOID NTAPI KernelPart(PKAPC, PKNORMAL*, PVOID*, PVOID* argument1, PVOID*) {
  delivered.order[delivered.count++] = static_cast<int>(reinterpret_cast<ULONG_PTR>(*argument1));
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
}
VOID NTAPI NormalPart(PVOID, PVOID argument1, PVOID) {
  delivered.order[delivered.count++] = 10 + static_cast<int>(reinterpret_cast<ULONG_PTR>(argument1));
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
}  // namespace

KTEST(SpecialApcsComeBeforeNormalOnes) {
  KAPC apcs[4];
  delivered = {};
  KeEnterGuardedRegion();
  for (int i = 0; i < 4; i++) {
    // 1 and 3 are special, 0 and 2 normal.
    KeInitializeApc(&apcs[i], KeGetCurrentThread(), 0, KernelPart, nullptr, i % 2 == 0 ? NormalPart : nullptr, KernelMode, nullptr);
    EXPECT(KeInsertQueueApc(&apcs[i], reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(i)), nullptr, 0));
    EXPECT(!KeInsertQueueApc(&apcs[i], nullptr, nullptr, 0));
    EXPECT(apcs[i].Inserted);
  }
  EXPECT(KeRemoveQueueApc(&apcs[3]));
  EXPECT(!KeRemoveQueueApc(&apcs[3]));
  KeLeaveGuardedRegion();
  EXPECT_EQ(delivered.count, 5);
  const int expected[] = {1, 0, 10, 2, 12};
  for (int i = 0; i < 5; i++) EXPECT_EQ(delivered.order[i], expected[i]);
}

// ---- callbacks

namespace {
struct Calls {
  int count;
  PVOID argument1, argument2;
};
VOID NTAPI OnCallback(PVOID context, PVOID argument1, PVOID argument2) {
  auto* const calls = static_cast<Calls*>(context);
  calls->count++;
  calls->argument1 = argument1;
  calls->argument2 = argument2;
}
}  // namespace

KTEST(CallbackObjectsByName) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\ThreadEdges");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  PCALLBACK_OBJECT object = nullptr;
  EXPECT_EQ(ExCreateCallback(&object, &attributes, FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(ExCreateCallback(&object, &attributes, TRUE, FALSE)));
  Calls calls = {};
  const PVOID first = ExRegisterCallback(object, OnCallback, &calls);
  EXPECT(first != nullptr);
  EXPECT(ExRegisterCallback(object, OnCallback, &calls) == nullptr);
  ExNotifyCallback(object, &name, &attributes);
  EXPECT_EQ(calls.count, 1);
  EXPECT(calls.argument1 == &name && calls.argument2 == &attributes);
  ExUnregisterCallback(first);
  ExNotifyCallback(object, nullptr, nullptr);
  EXPECT_EQ(calls.count, 1);
  ObDereferenceObject(object);
}

KTEST(IdentifiersAreUnique) {
  UUID first, second;
  const NTSTATUS status = ExUuidCreate(&first);
  EXPECT(status == STATUS_SUCCESS || status == RPC_NT_UUID_LOCAL_ONLY);
  ExUuidCreate(&second);
  EXPECT(RtlCompareMemory(&first, &second, sizeof first) != sizeof first);
}
