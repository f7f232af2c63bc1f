// Maps of blocks: which block of the volume (LBN) a block of a file (VBN) is on. What is not mapped is a hole, of LBN -1.
#include <algorithm>
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "nt/status.h"

struct BASE_MCB {
  ULONG MaximumPairCount;
  ULONG PairCount;
  USHORT PoolType;
  USHORT Flags;
  PVOID Mapping;
};
using PBASE_MCB = BASE_MCB*;
NT_SIZE(BASE_MCB, 0x18);

struct LARGE_MCB {
  PKGUARDED_MUTEX GuardedMutex;
  BASE_MCB BaseMcb;
};
using PLARGE_MCB = LARGE_MCB*;
NT_SIZE(LARGE_MCB, 0x20);

namespace nt::fsrtl {
namespace {

constexpr ULONG kTag = 'bcMF', kMutexTag = 'mcMF';
constexpr LONGLONG kHole = -1;

/// A run ends before this VBN; it begins where the one before ends, the first at 0.
struct Pair {
  LONGLONG next_vbn;
  LONGLONG lbn;  ///< of its first block
};

Pair* PairsOf(const BASE_MCB* mcb) { return static_cast<Pair*>(mcb->Mapping); }
LONGLONG StartOf(const BASE_MCB* mcb, ULONG index) { return index == 0 ? 0 : PairsOf(mcb)[index - 1].next_vbn; }
LONGLONG EndOf(const BASE_MCB* mcb) { return StartOf(mcb, mcb->PairCount); }

/// Makes room for so many pairs; raises if there is none.
void Reserve(PBASE_MCB mcb, ULONG count) {
  if (count <= mcb->MaximumPairCount) return;
  const ULONG room = std::max(count, mcb->MaximumPairCount * 2);
  auto* const pairs = static_cast<Pair*>(ex::AllocatePool(static_cast<POOL_TYPE>(mcb->PoolType), SIZE_T{room} * sizeof(Pair), kTag));
  if (pairs == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  if (mcb->Mapping != nullptr) {
    std::memcpy(pairs, mcb->Mapping, SIZE_T{mcb->PairCount} * sizeof(Pair));
    ex::FreePool(mcb->Mapping);
  }
  mcb->Mapping = pairs;
  mcb->MaximumPairCount = room;
}

/// The run that a VBN is in; PairCount if it is behind the end.
ULONG IndexOf(const BASE_MCB* mcb, LONGLONG vbn) {
  const Pair* const pairs = PairsOf(mcb);
  return static_cast<ULONG>(std::upper_bound(pairs, pairs + mcb->PairCount, vbn, [](LONGLONG a, const Pair& b) { return a < b.next_vbn; }) -
                            pairs);
}

void InsertPair(PBASE_MCB mcb, ULONG index, const Pair& pair) {
  Reserve(mcb, mcb->PairCount + 1);
  std::memmove(PairsOf(mcb) + index + 1, PairsOf(mcb) + index, SIZE_T{mcb->PairCount - index} * sizeof(Pair));
  PairsOf(mcb)[index] = pair;
  ++mcb->PairCount;
}

void RemovePair(PBASE_MCB mcb, ULONG index) {
  --mcb->PairCount;
  std::memmove(PairsOf(mcb) + index, PairsOf(mcb) + index + 1, SIZE_T{mcb->PairCount - index} * sizeof(Pair));
}

/// Makes a run begin at a VBN that lies in one.
void SplitAt(PBASE_MCB mcb, LONGLONG vbn) {
  const ULONG index = IndexOf(mcb, vbn);
  const LONGLONG start = StartOf(mcb, index);
  if (index == mcb->PairCount || start == vbn) return;
  const LONGLONG lbn = PairsOf(mcb)[index].lbn;
  InsertPair(mcb, index, {vbn, lbn});
  PairsOf(mcb)[index + 1].lbn = lbn == kHole ? kHole : lbn + (vbn - start);
}

bool Continues(const BASE_MCB* mcb, ULONG index) {
  const Pair &first = PairsOf(mcb)[index], &second = PairsOf(mcb)[index + 1];
  if (first.lbn == kHole || second.lbn == kHole) return first.lbn == second.lbn;
  return first.lbn + (first.next_vbn - StartOf(mcb, index)) == second.lbn;
}

/// Joins runs that continue one another, and drops holes at the end.
void Tidy(PBASE_MCB mcb) {
  for (ULONG i = 0; i + 1 < mcb->PairCount;) {
    if (!Continues(mcb, i)) {
      ++i;
      continue;
    }
    PairsOf(mcb)[i].next_vbn = PairsOf(mcb)[i + 1].next_vbn;
    RemovePair(mcb, i + 1);
  }
  while (mcb->PairCount != 0 && PairsOf(mcb)[mcb->PairCount - 1].lbn == kHole) --mcb->PairCount;
}

/// Gives a range an LBN, or makes it a hole.
void Assign(PBASE_MCB mcb, LONGLONG vbn, LONGLONG count, LONGLONG lbn) {
  if (EndOf(mcb) < vbn) InsertPair(mcb, mcb->PairCount, {vbn, kHole});
  if (EndOf(mcb) < vbn + count) InsertPair(mcb, mcb->PairCount, {vbn + count, kHole});
  SplitAt(mcb, vbn);
  SplitAt(mcb, vbn + count);
  const ULONG first = IndexOf(mcb, vbn);
  while (PairsOf(mcb)[first].next_vbn < vbn + count) {
    PairsOf(mcb)[first].next_vbn = PairsOf(mcb)[first + 1].next_vbn;
    RemovePair(mcb, first + 1);
  }
  PairsOf(mcb)[first].lbn = lbn;
  Tidy(mcb);
}

/// Whether a range has no mapping, or this one.
bool Agrees(const BASE_MCB* mcb, LONGLONG vbn, LONGLONG count, LONGLONG lbn) {
  for (ULONG i = IndexOf(mcb, vbn); i < mcb->PairCount && StartOf(mcb, i) < vbn + count; ++i) {
    const LONGLONG start = StartOf(mcb, i), there = PairsOf(mcb)[i].lbn;
    if (there != kHole && there - start != lbn - vbn) return false;
  }
  return true;
}

template <class T>
void Store(T* to, T value) {
  if (to != nullptr) *to = value;
}

/// Works on a large map with its mutex held. What can be raised is that there is no memory.
template <class Work>
auto Locked(PLARGE_MCB mcb, Work work) {
  KeAcquireGuardedMutex(mcb->GuardedMutex);
  decltype(work(&mcb->BaseMcb)) result{};
  bool raised = false;
  try {
    result = work(&mcb->BaseMcb);
  } catch (const ke::RaisedException&) {
    raised = true;
  }
  KeReleaseGuardedMutex(mcb->GuardedMutex);
  if (raised) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  return result;
}

}  // namespace
}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

VOID FsRtlInitializeBaseMcb(PBASE_MCB Mcb, POOL_TYPE PoolType) {
  constexpr ULONG kFirstRoom = 15;
  *Mcb = {0, 0, static_cast<USHORT>(PoolType), 0, nullptr};
  Reserve(Mcb, kFirstRoom);
}

VOID FsRtlUninitializeBaseMcb(PBASE_MCB Mcb) {
  if (Mcb->Mapping != nullptr) ex::FreePool(Mcb->Mapping);
  Mcb->Mapping = nullptr;
  Mcb->PairCount = Mcb->MaximumPairCount = 0;
}

VOID FsRtlResetBaseMcb(PBASE_MCB Mcb) { Mcb->PairCount = 0; }

VOID FsRtlTruncateBaseMcb(PBASE_MCB Mcb, LONGLONG Vbn) {
  if (Vbn < EndOf(Mcb)) Assign(Mcb, Vbn, EndOf(Mcb) - Vbn, kHole);
}

BOOLEAN FsRtlAddBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn, LONGLONG SectorCount) {
  if (Vbn < 0 || SectorCount <= 0 || !Agrees(Mcb, Vbn, SectorCount, Lbn)) return FALSE;
  Assign(Mcb, Vbn, SectorCount, Lbn);
  return TRUE;
}

