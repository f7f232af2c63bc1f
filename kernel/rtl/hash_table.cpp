// Hash tables that grow and shrink by a bucket at a time (linear hashing). Entries with one signature stand together in their chain.
#include <bit>

#include "kernel/ke/ke.h"
#include "kernel/rtl/pool.h"
#include "kernel/rtl/tables.h"

namespace {

using Table = PRTL_DYNAMIC_HASH_TABLE;
using Entry = PRTL_DYNAMIC_HASH_TABLE_ENTRY;
using Enumerator = PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR;

constexpr ULONG kTag = 0x62615448;  // 'HTab', as NT's
constexpr ULONG kSmallest = 128;
constexpr ULONG kSegments = 20;
constexpr ULONG kLargest = kSmallest << (kSegments - 1);

/// The buckets, in segments that never move: the first has 128, each further one as many as all before it.
struct Directory {
  PLIST_ENTRY segments[kSegments];
};

Entry EntryOf(PLIST_ENTRY linkage) { return reinterpret_cast<Entry>(linkage); }
bool IsEmpty(const LIST_ENTRY* head) { return head->Flink == head; }
/// 0 is the mark of an enumerator's place: who gives it means 1.
ULONG_PTR Usable(ULONG_PTR signature) { return signature == RTL_HASH_RESERVED_SIGNATURE ? 1 : signature; }

ULONG SegmentOf(ULONG index) { return static_cast<ULONG>(std::bit_width(index / kSmallest)); }
ULONG SegmentSize(ULONG segment) { return segment == 0 ? kSmallest : kSmallest << (segment - 1); }

PLIST_ENTRY BucketAt(Table table, ULONG index) {
  const ULONG segment = SegmentOf(index);
  return static_cast<Directory*>(table->Directory)->segments[segment] + (segment == 0 ? index : index - SegmentSize(segment));
}

ULONG IndexOf(Table table, ULONG_PTR signature) {
  ULONG_PTR hash = signature >> table->Shift;
  hash = hash * 0x9E3779B97F4A7C15 >> 32;
  const auto bits = static_cast<ULONG>(hash);
  const ULONG index = bits & table->DivisorMask;
  return index < table->Pivot ? bits & (table->DivisorMask << 1 | 1) : index;
}

PLIST_ENTRY BucketOf(Table table, ULONG_PTR signature) { return BucketAt(table, IndexOf(table, signature)); }

void Link(Table table, PLIST_ENTRY head, PLIST_ENTRY before, PLIST_ENTRY linkage) {
  if (IsEmpty(head)) ++table->NonEmptyBuckets;
  *linkage = {before->Flink, before};
  before->Flink->Blink = linkage;
  before->Flink = linkage;
}

/// Takes an element out of its chain; true if the chain is empty now.
bool Unlink(PLIST_ENTRY linkage) {
  linkage->Blink->Flink = linkage->Flink;
  linkage->Flink->Blink = linkage->Blink;
  return linkage->Flink == linkage->Blink;
}

/// The element before the first with a signature; the end of the chain if there is none.
PLIST_ENTRY PlaceIn(PLIST_ENTRY head, ULONG_PTR signature) {
  PLIST_ENTRY before = head;
  while (before->Flink != head && EntryOf(before->Flink)->Signature != signature) before = before->Flink;
  return before;
}

void FillContext(PRTL_DYNAMIC_HASH_TABLE_CONTEXT context, PLIST_ENTRY head, PLIST_ENTRY before, ULONG_PTR signature) {
  *context = {head, before, signature};
}

bool AllocateSegment(Directory* directory, ULONG segment) {
  if (directory->segments[segment] != nullptr) return true;
  const ULONG count = SegmentSize(segment);
  auto* const heads = static_cast<PLIST_ENTRY>(nt::rtl::AllocateMemory(NonPagedPoolNx, count * sizeof(LIST_ENTRY), kTag));
  if (heads == nullptr) return false;
  for (ULONG i = 0; i < count; ++i) heads[i] = {&heads[i], &heads[i]};
  directory->segments[segment] = heads;
  return true;
}

void FreeDirectory(Directory* directory) {
  for (PLIST_ENTRY segment : directory->segments) {
    if (segment != nullptr) nt::rtl::FreeMemory(segment, kTag);
  }
  nt::rtl::FreeMemory(directory, kTag);
}

Directory* AllocateDirectory(ULONG size) {
  auto* const directory = static_cast<Directory*>(nt::rtl::AllocateMemory(NonPagedPoolNx, sizeof(Directory), kTag));
  if (directory == nullptr) return nullptr;
  *directory = {};
  for (ULONG segment = 0; segment <= SegmentOf(size - 1); ++segment) {
    if (AllocateSegment(directory, segment)) continue;
    FreeDirectory(directory);
    return nullptr;
  }
  return directory;
}

/// Moves what no longer belongs into `from` behind `to`'s entries, and keeps the count of chains in use.
void Rehash(Table table, PLIST_ENTRY from, PLIST_ENTRY to) {
  for (PLIST_ENTRY at = from->Flink; at != from;) {
    PLIST_ENTRY const next = at->Flink;
    if (BucketOf(table, EntryOf(at)->Signature) == to) {
      if (Unlink(at)) --table->NonEmptyBuckets;
      Link(table, to, to->Blink, at);
    }
    at = next;
  }
}

// ---- enumerations without a mark: Linkage.Flink is the entry the enumeration stands on ----

BOOLEAN Begin(Table table, Enumerator enumerator) {
  *enumerator = {};
  enumerator->ChainHead = BucketAt(table, 0);
  enumerator->HashEntry.Linkage.Flink = enumerator->ChainHead;
  ++table->NumEnumerators;
  return TRUE;
}

Entry Next(Table table, Enumerator enumerator) {
  PLIST_ENTRY at = enumerator->HashEntry.Linkage.Flink->Flink;
  for (;;) {
    while (at != enumerator->ChainHead && EntryOf(at)->Signature == RTL_HASH_RESERVED_SIGNATURE) at = at->Flink;
    enumerator->HashEntry.Linkage.Flink = at;
    if (at != enumerator->ChainHead) return EntryOf(at);
    if (enumerator->BucketIndex + 1 >= table->TableSize) {
      enumerator->HashEntry.Linkage.Flink = at->Blink;
      return nullptr;
    }
    enumerator->ChainHead = BucketAt(table, ++enumerator->BucketIndex);
    at = enumerator->ChainHead->Flink;
  }
}

void End(Table table, Enumerator enumerator) {
  --table->NumEnumerators;
  enumerator->ChainHead = nullptr;
}

}  // namespace

