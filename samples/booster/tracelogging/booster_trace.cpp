// Booster that writes events instead of messages: whoever listens to its provider gets names, types and values.
#include <TraceLoggingProvider.h>
#include <ntifs.h>

#include "../common.h"

// An identifier of one's own for each provider; Booster's is made for it.
TRACELOGGING_DEFINE_PROVIDER(g_Provider, "Ringlet.Booster", (0xb2723ad5, 0x1678, 0x446d, 0xa5, 0x77, 0x85, 0x99, 0xd3, 0xe8, 0x5e, 0xcb));

// Levels, as winmeta.h names them for programs.
enum Level : UCHAR { LevelError = 2, LevelWarning = 3, LevelInformation = 4, LevelVerbose = 5 };

DRIVER_UNLOAD BoosterTraceUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH BoosterTraceCreateClose;
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH BoosterTraceWrite;

static void TraceFailure(PCSTR Function, NTSTATUS Status) {
  TraceLoggingWrite(g_Provider, "Failed", TraceLoggingLevel(LevelError), TraceLoggingString(Function, "Function"),
                    TraceLoggingNTStatus(Status, "Status"));
}

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath) {
  TraceLoggingRegister(g_Provider);
  TraceLoggingWrite(g_Provider, "DriverEntry started", TraceLoggingLevel(LevelInformation),
                    TraceLoggingUnicodeString(RegistryPath, "Registry path"));

  DriverObject->DriverUnload = BoosterTraceUnload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = BoosterTraceCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = BoosterTraceCreateClose;
  DriverObject->MajorFunction[IRP_MJ_WRITE] = BoosterTraceWrite;

  UNICODE_STRING deviceName = RTL_CONSTANT_STRING(BOOSTER_DEVICE_NAME);
  PDEVICE_OBJECT deviceObject;
  NTSTATUS status = IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &deviceObject);
  if (!NT_SUCCESS(status)) {
    TraceFailure("IoCreateDevice", status);
    TraceLoggingUnregister(g_Provider);
    return status;
  }

  UNICODE_STRING linkName = RTL_CONSTANT_STRING(BOOSTER_LINK_NAME);
  status = IoCreateSymbolicLink(&linkName, &deviceName);
  if (!NT_SUCCESS(status)) {
    // The unload routine does not run after a failure: whatever was made until here is undone here.
    TraceFailure("IoCreateSymbolicLink", status);
    IoDeleteDevice(deviceObject);
    TraceLoggingUnregister(g_Provider);
    return status;
  }
  TraceLoggingWrite(g_Provider, "Initialized", TraceLoggingLevel(LevelInformation));
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ void BoosterTraceUnload(PDRIVER_OBJECT DriverObject) {
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(BOOSTER_LINK_NAME);
  IoDeleteSymbolicLink(&linkName);
  IoDeleteDevice(DriverObject->DeviceObject);
  TraceLoggingWrite(g_Provider, "Unload", TraceLoggingLevel(LevelInformation));
  TraceLoggingUnregister(g_Provider);
}

// The status and byte count go into the IRP before it is completed; afterwards it is no longer this driver's.
static NTSTATUS CompleteRequest(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

_Use_decl_annotations_ NTSTATUS BoosterTraceCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  const bool create = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;
  TraceLoggingWrite(g_Provider, "Create/Close", TraceLoggingLevel(LevelVerbose), TraceLoggingBoolean(create, "Create"),
                    TraceLoggingPid(HandleToULong(PsGetCurrentProcessId()), "Process"));
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
  // Priority 0 is the zero-page thread's alone; above 31 there is nothing.
  if (Data.Priority <= LOW_PRIORITY || Data.Priority > HIGH_PRIORITY) {
    return STATUS_INVALID_PARAMETER;
  }
  PETHREAD thread;
  NTSTATUS status = PsLookupThreadByThreadId(ULongToHandle(Data.ThreadId), &thread);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  const KPRIORITY oldPriority = KeSetPriorityThread(reinterpret_cast<PKTHREAD>(thread), Data.Priority);
  TraceLoggingWrite(g_Provider, "Boosting", TraceLoggingLevel(LevelInformation), TraceLoggingUInt32(Data.ThreadId, "ThreadId"),
                    TraceLoggingInt32(oldPriority, "OldPriority"), TraceLoggingInt32(Data.Priority, "NewPriority"));

  // The look-up referenced the thread object; without this it would never be freed.
  ObDereferenceObject(thread);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS BoosterTraceWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
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
  if (!NT_SUCCESS(status)) {
    TraceFailure("Write", status);
  }
  return CompleteRequest(Irp, status, NT_SUCCESS(status) ? sizeof(ThreadData) : 0);
}
