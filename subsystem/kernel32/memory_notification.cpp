// Memory resource notifications: the kernel's events that tell of little and of much memory.
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// Opens the event that is set while little memory is available (type 0), or much (1).
HANDLE CreateMemoryResourceNotification(DWORD NotificationType) {
  constexpr ACCESS_MASK kQueryAndWait = 0x00100001;
  constexpr std::u16string_view kNames[] = {u"\\KernelObjects\\LowMemoryCondition", u"\\KernelObjects\\HighMemoryCondition"};
  if (NotificationType > 1) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  // The kernel takes the name from the process's memory.
  PathBuffer text;
  text.Append(kNames[NotificationType]);
  UNICODE_STRING name{static_cast<USHORT>(text.length * sizeof(WCHAR)), static_cast<USHORT>(text.length * sizeof(WCHAR)), text.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, 0, nullptr, nullptr};
  HANDLE handle = nullptr;
  return Check(sys::NtOpenEvent(&handle, kQueryAndWait, &attributes)) ? handle : nullptr;
}

/// Whether a memory resource notification is set now.
BOOL QueryMemoryResourceNotification(HANDLE Notification, PBOOL State) {
  if (!Notification || !State) return Fail(ERROR_INVALID_PARAMETER);
  LARGE_INTEGER now{};
  const NTSTATUS status = sys::NtWaitForSingleObject(Notification, FALSE, &now);
  if (!Check(status)) return FALSE;
  *State = status == STATUS_SUCCESS;
  return TRUE;
}

}  // extern "C"
