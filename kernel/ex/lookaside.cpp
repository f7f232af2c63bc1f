// Lookaside lists.
#include "kernel/api/api.h"
#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

namespace nt::ex {
namespace {

constexpr USHORT kInitialDepth = 4;
constexpr USHORT kMaximumDepth = 256;
const char* const kLookasideList = "lookaside list";
constexpr SIZE_T kMinimumSize = sizeof(PVOID);

void Prepare(GENERAL_LOOKASIDE_POOL& list, ULONG type, SIZE_T size, ULONG tag) {
  list = {};
  list.Depth = kInitialDepth;
  list.MaximumDepth = kMaximumDepth;
  list.Type = static_cast<POOL_TYPE>(type);
  list.Tag = tag;
  list.Size = static_cast<ULONG>(size < kMinimumSize ? kMinimumSize : size);
  Track(kLookasideList, &list);
}

/// What a list should keep after a second with so many allocations, of which some missed: more if they miss often, less if they are few.
USHORT AdjustedDepth(const GENERAL_LOOKASIDE_POOL& list, ULONG allocates, ULONG misses) {
  constexpr ULONG kBusy = 75;  // allocations in a second below which a list shrinks
  constexpr int kShrinkIdle = 10, kGrowMost = 30;
  int depth = list.Depth;
  const int maximum = list.MaximumDepth;
  if (allocates < kBusy) {
    depth -= kShrinkIdle;
  } else if (const ULONG64 per_mille = ULONG64{misses} * 1000 / allocates; per_mille < 5) {
    depth -= 1;
  } else {
    const int room = maximum - depth;
    const int growth = static_cast<int>(per_mille) * room / (2 * 1000) + 5;
    depth += growth < kGrowMost ? growth : kGrowMost;
  }
  const int minimum = kInitialDepth < maximum ? kInitialDepth : maximum;
  return static_cast<USHORT>(depth < minimum ? minimum : depth > maximum ? maximum : depth);
}

void AdjustDepth(GENERAL_LOOKASIDE_POOL& list) {
  const ULONG allocates = list.TotalAllocates - list.LastTotalAllocates;
  const ULONG misses = list.AllocateMisses - list.LastAllocateMisses;
  list.LastTotalAllocates = list.TotalAllocates;
  list.LastAllocateMisses = list.AllocateMisses;
  list.Depth = AdjustedDepth(list, allocates, misses);
}

void PrepareOld(GENERAL_LOOKASIDE_POOL& list, ULONG type, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION free, SIZE_T size, ULONG tag) {
  Prepare(list, type, size, tag);
  // The WDK's inline functions call these: they must be what a driver can call.
  list.Allocate = allocate != nullptr ? allocate : reinterpret_cast<PALLOCATE_FUNCTION>(api::StubOf("ExAllocatePoolWithTag"));
  list.Free = free != nullptr ? free : reinterpret_cast<PFREE_FUNCTION>(api::StubOf("ExFreePool"));
}

void DeleteOld(GENERAL_LOOKASIDE_POOL& list) {
  Untrack(&list);
  PSLIST_ENTRY entry = ExpInterlockedFlushSList(&list.ListHead);
  while (entry != nullptr) {
    PSLIST_ENTRY const next = entry->Next;
    if (reinterpret_cast<void*>(list.Free) == api::StubOf("ExFreePool")) {
      ExFreePool(entry);
    } else {
      ke::Callout<void>(list.Free, entry);
    }
    entry = next;
  }
}

/// Flags of the old functions that become part of the pool type.
constexpr ULONG kTypeFlags = POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;

// The headers' inline functions call these too, so the defaults must be what a driver can call; they ignore the further arguments.
PALLOCATE_FUNCTION_EX DefaultAllocateEx() { return reinterpret_cast<PALLOCATE_FUNCTION_EX>(api::StubOf("ExAllocatePoolWithTag")); }
PFREE_FUNCTION_EX DefaultFreeEx() { return reinterpret_cast<PFREE_FUNCTION_EX>(api::StubOf("ExFreePool")); }

PVOID AllocateEx(PLOOKASIDE_LIST_EX list) {
  GENERAL_LOOKASIDE_POOL& pool = list->L;
  if (pool.AllocateEx != DefaultAllocateEx()) return ke::Callout<PVOID>(pool.AllocateEx, pool.Type, pool.Size, pool.Tag, list);
  return ExAllocatePoolWithTag(pool.Type, pool.Size, pool.Tag);
}

void FreeEx(PLOOKASIDE_LIST_EX list, PVOID entry) {
  if (list->L.FreeEx != DefaultFreeEx()) {
    ke::Callout<void>(list->L.FreeEx, entry, list);
  } else {
    ExFreePoolWithTag(entry, list->L.Tag);
  }
}

}  // namespace

void AdjustLookasideDepths(ULONG seconds) {
  // Idle seconds on end change nothing more than this.
  constexpr ULONG kEnough = 32;
  for (const Leftover& leftover : state->leftovers) {
    if (leftover.kind != kLookasideList) continue;
    auto* const list = reinterpret_cast<GENERAL_LOOKASIDE_POOL*>(leftover.address);
    // A driver may have gone without deleting its list.
    if (!MmIsAddressValid(list)) continue;
    for (ULONG i = 0; i < seconds && i < kEnough; ++i) AdjustDepth(*list);
  }
}

}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT) {
  PrepareOld(Lookaside->L, NonPagedPool | (Flags & kTypeFlags), Allocate, Free, Size, Tag);
}

VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { DeleteOld(Lookaside->L); }

VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                    SIZE_T Size, ULONG Tag, USHORT) {
  PrepareOld(Lookaside->L, PagedPool | (Flags & kTypeFlags & ~POOL_NX_ALLOCATION), Allocate, Free, Size, Tag);
}

VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) { DeleteOld(Lookaside->L); }

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
                                     POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) {
  constexpr ULONG kBoth = EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;
  constexpr ULONG kModifiers = POOL_NX_ALLOCATION | NonPagedPoolCacheAligned | NonPagedPoolSession | POOL_COLD_ALLOCATION;
  if ((static_cast<ULONG>(PoolType) & ~kModifiers) > PagedPool) return STATUS_INVALID_PARAMETER_4;
  if (Depth != 0) return STATUS_INVALID_PARAMETER_8;
  if ((Flags & ~kBoth) != 0 || (Flags & kBoth) == kBoth) return STATUS_INVALID_PARAMETER_5;
  auto type = static_cast<ULONG>(PoolType);
  if ((Flags & EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL) != 0) type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
  if ((Flags & EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE) != 0) type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
  Prepare(Lookaside->L, type, Size, Tag);
  Lookaside->L.AllocateEx = Allocate != nullptr ? Allocate : DefaultAllocateEx();
  Lookaside->L.FreeEx = Free != nullptr ? Free : DefaultFreeEx();
  return STATUS_SUCCESS;
}

PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  ++Lookaside->L.TotalAllocates;
  if (PSLIST_ENTRY const entry = ExpInterlockedPopEntrySList(&Lookaside->L.ListHead)) return entry;
  ++Lookaside->L.AllocateMisses;
  return AllocateEx(Lookaside);
}

VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) {
  ++Lookaside->L.TotalFrees;
  if (ExQueryDepthSList(&Lookaside->L.ListHead) < Lookaside->L.Depth) {
    ExpInterlockedPushEntrySList(&Lookaside->L.ListHead, static_cast<PSLIST_ENTRY>(Entry));
    return;
  }
  ++Lookaside->L.FreeMisses;
  FreeEx(Lookaside, Entry);
}

VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  PSLIST_ENTRY entry = ExpInterlockedFlushSList(&Lookaside->L.ListHead);
  while (entry != nullptr) {
    PSLIST_ENTRY const next = entry->Next;
    FreeEx(Lookaside, entry);
    entry = next;
  }
}

VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
  Untrack(&Lookaside->L);
  ExFlushLookasideListEx(Lookaside);
}

}  // extern "C"
