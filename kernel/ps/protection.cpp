// Protected processes and critical ones: what others may not do to them, and what their end means.
#include "kernel/ke/scheduler.h"
#include "kernel/ps/state.h"
#include "kernel/ps/system_processes.h"
#include "kernel/se/se.h"
#include "nt/bugcodes.h"

namespace nt::ps {
namespace {

constexpr UCHAR kTypeMask = 7, kProtectedLight = 1, kProtected = 2;
constexpr UCHAR kSignerTcb = 6;
constexpr ACCESS_MASK kEverything = 0x1fffff;

/// The rights on a protected process that who is not protected as well is refused; the strong signers' processes cannot be ended either.
constexpr ACCESS_MASK kRefused = 0xfc7fe, kRefusedByTcb = 0xfc7ff;

UCHAR Kind(UCHAR protection) { return protection & kTypeMask; }
UCHAR Signer(UCHAR protection) { return protection >> 4; }

ACCESS_MASK RefusedByProtection(PEPROCESS process) {
  const UCHAR target = process->Protection;
  const UCHAR own = ke::CurrentProcess()->Protection;
  if (Kind(target) == 0 || (Kind(own) >= Kind(target) && Signer(own) >= Signer(target))) return 0;
  return Signer(target) >= kSignerTcb ? kRefusedByTcb : kRefused;
}

/// The system's processes are open to administrators as far as LocalSystem's default list says; a user's own are all his.
ACCESS_MASK RightsByToken(PEPROCESS process) {
  constexpr ACCESS_MASK kForAdministrators = 0x121411;
  if (se::PrimaryTokenOf(process) != se::SystemToken()) return kEverything;
  if (SeSinglePrivilegeCheck({SE_DEBUG_PRIVILEGE, 0}, UserMode) != 0) return kEverything;
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  PACCESS_TOKEN const token = subject.ClientToken != nullptr ? subject.ClientToken : subject.PrimaryToken;
  const ACCESS_MASK rights = token == se::SystemToken() ? kEverything : SeTokenIsAdmin(token) != 0 ? kForAdministrators : 0;
  SeReleaseSubjectContext(&subject);
  return rights;
}

}  // namespace

bool MayOpen(PEPROCESS process, ACCESS_MASK* access) {
  constexpr GENERIC_MAPPING kMapping{0x20410, 0x20bea, 0x121001, kEverything};
  const ACCESS_MASK rights = RightsByToken(process) & ~RefusedByProtection(process);
  RtlMapGenericMask(access, &kMapping);
  if ((*access & MAXIMUM_ALLOWED) != 0) *access = (*access & ~MAXIMUM_ALLOWED) | rights;
  return (*access & ~rights) == 0;
}

void CheckCriticalExit(PEPROCESS process) {
  if ((process->Flags & kBreakOnTermination) == 0) return;
  ke::BugCheck(CRITICAL_PROCESS_DIED, reinterpret_cast<ULONG_PTR>(process), 0, 0, 0,
               "A process that the system cannot do without has ended; it is marked as critical (BreakOnTermination).");
}

}  // namespace nt::ps

using namespace nt::ps;

extern "C" {

BOOLEAN PsIsProtectedProcess(PEPROCESS Process) { return Kind(Process->Protection) == kProtected ? TRUE : FALSE; }
BOOLEAN PsIsProtectedProcessLight(PEPROCESS Process) { return Kind(Process->Protection) == kProtectedLight ? TRUE : FALSE; }
UCHAR PsGetProcessProtection(PEPROCESS Process) { return Process->Protection; }
BOOLEAN PsIsSystemProcess(PEPROCESS Process) { return Process == PsInitialSystemProcess ? TRUE : FALSE; }
NTSTATUS PsGetProcessSessionIdEx(PEPROCESS Process) { return static_cast<NTSTATUS>(ProcessOf(Process)->host.session); }

}  // extern "C"
