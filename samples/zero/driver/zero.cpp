// A device that reads as zeroes and swallows what is written, like /dev/zero; it counts both, and remembers the counts
// in its registry key from one load to the next.
#include <ntddk.h>

#include "../common.h"

#define DRIVER_PREFIX "Zero: "

DRIVER_UNLOAD ZeroUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH ZeroCreateClose;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH ZeroRead;
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH ZeroWrite;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH ZeroDeviceControl;

// Requests arrive on many threads at once: change the counts by interlocked operations only.
static volatile LONG64 g_TotalRead;
static volatile LONG64 g_TotalWritten;

// The path given to DriverEntry is gone when it returns, and unload needs it.
static UNICODE_STRING g_RegistryPath;
static const ULONG PoolTag = 'oreZ';  // "Zero" as the tools print it

static NTSTATUS OpenServiceKey(_In_ ACCESS_MASK Access, _Out_ PHANDLE Key) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &g_RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  return ZwOpenKey(Key, Access, &attributes);
}

static NTSTATUS CopyRegistryPath(_In_ PCUNICODE_STRING RegistryPath) {
  g_RegistryPath.Buffer = static_cast<PWCH>(ExAllocatePool2(POOL_FLAG_PAGED, RegistryPath->Length + sizeof(WCHAR), PoolTag));
  if (!g_RegistryPath.Buffer) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  g_RegistryPath.MaximumLength = RegistryPath->Length + sizeof(WCHAR);
  RtlCopyUnicodeString(&g_RegistryPath, RegistryPath);
  return STATUS_SUCCESS;
}

// A count that was never saved is zero: the value is simply not there on the first load.
static LONG64 LoadCount(_In_ HANDLE Key, _In_ PCWSTR Name) {
  UNICODE_STRING valueName;
  RtlInitUnicodeString(&valueName, Name);
  struct {
    KEY_VALUE_PARTIAL_INFORMATION Information;
    UCHAR Rest[sizeof(LONG64)];
  } buffer;
  ULONG size;
  const NTSTATUS status = ZwQueryValueKey(Key, &valueName, KeyValuePartialInformation, &buffer, sizeof(buffer), &size);
  if (!NT_SUCCESS(status) || buffer.Information.Type != REG_QWORD || buffer.Information.DataLength != sizeof(LONG64)) {
    return 0;
  }
  LONG64 count;
  RtlCopyMemory(&count, buffer.Information.Data, sizeof(count));
  return count;
}

static void LoadStatistics() {
  HANDLE key;
  const NTSTATUS status = OpenServiceKey(KEY_QUERY_VALUE, &key);
  if (!NT_SUCCESS(status)) {
    DbgPrint(DRIVER_PREFIX "cannot read the saved statistics (0x%08X)\n", status);
    return;
  }
  g_TotalRead = LoadCount(key, L"TotalRead");
  g_TotalWritten = LoadCount(key, L"TotalWritten");
  ZwClose(key);
}

