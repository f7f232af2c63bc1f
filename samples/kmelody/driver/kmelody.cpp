// KMelody: plays notes in the background, by a thread of its own that uses the beep device.
#include "players.h"

namespace {

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS OnCreateClose(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

NTSTATUS Queue(PIRP irp, ULONG length) {
  const ULONG count = length / sizeof(Note);
  if (count == 0 || count > MELODY_MAXIMUM_NOTES || length % sizeof(Note) != 0) return STATUS_INVALID_BUFFER_SIZE;
  Player* player;
  const NTSTATUS status = PlayerFor(irp, &player);
  return NT_SUCCESS(status) ? AddNotes(player, static_cast<const Note*>(irp->AssociatedIrp.SystemBuffer), count) : status;
}

NTSTATUS Wait(PIRP irp) {
  Player* player;
  const NTSTATUS status = PlayerFor(irp, &player);
  return NT_SUCCESS(status) ? WaitUntilSilent(player) : status;
}

NTSTATUS OnDeviceControl(PDEVICE_OBJECT, PIRP irp) {
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  switch (control.IoControlCode) {
    case IOCTL_MELODY_PLAY:
      return Complete(irp, Queue(irp, control.InputBufferLength));
    case IOCTL_MELODY_WAIT:
      return Complete(irp, Wait(irp));
    default:
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

void Unload(PDRIVER_OBJECT driver) {
  StopPlayers();
  UNICODE_STRING link = RTL_CONSTANT_STRING(KMELODY_LINK_NAME);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(KMELODY_DEVICE_NAME), link = RTL_CONSTANT_STRING(KMELODY_LINK_NAME);
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (NT_SUCCESS(status)) {
    status = StartPlayers();
    if (!NT_SUCCESS(status)) IoDeleteSymbolicLink(&link);
  }
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnDeviceControl;
  return STATUS_SUCCESS;
}
