// Plug and play on a machine without a bus: no device is enumerated, so none is a physical device object, and nothing comes or goes.
// Drivers may ask to be told all the same.
#include "kernel/ex/ex.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr ULONG kTag = 'pPnP';
constexpr ULONG kHardwareProfileChange = 1, kTargetDeviceChange = 3;

struct Notification {
  PDRIVER_OBJECT driver;
  PVOID routine;
  PVOID context;
};

}  // namespace

extern "C" {

NTSTATUS IoRegisterPlugPlayNotification(ULONG EventCategory, ULONG /*EventCategoryFlags*/, PVOID EventCategoryData,
                                        PDRIVER_OBJECT DriverObject, PVOID CallbackRoutine, PVOID Context, PVOID* NotificationEntry) {
  *NotificationEntry = nullptr;
  if (EventCategory < kHardwareProfileChange || EventCategory > kTargetDeviceChange) return STATUS_INVALID_PARAMETER;
  if (EventCategory != kHardwareProfileChange && EventCategoryData == nullptr) return STATUS_INVALID_PARAMETER;
  if (EventCategory == kTargetDeviceChange) return STATUS_INVALID_DEVICE_REQUEST;  // no file leads to a physical device
  auto* const notification = static_cast<Notification*>(ex::AllocatePool(PagedPool, sizeof(Notification), kTag));
  if (notification == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *notification = {DriverObject, CallbackRoutine, Context};
  ObfReferenceObject(DriverObject);
  ex::Track("plug-and-play notification", notification);
  *NotificationEntry = notification;
  return STATUS_SUCCESS;
}

NTSTATUS IoUnregisterPlugPlayNotification(PVOID NotificationEntry) {
  auto* const notification = static_cast<Notification*>(NotificationEntry);
  ex::Untrack(notification);
  PDRIVER_OBJECT const driver = notification->driver;
  ex::FreePool(notification);
  ObfDereferenceObject(driver);
  return STATUS_SUCCESS;
}

NTSTATUS IoRegisterDeviceInterface(PDEVICE_OBJECT /*PhysicalDeviceObject*/, const GUID* /*InterfaceClassGuid*/,
                                   PUNICODE_STRING /*ReferenceString*/, PUNICODE_STRING /*SymbolicLinkName*/) {
  return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN /*Enable*/) {
  return SymbolicLinkName == nullptr || SymbolicLinkName->Length == 0 ? STATUS_INVALID_PARAMETER : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS IoGetDeviceInterfaces(const GUID* /*InterfaceClassGuid*/, PDEVICE_OBJECT /*PhysicalDeviceObject*/, ULONG /*Flags*/,
                               PWSTR* SymbolicLinkList) {
  *SymbolicLinkList = static_cast<PWSTR>(ex::AllocatePool(PagedPool, sizeof(WCHAR), kTag));
  if (*SymbolicLinkList == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  **SymbolicLinkList = 0;  // the end of a list of strings
  return STATUS_SUCCESS;
}

NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT /*DeviceObject*/, ULONG /*DeviceProperty*/, ULONG /*BufferLength*/, PVOID /*PropertyBuffer*/,
                             PULONG ResultLength) {
  *ResultLength = 0;
  return STATUS_INVALID_DEVICE_REQUEST;
}

VOID IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, ULONG /*Type*/) {
  constexpr ULONG_PTR kInvalidPdo = 2;
  ke::BugCheck(PNP_DETECTED_FATAL_ERROR, kInvalidPdo, reinterpret_cast<ULONG_PTR>(DeviceObject), 0, 0,
               "IoInvalidateDeviceRelations takes a physical device object that a bus driver has reported; this device is none.");
}

}  // extern "C"
