// The process: its end, its parameters, its environment; other processes.
#include <algorithm>
#include <cstring>
#include <utility>

#include "nt/se.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/startup_info.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// PROCESS_BASIC_INFORMATION (ntddk.h).
struct BasicInformation {
  NTSTATUS ExitStatus;
  PVOID PebBaseAddress;
  KAFFINITY AffinityMask;
  KPRIORITY BasePriority;
  ULONG_PTR UniqueProcessId;
  ULONG_PTR InheritedFromUniqueProcessId;
};
static_assert(sizeof(BasicInformation) == 0x30);

/// PROCESSINFOCLASS ProcessAffinityMask (ntddk.h), whose name a parameter below has too.
constexpr auto kProcessAffinityMask = static_cast<PROCESSINFOCLASS>(21);

BOOL Query(HANDLE process, BasicInformation* information) {
  return Check(sys::NtQueryInformationProcess(process, ProcessBasicInformation, information, sizeof *information, nullptr));
}

NTSTATUS SetClass(HANDLE process, UCHAR number) {
  struct {
    BOOLEAN Foreground;
    UCHAR Class;
  } information{FALSE, number};
  return sys::NtSetInformationProcess(process, ProcessPriorityClass, &information, sizeof information);
}

/// Does something with the privilege to raise priorities enabled; false if the process does not hold it.
template <class Work>
bool WithBasePriority(Work work) {
  TOKEN_PRIVILEGES wanted{1, {{{SE_INC_BASE_PRIORITY_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED}}}, before{};
  HANDLE token = nullptr;
  ULONG length = 0;
  if (!NT_SUCCESS(sys::NtOpenProcessToken(CurrentProcessHandle(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))) return false;
  const bool held = sys::NtAdjustPrivilegesToken(token, FALSE, &wanted, sizeof before, &before, &length) == STATUS_SUCCESS;
  if (held) {
    work();
    sys::NtAdjustPrivilegesToken(token, FALSE, &before, 0, nullptr, nullptr);
  }
  sys::NtClose(token);
  return held;
}

StartupInfo MakeStartupInfo() {
  const RTL_USER_PROCESS_PARAMETERS& p = *CurrentPeb()->ProcessParameters;
  StartupInfo info{};
  info.cb = sizeof info;
  info.dwFlags = p.WindowFlags;
  info.wShowWindow = static_cast<WORD>(p.ShowWindowFlags);
  if (p.WindowFlags & kUseStandardHandles) {
    info.hStdInput = p.StandardInput;
    info.hStdOutput = p.StandardOutput;
    info.hStdError = p.StandardError;
  }
  return info;
}

/// A string of the process's in the ANSI code page, made once.
PSTR AnsiCopy(const UNICODE_STRING& string, PSTR* copy) {
  if (*copy) return *copy;
  const std::u16string_view text(string.Buffer, string.Length / sizeof(WCHAR));
  *copy = Allocate<char>(text.size() * 3 + 1);
  if (*copy) ToMultiByte(kAnsiCodePage, text, *copy, text.size() * 3);
  return *copy;
}

PWSTR CopyWide(std::u16string_view text) {
  auto* const copy = Allocate<WCHAR>(text.size() + 1);
  if (copy) std::memcpy(copy, text.data(), text.size() * sizeof(WCHAR));
  return copy;
}

/// The environment's characters, with the block's last terminator.
SIZE_T EnvironmentLength(PCWSTR block) {
  PCWSTR end = block;
  while (*end) end += std::u16string_view(end).size() + 1;
  return static_cast<SIZE_T>(end - block) + 1;
}

PCWSTR Environment() {
  const PVOID block = CurrentPeb()->ProcessParameters->Environment;
  return block ? static_cast<PCWSTR>(block) : u"";
}

}  // namespace

extern "C" {

/// The pseudo handle of the calling process.
HANDLE GetCurrentProcess() { return CurrentProcessHandle(); }

/// The calling process's id.
DWORD GetCurrentProcessId() { return static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(CurrentTeb()->ClientId.UniqueProcess)); }

/// A process's id.
DWORD GetProcessId(HANDLE ProcessHandle) {
  BasicInformation information{};
  return Query(ProcessHandle, &information) ? static_cast<DWORD>(information.UniqueProcessId) : 0;
}

/// Ends the calling process.
VOID ExitProcess(UINT ExitCode) { RtlExitUserProcess(static_cast<NTSTATUS>(ExitCode)); }

/// Ends a process at once.
BOOL TerminateProcess(HANDLE ProcessHandle, UINT ExitCode) {
  return ProcessHandle ? Check(sys::NtTerminateProcess(ProcessHandle, static_cast<NTSTATUS>(ExitCode))) : Fail(ERROR_INVALID_HANDLE);
}

/// A process's exit code; STILL_ACTIVE (259) while it runs.
BOOL GetExitCodeProcess(HANDLE ProcessHandle, LPDWORD ExitCode) {
  BasicInformation information{};
  if (!Query(ProcessHandle, &information)) return FALSE;
  *ExitCode = static_cast<DWORD>(information.ExitStatus);
  return TRUE;
}

/// Opens a process by its id.
HANDLE OpenProcess(DWORD DesiredAccess, BOOL InheritHandle, DWORD ProcessId) {
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, InheritHandle ? OBJ_INHERIT : 0U, nullptr, nullptr};
  CLIENT_ID id{reinterpret_cast<HANDLE>(ULONG_PTR{ProcessId}), nullptr};
  HANDLE handle = nullptr;
  const NTSTATUS status = sys::NtOpenProcess(&handle, DesiredAccess, &attributes, &id);
  if (status == STATUS_INVALID_CID) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  return Check(status) ? handle : nullptr;
}

