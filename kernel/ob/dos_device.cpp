#include "kernel/ob/dos_device.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

namespace nt::ob {
namespace {

constexpr ULONG kTag = 'mNbO';
using Targets = std::vector<std::u16string>;

std::u16string PathOf(std::u16string_view name) { return u"\\\?\?\\" + std::u16string(name); }

/// The caller's own link of a name, with a reference; null if there is none.
PVOID FindOwn(std::u16string_view name) {
  const ULONGLONG logon = Ob().logon != nullptr ? Ob().logon() : 0;
  const auto own = Ob().dos_devices.find(logon);
  PVOID const directory = logon == 0 ? Ob().global_dos_devices : own != Ob().dos_devices.end() ? own->second : nullptr;
  Lookup lookup;
  lookup.type = Ob().link_type;
  lookup.attributes = OBJ_CASE_INSENSITIVE | OBJ_OPENLINK;
  PVOID link = nullptr;
  if (directory == nullptr || !NT_SUCCESS(LookupName(PathOf(name), lookup, &link))) return nullptr;
  if (PrefixOf(link)->directory == directory) return link;
  ObfDereferenceObject(link);
  return nullptr;
}

/// The targets of a link, the newest first: strings, each with its terminator, of which the link's length counts the first only.
Targets TargetsOf(PVOID link) {
  const UNICODE_STRING& text = static_cast<SymbolicLink*>(link)->target;
  const std::u16string_view all(text.Buffer, text.MaximumLength / sizeof(WCHAR));
  Targets targets;
  for (SIZE_T at = 0; at < all.size() && all[at] != 0;) {
    const SIZE_T end = std::min(all.find(u'\0', at), all.size());
    targets.emplace_back(all.substr(at, end - at));
    at = end + 1;
  }
  return targets;
}

NTSTATUS SetTargets(PVOID link, const Targets& targets) {
  std::u16string all;
  for (const std::u16string& target : targets) all += target + u'\0';
  auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, all.size() * sizeof(WCHAR), kTag));
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, all.data(), all.size() * sizeof(WCHAR));
  UNICODE_STRING& text = static_cast<SymbolicLink*>(link)->target;
  ex::FreePool(text.Buffer);
  text = {static_cast<USHORT>(targets.front().size() * sizeof(WCHAR)), static_cast<USHORT>(all.size() * sizeof(WCHAR)), buffer};
  return STATUS_SUCCESS;
}

bool Matches(std::u16string_view target, std::u16string_view wanted, bool exact) {
  const std::u16string folded = Fold(target), asked = Fold(wanted);
  return exact ? folded == asked : folded.starts_with(asked);
}

}  // namespace

NTSTATUS DefineDosDevice(std::u16string_view name, std::u16string_view target) {
  PVOID const link = FindOwn(name);
  if (link == nullptr) return CreateSymbolicLink(PathOf(name), target, true);
  Targets targets = TargetsOf(link);
  targets.insert(targets.begin(), std::u16string(target));
  const NTSTATUS status = SetTargets(link, targets);
  ObfDereferenceObject(link);
  return status;
}

NTSTATUS RemoveDosDevice(std::u16string_view name, std::u16string_view target, bool exact) {
  PVOID const link = FindOwn(name);
  if (link == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  Targets targets = TargetsOf(link);
  const auto found =
      std::ranges::find_if(targets, [&](const std::u16string& each) { return target.empty() || Matches(each, target, exact); });
  NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
  if (found != targets.end()) {
    targets.erase(found);
    status = targets.empty() ? (ObMakeTemporaryObject(link), STATUS_SUCCESS) : SetTargets(link, targets);
  }
  ObfDereferenceObject(link);
  return status;
}

}  // namespace nt::ob
