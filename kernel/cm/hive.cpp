#include "kernel/cm/hive.h"

#include <hivex.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr int kMaxDepth = 512;  // levels of keys, as NT has it; a damaged file could have a cycle

struct Free {
  void operator()(void* memory) const { std::free(memory); }
  void operator()(hive_h* hive) const { hivex_close(hive); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::u16string ToUtf16(const char* text) {
  const auto length = static_cast<ULONG>(std::strlen(text));
  std::u16string wide(length, u'\0');
  ULONG bytes = 0;
  RtlUTF8ToUnicodeN(wide.data(), length * 2, &bytes, text, length);
  wide.resize(bytes / sizeof(WCHAR));
  return wide;
}

std::string ToUtf8(const std::u16string& text) {
  std::string narrow(text.size() * 3, '\0');
  ULONG bytes = 0;
  RtlUnicodeToUTF8N(narrow.data(), static_cast<ULONG>(narrow.size()), &bytes, text.data(), static_cast<ULONG>(text.size() * sizeof(WCHAR)));
  narrow.resize(bytes);
  return narrow;
}

// ---- reading -------------------------------------------------------------------------------------------------------------

bool ReadValues(hive_h* hive, hive_node_h node, Key* key) {
  const Owned<hive_value_h> values(hivex_node_values(hive, node));
  if (!values) return false;
  for (const hive_value_h* value = values.get(); *value != 0; ++value) {
    ULONG type = REG_NONE;  // any number may be stored, not only those of hive_type
    std::size_t size = 0;
    const Owned<char> name(hivex_value_key(hive, *value));
    const Owned<char> data(hivex_value_value(hive, *value, reinterpret_cast<hive_type*>(&type), &size));
    if (!name || !data) return false;
    key->SetValue(ToUtf16(name.get()), type, data.get(), size, 0);
    if (type == REG_LINK && SameName(key->values.back().name, u"SymbolicLinkValue")) key->is_link = true;
  }
  return true;
}

bool ReadKey(hive_h* hive, hive_node_h node, Key* key, int depth) {
  if (depth > kMaxDepth || !ReadValues(hive, node, key)) return false;
  const Owned<hive_node_h> children(hivex_node_children(hive, node));
  if (!children) return false;
  for (const hive_node_h* child = children.get(); *child != 0; ++child) {
    const Owned<char> name(hivex_node_name(hive, *child));
    if (!name) return false;
    const std::u16string wide = ToUtf16(name.get());
    if (wide.empty() || key->Find(wide) != nullptr) return false;
    if (!ReadKey(hive, *child, key->Add(wide, false, 0), depth + 1)) return false;
  }
  key->last_write = hivex_node_timestamp(hive, node);
  return true;
}

// ---- writing -------------------------------------------------------------------------------------------------------------

/// What libhivex cannot set; written into the finished file at the key's offset.
struct Patch {
  hive_node_h node;
  LONGLONG last_write;
  bool is_link;
};

bool WriteValues(hive_h* hive, hive_node_h node, const Key& key) {
  std::vector<std::string> names;
  std::vector<hive_set_value> values;
  names.reserve(key.values.size());
  for (const Value& value : key.values) {
    names.push_back(ToUtf8(value.name));
    auto* const data = const_cast<char*>(reinterpret_cast<const char*>(value.data.data()));
    values.push_back({names.back().data(), hive_t_none, value.data.size(), data});
    std::memcpy(&values.back().t, &value.type, sizeof value.type);
  }
  return values.empty() || hivex_node_set_values(hive, node, values.size(), values.data(), 0) == 0;
}

bool WriteKey(hive_h* hive, hive_node_h node, const Key& key, std::vector<Patch>* patches) {
  if (!WriteValues(hive, node, key)) return false;
  patches->push_back({node, key.last_write, key.is_link});
  for (const auto& child : key.children) {
    if (child->is_volatile) continue;
    const hive_node_h made = hivex_node_add_child(hive, node, ToUtf8(child->name).c_str());
    if (made == 0 || !WriteKey(hive, made, *child, patches)) return false;
  }
  return true;
}

bool WriteFile(const std::string& file, const std::vector<UCHAR>& bytes) {
  const Owned<std::FILE> out(std::fopen(file.c_str(), "wb"));
  return out && std::fwrite(bytes.data(), 1, bytes.size(), out.get()) == bytes.size() && std::fflush(out.get()) == 0;
}

bool Fill(const std::string& file, const Key& root, std::vector<Patch>* patches) {
  const Owned<hive_h> hive(hivex_open(file.c_str(), HIVEX_OPEN_WRITE));
  return hive && WriteKey(hive.get(), hivex_root(hive.get()), root, patches) && hivex_commit(hive.get(), nullptr, 0) == 0;
}

bool Apply(const std::string& file, const std::vector<Patch>& patches) {
  constexpr hive_node_h kFlags = 0x06, kLastWrite = 0x08;  // in the key's cell
  constexpr UCHAR kLinkFlag = 0x10;
  const Owned<std::FILE> out(std::fopen(file.c_str(), "r+b"));
  if (!out) return false;
  const int descriptor = fileno(out.get());
  for (const Patch& patch : patches) {
    if (pwrite(descriptor, &patch.last_write, sizeof patch.last_write, static_cast<off_t>(patch.node + kLastWrite)) < 0) return false;
    if (!patch.is_link) continue;
    const auto at = static_cast<off_t>(patch.node + kFlags);
    UCHAR flags = 0;
    if (pread(descriptor, &flags, sizeof flags, at) != 1) return false;
    flags |= kLinkFlag;
    if (pwrite(descriptor, &flags, sizeof flags, at) != 1) return false;
  }
  return fsync(descriptor) == 0;
}

}  // namespace

NTSTATUS LoadHive(const std::string& file, Key* root) {
  if (file.empty() || access(file.c_str(), F_OK) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
  const Owned<hive_h> hive(hivex_open(file.c_str(), 0));
  return hive && ReadKey(hive.get(), hivex_root(hive.get()), root, 0) ? STATUS_SUCCESS : STATUS_REGISTRY_CORRUPT;
}

NTSTATUS SaveHive(const std::string& file, const Key& root) {
  const std::filesystem::path target(file);
  const std::string temporary = file + ".new";
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  std::vector<Patch> patches;
  const bool written = WriteFile(temporary, EmptyHive(root.last_write)) && Fill(temporary, root, &patches) && Apply(temporary, patches);
  if (written) std::filesystem::rename(temporary, target, error);
  if (written && !error) return STATUS_SUCCESS;
  std::filesystem::remove(temporary, error);
  return STATUS_REGISTRY_IO_FAILED;
}

}  // namespace nt::cm
