#include "kernel/io/device_security.h"

#include <cstring>

#include "kernel/cm/cm.h"
#include "kernel/ex/ex.h"
#include "kernel/io/pnp.h"
#include "kernel/ke/ke.h"
#include "kernel/rtl/rtl.h"
#include "kernel/se/sddl.h"
#include "kernel/se/se.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr GENERIC_MAPPING kFileMapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};
constexpr ACCESS_MASK FILE_TRAVERSE = 0x20;

/// A name below a device is the driver's own business unless it said otherwise; then only the way through the device counts.
bool IsBelow(PDEVICE_OBJECT device, const ob::ParseRequest& request) {
  return request.remaining.Length != 0 && (device->Characteristics & FILE_DEVICE_SECURE_OPEN) == 0;
}

NTSTATUS Check(PDEVICE_OBJECT device, PSECURITY_SUBJECT_CONTEXT subject, ACCESS_MASK wanted, PACCESS_MASK granted) {
  NTSTATUS status = STATUS_ACCESS_DENIED;
  GENERIC_MAPPING mapping = kFileMapping;
  PPRIVILEGE_SET privileges = nullptr;
  SeAccessCheck(device->SecurityDescriptor, subject, FALSE, wanted, 0, &privileges, &mapping, UserMode, granted, &status);
  if (privileges != nullptr) SeFreePrivileges(privileges);
  return status;
}

/// What a device is made with.
struct ClassSettings {
  DEVICE_TYPE type;
  ULONG characteristics;
  BOOLEAN exclusive;
  PSECURITY_DESCRIPTOR security;  ///< in pool, or null
};

/// What an administrator has set for a class of devices stands above what the driver says.
void TakeClassSettings(const GUID& guid, ClassSettings* settings) {
  const std::u16string key = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\" + GuidText(guid) + u"\\Properties";
  settings->type = cm::ReadDword(key, u"DeviceType").value_or(settings->type);
  settings->characteristics = cm::ReadDword(key, u"DeviceCharacteristics").value_or(settings->characteristics);
  settings->exclusive = cm::ReadDword(key, u"Exclusive").value_or(settings->exclusive) != 0;
  const auto security = cm::ReadBinary(key, u"Security");
  if (!security) return;
  std::vector<UCHAR> bytes = *security;
  if (!RtlValidRelativeSecurityDescriptor(bytes.data(), static_cast<ULONG>(bytes.size()), DACL_SECURITY_INFORMATION)) return;
  settings->security = ex::AllocatePool(PagedPool, bytes.size(), 'sSoI');
  if (settings->security != nullptr) std::memcpy(settings->security, bytes.data(), bytes.size());
}

}  // namespace

bool SetDefaultSecurity(PDEVICE_OBJECT device) {
  return NT_SUCCESS(
      se::DescriptorFromText(u"O:BAG:SYD:(A;;0x1201bf;;;WD)(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;RC)", &device->SecurityDescriptor));
}

NTSTATUS CheckDeviceAccess(PDEVICE_OBJECT device, const ob::ParseRequest& request, PSECURITY_SUBJECT_CONTEXT subject,
                           PACCESS_MASK granted) {
  ACCESS_MASK mapped = request.access;
  RtlMapGenericMask(&mapped, &kFileMapping);
  if ((mapped & MAXIMUM_ALLOWED) != 0) mapped = (mapped & ~MAXIMUM_ALLOWED) | kFileMapping.GenericAll;
  *granted = mapped;
  if (request.mode == KernelMode && (request.attributes & OBJ_FORCE_ACCESS_CHECK) == 0) return STATUS_SUCCESS;
  if (!IsBelow(device, request)) return Check(device, subject, request.access, granted);
  PRIVILEGE_SET traverse{1, PRIVILEGE_SET_ALL_NECESSARY, {{{SE_CHANGE_NOTIFY_PRIVILEGE, 0}, 0}}};
  ACCESS_MASK ignored = 0;
  return SePrivilegeCheck(&traverse, subject, UserMode) != FALSE ? STATUS_SUCCESS : Check(device, subject, FILE_TRAVERSE, &ignored);
}

}  // namespace nt::io

using namespace nt::io;

extern "C" {

/// As the library wdmsec.lib does it: a device with the security that the text says, or the registry for its class.
NTSTATUS IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                              ULONG DeviceCharacteristics, BOOLEAN Exclusive, const UNICODE_STRING* DefaultSDDLString,
                              const GUID* DeviceClassGuid, PDEVICE_OBJECT* DeviceObject) {
  *DeviceObject = nullptr;
  ClassSettings settings{DeviceType, DeviceCharacteristics, Exclusive, nullptr};
  if (DeviceClassGuid != nullptr) TakeClassSettings(*DeviceClassGuid, &settings);
  const std::u16string_view text(DefaultSDDLString->Buffer, DefaultSDDLString->Length / sizeof(WCHAR));
  NTSTATUS status = settings.security != nullptr ? STATUS_SUCCESS : nt::se::DescriptorFromText(text, &settings.security);
  if (!NT_SUCCESS(status)) return status;
  PDEVICE_OBJECT device = nullptr;
  status =
      IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, settings.type, settings.characteristics, settings.exclusive, &device);
  if (NT_SUCCESS(status)) {
    status = ObSetSecurityObjectByPointer(device, DACL_SECURITY_INFORMATION, settings.security);
    if (!NT_SUCCESS(status)) IoDeleteDevice(device);
  }
  nt::ex::FreePool(settings.security);
  if (NT_SUCCESS(status)) *DeviceObject = device;
  return status;
}

/// RequiredAccess is a sum of FILE_READ_ACCESS and FILE_WRITE_ACCESS, which a handle's user must have; the kernel may everything.
NTSTATUS IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess) {
  constexpr ULONG kRead = 1, kWrite = 2;
  if ((RequiredAccess & ~(kRead | kWrite)) != 0) return STATUS_INVALID_PARAMETER;
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  if (Irp->RequestorMode == KernelMode || RequiredAccess == 0) return STATUS_SUCCESS;
  const FILE_OBJECT* const file = location->FileObject;
  if (file == nullptr) return STATUS_INVALID_PARAMETER;
  const bool may = ((RequiredAccess & kRead) == 0 || file->ReadAccess != 0) && ((RequiredAccess & kWrite) == 0 || file->WriteAccess != 0);
  return may ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

}  // extern "C"
