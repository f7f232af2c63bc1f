// The service control manager: what services are is in the registry; whether a driver runs is seen in \Driver and \FileSystem.
#include <algorithm>
#include <cstring>

#include "subsystem/advapi32/service.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr std::u16string_view kServices = u"System\\CurrentControlSet\\Services\\";
constexpr ULONG kDisabled = 4;
constexpr ULONG kNoChange = 0xFFFFFFFF;
constexpr DWORD kNeverStarted = 1077;

constexpr ULONG kManagerTag = 0x4D535253, kServiceTag = 0x53535253;

/// What an SC_HANDLE points to.
struct Handle {
  ULONG tag;
  ACCESS_MASK access;
  WCHAR name[kMaxServiceName + 1];
};

struct ServiceConfig {
  DWORD dwServiceType, dwStartType, dwErrorControl;
  LPWSTR lpBinaryPathName, lpLoadOrderGroup;
  DWORD dwTagId;
  LPWSTR lpDependencies, lpServiceStartName, lpDisplayName;
};
NT_SIZE(ServiceConfig, 64);

/// Generic rights as the service manager's own (winsvc.h).
ACCESS_MASK MapAccess(ACCESS_MASK desired, bool manager) {
  ACCESS_MASK access = desired & 0x0DFFFFFF;
  if (desired & 0x80000000) access |= manager ? 0x20014 : 0x2008D;
  if (desired & 0x40000000) access |= manager ? 0x20022 : 0x20002;
  if (desired & 0x20000000) access |= manager ? 0x20009 : 0x20170;
  if (desired & 0x10000000) access |= manager ? 0xF003F : 0xF01FF;
  return access;
}

bool IsElevated() {
  HANDLE token = nullptr;
  ULONG elevated = 0, length = 0;
  if (!NT_SUCCESS(sys::NtOpenProcessToken(CurrentProcessHandle(), TOKEN_QUERY, &token))) return false;
  sys::NtQueryInformationToken(token, TokenElevation, &elevated, sizeof elevated, &length);
  sys::NtClose(token);
  return elevated != 0;
}

/// A handle with the access that the caller wants, as the manager's and every service's own descriptor allow it: administrators have all
/// rights, others may look. Everybody may connect to the manager.
SC_HANDLE NewHandle(ULONG tag, ACCESS_MASK desired, std::u16string_view name) {
  const bool manager = tag == kManagerTag;
  const ACCESS_MASK all = manager ? 0xF003F : 0xF01FF, looks = manager ? 0x20015 : 0x2018D;
  const ACCESS_MASK allowed = IsElevated() ? all : looks;
  ACCESS_MASK access = MapAccess(desired, manager) | (manager ? 1U : 0U);
  if (desired & MAXIMUM_ALLOWED) access = allowed;
  if (access & ~allowed) return Fail(ERROR_ACCESS_DENIED), nullptr;
  auto* const handle = Allocate<Handle>();
  if (!handle) return Fail(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  handle->tag = tag;
  handle->access = access;
  std::memcpy(handle->name, name.data(), name.size() * sizeof(WCHAR));
  return handle;
}

/// The handle's object if it is of this kind and has this access; null with an error set.
Handle* Use(SC_HANDLE handle, ULONG tag, ACCESS_MASK access) {
  auto* const object = static_cast<Handle*>(handle);
  if (!object || object->tag != tag) return Fail(ERROR_INVALID_HANDLE), nullptr;
  if ((object->access & access) != access) return Fail(ERROR_ACCESS_DENIED), nullptr;
  return object;
}

bool ValidName(std::u16string_view name) {
  return !name.empty() && name.size() <= kMaxServiceName && name.find_first_of(u"\\/") == name.npos;
}

/// One entry of NtQueryDirectoryObject's answer.
struct DirectoryEntry {
  UNICODE_STRING Name;
  UNICODE_STRING TypeName;
};

bool SameName(std::u16string_view left, std::u16string_view right) {
  const auto upper = [](WCHAR c) { return c >= 'a' && c <= 'z' ? static_cast<WCHAR>(c - 32) : c; };
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [&](WCHAR a, WCHAR b) { return upper(a) == upper(b); });
}

