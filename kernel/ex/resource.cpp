// Executive resources: reader/writer locks with recursion.
#include <cstring>

#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" {
VOID KeEnterCriticalRegion();
VOID KeLeaveCriticalRegion();
}

namespace nt::ex {
namespace {

constexpr ULONG kTag = 0x61546552;  // 'ReTa'

ERESOURCE_THREAD Me() { return reinterpret_cast<ERESOURCE_THREAD>(ke::CurrentThread()); }
bool Exclusive(const ERESOURCE* resource) { return (resource->Flag & ResourceOwnedExclusive) != 0; }

/// The entry of an owner, or null. The first entry of the table only tells the table's size.
POWNER_ENTRY Find(PERESOURCE resource, ERESOURCE_THREAD thread) {
  if (resource->OwnerEntry.OwnerThread == thread && resource->OwnerEntry.Bits.OwnerCount != 0) return &resource->OwnerEntry;
  if (resource->OwnerTable == nullptr) return nullptr;
  for (ULONG i = 1; i < resource->OwnerTable->TableSize; ++i) {
    POWNER_ENTRY const entry = &resource->OwnerTable[i];
    if (entry->OwnerThread == thread && entry->Bits.OwnerCount != 0) return entry;
  }
  return nullptr;
}

/// A free entry; the table grows by four at a time.
POWNER_ENTRY FreeEntry(PERESOURCE resource) {
  if (resource->OwnerEntry.OwnerThread == 0) return &resource->OwnerEntry;
  const ULONG size = resource->OwnerTable != nullptr ? resource->OwnerTable->TableSize : 1;
  for (ULONG i = 1; i < size; ++i) {
    if (resource->OwnerTable[i].OwnerThread == 0) return &resource->OwnerTable[i];
  }
  const ULONG larger = size + 4;
  auto* const table = static_cast<POWNER_ENTRY>(AllocatePool(NonPagedPoolNx, larger * sizeof(OWNER_ENTRY), kTag));
  if (table == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  std::memset(table, 0, larger * sizeof(OWNER_ENTRY));
  if (resource->OwnerTable != nullptr) {
    std::memcpy(table, resource->OwnerTable, size * sizeof(OWNER_ENTRY));
    FreePool(resource->OwnerTable);
  }
  table->TableSize = larger;
  resource->OwnerTable = table;
  return &table[size];
}

void AddOwner(PERESOURCE resource, ERESOURCE_THREAD thread) {
  POWNER_ENTRY const entry = FreeEntry(resource);
  entry->OwnerThread = thread;
  entry->Bits.OwnerCount = 1;
}

PKEVENT ExclusiveEvent(PERESOURCE resource) {
  if (resource->ExclusiveWaiters == nullptr) {
    resource->ExclusiveWaiters = AllocatePool(NonPagedPoolNx, sizeof(KEVENT), kTag);
    if (resource->ExclusiveWaiters == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    KeInitializeEvent(static_cast<PKEVENT>(resource->ExclusiveWaiters), SynchronizationEvent, FALSE);
  }
  return static_cast<PKEVENT>(resource->ExclusiveWaiters);
}

PKSEMAPHORE SharedSemaphore(PERESOURCE resource) {
  if (resource->SharedWaiters == nullptr) {
    resource->SharedWaiters = AllocatePool(NonPagedPoolNx, sizeof(KSEMAPHORE), kTag);
    if (resource->SharedWaiters == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    KeInitializeSemaphore(static_cast<PKSEMAPHORE>(resource->SharedWaiters), 0, 0x7fffffff);
  }
  return static_cast<PKSEMAPHORE>(resource->SharedWaiters);
}

void TakeExclusive(PERESOURCE resource) {
  resource->Flag |= ResourceOwnedExclusive;
  resource->ActiveEntries = 1;
  resource->ActiveCount = 1;
}

void WaitExclusive(PERESOURCE resource) {
  PKEVENT const event = ExclusiveEvent(resource);
  ++resource->ContentionCount;
  ++resource->NumberOfExclusiveWaiters;
  // The last to release makes the resource exclusive, and leaves the owner to who wakes.
  ke::WaitForLock(event, WrResource, resource);
  resource->OwnerEntry.OwnerThread = Me();
  resource->OwnerEntry.Bits.OwnerCount = 1;
}

void WaitShared(PERESOURCE resource) {
  PKSEMAPHORE const semaphore = SharedSemaphore(resource);
  ++resource->ContentionCount;
  ++resource->NumberOfSharedWaiters;
  ke::WaitForLock(semaphore, WrResource, resource);
  // The releaser counted this owner already; with recursion there may be an entry.
  if (POWNER_ENTRY const entry = Find(resource, Me())) {
    ++entry->Bits.OwnerCount;
    --resource->ActiveEntries;
  } else {
    AddOwner(resource, Me());
  }
}

void WakeShared(PERESOURCE resource) {
  const ULONG waiters = resource->NumberOfSharedWaiters;
  resource->NumberOfSharedWaiters = 0;
  resource->ActiveEntries += waiters;
  resource->ActiveCount = 1;
  KeReleaseSemaphore(SharedSemaphore(resource), 0, static_cast<LONG>(waiters), FALSE);
}

void WakeExclusive(PERESOURCE resource) {
  --resource->NumberOfExclusiveWaiters;
  TakeExclusive(resource);
  // A placeholder until the new owner runs: nobody may find the resource free.
  resource->OwnerEntry.OwnerThread = 1;
  resource->OwnerEntry.Bits.OwnerCount = 1;
  KeSetEvent(ExclusiveEvent(resource), 0, FALSE);
}

/// The last owner is gone. After an exclusive owner the shared waiters come first, after shared ones an exclusive waiter.
void PassOn(PERESOURCE resource, bool was_exclusive) {
  resource->Flag &= static_cast<USHORT>(~ResourceOwnedExclusive);
  resource->ActiveCount = 0;
  const bool shared_first = was_exclusive && resource->NumberOfSharedWaiters != 0;
  if (!shared_first && resource->NumberOfExclusiveWaiters != 0) return WakeExclusive(resource);
  if (resource->NumberOfSharedWaiters != 0) WakeShared(resource);
}

void Release(PERESOURCE resource, ERESOURCE_THREAD thread) {
  POWNER_ENTRY const entry = Find(resource, thread);
  if (entry == nullptr) {
    ke::BugCheck(RESOURCE_NOT_OWNED, reinterpret_cast<ULONG_PTR>(resource), thread, reinterpret_cast<ULONG_PTR>(resource->OwnerTable),
                 Exclusive(resource) ? 1 : 2, "A resource must be released by the thread that acquired it, as often as it did.");
  }
  entry->Bits.OwnerCount = (entry->Bits.OwnerCount - 1) & 0x1fffffff;
  if (entry->Bits.OwnerCount != 0) return;
  entry->OwnerThread = 0;
  if (--resource->ActiveEntries == 0) PassOn(resource, Exclusive(resource));
}

enum class SharedMode { Fair, StarveExclusive, WaitForExclusive };

BOOLEAN AcquireShared(PERESOURCE resource, bool wait, SharedMode mode) {
  const ERESOURCE_THREAD me = Me();
  if (resource->ActiveEntries == 0) {
    resource->ActiveEntries = 1;
    resource->ActiveCount = 1;
    AddOwner(resource, me);
    return TRUE;
  }
  POWNER_ENTRY const mine = Find(resource, me);
  const bool others_wait = resource->NumberOfExclusiveWaiters != 0;
  if (mine != nullptr && (Exclusive(resource) || mode != SharedMode::WaitForExclusive || !others_wait)) {
    ++mine->Bits.OwnerCount;
    return TRUE;
  }
  if (!Exclusive(resource) && (!others_wait || mode == SharedMode::StarveExclusive)) {
    AddOwner(resource, me);
    ++resource->ActiveEntries;
    return TRUE;
  }
  if (!wait) return FALSE;
  WaitShared(resource);
  return TRUE;
}

BOOLEAN AcquireExclusive(PERESOURCE resource, bool wait) {
  if (resource->ActiveEntries == 0) {
    TakeExclusive(resource);
    resource->OwnerEntry.OwnerThread = Me();
    resource->OwnerEntry.Bits.OwnerCount = 1;
    return TRUE;
  }
  if (Exclusive(resource) && resource->OwnerEntry.OwnerThread == Me()) {
    ++resource->OwnerEntry.Bits.OwnerCount;
    return TRUE;
  }
  if (!wait) return FALSE;
  WaitExclusive(resource);
  return TRUE;
}

/// Owner pointers end in binary 11, so that they cannot be threads, unless it is said that they are.
bool IsOwnerPointer(PVOID pointer) { return (reinterpret_cast<ULONG_PTR>(pointer) & 3) == 3; }

void SetOwner(PERESOURCE resource, PVOID pointer, bool is_thread) {
  if (!is_thread && !IsOwnerPointer(pointer)) {
    ke::BugCheck(RESOURCE_OWNER_POINTER_INVALID, reinterpret_cast<ULONG_PTR>(resource), reinterpret_cast<ULONG_PTR>(pointer), 0, 0,
                 "The two lowest bits of an owner pointer must be set.");
  }
  POWNER_ENTRY const entry = Find(resource, Me());
  if (entry == nullptr) {
    ke::BugCheck(RESOURCE_NOT_OWNED, reinterpret_cast<ULONG_PTR>(resource), Me(), reinterpret_cast<ULONG_PTR>(pointer), 3,
                 "Only an owner may pass a resource on.");
  }
  POWNER_ENTRY const known = Find(resource, reinterpret_cast<ERESOURCE_THREAD>(pointer));
  if (known == entry) return;
  if (known == nullptr) {
    entry->OwnerThread = reinterpret_cast<ERESOURCE_THREAD>(pointer);
    return;
  }
  known->Bits.OwnerCount = (known->Bits.OwnerCount + entry->Bits.OwnerCount) & 0x1fffffff;
  entry->OwnerThread = 0;
  entry->Bits.OwnerCount = 0;
  --resource->ActiveEntries;
}

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) {
  std::memset(Resource, 0, sizeof *Resource);
  Resource->SystemResourcesList.Flink = Resource->SystemResourcesList.Blink = &Resource->SystemResourcesList;
  Track("resource", Resource);
  return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) {
  Untrack(Resource);
  for (PVOID* const part : {reinterpret_cast<PVOID*>(&Resource->OwnerTable), &Resource->SharedWaiters, &Resource->ExclusiveWaiters}) {
    if (*part != nullptr) FreePool(*part);
    *part = nullptr;
  }
  return STATUS_SUCCESS;
}

NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource) {
  ExDeleteResourceLite(Resource);
  return ExInitializeResourceLite(Resource);
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) { return AcquireExclusive(Resource, Wait != FALSE); }

BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) { return AcquireShared(Resource, Wait != FALSE, SharedMode::Fair); }

BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return AcquireShared(Resource, Wait != FALSE, SharedMode::StarveExclusive);
}

BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return AcquireShared(Resource, Wait != FALSE, SharedMode::WaitForExclusive);
}

