// The run-time library's functions about the process, its threads and its token.
#include "nt/process_information.h"
#include "nt/se.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace user = nt::user;
namespace sys = nt::sys;

namespace {

constexpr ULONG kPrivilegeEnabled = 2;
const HANDLE kCurrentProcess = reinterpret_cast<HANDLE>(~ULONG_PTR{0});
const HANDLE kCurrentThread = reinterpret_cast<HANDLE>(~ULONG_PTR{1});

NTSTATUS OpenToken(BOOLEAN of_thread, ACCESS_MASK access, PHANDLE token) {
  return of_thread != FALSE ? sys::NtOpenThreadToken(kCurrentThread, access, FALSE, token)
                            : sys::NtOpenProcessToken(kCurrentProcess, access, token);
}

}  // namespace

extern "C" {

/// The process environment block.
PEB* RtlGetCurrentPeb() { return user::CurrentPeb(); }

/// NT's version; the build's upper bits say that it is a free build.
VOID RtlGetNtVersionNumbers(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber) {
  if (MajorVersion) *MajorVersion = 10;
  if (MinorVersion) *MinorVersion = 0;
  if (BuildNumber) *BuildNumber = 0xF0000000 | 22000;
}

/// Enables or disables a privilege of the process's token, or of the one the thread impersonates with. STATUS_PRIVILEGE_NOT_HELD;
/// STATUS_NO_TOKEN.
NTSTATUS RtlAdjustPrivilege(ULONG Privilege, BOOLEAN Enable, BOOLEAN CurrentThread, PBOOLEAN WasEnabled) {
  HANDLE token = nullptr;
  NTSTATUS status = OpenToken(CurrentThread, TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
  if (!NT_SUCCESS(status)) return status;
  TOKEN_PRIVILEGES change{1, {{{Privilege, 0}, Enable != FALSE ? kPrivilegeEnabled : 0}}}, before = change;
  ULONG length = 0;
  status = sys::NtAdjustPrivilegesToken(token, FALSE, &change, sizeof before, &before, &length);
  sys::NtClose(token);
  if (status == STATUS_NOT_ALL_ASSIGNED) return STATUS_PRIVILEGE_NOT_HELD;
  if (!NT_SUCCESS(status)) return status;
  // Nothing was told: nothing changed.
  const bool was = before.PrivilegeCount == 0 ? Enable != FALSE : (before.Privileges[0].Attributes & kPrivilegeEnabled) != 0;
  if (WasEnabled) *WasEnabled = was;
  return STATUS_SUCCESS;
}

/// Starts a thread in a process. Partial: the descriptor and the stack's zero bits are not used.
NTSTATUS RtlCreateUserThread(HANDLE Process, [[maybe_unused]] PVOID SecurityDescriptor, BOOLEAN CreateSuspended,
                             [[maybe_unused]] ULONG StackZeroBits, SIZE_T MaximumStackSize, SIZE_T CommittedStackSize, PVOID StartAddress,
                             PVOID Parameter, PHANDLE Thread, PCLIENT_ID ClientId) {
  CLIENT_ID id{};
  PS_ATTRIBUTE_LIST attributes{sizeof attributes, {{PS_ATTRIBUTE_CLIENT_ID, sizeof id, &id, nullptr}}};
  HANDLE handle = nullptr;
  const NTSTATUS status = sys::NtCreateThreadEx(&handle, 0x1FFFFF, nullptr, Process, StartAddress, Parameter, CreateSuspended ? 1 : 0, 0,
                                                CommittedStackSize, MaximumStackSize, &attributes);
  if (!NT_SUCCESS(status)) return status;
  if (ClientId) *ClientId = id;
  if (Thread)
    *Thread = handle;
  else
    sys::NtClose(handle);
  return STATUS_SUCCESS;
}

/// The heaps of the process: their number, and as many handles as have room.
ULONG RtlGetProcessHeaps(ULONG NumberOfHeaps, PVOID* ProcessHeaps) {
  const user::Process& process = user::CurrentProcess();
  for (ULONG i = 0; i < process.heap_count && i < NumberOfHeaps; ++i) ProcessHeaps[i] = process.heaps[i];
  return process.heap_count;
}

}  // extern "C"
