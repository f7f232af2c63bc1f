// One-time initialization. While a routine runs, the union's upper bits are the list of those that wait for it.
#include "kernel/rtl/run_once.h"

#include "kernel/ke/ke.h"
#include "kernel/rtl/tables.h"
#include "nt/status.h"

namespace nt::rtl {
namespace {

constexpr ULONG_PTR kRunning = 1;
constexpr ULONG_PTR kDone = 2;
constexpr ULONG_PTR kAsync = 3;

struct Waiter {
  Waiter* next;
  KEVENT event;
};

void Wait(PRTL_RUN_ONCE once) {
  Waiter waiter{reinterpret_cast<Waiter*>(once->Value & ~kRunOnceMask), {}};
  KeInitializeEvent(&waiter.event, SynchronizationEvent, FALSE);
  once->Value = reinterpret_cast<ULONG_PTR>(&waiter) | kRunning;
  KeWaitForSingleObject(&waiter.event, Executive, KernelMode, FALSE, nullptr);
}

void Wake(PRTL_RUN_ONCE, ULONG_PTR before) {
  // An event that is set may let its waiter run, and with it goes what it waited on.
  for (auto* waiter = reinterpret_cast<Waiter*>(before & ~kRunOnceMask); waiter != nullptr;) {
    Waiter* const next = waiter->next;
    KeSetEvent(&waiter->event, EVENT_INCREMENT, FALSE);
    waiter = next;
  }
}

}  // namespace

NTSTATUS BeginRunOnce(PRTL_RUN_ONCE once, ULONG flags, PVOID* context, void (*wait)(PRTL_RUN_ONCE)) {
  const bool check_only = (flags & RTL_RUN_ONCE_CHECK_ONLY) != 0, async = (flags & RTL_RUN_ONCE_ASYNC) != 0;
  if ((flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC)) != 0 || (check_only && async)) return STATUS_INVALID_PARAMETER_2;
  for (;;) {
    const ULONG_PTR state = once->Value & kRunOnceMask;
    if (state == kDone) {
      if (context != nullptr) *context = reinterpret_cast<PVOID>(once->Value & ~kRunOnceMask);
      return STATUS_SUCCESS;
    }
    if (check_only) return STATUS_UNSUCCESSFUL;
    if (async ? state == kRunning : state == kAsync) return STATUS_INVALID_PARAMETER_2;
    if (async || state == 0) {
      once->Value = async ? kAsync : kRunning;
      return STATUS_PENDING;
    }
    wait(once);
  }
}

NTSTATUS CompleteRunOnce(PRTL_RUN_ONCE once, ULONG flags, PVOID context, void (*wake)(PRTL_RUN_ONCE, ULONG_PTR before)) {
  const bool async = (flags & RTL_RUN_ONCE_ASYNC) != 0, failed = (flags & RTL_RUN_ONCE_INIT_FAILED) != 0;
  if ((flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED)) != 0 || (async && failed)) return STATUS_INVALID_PARAMETER_2;
  const auto value = reinterpret_cast<ULONG_PTR>(context);
  if ((value & kRunOnceMask) != 0 || (failed && context != nullptr)) return STATUS_INVALID_PARAMETER_3;
  const ULONG_PTR before = once->Value, state = before & kRunOnceMask;
  if (state == kDone && async) return STATUS_OBJECT_NAME_COLLISION;
  if (state != (async ? kAsync : kRunning)) return STATUS_UNSUCCESSFUL;
  once->Value = failed ? 0 : value | kDone;
  if (!async) wake(once, before);
  return STATUS_SUCCESS;
}

}  // namespace nt::rtl

using namespace nt::rtl;

VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce) { RunOnce->Value = 0; }

NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID* Context) {
  return BeginRunOnce(RunOnce, Flags, Context, Wait);
}

NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) { return CompleteRunOnce(RunOnce, Flags, Context, Wake); }

NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID* Context) {
  const NTSTATUS status = RtlRunOnceBeginInitialize(RunOnce, 0, Context);
  if (status != STATUS_PENDING) return status;
  const bool done = nt::ke::Callout<ULONG>(InitFn, RunOnce, Parameter, Context) != 0;
  if (!done) return RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, nullptr), STATUS_UNSUCCESSFUL;
  return RtlRunOnceComplete(RunOnce, 0, Context != nullptr ? *Context : nullptr);
}
