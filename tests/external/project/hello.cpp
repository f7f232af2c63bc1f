// A device that answers one control code.
#include <ntddk.h>

#include "hello.h"

extern "C" DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Dispatch;

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Hello");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Hello");

NTSTATUS Dispatch(PDEVICE_OBJECT, PIRP Irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
  if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    constexpr char kText[] = "hello";
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_HELLO) {
      status = STATUS_INVALID_DEVICE_REQUEST;
    } else if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof kText) {
      status = STATUS_BUFFER_TOO_SMALL;
    } else {
      RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, kText, sizeof kText);
      information = sizeof kText;
    }
  }
  Irp->IoStatus.Status = status;
  Irp->IoStatus.Information = information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return status;
}

void Unload(PDRIVER_OBJECT DriverObject) {
  IoDeleteSymbolicLink(&link_name);
  IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  PDEVICE_OBJECT device = nullptr;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&link_name, &device_name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  DriverObject->DriverUnload = Unload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = Dispatch;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = Dispatch;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
  return STATUS_SUCCESS;
}
