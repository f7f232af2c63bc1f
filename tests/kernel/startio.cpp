// StartIo and device queues: one request at a time, order, keys, cancel routines.
#include "device.h"

using namespace ktest;

namespace {
LONG started;
PIRP order[8];

void StartIo(PDEVICE_OBJECT device, PIRP irp) {
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  EXPECT(device->CurrentIrp == irp);
  order[started++] = irp;
}

NTSTATUS Keep(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_MORE_PROCESSING_REQUIRED; }

PIRP NewIrp(PDEVICE_OBJECT device) {
  PIRP const irp = IoAllocateIrp(1, FALSE);
  IoSetCompletionRoutine(irp, Keep, nullptr, TRUE, TRUE, TRUE);
  IoSetNextIrpStackLocation(irp);
  IoGetCurrentIrpStackLocation(irp)->DeviceObject = device;
  return irp;
}

void Next(PDEVICE_OBJECT device, BOOLEAN cancelable = FALSE) {
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  IoStartNextPacket(device, cancelable);
  KeLowerIrql(irql);
}
}  // namespace

KTEST(PacketsAreStartedOneAtATime) {
  driver->DriverStartIo = StartIo;
  started = 0;
  Device device;
  PIRP irps[3];
  for (PIRP& irp : irps) {
    irp = NewIrp(device.object());
    IoMarkIrpPending(irp);
    IoStartPacket(device.object(), irp, nullptr, nullptr);
  }
  EXPECT_EQ(started, 1);
  EXPECT(device.object()->CurrentIrp == irps[0]);
  EXPECT_EQ(device.object()->DeviceQueue.Busy, TRUE);
  Next(device.object());
  EXPECT_EQ(started, 2);
  Next(device.object());
  EXPECT_EQ(started, 3);
  for (int i = 0; i < 3; i++) EXPECT(order[i] == irps[i]);
  Next(device.object());
  EXPECT_EQ(started, 3);
  EXPECT(device.object()->CurrentIrp == nullptr);
  EXPECT_EQ(device.object()->DeviceQueue.Busy, FALSE);
  for (PIRP irp : irps) IoFreeIrp(irp);
}

KTEST(KeysSortPackets) {
  driver->DriverStartIo = StartIo;
  started = 0;
  Device device;
  PIRP irps[4];
  ULONG keys[4] = {0, 30, 10, 20};
  for (int i = 0; i < 4; i++) {
    irps[i] = NewIrp(device.object());
    IoStartPacket(device.object(), irps[i], &keys[i], nullptr);
  }
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  for (int i = 0; i < 4; i++) IoStartNextPacketByKey(device.object(), FALSE, 15);
  KeLowerIrql(irql);
  EXPECT_EQ(started, 4);
  EXPECT(order[1] == irps[3]);  // the first key at or after 15
  EXPECT(order[2] == irps[1] || order[2] == irps[3]);
  for (PIRP irp : irps) IoFreeIrp(irp);
}

namespace {
LONG canceled;
void CancelQueued(PDEVICE_OBJECT device, PIRP irp) {
  canceled++;
  if (irp == device->CurrentIrp) {
    IoReleaseCancelSpinLock(irp->CancelIrql);
    IoStartNextPacket(device, TRUE);
  } else {
    EXPECT(KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry));
    IoReleaseCancelSpinLock(irp->CancelIrql);
  }
  Complete(irp, STATUS_CANCELLED);
}
}  // namespace

KTEST(WaitingPacketCanBeCanceled) {
  driver->DriverStartIo = StartIo;
  started = canceled = 0;
  Device device;
  PIRP const first = NewIrp(device.object());
  PIRP const second = NewIrp(device.object());
  IoStartPacket(device.object(), first, nullptr, CancelQueued);
  IoStartPacket(device.object(), second, nullptr, CancelQueued);
  EXPECT(second->CancelRoutine == CancelQueued);
  EXPECT_EQ(IoCancelIrp(second), TRUE);
  EXPECT_EQ(canceled, 1);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  IoSetCancelRoutine(first, nullptr);
  Next(device.object(), TRUE);
  EXPECT_EQ(started, 1);
  IoFreeIrp(first);
  IoFreeIrp(second);
}

KTEST(DeviceQueuesKeepOrder) {
  KDEVICE_QUEUE queue;
  KeInitializeDeviceQueue(&queue);
  EXPECT_EQ(queue.Busy, FALSE);
  KDEVICE_QUEUE_ENTRY a, b, c, d;
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  EXPECT_EQ(KeInsertDeviceQueue(&queue, &a), FALSE);  // it was idle: the caller goes on
  EXPECT_EQ(queue.Busy, TRUE);
  EXPECT_EQ(KeInsertDeviceQueue(&queue, &b), TRUE);
  EXPECT_EQ(b.Inserted, TRUE);
  EXPECT_EQ(KeInsertDeviceQueue(&queue, &c), TRUE);
  EXPECT_EQ(KeRemoveEntryDeviceQueue(&queue, &c), TRUE);
  EXPECT_EQ(KeRemoveEntryDeviceQueue(&queue, &c), FALSE);
  EXPECT(KeRemoveDeviceQueue(&queue) == &b);
  EXPECT(KeRemoveDeviceQueue(&queue) == nullptr);
  EXPECT_EQ(queue.Busy, FALSE);
  EXPECT_EQ(KeInsertByKeyDeviceQueue(&queue, &a, 5), FALSE);
  EXPECT_EQ(KeInsertByKeyDeviceQueue(&queue, &b, 20), TRUE);
  EXPECT_EQ(KeInsertByKeyDeviceQueue(&queue, &c, 10), TRUE);
  EXPECT_EQ(KeInsertByKeyDeviceQueue(&queue, &d, 10), TRUE);
  EXPECT(KeRemoveByKeyDeviceQueue(&queue, 11) == &b);
  EXPECT(KeRemoveByKeyDeviceQueue(&queue, 99) == &c);  // none is that far: from the start
  EXPECT(KeRemoveByKeyDeviceQueue(&queue, 10) == &d);
  EXPECT(KeRemoveByKeyDeviceQueueIfBusy(&queue, 0) == nullptr);
  EXPECT_EQ(queue.Busy, FALSE);
  KeLowerIrql(irql);
}
