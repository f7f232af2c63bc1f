// Named and unnamed timers.
#include "kernel/ob/timer_object.h"

#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/services.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
BOOLEAN KeCancelTimer(PKTIMER Timer);
BOOLEAN KeReadStateTimer(PKTIMER Timer);
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

bool FromUser() { return ke::PreviousMode() == UserMode; }

template <class T>
NTSTATUS Store(T* to, const T& value) {
  if (to == nullptr) return STATUS_SUCCESS;
  if (FromUser()) return mm::WriteUser(to, value);
  *to = value;
  return STATUS_SUCCESS;
}

void DestroyTimer(PVOID object) { KeCancelTimer(static_cast<PKTIMER>(object)); }

NTSTATUS Reference(HANDLE handle, ACCESS_MASK access, PKTIMER* timer) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, access, timer_type, ke::PreviousMode(), &object, nullptr);
  *timer = static_cast<PKTIMER>(object);
  return status;
}

}  // namespace

void InitializeTimerType() {
  timer_type = CreateType({.name = u"Timer",
                           .mapping = {0x20001, 0x20002, 0x120000, 0x1f0003},
                           .valid_access = 0x1f0003,
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
  PVOID const object = AllocateObject(timer_type, sizeof(KTIMER));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeTimerEx(static_cast<PKTIMER>(object), TimerType);
  return InsertNew(object, ObjectAttributes, DesiredAccess, TimerHandle);
}

NTSTATUS NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(TimerHandle, DesiredAccess, ObjectAttributes, timer_type);
}

NTSTATUS NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime, PVOID TimerApcRoutine, PVOID /*TimerContext*/, BOOLEAN ResumeTimer,
                    LONG Period, PBOOLEAN PreviousState) {
  if (Period < 0) return STATUS_INVALID_PARAMETER_6;
  if (TimerApcRoutine != nullptr) return STATUS_NOT_IMPLEMENTED;
  LARGE_INTEGER due;
  NTSTATUS status = FromUser() ? mm::ReadUser(DueTime, &due) : (due = *DueTime, STATUS_SUCCESS);
  if (!NT_SUCCESS(status)) return status;
  PKTIMER timer = nullptr;
  status = Reference(TimerHandle, kModifyState, &timer);
  if (!NT_SUCCESS(status)) return status;
  const BOOLEAN state = KeReadStateTimer(timer);
  KeSetTimerEx(timer, due, Period, nullptr);
  ObfDereferenceObject(timer);
  status = Store(PreviousState, state);
  if (!NT_SUCCESS(status)) return status;
  return ResumeTimer != 0 ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;  // there is no sleep to resume from
}

NTSTATUS NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState) {
  PKTIMER timer = nullptr;
  const NTSTATUS status = Reference(TimerHandle, kModifyState, &timer);
  if (!NT_SUCCESS(status)) return status;
  KeCancelTimer(timer);
  const BOOLEAN state = KeReadStateTimer(timer);
  ObfDereferenceObject(timer);
  return Store(CurrentState, state);
}

NTSTATUS NtQueryTimer(HANDLE TimerHandle, ULONG TimerInformationClass, PVOID TimerInformationBuffer, ULONG TimerInformationLength,
                      PULONG ReturnLength) {
  if (TimerInformationClass != 0) return STATUS_INVALID_INFO_CLASS;
  if (TimerInformationLength != sizeof(TimerInformation)) return STATUS_INFO_LENGTH_MISMATCH;
  PKTIMER timer = nullptr;
  NTSTATUS status = Reference(TimerHandle, kQueryState, &timer);
  if (!NT_SUCCESS(status)) return status;
  TimerInformation information{};
  information.remaining.QuadPart = static_cast<LONGLONG>(timer->DueTime.QuadPart) - ke::InterruptTime();
  information.state = KeReadStateTimer(timer);
  ObfDereferenceObject(timer);
  status = Store(static_cast<TimerInformation*>(TimerInformationBuffer), information);
  return NT_SUCCESS(status) ? Store<ULONG>(ReturnLength, sizeof information) : status;
}

}  // extern "C"
