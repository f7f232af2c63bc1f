// Critical sections, slim locks, condition variables, one-time initialization. A woken thread competes again: nothing is handed over, so
// a thread that dies while it waits loses nothing for the others.
#include "kernel/ke/ke.h"
#include "kernel/rtl/run_once.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace user = nt::user;

namespace {

constexpr ULONG_PTR kExclusive = 1;
constexpr ULONG_PTR kShared = 0x10;

HANDLE ThreadId() { return user::CurrentTeb()->ClientId.UniqueThread; }

/// Waiters of an exclusive and of a shared request are told apart by the address they wait on.
const volatile void* SharedQueue(PRTL_SRWLOCK lock) { return reinterpret_cast<const volatile char*>(lock) + 1; }

void WakeAfterRelease(PRTL_SRWLOCK lock) {
  if (user::UnparkOne(lock)) return;
  user::UnparkAll(SharedQueue(lock));
}

}  // namespace

extern "C" {

/// Initializes a critical section.
NTSTATUS RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION CriticalSection) {
  *CriticalSection = {reinterpret_cast<PVOID>(~ULONG_PTR{0}), -1, 0, nullptr, nullptr, 0};
  return STATUS_SUCCESS;
}

/// Initializes a critical section with a spin count.
NTSTATUS RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION CriticalSection, ULONG SpinCount) {
  RtlInitializeCriticalSection(CriticalSection);
  CriticalSection->SpinCount = SpinCount & 0xFFFFFF;
  return STATUS_SUCCESS;
}

/// Initializes a critical section with a spin count and flags.
NTSTATUS RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION CriticalSection, ULONG SpinCount, ULONG Flags) {
  if (Flags & 0xE0FFFFFF) return STATUS_INVALID_PARAMETER_3;
  return RtlInitializeCriticalSectionAndSpinCount(CriticalSection, SpinCount);
}

/// Sets the spin count of a critical section; returns the old one.
ULONG RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION CriticalSection, ULONG SpinCount) {
  const ULONG old = static_cast<ULONG>(CriticalSection->SpinCount);
  CriticalSection->SpinCount = SpinCount & 0xFFFFFF;
  return old;
}

/// Acquires a critical section if it is free or the caller's.
BOOLEAN RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection) {
  RTL_CRITICAL_SECTION& section = *CriticalSection;
  if (section.RecursionCount > 0 && section.OwningThread != ThreadId()) return FALSE;
  section.OwningThread = ThreadId();
  section.RecursionCount++;
  section.LockCount = -2;  // bit 0 clear: locked; as NT has shown it since Windows Server 2003
  user::CurrentTeb()->CountOfOwnedCriticalSections += section.RecursionCount == 1;
  return TRUE;
}

/// Acquires a critical section, waiting for its owner.
NTSTATUS RtlEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection) {
  while (!RtlTryEnterCriticalSection(CriticalSection)) {
    const NTSTATUS status = user::Park(CriticalSection, nullptr);
    if (!NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

/// Releases a critical section once.
NTSTATUS RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION CriticalSection) {
  RTL_CRITICAL_SECTION& section = *CriticalSection;
  if (section.RecursionCount <= 0) return STATUS_INVALID_OWNER;
  if (--section.RecursionCount > 0) return STATUS_SUCCESS;
  section.OwningThread = nullptr;
  section.LockCount = -1;
  user::CurrentTeb()->CountOfOwnedCriticalSections--;
  user::UnparkOne(CriticalSection);
  return STATUS_SUCCESS;
}

/// Ends a critical section's life.
NTSTATUS RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION CriticalSection) {
  *CriticalSection = {};
  return STATUS_SUCCESS;
}

/// Whether a critical section is held by any thread.
ULONG RtlIsCriticalSectionLocked(PRTL_CRITICAL_SECTION CriticalSection) { return CriticalSection->RecursionCount > 0; }

/// Whether a critical section is held by the caller.
ULONG RtlIsCriticalSectionLockedByThread(PRTL_CRITICAL_SECTION CriticalSection) {
  return CriticalSection->RecursionCount > 0 && CriticalSection->OwningThread == ThreadId();
}

/// Initializes a slim reader/writer lock.
VOID RtlInitializeSRWLock(PRTL_SRWLOCK Lock) { Lock->Value = 0; }

/// Acquires a slim lock exclusively if it is free.
BOOLEAN RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK Lock) {
  if (Lock->Value) return FALSE;
  Lock->Value = kExclusive;
  return TRUE;
}

/// Acquires a slim lock exclusively.
VOID RtlAcquireSRWLockExclusive(PRTL_SRWLOCK Lock) {
  while (!RtlTryAcquireSRWLockExclusive(Lock)) user::Park(Lock, nullptr);
}

