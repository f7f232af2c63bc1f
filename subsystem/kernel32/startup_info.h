// What a process's creator says of its first window and its standard handles.
#pragma once

#include "subsystem/win32.h"

/// STARTUPINFOW; STARTUPINFOA has the same form, with other text.
struct StartupInfo {
  DWORD cb;
  LPWSTR lpReserved, lpDesktop, lpTitle;
  DWORD dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
  WORD wShowWindow, cbReserved2;
  BYTE* lpReserved2;
  HANDLE hStdInput, hStdOutput, hStdError;
};
NT_SIZE(StartupInfo, 104);
inline constexpr DWORD kUseStandardHandles = 0x100;  // STARTF_USESTDHANDLES
