// Breaks the rules about IRPs that do not stop NT: each routine one of them.
#include "mistake.h"

static PDEVICE_OBJECT lower;

static NTSTATUS Complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS ReturnsAnotherStatus(PDEVICE_OBJECT, PIRP irp) {
  Complete(irp, STATUS_UNSUCCESSFUL);
  return STATUS_SUCCESS;
}

static NTSTATUS ReturnsPendingUnmarked(PDEVICE_OBJECT, PIRP irp) {
  Complete(irp, STATUS_SUCCESS);
  return STATUS_PENDING;
}

static NTSTATUS MarksAndReturnsStatus(PDEVICE_OBJECT, PIRP irp) {
  IoMarkIrpPending(irp);
  return Complete(irp, STATUS_SUCCESS);
}

static PIRP kept;

static NTSTATUS KeepsIrpUnmarked(PDEVICE_OBJECT, PIRP irp) {
  kept = irp;
  return STATUS_PENDING;
}

static NTSTATUS KeepsIrpAndSucceeds(PDEVICE_OBJECT, PIRP irp) {
  kept = irp;
  return STATUS_SUCCESS;
}

static NTSTATUS KeepsIrpMarkedAndSucceeds(PDEVICE_OBJECT, PIRP irp) {
  kept = irp;
  IoMarkIrpPending(irp);
  return STATUS_SUCCESS;
}

static NTSTATUS CompletesWithPending(PDEVICE_OBJECT, PIRP irp) {
  IoMarkIrpPending(irp);
  return Complete(irp, STATUS_PENDING);
}

static void Cancel(PDEVICE_OBJECT, PIRP irp) { irp->IoStatus.Status = STATUS_CANCELLED; }

static NTSTATUS LeavesCancelRoutine(PDEVICE_OBJECT, PIRP irp) {
  IoSetCancelRoutine(irp, Cancel);
  return Complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NeverCalled(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_SUCCESS; }

static NTSTATUS SetsRoutineAndSkips(PDEVICE_OBJECT, PIRP irp) {
  IoSetCompletionRoutine(irp, NeverCalled, nullptr, TRUE, TRUE, TRUE);
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(lower, irp);
}

static NTSTATUS ForgetsToPropagate(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_SUCCESS; }

static NTSTATUS PassesDownWithoutPropagation(PDEVICE_OBJECT, PIRP irp) {
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, ForgetsToPropagate, nullptr, TRUE, TRUE, TRUE);
  return IoCallDriver(lower, irp);
}

static NTSTATUS LowerPends(PDEVICE_OBJECT, PIRP irp) {
  kept = irp;
  IoMarkIrpPending(irp);
  return STATUS_PENDING;
}

static PDRIVER_DISPATCH upper_routine;
static PDRIVER_DISPATCH lower_routine;

static NTSTATUS Succeed(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

static NTSTATUS Filter(PDEVICE_OBJECT device, PIRP irp) {
  return device == lower ? lower_routine(device, irp) : upper_routine(device, irp);
}

static NTSTATUS Keep(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_MORE_PROCESSING_REQUIRED; }

// Sends an IRP whose end the sender keeps; what the driver kept is completed afterwards.
static void Send(PDEVICE_OBJECT device, UCHAR major) {
  PIRP const irp = IoAllocateIrp(2, FALSE);
  if (!irp) return;
  kept = nullptr;
  IoGetNextIrpStackLocation(irp)->MajorFunction = major;
  IoSetCompletionRoutine(irp, Keep, nullptr, TRUE, TRUE, TRUE);
  IoCallDriver(device, irp);
  if (kept) Complete(kept, STATUS_SUCCESS);
  IoFreeIrp(irp);
}

// A request that is pending when its device is deleted and its IRP freed.
static void GiveUpTooEarly(PDEVICE_OBJECT device) {
  PIRP const irp = IoAllocateIrp(1, FALSE);
  if (!irp) return;
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SHUTDOWN;
  IoCallDriver(device, irp);
  IoDeleteDevice(device);
  IoFreeIrp(irp);
}

void Mistake(PDRIVER_OBJECT driver) {
  static constexpr PDRIVER_DISPATCH kMistakes[] = {ReturnsAnotherStatus, ReturnsPendingUnmarked, MarksAndReturnsStatus,
                                                   KeepsIrpUnmarked,     KeepsIrpAndSucceeds,    KeepsIrpMarkedAndSucceeds,
                                                   CompletesWithPending, LeavesCancelRoutine};
  PDEVICE_OBJECT device;
  if (!NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &lower))) return;
  if (!NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device))) return;
  for (UCHAR major = 0; major < ARRAYSIZE(kMistakes); ++major) {
    driver->MajorFunction[major] = kMistakes[major];
    Send(device, major);
  }
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = driver->MajorFunction[IRP_MJ_PNP] = Filter;
  upper_routine = SetsRoutineAndSkips;
  lower_routine = Succeed;
  Send(device, IRP_MJ_DEVICE_CONTROL);
  upper_routine = PassesDownWithoutPropagation;
  lower_routine = LowerPends;
  Send(device, IRP_MJ_PNP);
  driver->MajorFunction[IRP_MJ_SHUTDOWN] = LowerPends;
  GiveUpTooEarly(device);
  IoDeleteDevice(lower);
}
