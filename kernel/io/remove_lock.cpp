// Remove locks: how a driver waits until nobody uses a device that goes away.
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

// The debugging part that a checked driver's lock has behind the common block is the driver's to provide and is left alone.

namespace {

/// Gives up one use; the last one after the removal wakes who waits for it.
void Release(PIO_REMOVE_LOCK lock) {
  const LONG left = lock->Common.IoCount - 1;
  lock->Common.IoCount = left;
  if (left == 0) KeSetEvent(&lock->Common.RemoveEvent, 0, FALSE);
}

}  // namespace

extern "C" {

VOID IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG /*AllocateTag*/, ULONG /*MaxLockedMinutes*/, ULONG /*HighWatermark*/,
                              ULONG /*RemlockSize*/) {
  Lock->Common.Removed = FALSE;
  Lock->Common.IoCount = 1;  // the driver's own, given up by its release-and-wait
  KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

NTSTATUS IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID /*Tag*/, const CHAR* /*File*/, ULONG /*Line*/, ULONG /*RemlockSize*/) {
  RemoveLock->Common.IoCount = RemoveLock->Common.IoCount + 1;
  if (RemoveLock->Common.Removed == FALSE) return STATUS_SUCCESS;
  Release(RemoveLock);
  return STATUS_DELETE_PENDING;
}

VOID IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID /*Tag*/, ULONG /*RemlockSize*/) { Release(RemoveLock); }

VOID IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID /*Tag*/, ULONG /*RemlockSize*/) {
  RemoveLock->Common.Removed = TRUE;
  Release(RemoveLock);
  Release(RemoveLock);
  // Both the caller's own use and the lock's first one are gone now; the event tells of the others.
  KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, nullptr);
}

}  // extern "C"
