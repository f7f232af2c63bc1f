// Locks of byte ranges.
#include <algorithm>

#include "drivers/hostfs/volume.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

bool Overlap(const ByteLock& a, LONGLONG first, LONGLONG length) {
  const auto a_end = static_cast<ULONGLONG>(a.first) + static_cast<ULONGLONG>(a.length);
  const auto b_end = static_cast<ULONGLONG>(first) + static_cast<ULONGLONG>(length);
  return static_cast<ULONGLONG>(first) < a_end && static_cast<ULONGLONG>(a.first) < b_end;
}

ByteLock LockOf(PIRP irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const auto& parameters = location->Parameters.LockControl;
  return {parameters.ByteOffset.QuadPart, parameters.Length->QuadPart, parameters.Key, (location->Flags & SL_EXCLUSIVE_LOCK) != 0,
          location->FileObject,           IoGetRequestorProcess(irp)};
}

bool Free(const Node* node, const ByteLock& wanted) {
  return std::ranges::none_of(node->locks, [&](const ByteLock& held) {
    return Overlap(held, wanted.first, wanted.length) && (held.exclusive || wanted.exclusive);
  });
}

/// Serves who waits, oldest first.
void Retry(Node* node) {
  for (SIZE_T i = 0; i < node->lock_waiters.size();) {
    PIRP const irp = node->lock_waiters[i];
    const ByteLock wanted = LockOf(irp);
    if (!Free(node, wanted) || SetCancelRoutine(irp, nullptr) == nullptr) {
      ++i;
      continue;
    }
    node->lock_waiters.erase(node->lock_waiters.begin() + static_cast<std::ptrdiff_t>(i));
    node->locks.push_back(wanted);
    Complete(irp, STATUS_SUCCESS);
    i = 0;  // the completion may have changed anything
  }
}

template <class Which>
NTSTATUS Unlock(Node* node, Which which) {
  const SIZE_T count = std::erase_if(node->locks, which);
  Retry(node);
  return count != 0 ? STATUS_SUCCESS : STATUS_RANGE_NOT_LOCKED;
}

}  // namespace

bool MayTransfer(const Node* node, const FILE_OBJECT* file, LONGLONG first, LONGLONG length, ULONG key, bool write) {
  return std::ranges::none_of(node->locks, [&](const ByteLock& held) {
    if (!Overlap(held, first, length)) return false;
    if (held.exclusive) return held.owner != file || held.key != key;
    return write;  // a shared lock keeps everybody from writing, its owner too
  });
}

void ReleaseLocks(Opening* opening, PFILE_OBJECT file) {
  Node* const node = opening->node;
  for (SIZE_T i = 0; i < node->lock_waiters.size();) {
    PIRP const irp = node->lock_waiters[i];
    if (IoGetCurrentIrpStackLocation(irp)->FileObject != file || SetCancelRoutine(irp, nullptr) == nullptr) {
      ++i;
      continue;
    }
    node->lock_waiters.erase(node->lock_waiters.begin() + static_cast<std::ptrdiff_t>(i));
    Complete(irp, STATUS_RANGE_NOT_LOCKED);
  }
  Unlock(node, [file](const ByteLock& lock) { return lock.owner == file; });
}

NTSTATUS LockControl(PIRP irp, PIO_STACK_LOCATION location) {
  Node* const node = OpeningOf(location->FileObject)->node;
  if (node->directory) return Complete(irp, STATUS_INVALID_PARAMETER);
  PFILE_OBJECT const file = location->FileObject;
  const ULONG key = location->Parameters.LockControl.Key;
  switch (location->MinorFunction) {
    case IRP_MN_LOCK: {
      const ByteLock wanted = LockOf(irp);
      if (Free(node, wanted)) {
        node->locks.push_back(wanted);
        return Complete(irp, STATUS_SUCCESS);
      }
      if ((location->Flags & SL_FAIL_IMMEDIATELY) != 0) return Complete(irp, STATUS_LOCK_NOT_GRANTED);
      return Pend(irp, &node->lock_waiters);
    }
    case IRP_MN_UNLOCK_SINGLE: {
      const ByteLock given = LockOf(irp);
      return Complete(irp, Unlock(node, [&](const ByteLock& lock) {
                        return lock.owner == file && lock.first == given.first && lock.length == given.length && lock.key == given.key;
                      }));
    }
    case IRP_MN_UNLOCK_ALL:
      return Complete(irp, Unlock(node, [&](const ByteLock& lock) { return lock.owner == file; }));
    case IRP_MN_UNLOCK_ALL_BY_KEY:
      return Complete(irp, Unlock(node, [&](const ByteLock& lock) { return lock.owner == file && lock.key == key; }));
    default:
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace nt::hostfs
