// EX_TIMERs: timers that the system allocates. Each is a KTIMER with a DPC that calls the driver's callback.
#include <algorithm>
#include <new>

#include "kernel/api/api.h"
#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"

extern "C" {
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
BOOLEAN KeCancelTimer(PKTIMER Timer);
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc);
}

/// Begins with the dispatcher object, so that the timer can be waited for.
struct EX_TIMER {
  KTIMER timer;
  KDPC dpc;
  PEXT_CALLBACK callback;
  PVOID context;
  PEXT_DELETE_CALLBACK delete_callback;
  PVOID delete_context;
  bool armed;  ///< set, and not a period's last expiry yet
  bool periodic;
  LONGLONG period;  ///< 100 ns units
  LONGLONG due;     ///< interrupt time of the next expiry, if periodic
  bool deleted;     ///< goes away when it is no longer armed
  bool running;     ///< in the callback
  PKEVENT gone;     ///< of who waits for it to go away, or null
};

namespace nt::ex {
namespace {

constexpr ULONG kTag = 0x6d546945;  // 'EiTm'

void Destroy(PEX_TIMER timer) {
  const auto callback = timer->delete_callback;
  const auto context = timer->delete_context;
  PKEVENT const gone = timer->gone;
  Untrack(timer);
  FreePool(timer);
  if (callback != nullptr) ke::Callout<void>(callback, context);
  if (gone != nullptr) KeSetEvent(gone, 0, FALSE);
}

bool Cancel(PEX_TIMER timer) {
  const bool was_set = KeCancelTimer(&timer->timer) != FALSE || KeRemoveQueueDpc(&timer->dpc) != FALSE;
  timer->armed = false;
  return was_set;
}

/// A KTIMER's period is in milliseconds: these timers are set again at each expiry.
void SetNext(PEX_TIMER timer) {
  const LONGLONG now = ke::InterruptTime();
  timer->due = std::max(timer->due + timer->period, now - timer->period);
  LARGE_INTEGER due;
  due.QuadPart = std::min<LONGLONG>(now - timer->due, -1);
  KeSetTimerEx(&timer->timer, due, 0, &timer->dpc);
}

/// When a timer that is set now expires first.
LONGLONG FirstExpiry(LONGLONG due) { return due < 0 ? ke::InterruptTime() - due : due - ke::SystemTime() + ke::InterruptTime(); }

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

/// The deferred routine of all EX_TIMERs; DPCs reach it through its stub.
VOID ExpTimerDpcRoutine(PKDPC, PVOID DeferredContext, PVOID, PVOID) {
  auto* const timer = static_cast<PEX_TIMER>(DeferredContext);
  if (timer->periodic) {
    SetNext(timer);
  } else {
    timer->armed = false;
  }
  timer->running = true;
  if (timer->callback != nullptr) ke::Callout<void>(timer->callback, timer, timer->context);
  timer->running = false;
  if (timer->deleted && !timer->armed) Destroy(timer);
}

PEX_TIMER ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes) {
  constexpr ULONG kKnown = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE | EX_TIMER_NOTIFICATION;
  if ((Attributes & ~kKnown) != 0 ||
      (Attributes & (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE)) == (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE)) {
    return nullptr;
  }
  void* const memory = AllocatePool(NonPagedPoolNx, sizeof(EX_TIMER), kTag);
  if (memory == nullptr) return nullptr;
  auto* const timer = new (memory) EX_TIMER{};
  KeInitializeTimerEx(&timer->timer, (Attributes & EX_TIMER_NOTIFICATION) != 0 ? NotificationTimer : SynchronizationTimer);
  KeInitializeDpc(&timer->dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(api::StubOf("ExpTimerDpcRoutine")), timer);
  timer->callback = Callback;
  timer->context = CallbackContext;
  Track("timer", timer);
  return timer;
}

BOOLEAN ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS) {
  if (Timer->deleted) return FALSE;
  LARGE_INTEGER due;
  due.QuadPart = DueTime;
  Timer->armed = true;
  Timer->periodic = Period > 0;
  Timer->period = Period;
  Timer->due = FirstExpiry(DueTime);
  return KeSetTimerEx(&Timer->timer, due, 0, &Timer->dpc);
}

BOOLEAN ExCancelTimer(PEX_TIMER Timer, PVOID) { return Cancel(Timer) ? TRUE : FALSE; }

BOOLEAN ExDeleteTimer(PEX_TIMER Timer, BOOLEAN CancelIt, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters) {
  if (Parameters != nullptr) {
    Timer->delete_callback = Parameters->DeleteCallback;
    Timer->delete_context = Parameters->DeleteContext;
  }
  const bool cancelled = (CancelIt || Timer->periodic) && Cancel(Timer);
  if (!Timer->armed && !Timer->running) {
    Destroy(Timer);
    return cancelled;
  }
  // It goes when its callback has run; at PASSIVE_LEVEL that can be waited for.
  Timer->deleted = true;
  if (!Wait) return cancelled;
  KEVENT gone;
  KeInitializeEvent(&gone, SynchronizationEvent, FALSE);
  Timer->gone = &gone;
  KeWaitForSingleObject(&gone, Executive, KernelMode, FALSE, nullptr);
  return cancelled;
}

}  // extern "C"
