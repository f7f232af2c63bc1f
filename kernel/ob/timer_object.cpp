// Named and unnamed timers.
#include "kernel/ob/timer_object.h"

#include "kernel/api/api.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/ob/services.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
BOOLEAN KeCancelTimer(PKTIMER Timer);
BOOLEAN KeReadStateTimer(PKTIMER Timer);
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc);
VOID KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, LONG Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                     PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
BOOLEAN KeRemoveQueueApc(PRKAPC Apc);
}

namespace nt::ob {
namespace {

POBJECT_TYPE timer_type;

constexpr ACCESS_MASK kQueryState = 1, kModifyState = 2;

/// What NtQueryTimer tells (TIMER_BASIC_INFORMATION).
struct TimerInformation {
  LARGE_INTEGER remaining;  ///< 100 ns units; negative since the timer expired
  BOOLEAN state;
};
static_assert(sizeof(TimerInformation) == 0x10);

using mm::FromUser;

template <class T>
NTSTATUS Store(T* to, const T& value) {
  return to != nullptr ? mm::Store(to, value) : STATUS_SUCCESS;
}

/// The body of a timer object.
struct Timer {
  KTIMER timer;
  KDPC dpc;  ///< queues the APC
  KAPC apc;
  PKTHREAD thread;  ///< who gets the APC, referenced; null: nobody
};

/// Nobody gets an APC any more, not even one that is queued.
void DropApc(Timer* timer) {
  if (timer->thread == nullptr) return;
  KeRemoveQueueDpc(&timer->dpc);
  KeRemoveQueueApc(&timer->apc);
  ObfDereferenceObject(timer->thread);
  timer->thread = nullptr;
}

/// The current thread gets an APC each time the timer expires.
void PrepareApc(Timer* timer, PVOID routine, PVOID context) {
  timer->thread = ke::CurrentThread();
  ObfReferenceObject(timer->thread);
  KeInitializeApc(&timer->apc, timer->thread, 0, reinterpret_cast<PKKERNEL_ROUTINE>(api::StubOf("ObpTimerApcKernelRoutine")),
                  reinterpret_cast<PKRUNDOWN_ROUTINE>(api::StubOf("ObpTimerApcRundownRoutine")),
                  reinterpret_cast<PKNORMAL_ROUTINE>(routine), ke::PreviousMode(), context);
  KeInitializeDpc(&timer->dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(api::StubOf("ObpTimerDpcRoutine")), timer);
}

void DestroyTimer(PVOID object) {
  auto* const timer = static_cast<Timer*>(object);
  KeCancelTimer(&timer->timer);
  DropApc(timer);
}

NTSTATUS Reference(HANDLE handle, ACCESS_MASK access, Timer** timer) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, access, timer_type, ke::PreviousMode(), &object, nullptr);
  *timer = static_cast<Timer*>(object);
  return status;
}

}  // namespace

void InitializeTimerType() {
  timer_type = CreateType({.name = u"Timer",
                           .mapping = {0x20001, 0x20002, 0x120000, 0x1f0003},
                           .valid_access = 0x1f0003,
                           .secured = true,
                           .dispatcher = true,
                           .destroy = &DestroyTimer});
}

}  // namespace nt::ob

using namespace nt::ob;
namespace ke = nt::ke;
namespace mm = nt::mm;

extern "C" {

NTSTATUS NtCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType) {
  if (TimerType != NotificationTimer && TimerType != SynchronizationTimer) return STATUS_INVALID_PARAMETER_4;
  PVOID const object = AllocateObject(timer_type, sizeof(Timer));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* const timer = static_cast<Timer*>(object);
  *timer = Timer{};
  KeInitializeTimerEx(&timer->timer, TimerType);
  return InsertNew(object, ObjectAttributes, DesiredAccess, TimerHandle);
}

NTSTATUS NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(TimerHandle, DesiredAccess, ObjectAttributes, timer_type);
}

NTSTATUS NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime, PVOID TimerApcRoutine, PVOID TimerContext, BOOLEAN ResumeTimer, LONG Period,
                    PBOOLEAN PreviousState) {
  if (Period < 0) return STATUS_INVALID_PARAMETER_6;
  LARGE_INTEGER due;
  NTSTATUS status = FromUser() ? mm::ReadUser(DueTime, &due) : (due = *DueTime, STATUS_SUCCESS);
  if (!NT_SUCCESS(status)) return status;
  Timer* timer = nullptr;
  status = Reference(TimerHandle, kModifyState, &timer);
  if (!NT_SUCCESS(status)) return status;
  const BOOLEAN state = KeReadStateTimer(&timer->timer);
  KeCancelTimer(&timer->timer);
  DropApc(timer);
  if (TimerApcRoutine != nullptr) PrepareApc(timer, TimerApcRoutine, TimerContext);
  KeSetTimerEx(&timer->timer, due, Period, TimerApcRoutine != nullptr ? &timer->dpc : nullptr);
  ObfDereferenceObject(timer);
  status = Store(PreviousState, state);
  if (!NT_SUCCESS(status)) return status;
  return ResumeTimer != 0 ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;  // there is no sleep to resume from
}

NTSTATUS NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState) {
  Timer* timer = nullptr;
  const NTSTATUS status = Reference(TimerHandle, kModifyState, &timer);
  if (!NT_SUCCESS(status)) return status;
  KeCancelTimer(&timer->timer);
  DropApc(timer);
  const BOOLEAN state = KeReadStateTimer(&timer->timer);
  ObfDereferenceObject(timer);
  return Store(CurrentState, state);
}

NTSTATUS NtQueryTimer(HANDLE TimerHandle, ULONG TimerInformationClass, PVOID TimerInformationBuffer, ULONG TimerInformationLength,
                      PULONG ReturnLength) {
  const NTSTATUS probed = mm::ProbeAnswer(TimerInformationBuffer, sizeof(TimerInformation), ReturnLength);
  if (!NT_SUCCESS(probed)) return probed;
  if (TimerInformationClass != 0) return STATUS_INVALID_INFO_CLASS;
  if (TimerInformationLength != sizeof(TimerInformation)) return STATUS_INFO_LENGTH_MISMATCH;
  Timer* timer = nullptr;
  NTSTATUS status = Reference(TimerHandle, kQueryState, &timer);
  if (!NT_SUCCESS(status)) return status;
  TimerInformation information{};
  information.remaining.QuadPart = static_cast<LONGLONG>(timer->timer.DueTime.QuadPart) - ke::InterruptTime();
  information.state = KeReadStateTimer(&timer->timer);
  ObfDereferenceObject(timer);
  status = Store(static_cast<TimerInformation*>(TimerInformationBuffer), information);
  return NT_SUCCESS(status) ? Store<ULONG>(ReturnLength, sizeof information) : status;
}

/// A timer expired whose setter wants an APC, with the time of the expiry.
VOID ObpTimerDpcRoutine(PKDPC, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2) {
  auto* const timer = static_cast<Timer*>(DeferredContext);
  if (timer->thread != nullptr) KeInsertQueueApc(&timer->apc, SystemArgument1, SystemArgument2, 0);
}

/// The APC lies in the timer, which may set or lose it as it likes.
VOID ObpTimerApcKernelRoutine(PKAPC, PKNORMAL_ROUTINE*, PVOID*, PVOID*, PVOID*) {}
VOID ObpTimerApcRundownRoutine(PKAPC) {}

}  // extern "C"
