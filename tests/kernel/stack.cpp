// Device stacks: attaching, detaching, and what skip and copy hand to the driver below.
#include "device.h"

using namespace ktest;

namespace {
NTSTATUS PassDown(PDEVICE_OBJECT device, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(StateOf(device)->lower, irp);
}

NTSTATUS Count(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  DeviceState* const state = static_cast<DeviceState*>(context);
  EXPECT(StateOf(device) == state);
  state->calls[0x1b]++;
  return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS CopyDown(PDEVICE_OBJECT device, PIRP irp) {
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, Count, StateOf(device), TRUE, TRUE, TRUE);
  return IoCallDriver(StateOf(device)->lower, irp);
}

ULONG Control(PDEVICE_OBJECT device, ULONG_PTR* information, NTSTATUS* status) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP const irp = IoBuildDeviceIoControlRequest(0x222004, device, nullptr, 0, nullptr, 0, FALSE, &done, &iosb);
  const NTSTATUS returned = IoCallDriver(device, irp);
  if (returned == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  *information = iosb.Information;
  *status = returned == STATUS_PENDING ? iosb.Status : returned;
  return static_cast<ULONG>(returned);
}
}  // namespace

KTEST(AttachGivesTheTopAndSetsStackSize) {
  Device bottom(L"\\Device\\KtBottom"), middle, top;
  bottom.object()->AlignmentRequirement = FILE_LONG_ALIGNMENT;
  EXPECT(IoGetAttachedDevice(bottom.object()) == bottom.object());
  EXPECT(IoAttachDeviceToDeviceStack(middle.object(), bottom.object()) == bottom.object());
  EXPECT_EQ(middle.object()->StackSize, 2);
  EXPECT_EQ(middle.object()->AlignmentRequirement, FILE_LONG_ALIGNMENT);
  EXPECT(bottom.object()->AttachedDevice == middle.object());
  PDEVICE_OBJECT below = nullptr;
  EXPECT_EQ(IoAttachDeviceToDeviceStackSafe(top.object(), bottom.object(), &below), STATUS_SUCCESS);
  EXPECT(below == middle.object());
  EXPECT_EQ(top.object()->StackSize, 3);
  EXPECT(IoGetAttachedDevice(bottom.object()) == top.object());
  PDEVICE_OBJECT found = IoGetAttachedDeviceReference(bottom.object());
  EXPECT(found == top.object());
  ObDereferenceObject(found);
  found = IoGetLowerDeviceObject(top.object());
  EXPECT(found == middle.object());
  ObDereferenceObject(found);
  EXPECT(IoGetLowerDeviceObject(bottom.object()) == nullptr);
  found = IoGetDeviceAttachmentBaseRef(top.object());
  EXPECT(found == bottom.object());
  ObDereferenceObject(found);
  IoDetachDevice(middle.object());
  EXPECT(IoGetAttachedDevice(bottom.object()) == middle.object());
  IoDetachDevice(bottom.object());
  EXPECT(bottom.object()->AttachedDevice == nullptr);
}

KTEST(NobodyAttachesToAnInitializingDevice) {
  Device bottom, top;
  bottom.object()->Flags |= DO_DEVICE_INITIALIZING;
  EXPECT(IoAttachDeviceToDeviceStack(top.object(), bottom.object()) == nullptr);
  PDEVICE_OBJECT below = top.object();
  EXPECT_EQ(IoAttachDeviceToDeviceStackSafe(top.object(), bottom.object(), &below), STATUS_NO_SUCH_DEVICE);
  EXPECT_EQ(top.object()->StackSize, 1);
}

KTEST(AttachByName) {
  Device bottom(L"\\Device\\KtAttach"), top;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KtAttach");
  PDEVICE_OBJECT below = nullptr;
  EXPECT_EQ(IoAttachDevice(top.object(), &name, &below), STATUS_SUCCESS);
  EXPECT(below == bottom.object());
  EXPECT_EQ(top.calls(IRP_MJ_CLOSE), 1);  // by then the file's stack has a new top
  EXPECT_EQ(bottom.object()->ReferenceCount, 0);
  IoDetachDevice(bottom.object());
  UNICODE_STRING missing = RTL_CONSTANT_STRING(L"\\Device\\KtNobody");
  EXPECT_EQ(IoAttachDevice(top.object(), &missing, &below), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(OpenGoesThroughTheTop) {
  Device bottom(L"\\Device\\KtStack"), top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  for (Dispatch& function : top.state()->on) function = PassDown;
  {
    File file(L"\\Device\\KtStack");
    EXPECT_EQ(file.status(), STATUS_SUCCESS);
    EXPECT_EQ(bottom.object()->ReferenceCount, 1);
    EXPECT_EQ(top.object()->ReferenceCount, 0);
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KtStack");
    PFILE_OBJECT object;
    PDEVICE_OBJECT found;
    REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &object, &found)));
    EXPECT(found == top.object());
    EXPECT(object->DeviceObject == bottom.object());
    ObDereferenceObject(object);
  }
  EXPECT_EQ(top.calls(IRP_MJ_CREATE), 2);
  EXPECT_EQ(bottom.calls(IRP_MJ_CREATE), 2);
  EXPECT_EQ(bottom.calls(IRP_MJ_CLOSE), 2);
  IoDetachDevice(bottom.object());
}

