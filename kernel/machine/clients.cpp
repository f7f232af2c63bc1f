// Clients that run while the machine's owner does other things.
#include "kernel/hal/hal.h"
#include "kernel/io/io.h"
#include "kernel/machine/state.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/ps.h"
#include "nt/status.h"

extern "C" {
NTSTATUS NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);
}

namespace ringlet {
namespace {

constexpr ULONG kMostWaitedFor = 64;
constexpr NTSTATUS kControlCExit = static_cast<NTSTATUS>(0xC000013A);

}  // namespace

RunResult Machine::Start(const std::string& path, const std::vector<std::string>& arguments, const Console& console,
                         std::uint64_t* process) {
  const int descriptors[3] = {console.input, console.output, console.error};
  const std::uint32_t number = nt::io::AddConsole(descriptors);
  *process = 0;
  const RunResult result = state_->Create(path, arguments, number, [&](PEPROCESS created, RunResult&) {
    *process = reinterpret_cast<std::uint64_t>(created->UniqueProcessId);
    state_->clients[*process] = {created, number};
  });
  if (*process == 0) nt::io::RemoveConsole(number);
  return result;
}

std::optional<std::uint32_t> Machine::Ended(std::uint64_t process) {
  const auto found = state_->clients.find(process);
  if (found == state_->clients.end() || bugcheck() != nullptr) return {};
  const State::Client client = found->second;
  std::optional<std::uint32_t> code;
  state_->Run([&] {
    LARGE_INTEGER now{};
    if (KeWaitForSingleObject(client.process, UserRequest, KernelMode, FALSE, &now) != STATUS_SUCCESS) return;
    code = static_cast<std::uint32_t>(client.process->ExitStatus);
    nt::io::RemoveConsole(client.console);
    ObfDereferenceObject(client.process);
  });
  if (code) state_->clients.erase(process);
  return code;
}

void Machine::Terminate(std::uint64_t process) {
  const auto found = state_->clients.find(process);
  if (found == state_->clients.end()) return;
  state_->Run([&] {
    nt::io::RemoveConsole(found->second.console);
    HANDLE handle = nullptr;
    if (!NT_SUCCESS(ObOpenObjectByPointer(found->second.process, OBJ_KERNEL_HANDLE, nullptr, 1, nullptr, KernelMode, &handle))) return;
    NtTerminateProcess(handle, kControlCExit);
    NtClose(handle);
  });
}

Outcome Machine::Wait(int descriptor, unsigned milliseconds) {
  return state_->Run([&] {
    KEVENT readable;
    KeInitializeEvent(&readable, NotificationEvent, FALSE);
    PVOID objects[kMostWaitedFor] = {&readable};
    KWAIT_BLOCK blocks[kMostWaitedFor];
    ULONG count = 1;
    for (const auto& [id, client] : state_->clients) {
      if (count < kMostWaitedFor) objects[count++] = client.process;
    }
    const auto on_ready = [](void* event) { KeSetEvent(static_cast<PKEVENT>(event), 0, FALSE); };
    if (descriptor >= 0) nt::hal::WatchDescriptor(descriptor, on_ready, &readable);
    LARGE_INTEGER timeout;
    timeout.QuadPart = -10'000ll * milliseconds;
    KeWaitForMultipleObjects(count, objects, WaitAny, UserRequest, KernelMode, FALSE, &timeout, blocks);
    if (descriptor >= 0) nt::hal::UnwatchDescriptor(descriptor);
  });
}

}  // namespace ringlet