/// Duplicates a handle.
BOOL DuplicateHandle(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle, PHANDLE TargetHandle, DWORD DesiredAccess,
                     BOOL InheritHandle, DWORD Options) {
  return Check(sys::NtDuplicateObject(SourceProcessHandle, SourceHandle, TargetProcessHandle, TargetHandle, DesiredAccess,
                                      InheritHandle ? OBJ_INHERIT : 0U, Options));
}

/// The flags of a handle: 1 inherit, 2 protect from close.
BOOL GetHandleInformation(HANDLE Object, LPDWORD Flags) {
  BOOLEAN flags[2]{};
  if (!Check(sys::NtQueryObject(Object, ObjectHandleFlagInformation, flags, sizeof flags, nullptr))) return FALSE;
  *Flags = (flags[0] ? 1U : 0U) | (flags[1] ? 2U : 0U);
  return TRUE;
}

/// Changes the flags of a handle.
BOOL SetHandleInformation(HANDLE Object, DWORD Mask, DWORD Flags) {
  BOOLEAN flags[2]{};
  if (!Check(sys::NtQueryObject(Object, ObjectHandleFlagInformation, flags, sizeof flags, nullptr))) return FALSE;
  if (Mask & 1) flags[0] = (Flags & 1) != 0;
  if (Mask & 2) flags[1] = (Flags & 2) != 0;
  return Check(sys::NtSetInformationObject(Object, ObjectHandleFlagInformation, flags, sizeof flags));
}

/// The processors of a process and of the system.
BOOL GetProcessAffinityMask(HANDLE ProcessHandle, PDWORD_PTR ProcessAffinityMask, PDWORD_PTR SystemAffinityMask) {
  BasicInformation information{};
  if (!Query(ProcessHandle, &information)) return FALSE;
  *ProcessAffinityMask = information.AffinityMask;
  const ULONG count = CurrentPeb()->NumberOfProcessors;
  *SystemAffinityMask = count >= 64 ? ~DWORD_PTR{0} : (DWORD_PTR{1} << count) - 1;
  return TRUE;
}

/// Limits a process to some processors.
BOOL SetProcessAffinityMask(HANDLE ProcessHandle, DWORD_PTR AffinityMask) {
  return Check(sys::NtSetInformationProcess(ProcessHandle, kProcessAffinityMask, &AffinityMask, sizeof AffinityMask));
}

/// A process's priority class.
DWORD GetPriorityClass(HANDLE ProcessHandle) {
  struct {
    BOOLEAN Foreground;
    UCHAR Class;
  } information{};
  constexpr DWORD kClasses[] = {0, 0x40, 0x20, 0x80, 0x100, 0x4000, 0x8000};
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessPriorityClass, &information, sizeof information, nullptr))) return 0;
  return information.Class < std::size(kClasses) ? kClasses[information.Class] : 0;
}

/// Sets a process's priority class.
BOOL SetPriorityClass(HANDLE ProcessHandle, DWORD PriorityClass) {
  constexpr DWORD kClasses[] = {0, 0x40, 0x20, 0x80, 0x100, 0x4000, 0x8000};
  const DWORD* const found = std::find(kClasses + 1, std::end(kClasses), PriorityClass);
  if (found == std::end(kClasses)) return Fail(ERROR_INVALID_PARAMETER);
  const auto number = static_cast<UCHAR>(found - kClasses);
  NTSTATUS status = SetClass(ProcessHandle, number);
  if (status != STATUS_PRIVILEGE_NOT_HELD) return Check(status);
  // Real time is for who holds the privilege, enabled or not; others get the class below it.
  constexpr UCHAR kHigh = 3;
  if (!WithBasePriority([&] { status = SetClass(ProcessHandle, number); }) || !NT_SUCCESS(status)) status = SetClass(ProcessHandle, kHigh);
  return Check(status);
}

