// What the creator of a process or a thread asks for besides: PROC_THREAD_ATTRIBUTE_LIST, opaque to programs.
#pragma once

#include "subsystem/win32.h"

/// One attribute: what it is, and where its value lies, which the caller keeps until the creation.
struct AttributeEntry {
  ULONG_PTR attribute;
  SIZE_T size;  ///< bytes
  PVOID value;
};

struct AttributeList {
  ULONG present;  ///< bit n: the attribute of number n is there
  ULONG capacity, count, reserved;
  PVOID unused;
  AttributeEntry entries[1];
};
NT_SIZE(AttributeList, 48);

// Attributes as programs name them (winbase.h, PROC_THREAD_ATTRIBUTE_...).
inline constexpr ULONG_PTR kAttributeParent = 0x20000, kAttributeHandles = 0x20002, kAttributeAffinity = 0x30003, kAttributeNode = 0x20004,
                           kAttributeIdealProcessor = 0x30005, kAttributeMitigation = 0x20007, kAttributeChildPolicy = 0x2000E;

/// The value of an attribute in a list, or null; `list` may be null.
const AttributeEntry* FindAttribute(const AttributeList* list, ULONG_PTR attribute);
