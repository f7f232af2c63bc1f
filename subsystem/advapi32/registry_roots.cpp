#include "subsystem/advapi32/registry_roots.h"

#include "nt/se.h"

namespace nt::win32 {
namespace {

constexpr ULONG kFirst = 0x80000000;  // HKEY_CLASSES_ROOT
constexpr ULONG kCurrentUser = 1, kLocalSettings = 7;
constexpr std::u16string_view kRoots[] = {
    u"\\Registry\\Machine\\Software\\Classes",
    u"",  // the user's own
    u"\\Registry\\Machine",
    u"\\Registry\\User",
    u"",  // performance data is no key
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current",
    u"",  // nor is dynamic data
    u"\\Software\\Classes\\Local Settings",
};

ULONG IndexOf(HKEY key) { return static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(key)) - kFirst; }

void AppendNumber(PathBuffer& path, ULONGLONG number) {
  WCHAR digits[20];
  SIZE_T at = std::size(digits);
  do digits[--at] = static_cast<WCHAR>(u'0' + number % 10);
  while ((number /= 10) != 0);
  path.Append({digits + at, std::size(digits) - at});
}

void AppendSid(PathBuffer& path, const SID& sid) {
  ULONGLONG authority = 0;
  for (const UCHAR byte : sid.IdentifierAuthority.Value) authority = authority << 8 | byte;
  path.Append(u"S-1-");
  AppendNumber(path, authority);
  for (UCHAR i = 0; i < sid.SubAuthorityCount; i++) {
    path.Append(u'-');
    AppendNumber(path, sid.SubAuthority[i]);
  }
}

}  // namespace

bool IsPredefined(HKEY key) {
  const ULONG_PTR high = reinterpret_cast<ULONG_PTR>(key) >> 32;
  return IndexOf(key) < std::size(kRoots) && (high == 0 || high == 0xFFFFFFFF);
}

HANDLE* OverrideOf(HKEY key) { return IsPredefined(key) ? &CurrentProcess().registry_roots[IndexOf(key)] : nullptr; }

LONG AppendRoot(HKEY key, PathBuffer& path) {
  const ULONG index = IndexOf(key);
  if (index == kCurrentUser || index == kLocalSettings) {
    const NTSTATUS status = AppendCurrentUser(path);
    if (!NT_SUCCESS(status)) return ErrorOf(status);
  } else if (kRoots[index].empty()) {
    return ERROR_INVALID_HANDLE;
  }
  path.Append(kRoots[index]);
  return ERROR_SUCCESS;
}

NTSTATUS AppendCurrentUser(PathBuffer& path) {
  HANDLE token = nullptr;
  NTSTATUS status = sys::NtOpenThreadToken(CurrentThreadHandle(), TOKEN_QUERY, TRUE, &token);
  if (!NT_SUCCESS(status)) status = sys::NtOpenProcessToken(CurrentProcessHandle(), TOKEN_QUERY, &token);
  if (!NT_SUCCESS(status)) return status;
  alignas(8) char buffer[sizeof(TOKEN_USER) + 68];
  ULONG length = 0;
  status = sys::NtQueryInformationToken(token, TokenUser, buffer, sizeof buffer, &length);
  sys::NtClose(token);
  if (!NT_SUCCESS(status)) return status;
  path.Append(u"\\Registry\\User\\");
  AppendSid(path, *static_cast<const SID*>(reinterpret_cast<const TOKEN_USER*>(buffer)->User.Sid));
  return STATUS_SUCCESS;
}

NTSTATUS AppendUserClasses(PathBuffer& path) {
  const NTSTATUS status = AppendCurrentUser(path);
  if (NT_SUCCESS(status)) path.Append(u"_Classes");
  return status;
}

}  // namespace nt::win32
