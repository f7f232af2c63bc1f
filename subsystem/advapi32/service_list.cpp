// EnumServicesStatus and its relatives.
#include <cstring>

#include "subsystem/advapi32/service.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
LONG RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPWSTR Class, LPDWORD ClassSize,
                   LPFILETIME LastWriteTime);
}

namespace {

constexpr ULONG kMaxText = 256;
constexpr DWORD kActive = 1, kInactive = 2;

/// What a caller asked for.
struct Query {
  DWORD types;
  DWORD states;
  ULONG status_size;  ///< SERVICE_STATUS or SERVICE_STATUS_PROCESS
  bool wide;
};

struct Found {
  WCHAR name[kMaxText + 1];
  WCHAR display[kMaxText + 1];
  ServiceStatus status;
};

/// ENUM_SERVICE_STATUS(_PROCESS): two pointers and a status.
ULONG EntrySize(const Query& query) { return (16 + query.status_size + 7) & ~7U; }

ULONG TextSize(const Query& query, PCWSTR text) {
  return static_cast<ULONG>((std::u16string_view(text).size() + 1) * (query.wide ? sizeof(WCHAR) : 1));
}

/// Reads the service with this index among the keys. False at their end.
bool Read(HKEY services, DWORD index, Found* found) {
  DWORD size = kMaxText + 1;
  if (RegEnumKeyExW(services, index, found->name, &size, nullptr, nullptr, nullptr, nullptr)) return false;
  std::memcpy(found->display, found->name, sizeof found->name);
  found->status = {};
  OpenedKey key;
  if (key.Open(services, found->name, 1)) return true;
  ULONG bytes = sizeof found->display - sizeof(WCHAR);
  if (!QueryValue(key.handle, u"DisplayName", nullptr, found->display, &bytes)) {
    found->display[bytes / sizeof(WCHAR)] = 0;
  } else {
    std::memcpy(found->display, found->name, sizeof found->name);
  }
  sys::NtClose(key.handle);
  FillStatus(found->name, &found->status);
  return true;
}

bool Matches(const Query& query, const Found& found) {
  if ((found.status.dwServiceType & query.types) == 0) return false;
  return (query.states & (found.status.dwCurrentState == kStopped ? kInactive : kActive)) != 0;
}

/// Texts lie at the end of the buffer, the last one first; one that is not wide has the characters' low bytes.
PVOID PutText(const Query& query, char** end, PCWSTR text) {
  *end -= TextSize(query, text);
  if (query.wide) {
    std::memcpy(*end, text, TextSize(query, text));
  } else {
    char* at = *end;
    do *at++ = static_cast<char>(*text);
    while (*text++);
  }
  return *end;
}

/// Fills a buffer from the service that `Resume` counts on. ERROR_MORE_DATA if some did not fit: *BytesNeeded says how much they need.
BOOL List(SC_HANDLE manager, const Query& query, void* buffer, DWORD size, DWORD* needed, DWORD* returned, DWORD* resume) {
  if (!MayEnumerate(manager)) return FALSE;
  if (!needed || !returned || !(query.types & 0x3F) || !(query.states & 3) || query.states > 3) return Fail(ERROR_INVALID_PARAMETER);
  PathBuffer path;
  path.Append(u"System\\CurrentControlSet\\Services");
  path.text[path.length] = 0;
  OpenedKey services;
  const LONG error = services.Open(LocalMachine(), path.text, 8);
  *needed = *returned = 0;
  if (error) return error == static_cast<LONG>(ERROR_FILE_NOT_FOUND) ? TRUE : Fail(static_cast<DWORD>(error));
  char* entry = static_cast<char*>(buffer);
  char* end = entry + (buffer ? size & ~7U : 0);
  Found found;
  DWORD next = 0;
  for (DWORD index = resume ? *resume : 0; Read(services.handle, index, &found); index++) {
    if (!Matches(query, found)) continue;
    const ULONG takes = EntrySize(query) + TextSize(query, found.name) + TextSize(query, found.display);
    const ULONG rounded = (takes + 7) & ~7U;
    if (*needed || end - entry < static_cast<LONG_PTR>(rounded)) {
      if (!*needed) next = index;
      *needed += rounded;
      continue;
    }
    PVOID texts[2];
    texts[1] = PutText(query, &end, found.display);
    texts[0] = PutText(query, &end, found.name);
    end -= reinterpret_cast<ULONG_PTR>(end) & 1;
    std::memcpy(entry, texts, sizeof texts);
    std::memcpy(entry + sizeof texts, &found.status, query.status_size);
    entry += EntrySize(query);
    ++*returned;
  }
  sys::NtClose(services.handle);
  if (resume) *resume = next;
  return *needed ? Fail(ERROR_MORE_DATA) : TRUE;
}

}  // namespace

extern "C" {

/// The services of some types and states, with their status. Partial: groups are not looked at.
BOOL EnumServicesStatusExW(SC_HANDLE SCManager, ULONG InfoLevel, DWORD ServiceType, DWORD ServiceState, PUCHAR Services, DWORD BufferSize,
                           LPDWORD BytesNeeded, LPDWORD ServicesReturned, LPDWORD ResumeHandle, [[maybe_unused]] LPCWSTR GroupName) {
  if (InfoLevel != 0) return Fail(124);  // ERROR_INVALID_LEVEL
  return List(SCManager, {ServiceType, ServiceState, sizeof(ServiceStatus), true}, Services, BufferSize, BytesNeeded, ServicesReturned,
              ResumeHandle);
}

/// The services of some types and states, with their status. Partial: groups are not looked at.
BOOL EnumServicesStatusExA(SC_HANDLE SCManager, ULONG InfoLevel, DWORD ServiceType, DWORD ServiceState, PUCHAR Services, DWORD BufferSize,
                           LPDWORD BytesNeeded, LPDWORD ServicesReturned, LPDWORD ResumeHandle, [[maybe_unused]] LPCSTR GroupName) {
  if (InfoLevel != 0) return Fail(124);  // ERROR_INVALID_LEVEL
  return List(SCManager, {ServiceType, ServiceState, sizeof(ServiceStatus), false}, Services, BufferSize, BytesNeeded, ServicesReturned,
              ResumeHandle);
}

/// The services of some types and states, with their status.
BOOL EnumServicesStatusW(SC_HANDLE SCManager, DWORD ServiceType, DWORD ServiceState, PVOID Services, DWORD BufferSize, LPDWORD BytesNeeded,
                         LPDWORD ServicesReturned, LPDWORD ResumeHandle) {
  return List(SCManager, {ServiceType, ServiceState, kShortStatus, true}, Services, BufferSize, BytesNeeded, ServicesReturned,
              ResumeHandle);
}

/// The services of some types and states, with their status.
BOOL EnumServicesStatusA(SC_HANDLE SCManager, DWORD ServiceType, DWORD ServiceState, PVOID Services, DWORD BufferSize, LPDWORD BytesNeeded,
                         LPDWORD ServicesReturned, LPDWORD ResumeHandle) {
  return List(SCManager, {ServiceType, ServiceState, kShortStatus, false}, Services, BufferSize, BytesNeeded, ServicesReturned,
              ResumeHandle);
}

}  // extern "C"