bool DirectoryHas(PCWSTR directory, std::u16string_view wanted) {
  PathBuffer path;  // the kernel takes the name from the stack, but not from this module's literals
  path.Append(directory);
  UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  HANDLE handle = nullptr;
  if (!NT_SUCCESS(sys::NtOpenDirectoryObject(&handle, 1, &attributes))) return false;
  alignas(8) char buffer[2048];
  ULONG context = 0, length = 0;
  bool found = false;
  for (BOOLEAN restart = TRUE; !found; restart = FALSE) {
    const NTSTATUS status = sys::NtQueryDirectoryObject(handle, buffer, sizeof buffer, TRUE, restart, &context, &length);
    if (!NT_SUCCESS(status) || status == STATUS_NO_MORE_ENTRIES) break;
    const UNICODE_STRING& entry = reinterpret_cast<const DirectoryEntry*>(buffer)->Name;
    found = SameName({entry.Buffer, entry.Length / sizeof(WCHAR)}, wanted);
  }
  sys::NtClose(handle);
  return found;
}

bool IsLoaded(PCWSTR name, ULONG type) { return DirectoryHas(type == kFileSystemDriver ? u"\\FileSystem" : u"\\Driver", name); }

/// The status of a program, from what was kept of it.
ServiceStatus ProgramStatus(ULONG type, const ServiceStatus& kept) {
  constexpr DWORD kAborted = 1067;  // ERROR_PROCESS_ABORTED
  if (kept.dwCurrentState == kStopped || ProcessLives(kept.dwProcessId)) return kept;
  return {type, kStopped, 0, kAborted, 0, 0, 0, 0, 0};
}

/// The status of a driver. If it is stopping, something still refers to one of its devices.
ServiceStatus DriverStatus(PCWSTR name, ULONG type, const ServiceStatus& kept) {
  if (IsLoaded(name, type)) {
    const bool stopping = kept.dwCurrentState == kStopPending;
    return {type, stopping ? kStopPending : kRunning, stopping ? 0U : 1U, 0, 0, 0, 0, 0, 0};
  }
  const bool vanished = kept.dwCurrentState == kRunning;  // unloaded, but not by the manager
  return {type, kStopped, 0, vanished ? DWORD{ERROR_GEN_FAILURE} : kept.dwWin32ExitCode, 0, 0, 0, 0, 0};
}

ServiceStatus StatusOf(PCWSTR name, ULONG type) {
  ServiceStatus kept{type, kStopped, 0, kNeverStarted, 0, 0, 0, 0, 0};
  KeptStatus(name, &kept);
  return type & kProgram ? ProgramStatus(type, kept) : DriverStatus(name, type, kept);
}

UNICODE_STRING RegistryPath(PCWSTR name, PathBuffer& path) {
  path.Append(u"\\Registry\\Machine\\");
  path.Append(kServices);
  path.Append(name);
  return {static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
}

bool IsMarkedForDelete(HANDLE key) {
  ULONG flag = 0;
  return QueryDword(key, u"DeleteFlag", &flag) && flag;
}

/// A service that is marked for deletion goes when it does not run and a handle is closed.
void DeleteIfDue(PCWSTR name) {
  HANDLE key = nullptr;
  ULONG type = kKernelDriver;
  if (OpenServiceKey(name, 0x10001, &key)) return;
  QueryDword(key, u"Type", &type);
  if (IsMarkedForDelete(key) && StatusOf(name, type).dwCurrentState == kStopped) {
    sys::NtDeleteKey(key);
    Forget(name, u"");
  }
  sys::NtClose(key);
}

}  // namespace

