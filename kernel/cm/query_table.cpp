// Whatever a routine is given lies in a block of its own, and no C++ object lives while it runs: it may raise, or change the keys.
#include "kernel/cm/query_table.h"

#include <algorithm>
#include <cstring>

#include "kernel/cm/registry.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

using Entry = RTL_QUERY_REGISTRY_TABLE;

struct Query {
  PVOID context;
  const WCHAR* environment;
  const QueryHooks& hooks;
};

/// A value on its way to the caller; name and data follow in the same block.
struct Item {
  PWSTR name;
  UCHAR* data;
  ULONG type;
  ULONG length;  ///< bytes, with the terminator
};

bool IsText(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

bool Has(const Entry& entry, ULONG flag) { return (entry.Flags & flag) != 0; }

/// Copies a value; text gets a terminator if it has none.
Item* CopyItem(const Query& query, std::u16string_view name, ULONG type, const void* data, SIZE_T size) {
  const SIZE_T used = IsText(type) ? size & ~SIZE_T{1} : size;
  const SIZE_T name_bytes = (name.size() + 1) * sizeof(WCHAR);
  auto* const item = static_cast<Item*>(query.hooks.allocate(sizeof(Item) + name_bytes + used + 3 * sizeof(WCHAR)));
  if (item == nullptr) return nullptr;
  item->name = reinterpret_cast<PWSTR>(item + 1);
  std::memcpy(item->name, name.data(), name.size() * sizeof(WCHAR));
  item->name[name.size()] = 0;
  item->data = reinterpret_cast<UCHAR*>(item->name) + ((name_bytes + 3) & ~SIZE_T{3});  // numbers are read as such
  if (used != 0) std::memcpy(item->data, data, used);
  std::memset(item->data + used, 0, sizeof(WCHAR));
  item->type = type;
  const auto* const text = reinterpret_cast<const WCHAR*>(item->data);
  const bool terminated = !IsText(type) || (used != 0 && text[used / sizeof(WCHAR) - 1] == 0);
  item->length = static_cast<ULONG>(terminated ? used : used + sizeof(WCHAR));
  return item;
}

Item* MakeItem(const Query& query, const Entry& entry, std::u16string_view name, ULONG type, const void* data, SIZE_T size) {
  if (type != REG_EXPAND_SZ || Has(entry, RTL_QUERY_REGISTRY_NOEXPAND)) return CopyItem(query, name, type, data, size);
  std::u16string text(size / sizeof(WCHAR), u'\0');
  if (!text.empty()) std::memcpy(text.data(), data, text.size() * sizeof(WCHAR));
  text.resize(std::min(text.find(u'\0'), text.size()));
  text = ExpandVariables(text, query.environment);
  return CopyItem(query, name, REG_SZ, text.data(), text.size() * sizeof(WCHAR));
}

// ---- RTL_QUERY_REGISTRY_DIRECT -------------------------------------------------------------------------------------------

NTSTATUS StoreText(const Query& query, const void* data, ULONG length, PUNICODE_STRING string) {
  constexpr ULONG kMaxLength = 0xFFFE;
  const auto stored = static_cast<USHORT>(std::min(length, kMaxLength));
  if (string->Buffer == nullptr) {
    string->Buffer = static_cast<PWSTR>(query.hooks.allocate(stored));
    if (string->Buffer == nullptr) return STATUS_NO_MEMORY;
    string->MaximumLength = stored;
  }
  if (stored > string->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(string->Buffer, data, stored);
  string->Length = static_cast<USHORT>(stored - sizeof(WCHAR));
  return STATUS_SUCCESS;
}

/// More than four bytes: the caller's buffer starts with its size. Negative: only the data is wanted; else its length and type come first.
NTSTATUS StoreBytes(ULONG type, const void* data, ULONG length, PVOID target) {
  LONG room;
  std::memcpy(&room, target, sizeof room);
  if (room < 0) {
    if (length > -static_cast<LONGLONG>(room)) return STATUS_BUFFER_TOO_SMALL;
    std::memcpy(target, data, length);
    return STATUS_SUCCESS;
  }
  const ULONG header[] = {length, type};
  if (sizeof header + length > static_cast<ULONG>(room)) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(target, header, sizeof header);
  std::memcpy(static_cast<UCHAR*>(target) + sizeof header, data, length);
  return STATUS_SUCCESS;
}

NTSTATUS Store(const Query& query, ULONG type, const void* data, ULONG length, PVOID target) {
  if (IsText(type)) return StoreText(query, data, length, static_cast<PUNICODE_STRING>(target));
  if (length > sizeof(ULONG)) return StoreBytes(type, data, length, target);
  std::memcpy(target, data, length);
  return STATUS_SUCCESS;
}

/// DefaultType's top byte is the type that the caller counts on.
NTSTATUS CheckType(const Query& query, const Entry& entry, const Key& key, ULONG type) {
  if (!Has(entry, RTL_QUERY_REGISTRY_DIRECT)) return STATUS_SUCCESS;
  if (Has(entry, RTL_QUERY_REGISTRY_TYPECHECK)) {
    return type == entry.DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
  }
  if (key.hive != nullptr && !key.hive->trusted) query.hooks.unsafe_access();
  return STATUS_SUCCESS;
}

// ---- delivery ------------------------------------------------------------------------------------------------------------

NTSTATUS DeliverOne(const Query& query, const Entry& entry, PWSTR name, ULONG type, PVOID data, ULONG length, PVOID target) {
  if (Has(entry, RTL_QUERY_REGISTRY_DIRECT)) return Store(query, type, data, length, target);
  return query.hooks.call(entry.QueryRoutine, name, type, data, length, query.context, target);
}

/// Each string of a REG_MULTI_SZ, as a REG_SZ of its own; stored directly they go into one UNICODE_STRING after the other.
NTSTATUS DeliverEach(const Query& query, const Entry& entry, Item* item) {
  auto* text = reinterpret_cast<PWSTR>(item->data);
  auto* target = static_cast<UCHAR*>(entry.EntryContext);
  PCWSTR const end = text + item->length / sizeof(WCHAR);
  while (text < end && *text != 0) {
    PWSTR const next = std::find(text, const_cast<PWSTR>(end), u'\0') + 1;
    const NTSTATUS status = DeliverOne(query, entry, item->name, REG_SZ, text, static_cast<ULONG>(next - text) * 2, target);
    if (!NT_SUCCESS(status)) return status;
    if (Has(entry, RTL_QUERY_REGISTRY_DIRECT)) target += sizeof(UNICODE_STRING);
    text = next;
  }
  return STATUS_SUCCESS;
}

NTSTATUS Deliver(const Query& query, const Entry& entry, std::u16string_view name, ULONG type, const void* data, SIZE_T size) {
  Item* const item = MakeItem(query, entry, name, type, data, size);
  if (item == nullptr) return STATUS_NO_MEMORY;
  const bool each = item->type == REG_MULTI_SZ && !Has(entry, RTL_QUERY_REGISTRY_NOEXPAND);
  const NTSTATUS status = each ? DeliverEach(query, entry, item)
                               : DeliverOne(query, entry, item->name, item->type, item->data, item->length, entry.EntryContext);
  query.hooks.free(item);
  return status;
}

SIZE_T TextBytes(const Entry& entry) {
  const auto* const text = static_cast<const WCHAR*>(entry.DefaultData);
  SIZE_T length = std::char_traits<WCHAR>::length(text) + 1;
  if (entry.DefaultType == REG_MULTI_SZ && length > 1) {
    while (text[length] != 0) length += std::char_traits<WCHAR>::length(text + length) + 1;
    ++length;
  }
  return length * sizeof(WCHAR);
}

ULONG DefaultTypeOf(const Entry& entry) {
  return Has(entry, RTL_QUERY_REGISTRY_TYPECHECK) ? entry.DefaultType & ~RTL_QUERY_REGISTRY_TYPECHECK_MASK : entry.DefaultType;
}

NTSTATUS DeliverDefault(const Query& query, const Entry& entry) {
  if (Has(entry, RTL_QUERY_REGISTRY_REQUIRED)) return STATUS_OBJECT_NAME_NOT_FOUND;
  const ULONG type = DefaultTypeOf(entry);
  if (type == REG_NONE) return STATUS_SUCCESS;
  if (entry.DefaultData == nullptr) return STATUS_DATA_OVERRUN;
  Entry plain = entry;
  plain.DefaultType = type;
  const SIZE_T size = entry.DefaultLength == 0 && IsText(type) ? TextBytes(plain) : entry.DefaultLength;
  return Deliver(query, entry, entry.Name != nullptr ? entry.Name : u"", type, entry.DefaultData, size);
}

NTSTATUS DeliverNamed(const Query& query, const Entry& entry, Key* key) {
  const Value* const value = key->deleted ? nullptr : key->FindValue(entry.Name);
  // A value that says nothing, of the type that the default has, is as good as none.
  const bool says_nothing = value == nullptr || value->type == REG_NONE || (value->data.empty() && value->type == DefaultTypeOf(entry));
  if (says_nothing) return DeliverDefault(query, entry);
  NTSTATUS status = CheckType(query, entry, *key, value->type);
  if (NT_SUCCESS(status)) status = Deliver(query, entry, entry.Name, value->type, value->data.data(), value->data.size());
  if (NT_SUCCESS(status) && Has(entry, RTL_QUERY_REGISTRY_DELETE)) DeleteKeyValue(key, entry.Name);
  return status;
}

/// All values of a key, in their order. A routine may delete the one it is told of.
NTSTATUS DeliverAll(const Query& query, const Entry& entry, Key* key) {
  if (key->values.empty() && Has(entry, RTL_QUERY_REGISTRY_REQUIRED)) return STATUS_OBJECT_NAME_NOT_FOUND;
  for (SIZE_T i = 0; !key->deleted && i < key->values.size();) {
    const Value& value = key->values[i];
    const NTSTATUS status = Deliver(query, entry, value.name, value.type, value.data.data(), value.data.size());
    if (!NT_SUCCESS(status)) return status;
    if (Has(entry, RTL_QUERY_REGISTRY_DELETE) && i < key->values.size()) {
      DeleteKeyValue(key, key->values[i].name);
    } else {
      ++i;
    }
  }
  return STATUS_SUCCESS;
}

/// One step of the table; `*current` is the key that entries without SUBKEY or TOPKEY speak of, referenced if it is not `top`.
NTSTATUS Step(const Query& query, const Entry& entry, Key* top, Key** current) {
  const bool subkey = Has(entry, RTL_QUERY_REGISTRY_SUBKEY);
  if (Has(entry, RTL_QUERY_REGISTRY_DIRECT) && (entry.Name == nullptr || subkey || entry.QueryRoutine != nullptr))
    return STATUS_INVALID_PARAMETER;
  if ((subkey || Has(entry, RTL_QUERY_REGISTRY_TOPKEY)) && *current != top) {
    DereferenceKey(*current);
    *current = top;
  }
  if (subkey) {
    if (entry.Name == nullptr) return STATUS_INVALID_PARAMETER;
    Walk walk;
    Key* found = nullptr;
    const NTSTATUS status = WalkTo(top, entry.Name, walk, &found);
    if (!NT_SUCCESS(status)) return status;
    if (found != top) ReferenceKey(found);
    *current = found;
    return entry.QueryRoutine != nullptr ? DeliverAll(query, entry, found) : STATUS_SUCCESS;
  }
  if (entry.Name != nullptr) return DeliverNamed(query, entry, *current);
  if (Has(entry, RTL_QUERY_REGISTRY_NOVALUE)) {
    return query.hooks.call(entry.QueryRoutine, nullptr, REG_NONE, nullptr, 0, query.context, entry.EntryContext);
  }
  return DeliverAll(query, entry, *current);
}

}  // namespace

NTSTATUS QueryValues(Key* top, const RTL_QUERY_REGISTRY_TABLE* table, PVOID context, const WCHAR* environment, const QueryHooks& hooks) {
  const Query query{context, environment, hooks};
  Key* current = top;
  NTSTATUS status = STATUS_SUCCESS;
  for (; NT_SUCCESS(status); ++table) {
    if (table->QueryRoutine == nullptr && !Has(*table, RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)) break;
    status = Step(query, *table, top, &current);
  }
  if (current != top) DereferenceKey(current);
  return status;
}

std::u16string ExpandVariables(std::u16string_view text, const WCHAR* environment) {
  std::u16string expanded;
  while (!text.empty()) {
    const SIZE_T start = std::min(text.find(u'%'), text.size());
    expanded += text.substr(0, start);
    text.remove_prefix(start);
    const SIZE_T end = text.find(u'%', 1);
    if (end == text.npos) return expanded.append(text);
    const std::u16string_view name = text.substr(1, end - 1);
    std::u16string_view replacement = text.substr(0, end + 1);
    for (const WCHAR* at = environment; at != nullptr && *at != 0; at += std::char_traits<WCHAR>::length(at) + 1) {
      const std::u16string_view variable(at);
      const SIZE_T equals = variable.find(u'=', 1);  // names of current directories start with one
      if (equals != variable.npos && SameName(variable.substr(0, equals), name)) replacement = variable.substr(equals + 1);
    }
    expanded += replacement;
    text.remove_prefix(end + 1);
  }
  return expanded;
}

}  // namespace nt::cm
