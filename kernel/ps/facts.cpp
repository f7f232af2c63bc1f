// Facts of threads and processes that drivers ask for by name, and what a machine without windows, jobs and debuggers answers.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/state.h"
#include "nt/status.h"

using namespace nt::ps;
namespace ke = nt::ke;
namespace ex = nt::ex;

extern "C" {

HANDLE PsGetCurrentThreadProcessId() { return ke::KiThread->Cid.UniqueProcess; }
PEPROCESS PsGetCurrentThreadProcess() { return ProcessOf(ke::KiThread); }
PVOID PsGetCurrentThreadStackBase() { return ke::KiThread->Tcb.StackBase; }
PVOID PsGetCurrentThreadStackLimit() { return reinterpret_cast<PVOID>(ke::KiThread->Tcb.StackLimit); }
PVOID PsGetThreadTeb(PETHREAD Thread) { return Thread->Tcb.Teb; }
PVOID PsGetCurrentThreadTeb() { return ke::KiThread->Tcb.Teb; }
ULONG PsGetThreadSessionId(PETHREAD Thread) { return ProcessOf(ProcessOf(Thread->Tcb.Process))->host.session; }
ULONG PsGetThreadFreezeCount(PETHREAD Thread) { return static_cast<ULONG>(static_cast<ke::Thread*>(Thread)->host.freeze_count); }
UCHAR PsGetProcessPriorityClass(PEPROCESS Process) { return Process->PriorityClass; }
BOOLEAN PsGetProcessExitProcessCalled(PEPROCESS Process) { return ProcessOf(Process)->host.exiting ? TRUE : FALSE; }

PVOID PsGetProcessDebugPort(PEPROCESS) { return nullptr; }
BOOLEAN PsIsProcessBeingDebugged(PEPROCESS Process) { return PsGetProcessDebugPort(Process) != nullptr ? TRUE : FALSE; }
PVOID PsGetProcessJob(PEPROCESS Process) { return ProcessOf(Process)->host.job; }
PVOID PsGetProcessWin32Process(PEPROCESS) { return nullptr; }
PVOID PsGetCurrentProcessWin32Process() { return nullptr; }
PVOID PsGetCurrentProcessWow64Process() { return nullptr; }
PVOID PsGetThreadWin32Thread(PETHREAD) { return nullptr; }
PVOID PsGetCurrentThreadWin32Thread() { return nullptr; }
BOOLEAN PsIsCurrentThreadPrefetching() { return FALSE; }

NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Amount) {
  constexpr ULONG kPaged = 1;
  return ex::ChargePoolQuota(Process, (static_cast<ULONG>(PoolType) & kPaged) != 0, Amount) ? STATUS_SUCCESS : STATUS_QUOTA_EXCEEDED;
}

NTSTATUS PsChargeProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount) {
  return PsChargeProcessPoolQuota(Process, NonPagedPool, Amount);
}

NTSTATUS PsChargeProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount) { return PsChargeProcessPoolQuota(Process, PagedPool, Amount); }

VOID PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
  const NTSTATUS status = PsChargeProcessPoolQuota(Process, PoolType, Amount);
  if (!NT_SUCCESS(status)) ke::RaiseStatus(status);
}

VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount) {
  ex::ReturnPoolQuota(Process, (static_cast<ULONG>(PoolType) & 1) != 0, Amount);
}

VOID PsReturnProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount) { ex::ReturnPoolQuota(Process, false, Amount); }
VOID PsReturnProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount) { ex::ReturnPoolQuota(Process, true, Amount); }

}  // extern "C"
