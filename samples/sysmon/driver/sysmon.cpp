// SysMon: notes what processes, threads and images come and go, until a client reads it.
#include <ntifs.h>

#include "../common.h"

extern "C" NTKERNELAPI NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process);

namespace {

constexpr ULONG kTag = 'nMyS';
constexpr ULONG kDefaultLimit = 10000;
constexpr USHORT kMaximumText = 0x4000;  // bytes of a command line or name

struct Item {
  LIST_ENTRY link;
  Event event;  // and what follows
};

struct Globals {
  LIST_ENTRY items;
  FAST_MUTEX lock;
  ULONG count, limit;
  ULONG lost;  // since the newest item
  PDEVICE_OBJECT device;
  bool process, thread, image;  // registered
} g;

// An event of a size, with the common fields filled in; null if there is no memory.
template <class T>
T* NewEvent(EventKind kind, USHORT text = 0) {
  const SIZE_T size = sizeof(T) + text;
  auto* item = static_cast<Item*>(ExAllocatePool2(POOL_FLAG_PAGED, FIELD_OFFSET(Item, event) + size, kTag));
  if (item == nullptr) return nullptr;
  item->event.Kind = kind;
  item->event.Size = static_cast<USHORT>(size);
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  item->event.Time = now.QuadPart;
  return static_cast<T*>(&item->event);
}

// Adds an event; when there are too many, the oldest goes.
void Add(Event* event) {
  auto* item = CONTAINING_RECORD(event, Item, event);
  LIST_ENTRY* dropped = nullptr;
  ExAcquireFastMutex(&g.lock);
  if (g.count == g.limit) {
    dropped = RemoveHeadList(&g.items);
    ++g.lost;
  } else {
    ++g.count;
  }
  InsertTailList(&g.items, &item->link);
  ExReleaseFastMutex(&g.lock);
  if (dropped != nullptr) ExFreePoolWithTag(CONTAINING_RECORD(dropped, Item, link), kTag);
}

void OnProcess(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO create) {
  if (create == nullptr) {
    auto* event = NewEvent<ProcessExitedEvent>(ProcessExited);
    if (event == nullptr) return;
    event->ProcessId = HandleToULong(id);
    event->ExitCode = PsGetProcessExitStatus(process);
    return Add(event);
  }
  const USHORT length = create->CommandLine != nullptr ? min(create->CommandLine->Length, kMaximumText) : 0;
  auto* event = NewEvent<ProcessCreatedEvent>(ProcessCreated, length);
  if (event == nullptr) return;
  event->ProcessId = HandleToULong(id);
  event->ParentId = HandleToULong(create->ParentProcessId);
  event->CreatorProcessId = HandleToULong(create->CreatingThreadId.UniqueProcess);
  event->CreatorThreadId = HandleToULong(create->CreatingThreadId.UniqueThread);
  event->CommandLineLength = length;
  if (length != 0) memcpy(event + 1, create->CommandLine->Buffer, length);
  Add(event);
}

void OnThread(HANDLE process, HANDLE thread, BOOLEAN create) {
  auto* event = NewEvent<ThreadEvent>(create ? ThreadCreated : ThreadExited);
  if (event == nullptr) return;
  event->ProcessId = HandleToULong(process);
  event->ThreadId = HandleToULong(thread);
  Add(event);
}

void OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  const USHORT length = name != nullptr ? min(name->Length, kMaximumText) : 0;
  auto* event = NewEvent<ImageLoadedEvent>(ImageLoaded, length);
  if (event == nullptr) return;
  event->ProcessId = HandleToULong(process);
  event->Base = reinterpret_cast<ULONG64>(info->ImageBase);
  event->ImageSize = info->ImageSize;
  event->NameLength = length;
  if (length != 0) memcpy(event + 1, name->Buffer, length);
  Add(event);
}

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS OnCreateClose(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

// Moves whole events into the client's buffer.
NTSTATUS OnRead(PDEVICE_OBJECT, PIRP irp) {
  const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  if (length == 0) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  auto* to = static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute));
  if (to == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  ULONG used = 0;
  bool tooSmall = false;
  ExAcquireFastMutex(&g.lock);
  while (!IsListEmpty(&g.items)) {
    auto* item = CONTAINING_RECORD(g.items.Flink, Item, link);
    if (item->event.Size > length - used) {
      tooSmall = used == 0;
      break;
    }
    RemoveEntryList(&item->link);
    --g.count;
    item->event.Lost = g.lost;
    g.lost = 0;
    memcpy(to + used, &item->event, item->event.Size);
    used += item->event.Size;
    ExFreePoolWithTag(item, kTag);
  }
  ExReleaseFastMutex(&g.lock);
  return Complete(irp, tooSmall ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS, used);
}

// The value MaxItems of the service's key Parameters, or the default.
ULONG ReadLimit(PUNICODE_STRING registryPath) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, registryPath, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE service, parameters;
  if (!NT_SUCCESS(ZwOpenKey(&service, KEY_READ, &attributes))) return kDefaultLimit;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Parameters");
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, service, nullptr);
  const NTSTATUS opened = ZwOpenKey(&parameters, KEY_READ, &attributes);
  ZwClose(service);
  if (!NT_SUCCESS(opened)) return kDefaultLimit;
  UNICODE_STRING value = RTL_CONSTANT_STRING(L"MaxItems");
  alignas(8) UCHAR buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
  auto* data = reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION*>(buffer);
  ULONG size;
  const NTSTATUS read = ZwQueryValueKey(parameters, &value, KeyValuePartialInformation, buffer, sizeof buffer, &size);
  ZwClose(parameters);
  if (!NT_SUCCESS(read) || data->Type != REG_DWORD) return kDefaultLimit;
  const ULONG limit = *reinterpret_cast<ULONG*>(data->Data);
  return limit != 0 ? limit : kDefaultLimit;
}

// Undoes whatever has been done so far.
void Undo() {
  if (g.image) PsRemoveLoadImageNotifyRoutine(OnImage);
  if (g.thread) PsRemoveCreateThreadNotifyRoutine(OnThread);
  if (g.process) PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
  UNICODE_STRING link = RTL_CONSTANT_STRING(SYSMON_LINK_NAME);
  IoDeleteSymbolicLink(&link);
  if (g.device != nullptr) IoDeleteDevice(g.device);
  while (!IsListEmpty(&g.items)) ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&g.items), Item, link), kTag);
}

void Unload(PDRIVER_OBJECT) { Undo(); }

NTSTATUS Start(PDRIVER_OBJECT driver) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(SYSMON_DEVICE_NAME), link = RTL_CONSTANT_STRING(SYSMON_LINK_NAME);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, TRUE, &g.device);
  if (!NT_SUCCESS(status)) return status;
  g.device->Flags |= DO_DIRECT_IO;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) return status;
  status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
  if (!NT_SUCCESS(status)) return status;
  g.process = true;
  status = PsSetCreateThreadNotifyRoutine(OnThread);
  if (!NT_SUCCESS(status)) return status;
  g.thread = true;
  status = PsSetLoadImageNotifyRoutine(OnImage);
  g.image = NT_SUCCESS(status);
  return status;
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  InitializeListHead(&g.items);
  ExInitializeFastMutex(&g.lock);
  g.limit = ReadLimit(registryPath);
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
  driver->MajorFunction[IRP_MJ_READ] = OnRead;
  const NTSTATUS status = Start(driver);
  if (!NT_SUCCESS(status)) Undo();
  return status;
}
