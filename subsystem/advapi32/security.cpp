// Tokens and privileges as programs use them.
#include <algorithm>
#include <cstring>

#include "nt/process_information.h"
#include "nt/se.h"
#include "subsystem/advapi32/text.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// Privileges by their numbers (winnt.h), from 2 on.
constexpr const char16_t* kPrivileges[] = {u"SeCreateTokenPrivilege",
                                           u"SeAssignPrimaryTokenPrivilege",
                                           u"SeLockMemoryPrivilege",
                                           u"SeIncreaseQuotaPrivilege",
                                           u"SeMachineAccountPrivilege",
                                           u"SeTcbPrivilege",
                                           u"SeSecurityPrivilege",
                                           u"SeTakeOwnershipPrivilege",
                                           u"SeLoadDriverPrivilege",
                                           u"SeSystemProfilePrivilege",
                                           u"SeSystemtimePrivilege",
                                           u"SeProfileSingleProcessPrivilege",
                                           u"SeIncreaseBasePriorityPrivilege",
                                           u"SeCreatePagefilePrivilege",
                                           u"SeCreatePermanentPrivilege",
                                           u"SeBackupPrivilege",
                                           u"SeRestorePrivilege",
                                           u"SeShutdownPrivilege",
                                           u"SeDebugPrivilege",
                                           u"SeAuditPrivilege",
                                           u"SeSystemEnvironmentPrivilege",
                                           u"SeChangeNotifyPrivilege",
                                           u"SeRemoteShutdownPrivilege",
                                           u"SeUndockPrivilege",
                                           u"SeSyncAgentPrivilege",
                                           u"SeEnableDelegationPrivilege",
                                           u"SeManageVolumePrivilege",
                                           u"SeImpersonatePrivilege",
                                           u"SeCreateGlobalPrivilege",
                                           u"SeTrustedCredManAccessPrivilege",
                                           u"SeRelabelPrivilege",
                                           u"SeIncreaseWorkingSetPrivilege",
                                           u"SeTimeZonePrivilege",
                                           u"SeCreateSymbolicLinkPrivilege",
                                           u"SeDelegateSessionUserImpersonatePrivilege"};
constexpr ULONG kFirstPrivilege = 2;
constexpr DWORD kNoSuchPrivilege = 1313;  // ERROR_NO_SUCH_PRIVILEGE

NTSTATUS Assign(HANDLE thread, HANDLE token) { return sys::NtSetInformationThread(thread, ThreadImpersonationToken, &token, sizeof token); }

NTSTATUS DuplicateAs(HANDLE token, DWORD access, LPSECURITY_ATTRIBUTES security, SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type,
                     PHANDLE made) {
  SECURITY_QUALITY_OF_SERVICE quality{sizeof quality, level, 0, 0};
  const ULONG inherit = security && security->bInheritHandle ? OBJ_INHERIT : 0U;
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, inherit, nullptr, &quality};
  return sys::NtDuplicateToken(token, access, &attributes, FALSE, type, made);
}

}  // namespace

extern "C" {

/// Opens a process's token.
BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle) {
  return Check(sys::NtOpenProcessToken(ProcessHandle, DesiredAccess, TokenHandle));
}

/// Opens the token of a thread that impersonates; ERROR_NO_TOKEN if it does not.
BOOL OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE TokenHandle) {
  return Check(sys::NtOpenThreadToken(ThreadHandle, DesiredAccess, OpenAsSelf != 0, TokenHandle));
}

/// Information about a token.
BOOL GetTokenInformation(HANDLE TokenHandle, ULONG InformationClass, LPVOID Information, DWORD Length, PDWORD ReturnLength) {
  return Check(
      sys::NtQueryInformationToken(TokenHandle, static_cast<TOKEN_INFORMATION_CLASS>(InformationClass), Information, Length, ReturnLength));
}

