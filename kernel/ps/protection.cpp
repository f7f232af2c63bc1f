// Protected processes and critical ones: what others may not do to them, and what their end means.
#include <iterator>

#include "kernel/ke/scheduler.h"
#include "kernel/ps/caller.h"
#include "kernel/ps/state.h"
#include "kernel/ps/system_processes.h"
#include "kernel/se/se.h"
#include "nt/bugcodes.h"

namespace nt::ps {
namespace {

constexpr UCHAR kTypeMask = 7, kProtectedLight = 1, kProtected = 2;

/// By signer: which signers it stands above, and what who does not stand above it is refused of its processes and their threads.
struct Signer {
  ULONG dominates;  ///< bit n: signer n
  ACCESS_MASK process;
  ACCESS_MASK thread;
};
constexpr Signer kSigners[] = {
    {0x0, 0x0, 0x0},           // none
    {0x2, 0xfc7fe, 0xfe3fd},   // Authenticode
    {0x4, 0xfc7fe, 0xfe3fd},   // code generation
    {0x8, 0xfc7ff, 0xfe3ff},   // antimalware
    {0x10, 0xfc7ff, 0xfe3ff},  // Lsa
    {0x3e, 0xfc7fe, 0xfe3fd},  // Windows
    {0x7e, 0xfc7ff, 0xfe3ff},  // WinTcb
    {0xfe, 0xfc7ff, 0xfe3ff},  // WinSystem
};

UCHAR Kind(UCHAR protection) { return protection & kTypeMask; }
const Signer& SignerOf(UCHAR protection) { return kSigners[(protection >> 4) % std::size(kSigners)]; }

/// Whether the calling process is protected at least as well as another one.
bool Dominates(UCHAR own, UCHAR target) {
  if (Kind(target) == 0) return true;
  return Kind(own) >= Kind(target) && (SignerOf(own).dominates >> (target >> 4) & 1) != 0;
}

/// Takes what protection refuses away; for who asked for the maximum that is no failure.
NTSTATUS Refuse(KPROCESSOR_MODE mode, UCHAR protection, ACCESS_MASK refused, bool maximum, ACCESS_MASK* access) {
  if (mode == KernelMode || Dominates(ke::CurrentProcess()->Protection, protection)) return STATUS_SUCCESS;
  if (!maximum && (*access & refused) != 0) return STATUS_ACCESS_DENIED;
  *access &= ~refused;
  return STATUS_SUCCESS;
}

void Imply(ACCESS_MASK* access, ACCESS_MASK right, ACCESS_MASK implied) {
  if ((*access & right) != 0) *access |= implied;
}

}  // namespace

NTSTATUS OpenProcessObject(PVOID object, KPROCESSOR_MODE mode, bool maximum, ACCESS_MASK* access) {
  const UCHAR protection = static_cast<PEPROCESS>(object)->Protection;
  const NTSTATUS status = Refuse(mode, protection, SignerOf(protection).process, maximum, access);
  Imply(access, kProcessQueryInformation, kProcessQueryLimited);
  Imply(access, kProcessSetInformation, kProcessSetLimited);
  return status;
}

NTSTATUS OpenThreadObject(PVOID object, KPROCESSOR_MODE mode, bool maximum, ACCESS_MASK* access) {
  const UCHAR protection = ProcessOf(static_cast<ke::Thread*>(object))->Protection;
  const NTSTATUS status = Refuse(mode, protection, SignerOf(protection).thread, maximum, access);
  Imply(access, kThreadQueryInformation, kThreadQueryLimited);
  Imply(access, kThreadSetInformation, kThreadSetLimited);
  Imply(access, kThreadSuspend, kThreadResume);
  return status;
}

void SecureByProcess(PVOID object, PEPROCESS process) {
  if (ob::Security().assign != nullptr) ob::AssignSecurity(object, nullptr, false, se::PrimaryTokenOf(process));
}

void CheckCriticalExit(PEPROCESS process) {
  if ((process->Flags & kBreakOnTermination) == 0) return;
  ke::BugCheck(CRITICAL_PROCESS_DIED, reinterpret_cast<ULONG_PTR>(process), 0, 0, 0,
               "A process that the system cannot do without has ended; it is marked as critical (BreakOnTermination).");
}

void CheckCriticalExit(const ke::Thread* thread) {
  if (!thread->host.critical) return;
  constexpr ULONG_PTR kThread = 1;
  ke::BugCheck(CRITICAL_PROCESS_DIED, reinterpret_cast<ULONG_PTR>(thread), kThread, 0, 0,
               "A thread that the system cannot do without has ended; it is marked as critical (BreakOnTermination).");
}

}  // namespace nt::ps

using namespace nt::ps;

extern "C" {

BOOLEAN PsIsProtectedProcess(PEPROCESS Process) { return Kind(Process->Protection) == kProtected ? TRUE : FALSE; }
BOOLEAN PsIsProtectedProcessLight(PEPROCESS Process) { return Kind(Process->Protection) == kProtectedLight ? TRUE : FALSE; }
UCHAR PsGetProcessProtection(PEPROCESS Process) { return Process->Protection; }
BOOLEAN PsIsSystemProcess(PEPROCESS Process) { return Process == PsInitialSystemProcess ? TRUE : FALSE; }
NTSTATUS PsGetProcessSessionIdEx(PEPROCESS Process) {
  constexpr NTSTATUS kNone = -1;
  return Process == PsInitialSystemProcess ? kNone : static_cast<NTSTATUS>(ProcessOf(Process)->host.session);
}

}  // extern "C"
