// CreateProcess: finds the program that a command line names, and has the kernel make its process.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "nt/process_information.h"
#include "subsystem/kernel32/attribute_list.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/startup_info.h"

extern "C" DWORD GetFileAttributesW(LPCWSTR FileName);

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr DWORD kDebugged = 0x3, kSuspended = 0x4, kUnicodeEnvironment = 0x400, kExtendedStartupInfo = 0x80000;
constexpr DWORD kErrorDirectory = 267;  // ERROR_DIRECTORY
/// A new console and none; a DOS machine of its own and a shared one.
constexpr DWORD kContradictions[] = {0x10 | 0x8, 0x800 | 0x1000};
constexpr DWORD kBreakAwayFromJob = 0x1000000;
constexpr ULONG kBreakAway = 1, kInheritHandles = 4, kThreadSuspended = 1;
constexpr ULONG kAllAccess = 0x1FFFFF;

/// PROCESS_INFORMATION.
struct ProcessInformation {
  HANDLE process, thread;
  DWORD process_id, thread_id;
};
NT_SIZE(ProcessInformation, 24);

/// The priority class that creation flags name, NT's number; 0 for none.
UCHAR PriorityClassOf(DWORD flags) {
  constexpr DWORD kClasses[] = {0x40, 0x20, 0x80, 0x100, 0x4000, 0x8000};
  const DWORD* const found = std::find_if(std::begin(kClasses), std::end(kClasses), [&](DWORD bit) { return (flags & bit) != 0; });
  return found == std::end(kClasses) ? UCHAR{0} : static_cast<UCHAR>(found - kClasses + 1);
}

struct Creation {
  std::u16string_view command_line;
  SECURITY_ATTRIBUTES* process_security;
  SECURITY_ATTRIBUTES* thread_security;
  bool inherit;
  DWORD flags;
  PWSTR environment;
  std::u16string_view directory;  ///< full, ends with a backslash
  const StartupInfo* startup;
  ProcessInformation* result;
  const AttributeList* attributes = nullptr;
  HANDLE token = nullptr;  ///< the process's, if not its parent's
};

/// STARTUPINFOEX.
struct ExtendedStartupInfo {
  StartupInfo info;
  AttributeList* attributes;
};
NT_SIZE(ExtendedStartupInfo, 0x70);

/// What the kernel is asked for besides the parameters.
class Attributes {
 public:
  void Add(ULONG_PTR attribute, SIZE_T size, PVOID value) {
    list()->Attributes[count_++] = {attribute, size, value, nullptr};
    list()->TotalLength = offsetof(PS_ATTRIBUTE_LIST, Attributes) + count_ * sizeof(PS_ATTRIBUTE);
  }
  PS_ATTRIBUTE_LIST* list() { return reinterpret_cast<PS_ATTRIBUTE_LIST*>(room_); }

 private:
  static constexpr ULONG kMost = 5;
  alignas(PS_ATTRIBUTE_LIST) char room_[offsetof(PS_ATTRIBUTE_LIST, Attributes) + kMost * sizeof(PS_ATTRIBUTE)]{};
  ULONG count_ = 0;
};

UNICODE_STRING Counted(std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, bytes, const_cast<PWSTR>(text.data())};
}

SIZE_T EnvironmentBytes(PCWSTR block) {
  PCWSTR end = block;
  while (*end) end += std::u16string_view(end).size() + 1;
  return static_cast<SIZE_T>(end - block + 1) * sizeof(WCHAR);
}

