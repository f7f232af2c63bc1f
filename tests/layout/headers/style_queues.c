// A driver with a cancel-safe queue, a removal lock and bugcheck data, in the manner of the WDK's samples.
#include <ntddk.h>

#define TAG 'uQtS'

typedef struct _DEVICE_EXTENSION {
  PDEVICE_OBJECT DeviceObject;
  LIST_ENTRY PendingIrpQueue;
  KSPIN_LOCK QueueLock;
  IO_CSQ CancelSafeQueue;
  IO_REMOVE_LOCK RemoveLock;
  KBUGCHECK_REASON_CALLBACK_RECORD TriageRecord;
  PKTRIAGE_DUMP_DATA_ARRAY TriageArray;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD QueueUnload;
DRIVER_REINITIALIZE QueueReinitialize;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH QueueCreateClose;
_Dispatch_type_(IRP_MJ_CLEANUP) DRIVER_DISPATCH QueueCleanup;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH QueueRead;
IO_CSQ_INSERT_IRP QueueInsertIrp;
IO_CSQ_REMOVE_IRP QueueRemoveIrp;
IO_CSQ_PEEK_NEXT_IRP QueuePeekNextIrp;
IO_CSQ_ACQUIRE_LOCK QueueAcquireLock;
IO_CSQ_RELEASE_LOCK QueueReleaseLock;
IO_CSQ_COMPLETE_CANCELED_IRP QueueCompleteCanceledIrp;
IO_TIMER_ROUTINE QueueTimer;
KBUGCHECK_REASON_CALLBACK_ROUTINE QueueTriage;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, QueueUnload)
#pragma alloc_text(PAGE, QueueCreateClose)
#endif

_Use_decl_annotations_ VOID QueueInsertIrp(PIO_CSQ Csq, PIRP Irp) {
  PDEVICE_EXTENSION extension = CONTAINING_RECORD(Csq, DEVICE_EXTENSION, CancelSafeQueue);
  InsertTailList(&extension->PendingIrpQueue, &Irp->Tail.Overlay.ListEntry);
}

_Use_decl_annotations_ VOID QueueRemoveIrp(PIO_CSQ Csq, PIRP Irp) {
  UNREFERENCED_PARAMETER(Csq);
  RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

_Use_decl_annotations_ PIRP QueuePeekNextIrp(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext) {
  PDEVICE_EXTENSION extension = CONTAINING_RECORD(Csq, DEVICE_EXTENSION, CancelSafeQueue);
  PLIST_ENTRY entry = Irp == NULL ? extension->PendingIrpQueue.Flink : Irp->Tail.Overlay.ListEntry.Flink;
  for (; entry != &extension->PendingIrpQueue; entry = entry->Flink) {
    PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (PeekContext == NULL || IoGetCurrentIrpStackLocation(next)->FileObject == (PFILE_OBJECT)PeekContext) return next;
  }
  return NULL;
}

_IRQL_raises_(DISPATCH_LEVEL) _Acquires_lock_(CONTAINING_RECORD(Csq, DEVICE_EXTENSION, CancelSafeQueue)->QueueLock) VOID
    QueueAcquireLock(PIO_CSQ Csq, _Out_ PKIRQL Irql) {
  KeAcquireSpinLock(&CONTAINING_RECORD(Csq, DEVICE_EXTENSION, CancelSafeQueue)->QueueLock, Irql);
}

_Use_decl_annotations_ VOID QueueReleaseLock(PIO_CSQ Csq, KIRQL Irql) {
  KeReleaseSpinLock(&CONTAINING_RECORD(Csq, DEVICE_EXTENSION, CancelSafeQueue)->QueueLock, Irql);
}

_Use_decl_annotations_ VOID QueueCompleteCanceledIrp(PIO_CSQ Csq, PIRP Irp) {
  PDEVICE_EXTENSION extension = CONTAINING_RECORD(Csq, DEVICE_EXTENSION, CancelSafeQueue);
  Irp->IoStatus.Status = STATUS_CANCELLED;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  IoReleaseRemoveLock(&extension->RemoveLock, Irp);
}

_Use_decl_annotations_ VOID QueueTimer(PDEVICE_OBJECT DeviceObject, PVOID Context) {
  PIO_ERROR_LOG_PACKET packet;
  UNREFERENCED_PARAMETER(Context);
  packet = (PIO_ERROR_LOG_PACKET)IoAllocateErrorLogEntry(DeviceObject, sizeof(IO_ERROR_LOG_PACKET));
  if (packet != NULL) {
    RtlZeroMemory(packet, sizeof(*packet));
    packet->ErrorCode = IO_ERR_TIMEOUT;
    IoWriteErrorLogEntry(packet);
  }
}

_Use_decl_annotations_ VOID QueueTriage(KBUGCHECK_CALLBACK_REASON Reason, PKBUGCHECK_REASON_CALLBACK_RECORD Record,
                                        PVOID ReasonSpecificData, ULONG ReasonSpecificDataLength) {
  PKBUGCHECK_TRIAGE_DUMP_DATA data = (PKBUGCHECK_TRIAGE_DUMP_DATA)ReasonSpecificData;
  PDEVICE_EXTENSION extension = CONTAINING_RECORD(Record, DEVICE_EXTENSION, TriageRecord);
  if (Reason != KbCallbackTriageDumpData || ReasonSpecificDataLength < sizeof(*data)) return;
  if ((data->Flags & KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE) == 0) return;
  data->DataArray = extension->TriageArray;
}

NTSTATUS QueueCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PAGED_CODE();
  UNREFERENCED_PARAMETER(DeviceObject);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

NTSTATUS QueueRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
  NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
  if (!NT_SUCCESS(status)) {
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
  }
  IoCsqInsertIrp(&extension->CancelSafeQueue, Irp, NULL);
  return STATUS_PENDING;
}

