// Providers of WMI data. Nobody asks for the data here: registrations are kept, and events end unheard.
#include <algorithm>

#include "kernel/ex/ex.h"
#include "kernel/io/registrations.h"
#include "nt/status.h"

using namespace nt::io;
namespace ex = nt::ex;

extern "C" {

NTSTATUS IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action) {
  constexpr ULONG kRegister = 1, kDeregister = 2, kReregister = 3, kUpdateGuids = 4, kBlockIrps = 5;
  std::vector<PDEVICE_OBJECT>& providers = Registered().wmi_providers;
  const auto found = std::ranges::find(providers, DeviceObject);
  switch (Action & 0xffff) {
    case kRegister:
      if (found != providers.end()) return STATUS_OBJECT_NAME_EXISTS;
      ObfReferenceObject(DeviceObject);
      providers.push_back(DeviceObject);
      return STATUS_SUCCESS;
    case kDeregister:
      if (found == providers.end()) return STATUS_INVALID_PARAMETER;
      providers.erase(found);
      ObfDereferenceObject(DeviceObject);
      return STATUS_SUCCESS;
    case kReregister:
    case kUpdateGuids:
    case kBlockIrps:
      return found != providers.end() ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
      return STATUS_INVALID_PARAMETER;
  }
}

/// The event's memory becomes the system's.
NTSTATUS IoWMIWriteEvent(PVOID WnodeEventItem) {
  ex::FreePool(WnodeEventItem);
  return STATUS_SUCCESS;
}

}  // extern "C"
