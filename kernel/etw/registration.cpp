#include "kernel/etw/registration.h"
#include "kernel/etw/value.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "nt/status.h"

nt::etw::Slot* EtwpSlots = nullptr;
ULONG EtwpSlotCount = 0;
ULONG EtwpSlowIndex[4] = {};

namespace nt::etw {

State* state = nullptr;

namespace {

bool Same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

const Filter* FilterOf(const Registration& registration) {
  for (const Filter& filter : state->filters) {
    if (filter.any_provider || Same(filter.id, registration.id)) return &filter;
    if (registration.traits.has_group && Same(filter.id, registration.traits.group)) return &filter;
    if (!filter.name.empty() && filter.name == registration.traits.name) return &filter;
  }
  return nullptr;
}

/// A client's callback runs in the client only: at once if it is there now, otherwise in a thread that is made for it.
bool MayCall(const Registration& registration) {
  return registration.process == nullptr || (ke::KiThread->host.in_user != 0 && registration.process == ke::CurrentProcess());
}

void Notify(const Registration& registration, REGHANDLE handle, const Notification& notification) {
  if (MayCall(registration)) {
    static constexpr GUID kNoSource{};
    const Notification& n = notification;
    return ke::Callout<void>(n.callback, &kNoSource, n.control, n.level, n.match_any, n.match_all, nullptr, n.context);
  }
  const auto of_process = [&](const Waiting& waiting) { return waiting.process == registration.process; };
  const bool on_its_way = std::any_of(state->waiting.begin(), state->waiting.end(), of_process);
  state->waiting.push_back({registration.process, handle, notification});
  if (on_its_way) return;
  PEPROCESS const process = registration.process;
  if (state->notifier != nullptr && state->notifier(process)) return;
  std::erase_if(state->waiting, [process](const Waiting& waiting) { return waiting.process == process; });  // it hears nothing
}

/// Enables or disables a provider as the filters say now, and tells it so if that is a change.
void Apply(SIZE_T index) {
  Slot& slot = state->slots[index];
  const Registration& registration = state->registrations[index];
  const Filter* const filter = FilterOf(registration);
  const UCHAR level = filter != nullptr ? filter->level : 0;
  const ULONG level_plus_1 = filter == nullptr ? 0 : level == 0 ? 256 : level + 1u;
  const ULONG64 any = filter != nullptr ? filter->match_any : 0, all = filter != nullptr ? filter->match_all : 0;
  if (slot.level_plus_1 == level_plus_1 && slot.match_any == any && slot.match_all == all) return;
  slot.level_plus_1 = level_plus_1;
  slot.match_any = any;
  slot.match_all = all;
  if (registration.callback == nullptr) return;
  const ULONG control = filter != nullptr ? EVENT_CONTROL_CODE_ENABLE_PROVIDER : EVENT_CONTROL_CODE_DISABLE_PROVIDER;
  Notify(registration, slot.handle, {registration.callback, registration.context, control, level, any, all});
}

SIZE_T TakeSlot() {
  for (SIZE_T i = 0; i < state->slots.size(); ++i) {
    if (state->slots[i].handle == 0) return i;
  }
  state->slots.emplace_back();
  state->registrations.emplace_back();
  EtwpSlots = state->slots.data();
  EtwpSlotCount = static_cast<ULONG>(state->slots.size());
  return state->slots.size() - 1;
}

void FreeSlot(SIZE_T index) {
  Slot& slot = state->slots[index];
  const ULONG generation = slot.generation;
  slot = {};
  slot.generation = generation;  // an old handle stays invalid
  state->registrations[index] = {};
}

std::string Description(const Registration& registration) {
  const std::string& name = registration.traits.name;
  return name.empty() ? GuidText(registration.id) : name + " " + GuidText(registration.id);
}

}  // namespace

void Initialize() {
  state = new State;
  const char* const slow[] = {"EtwpWriteSlow", "EtwpWriteTransferSlow", "EtwpWriteExSlow", "EtwpWriteStringSlow"};
  for (std::size_t i = 0; i < std::size(slow); ++i) EtwpSlowIndex[i] = api::IndexOf(*api::Find("ntoskrnl.exe", slow[i]));
}

void Shutdown() {
  delete state;
  state = nullptr;
  EtwpSlots = nullptr;
  EtwpSlotCount = 0;
}

void SetSession(std::vector<Filter> filters, Sink sink) {
  state->filters = std::move(filters);
  state->sink = sink;
  for (SIZE_T i = 0; i < state->slots.size(); ++i) {
    if (state->slots[i].handle != 0) Apply(i);
  }
}

void SetNotifier(bool (*start)(PEPROCESS process)) { state->notifier = start; }

bool TakeNotification(Notification* notification) {
  PEPROCESS const process = ke::CurrentProcess();
  for (SIZE_T i = 0; i < state->waiting.size();) {
    const Waiting waiting = state->waiting[i];
    if (waiting.process != process) {
      ++i;
      continue;
    }
    state->waiting.erase(state->waiting.begin() + static_cast<LONG_PTR>(i));
    if (IndexOf(waiting.handle) < 0) continue;
    *notification = waiting.notification;
    return true;
  }
  return false;
}

void ForgetProcess(PEPROCESS process) {
  std::erase_if(state->waiting, [process](const Waiting& waiting) { return waiting.process == process; });
  for (SIZE_T i = 0; i < state->slots.size(); ++i) {
    if (state->slots[i].handle != 0 && state->registrations[i].process == process) FreeSlot(i);
  }
}

LONG IndexOf(REGHANDLE handle) {
  const auto index = static_cast<ULONG>(handle) - 1;
  return handle != 0 && index < EtwpSlotCount && EtwpSlots[index].handle == handle ? static_cast<LONG>(index) : -1;
}

bool Wanted(const Slot& slot, UCHAR level, ULONG64 keyword) {
  if (level >= slot.level_plus_1) return false;
  return keyword == 0 || ((keyword & slot.match_any) != 0 && (keyword & slot.match_all) == slot.match_all);
}

bool ReadTraits(const UCHAR* bytes, SIZE_T size, Traits* traits) {
  constexpr UCHAR kGroup = 1;
  Reader reader({bytes, size});
  Traits read;
  USHORT stated = 0;
  if (!reader.Get(&stated) || stated != size || !reader.GetText(&read.name)) return false;
  while (!reader.AtEnd()) {
    USHORT part = 0;
    UCHAR type = 0;
    std::span<const UCHAR> content;
    constexpr SIZE_T kHead = sizeof part + sizeof type;
    if (!reader.Get(&part) || !reader.Get(&type) || part < kHead || !reader.GetBytes(part - kHead, &content)) return false;
    if (type != kGroup) continue;
    if (content.size() != sizeof read.group) return false;
    std::memcpy(&read.group, content.data(), sizeof read.group);
    read.has_group = true;
  }
  *traits = std::move(read);
  return true;
}

}  // namespace nt::etw

