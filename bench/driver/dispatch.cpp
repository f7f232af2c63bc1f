// Threads, DPCs, timers and work items: how long until the other side runs.
#include "figure.h"

namespace {

struct PingPong {
  KEVENT ping, pong;
  ULONG rounds;
  ULONG64 ticks;
};

// Each round is two switches: to the partner and back.
void Ping(void* Context) {
  auto* const game = static_cast<PingPong*>(Context);
  game->ticks = Time(game->rounds, [=] {
    KeSetEvent(&game->ping, 0, FALSE);
    KeWaitForSingleObject(&game->pong, Executive, KernelMode, FALSE, nullptr);
  });
  PsTerminateSystemThread(STATUS_SUCCESS);
}

void Pong(void* Context) {
  auto* const game = static_cast<PingPong*>(Context);
  for (ULONG i = 0; i < game->rounds; ++i) {
    KeWaitForSingleObject(&game->ping, Executive, KernelMode, FALSE, nullptr);
    KeSetEvent(&game->pong, 0, FALSE);
  }
  PsTerminateSystemThread(STATUS_SUCCESS);
}

PKTHREAD StartThread(PKSTART_ROUTINE Routine, void* Context) {
  HANDLE handle;
  if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Routine, Context))) {
    return nullptr;
  }
  void* thread = nullptr;
  ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &thread, nullptr);
  ZwClose(handle);
  return static_cast<PKTHREAD>(thread);
}

void Join(PKTHREAD Thread) {
  KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, nullptr);
  ObDereferenceObject(Thread);
}

void EndAtOnce(void*) { PsTerminateSystemThread(STATUS_SUCCESS); }

bool MakeThreads(ULONG Count) {
  for (ULONG i = 0; i < Count; ++i) {
    const PKTHREAD thread = StartThread(EndAtOnce, nullptr);
    if (!thread) {
      return false;
    }
    Join(thread);
  }
  return true;
}

void CountDpc(PKDPC, void* Count, void*, void*) { *static_cast<volatile ULONG*>(Count) = *static_cast<volatile ULONG*>(Count) + 1; }

struct WorkRound {
  PIO_WORKITEM item;
  KEVENT done;
};

void Work(PDEVICE_OBJECT, void* Context) { KeSetEvent(&static_cast<WorkRound*>(Context)->done, 0, FALSE); }

}  // namespace

ULONG64 MeasureEventSwitch(PDRIVER_OBJECT, ULONG Iterations) {
  PingPong game{};
  game.rounds = (Iterations + 1) / 2;
  KeInitializeEvent(&game.ping, SynchronizationEvent, FALSE);
  KeInitializeEvent(&game.pong, SynchronizationEvent, FALSE);
  const PKTHREAD pong = StartThread(Pong, &game);
  const PKTHREAD ping = StartThread(Ping, &game);
  if (!ping || !pong) {
    return 0;
  }
  Join(ping);
  Join(pong);
  return game.ticks;
}

ULONG64 MeasureDpc(PDRIVER_OBJECT, ULONG Iterations) {
  volatile ULONG count = 0;
  KDPC dpc;
  KeInitializeDpc(&dpc, CountDpc, const_cast<ULONG*>(&count));
  const ULONG64 ticks = Time(Iterations, [&] { KeInsertQueueDpc(&dpc, nullptr, nullptr); });
  KeFlushQueuedDpcs();
  return count == Iterations ? ticks : 0;
}

// A time in the past: the timer is set, expires, and its DPC runs.
ULONG64 MeasureTimer(PDRIVER_OBJECT, ULONG Iterations) {
  volatile ULONG count = 0;
  KTIMER timer;
  KDPC dpc;
  KeInitializeTimer(&timer);
  KeInitializeDpc(&dpc, CountDpc, const_cast<ULONG*>(&count));
  LARGE_INTEGER due;
  due.QuadPart = 0;
  const ULONG64 ticks = Time(Iterations, [&] { KeSetTimer(&timer, due, &dpc); });
  KeCancelTimer(&timer);
  KeFlushQueuedDpcs();
  return count == Iterations ? ticks : 0;
}

ULONG64 MeasureWorkItem(PDRIVER_OBJECT Driver, ULONG Iterations) {
  WorkRound round{};
  round.item = IoAllocateWorkItem(Driver->DeviceObject);
  if (!round.item) {
    return 0;
  }
  KeInitializeEvent(&round.done, SynchronizationEvent, FALSE);
  const ULONG64 ticks = Time(Iterations, [&] {
    IoQueueWorkItem(round.item, Work, DelayedWorkQueue, &round);
    KeWaitForSingleObject(&round.done, Executive, KernelMode, FALSE, nullptr);
  });
  IoFreeWorkItem(round.item);
  return ticks;
}

// Threads that end at once, two events of a monitor each, at 50 000 events a second: at most one burst that is late is made up for.
ULONG64 MeasurePacedThreads(PDRIVER_OBJECT, ULONG Iterations) {
  constexpr ULONG Burst = 500, BurstsASecond = 50;
  constexpr ULONG64 TicksOfBurst = 10'000'000 / BurstsASecond;
  const ULONG64 start = Now();
  ULONG64 next = start;
  for (ULONG done = 0; done < Iterations; done += Burst) {
    next = max(next + TicksOfBurst, Now());
    if (!MakeThreads(min(Burst, Iterations - done))) {
      return 0;
    }
    while (Now() < next) {
      LARGE_INTEGER millisecond;
      millisecond.QuadPart = -10'000;
      KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
    }
  }
  return Now() - start;
}
