// A device that programs find by its interface: a plug-and-play driver as one writes it for a device below ROOT.
#include <ntddk.h>

#include <initguid.h>

#include "lamp.h"

namespace {

struct Extension {
  PDEVICE_OBJECT pdo, next;
  UNICODE_STRING link, spare;
  ULONG brightness;
};

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) NTSTATUS CreateClose(PDEVICE_OBJECT, PIRP irp) {
  return Complete(irp, STATUS_SUCCESS);
}

NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp) {
  auto* const extension = static_cast<Extension*>(device->DeviceExtension);
  const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  if (parameters.IoControlCode != IOCTL_LAMP_BRIGHTNESS) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (parameters.OutputBufferLength < sizeof(ULONG)) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  *static_cast<PULONG>(irp->AssociatedIrp.SystemBuffer) = extension->brightness;
  return Complete(irp, STATUS_SUCCESS, sizeof(ULONG));
}

void ReadBrightness(Extension* extension) {
  HANDLE key;
  extension->brightness = 40;
  if (!NT_SUCCESS(IoOpenDeviceInterfaceRegistryKey(&extension->link, KEY_ALL_ACCESS, &key))) return;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Brightness");
  ULONG value = 42;
  ZwSetValueKey(key, &name, 0, REG_DWORD, &value, sizeof value);
  extension->brightness = value;
  ZwClose(key);
}

NTSTATUS Pnp(PDEVICE_OBJECT device, PIRP irp) {
  auto* const extension = static_cast<Extension*>(device->DeviceExtension);
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      if (!IoForwardIrpSynchronously(extension->next, irp)) return Complete(irp, STATUS_UNSUCCESSFUL);
      ReadBrightness(extension);
      return Complete(irp, IoSetDeviceInterfaceState(&extension->link, TRUE));
    case IRP_MN_REMOVE_DEVICE: {
      IoSetDeviceInterfaceState(&extension->link, FALSE);
      RtlFreeUnicodeString(&extension->link);
      RtlFreeUnicodeString(&extension->spare);
      irp->IoStatus.Status = STATUS_SUCCESS;
      IoSkipCurrentIrpStackLocation(irp);
      const NTSTATUS status = IoCallDriver(extension->next, irp);
      IoDetachDevice(extension->next);
      IoDeleteDevice(device);
      return status;
    }
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      irp->IoStatus.Status = STATUS_SUCCESS;
      break;
  }
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(extension->next, irp);
}

NTSTATUS Forward(PDEVICE_OBJECT device, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(static_cast<Extension*>(device->DeviceExtension)->next, irp);
}

NTSTATUS Power(PDEVICE_OBJECT device, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(static_cast<Extension*>(device->DeviceExtension)->next, irp);
}

NTSTATUS AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  auto* const extension = static_cast<Extension*>(device->DeviceExtension);
  UNICODE_STRING spare = RTL_CONSTANT_STRING(L"Spare");
  extension->pdo = pdo;
  status = IoRegisterDeviceInterface(pdo, &GUID_DEVINTERFACE_LAMP, nullptr, &extension->link);
  if (NT_SUCCESS(status)) status = IoRegisterDeviceInterface(pdo, &GUID_DEVINTERFACE_LAMP, &spare, &extension->spare);
  if (NT_SUCCESS(status)) extension->next = IoAttachDeviceToDeviceStack(device, pdo);
  if (extension->next == nullptr) {
    IoDeleteDevice(device);
    return STATUS_UNSUCCESSFUL;
  }
  device->Flags |= DO_POWER_PAGABLE;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  return STATUS_SUCCESS;
}

void Unload(PDRIVER_OBJECT) {}

}  // namespace

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  DriverObject->DriverUnload = Unload;
  DriverObject->DriverExtension->AddDevice = AddDevice;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  DriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = Power;
  DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = Forward;
  return STATUS_SUCCESS;
}
