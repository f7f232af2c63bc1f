// Opening its device enters a critical region, which it never leaves.
#include <ntddk.h>

static NTSTATUS Open(PDEVICE_OBJECT, PIRP irp) {
  KeEnterCriticalRegion();
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\StaysInRegion"), link = RTL_CONSTANT_STRING(L"\\??\\StaysInRegion");
  PDEVICE_OBJECT device;
  driver->MajorFunction[IRP_MJ_CREATE] = Open;
  const NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  return NT_SUCCESS(status) ? IoCreateSymbolicLink(&link, &name) : status;
}
