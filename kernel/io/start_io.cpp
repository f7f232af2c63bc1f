// StartIo: one IRP at a time for a device, the others wait in its device queue.
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"

using namespace nt::io;
namespace ke = nt::ke;

extern "C" {
BOOLEAN KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry);
BOOLEAN KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey);
PKDEVICE_QUEUE_ENTRY KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue);
PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey);
}

namespace {

/// Bits of DEVOBJ_EXTENSION.StartIoFlags: what was asked for while StartIo ran, and the device's attributes.
constexpr ULONG kRequested = 0x1, kRequestedByKey = 0x2, kCancelable = 0x4, kDeferred = 0x8, kNotCancelable = 0x10;

/// The cancel spin lock, held if `wanted`.
class CancelLock {
 public:
  explicit CancelLock(bool wanted) : wanted_(wanted) {
    if (wanted_) IoAcquireCancelSpinLock(&irql_);
  }
  bool wanted() const { return wanted_; }
  KIRQL irql() const { return irql_; }
  void Release() const {
    if (wanted_) IoReleaseCancelSpinLock(irql_);
  }

 private:
  bool wanted_;
  KIRQL irql_ = 0;
};

/// Makes an IRP the device's current one and hands it over; the cancel lock goes.
void Start(PDEVICE_OBJECT device, PIRP irp, const CancelLock& lock) {
  if (lock.wanted() && (device->DeviceObjectExtension->StartIoFlags & kNotCancelable) != 0) irp->CancelRoutine = nullptr;
  lock.Release();
  ke::Callout<void>(device->DriverObject->DriverStartIo, device, irp);
}

void StartNext(PDEVICE_OBJECT device, bool cancelable, bool by_key, ULONG key) {
  const CancelLock lock(cancelable);
  device->CurrentIrp = nullptr;
  PKDEVICE_QUEUE_ENTRY const entry =
      by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, key) : KeRemoveDeviceQueue(&device->DeviceQueue);
  if (entry == nullptr) return lock.Release();
  PIRP const irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
  device->CurrentIrp = irp;
  Start(device, irp, lock);
}

/// Does what was put off while StartIo ran. The caller has counted itself in StartIoCount.
void RunDeferred(PDEVICE_OBJECT device) {
  const PDEVOBJ_EXTENSION extension = device->DeviceObjectExtension;
  while ((extension->StartIoFlags & (kRequested | kRequestedByKey)) != 0) {
    const ULONG asked = extension->StartIoFlags;
    const ULONG key = static_cast<ULONG>(extension->StartIoKey);
    extension->StartIoFlags &= ~(kRequested | kRequestedByKey | kCancelable);
    extension->StartIoKey = 0;
    StartNext(device, (asked & kCancelable) != 0, (asked & kRequestedByKey) != 0, key);
  }
}

void Next(PDEVICE_OBJECT device, bool cancelable, bool by_key, ULONG key) {
  const PDEVOBJ_EXTENSION extension = device->DeviceObjectExtension;
  if ((extension->StartIoFlags & kDeferred) == 0) return StartNext(device, cancelable, by_key, key);
  extension->StartIoFlags |= (by_key ? kRequestedByKey : kRequested) | (cancelable ? kCancelable : 0u);
  extension->StartIoKey = static_cast<LONG>(key);
  if (extension->StartIoCount != 0) return;  // whoever runs StartIo sees to it
  ++extension->StartIoCount;
  RunDeferred(device);
  --extension->StartIoCount;
}

/// True if the IRP waits in the queue, or was canceled there.
bool Queued(PDEVICE_OBJECT device, PIRP irp, const ULONG* key, PDRIVER_CANCEL cancel, const CancelLock& lock) {
  PKDEVICE_QUEUE_ENTRY const entry = &irp->Tail.Overlay.DeviceQueueEntry;
  const BOOLEAN inserted =
      key != nullptr ? KeInsertByKeyDeviceQueue(&device->DeviceQueue, entry, *key) : KeInsertDeviceQueue(&device->DeviceQueue, entry);
  if (inserted == FALSE) return false;
  if (!lock.wanted() || irp->Cancel == 0) {
    lock.Release();
    return true;
  }
  // It was canceled before it had a routine to tell: the routine is told now, and releases the lock.
  irp->CancelIrql = lock.irql();
  irp->CancelRoutine = nullptr;
  ke::Callout<void>(cancel, device, irp);
  return true;
}

}  // namespace

extern "C" {

VOID IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction) {
  const KIRQL irql = ke::RaiseIrql(DISPATCH_LEVEL);
  const CancelLock lock(CancelFunction != nullptr);
  if (CancelFunction != nullptr) Irp->CancelRoutine = CancelFunction;
  if (!Queued(DeviceObject, Irp, Key, CancelFunction, lock)) {
    const PDEVOBJ_EXTENSION extension = DeviceObject->DeviceObjectExtension;
    const bool deferred = (extension->StartIoFlags & kDeferred) != 0;
    DeviceObject->CurrentIrp = Irp;
    if (deferred) ++extension->StartIoCount;
    Start(DeviceObject, Irp, lock);
    if (deferred) {
      if (extension->StartIoCount == 1) RunDeferred(DeviceObject);
      --extension->StartIoCount;
    }
  }
  ke::LowerIrql(irql);
}

VOID IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable) { Next(DeviceObject, Cancelable != 0, false, 0); }

VOID IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key) { Next(DeviceObject, Cancelable != 0, true, Key); }

VOID IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable) {
  ULONG& flags = DeviceObject->DeviceObjectExtension->StartIoFlags;
  flags = (flags & ~(kDeferred | kNotCancelable)) | (DeferredStartIo != 0 ? kDeferred : 0u) | (NonCancelable != 0 ? kNotCancelable : 0u);
}

}  // extern "C"
