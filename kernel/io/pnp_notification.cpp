// Who asked to be told of devices that come and go.
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/pnp.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kTag = 'pPnP';
constexpr ULONG kHardwareProfileChange = 1, kInterfaceChange = 2, kTargetDeviceChange = 3;
constexpr ULONG kIncludeExisting = 1;

/// An interface's change on its way to a worker thread.
struct Change {
  WORK_QUEUE_ITEM item;
  DEVICE_INTERFACE_CHANGE_NOTIFICATION notification;
  UNICODE_STRING name;
};

Change* NewChange(const GUID& event, const GUID& class_guid, std::u16string_view name) {
  const SIZE_T bytes = name.size() * sizeof(WCHAR);
  auto* const change = static_cast<Change*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Change) + bytes + sizeof(WCHAR), kTag));
  if (change == nullptr) return nullptr;
  *change = {};
  auto* const text = reinterpret_cast<PWSTR>(change + 1);
  std::memcpy(text, name.data(), bytes);
  text[name.size()] = 0;
  change->name = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + sizeof(WCHAR)), text};
  change->notification = {1, sizeof change->notification, event, class_guid, &change->name};
  return change;
}

NTSTATUS Tell(const PnpNotification* whom, PVOID what) { return ke::Callout<NTSTATUS>(whom->routine, what, whom->context); }

bool Wants(const PnpNotification* entry, const GUID& class_guid) {
  return entry->category == kInterfaceChange && std::memcmp(&entry->class_guid, &class_guid, sizeof class_guid) == 0;
}

/// The entry behind another one, which may have gone meanwhile.
PnpNotification* After(const LIST_ENTRY* at) {
  LIST_ENTRY& head = ThePnp().notifications;
  return at->Flink != &head ? CONTAINING_RECORD(at->Flink, PnpNotification, link) : nullptr;
}

/// The interfaces of its class that are there already, for a new registration.
void TellExisting(const PnpNotification* entry) {
  for (std::size_t i = 0; i < ThePnp().interfaces.size(); ++i) {
    const DeviceInterface& interface = ThePnp().interfaces[i];
    if (!interface.enabled || !Wants(entry, interface.class_guid)) continue;
    Change* const change = NewChange(GUID_DEVICE_INTERFACE_ARRIVAL, interface.class_guid, interface.name);
    if (change == nullptr) return;
    Tell(entry, &change->notification);
    ex::FreePool(change);
  }
}

/// The physical device that a file leads to; null if there is none.
DeviceNode* NodeOfFile(PFILE_OBJECT file) {
  PDEVICE_OBJECT device = file->DeviceObject;
  while (device->DeviceObjectExtension->AttachedTo != nullptr) device = device->DeviceObjectExtension->AttachedTo;
  return NodeOf(device);
}

}  // namespace

void NotifyInterfaceChange(const GUID& event, const DeviceInterface& interface) {
  if (After(&ThePnp().notifications) == nullptr) return;
  Change* const change = NewChange(event, interface.class_guid, interface.name);
  if (change == nullptr) return;
  change->item.WorkerRoutine = reinterpret_cast<PWORKER_THREAD_ROUTINE>(api::StubOf("IopInterfaceChanged"));
  change->item.Parameter = change;
  ExQueueWorkItem(&change->item, DelayedWorkQueue);
}

NTSTATUS NotifyTargetDevice(const GUID& event, const DeviceNode* node) {
  NTSTATUS status = STATUS_SUCCESS;
  for (PnpNotification* entry = After(&ThePnp().notifications); entry != nullptr && NT_SUCCESS(status);) {
    PnpNotification* const next = After(&entry->link);
    if (entry->category == kTargetDeviceChange && NodeOfFile(entry->file) == node) {
      TARGET_DEVICE_REMOVAL_NOTIFICATION notification{1, sizeof notification, event, entry->file};
      status = Tell(entry, &notification);
    }
    entry = next;
  }
  return status;
}

}  // namespace nt::io

using namespace nt::io;
namespace ex = nt::ex;

extern "C" {

/// The work routine that tells of an interface.
VOID IopInterfaceChanged(PVOID Context) {
  auto* const change = static_cast<Change*>(Context);
  for (PnpNotification* entry = After(&ThePnp().notifications); entry != nullptr;) {
    PnpNotification* const next = After(&entry->link);
    if (Wants(entry, change->notification.InterfaceClassGuid)) Tell(entry, &change->notification);
    entry = next;
  }
  ex::FreePool(change);
}

NTSTATUS IoRegisterPlugPlayNotification(ULONG EventCategory, ULONG EventCategoryFlags, PVOID EventCategoryData, PDRIVER_OBJECT DriverObject,
                                        PVOID CallbackRoutine, PVOID Context, PVOID* NotificationEntry) {
  *NotificationEntry = nullptr;
  if (EventCategory < kHardwareProfileChange || EventCategory > kTargetDeviceChange) return STATUS_INVALID_PARAMETER;
  if (EventCategory != kHardwareProfileChange && EventCategoryData == nullptr) return STATUS_INVALID_PARAMETER;
  auto* const file = EventCategory == kTargetDeviceChange ? static_cast<PFILE_OBJECT>(EventCategoryData) : nullptr;
  if (file != nullptr && NodeOfFile(file) == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  auto* const entry = static_cast<PnpNotification*>(ex::AllocatePool(PagedPool, sizeof(PnpNotification), kTag));
  if (entry == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const GUID class_guid = EventCategory == kInterfaceChange ? *static_cast<const GUID*>(EventCategoryData) : GUID{};
  LIST_ENTRY& head = ThePnp().notifications;
  *entry = {{&head, head.Blink}, EventCategory, class_guid, file, DriverObject, CallbackRoutine, Context};
  head.Blink->Flink = &entry->link;
  head.Blink = &entry->link;
  if (file != nullptr) ObfReferenceObject(file);
  ObfReferenceObject(DriverObject);
  ex::Track("plug-and-play notification", entry);
  *NotificationEntry = entry;
  if ((EventCategoryFlags & kIncludeExisting) != 0) TellExisting(entry);
  return STATUS_SUCCESS;
}

NTSTATUS IoUnregisterPlugPlayNotification(PVOID NotificationEntry) {
  auto* const entry = static_cast<PnpNotification*>(NotificationEntry);
  ex::Untrack(entry);
  entry->link.Blink->Flink = entry->link.Flink;
  entry->link.Flink->Blink = entry->link.Blink;
  PDRIVER_OBJECT const driver = entry->driver;
  if (entry->file != nullptr) ObfDereferenceObject(entry->file);
  ex::FreePool(entry);
  ObfDereferenceObject(driver);
  return STATUS_SUCCESS;
}

}  // extern "C"
