// Kernel APCs: special and normal, when each is delivered, what holds it back, and how it interrupts a wait.
#include "ktest.h"

using namespace ktest;

extern "C" {
typedef VOID(NTAPI* NormalRoutine)(PVOID, PVOID, PVOID);
typedef VOID(NTAPI* KernelRoutine)(PRKAPC, NormalRoutine*, PVOID*, PVOID*, PVOID*);
typedef VOID(NTAPI* RundownRoutine)(PRKAPC);
NTKERNELAPI VOID NTAPI KeInitializeApc(PRKAPC, PRKTHREAD, int Environment, KernelRoutine, RundownRoutine, NormalRoutine, KPROCESSOR_MODE,
                                       PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PRKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC);
NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE);
}

namespace {
struct Log {
  volatile LONG next;
  LONG kernel_at, normal_at, rundown_at;
  KIRQL kernel_irql, normal_irql;
  PVOID context, argument1, argument2;
  PKTHREAD thread;
};
// An APC and what it did, found from the APC's address.
struct Logged {
  KAPC apc;
  Log log;
};

Log& LogOf(PRKAPC apc) { return CONTAINING_RECORD(apc, Logged, apc)->log; }

VOID NTAPI Kernel(PRKAPC apc, NormalRoutine*, PVOID*, PVOID* argument1, PVOID*) {
  Log& log = LogOf(apc);
  log.kernel_at = InterlockedIncrement(&log.next);
  log.kernel_irql = KeGetCurrentIrql();
  log.thread = KeGetCurrentThread();
  *argument1 = static_cast<char*>(*argument1) + 1;  // the normal routine sees the change
}

VOID NTAPI Normal(PVOID context, PVOID argument1, PVOID argument2) {
  Log& log = static_cast<Logged*>(context)->log;
  log.normal_at = InterlockedIncrement(&log.next);
  log.normal_irql = KeGetCurrentIrql();
  log.context = context;
  log.argument1 = argument1;
  log.argument2 = argument2;
}

VOID NTAPI Rundown(PRKAPC apc) { LogOf(apc).rundown_at = 1; }

void Initialize(Logged& logged, PKTHREAD thread, bool normal) {
  logged = {};
  KeInitializeApc(&logged.apc, thread, 0, Kernel, Rundown, normal ? Normal : nullptr, KernelMode, normal ? &logged : nullptr);
}

bool Insert(Logged& logged) { return KeInsertQueueApc(&logged.apc, reinterpret_cast<PVOID>(10), reinterpret_cast<PVOID>(20), 0); }
}  // namespace

KTEST(SpecialApcRunsAtOnceAtApcLevel) {
  Logged special;
  Initialize(special, KeGetCurrentThread(), false);
  EXPECT(Insert(special));
  EXPECT_EQ(special.log.kernel_at, 1);
  EXPECT_EQ(special.log.kernel_irql, APC_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

KTEST(NormalApcRunsBothRoutines) {
  Logged normal;
  Initialize(normal, KeGetCurrentThread(), true);
  EXPECT(Insert(normal));
  EXPECT_EQ(normal.log.kernel_at, 1);
  EXPECT_EQ(normal.log.kernel_irql, APC_LEVEL);
  EXPECT_EQ(normal.log.normal_at, 2);
  EXPECT_EQ(normal.log.normal_irql, PASSIVE_LEVEL);
  EXPECT(normal.log.context == &normal);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(normal.log.argument1), 11);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(normal.log.argument2), 20);
}

KTEST(ACriticalRegionHoldsBackNormalOnes) {
  Logged normal, special;
  Initialize(normal, KeGetCurrentThread(), true);
  Initialize(special, KeGetCurrentThread(), false);
  KeEnterCriticalRegion();
  EXPECT(Insert(normal));
  EXPECT(!Insert(normal));  // queued already
  EXPECT(Insert(special));
  EXPECT_EQ(normal.log.kernel_at, 0);
  EXPECT_EQ(special.log.kernel_at, 1);
  KeLeaveCriticalRegion();
  EXPECT_EQ(normal.log.normal_at, 2);
}

KTEST(AGuardedRegionHoldsBackAll) {
  Logged normal, special;
  Initialize(normal, KeGetCurrentThread(), true);
  Initialize(special, KeGetCurrentThread(), false);
  KeEnterGuardedRegion();
  EXPECT(Insert(normal));
  EXPECT(Insert(special));
  EXPECT_EQ(special.log.kernel_at, 0);
  KeLeaveGuardedRegion();
  EXPECT_EQ(special.log.kernel_at, 1);
  EXPECT_EQ(normal.log.normal_at, 2);
}

