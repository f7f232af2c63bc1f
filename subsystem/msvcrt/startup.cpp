// The beginning and the end of a C program: state, arguments, environment, exit routines, signals, locks.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"
#include "subsystem/msvcrt/crt.h"

namespace nt::crt {
namespace {

PSTR Narrow(std::u16string_view text) {
  const SIZE_T size = win32::ToMultiByte(win32::kAnsiCodePage, text, nullptr, 0);
  auto* const copy = Allocate<char>(size + 1);
  if (copy) win32::ToMultiByte(win32::kAnsiCodePage, text, copy, size);
  return copy;
}

/// One argument of a command line by the C runtime's rules: quotes group, 2n backslashes before a quote give n, 2n+1 give n and the quote.
/// Writes it to `out` with a terminator and returns the rest of the line.
const WCHAR* NextArgument(const WCHAR* line, WCHAR*& out, bool program) {
  bool quoted = false;
  for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
    if (program) {
      // The program's name knows quotes only.
      if (*line == '"')
        quoted = !quoted;
      else
        *out++ = *line;
      continue;
    }
    ULONG slashes = 0;
    while (*line == '\\') line++, slashes++;
    if (*line != '"') {
      while (slashes--) *out++ = '\\';
      if (!*line || (!quoted && (*line == ' ' || *line == '\t'))) break;
      *out++ = *line;
      continue;
    }
    for (ULONG i = 0; i < slashes / 2; i++) *out++ = '\\';
    if (slashes % 2)
      *out++ = '"';
    else if (quoted && line[1] == '"')
      *out++ = *line++;  // two quotes inside quotes are one
    else
      quoted = !quoted;
  }
  *out++ = 0;
  while (*line == ' ' || *line == '\t') line++;
  return line;
}

bool MakeArguments(Process& state) {
  const UNICODE_STRING& text = CurrentPeb()->ProcessParameters->CommandLine;
  const SIZE_T length = text.Length / sizeof(WCHAR);
  auto* const line = Allocate<WCHAR>(length + 1);
  auto* out = Allocate<WCHAR>(length + 2);
  state.wargv = Allocate<WCHAR*>(length / 2 + 3);
  state.argv = Allocate<char*>(length / 2 + 3);
  if (!line || !out || !state.wargv || !state.argv) return false;
  if (length) std::memcpy(line, text.Buffer, length * sizeof(WCHAR));
  const WCHAR* at = line;
  do {
    state.wargv[state.argc++] = out;
    at = NextArgument(at, out, state.argc == 1);
  } while (*at);
  for (int i = 0; i < state.argc; i++) state.argv[i] = Narrow(state.wargv[i]);
  Free(line);
  return true;
}

bool MakeEnvironment(Process& state) {
  auto* block = static_cast<WCHAR*>(CurrentPeb()->ProcessParameters->Environment);
  ULONG count = 0;
  for (const WCHAR* at = block; at && *at; at += std::u16string_view(at).size() + 1) count++;
  state.environment = Allocate<char*>(count + 1);
  state.wide_environment = Allocate<WCHAR*>(count + 1);
  if (!state.environment || !state.wide_environment) return false;
  ULONG index = 0;
  for (WCHAR* at = block; at && *at; at += std::u16string_view(at).size() + 1) {
    if (*at == '=') continue;  // the drives' current directories are hidden
    state.wide_environment[index] = at;
    state.environment[index++] = Narrow(at);
  }
  return true;
}

void OpenStandardStreams(Process& state) {
  const RTL_USER_PROCESS_PARAMETERS& parameters = *CurrentPeb()->ProcessParameters;
  const HANDLE handles[] = {parameters.StandardInput, parameters.StandardOutput, parameters.StandardError};
  for (int i = 0; i < 3; i++) {
    const bool device = handles[i] && win32::IsConsole(handles[i]);
    if (handles[i]) state.files[i] = {handles[i], static_cast<UCHAR>(kOpen | kText | (device ? kDevice : 0))};
    state.streams[i]._file = i;
    state.streams[i]._flag = i == 0 ? kRead : kWrite | (i == 2 ? kUnbuffered : 0);
  }
}

int FromWin32(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case 15:
    case 53:
    case 67:
    case 161:
      return kENOENT;
    case ERROR_ACCESS_DENIED:
    case 32:
    case 33:
    case 19:
    case 108:
    case 65:
    case 16:
      return kEACCES;
    case ERROR_INVALID_HANDLE:
      return kEBADF;
    case ERROR_NOT_ENOUGH_MEMORY:
    case 14:
      return kENOMEM;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
      return kEEXIST;
    case 4:
      return kEMFILE;
    case 109:
    case 232:
      return kEPIPE;
    case 112:
      return kENOSPC;
    case 145:
      return kENOTEMPTY;
    default:
      return kEINVAL;
  }
}

}  // namespace

