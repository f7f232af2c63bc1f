// What kernel32's files share: errors, names, objects' attributes.
#pragma once

#include <string_view>

#include "kernel/ke/ke.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"
#include "subsystem/ntdll/path.h"
#include "subsystem/win32.h"

extern "C" ULONG RtlNtStatusToDosError(NTSTATUS Status);

namespace nt::win32 {

using namespace nt::user;

inline void SetError(DWORD error) { CurrentTeb()->LastErrorValue = error; }

/// Records a failed status as the thread's last error; returns whether the status was a success.
inline BOOL Check(NTSTATUS status) {
  if (NT_SUCCESS(status)) return TRUE;
  SetError(RtlNtStatusToDosError(status));
  return FALSE;
}

/// Fails a call: records `error` and gives the FALSE, null or 0 to return.
inline BOOL Fail(DWORD error) {
  SetError(error);
  return FALSE;
}

/// Text in the process's ANSI code page as UTF-16 on the stack, long enough for paths.
class WideName {
 public:
  explicit WideName(PCSTR text);
  PCWSTR c_str() const { return null_ ? nullptr : text_; }
  bool TooLong() const { return too_long_; }

 private:
  bool null_, too_long_ = false;
  WCHAR text_[kMaxPath + 1];
};

/// The attributes of a named object below the session's \BaseNamedObjects, or of an unnamed one.
class ObjectName {
 public:
  ObjectName(PCWSTR name, const SECURITY_ATTRIBUTES* security, BOOL inherit = FALSE);
  POBJECT_ATTRIBUTES get() { return &attributes_; }

 private:
  bool TakeNamespace(std::u16string_view name);

  PathBuffer text_;
  UNICODE_STRING string_{};
  OBJECT_ATTRIBUTES attributes_{};
};

/// KUSER_SHARED_DATA.InterruptTime, at its place in every process: 100 ns units since the machine started.
inline ULONGLONG InterruptTime() { return *reinterpret_cast<const volatile ULONGLONG*>(0x7FFE0008); }

UNICODE_STRING StringOf(PCWSTR text);

/// Copies text with its terminator into a caller's buffer of `size` characters, as the Get… calls do: returns the characters without the
/// terminator, or the size needed with it if the buffer is too small.
DWORD CopyOut(std::u16string_view text, PWSTR buffer, DWORD size);
DWORD CopyOut(std::u16string_view text, PSTR buffer, DWORD size);

/// Conversion between UTF-16 and a code page; counts exclude a terminator. With `room` 0 only the size is computed. Returns units needed
/// (more than `room`: the output is cut).
/// `replacement`: how characters that the page lacks are written.
struct Replacement {
  char character = '?';
  bool best_fit = true;  ///< first looks for a character of the page that resembles it
};
SIZE_T ToMultiByte(UINT code_page, std::u16string_view text, PSTR out, SIZE_T room, bool* lossy = nullptr, Replacement replacement = {});
SIZE_T ToWide(UINT code_page, std::string_view text, PWSTR out, SIZE_T room, bool* invalid = nullptr);
inline constexpr UINT kAnsiCodePage = 1252;
inline constexpr UINT kOemCodePage = 437;
inline constexpr UINT kUtf8 = 65001;
/// The real number of CP_ACP, CP_OEMCP, CP_THREAD_ACP; 0 for a page that is not known.
UINT ResolveCodePage(UINT code_page);

/// Whether a handle is the console.
bool IsConsole(HANDLE handle);
/// The handle itself, or the standard handle that a pseudo handle (STD_OUTPUT_HANDLE as a HANDLE) means.
HANDLE RealHandle(HANDLE handle);
/// Writes to the console, where a line ends with LF on the host: CR LF becomes LF. `written` counts the caller's bytes.
NTSTATUS WriteConsoleBytes(HANDLE handle, const char* text, ULONG size, ULONG* written);

}  // namespace nt::win32
