// The environment as the runtime changes it, and commands.
#include <cstring>
#include <string_view>

#include "subsystem/kernel32/base.h"
#include "subsystem/msvcrt/crt.h"

using namespace nt::crt;
using nt::win32::WideName;

extern "C" {
BOOL SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value);
DWORD GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size);
BOOL CreateProcessW(LPCWSTR ApplicationName, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessAttributes,
                    LPSECURITY_ATTRIBUTES ThreadAttributes, BOOL InheritHandles, DWORD CreationFlags, PVOID Environment,
                    LPCWSTR CurrentDirectory, PVOID Startup, PVOID Information);
BOOL GetExitCodeProcess(HANDLE ProcessHandle, LPDWORD ExitCode);
}

namespace {

bool SameName(std::u16string_view entry, std::u16string_view name) {
  if (entry.size() <= name.size() || entry[name.size()] != u'=') return false;
  const auto lower = [](WCHAR c) { return c >= u'A' && c <= u'Z' ? c + 32 : c; };
  for (SIZE_T i = 0; i < name.size(); i++)
    if (lower(entry[i]) != lower(name[i])) return false;
  return true;
}

/// Where a variable is among the runtime's, or their end.
ULONG IndexOf(std::u16string_view name) {
  ULONG index = 0;
  while (State().wide_environment[index] && !SameName(State().wide_environment[index], name)) index++;
  return index;
}

template <class C>
C* CopyOf(std::basic_string_view<C> text) {
  C* const copy = Allocate<C>(text.size() + 1);
  if (copy) text.copy(copy, text.size());
  return copy;
}

/// The lists with room for one more entry.
template <class T>
bool Grow(T**& list, ULONG count) {
  T** const grown = Allocate<T*>(count + 2);
  if (!grown) return false;
  std::memcpy(grown, list, count * sizeof(T*));
  list = grown;  // the program may still hold the old list
  return true;
}

/// Sets "NAME=value", or removes the name if nothing follows.
int Put(std::u16string_view entry) {
  const auto equals = entry.find(u'=');
  if (equals == entry.npos || equals == 0) return Fail(kEINVAL);
  Process& state = State();
  const std::u16string_view name = entry.substr(0, equals), value = entry.substr(equals + 1);
  ULONG index = IndexOf(name);
  if (value.empty()) {
    for (; state.wide_environment[index]; index++) {
      state.wide_environment[index] = state.wide_environment[index + 1];
      state.environment[index] = state.environment[index + 1];
    }
  } else {
    char narrow[1024];
    const SIZE_T bytes = nt::win32::ToMultiByte(nt::win32::kAnsiCodePage, entry, narrow, sizeof narrow);
    const bool is_new = !state.wide_environment[index];
    if (is_new && (!Grow(state.wide_environment, index) || !Grow(state.environment, index))) return Fail(kENOMEM);
    state.wide_environment[index] = CopyOf(entry);
    state.environment[index] = CopyOf(std::string_view(narrow, std::min(bytes, sizeof narrow)));
    if (!state.wide_environment[index] || !state.environment[index]) return Fail(kENOMEM);
    Publish("_environ", state.environment);
    Publish("_wenviron", state.wide_environment);
  }
  WCHAR* const name_copy = CopyOf(name);
  if (!name_copy) return Fail(kENOMEM);
  SetEnvironmentVariableW(name_copy, value.empty() ? nullptr : state.wide_environment[IndexOf(name)] + name.size() + 1);
  Free(name_copy);
  return 0;
}

int PutPair(std::u16string_view name, std::u16string_view value) {
  WCHAR* const entry = Allocate<WCHAR>(name.size() + value.size() + 2);
  if (!entry) return kENOMEM;
  name.copy(entry, name.size());
  entry[name.size()] = u'=';
  value.copy(entry + name.size() + 1, value.size());
  const int result = Put(entry);
  Free(entry);
  return result == 0 ? 0 : Errno();
}

/// The value with its terminator into a buffer; the size that it needs, 0 if there is no such variable.
template <class C>
int Give(const C* value, size_t* needed, C* buffer, size_t size) {
  if (!needed) return Fail(kEINVAL), kEINVAL;
  if (buffer && size) *buffer = 0;
  *needed = value ? std::basic_string_view<C>(value).size() + 1 : 0;
  if (!value || (!buffer && size == 0)) return 0;
  if (*needed > size) return Fail(kERANGE), kERANGE;
  std::memcpy(buffer, value, *needed * sizeof(C));
  return 0;
}

/// Runs a command with the command interpreter: its exit code. The machine has none of its own. No command: whether there is one.
int RunCommand(const WCHAR* command) {
  struct {
    DWORD size;
    alignas(8) UCHAR rest[0x60];
  } startup{sizeof startup, {}};
  struct {
    HANDLE process, thread;
    DWORD process_id, thread_id;
  } information{};
  WCHAR line[2048] = {};
  constexpr DWORD kRoom = 1024;
  const DWORD length = GetEnvironmentVariableW(u"COMSPEC", line, kRoom);
  if (length == 0 || length >= kRoom) return command ? Fail(kENOENT) : 0;
  if (!command) return 1;
  const std::u16string_view text(command);
  if (length + text.size() + 5 > std::size(line)) return Fail(7);  // E2BIG
  std::memcpy(line + length, u" /c ", 4 * sizeof(WCHAR));
  text.copy(line + length + 4, text.size());
  if (!CreateProcessW(nullptr, line, nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &information)) return Fail(kENOENT);
  DWORD code = 0;
  nt::sys::NtWaitForSingleObject(information.process, FALSE, nullptr);
  GetExitCodeProcess(information.process, &code);
  nt::sys::NtClose(information.process);
  nt::sys::NtClose(information.thread);
  return static_cast<int>(code);
}

}  // namespace

extern "C" {

char* Msvcrt_getenv(const char* Name);

/// The value of an environment variable, or null.
WCHAR* Msvcrt__wgetenv(const WCHAR* Name) {
  WCHAR* const entry = State().wide_environment[IndexOf(Name)];
  return entry ? entry + std::u16string_view(Name).size() + 1 : nullptr;
}

/// Sets "NAME=value", or removes NAME; 0 or -1.
int Msvcrt__wputenv(const WCHAR* Entry) { return Put(Entry); }
int Msvcrt__putenv(const char* Entry) { return Put(WideName(Entry).c_str()); }

/// Sets or removes a variable: an errno.
int Msvcrt__wputenv_s(const WCHAR* Name, const WCHAR* Value) { return Name && Value ? PutPair(Name, Value) : (Fail(kEINVAL), kEINVAL); }
int Msvcrt__putenv_s(const char* Name, const char* Value) {
  return Name && Value ? PutPair(WideName(Name).c_str(), WideName(Value).c_str()) : (Fail(kEINVAL), kEINVAL);
}

/// The value of an environment variable into a buffer: an errno.
int Msvcrt_getenv_s(size_t* Needed, char* Buffer, size_t Size, const char* Name) { return Give(Msvcrt_getenv(Name), Needed, Buffer, Size); }
int Msvcrt__wgetenv_s(size_t* Needed, WCHAR* Buffer, size_t Size, const WCHAR* Name) {
  return Give(Msvcrt__wgetenv(Name), Needed, Buffer, Size);
}

/// Runs a command; null asks whether there is a command interpreter.
int Msvcrt__wsystem(const WCHAR* Command) { return RunCommand(Command); }
int Msvcrt_system(const char* Command) { return RunCommand(Command ? WideName(Command).c_str() : nullptr); }

}  // extern "C"
