// What kernel32's files share.
#include "subsystem/kernel32/base.h"

#include <cstring>

#include "subsystem/kernel32/private_namespace.h"

namespace nt::win32 {

UNICODE_STRING StringOf(PCWSTR text) {
  const SIZE_T bytes = text ? std::u16string_view(text).size() * sizeof(WCHAR) : 0;
  const auto length = static_cast<USHORT>(bytes > 0xFFFC ? 0xFFFC : bytes);
  return {length, static_cast<USHORT>(text ? length + 2 : 0), const_cast<PWSTR>(text)};
}

WideName::WideName(PCSTR text) : null_(!text) {
  const SIZE_T count = text ? ToWide(kAnsiCodePage, text, text_, kMaxPath) : 0;
  too_long_ = count > kMaxPath;
  text_[too_long_ ? kMaxPath : count] = 0;
}

/// ALIAS\NAME of a private namespace: the name is relative to its directory.
bool ObjectName::TakeNamespace(std::u16string_view name) {
  const SIZE_T slash = name.find(u'\\');
  const HANDLE directory = slash != name.npos ? NamespaceOf(name.substr(0, slash)) : nullptr;
  if (!directory) return false;
  text_.Append(name.substr(slash + 1));
  string_ = {static_cast<USHORT>(text_.length * 2), static_cast<USHORT>(text_.length * 2), text_.text};
  attributes_.RootDirectory = directory;
  attributes_.ObjectName = &string_;
  attributes_.Attributes |= OBJ_OPENIF;
  return true;
}

ObjectName::ObjectName(PCWSTR name, const SECURITY_ATTRIBUTES* security, BOOL inherit) {
  const bool inherited = inherit || (security && security->bInheritHandle);
  attributes_ = {
      sizeof attributes_, nullptr, nullptr, inherited ? OBJ_INHERIT : 0U, security ? security->lpSecurityDescriptor : nullptr, nullptr};
  if (!name) return;
  if (TakeNamespace(name)) return;
  if (const ULONG session = CurrentPeb()->SessionId; session != 0) {
    const WCHAR digit[] = {static_cast<WCHAR>(u'0' + session % 10), 0};
    text_.Append(u"\\Sessions\\");
    text_.Append(digit);
  }
  // Global\ and Local\ are links there.
  text_.Append(u"\\BaseNamedObjects\\");
  text_.Append(name);
  string_ = {static_cast<USHORT>(text_.length * 2), static_cast<USHORT>(text_.length * 2), text_.text};
  attributes_.ObjectName = &string_;
  attributes_.Attributes |= OBJ_OPENIF;
}

DWORD CopyOut(std::u16string_view text, PWSTR buffer, DWORD size) {
  if (size <= text.size() || !buffer) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.data(), text.size() * sizeof(WCHAR));
  buffer[text.size()] = 0;
  return static_cast<DWORD>(text.size());
}

DWORD CopyOut(std::u16string_view text, PSTR buffer, DWORD size) {
  const SIZE_T needed = ToMultiByte(kAnsiCodePage, text, nullptr, 0);
  if (size <= needed || !buffer) return static_cast<DWORD>(needed + 1);
  ToMultiByte(kAnsiCodePage, text, buffer, size);
  buffer[needed] = 0;
  return static_cast<DWORD>(needed);
}

}  // namespace nt::win32

using namespace nt::win32;

extern "C" {

/// The thread's last error.
DWORD GetLastError() { return CurrentTeb()->LastErrorValue; }

/// Sets the thread's last error.
VOID SetLastError(DWORD Error) { SetError(Error); }

/// Sets the thread's last error.
VOID RestoreLastError(DWORD Error) { SetError(Error); }

/// Sets how the process treats serious errors; returns the mode before. No mode shows a box here.
UINT SetErrorMode(UINT Mode) {
  const ULONG old = CurrentProcess().error_mode;
  CurrentProcess().error_mode = Mode;
  return old;
}

/// How the process treats serious errors.
UINT GetErrorMode() { return CurrentProcess().error_mode; }

/// Sets how the thread treats serious errors.
BOOL SetThreadErrorMode(DWORD NewMode, LPDWORD OldMode) {
  if (OldMode) *OldMode = CurrentThread().error_mode;
  CurrentThread().error_mode = NewMode;
  return TRUE;
}

}  // extern "C"
