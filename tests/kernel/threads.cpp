// System threads: made, ended, waited for; their ids, exit status, priorities and affinity.
#include "ktest.h"

using namespace ktest;

namespace {
PKTHREAD Start(PKSTART_ROUTINE routine, PVOID context, CLIENT_ID* id = nullptr) {
  HANDLE handle;
  if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, nullptr, nullptr, id, routine, context))) return nullptr;
  PVOID object = nullptr;
  ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &object, nullptr);
  ZwClose(handle);
  return static_cast<PKTHREAD>(object);
}

void Finish(PKTHREAD thread) {
  KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, nullptr);
  ObDereferenceObject(thread);
}
}  // namespace

KTEST(RunsAtPassiveLevelInTheSystemProcess) {
  struct Seen {
    KIRQL irql;
    HANDLE process, thread;
    PEPROCESS object;
    KPROCESSOR_MODE mode;
    BOOLEAN system;
  };
  Seen seen = {};
  CLIENT_ID id = {};
  const auto body = +[](PVOID context) {
    auto* const self = static_cast<Seen*>(context);
    self->irql = KeGetCurrentIrql();
    self->process = PsGetCurrentProcessId();
    self->thread = PsGetCurrentThreadId();
    self->object = PsGetCurrentProcess();
    self->mode = ExGetPreviousMode();
    self->system = PsIsSystemThread(PsGetCurrentThread());
    PsTerminateSystemThread(STATUS_SUCCESS);
  };
  PKTHREAD thread = Start(body, &seen, &id);
  REQUIRE(thread != nullptr);
  Finish(thread);
  EXPECT_EQ(seen.irql, PASSIVE_LEVEL);
  EXPECT(seen.object == PsInitialSystemProcess);
  EXPECT(seen.process == id.UniqueProcess);
  EXPECT(seen.thread == id.UniqueThread);
  EXPECT_EQ(seen.mode, KernelMode);
  EXPECT(seen.system);
}

KTEST(ReturningEndsTheThread) {
  volatile LONG ran = 0;
  PKTHREAD thread = Start(+[](PVOID context) { *static_cast<volatile LONG*>(context) = 1; }, const_cast<LONG*>(&ran));
  REQUIRE(thread != nullptr);
  Finish(thread);
  EXPECT_EQ(ran, 1);
}

KTEST(ExitStatusIsKept) {
  PKTHREAD thread = Start(+[](PVOID) { PsTerminateSystemThread(STATUS_DATA_ERROR); }, nullptr);
  REQUIRE(thread != nullptr);
  KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(PsGetThreadExitStatus(reinterpret_cast<PETHREAD>(thread)), STATUS_DATA_ERROR);
  ObDereferenceObject(thread);
}

KTEST(RunningThreadIsPending) { EXPECT_EQ(PsGetThreadExitStatus(PsGetCurrentThread()), STATUS_PENDING); }

KTEST(CriticalRegionsCount) {
  KeEnterCriticalRegion();
  KeEnterCriticalRegion();
  KeLeaveCriticalRegion();
  EXPECT(KeAreApcsDisabled());
  EXPECT(!KeAreAllApcsDisabled());
  KeLeaveCriticalRegion();
  EXPECT(!KeAreApcsDisabled());
  KeEnterGuardedRegion();
  EXPECT(KeAreApcsDisabled());
  EXPECT(KeAreAllApcsDisabled());
  KeLeaveGuardedRegion();
  KIRQL old;
  KeRaiseIrql(APC_LEVEL, &old);
  EXPECT(KeAreAllApcsDisabled());
  KeLowerIrql(old);
  EXPECT(!KeAreAllApcsDisabled());
}

KTEST(PriorityIsSetAndReturned) {
  PKTHREAD self = KeGetCurrentThread();
  const KPRIORITY old = KeSetPriorityThread(self, 12);
  EXPECT_EQ(KeQueryPriorityThread(self), 12);
  EXPECT_EQ(KeSetPriorityThread(self, LOW_REALTIME_PRIORITY), 12);
  EXPECT_EQ(KeSetPriorityThread(self, HIGH_PRIORITY), LOW_REALTIME_PRIORITY);
  EXPECT_EQ(KeSetPriorityThread(self, old), HIGH_PRIORITY);
}

KTEST(ThePriorityThatIsSetLeavesTheBasePriority) {
  PKTHREAD self = KeGetCurrentThread();
  const KPRIORITY old = KeQueryPriorityThread(self);
  EXPECT_EQ(KeSetBasePriorityThread(self, 0), old - 8);
  KeSetPriorityThread(self, 12);
  EXPECT_EQ(KeSetBasePriorityThread(self, 0), 0);
  EXPECT_EQ(KeQueryPriorityThread(self), 8);
  EXPECT_EQ(KeSetPriorityThread(self, 0), 8);  // 0 is the zero page thread's
  EXPECT_EQ(KeSetPriorityThread(self, old), 1);
  KeSetBasePriorityThread(self, old - 8);
}

KTEST(APriorityThatIsSetDecaysToTheBase) {
  PKTHREAD self = KeGetCurrentThread();
  KeSetBasePriorityThread(self, 0);
  KeSetPriorityThread(self, 10);
  while (KeQueryPriorityThread(self) > 8) KeStallExecutionProcessor(1000);
  EXPECT_EQ(KeQueryPriorityThread(self), 8);
}

KTEST(BasePriorityIsRelativeToTheProcess) {
  PKTHREAD self = KeGetCurrentThread();
  const LONG old = KeSetBasePriorityThread(self, 2);
  EXPECT_EQ(KeQueryPriorityThread(self), 10);
  EXPECT_EQ(KeSetBasePriorityThread(self, -1), 2);
  EXPECT_EQ(KeQueryPriorityThread(self), 7);
  EXPECT_EQ(KeSetBasePriorityThread(self, old), -1);
}

