// Event providers of programs: the kernel's, with the error codes of user mode.
#include "kernel/etw/etw.h"
#include "kernel/ke/ke.h"
#include "subsystem/ntdll/ntdll.h"

extern "C" {

ULONG RtlNtStatusToDosError(NTSTATUS Status);

/// Registers a provider of the process; the callback is called before the return if a session listens already, and in a thread of its own
/// when that changes.
ULONG EtwEventRegister(LPCGUID ProviderId, PVOID EnableCallback, PVOID CallbackContext, PREGHANDLE RegHandle) {
  return RtlNtStatusToDosError(EtwRegister(ProviderId, reinterpret_cast<PETWENABLECALLBACK>(EnableCallback), CallbackContext, RegHandle));
}

/// Removes a registration.
ULONG EtwEventUnregister(REGHANDLE RegHandle) { return RtlNtStatusToDosError(EtwUnregister(RegHandle)); }

/// Sets a provider's traits.
ULONG EtwEventSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass, PVOID EventInformation, ULONG InformationLength) {
  return RtlNtStatusToDosError(EtwSetInformation(RegHandle, InformationClass, EventInformation, InformationLength));
}

/// Gets, sets or makes the thread's activity identifier.
ULONG EtwEventActivityIdControl(ULONG ControlCode, LPGUID ActivityId) {
  return RtlNtStatusToDosError(EtwActivityIdControl(ControlCode, ActivityId));
}

/// Writes an event of the thread's activity.
ULONG EtwEventWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return RtlNtStatusToDosError(EtwpWriteSlow(RegHandle, EventDescriptor, nullptr, UserDataCount, UserData));
}

/// Writes an event of an activity that another one led to.
ULONG EtwEventWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                            ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return RtlNtStatusToDosError(EtwpWriteTransferSlow(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData));
}

/// The same, with sessions to leave out.
ULONG EtwEventWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags, LPCGUID ActivityId,
                      LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return RtlNtStatusToDosError(
      EtwpWriteExSlow(RegHandle, EventDescriptor, Filter, Flags, ActivityId, RelatedActivityId, UserDataCount, UserData));
}

/// Writes a text as an event.
ULONG EtwEventWriteString(REGHANDLE RegHandle, UCHAR Level, ULONG64 Keyword, PCWSTR String) {
  return RtlNtStatusToDosError(EtwpWriteStringSlow(RegHandle, Level, Keyword, nullptr, String));
}

/// A thread that calls callbacks for sessions that began or ended after their providers registered.
ULONG EtwpNotificationThread(PVOID) {
  static constexpr GUID kNoSource{};
  for (nt::etw::Notification n; nt::etw::TakeNotification(&n);) {
    nt::ke::Callout<void>(n.callback, &kNoSource, n.control, n.level, n.match_any, n.match_all, nullptr, n.context);
  }
  return 0;
}

}  // extern "C"
