// The process status functions (psapi.h) that kernel32 has under K32 names.
#include <cstring>

#include "nt/process_information.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/system_processes.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// A process's image path in NT's form with its counted string in front.
struct ImagePath {
  alignas(UNICODE_STRING) char buffer[sizeof(UNICODE_STRING) + (kMaxPath + 1) * sizeof(WCHAR)];

  NTSTATUS Query(HANDLE process, ULONG information_class) {
    return sys::NtQueryInformationProcess(process, static_cast<PROCESSINFOCLASS>(information_class), buffer, sizeof buffer, nullptr);
  }
  std::u16string_view View() const {
    const auto& string = *reinterpret_cast<const UNICODE_STRING*>(buffer);
    return {string.Buffer, string.Length / sizeof(WCHAR)};
  }
};

template <class Character>
DWORD ImageFileName(HANDLE process, Character* name, DWORD size) {
  ImagePath path;
  if (!Check(path.Query(process, ProcessImageFileName))) return 0;
  const DWORD length = CopyOut(path.View(), name, size);
  return length < size ? length : static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
}

}  // namespace

extern "C" {

/// The ids of all processes. A buffer that is too small is filled, without an error.
BOOL K32EnumProcesses(LPDWORD ProcessIds, DWORD Bytes, LPDWORD BytesReturned) {
  const SystemProcesses all;
  if (!all) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  DWORD count = 0;
  all.ForEach([&](const SYSTEM_PROCESS_INFORMATION& process) {
    if ((count + 1) * sizeof(DWORD) <= Bytes)
      ProcessIds[count++] = static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(process.UniqueProcessId));
  });
  *BytesReturned = count * static_cast<DWORD>(sizeof(DWORD));
  return TRUE;
}

/// The path of a process's image as the object manager names it; returns its length, 0 on failure.
DWORD K32GetProcessImageFileNameW(HANDLE Process, LPWSTR ImageFileName, DWORD Size) {
  return ::ImageFileName(Process, ImageFileName, Size);
}

/// The path of a process's image as the object manager names it; returns its length, 0 on failure.
DWORD K32GetProcessImageFileNameA(HANDLE Process, LPSTR ImageFileName, DWORD Size) { return ::ImageFileName(Process, ImageFileName, Size); }

/// The path of a process's image: a DOS path, or NT's name with flag 1.
BOOL QueryFullProcessImageNameW(HANDLE ProcessHandle, DWORD Flags, LPWSTR ExeName, LPDWORD Size) {
  ImagePath path;
  if (Flags & ~1U) return Fail(ERROR_INVALID_PARAMETER);
  if (!Check(path.Query(ProcessHandle, Flags & 1 ? ProcessImageFileName : ProcessImageFileNameWin32))) return FALSE;
  const std::u16string_view text = path.View();
  if (text.empty()) return Fail(ERROR_GEN_FAILURE);
  if (*Size <= text.size()) return Fail(ERROR_INSUFFICIENT_BUFFER);
  *Size = CopyOut(text, ExeName, *Size);
  return TRUE;
}

/// The path of a process's image: a DOS path, or NT's name with flag 1.
BOOL QueryFullProcessImageNameA(HANDLE ProcessHandle, DWORD Flags, LPSTR ExeName, LPDWORD Size) {
  WCHAR wide[kMaxPath + 1];
  DWORD length = kMaxPath + 1;
  if (!QueryFullProcessImageNameW(ProcessHandle, Flags, wide, &length)) return FALSE;
  const DWORD needed = CopyOut({wide, length}, ExeName, *Size);
  if (needed >= *Size) return Fail(ERROR_INSUFFICIENT_BUFFER);
  *Size = needed;
  return TRUE;
}

/// The session of a process.
BOOL ProcessIdToSessionId(DWORD ProcessId, LPDWORD SessionId) {
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, 0, nullptr, nullptr};
  CLIENT_ID id{reinterpret_cast<HANDLE>(ULONG_PTR{ProcessId}), nullptr};
  HANDLE process = nullptr;
  constexpr ACCESS_MASK kQueryLimited = 0x1000;
  const NTSTATUS opened = sys::NtOpenProcess(&process, kQueryLimited, &attributes, &id);
  if (opened == STATUS_INVALID_CID) return Fail(ERROR_INVALID_PARAMETER);
  if (!Check(opened)) return FALSE;
  const NTSTATUS status = sys::NtQueryInformationProcess(process, ProcessSessionInformation, SessionId, sizeof *SessionId, nullptr);
  sys::NtClose(process);
  return Check(status);
}

}  // extern "C"
