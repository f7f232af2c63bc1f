// Device queues: what a busy device has still to do, in order of arrival or of a key.
#include "nt/ke.h"

namespace {

PKDEVICE_QUEUE_ENTRY EntryOf(PLIST_ENTRY link) { return CONTAINING_RECORD(link, KDEVICE_QUEUE_ENTRY, DeviceListEntry); }

void LinkBefore(PLIST_ENTRY next, PKDEVICE_QUEUE_ENTRY entry) {
  entry->DeviceListEntry = {next, next->Blink};
  next->Blink->Flink = &entry->DeviceListEntry;
  next->Blink = &entry->DeviceListEntry;
  entry->Inserted = TRUE;
}

PKDEVICE_QUEUE_ENTRY Unlink(PKDEVICE_QUEUE_ENTRY entry) {
  entry->DeviceListEntry.Blink->Flink = entry->DeviceListEntry.Flink;
  entry->DeviceListEntry.Flink->Blink = entry->DeviceListEntry.Blink;
  entry->Inserted = FALSE;
  return entry;
}

/// The first link whose key is at least `key`, or past it; the list's head if there is none.
PLIST_ENTRY FirstFrom(PKDEVICE_QUEUE queue, ULONG key, bool past) {
  PLIST_ENTRY link = queue->DeviceListHead.Flink;
  while (link != &queue->DeviceListHead && (past ? EntryOf(link)->SortKey <= key : EntryOf(link)->SortKey < key)) link = link->Flink;
  return link;
}

/// True if the entry waits in the queue; a device that was idle is busy with it instead.
bool MustWait(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry) {
  const bool busy = queue->Busy != 0;
  queue->Busy = TRUE;
  if (!busy) entry->Inserted = FALSE;
  return busy;
}

}  // namespace

extern "C" {

VOID KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
  DeviceQueue->Type = DeviceQueueObject;
  DeviceQueue->Size = sizeof(KDEVICE_QUEUE);
  DeviceQueue->DeviceListHead = {&DeviceQueue->DeviceListHead, &DeviceQueue->DeviceListHead};
  DeviceQueue->Lock = 0;
  DeviceQueue->Hint = 0;
}

BOOLEAN KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
  if (!MustWait(DeviceQueue, DeviceQueueEntry)) return FALSE;
  LinkBefore(&DeviceQueue->DeviceListHead, DeviceQueueEntry);
  return TRUE;
}

BOOLEAN KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey) {
  DeviceQueueEntry->SortKey = SortKey;
  if (!MustWait(DeviceQueue, DeviceQueueEntry)) return FALSE;
  LinkBefore(FirstFrom(DeviceQueue, SortKey, true), DeviceQueueEntry);
  return TRUE;
}

PKDEVICE_QUEUE_ENTRY KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
  PLIST_ENTRY const first = DeviceQueue->DeviceListHead.Flink;
  if (first != &DeviceQueue->DeviceListHead) return Unlink(EntryOf(first));
  DeviceQueue->Busy = FALSE;
  return nullptr;
}

PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
  // Past the last key the sweep starts over at the lowest one.
  PLIST_ENTRY const found = FirstFrom(DeviceQueue, SortKey, false);
  return found != &DeviceQueue->DeviceListHead ? Unlink(EntryOf(found)) : KeRemoveDeviceQueue(DeviceQueue);
}

PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
  return DeviceQueue->Busy != 0 ? KeRemoveByKeyDeviceQueue(DeviceQueue, SortKey) : nullptr;
}

BOOLEAN KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE /*DeviceQueue*/, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
  if (DeviceQueueEntry->Inserted == 0) return FALSE;
  Unlink(DeviceQueueEntry);
  return TRUE;
}

}  // extern "C"
