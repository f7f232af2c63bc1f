// Atom tables: names as numbers of 16 bits, counted.
#include <cstring>

#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "kernel/rtl/tables.h"
#include "nt/status.h"

namespace {

constexpr ULONG kTag = 0x6D6F7441;  // 'Atom', as NT's
constexpr USHORT kFirst = 0xC000;
constexpr ULONG kMost = 0x10000 - kFirst;
constexpr ULONG kLongestName = 255;
constexpr ULONG kPinned = 1;
constexpr ULONG kUsualBuckets = 37;

struct Atom {
  Atom* next;  ///< in its bucket
  ULONG references;
  ULONG flags;
  USHORT number;
  USHORT length;  ///< in bytes
  WCHAR name[1];
};

struct Table {
  ULONG bucket_count;
  ULONG capacity;
  Atom** by_number;
  Atom* buckets[1];
};

Table* TableOf(PVOID table) { return static_cast<Table*>(table); }

template <class T>
T* Allocate(SIZE_T bytes) {
  auto* const memory = static_cast<T*>(nt::rtl::AllocateMemory(PagedPool, bytes, kTag));
  if (memory != nullptr) std::memset(static_cast<void*>(memory), 0, bytes);
  return memory;
}

UNICODE_STRING NameOf(Atom* atom) { return {atom->length, atom->length, atom->name}; }

Atom** BucketOf(Table* table, const UNICODE_STRING& name) {
  ULONG hash = 0;
  RtlHashUnicodeString(&name, TRUE, 0, &hash);
  return &table->buckets[hash % table->bucket_count];
}

Atom* Find(Table* table, const UNICODE_STRING& name) {
  for (Atom* atom = *BucketOf(table, name); atom != nullptr; atom = atom->next) {
    const UNICODE_STRING other = NameOf(atom);
    if (RtlEqualUnicodeString(&name, &other, TRUE)) return atom;
  }
  return nullptr;
}

Atom* AtomOf(Table* table, USHORT number) {
  return number < kFirst || number - kFirst >= static_cast<LONG>(table->capacity) ? nullptr : table->by_number[number - kFirst];
}

void Free(Table* table, Atom* atom) {
  Atom** link = BucketOf(table, NameOf(atom));
  while (*link != atom) link = &(*link)->next;
  *link = atom->next;
  table->by_number[atom->number - kFirst] = nullptr;
  nt::rtl::FreeMemory(atom, kTag);
}

bool Grow(Table* table) {
  const ULONG capacity = table->capacity == 0 ? 16 : table->capacity * 2;
  if (capacity > kMost) return false;
  auto** const by_number = Allocate<Atom*>(capacity * sizeof(Atom*));
  if (by_number == nullptr) return false;
  if (table->by_number != nullptr) {
    std::memcpy(by_number, table->by_number, table->capacity * sizeof(Atom*));
    nt::rtl::FreeMemory(table->by_number, kTag);
  }
  table->by_number = by_number;
  table->capacity = capacity;
  return true;
}

/// The first number that is free, or 0.
USHORT FreeNumber(Table* table) {
  ULONG index = 0;
  while (index < table->capacity && table->by_number[index] != nullptr) ++index;
  if (index == table->capacity && !Grow(table)) return 0;
  return static_cast<USHORT>(kFirst + index);
}

NTSTATUS Add(Table* table, const UNICODE_STRING& name, USHORT* number) {
  *number = FreeNumber(table);
  if (*number == 0) return STATUS_NO_MEMORY;
  auto* const atom = Allocate<Atom>(sizeof(Atom) + name.Length);
  if (atom == nullptr) return STATUS_NO_MEMORY;
  Atom** const bucket = BucketOf(table, name);
  atom->references = 1;
  atom->number = *number;
  atom->length = name.Length;
  std::memcpy(atom->name, name.Buffer, name.Length);
  atom->next = *bucket;
  *bucket = atom;
  table->by_number[*number - kFirst] = atom;
  return STATUS_SUCCESS;
}

/// What a name is: a number's atom (STATUS_SUCCESS), a text (STATUS_PENDING), or wrong.
NTSTATUS Classify(PCWSTR name, USHORT* number, UNICODE_STRING* text) {
  if (RtlGetIntegerAtom(name, number)) return *number >= kFirst ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
  ULONG length = 0;
  while (name[length] != 0 && length <= kLongestName) ++length;
  if (length == 0) return STATUS_OBJECT_NAME_INVALID;
  if (length > kLongestName) return STATUS_INVALID_PARAMETER;
  const auto bytes = static_cast<USHORT>(length * sizeof(WCHAR));
  *text = {bytes, bytes, const_cast<PWSTR>(name)};
  return STATUS_PENDING;
}

NTSTATUS CopyName(const UNICODE_STRING& name, PWSTR to, PULONG length) {
  ULONG copied = name.Length;
  if (*length >= name.Length + sizeof(WCHAR)) {
    *length = name.Length;
  } else if (*length >= sizeof(WCHAR)) {
    copied = *length - static_cast<ULONG>(sizeof(WCHAR));
    *length = copied;
  } else {
    *length = name.Length;
    return STATUS_BUFFER_TOO_SMALL;
  }
  std::memcpy(to, name.Buffer, copied);
  to[copied / sizeof(WCHAR)] = 0;
  return STATUS_SUCCESS;
}

}  // namespace

BOOLEAN RtlGetIntegerAtom(PCWSTR AtomName, PUSHORT IntegerAtom) {
  ULONG value = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(AtomName));
  if (reinterpret_cast<ULONG_PTR>(AtomName) > 0xFFFF) {
    if (AtomName[0] != '#') return FALSE;
    value = 0;
    for (const WCHAR* at = AtomName + 1; *at != 0; ++at) {
      if (*at < '0' || *at > '9') return FALSE;
      if (value < kFirst) value = value * 10 + (*at - u'0');
    }
    if (value > kFirst) value = kFirst;
  }
  if (IntegerAtom != nullptr) *IntegerAtom = value != 0 ? static_cast<USHORT>(value) : kFirst;
  return TRUE;
}

