// Completes one request twice.
#include "mistake.h"

static NTSTATUS CompleteTwice(PDEVICE_OBJECT, PIRP Irp) {
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

void Mistake(PDRIVER_OBJECT driver) {
  PDEVICE_OBJECT device;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = CompleteTwice;
  if (!NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device))) return;
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IO_STATUS_BLOCK status;
  PIRP const irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), device, nullptr, 0,
                                                 nullptr, 0, FALSE, &event, &status);
  if (irp) IoCallDriver(device, irp);
}
