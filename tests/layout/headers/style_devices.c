// The headers of device classes after ntddk.h, with the structures and codes that their drivers use.
#include <ntddk.h>

#include <acpiioct.h>
#include <hidport.h>
#include <ks.h>
#include <ntddscsi.h>
#include <usb.h>
#include <usbbusif.h>
#include <usbdlib.h>
#include <winioctl.h>

C_ASSERT(sizeof(HID_MINIDRIVER_REGISTRATION) == 0x20);
C_ASSERT(sizeof(HID_DEVICE_ATTRIBUTES) == 0x20);
C_ASSERT(sizeof(HID_DESCRIPTOR) == 9);
C_ASSERT(FIELD_OFFSET(SCSI_PASS_THROUGH_EX, DataOutBufferOffset) == 0x28);
C_ASSERT(FIELD_OFFSET(SCSI_PASS_THROUGH_DIRECT_EX, Cdb) == 0x38);

static const HID_DESCRIPTOR Descriptor = {
    sizeof(HID_DESCRIPTOR), HID_HID_DESCRIPTOR_TYPE, HID_REVISION, 0, 1, {{HID_REPORT_DESCRIPTOR_TYPE, 64}}};
static EX_PUSH_LOCK Lock;

DRIVER_INITIALIZE DriverEntry;
_Dispatch_type_(IRP_MJ_INTERNAL_DEVICE_CONTROL) static DRIVER_DISPATCH InternalDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#endif

_Use_decl_annotations_ static NTSTATUS InternalDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
  NTSTATUS Status = STATUS_NOT_SUPPORTED;
  UNREFERENCED_PARAMETER(DeviceObject);

  KeEnterCriticalRegion();
  ExAcquirePushLockShared(&Lock);
  switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_HID_GET_DEVICE_DESCRIPTOR:
      if (Stack->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(Descriptor)) {
        RtlCopyMemory(Irp->UserBuffer, &Descriptor, sizeof(Descriptor));
        Irp->IoStatus.Information = sizeof(Descriptor);
        Status = STATUS_SUCCESS;
      } else {
        Status = STATUS_BUFFER_TOO_SMALL;
      }
      break;
    case IOCTL_HID_READ_REPORT:
    case IOCTL_INTERNAL_USB_SUBMIT_URB:
    case IOCTL_SCSI_PASS_THROUGH_EX:
    case IOCTL_ACPI_EVAL_METHOD:
    case IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
    case FSCTL_LOCK_VOLUME:
    case IOCTL_KS_PROPERTY:
      break;
  }
  ExReleasePushLockShared(&Lock);
  KeLeaveCriticalRegion();

  Irp->IoStatus.Status = Status;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return Status;
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  ExInitializePushLock(&Lock);
  DriverObject->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InternalDeviceControl;
  return STATUS_SUCCESS;
}
