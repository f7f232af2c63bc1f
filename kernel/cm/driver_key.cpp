// A driver's own keys.
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "nt/io.h"
#include "nt/status.h"

using namespace nt::cm;

namespace nt::cm {

NTSTATUS OpenForKernel(std::u16string path, ACCESS_MASK access, bool create, PHANDLE key) {
  const auto length = static_cast<USHORT>(path.size() * sizeof(WCHAR));
  UNICODE_STRING name{length, length, path.data()};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr};
  Walk walk;
  walk.create = create;
  return OpenKey(&attributes, KernelMode, access, &walk, key);
}

}  // namespace nt::cm

extern "C" {

/// Opens the key with a driver's parameters, or the one where it keeps its state, which is made if need be. The handle is the kernel's.
/// PASSIVE_LEVEL. STATUS_OBJECT_NAME_NOT_FOUND (no parameters), STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED (state that is shared).
/// (IoOpenDriverRegistryKey)
NTSTATUS IoOpenDriverRegistryKey(DRIVER_OBJECT* DriverObject, DRIVER_REGKEY_TYPE RegKeyType, ACCESS_MASK DesiredAccess, ULONG Flags,
                                 PHANDLE DriverRegKey) {
  if (DriverObject == nullptr || DriverObject->DriverExtension == nullptr || DriverRegKey == nullptr || Flags != 0)
    return STATUS_INVALID_PARAMETER;
  *DriverRegKey = nullptr;
  if (RegKeyType != DriverRegKeyParameters && RegKeyType != DriverRegKeyPersistentState) return STATUS_NOT_SUPPORTED;
  const UNICODE_STRING& service = DriverObject->DriverExtension->ServiceKeyName;
  std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
  path.append(service.Buffer, service.Length / sizeof(WCHAR));
  path += RegKeyType == DriverRegKeyParameters ? u"\\Parameters" : u"\\State";
  return OpenForKernel(path, DesiredAccess, RegKeyType == DriverRegKeyPersistentState, DriverRegKey);
}

}  // extern "C"
