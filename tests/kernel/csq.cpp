// Cancel-safe queues: order, removal, cancellation while queued and while being queued.
#include "device.h"

using namespace ktest;

namespace {
struct Queue {
  IO_CSQ csq;
  LIST_ENTRY list;
  KSPIN_LOCK lock;
  LONG canceled, inserted;
  NTSTATUS insert_status;
  PVOID insert_context;
} queue;

void Insert(PIO_CSQ, PIRP irp) {
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  InsertTailList(&queue.list, &irp->Tail.Overlay.ListEntry);
  queue.inserted++;
}
NTSTATUS InsertEx(PIO_CSQ csq, PIRP irp, PVOID context) {
  queue.insert_context = context;
  if (!NT_SUCCESS(queue.insert_status)) return queue.insert_status;
  Insert(csq, irp);
  return queue.insert_status;
}
void Remove(PIO_CSQ, PIRP irp) { RemoveEntryList(&irp->Tail.Overlay.ListEntry); }
PIRP Peek(PIO_CSQ, PIRP irp, PVOID context) {
  PLIST_ENTRY entry = irp ? irp->Tail.Overlay.ListEntry.Flink : queue.list.Flink;
  for (; entry != &queue.list; entry = entry->Flink) {
    PIRP const found = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (!context || IoGetCurrentIrpStackLocation(found)->FileObject == context) return found;
  }
  return nullptr;
}
void Acquire(PIO_CSQ, PKIRQL irql) { KeAcquireSpinLock(&queue.lock, irql); }
void Release(PIO_CSQ, KIRQL irql) { KeReleaseSpinLock(&queue.lock, irql); }
void CompleteCanceled(PIO_CSQ, PIRP irp) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  queue.canceled++;
  Complete(irp, STATUS_CANCELLED);
}

void Reset() {
  RtlZeroMemory(&queue, sizeof queue);
  InitializeListHead(&queue.list);
  KeInitializeSpinLock(&queue.lock);
}

NTSTATUS Keep(PDEVICE_OBJECT, PIRP, PVOID context) {
  ++*static_cast<LONG*>(context);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

PIRP NewIrp(LONG* completed) {
  PIRP const irp = IoAllocateIrp(1, FALSE);
  *completed = 0;
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  IoSetCompletionRoutine(irp, Keep, completed, TRUE, TRUE, TRUE);
  IoSetNextIrpStackLocation(irp);
  return irp;
}
}  // namespace

KTEST(QueueIsFirstInFirstOut) {
  Reset();
  EXPECT_EQ(IoCsqInitialize(&queue.csq, Insert, Remove, Peek, Acquire, Release, CompleteCanceled), STATUS_SUCCESS);
  LONG done[3];
  PIRP irps[3];
  for (int i = 0; i < 3; i++) {
    irps[i] = NewIrp(&done[i]);
    IoCsqInsertIrp(&queue.csq, irps[i], nullptr);
    EXPECT((IoGetCurrentIrpStackLocation(irps[i])->Control & SL_PENDING_RETURNED) != 0);
    EXPECT(irps[i]->CancelRoutine != nullptr);
  }
  for (int i = 0; i < 3; i++) {
    PIRP const irp = IoCsqRemoveNextIrp(&queue.csq, nullptr);
    EXPECT(irp == irps[i]);
    EXPECT(irp->CancelRoutine == nullptr);
    Complete(irp, STATUS_SUCCESS);
    EXPECT_EQ(done[i], 1);
    IoFreeIrp(irp);
  }
  EXPECT(IoCsqRemoveNextIrp(&queue.csq, nullptr) == nullptr);
}

KTEST(QueuedIrpCanBeCanceled) {
  Reset();
  IoCsqInitialize(&queue.csq, Insert, Remove, Peek, Acquire, Release, CompleteCanceled);
  LONG done;
  PIRP const irp = NewIrp(&done);
  IoCsqInsertIrp(&queue.csq, irp, nullptr);
  EXPECT_EQ(IoCancelIrp(irp), TRUE);
  EXPECT_EQ(queue.canceled, 1);
  EXPECT_EQ(done, 1);
  EXPECT(IsListEmpty(&queue.list));
  IoFreeIrp(irp);
}

