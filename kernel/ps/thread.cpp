// Threads: birth and death.
#include <algorithm>
#include <new>
#include <utility>

#include "kernel/ex/ex.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/job.h"
#include "kernel/ps/state.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" VOID LdrInitializeThunk(PVOID StartRoutine, PVOID Argument);

namespace nt::ps {
namespace {

void LinkThread(PEPROCESS process, ke::Thread* thread) {
  LIST_ENTRY& head = process->ThreadListHead;
  thread->ThreadListEntry.Flink = &head;
  thread->ThreadListEntry.Blink = head.Blink;
  head.Blink->Flink = &thread->ThreadListEntry;
  head.Blink = &thread->ThreadListEntry;
  ++process->ActiveThreads;
}

void UnlinkThread(PEPROCESS process, ke::Thread* thread) {
  thread->ThreadListEntry.Blink->Flink = thread->ThreadListEntry.Flink;
  thread->ThreadListEntry.Flink->Blink = thread->ThreadListEntry.Blink;
  --process->ActiveThreads;
  ProcessOf(process)->host.kernel_time += thread->host.kernel_time;
  ProcessOf(process)->host.user_time += thread->host.user_time;
}

/// What a user thread's first code needs; it lies at the top of its stack.
struct UserStart {
  PVOID routine;
  PVOID argument;
};

/// First code in user mode, on the user stack.
void StartInUser(void* raw) {
  const auto* const start = static_cast<UserStart*>(raw);
  LdrInitializeThunk(start->routine, start->argument);
}

/// First code of a user thread, still in kernel mode.
void StartUserThread(void* raw) {
  auto* const thread = static_cast<ke::Thread*>(raw);
  ke::BeforeUserMode();
  NotifyThreadStart(thread);
  TEB* const teb = thread->Tcb.Teb;
  auto* const start = static_cast<UserStart*>(teb->NtTib.StackBase) - 1;
  // The loader itself finds the way to the image's entry point.
  const Process* const process = ProcessOf(ProcessOf(thread));
  const bool first = thread->Win32StartAddress == process->host.entry && thread->host.parameter == process->Peb;
  start->routine = first ? nullptr : thread->Win32StartAddress;
  start->argument = first ? nullptr : thread->host.parameter;
  thread->Tcb.PreviousMode = UserMode;
  ke::KiEnterUser(&StartInUser, start, start, teb);
}

NTSTATUS MakeTeb(ke::Thread* thread, PEPROCESS process, SIZE_T reserve, SIZE_T commit) {
  mm::AddressSpace* const space = ProcessOf(process)->host.space;
  ULONG_PTR allocation = 0;
  ULONG_PTR limit = 0;
  ULONG_PTR base = 0;
  NTSTATUS status = space->CreateStack(reserve, commit, &allocation, &limit, &base);
  if (!NT_SUCCESS(status)) return status;
  ULONG_PTR address = 0;
  SIZE_T size = sizeof(TEB) + PAGE_SIZE;
  status = space->Allocate(&address, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (!NT_SUCCESS(status)) return status;
  auto* const teb = reinterpret_cast<TEB*>(address);
  teb->NtTib.StackBase = reinterpret_cast<PVOID>(base);
  teb->NtTib.StackLimit = reinterpret_cast<PVOID>(limit);
  teb->NtTib.Self = &teb->NtTib;
  teb->DeallocationStack = reinterpret_cast<PVOID>(allocation);
  teb->ClientId = thread->Cid;
  teb->ProcessEnvironmentBlock = process->Peb;
  thread->Tcb.Teb = teb;
  return STATUS_SUCCESS;
}

void FreeTeb(ke::Thread* thread, PEPROCESS process) {
  mm::AddressSpace* const space = ProcessOf(process)->host.space;
  if (thread->Tcb.Teb == nullptr || space == nullptr) return;
  auto stack = reinterpret_cast<ULONG_PTR>(thread->Tcb.Teb->DeallocationStack);
  auto teb = reinterpret_cast<ULONG_PTR>(thread->Tcb.Teb);
  thread->Tcb.Teb = nullptr;
  SIZE_T size = 0;
  space->Free(&stack, &size, MEM_RELEASE);
  size = 0;
  space->Free(&teb, &size, MEM_RELEASE);
}

/// The reaper: gives up ended threads' own references, from another thread, as nobody can free the stack it stands on.
void Reap(void*) {
  for (;;) {
    KeWaitForSingleObject(&Ps().dead_event, Executive, KernelMode, FALSE, nullptr);
    while (!Ps().dead.empty()) {
      ke::Thread* const thread = Ps().dead.back();
      Ps().dead.pop_back();
      ObfDereferenceObject(thread);
    }
  }
}

void (*exit_hook)(PETHREAD) = nullptr;
void (*process_exit_hook)(PEPROCESS) = nullptr;

/// The last thread's part in the end of its process: nothing can be added to it, and drivers are told.
void CloseProcess(PEPROCESS process, NTSTATUS status) {
  CheckCriticalExit(process);
  ProcessOf(process)->host.exiting = true;
  if (process->ExitStatus == STATUS_PENDING) process->ExitStatus = status;
  NotifyProcessExit(process);
  LeaveJob(ProcessOf(process));
}

/// The thread in which the machine's owner calls the kernel: DriverEntry runs in it.
ke::Thread* MakeHostCallThread(KPRIORITY priority, void (*start)(void*), void* context) {
  ke::Thread* thread = nullptr;
  if (!NT_SUCCESS(CreateThreadObject(PsInitialSystemProcess, priority, start, context, &thread))) throw std::bad_alloc{};
  return thread;
}

}  // namespace

void SetProcessExitHook(void (*hook)(PEPROCESS)) { process_exit_hook = hook; }

void SetThreadExitHook(void (*hook)(PETHREAD)) { exit_hook = hook; }

void StartReaper() {
  KeInitializeEvent(&Ps().dead_event, SynchronizationEvent, FALSE);
  ke::CreateHostThread(&Reap, nullptr, 16);
  ke::SetHostThreads({&MakeHostCallThread, [] { ExitThread(STATUS_SUCCESS); }});
}

NTSTATUS CreateThreadObject(PEPROCESS process, KPRIORITY priority, void (*start)(void*), void* context, ke::Thread** result) {
  PVOID body = nullptr;
  const NTSTATUS status = ObCreateObject(KernelMode, Ps().thread_type, nullptr, KernelMode, nullptr, sizeof(ke::Thread), 0, 0, &body);
  if (!NT_SUCCESS(status)) return status;
  auto* const thread = new (body) ke::Thread{};
  ke::InitializeThread(thread, process, priority, start, context);
  thread->CreateTime.QuadPart = ke::SystemTime();
  thread->Cid.UniqueProcess = process->UniqueProcessId;
  thread->Cid.UniqueThread = Ps().cids.Insert(thread, true);
  KeInitializeEvent(&thread->host.thawed, NotificationEvent, TRUE);
  LinkThread(process, thread);
  SecureByProcess(thread, process);
  ObfReferenceObject(process);
  *result = thread;
  return STATUS_SUCCESS;
}

NTSTATUS CreateUserThread(PEPROCESS process, PVOID routine, PVOID argument, SIZE_T stack_reserve, SIZE_T stack_commit, bool suspended,
                          ke::Thread** result) {
  ke::Thread* thread = nullptr;
  NTSTATUS status = CreateThreadObject(process, ProcessOf(process)->host.base_priority, &StartUserThread, nullptr, &thread);
  if (!NT_SUCCESS(status)) return status;
  thread->host.start_context = thread;
  thread->Win32StartAddress = routine;
  thread->host.parameter = argument;
  thread->host.boost_disabled = ProcessOf(process)->host.boost_disabled;
  status = MakeTeb(thread, process, stack_reserve, stack_commit);
  if (!NT_SUCCESS(status)) {
    UnlinkThread(process, thread);
    ObfDereferenceObject(thread);
    return status;
  }
  if (suspended) {
    thread->host.freeze_count = 1;
    KeClearEvent(&thread->host.thawed);
  }
  *result = thread;
  return STATUS_SUCCESS;
}

void DeleteThread(PVOID object) {
  auto* const thread = static_cast<ke::Thread*>(object);
  Ps().cids.Remove(thread->Cid.UniqueThread);
  if (thread->host.name.Buffer != nullptr) ex::FreePool(thread->host.name.Buffer);
  ke::ForgetThread(thread);
  mm::FreeKernelStack(thread->Tcb.StackLimit, thread->host.stack_size);
  ObfDereferenceObject(ProcessOf(thread));
}

void ExitThread(NTSTATUS status) {
  ke::Thread* const thread = ke::KiThread;
  PEPROCESS const process = ProcessOf(thread);
  if (ke::CurrentIrql() != PASSIVE_LEVEL) {
    ke::BugCheck(IRQL_NOT_LESS_OR_EQUAL, reinterpret_cast<ULONG_PTR>(thread), ke::CurrentIrql(), 0, 0,
                 "A thread ended above PASSIVE_LEVEL: it raised the IRQL, or acquired a spin lock, and did not undo it.");
  }
  if (KthreadKernelApcDisable(&thread->Tcb) != 0 || KthreadSpecialApcDisable(&thread->Tcb) != 0) {
    ke::AbandonMutants(thread);
    ke::BugCheck(KERNEL_APC_PENDING_DURING_EXIT, 0, static_cast<ULONG_PTR>(static_cast<USHORT>(KthreadKernelApcDisable(&thread->Tcb))), 0,
                 0, "A thread ended inside a critical or guarded region; leave it first.");
  }
  CheckCriticalExit(thread);
  thread->host.terminating = TRUE;
  thread->host.records = nullptr;
  thread->Tcb.PreviousMode = KernelMode;
  NotifyThreadExit(thread);
  if (exit_hook != nullptr) exit_hook(thread);
  ke::AbandonMutants(thread);
  ke::RundownApcs();
  ke::RundownQueue();
  thread->ExitStatus = status;
  thread->ExitTime.QuadPart = ke::SystemTime();
  UnlinkThread(process, thread);
  const bool last = process->ActiveThreads == 0 && process != PsInitialSystemProcess;
  if (last && process_exit_hook != nullptr) process_exit_hook(process);
  if (last) CloseProcess(process, status);
  FreeTeb(thread, process);
  if (thread->host.kept != nullptr) ObfDereferenceObject(thread->host.kept);
  if (thread->host.client_token != nullptr) ObfDereferenceObject(std::exchange(thread->host.client_token, nullptr));
  if (last) FinishProcess(process, status);
  ke::RaiseIrql(DISPATCH_LEVEL);  // nothing must come between the signal and the end
  thread->Tcb.Header.SignalState = 1;
  ke::WakeWaiters(&thread->Tcb.Header, 0);
  Ps().dead.push_back(thread);
  KeSetEvent(&Ps().dead_event, 0, FALSE);
  ke::TerminateCurrentThread();
}

void TerminateThread(ke::Thread* thread, NTSTATUS status) {
  if (thread->host.terminating != 0) return;
  thread->host.terminating = TRUE;
  thread->host.exit_status = status;
  KeSetEvent(&thread->host.thawed, 0, FALSE);
  if (KthreadState(&thread->Tcb) == Waiting && KthreadWaitMode(&thread->Tcb) == UserMode) {
    ke::CancelWait(thread, STATUS_THREAD_IS_TERMINATING);
  }
}

void TerminateOtherThreads(PEPROCESS process, NTSTATUS status) {
  for (PETHREAD other : Threads(process)) {
    if (other != ke::KiThread) TerminateThread(static_cast<ke::Thread*>(other), status);
  }
}

std::vector<PETHREAD> Threads(PEPROCESS process) {
  std::vector<PETHREAD> threads;
  LIST_ENTRY& head = process->ThreadListHead;
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink)
    threads.push_back(CONTAINING_RECORD(link, ETHREAD, ThreadListEntry));
  return threads;
}

std::vector<PETHREAD> SystemThreadsStartedIn(ULONG_PTR base, SIZE_T size) {
  std::vector<PETHREAD> found;
  for (PETHREAD thread : Threads(PsInitialSystemProcess)) {
    if (reinterpret_cast<ULONG_PTR>(thread->Win32StartAddress) - base < size) found.push_back(thread);
  }
  return found;
}

}  // namespace nt::ps
