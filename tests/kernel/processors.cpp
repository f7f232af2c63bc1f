// Processors: routines on all of them, callbacks about them, threads that move between them.
#include "ktest.h"

using namespace ktest;

namespace {
struct Rendezvous {
  volatile LONG arrived;
  volatile LONG calls[64];
  KIRQL irqls[64];
  ULONG processors;
};

ULONG_PTR NTAPI Meet(ULONG_PTR argument) {
  auto* const rendezvous = reinterpret_cast<Rendezvous*>(argument);
  const ULONG here = KeGetCurrentProcessorNumberEx(nullptr);
  InterlockedIncrement(&rendezvous->calls[here]);
  rendezvous->irqls[here] = KeGetCurrentIrql();
  // All are there at once: each may wait for the others.
  InterlockedIncrement(&rendezvous->arrived);
  while (rendezvous->arrived < static_cast<LONG>(rendezvous->processors)) YieldProcessor();
  return here + 100;
}

ULONG_PTR NTAPI CountCalls(ULONG_PTR argument) { return static_cast<ULONG_PTR>(InterlockedIncrement(reinterpret_cast<LONG*>(argument))); }
}  // namespace

KTEST(AGenericCallRunsOnAllProcessorsAtOnce) {
  Rendezvous rendezvous = {};
  rendezvous.processors = KeQueryActiveProcessorCount(nullptr);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  const ULONG here = KeGetCurrentProcessorNumberEx(nullptr);
  EXPECT_EQ(KeIpiGenericCall(Meet, reinterpret_cast<ULONG_PTR>(&rendezvous)), here + 100);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(old);
  for (ULONG i = 0; i < rendezvous.processors; i++) {
    EXPECT_EQ(rendezvous.calls[i], 1);
    EXPECT_EQ(rendezvous.irqls[i], IPI_LEVEL);
  }
}

namespace {
void CallOften(LONG* calls) {
  for (int i = 0; i < 20; i++) KeIpiGenericCall(CountCalls, reinterpret_cast<ULONG_PTR>(calls));
}
}  // namespace

KTEST(GenericCallsOfTwoThreads) {
  LONG calls = 0;
  {
    Thread a(CallOften, &calls), b(CallOften, &calls);
  }
  EXPECT_EQ(calls, 40 * static_cast<LONG>(KeQueryActiveProcessorCount(nullptr)));
}

namespace {
struct Told {
  ULONG count[3];
  ULONG processors;
  NTSTATUS answer;
  bool start_after_complete;
};

void NTAPI NoteProcessor(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status) {
  auto* const told = static_cast<Told*>(context);
  told->count[change->State]++;
  if (change->State == KeProcessorAddStartNotify) {
    if (told->count[KeProcessorAddCompleteNotify]) told->start_after_complete = true;
    if (change->NtNumber == change->ProcNumber.Number) told->processors |= 1u << change->NtNumber;
    if (change->NtNumber == 1) *status = told->answer;
  }
}
}  // namespace

KTEST(ExistingProcessorsAreTold) {
  const ULONG processors = KeQueryActiveProcessorCount(nullptr);
  Told told = {};
  PVOID handle = KeRegisterProcessorChangeCallback(NoteProcessor, &told, KE_PROCESSOR_CHANGE_ADD_EXISTING);
  EXPECT(handle != nullptr);
  EXPECT_EQ(told.count[KeProcessorAddStartNotify], processors);
  EXPECT_EQ(told.count[KeProcessorAddCompleteNotify], processors);
  EXPECT_EQ(told.count[KeProcessorAddFailureNotify], 0);
  EXPECT_EQ(told.processors, (1u << processors) - 1);
  EXPECT(!told.start_after_complete);
  if (handle) KeDeregisterProcessorChangeCallback(handle);

  Told quiet = {};
  handle = KeRegisterProcessorChangeCallback(NoteProcessor, &quiet, 0);
  EXPECT(handle != nullptr);
  EXPECT_EQ(quiet.count[KeProcessorAddStartNotify], 0);
  if (handle) KeDeregisterProcessorChangeCallback(handle);

  Told refusing = {};
  refusing.answer = STATUS_NO_MEMORY;
  EXPECT(KeRegisterProcessorChangeCallback(NoteProcessor, &refusing, KE_PROCESSOR_CHANGE_ADD_EXISTING) == nullptr);
  EXPECT_EQ(refusing.count[KeProcessorAddFailureNotify], 2);
  EXPECT_EQ(refusing.count[KeProcessorAddCompleteNotify], 0);
}

KTEST(NumbersAndIndexes) {
  PROCESSOR_NUMBER number = {};
  EXPECT_EQ(KeGetProcessorNumberFromIndex(1, &number), STATUS_SUCCESS);
  EXPECT_EQ(number.Number, 1);
  EXPECT_EQ(KeGetProcessorIndexFromNumber(&number), 1);
  number.Reserved = 1;
  EXPECT_EQ(KeGetProcessorIndexFromNumber(&number), INVALID_PROCESSOR_INDEX);
  number.Reserved = 0;
  number.Group = 1;
  EXPECT_EQ(KeGetProcessorIndexFromNumber(&number), INVALID_PROCESSOR_INDEX);
  EXPECT_EQ(KeGetProcessorNumberFromIndex(KeQueryActiveProcessorCount(nullptr), &number), STATUS_INVALID_PARAMETER);
  KAFFINITY active = 0;
  const ULONG count = KeQueryActiveProcessorCount(&active);
  EXPECT_EQ(active, (KAFFINITY{1} << count) - 1);
  EXPECT_EQ(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), count);
  EXPECT_EQ(KeQueryActiveProcessorCountEx(0), count);
  EXPECT_EQ(KeQueryActiveProcessorCountEx(1), 0);
}

