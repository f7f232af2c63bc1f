// The service control manager: what its files share.
#pragma once

#include "subsystem/advapi32/registry.h"

using SC_HANDLE = PVOID;

namespace nt::win32 {

constexpr ULONG kMaxServiceName = 256;

/// States of a service (winsvc.h).
constexpr ULONG kStopped = 1, kStartPending = 2, kStopPending = 3, kRunning = 4, kPaused = 7;
/// Types: drivers, and programs with one service or many.
constexpr ULONG kKernelDriver = 1, kFileSystemDriver = 2, kProgram = 0x30;

/// SERVICE_STATUS, and with its last two members SERVICE_STATUS_PROCESS (winsvc.h).
struct ServiceStatus {
  DWORD dwServiceType, dwCurrentState, dwControlsAccepted, dwWin32ExitCode, dwServiceSpecificExitCode, dwCheckPoint, dwWaitHint;
  DWORD dwProcessId, dwServiceFlags;  ///< only in SERVICE_STATUS_PROCESS
};
NT_SIZE(ServiceStatus, 36);
constexpr ULONG kShortStatus = 28;

/// The state of a service. ERROR_SERVICE_DOES_NOT_EXIST.
LONG FillStatus(PCWSTR name, ServiceStatus* status);
/// Whether a handle is the manager's, and was opened with SC_MANAGER_ENUMERATE_SERVICE; else an error is set.
bool MayEnumerate(SC_HANDLE manager);
/// The service that a handle with this access is of, or null with an error set.
PCWSTR ServiceNameOf(SC_HANDLE service, ACCESS_MASK access);
/// Opens a service's key; the caller closes it. ERROR_SERVICE_DOES_NOT_EXIST.
LONG OpenServiceKey(PCWSTR name, ACCESS_MASK access, HANDLE* key);

// What the manager remembers until the next boot: of a service its status ("") and, if it is a program, what is on its way to it.

bool Kept(PCWSTR service, PCWSTR what, void* data, ULONG* size);
void Keep(PCWSTR service, PCWSTR what, const void* data, ULONG size);
void Forget(PCWSTR service, PCWSTR what);
/// False if the service was not started since boot.
bool KeptStatus(PCWSTR name, ServiceStatus* status);
void KeepStatus(PCWSTR name, const ServiceStatus& status);

// Services that are programs: the manager's side. The program's is in service_dispatcher.cpp.

/// Starts the program and waits until it asks for its work. An error as StartService has it.
LONG StartProgram(PCWSTR name, ULONG type, DWORD count, const LPCWSTR* arguments);
/// Sends a control to the program, and waits until it has seen it. An error as ControlService has it.
LONG ControlProgram(PCWSTR name, DWORD control, const ServiceStatus& status);
/// Whether the process that a status names still lives.
bool ProcessLives(DWORD process_id);

/// The value that names the service which a process was started for.
void ProcessValue(DWORD process_id, WCHAR (&digits)[12]);
/// An event by which the manager and a program speak: "Control" (a control is on its way), "Answer", "Connected".
HANDLE ServiceEvent(PCWSTR service, PCWSTR what);

}  // namespace nt::win32