/// Releases a slim lock that is held exclusively.
VOID RtlReleaseSRWLockExclusive(PRTL_SRWLOCK Lock) {
  if (Lock->Value != kExclusive) nt::ke::RaiseStatus(STATUS_RESOURCE_NOT_OWNED);
  Lock->Value = 0;
  WakeAfterRelease(Lock);
}

/// Acquires a slim lock shared if no thread holds or awaits it exclusively.
BOOLEAN RtlTryAcquireSRWLockShared(PRTL_SRWLOCK Lock) {
  if (Lock->Value & kExclusive) return FALSE;
  Lock->Value += kShared;
  return TRUE;
}

/// Acquires a slim lock shared; waits behind those who await it exclusively.
VOID RtlAcquireSRWLockShared(PRTL_SRWLOCK Lock) {
  if (Lock->Value && user::HasWaiters(Lock)) user::Park(SharedQueue(Lock), nullptr);
  while (!RtlTryAcquireSRWLockShared(Lock)) user::Park(SharedQueue(Lock), nullptr);
}

/// Releases a slim lock that is held shared.
VOID RtlReleaseSRWLockShared(PRTL_SRWLOCK Lock) {
  if (Lock->Value < kShared) nt::ke::RaiseStatus(STATUS_RESOURCE_NOT_OWNED);
  Lock->Value -= kShared;
  if (!Lock->Value) WakeAfterRelease(Lock);
}

/// Initializes a condition variable.
VOID RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE Variable) { Variable->Ptr = nullptr; }

/// Releases a critical section, waits for the condition variable, and acquires the section again.
NTSTATUS RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable, PRTL_CRITICAL_SECTION Lock, PLARGE_INTEGER TimeOut) {
  // Leaving wakes others by a service; the sequence number tells whether the variable was signalled before this thread was queued.
  const PVOID before = Variable->Ptr;
  RtlLeaveCriticalSection(Lock);
  const NTSTATUS status = RtlWaitOnAddress(Variable, const_cast<PVOID*>(&before), sizeof before, TimeOut);
  RtlEnterCriticalSection(Lock);
  return status;
}

/// Releases a slim lock, waits for the condition variable, and acquires the lock again.
NTSTATUS RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock, PLARGE_INTEGER TimeOut, ULONG Flags) {
  const PVOID before = Variable->Ptr;
  const bool shared = (Flags & 1) != 0;
  shared ? RtlReleaseSRWLockShared(Lock) : RtlReleaseSRWLockExclusive(Lock);
  const NTSTATUS status = RtlWaitOnAddress(Variable, const_cast<PVOID*>(&before), sizeof before, TimeOut);
  shared ? RtlAcquireSRWLockShared(Lock) : RtlAcquireSRWLockExclusive(Lock);
  return status;
}

/// Wakes one thread that sleeps on a condition variable.
VOID RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE Variable) {
  Variable->Ptr = static_cast<char*>(Variable->Ptr) + 1;
  user::UnparkOne(Variable);
}

/// Wakes every thread that sleeps on a condition variable.
VOID RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE Variable) {
  Variable->Ptr = static_cast<char*>(Variable->Ptr) + 1;
  user::UnparkAll(Variable);
}

/// Begins a one-time initialization, or waits for the one that runs. STATUS_PENDING tells the caller to do it.
NTSTATUS Ntdll_RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID* Context) {
  return nt::rtl::BeginRunOnce(RunOnce, Flags, Context, [](PRTL_RUN_ONCE once) { user::Park(once, nullptr); });
}

/// Ends a one-time initialization, well or (RTL_RUN_ONCE_INIT_FAILED) not.
NTSTATUS Ntdll_RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) {
  return nt::rtl::CompleteRunOnce(RunOnce, Flags, Context, [](PRTL_RUN_ONCE once, ULONG_PTR) { user::UnparkAll(once); });
}

/// Runs an initialization routine once; the others wait for it.
NTSTATUS Ntdll_RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PVOID InitFn, PVOID Parameter, PVOID* Context) {
  PVOID result = nullptr;
  const NTSTATUS status = Ntdll_RtlRunOnceBeginInitialize(RunOnce, 0, Context);
  if (status != STATUS_PENDING) return status;
  const bool done = nt::ke::Callout<ULONG>(InitFn, RunOnce, Parameter, Context ? Context : &result) != 0;
  if (!done) return Ntdll_RtlRunOnceComplete(RunOnce, 4, nullptr), STATUS_UNSUCCESSFUL;
  return Ntdll_RtlRunOnceComplete(RunOnce, 0, Context ? *Context : result);
}

}  // extern "C"