KTEST(SkippedLocationIsSeenBelow) {
  Device bottom, top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  top.on(IRP_MJ_DEVICE_CONTROL) = PassDown;
  bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT device, PIRP irp) {
    EXPECT_EQ(irp->CurrentLocation, 2);
    EXPECT_EQ(irp->StackCount, 2);
    EXPECT(IoGetCurrentIrpStackLocation(irp)->DeviceObject == device);
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode, 0x222004);
    return Complete(irp, STATUS_SUCCESS, 11);
  };
  ULONG_PTR information;
  NTSTATUS status;
  EXPECT_EQ(Control(top.object(), &information, &status), STATUS_SUCCESS);
  EXPECT_EQ(information, 11);
  IoDetachDevice(bottom.object());
}

KTEST(CompletionRoutinesRunBottomUp) {
  Device bottom, middle, top;
  middle.state()->lower = IoAttachDeviceToDeviceStack(middle.object(), bottom.object());
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), middle.object());
  middle.on(IRP_MJ_DEVICE_CONTROL) = CopyDown;
  top.on(IRP_MJ_DEVICE_CONTROL) = CopyDown;
  bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_UNSUCCESSFUL); };
  ULONG_PTR information;
  NTSTATUS status;
  Control(top.object(), &information, &status);
  EXPECT_EQ(status, STATUS_UNSUCCESSFUL);
  EXPECT_EQ(middle.calls(0x1b), 1);
  EXPECT_EQ(top.calls(0x1b), 1);
  IoDetachDevice(middle.object());
  IoDetachDevice(bottom.object());
}

KTEST(PendingTravelsThroughCompletionRoutines) {
  Device bottom, top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  top.on(IRP_MJ_DEVICE_CONTROL) = CopyDown;
  bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT device, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    StateOf(device)->context = irp;
    Thread completer(+[](IRP* pending) { Complete(pending, STATUS_SUCCESS, 21); }, irp);
    return STATUS_PENDING;
  };
  ULONG_PTR information;
  NTSTATUS status;
  EXPECT_EQ(Control(top.object(), &information, &status), STATUS_PENDING);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(information, 21);
  EXPECT_EQ(top.calls(0x1b), 1);
  IoDetachDevice(bottom.object());
}

namespace {
NTSTATUS Signal(PDEVICE_OBJECT, PIRP irp, PVOID event) {
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}
}  // namespace

KTEST(ForwardAndWait) {
  Device bottom, top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  top.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT device, PIRP irp) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Signal, &event, TRUE, TRUE, TRUE);
    NTSTATUS status = IoCallDriver(StateOf(device)->lower, irp);
    if (status == STATUS_PENDING) {
      KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
      status = irp->IoStatus.Status;
    }
    EXPECT_EQ(irp->IoStatus.Information, 5);
    EXPECT_EQ(irp->CurrentLocation, 2);
    return Complete(irp, status, irp->IoStatus.Information + 1);
  };
  bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(+[](IRP* pending) { Complete(pending, STATUS_SUCCESS, 5); }, irp);
    return STATUS_PENDING;
  };
  ULONG_PTR information;
  NTSTATUS status;
  EXPECT_EQ(Control(top.object(), &information, &status), STATUS_SUCCESS);
  EXPECT_EQ(information, 6);
  IoDetachDevice(bottom.object());
}

KTEST(DeletedDeviceWaitsForItsFilterToLeave) {
  Device bottom(L"\\Device\\KtLeave"), top;
  PDEVICE_OBJECT const object = bottom.object();
  ObReferenceObject(object);
  REQUIRE(IoAttachDeviceToDeviceStack(top.object(), object) == object);
  bottom.Delete();
  EXPECT(object->AttachedDevice == top.object());
  IoDetachDevice(object);
  ObDereferenceObject(object);
}

KTEST(ForwardedRequestsComeBack) {
  Device bottom, top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  static LONG caught;
  caught = 0;
  const auto forward = [](PDEVICE_OBJECT device, PIRP irp) {
    EXPECT_EQ(IoForwardIrpSynchronously(StateOf(device)->lower, irp), TRUE);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_NOT_FOUND);
    caught++;
    return Complete(irp, STATUS_SUCCESS, 9);
  };
  top.on(IRP_MJ_DEVICE_CONTROL) = forward;
  bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_NOT_FOUND); };
  ULONG_PTR information;
  NTSTATUS status;
  Control(top.object(), &information, &status);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(information, 9);
  bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(+[](IRP* pending) { Complete(pending, STATUS_NOT_FOUND); }, irp);
    return STATUS_PENDING;
  };
  Control(top.object(), &information, &status);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(caught, 2);
  // Without a location for the driver below nothing is sent.
  PIRP const irp = IoAllocateIrp(1, FALSE);
  IoSetNextIrpStackLocation(irp);
  EXPECT_EQ(IoForwardIrpSynchronously(bottom.object(), irp), FALSE);
  EXPECT_EQ(IoForwardAndCatchIrp(bottom.object(), irp), FALSE);  // its name before
  IoFreeIrp(irp);
  IoDetachDevice(bottom.object());
}
