// The activity that a thread's events belong to.
#include <cstring>

#include "kernel/etw/registration.h"
#include "kernel/ke/scheduler.h"
#include "nt/status.h"

namespace nt::etw {
namespace {

/// A new identifier: as unlike any other as its first bytes, and as repeatable as the run.
GUID NewActivity() {
  GUID id{0x52696e67, 0x6c65, 0x4074, {0x80}};
  const ULONG64 number = ++state->activities;
  for (int i = 0; i < 7; ++i) id.Data4[1 + i] = static_cast<UCHAR>(number >> (8 * (6 - i)));
  return id;
}

}  // namespace

LPCGUID CurrentActivity() {
  const ke::ThreadHost& host = ke::KiThread->host;
  return host.lent_activity != nullptr ? host.lent_activity : &host.activity;
}

}  // namespace nt::etw

using namespace nt::etw;

extern "C" {

NTSTATUS EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId) {
  if (ActivityId == nullptr) return STATUS_INVALID_PARAMETER;
  const GUID old = *CurrentActivity();
  GUID current = old;
  switch (ControlCode) {
    case EVENT_ACTIVITY_CTRL_GET_ID:
      *ActivityId = old;
      return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID:
      current = *ActivityId;
      break;
    case EVENT_ACTIVITY_CTRL_CREATE_ID:
      *ActivityId = NewActivity();
      return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
      current = *ActivityId;
      *ActivityId = old;
      break;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
      current = NewActivity();
      *ActivityId = old;
      break;
    default:
      return STATUS_INVALID_PARAMETER;
  }
  nt::ke::KiThread->host.activity = current;
  nt::ke::KiThread->host.lent_activity = nullptr;
  return STATUS_SUCCESS;
}

/// The activity of the current thread, or null if it has none. IRQL <= DISPATCH_LEVEL.
LPCGUID IoGetActivityIdThread() {
  static constexpr GUID kNone{};
  LPCGUID const current = CurrentActivity();
  return std::memcmp(current, &kNone, sizeof kNone) != 0 ? current : nullptr;
}

/// Gives the current thread an activity, which stays in its owner's memory; returns the previous one. IRQL <= DISPATCH_LEVEL.
LPCGUID IoSetActivityIdThread(LPCGUID ActivityId) {
  LPCGUID const old = IoGetActivityIdThread();
  nt::ke::KiThread->host.lent_activity = ActivityId;
  return old;
}

/// Gives the current thread back what IoSetActivityIdThread returned. IRQL <= DISPATCH_LEVEL.
VOID IoClearActivityIdThread(LPCGUID OriginalId) {
  nt::ke::ThreadHost& host = nt::ke::KiThread->host;
  host.lent_activity = OriginalId != &host.activity ? OriginalId : nullptr;
}

}  // extern "C"
