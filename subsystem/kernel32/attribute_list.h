// What a program can say of a process that it creates, beyond CreateProcess's parameters: the list behind LPPROC_THREAD_ATTRIBUTE_LIST.
#pragma once

#include "nt/types.h"

namespace nt::win32 {

/// PROC_THREAD_ATTRIBUTE_... (winbase.h).
inline constexpr ULONG_PTR kParentProcess = 0x20000, kHandleList = 0x20002, kGroupAffinity = 0x30003;

struct AttributeList {
  struct Entry {
    ULONG_PTR attribute;
    SIZE_T size;
    PVOID value;
  };
  ULONG present;  ///< bit n: the attribute of number n
  ULONG room;     ///< entries
  ULONG count;
  ULONG reserved;
  ULONG_PTR reserved2;
  Entry entries[1];

  /// The entry of an attribute, or null. Not of a null list.
  const Entry* Find(ULONG_PTR attribute) const {
    for (ULONG i = 0; i < count; i++)
      if (entries[i].attribute == attribute) return entries + i;
    return nullptr;
  }
};

}  // namespace nt::win32
