#include "kernel/io/irp_text.h"

#include <cstdio>

#include "kernel/ke/machine.h"
#include "kernel/ldr/image.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr const char* kMajors[] = {"CREATE",
                                   "CREATE_NAMED_PIPE",
                                   "CLOSE",
                                   "READ",
                                   "WRITE",
                                   "QUERY_INFORMATION",
                                   "SET_INFORMATION",
                                   "QUERY_EA",
                                   "SET_EA",
                                   "FLUSH_BUFFERS",
                                   "QUERY_VOLUME_INFORMATION",
                                   "SET_VOLUME_INFORMATION",
                                   "DIRECTORY_CONTROL",
                                   "FILE_SYSTEM_CONTROL",
                                   "DEVICE_CONTROL",
                                   "INTERNAL_DEVICE_CONTROL",
                                   "SHUTDOWN",
                                   "LOCK_CONTROL",
                                   "CLEANUP",
                                   "CREATE_MAILSLOT",
                                   "QUERY_SECURITY",
                                   "SET_SECURITY",
                                   "POWER",
                                   "SYSTEM_CONTROL",
                                   "DEVICE_CHANGE",
                                   "QUERY_QUOTA",
                                   "SET_QUOTA",
                                   "PNP"};
static_assert(std::size(kMajors) == IRP_MJ_MAXIMUM_FUNCTION + 1);

constexpr const char* kPnpMinors[] = {
    "START_DEVICE",      "QUERY_REMOVE_DEVICE",         "REMOVE_DEVICE",      "CANCEL_REMOVE_DEVICE",
    "STOP_DEVICE",       "QUERY_STOP_DEVICE",           "CANCEL_STOP_DEVICE", "QUERY_DEVICE_RELATIONS",
    "QUERY_INTERFACE",   "QUERY_CAPABILITIES",          "QUERY_RESOURCES",    "QUERY_RESOURCE_REQUIREMENTS",
    "QUERY_DEVICE_TEXT", "FILTER_RESOURCE_REQUIREMENTS"};
constexpr const char* kPowerMinors[] = {"WAIT_WAKE", "POWER_SEQUENCE", "SET_POWER", "QUERY_POWER"};
constexpr const char* kDirectoryMinors[] = {"", "QUERY_DIRECTORY", "NOTIFY_CHANGE_DIRECTORY"};
constexpr const char* kLockMinors[] = {"", "LOCK", "UNLOCK_SINGLE", "UNLOCK_ALL", "UNLOCK_ALL_BY_KEY"};
constexpr const char* kFileSystemMinors[] = {"USER_FS_REQUEST", "MOUNT_VOLUME", "VERIFY_VOLUME", "LOAD_FILE_SYSTEM"};

std::span<const char* const> MinorsOf(UCHAR major) {
  switch (major) {
    case IRP_MJ_PNP:
      return kPnpMinors;
    case IRP_MJ_POWER:
      return kPowerMinors;
    case IRP_MJ_DIRECTORY_CONTROL:
      return kDirectoryMinors;
    case IRP_MJ_LOCK_CONTROL:
      return kLockMinors;
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      return kFileSystemMinors;
    default:
      return {};
  }
}

std::string Hex(ULONGLONG number) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

std::string DriverName(const DRIVER_OBJECT* driver) {
  const ldr::Image* const image = ldr::ImageOf(reinterpret_cast<ULONG_PTR>(driver->DriverStart));
  if (image != nullptr) return image->name;
  return rtl::Utf8({driver->DriverName.Buffer, driver->DriverName.Length / sizeof(WCHAR)});
}

}  // namespace

std::string MajorName(UCHAR major) { return major < std::size(kMajors) ? std::string("IRP_MJ_") + kMajors[major] : "IRP_MJ_" + Hex(major); }

std::string DescribeFunction(const IO_STACK_LOCATION& location) {
  std::string text = MajorName(location.MajorFunction);
  if (location.MajorFunction == IRP_MJ_DEVICE_CONTROL || location.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL) {
    return text + " " + Hex(location.Parameters.DeviceIoControl.IoControlCode);
  }
  const auto minors = MinorsOf(location.MajorFunction);
  if (minors.empty()) return text;
  if (location.MinorFunction < minors.size()) return text + " IRP_MN_" + minors[location.MinorFunction];
  return text + " minor " + Hex(location.MinorFunction);
}

PDRIVER_DISPATCH RoutineFor(const IO_STACK_LOCATION& location) {
  if (!ob::IsLive(location.DeviceObject)) return nullptr;
  return location.DeviceObject->DriverObject->MajorFunction[location.MajorFunction];
}

std::string DescribeDevice(PDEVICE_OBJECT device) {
  if (!ob::IsLive(device)) return "a deleted device";  // an IRP does not keep its device
  const std::u16string name = ob::NameOf(device);
  return (name.empty() ? std::string("a device without a name") : rtl::Utf8(name)) + " of " + DriverName(device->DriverObject);
}

std::string DescribeStatus(NTSTATUS status) {
  const char* const name = StatusName(status);
  return name != nullptr ? name : Hex(static_cast<ULONG>(status));
}

std::string DescribeRoutine(const void* routine) {
  // A return address belongs to the instruction before it; a routine's own first one is asked for.
  return ke::DescribeCode(reinterpret_cast<ULONG_PTR>(routine) + 1);
}

}  // namespace nt::io
