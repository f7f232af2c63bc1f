// The machine's processes and threads, as a snapshot.
#include "kernel/ke/scheduler.h"
#include "kernel/machine/state.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/ps.h"
#include "kernel/ps/state.h"
#include "kernel/rtl/utf8.h"

namespace ringlet {
namespace {

std::string StateName(UCHAR state) {
  static constexpr const char* kNames[] = {"initialized", "ready",      "running",        "standby",  "terminated",
                                           "waiting",     "transition", "deferred ready", "gate wait"};
  return state < std::size(kNames) ? kNames[state] : std::to_string(state);
}

/// The reasons that come from drivers and services, without the Wr that says the same of the executive.
std::string ReasonName(KWAIT_REASON reason) {
  switch (reason) {
    case Executive:
    case WrExecutive:
      return "executive";
    case UserRequest:
    case WrUserRequest:
      return "user request";
    case DelayExecution:
    case WrDelayExecution:
      return "delay";
    case Suspended:
    case WrSuspended:
      return "suspended";
    case WrQueue:
      return "queue";
    case WrAlertByThreadId:
      return "alert by id";
    case WrKeyedEvent:
      return "keyed event";
    case WrResource:
      return "resource";
    case WrPushLock:
      return "push lock";
    case WrFastMutex:
      return "fast mutex";
    case WrGuardedMutex:
      return "guarded mutex";
    case WrMutex:
      return "mutex";
    case WrRundown:
      return "rundown";
    default:
      return "reason " + std::to_string(static_cast<int>(reason));
  }
}

ThreadInfo Describe(nt::ke::Thread* thread) {
  ThreadInfo info;
  info.id = reinterpret_cast<std::uint64_t>(thread->Cid.UniqueThread);
  const UCHAR state = KthreadState(&thread->Tcb);
  info.state = StateName(state);
  if (state == Waiting) info.wait_reason = ReasonName(thread->host.wait_reason);
  info.priority = KthreadPriority(&thread->Tcb);
  info.base_priority = thread->Tcb.BasePriority;
  info.processor = thread->host.processor;
  info.kernel_time = thread->host.kernel_time;
  info.user_time = thread->host.user_time;
  info.context_switches = thread->host.context_switches;
  return info;
}

}  // namespace

std::string ImageNameOf(PEPROCESS of) {
  const nt::ps::Process* const process = nt::ps::ProcessOf(of);
  const std::u16string_view path(process->host.image_path, process->host.image_path_length / sizeof(WCHAR));
  std::string name = nt::rtl::Utf8(path.substr(path.rfind(u'\\') + 1));
  if (!name.empty()) return name;
  for (const CHAR c : process->ImageFileName) {
    if (c == 0) break;
    name += c;
  }
  return name;
}

std::vector<ProcessInfo> Machine::Processes() const {
  std::vector<ProcessInfo> processes;
  if (bugcheck() != nullptr) return processes;
  for (PEPROCESS each : nt::ps::Processes()) {
    nt::ps::Process* const process = nt::ps::ProcessOf(each);
    ProcessInfo info;
    info.id = reinterpret_cast<std::uint64_t>(process->UniqueProcessId);
    info.parent = reinterpret_cast<std::uint64_t>(process->InheritedFromUniqueProcessId);
    info.name = ImageNameOf(process);
    info.handles = nt::ob::HandleCount(process);
    for (PETHREAD thread : nt::ps::Threads(process)) info.threads.push_back(Describe(static_cast<nt::ke::Thread*>(thread)));
    processes.push_back(std::move(info));
  }
  return processes;
}

}  // namespace ringlet
