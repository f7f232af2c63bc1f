// A driver's own keys.
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "nt/io.h"
#include "nt/status.h"

using namespace nt::cm;

extern "C" NTSTATUS IoOpenDriverRegistryKey(DRIVER_OBJECT* DriverObject, DRIVER_REGKEY_TYPE RegKeyType, ACCESS_MASK DesiredAccess,
                                            ULONG Flags, PHANDLE DriverRegKey) {
  if (DriverObject == nullptr || DriverObject->DriverExtension == nullptr || DriverRegKey == nullptr || Flags != 0)
    return STATUS_INVALID_PARAMETER;
  if (RegKeyType != DriverRegKeyParameters) return STATUS_NOT_SUPPORTED;
  const UNICODE_STRING& service = DriverObject->DriverExtension->ServiceKeyName;
  std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
  path.append(service.Buffer, service.Length / sizeof(WCHAR));
  path += u"\\Parameters";
  UNICODE_STRING name{static_cast<USHORT>(path.size() * sizeof(WCHAR)), static_cast<USHORT>(path.size() * sizeof(WCHAR)), path.data()};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr};
  Walk walk;
  return OpenKey(&attributes, KernelMode, DesiredAccess, &walk, DriverRegKey);
}
