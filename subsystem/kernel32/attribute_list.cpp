// Lists of attributes for the creation of processes and threads: made, filled and looked into.
#include "subsystem/kernel32/attribute_list.h"

#include <algorithm>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;

namespace {

constexpr ULONG kNumber = 0xFFFF, kReplace = 1;
constexpr DWORD kMostEntries = 64;

struct Known {
  ULONG_PTR attribute;
  SIZE_T unit;  ///< the value's size is this, or of a list a multiple
  bool list;
};
constexpr Known kKnown[] = {
    {kAttributeParent, sizeof(HANDLE), false}, {kAttributeHandles, sizeof(HANDLE), true}, {kAttributeAffinity, 16, false},
    {kAttributeNode, sizeof(USHORT), false},   {kAttributeIdealProcessor, 4, false},      {kAttributeMitigation, sizeof(ULONG), true},
    {kAttributeChildPolicy, 4, false},
};

SIZE_T SizeOf(DWORD count) { return sizeof(AttributeList) - sizeof(AttributeEntry) + count * sizeof(AttributeEntry); }

}  // namespace

const AttributeEntry* FindAttribute(const AttributeList* list, ULONG_PTR attribute) {
  if (!list) return nullptr;
  const AttributeEntry* const end = list->entries + list->count;
  const AttributeEntry* const found =
      std::find_if(list->entries, end, [&](const AttributeEntry& one) { return one.attribute == attribute; });
  return found == end ? nullptr : found;
}

extern "C" {

/// Prepares a list for Count attributes. Without a list, or with too little room (*Size bytes), says how much is needed
/// (ERROR_INSUFFICIENT_BUFFER).
BOOL InitializeProcThreadAttributeList(PVOID List, DWORD Count, DWORD Flags, PSIZE_T Size) {
  if (Flags || Count > kMostEntries) return Fail(ERROR_INVALID_PARAMETER);
  const SIZE_T room = *Size;
  *Size = SizeOf(Count);
  if (!List || room < *Size) return Fail(ERROR_INSUFFICIENT_BUFFER);
  auto* const list = static_cast<AttributeList*>(List);
  list->present = list->count = list->reserved = 0;
  list->capacity = Count;
  list->unused = nullptr;
  return TRUE;
}

/// Adds an attribute; its value stays the caller's, and is read when the list is used. ERROR_NOT_SUPPORTED for an attribute that is not
/// known, ERROR_BAD_LENGTH for a value of the wrong size, ERROR_OBJECT_NAME_EXISTS for one that is there already, ERROR_GEN_FAILURE when
/// the list is full.
BOOL UpdateProcThreadAttribute(PVOID List, DWORD Flags, DWORD_PTR Attribute, PVOID Value, SIZE_T Size, PVOID PreviousValue,
                               [[maybe_unused]] PSIZE_T ReturnSize) {
  auto& list = *static_cast<AttributeList*>(List);
  if (Flags & ~kReplace || PreviousValue) return Fail(ERROR_INVALID_PARAMETER);
  const Known* const known =
      std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& one) { return one.attribute == Attribute; });
  if (known == std::end(kKnown)) return Fail(ERROR_NOT_SUPPORTED);
  if (known->list ? !Size || Size % known->unit : Size != known->unit) return Fail(ERROR_BAD_LENGTH);
  if (FindAttribute(&list, Attribute)) return Fail(ERROR_OBJECT_NAME_EXISTS);
  if (list.count == list.capacity) return Fail(ERROR_GEN_FAILURE);
  list.entries[list.count++] = {Attribute, Size, Value};
  list.present |= 1U << (Attribute & kNumber);
  return TRUE;
}

/// Ends the use of a list; its memory is the caller's.
VOID DeleteProcThreadAttributeList([[maybe_unused]] PVOID List) {}

}  // extern "C"
