// Tells a client which of its functions led to its request: RtlWalkFrameChain's user frames.
#include <ntifs.h>

#define IOCTL_WALK CTL_CODE(0x8000, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

extern "C" NTSYSAPI ULONG NTAPI RtlWalkFrameChain(PVOID* Callers, ULONG Count, ULONG Flags);

static const UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Walker");

static NTSTATUS Complete(PIRP Irp, ULONG_PTR information) {
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

static NTSTATUS OnCreateClose(PDEVICE_OBJECT, PIRP Irp) { return Complete(Irp, 0); }

static NTSTATUS OnDeviceControl(PDEVICE_OBJECT, PIRP Irp) {
  const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(Irp);
  const ULONG room = stack->Parameters.DeviceIoControl.OutputBufferLength / sizeof(PVOID);
  const ULONG count = RtlWalkFrameChain(static_cast<PVOID*>(Irp->AssociatedIrp.SystemBuffer), room, 1);
  return Complete(Irp, count * sizeof(PVOID));
}

static void OnUnload(PDRIVER_OBJECT DriverObject) {
  IoDeleteSymbolicLink(const_cast<PUNICODE_STRING>(&link));
  IoDeleteDevice(DriverObject->DeviceObject);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Walker");
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(const_cast<PUNICODE_STRING>(&link), &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  DriverObject->DriverUnload = OnUnload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnDeviceControl;
  PVOID none[4];
  DbgPrint("in a system thread: %u\n", RtlWalkFrameChain(none, 4, 1));
  return STATUS_SUCCESS;
}
