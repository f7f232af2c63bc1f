#include "kernel/cm/registry.h"

#include <algorithm>
#include <cstring>

#include "kernel/cm/callbacks.h"
#include "kernel/cm/default_tree.h"
#include "kernel/cm/hive.h"
#include "kernel/cm/mount.h"
#include "kernel/se/user.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr SIZE_T kMaxNameLength = 256;  // characters of one key's name
constexpr int kMaxLinks = 64;
constexpr SIZE_T kJournalLimit = 4 << 20;  // bytes, after which the hive's file is written anew

Registry* g_registry = nullptr;

constexpr std::u16string_view kUserClasses = se::kUserClassesKey.substr(se::kUserClassesKey.rfind(u'\\') + 1);

/// A place in the tree that a hive file is mounted at.
struct Mount {
  const char* file;  ///< below the machine's directory
  std::u16string_view parent;
  std::u16string_view name;
  bool trusted;
  void (*defaults)(Key* root, LONGLONG now);
  Security (*security)();
};
constexpr Mount kMounts[] = {
    {"Windows/System32/config/SYSTEM", u"MACHINE", u"SYSTEM", true, &AddSystemDefaults, &DefaultSecurity},
    {"Windows/System32/config/SOFTWARE", u"MACHINE", u"SOFTWARE", true, &AddSoftwareDefaults, &DefaultSecurity},
    {"Boot/BCD", u"MACHINE", u"BCD00000000", false, &AddBootDefaults, &DefaultSecurity},
    {"Windows/System32/config/DEFAULT", u"USER", u".DEFAULT", false, &AddUserDefaults, &DefaultSecurity},
    {"Users/ringlet/NTUSER.DAT", u"USER", se::kUserSidText, false, &AddUserDefaults, &UserSecurity},
    {"Users/ringlet/AppData/Local/Microsoft/Windows/UsrClass.dat", u"USER", kUserClasses, false, [](Key*, LONGLONG) {}, &UserSecurity},
};

/// Takes the next component off a path, with the backslashes around it.
std::u16string_view TakeComponent(std::u16string_view* rest) {
  rest->remove_prefix(std::min(rest->find_first_not_of(u'\\'), rest->size()));
  const std::u16string_view component = rest->substr(0, rest->find(u'\\'));
  rest->remove_prefix(component.size());
  rest->remove_prefix(std::min(rest->find_first_not_of(u'\\'), rest->size()));
  return component;
}

/// What a link points at; empty if it points nowhere.
std::u16string LinkTarget(const Key& link) {
  const Value* const value = link.FindValue(kLinkValue);
  if (value == nullptr || value->type != REG_LINK) return {};
  std::u16string target(value->data.size() / sizeof(WCHAR), u'\0');
  std::memcpy(target.data(), value->data.data(), target.size() * sizeof(WCHAR));
  std::u16string_view below = target;
  return StripRegistry(&below) ? std::u16string(below) : std::u16string();
}

/// A key's name below its hive's root.
std::u16string PathInHive(const Key& key) {
  std::u16string path;
  for (const Key* at = &key; !at->IsHiveRoot(); at = at->parent) {
    if (!path.empty()) path.insert(0, u"\\");
    path.insert(0, at->name);
  }
  return path;
}

/// Writes down what was done to a lasting key that `path` names, before anybody is told that it was done.
NTSTATUS Record(Hive* hive, std::u16string path, Change change) {
  change.path = std::move(path);
  if (!hive->journal->Append(change)) return STATUS_REGISTRY_IO_FAILED;
  return hive->journal->size() > kJournalLimit ? SaveHive(hive) : STATUS_SUCCESS;
}

/// Passes a change on to those who watch, once it is written down. It may be the last that is done with the key.
NTSTATUS Reported(NTSTATUS status, Key* key, ULONG what) {
  if (NT_SUCCESS(status) && g_registry->changed != nullptr) g_registry->changed(key, what);
  return status;
}

bool IsRecorded(const Key& key) { return key.hive != nullptr && !key.is_volatile && key.hive->journal != nullptr; }

NTSTATUS Record(const Key& key, Change change) {
  if (!IsRecorded(key)) return STATUS_SUCCESS;
  change.time = key.last_write;
  return Record(key.hive, PathInHive(key), std::move(change));
}

