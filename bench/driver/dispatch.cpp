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

void CountDpc(PKDPC, void* Count, void*, void*) { *static_cast<volatile ULONG*>(Count) = *static_cast<volatile ULONG*>(Count) + 1; }

// Timers that fall due together: the time from the first DPC to the last is what each further expiry costs.
struct Volley {
  ULONG expected;
  ULONG seen;
  ULONG64 first, last;
  KEVENT done;
};

void VolleyDpc(PKDPC, void* Context, void*, void*) {
  auto* const volley = static_cast<Volley*>(Context);
  if (volley->seen++ == 0) {
    volley->first = Now();
  }
  if (volley->seen == volley->expected) {
    volley->last = Now();
    KeSetEvent(&volley->done, 0, FALSE);
  }
}

struct VolleyTimer {
  KTIMER Timer;
  KDPC Dpc;
};

void FireVolley(Volley* volley, VolleyTimer* timers, ULONG count) {
  LARGE_INTEGER due;
  due.QuadPart = -20'000;
  KeInitializeEvent(&volley->done, NotificationEvent, FALSE);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  for (ULONG i = 0; i < count; ++i) {
    KeInitializeTimer(&timers[i].Timer);
    KeInitializeDpc(&timers[i].Dpc, VolleyDpc, volley);
    KeSetTimer(&timers[i].Timer, due, &timers[i].Dpc);
  }
  KeLowerIrql(old);
  KeWaitForSingleObject(&volley->done, Executive, KernelMode, FALSE, nullptr);
}

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

ULONG64 MeasureTimer(PDRIVER_OBJECT, ULONG Iterations) {
  const ULONG count = Iterations < 2 ? 2 : Iterations;
  auto* const timers = static_cast<VolleyTimer*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, count * sizeof(VolleyTimer), 'hcnB'));
  if (!timers) {
    return 0;
  }
  Volley volley{};
  volley.expected = count;
  FireVolley(&volley, timers, count);
  KeFlushQueuedDpcs();
  ExFreePoolWithTag(timers, 'hcnB');
  const ULONG64 ticks = volley.last - volley.first;
  return ticks ? ticks : 1;
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
