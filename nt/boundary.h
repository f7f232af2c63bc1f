// What says who finds a private namespace. The structures are those that ntdll hands to the kernel.
#pragma once

#include "nt/types.h"

enum BOUNDARY_ENTRY_TYPE : ULONG { OBNS_Invalid, OBNS_Name, OBNS_SID, OBNS_IL };

struct OBJECT_BOUNDARY_DESCRIPTOR {
  ULONG Version;    ///< 1
  ULONG Items;      ///< entries
  ULONG TotalSize;  ///< bytes, with the entries
  ULONG Flags;
};
NT_SIZE(OBJECT_BOUNDARY_DESCRIPTOR, 0x10);

/// Followed by its text or its identifier; the next one is aligned to 8 bytes.
struct OBJECT_BOUNDARY_ENTRY {
  BOUNDARY_ENTRY_TYPE EntryType;
  ULONG EntrySize;  ///< bytes, with this head
};
NT_SIZE(OBJECT_BOUNDARY_ENTRY, 0x8);