NTSTATUS RtlCreateAtomTable(ULONG NumberOfBuckets, PVOID* AtomTable) {
  if (*AtomTable != nullptr) return STATUS_SUCCESS;
  const ULONG buckets = NumberOfBuckets <= 1 ? kUsualBuckets : NumberOfBuckets;
  auto* const table = Allocate<Table>(sizeof(Table) + SIZE_T{buckets} * sizeof(Atom*));
  if (table == nullptr) return STATUS_NO_MEMORY;
  table->bucket_count = buckets;
  *AtomTable = table;
  return STATUS_SUCCESS;
}

NTSTATUS RtlEmptyAtomTable(PVOID AtomTable, BOOLEAN DeletePinned) {
  if (AtomTable == nullptr) return STATUS_INVALID_PARAMETER;
  Table* const table = TableOf(AtomTable);
  for (ULONG i = 0; i < table->capacity; ++i) {
    Atom* const atom = table->by_number[i];
    if (atom != nullptr && (DeletePinned != FALSE || (atom->flags & kPinned) == 0)) Free(table, atom);
  }
  return STATUS_SUCCESS;
}

NTSTATUS RtlDestroyAtomTable(PVOID AtomTable) {
  const NTSTATUS status = RtlEmptyAtomTable(AtomTable, TRUE);
  if (status != STATUS_SUCCESS) return status;
  if (TableOf(AtomTable)->by_number != nullptr) nt::rtl::FreeMemory(TableOf(AtomTable)->by_number, kTag);
  nt::rtl::FreeMemory(AtomTable, kTag);
  return STATUS_SUCCESS;
}

NTSTATUS RtlAddAtomToAtomTable(PVOID AtomTable, PCWSTR AtomName, PUSHORT Atom) {
  if (AtomTable == nullptr) return STATUS_INVALID_PARAMETER;
  USHORT number = 0;
  UNICODE_STRING name;
  NTSTATUS status = Classify(AtomName, &number, &name);
  if (status == STATUS_PENDING) {
    auto* const there = Find(TableOf(AtomTable), name);
    status = there == nullptr ? Add(TableOf(AtomTable), name, &number) : STATUS_SUCCESS;
    if (there != nullptr) {
      ++there->references;
      number = there->number;
    }
  }
  if (status == STATUS_SUCCESS && Atom != nullptr) *Atom = number;
  return status;
}

NTSTATUS RtlLookupAtomInAtomTable(PVOID AtomTable, PCWSTR AtomName, PUSHORT Atom) {
  if (AtomTable == nullptr) return STATUS_INVALID_PARAMETER;
  USHORT number = 0;
  UNICODE_STRING name;
  const NTSTATUS status = Classify(AtomName, &number, &name);
  if (status != STATUS_SUCCESS && status != STATUS_PENDING) return status;
  if (status == STATUS_PENDING) {
    const auto* const there = Find(TableOf(AtomTable), name);
    if (there == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
    number = there->number;
  }
  if (Atom != nullptr) *Atom = number;
  return STATUS_SUCCESS;
}

NTSTATUS RtlDeleteAtomFromAtomTable(PVOID AtomTable, USHORT Atom) {
  if (AtomTable == nullptr) return STATUS_INVALID_PARAMETER;
  if (Atom != 0 && Atom < kFirst) return STATUS_SUCCESS;
  auto* const atom = AtomOf(TableOf(AtomTable), Atom);
  if (atom == nullptr) return STATUS_INVALID_HANDLE;
  if ((atom->flags & kPinned) != 0) return STATUS_WAS_LOCKED;
  if (--atom->references == 0) Free(TableOf(AtomTable), atom);
  return STATUS_SUCCESS;
}

NTSTATUS RtlPinAtomInAtomTable(PVOID AtomTable, USHORT Atom) {
  if (AtomTable == nullptr) return STATUS_INVALID_PARAMETER;
  if (Atom != 0 && Atom < kFirst) return STATUS_SUCCESS;
  auto* const atom = AtomOf(TableOf(AtomTable), Atom);
  if (atom == nullptr) return STATUS_INVALID_HANDLE;
  atom->flags |= kPinned;
  return STATUS_SUCCESS;
}

NTSTATUS RtlQueryAtomInAtomTable(PVOID AtomTable, USHORT Atom, PULONG AtomUsage, PULONG AtomFlags, PWSTR AtomName, PULONG AtomNameLength) {
  if (AtomTable == nullptr || Atom == 0) return STATUS_INVALID_PARAMETER;
  WCHAR number[8] = u"#";
  UNICODE_STRING name{0, sizeof number - sizeof(WCHAR), number + 1};
  ULONG usage = 1, flags = kPinned;
  if (Atom < kFirst) {
    RtlIntegerToUnicodeString(Atom, 10, &name);
    name = {static_cast<USHORT>(name.Length + sizeof(WCHAR)), sizeof number, number};
  } else {
    auto* const atom = AtomOf(TableOf(AtomTable), Atom);
    if (atom == nullptr) return STATUS_INVALID_HANDLE;
    usage = atom->references;
    flags = atom->flags;
    name = NameOf(atom);
  }
  if (AtomUsage != nullptr) *AtomUsage = usage;
  if (AtomFlags != nullptr) *AtomFlags = flags;
  return AtomName == nullptr ? STATUS_SUCCESS : CopyName(name, AtomName, AtomNameLength);
}