KTEST(SystemAffinityMovesTheThread) {
  for (ULONG processor = 0; processor < KeQueryActiveProcessorCount(nullptr); processor++) {
    const KAFFINITY old = KeSetSystemAffinityThreadEx(KAFFINITY{1} << processor);
    EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), processor);
    Sleep(1);
    EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), processor);
    KeRevertToUserAffinityThreadEx(old);
  }
  const KAFFINITY first = KeSetSystemAffinityThreadEx(1);
  EXPECT_EQ(first, 0);
  EXPECT_EQ(KeSetSystemAffinityThreadEx(2), 1);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 1);
  KeRevertToUserAffinityThreadEx(1);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 0);
  KeRevertToUserAffinityThreadEx(first);
}

KTEST(ProcessorNumbers) {
  EXPECT_EQ(KeQueryActiveProcessorCount(nullptr), 2);
  KAFFINITY mask = 0;
  KeQueryActiveProcessorCount(&mask);
  EXPECT_EQ(mask, 3);
  EXPECT_EQ(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 2);
  EXPECT_EQ(KeQueryActiveProcessorCountEx(1), 0);
  EXPECT_EQ(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS), 2);
  EXPECT_EQ(KeQueryActiveGroupCount(), 1);
  PROCESSOR_NUMBER number = {};
  EXPECT_EQ(KeGetProcessorNumberFromIndex(1, &number), STATUS_SUCCESS);
  EXPECT_EQ(number.Number, 1);
  EXPECT_EQ(KeGetProcessorIndexFromNumber(&number), 1);
  EXPECT_EQ(KeGetProcessorNumberFromIndex(2, &number), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(KeQueryActiveProcessors(), 3);
}

KTEST(IoSystemThreadReferencesItsDriver) {
  volatile LONG ran = 0;
  HANDLE handle;
  const NTSTATUS status = IoCreateSystemThread(
      driver, &handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, +[](PVOID context) { *static_cast<volatile LONG*>(context) = 1; },
      const_cast<LONG*>(&ran));
  REQUIRE(NT_SUCCESS(status));
  EXPECT_EQ(ZwWaitForSingleObject(handle, FALSE, nullptr), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(ran, 1);
}

extern "C" {
NTKERNELAPI KAFFINITY NTAPI KeSetAffinityThread(PKTHREAD Thread, KAFFINITY Affinity);
NTKERNELAPI KPRIORITY NTAPI KeSetActualBasePriorityThread(PKTHREAD Thread, KPRIORITY Priority);
NTKERNELAPI BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode);
NTKERNELAPI BOOLEAN NTAPI KeIsAttachedProcess(VOID);
NTKERNELAPI NTSTATUS NTAPI KeSaveFloatingPointState(PVOID FloatSave);
NTKERNELAPI NTSTATUS NTAPI KeRestoreFloatingPointState(PVOID FloatSave);
}

KTEST(AnyThreadsAffinityMovesIt) {
  PKTHREAD self = KeGetCurrentThread();
  const KAFFINITY all = KeSetAffinityThread(self, 2);
  EXPECT_EQ(all, KeQueryActiveProcessors());
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 1);
  EXPECT_EQ(KeSetAffinityThread(self, 1), 2);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 0);
  EXPECT_EQ(KeSetAffinityThread(self, all), 1);
}

KTEST(TheBasePriorityItself) {
  PKTHREAD self = KeGetCurrentThread();
  const KPRIORITY old = KeSetActualBasePriorityThread(self, 10);
  EXPECT_EQ(KeQueryPriorityThread(self), 10);
  EXPECT_EQ(KeSetActualBasePriorityThread(self, old), 10);
}

KTEST(AnAlertIsOfAMode) {
  PKTHREAD self = KeGetCurrentThread();
  EXPECT(!KeAlertThread(self, UserMode));
  EXPECT(KeAlertThread(self, UserMode));
  LARGE_INTEGER soon = Milliseconds(1);
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, TRUE, &soon), STATUS_SUCCESS);  // user mode's alert is not for the kernel
  EXPECT_EQ(KeDelayExecutionThread(UserMode, TRUE, &soon), STATUS_ALERTED);
  EXPECT_EQ(KeDelayExecutionThread(UserMode, TRUE, &soon), STATUS_SUCCESS);
}

KTEST(SmallQuestions) {
  ULONG user = 1;
  const ULONG before = KeQueryRuntimeThread(KeGetCurrentThread(), &user);
  EXPECT_EQ(user, 0);
  KeStallExecutionProcessor(40000);
  EXPECT(KeQueryRuntimeThread(KeGetCurrentThread(), &user) >= before);
  EXPECT(!KeIsAttachedProcess());
  ULONG64 state = 0;
  EXPECT_EQ(KeSaveFloatingPointState(&state), STATUS_SUCCESS);
  EXPECT_EQ(KeRestoreFloatingPointState(&state), STATUS_SUCCESS);
  EXPECT(KeInvalidateAllCaches());
  EXPECT_EQ(RtlGetEnabledExtendedFeatures(3), 3);
  XSTATE_SAVE save = {};
  EXPECT_EQ(KeSaveExtendedProcessorState(7, &save), STATUS_SUCCESS);
  EXPECT(save.Thread == KeGetCurrentThread());
  EXPECT_EQ(save.XStateContext.Mask & 3, 3);
  KeRestoreExtendedProcessorState(&save);
}
