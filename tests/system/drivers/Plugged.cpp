// A plug-and-play driver: tells of its device's life, and offers an interface.
#include <ntddk.h>

namespace {

const GUID kClass = {0x7a1f5e60, 0x1c2d, 0x4b3e, {0x9a, 0x8b, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60}};

struct Extension {
  PDEVICE_OBJECT pdo, lower;
  UNICODE_STRING link;
};

Extension* Of(PDEVICE_OBJECT device) { return static_cast<Extension*>(device->DeviceExtension); }

NTSTATUS Synchronized(PDEVICE_OBJECT, PIRP irp, PVOID event) {
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(event), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS SendDownAndWait(PDEVICE_OBJECT lower, PIRP irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, Synchronized, &done, TRUE, TRUE, TRUE);
  if (IoCallDriver(lower, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return irp->IoStatus.Status;
}

NTSTATUS SendDown(PDEVICE_OBJECT device, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(Of(device)->lower, irp);
}

NTSTATUS Complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS Start(PDEVICE_OBJECT device, PIRP irp) {
  NTSTATUS status = SendDownAndWait(Of(device)->lower, irp);
  if (NT_SUCCESS(status)) status = IoSetDeviceInterfaceState(&Of(device)->link, TRUE);
  DbgPrint("Plugged: start, %x\n", status);
  return Complete(irp, status);
}

NTSTATUS Remove(PDEVICE_OBJECT device, PIRP irp) {
  Extension* const extension = Of(device);
  DbgPrint("Plugged: remove\n");
  IoSetDeviceInterfaceState(&extension->link, FALSE);
  RtlFreeUnicodeString(&extension->link);
  irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = SendDown(device, irp);
  IoDetachDevice(extension->lower);
  IoDeleteDevice(device);
  return status;
}

NTSTATUS Pnp(PDEVICE_OBJECT device, PIRP irp) {
  const UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
  if (minor == IRP_MN_START_DEVICE) return Start(device, irp);
  if (minor == IRP_MN_REMOVE_DEVICE) return Remove(device, irp);
  DbgPrint("Plugged: request %u\n", minor);
  if (minor == IRP_MN_QUERY_REMOVE_DEVICE) irp->IoStatus.Status = STATUS_SUCCESS;
  return SendDown(device, irp);
}

NTSTATUS Open(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

NTSTATUS AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
  WCHAR text[64];
  ULONG length = 0;
  const NTSTATUS named = IoGetDeviceProperty(pdo, DevicePropertyHardwareID, sizeof text, text, &length);
  DbgPrint("Plugged: add %ws (%x, %u bytes)\n", text, named, length);
  PDEVICE_OBJECT device = nullptr;
  const NTSTATUS status = IoCreateDevice(driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  Extension* const extension = Of(device);
  extension->pdo = pdo;
  extension->lower = IoAttachDeviceToDeviceStack(device, pdo);
  IoRegisterDeviceInterface(pdo, &kClass, nullptr, &extension->link);
  DbgPrint("Plugged: %wZ\n", &extension->link);
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

void Unload(PDRIVER_OBJECT driver) { DbgPrint("Plugged: unload, %s\n", driver->DeviceObject ? "with a device" : "without devices"); }

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = Unload;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->MajorFunction[IRP_MJ_PNP] = Pnp;
  driver->MajorFunction[IRP_MJ_POWER] = SendDown;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SendDown;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = Open;
  return STATUS_SUCCESS;
}
