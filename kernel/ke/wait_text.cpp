#include "kernel/ke/wait_text.h"

#include "nt/ex.h"

namespace nt::ke {
namespace {

std::string HeldBy(const std::string& what, const void* owner) {
  if (owner == nullptr) return what;
  return what + " that " + NameOf(static_cast<const KTHREAD*>(owner)) + " holds";
}

/// A resource's owner entry belongs to a thread, or to whatever a driver named (its two lowest bits are then set), or waits for a woken
/// owner.
bool IsThreadsEntry(const OWNER_ENTRY& entry) { return entry.OwnerThread > 3 && (entry.OwnerThread & 3) == 0; }

std::string DescribeResource(const ERESOURCE* resource) {
  std::string owners;
  const auto add = [&](const OWNER_ENTRY& entry) {
    if (!IsThreadsEntry(entry)) return;
    owners += (owners.empty() ? "" : ", ") + NameOf(reinterpret_cast<const KTHREAD*>(entry.OwnerThread));
  };
  add(resource->OwnerEntry);
  if (resource->OwnerTable != nullptr) {
    for (ULONG i = 1; i < resource->OwnerTable->TableSize; ++i) add(resource->OwnerTable[i]);
  }
  if (owners.empty()) return "a resource";
  const bool exclusive = (resource->Flag & ResourceOwnedExclusive) != 0;
  return "a resource that " + owners + (exclusive ? " holds exclusively" : " shares");
}

std::string DescribeLock(KWAIT_REASON reason, const void* lock) {
  switch (reason) {
    case WrResource:
      return DescribeResource(static_cast<const ERESOURCE*>(lock));
    case WrFastMutex:
      return HeldBy("a fast mutex", static_cast<const FAST_MUTEX*>(lock)->Owner);
    default:
      return HeldBy("a guarded mutex", static_cast<const KGUARDED_MUTEX*>(lock)->Owner);
  }
}

std::string DescribeObject(const void* object) {
  switch (static_cast<const DISPATCHER_HEADER*>(object)->Type & 0x7f) {
    case EventNotificationObject:
      return "a notification event";
    case EventSynchronizationObject:
      return "a synchronization event";
    case MutantObject:
      return HeldBy("a mutex", static_cast<const KMUTANT*>(object)->OwnerThread);
    case ProcessObject:
      return "the end of a process";
    case QueueObject:
      return "an entry of a queue";
    case SemaphoreObject:
      return "a semaphore";
    case ThreadObject:
      return "the end of " + NameOf(static_cast<const KTHREAD*>(object));
    case TimerNotificationObject:
    case TimerSynchronizationObject:
      return "a timer";
    default:
      return "an object";
  }
}

}  // namespace

std::string NameOf(const KTHREAD* thread) {
  const auto* const whole = reinterpret_cast<const Thread*>(thread);
  return "thread " + std::to_string(reinterpret_cast<ULONG_PTR>(whole->Cid.UniqueThread));
}

std::string DescribeWait(const Thread* thread) {
  const ThreadHost& host = thread->host;
  if (host.lock != nullptr) return "for " + DescribeLock(host.wait_reason, host.lock);
  if (host.delaying) return "for some time";
  const KWAIT_BLOCK* const blocks = thread->Tcb.WaitBlockList;
  std::string text = "for ";
  for (ULONG i = 0; i < host.wait_count; ++i) {
    if (i != 0) text += blocks[i].WaitType == WaitAll ? " and " : " or ";
    text += DescribeObject(blocks[i].Object);
  }
  return text;
}

}  // namespace nt::ke
