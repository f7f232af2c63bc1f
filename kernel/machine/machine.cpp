// Booting a machine, and the embedding API.
#include "ringlet/machine.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "debugger/symbolizer.h"
#include "drivers/beep/beep.h"
#include "drivers/hostfs/hostfs.h"
#include "kernel/api/api.h"
#include "kernel/cc/cc.h"
#include "kernel/cm/cm.h"
#include "kernel/etw/etw.h"
#include "kernel/ex/ex.h"
#include "kernel/fsrtl/fsrtl.h"
#include "kernel/hal/hal.h"
#include "kernel/hal/host_file.h"
#include "kernel/io/drive.h"
#include "kernel/io/io.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/interrupt.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/trace.h"
#include "kernel/ke/warnings.h"
#include "kernel/ldr/builtin.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/pe.h"
#include "kernel/machine/state.h"
#include "kernel/machine/tracing.h"
#include "kernel/machine/wave_file.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/ps.h"
#include "kernel/ps/system_processes.h"
#include "kernel/rtl/utf8.h"
#include "kernel/rtl/variables.h"
#include "kernel/se/se.h"
#include "nt/status.h"

extern "C" {
KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority);
void KiExportThunk();
void KiExportThunkHooked();
void KiExportThunkPassive();
void KiExportThunkApc();
void KiExportThunkDispatch();
void KiAbsentThunk();
BOOLEAN RtlpCallVectoredHandlers(EXCEPTION_POINTERS* ExceptionInfo);
const RUNTIME_FUNCTION* RtlpFindDynamicFunction(ULONG_PTR pc, ULONG_PTR* base);
BOOLEAN RtlpUnhandledException(EXCEPTION_POINTERS* ExceptionInfo);
VOID RtlpCallContinueHandlers(EXCEPTION_POINTERS* ExceptionInfo);
}

namespace nt::io {
void CancelThreadIrps(PETHREAD thread);
void ForgetDrivers();
}  // namespace nt::io

