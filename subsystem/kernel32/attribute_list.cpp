#include "subsystem/kernel32/attribute_list.h"

#include <cstddef>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;

namespace {

constexpr DWORD kObjectNameExists = 698;  // ERROR_OBJECT_NAME_EXISTS
constexpr ULONG kNumberMask = 0xFFFF;

/// The bytes of an attribute's value; 0 for one that is not known, ~0 for any number of handles.
SIZE_T SizeOf(ULONG_PTR attribute) {
  constexpr ULONG_PTR kPreferredNode = 0x20004, kMitigations = 0x20007, kChildPolicy = 0x2000E, kIdealProcessor = 0x30005;
  switch (attribute) {
    case kParentProcess:
      return sizeof(HANDLE);
    case kHandleList:
      return ~SIZE_T{0};
    case kPreferredNode:
      return sizeof(USHORT);
    case kMitigations:
      return sizeof(ULONG64);
    case kGroupAffinity:
      return 16;  // GROUP_AFFINITY
    case kIdealProcessor:
    case kChildPolicy:
      return sizeof(DWORD);
    default:
      return 0;
  }
}

bool Fits(ULONG_PTR attribute, SIZE_T size) {
  const SIZE_T wanted = SizeOf(attribute);
  return wanted == ~SIZE_T{0} ? size != 0 && size % sizeof(HANDLE) == 0 : size == wanted;
}

}  // namespace

extern "C" {

/// Begins a list for so many attributes; `Size` gets the bytes that it needs.
BOOL InitializeProcThreadAttributeList(PVOID List, DWORD Count, DWORD Flags, PSIZE_T Size) {
  const SIZE_T needed = offsetof(AttributeList, entries) + Count * sizeof(AttributeList::Entry), room = *Size;
  if (Flags) return Fail(ERROR_INVALID_PARAMETER);
  *Size = needed;
  if (!List || room < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  auto& list = *static_cast<AttributeList*>(List);
  list.present = list.count = list.reserved = 0;
  list.reserved2 = 0;
  list.room = Count;
  return TRUE;
}

/// Adds an attribute; its value is looked at when the process is created.
BOOL UpdateProcThreadAttribute(PVOID List, DWORD Flags, ULONG_PTR Attribute, PVOID Value, SIZE_T Size, [[maybe_unused]] PVOID PreviousValue,
                               [[maybe_unused]] PSIZE_T ReturnSize) {
  auto& list = *static_cast<AttributeList*>(List);
  if (Flags) return Fail(ERROR_INVALID_PARAMETER);
  if (!SizeOf(Attribute)) return Fail(ERROR_NOT_SUPPORTED);
  if (!Fits(Attribute, Size)) return Fail(ERROR_BAD_LENGTH);
  const ULONG bit = 1U << (Attribute & kNumberMask);
  if (list.present & bit) return Fail(kObjectNameExists);
  if (list.count >= list.room) return Fail(ERROR_GEN_FAILURE);
  list.present |= bit;
  list.entries[list.count++] = {Attribute, Size, Value};
  return TRUE;
}

/// Ends a list.
VOID DeleteProcThreadAttributeList([[maybe_unused]] PVOID List) {}

}  // extern "C"
