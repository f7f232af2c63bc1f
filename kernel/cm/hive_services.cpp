// The system services that move whole trees of keys between the registry and hive files.
#include "kernel/cm/callbacks.h"
#include "kernel/cm/caller.h"
#include "kernel/cm/cm.h"
#include "kernel/cm/hive_file.h"
#include "kernel/cm/key_object.h"
#include "kernel/cm/mount.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "kernel/se/se.h"
#include "nt/io.h"

namespace nt::cm {
namespace {

bool Holds(ULONG privilege) { return SeSinglePrivilegeCheck({privilege, 0}, ke::PreviousMode()) != FALSE; }

// ---- saving and restoring ------------------------------------------------------------------------------------------------

NTSTATUS Save(const UsedKey& key, HANDLE file) {
  if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
  return WriteFile(file, HiveBytes(*key.get(), 1));
}

NTSTATUS SaveMerged(const UsedKey& high, const UsedKey& low, HANDLE file) {
  if (!NT_SUCCESS(high.alive()) || !NT_SUCCESS(low.alive())) return STATUS_KEY_DELETED;
  Key merged;
  merged.name = high->name;
  CopyContents(*low.get(), &merged);
  CopyContents(*high.get(), &merged);
  return WriteFile(file, HiveBytes(merged, 1));
}

NTSTATUS Restore(const UsedKey& key, HANDLE file, ULONG flags) {
  if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
  const bool fleeting = (flags & REG_WHOLE_HIVE_VOLATILE) != 0;
  if (key->hive == nullptr || (fleeting && !key->IsHiveRoot())) return STATUS_INVALID_PARAMETER;
  if ((flags & REG_FORCE_RESTORE) == 0 && IsReferencedBelow(*key.get())) return STATUS_CANNOT_DELETE;
  std::vector<UCHAR> bytes;
  NTSTATUS status = ReadFile(file, &bytes);
  Key loaded;
  if (NT_SUCCESS(status)) status = LoadHive(std::move(bytes), &loaded);
  // What was read may have been waited for.
  if (NT_SUCCESS(status)) status = key.alive();
  return NT_SUCCESS(status) ? ReplaceContents(key.get(), &loaded, fleeting) : status;
}

// ---- loading and unloading -----------------------------------------------------------------------------------------------

/// A key by its name, referenced, as the kernel opens it.
NTSTATUS ReferenceByName(POBJECT_ATTRIBUTES name, PVOID* object) {
  HANDLE handle = nullptr;
  Walk walk;
  const NTSTATUS status = OpenKey(name, ke::PreviousMode(), MAXIMUM_ALLOWED, &walk, &handle);
  if (!NT_SUCCESS(status)) return status;
  const NTSTATUS referenced = ReferenceKeyObject(handle, 0, ke::PreviousMode(), object);
  ObCloseHandle(handle, ke::PreviousMode());
  return referenced;
}

/// A caller's attributes, copied, and the object that their name starts from.
class Target {
 public:
  explicit Target(POBJECT_ATTRIBUTES from) {
    status_ = from != nullptr ? CopyIn(&attributes_, from, sizeof attributes_) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status_)) status_ = name_.Take(attributes_.ObjectName);
    if (NT_SUCCESS(status_) && attributes_.RootDirectory != nullptr)
      status_ = ReferenceKeyObject(attributes_.RootDirectory, 0, ke::PreviousMode(), &root_);
  }
  ~Target() {
    if (root_ != nullptr) ObfDereferenceObject(root_);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  NTSTATUS status() const { return status_; }
  PVOID object() const { return root_ != nullptr ? root_ : TheRegistry().root_object; }
  PUNICODE_STRING name() { return name_.string(); }
  std::u16string_view view() const { return name_.view(); }

 private:
  NTSTATUS status_;
  OBJECT_ATTRIBUTES attributes_{};
  CapturedString name_;
  PVOID root_ = nullptr;
};

/// Hives hang below \REGISTRY\MACHINE and \REGISTRY\USER only. Splits the target's name into the key there and the hive's.
NTSTATUS PlaceOf(const Target& target, Key** parent, std::u16string_view* name) {
  std::u16string_view path = target.view();
  Key* const start = KeyOf(target.object());
  if (start == &TheRegistry().root && target.object() == TheRegistry().root_object && path.starts_with(u'\\') && !StripRegistry(&path))
    return STATUS_OBJECT_PATH_SYNTAX_BAD;
  const auto last = path.rfind(u'\\');
  *name = path.substr(last == path.npos ? 0 : last + 1);
  Walk walk;
  const NTSTATUS status = WalkTo(start, path.substr(0, last == path.npos ? 0 : last), walk, parent);
  if (!NT_SUCCESS(status)) return status;
  const bool may = (*parent)->parent == &TheRegistry().root && (*parent)->hive == nullptr && !name->empty();
  if (!may) return STATUS_INVALID_PARAMETER;
  return (*parent)->Find(*name) == nullptr ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

NTSTATUS Load(const Target& target, POBJECT_ATTRIBUTES source) {
  Key* parent = nullptr;
  std::u16string_view name;
  std::string file;
  NTSTATUS status = PlaceOf(target, &parent, &name);
  if (NT_SUCCESS(status)) status = LocateFile(source, FILE_OPEN_IF, &file);
  if (!NT_SUCCESS(status)) return status;
  for (const auto& hive : TheRegistry().hives) {
    if (hive->file == file) return STATUS_SHARING_VIOLATION;
  }
  // Opening the file may have waited, and others been faster.
  if (parent->Find(name) != nullptr) return STATUS_ACCESS_DENIED;
  return LoadHiveAt(parent, name, file);
}

NTSTATUS Unload(PVOID object, bool force) {
  Key* const key = KeyOf(object);
  if (key->deleted) return STATUS_KEY_DELETED;
  if (!key->IsHiveRoot() || key->hive == nullptr) return STATUS_INVALID_PARAMETER;
  // What the machine itself runs on is always in use.
  const bool in_use = key->references > 1 || IsReferencedBelow(*key);
  if (!key->hive->loaded || (in_use && !force)) return STATUS_CANNOT_DELETE;
  return UnmountHive(key->hive);
}

NTSTATUS Replace(const UsedKey& key, POBJECT_ATTRIBUTES fresh, POBJECT_ATTRIBUTES old) {
  if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
  if (!key->IsHiveRoot() || key->hive == nullptr || key->hive->journal == nullptr) return STATUS_INVALID_PARAMETER;
  std::string from, to;
  Key probe;
  NTSTATUS status = LocateFile(fresh, FILE_OPEN, &from);
  if (NT_SUCCESS(status)) status = LoadHive(from, &probe);
  if (NT_SUCCESS(status)) status = LocateFile(old, FILE_CREATE, &to);
  if (NT_SUCCESS(status)) status = key.alive();
  return NT_SUCCESS(status) ? ExchangeHiveFile(key->hive, from, to) : status;
}

ULONG OpenKeysIn(const Key& key) {
  ULONG count = key.references != 0 ? 1 : 0;
  for (const auto& child : key.children) count += OpenKeysIn(*child);
  return count;
}

}  // namespace
}  // namespace nt::cm