using namespace nt::etw;

NTSTATUS EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext, PREGHANDLE RegHandle) {
  if (ProviderId == nullptr || RegHandle == nullptr) return STATUS_INVALID_PARAMETER;
  const GUID id = *ProviderId;
  const SIZE_T index = TakeSlot();
  Slot& slot = state->slots[index];
  const REGHANDLE handle = (index + 1) | static_cast<REGHANDLE>(++slot.generation) << 32;
  slot.handle = handle;
  PEPROCESS const client = nt::ke::KiThread->host.in_user != 0 ? nt::ke::CurrentProcess() : nullptr;
  state->registrations[index] = {id, {}, EnableCallback, CallbackContext, nt::ke::CallerAddress(), client};
  if (client == nullptr) nt::ex::Track("ETW provider", reinterpret_cast<const void*>(handle), Description(state->registrations[index]));
  // The callback may write events: it must find the handle.
  *RegHandle = handle;
  Apply(index);
  return STATUS_SUCCESS;
}

NTSTATUS EtwUnregister(REGHANDLE RegHandle) {
  const LONG index = IndexOf(RegHandle);
  if (index < 0) return STATUS_INVALID_HANDLE;
  if (state->registrations[static_cast<SIZE_T>(index)].process == nullptr) nt::ex::Untrack(reinterpret_cast<const void*>(RegHandle));
  FreeSlot(static_cast<SIZE_T>(index));
  return STATUS_SUCCESS;
}

NTSTATUS EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass, PVOID EventInformation, ULONG InformationLength) {
  const LONG index = IndexOf(RegHandle);
  if (index < 0) return STATUS_INVALID_HANDLE;
  if (InformationClass == EventProviderUseDescriptorType) {
    return EventInformation != nullptr && InformationLength == 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  }
  if (InformationClass != EventProviderSetTraits) return STATUS_NOT_SUPPORTED;
  Registration& registration = state->registrations[static_cast<SIZE_T>(index)];
  const auto* const traits = static_cast<const UCHAR*>(EventInformation);
  if (traits == nullptr || !ReadTraits(traits, InformationLength, &registration.traits)) return STATUS_INVALID_PARAMETER;
  if (registration.process == nullptr) nt::ex::DescribeTracked(reinterpret_cast<const void*>(RegHandle), Description(registration));
  Apply(static_cast<SIZE_T>(index));
  return STATUS_SUCCESS;
}
