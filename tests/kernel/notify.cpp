// Process, thread and image notifications: registration, its limits, and the calls for system threads.
#include "ktest.h"

using namespace ktest;

namespace {

void OnProcess(HANDLE, HANDLE, BOOLEAN) {}
void OnProcessEx(PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO) {}
void OnImage(PUNICODE_STRING, HANDLE, PIMAGE_INFO) {}

struct Seen {
  HANDLE process, thread, by;
  KIRQL irql;
  BOOLEAN apcs_disabled;
  LONG count;
};
Seen created, ended;
KEVENT hold, held;
bool holding;

void OnThread(HANDLE process, HANDLE thread, BOOLEAN create) {
  Seen& seen = create ? created : ended;
  seen = {process, thread, PsGetCurrentThreadId(), KeGetCurrentIrql(), KeAreApcsDisabled(), seen.count + 1};
  if (!holding || !create) return;
  KeSetEvent(&held, 0, FALSE);
  KeWaitForSingleObject(&hold, Executive, KernelMode, FALSE, nullptr);
}

void OnUserThread(HANDLE, HANDLE, BOOLEAN) { ktest::Fail(__FILE__, __LINE__, "system threads are not for this routine"); }

void Nothing(int*) {}

// 64 routines of their own: process routines may be registered once.
template <int N>
void Numbered(HANDLE, HANDLE, BOOLEAN) {
  static volatile LONG calls;
  calls = N;
}
template <int N>
void AddTo(PCREATE_PROCESS_NOTIFY_ROUTINE* routines) {
  routines[N] = Numbered<N>;
  if constexpr (N > 0) AddTo<N - 1>(routines);
}

// The flag in the module list by which the kernel knows images that demand an integrity check.
ULONG& ImageFlags() { return *reinterpret_cast<ULONG*>(static_cast<char*>(ktest::driver->DriverSection) + 0x68); }
constexpr ULONG kIntegrityForced = 0x20;

}  // namespace

KTEST(ProcessRoutinesAreRegisteredOnce) {
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE), STATUS_PROCEDURE_NOT_FOUND);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE), STATUS_INVALID_PARAMETER);
  // The kinds are told apart.
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, OnProcessEx, TRUE), STATUS_PROCEDURE_NOT_FOUND);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, TRUE), STATUS_PROCEDURE_NOT_FOUND);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(static_cast<PSCREATEPROCESSNOTIFYTYPE>(1), OnProcessEx, FALSE), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, OnProcessEx, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, OnProcessEx, TRUE), STATUS_SUCCESS);
}

KTEST(RoutinesThatMayRefuseNeedTheIntegrityFlag) {
  EXPECT((ImageFlags() & kIntegrityForced) != 0);
  ImageFlags() &= ~kIntegrityForced;
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, OnProcessEx, FALSE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE), STATUS_SUCCESS);
  ImageFlags() |= kIntegrityForced;
}

KTEST(SixtyFourRoutinesOfEachKind) {
  static PCREATE_PROCESS_NOTIFY_ROUTINE routines[65];
  AddTo<64>(routines);
  for (int i = 0; i < 64; i++) EXPECT_EQ(PsSetCreateProcessNotifyRoutine(routines[i], FALSE), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateProcessNotifyRoutine(routines[64], FALSE), STATUS_INVALID_PARAMETER);
  for (int i = 0; i < 64; i++) EXPECT_EQ(PsSetCreateProcessNotifyRoutine(routines[i], TRUE), STATUS_SUCCESS);

  // Thread and image routines may be there more than once.
  for (int i = 0; i < 64; i++) EXPECT_EQ(PsSetCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
  EXPECT_EQ(PsSetCreateThreadNotifyRoutine(OnThread), STATUS_INSUFFICIENT_RESOURCES);
  for (int i = 0; i < 64; i++) EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_PROCEDURE_NOT_FOUND);

  for (int i = 0; i < 64; i++) EXPECT_EQ(PsSetLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
  EXPECT_EQ(PsSetLoadImageNotifyRoutine(OnImage), STATUS_INSUFFICIENT_RESOURCES);
  for (int i = 0; i < 64; i++) EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
  EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_PROCEDURE_NOT_FOUND);
}

KTEST(ImageRoutinesWithFlags) {
  EXPECT_EQ(PsSetLoadImageNotifyRoutineEx(OnImage, 2), STATUS_INVALID_PARAMETER_2);
  EXPECT_EQ(PsSetLoadImageNotifyRoutineEx(OnImage, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE), STATUS_SUCCESS);
  EXPECT_EQ(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
}

KTEST(SystemThreadsAreReported) {
  created = ended = {};
  REQUIRE(NT_SUCCESS(PsSetCreateThreadNotifyRoutine(OnThread)));
  int nothing = 0;
  HANDLE id;
  {
    Thread thread(Nothing, &nothing);
    id = PsGetThreadId(reinterpret_cast<PETHREAD>(thread.object()));
    thread.Join();
  }
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
  EXPECT_EQ(created.count, 1);
  EXPECT(created.process == PsGetProcessId(PsInitialSystemProcess));
  EXPECT(created.thread == id);
  EXPECT(created.by == PsGetCurrentThreadId());
  EXPECT_EQ(created.irql, PASSIVE_LEVEL);
  EXPECT_EQ(created.apcs_disabled, TRUE);
  EXPECT_EQ(ended.count, 1);
  EXPECT(ended.process == created.process);
  EXPECT(ended.thread == id);
  EXPECT(ended.by == id);
  EXPECT_EQ(ended.irql, PASSIVE_LEVEL);
  EXPECT_EQ(ended.apcs_disabled, TRUE);
  EXPECT_EQ(KeAreApcsDisabled(), FALSE);
}

KTEST(SystemThreadsAreNotForRoutinesOfUserThreads) {
  EXPECT_EQ(PsSetCreateThreadNotifyRoutineEx(static_cast<PSCREATETHREADNOTIFYTYPE>(2), OnUserThread), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, OnUserThread)));
  int nothing = 0;
  {
    Thread thread(Nothing, &nothing);
  }
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnUserThread), STATUS_SUCCESS);
}

KTEST(RemovalWaitsForTheCallUnderWay) {
  KeInitializeEvent(&hold, NotificationEvent, FALSE);
  KeInitializeEvent(&held, NotificationEvent, FALSE);
  created = ended = {};
  holding = true;
  REQUIRE(NT_SUCCESS(PsSetCreateThreadNotifyRoutine(OnThread)));
  struct Remover {
    KEVENT removed;
    static void Run(Remover* self) {
      KeWaitForSingleObject(&held, Executive, KernelMode, FALSE, nullptr);
      holding = false;
      PsRemoveCreateThreadNotifyRoutine(OnThread);
      KeSetEvent(&self->removed, 0, FALSE);
    }
    static void Release(Remover* self) {
      KeWaitForSingleObject(&held, Executive, KernelMode, FALSE, nullptr);
      EXPECT_EQ(WaitFor(&self->removed, 20), STATUS_TIMEOUT);
      KeSetEvent(&hold, 0, FALSE);
    }
  } remover;
  KeInitializeEvent(&remover.removed, NotificationEvent, FALSE);
  holding = false;
  Thread removing(Remover::Run, &remover), releasing(Remover::Release, &remover);
  holding = true;
  int nothing = 0;
  {
    Thread thread(Nothing, &nothing);
  }
  EXPECT_EQ(WaitFor(&remover.removed, 1000), STATUS_SUCCESS);
  EXPECT_EQ(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_PROCEDURE_NOT_FOUND);
}