BOOLEAN RtlCreateHashTableEx(PRTL_DYNAMIC_HASH_TABLE* HashTable, ULONG InitialSize, ULONG Shift, ULONG Flags) {
  if (Flags != 0 || InitialSize > kLargest) return FALSE;
  const ULONG size = std::bit_ceil(InitialSize < kSmallest ? kSmallest : InitialSize);
  Table table = *HashTable;
  const bool allocate = table == nullptr;
  if (allocate) table = static_cast<Table>(nt::rtl::AllocateMemory(NonPagedPoolNx, sizeof(RTL_DYNAMIC_HASH_TABLE), kTag));
  if (table == nullptr) return FALSE;
  Directory* const directory = AllocateDirectory(size);
  if (directory == nullptr) {
    if (allocate) nt::rtl::FreeMemory(table, kTag);
    return FALSE;
  }
  *table = {};
  table->Flags = allocate ? RTL_HASH_ALLOCATED_HEADER : 0;
  table->Shift = Shift % 64;
  table->TableSize = size;
  table->DivisorMask = size - 1;
  table->Directory = directory;
  *HashTable = table;
  return TRUE;
}

BOOLEAN RtlCreateHashTable(PRTL_DYNAMIC_HASH_TABLE* HashTable, ULONG Shift, ULONG Flags) {
  return RtlCreateHashTableEx(HashTable, 0, Shift, Flags);
}

VOID RtlDeleteHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable) {
  FreeDirectory(static_cast<Directory*>(HashTable->Directory));
  HashTable->Directory = nullptr;
  if ((HashTable->Flags & RTL_HASH_ALLOCATED_HEADER) != 0) nt::rtl::FreeMemory(HashTable, kTag);
}

BOOLEAN RtlInsertEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry, ULONG_PTR Signature,
                                PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
  const ULONG_PTR signature = Usable(Signature);
  Entry->Signature = signature;
  ++HashTable->NumEntries;
  if (Context != nullptr && Context->ChainHead != nullptr) {
    Link(HashTable, Context->ChainHead, Context->PrevLinkage, &Entry->Linkage);
    return TRUE;
  }
  PLIST_ENTRY const head = BucketOf(HashTable, signature);
  PLIST_ENTRY const before = PlaceIn(head, signature);
  if (Context != nullptr) FillContext(Context, head, before, signature);
  Link(HashTable, head, before, &Entry->Linkage);
  return TRUE;
}

