#include "kernel/machine/tracing.h"

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/cm/cm.h"
#include "kernel/etw/decode.h"
#include "kernel/etw/guess.h"
#include "kernel/ob/ob.h"
#include "kernel/rtl/debug_filter.h"
#include "kernel/rtl/utf8.h"
#include "nt/process_information.h"
#include "nt/ps.h"
#include "nt/status.h"

extern "C" {
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
NTSTATUS NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                          PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize,
                          PPS_ATTRIBUTE_LIST AttributeList);
NTSTATUS NtClose(HANDLE Handle);
}

namespace ringlet {
namespace {

/// The client identifiers of the running thread, for messages and events.
void NameThread(std::uint64_t* process, std::uint64_t* thread) {
  const CLIENT_ID& id = reinterpret_cast<PETHREAD>(nt::ke::CurrentThread())->Cid;
  *process = reinterpret_cast<std::uint64_t>(id.UniqueProcess);
  *thread = reinterpret_cast<std::uint64_t>(id.UniqueThread);
}

std::vector<EventField> Translate(const std::vector<nt::etw::Field>& fields) {
  std::vector<EventField> translated;
  for (const nt::etw::Field& field : fields) {
    translated.push_back({field.name, field.type, static_cast<EventField::Kind>(field.kind), field.text, Translate(field.members)});
  }
  return translated;
}

std::string IdText(const GUID& id) {
  const GUID none{};
  return std::memcmp(&id, &none, sizeof id) == 0 ? "" : nt::etw::GuidText(id);
}

std::u16string KeyName(std::string_view component) { return {component.begin(), component.end()}; }

/// All components and the system's own mask.
std::vector<ULONG> FilterIds() {
  std::vector<ULONG> ids{nt::rtl::kComponentWin2000};
  for (ULONG id = 0; id < nt::rtl::DebugComponents().size(); ++id) ids.push_back(id);
  return ids;
}

}  // namespace

DebugText Describe(const nt::ke::DebugMessage& message) {
  DebugText text;
  text.text.assign(message.text, message.length);
  text.component = nt::rtl::DebugComponentName(message.component);
  text.level = message.level;
  text.time = nt::ke::InterruptTime();
  text.system_time = nt::ke::SystemTime();
  text.processor = KeGetCurrentProcessorNumberEx(nullptr);
  text.irql = nt::ke::CurrentIrql();
  NameThread(&text.process, &text.thread);
  if (message.component == ~0u) text.component.clear();
  return text;
}

Event Describe(const nt::etw::Event& event) {
  Event out;
  out.provider_id = nt::etw::GuidText(event.provider);
  out.provider = event.provider_name;
  out.id = event.descriptor.Id;
  out.version = event.descriptor.Version;
  out.channel = event.descriptor.Channel;
  out.level = event.descriptor.Level;
  out.opcode = event.descriptor.Opcode;
  out.task = event.descriptor.Task;
  out.keyword = event.descriptor.Keyword;
  out.activity = IdText(event.activity);
  out.related = IdText(event.related);
  out.time = event.time;
  out.system_time = event.system_time;
  out.processor = event.processor;
  out.process = event.process;
  out.thread = event.thread;
  if (event.is_string) {
    std::u16string text(event.payload.size() / sizeof(WCHAR), u'\0');
    std::memcpy(text.data(), event.payload.data(), text.size() * sizeof(WCHAR));
    out.fields.push_back({"String", "unicodestring", EventField::Kind::Text, nt::rtl::Utf8(text), {}});
  } else if (event.metadata.empty()) {
    out.fields = Translate(nt::etw::GuessFields(event.payload, event.pieces));
  } else {
    const nt::etw::Decoded decoded = nt::etw::Decode(event.metadata, event.payload);
    out.name = decoded.name;
    out.tags = decoded.tags;
    out.defect = decoded.defect;
    out.fields = Translate(decoded.fields);
  }
  return out;
}

/// A provider as it is named: everything, its identifier, or the name in its traits.
std::vector<nt::etw::Filter> FiltersOf(const std::vector<EventFilter>& filters) {
  std::vector<nt::etw::Filter> translated;
  for (const EventFilter& filter : filters) {
    nt::etw::Filter out;
    out.any_provider = filter.provider.empty();
    if (!nt::etw::ParseGuid(filter.provider, &out.id)) out.name = filter.provider;
    out.level = filter.level;
    if (filter.match_any != 0) out.match_any = filter.match_any;
    out.match_all = filter.match_all;
    translated.push_back(out);
  }
  if (translated.empty()) translated.emplace_back();
  return translated;
}

std::vector<DebugFilter> ReadDebugFilters() {
  std::vector<DebugFilter> filters;
  for (const ULONG id : FilterIds()) {
    const std::string_view name = nt::rtl::DebugComponentName(id);
    filters.push_back({std::string(name), nt::cm::ReadDword(nt::cm::kDebugPrintFilterKey, KeyName(name))});
  }
  return filters;
}

bool WriteDebugFilter(const std::string& component, std::optional<std::uint32_t> mask) {
  bool known = false;
  for (const ULONG id : FilterIds()) known = known || nt::rtl::DebugComponentName(id) == component;
  if (!known) return false;
  if (mask) {
    nt::cm::SetDword(nt::cm::kDebugPrintFilterKey, KeyName(component), *mask);
  } else {
    nt::cm::DeleteValue(nt::cm::kDebugPrintFilterKey, KeyName(component));
  }
  nt::cm::LoadDebugPrintFilter();
  return true;
}

bool StartNotificationThread(PEPROCESS process) {
  constexpr ACCESS_MASK kAll = 0x1fffff;
  HANDLE owner = nullptr, thread = nullptr;
  if (!NT_SUCCESS(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, nullptr, kAll, nullptr, KernelMode, &owner))) return false;
  void* const routine = nt::api::AddressOf(*nt::api::Find("ntdll.dll", "EtwpNotificationThread"));
  const NTSTATUS status = NtCreateThreadEx(&thread, kAll, nullptr, owner, routine, nullptr, 0, 0, 0, 0, nullptr);
  if (NT_SUCCESS(status)) NtClose(thread);
  NtClose(owner);
  return NT_SUCCESS(status);
}

}  // namespace ringlet
