// Booster2 with messages that can be told apart: each has a level, all have the component DPFLTR_IHVDRIVER_ID and a prefix.
#include <ntifs.h>

#include "../../booster/common.h"
#include "log.h"

DRIVER_UNLOAD Booster2Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH Booster2CreateClose;
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH Booster2Write;

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath) {
  Log(LogLevel::Information, "DriverEntry, registry path %wZ\n", RegistryPath);

  DriverObject->DriverUnload = Booster2Unload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = Booster2CreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = Booster2CreateClose;
  DriverObject->MajorFunction[IRP_MJ_WRITE] = Booster2Write;

  UNICODE_STRING deviceName = RTL_CONSTANT_STRING(BOOSTER_DEVICE_NAME);
  PDEVICE_OBJECT deviceObject;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &deviceObject);
  if (!NT_SUCCESS(status)) {
    LogError("failed to create the device object (0x%08X)\n", status);
    return status;
  }

  UNICODE_STRING linkName = RTL_CONSTANT_STRING(BOOSTER_LINK_NAME);
  status = IoCreateSymbolicLink(&linkName, &deviceName);
  if (!NT_SUCCESS(status)) {
    // The unload routine does not run after a failure: whatever was made until here is undone here.
    LogError("failed to create the symbolic link (0x%08X)\n", status);
    IoDeleteDevice(deviceObject);
    return status;
  }
  Log(LogLevel::Information, "initialized\n");
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ void Booster2Unload(PDRIVER_OBJECT DriverObject) {
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(BOOSTER_LINK_NAME);
  IoDeleteSymbolicLink(&linkName);
  IoDeleteDevice(DriverObject->DeviceObject);
  Log(LogLevel::Information, "unloaded\n");
}

// The status and byte count go into the IRP before it is completed; afterwards it is no longer this driver's.
static NTSTATUS CompleteRequest(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

_Use_decl_annotations_ NTSTATUS Booster2CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  const bool create = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;
  Log(LogLevel::Verbose, "%s by process %u\n", create ? "create" : "close", HandleToULong(PsGetCurrentProcessId()));
  return CompleteRequest(Irp, STATUS_SUCCESS, 0);
}

// Copies the request out of the caller's memory. The device does neither buffered nor direct I/O, so that UserBuffer
// is an unchecked user address, good only in the caller's process: probe it, and read it once, under __try.
static NTSTATUS CaptureRequest(PIRP Irp, ThreadData* Data) {
  __try {
    if (Irp->RequestorMode != KernelMode) {
      ProbeForRead(Irp->UserBuffer, sizeof(ThreadData), __alignof(ThreadData));
    }
    *Data = *static_cast<const ThreadData*>(Irp->UserBuffer);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}

static NTSTATUS SetPriority(const ThreadData& Data) {
  Log(LogLevel::Verbose, "request: thread %u, priority %d\n", Data.ThreadId, Data.Priority);
  // Priority 0 is the zero-page thread's alone; above 31 there is nothing.
  if (Data.Priority <= LOW_PRIORITY || Data.Priority > HIGH_PRIORITY) {
    Log(LogLevel::Warning, "priority %d is none\n", Data.Priority);
    return STATUS_INVALID_PARAMETER;
  }
  PETHREAD thread;
  NTSTATUS status = PsLookupThreadByThreadId(ULongToHandle(Data.ThreadId), &thread);
  if (!NT_SUCCESS(status)) {
    LogError("there is no thread %u (0x%08X)\n", Data.ThreadId, status);
    return status;
  }
  const KPRIORITY oldPriority = KeSetPriorityThread(reinterpret_cast<PKTHREAD>(thread), Data.Priority);
  Log(LogLevel::Information, "priority of thread %u changed from %d to %d\n", Data.ThreadId, oldPriority, Data.Priority);

  // The look-up referenced the thread object; without this it would never be freed.
  ObDereferenceObject(thread);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS Booster2Write(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  if (stack->Parameters.Write.Length < sizeof(ThreadData)) {
    return CompleteRequest(Irp, STATUS_BUFFER_TOO_SMALL, 0);
  }
  ThreadData data;
  NTSTATUS status = CaptureRequest(Irp, &data);
  if (NT_SUCCESS(status)) {
    status = SetPriority(data);
  }
  return CompleteRequest(Irp, status, NT_SUCCESS(status) ? sizeof(ThreadData) : 0);
}
