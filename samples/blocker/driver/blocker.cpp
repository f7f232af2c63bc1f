// Blocker: refuses to start programs whose paths are in its configuration.
#include <ntifs.h>

#include "../common.h"

namespace {

constexpr ULONG kTag = 'kclB';
constexpr ULONG kMostBytes = 0x10000;  // of the value

struct Globals {
  ERESOURCE lock;                        // readers: process notifications
  KEY_VALUE_PARTIAL_INFORMATION* paths;  // null: nothing is blocked
  UNICODE_STRING key;                    // the service's
  PDEVICE_OBJECT device;
  bool registered;
} g;

// Opens the key Parameters below the service's; the caller closes it.
NTSTATUS OpenParameters(HANDLE* parameters) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &g.key, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE service;
  NTSTATUS status = ZwOpenKey(&service, KEY_READ, &attributes);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Parameters");
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, service, nullptr);
  status = ZwOpenKey(parameters, KEY_READ, &attributes);
  ZwClose(service);
  return status;
}

// The value Paths in a pool block; null if there is none, or it is of another type.
KEY_VALUE_PARTIAL_INFORMATION* ReadPaths() {
  HANDLE key;
  if (!NT_SUCCESS(OpenParameters(&key))) return nullptr;
  UNICODE_STRING name = RTL_CONSTANT_STRING(BLOCKER_PATHS_VALUE);
  KEY_VALUE_PARTIAL_INFORMATION* value = nullptr;
  ULONG size = 0;
  ZwQueryValueKey(key, &name, KeyValuePartialInformation, nullptr, 0, &size);
  if (size != 0 && size <= kMostBytes) value = static_cast<KEY_VALUE_PARTIAL_INFORMATION*>(ExAllocatePool2(POOL_FLAG_PAGED, size, kTag));
  if (value != nullptr) {
    const NTSTATUS status = ZwQueryValueKey(key, &name, KeyValuePartialInformation, value, size, &size);
    if (!NT_SUCCESS(status) || value->Type != REG_MULTI_SZ) {
      ExFreePoolWithTag(value, kTag);
      value = nullptr;
    }
  }
  ZwClose(key);
  return value;
}

void Reload() {
  KEY_VALUE_PARTIAL_INFORMATION* const paths = ReadPaths();
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(&g.lock, TRUE);
  KEY_VALUE_PARTIAL_INFORMATION* const old = g.paths;
  g.paths = paths;
  ExReleaseResourceLite(&g.lock);
  KeLeaveCriticalRegion();
  if (old != nullptr) ExFreePoolWithTag(old, kTag);
}

// Whether an image's name is a configured path. A path of a program is told as \??\C:\..., a configured one as C:\...
bool IsBlocked(PCUNICODE_STRING image) {
  static const UNICODE_STRING kPrefix = RTL_CONSTANT_STRING(L"\\??\\");
  UNICODE_STRING name = *image;
  if (RtlPrefixUnicodeString(&kPrefix, &name, TRUE)) {
    name.Buffer += kPrefix.Length / sizeof(WCHAR);
    name.Length -= kPrefix.Length;
  }
  if (g.paths == nullptr) return false;
  const auto* text = reinterpret_cast<const WCHAR*>(g.paths->Data);
  const WCHAR* const end = text + g.paths->DataLength / sizeof(WCHAR);
  while (text < end && *text != 0) {
    const WCHAR* stop = text;
    while (stop < end && *stop != 0) ++stop;
    const auto length = static_cast<USHORT>((stop - text) * sizeof(WCHAR));
    UNICODE_STRING path = {length, length, const_cast<PWSTR>(text)};
    if (RtlEqualUnicodeString(&path, &name, TRUE)) return true;
    text = stop + 1;
  }
  return false;
}

void OnProcess(PEPROCESS, HANDLE, PPS_CREATE_NOTIFY_INFO create) {
  if (create == nullptr || create->ImageFileName == nullptr) return;
  ExAcquireResourceSharedLite(&g.lock, TRUE);  // in a critical region already: notifications are
  const bool blocked = IsBlocked(create->ImageFileName);
  ExReleaseResourceLite(&g.lock);
  if (!blocked) return;
  DbgPrint("Blocker: refused %wZ\n", create->ImageFileName);
  create->CreationStatus = STATUS_ACCESS_DENIED;
}

NTSTATUS Complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS OnCreateClose(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

NTSTATUS OnDeviceControl(PDEVICE_OBJECT, PIRP irp) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode != IOCTL_BLOCKER_RELOAD)
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  Reload();
  return Complete(irp, STATUS_SUCCESS);
}

void Undo() {
  if (g.registered) PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
  UNICODE_STRING link = RTL_CONSTANT_STRING(BLOCKER_LINK_NAME);
  IoDeleteSymbolicLink(&link);
  if (g.device != nullptr) IoDeleteDevice(g.device);
  if (g.paths != nullptr) ExFreePoolWithTag(g.paths, kTag);
  if (g.key.Buffer != nullptr) ExFreePoolWithTag(g.key.Buffer, kTag);
  ExDeleteResourceLite(&g.lock);
}

void Unload(PDRIVER_OBJECT) { Undo(); }

NTSTATUS Start(PDRIVER_OBJECT driver, PCUNICODE_STRING registryPath) {
  // The path is the caller's; it is needed again.
  g.key.Buffer = static_cast<PWSTR>(ExAllocatePool2(POOL_FLAG_PAGED, registryPath->Length, kTag));
  if (g.key.Buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  g.key.MaximumLength = registryPath->Length;
  RtlCopyUnicodeString(&g.key, registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(BLOCKER_DEVICE_NAME), link = RTL_CONSTANT_STRING(BLOCKER_LINK_NAME);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &g.device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) return status;
  Reload();
  status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
  g.registered = NT_SUCCESS(status);
  return status;
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  ExInitializeResourceLite(&g.lock);
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnDeviceControl;
  const NTSTATUS status = Start(driver, registryPath);
  if (!NT_SUCCESS(status)) Undo();
  return status;
}