NTSTATUS CreateChild(Key* parent, std::u16string_view name, Walk& walk, Key** made) {
  if (parent->hive == nullptr) return STATUS_INVALID_PARAMETER;
  const bool is_volatile = (walk.options & REG_OPTION_VOLATILE) != 0;
  if (parent->is_volatile && !is_volatile) return STATUS_CHILD_MUST_BE_VOLATILE;
  Security own;
  const NTSTATUS allowed = walk.guard != nullptr ? walk.guard->MayCreate(*parent, &own) : STATUS_SUCCESS;
  if (!NT_SUCCESS(allowed)) return allowed;
  *made = parent->Add(name, is_volatile, g_registry->now());
  (*made)->is_link = (walk.options & REG_OPTION_CREATE_LINK) != 0;
  (*made)->class_name = walk.class_name;
  if (own != nullptr) (*made)->security = std::move(own);
  walk.created = true;
  const Security& security = (*made)->security;
  const NTSTATUS status = Record(**made, {.kind = Change::kCreateKey,
                                          .number = (*made)->is_link,
                                          .text = (*made)->class_name,
                                          .data = security ? *security : std::vector<UCHAR>()});
  return Reported(status, parent, REG_NOTIFY_CHANGE_NAME);
}

/// Links that are made anew at each boot.
void AddLink(Key* parent, std::u16string_view name, std::u16string_view target, LONGLONG now) {
  if (parent->Find(name) != nullptr) return;
  Key* const link = parent->Add(name, true, now);
  link->is_link = true;
  link->SetValue(kLinkValue, REG_LINK, target.data(), target.size() * sizeof(WCHAR), now);
}

/// The control set that the loaded hive selects.
void LinkCurrentControlSet(Key* system, LONGLONG now) {
  ULONG current = 1;
  const Key* const select = system->Find(u"Select");
  const Value* const value = select != nullptr ? select->FindValue(u"Current") : nullptr;
  if (value != nullptr && value->type == REG_DWORD && value->data.size() == sizeof current)
    std::memcpy(&current, value->data.data(), sizeof current);
  std::u16string digits = u"000";
  for (SIZE_T i = digits.size(); i-- > 0; current /= 10) digits[i] = static_cast<char16_t>(u'0' + current % 10);
  AddLink(system, u"CurrentControlSet", u"\\Registry\\Machine\\System\\ControlSet" + digits, now);
}

/// The system's own user is the default one; a user's classes lie in a hive of their own.
void LinkUsers(Key* users, LONGLONG now) {
  AddLink(users, u"S-1-5-18", u"\\Registry\\User\\.Default", now);
  Key* const user = users->Find(se::kUserSidText);
  Key* const software = user->Find(u"Software");
  AddLink(software != nullptr ? software : user->Add(u"Software", false, now), u"Classes",
          std::u16string(u"\\Registry").append(se::kUserClassesKey), now);
}

}  // namespace

bool RegistryExists() { return g_registry != nullptr; }

Registry& TheRegistry() { return *g_registry; }

NTSTATUS LoadRegistry(const std::string& machine_directory, LONGLONG (*now)()) {
  FreeRegistry();  // a machine that stopped with a bugcheck left its own behind
  g_registry = new Registry;
  Registry& registry = *g_registry;
  registry.now = now;
  const LONGLONG time = now();
  registry.root.name = u"REGISTRY";
  registry.root.is_volatile = true;
  registry.root.last_write = time;
  registry.root.security = DefaultSecurity();
  Key* const machine = registry.root.Add(u"MACHINE", true, time);
  Key* const users = registry.root.Add(u"USER", true, time);
  for (const Mount& mount : kMounts) {
    const std::string file = machine_directory.empty() ? std::string() : machine_directory + "/" + mount.file;
    const NTSTATUS status = MountHive(registry.root.Find(mount.parent), mount.name, mount.security(), file, mount.defaults);
    registry.hives.back()->trusted = mount.trusted;
    if (!NT_SUCCESS(status)) {
      FreeRegistry();
      return status;
    }
  }
  LinkCurrentControlSet(machine->Find(u"SYSTEM"), time);
  LinkUsers(users, time);
  Key* const hardware = machine->Add(u"HARDWARE", true, time);
  hardware->hive = registry.hives.emplace_back(std::make_unique<Hive>()).get();
  hardware->hive->root = hardware;
  AddHardwareDefaults(hardware, time);
  return STATUS_SUCCESS;
}

