// Telling devices that the system shuts down.
#include <algorithm>

#include "kernel/io/file_systems.h"
#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                             PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock);

using namespace nt::io;

namespace {

NTSTATUS Register(std::vector<PDEVICE_OBJECT>& list, PDEVICE_OBJECT device) {
  ObfReferenceObject(device);
  list.push_back(device);
  device->Flags |= DO_SHUTDOWN_REGISTERED;
  return STATUS_SUCCESS;
}

void Unregister(std::vector<PDEVICE_OBJECT>& list, PDEVICE_OBJECT device) {
  for (auto entry = std::ranges::find(list, device); entry != list.end(); entry = std::ranges::find(list, device)) {
    list.erase(entry);
    ObfDereferenceObject(device);
  }
}

void TellAll(std::vector<PDEVICE_OBJECT>& list) {
  while (!list.empty()) {
    PDEVICE_OBJECT const device = list.back();
    list.pop_back();
    TellOfShutdown(device);
    ObfDereferenceObject(device);
  }
}

}  // namespace

namespace nt::io {

void TellOfShutdown(PDEVICE_OBJECT device) {
  KEVENT done;
  IO_STATUS_BLOCK result{};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PDEVICE_OBJECT const top = IoGetAttachedDevice(device);
  PIRP const irp = IoBuildSynchronousFsdRequest(IRP_MJ_SHUTDOWN, top, nullptr, 0, nullptr, &done, &result);
  if (irp != nullptr && IofCallDriver(top, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
}

void NotifyShutdown() {
  TellAll(Registered().shutdown);
  TellFileSystemsOfShutdown();
  TellAll(Registered().last_chance_shutdown);
}

}  // namespace nt::io

extern "C" {

NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject) { return Register(Registered().shutdown, DeviceObject); }

NTSTATUS IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject) {
  return Register(Registered().last_chance_shutdown, DeviceObject);
}

VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject) {
  DeviceObject->Flags &= ~DO_SHUTDOWN_REGISTERED;
  Unregister(Registered().shutdown, DeviceObject);
  Unregister(Registered().last_chance_shutdown, DeviceObject);
}

}  // extern "C"
