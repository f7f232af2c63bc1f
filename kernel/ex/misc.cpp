// Small services: raising, probing, previous mode, time, identifiers.
#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/processor_features.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

namespace nt::ex {
namespace {

/// Time between two clock interrupts, in 100 ns units: 15.625 ms by default, and half a millisecond at best.
constexpr ULONG kMaximumTime = 156250;
constexpr ULONG kMinimumTime = 5000;

ULONG Resolution() { return state->timer_resolution != 0 ? state->timer_resolution : kMaximumTime; }

/// 15 October 1582, from which UUIDs count, before 1601, in 100 ns units.
constexpr LONGLONG kUuidEpoch = 0x00146bf33e42c000;

void Probe(ULONG_PTR start, SIZE_T length, ULONG alignment, bool write) {
  void* const address = reinterpret_cast<void*>(start);
  const NTSTATUS status = write ? mm::ProbeUserWrite(address, length, alignment) : mm::ProbeUserRead(address, length, alignment);
  if (status == STATUS_SUCCESS) return;
  // As NT raises it: a misalignment has no parameters, a violation names the access and the address.
  if (status == STATUS_DATATYPE_MISALIGNMENT) ke::RaiseStatus(status);
  ke::RaiseStatus(status, write ? 1 : 0, start);
}

}  // namespace

void SetTimeZoneBias(LONGLONG bias) { state->time_zone_bias = bias; }

}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

KPROCESSOR_MODE ExGetPreviousMode() { return ke::PreviousMode(); }

VOID ExRaiseStatus(NTSTATUS Status) { ke::RaiseStatus(Status); }
[[noreturn]] VOID ExRaiseAccessViolation() { ke::RaiseStatus(STATUS_ACCESS_VIOLATION); }
[[noreturn]] VOID ExRaiseDatatypeMisalignment() { ke::RaiseStatus(STATUS_DATATYPE_MISALIGNMENT); }

VOID ProbeForRead(const volatile VOID* Address, SIZE_T Length, ULONG Alignment) {
  Probe(reinterpret_cast<ULONG_PTR>(Address), Length, Alignment, false);
}
VOID ProbeForWrite(volatile VOID* Address, SIZE_T Length, ULONG Alignment) {
  Probe(reinterpret_cast<ULONG_PTR>(Address), Length, Alignment, true);
}

VOID ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) {
  LocalTime->QuadPart = SystemTime->QuadPart - state->time_zone_bias;
}
VOID ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) {
  SystemTime->QuadPart = LocalTime->QuadPart + state->time_zone_bias;
}

ULONG ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution) {
  if (SetResolution) {
    ++state->timer_resolution_requests;
    const ULONG wanted = DesiredTime < kMinimumTime ? kMinimumTime : DesiredTime;
    if (wanted < Resolution()) state->timer_resolution = wanted;
  } else if (state->timer_resolution_requests != 0 && --state->timer_resolution_requests == 0) {
    state->timer_resolution = 0;
  }
  ke::SetClockPeriod(Resolution());
  return Resolution();
}

VOID ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime) {
  *MaximumTime = kMaximumTime;
  *MinimumTime = kMinimumTime;
  *CurrentTime = Resolution();
}

NTSTATUS ExUuidCreate(UUID* Uuid) {
  LONGLONG time = ke::SystemTime() + kUuidEpoch;
  if (time <= state->last_uuid_time) time = state->last_uuid_time + 1;
  state->last_uuid_time = time;
  const auto value = static_cast<ULONGLONG>(time);
  // Version 1: time, clock sequence, and a node that is no network card's (its group bit is set).
  *Uuid = {static_cast<ULONG>(value),
           static_cast<USHORT>(value >> 32),
           static_cast<USHORT>((value >> 48 & 0x0fff) | 0x1000),
           {0x80, 0x00, 0x03, 0x52, 0x69, 0x6e, 0x67, 0x6c}};
  constexpr NTSTATUS kLocalOnly = 0x40020056;  // RPC_NT_UUID_LOCAL_ONLY
  return kLocalOnly;
}

BOOLEAN ExIsProcessorFeaturePresent(ULONG ProcessorFeature) { return ke::HasProcessorFeature(ProcessorFeature) ? TRUE : FALSE; }

}  // extern "C"