RTL_USER_PROCESS_PARAMETERS ParametersOf(const Creation& creation) {
  const RTL_USER_PROCESS_PARAMETERS& own = *CurrentPeb()->ProcessParameters;
  RTL_USER_PROCESS_PARAMETERS parameters{};
  parameters.MaximumLength = parameters.Length = sizeof parameters;
  parameters.Flags = 1;  // normalized
  parameters.CommandLine = Counted(creation.command_line);
  parameters.CurrentDirectory.DosPath = Counted(creation.directory);
  parameters.Environment = creation.environment ? creation.environment : own.Environment;
  if (parameters.Environment) parameters.EnvironmentSize = EnvironmentBytes(static_cast<PCWSTR>(parameters.Environment));
  if (const WCHAR* const desktop = creation.startup->lpDesktop) parameters.DesktopInfo = Counted(desktop);
  if (const WCHAR* const title = creation.startup->lpTitle) parameters.WindowTitle = Counted(title);
  parameters.WindowFlags = creation.startup->dwFlags;
  parameters.ShowWindowFlags = creation.startup->wShowWindow;
  const bool chosen = (creation.startup->dwFlags & kUseStandardHandles) != 0;
  parameters.StandardInput = chosen ? creation.startup->hStdInput : own.StandardInput;
  parameters.StandardOutput = chosen ? creation.startup->hStdOutput : own.StandardOutput;
  parameters.StandardError = chosen ? creation.startup->hStdError : own.StandardError;
  return parameters;
}

void AddAttributes(const AttributeList& from, Attributes* to) {
  if (const auto* const parent = from.Find(kParentProcess))
    to->Add(PS_ATTRIBUTE_PARENT_PROCESS, sizeof(HANDLE), *static_cast<const HANDLE*>(parent->value));
  if (const auto* const handles = from.Find(kHandleList)) to->Add(PS_ATTRIBUTE_HANDLE_LIST, handles->size, handles->value);
}

/// Makes the process of a program, by its DOS path; STATUS_OBJECT_NAME_NOT_FOUND and the like if there is no such file.
NTSTATUS TryProgram(std::u16string_view path, const Creation& creation) {
  PathBuffer name;
  NTSTATUS status = NtPathOf(path, name);
  if (!NT_SUCCESS(status)) return status;
  RTL_USER_PROCESS_PARAMETERS parameters = ParametersOf(creation);
  parameters.ImagePathName = Counted(path);
  CLIENT_ID id{};
  Attributes attributes;
  attributes.Add(PS_ATTRIBUTE_IMAGE_NAME, name.length * sizeof(WCHAR), name.text);
  attributes.Add(PS_ATTRIBUTE_CLIENT_ID, sizeof id, &id);
  if (creation.token) attributes.Add(PS_ATTRIBUTE_TOKEN, sizeof(HANDLE), creation.token);
  if (creation.attributes) AddAttributes(*creation.attributes, &attributes);
  ObjectName process_name(nullptr, creation.process_security), thread_name(nullptr, creation.thread_security);
  ProcessInformation& result = *creation.result;
  status = sys::NtCreateUserProcess(&result.process, &result.thread, kAllAccess, kAllAccess, process_name.get(), thread_name.get(),
                                    (creation.inherit ? kInheritHandles : 0) | (creation.flags & kBreakAwayFromJob ? kBreakAway : 0),
                                    creation.flags & kSuspended ? kThreadSuspended : 0, &parameters, nullptr, attributes.list());
  if (!NT_SUCCESS(status)) return status;
  result.process_id = static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(id.UniqueProcess));
  result.thread_id = static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(id.UniqueThread));
  return status;
}

/// There is no such program, but there may be one elsewhere.
bool IsMissing(NTSTATUS status) {
  return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND || status == STATUS_FILE_IS_A_DIRECTORY;
}

/// A program's name as the command line has it; ".exe" is added to a name without an extension.
NTSTATUS TryName(std::u16string_view folder, std::u16string_view name, const Creation& creation) {
  PathBuffer joined, full;
  joined.Append(folder);
  if (!folder.empty() && folder.back() != u'\\') joined.Append(u'\\');
  joined.Append(name);
  if (name.substr(name.find_last_of(u"\\/") + 1).find(u'.') == name.npos) joined.Append(u".exe");
  if (joined.overflow) return STATUS_NAME_TOO_LONG;
  FullPath(joined.View(), full);
  return full.overflow ? STATUS_NAME_TOO_LONG : TryProgram(full.View(), creation);
}

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

std::u16string_view ProgramFolder() {
  std::u16string_view path = View(CurrentPeb()->ProcessParameters->ImagePathName);
  if (path.starts_with(u"\\??\\")) path.remove_prefix(4);
  return path.substr(0, path.find_last_of(u'\\') + 1);
}

