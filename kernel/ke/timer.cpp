// Timers: a table ordered by due time, and KTIMER's exports.
#include <map>

#include "kernel/ke/scheduler.h"

extern "C" BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);

namespace nt::ke {
namespace {

// Timers due at the same time expire in the order they were set: a multimap keeps insertion order among equals.
using TimerTable = std::multimap<LONGLONG, PKTIMER>;
TimerTable* table = nullptr;

/// KTIMER.Header.Reserved1 of a timer in the table (NT keeps its "inserted" bit there).
constexpr UCHAR kInserted = 0x80;

bool IsThreadTimer(const KTIMER* timer) { return timer->Header.Type == TimerNotificationObject && timer->TimerType == 0xffff; }

void Expire(PKTIMER timer) {
  timer->Header.Reserved1 = 0;
  if (IsThreadTimer(timer)) {
    WakeTimerWait(timer);
    return;
  }
  timer->Header.SignalState = 1;
  PKDPC const dpc = timer->Dpc;
  // A periodic timer is set again before anybody hears of this expiry, who might cancel or free it.
  if (timer->Period != 0) {
    InsertTimer(timer, static_cast<LONGLONG>(timer->DueTime.QuadPart) + static_cast<LONGLONG>(timer->Period) * 10'000);
  }
  WakeWaiters(&timer->Header, 0);
  if (dpc != nullptr) {
    const LONGLONG now = Ki().interrupt_time + Ki().boot_system_time;
    KeInsertQueueDpc(dpc, reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(static_cast<ULONG>(now))),
                     reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(static_cast<ULONG>(now >> 32))));
  }
}

}  // namespace

void CreateTimerTable() { table = new TimerTable; }

void DestroyTimerTable() {
  delete table;
  table = nullptr;
}

void InsertTimer(PKTIMER timer, LONGLONG due) {
  timer->DueTime.QuadPart = static_cast<ULONGLONG>(due);
  timer->Header.Reserved1 = kInserted;
  table->emplace(due, timer);
}

bool RemoveTimer(PKTIMER timer) {
  if (timer->Header.Reserved1 != kInserted) return false;
  const auto [first, last] = table->equal_range(static_cast<LONGLONG>(timer->DueTime.QuadPart));
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second != timer) continue;
    table->erase(entry);
    timer->Header.Reserved1 = 0;
    return true;
  }
  return false;
}

LONGLONG NextTimer() { return table->empty() ? -1 : table->begin()->first; }

void ExpireTimers() {
  const KIRQL irql = KiPcr->irql;
  if (irql < DISPATCH_LEVEL) KiPcr->irql = DISPATCH_LEVEL;  // DPCs run when all have expired
  while (!table->empty() && table->begin()->first <= Ki().interrupt_time) {
    PKTIMER const timer = table->begin()->second;
    table->erase(table->begin());
    Expire(timer);
  }
  RequestDeferredDpcs(CurrentProcessor());  // a timer's DPC does not wait, whatever its importance
  KiPcr->irql = irql;
}

void InitializeThreadTimer(PKTIMER timer) {
  *timer = KTIMER{};
  timer->Header.Type = TimerNotificationObject;
  timer->TimerType = 0xffff;
  timer->Header.WaitListHead.Flink = timer->Header.WaitListHead.Blink = &timer->Header.WaitListHead;
}

void ForEachTimer(void (*visit)(PKTIMER, void*), void* context) {
  for (const auto& [due, timer] : *table) {
    if (!IsThreadTimer(timer)) visit(timer, context);
  }
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
  *Timer = KTIMER{};
  Timer->Header.Type = static_cast<UCHAR>(int{TimerNotificationObject} + int{Type});
  Timer->Header.WaitListHead.Flink = Timer->Header.WaitListHead.Blink = &Timer->Header.WaitListHead;
}

VOID KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
  CheckDispatcherIrql(Timer);
  const bool was_set = RemoveTimer(Timer);
  Timer->Header.SignalState = 0;
  Timer->Dpc = Dpc;
  Timer->Period = static_cast<ULONG>(Period);
  const LONGLONG due = DueTime.QuadPart <= 0 ? InterruptTime() - DueTime.QuadPart : DueTime.QuadPart - Ki().boot_system_time;
  InsertTimer(Timer, due);
  if (due <= Ki().interrupt_time) {
    ExpireTimers();
    DeliverDue();
  }
  return was_set ? TRUE : FALSE;
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) { return KeSetTimerEx(Timer, DueTime, 0, Dpc); }

BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG /*TolerableDelay*/, PKDPC Dpc) {
  return KeSetTimerEx(Timer, DueTime, static_cast<LONG>(Period), Dpc);
}

BOOLEAN KeCancelTimer(PKTIMER Timer) {
  CheckDispatcherIrql(Timer);
  return RemoveTimer(Timer) ? TRUE : FALSE;
}

BOOLEAN KeReadStateTimer(PKTIMER Timer) { return Timer->Header.SignalState != 0 ? TRUE : FALSE; }

}  // extern "C"