using namespace nt::cm;
namespace ke = nt::ke;

extern "C" {

/// All formats are written as version 1.5, which every Windows since XP reads.
NTSTATUS NtSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format) {
  if (Format != REG_STANDARD_FORMAT && Format != REG_LATEST_FORMAT && Format != REG_NO_COMPRESSION) return STATUS_INVALID_PARAMETER;
  if (!Holds(SE_BACKUP_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  const UsedKey key(KeyHandle, 0);
  if (!NT_SUCCESS(key.status())) return key.status();
  if (Format == REG_NO_COMPRESSION && !key->IsHiveRoot()) return STATUS_INVALID_PARAMETER;
  REG_SAVE_KEY_INFORMATION information{key.object(), FileHandle, Format, nullptr, nullptr, nullptr};
  return Notified(RegNtPreSaveKey, RegNtPostSaveKey, key.object(), information, [&] { return Save(key, FileHandle); });
}

NTSTATUS NtSaveKey(HANDLE KeyHandle, HANDLE FileHandle) { return NtSaveKeyEx(KeyHandle, FileHandle, REG_STANDARD_FORMAT); }

NTSTATUS NtSaveMergedKeys(HANDLE HighPrecedenceKeyHandle, HANDLE LowPrecedenceKeyHandle, HANDLE FileHandle) {
  if (!Holds(SE_BACKUP_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  const UsedKey high(HighPrecedenceKeyHandle, 0), low(LowPrecedenceKeyHandle, 0);
  if (!NT_SUCCESS(high.status())) return high.status();
  if (!NT_SUCCESS(low.status())) return low.status();
  REG_SAVE_MERGED_KEY_INFORMATION information{high.object(), FileHandle, high.object(), low.object(), nullptr, nullptr, nullptr};
  return Notified(RegNtPreSaveMergedKey, RegNtPostSaveMergedKey, high.object(), information,
                  [&] { return SaveMerged(high, low, FileHandle); });
}

/// REG_REFRESH_HIVE needs a hive that is not flushed by itself, which none here is.
NTSTATUS NtRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags) {
  constexpr ULONG kKnown = REG_WHOLE_HIVE_VOLATILE | REG_REFRESH_HIVE | REG_NO_LAZY_FLUSH | REG_FORCE_RESTORE;
  if ((Flags & ~kKnown) != 0 || (Flags & (REG_REFRESH_HIVE | REG_NO_LAZY_FLUSH)) != 0) return STATUS_INVALID_PARAMETER;
  if (!Holds(SE_RESTORE_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  const UsedKey key(KeyHandle, 0);
  if (!NT_SUCCESS(key.status())) return key.status();
  REG_RESTORE_KEY_INFORMATION information{key.object(), FileHandle, Flags, nullptr, nullptr, nullptr};
  return Notified(RegNtPreRestoreKey, RegNtPostRestoreKey, key.object(), information, [&] { return Restore(key, FileHandle, Flags); });
}

NTSTATUS NtLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags, HANDLE TrustClassKey, HANDLE Event,
                     ACCESS_MASK DesiredAccess, PHANDLE RootHandle, PVOID /*Reserved*/) {
  if (Flags != 0 || TrustClassKey != nullptr || Event != nullptr || SourceFile == nullptr) return STATUS_INVALID_PARAMETER;
  if (!Holds(SE_RESTORE_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  Target target(TargetKey);
  NTSTATUS status = target.status();
  OBJECT_ATTRIBUTES source{};
  CapturedString file;
  if (NT_SUCCESS(status)) status = CopyIn(&source, SourceFile, sizeof source);
  if (NT_SUCCESS(status)) status = file.Take(source.ObjectName);
  if (!NT_SUCCESS(status)) return status;
  REG_LOAD_KEY_INFORMATION information{target.object(), target.name(), file.string(), Flags,   nullptr, nullptr,
                                       DesiredAccess,   RootHandle,    nullptr,       nullptr, nullptr};
  status = Notified(RegNtPreLoadKey, RegNtPostLoadKey, target.object(), information, [&] { return Load(target, SourceFile); });
  return NT_SUCCESS(status) && RootHandle != nullptr ? NtOpenKey(RootHandle, DesiredAccess, TargetKey) : status;
}

NTSTATUS NtLoadKey2(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags) {
  return NtLoadKeyEx(TargetKey, SourceFile, Flags, nullptr, nullptr, 0, nullptr, nullptr);
}

NTSTATUS NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile) { return NtLoadKey2(TargetKey, SourceFile, 0); }

NTSTATUS NtUnloadKey2(POBJECT_ATTRIBUTES TargetKey, ULONG Flags) {
  if ((Flags & ~REG_FORCE_UNLOAD) != 0 || TargetKey == nullptr) return STATUS_INVALID_PARAMETER;
  if (!Holds(SE_RESTORE_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  PVOID object = nullptr;
  const NTSTATUS status = ReferenceByName(TargetKey, &object);
  if (!NT_SUCCESS(status)) return status;
  REG_UNLOAD_KEY_INFORMATION information{object, nullptr, nullptr, nullptr, nullptr};
  const NTSTATUS result =
      Notified(RegNtPreUnLoadKey, RegNtPostUnLoadKey, object, information, [&] { return Unload(object, (Flags & REG_FORCE_UNLOAD) != 0); });
  ObfDereferenceObject(object);
  return result;
}

NTSTATUS NtUnloadKey(POBJECT_ATTRIBUTES TargetKey) { return NtUnloadKey2(TargetKey, 0); }

NTSTATUS NtReplaceKey(POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle, POBJECT_ATTRIBUTES OldFile) {
  if (!Holds(SE_RESTORE_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  const UsedKey key(TargetHandle, 0);
  if (!NT_SUCCESS(key.status())) return key.status();
  OBJECT_ATTRIBUTES fresh{}, old{};
  CapturedString fresh_name, old_name;
  NTSTATUS status = CopyIn(&fresh, NewFile, sizeof fresh);
  if (NT_SUCCESS(status)) status = CopyIn(&old, OldFile, sizeof old);
  if (NT_SUCCESS(status)) status = fresh_name.Take(fresh.ObjectName);
  if (NT_SUCCESS(status)) status = old_name.Take(old.ObjectName);
  if (!NT_SUCCESS(status)) return status;
  REG_REPLACE_KEY_INFORMATION information{key.object(), old_name.string(), fresh_name.string(), nullptr, nullptr, nullptr};
  return Notified(RegNtPreReplaceKey, RegNtPostReplaceKey, key.object(), information, [&] { return Replace(key, NewFile, OldFile); });
}

/// Of a whole hive: how many of its keys are open, the topmost included.
NTSTATUS NtQueryOpenSubKeys(POBJECT_ATTRIBUTES TargetKey, PULONG HandleCount) {
  PVOID object = nullptr;
  NTSTATUS status = ProbeOut(HandleCount, sizeof *HandleCount, sizeof(ULONG));
  if (NT_SUCCESS(status)) status = ReferenceByName(TargetKey, &object);
  if (!NT_SUCCESS(status)) return status;
  const Key& key = *KeyOf(object);
  const ULONG own = key.references == 1 ? 1 : 0;  // this very service's look at it does not count
  const ULONG count = OpenKeysIn(key) - own;
  status = key.IsHiveRoot() && key.hive != nullptr ? CopyOut(HandleCount, &count, sizeof count) : STATUS_INVALID_PARAMETER;
  ObfDereferenceObject(object);
  return status;
}

/// A hive is written without gaps whenever it is written.
NTSTATUS NtCompressKey(HANDLE Key) {
  if (!Holds(SE_BACKUP_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  const UsedKey key(Key, 0);
  if (!NT_SUCCESS(key.status())) return key.status();
  if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
  return key->IsHiveRoot() && key->hive != nullptr ? SaveHive(key->hive) : STATUS_INVALID_PARAMETER;
}

/// Keys that are written one after the other lie together.
NTSTATUS NtCompactKeys(ULONG Count, PHANDLE KeyArray) {
  constexpr ULONG kLimit = 0x1000;
  if (!Holds(SE_BACKUP_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  if (Count > kLimit) return STATUS_INVALID_PARAMETER;
  Hive* hive = nullptr;
  for (ULONG i = 0; i < Count; ++i) {
    HANDLE handle = nullptr;
    const NTSTATUS status = CopyIn(&handle, &KeyArray[i], sizeof handle);
    if (!NT_SUCCESS(status)) return status;
    const UsedKey key(handle, KEY_WRITE);
    if (!NT_SUCCESS(key.status())) return key.status();
    if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
    if (hive != nullptr && key->hive != hive) return STATUS_INVALID_PARAMETER;
    hive = key->hive;
  }
  return hive != nullptr ? SaveHive(hive) : STATUS_SUCCESS;
}

}  // extern "C"
