// Protected processes and critical ones: what others may not do to them, and what their end means.
#include "kernel/ke/scheduler.h"
#include "kernel/ps/state.h"
#include "kernel/ps/system_processes.h"
#include "nt/bugcodes.h"

namespace nt::ps {
namespace {

constexpr UCHAR kTypeMask = 7, kProtectedLight = 1, kProtected = 2;
constexpr UCHAR kSignerTcb = 6;

/// The rights on a protected process that who is not protected as well is refused; the strong signers' processes cannot be ended either.
constexpr ACCESS_MASK kRefused = 0xfc7fe, kRefusedByTcb = 0xfc7ff;

UCHAR Kind(UCHAR protection) { return protection & kTypeMask; }
UCHAR Signer(UCHAR protection) { return protection >> 4; }

}  // namespace

bool MayOpen(PEPROCESS process, ACCESS_MASK access) {
  const UCHAR target = process->Protection;
  const UCHAR own = ke::CurrentProcess()->Protection;
  if (Kind(target) == 0) return true;
  if (Kind(own) >= Kind(target) && Signer(own) >= Signer(target)) return true;
  return (access & (Signer(target) >= kSignerTcb ? kRefusedByTcb : kRefused)) == 0;
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
