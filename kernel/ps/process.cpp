// Processes: the System process, clients' processes, and their end.
#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "kernel/ex/ex.h"
#include "kernel/hal/host_file.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/process_data.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/image.h"
#include "kernel/ps/job.h"
#include "kernel/ps/priority.h"
#include "kernel/ps/state.h"
#include "kernel/ps/system_processes.h"
#include "nt/pe.h"
#include "nt/status.h"

PEPROCESS PsInitialSystemProcess = nullptr;

extern "C" {
VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState);
VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState);
}

namespace nt::ps {
namespace {

constexpr ULONG kProcessTag = 'corP';
constexpr ULONG kUserSession = 1;  ///< where the machine's owner works
State* state = nullptr;
PVOID (*make_token)(PEPROCESS creator, bool first) = nullptr;
void (*open_console)(HANDLE handles[3]) = nullptr;

void InitializeProcess(Process* process) {
  KPROCESS& pcb = process->Pcb;
  pcb.Header.Type = ProcessObject;
  pcb.Header.WaitListHead.Flink = pcb.Header.WaitListHead.Blink = &pcb.Header.WaitListHead;
  pcb.ThreadListHead.Flink = pcb.ThreadListHead.Blink = &pcb.ThreadListHead;
  pcb.Affinity = (KAFFINITY{1} << ke::ProcessorCount()) - 1;
  process->ThreadListHead.Flink = process->ThreadListHead.Blink = &process->ThreadListHead;
  process->ExitStatus = STATUS_PENDING;
  process->CreateTime.QuadPart = ke::SystemTime();
  process->PriorityClass = 2;  // normal
  process->host.base_priority = 8;
  process->host.working_set_minimum = 50 * PAGE_SIZE;
  process->host.working_set_maximum = 345 * PAGE_SIZE;
  process->host.hard_error_mode = 1;
  process->host.io_priority = 2;    // normal
  process->host.page_priority = 5;  // normal
}

void LinkProcess(Process* process) {
  LIST_ENTRY* const before = PsInitialSystemProcess != nullptr ? &PsInitialSystemProcess->ActiveProcessLinks : nullptr;
  LIST_ENTRY& link = process->ActiveProcessLinks;
  if (before == nullptr) {
    link.Flink = link.Blink = &link;
  } else {
    link.Flink = before;
    link.Blink = before->Blink;
    before->Blink->Flink = &link;
    before->Blink = &link;
  }
  Ps().processes.push_back(process);
}

/// A bump allocator over one committed run of the new process's memory.
class ParameterBlock {
 public:
  ParameterBlock(mm::AddressSpace* space, SIZE_T size) {
    ULONG_PTR base = 0;
    if (NT_SUCCESS(space->Allocate(&base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))) {
      at_ = base;
      end_ = base + size;
    }
  }
  bool valid() const { return at_ != 0; }
  void* Take(SIZE_T size) {
    const ULONG_PTR taken = at_;
    at_ += (size + 15) & ~SIZE_T{15};
    return at_ <= end_ ? reinterpret_cast<void*>(taken) : nullptr;
  }
  UNICODE_STRING String(std::u16string_view text) {
    const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
    auto* const buffer = static_cast<WCHAR*>(Take(bytes + sizeof(WCHAR)));
    std::memcpy(buffer, text.data(), bytes);
    return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
  }

