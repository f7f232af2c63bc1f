// Threads, and what belongs to one: priority, affinity, context, local storage.
#include <algorithm>

#include "kernel/api/api.h"
#include "nt/process_information.h"
#include "subsystem/kernel32/attribute_list.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// THREAD_BASIC_INFORMATION (ntddk.h).
struct BasicInformation {
  NTSTATUS ExitStatus;
  PVOID TebBaseAddress;
  CLIENT_ID ClientId;
  KAFFINITY AffinityMask;
  KPRIORITY Priority;
  LONG BasePriority;
};
static_assert(sizeof(BasicInformation) == 0x30);

BOOL Query(HANDLE thread, BasicInformation* information) {
  return Check(sys::NtQueryInformationThread(thread, ThreadBasicInformation, information, sizeof *information, nullptr));
}

/// The information class, whose name the parameter below has too.
constexpr THREADINFOCLASS kThreadAffinityMask = ThreadAffinityMask;

constexpr DWORD kSuspended = 4;  // CREATE_SUSPENDED
constexpr LONG kTimeCritical = 15, kIdle = -15, kSaturation = 16;

/// The place of a TLS value: the TEB's own 64 slots, then the expansion slots, made when first needed.
PVOID* TlsPlace(DWORD index, bool make) {
  TEB* const teb = CurrentTeb();
  if (index < kTlsSlots) return &teb->TlsSlots[index];
  if (index >= kTlsSlots + kTlsExpansion) return nullptr;
  if (!teb->TlsExpansionSlots && make) teb->TlsExpansionSlots = Allocate<PVOID>(kTlsExpansion);
  return teb->TlsExpansionSlots ? &teb->TlsExpansionSlots[index - kTlsSlots] : nullptr;
}

ULONG* TlsWord(DWORD index, ULONG* bit) {
  *bit = 1U << index % 32;
  if (index < kTlsSlots) return &CurrentPeb()->TlsBitmapBits[index / 32];
  if (index >= kTlsSlots + kTlsExpansion) return nullptr;
  return &CurrentProcess().tls_expansion_used[(index - kTlsSlots) / 32];
}

}  // namespace

extern "C" {

/// Creates a thread in a process. Of the attributes the group affinity counts; an ideal processor and a memory node are hints, which change
/// nothing here.
HANDLE CreateRemoteThreadEx(HANDLE ProcessHandle, LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize,
                            LPTHREAD_START_ROUTINE StartAddress, LPVOID Parameter, DWORD CreationFlags, PVOID List, LPDWORD ThreadId) {
  ObjectName name(nullptr, ThreadAttributes);
  HANDLE handle = nullptr;
  // STACK_SIZE_PARAM_IS_A_RESERVATION (0x10000) makes the size the reserve; otherwise it is the first commit.
  const bool reserve = (CreationFlags & 0x10000) != 0;
  // A thread that is to start on a processor of its own waits until it may.
  const auto* const list = static_cast<const AttributeList*>(List);
  const AttributeList::Entry* const affinity = list ? list->Find(kGroupAffinity) : nullptr;
  const ULONG suspended = CreationFlags & kSuspended || affinity ? 1 : 0;
  CLIENT_ID id{};
  PS_ATTRIBUTE_LIST attributes{sizeof attributes, {{PS_ATTRIBUTE_CLIENT_ID, sizeof id, &id, nullptr}}};
  const NTSTATUS status = sys::NtCreateThreadEx(&handle, 0x1FFFFF, name.get(), ProcessHandle, reinterpret_cast<PVOID>(StartAddress),
                                                Parameter, suspended, 0, reserve ? 0 : StackSize, reserve ? StackSize : 0, &attributes);
  if (!Check(status)) return nullptr;
  if (affinity) {
    sys::NtSetInformationThread(handle, kThreadAffinityMask, affinity->value, sizeof(KAFFINITY));
    if (!(CreationFlags & kSuspended)) sys::NtResumeThread(handle, nullptr);
  }
  if (ThreadId) *ThreadId = static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(id.UniqueThread));
  return handle;
}

