// Writing events, and the activities that tie them together.
#include <cstring>

#include "kernel/etw/registration.h"
#include "kernel/ke/scheduler.h"
#include "nt/status.h"

extern "C" ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);

namespace nt::etw {
namespace {

constexpr SIZE_T kMaximumEvent = 0x10000 - 0x80;  // a buffer's 64 KiB, less the event's header

void Append(std::vector<UCHAR>* bytes, const EVENT_DATA_DESCRIPTOR& piece) {
  const SIZE_T at = bytes->size();
  bytes->resize(at + piece.Size);
  if (piece.Size != 0) std::memcpy(bytes->data() + at, reinterpret_cast<const void*>(piece.Ptr), piece.Size);
}

/// Sorts the pieces of data into what describes the event and what it carries.
NTSTATUS Gather(ULONG count, const EVENT_DATA_DESCRIPTOR* data, Event* event) {
  state->event.clear();
  state->metadata.clear();
  state->pieces.clear();
  SIZE_T size = 0;
  for (ULONG i = 0; i < count; ++i) size += data[i].Size;
  if (size > kMaximumEvent) return STATUS_INTEGER_OVERFLOW;
  for (ULONG i = 0; i < count; ++i) {
    if (data[i].Type == EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA) {
      Append(&state->metadata, data[i]);
    } else if (data[i].Type == EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA) {
      Traits traits;
      if (ReadTraits(reinterpret_cast<const UCHAR*>(data[i].Ptr), data[i].Size, &traits)) event->provider_name = traits.name;
    } else {
      Append(&state->event, data[i]);
      state->pieces.push_back(data[i].Size);
    }
  }
  event->metadata = state->metadata;
  event->payload = state->event;
  event->pieces = state->pieces;
  return STATUS_SUCCESS;
}

/// What one of the four writing exports was given.
struct Request {
  REGHANDLE handle;
  PCEVENT_DESCRIPTOR descriptor;
  LPCGUID activity;
  LPCGUID related;
  ULONG count;
  const EVENT_DATA_DESCRIPTOR* data;
  bool is_string;
};

NTSTATUS Write(const Request& request) {
  const LONG index = IndexOf(request.handle);
  if (index < 0) return STATUS_INVALID_HANDLE;
  if (request.descriptor == nullptr || request.count > MAX_EVENT_DATA_DESCRIPTORS || (request.count != 0 && request.data == nullptr)) {
    return STATUS_INVALID_PARAMETER;
  }
  const EVENT_DESCRIPTOR descriptor = *request.descriptor;
  if (!Wanted(state->slots[static_cast<SIZE_T>(index)], descriptor.Level, descriptor.Keyword)) return STATUS_SUCCESS;
  const Registration& registration = state->registrations[static_cast<SIZE_T>(index)];
  Event event{};
  event.provider = registration.id;
  event.provider_name = registration.traits.name;
  event.descriptor = descriptor;
  event.activity = *(request.activity != nullptr ? request.activity : CurrentActivity());
  if (request.related != nullptr) event.related = *request.related;
  event.time = ke::InterruptTime();
  event.system_time = ke::SystemTime();
  event.processor = KeGetCurrentProcessorNumberEx(nullptr);
  event.process = reinterpret_cast<ULONG64>(ke::KiThread->Cid.UniqueProcess);
  event.thread = reinterpret_cast<ULONG64>(ke::KiThread->Cid.UniqueThread);
  event.is_string = request.is_string;
  const NTSTATUS status = Gather(request.count, request.data, &event);
  if (NT_SUCCESS(status) && state->sink != nullptr) state->sink(event);
  return status;
}

}  // namespace
}  // namespace nt::etw

using namespace nt::etw;

NTSTATUS EtwpWriteSlow(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount,
                       PEVENT_DATA_DESCRIPTOR UserData) {
  return Write({RegHandle, EventDescriptor, ActivityId, nullptr, UserDataCount, UserData, false});
}

NTSTATUS EtwpWriteTransferSlow(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                               ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
  return Write({RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, false});
}

NTSTATUS EtwpWriteExSlow(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 /*Filter: sessions to leave out*/,
                         ULONG /*Flags*/, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                         PEVENT_DATA_DESCRIPTOR UserData) {
  return Write({RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, false});
}

NTSTATUS EtwpWriteStringSlow(REGHANDLE RegHandle, UCHAR Level, ULONG64 Keyword, LPCGUID ActivityId, PCWSTR String) {
  if (String == nullptr) return STATUS_INVALID_PARAMETER;
  EVENT_DESCRIPTOR descriptor{};
  descriptor.Level = Level;
  descriptor.Keyword = Keyword;
  SIZE_T length = 0;
  while (length <= kMaximumEvent / sizeof(WCHAR) && String[length] != 0) ++length;
  const EVENT_DATA_DESCRIPTOR text{reinterpret_cast<ULONG64>(String), static_cast<ULONG>(length * sizeof(WCHAR)), 0, 0, 0};
  return Write({RegHandle, &descriptor, ActivityId, nullptr, 1, &text, true});
}
