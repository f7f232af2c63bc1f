// The system-service entry: from user mode by number, from drivers by the Zw names.
#include "kernel/api/api.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/panic.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

using A = ULONG_PTR;

/// Calls a System V target with `count` integer arguments.
A CallTarget(const void* target, const A* a, ULONG count) {
  auto* const f = const_cast<void*>(target);
  switch (count) {
    case 0:
      return reinterpret_cast<A (*)()>(f)();
    case 1:
      return reinterpret_cast<A (*)(A)>(f)(a[0]);
    case 2:
      return reinterpret_cast<A (*)(A, A)>(f)(a[0], a[1]);
    case 3:
      return reinterpret_cast<A (*)(A, A, A)>(f)(a[0], a[1], a[2]);
    case 4:
      return reinterpret_cast<A (*)(A, A, A, A)>(f)(a[0], a[1], a[2], a[3]);
    case 5:
      return reinterpret_cast<A (*)(A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4]);
    case 6:
      return reinterpret_cast<A (*)(A, A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4], a[5]);
    case 7:
      return reinterpret_cast<A (*)(A, A, A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    case 8:
      return reinterpret_cast<A (*)(A, A, A, A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
    case 9:
      return reinterpret_cast<A (*)(A, A, A, A, A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
    case 10:
      return reinterpret_cast<A (*)(A, A, A, A, A, A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
    default:
      return reinterpret_cast<A (*)(A, A, A, A, A, A, A, A, A, A, A)>(f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]);
  }
}

}  // namespace

/// On the kernel stack, GS = KPCR. A service that raises returns the status instead, as NT's services do for user mode.
extern "C" ULONG_PTR KiSystemServiceDispatch(ULONG number, const ULONG_PTR* arguments) {
  const auto services = api::Services();
  if (number >= services.size() || services[number].target == nullptr) {
    return static_cast<ULONG>(STATUS_INVALID_SYSTEM_SERVICE);
  }
  const api::Service& service = services[number];
  Thread* const thread = KiThread;
  Record boundary{thread->host.records, RecordType::Service, number};
  thread->host.records = &boundary;
  thread->Tcb.PreviousMode = UserMode;
  ULONG_PTR result = 0;
  try {
    result = CallTarget(service.target, arguments, service.argument_count);
  } catch (const RaisedException& raised) {
    result = static_cast<ULONG>(raised.record.ExceptionCode);
  }
  thread->host.records = boundary.previous;
  if (KiPcr->irql != PASSIVE_LEVEL) {
    BugCheck(
        IRQL_GT_ZERO_AT_SYSTEM_SERVICE, reinterpret_cast<ULONG_PTR>(service.target), KiPcr->irql, 0, 0,
        "A system call returned to user mode above PASSIVE_LEVEL: a driver raised the IRQL, or acquired a spin lock, and did not undo it.");
  }
  if (ApcDisableCounts(&thread->Tcb) != 0) {
    BugCheck(
        APC_INDEX_MISMATCH, reinterpret_cast<ULONG_PTR>(service.target), 0, ApcDisableCounts(&thread->Tcb), 0,
        "A system call returned to user mode with APCs disabled: a driver entered a critical or guarded region, or acquired a mutex, and "
        "did not undo it.");
  }
  if (Ki().virtual_time) VirtualStep();
  if (KiPending != 0) ServiceClock();
  if (thread->host.terminating != 0 || thread->host.freeze_count > 0) BeforeUserMode();
  if (thread->Tcb.ApcState.UserApcPending != 0) PrepareUserApc();
  return result;
}

extern "C" CCHAR KiEnterZw() {
  const CCHAR previous = KiThread->Tcb.PreviousMode;
  KiThread->Tcb.PreviousMode = KernelMode;
  return previous;
}

extern "C" void KiLeaveZw(CCHAR previous) { KiThread->Tcb.PreviousMode = previous; }

}  // namespace nt::ke
