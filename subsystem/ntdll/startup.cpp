// A thread's first and last user-mode code: the process's state, thread-local storage, the start routine, the end.
#include <algorithm>
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/rtl/pool.h"
#include "nt/status.h"
#include "subsystem/msvcrt/crt.h"
#include "subsystem/ntdll/ntdll.h"

namespace nt::user {
namespace {

PVOID NewPages(SIZE_T size) {
  PVOID base = nullptr;
  return NT_SUCCESS(sys::NtAllocateVirtualMemory(CurrentProcessHandle(), &base, 0, &size, 0x3000, 4)) ? base : nullptr;
}

const IMAGE_NT_HEADERS64& ImageHeaders() {
  auto* const base = static_cast<char*>(CurrentPeb()->ImageBaseAddress);
  return *reinterpret_cast<IMAGE_NT_HEADERS64*>(base + reinterpret_cast<IMAGE_DOS_HEADER*>(base)->e_lfanew);
}

PVOID AtImageRva(ULONG rva) { return static_cast<char*>(CurrentPeb()->ImageBaseAddress) + rva; }

/// Makes the process's state, before anything that needs memory.
NTSTATUS InitializeProcess() {
  PEB* const peb = CurrentPeb();
  auto* const process = static_cast<Process*>(NewPages(sizeof(Process)));
  if (!process) return STATUS_NO_MEMORY;
  for (LIST_ENTRY* head :
       {&process->waiters, &process->exception_handlers, &process->continue_handlers, &process->function_tables, &process->threads})
    *head = {head, head};
  process->console_attached = TRUE;
  process->console_mode[0] = 0x1F7;  // processed, line, echo, insert, quick edit, extended, auto position
  process->console_mode[1] = 0x3;    // processed, wrap at the end of line
  process->console_output_cp = process->console_input_cp = 65001;
  LARGE_INTEGER counter{};
  sys::NtQueryPerformanceCounter(&counter, nullptr);
  process->pointer_cookie = static_cast<ULONG_PTR>(counter.QuadPart) * 0x9E3779B97F4A7C15 | 1;
  peb->SubsystemState = process;

  peb->ProcessHeap = Ntdll_RtlCreateHeap(2, nullptr, 0, 0, nullptr, nullptr);
  if (!peb->ProcessHeap) return STATUS_NO_MEMORY;
  process->heaps[process->heap_count++] = peb->ProcessHeap;
  nt::rtl::SetUserHeap({[](SIZE_T bytes) { return Ntdll_RtlAllocateHeap(CurrentPeb()->ProcessHeap, 0, bytes); },
                        [](PVOID block) { Ntdll_RtlFreeHeap(CurrentPeb()->ProcessHeap, 0, block); }});
  auto* const lock = Allocate<RTL_CRITICAL_SECTION>();
  if (!lock) return STATUS_NO_MEMORY;
  RtlInitializeCriticalSection(lock);
  process->loader_lock = lock;
  const NTSTATUS status = MakeModuleList();
  return NT_SUCCESS(status) ? LoadStaticImports() : status;
}

/// A thread that another process made may come while the first prepares the process.
void WaitForInitialization() {
  while (CurrentPeb()->Initialization != 2) {
    LARGE_INTEGER interval{.QuadPart = -30 * 10'000};
    sys::NtDelayExecution(FALSE, &interval);
  }
}

void RunFlsCallbacks() {
  Thread& thread = CurrentThread();
  for (ULONG i = 0; i < kFlsSlots; i++) {
    PVOID const value = thread.fls[i], routine = CurrentProcess().fls_callback[i];
    if (!value) continue;
    thread.fls[i] = nullptr;
    if (routine) ke::Callout<void>(routine, value);
  }
}

}  // namespace

NTSTATUS InitializeThread() {
  auto* const thread = Allocate<Thread>();
  if (!thread) return STATUS_NO_MEMORY;
  CurrentTeb()->SubsystemState = thread;
  CurrentTeb()->ThreadLocalStoragePointer = thread->tls_vector;
  LIST_ENTRY& head = CurrentProcess().threads;
  thread->link = {&head, head.Blink};
  head.Blink->Flink = &thread->link;
  head.Blink = &thread->link;
  return MakeTlsBlocks(thread);
}

void ShutdownThread() {
  TEB* const teb = CurrentTeb();
  Thread* const thread = static_cast<Thread*>(teb->SubsystemState);
  if (!thread) return;
  RunFlsCallbacks();
  DetachModules(kThreadDetach);
  thread->link.Blink->Flink = thread->link.Flink;
  thread->link.Flink->Blink = thread->link.Blink;
  teb->ThreadLocalStoragePointer = nullptr;
  FreeTlsBlocks(thread);
  Free(teb->TlsExpansionSlots);
  teb->TlsExpansionSlots = nullptr;
  if (thread->waiter.event) sys::NtClose(thread->waiter.event);
  Free(thread->crt);
  teb->SubsystemState = nullptr;
  Free(thread);
}

}  // namespace nt::user

using namespace nt::user;

extern "C" {

/// The first user-mode code of every thread. The first that gets here prepares the process, be it the process's own or one that another
/// process made; a null start routine means the image's entry point. The thread ends with what the routine returns.
VOID LdrInitializeThunk(PVOID StartRoutine, PVOID Argument) {
  PEB* const peb = CurrentPeb();
  const bool first = peb->Initialization == 0;
  if (first) peb->Initialization = 1;
  NTSTATUS status = first ? InitializeProcess() : STATUS_SUCCESS;
  if (!first) WaitForInitialization();
  if (NT_SUCCESS(status)) status = InitializeThread();
  if (NT_SUCCESS(status) && first) status = nt::crt::InitializeProcess();
  if (!NT_SUCCESS(status)) {
    if (first) nt::sys::NtTerminateProcess(CurrentProcessHandle(), status);
    nt::sys::NtTerminateThread(CurrentThreadHandle(), status);
  }
  if (first) status = InitializeModules(true);
  if (first && NT_SUCCESS(status)) CallTlsCallbacks(peb->ImageBaseAddress, kProcessAttach);
  if (!NT_SUCCESS(status)) nt::sys::NtTerminateProcess(CurrentProcessHandle(), status);
  peb->Initialization = 2;
  if (!first) AttachThread();
  if (!StartRoutine) {
    StartRoutine = AtImageRva(ImageHeaders().OptionalHeader.AddressOfEntryPoint);
    Argument = peb;
  }
  nt::sys::NtTestAlert();  // APCs that were queued before it ran
  RtlExitUserThread(nt::ke::Callout<NTSTATUS>(StartRoutine, Argument));
}

/// Ends the calling thread; the last one ends the process.
VOID RtlExitUserThread(NTSTATUS Status) {
  ULONG last = 0;
  nt::sys::NtQueryInformationThread(CurrentThreadHandle(), ThreadAmILastThread, &last, sizeof last, nullptr);
  if (last) RtlExitUserProcess(Status);
  ShutdownThread();
  nt::sys::NtTerminateThread(CurrentThreadHandle(), Status);
}

/// Ends the process: first its other threads, then the detach callbacks on this one.
VOID RtlExitUserProcess(NTSTATUS Status) {
  Process& process = CurrentProcess();
  if (!process.shutdown_thread) {
    nt::sys::NtTerminateProcess(nullptr, Status);
    process.exit_status = Status;
    process.shutdown_thread = CurrentTeb()->ClientId.UniqueThread;
    RunFlsCallbacks();
    DetachModules(kProcessDetach);
  }
  nt::sys::NtTerminateProcess(CurrentProcessHandle(), Status);
}

}  // extern "C"
