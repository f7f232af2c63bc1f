// Texts that the security functions give and compare.
#pragma once

#include "kernel/ex/ex.h"
#include "nt/se.h"
#include "subsystem/kernel32/base.h"

extern "C" {
HLOCAL LocalAlloc(UINT Flags, SIZE_T Bytes);
HLOCAL LocalFree(HLOCAL Memory);
BOOL ConvertSidToStringSidW(PVOID Sid, LPWSTR* StringSid);
BOOL LookupPrivilegeNameW(LPCWSTR SystemName, PVOID Value, LPWSTR Name, LPDWORD Size);
}

namespace nt::win32 {

/// Whether two names are the same but for the case of ASCII letters.
inline bool SameLetters(std::u16string_view a, std::u16string_view b) {
  const auto lower = [](WCHAR c) { return c >= u'A' && c <= u'Z' ? static_cast<WCHAR>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (SIZE_T i = 0; i < a.size(); i++)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// A text in the ANSI code page, for LocalFree; null if there is no memory.
inline LPSTR GiveAnsi(std::u16string_view text) {
  const SIZE_T size = ToMultiByte(kAnsiCodePage, text, nullptr, 0);
  auto* const copy = static_cast<LPSTR>(LocalAlloc(0x40, size + 1));
  if (copy) ToMultiByte(kAnsiCodePage, text, copy, size);
  return copy;
}

}  // namespace nt::win32
