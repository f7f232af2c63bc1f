// Jobs: processes that are counted, limited and ended together.
#include "nt/job.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// NT's priority classes as programs have them.
constexpr ULONG kPriorityClasses[] = {0, 0x40, 0x20, 0x80, 0x100, 0x4000, 0x8000};

}  // namespace

extern "C" {

/// Creates or opens a job.
HANDLE CreateJobObjectW(LPSECURITY_ATTRIBUTES Attributes, LPCWSTR Name) {
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  const NTSTATUS status = sys::NtCreateJobObject(&handle, JOB_OBJECT_ALL_ACCESS, name.get());
  if (!Check(status)) return nullptr;
  SetError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
  return handle;
}

/// Creates or opens a job.
HANDLE CreateJobObjectA(LPSECURITY_ATTRIBUTES Attributes, LPCSTR Name) { return CreateJobObjectW(Attributes, WideName(Name).c_str()); }

/// Opens a job by name.
HANDLE OpenJobObjectW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name) {
  if (!Name) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName name(Name, nullptr, InheritHandle);
  name.get()->Attributes &= ~OBJ_OPENIF;
  HANDLE handle = nullptr;
  return Check(sys::NtOpenJobObject(&handle, DesiredAccess, name.get())) ? handle : nullptr;
}

/// Opens a job by name.
HANDLE OpenJobObjectA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name) {
  return OpenJobObjectW(DesiredAccess, InheritHandle, WideName(Name).c_str());
}

/// Puts a process into a job.
BOOL AssignProcessToJobObject(HANDLE Job, HANDLE ProcessHandle) { return Check(sys::NtAssignProcessToJobObject(Job, ProcessHandle)); }

/// Ends all processes of a job.
BOOL TerminateJobObject(HANDLE Job, UINT ExitCode) { return Check(sys::NtTerminateJobObject(Job, static_cast<NTSTATUS>(ExitCode))); }

/// Whether a process is in a job, or (null) in any.
BOOL IsProcessInJob(HANDLE ProcessHandle, HANDLE Job, PBOOL Result) {
  const NTSTATUS status = sys::NtIsProcessInJob(ProcessHandle, Job);
  if (!Check(status)) return FALSE;
  *Result = status == STATUS_PROCESS_IN_JOB;
  return TRUE;
}

/// Tells of a job, or (null) of the caller's. ERROR_MORE_DATA: the list of members does not hold them all.
BOOL QueryInformationJobObject(HANDLE Job, ULONG Class, PVOID Information, DWORD Length, LPDWORD ReturnLength) {
  const NTSTATUS status = sys::NtQueryInformationJobObject(Job, Class, Information, Length, ReturnLength);
  if (status == STATUS_BUFFER_OVERFLOW || !Check(status)) return Fail(RtlNtStatusToDosError(status));
  if (Class != JobObjectBasicLimitInformation && Class != JobObjectExtendedLimitInformation) return TRUE;
  // Both begin with the same; programs have priority classes as flags of CreateProcess.
  auto* const basic = static_cast<JOBOBJECT_BASIC_LIMIT_INFORMATION*>(Information);
  basic->PriorityClass = kPriorityClasses[basic->PriorityClass];
  return TRUE;
}

/// Sets limits and the completion port of a job.
BOOL SetInformationJobObject(HANDLE Job, ULONG Class, PVOID Information, DWORD Length) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  const bool is_limit = Class == JobObjectBasicLimitInformation || Class == JobObjectExtendedLimitInformation;
  const DWORD size = Class == JobObjectBasicLimitInformation ? sizeof limits.BasicLimitInformation : sizeof limits;
  if (!is_limit || Length != size) return Check(sys::NtSetInformationJobObject(Job, Class, Information, Length));
  std::memcpy(&limits, Information, size);
  ULONG& priority = limits.BasicLimitInformation.PriorityClass;
  if ((limits.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_PRIORITY_CLASS) != 0) {
    const ULONG* const found = std::find(kPriorityClasses + 1, std::end(kPriorityClasses), priority);
    if (found == std::end(kPriorityClasses)) return Fail(ERROR_INVALID_PARAMETER);
    priority = static_cast<ULONG>(found - kPriorityClasses);
  } else {
    priority = 0;
  }
  return Check(sys::NtSetInformationJobObject(Job, Class, &limits, size));
}

}  // extern "C"
