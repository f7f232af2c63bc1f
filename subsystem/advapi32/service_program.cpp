// Services that are programs, as the service manager sees them: it starts them and sends them controls.
#include <cstring>

#include "subsystem/advapi32/service.h"
#include "subsystem/kernel32/startup_info.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
HANDLE CreateEventW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState, LPCWSTR Name);
HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES Attributes, BOOL InitialOwner, LPCWSTR Name);
BOOL ReleaseMutex(HANDLE Mutex);
BOOL SetEvent(HANDLE Event);
BOOL ResetEvent(HANDLE Event);
DWORD WaitForSingleObject(HANDLE Handle, DWORD Milliseconds);
DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAllObjects, DWORD Milliseconds);
HANDLE OpenProcess(DWORD DesiredAccess, BOOL InheritHandle, DWORD ProcessId);
BOOL TerminateProcess(HANDLE Process, DWORD ExitCode);
DWORD ResumeThread(HANDLE Thread);
BOOL CreateProcessW(LPCWSTR ApplicationName, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessAttributes,
                    LPSECURITY_ATTRIBUTES ThreadAttributes, BOOL InheritHandles, DWORD CreationFlags, PVOID Environment,
                    LPCWSTR CurrentDirectory, PVOID Startup, PVOID Information);
DWORD ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Destination, DWORD Size);
}

namespace {

constexpr DWORD kPatience = 30'000;  // milliseconds, as the manager has
constexpr DWORD kSynchronize = 0x100000;
constexpr DWORD kSuspended = 4, kDetached = 8;
constexpr DWORD kTimedOut = 1053;  // ERROR_SERVICE_REQUEST_TIMEOUT
constexpr ULONG kLongestLine = 4096;

/// PROCESS_INFORMATION.
struct Started {
  HANDLE process, thread;
  DWORD process_id, thread_id;
};

/// A handle that closes itself.
class Handle {
 public:
  explicit Handle(HANDLE handle) : handle_(handle) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (handle_) sys::NtClose(handle_);
  }
  operator HANDLE() const { return handle_; }  // NOLINT: it is one

 private:
  HANDLE handle_;
};

/// The command line of a service, from the process heap; null if there is none.
LPWSTR CommandLineOf(PCWSTR name) {
  HANDLE key = nullptr;
  if (OpenServiceKey(name, KEY_QUERY_VALUE, &key)) return nullptr;
  auto* const stored = Allocate<WCHAR>(kLongestLine);
  auto* const line = Allocate<WCHAR>(kLongestLine);
  ULONG size = (kLongestLine - 1) * sizeof(WCHAR);
  const bool found = stored && line && !QueryValue(key, u"ImagePath", nullptr, stored, &size);
  const bool expanded = found && ExpandEnvironmentStringsW(stored, line, kLongestLine) - 1 < kLongestLine;
  sys::NtClose(key);
  Free(stored);
  if (expanded) return line;
  Free(line);
  return nullptr;
}

/// Makes the process, which does not run yet. An error of CreateProcess.
LONG MakeProcess(PCWSTR name, Started* started) {
  LPWSTR const line = CommandLineOf(name);
  if (!line) return ERROR_FILE_NOT_FOUND;
  StartupInfo startup{};
  startup.cb = sizeof startup;
  const BOOL made = CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, kSuspended | kDetached, nullptr, nullptr, &startup, started);
  Free(line);
  return made ? ERROR_SUCCESS : static_cast<LONG>(CurrentTeb()->LastErrorValue);
}

/// What ServiceMain gets after the service's name: text behind text, each with its zero.
void KeepArguments(PCWSTR name, DWORD count, const LPCWSTR* arguments) {
  auto* const block = Allocate<WCHAR>(kLongestLine);
  if (!block) return;
  SIZE_T used = 0;
  for (DWORD i = 0; i < count; i++) {
    const std::u16string_view argument(arguments[i]);
    if (used + argument.size() + 1 > kLongestLine) break;
    std::memcpy(block + used, argument.data(), argument.size() * sizeof(WCHAR));
    used += argument.size() + 1;
  }
  Keep(name, u"Arguments", block, static_cast<ULONG>(used * sizeof(WCHAR)));
  Free(block);
}

