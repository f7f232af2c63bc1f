// The kernel proper: processors, threads, IRQL, dispatcher objects, exceptions, bugchecks. What other components need of it.
#pragma once

#include <type_traits>

#include "nt/ke.h"
#include "nt/status.h"
#include "nt/types.h"

namespace nt::ke {

// ---- calling PE code -------------------------------------------------------------------------------------------------

/// Calls PE code, with up to 9 arguments, from the kernel or from a built-in user-mode module. A structured exception that passes it
/// unwinds the host's frames as a C++ exception. Scheduling point.
ULONG_PTR CalloutRaw(const void* routine, const ULONG_PTR* arguments, ULONG count);

template <class R = ULONG_PTR, class Routine, class... A>
R Callout(Routine routine, A... arguments) {
  const ULONG_PTR values[sizeof...(A) + 1] = {(ULONG_PTR)(arguments)..., 0};
  const ULONG_PTR result = CalloutRaw(reinterpret_cast<const void*>(routine), values, sizeof...(A));
  if constexpr (!std::is_void_v<R>) return (R)result;
}

/// Raises an exception with this status in the caller of the running export, as ExRaiseStatus does.
[[noreturn]] void RaiseStatus(NTSTATUS status);
[[noreturn]] void RaiseStatus(NTSTATUS status, ULONG_PTR information0, ULONG_PTR information1);

/// Stops the machine with a bugcheck; `rule` says in one sentence what was done wrong (null: the code's meaning). Never returns.
[[noreturn]] void BugCheck(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4, const char* rule);

/// The PE address from which the running export was called (for accounting: "who allocated this").
const void* CallerAddress();

// ---- state -----------------------------------------------------------------------------------------------------------

KIRQL CurrentIrql();
KIRQL RaiseIrql(KIRQL level);  ///< returns the old level
void LowerIrql(KIRQL level);   ///< delivers what became due
PKTHREAD CurrentThread();
PEPROCESS CurrentProcess();  ///< of the attached process, if attached
KPROCESSOR_MODE PreviousMode();
/// Both counts of a thread's disabled APCs as APC_INDEX_MISMATCH tells them: special in the upper 16 bits, kernel in the lower.
ULONG ApcDisableCounts(PKTHREAD thread);
ULONG ProcessorCount();
/// The priority from which a thread's boosts start and to which they decay; it becomes its current one as well.
void SetBasePriority(PKTHREAD thread, KPRIORITY priority);

/// Whether time is virtual: then nothing of the host may show in what the machine does.
bool IsVirtualTime();
/// 100 ns units. System time counts from 1601, interrupt time from boot.
LONGLONG SystemTime();
LONGLONG InterruptTime();

/// Shows user mode how much local time lies behind system time, in 100 ns units.
void SetTimeZoneBias(LONGLONG bias);
/// The pace of the clock, in 100 ns units: what is asked for, and a millisecond at most.
void SetClockPeriod(ULONG units);

/// Queues a DPC from where nothing may run yet: it runs when the running export returns.
void QueueDpcLater(PKDPC dpc);

/// Waits for the object by which a lock is handed over: reports then tell the lock and who holds it. `reason` tells its kind: WrResource
/// for an ERESOURCE, WrFastMutex, WrGuardedMutex.
void WaitForLock(PVOID object, KWAIT_REASON reason, const void* lock);

// ---- trace -----------------------------------------------------------------------------------------------------------

/// Text for the debug output, of a component (DPFLTR_..._ID; ~0: none) at a level (bits).
struct DebugMessage {
  const char* text;
  SIZE_T length;
  ULONG component = ~0u;
  ULONG level = 1;
};
/// Writes to the debug output (what DbgPrint shows), whatever the debug print filter says.
void DebugOutput(const DebugMessage& message);
inline void DebugOutput(const char* text, SIZE_T length) { DebugOutput(DebugMessage{text, length}); }

}  // namespace nt::ke

// ---- the exports other components call -------------------------------------------------------------------------------
extern "C" {
VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
LONG KeResetEvent(PRKEVENT Event);
VOID KeClearEvent(PRKEVENT Event);
LONG KeReadStateEvent(PRKEVENT Event);
VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit);
LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait);
VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level);
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait);
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                  BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray);
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval);
}
