// Opening its device locks memory of the process that opens it, which it never unlocks.
#include <ntifs.h>

static NTSTATUS Open(PDEVICE_OBJECT, PIRP irp) {
  PVOID base = nullptr;
  SIZE_T size = 2 * PAGE_SIZE;
  ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
  PMDL const mdl = IoAllocateMdl(base, 2 * PAGE_SIZE, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

static NTSTATUS Close(PDEVICE_OBJECT, PIRP irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KeepsPages"), link = RTL_CONSTANT_STRING(L"\\??\\KeepsPages");
  PDEVICE_OBJECT device;
  driver->MajorFunction[IRP_MJ_CREATE] = Open;
  driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_CLEANUP] = Close;
  const NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  return NT_SUCCESS(status) ? IoCreateSymbolicLink(&link, &name) : status;
}