KTEST(ApcLevelHoldsBackAll) {
  Logged special;
  Initialize(special, KeGetCurrentThread(), false);
  KIRQL old;
  KeRaiseIrql(APC_LEVEL, &old);
  EXPECT(Insert(special));
  EXPECT_EQ(special.log.kernel_at, 0);
  KeLowerIrql(old);
  EXPECT_EQ(special.log.kernel_at, 1);
}

KTEST(AMutexHoldsBackNormalOnes) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  Logged normal;
  Initialize(normal, KeGetCurrentThread(), true);
  KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr);
  Insert(normal);
  EXPECT_EQ(normal.log.normal_at, 0);
  KeReleaseMutex(&mutex, FALSE);
  EXPECT_EQ(normal.log.normal_at, 2);
}

KTEST(RemovedApcDoesNotRun) {
  Logged normal;
  Initialize(normal, KeGetCurrentThread(), true);
  EXPECT(!KeRemoveQueueApc(&normal.apc));
  KeEnterCriticalRegion();
  Insert(normal);
  EXPECT(KeRemoveQueueApc(&normal.apc));
  EXPECT(!KeRemoveQueueApc(&normal.apc));
  KeLeaveCriticalRegion();
  EXPECT_EQ(normal.log.kernel_at, 0);
}

namespace {
struct Waiter {
  KEVENT event;
  volatile LONG waiting;
  NTSTATUS status;
  bool critical;
};

void Wait(Waiter* self) {
  if (self->critical) KeEnterCriticalRegion();
  self->waiting = 1;
  LARGE_INTEGER long_time = Milliseconds(60000);
  self->status = KeWaitForSingleObject(&self->event, Executive, KernelMode, FALSE, &long_time);
  if (self->critical) KeLeaveCriticalRegion();
}

void LetItWait(Waiter& waiter) {
  while (!waiter.waiting) Sleep(1);
  Sleep(10);
}
}  // namespace

KTEST(AKernelApcInterruptsAWaitThatGoesOn) {
  Waiter waiter = {};
  KeInitializeEvent(&waiter.event, SynchronizationEvent, FALSE);
  Thread thread(Wait, &waiter);
  LetItWait(waiter);
  Logged special, normal;
  Initialize(special, thread.object(), false);
  Initialize(normal, thread.object(), true);
  EXPECT(Insert(special));
  EXPECT(Insert(normal));
  EXPECT(!thread.EndsWithin(20));
  EXPECT_EQ(special.log.kernel_at, 1);
  EXPECT(special.log.thread == thread.object());
  EXPECT_EQ(normal.log.normal_at, 2);
  KeSetEvent(&waiter.event, 0, FALSE);
  thread.Join();
  EXPECT_EQ(waiter.status, STATUS_SUCCESS);
}

KTEST(AWaitInACriticalRegionTakesOnlySpecialOnes) {
  Waiter waiter = {};
  waiter.critical = true;
  KeInitializeEvent(&waiter.event, SynchronizationEvent, FALSE);
  Thread thread(Wait, &waiter);
  LetItWait(waiter);
  Logged special, normal;
  Initialize(special, thread.object(), false);
  Initialize(normal, thread.object(), true);
  Insert(normal);
  Insert(special);
  EXPECT(!thread.EndsWithin(20));
  EXPECT_EQ(special.log.kernel_at, 1);
  EXPECT_EQ(normal.log.kernel_at, 0);
  KeSetEvent(&waiter.event, 0, FALSE);
  thread.Join();
  EXPECT_EQ(normal.log.normal_at, 2);  // when it left the region
}

KTEST(AnEndedThreadTakesNone) {
  Waiter waiter = {};
  KeInitializeEvent(&waiter.event, SynchronizationEvent, TRUE);
  Thread thread(Wait, &waiter);
  EXPECT_EQ(KeWaitForSingleObject(thread.object(), Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  Logged special;
  Initialize(special, thread.object(), false);
  EXPECT(!Insert(special));
}

KTEST(AUserApcOfAnEndingThreadIsRunDown) {
  Waiter waiter = {};
  KeInitializeEvent(&waiter.event, SynchronizationEvent, FALSE);
  Thread thread(Wait, &waiter);
  LetItWait(waiter);
  Logged user = {};
  KeInitializeApc(&user.apc, thread.object(), 0, Kernel, Rundown, Normal, UserMode, &user);
  EXPECT(Insert(user));
  EXPECT(!thread.EndsWithin(10));  // it does not wait alertably in user mode
  KeSetEvent(&waiter.event, 0, FALSE);
  thread.Join();
  EXPECT_EQ(user.log.kernel_at, 0);
  EXPECT_EQ(user.log.rundown_at, 1);
}

KTEST(TestAlertClears) { EXPECT(!KeTestAlertThread(KernelMode)); }