KTEST(CanceledIrpIsNotQueued) {
  Reset();
  IoCsqInitialize(&queue.csq, Insert, Remove, Peek, Acquire, Release, CompleteCanceled);
  LONG done;
  PIRP const irp = NewIrp(&done);
  EXPECT_EQ(IoCancelIrp(irp), FALSE);
  IoCsqInsertIrp(&queue.csq, irp, nullptr);
  EXPECT_EQ(queue.canceled, 1);
  EXPECT_EQ(done, 1);
  EXPECT(IsListEmpty(&queue.list));
  IoFreeIrp(irp);
}

KTEST(ContextFindsItsIrp) {
  Reset();
  IoCsqInitialize(&queue.csq, Insert, Remove, Peek, Acquire, Release, CompleteCanceled);
  LONG done[2];
  IO_CSQ_IRP_CONTEXT first_context, second_context;
  PIRP const first = NewIrp(&done[0]);
  PIRP const second = NewIrp(&done[1]);
  IoCsqInsertIrp(&queue.csq, first, &first_context);
  IoCsqInsertIrp(&queue.csq, second, &second_context);
  EXPECT(IoCsqRemoveIrp(&queue.csq, &second_context) == second);
  EXPECT(IoCsqRemoveIrp(&queue.csq, &second_context) == nullptr);
  EXPECT_EQ(IoCancelIrp(first), TRUE);
  EXPECT(IoCsqRemoveIrp(&queue.csq, &first_context) == nullptr);
  EXPECT_EQ(queue.canceled, 1);
  Complete(second, STATUS_SUCCESS);
  IoFreeIrp(first);
  IoFreeIrp(second);
}

KTEST(PeekContextSelects) {
  Reset();
  IoCsqInitialize(&queue.csq, Insert, Remove, Peek, Acquire, Release, CompleteCanceled);
  FILE_OBJECT mine = {}, other = {};
  LONG done[2];
  PIRP const first = NewIrp(&done[0]);
  PIRP const second = NewIrp(&done[1]);
  IoGetCurrentIrpStackLocation(first)->FileObject = &other;
  IoGetCurrentIrpStackLocation(second)->FileObject = &mine;
  IoCsqInsertIrp(&queue.csq, first, nullptr);
  IoCsqInsertIrp(&queue.csq, second, nullptr);
  EXPECT(IoCsqRemoveNextIrp(&queue.csq, &mine) == second);
  EXPECT(IoCsqRemoveNextIrp(&queue.csq, &mine) == nullptr);
  EXPECT(IoCsqRemoveNextIrp(&queue.csq, nullptr) == first);
  IoFreeIrp(first);
  IoFreeIrp(second);
}

KTEST(InsertRoutineMayRefuse) {
  Reset();
  EXPECT_EQ(IoCsqInitializeEx(&queue.csq, InsertEx, Remove, Peek, Acquire, Release, CompleteCanceled), STATUS_SUCCESS);
  LONG done;
  PIRP const irp = NewIrp(&done);
  queue.insert_status = STATUS_QUOTA_EXCEEDED;
  EXPECT_EQ(IoCsqInsertIrpEx(&queue.csq, irp, nullptr, &done), STATUS_QUOTA_EXCEEDED);
  EXPECT(queue.insert_context == &done);
  EXPECT((IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED) == 0);
  EXPECT(irp->CancelRoutine == nullptr);
  queue.insert_status = STATUS_SUCCESS;
  EXPECT_EQ(IoCsqInsertIrpEx(&queue.csq, irp, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT(IoCsqRemoveNextIrp(&queue.csq, nullptr) == irp);
  IoFreeIrp(irp);
}