VOID ExReleaseResourceLite(PERESOURCE Resource) { Release(Resource, Me()); }

VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId) { Release(Resource, ResourceThreadId); }

VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource) {
  if (!Exclusive(Resource) || Resource->OwnerEntry.OwnerThread != Me()) {
    ke::BugCheck(RESOURCE_NOT_OWNED, reinterpret_cast<ULONG_PTR>(Resource), Me(), reinterpret_cast<ULONG_PTR>(Resource->OwnerTable), 4,
                 "Only the exclusive owner can convert a resource to shared.");
  }
  Resource->Flag &= static_cast<USHORT>(~ResourceOwnedExclusive);
  if (Resource->NumberOfSharedWaiters != 0) WakeShared(Resource);
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource) {
  return Exclusive(Resource) && Resource->OwnerEntry.OwnerThread == Me() ? TRUE : FALSE;
}

ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource) {
  const OWNER_ENTRY* const entry = Find(Resource, Me());
  return entry != nullptr ? entry->Bits.OwnerCount : 0;
}

ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource) { return Resource->NumberOfExclusiveWaiters; }

ULONG ExGetSharedWaiterCount(PERESOURCE Resource) { return Resource->NumberOfSharedWaiters; }

VOID ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer) { SetOwner(Resource, OwnerPointer, false); }

VOID ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags) {
  constexpr ULONG kOwnerIsThread = 1;
  SetOwner(Resource, OwnerPointer, (Flags & kOwnerIsThread) != 0);
}

VOID ExDisableResourceBoostLite(PERESOURCE) {}

PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  AcquireExclusive(Resource, true);
  return ke::CurrentThread();
}

PVOID ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  AcquireShared(Resource, true, SharedMode::Fair);
  return ke::CurrentThread();
}

PVOID ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  AcquireShared(Resource, true, SharedMode::WaitForExclusive);
  return ke::CurrentThread();
}

VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
  Release(Resource, Me());
  KeLeaveCriticalRegion();
}

}  // extern "C"