BOOLEAN FsRtlRemoveBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount) {
  const LONGLONG count = std::min(SectorCount, EndOf(Mcb) - Vbn);
  if (count > 0) Assign(Mcb, Vbn, count, kHole);
  return TRUE;
}

BOOLEAN FsRtlLookupBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn, PLONGLONG SectorCountFromLbn, PLONGLONG StartingLbn,
                                PLONGLONG SectorCountFromStartingLbn, PULONG Index) {
  const ULONG index = IndexOf(Mcb, Vbn);
  if (index == Mcb->PairCount) return FALSE;
  const LONGLONG start = StartOf(Mcb, index), end = PairsOf(Mcb)[index].next_vbn, lbn = PairsOf(Mcb)[index].lbn;
  Store(Lbn, lbn == kHole ? kHole : lbn + (Vbn - start));
  Store(SectorCountFromLbn, end - Vbn);
  Store(StartingLbn, lbn);
  Store(SectorCountFromStartingLbn, end - start);
  Store(Index, index);
  return TRUE;
}

BOOLEAN FsRtlLookupLastBaseMcbEntryAndIndex(PBASE_MCB Mcb, PLONGLONG LargeVbn, PLONGLONG LargeLbn, PULONG Index) {
  if (Mcb->PairCount == 0) return FALSE;
  const ULONG last = Mcb->PairCount - 1;
  const Pair& pair = PairsOf(Mcb)[last];
  Store(LargeVbn, pair.next_vbn - 1);
  Store(LargeLbn, pair.lbn == kHole ? kHole : pair.lbn + (pair.next_vbn - StartOf(Mcb, last)) - 1);
  Store(Index, last);
  return TRUE;
}

BOOLEAN FsRtlLookupLastBaseMcbEntry(PBASE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn) {
  return FsRtlLookupLastBaseMcbEntryAndIndex(Mcb, Vbn, Lbn, nullptr);
}