/// Creates a thread in a process.
HANDLE CreateRemoteThread(HANDLE ProcessHandle, LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize,
                          LPTHREAD_START_ROUTINE StartAddress, LPVOID Parameter, DWORD CreationFlags, LPDWORD ThreadId) {
  return CreateRemoteThreadEx(ProcessHandle, ThreadAttributes, StackSize, StartAddress, Parameter, CreationFlags, nullptr, ThreadId);
}

/// Creates a thread.
HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize, LPTHREAD_START_ROUTINE StartAddress, LPVOID Parameter,
                    DWORD CreationFlags, LPDWORD ThreadId) {
  return CreateRemoteThreadEx(CurrentProcessHandle(), ThreadAttributes, StackSize, StartAddress, Parameter, CreationFlags, nullptr,
                              ThreadId);
}

/// Ends the calling thread.
VOID ExitThread(DWORD ExitCode) { RtlExitUserThread(static_cast<NTSTATUS>(ExitCode)); }

/// Ends a thread at once.
BOOL TerminateThread(HANDLE Thread, DWORD ExitCode) { return Check(sys::NtTerminateThread(Thread, static_cast<NTSTATUS>(ExitCode))); }

/// A thread's exit code; STILL_ACTIVE (259) while it runs.
BOOL GetExitCodeThread(HANDLE Thread, LPDWORD ExitCode) {
  BasicInformation information{};
  if (!Query(Thread, &information)) return FALSE;
  *ExitCode = static_cast<DWORD>(information.ExitStatus);
  return TRUE;
}

/// The pseudo handle of the calling thread.
HANDLE GetCurrentThread() { return CurrentThreadHandle(); }

/// The calling thread's id.
DWORD GetCurrentThreadId() { return static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(CurrentTeb()->ClientId.UniqueThread)); }

/// A thread's id.
DWORD GetThreadId(HANDLE Thread) {
  BasicInformation information{};
  return Query(Thread, &information) ? static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(information.ClientId.UniqueThread)) : 0;
}

/// The id of the process of a thread.
DWORD GetProcessIdOfThread(HANDLE Thread) {
  BasicInformation information{};
  return Query(Thread, &information) ? static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(information.ClientId.UniqueProcess)) : 0;
}

/// Opens a thread by its id.
HANDLE OpenThread(DWORD DesiredAccess, BOOL InheritHandle, DWORD ThreadId) {
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, InheritHandle ? OBJ_INHERIT : 0U, nullptr, nullptr};
  CLIENT_ID id{nullptr, reinterpret_cast<HANDLE>(ULONG_PTR{ThreadId})};
  HANDLE handle = nullptr;
  const NTSTATUS status = sys::NtOpenThread(&handle, DesiredAccess, &attributes, &id);
  if (status == STATUS_INVALID_CID) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  return Check(status) ? handle : nullptr;
}

/// Suspends a thread; returns the suspend count before, -1 on failure.
DWORD SuspendThread(HANDLE Thread) {
  ULONG previous = 0;
  return Check(sys::NtSuspendThread(Thread, &previous)) ? previous : ~DWORD{0};
}

/// Resumes a thread; returns the suspend count before, -1 on failure.
DWORD ResumeThread(HANDLE Thread) {
  ULONG previous = 0;
  return Check(sys::NtResumeThread(Thread, &previous)) ? previous : ~DWORD{0};
}

/// Sets a thread's priority relative to its process's class.
BOOL SetThreadPriority(HANDLE Thread, INT Priority) {
  LONG increment = Priority;
  if (increment == kTimeCritical)
    increment = kSaturation;
  else if (increment == kIdle)
    increment = -kSaturation;
  return Check(sys::NtSetInformationThread(Thread, ThreadBasePriority, &increment, sizeof increment));
}