NTSTATUS SaveHive(Hive* hive) {
  if (hive->file.empty()) return STATUS_SUCCESS;
  const NTSTATUS status = SaveHive(hive->file, *hive->root, hive->sequence + 1);
  if (!NT_SUCCESS(status)) return status;
  // From here on the old journal is of a generation that no longer counts.
  ++hive->sequence;
  hive->dirty = false;
  return hive->journal == nullptr || hive->journal->Restart(hive->sequence) ? STATUS_SUCCESS : STATUS_REGISTRY_IO_FAILED;
}

NTSTATUS SaveRegistry() {
  NTSTATUS result = STATUS_SUCCESS;
  for (const auto& hive : g_registry->hives) {
    const NTSTATUS status = hive->dirty ? SaveHive(hive.get()) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) result = status;
  }
  return result;
}

void FreeRegistry() {
  if (g_registry != nullptr) FreeCallbacks(&g_registry->callbacks);
  delete g_registry;
  g_registry = nullptr;
}

NTSTATUS WalkTo(Key* start, std::u16string_view path, Walk& walk, Key** found) {
  Key* at = start;
  std::u16string_view rest = path;
  std::u16string linked;  // what `rest` is in, once a link was followed
  int links = 0;
  for (;;) {
    if (at->deleted) return STATUS_KEY_DELETED;
    const bool last = rest.find_first_not_of(u'\\') == rest.npos;
    if (at->is_link && !(last && walk.open_link)) {
      std::u16string target = LinkTarget(*at);
      if (target.empty() || ++links > kMaxLinks) return STATUS_OBJECT_NAME_NOT_FOUND;
      linked = target + u'\\' + std::u16string(rest);
      if (walk.stop_at_links) {
        walk.target = u"\\REGISTRY" + (last ? target : linked);
        return STATUS_REPARSE;
      }
      rest = linked;
      at = &g_registry->root;
      continue;
    }
    if (last) break;
    const std::u16string_view component = TakeComponent(&rest);
    if (component.size() > kMaxNameLength) return STATUS_INVALID_PARAMETER;
    Key* const child = at->Find(component);
    if (child == nullptr) {
      return walk.create && rest.empty() ? CreateChild(at, component, walk, found) : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    at = child;
  }
  if (walk.create && (walk.options & REG_OPTION_CREATE_LINK) != 0) return STATUS_OBJECT_NAME_COLLISION;
  *found = at;
  return walk.guard != nullptr ? walk.guard->MayOpen(*at) : STATUS_SUCCESS;
}

bool StripRegistry(std::u16string_view* path) {
  constexpr std::u16string_view kRegistry = u"\\Registry";
  if (!SameName(path->substr(0, kRegistry.size()), kRegistry)) return false;
  const std::u16string_view rest = path->substr(kRegistry.size());
  if (!rest.empty() && rest.front() != u'\\') return false;
  *path = rest;
  return true;
}

NTSTATUS SetKeyValue(Key* key, std::u16string_view name, ULONG type, const void* data, SIZE_T size) {
  if (key->deleted) return STATUS_KEY_DELETED;
  if (key->is_link && (type != REG_LINK || !SameName(name, kLinkValue))) return STATUS_ACCESS_DENIED;
  key->SetValue(name, type, data, size, g_registry->now());
  NTSTATUS status = STATUS_SUCCESS;
  if (IsRecorded(*key)) {
    const auto* const bytes = static_cast<const UCHAR*>(data);
    status = Record(*key, {.kind = Change::kSetValue, .number = type, .text = std::u16string(name), .data = {bytes, bytes + size}});
  }
  return Reported(status, key, REG_NOTIFY_CHANGE_LAST_SET);
}

NTSTATUS DeleteKeyValue(Key* key, std::u16string_view name) {
  if (key->deleted) return STATUS_KEY_DELETED;
  if (!key->RemoveValue(name, g_registry->now())) return STATUS_OBJECT_NAME_NOT_FOUND;
  const NTSTATUS status = Record(*key, {.kind = Change::kDeleteValue, .text = std::u16string(name)});
  return Reported(status, key, REG_NOTIFY_CHANGE_LAST_SET);
}

NTSTATUS DeleteKey(Key* key) {
  if (key->deleted) return STATUS_SUCCESS;
  if (key->IsHiveRoot() || !key->children.empty()) return STATUS_CANNOT_DELETE;
  const bool recorded = IsRecorded(*key);
  Hive* const hive = key->hive;
  const std::u16string path = recorded ? PathInHive(*key) : std::u16string();
  Key* const parent = key->parent;
  std::unique_ptr<Key> removed = parent->Remove(key, g_registry->now());
  const LONGLONG time = removed->last_write;
  const bool watched = removed->references != 0;
  if (watched) g_registry->deleted.push_back(std::move(removed));
  const NTSTATUS status = recorded ? Record(hive, path, {.kind = Change::kDeleteKey, .time = time}) : STATUS_SUCCESS;
  if (watched) Reported(status, key, 0);
  return Reported(status, parent, REG_NOTIFY_CHANGE_NAME);
}

NTSTATUS RenameKey(Key* key, std::u16string_view name) {
  if (key->deleted) return STATUS_KEY_DELETED;
  if (name.empty() || name.size() > kMaxNameLength || name.find(u'\\') != name.npos) return STATUS_INVALID_PARAMETER;
  if (key->IsHiveRoot()) return STATUS_ACCESS_DENIED;
  const Key* const there = key->parent->Find(name);
  if (there != nullptr && there != key) return STATUS_CANNOT_DELETE;
  const std::u16string path = PathInHive(*key);
  key->parent->Rename(key, name, g_registry->now());
  NTSTATUS status = STATUS_SUCCESS;
  if (IsRecorded(*key))
    status = Record(key->hive, path, {.kind = Change::kRenameKey, .time = key->last_write, .text = std::u16string(name)});
  return Reported(status, key->parent, REG_NOTIFY_CHANGE_NAME);
}

NTSTATUS SetKeyTime(Key* key, LONGLONG time) {
  if (key->deleted) return STATUS_KEY_DELETED;
  key->SetTime(time);
  return Reported(Record(*key, {.kind = Change::kSetTime}), key, REG_NOTIFY_CHANGE_LAST_SET);
}

NTSTATUS SetKeyFlags(Key* key, UCHAR user, UCHAR control) {
  if (key->deleted) return STATUS_KEY_DELETED;
  key->SetFlags(user, control, g_registry->now());
  const ULONG both = user | static_cast<ULONG>(control << 4);
  return Reported(Record(*key, {.kind = Change::kSetFlags, .number = both}), key, REG_NOTIFY_CHANGE_ATTRIBUTES);
}

NTSTATUS SetKeySecurity(Key* key, Security descriptor) {
  if (key->deleted) return STATUS_KEY_DELETED;
  key->SetSecurity(std::move(descriptor), g_registry->now());
  const NTSTATUS status = Record(*key, {.kind = Change::kSetSecurity, .data = key->security ? *key->security : std::vector<UCHAR>()});
  return Reported(status, key, REG_NOTIFY_CHANGE_SECURITY);
}

void DiscardKey(std::unique_ptr<Key> key) {
  for (std::unique_ptr<Key>& child : key->children) DiscardKey(std::move(child));
  key->children.clear();
  key->deleted = true;
  key->parent = nullptr;
  key->hive = nullptr;  // which may go as well
  if (key->references == 0) return;
  Key* const referenced = g_registry->deleted.emplace_back(std::move(key)).get();
  if (g_registry->changed != nullptr) g_registry->changed(referenced, 0);
}

bool IsReferencedBelow(const Key& key) {
  return std::ranges::any_of(key.children, [](const auto& child) { return child->references != 0 || IsReferencedBelow(*child); });
}

void ReferenceKey(Key* key) { ++key->references; }

void DereferenceKey(Key* key) {
  if (g_registry == nullptr || --key->references != 0 || !key->deleted) return;
  std::erase_if(g_registry->deleted, [key](const std::unique_ptr<Key>& each) { return each.get() == key; });
}

}  // namespace nt::cm