static void SaveStatistics() {
  HANDLE key;
  NTSTATUS status = OpenServiceKey(KEY_SET_VALUE, &key);
  if (!NT_SUCCESS(status)) {
    DbgPrint(DRIVER_PREFIX "cannot save the statistics (0x%08X)\n", status);
    return;
  }
  UNICODE_STRING readName = RTL_CONSTANT_STRING(L"TotalRead");
  UNICODE_STRING writtenName = RTL_CONSTANT_STRING(L"TotalWritten");
  LONG64 totalRead = g_TotalRead;
  LONG64 totalWritten = g_TotalWritten;
  status = ZwSetValueKey(key, &readName, 0, REG_QWORD, &totalRead, sizeof(totalRead));
  if (NT_SUCCESS(status)) {
    status = ZwSetValueKey(key, &writtenName, 0, REG_QWORD, &totalWritten, sizeof(totalWritten));
  }
  if (!NT_SUCCESS(status)) {
    DbgPrint(DRIVER_PREFIX "cannot save the statistics (0x%08X)\n", status);
  }
  ZwClose(key);
}

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath) {
  DriverObject->DriverUnload = ZeroUnload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = ZeroCreateClose;
  DriverObject->MajorFunction[IRP_MJ_READ] = ZeroRead;
  DriverObject->MajorFunction[IRP_MJ_WRITE] = ZeroWrite;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ZeroDeviceControl;

  // One way out: what was made is remembered, and undone below if a later step fails.
  UNICODE_STRING deviceName = RTL_CONSTANT_STRING(ZERO_DEVICE_NAME);
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(ZERO_LINK_NAME);
  PDEVICE_OBJECT deviceObject = nullptr;
  NTSTATUS status;
  do {
    status = CopyRegistryPath(RegistryPath);
    if (!NT_SUCCESS(status)) {
      DbgPrint(DRIVER_PREFIX "no memory for the registry path\n");
      break;
    }
    LoadStatistics();

    status = IoCreateDevice(DriverObject, 0, &deviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &deviceObject);
    if (!NT_SUCCESS(status)) {
      DbgPrint(DRIVER_PREFIX "failed to create the device object (0x%08X)\n", status);
      break;
    }
    // Reads and writes come with an MDL: the caller's pages locked, its addresses checked.
    deviceObject->Flags |= DO_DIRECT_IO;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
      DbgPrint(DRIVER_PREFIX "failed to create the symbolic link (0x%08X)\n", status);
      break;
    }
  } while (false);

  if (!NT_SUCCESS(status)) {
    if (deviceObject) {
      IoDeleteDevice(deviceObject);
    }
    if (g_RegistryPath.Buffer) {
      ExFreePoolWithTag(g_RegistryPath.Buffer, PoolTag);
    }
    return status;
  }
  DbgPrint(DRIVER_PREFIX "initialized, %lld bytes read and %lld written so far\n", g_TotalRead, g_TotalWritten);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ void ZeroUnload(PDRIVER_OBJECT DriverObject) {
  SaveStatistics();
  UNICODE_STRING linkName = RTL_CONSTANT_STRING(ZERO_LINK_NAME);
  IoDeleteSymbolicLink(&linkName);
  IoDeleteDevice(DriverObject->DeviceObject);
  ExFreePoolWithTag(g_RegistryPath.Buffer, PoolTag);
  DbgPrint(DRIVER_PREFIX "unloaded\n");
}

static NTSTATUS CompleteRequest(PIRP Irp, NTSTATUS Status = STATUS_SUCCESS, ULONG_PTR Information = 0) {
  Irp->IoStatus.Status = Status;
  Irp->IoStatus.Information = Information;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

_Use_decl_annotations_ NTSTATUS ZeroCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  return CompleteRequest(Irp);
}

_Use_decl_annotations_ NTSTATUS ZeroRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  const ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
  if (length == 0) {
    return CompleteRequest(Irp, STATUS_INVALID_BUFFER_SIZE);
  }
  // The second mapping of the caller's pages, in system space.
  NT_ASSERT(Irp->MdlAddress);
  PVOID buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
  if (!buffer) {
    return CompleteRequest(Irp, STATUS_INSUFFICIENT_RESOURCES);
  }
  RtlZeroMemory(buffer, length);
  InterlockedAdd64(&g_TotalRead, length);
  return CompleteRequest(Irp, STATUS_SUCCESS, length);
}

_Use_decl_annotations_ NTSTATUS ZeroWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  const ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
  InterlockedAdd64(&g_TotalWritten, length);
  return CompleteRequest(Irp, STATUS_SUCCESS, length);
}

_Use_decl_annotations_ NTSTATUS ZeroDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  const auto& parameters = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl;
  switch (parameters.IoControlCode) {
    case IOCTL_ZERO_GET_STATS: {
      if (parameters.OutputBufferLength < sizeof(ZeroStats)) {
        return CompleteRequest(Irp, STATUS_BUFFER_TOO_SMALL);
      }
      const auto stats = static_cast<ZeroStats*>(Irp->AssociatedIrp.SystemBuffer);
      if (!stats) {
        return CompleteRequest(Irp, STATUS_INVALID_PARAMETER);
      }
      stats->TotalRead = g_TotalRead;
      stats->TotalWritten = g_TotalWritten;
      return CompleteRequest(Irp, STATUS_SUCCESS, sizeof(ZeroStats));
    }
    case IOCTL_ZERO_CLEAR_STATS:
      InterlockedExchange64(&g_TotalRead, 0);
      InterlockedExchange64(&g_TotalWritten, 0);
      return CompleteRequest(Irp);
    default:
      return CompleteRequest(Irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}