namespace ringlet {
namespace {

bool machine_exists = false;
Options active_options;

std::string BaseName(const std::string& path) { return std::filesystem::path(path).filename().string(); }

/// An argument as CommandLineToArgvW and the C runtime read it back.
std::string Quoted(const std::string& argument) {
  if (!argument.empty() && argument.find_first_of(" \t\"") == std::string::npos) return argument;
  std::string quoted = "\"";
  std::size_t backslashes = 0;
  for (const char c : argument) {
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    quoted.append(c == '"' ? backslashes * 2 + 1 : backslashes, '\\');
    backslashes = 0;
    quoted += c;
  }
  quoted.append(backslashes * 2, '\\');
  return quoted + "\"";
}

/// Whether an image is meant for the kernel or for user mode; a file that is no image is refused later, with its own reason.
bool IsFor(const std::vector<std::byte>& file, bool kernel) {
  nt::ldr::PeImage image;
  if (!nt::ldr::PeImage::Parse(file, nt::ldr::PeImage::Layout::File, &image).ok()) return true;
  return (image.optional_header().Subsystem == IMAGE_SUBSYSTEM_NATIVE) == kernel;
}

void SinkTrace(const char* line, SIZE_T length) {
  if (active_options.trace_sink) {
    active_options.trace_sink(std::string(line, length));
  } else {
    nt::hal::WriteConsole(2, line, length);
  }
}

void SinkDebug(const nt::ke::DebugMessage& message) {
  if (active_options.debug_text_sink) return active_options.debug_text_sink(Describe(message));
  if (active_options.debug_sink) {
    active_options.debug_sink(std::string(message.text, message.length));
  } else {
    nt::hal::WriteConsole(1, message.text, message.length);
  }
}

void SinkEvent(const nt::etw::Event& event) { active_options.event_sink(Describe(event)); }

/// Looks at the machine again and again while a process runs; above the priorities of programs, which may take all the processor's time.
void LookUntilEnd(PEPROCESS process, unsigned look_every_ms, const std::function<void()>& look) {
  KeSetPriorityThread(nt::ke::CurrentThread(), LOW_REALTIME_PRIORITY);
  LARGE_INTEGER interval;
  interval.QuadPart = -10'000ll * look_every_ms;
  while (KeWaitForSingleObject(process, UserRequest, KernelMode, FALSE, &interval) == STATUS_TIMEOUT) look();
}

nt::ldr::StackLimits CurrentStack() {
  const auto* const thread = nt::ke::CurrentThread();
  const auto* const tib = nt::ke::PreviousMode() == UserMode && thread->Teb != nullptr ? &thread->Teb->NtTib : nullptr;
  if (tib != nullptr) return {reinterpret_cast<ULONG_PTR>(tib->StackLimit), reinterpret_cast<ULONG_PTR>(tib->StackBase)};
  return {reinterpret_cast<ULONG_PTR>(thread->StackLimit), reinterpret_cast<ULONG_PTR>(thread->StackBase)};
}

/// Standard input, output and error of a client: the host's.
void OpenConsole(HANDLE handles[3]) {
  const char16_t* const names[] = {u"\\Device\\ConDrv\\CurrentIn", u"\\Device\\ConDrv\\CurrentOut", u"\\Device\\ConDrv\\CurrentError"};
  for (int i = 0; i < 3; ++i) {
    const ACCESS_MASK access = SYNCHRONIZE | (i == 0 ? GENERIC_READ : GENERIC_WRITE);
    nt::io::OpenFile(&handles[i], access, names[i], OBJ_CASE_INSENSITIVE, FILE_SYNCHRONOUS_IO_NONALERT);
  }
}

/// Where a client seems to lie.
constexpr std::u16string_view kProgramDirectory = u"\\\?\?\\C:\\ringlet\\";

const std::vector<std::u16string> kEnvironment = {
    u"COMPUTERNAME=RINGLET", u"NUMBER_OF_PROCESSORS=2",         u"OS=Windows_NT",          u"PATH=C:\\Windows\\system32;C:\\Windows",
    u"SystemDrive=C:",       u"SystemRoot=C:\\Windows",         u"TEMP=C:\\Windows\\Temp", u"TMP=C:\\Windows\\Temp",
    u"USERNAME=ringlet",     u"USERPROFILE=C:\\Users\\ringlet", u"windir=C:\\Windows"};

}  // namespace

namespace {

Machine::State* current = nullptr;

bool Symbolize(ULONG_PTR address, std::string* symbol, std::string* source);

bool SameName(std::u16string_view a, std::u16string_view b) {
  const auto same = [](char16_t x, char16_t y) { return x == y || (x < 128 && y < 128 && std::tolower(x) == std::tolower(y)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

/// A program in C:\ringlet, by its name: one that the machine's owner started, or what lies beside such a one on the host.
bool FindStarted(std::u16string_view name, std::string* host) {
  for (const auto& [known, path] : current->images) {
    if (SameName(nt::rtl::Utf16(known), name)) return *host = path, true;
  }
  for (const auto& [known, path] : current->images) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path(), error)) {
      if (!SameName(nt::rtl::Utf16(entry.path().filename().string()), name) || !entry.is_regular_file(error)) continue;
      return *host = entry.path().string(), true;
    }
  }
  return false;
}

/// Files that C: has from the beginning, but which are written there when they are first asked for: what the machine's owner names, and
/// the built-in modules.
bool ProvideFile(std::u16string_view name, std::vector<std::byte>* contents) {
  constexpr std::u16string_view kDrivers = u"\\Windows\\System32\\drivers\\", kSystem = u"\\Windows\\System32\\";
  const std::u16string_view programs = kProgramDirectory.substr(kProgramDirectory.find(u':') + 1);
  const SIZE_T slash = name.rfind(u'\\') + 1;
  const std::u16string_view folder = name.substr(0, slash), file = name.substr(slash);
  std::string host;
  if (file.empty()) return false;
  if (SameName(folder, programs) && FindStarted(file, &host)) *contents = nt::hal::ReadHostFile(host);
  if (SameName(folder, kSystem)) *contents = nt::ldr::BuiltinFile(nt::rtl::Utf8(file));
  if (SameName(folder, kDrivers)) {
    for (const auto& [known, path] : current->images) {
      if (SameName(nt::rtl::Utf16(known), file)) *contents = nt::hal::ReadHostFile(path);
    }
  }
  return !contents->empty();
}

bool FindProgram(std::u16string_view nt_path, std::string* host) {
  const bool started = SameName(nt_path.substr(0, kProgramDirectory.size()), kProgramDirectory);
  if (started && FindStarted(nt_path.substr(kProgramDirectory.size()), host)) return true;
  return nt::io::HostPathOf(nt_path, host);
}

}  // namespace

Machine::Machine(const Options& options) : state_(std::make_unique<State>()) {
  if (machine_exists) throw std::runtime_error("this process already has a machine; one process holds one at a time");
  active_options = options;
  state_->options = options;
  state_->MakeDirectory();
  machine_exists = true;
  const bool hooked = options.virtual_time || options.special_pool || (options.trace & kTraceApi) != 0;

  nt::hal::InitializeMemory();
  nt::mm::Initialize();
  nt::mm::SetMemorySize(options.memory);
  nt::ex::Initialize();
  nt::ex::SetSpecialPool(options.special_pool);
  nt::ex::SetAllocationFaults({options.fail_allocation, options.fail_allocation_one_in, options.fail_allocation_seed});
  nt::ldr::Environment environment;
  environment.export_thunk = environment.user_export_thunk = reinterpret_cast<const void*>(&KiExportThunk);
  environment.export_thunk_hooked = environment.user_export_thunk_hooked = reinterpret_cast<const void*>(&KiExportThunkHooked);
  environment.limited_thunks[PASSIVE_LEVEL] = reinterpret_cast<const void*>(&KiExportThunkPassive);
  environment.limited_thunks[APC_LEVEL] = reinterpret_cast<const void*>(&KiExportThunkApc);
  environment.limited_thunks[DISPATCH_LEVEL] = reinterpret_cast<const void*>(&KiExportThunkDispatch);
  environment.absent_thunk = environment.user_absent_thunk = reinterpret_cast<const void*>(&KiAbsentThunk);
  environment.stack_limits = &CurrentStack;
  environment.dynamic_function = &RtlpFindDynamicFunction;
  nt::ldr::Initialize(environment);
  const auto verdict = nt::ldr::LoadBuiltins(hooked);
  if (!verdict.ok()) throw std::runtime_error("the built-in modules could not be made: " + verdict.sentence);
  nt::ke::Initialize({options.processors, options.virtual_time, options.seed});
  nt::ke::SetDebugSink(&SinkDebug);
  nt::ke::SetTrace(options.trace, &SinkTrace);
  current = state_.get();
  nt::ke::SetSymbolizer(&Symbolize);
  nt::ke::SetUserExceptionHooks({&RtlpCallVectoredHandlers, &RtlpUnhandledException, &RtlpCallContinueHandlers});

  nt::etw::Initialize();
  nt::etw::SetNotifier(&StartNotificationThread);
  nt::fsrtl::InitializeLegalCharacters();
  nt::cc::Initialize();
  if (options.event_sink) nt::etw::SetSession(FiltersOf(options.event_filters), &SinkEvent);

  NTSTATUS registry = STATUS_SUCCESS;
  const Outcome outcome = state_->Run([&] {
    nt::ob::Initialize();
    nt::se::Initialize();
    nt::ps::Initialize();
    nt::mm::InitializeExports();
    nt::rtl::InitializeExports();
    nt::ob::PublishDispatcherTypes();
    nt::ps::PublishExports();
    nt::se::PublishExports();
    nt::ps::SetBindHooked(hooked);
    nt::ps::SetThreadExitHook(&nt::io::CancelThreadIrps);
    nt::ps::SetProcessExitHook(&nt::etw::ForgetProcess);
    nt::ps::SetImageFileOpener(&nt::io::OpenImageFile);
    nt::io::Initialize();
    nt::io::SetBindHooked(hooked);
    nt::beep::Initialize();
    nt::hostfs::Initialize(state_->directory);
    nt::hostfs::SetProvider(&ProvideFile);
    nt::ps::SetConsoleOpener(&OpenConsole);
    nt::ps::SetProgramFinder(&FindProgram);
    nt::ps::SetTokenMaker(&nt::se::TokenForChild);
    if (active_options.plain_user) nt::se::MakeUserPlain();
    nt::se::SecureObjects();
    nt::ob::SetLogonOf(&nt::se::CallersLogon);
    nt::ps::MakeSystemProcesses();
    nt::ob::CreateKernelObjects();
    registry = nt::cm::Initialize(state_->temporary_directory ? std::string() : state_->directory);
    if (!NT_SUCCESS(registry)) return;
    nt::cm::InitializeExports();
    nt::cm::SetDrive(state_->directory, &nt::hostfs::HostPathOf);
    nt::cm::LoadDebugPrintFilter();
    nt::mm::CreateMemoryEvents();
    nt::cm::LoadSystemSettings();
    nt::cm::LoadBootOptions();
    nt::ex::InitializeThreads();
  });
  if (outcome != Outcome::Finished || !NT_SUCCESS(registry)) {
    DestroyExecutive();
    throw std::runtime_error(!NT_SUCCESS(registry) ? "the registry of machine directory " + options.directory +
                                                         " cannot be read (STATUS_REGISTRY_CORRUPT): its hive files are damaged"
                                                   : "the machine did not boot");
  }
}

/// What the components hold, in the order in which nothing is missed.
void Machine::DestroyExecutive() {
  if (state_->bugcheck != nullptr) nt::cm::Flush();
  if (!state_->options.sound_file.empty()) WriteWaveFile(state_->options.sound_file, nt::ke::InterruptTime());
  nt::mm::StopMemoryEvents();
  nt::mm::SetFileSystem({});
  nt::io::ForgetDrivers();
  nt::etw::Shutdown();
  nt::cc::Shutdown();
  nt::ke::ForgetWarnings();
  nt::ldr::Shutdown();
  nt::beep::Shutdown();
  nt::io::Shutdown();
  nt::ps::Shutdown();
  nt::se::Shutdown();
  nt::ob::Shutdown();
  nt::ke::Shutdown();
  nt::mm::DestroyAddressSpaces();
  nt::ex::Shutdown();
  nt::mm::Shutdown();
  nt::hostfs::Shutdown();
  nt::hal::ShutdownMemory();
  close(state_->lock);
  if (state_->temporary_directory) std::filesystem::remove_all(state_->directory);
  current = nullptr;
  machine_exists = false;
}

Machine::~Machine() {
  if (!state_->shut_down) Shutdown();
}

LoadResult Machine::LoadDriver(const std::string& path, std::string name) {
  LoadResult result;
  if (name.empty()) name = std::filesystem::path(path).stem().string();
  const auto bytes = nt::hal::ReadHostFile(path);
  if (bytes.empty()) {
    result.status = STATUS_OBJECT_NAME_NOT_FOUND;
    result.why = "the file is empty or cannot be read";
    return result;
  }
  if (!IsFor(bytes, true)) {
    result.status = STATUS_INVALID_IMAGE_FORMAT;
    result.why = "it is a program, not a driver: its subsystem is not native";
    return result;
  }
  state_->images.emplace_back(BaseName(path), std::filesystem::absolute(path).string());
  const std::u16string wide_name = nt::rtl::Utf16(name);
  const std::u16string image_path = u"\\SystemRoot\\System32\\drivers\\" + nt::rtl::Utf16(BaseName(path));
  std::vector<std::string> absent;
  result.outcome = state_->Run([&] {
    const std::u16string key = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + wide_name;
    nt::cm::SetDword(key, u"Type", 1);
    nt::cm::SetDword(key, u"Start", 3);
    nt::cm::SetDword(key, u"ErrorControl", 1);
    nt::cm::SetString(key, u"ImagePath", image_path);
    result.status = nt::io::LoadDriver(wide_name, image_path, bytes, &result.why);
    const nt::ldr::Image* const image = nt::ldr::FindImage(BaseName(path));
    if (image == nullptr) return;
    for (const ULONG index : image->absent) {
      const auto* const import = nt::ldr::AbsentImportAt(index);
      if (import != nullptr) result.absent.push_back(import->module + "!" + import->name);
    }
  });
  if (result.ok()) state_->drivers.push_back(name);
  return result;
}

LoadResult Machine::UnloadDriver(const std::string& name) {
  LoadResult result;
  result.outcome = state_->Run([&] { result.status = nt::io::UnloadDriver(nt::rtl::Utf16(name)); });
  if (result.ok()) std::erase(state_->drivers, name);
  return result;
}

const std::string& Machine::DirectoryOnHost() const { return state_->directory; }

std::vector<std::string> Machine::Drivers() const { return state_->drivers; }

RunResult Machine::State::Create(const std::string& path, const std::vector<std::string>& arguments, std::uint32_t console,
                                 const std::function<void(PEPROCESS, RunResult&)>& then) {
  RunResult result;
  const std::vector<std::byte> file = nt::hal::ReadHostFile(path);
  if (!IsFor(file, false)) {
    result.status = STATUS_INVALID_IMAGE_FORMAT;
    result.why = "it is a driver, not a program: load it with --driver";
    return result;
  }
  images.emplace_back(BaseName(path), std::filesystem::absolute(path).string());
  // The file may be another than when it was last started.
  nt::hostfs::Refresh(u"\\ringlet\\" + nt::rtl::Utf16(BaseName(path)), file);
  nt::ps::ProcessParameters parameters;
  parameters.host_path = path;
  parameters.image_path = std::u16string(kProgramDirectory) + nt::rtl::Utf16(BaseName(path));
  std::string command_line = Quoted(BaseName(path));
  for (const std::string& argument : arguments) command_line += " " + Quoted(argument);
  parameters.command_line = nt::rtl::Utf16(command_line);
  parameters.current_directory = u"C:\\";
  parameters.environment = kEnvironment;
  parameters.console = console;
  result.outcome = Run([&] {
    PEPROCESS process = nullptr;
    result.status = nt::ps::CreateUserProcess(parameters, &process, &result.why);
    if (NT_SUCCESS(result.status)) then(process, result);
  });
  return result;
}

RunResult Machine::Run(const std::string& path, const std::vector<std::string>& arguments, unsigned look_every_ms,
                       const std::function<void()>& look) {
  return state_->Create(path, arguments, 0, [&](PEPROCESS process, RunResult& result) {
    if (look_every_ms != 0) LookUntilEnd(process, look_every_ms, look);
    KeWaitForSingleObject(process, UserRequest, KernelMode, FALSE, nullptr);
    result.exit_code = static_cast<std::uint32_t>(process->ExitStatus);
    ObfDereferenceObject(process);
  });
}

std::int64_t Machine::Time() const { return nt::ke::InterruptTime(); }

Outcome Machine::ListenTo(const std::vector<EventFilter>& filters) {
  return state_->Run([&] { nt::etw::SetSession(filters.empty() ? std::vector<nt::etw::Filter>{} : FiltersOf(filters), &SinkEvent); });
}

std::vector<DebugFilter> Machine::DebugFilters() {
  std::vector<DebugFilter> filters;
  state_->Run([&] { filters = ReadDebugFilters(); });
  return filters;
}

bool Machine::SetDebugFilter(const std::string& component, std::optional<std::uint32_t> mask) {
  bool known = false;
  state_->Run([&] { known = WriteDebugFilter(component, mask); });
  return known;
}

bool Machine::FireInterrupt(unsigned vector, unsigned processor) {
  bool fired = false;
  const auto fire = [&] {
    fired = nt::ke::FireInterrupt(vector, processor);
    nt::ke::AwaitInterrupt(vector, processor);
  };
  if (nt::ke::IsRunning()) {
    fire();
  } else {
    state_->Run(fire);
  }
  return fired;
}

std::vector<ProcessorInfo> Machine::Processors() const {
  std::vector<ProcessorInfo> processors;
  for (const auto& times : nt::ke::ProcessorTimes()) {
    processors.push_back({times.idle, times.user, times.dpc, times.interrupt, times.interrupts});
  }
  return processors;
}

Outcome Machine::Call(const std::function<void()>& work) { return state_->Run(work); }

const BugCheck* Machine::bugcheck() const { return state_->bugcheck.get(); }

const std::vector<BlockedThread>& Machine::deadlock() const { return state_->deadlock; }

std::vector<Leftover> Machine::Shutdown() {
  std::vector<Leftover> leftovers;
  if (state_->shut_down) return leftovers;
  state_->shut_down = true;
  if (state_->bugcheck == nullptr) {
    std::vector<std::u16string> drivers;
    state_->Run([&] {
      nt::io::NotifyShutdown();
      drivers = nt::io::LoadedDrivers();
    });
    for (auto name = drivers.rbegin(); name != drivers.rend(); ++name) {
      const LoadResult unloaded = UnloadDriver(nt::rtl::Utf8(*name));
      if (unloaded.outcome != Outcome::Finished) break;
    }
  }
  if (state_->bugcheck == nullptr) {
    std::vector<std::string> broken;
    state_->Run([&] {
      broken = nt::ex::VerifyPool();
      nt::cm::Shutdown();
    });
    for (const auto& left : nt::io::Leftovers()) leftovers.push_back({left.driver, left.kind, left.what});
    for (const std::string& sentence : broken) leftovers.push_back({"pool", "corruption", sentence});
  }
  state_->warnings = warnings();
  DestroyExecutive();
  return leftovers;
}

std::vector<Warning> Machine::warnings() const {
  if (state_->shut_down && !state_->warnings.empty()) return state_->warnings;
  std::vector<Warning> found;
  for (const auto& warning : nt::ke::Warnings()) found.push_back({warning.driver, warning.what, warning.count});
  return found;
}

namespace {

/// Where an image's file is on the host: what the machine's owner named, or a file of the C: drive.
std::optional<std::string> FileOf(const nt::ldr::Image& image) {
  for (const auto& [name, path] : current->images) {
    if (nt::ldr::SameName(name, image.name)) return path;
  }
  std::string path;
  if (nt::io::HostPathOf(image.path, &path)) return path;
  return {};
}

bool Symbolize(ULONG_PTR address, std::string* symbol, std::string* source) {
  const nt::ldr::Image* const image = nt::ldr::ImageOf(address);
  if (image == nullptr || image->builtin || current == nullptr) return false;
  const auto path = FileOf(*image);
  std::string function;
  if (!path || !nt::debugger::Symbolize(*path, address - image->base, &function, source)) return false;
  *symbol = image->name + "!" + function;
  return true;
}

}  // namespace

}  // namespace ringlet