/// Looks for a name without a folder where Windows does: beside the program, in the current folder, in Windows's own, along PATH.
NTSTATUS Search(std::u16string_view name, const Creation& creation) {
  if (name.find_first_of(u"\\/:") != name.npos) return TryName(u"", name, creation);
  const std::u16string_view folders[] = {ProgramFolder(), View(CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath),
                                         u"C:\\Windows\\System32", u"C:\\Windows"};
  NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
  for (const std::u16string_view folder : folders) {
    status = TryName(folder, name, creation);
    if (!IsMissing(status)) return status;
  }
  WCHAR buffer[kMaxPath];
  const UNICODE_STRING variable = StringOf(u"PATH");
  UNICODE_STRING value{0, sizeof buffer, buffer};
  if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(nullptr, &variable, &value))) return status;
  for (std::u16string_view rest = View(value); IsMissing(status) && !rest.empty();) {
    const SIZE_T end = std::min(rest.find(u';'), rest.size());
    if (end) status = TryName(rest.substr(0, end), name, creation);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return status == STATUS_OBJECT_PATH_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

/// The program is the command line's first part: what is quoted, or else as much of the words as names a file, the shortest first.
NTSTATUS FromCommandLine(const Creation& creation) {
  const std::u16string_view line = creation.command_line;
  if (line.starts_with(u"\"")) return Search(line.substr(1, line.find(u'"', 1) - 1), creation);
  NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
  for (SIZE_T end = 0; IsMissing(status) && end < line.size();) {
    end = std::min(line.find_first_of(u" \t", end + 1), line.size());
    status = Search(line.substr(0, end), creation);
  }
  return status;
}

BOOL Create(PCWSTR application, Creation& creation) {
  *creation.result = {};
  if (creation.flags & kDebugged) return Fail(ERROR_NOT_SUPPORTED);
  for (const DWORD both : kContradictions) {
    if ((creation.flags & both) == both) return Fail(ERROR_INVALID_PARAMETER);
  }
  if (creation.flags & kExtendedStartupInfo) {
    if (creation.startup->cb < sizeof(ExtendedStartupInfo)) return Fail(ERROR_INVALID_PARAMETER);
    creation.attributes = reinterpret_cast<const ExtendedStartupInfo*>(creation.startup)->attributes;
    // A list of handles to inherit says nothing where none are inherited.
    if (creation.attributes && creation.attributes->Find(kHandleList) && !creation.inherit) return Fail(ERROR_INVALID_PARAMETER);
  }
  if (!application && creation.command_line.empty()) return Fail(ERROR_INVALID_PARAMETER);
  NTSTATUS status = STATUS_SUCCESS;
  if (!application) {
    status = FromCommandLine(creation);
  } else {
    PathBuffer full;
    FullPath(application, full);
    if (creation.command_line.empty()) creation.command_line = application;
    status = full.overflow ? STATUS_NAME_TOO_LONG : TryProgram(full.View(), creation);
  }
  if (!Check(status)) return FALSE;
  if (const UCHAR priority = PriorityClassOf(creation.flags)) {
    UCHAR information[2] = {0, priority};
    sys::NtSetInformationProcess(creation.result->process, ProcessPriorityClass, information, sizeof information);
  }
  return TRUE;
}

/// The new process's current folder: full, with a backslash at its end.
bool TakeDirectory(PCWSTR directory, PathBuffer& out, Creation& creation) {
  if (directory)
    FullPath(directory, out);
  else
    out.Append(View(CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath));
  if (!out.View().ends_with(u'\\')) out.Append(u'\\');
  creation.directory = out.View();
  return !out.overflow;
}

bool IsDirectory(std::u16string_view path) {
  constexpr DWORD kDirectory = 0x10;
  PathBuffer copy;
  copy.Append(path);
  copy.Append(u'\0');
  const DWORD attributes = GetFileAttributesW(copy.text);
  return attributes != ~DWORD{0} && (attributes & kDirectory) != 0;
}

/// An environment block in the ANSI code page as UTF-16, from the heap.
PWSTR WideEnvironment(PCSTR block) {
  PCSTR end = block;
  while (*end) end += std::strlen(end) + 1;
  const auto size = static_cast<SIZE_T>(end - block) + 1;
  auto* const wide = Allocate<WCHAR>(size + 1);
  if (wide) ToWide(kAnsiCodePage, {block, size}, wide, size);
  return wide;
}

PWSTR WideText(PCSTR text) {
  const SIZE_T size = text ? std::strlen(text) : 0;
  auto* const wide = Allocate<WCHAR>(size + 1);
  if (wide && size) ToWide(kAnsiCodePage, {text, size}, wide, size);
  return wide;
}

}  // namespace

