// Services that are programs, as they see the service manager: they ask it for their work, tell their state, and get its controls.
#include <cstring>

#include "kernel/api/api.h"
#include "subsystem/advapi32/service.h"

using namespace nt::win32;
namespace sys = nt::sys;

/// The service that a process runs. A SERVICE_STATUS_HANDLE points to it.
struct RunningService {
  ULONG tag;
  bool wide;      ///< how ServiceMain wants its arguments
  bool extended;  ///< the handler is a LPHANDLER_FUNCTION_EX
  DWORD type;
  PVOID main;
  PVOID handler;
  PVOID context;
  HANDLE stopped;  ///< set when the service says that it is
  WCHAR name[kMaxServiceName + 1];
};

extern "C" {
BOOL SetEvent(HANDLE Event);
HANDLE CreateEventW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState, LPCWSTR Name);
DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAllObjects, DWORD Milliseconds);
HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize, LPTHREAD_START_ROUTINE StartAddress, LPVOID Parameter,
                    DWORD CreationFlags, LPDWORD ThreadId);
VOID AdvapipServiceMain(PVOID Service);
}

namespace {

constexpr ULONG kRunningTag = 0x52535352;
constexpr DWORD kInvalidData = 13, kNoConnection = 1063, kNotInThisProgram = 1083;
constexpr ULONG kMostArguments = 64, kArgumentBytes = 8192;

/// SERVICE_TABLE_ENTRY.
struct TableEntry {
  PVOID name;
  PVOID main;
};

RunningService* TheService() { return static_cast<RunningService*>(CurrentProcess().service); }

DWORD CurrentProcessId() { return static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(CurrentTeb()->ClientId.UniqueProcess)); }

/// The service that the manager started this process for; null if it did not.
RunningService* Connect(const TableEntry* table, bool wide) {
  auto* const service = Allocate<RunningService>();
  if (!service) return nullptr;
  WCHAR digits[12];
  ProcessValue(CurrentProcessId(), digits);
  ULONG size = sizeof service->name - sizeof(WCHAR);
  ServiceStatus status{};
  if (!Kept(u"", digits, service->name, &size) || !KeptStatus(service->name, &status)) return Free(service), nullptr;
  Forget(u"", digits);
  service->tag = kRunningTag;
  service->wide = wide;
  service->type = status.dwServiceType;
  service->main = table->main;
  service->stopped = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  return service;
}

/// Shows the service a control. What ControlService fails with, or 0.
DWORD Handle(const RunningService& service, DWORD control) {
  if (!service.handler) return ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
  if (service.extended) return nt::ke::Callout<DWORD>(service.handler, control, DWORD{0}, PVOID{nullptr}, service.context);
  nt::ke::Callout<void>(service.handler, control);
  return 0;
}

/// Until the service has stopped.
void Dispatch(RunningService* service, HANDLE control_sent, HANDLE answered) {
  const HANDLE either[2] = {control_sent, service->stopped};
  while (WaitForMultipleObjects(2, either, FALSE, INFINITE) == 0) {
    DWORD control = 0;
    ULONG size = sizeof control;
    if (!Kept(service->name, u"Control", &control, &size)) continue;
    const DWORD answer = Handle(*service, control);
    Keep(service->name, u"Answer", &answer, sizeof answer);
    SetEvent(answered);
  }
}

BOOL Run(const TableEntry* table, bool wide) {
  if (!table || !table->main) return Fail(kInvalidData);
  if (TheService()) return Fail(ERROR_SERVICE_ALREADY_RUNNING);
  RunningService* const service = Connect(table, wide);
  if (!service) return Fail(kNoConnection);
  CurrentProcess().service = service;
  HANDLE const control_sent = ServiceEvent(service->name, u"Control"), answered = ServiceEvent(service->name, u"Answer"),
               connected = ServiceEvent(service->name, u"Connected");
  SetEvent(connected);
  sys::NtClose(connected);
  const auto start = reinterpret_cast<LPTHREAD_START_ROUTINE>(nt::api::AddressOf(*nt::api::Find("advapi32.dll", "AdvapipServiceMain")));
  HANDLE const thread = CreateThread(nullptr, 0, start, service, 0, nullptr);
  if (thread) {
    Dispatch(service, control_sent, answered);
    sys::NtClose(thread);
  }
  sys::NtClose(control_sent);
  sys::NtClose(answered);
  return TRUE;
}

