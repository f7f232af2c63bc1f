#include "kernel/cm/mount.h"

#include <algorithm>
#include <cstring>

#include "kernel/cm/storage.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

/// What is in the file, or the defaults, and what was done since.
NTSTATUS Fill(Hive* hive, void (*defaults)(Key* root, LONGLONG now), LONGLONG now) {
  const NTSTATUS status = LoadHive(hive->file, hive->root, &hive->sequence);
  if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND) return status;
  if (!NT_SUCCESS(status) && defaults != nullptr) defaults(hive->root, now);
  hive->dirty = false;
  if (hive->file.empty()) return STATUS_SUCCESS;
  auto journal = std::make_unique<Journal>(hive->file);
  const std::vector<Change> changes = journal->Read(hive->sequence);
  for (const Change& change : changes) Apply(change, hive->root);
  hive->journal = std::move(journal);
  return changes.empty() ? STATUS_SUCCESS : SaveHive(hive);
}

void Forget(Hive* hive) {
  std::erase_if(TheRegistry().hives, [hive](const std::unique_ptr<Hive>& each) { return each.get() == hive; });
}

void SetHive(Key* key, Hive* hive, bool is_volatile) {
  key->hive = hive;
  key->is_volatile = is_volatile;
  for (const auto& child : key->children) SetHive(child.get(), hive, is_volatile);
}

}  // namespace

NTSTATUS MountHive(Key* parent, std::u16string_view name, Security security, const std::string& file,
                   void (*defaults)(Key* root, LONGLONG now)) {
  Registry& registry = TheRegistry();
  const LONGLONG now = registry.now();
  Hive* const hive = registry.hives.emplace_back(std::make_unique<Hive>()).get();
  hive->file = file;
  hive->root = parent->Add(name, false, now);
  hive->root->hive = hive;
  hive->root->security = std::move(security);
  return Fill(hive, defaults, now);
}

NTSTATUS LoadHiveAt(Key* parent, std::u16string_view name, const std::string& file) {
  // A file that a caller just made is empty: it becomes a hive.
  std::vector<UCHAR> bytes;
  if (storage::Read(file, &bytes) && bytes.empty()) storage::Remove(file);
  const NTSTATUS status = MountHive(parent, name, DefaultSecurity(), file, nullptr);
  Hive* const hive = TheRegistry().hives.back().get();
  hive->loaded = true;
  hive->trusted = false;
  if (!NT_SUCCESS(status)) {
    DiscardKey(parent->Remove(hive->root, TheRegistry().now()));
    Forget(hive);
    return bytes.size() < 4 || std::memcmp(bytes.data(), "regf", 4) != 0 ? STATUS_NOT_REGISTRY_FILE : status;
  }
  if (bytes.empty()) return SaveHive(hive);
  if (TheRegistry().changed != nullptr) TheRegistry().changed(parent, REG_NOTIFY_CHANGE_NAME);
  return status;
}

NTSTATUS UnmountHive(Hive* hive) {
  const NTSTATUS status = hive->dirty ? SaveHive(hive) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  if (hive->journal != nullptr) hive->journal->Remove();
  Key* const parent = hive->root->parent;
  DiscardKey(parent->Remove(hive->root, TheRegistry().now()));
  Forget(hive);
  if (TheRegistry().changed != nullptr) TheRegistry().changed(parent, REG_NOTIFY_CHANGE_NAME);
  return STATUS_SUCCESS;
}

NTSTATUS ReplaceContents(Key* key, Key* by, bool volatile_only) {
  for (std::unique_ptr<Key>& child : key->children) DiscardKey(std::move(child));
  key->children = std::move(by->children);
  for (const auto& child : key->children) {
    child->parent = key;
    SetHive(child.get(), key->hive, key->is_volatile || volatile_only);
  }
  key->values = std::move(by->values);
  key->class_name = std::move(by->class_name);
  if (by->security != nullptr) key->security = by->security;
  key->SetTime(TheRegistry().now());
  const NTSTATUS status = key->hive != nullptr && !key->is_volatile ? SaveHive(key->hive) : STATUS_SUCCESS;
  if (TheRegistry().changed != nullptr) TheRegistry().changed(key, REG_NOTIFY_CHANGE_NAME);
  return status;
}

void CopyContents(const Key& from, Key* to) {
  to->security = from.security;
  to->class_name = from.class_name;
  to->is_link = from.is_link;
  for (const Value& value : from.values) to->SetValue(value.name, value.type, value.data.data(), value.data.size(), from.last_write);
  for (const auto& child : from.children) {
    if (child->is_volatile) continue;
    Key* const there = to->Find(child->name);
    CopyContents(*child, there != nullptr ? there : to->Add(child->name, false, child->last_write));
  }
  to->SetTime(from.last_write);
}

NTSTATUS ExchangeHiveFile(Hive* hive, const std::string& fresh, const std::string& old) {
  const NTSTATUS status = SaveHive(hive);
  if (!NT_SUCCESS(status)) return status;
  if (!storage::Rename(hive->file, old)) return STATUS_REGISTRY_IO_FAILED;
  // A journal counts for its own generation of its own file only; the new file may have any.
  hive->journal->Remove();
  if (!storage::Rename(fresh, hive->file)) {
    storage::Rename(old, hive->file);
    return STATUS_REGISTRY_IO_FAILED;
  }
  hive->file = old;
  const ULONG sequence = hive->sequence;
  hive->journal = std::make_unique<Journal>(old);
  return hive->journal->Restart(sequence) ? STATUS_SUCCESS : STATUS_REGISTRY_IO_FAILED;
}

}  // namespace nt::cm