/// A thread's priority relative to its process's class.
INT GetThreadPriority(HANDLE Thread) {
  BasicInformation information{};
  if (!Query(Thread, &information)) return 0x7FFFFFFF;
  const LONG base = information.BasePriority;
  return base == kSaturation ? kTimeCritical : base == -kSaturation ? kIdle : base;
}

/// Whether the scheduler boosts a thread's priority after a wait is switched off.
BOOL GetThreadPriorityBoost(HANDLE Thread, PBOOL DisablePriorityBoost) {
  ULONG disabled = 0;
  if (!Check(sys::NtQueryInformationThread(Thread, ThreadPriorityBoost, &disabled, sizeof disabled, nullptr))) return FALSE;
  *DisablePriorityBoost = disabled != 0;
  return TRUE;
}

/// Switches the boost of a thread's priority after a wait off or on.
BOOL SetThreadPriorityBoost(HANDLE Thread, BOOL DisablePriorityBoost) {
  ULONG disabled = DisablePriorityBoost != 0;
  return Check(sys::NtSetInformationThread(Thread, ThreadPriorityBoost, &disabled, sizeof disabled));
}

/// Limits a thread to some processors; returns its mask before, 0 on failure.
DWORD_PTR SetThreadAffinityMask(HANDLE Thread, DWORD_PTR ThreadAffinityMask) {
  BasicInformation information{};
  KAFFINITY mask = ThreadAffinityMask;
  if (!Query(Thread, &information)) return 0;
  return Check(sys::NtSetInformationThread(Thread, kThreadAffinityMask, &mask, sizeof mask)) ? information.AffinityMask : 0;
}

/// Prefers a processor for a thread. Partial: the scheduler has no ideal processors; returns 0.
DWORD SetThreadIdealProcessor([[maybe_unused]] HANDLE Thread, DWORD IdealProcessor) {
  return IdealProcessor > 64 ? (Fail(ERROR_INVALID_PARAMETER), ~DWORD{0}) : 0;
}

/// A thread's times, in 100 ns.
BOOL GetThreadTimes(HANDLE Thread, LPFILETIME CreationTime, LPFILETIME ExitTime, LPFILETIME KernelTime, LPFILETIME UserTime) {
  LARGE_INTEGER times[4]{};
  if (!Check(sys::NtQueryInformationThread(Thread, ThreadTimes, times, sizeof times, nullptr))) return FALSE;
  *CreationTime = ToFileTime(times[0].QuadPart);
  *ExitTime = ToFileTime(times[1].QuadPart);
  *KernelTime = ToFileTime(times[2].QuadPart);
  *UserTime = ToFileTime(times[3].QuadPart);
  return TRUE;
}

/// Names a thread.
LONG SetThreadDescription(HANDLE Thread, LPCWSTR ThreadDescription) {
  UNICODE_STRING name = StringOf(ThreadDescription);
  return sys::NtSetInformationThread(Thread, ThreadNameInformation, &name, sizeof name);
}

/// A suspended thread's registers.
BOOL GetThreadContext(HANDLE Thread, PCONTEXT Context) { return Check(sys::NtGetContextThread(Thread, Context)); }

/// Queues an APC to a thread, which runs it in an alertable wait.
DWORD QueueUserAPC(PVOID ApcRoutine, HANDLE Thread, ULONG_PTR Data) {
  return static_cast<DWORD>(Check(
      sys::NtQueueApcThread(Thread, reinterpret_cast<PPS_APC_ROUTINE>(nt::api::AddressOf(*nt::api::Find("kernel32.dll", "BasepUserApc"))),
                            ApcRoutine, reinterpret_cast<PVOID>(Data), nullptr)));
}

/// The APC of QueueUserAPC: calls the caller's routine, whose address is the context.
VOID BasepUserApc(PVOID Context, PVOID Data, [[maybe_unused]] PVOID Unused) { nt::ke::Callout<void>(Context, Data); }

/// The processor on which the caller runs.
DWORD GetCurrentProcessorNumber() { return sys::NtGetCurrentProcessorNumber(); }

