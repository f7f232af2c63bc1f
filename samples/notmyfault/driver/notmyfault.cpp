// Makes the mistake that the client asks for. Load it on a machine that you can spare.
#include "faults.h"

#include "../common.h"

DRIVER_UNLOAD NotMyFaultUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH NotMyFaultCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH NotMyFaultDeviceControl;

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING) {
  DriverObject->DriverUnload = NotMyFaultUnload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = NotMyFaultCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = NotMyFaultCreateClose;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = NotMyFaultDeviceControl;

  UNICODE_STRING deviceName = RTL_CONSTANT_STRING(NOT_MY_FAULT_DEVICE_NAME);
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(NOT_MY_FAULT_LINK_NAME);
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&linkName, &deviceName);
  if (!NT_SUCCESS(status)) IoDeleteDevice(device);
  return status;
}

_Use_decl_annotations_ void NotMyFaultUnload(PDRIVER_OBJECT DriverObject) {
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(NOT_MY_FAULT_LINK_NAME);
  IoDeleteSymbolicLink(&linkName);
  IoDeleteDevice(DriverObject->DeviceObject);
}

_Use_decl_annotations_ NTSTATUS NotMyFaultCreateClose(PDEVICE_OBJECT, PIRP Irp) {
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

// The client's 64-bit parameter: the one thing here that is done right.
static NTSTATUS Parameter(const IO_STACK_LOCATION* Stack, ULONG64* Value) {
  const auto& control = Stack->Parameters.DeviceIoControl;
  if (control.InputBufferLength < sizeof *Value) return STATUS_BUFFER_TOO_SMALL;
  __try {
    ProbeForRead(control.Type3InputBuffer, sizeof *Value, __alignof(ULONG64));
    *Value = *static_cast<ULONG64*>(control.Type3InputBuffer);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}

static NTSTATUS Act(ULONG Code, ULONG64 Value) {
  switch (Code) {
    case IOCTL_HIGH_IRQL_KERNEL:
      HighIrqlFault(nullptr);
      return STATUS_SUCCESS;
    case IOCTL_BUFFER_OVERFLOW:
      BufferOverflow();
      return STATUS_SUCCESS;
    case IOCTL_CODE_OVERWRITE:
      CodeOverwrite();
      return STATUS_SUCCESS;
    case IOCTL_STACK_TRASH:
      StackTrash();
      return STATUS_SUCCESS;
    case IOCTL_HIGH_IRQL_USER:
      HighIrqlFault(reinterpret_cast<volatile UCHAR*>(Value));
      return STATUS_SUCCESS;
    case IOCTL_STACK_OVERFLOW:
      StackOverflow();
      return STATUS_SUCCESS;
    case IOCTL_BREAKPOINT:
      Breakpoint();
      return STATUS_SUCCESS;
    case IOCTL_DOUBLE_FREE:
      DoubleFree();
      return STATUS_SUCCESS;
    case IOCTL_HANG_DPC:
      HangWithDpc();
      return STATUS_SUCCESS;
    case IOCTL_HANG_DEADLOCK:
      HangWithDeadlock();
      return STATUS_SUCCESS;
    case IOCTL_LEAK_PAGED:
      return Leak(POOL_FLAG_PAGED, Value);
    case IOCTL_LEAK_NONPAGED:
      return Leak(POOL_FLAG_NON_PAGED, Value);
    default:
      return STATUS_INVALID_DEVICE_REQUEST;
  }
}

_Use_decl_annotations_ NTSTATUS NotMyFaultDeviceControl(PDEVICE_OBJECT, PIRP Irp) {
  const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  const ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
  if (code == IOCTL_HANG_IRP) return HangWithIrp(Irp);
  ULONG64 value = 0;
  NTSTATUS status = Parameter(stack, &value);
  if (NT_SUCCESS(status)) status = Act(code, value);
  Irp->IoStatus.Status = status;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return status;
}
