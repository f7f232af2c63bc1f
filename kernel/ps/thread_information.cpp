// What is told about a thread, and what of it can be changed: NtQueryInformationThread, NtSetInformationThread.
#include <cstddef>

#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/caller.h"
#include "kernel/ps/priority.h"
#include "kernel/ps/system_information.h"
#include "kernel/ps/system_processes.h"
#include "nt/process_information.h"

extern "C" {
BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
NTSTATUS PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token);
}

using namespace nt::ps;
namespace ex = nt::ex;
namespace ke = nt::ke;

namespace {

constexpr ULONG kDebugPrivilege = 20, kIncreaseBasePriority = 14;
constexpr ULONG kNameTag = 'mNhT';
constexpr ULONG MAXIMUM_PROCESSORS = 64;

bool Holds(ULONG privilege) { return SeSinglePrivilegeCheck({privilege, 0}, ke::PreviousMode()) != 0; }

bool Ended(const ke::Thread* thread) { return thread->Tcb.Header.SignalState != 0; }

template <class T>
NTSTATUS Add(Answer* answer, const T& value) {
  return answer->Add(value), STATUS_SUCCESS;
}

NTSTATUS CollectBasic(ke::Thread* thread, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  KTHREAD& tcb = thread->Tcb;
  return Add(answer, THREAD_BASIC_INFORMATION{Ended(thread) ? thread->ExitStatus : STATUS_PENDING, tcb.Teb, thread->Cid, tcb.Affinity,
                                              KthreadPriority(&tcb), PriorityIncrementOf(thread)});
}

NTSTATUS CollectTimes(ke::Thread* thread, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  return Add(answer, KERNEL_USER_TIMES{thread->CreateTime,
                                       {.QuadPart = Ended(thread) ? thread->ExitTime.QuadPart : 0},
                                       {.QuadPart = thread->host.kernel_time},
                                       {.QuadPart = thread->host.user_time}});
}

/// Only the calling thread can ask whether it is the last of its process.
NTSTATUS CollectLast(ke::Thread* thread, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  return Add(answer, ULONG{ProcessOf(thread)->ActiveThreads == 1});
}

NTSTATUS CollectIoPending(ke::Thread* thread, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const LIST_ENTRY& irps = thread->IrpList;
  return Add(answer, ULONG{irps.Flink != nullptr && irps.Flink != &irps});
}

NTSTATUS CollectName(ke::Thread* thread, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const UNICODE_STRING& name = thread->host.name;
  const SIZE_T at = answer->Add(UNICODE_STRING{});
  const SIZE_T text = answer->AddBytes(name.Buffer, name.Length);
  *answer->At<UNICODE_STRING>(at) = {name.Length, name.Length, static_cast<PWSTR>(answer->Address(text))};
  return STATUS_SUCCESS;
}

constexpr ACCESS_MASK kLimited = kThreadQueryLimited, kFull = kThreadQueryInformation;

#define ANSWER(value) \
  [](ke::Thread* thread, Answer* answer, PVOID, ULONG) -> NTSTATUS { return static_cast<void>(thread), Add(answer, value); }

constexpr QueryClass<ke::Thread> kQueries[] = {
    {ThreadBasicInformation, sizeof(THREAD_BASIC_INFORMATION), 0, kLimited, &CollectBasic},
    {ThreadTimes, sizeof(KERNEL_USER_TIMES), 0, kLimited, &CollectTimes},
    {ThreadQuerySetWin32StartAddress, 8, 0, kFull, ANSWER(thread->Win32StartAddress)},
    {ThreadPerformanceCount, 8, 0, kFull, ANSWER(LONGLONG{0})},
    {ThreadAmILastThread, 4, 0, kLimited, &CollectLast},
    {ThreadPriorityBoost, 4, 0, kFull, ANSWER(ULONG{thread->host.boost_disabled})},
    {ThreadIsIoPending, 4, 0, kFull, &CollectIoPending},
    {ThreadHideFromDebugger, 1, 0, kFull, ANSWER(BOOLEAN{thread->host.hidden})},
    {ThreadBreakOnTermination, 4, 0, kFull, ANSWER(ULONG{thread->host.critical})},
    {ThreadIsTerminated, 4, 0, kLimited, ANSWER(ULONG{Ended(thread)})},
    {ThreadIoPriority, 4, 0, kFull, ANSWER(thread->host.io_priority)},
    {ThreadPagePriority, 4, 0, kFull, ANSWER(thread->host.page_priority)},
    {ThreadActualBasePriority, 4, 0, kLimited, ANSWER(LONG{thread->Tcb.BasePriority})},
    {ThreadGroupInformation, sizeof(GROUP_AFFINITY), 0, kLimited, ANSWER((GROUP_AFFINITY{thread->Tcb.Affinity, 0, {}}))},
    {ThreadIdealProcessorEx, 4, 0, kFull, ANSWER((PROCESSOR_NUMBER{0, thread->host.ideal_processor, 0}))},
    {ThreadSuspendCount, 4, 0, kLimited, ANSWER(static_cast<ULONG>(thread->host.freeze_count))},
    {ThreadNameInformation, 0, 0, kLimited, &CollectName},
    {ThreadSystemThreadInformation, sizeof(SYSTEM_THREAD_INFORMATION), 0, kLimited, ANSWER(Describe(thread))},
    {ThreadSubsystemInformation, 4, 0, kLimited, ANSWER(ULONG{0})},
};
#undef ANSWER

NTSTATUS SetThreadPriority(ke::Thread* thread, const void* value) {
  const auto priority = ValueOf<KPRIORITY>(value);
  if (priority <= 0 || priority >= MAXIMUM_PRIORITY) return STATUS_INVALID_PARAMETER;
  if (priority >= LOW_REALTIME_PRIORITY && !Holds(kIncreaseBasePriority)) return STATUS_PRIVILEGE_NOT_HELD;
  ke::SetPriority(thread, priority);
  ke::ExitDispatcher();
  return STATUS_SUCCESS;
}

NTSTATUS SetThreadIncrement(ke::Thread* thread, const void* value) {
  if (!SetPriorityIncrement(thread, ValueOf<LONG>(value))) return STATUS_INVALID_PARAMETER;
  ke::ExitDispatcher();
  return STATUS_SUCCESS;
}

/// Within what the process may use.
NTSTATUS SetAffinityMask(ke::Thread* thread, const void* value) {
  const auto affinity = ValueOf<KAFFINITY>(value);
  const KAFFINITY all = ProcessOf(thread)->Pcb.Affinity;
  if (affinity == 0 || (affinity & ~all) != 0) return STATUS_INVALID_PARAMETER;
  ke::SetAffinity(thread, affinity);
  ke::ExitDispatcher();
  return STATUS_SUCCESS;
}

NTSTATUS SetStartAddress(ke::Thread* thread, const void* value) {
  thread->Win32StartAddress = ValueOf<PVOID>(value);
  return STATUS_SUCCESS;
}

/// A slot of the calling thread's process, in all of its threads.
NTSTATUS ZeroTlsCell(ke::Thread* thread, const void* value) {
  constexpr ULONG kSlots = std::size(TEB{}.TlsSlots), kExpansion = 1024;
  const auto slot = ValueOf<ULONG>(value);
  if (thread != ke::KiThread || slot >= kSlots + kExpansion) return STATUS_INVALID_PARAMETER;
  for (PETHREAD each : Threads(ProcessOf(thread))) {
    TEB* const teb = each->Tcb.Teb;
    PVOID* cell = teb == nullptr ? nullptr : slot < kSlots ? &teb->TlsSlots[slot] : nullptr;
    if (teb != nullptr && slot >= kSlots) {
      PVOID* cells = nullptr;
      const NTSTATUS status = nt::mm::ReadUser(&teb->TlsExpansionSlots, &cells);
      if (NT_SUCCESS(status) && cells != nullptr) cell = cells + (slot - kSlots);
    }
    if (cell != nullptr) nt::mm::WriteUser(cell, PVOID{nullptr});
  }
  return STATUS_SUCCESS;
}

/// The number of the processor before is what the service returns.
NTSTATUS SetIdealProcessor(ke::Thread* thread, const void* value) {
  const auto processor = ValueOf<ULONG>(value);
  const UCHAR before = thread->host.ideal_processor;
  if (processor > MAXIMUM_PROCESSORS) return STATUS_INVALID_PARAMETER;
  if (processor == MAXIMUM_PROCESSORS) return before;  // only asks
  if (processor >= ke::ProcessorCount()) return STATUS_INVALID_PARAMETER;
  thread->host.ideal_processor = static_cast<UCHAR>(processor);
  return before;
}

NTSTATUS SetBoost(ke::Thread* thread, const void* value) {
  thread->host.boost_disabled = ValueOf<ULONG>(value) != 0;
  return STATUS_SUCCESS;
}

NTSTATUS Hide(ke::Thread* thread, const void* /*value*/) {
  thread->host.hidden = true;
  return STATUS_SUCCESS;
}

NTSTATUS SetCritical(ke::Thread* thread, const void* value) {
  if (!Holds(kDebugPrivilege)) return STATUS_PRIVILEGE_NOT_HELD;
  thread->host.critical = ValueOf<ULONG>(value) != 0;
  return STATUS_SUCCESS;
}

NTSTATUS SetIoPriority(ke::Thread* thread, const void* value) {
  constexpr ULONG kHigh = 3, kCritical = 4;
  const auto priority = ValueOf<ULONG>(value);
  if (priority > kCritical) return STATUS_INVALID_PARAMETER;
  if (priority >= kHigh && !Holds(kIncreaseBasePriority)) return STATUS_PRIVILEGE_NOT_HELD;
  thread->host.io_priority = priority;
  return STATUS_SUCCESS;
}

NTSTATUS SetPagePriority(ke::Thread* thread, const void* value) {
  constexpr ULONG kMost = 5;
  const auto priority = ValueOf<ULONG>(value);
  if (priority == 0 || priority > kMost) return STATUS_INVALID_PARAMETER;
  thread->host.page_priority = priority;
  return STATUS_SUCCESS;
}

NTSTATUS SetName(ke::Thread* thread, const void* value) {
  const auto given = ValueOf<UNICODE_STRING>(value);
  if ((given.Length & 1) != 0) return STATUS_INVALID_PARAMETER;
  PWSTR text = nullptr;
  if (given.Length != 0) {
    text = static_cast<PWSTR>(ex::AllocatePool(NonPagedPoolNx, given.Length, kNameTag));
    if (text == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    const NTSTATUS status = LoadBytes(text, given.Buffer, given.Length);
    if (!NT_SUCCESS(status)) return ex::FreePool(text), status;
  }
  if (thread->host.name.Buffer != nullptr) ex::FreePool(thread->host.name.Buffer);
  thread->host.name = {given.Length, given.Length, text};
  return STATUS_SUCCESS;
}

NTSTATUS SetToken(ke::Thread* thread, const void* value) { return PsAssignImpersonationToken(thread, ValueOf<HANDLE>(value)); }

constexpr ACCESS_MASK kSet = kThreadSetInformation, kSetLimited = kThreadSetLimited;

constexpr SetClass<ke::Thread> kSets[] = {
    {ThreadPriority, 4, kSetLimited, &SetThreadPriority},
    {ThreadBasePriority, 4, kSetLimited, &SetThreadIncrement},
    {ThreadAffinityMask, 8, kSetLimited, &SetAffinityMask},
    {ThreadImpersonationToken, 8, kThreadSetToken, &SetToken},
    {ThreadQuerySetWin32StartAddress, 8, kSet, &SetStartAddress},
    {ThreadZeroTlsCell, 4, kSet, &ZeroTlsCell},
    {ThreadIdealProcessor, 4, kSet, &SetIdealProcessor},
    {ThreadPriorityBoost, 4, kSet, &SetBoost},
    {ThreadHideFromDebugger, 0, kSet, &Hide},
    {ThreadBreakOnTermination, 4, kSet, &SetCritical},
    {ThreadIoPriority, 4, kSet, &SetIoPriority},
    {ThreadPagePriority, 4, kSet, &SetPagePriority},
    {ThreadActualBasePriority, 4, kSet, &SetThreadPriority},
    {ThreadNameInformation, sizeof(UNICODE_STRING), kSetLimited, &SetName},
};

}  // namespace

extern "C" {

NTSTATUS NtQueryInformationThread(HANDLE ThreadHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
  return Query(kQueries, Ps().thread_type, ThreadHandle, Class, Information, Length, ReturnLength);
}

NTSTATUS NtSetInformationThread(HANDLE ThreadHandle, ULONG Class, PVOID Information, ULONG Length) {
  return Set(kSets, Ps().thread_type, ThreadHandle, Class, Information, Length);
}

}  // extern "C"
