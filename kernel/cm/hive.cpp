#include "kernel/cm/hive.h"

#include <hivex.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "kernel/cm/storage.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr int kMaxDepth = 512;  // levels of keys, as NT has it; a damaged file could have a cycle

struct Free {
  void operator()(void* memory) const { std::free(memory); }
  void operator()(hive_h* hive) const { hivex_close(hive); }
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

/// What libhivex does not tell: it is read from the file's bytes, at the key's offset there.
class Extras {
 public:
  explicit Extras(std::vector<UCHAR> bytes) : bytes_(std::move(bytes)) {}

  ULONG Sequence() const { return Number<ULONG>(0x04).value_or(0); }

  void Add(hive_node_h node, Key* key) {
    constexpr USHORT kLinkFlag = 0x10;
    key->is_link = key->is_link || (Number<USHORT>(node + 0x06).value_or(0) & kLinkFlag) != 0;
    const UCHAR flags = Number<UCHAR>(node + 0x3A).value_or(0);
    key->user_flags = flags & 0xF;
    key->control_flags = static_cast<UCHAR>(flags >> 4);
    const ULONG class_cell = Number<ULONG>(node + 0x34).value_or(kNone);
    const USHORT class_length = Number<USHORT>(node + 0x4E).value_or(0);
    if (class_cell != kNone && class_length != 0 && Has(kFirstBin + class_cell + sizeof(LONG), class_length)) {
      key->class_name.resize(class_length / sizeof(WCHAR));
      std::memcpy(key->class_name.data(), &bytes_[kFirstBin + class_cell + sizeof(LONG)], key->class_name.size() * sizeof(WCHAR));
    }
    const ULONG security = Number<ULONG>(node + 0x30).value_or(kNone);
    if (security != kNone) key->security = At(security);
  }

 private:
  static constexpr SIZE_T kFirstBin = 0x1000;
  static constexpr ULONG kNone = 0xFFFFFFFF;

  bool Has(SIZE_T offset, SIZE_T size) const { return offset <= bytes_.size() && size <= bytes_.size() - offset; }
  template <class T>
  std::optional<T> Number(SIZE_T offset) const {
    T value;
    if (!Has(offset, sizeof value)) return std::nullopt;
    std::memcpy(&value, &bytes_[offset], sizeof value);
    return value;
  }
  /// The descriptor of a security cell, which keys share; null if it is none.
  Security At(ULONG cell) {
    const auto known = securities_.find(cell);
    if (known != securities_.end()) return known->second;
    const SIZE_T at = kFirstBin + cell;
    const ULONG size = Number<ULONG>(at + 0x14).value_or(0);
    Security made;
    if (size != 0 && Has(at + 0x18, size))
      made = std::make_shared<const std::vector<UCHAR>>(bytes_.begin() + static_cast<LONG_PTR>(at + 0x18),
                                                        bytes_.begin() + static_cast<LONG_PTR>(at + 0x18 + size));
    return securities_[cell] = made;
  }

  std::vector<UCHAR> bytes_;
  std::map<ULONG, Security> securities_;
};

bool ReadKey(hive_h* hive, hive_node_h node, Key* key, Extras& extras, int depth) {
  if (depth > kMaxDepth || !ReadValues(hive, node, key)) return false;
  extras.Add(node, key);
  const Owned<hive_node_h> children(hivex_node_children(hive, node));
  if (!children) return false;
  for (const hive_node_h* child = children.get(); *child != 0; ++child) {
    const Owned<char> name(hivex_node_name(hive, *child));
    if (!name) return false;
    const std::u16string wide = ToUtf16(name.get());
    if (wide.empty() || key->Find(wide) != nullptr) return false;
    if (!ReadKey(hive, *child, key->Add(wide, false, 0), extras, depth + 1)) return false;
  }
  key->last_write = hivex_node_timestamp(hive, node);
  return true;
}

}  // namespace

NTSTATUS LoadHive(const std::string& file, Key* root, ULONG* sequence) {
  if (file.empty() || access(file.c_str(), F_OK) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
  std::vector<UCHAR> bytes;
  const Owned<hive_h> hive(hivex_open(file.c_str(), 0));
  if (!hive || !storage::Read(file, &bytes)) return STATUS_REGISTRY_CORRUPT;
  Extras extras(std::move(bytes));
  if (sequence != nullptr) *sequence = extras.Sequence();
  return ReadKey(hive.get(), hivex_root(hive.get()), root, extras, 0) ? STATUS_SUCCESS : STATUS_REGISTRY_CORRUPT;
}

NTSTATUS LoadHive(std::vector<UCHAR> bytes, Key* root) {
  if (bytes.size() < 4 || std::memcmp(bytes.data(), "regf", 4) != 0) return STATUS_NOT_REGISTRY_FILE;
  // libhivex reads files only; this one has no name.
  const storage::Unnamed file(bytes);
  const Owned<hive_h> hive(file.IsOpen() ? hivex_open(file.path().c_str(), 0) : nullptr);
  if (!hive) return STATUS_REGISTRY_CORRUPT;
  Extras extras(std::move(bytes));
  return ReadKey(hive.get(), hivex_root(hive.get()), root, extras, 0) ? STATUS_SUCCESS : STATUS_REGISTRY_CORRUPT;
}

NTSTATUS SaveHive(const std::string& file, const Key& root, ULONG sequence) {
  return storage::Replace(file, HiveBytes(root, sequence)) ? STATUS_SUCCESS : STATUS_REGISTRY_IO_FAILED;
}

}  // namespace nt::cm