/// A process's times, in 100 ns.
BOOL GetProcessTimes(HANDLE ProcessHandle, LPFILETIME CreationTime, LPFILETIME ExitTime, LPFILETIME KernelTime, LPFILETIME UserTime) {
  LARGE_INTEGER times[4]{};
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessTimes, times, sizeof times, nullptr))) return FALSE;
  *CreationTime = ToFileTime(times[0].QuadPart);
  *ExitTime = ToFileTime(times[1].QuadPart);
  *KernelTime = ToFileTime(times[2].QuadPart);
  *UserTime = ToFileTime(times[3].QuadPart);
  return TRUE;
}

/// Whether a debugger is attached to the process.
BOOL IsDebuggerPresent() { return CurrentPeb()->BeingDebugged; }

/// The process's command line.
LPWSTR GetCommandLineW() { return CurrentPeb()->ProcessParameters->CommandLine.Buffer; }

/// The process's command line in the ANSI code page.
LPSTR GetCommandLineA() { return AnsiCopy(CurrentPeb()->ProcessParameters->CommandLine, &CurrentProcess().command_line_a); }

/// What the process's creator gave it.
VOID GetStartupInfoW(PVOID Information) {
  auto& info = *static_cast<StartupInfo*>(Information);
  const RTL_USER_PROCESS_PARAMETERS& parameters = *CurrentPeb()->ProcessParameters;
  info = MakeStartupInfo();
  info.lpTitle = parameters.WindowTitle.Buffer;
  info.lpDesktop = parameters.DesktopInfo.Buffer;
}

/// What the process's creator gave it.
VOID GetStartupInfoA(PVOID Information) {
  auto& info = *static_cast<StartupInfo*>(Information);
  const RTL_USER_PROCESS_PARAMETERS& parameters = *CurrentPeb()->ProcessParameters;
  info = MakeStartupInfo();
  info.lpTitle = reinterpret_cast<LPWSTR>(AnsiCopy(parameters.WindowTitle, &CurrentProcess().title_a));
  info.lpDesktop = reinterpret_cast<LPWSTR>(AnsiCopy(parameters.DesktopInfo, &CurrentProcess().desktop_a));
}

/// Reads an environment variable. Returns its length, the size needed, or 0 if there is none.
DWORD GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size) {
  const UNICODE_STRING name = StringOf(Name);
  UNICODE_STRING value{0, static_cast<USHORT>(std::min<DWORD>(Size ? (Size - 1) * 2 : 0, 0xFFFC)), Buffer};
  const NTSTATUS status = RtlQueryEnvironmentVariable_U(nullptr, &name, &value);
  if (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && !Size)) return value.Length / 2U + 1;
  if (!NT_SUCCESS(status)) return static_cast<DWORD>(Fail(ERROR_ENVVAR_NOT_FOUND));
  Buffer[value.Length / 2] = 0;
  if (!value.Length) SetError(ERROR_SUCCESS);
  return value.Length / 2;
}

/// Reads an environment variable. Returns its length, the size needed, or 0 if there is none.
DWORD GetEnvironmentVariableA(LPCSTR Name, LPSTR Buffer, DWORD Size) {
  WCHAR value[kMaxPath];
  const WideName name(Name);
  const DWORD count = GetEnvironmentVariableW(name.c_str(), value, kMaxPath);
  if (count < kMaxPath) return count ? CopyOut({value, count}, Buffer, Size) : 0;
  auto* const large = Allocate<WCHAR>(count);
  if (!large) return static_cast<DWORD>(Fail(ERROR_NOT_ENOUGH_MEMORY));
  const DWORD result = CopyOut({large, GetEnvironmentVariableW(name.c_str(), large, count)}, Buffer, Size);
  Free(large);
  return result;
}

/// Sets or (without a value) removes an environment variable.
BOOL SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value) {
  const UNICODE_STRING name = StringOf(Name), value = StringOf(Value);
  const NTSTATUS status = RtlSetEnvironmentVariable(nullptr, &name, Value ? &value : nullptr);
  return status == STATUS_VARIABLE_NOT_FOUND ? Fail(ERROR_ENVVAR_NOT_FOUND) : Check(status);
}

