// What drivers have registered with the I/O manager, and its end.
#include "kernel/io/registrations.h"

#include "kernel/ex/ex.h"

extern "C" VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject);

namespace nt::io {
namespace {

Registrations* registrations = nullptr;

/// Nothing of a classic kind is there.
ConfigurationInformation* NewConfiguration() {
  constexpr ULONG kTag = 'gCoI', kVersion = 3;
  auto* const configuration =
      static_cast<ConfigurationInformation*>(ex::AllocatePool(NonPagedPoolNx, sizeof(ConfigurationInformation), kTag));
  *configuration = {};
  configuration->Version = kVersion;
  return configuration;
}

}  // namespace

Registrations& Registered() { return *registrations; }

void CreateRegistrations() {
  registrations = new Registrations;
  registrations->configuration = NewConfiguration();
  InitializeSecondTimer();
  InitializeCompletionPorts();
}

void DestroyRegistrations() {
  ex::FreePool(registrations->configuration);
  delete registrations;
  registrations = nullptr;
}

void ForgetDevice(PDEVICE_OBJECT device) {
  ForgetTimer(device);
  if ((device->Flags & DO_SHUTDOWN_REGISTERED) != 0) IoUnregisterShutdownNotification(device);
}

}  // namespace nt::io