NTSTATUS InitializeProcess() {
  auto* const state = Allocate<Process>();
  if (!state) return STATUS_NO_MEMORY;
  user::CurrentProcess().crt = state;
  state->start = nt::win32::InterruptTime();
  for (RTL_CRITICAL_SECTION& lock : state->locks) RtlInitializeCriticalSection(&lock);
  if (!MakeArguments(*state) || !MakeEnvironment(*state)) return STATUS_NO_MEMORY;
  OpenStandardStreams(*state);
  const UNICODE_STRING& line = CurrentPeb()->ProcessParameters->CommandLine;
  Publish("_acmdln", Narrow({line.Buffer, line.Length / sizeof(WCHAR)}));
  Publish("_wcmdln", line.Buffer);
  Publish("__initenv", state->environment);
  Publish("__winitenv", state->wide_environment);
  Publish("_environ", state->environment);
  Publish("_wenviron", state->wide_environment);
  Publish("__argc", state->argc);
  Publish("__argv", state->argv);
  Publish("__wargv", state->wargv);
  return STATUS_SUCCESS;
}

Process& State() { return *user::CurrentProcess().crt; }

Thread& ThreadState() {
  user::Thread& thread = user::CurrentThread();
  if (!thread.crt) {
    thread.crt = Allocate<Thread>();
    if (!thread.crt) ke::RaiseStatus(STATUS_NO_MEMORY);
    thread.crt->seed = 1;
  }
  return *thread.crt;
}

int Fail(int error) {
  Errno() = error;
  return -1;
}

int FailWin32(DWORD error) {
  ThreadState().dos_error = error;
  return Fail(FromWin32(error));
}

void Exit(int code, bool run_routines) {
  Process& state = State();
  if (run_routines && !state.exiting) {
    state.exiting = true;
    while (state.exit_count)
      if (PVOID const routine = state.exit_routines[--state.exit_count]) ke::Callout<void>(routine);
  }
  if (run_routines) FlushAll();
  RtlExitUserProcess(code);
  __builtin_unreachable();
}

}  // namespace nt::crt

using namespace nt::crt;

namespace {

void Complain(const char* text) {
  FILE_MS* const stream = &State().streams[2];
  while (*text) PutChar(stream, static_cast<UCHAR>(*text++));
  Flush(stream);
}

int RunTable(PVOID* first, PVOID* last, bool stop_on_error) {
  for (; first < last; first++) {
    const int result = *first ? nt::ke::Callout<int>(*first) : 0;
    if (stop_on_error && result) return result;
  }
  return 0;
}

}  // namespace

