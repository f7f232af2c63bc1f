// DefineDosDevice: names of devices and folders for the programs of a logon session.
#include "kernel/ob/dos_device.h"

#include "subsystem/kernel32/base.h"

using namespace nt::win32;

namespace {

constexpr DWORD kRawTarget = 1, kRemove = 2, kExactMatch = 4, kNoBroadcast = 8, kLuidBroadcast = 16;

/// A target as the kernel knows it: a path of Windows becomes NT's.
bool TakeTarget(LPCWSTR path, bool raw, PathBuffer& target) {
  if (raw) {
    target.Append(path);
    return !target.overflow;
  }
  return NT_SUCCESS(NtPathOf(path, target));
}

}  // namespace

extern "C" {

/// Defines a DOS device name, or removes a definition.
BOOL DefineDosDeviceW(DWORD Flags, LPCWSTR DeviceName, LPCWSTR TargetPath) {
  constexpr DWORD kKnown = kRawTarget | kRemove | kExactMatch | kNoBroadcast | kLuidBroadcast;
  const bool remove = (Flags & kRemove) != 0;
  if (Flags & ~kKnown || (Flags & kExactMatch && !remove) || (!TargetPath && !remove)) return Fail(ERROR_INVALID_PARAMETER);
  std::u16string_view name = DeviceName ? DeviceName : u"";
  if (name.ends_with(u'\\')) name.remove_suffix(1);
  if (name.empty() || name.find(u'\\') != name.npos) return Fail(ERROR_INVALID_PARAMETER);
  PathBuffer target;
  if (TargetPath && !TakeTarget(TargetPath, (Flags & kRawTarget) != 0, target)) return Fail(ERROR_INVALID_PARAMETER);
  // A program may not make what outlives it; csrss does, for all.
  return Check(remove ? nt::ob::RemoveDosDevice(name, target.View(), (Flags & kExactMatch) != 0)
                      : nt::ob::DefineDosDevice(name, target.View()));
}

/// Defines a DOS device name, or removes a definition.
BOOL DefineDosDeviceA(DWORD Flags, LPCSTR DeviceName, LPCSTR TargetPath) {
  return DefineDosDeviceW(Flags, WideName(DeviceName).c_str(), WideName(TargetPath).c_str());
}

}  // extern "C"