PVOID Register(PVOID handler, bool extended, PVOID context) {
  RunningService* const service = TheService();
  if (!service) return Fail(kNotInThisProgram), nullptr;
  if (!handler) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  service->extended = extended;
  service->context = context;
  service->handler = handler;
  return service;
}

/// The name and what StartService was given, as ServiceMain wants it; all in one block.
DWORD MakeArguments(const RunningService& service, PVOID (&arguments)[kMostArguments], WCHAR* text) {
  SIZE_T used = std::u16string_view(service.name).size() + 1;
  std::memcpy(text, service.name, used * sizeof(WCHAR));
  ULONG size = static_cast<ULONG>(kArgumentBytes - used * sizeof(WCHAR));
  if (!Kept(service.name, u"Arguments", text + used, &size)) size = 0;
  const SIZE_T end = used + size / sizeof(WCHAR);
  DWORD count = 0;
  for (SIZE_T at = 0; at < end && count < kMostArguments - 1; count++) {
    const SIZE_T length = std::u16string_view(text + at).size();
    auto* const narrow = reinterpret_cast<char*>(text + at);
    // In place: a character's byte is never behind the character.
    for (SIZE_T i = 0; !service.wide && i <= length; i++) narrow[i] = static_cast<char>(text[at + i]);
    arguments[count] = text + at;
    at += length + 1;
  }
  return count;
}

}  // namespace

extern "C" {

/// Connects a program to the service manager, runs its service, and returns when that has stopped. Partial: a program has one service.
BOOL StartServiceCtrlDispatcherW(PVOID ServiceStartTable) { return Run(static_cast<const TableEntry*>(ServiceStartTable), true); }

/// Connects a program to the service manager, runs its service, and returns when that has stopped. Partial: a program has one service.
BOOL StartServiceCtrlDispatcherA(PVOID ServiceStartTable) { return Run(static_cast<const TableEntry*>(ServiceStartTable), false); }

/// The thread of a service: calls its ServiceMain.
VOID AdvapipServiceMain(PVOID Service) {
  const auto& service = *static_cast<const RunningService*>(Service);
  PVOID arguments[kMostArguments] = {};
  auto* const text = Allocate<WCHAR>(kArgumentBytes / sizeof(WCHAR) + 1);
  const DWORD count = text ? MakeArguments(service, arguments, text) : 0;
  nt::ke::Callout<void>(service.main, count, static_cast<PVOID*>(arguments));
  Free(text);
}

/// Says which routine gets the service's controls.
PVOID RegisterServiceCtrlHandlerW([[maybe_unused]] LPCWSTR ServiceName, PVOID HandlerProc) { return Register(HandlerProc, false, nullptr); }

/// Says which routine gets the service's controls.
PVOID RegisterServiceCtrlHandlerA([[maybe_unused]] LPCSTR ServiceName, PVOID HandlerProc) { return Register(HandlerProc, false, nullptr); }

/// Says which routine gets the service's controls, with a context; what it returns is what ControlService fails with.
PVOID RegisterServiceCtrlHandlerExW([[maybe_unused]] LPCWSTR ServiceName, PVOID HandlerProc, PVOID Context) {
  return Register(HandlerProc, true, Context);
}

/// Says which routine gets the service's controls, with a context; what it returns is what ControlService fails with.
PVOID RegisterServiceCtrlHandlerExA([[maybe_unused]] LPCSTR ServiceName, PVOID HandlerProc, PVOID Context) {
  return Register(HandlerProc, true, Context);
}

/// Tells the manager the service's state. One that has stopped lets StartServiceCtrlDispatcher return.
BOOL SetServiceStatus(PVOID ServiceStatusHandle, PVOID Status) {
  const auto* const service = static_cast<const RunningService*>(ServiceStatusHandle);
  if (!service || service != TheService() || service->tag != kRunningTag) return Fail(ERROR_INVALID_HANDLE);
  ServiceStatus status{};
  std::memcpy(&status, Status, kShortStatus);
  if (status.dwCurrentState < kStopped || status.dwCurrentState > kPaused || !(status.dwServiceType & kProgram)) return Fail(kInvalidData);
  status.dwServiceType = service->type;
  status.dwProcessId = status.dwCurrentState == kStopped ? 0 : CurrentProcessId();
  KeepStatus(service->name, status);
  if (status.dwCurrentState == kStopped) SetEvent(service->stopped);
  return TRUE;
}

}  // extern "C"