extern "C" {

/// Creates a process with a token of the caller's: a restricted one of his own, or any with the privilege. Partial: no debugging, no window
/// station.
BOOL CreateProcessAsUserW(HANDLE Token, LPCWSTR ApplicationName, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessAttributes,
                          LPSECURITY_ATTRIBUTES ThreadAttributes, BOOL InheritHandles, DWORD CreationFlags, PVOID Environment,
                          LPCWSTR CurrentDirectory, PVOID Startup, PVOID Information) {
  Creation creation{CommandLine ? std::u16string_view(CommandLine) : std::u16string_view(),
                    ProcessAttributes,
                    ThreadAttributes,
                    InheritHandles != 0,
                    CreationFlags,
                    static_cast<PWSTR>(Environment),
                    {},
                    static_cast<const StartupInfo*>(Startup),
                    static_cast<ProcessInformation*>(Information)};
  creation.token = Token;
  PathBuffer directory;
  if (creation.command_line.size() > 32766 || !TakeDirectory(CurrentDirectory, directory, creation)) return Fail(ERROR_INVALID_PARAMETER);
  if (CurrentDirectory && !IsDirectory(directory.View())) return Fail(kErrorDirectory);
  if (!Environment || CreationFlags & kUnicodeEnvironment) return Create(ApplicationName, creation);
  PWSTR const wide = creation.environment = WideEnvironment(static_cast<PCSTR>(Environment));
  const BOOL result = wide ? Create(ApplicationName, creation) : Fail(ERROR_NOT_ENOUGH_MEMORY);
  Free(wide);
  return result;
}

/// Creates a process and its first thread. Partial: no debugging, no window station.
BOOL CreateProcessW(LPCWSTR ApplicationName, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessAttributes,
                    LPSECURITY_ATTRIBUTES ThreadAttributes, BOOL InheritHandles, DWORD CreationFlags, PVOID Environment,
                    LPCWSTR CurrentDirectory, PVOID Startup, PVOID Information) {
  return CreateProcessAsUserW(nullptr, ApplicationName, CommandLine, ProcessAttributes, ThreadAttributes, InheritHandles, CreationFlags,
                              Environment, CurrentDirectory, Startup, Information);
}

/// Creates a process and its first thread. Partial: no debugging, no window station.
BOOL CreateProcessA(LPCSTR ApplicationName, LPSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessAttributes,
                    LPSECURITY_ATTRIBUTES ThreadAttributes, BOOL InheritHandles, DWORD CreationFlags, PVOID Environment,
                    LPCSTR CurrentDirectory, PVOID Startup, PVOID Information) {
  PWSTR const line = WideText(CommandLine);
  if (!line) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  const auto* const given = static_cast<const StartupInfo*>(Startup);
  const WideName desktop(reinterpret_cast<PCSTR>(given->lpDesktop)), title(reinterpret_cast<PCSTR>(given->lpTitle));
  ExtendedStartupInfo startup{
      *given, CreationFlags & kExtendedStartupInfo ? static_cast<const ExtendedStartupInfo*>(Startup)->attributes : nullptr};
  startup.info.lpDesktop = const_cast<LPWSTR>(desktop.c_str());
  startup.info.lpTitle = const_cast<LPWSTR>(title.c_str());
  const BOOL result = CreateProcessW(WideName(ApplicationName).c_str(), CommandLine ? line : nullptr, ProcessAttributes, ThreadAttributes,
                                     InheritHandles, CreationFlags, Environment, WideName(CurrentDirectory).c_str(), &startup, Information);
  Free(line);
  return result;
}

}  // extern "C"