NTSTATUS QueueCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  PIRP pending;
  while ((pending = IoCsqRemoveNextIrp(&extension->CancelSafeQueue, file)) != NULL)
    QueueCompleteCanceledIrp(&extension->CancelSafeQueue, pending);
  return QueueCreateClose(DeviceObject, Irp);
}

_Use_decl_annotations_ VOID QueueReinitialize(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count) {
  UNREFERENCED_PARAMETER(Context);
  if (Count == 1) IoStartTimer(DriverObject->DeviceObject);
}

VOID QueueUnload(PDRIVER_OBJECT DriverObject) {
  PDEVICE_EXTENSION extension = DriverObject->DeviceObject->DeviceExtension;
  PAGED_CODE();
  IoStopTimer(DriverObject->DeviceObject);
  (VOID) IoAcquireRemoveLock(&extension->RemoveLock, NULL);
  IoReleaseRemoveLockAndWait(&extension->RemoveLock, NULL);
  KeDeregisterBugCheckReasonCallback(&extension->TriageRecord);
  ExFreePoolWithTag(extension->TriageArray, TAG);
  IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  const ULONG size = FIELD_OFFSET(KTRIAGE_DUMP_DATA_ARRAY, Blocks) + 4 * sizeof(KADDRESS_RANGE);
  PDEVICE_OBJECT device;
  PDEVICE_EXTENSION extension;
  NTSTATUS status =
      IoCreateDevice(DriverObject, sizeof(DEVICE_EXTENSION), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  UNREFERENCED_PARAMETER(RegistryPath);
  if (!NT_SUCCESS(status)) return status;
  extension = device->DeviceExtension;
  extension->DeviceObject = device;
  extension->TriageArray = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG);
  if (extension->TriageArray == NULL) {
    IoDeleteDevice(device);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  KeInitializeTriageDumpDataArray(extension->TriageArray, size);
  KeAddTriageDumpDataBlock(extension->TriageArray, extension, sizeof(*extension));
  KeInitializeCallbackRecord(&extension->TriageRecord);
  KeRegisterBugCheckReasonCallback(&extension->TriageRecord, QueueTriage, KbCallbackTriageDumpData, (PUCHAR) "StyleQueues");
  InitializeListHead(&extension->PendingIrpQueue);
  KeInitializeSpinLock(&extension->QueueLock);
  IoInitializeRemoveLock(&extension->RemoveLock, TAG, 0, 0);
  IoCsqInitialize(&extension->CancelSafeQueue, QueueInsertIrp, QueueRemoveIrp, QueuePeekNextIrp, QueueAcquireLock, QueueReleaseLock,
                  QueueCompleteCanceledIrp);
  IoInitializeTimer(device, QueueTimer, NULL);
  DriverObject->MajorFunction[IRP_MJ_CREATE] = QueueCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = QueueCreateClose;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = QueueCleanup;
  DriverObject->MajorFunction[IRP_MJ_READ] = QueueRead;
  DriverObject->DriverUnload = QueueUnload;
  device->Flags |= DO_BUFFERED_IO;
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  IoRegisterDriverReinitialization(DriverObject, QueueReinitialize, NULL);
  return STATUS_SUCCESS;
}
