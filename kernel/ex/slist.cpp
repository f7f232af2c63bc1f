// Interlocked stacks. Host code is never interrupted by another processor or thread, so plain steps are atomic to all who use them.
#include "kernel/ex/ex.h"

namespace {

PSLIST_ENTRY First(const SLIST_HEADER* head) { return reinterpret_cast<PSLIST_ENTRY>(head->HeaderX64.NextEntry << 4); }

void SetFirst(PSLIST_HEADER head, PSLIST_ENTRY entry) { head->Region = reinterpret_cast<ULONG_PTR>(entry) | head->HeaderX64.Reserved; }

/// The counts of a list's head, changed in a register: one load, one store.
void SetCounts(PSLIST_HEADER head, ULONG depth_change, ULONG sequence_change) {
  SLIST_HEADER counts{};
  counts.Alignment = head->Alignment;
  counts.HeaderX64.Depth = (counts.HeaderX64.Depth + depth_change) & 0xffff;
  counts.HeaderX64.Sequence = (counts.HeaderX64.Sequence + sequence_change) & 0xffff'ffff'ffff;
  head->Alignment = counts.Alignment;
}

}  // namespace

extern "C" {

MSABI VOID InitializeSListHead(PSLIST_HEADER ListHead) { *ListHead = SLIST_HEADER{}; }

MSABI PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
  PSLIST_ENTRY const entry = First(ListHead);
  if (entry == nullptr) return nullptr;
  SetFirst(ListHead, entry->Next);
  SetCounts(ListHead, ~0u, 0);
  return entry;
}

MSABI PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) {
  PSLIST_ENTRY const old = First(ListHead);
  ListEntry->Next = old;
  SetFirst(ListHead, ListEntry);
  SetCounts(ListHead, 1, 1);
  return old;
}

MSABI PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead) {
  PSLIST_ENTRY const old = First(ListHead);
  SetFirst(ListHead, nullptr);
  ListHead->HeaderX64.Depth = 0;
  return old;
}

MSABI USHORT ExQueryDepthSList(PSLIST_HEADER ListHead) { return ListHead->HeaderX64.Depth; }

}  // extern "C"
