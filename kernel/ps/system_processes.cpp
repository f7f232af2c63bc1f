// The processes that every NT machine has besides System. They stand where programs and drivers look for them, each with a thread that
// waits; their work is done elsewhere, or not at all.
#include "kernel/ps/system_processes.h"

#include <cstring>
#include <iterator>

#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/state.h"
#include "nt/status.h"

namespace nt::ps {
namespace {

/// Whose child a process is: another of the table, System, or a copy of smss.exe that ended when its session stood.
constexpr int kSystem = -1, kEndedSessionManager = -2;

struct Description {
  const char* name;
  int parent;
  ULONG session;
  KPRIORITY priority;
  UCHAR protection;
  bool critical;
};

constexpr Description kProcesses[] = {
    {"Registry", kSystem, 0, 8, kProtectedSystem, false},
    {"smss.exe", kSystem, 0, 11, kProtectedLightTcb, true},
    {"csrss.exe", kEndedSessionManager, 0, 13, kProtectedLightTcb, true},
    {"wininit.exe", kEndedSessionManager, 0, 13, kProtectedLightTcb, true},
    {"csrss.exe", kEndedSessionManager, 1, 13, kProtectedLightTcb, true},
    {"winlogon.exe", kEndedSessionManager, 1, 13, 0, false},
    {"services.exe", 3, 0, 9, kProtectedLightTcb, true},
    {"lsass.exe", 3, 0, 9, 0, false},
};
constexpr SIZE_T kSessions = 2;

void Wait(void*) {
  KEVENT never;
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  while (ke::KiThread->host.terminating == 0) KeWaitForSingleObject(&never, UserRequest, UserMode, FALSE, nullptr);
  ExitThread(ke::KiThread->host.exit_status);
}

void Start(Process* process, const Description& description) {
  process->host.session = description.session;
  process->host.base_priority = description.priority;
  process->Protection = description.protection;
  SecureByProcess(process, process);
  if (description.critical) process->Flags |= kBreakOnTermination;
  const std::string_view name = description.name;
  if (name.ends_with(".exe")) {
    SetImageName(process, u"\\??\\C:\\Windows\\System32\\" + std::u16string(name.begin(), name.end()));
  } else {
    std::memcpy(process->ImageFileName, name.data(), name.size());
  }
  ke::Thread* thread = nullptr;
  if (!NT_SUCCESS(CreateThreadObject(process, description.priority, &Wait, nullptr, &thread))) return;
  ke::ReadyThread(thread);
}

}  // namespace

void MakeSystemProcesses() {
  Process* made[std::size(kProcesses)] = {};
  HANDLE ended[kSessions];
  for (HANDLE& id : ended) id = Ps().cids.Reserve();
  for (SIZE_T i = 0; i < std::size(kProcesses); ++i) {
    const Description& description = kProcesses[i];
    PEPROCESS const parent = description.parent >= 0 ? made[description.parent] : PsInitialSystemProcess;
    if (!NT_SUCCESS(CreateProcessObject(parent, false, &made[i]))) return;
    if (description.parent == kEndedSessionManager) made[i]->InheritedFromUniqueProcessId = ended[description.session];
    Start(made[i], description);
  }
}

}  // namespace nt::ps
