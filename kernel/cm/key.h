// Keys and values: the registry's tree in memory. Names keep their case and are compared without regard to it.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nt/cm.h"

namespace nt::cm {

struct Hive;

/// A self-relative descriptor; keys share it.
using Security = std::shared_ptr<const std::vector<UCHAR>>;

/// Order of names without regard to case, as hives sort their subkeys.
std::weak_ordering CompareNames(std::u16string_view a, std::u16string_view b);
inline bool SameName(std::u16string_view a, std::u16string_view b) { return CompareNames(a, b) == 0; }

struct Value {
  std::u16string name;  ///< empty: the key's default value
  ULONG type = REG_NONE;
  std::vector<UCHAR> data;
};

/// One key. Its parent owns it; a deleted key lives on as long as it is referenced (registry.h).
struct Key {
  std::u16string name;
  std::u16string class_name;
  Key* parent = nullptr;     ///< null for \REGISTRY and for deleted keys
  Hive* hive = nullptr;      ///< null above the hives
  Security security;         ///< null: the hive's default
  LONGLONG last_write = 0;   ///< 100 ns units since 1601
  bool is_volatile = false;  ///< gone at the next boot
  UCHAR user_flags = 0;      ///< of WOW64, four bits, which nothing here reads
  UCHAR control_flags = 0;   ///< REG_KEY_..., four bits, about virtualization, of which there is none
  bool is_link = false;      ///< a symbolic link: its target is in SymbolicLinkValue
  bool deleted = false;
  ULONG_PTR id = 0;                            ///< by which drivers that look on know it; 0: none has asked
  ULONG references = 0;                        ///< key objects and running queries
  std::vector<std::unique_ptr<Key>> children;  ///< sorted by name
  std::vector<Value> values;                   ///< oldest first

  Key* Find(std::u16string_view child) const;
  /// Adds a key that is not there yet.
  Key* Add(std::u16string_view child, bool child_is_volatile, LONGLONG now);
  /// Takes a child out of the tree; it is then the caller's.
  std::unique_ptr<Key> Remove(Key* child, LONGLONG now);
  /// Gives a child another name, which none has.
  void Rename(Key* child, std::u16string_view name, LONGLONG now);
  void SetSecurity(Security descriptor, LONGLONG now);
  void SetTime(LONGLONG time) { Changed(time); }
  void SetFlags(UCHAR user, UCHAR control, LONGLONG now);

  const Value* FindValue(std::u16string_view value) const;
  /// Overwrites a value, which keeps its name's case and its place, or appends one.
  void SetValue(std::u16string_view value, ULONG type, const void* data, SIZE_T size, LONGLONG now);
  /// False if there is no such value.
  bool RemoveValue(std::u16string_view value, LONGLONG now);

  /// A hive's topmost key, or one above the hives: these cannot be deleted.
  bool IsHiveRoot() const { return hive == nullptr || parent == nullptr || parent->hive != hive; }
  /// The key's full name: \REGISTRY\MACHINE\...
  std::u16string Path() const;

 private:
  void Changed(LONGLONG now);
  std::vector<std::unique_ptr<Key>>::const_iterator Position(std::u16string_view child) const;
};

}  // namespace nt::cm
