// The registry for the kernel itself, by path.
#include "kernel/cm/cm.h"

#include <algorithm>
#include <cstring>

#include "kernel/cm/key_object.h"
#include "kernel/cm/registry.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

NTSTATUS Find(std::u16string_view path, Key** key) {
  Walk walk;
  return StripRegistry(&path) ? WalkTo(&TheRegistry().root, path, walk, key) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/// Finds a key, making it and all missing ones above it.
NTSTATUS FindOrCreate(std::u16string_view path, Key** key, bool is_volatile = false) {
  if (!StripRegistry(&path)) return STATUS_OBJECT_NAME_INVALID;
  Key* at = &TheRegistry().root;
  while (!path.empty()) {
    path.remove_prefix(std::min(path.find_first_not_of(u'\\'), path.size()));
    const std::u16string_view component = path.substr(0, path.find(u'\\'));
    path.remove_prefix(component.size());
    Walk walk;
    walk.create = true;
    walk.options = is_volatile || at->is_volatile ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE;
    const NTSTATUS status = WalkTo(at, component, walk, &at);
    if (!NT_SUCCESS(status)) return status;
  }
  *key = at;
  return STATUS_SUCCESS;
}

const Value* FindValue(std::u16string_view path, std::u16string_view name) {
  Key* key = nullptr;
  return NT_SUCCESS(Find(path, &key)) ? key->FindValue(name) : nullptr;
}

std::u16string TextOf(const Value& value) {
  std::u16string text(value.data.size() / sizeof(WCHAR), u'\0');
  std::memcpy(text.data(), value.data.data(), text.size() * sizeof(WCHAR));
  return text;
}

NTSTATUS DeleteAll(Key* key) {
  if (key->IsHiveRoot()) return STATUS_CANNOT_DELETE;
  while (!key->children.empty()) {
    const NTSTATUS status = DeleteAll(key->children.back().get());
    if (!NT_SUCCESS(status)) return status;
  }
  return DeleteKey(key);
}

}  // namespace

NTSTATUS Initialize(const std::string& machine_directory) {
  const NTSTATUS status = LoadRegistry(machine_directory, &ke::SystemTime);
  if (NT_SUCCESS(status)) CreateKeyType(&TheRegistry().root);
  return status;
}

void InitializeExports() { ExportKeyType(); }

void Shutdown() {
  SaveRegistry();
  FreeRegistry();
}

NTSTATUS Flush() { return SaveRegistry(); }

NTSTATUS CreateKey(std::u16string_view key_path, bool is_volatile) {
  Key* key = nullptr;
  return FindOrCreate(key_path, &key, is_volatile);
}

bool KeyExists(std::u16string_view key_path) {
  Key* key = nullptr;
  return NT_SUCCESS(Find(key_path, &key));
}

std::vector<std::u16string> SubKeys(std::u16string_view key_path) {
  Key* key = nullptr;
  std::vector<std::u16string> names;
  if (!NT_SUCCESS(Find(key_path, &key))) return names;
  for (const auto& child : key->children) names.push_back(child->name);
  return names;
}

NTSTATUS DeleteTree(std::u16string_view key_path) {
  Key* key = nullptr;
  const NTSTATUS status = Find(key_path, &key);
  return NT_SUCCESS(status) ? DeleteAll(key) : status;
}

NTSTATUS SetBinary(std::u16string_view key_path, std::u16string_view name, ULONG type, const void* data, SIZE_T size) {
  Key* key = nullptr;
  const NTSTATUS status = FindOrCreate(key_path, &key);
  return NT_SUCCESS(status) ? SetKeyValue(key, name, type, data, size) : status;
}

NTSTATUS SetDword(std::u16string_view key_path, std::u16string_view name, ULONG value) {
  return SetBinary(key_path, name, REG_DWORD, &value, sizeof value);
}

NTSTATUS SetString(std::u16string_view key_path, std::u16string_view name, std::u16string_view value, ULONG type) {
  const std::u16string terminated(value);
  return SetBinary(key_path, name, type, terminated.c_str(), (terminated.size() + 1) * sizeof(WCHAR));
}

NTSTATUS SetStrings(std::u16string_view key_path, std::u16string_view name, const std::vector<std::u16string>& value) {
  std::u16string all;
  for (const std::u16string& each : value) all += each + u'\0';
  return SetBinary(key_path, name, REG_MULTI_SZ, all.c_str(), (all.size() + 1) * sizeof(WCHAR));
}

std::optional<ULONG> ReadDword(std::u16string_view key_path, std::u16string_view name) {
  const Value* const value = FindValue(key_path, name);
  ULONG number = 0;
  if (value == nullptr || value->type != REG_DWORD || value->data.size() != sizeof number) return std::nullopt;
  std::memcpy(&number, value->data.data(), sizeof number);
  return number;
}

std::optional<std::u16string> ReadString(std::u16string_view key_path, std::u16string_view name) {
  const Value* const value = FindValue(key_path, name);
  if (value == nullptr || (value->type != REG_SZ && value->type != REG_EXPAND_SZ)) return std::nullopt;
  const std::u16string text = TextOf(*value);
  return text.substr(0, text.find(u'\0'));
}

std::optional<std::vector<UCHAR>> ReadBinary(std::u16string_view key_path, std::u16string_view name) {
  const Value* const value = FindValue(key_path, name);
  if (value == nullptr || value->type != REG_BINARY) return std::nullopt;
  return value->data;
}

std::optional<std::vector<std::u16string>> ReadStrings(std::u16string_view key_path, std::u16string_view name) {
  const Value* const value = FindValue(key_path, name);
  if (value == nullptr || value->type != REG_MULTI_SZ) return std::nullopt;
  const std::u16string all = TextOf(*value);
  std::vector<std::u16string> strings;
  for (SIZE_T at = 0; at < all.size() && all[at] != u'\0'; at += strings.back().size() + 1) {
    strings.push_back(all.substr(at, all.find(u'\0', at) - at));
  }
  return strings;
}

NTSTATUS DeleteValue(std::u16string_view key_path, std::u16string_view name) {
  Key* key = nullptr;
  const NTSTATUS status = Find(key_path, &key);
  return NT_SUCCESS(status) ? DeleteKeyValue(key, name) : status;
}

}  // namespace nt::cm
