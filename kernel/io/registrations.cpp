// What drivers have registered with the I/O manager, and its end.
#include "kernel/io/registrations.h"

extern "C" VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject);

namespace nt::io {
namespace {

Registrations* registrations = nullptr;

}  // namespace

Registrations& Registered() { return *registrations; }

void CreateRegistrations() {
  registrations = new Registrations;
  InitializeSecondTimer();
  InitializeCompletionPorts();
}

void DestroyRegistrations() {
  delete registrations;
  registrations = nullptr;
}

void ForgetDevice(PDEVICE_OBJECT device) {
  ForgetTimer(device);
  if ((device->Flags & DO_SHUTDOWN_REGISTERED) != 0) IoUnregisterShutdownNotification(device);
}

}  // namespace nt::io