ULONG FsRtlNumberOfRunsInBaseMcb(PBASE_MCB Mcb) { return Mcb->PairCount; }

BOOLEAN FsRtlGetNextBaseMcbEntry(PBASE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn, PLONGLONG Lbn, PLONGLONG SectorCount) {
  if (RunIndex >= Mcb->PairCount) return FALSE;
  *Vbn = StartOf(Mcb, RunIndex);
  *Lbn = PairsOf(Mcb)[RunIndex].lbn;
  *SectorCount = PairsOf(Mcb)[RunIndex].next_vbn - *Vbn;
  return TRUE;
}

/// Shifts what is mapped from a VBN on, and leaves a hole.
BOOLEAN FsRtlSplitBaseMcb(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount) {
  if (Vbn >= EndOf(Mcb)) return TRUE;
  SplitAt(Mcb, Vbn);
  const ULONG index = IndexOf(Mcb, Vbn);
  InsertPair(Mcb, index, {Vbn, kHole});
  for (ULONG i = index; i < Mcb->PairCount; ++i) PairsOf(Mcb)[i].next_vbn += Amount;
  Tidy(Mcb);
  return TRUE;
}

VOID FsRtlInitializeLargeMcb(PLARGE_MCB Mcb, POOL_TYPE PoolType) {
  auto* const mutex = static_cast<PKGUARDED_MUTEX>(ex::AllocatePool(NonPagedPoolNx, sizeof(KGUARDED_MUTEX), kMutexTag));
  if (mutex == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  KeInitializeGuardedMutex(mutex);
  Mcb->GuardedMutex = mutex;
  FsRtlInitializeBaseMcb(&Mcb->BaseMcb, PoolType);
}

VOID FsRtlUninitializeLargeMcb(PLARGE_MCB Mcb) {
  if (Mcb->GuardedMutex == nullptr) return;
  ex::FreePool(Mcb->GuardedMutex);
  Mcb->GuardedMutex = nullptr;
  FsRtlUninitializeBaseMcb(&Mcb->BaseMcb);
}

VOID FsRtlResetLargeMcb(PLARGE_MCB Mcb, BOOLEAN SelfSynchronized) {
  if (SelfSynchronized != FALSE) return FsRtlResetBaseMcb(&Mcb->BaseMcb);
  KeAcquireGuardedMutex(Mcb->GuardedMutex);
  FsRtlResetBaseMcb(&Mcb->BaseMcb);
  KeReleaseGuardedMutex(Mcb->GuardedMutex);
}

VOID FsRtlTruncateLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn) {
  Locked(Mcb, [&](PBASE_MCB base) {
    FsRtlTruncateBaseMcb(base, Vbn);
    return true;
  });
}

BOOLEAN FsRtlAddLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn, LONGLONG SectorCount) {
  return Locked(Mcb, [&](PBASE_MCB base) { return FsRtlAddBaseMcbEntry(base, Vbn, Lbn, SectorCount); });
}

VOID FsRtlRemoveLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount) {
  Locked(Mcb, [&](PBASE_MCB base) { return FsRtlRemoveBaseMcbEntry(base, Vbn, SectorCount); });
}

BOOLEAN FsRtlLookupLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn, PLONGLONG SectorCountFromLbn, PLONGLONG StartingLbn,
                                 PLONGLONG SectorCountFromStartingLbn, PULONG Index) {
  return Locked(Mcb, [&](PBASE_MCB base) {
    return FsRtlLookupBaseMcbEntry(base, Vbn, Lbn, SectorCountFromLbn, StartingLbn, SectorCountFromStartingLbn, Index);
  });
}

BOOLEAN FsRtlLookupLastLargeMcbEntry(PLARGE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn) {
  return Locked(Mcb, [&](PBASE_MCB base) { return FsRtlLookupLastBaseMcbEntry(base, Vbn, Lbn); });
}

BOOLEAN FsRtlLookupLastLargeMcbEntryAndIndex(PLARGE_MCB OpaqueMcb, PLONGLONG LargeVbn, PLONGLONG LargeLbn, PULONG Index) {
  return Locked(OpaqueMcb, [&](PBASE_MCB base) { return FsRtlLookupLastBaseMcbEntryAndIndex(base, LargeVbn, LargeLbn, Index); });
}

ULONG FsRtlNumberOfRunsInLargeMcb(PLARGE_MCB Mcb) {
  return Locked(Mcb, [&](PBASE_MCB base) { return FsRtlNumberOfRunsInBaseMcb(base); });
}

BOOLEAN FsRtlGetNextLargeMcbEntry(PLARGE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn, PLONGLONG Lbn, PLONGLONG SectorCount) {
  return Locked(Mcb, [&](PBASE_MCB base) { return FsRtlGetNextBaseMcbEntry(base, RunIndex, Vbn, Lbn, SectorCount); });
}

BOOLEAN FsRtlSplitLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount) {
  return Locked(Mcb, [&](PBASE_MCB base) { return FsRtlSplitBaseMcb(base, Vbn, Amount); });
}

}  // extern "C"
