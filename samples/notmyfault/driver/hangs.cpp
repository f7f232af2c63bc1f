// The hangs and the leaks.
#include "faults.h"

// Pends a request that nobody will complete, and that cannot be cancelled: its thread can neither go on nor end.
NTSTATUS HangWithIrp(PIRP Irp) {
  IoMarkIrpPending(Irp);
  return STATUS_PENDING;
}

static void NTAPI EndlessDpc(PKDPC, PVOID, PVOID, PVOID) {
  for (volatile ULONG i = 0;; i = i + 1) {
  }
}

// A DPC that does not end keeps its processor: nothing else runs there again.
void HangWithDpc() {
  static KDPC dpc;
  KeInitializeDpc(&dpc, EndlessDpc, nullptr);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
}

static FAST_MUTEX left, right;
static KEVENT leftIsTaken, rightIsTaken;

static void NTAPI TakeRightThenLeft(PVOID) {
  ExAcquireFastMutex(&right);
  KeSetEvent(&rightIsTaken, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(&leftIsTaken, Executive, KernelMode, FALSE, nullptr);
  ExAcquireFastMutex(&left);
  ExReleaseFastMutex(&left);
  ExReleaseFastMutex(&right);
}

// Two threads take two locks, each the other's first: both wait for ever.
void HangWithDeadlock() {
  ExInitializeFastMutex(&left);
  ExInitializeFastMutex(&right);
  KeInitializeEvent(&leftIsTaken, NotificationEvent, FALSE);
  KeInitializeEvent(&rightIsTaken, NotificationEvent, FALSE);
  HANDLE thread;
  if (!NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, TakeRightThenLeft, nullptr))) return;
  ZwClose(thread);
  ExAcquireFastMutex(&left);
  KeSetEvent(&leftIsTaken, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(&rightIsTaken, Executive, KernelMode, FALSE, nullptr);
  ExAcquireFastMutex(&right);
  ExReleaseFastMutex(&right);
  ExReleaseFastMutex(&left);
}

// In blocks of at most a MiB; nobody keeps their addresses.
NTSTATUS Leak(POOL_FLAGS Flags, SIZE_T Bytes) {
  constexpr SIZE_T kBlock = 1 << 20;
  while (Bytes > 0) {
    const SIZE_T size = Bytes < kBlock ? Bytes : kBlock;
    if (!ExAllocatePool2(Flags, size, kTag)) return STATUS_INSUFFICIENT_RESOURCES;
    Bytes -= size;
  }
  return STATUS_SUCCESS;
}
