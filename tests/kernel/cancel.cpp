// Cancelling: the cancel flag, routine and spin lock, and who completes.
#include "device.h"

using namespace ktest;

namespace {
struct Canceled {
  LONG calls;
  KIRQL irql, cancel_irql;
  PDEVICE_OBJECT device;
  BOOLEAN flag;
} canceled;

void CancelRoutine(PDEVICE_OBJECT device, PIRP irp) {
  canceled.calls++;
  canceled.irql = KeGetCurrentIrql();
  canceled.cancel_irql = irp->CancelIrql;
  canceled.device = device;
  canceled.flag = irp->Cancel;
  EXPECT(irp->CancelRoutine == nullptr);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Complete(irp, STATUS_CANCELLED);
}

NTSTATUS Keep(PDEVICE_OBJECT, PIRP, PVOID context) {
  ++*static_cast<LONG*>(context);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

PIRP Sent(PDEVICE_OBJECT device, LONG* completed) {
  canceled = {};
  *completed = 0;
  PIRP const irp = IoAllocateIrp(device->StackSize, FALSE);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  IoSetCompletionRoutine(irp, Keep, completed, TRUE, TRUE, TRUE);
  EXPECT_EQ(IoCallDriver(device, irp), STATUS_PENDING);
  return irp;
}
}  // namespace

KTEST(CancelCallsTheRoutineWithTheLockHeld) {
  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    EXPECT(IoSetCancelRoutine(irp, CancelRoutine) == nullptr);
    return STATUS_PENDING;
  };
  LONG completed;
  PIRP const irp = Sent(device.object(), &completed);
  EXPECT_EQ(IoCancelIrp(irp), TRUE);
  EXPECT_EQ(canceled.calls, 1);
  EXPECT_EQ(canceled.irql, DISPATCH_LEVEL);
  EXPECT_EQ(canceled.cancel_irql, PASSIVE_LEVEL);
  EXPECT(canceled.device == device.object());
  EXPECT_EQ(canceled.flag, TRUE);
  EXPECT_EQ(completed, 1);
  EXPECT_EQ(irp->IoStatus.Status, STATUS_CANCELLED);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  IoFreeIrp(irp);
}

KTEST(CancelAtDispatchLevel) {
  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, CancelRoutine);
    return STATUS_PENDING;
  };
  LONG completed;
  PIRP const irp = Sent(device.object(), &completed);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  EXPECT_EQ(IoCancelIrp(irp), TRUE);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(irql);
  EXPECT_EQ(canceled.cancel_irql, DISPATCH_LEVEL);
  IoFreeIrp(irp);
}

KTEST(CancelWithoutARoutineOnlyMarks) {
  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
  };
  LONG completed;
  PIRP const irp = Sent(device.object(), &completed);
  EXPECT_EQ(irp->Cancel, FALSE);
  EXPECT_EQ(IoCancelIrp(irp), FALSE);
  EXPECT_EQ(irp->Cancel, TRUE);
  EXPECT_EQ(completed, 0);
  Complete(irp, STATUS_CANCELLED);
  EXPECT_EQ(completed, 1);
  IoFreeIrp(irp);
}

KTEST(TakenRoutineIsNotCalled) {
  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, CancelRoutine);
    return STATUS_PENDING;
  };
  LONG completed;
  PIRP const irp = Sent(device.object(), &completed);
  EXPECT(IoSetCancelRoutine(irp, nullptr) == CancelRoutine);
  EXPECT_EQ(IoCancelIrp(irp), FALSE);
  EXPECT_EQ(canceled.calls, 0);
  Complete(irp, STATUS_SUCCESS);
  IoFreeIrp(irp);
}

KTEST(CancelSpinLockRaises) {
  KIRQL irql = 77;
  IoAcquireCancelSpinLock(&irql);
  EXPECT_EQ(irql, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  IoReleaseCancelSpinLock(irql);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
