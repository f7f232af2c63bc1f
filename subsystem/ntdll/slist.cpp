// Interlocked singly linked lists. Host code is not preempted, so a plain change of the header is atomic to clients. The header keeps
// NT's x64 form: depth in bits 0..15 and sequence above; the first entry's address in the second half, its low bits 1.
#include "nt/types.h"

namespace {

struct Header {
  ULONGLONG counts;  ///< the depth, and above its 16 bits the sequence
  ULONGLONG region;

  ULONG Depth() const { return static_cast<ULONG>(counts & 0xFFFF); }
  SINGLE_LIST_ENTRY* First() const { return reinterpret_cast<SINGLE_LIST_ENTRY*>(region & ~ULONGLONG{15}); }
  void Set(SINGLE_LIST_ENTRY* entry, ULONG depth) {
    region = reinterpret_cast<ULONG_PTR>(entry) | 1;
    counts = ((counts & ~ULONGLONG{0xFFFF}) + 0x10000) | (depth & 0xFFFF);
  }
};
static_assert(sizeof(Header) == 16);

}  // namespace

extern "C" {

/// Initializes an interlocked list.
VOID RtlInitializeSListHead(PVOID ListHead) { *static_cast<Header*>(ListHead) = {0, 1}; }

/// The first entry of an interlocked list, not removed.
PVOID RtlFirstEntrySList(PVOID ListHead) { return static_cast<Header*>(ListHead)->First(); }

/// The number of entries in an interlocked list, modulo 65536.
USHORT RtlQueryDepthSList(PVOID ListHead) { return static_cast<USHORT>(static_cast<Header*>(ListHead)->Depth()); }

/// Pushes an entry at the front; returns the entry that was first.
PVOID RtlInterlockedPushEntrySList(PVOID ListHead, PVOID ListEntry) {
  auto& head = *static_cast<Header*>(ListHead);
  auto* const entry = static_cast<SINGLE_LIST_ENTRY*>(ListEntry);
  SINGLE_LIST_ENTRY* const first = head.First();
  entry->Next = first;
  head.Set(entry, head.Depth() + 1);
  return first;
}

/// Removes and returns the first entry, or null.
PVOID RtlInterlockedPopEntrySList(PVOID ListHead) {
  auto& head = *static_cast<Header*>(ListHead);
  SINGLE_LIST_ENTRY* const first = head.First();
  if (first) head.Set(first->Next, head.Depth() - 1);
  return first;
}

/// Removes all entries; returns the first, from which the others hang.
PVOID RtlInterlockedFlushSList(PVOID ListHead) {
  auto& head = *static_cast<Header*>(ListHead);
  SINGLE_LIST_ENTRY* const first = head.First();
  if (first) head.Set(nullptr, 0);
  return first;
}

}  // extern "C"