/// Enables, disables or removes privileges. Succeeds with the last error ERROR_NOT_ALL_ASSIGNED if some are not held.
BOOL AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges, PVOID NewState, DWORD BufferLength, PVOID PreviousState,
                           PDWORD ReturnLength) {
  DWORD length = 0;
  const NTSTATUS status =
      sys::NtAdjustPrivilegesToken(TokenHandle, DisableAllPrivileges != 0, static_cast<TOKEN_PRIVILEGES*>(NewState), BufferLength,
                                   static_cast<TOKEN_PRIVILEGES*>(PreviousState), ReturnLength ? ReturnLength : &length);
  if (!Check(status)) return FALSE;
  SetError(status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
  return TRUE;
}

/// The number of a privilege by its name. Only this machine's are known.
BOOL LookupPrivilegeValueW([[maybe_unused]] LPCWSTR SystemName, LPCWSTR Name, PVOID Value) {
  for (ULONG i = 0; i < std::size(kPrivileges); i++) {
    if (!SameLetters(kPrivileges[i], Name)) continue;
    *static_cast<LUID*>(Value) = {i + kFirstPrivilege, 0};
    return TRUE;
  }
  return Fail(kNoSuchPrivilege);
}

/// The number of a privilege by its name. Only this machine's are known.
BOOL LookupPrivilegeValueA([[maybe_unused]] LPCSTR SystemName, LPCSTR Name, PVOID Value) {
  return LookupPrivilegeValueW(nullptr, WideName(Name).c_str(), Value);
}

/// A privilege's name; `Size` gets its characters, or the room needed.
BOOL LookupPrivilegeNameW([[maybe_unused]] LPCWSTR SystemName, PVOID Value, LPWSTR Name, LPDWORD Size) {
  const LUID& luid = *static_cast<const LUID*>(Value);
  if (luid.HighPart || luid.LowPart - kFirstPrivilege >= std::size(kPrivileges)) return Fail(kNoSuchPrivilege);
  const std::u16string_view text = kPrivileges[luid.LowPart - kFirstPrivilege];
  const DWORD room = *Size;
  *Size = CopyOut(text, Name, room);
  return room > text.size() ? TRUE : Fail(ERROR_INSUFFICIENT_BUFFER);
}

/// Copies a token.
BOOL DuplicateTokenEx(HANDLE ExistingToken, DWORD DesiredAccess, LPSECURITY_ATTRIBUTES Attributes, ULONG ImpersonationLevel,
                      ULONG TokenType, PHANDLE NewToken) {
  return Check(DuplicateAs(ExistingToken, DesiredAccess, Attributes, static_cast<SECURITY_IMPERSONATION_LEVEL>(ImpersonationLevel),
                           static_cast<TOKEN_TYPE>(TokenType), NewToken));
}

/// Copies a token for impersonation.
BOOL DuplicateToken(HANDLE ExistingToken, ULONG ImpersonationLevel, PHANDLE NewToken) {
  return DuplicateTokenEx(ExistingToken, TOKEN_IMPERSONATE | TOKEN_QUERY, nullptr, ImpersonationLevel, TokenImpersonation, NewToken);
}

/// Gives a thread, or the calling one, a token to act with; none ends that.
BOOL SetThreadToken(PHANDLE Thread, HANDLE Token) { return Check(Assign(Thread ? *Thread : CurrentThreadHandle(), Token)); }

/// The calling thread acts with a copy of its process's token.
BOOL ImpersonateSelf(ULONG ImpersonationLevel) {
  HANDLE own = nullptr, copy = nullptr;
  if (!Check(sys::NtOpenProcessToken(CurrentProcessHandle(), TOKEN_DUPLICATE, &own))) return FALSE;
  NTSTATUS status = DuplicateAs(own, TOKEN_IMPERSONATE, nullptr, static_cast<SECURITY_IMPERSONATION_LEVEL>(ImpersonationLevel),
                                TokenImpersonation, &copy);
  sys::NtClose(own);
  if (!Check(status)) return FALSE;
  status = Assign(CurrentThreadHandle(), copy);
  sys::NtClose(copy);
  return Check(status);
}

/// The calling thread acts with a user's token.
BOOL ImpersonateLoggedOnUser(HANDLE Token) {
  HANDLE copy = nullptr;
  if (!Check(DuplicateAs(Token, TOKEN_IMPERSONATE | TOKEN_QUERY, nullptr, SecurityImpersonation, TokenImpersonation, &copy))) return FALSE;
  const NTSTATUS status = Assign(CurrentThreadHandle(), copy);
  sys::NtClose(copy);
  return Check(status);
}

/// The calling thread acts with its process's token again.
BOOL RevertToSelf() { return Check(Assign(CurrentThreadHandle(), nullptr)); }

}  // extern "C"