 private:
  ULONG_PTR at_ = 0;
  ULONG_PTR end_ = 0;
};

SIZE_T EnvironmentSize(const ProcessParameters& parameters) {
  SIZE_T characters = 1;
  for (const std::u16string& variable : parameters.environment) characters += variable.size() + 1;
  return std::max<SIZE_T>(characters + 1, 2) * sizeof(WCHAR);
}

constexpr ULONG kUseStandardHandles = 0x100;  // STARTF_USESTDHANDLES

/// The new process's handles of its standard streams: its creator's choice or copies of its creator's own, or else the console.
void MakeStandardHandles(Process* process, const RTL_USER_PROCESS_PARAMETERS* handed_on, HANDLE handles[3]) {
  if (handed_on != nullptr) {
    const HANDLE given[3] = {handed_on->StandardInput, handed_on->StandardOutput, handed_on->StandardError};
    const bool chosen = (handed_on->WindowFlags & kUseStandardHandles) != 0;
    for (int i = 0; i < 3; ++i) handles[i] = chosen ? given[i] : ob::CopyHandle(ke::CurrentProcess(), given[i], process);
    return;
  }
  if (open_console == nullptr) return;
  KAPC_STATE attached;
  KeStackAttachProcess(&process->Pcb, &attached);
  open_console(handles);
  KeUnstackDetachProcess(&attached);
}

/// A path as programs write it.
std::u16string_view DosPath(std::u16string_view path) {
  constexpr std::u16string_view kDosDevices = u"\\??\\";
  return path.starts_with(kDosDevices) ? path.substr(kDosDevices.size()) : path;
}

NTSTATUS MakePeb(Process* process, const ProcessParameters& parameters, const ldr::Image& image) {
  const SIZE_T strings = (parameters.image_path.size() + parameters.command_line.size() + parameters.current_directory.size() +
                          parameters.desktop.size() + parameters.title.size() + 256) *
                         4;
  ParameterBlock block(process->host.space, sizeof(PEB) + sizeof(RTL_USER_PROCESS_PARAMETERS) + sizeof(PEB_LDR_DATA) + strings +
                                                EnvironmentSize(parameters) + PAGE_SIZE);
  if (!block.valid()) return STATUS_NO_MEMORY;
  auto* const peb = static_cast<PEB*>(block.Take(sizeof(PEB)));
  auto* const user = static_cast<RTL_USER_PROCESS_PARAMETERS*>(block.Take(sizeof(RTL_USER_PROCESS_PARAMETERS)));
  user->MaximumLength = user->Length = sizeof *user;
  user->Flags = 1;  // normalized
  HANDLE handles[3] = {};
  MakeStandardHandles(process, parameters.handed_on, handles);
  user->StandardInput = handles[0];
  user->StandardOutput = handles[1];
  user->StandardError = handles[2];
  user->CurrentDirectory.DosPath = block.String(parameters.current_directory);
  const std::u16string_view image_path = DosPath(parameters.image_path);
  user->ImagePathName = block.String(image_path);
  user->CommandLine = block.String(parameters.command_line);
  user->DesktopInfo = block.String(parameters.desktop.empty() ? u"Winsta0\\Default" : std::u16string_view(parameters.desktop));
  user->WindowTitle = block.String(parameters.title.empty() ? image_path : std::u16string_view(parameters.title));
  if (parameters.handed_on != nullptr) {
    user->WindowFlags = parameters.handed_on->WindowFlags;
    user->ShowWindowFlags = parameters.handed_on->ShowWindowFlags;
  }
  user->EnvironmentSize = EnvironmentSize(parameters);
  auto* environment = static_cast<WCHAR*>(block.Take(user->EnvironmentSize));
  user->Environment = environment;
  for (const std::u16string& variable : parameters.environment) {
    std::memcpy(environment, variable.c_str(), (variable.size() + 1) * sizeof(WCHAR));
    environment += variable.size() + 1;
  }
  peb->ImageBaseAddress = reinterpret_cast<PVOID>(image.base);
  peb->ProcessParameters = user;
  peb->NumberOfProcessors = ke::ProcessorCount();
  peb->OSMajorVersion = 10;
  peb->OSBuildNumber = 22000;
  peb->OSPlatformId = 2;
  peb->ImageSubsystem = 3;
  peb->ImageSubsystemMajorVersion = 6;
  peb->SessionId = process->host.session;
  peb->BuiltinData = process->host.builtin_data;
  process->Peb = peb;
  process->SectionBaseAddress = peb->ImageBaseAddress;
  return STATUS_SUCCESS;
}

std::u16string_view BaseName(std::u16string_view path) {
  const auto slash = path.find_last_of(u"\\/");
  return slash == std::u16string_view::npos ? path : path.substr(slash + 1);
}

NTSTATUS MakeBuiltinData(Process* process) {
  SIZE_T size = ldr::ProcessDataSize();
  if (size == 0) return STATUS_SUCCESS;
  const NTSTATUS status = process->host.space->Allocate(&process->host.builtin_data, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (NT_SUCCESS(status)) ldr::FillProcessData(process->host.builtin_data);
  return status;
}

/// Maps the program; *file is to be closed by the caller.
NTSTATUS LoadProgram(Process* process, const ProcessParameters& parameters, ImageFile* file, ldr::Image** image, std::string* why) {
  const UNICODE_STRING path{static_cast<USHORT>(parameters.image_path.size() * sizeof(WCHAR)),
                            static_cast<USHORT>(parameters.image_path.size() * sizeof(WCHAR)),
                            const_cast<PWSTR>(parameters.image_path.data())};
  *file = OpenImageFile(path);
  std::vector<std::byte> bytes;
  if (file->object == nullptr || !NT_SUCCESS(mm::ReadImageFile(file->object, &bytes))) bytes = hal::ReadHostFile(parameters.host_path);
  process->host.image_file_size = static_cast<ULONG>(bytes.size());
  if (bytes.empty()) {
    *why = "the file is empty or cannot be read";
    return WhyNoProgram(path);
  }
  NTSTATUS status = MakeBuiltinData(process);
  if (NT_SUCCESS(status)) status = MapImage(process, parameters.image_path, bytes, image, why);
  if (!NT_SUCCESS(status) || file->object == nullptr) return status;
  return process->host.space->KeepImage((*image)->base, file->object, bytes);
}

}  // namespace

State& Ps() { return *state; }

void SetImageName(Process* process, std::u16string_view path) {
  const std::u16string_view base = BaseName(path);
  for (SIZE_T i = 0; i < base.size() && i < sizeof(process->ImageFileName) - 1; ++i) process->ImageFileName[i] = static_cast<CHAR>(base[i]);
  auto* const copy = static_cast<WCHAR*>(ex::AllocatePool(NonPagedPoolNx, path.size() * sizeof(WCHAR) + 2, kProcessTag));
  std::memcpy(copy, path.data(), path.size() * sizeof(WCHAR));
  process->host.image_path = copy;
  process->host.image_path_length = static_cast<USHORT>(path.size() * sizeof(WCHAR));
}

void SetTokenMaker(PVOID (*maker)(PEPROCESS creator, bool first)) { make_token = maker; }

void SetConsoleOpener(void (*opener)(HANDLE handles[3])) { open_console = opener; }

NTSTATUS CreateProcessObject(PEPROCESS parent, bool user, Process** result) {
  PVOID body = nullptr;
  const NTSTATUS status = ObCreateObject(KernelMode, Ps().process_type, nullptr, KernelMode, nullptr, sizeof(Process), 0, 0, &body);
  if (!NT_SUCCESS(status)) return status;
  auto* const process = new (body) Process{};
  InitializeProcess(process);
  if (user) {
    process->host.space = mm::AddressSpace::Create(process);
    if (process->host.space == nullptr) {
      ObfDereferenceObject(process);
      return STATUS_INSUFFICIENT_RESOURCES;
    }
  }
  process->ObjectTable = ob::CreateHandleTable(process);
  process->UniqueProcessId = Ps().cids.Insert(process, false);
  if (parent != nullptr) process->InheritedFromUniqueProcessId = parent->UniqueProcessId;
  LinkProcess(process);
  *result = process;
  return STATUS_SUCCESS;
}

static void ReleaseToken(PEPROCESS process) {
  PVOID const token = std::exchange(process->Token, nullptr);
  if (token != nullptr) ObfDereferenceObject(token);
}

void DeleteProcess(PVOID object) {
  auto* const process = static_cast<Process*>(object);
  ex::ForgetPoolQuota(process);
  if (process->UniqueProcessId != nullptr) {
    process->ActiveProcessLinks.Blink->Flink = process->ActiveProcessLinks.Flink;
    process->ActiveProcessLinks.Flink->Blink = process->ActiveProcessLinks.Blink;
    std::erase(Ps().processes, process);
    Ps().cids.Remove(process->UniqueProcessId);
  }
  ReleaseToken(process);
  if (process->host.job != nullptr) ObfDereferenceObject(process->host.job);
  if (process->host.image_path != nullptr) ex::FreePool(process->host.image_path);
  if (process->host.space == nullptr) return;
  for (ldr::Image* image : ldr::Images()) {
    if (image->user && image->base >= process->host.space->low() && image->base < process->host.space->high()) ldr::Unload(image);
  }
  mm::AddressSpace::Destroy(process->host.space);
}

IO_COUNTERS& IoCountersOf(PEPROCESS process) { return ProcessOf(process)->host.io; }

ProcessorTimes TimesOf(PEPROCESS process) {
  ProcessorTimes times{ProcessOf(process)->host.kernel_time, ProcessOf(process)->host.user_time};
  for (PETHREAD thread : Threads(process)) {
    times.kernel += static_cast<ke::Thread*>(thread)->host.kernel_time;
    times.user += static_cast<ke::Thread*>(thread)->host.user_time;
  }
  return times;
}

void FinishProcess(PEPROCESS process, NTSTATUS status) {
  process->ExitTime.QuadPart = ke::SystemTime();
  if (process->ExitStatus == STATUS_PENDING) process->ExitStatus = status;
  ob::DestroyHandleTable(process);
  mm::CheckLockedPages(process);
  process->Pcb.Header.SignalState = 1;
  ke::WakeWaiters(&process->Pcb.Header, 0);
  ObfDereferenceObject(process);
}

NTSTATUS CreateUserProcess(const ProcessParameters& parameters, PEPROCESS* result, std::string* why) {
  Process* process = nullptr;
  PEPROCESS const parent = parameters.parent != nullptr ? parameters.parent : ke::CurrentProcess();
  NTSTATUS status = CreateProcessObject(parent, true, &process);
  if (!NT_SUCCESS(status)) return status;
  SetImageName(process, parameters.image_path);
  process->host.console = parameters.handed_on != nullptr ? ConsoleOf(parent) : parameters.console;
  process->Token = parameters.token;
  if (process->Token == nullptr && make_token != nullptr) process->Token = make_token(parent, parent == PsInitialSystemProcess);
  SecureByProcess(process, process);
  // Who runs in the background starts others there.
  if (parent->PriorityClass == kIdleClass || parent->PriorityClass == kBelowNormalClass)
    ChangePriorityClass(process, parent->PriorityClass);
  process->host.session = parent == PsInitialSystemProcess ? kUserSession : ProcessOf(parent)->host.session;
  process->host.cross_session = process->host.session != ProcessOf(ke::CurrentProcess())->host.session;
  if (parameters.inherit_handles) status = ob::InheritHandles(parent, process, parameters.only_handles);
  ldr::Image* image = nullptr;
  ImageFile file;
  if (NT_SUCCESS(status)) status = LoadProgram(process, parameters, &file, &image, why);
  if (NT_SUCCESS(status)) status = MakePeb(process, parameters, *image);
  if (NT_SUCCESS(status)) status = JoinJobOfParent(process, parent, parameters.break_away);
  ke::Thread* thread = nullptr;
  if (NT_SUCCESS(status)) {
    const auto& headers = *reinterpret_cast<const IMAGE_NT_HEADERS64*>(
        image->base + static_cast<ULONG>(reinterpret_cast<const IMAGE_DOS_HEADER*>(image->base)->e_lfanew));
    process->host.entry = reinterpret_cast<PVOID>(image->base + headers.OptionalHeader.AddressOfEntryPoint);
    status = CreateUserThread(process, process->host.entry, process->Peb, headers.OptionalHeader.SizeOfStackReserve,
                              headers.OptionalHeader.SizeOfStackCommit, parameters.suspended, &thread);
  }
  if (!NT_SUCCESS(status)) {
    CloseImageFile(&file);
    LeaveJob(process);
    ob::DestroyHandleTable(process);
    ObfDereferenceObject(process);
    return status;
  }
  status = NotifyProcessCreate(process, parameters.command_line, file.object);
  CloseImageFile(&file);
  if (NT_SUCCESS(status)) {
    NotifyThreadCreate(thread);
    ObfReferenceObject(process);
    *result = process;
  } else {
    *why = "a driver refused its creation";
    TerminateThread(thread, status);  // it lives no longer than to end the process
  }
  ke::ReadyThread(thread);
  return status;
}

ULONG ConsoleOf(PEPROCESS process) { return ProcessOf(process)->host.console; }

std::vector<PEPROCESS> Processes() { return Ps().processes; }

void Initialize() {
  state = new State;
  CreateTypes();
  Process* system = nullptr;
  CreateProcessObject(nullptr, false, &system);
  std::memcpy(system->ImageFileName, "System", sizeof "System");
  system->Protection = kProtectedSystem;
  PsInitialSystemProcess = system;
  // Drivers' threads may map and allocate user memory too. Only of clients' processes does host.space speak.
  mm::AddressSpace::Create(system);
  ke::SetSystemProcess(system);
  StartReaper();
  ServeImageSections();
}

void Shutdown() {
  for (PEPROCESS process : Processes()) ReleaseToken(process);
  mm::AddressSpace::Destroy(mm::AddressSpaceOf(PsInitialSystemProcess));
  delete state;
  state = nullptr;
  PsInitialSystemProcess = nullptr;
}

}  // namespace nt::ps
