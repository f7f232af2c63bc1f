// Suspension: of a thread, and of a process's threads.
#include "kernel/ps/suspend.h"

#include "kernel/ke/scheduler.h"
#include "nt/status.h"

namespace nt::ps {

NTSTATUS Suspend(ke::Thread* thread, ULONG* previous) {
  constexpr LONG kMaximumSuspendCount = 127;
  const LONG old = thread->host.freeze_count;
  if (old >= kMaximumSuspendCount) return STATUS_SUSPEND_COUNT_EXCEEDED;
  if (thread->host.terminating != 0 || thread->Tcb.Header.SignalState != 0) return STATUS_THREAD_IS_TERMINATING;
  thread->host.freeze_count = old + 1;
  KeClearEvent(&thread->host.thawed);
  *previous = static_cast<ULONG>(old);
  return STATUS_SUCCESS;
}

ULONG Resume(ke::Thread* thread) {
  const LONG old = thread->host.freeze_count;
  if (old > 0 && --thread->host.freeze_count == 0) KeSetEvent(&thread->host.thawed, 0, FALSE);
  return static_cast<ULONG>(old);
}

}  // namespace nt::ps

using namespace nt::ps;

namespace {

constexpr ACCESS_MASK kSuspendResume = 0x800;  // PROCESS_SUSPEND_RESUME

/// A process by its handle, referenced.
NTSTATUS Reference(HANDLE handle, PEPROCESS* process) {
  return ObReferenceObjectByHandle(handle, kSuspendResume, Ps().process_type, nt::ke::PreviousMode(), reinterpret_cast<PVOID*>(process),
                                   nullptr);
}

}  // namespace

extern "C" {

NTSTATUS PsSuspendProcess(PEPROCESS Process) {
  if (ProcessOf(Process)->host.exiting) return STATUS_PROCESS_IS_TERMINATING;
  ULONG previous = 0;
  for (PETHREAD thread : Threads(Process)) Suspend(static_cast<nt::ke::Thread*>(thread), &previous);
  return STATUS_SUCCESS;
}

NTSTATUS PsResumeProcess(PEPROCESS Process) {
  if (ProcessOf(Process)->host.exiting) return STATUS_PROCESS_IS_TERMINATING;
  for (PETHREAD thread : Threads(Process)) Resume(static_cast<nt::ke::Thread*>(thread));
  return STATUS_SUCCESS;
}

NTSTATUS NtSuspendProcess(HANDLE ProcessHandle) {
  PEPROCESS process = nullptr;
  NTSTATUS status = Reference(ProcessHandle, &process);
  if (!NT_SUCCESS(status)) return status;
  status = PsSuspendProcess(process);
  ObfDereferenceObject(process);
  return status;
}

NTSTATUS NtResumeProcess(HANDLE ProcessHandle) {
  PEPROCESS process = nullptr;
  NTSTATUS status = Reference(ProcessHandle, &process);
  if (!NT_SUCCESS(status)) return status;
  status = PsResumeProcess(process);
  ObfDereferenceObject(process);
  return status;
}

}  // extern "C"