/// Sets or (without a value) removes an environment variable.
BOOL SetEnvironmentVariableA(LPCSTR Name, LPCSTR Value) { return SetEnvironmentVariableW(WideName(Name).c_str(), WideName(Value).c_str()); }

/// A copy of the environment, for FreeEnvironmentStrings.
LPWSTR GetEnvironmentStringsW() { return CopyWide({Environment(), EnvironmentLength(Environment())}); }

/// A copy of the environment in the ANSI code page, for FreeEnvironmentStrings.
LPSTR GetEnvironmentStringsA() {
  const std::u16string_view text(Environment(), EnvironmentLength(Environment()));
  auto* const copy = Allocate<char>(text.size() + 1);
  if (copy) ToMultiByte(kAnsiCodePage, text, copy, text.size());
  return copy;
}

/// A copy of the environment in the ANSI code page, for FreeEnvironmentStrings.
LPSTR GetEnvironmentStrings() { return GetEnvironmentStringsA(); }

/// Frees a copy of the environment.
BOOL FreeEnvironmentStringsW(LPWSTR Block) { return Free(Block), TRUE; }

/// Frees a copy of the environment.
BOOL FreeEnvironmentStringsA(LPSTR Block) { return Free(Block), TRUE; }

/// Replaces each %NAME% by the variable's value; returns the size needed with the terminator.
DWORD ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Destination, DWORD Size) {
  const UNICODE_STRING source = StringOf(Source);
  UNICODE_STRING destination{0, static_cast<USHORT>(std::min<DWORD>(Size * 2, 0xFFFE)), Destination};
  ULONG length = 0;
  const NTSTATUS status = RtlExpandEnvironmentStrings_U(nullptr, &source, &destination, &length);
  return status == STATUS_BUFFER_TOO_SMALL || Check(status) ? length / 2 : 0;
}

/// Sets the filter of unhandled exceptions; returns the one before.
PVOID SetUnhandledExceptionFilter(PVOID TopLevelExceptionFilter) {
  return std::exchange(CurrentProcess().unhandled_filter, TopLevelExceptionFilter);
}

/// What the system does with an unhandled exception: asks the process's filter, then lets the handler end the process.
LONG UnhandledExceptionFilter(PEXCEPTION_POINTERS ExceptionInfo) {
  PVOID const filter = CurrentProcess().unhandled_filter;
  return filter ? nt::ke::Callout<LONG>(filter, ExceptionInfo) : 1;
}

/// Raises an exception in the caller.
VOID RaiseException(DWORD ExceptionCode, DWORD ExceptionFlags, DWORD NumberOfArguments, const ULONG_PTR* Arguments) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = static_cast<NTSTATUS>(ExceptionCode);
  record.ExceptionFlags = ExceptionFlags & EXCEPTION_NONCONTINUABLE;
  record.ExceptionAddress = const_cast<PVOID>(nt::ke::CallerAddress());
  record.NumberParameters = Arguments ? std::min<DWORD>(NumberOfArguments, EXCEPTION_MAXIMUM_PARAMETERS) : 0;
  std::copy_n(Arguments, record.NumberParameters, record.ExceptionInformation);
  RtlRaiseException(&record);
}

/// Hides a pointer's value from corruption. Null keeps no meaning of its own: it is encoded too.
PVOID EncodePointer(PVOID Pointer) {
  return reinterpret_cast<PVOID>(reinterpret_cast<ULONG_PTR>(Pointer) ^ CurrentProcess().pointer_cookie);
}

/// Undoes EncodePointer.
PVOID DecodePointer(PVOID Pointer) { return EncodePointer(Pointer); }

/// Shows text to whoever debugs the machine.
VOID OutputDebugStringA(LPCSTR OutputString) {
  if (OutputString) nt::ke::DebugOutput(OutputString, std::strlen(OutputString));
}

/// Shows text to whoever debugs the machine.
VOID OutputDebugStringW(LPCWSTR OutputString) {
  std::u16string_view text = OutputString ? OutputString : u"";
  char bytes[512];
  while (!text.empty()) {
    const SIZE_T part = std::min<SIZE_T>(text.size(), sizeof bytes / 4);
    nt::ke::DebugOutput(bytes, ToMultiByte(kUtf8, text.substr(0, part), bytes, sizeof bytes));
    text.remove_prefix(part);
  }
}

/// Stops in the debugger.
VOID DebugBreak() { RaiseException(0x80000003, 0, 0, nullptr); }

}  // extern "C"