BOOLEAN RtlRemoveEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry,
                                PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
  --HashTable->NumEntries;
  PLIST_ENTRY const before = Entry->Linkage.Blink;
  if (Unlink(&Entry->Linkage)) --HashTable->NonEmptyBuckets;
  if (Context != nullptr && Context->ChainHead == nullptr)
    FillContext(Context, BucketOf(HashTable, Entry->Signature), before, Entry->Signature);
  return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlLookupEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, ULONG_PTR Signature,
                                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
  const ULONG_PTR signature = Usable(Signature);
  PLIST_ENTRY const head = BucketOf(HashTable, signature);
  PLIST_ENTRY const before = PlaceIn(head, signature);
  if (Context != nullptr) FillContext(Context, head, before, signature);
  return before->Flink == head ? nullptr : EntryOf(before->Flink);
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlGetNextEntryHashTable(PRTL_DYNAMIC_HASH_TABLE, PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context) {
  PLIST_ENTRY at = Context->PrevLinkage->Flink;
  if (at == Context->ChainHead) return nullptr;
  do {
    Context->PrevLinkage = at;
    at = at->Flink;
    if (at == Context->ChainHead) return nullptr;
  } while (EntryOf(at)->Signature == RTL_HASH_RESERVED_SIGNATURE);
  return EntryOf(at)->Signature == Context->Signature ? EntryOf(at) : nullptr;
}

BOOLEAN RtlInitEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  *Enumerator = {};
  Enumerator->ChainHead = BucketAt(HashTable, 0);
  Link(HashTable, Enumerator->ChainHead, Enumerator->ChainHead, &Enumerator->HashEntry.Linkage);
  ++HashTable->NumEnumerators;
  return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  PLIST_ENTRY const mark = &Enumerator->HashEntry.Linkage;
  PLIST_ENTRY head = Enumerator->ChainHead;
  PLIST_ENTRY at = mark->Flink;
  for (ULONG index = Enumerator->BucketIndex;;) {
    while (at != head && EntryOf(at)->Signature == RTL_HASH_RESERVED_SIGNATURE) at = at->Flink;
    if (at != head) {
      // The mark moves behind what is returned, so that this may be removed.
      if (Unlink(mark)) --HashTable->NonEmptyBuckets;
      Link(HashTable, head, at, mark);
      Enumerator->ChainHead = head;
      Enumerator->BucketIndex = index;
      return EntryOf(at);
    }
    if (++index >= HashTable->TableSize) return nullptr;
    head = BucketAt(HashTable, index);
    at = head->Flink;
  }
}

VOID RtlEndEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  if (Unlink(&Enumerator->HashEntry.Linkage)) --HashTable->NonEmptyBuckets;
  End(HashTable, Enumerator);
}

BOOLEAN RtlInitWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  return Begin(HashTable, Enumerator);
}
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlWeaklyEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                               PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  return Next(HashTable, Enumerator);
}
VOID RtlEndWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  End(HashTable, Enumerator);
}

BOOLEAN RtlInitStrongEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  return Begin(HashTable, Enumerator);
}
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlStronglyEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                                 PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  return Next(HashTable, Enumerator);
}
VOID RtlEndStrongEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator) {
  End(HashTable, Enumerator);
}

BOOLEAN RtlExpandHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable) {
  if (HashTable->NumEnumerators != 0 || HashTable->TableSize == kLargest) return FALSE;
  const ULONG added = HashTable->TableSize, split = HashTable->Pivot;
  if (!AllocateSegment(static_cast<Directory*>(HashTable->Directory), SegmentOf(added))) return FALSE;
  ++HashTable->TableSize;
  ++HashTable->Pivot;
  Rehash(HashTable, BucketAt(HashTable, split), BucketAt(HashTable, added));
  if (HashTable->Pivot == HashTable->DivisorMask + 1) {
    HashTable->Pivot = 0;
    HashTable->DivisorMask = HashTable->DivisorMask << 1 | 1;
  }
  return TRUE;
}

BOOLEAN RtlContractHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable) {
  if (HashTable->NumEnumerators != 0 || HashTable->TableSize == kSmallest) return FALSE;
  if (HashTable->Pivot == 0) {
    HashTable->DivisorMask >>= 1;
    HashTable->Pivot = HashTable->DivisorMask + 1;
  }
  --HashTable->Pivot;
  const ULONG removed = --HashTable->TableSize;
  Rehash(HashTable, BucketAt(HashTable, removed), BucketAt(HashTable, HashTable->Pivot));
  if (removed == SegmentSize(SegmentOf(removed)) && SegmentOf(removed) != 0) {
    PLIST_ENTRY& segment = static_cast<Directory*>(HashTable->Directory)->segments[SegmentOf(removed)];
    nt::rtl::FreeMemory(segment, kTag);
    segment = nullptr;
  }
  return TRUE;
}