/// Allocates a thread-local slot, null in every thread.
DWORD TlsAlloc() {
  for (DWORD index = 0; index < kTlsSlots + kTlsExpansion; index++) {
    ULONG bit = 0;
    ULONG* const word = TlsWord(index, &bit);
    if (*word & bit) continue;
    *word |= bit;
    if (PVOID* const place = TlsPlace(index, false)) *place = nullptr;
    return index;
  }
  SetError(ERROR_NO_MORE_ITEMS);
  return TLS_OUT_OF_INDEXES;
}

/// Frees a thread-local slot.
BOOL TlsFree(DWORD TlsIndex) {
  ULONG bit = 0;
  ULONG* const word = TlsWord(TlsIndex, &bit);
  if (!word || !(*word & bit)) return Fail(ERROR_INVALID_PARAMETER);
  // The kernel clears the slot in all threads of the process.
  sys::NtSetInformationThread(CurrentThreadHandle(), ThreadZeroTlsCell, &TlsIndex, sizeof TlsIndex);
  *word &= ~bit;
  return TRUE;
}

/// The calling thread's value of a slot. Clears the last error, for a null value is no failure.
LPVOID TlsGetValue(DWORD TlsIndex) {
  if (TlsIndex >= kTlsSlots + kTlsExpansion) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  SetError(ERROR_SUCCESS);
  const PVOID* const place = TlsPlace(TlsIndex, false);
  return place ? *place : nullptr;
}

/// Sets the calling thread's value of a slot.
BOOL TlsSetValue(DWORD TlsIndex, LPVOID TlsValue) {
  if (TlsIndex >= kTlsSlots + kTlsExpansion) return Fail(ERROR_INVALID_PARAMETER);
  PVOID* const place = TlsPlace(TlsIndex, true);
  if (!place) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  *place = TlsValue;
  return TRUE;
}

/// Allocates a fiber-local slot, with a routine that is called for each value at its thread's end.
DWORD FlsAlloc(PVOID Callback) {
  Process& process = CurrentProcess();
  UCHAR* const slot = std::find(process.fls_used + 1, process.fls_used + kFlsSlots, UCHAR{0});
  if (slot == process.fls_used + kFlsSlots) return Fail(ERROR_NO_MORE_ITEMS), TLS_OUT_OF_INDEXES;
  const auto index = static_cast<DWORD>(slot - process.fls_used);
  *slot = 1;
  process.fls_callback[index] = Callback;
  CurrentThread().fls[index] = nullptr;
  return index;
}

/// Frees a fiber-local slot. Partial: the routine is called for the calling thread's value only.
BOOL FlsFree(DWORD FlsIndex) {
  Process& process = CurrentProcess();
  if (FlsIndex >= kFlsSlots || !process.fls_used[FlsIndex]) return Fail(ERROR_INVALID_PARAMETER);
  PVOID const value = CurrentThread().fls[FlsIndex], routine = process.fls_callback[FlsIndex];
  process.fls_used[FlsIndex] = 0;
  process.fls_callback[FlsIndex] = nullptr;
  CurrentThread().fls[FlsIndex] = nullptr;
  if (value && routine) nt::ke::Callout<void>(routine, value);
  return TRUE;
}

/// The calling thread's value of a fiber-local slot.
LPVOID FlsGetValue(DWORD FlsIndex) {
  if (FlsIndex >= kFlsSlots || !CurrentProcess().fls_used[FlsIndex]) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  SetError(ERROR_SUCCESS);
  return CurrentThread().fls[FlsIndex];
}

/// Sets the calling thread's value of a fiber-local slot.
BOOL FlsSetValue(DWORD FlsIndex, LPVOID FlsData) {
  if (FlsIndex >= kFlsSlots || !CurrentProcess().fls_used[FlsIndex]) return Fail(ERROR_INVALID_PARAMETER);
  CurrentThread().fls[FlsIndex] = FlsData;
  return TRUE;
}

}  // extern "C"
