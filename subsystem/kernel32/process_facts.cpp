// Facts of processes and threads that one information class each answers.
#include <algorithm>
#include <cstring>

#include "nt/process_information.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

HLOCAL LocalAlloc(UINT Flags, SIZE_T Bytes);

/// How many handles a process has.
BOOL GetProcessHandleCount(HANDLE ProcessHandle, PDWORD HandleCount) {
  return Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessHandleCount, HandleCount, sizeof *HandleCount, nullptr));
}

/// Whether a process is a 32-bit one; none is.
BOOL IsWow64Process(HANDLE ProcessHandle, PBOOL Wow64Process) {
  ULONG_PTR peb = 0;
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessWow64Information, &peb, sizeof peb, nullptr))) return FALSE;
  *Wow64Process = peb != 0;
  return TRUE;
}

/// Whether the end of a process stops the machine.
BOOL IsProcessCritical(HANDLE ProcessHandle, PBOOL Critical) {
  ULONG critical = 0;
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessBreakOnTermination, &critical, sizeof critical, nullptr))) return FALSE;
  *Critical = critical != 0;
  return TRUE;
}

/// Whether the scheduler does not boost a process's threads.
BOOL GetProcessPriorityBoost(HANDLE ProcessHandle, PBOOL DisablePriorityBoost) {
  ULONG disabled = 0;
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessPriorityBoost, &disabled, sizeof disabled, nullptr))) return FALSE;
  *DisablePriorityBoost = disabled != 0;
  return TRUE;
}

/// Has the scheduler boost a process's threads or not.
BOOL SetProcessPriorityBoost(HANDLE ProcessHandle, BOOL DisablePriorityBoost) {
  ULONG disabled = DisablePriorityBoost != 0;
  return Check(sys::NtSetInformationProcess(ProcessHandle, ProcessPriorityBoost, &disabled, sizeof disabled));
}

/// The bounds of a process's working set.
BOOL GetProcessWorkingSetSize(HANDLE ProcessHandle, PSIZE_T Minimum, PSIZE_T Maximum) {
  QUOTA_LIMITS limits{};
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessQuotaLimits, &limits, sizeof limits, nullptr))) return FALSE;
  *Minimum = limits.MinimumWorkingSetSize;
  *Maximum = limits.MaximumWorkingSetSize;
  return TRUE;
}

/// Sets the bounds of a process's working set.
BOOL SetProcessWorkingSetSize(HANDLE ProcessHandle, SIZE_T Minimum, SIZE_T Maximum) {
  QUOTA_LIMITS limits{};
  limits.MinimumWorkingSetSize = Minimum;
  limits.MaximumWorkingSetSize = Maximum;
  return Check(sys::NtSetInformationProcess(ProcessHandle, ProcessQuotaLimits, &limits, sizeof limits));
}

/// A thread's description, for LocalFree; empty if it has none.
LONG GetThreadDescription(HANDLE Thread, LPWSTR* ThreadDescription) {
  alignas(8) UCHAR buffer[1024];
  ULONG length = 0;
  const NTSTATUS status = sys::NtQueryInformationThread(Thread, ThreadNameInformation, buffer, sizeof buffer, &length);
  constexpr LONG kFromStatus = 0x10000000;  // HRESULT_FROM_NT
  if (!NT_SUCCESS(status)) return status | kFromStatus;
  const auto& name = *reinterpret_cast<const UNICODE_STRING*>(buffer);
  auto* const text = static_cast<LPWSTR>(LocalAlloc(0, name.Length + sizeof(WCHAR)));
  if (!text) return STATUS_NO_MEMORY | kFromStatus;
  std::memcpy(text, name.Buffer, name.Length);
  text[name.Length / sizeof(WCHAR)] = 0;
  *ThreadDescription = text;
  return kFromStatus;
}

}  // extern "C"
