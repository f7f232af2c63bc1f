// A driver as the samples of older kits are written: annotations of the first kind, function types for every routine.
#include <initguid.h>
#include <ntddk.h>
#include <wdmsec.h>

#define OLD_TAG 'dlO'
#define RELATIVE(wait) (-(wait))
#define MILLISECONDS(milliseconds) (((signed __int64)(milliseconds)) * (1000L * 10L))

typedef struct _OLD_EXTENSION {
  PDEVICE_OBJECT DeviceObject;
  LIST_ENTRY Queue;
  KSPIN_LOCK QueueLock;
  IO_CSQ CancelSafeQueue;
  KTIMER Timer;
  KDPC TimerDpc;
  IO_REMOVE_LOCK RemoveLock;
  NPAGED_LOOKASIDE_LIST Lookaside;
  PAGED_LOOKASIDE_LIST PagedLookaside;
  FAST_MUTEX Mutex;
  SLIST_HEADER Free;
  PKTHREAD Thread;
} OLD_EXTENSION, *POLD_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD OldUnload;
__drv_dispatchType(IRP_MJ_CREATE) __drv_dispatchType(IRP_MJ_CLOSE) DRIVER_DISPATCH OldCreateClose;
DRIVER_CANCEL OldCancel;
KDEFERRED_ROUTINE OldTimerDpc;
KSTART_ROUTINE OldThread;
DRIVER_REINITIALIZE OldReinitialize;
RTL_QUERY_REGISTRY_ROUTINE OldQuery;
IO_CSQ_INSERT_IRP OldInsert;
ALLOCATE_FUNCTION OldAllocate;
FREE_FUNCTION OldFree;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, OldUnload)
#endif

PVOID OldAllocate(__in POOL_TYPE PoolType, __in SIZE_T NumberOfBytes, __in ULONG Tag) {
  return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

VOID OldFree(__in PVOID Buffer) { ExFreePool(Buffer); }

VOID OldTimerDpc(__in struct _KDPC* Dpc, __in_opt PVOID DeferredContext, __in_opt PVOID SystemArgument1, __in_opt PVOID SystemArgument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(DeferredContext);
  UNREFERENCED_PARAMETER(SystemArgument1);
  UNREFERENCED_PARAMETER(SystemArgument2);
}

VOID OldThread(__in PVOID StartContext) {
  UNREFERENCED_PARAMETER(StartContext);
  KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID OldReinitialize(__in struct _DRIVER_OBJECT* DriverObject, __in_opt PVOID Context, __in ULONG Count) {
  UNREFERENCED_PARAMETER(DriverObject);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Count);
}

NTSTATUS OldQuery(__in PWSTR ValueName, __in ULONG ValueType, __in_bcount_opt(ValueLength) PVOID ValueData, __in ULONG ValueLength,
                  __in_opt PVOID Context, __in_opt PVOID EntryContext) {
  UNREFERENCED_PARAMETER(ValueName);
  UNREFERENCED_PARAMETER(ValueType);
  UNREFERENCED_PARAMETER(ValueData);
  UNREFERENCED_PARAMETER(ValueLength);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(EntryContext);
  return STATUS_SUCCESS;
}

VOID OldInsert(__in struct _IO_CSQ* Csq, __in PIRP Irp) {
  POLD_EXTENSION extension = CONTAINING_RECORD(Csq, OLD_EXTENSION, CancelSafeQueue);
  InsertTailList(&extension->Queue, &Irp->Tail.Overlay.ListEntry);
}

NTSTATUS OldCreateClose(__in PDEVICE_OBJECT DeviceObject, __inout PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = 0;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

VOID OldCancel(__inout PDEVICE_OBJECT DeviceObject, __inout __drv_useCancelIRQL PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  IoReleaseCancelSpinLock(Irp->CancelIrql);
}

VOID OldUnload(__in PDRIVER_OBJECT DriverObject) {
  PAGED_CODE();
  IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(__in PDRIVER_OBJECT DriverObject, __in PUNICODE_STRING RegistryPath) {
  PDEVICE_OBJECT device;
  POLD_EXTENSION extension;
  NTSTATUS status;
  UNICODE_STRING name;
  HANDLE thread;
  LARGE_INTEGER due;
  KIRQL irql;
  PVOID entry;

  UNREFERENCED_PARAMETER(RegistryPath);
  RtlInitUnicodeString(&name, L"\\Device\\Old");
  status = IoCreateDeviceSecure(DriverObject, sizeof(OLD_EXTENSION), &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &device);
  if (!NT_SUCCESS(status)) {
    KdPrint(("no device: %x\n", status));
    return status;
  }
  extension = device->DeviceExtension;
  KeInitializeSpinLock(&extension->QueueLock);
  KeInitializeTimerEx(&extension->Timer, SynchronizationTimer);
  KeInitializeDpc(&extension->TimerDpc, OldTimerDpc, extension);
  ExInitializeNPagedLookasideList(&extension->Lookaside, OldAllocate, OldFree, 0, 64, OLD_TAG, 0);
  entry = ExAllocateFromNPagedLookasideList(&extension->Lookaside);
  ExFreeToNPagedLookasideList(&extension->Lookaside, entry);
  ExDeleteNPagedLookasideList(&extension->Lookaside);
  ExInitializePagedLookasideList(&extension->PagedLookaside, NULL, NULL, 0, 64, OLD_TAG, 0);
  ExDeletePagedLookasideList(&extension->PagedLookaside);
  IoInitializeRemoveLock(&extension->RemoveLock, OLD_TAG, 1, 100);
  status = IoAcquireRemoveLock(&extension->RemoveLock, DriverObject);
  if (NT_SUCCESS(status)) IoReleaseRemoveLock(&extension->RemoveLock, DriverObject);
  ExInitializeFastMutex(&extension->Mutex);
  ExInitializeSListHead(&extension->Free);
  due.QuadPart = RELATIVE(MILLISECONDS(10));
  KeSetTimerEx(&extension->Timer, due, 100, &extension->TimerDpc);
  KeCancelTimer(&extension->Timer);
  KeAcquireSpinLock(&extension->QueueLock, &irql);
  KeReleaseSpinLock(&extension->QueueLock, irql);
  status = PsCreateSystemThread(&thread, (ACCESS_MASK)0, NULL, (HANDLE)0, NULL, OldThread, extension);
  if (NT_SUCCESS(status)) {
    ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, NULL, KernelMode, (PVOID*)&extension->Thread, NULL);
    ZwClose(thread);
    KeWaitForSingleObject(extension->Thread, Executive, KernelMode, FALSE, (PLARGE_INTEGER)NULL);
    ObDereferenceObject(extension->Thread);
  }
  IoRegisterDriverReinitialization(DriverObject, OldReinitialize, NULL);
  ASSERT(extension != NULL);
  RTL_SOFT_ASSERT(extension != NULL);
  DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = OldCreateClose;
  DriverObject->DriverUnload = OldUnload;
  return STATUS_SUCCESS;
}