namespace nt::win32 {

LONG OpenServiceKey(PCWSTR name, ACCESS_MASK access, HANDLE* key) {
  PathBuffer path;
  path.Append(kServices);
  path.Append(name);
  path.text[path.length] = 0;
  OpenedKey opened;
  const LONG error = opened.Open(LocalMachine(), path.text, access);
  *key = opened.handle;
  return error == static_cast<LONG>(ERROR_FILE_NOT_FOUND) ? static_cast<LONG>(ERROR_SERVICE_DOES_NOT_EXIST) : error;
}

LONG FillStatus(PCWSTR name, ServiceStatus* status) {
  HANDLE key = nullptr;
  ULONG type = 0;
  const LONG error = OpenServiceKey(name, 1, &key);
  if (error) return error;
  QueryDword(key, u"Type", &type);
  sys::NtClose(key);
  *status = StatusOf(name, type);
  return ERROR_SUCCESS;
}

PCWSTR ServiceNameOf(SC_HANDLE service, ACCESS_MASK access) {
  const Handle* const handle = Use(service, kServiceTag, access);
  return handle ? handle->name : nullptr;
}

bool MayEnumerate(SC_HANDLE manager) { return Use(manager, kManagerTag, 4) != nullptr; }

}  // namespace nt::win32

namespace {

/// The image path as the manager keeps it: a DOS path of a driver becomes an NT name.
void AppendImagePath(PathBuffer& out, std::u16string_view path, ULONG type) {
  const bool drive = path.size() > 2 && path[1] == u':';
  if (drive && (type & 3)) out.Append(u"\\??\\");
  out.Append(path);
}

bool ValidConfig(ULONG type, ULONG start, ULONG error_control) {
  const bool driver = type == kKernelDriver || type == kFileSystemDriver;
  const bool program = (type & ~0x100U) == 0x10 || (type & ~0x100U) == 0x20 || (type & ~0x100U) == kProgram;
  return (driver || (program && start >= 2)) && start <= kDisabled && error_control <= 3;
}

/// The bytes of a list of strings that ends with an empty one.
ULONG ListSize(PCWSTR list) {
  PCWSTR end = list;
  while (*end) end += std::u16string_view(end).size() + 1;
  return static_cast<ULONG>((end - list + 1) * 2);
}

LONG WriteConfig(HANDLE key, ULONG type, ULONG start, ULONG error_control, PCWSTR path, PCWSTR group, PCWSTR dependencies,
                 PCWSTR display_name) {
  LONG error = ERROR_SUCCESS;
  const auto dword = [&](PCWSTR name, ULONG value) {
    if (!error && value != kNoChange) error = SetValue(key, name, REG_DWORD, &value, sizeof value);
  };
  const auto text = [&](PCWSTR name, PCWSTR value) {
    if (!error && value && *value) error = SetString(key, name, value, REG_SZ);
  };
  dword(u"Type", type);
  dword(u"Start", start);
  dword(u"ErrorControl", error_control);
  if (!error && path) {
    PathBuffer image;
    AppendImagePath(image, path, type);
    error = SetString(key, u"ImagePath", image.View(), REG_EXPAND_SZ);
  }
  text(u"Group", group);
  text(u"DisplayName", display_name);
  if (!error && dependencies && *dependencies)
    error = SetValue(key, u"DependOnService", REG_MULTI_SZ, dependencies, ListSize(dependencies));
  return error;
}

DWORD LoadError(NTSTATUS status) {
  switch (status) {
    case STATUS_IMAGE_ALREADY_LOADED:
    case STATUS_OBJECT_NAME_COLLISION:
      return ERROR_SERVICE_ALREADY_RUNNING;
    default:
      return RtlNtStatusToDosError(status);
  }
}

/// The manager loads and unloads drivers by its own right: the caller's process has the privilege for as long as that takes.
NTSTATUS WithLoadPrivilege(NTSTATUS (*service)(PUNICODE_STRING), PUNICODE_STRING name) {
  HANDLE token = nullptr;
  TOKEN_PRIVILEGES wanted{1, {{{SE_LOAD_DRIVER_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED}}}, before{};
  ULONG length = 0;
  if (NT_SUCCESS(sys::NtOpenProcessToken(CurrentProcessHandle(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token)))
    sys::NtAdjustPrivilegesToken(token, FALSE, &wanted, sizeof before, &before, &length);
  const NTSTATUS status = service(name);
  if (!token) return status;
  if (before.PrivilegeCount) sys::NtAdjustPrivilegesToken(token, FALSE, &before, 0, nullptr, nullptr);
  sys::NtClose(token);
  return status;
}

LONG StartDriver(PCWSTR service, ULONG type) {
  PathBuffer path;
  UNICODE_STRING name = RegistryPath(service, path);
  const NTSTATUS status = WithLoadPrivilege(&sys::NtLoadDriver, &name);
  const bool loaded = NT_SUCCESS(status);
  const DWORD failure = loaded ? 0 : LoadError(status);
  KeepStatus(service, {type, loaded ? kRunning : kStopped, loaded ? 1U : 0U, failure, 0, 0, 0, 0, 0});
  return static_cast<LONG>(failure);
}

/// What a control needs of a handle.
ACCESS_MASK AccessFor(DWORD control) {
  if (control == 1) return 0x20;
  if (control == 4) return 0x80;
  return control >= 128 ? 0x100 : 0x40;
}

/// The driver's status is the caller's already, and becomes what it is afterwards.
LONG ControlDriver(PCWSTR service, DWORD control, ServiceStatus* status) {
  if (control != 1 && control != 4) return ERROR_INVALID_SERVICE_CONTROL;
  if (status->dwCurrentState == kStopped) return ERROR_SERVICE_NOT_ACTIVE;
  if (control == 4) return ERROR_SUCCESS;
  if (status->dwCurrentState == kStopPending) return ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
  PathBuffer path;
  UNICODE_STRING name = RegistryPath(service, path);
  const NTSTATUS unloaded = WithLoadPrivilege(&sys::NtUnloadDriver, &name);
  // A driver without an unload routine cannot be stopped.
  if (unloaded == STATUS_INVALID_DEVICE_REQUEST) return ERROR_INVALID_SERVICE_CONTROL;
  if (!NT_SUCCESS(unloaded)) return static_cast<LONG>(RtlNtStatusToDosError(unloaded));
  status->dwCurrentState = IsLoaded(service, status->dwServiceType) ? kStopPending : kStopped;
  status->dwControlsAccepted = 0;
  KeepStatus(service, *status);
  return ERROR_SUCCESS;
}

}  // namespace

extern "C" {

/// Connects to the service manager of the machine. Partial: no other machine, no other database than the active one.
SC_HANDLE OpenSCManagerW(LPCWSTR MachineName, LPCWSTR DatabaseName, DWORD DesiredAccess) {
  if (MachineName && *MachineName && !SameName(MachineName, u"localhost") && !SameName(MachineName, u".")) return Fail(1722), nullptr;
  if (DatabaseName && !SameName(DatabaseName, u"ServicesActive")) return Fail(1065), nullptr;
  return NewHandle(kManagerTag, DesiredAccess, u"");
}

/// Connects to the service manager of the machine. Partial: no other machine, no other database than the active one.
SC_HANDLE OpenSCManagerA(LPCSTR MachineName, LPCSTR DatabaseName, DWORD DesiredAccess) {
  return OpenSCManagerW(WideName(MachineName).c_str(), WideName(DatabaseName).c_str(), DesiredAccess);
}

/// Creates a service. Partial: the account, its password and the tag are not kept.
SC_HANDLE CreateServiceW(SC_HANDLE SCManager, LPCWSTR ServiceName, LPCWSTR DisplayName, DWORD DesiredAccess, DWORD ServiceType,
                         DWORD StartType, DWORD ErrorControl, LPCWSTR BinaryPathName, LPCWSTR LoadOrderGroup, LPDWORD TagId,
                         LPCWSTR Dependencies, [[maybe_unused]] LPCWSTR ServiceStartName, [[maybe_unused]] LPCWSTR Password) {
  if (!Use(SCManager, kManagerTag, 2)) return nullptr;
  if (!ServiceName || !BinaryPathName) return Fail(998), nullptr;
  if (!ValidName(ServiceName)) return Fail(ERROR_INVALID_NAME), nullptr;
  if (!ValidConfig(ServiceType, StartType, ErrorControl) || !*BinaryPathName || TagId) return Fail(ERROR_INVALID_PARAMETER), nullptr;

  HANDLE key = nullptr;
  if (!OpenServiceKey(ServiceName, 1, &key)) {
    const bool marked = IsMarkedForDelete(key);
    sys::NtClose(key);
    return Fail(marked ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS), nullptr;
  }
  PathBuffer path;
  UNICODE_STRING name = RegistryPath(ServiceName, path);
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  LONG error = ErrorOf(sys::NtCreateKey(&key, 0xF003F, &attributes, 0, nullptr, 0, nullptr));
  if (error) return Fail(static_cast<DWORD>(error)), nullptr;
  error = WriteConfig(key, ServiceType, StartType, ErrorControl, BinaryPathName, LoadOrderGroup, Dependencies,
                      DisplayName ? DisplayName : ServiceName);
  if (error) sys::NtDeleteKey(key);
  sys::NtClose(key);
  if (error) return Fail(static_cast<DWORD>(error)), nullptr;
  return NewHandle(kServiceTag, DesiredAccess, ServiceName);
}

/// Creates a service. Partial: the account, its password, dependencies and the tag are not kept.
SC_HANDLE CreateServiceA(SC_HANDLE SCManager, LPCSTR ServiceName, LPCSTR DisplayName, DWORD DesiredAccess, DWORD ServiceType,
                         DWORD StartType, DWORD ErrorControl, LPCSTR BinaryPathName, LPCSTR LoadOrderGroup, LPDWORD TagId,
                         [[maybe_unused]] LPCSTR Dependencies, [[maybe_unused]] LPCSTR ServiceStartName, [[maybe_unused]] LPCSTR Password) {
  return CreateServiceW(SCManager, WideName(ServiceName).c_str(), WideName(DisplayName).c_str(), DesiredAccess, ServiceType, StartType,
                        ErrorControl, WideName(BinaryPathName).c_str(), WideName(LoadOrderGroup).c_str(), TagId, nullptr, nullptr, nullptr);
}

/// Opens a service.
SC_HANDLE OpenServiceW(SC_HANDLE SCManager, LPCWSTR ServiceName, DWORD DesiredAccess) {
  if (!Use(SCManager, kManagerTag, 1)) return nullptr;
  if (!ServiceName) return Fail(998), nullptr;
  if (!ValidName(ServiceName)) return Fail(ERROR_INVALID_NAME), nullptr;
  HANDLE key = nullptr;
  const LONG error = OpenServiceKey(ServiceName, 1, &key);
  if (error) return Fail(static_cast<DWORD>(error)), nullptr;
  sys::NtClose(key);
  return NewHandle(kServiceTag, DesiredAccess, ServiceName);
}

/// Opens a service.
SC_HANDLE OpenServiceA(SC_HANDLE SCManager, LPCSTR ServiceName, DWORD DesiredAccess) {
  return OpenServiceW(SCManager, WideName(ServiceName).c_str(), DesiredAccess);
}

/// Starts a service: loads its driver, or starts its program and waits until that has asked for its work.
BOOL StartServiceW(SC_HANDLE Service, DWORD NumServiceArgs, LPCWSTR* ServiceArgVectors) {
  const Handle* const service = Use(Service, kServiceTag, 0x10);
  HANDLE key = nullptr;
  ULONG type = 0, start = kDisabled;
  if (!service) return FALSE;
  LONG error = OpenServiceKey(service->name, 1, &key);
  if (error) return Fail(static_cast<DWORD>(error));
  const bool marked = IsMarkedForDelete(key);
  QueryDword(key, u"Type", &type);
  QueryDword(key, u"Start", &start);
  sys::NtClose(key);
  if (marked) return Fail(ERROR_SERVICE_MARKED_FOR_DELETE);
  if (start == kDisabled) return Fail(ERROR_SERVICE_DISABLED);
  if (StatusOf(service->name, type).dwCurrentState != kStopped) return Fail(ERROR_SERVICE_ALREADY_RUNNING);
  error = type & kProgram ? StartProgram(service->name, type, NumServiceArgs, ServiceArgVectors) : StartDriver(service->name, type);
  return error ? Fail(static_cast<DWORD>(error)) : TRUE;
}

/// Starts a service: loads its driver, or starts its program and waits until that has asked for its work.
BOOL StartServiceA(SC_HANDLE Service, DWORD NumServiceArgs, LPCSTR* ServiceArgVectors) {
  auto* const wide = Allocate<LPWSTR>(NumServiceArgs + SIZE_T{1});
  if (!wide) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  for (DWORD i = 0; i < NumServiceArgs; i++) {
    const WideName argument(ServiceArgVectors[i]);
    const SIZE_T size = std::u16string_view(argument.c_str()).size() + 1;
    wide[i] = Allocate<WCHAR>(size);
    if (wide[i]) std::memcpy(wide[i], argument.c_str(), size * sizeof(WCHAR));
  }
  const BOOL started = StartServiceW(Service, NumServiceArgs, const_cast<LPCWSTR*>(wide));
  for (DWORD i = 0; i < NumServiceArgs; i++) Free(wide[i]);
  Free(wide);
  return started;
}

/// The state of a service.
BOOL QueryServiceStatus(SC_HANDLE Service, PVOID Status) {
  const Handle* const service = Use(Service, kServiceTag, 4);
  ServiceStatus status{};
  if (!service) return FALSE;
  const LONG error = FillStatus(service->name, &status);
  if (error) return Fail(static_cast<DWORD>(error));
  std::memcpy(Status, &status, kShortStatus);
  return TRUE;
}

/// The state of a service, with its process: drivers have none.
BOOL QueryServiceStatusEx(SC_HANDLE Service, ULONG InfoLevel, PUCHAR Buffer, DWORD BufferSize, LPDWORD BytesNeeded) {
  const Handle* const service = Use(Service, kServiceTag, 4);
  ServiceStatus status{};
  if (!service) return FALSE;
  if (InfoLevel != 0) return Fail(124);  // ERROR_INVALID_LEVEL
  *BytesNeeded = sizeof status;
  if (BufferSize < sizeof status) return Fail(ERROR_INSUFFICIENT_BUFFER);
  const LONG error = FillStatus(service->name, &status);
  if (error) return Fail(static_cast<DWORD>(error));
  std::memcpy(Buffer, &status, sizeof status);
  return TRUE;
}

/// Controls a service. A driver can be stopped (1), by unloading it, and asked for its state (4); a program gets what it accepts.
BOOL ControlService(SC_HANDLE Service, DWORD Control, PVOID Status) {
  const Handle* const service = Use(Service, kServiceTag, AccessFor(Control));
  ServiceStatus status{};
  if (!service) return FALSE;
  LONG error = FillStatus(service->name, &status);
  if (!error && status.dwServiceType & kProgram) {
    error = ControlProgram(service->name, Control, status);
    if (!error) error = FillStatus(service->name, &status);
  } else if (!error) {
    error = ControlDriver(service->name, Control, &status);
  }
  if (error) return Fail(static_cast<DWORD>(error));
  if (Status) std::memcpy(Status, &status, kShortStatus);
  return TRUE;
}

/// Marks a service for deletion: it goes when its driver has stopped and a handle to it is closed.
BOOL DeleteService(SC_HANDLE Service) {
  const Handle* const service = Use(Service, kServiceTag, 0x10000);
  HANDLE key = nullptr;
  if (!service) return FALSE;
  LONG error = OpenServiceKey(service->name, 3, &key);
  if (error) return Fail(static_cast<DWORD>(error));
  const ULONG flag = 1;
  error = IsMarkedForDelete(key) ? static_cast<LONG>(ERROR_SERVICE_MARKED_FOR_DELETE)
                                 : SetValue(key, u"DeleteFlag", REG_DWORD, &flag, sizeof flag);
  sys::NtClose(key);
  return error ? Fail(static_cast<DWORD>(error)) : TRUE;
}

/// Changes the configuration of a service. Partial: the account, its password and the tag are not kept.
BOOL ChangeServiceConfigW(SC_HANDLE Service, DWORD ServiceType, DWORD StartType, DWORD ErrorControl, LPCWSTR BinaryPathName,
                          LPCWSTR LoadOrderGroup, [[maybe_unused]] LPDWORD TagId, LPCWSTR Dependencies,
                          [[maybe_unused]] LPCWSTR ServiceStartName, [[maybe_unused]] LPCWSTR Password, LPCWSTR DisplayName) {
  const Handle* const service = Use(Service, kServiceTag, 2);
  HANDLE key = nullptr;
  if (!service) return FALSE;
  LONG error = OpenServiceKey(service->name, 3, &key);
  if (error) return Fail(static_cast<DWORD>(error));
  ULONG type = kKernelDriver, start = 3, control = 1;
  QueryDword(key, u"Type", &type);
  QueryDword(key, u"Start", &start);
  QueryDword(key, u"ErrorControl", &control);
  const auto value = [](ULONG changed, ULONG old) { return changed == kNoChange ? old : changed; };
  if (IsMarkedForDelete(key))
    error = ERROR_SERVICE_MARKED_FOR_DELETE;
  else if (!ValidConfig(value(ServiceType, type), value(StartType, start), value(ErrorControl, control)))
    error = ERROR_INVALID_PARAMETER;
  else
    error = WriteConfig(key, value(ServiceType, type), StartType, ErrorControl, BinaryPathName, LoadOrderGroup, Dependencies, DisplayName);
  sys::NtClose(key);
  return error ? Fail(static_cast<DWORD>(error)) : TRUE;
}

/// The configuration of a service; its texts lie behind the structure.
BOOL QueryServiceConfigW(SC_HANDLE Service, PVOID Config, DWORD BufferSize, LPDWORD BytesNeeded) {
  const Handle* const service = Use(Service, kServiceTag, 1);
  HANDLE key = nullptr;
  if (!service) return FALSE;
  const LONG error = OpenServiceKey(service->name, 1, &key);
  if (error) return Fail(static_cast<DWORD>(error));
  constexpr PCWSTR kTexts[] = {u"ImagePath", u"Group", u"DependOnService", u"ObjectName", u"DisplayName"};
  ULONG sizes[std::size(kTexts)], needed = sizeof(ServiceConfig);
  for (SIZE_T i = 0; i < std::size(kTexts); i++) {
    sizes[i] = 0;
    if (QueryValue(key, kTexts[i], nullptr, nullptr, &sizes[i])) sizes[i] = 0;
    needed += sizes[i] + 4;  // room for a terminator that the value may lack, and for a list's second one
  }
  *BytesNeeded = needed;
  if (BufferSize < needed || !Config) return sys::NtClose(key), Fail(ERROR_INSUFFICIENT_BUFFER);
  auto& config = *static_cast<ServiceConfig*>(Config);
  std::memset(Config, 0, needed);
  auto* at = static_cast<char*>(Config) + sizeof config;
  LPWSTR* const places[] = {&config.lpBinaryPathName, &config.lpLoadOrderGroup, &config.lpDependencies, &config.lpServiceStartName,
                            &config.lpDisplayName};
  for (SIZE_T i = 0; i < std::size(kTexts); i++) {
    *places[i] = reinterpret_cast<LPWSTR>(at);
    ULONG size = sizes[i];
    if (size) QueryValue(key, kTexts[i], nullptr, at, &size);
    at += (sizes[i] + 3) & ~1U;
  }
  QueryDword(key, u"Type", &config.dwServiceType);
  QueryDword(key, u"Start", &config.dwStartType);
  QueryDword(key, u"ErrorControl", &config.dwErrorControl);
  sys::NtClose(key);
  return TRUE;
}

/// Closes a handle of the service manager.
BOOL CloseServiceHandle(SC_HANDLE SCObject) {
  auto* const object = static_cast<Handle*>(SCObject);
  if (!object || (object->tag != kManagerTag && object->tag != kServiceTag)) return Fail(ERROR_INVALID_HANDLE);
  if (object->tag == kServiceTag) DeleteIfDue(object->name);
  object->tag = 0;
  Free(object);
  return TRUE;
}

}  // extern "C"