extern "C" {

/// The arguments and the environment of main. Partial: wildcards are not expanded.
int Msvcrt___getmainargs(int* ArgumentCount, char*** Arguments, char*** Environment, [[maybe_unused]] int ExpandWildcards,
                         [[maybe_unused]] PVOID StartInfo) {
  *ArgumentCount = State().argc;
  *Arguments = State().argv;
  *Environment = State().environment;
  return 0;
}

/// The arguments and the environment of wmain. Partial: wildcards are not expanded.
int Msvcrt___wgetmainargs(int* ArgumentCount, WCHAR*** Arguments, WCHAR*** Environment, [[maybe_unused]] int ExpandWildcards,
                          [[maybe_unused]] PVOID StartInfo) {
  *ArgumentCount = State().argc;
  *Arguments = State().wargv;
  *Environment = State().wide_environment;
  return 0;
}

/// Calls the initializers of a table.
VOID Msvcrt__initterm(PVOID* First, PVOID* Last) { RunTable(First, Last, false); }

/// Calls the initializers of a table until one fails.
int Msvcrt__initterm_e(PVOID* First, PVOID* Last) { return RunTable(First, Last, true); }

/// Says whether the program is a console (1) or window (2) program.
VOID Msvcrt___set_app_type(int AppType) { State().app_type = AppType; }

/// Sets the handler of mathematical errors: there are no calls of it.
VOID Msvcrt___setusermatherr([[maybe_unused]] PVOID Handler) {}

/// Registers a routine for the program's end; returns it, or null.
PVOID Msvcrt__onexit(PVOID Routine) {
  Process& state = State();
  if (state.exit_count == state.exit_room) {
    const ULONG room = state.exit_room ? state.exit_room * 2 : 32;
    auto* const table = Allocate<PVOID>(room);
    if (!table) return nullptr;
    std::copy_n(state.exit_routines, state.exit_count, table);
    Free(state.exit_routines);
    state.exit_routines = table;
    state.exit_room = room;
  }
  return state.exit_routines[state.exit_count++] = Routine;
}

/// Registers a routine for the program's end; 0 on success.
int Msvcrt_atexit(PVOID Routine) { return Msvcrt__onexit(Routine) ? 0 : -1; }

/// Runs the exit routines, flushes the streams, and ends the process.
VOID Msvcrt_exit(int Code) { Exit(Code, true); }

/// Ends the process without exit routines.
VOID Msvcrt__exit(int Code) { Exit(Code, false); }

/// Runs the exit routines and flushes the streams, and returns.
VOID Msvcrt__cexit() {
  Process& state = State();
  while (state.exit_count)
    if (PVOID const routine = state.exit_routines[--state.exit_count]) nt::ke::Callout<void>(routine);
  FlushAll();
}

/// Ends the runtime without exit routines, and returns.
VOID Msvcrt__c_exit() {}

/// Reports a runtime error and ends the process with 255.
VOID Msvcrt__amsg_exit(int Number) {
  char text[] = "\nruntime error   \n";
  text[15] = static_cast<char>('0' + Number / 10 % 10);
  text[16] = static_cast<char>('0' + Number % 10);
  Complain(text);
  Exit(255, false);
}

/// Sets a signal's handler; returns the one before, or SIG_ERR (-1).
PVOID Msvcrt_signal(int Signal, PVOID Handler) {
  constexpr int kKnown[] = {2, 4, 8, 11, 15, 21, 22};
  if (std::find(std::begin(kKnown), std::end(kKnown), Signal) == std::end(kKnown)) {
    Fail(kEINVAL);
    return reinterpret_cast<PVOID>(~ULONG_PTR{0});
  }
  PVOID const old = State().signals[Signal];
  State().signals[Signal] = Handler;
  return old;
}

/// Raises a signal: its handler runs once; without one the process ends with code 3.
int Msvcrt_raise(int Signal) {
  if (Signal < 1 || Signal >= static_cast<int>(kSignals)) return Fail(kEINVAL);
  PVOID const handler = State().signals[Signal];
  if (handler == reinterpret_cast<PVOID>(ULONG_PTR{1})) return 0;
  if (!handler) Exit(3, false);
  State().signals[Signal] = nullptr;
  nt::ke::Callout<void>(handler, Signal);
  return 0;
}

/// Ends the program abnormally: SIGABRT's handler, then exit code 3.
VOID Msvcrt_abort() {
  Complain(
      "\nThis application has requested the Runtime to terminate it in an unusual way.\n"
      "Please contact the application's support team for more information.\n");
  Msvcrt_raise(22);
  Exit(3, false);
}

/// Reports a failed assertion and ends the program.
VOID Msvcrt__wassert(const WCHAR* Message, const WCHAR* File, unsigned Line) {
  char number[12];
  int at = 11;
  number[at] = 0;
  do number[--at] = static_cast<char>('0' + Line % 10);
  while (Line /= 10);
  Complain("Assertion failed: ");
  Complain(nt::win32::ToMultiByte(nt::win32::kUtf8, Message, nullptr, 0) ? Narrow(Message) : "");
  Complain(", file ");
  Complain(Narrow(File));
  Complain(", line ");
  Complain(number + at);
  Complain("\n");
  Msvcrt_abort();
}

/// Acquires one of the runtime's own locks.
VOID Msvcrt__lock(int Number) { RtlEnterCriticalSection(&State().locks[static_cast<ULONG>(Number) % kLocks]); }

/// Releases one of the runtime's own locks.
VOID Msvcrt__unlock(int Number) { RtlLeaveCriticalSection(&State().locks[static_cast<ULONG>(Number) % kLocks]); }

/// The thread's errno.
int* Msvcrt__errno() { return &Errno(); }

/// The thread's last system error in the runtime.
ULONG* Msvcrt___doserrno() { return &ThreadState().dos_error; }

/// Sets the handler of invalid parameters; returns the one before. Partial: it is kept, but nothing calls it.
PVOID Msvcrt__set_invalid_parameter_handler(PVOID Handler) {
  PVOID const old = State().invalid_parameter_handler;
  State().invalid_parameter_handler = Handler;
  return old;
}

/// The value of an environment variable at the program's start, or null.
char* Msvcrt_getenv(const char* Name) {
  const std::string_view name(Name);
  for (char** entry = State().environment; *entry; entry++) {
    const std::string_view text(*entry);
    if (text.size() <= name.size() || text[name.size()] != '=') continue;
    const bool same = std::equal(name.begin(), name.end(), text.begin(), [](char a, char b) { return (a | 32) == (b | 32); });
    if (same) return *entry + name.size() + 1;
  }
  return nullptr;
}

}  // extern "C"
