// Leaves an IRP behind that it did not free, and one that it never completed.
#include "mistake.h"

static NTSTATUS Pend(PDEVICE_OBJECT, PIRP irp) {
  IoMarkIrpPending(irp);
  return STATUS_PENDING;
}

void Mistake(PDRIVER_OBJECT driver) {
  (void)IoAllocateIrp(3, FALSE);
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Pend;
  PDEVICE_OBJECT device;
  if (!NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device))) return;
  static KEVENT event;
  static IO_STATUS_BLOCK status;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP const irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), device, nullptr, 0,
                                                 nullptr, 0, FALSE, &event, &status);
  if (irp) IoCallDriver(device, irp);
}
