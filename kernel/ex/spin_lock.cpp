// Reader/writer spin locks, and the interlocked operations that take a spin lock. Bit 31: held exclusively; below: shared holders.
#include "kernel/ex/ex.h"
#include "kernel/ke/ki.h"
#include "nt/bugcodes.h"

namespace nt::ex {
namespace {

constexpr ULONG kExclusive = 0x80000000;

ULONG Value(PEX_SPIN_LOCK lock) { return static_cast<ULONG>(*lock); }
void Set(PEX_SPIN_LOCK lock, ULONG value) { *lock = static_cast<LONG>(value); }

/// Lets the other processors have their turn, as long as one of them can release the lock.
void Spin(PEX_SPIN_LOCK lock, ULONG mask) {
  while ((Value(lock) & mask) != 0) {
    if (ke::ProcessorCount() == 1) {
      ke::BugCheck(SPIN_LOCK_ALREADY_OWNED, reinterpret_cast<ULONG_PTR>(lock), Value(lock), 0, 0,
                   "A spin lock was acquired that this processor, the only one, already holds: it would spin for ever.");
    }
    if (ke::Ki().virtual_time) ke::VirtualStep();
    ke::RotateProcessor();
  }
}

void AcquireExclusive(PEX_SPIN_LOCK lock) {
  Spin(lock, ~0u);
  Set(lock, kExclusive);
}

void AcquireShared(PEX_SPIN_LOCK lock) {
  Spin(lock, kExclusive);
  Set(lock, Value(lock) + 1);
}

[[noreturn]] void NotOwned(PEX_SPIN_LOCK lock) {
  ke::BugCheck(SPIN_LOCK_NOT_OWNED, reinterpret_cast<ULONG_PTR>(lock), Value(lock), 0, 0,
               "A spin lock was released that is not held this way.");
}

void ReleaseExclusive(PEX_SPIN_LOCK lock) {
  if (Value(lock) != kExclusive) NotOwned(lock);
  Set(lock, 0);
}

void ReleaseShared(PEX_SPIN_LOCK lock) {
  if (Value(lock) == 0 || (Value(lock) & kExclusive) != 0) NotOwned(lock);
  Set(lock, Value(lock) - 1);
}

KIRQL RaiseToDispatch() { return ke::RaiseIrql(DISPATCH_LEVEL); }

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
  const KIRQL old = RaiseToDispatch();
  AcquireExclusive(SpinLock);
  return old;
}

KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) {
  const KIRQL old = RaiseToDispatch();
  AcquireShared(SpinLock);
  return old;
}

VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) { AcquireExclusive(SpinLock); }
VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) { AcquireShared(SpinLock); }
VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock) { ReleaseExclusive(SpinLock); }
VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock) { ReleaseShared(SpinLock); }

VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  ReleaseExclusive(SpinLock);
  ke::LowerIrql(OldIrql);
}

VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  ReleaseShared(SpinLock);
  ke::LowerIrql(OldIrql);
}

ULONG ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
  if (Value(SpinLock) != 0) return FALSE;
  Set(SpinLock, kExclusive);
  return TRUE;
}

ULONG ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
  if ((Value(SpinLock) & kExclusive) != 0) return FALSE;
  Set(SpinLock, Value(SpinLock) + 1);
  return TRUE;
}

ULONG ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
  if (Value(SpinLock) != 1) return FALSE;
  Set(SpinLock, kExclusive);
  return TRUE;
}

// Host code is atomic to drivers, so these need not take their spin lock.

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK) {
  PLIST_ENTRY const first = ListHead->Flink;
  *ListEntry = {first, ListHead};
  first->Blink = ListEntry;
  ListHead->Flink = ListEntry;
  return first == ListHead ? nullptr : first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK) {
  PLIST_ENTRY const last = ListHead->Blink;
  *ListEntry = {ListHead, last};
  last->Flink = ListEntry;
  ListHead->Blink = ListEntry;
  return last == ListHead ? nullptr : last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK) {
  PLIST_ENTRY const first = ListHead->Flink;
  if (first == ListHead) return nullptr;
  ListHead->Flink = first->Flink;
  first->Flink->Blink = ListHead;
  return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK) {
  PSINGLE_LIST_ENTRY const first = ListHead->Next;
  ListEntry->Next = first;
  ListHead->Next = ListEntry;
  return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK) {
  PSINGLE_LIST_ENTRY const first = ListHead->Next;
  if (first != nullptr) ListHead->Next = first->Next;
  return first;
}

ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK) {
  const ULONG old = *Addend;
  *Addend = old + Increment;
  return old;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK) {
  const LARGE_INTEGER old = *Addend;
  Addend->QuadPart = static_cast<LONGLONG>(static_cast<ULONGLONG>(old.QuadPart) + static_cast<ULONGLONG>(Increment.QuadPart));
  return old;
}

}  // extern "C"
