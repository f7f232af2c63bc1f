#include "kernel/cm/key.h"

#include <algorithm>

#include "kernel/cm/hive.h"
#include "kernel/rtl/rtl.h"

namespace nt::cm {

std::weak_ordering CompareNames(std::u16string_view a, std::u16string_view b) {
  const auto by_upcase = [](WCHAR x, WCHAR y) { return RtlUpcaseUnicodeChar(x) <=> RtlUpcaseUnicodeChar(y); };
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end(), by_upcase);
}

std::vector<std::unique_ptr<Key>>::const_iterator Key::Position(std::u16string_view child) const {
  return std::lower_bound(children.begin(), children.end(), child,
                          [](const std::unique_ptr<Key>& key, std::u16string_view wanted) { return CompareNames(key->name, wanted) < 0; });
}

Key* Key::Find(std::u16string_view child) const {
  const auto at = Position(child);
  return at != children.end() && SameName((*at)->name, child) ? at->get() : nullptr;
}

Key* Key::Add(std::u16string_view child, bool child_is_volatile, LONGLONG now) {
  auto key = std::make_unique<Key>();
  key->name = child;
  key->parent = this;
  key->hive = hive;
  key->last_write = now;
  key->is_volatile = child_is_volatile;
  key->security = security;
  Key* const added = children.insert(Position(child), std::move(key))->get();
  last_write = now;
  added->Changed(now);
  return added;
}

std::unique_ptr<Key> Key::Remove(Key* child, LONGLONG now) {
  child->Changed(now);
  const auto at = children.begin() + (Position(child->name) - children.cbegin());
  std::unique_ptr<Key> removed = std::move(*at);
  children.erase(at);
  removed->parent = nullptr;
  removed->deleted = true;
  last_write = now;
  return removed;
}

void Key::Rename(Key* child, std::u16string_view new_name, LONGLONG now) {
  const auto at = children.begin() + (Position(child->name) - children.cbegin());
  std::unique_ptr<Key> renamed = std::move(*at);
  children.erase(at);
  renamed->name = new_name;
  children.insert(Position(new_name), std::move(renamed));
  last_write = now;
  child->Changed(now);
}

void Key::SetSecurity(Security descriptor, LONGLONG now) {
  security = std::move(descriptor);
  Changed(now);
}

void Key::SetFlags(UCHAR user, UCHAR control, LONGLONG now) {
  user_flags = user;
  control_flags = control;
  Changed(now);
}

const Value* Key::FindValue(std::u16string_view value) const {
  const auto at = std::ranges::find_if(values, [value](const Value& each) { return SameName(each.name, value); });
  return at != values.end() ? &*at : nullptr;
}

void Key::SetValue(std::u16string_view value, ULONG type, const void* data, SIZE_T size, LONGLONG now) {
  auto at = std::ranges::find_if(values, [value](const Value& each) { return SameName(each.name, value); });
  if (at == values.end()) at = values.insert(at, Value{std::u16string(value), type, {}});
  at->type = type;
  const auto* const bytes = static_cast<const UCHAR*>(data);
  at->data.assign(bytes, bytes + size);
  Changed(now);
}

bool Key::RemoveValue(std::u16string_view value, LONGLONG now) {
  const auto at = std::ranges::find_if(values, [value](const Value& each) { return SameName(each.name, value); });
  if (at == values.end()) return false;
  values.erase(at);
  Changed(now);
  return true;
}

std::u16string Key::Path() const { return (parent != nullptr ? parent->Path() : std::u16string()) + u'\\' + name; }

void Key::Changed(LONGLONG now) {
  last_write = now;
  if (hive != nullptr && !is_volatile) hive->dirty = true;
}

}  // namespace nt::cm
