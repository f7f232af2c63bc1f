// Event tracing for Windows: providers register, sessions listen, events flow from one to the other.
//
// The machine has one session. It listens to the providers that its filters name, and hands each event to a sink on the host.
// A provider learns of it through its enable callback: from within EtwRegister, or when the filters change.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nt/etw.h"
#include "nt/ps.h"

namespace nt::etw {

/// Which events of which providers the session wants.
struct Filter {
  bool any_provider = true;
  GUID id{};         ///< the provider or the group of providers, if its bytes are not all zero
  std::string name;  ///< else the provider whose traits have this name
  UCHAR level = 0;   ///< the highest wanted; 0: all
  ULONG64 match_any = ~ULONG64{0};
  ULONG64 match_all = 0;
};

/// An event on its way to the sink; it lives during the call only.
struct Event {
  GUID provider;
  std::string provider_name;  ///< from its traits or the event's metadata; empty if it has none
  EVENT_DESCRIPTOR descriptor;
  GUID activity;
  GUID related;
  LONGLONG time;  ///< 100 ns since boot
  LONGLONG system_time;
  ULONG processor;
  ULONG64 process;
  ULONG64 thread;
  bool is_string;                   ///< EtwWriteString: the payload is its text
  std::span<const UCHAR> metadata;  ///< TraceLogging's description of the fields; empty if the event has none
  std::span<const UCHAR> payload;
  std::span<const ULONG> pieces;  ///< sizes of the payload's parts, as the provider gave them
};
using Sink = void (*)(const Event& event);

/// Forgets all providers; nobody listens. After the built-in images.
void Initialize();
void Shutdown();

/// What the session listens to from now on, and where events go; calls the enable callbacks of providers that this concerns.
/// No filter: nothing is listened to. In a system thread at PASSIVE_LEVEL.
void SetSession(std::vector<Filter> filters, Sink sink);

/// What a client's provider is to be told of, in the client.
struct Notification {
  PETWENABLECALLBACK callback;
  PVOID context;
  ULONG control;  ///< EVENT_CONTROL_CODE_...
  UCHAR level;
  ULONG64 match_any;
  ULONG64 match_all;
};
/// `start` makes a thread of the process that takes and delivers its notifications; false if that fails.
void SetNotifier(bool (*start)(PEPROCESS process));
/// The next one for the current process whose provider is still registered; false if there is none.
bool TakeNotification(Notification* notification);

/// Removes the registrations that a process which ends made in user mode.
void ForgetProcess(PEPROCESS process);

/// "{d5a23f2c-…}" as GUIDs are spelled.
std::string GuidText(const GUID& guid);
/// Reads that, with or without braces; false if it is no GUID.
bool ParseGuid(std::string_view text, GUID* guid);

}  // namespace nt::etw

extern "C" {

/// Registers a provider. The callback, which may be null, is called before the return if a session listens already.
/// STATUS_INVALID_PARAMETER without identifier or place for the handle. IRQL PASSIVE_LEVEL.
NTSTATUS EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext, PREGHANDLE RegHandle);
/// Removes a registration: STATUS_INVALID_HANDLE if it is none. A provider that its driver forgets is reported. IRQL PASSIVE_LEVEL.
NTSTATUS EtwUnregister(REGHANDLE RegHandle);
/// EventProviderSetTraits names the provider and its group; EventProviderUseDescriptorType is always so. STATUS_INVALID_HANDLE,
/// STATUS_INVALID_PARAMETER for traits that are malformed, STATUS_NOT_SUPPORTED for other classes. IRQL <= APC_LEVEL.
NTSTATUS EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass, PVOID EventInformation, ULONG InformationLength);
/// Gets, sets or makes the activity identifier of the current thread, which its events carry. STATUS_INVALID_PARAMETER for an unknown
/// control code. Any IRQL.
NTSTATUS EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId);

// leaf.S: EtwEventEnabled, EtwProviderEnabled, and the four below, which go on here if the provider is enabled or the handle is bad.
// STATUS_INVALID_HANDLE; STATUS_INVALID_PARAMETER without a descriptor or with more than 128 pieces of data; STATUS_INTEGER_OVERFLOW
// for an event of more than 64 KiB. An event that nobody wants is a success. Any IRQL.
NTSTATUS EtwpWriteSlow(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount,
                       PEVENT_DATA_DESCRIPTOR UserData);
NTSTATUS EtwpWriteTransferSlow(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                               ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData);
NTSTATUS EtwpWriteExSlow(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags, LPCGUID ActivityId,
                         LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData);
NTSTATUS EtwpWriteStringSlow(REGHANDLE RegHandle, UCHAR Level, ULONG64 Keyword, LPCGUID ActivityId, PCWSTR String);

}  // extern "C"
