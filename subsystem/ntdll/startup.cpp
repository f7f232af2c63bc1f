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

constexpr ULONG kProcessDetach = 0, kProcessAttach = 1, kThreadAttach = 2, kThreadDetach = 3;

PVOID NewPages(SIZE_T size) {
  PVOID base = nullptr;
  return NT_SUCCESS(sys::NtAllocateVirtualMemory(CurrentProcessHandle(), &base, 0, &size, 0x3000, 4)) ? base : nullptr;
}

const IMAGE_NT_HEADERS64& ImageHeaders() {
  auto* const base = static_cast<char*>(CurrentPeb()->ImageBaseAddress);
  return *reinterpret_cast<IMAGE_NT_HEADERS64*>(base + reinterpret_cast<IMAGE_DOS_HEADER*>(base)->e_lfanew);
}

PVOID AtImageRva(ULONG rva) { return static_cast<char*>(CurrentPeb()->ImageBaseAddress) + rva; }

IMAGE_TLS_DIRECTORY64* TlsDirectory() { return static_cast<IMAGE_TLS_DIRECTORY64*>(CurrentProcess().tls_directory); }

/// Makes the process's state, before anything that needs memory.
NTSTATUS InitializeProcess() {
  PEB* const peb = CurrentPeb();
  auto* const process = static_cast<Process*>(NewPages(sizeof(Process)));
  if (!process) return STATUS_NO_MEMORY;
  for (LIST_ENTRY* head : {&process->waiters, &process->exception_handlers, &process->continue_handlers, &process->function_tables})
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
  const IMAGE_DATA_DIRECTORY tls = ImageHeaders().OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_TLS];
  if (tls.Size) process->tls_directory = AtImageRva(tls.VirtualAddress);
  return MakeModuleList();
}

/// The thread's copy of the image's TLS data, in slot 0: only the program's own image has any.
NTSTATUS MakeTlsBlock() {
  const IMAGE_TLS_DIRECTORY64* const tls = TlsDirectory();
  if (!tls) return STATUS_SUCCESS;
  const SIZE_T data = tls->EndAddressOfRawData - tls->StartAddressOfRawData;
  auto* const vector = Allocate<PVOID>(2);
  // The image asks for an alignment (bits 20..23: a power of two plus one); the block before it is kept in the second slot, to be freed.
  const ULONG power = (tls->Characteristics >> 20) & 15;
  const SIZE_T alignment = power ? std::max<SIZE_T>(SIZE_T{1} << (power - 1), 16) : 16;
  auto* const block = Allocate<char>(data + tls->SizeOfZeroFill + alignment);
  if (!vector || !block) return STATUS_NO_MEMORY;
  vector[0] = reinterpret_cast<PVOID>((reinterpret_cast<ULONG_PTR>(block) + alignment - 1) & ~(alignment - 1));
  vector[1] = block;
  std::memcpy(vector[0], reinterpret_cast<const void*>(tls->StartAddressOfRawData), data);
  *reinterpret_cast<ULONG*>(tls->AddressOfIndex) = 0;
  CurrentTeb()->ThreadLocalStoragePointer = vector;
  return STATUS_SUCCESS;
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

void CallTlsCallbacks(ULONG reason) {
  const IMAGE_TLS_DIRECTORY64* const tls = TlsDirectory();
  if (!tls || !tls->AddressOfCallBacks) return;
  for (auto* callback = reinterpret_cast<PVOID*>(tls->AddressOfCallBacks); *callback; callback++)
    ke::Callout<void>(*callback, CurrentPeb()->ImageBaseAddress, reason, nullptr);
}

NTSTATUS InitializeThread() {
  auto* const thread = Allocate<Thread>();
  if (!thread) return STATUS_NO_MEMORY;
  CurrentTeb()->SubsystemState = thread;
  return MakeTlsBlock();
}

void ShutdownThread() {
  TEB* const teb = CurrentTeb();
  Thread* const thread = static_cast<Thread*>(teb->SubsystemState);
  if (!thread) return;
  RunFlsCallbacks();
  CallTlsCallbacks(kThreadDetach);
  if (auto* const vector = static_cast<PVOID*>(teb->ThreadLocalStoragePointer)) {
    teb->ThreadLocalStoragePointer = nullptr;
    Free(vector[1]);
    Free(vector);
  }
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
  if (first) CallTlsCallbacks(kProcessAttach);
  peb->Initialization = 2;
  if (!first) CallTlsCallbacks(kThreadAttach);
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
    CallTlsCallbacks(kProcessDetach);
  }
  nt::sys::NtTerminateProcess(CurrentProcessHandle(), Status);
}

}  // extern "C"