KTEST(AffinityAtDispatchLevelMovesTheThreadLater) {
  KeSetSystemAffinityThreadEx(1);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 0);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT_EQ(KeSetSystemAffinityThreadEx(2), 1);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 0);
  KeLowerIrql(old);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 1);
  EXPECT_EQ(KeSetSystemAffinityThreadEx(KAFFINITY{1} << 63), 0);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 1);
  KeRevertToUserAffinityThreadEx(1);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 0);
  KeRevertToUserAffinityThreadEx(0);
}

KTEST(GroupAffinity) {
  GROUP_AFFINITY wanted = {}, previous = {}, inner = {};
  wanted.Mask = 2;
  previous.Mask = 77;
  KeSetSystemGroupAffinityThread(&wanted, &previous);
  EXPECT_EQ(previous.Mask, 0);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 1);
  wanted.Mask = 1;
  KeSetSystemGroupAffinityThread(&wanted, &inner);
  EXPECT_EQ(inner.Mask, 2);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 0);
  wanted.Group = 1;
  GROUP_AFFINITY none = inner;
  KeSetSystemGroupAffinityThread(&wanted, &none);
  EXPECT_EQ(none.Mask, 0);
  KeRevertToUserGroupAffinityThread(&inner);
  EXPECT_EQ(KeGetCurrentProcessorNumberEx(nullptr), 1);
  KeRevertToUserGroupAffinityThread(&previous);
}

extern "C" {
NTKERNELAPI VOID KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
NTKERNELAPI VOID KeSignalCallDpcDone(PVOID SystemArgument1);
NTKERNELAPI LOGICAL KeSignalCallDpcSynchronize(PVOID SystemArgument2);
}

namespace {
struct Meeting {
  volatile LONG calls[64];
  volatile LONG before, last, early;
  LONG processors;
};

VOID NTAPI MeetInDpc(PKDPC, PVOID context, PVOID done, PVOID barrier) {
  auto* const meeting = static_cast<Meeting*>(context);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  InterlockedIncrement(&meeting->calls[KeGetCurrentProcessorNumberEx(nullptr)]);
  for (int round = 1; round <= 3; round++) {
    InterlockedIncrement(&meeting->before);
    if (KeSignalCallDpcSynchronize(barrier)) InterlockedIncrement(&meeting->last);
    if (meeting->before < round * meeting->processors) InterlockedIncrement(&meeting->early);
  }
  KeSignalCallDpcDone(done);
}
}  // namespace

KTEST(AGenericDpcMeetsOnAllProcessors) {
  Meeting meeting = {};
  meeting.processors = static_cast<LONG>(KeQueryActiveProcessorCount(nullptr));
  KeGenericCallDpc(MeetInDpc, &meeting);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  for (LONG i = 0; i < meeting.processors; i++) EXPECT_EQ(meeting.calls[i], 1);
  EXPECT_EQ(meeting.last, 3);
  EXPECT_EQ(meeting.early, 0);
}

namespace {
BOOLEAN NTAPI OnNmi(PVOID, BOOLEAN handled) { return handled; }
}  // namespace

KTEST(NmiCallbacks) {
  const PVOID handle = KeRegisterNmiCallback(OnNmi, nullptr);
  EXPECT(handle != nullptr);
  EXPECT_EQ(KeDeregisterNmiCallback(handle), STATUS_SUCCESS);
  EXPECT_EQ(KeDeregisterNmiCallback(handle), STATUS_INVALID_HANDLE);
}

KTEST(OneGroupAndOneNode) {
  const ULONG count = KeQueryActiveProcessorCount(nullptr);
  EXPECT_EQ(KeQueryMaximumGroupCount(), 1);
  EXPECT_EQ(KeQueryGroupAffinity(0), KeQueryActiveProcessors());
  EXPECT_EQ(KeQueryGroupAffinity(1), 0u);
  EXPECT_EQ(KeQueryHighestNodeNumber(), 0);
  EXPECT_EQ(KeGetCurrentNodeNumber(), 0);
  EXPECT_EQ(KeQueryNodeMaximumProcessorCount(0), count);
  GROUP_AFFINITY affinity = {};
  USHORT active = 0;
  KeQueryNodeActiveAffinity(0, &affinity, &active);
  EXPECT_EQ(affinity.Mask, KeQueryActiveProcessors());
  EXPECT_EQ(active, count);
}

KTEST(ProcessorsAreCoresOfOnePackage) {
  const ULONG count = KeQueryActiveProcessorCount(nullptr);
  ULONG length = 0;
  EXPECT_EQ(KeQueryLogicalProcessorRelationship(nullptr, RelationProcessorCore, nullptr, &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(length, count * 48);
  PROCESSOR_NUMBER second = {0, 1, 0};
  union {
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX information;
    UCHAR room[128];
  };
  length = sizeof room;
  EXPECT_EQ(KeQueryLogicalProcessorRelationship(&second, RelationProcessorCore, &information, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 48u);
  EXPECT_EQ(information.Relationship, RelationProcessorCore);
  EXPECT_EQ(information.Processor.GroupCount, 1);
  EXPECT_EQ(information.Processor.GroupMask[0].Mask, 2u);
  length = sizeof room;
  EXPECT_EQ(KeQueryLogicalProcessorRelationship(nullptr, RelationGroup, &information, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 80u);
  EXPECT_EQ(information.Group.GroupInfo[0].ActiveProcessorCount, count);
  EXPECT_EQ(information.Group.GroupInfo[0].ActiveProcessorMask, KeQueryActiveProcessors());
  EXPECT_EQ(KeQueryLogicalProcessorRelationship(nullptr, static_cast<LOGICAL_PROCESSOR_RELATIONSHIP>(9), &information, &length),
            STATUS_INVALID_PARAMETER);
}
