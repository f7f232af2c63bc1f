// What a driver keeps with its driver object: extensions by an address of its choice, and routines to call after its start.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ex = nt::ex;
namespace ke = nt::ke;

namespace {

constexpr ULONG kExtensionTag = 'virD';

void RegisterReinitialization(PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE routine, PVOID context) {
  Registered().reinitializations.push_back({driver, routine, context});
}

}  // namespace

namespace nt::io {

void RunReinitialization(PDRIVER_OBJECT driver) {
  auto& list = Registered().reinitializations;
  for (;;) {
    SIZE_T next = 0;
    while (next < list.size() && list[next].driver != driver) ++next;
    if (next == list.size()) return;
    const Reinitialization entry = list[next];
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(next));
    const ULONG count = ++driver->DriverExtension->Count;
    ke::Callout<void>(entry.routine, driver, entry.context, count);
  }
}

void ForgetDriver(PDRIVER_OBJECT driver) {
  std::erase_if(Registered().reinitializations, [&](const Reinitialization& entry) { return entry.driver == driver; });
  std::erase_if(Registered().extensions, [&](const DriverObjectExtension& extension) {
    if (extension.driver != driver) return false;
    ex::FreePool(extension.memory);
    return true;
  });
}

}  // namespace nt::io

extern "C" {

PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress) {
  for (const DriverObjectExtension& extension : Registered().extensions) {
    if (extension.driver == DriverObject && extension.id == ClientIdentificationAddress) return extension.memory;
  }
  return nullptr;
}

NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress, ULONG DriverObjectExtensionSize,
                                         PVOID* DriverObjectExtension) {
  *DriverObjectExtension = nullptr;
  if (IoGetDriverObjectExtension(DriverObject, ClientIdentificationAddress) != nullptr) return STATUS_OBJECT_NAME_COLLISION;
  PVOID const memory = ex::AllocatePool(NonPagedPoolNx, DriverObjectExtensionSize, kExtensionTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(memory, 0, DriverObjectExtensionSize);
  Registered().extensions.push_back({DriverObject, ClientIdentificationAddress, memory});
  *DriverObjectExtension = memory;
  return STATUS_SUCCESS;
}

VOID IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
  RegisterReinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

VOID IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context) {
  // Drivers are loaded one by one, after boot: the end of the boot drivers' start is the end of this driver's.
  RegisterReinitialization(DriverObject, DriverReinitializationRoutine, Context);
}

}  // extern "C"