/// By which a program that asks for its work finds the service that it was started for.
void NameProcess(DWORD process_id, PCWSTR name) {
  WCHAR digits[12];
  ProcessValue(process_id, digits);
  Keep(u"", digits, name, static_cast<ULONG>((std::u16string_view(name).size() + 1) * sizeof(WCHAR)));
}

/// The bit of dwControlsAccepted that a control needs; ~0 for one that nobody may send.
DWORD NeededFor(DWORD control) {
  constexpr DWORD kStop = 1, kPauseContinue = 2, kParameters = 8, kNetwork = 0x10;
  if (control == 1) return kStop;
  if (control == 2 || control == 3) return kPauseContinue;
  if (control == 4 || (control >= 128 && control <= 255)) return 0;
  if (control == 6) return kParameters;
  return control >= 7 && control <= 10 ? kNetwork : ~DWORD{0};
}

}  // namespace

namespace nt::win32 {

void ProcessValue(DWORD process_id, WCHAR (&digits)[12]) {
  SIZE_T length = 0;
  for (DWORD rest = process_id; rest || !length; rest /= 10) digits[length++] = static_cast<WCHAR>(u'0' + rest % 10);
  digits[length] = 0;
}

HANDLE ServiceEvent(PCWSTR service, PCWSTR what) {
  PathBuffer name;
  name.Append(u"Global\\Service");
  name.Append(what);
  name.Append(u"_");
  name.Append(service);
  name.text[name.length] = 0;
  return CreateEventW(nullptr, FALSE, FALSE, name.text);
}

bool ProcessLives(DWORD process_id) {
  const Handle process(OpenProcess(kSynchronize, FALSE, process_id));
  return process && WaitForSingleObject(process, 0) != 0;
}

LONG StartProgram(PCWSTR name, ULONG type, DWORD count, const LPCWSTR* arguments) {
  const Handle connected(ServiceEvent(name, u"Connected"));
  ServiceStatus status{type, kStartPending, 0, 0, 0, 0, 2000, 0, 0};
  Started started{};
  LONG error = MakeProcess(name, &started);
  if (!error) {
    const Handle process(started.process), thread(started.thread);
    status.dwProcessId = started.process_id;
    KeepStatus(name, status);
    KeepArguments(name, count, arguments);
    NameProcess(started.process_id, name);
    ResumeThread(thread);
    const HANDLE either[2] = {connected, process};
    if (WaitForMultipleObjects(2, either, FALSE, kPatience) == 0) return ERROR_SUCCESS;
    TerminateProcess(process, kTimedOut);
    error = kTimedOut;
  }
  KeepStatus(name, {type, kStopped, 0, static_cast<DWORD>(error), 0, 0, 0, 0, 0});
  return error;
}

LONG ControlProgram(PCWSTR name, DWORD control, const ServiceStatus& status) {
  const DWORD needed = NeededFor(control);
  if (needed == ~DWORD{0}) return ERROR_INVALID_PARAMETER;
  if (status.dwCurrentState == kStopped) return ERROR_SERVICE_NOT_ACTIVE;
  if (status.dwCurrentState == kStartPending || (status.dwCurrentState == kStopPending && control != 4))
    return ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
  if ((status.dwControlsAccepted & needed) != needed) return ERROR_INVALID_SERVICE_CONTROL;
  const Handle process(OpenProcess(kSynchronize, FALSE, status.dwProcessId));
  const Handle turn(CreateMutexW(nullptr, FALSE, u"Global\\ServiceControlTurn")), sent(ServiceEvent(name, u"Control")),
      answered(ServiceEvent(name, u"Answer"));
  if (!process || !turn || !sent || !answered) return ERROR_NOT_ENOUGH_MEMORY;
  WaitForSingleObject(turn, kPatience);
  Keep(name, u"Control", &control, sizeof control);
  ResetEvent(answered);
  SetEvent(sent);
  const HANDLE either[2] = {answered, process};
  LONG answer = kTimedOut;
  ULONG size = sizeof answer;
  const DWORD which = WaitForMultipleObjects(2, either, FALSE, kPatience);
  if (which == 0) Kept(name, u"Answer", &answer, &size);
  if (which == 1) answer = ERROR_SERVICE_NOT_ACTIVE;
  ReleaseMutex(turn);
  return answer;
}

}  // namespace nt::win32
