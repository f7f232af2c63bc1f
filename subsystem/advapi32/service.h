// The service control manager: what its files share.
#pragma once

#include "subsystem/advapi32/registry.h"

using SC_HANDLE = PVOID;

namespace nt::win32 {

/// SERVICE_STATUS, and with its last two members SERVICE_STATUS_PROCESS (winsvc.h).
struct ServiceStatus {
  DWORD dwServiceType, dwCurrentState, dwControlsAccepted, dwWin32ExitCode, dwServiceSpecificExitCode, dwCheckPoint, dwWaitHint;
  DWORD dwProcessId, dwServiceFlags;  ///< only in SERVICE_STATUS_PROCESS
};
NT_SIZE(ServiceStatus, 36);
constexpr ULONG kShortStatus = 28;

/// The state of a service. ERROR_SERVICE_DOES_NOT_EXIST.
LONG FillStatus(PCWSTR name, ServiceStatus* status);
/// What the manager remembers of a service's last start and stop; false if it was not started since boot.
bool KeptStatus(PCWSTR name, ServiceStatus* status);
void KeepStatus(PCWSTR name, const ServiceStatus& status);
void ForgetStatus(PCWSTR name);
/// Whether a handle is the manager's, and was opened with SC_MANAGER_ENUMERATE_SERVICE; else an error is set.
bool MayEnumerate(SC_HANDLE manager);

}  // namespace nt::win32
