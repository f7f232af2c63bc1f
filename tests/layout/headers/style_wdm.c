// A WDM function driver in C: dispatch routines, DPC, timer, work item, remove lock, cancel-safe queue, pageable code.
#include <NTDDK.h>
#include <WdmSec.h>
#include <dontuse.h>
#include <ntstrsafe.h>

#define TAG 'elyS'
#define NAME L"\\Device\\Style"

typedef struct _DEVICE_EXTENSION {
  PDEVICE_OBJECT Self;
  IO_REMOVE_LOCK RemoveLock;
  KDPC Dpc;
  KTIMER Timer;
  KSPIN_LOCK Lock;
  _Guarded_by_(Lock) LIST_ENTRY Queue;
  IO_CSQ Csq;
  PIO_WORKITEM WorkItem;
  FAST_MUTEX Mutex;
  NPAGED_LOOKASIDE_LIST Lookaside;
  LONG volatile Count;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

C_ASSERT(sizeof(DEVICE_OBJECT) == 0x150);

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD StyleUnload;
__drv_dispatchType(IRP_MJ_CREATE) DRIVER_DISPATCH StyleCreate;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH StyleRead;
KDEFERRED_ROUTINE StyleDpc;
IO_WORKITEM_ROUTINE StyleWork;
IO_COMPLETION_ROUTINE StyleComplete;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, StyleUnload)
#endif

_Use_decl_annotations_ VOID StyleDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
  PDEVICE_EXTENSION Extension = (PDEVICE_EXTENSION)Context;
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(Argument1);
  UNREFERENCED_PARAMETER(Argument2);
  KeAcquireSpinLockAtDpcLevel(&Extension->Lock);
  InterlockedIncrement(&Extension->Count);
  if (InterlockedBitTestAndSet(&Extension->Count, 4)) KdPrint(("bit was set\n"));
  KeReleaseSpinLockFromDpcLevel(&Extension->Lock);
  IoQueueWorkItem(Extension->WorkItem, StyleWork, DelayedWorkQueue, Extension);
}

_Use_decl_annotations_ VOID StyleWork(PDEVICE_OBJECT DeviceObject, PVOID Context) {
  UNREFERENCED_PARAMETER(DeviceObject);
  PDEVICE_EXTENSION Extension = Context;
  ExAcquireFastMutex(&Extension->Mutex);
  ExReleaseFastMutex(&Extension->Mutex);
}

_Use_decl_annotations_ NTSTATUS StyleComplete(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(DeviceObject);
  if (Irp->PendingReturned) IoMarkIrpPending(Irp);
  KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

_Use_decl_annotations_ NTSTATUS StyleCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  Irp->IoStatus.Status = STATUS_SUCCESS;
  Irp->IoStatus.Information = FILE_OPENED;
  IoCompleteRequest(Irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS StyleRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PDEVICE_EXTENSION Extension = DeviceObject->DeviceExtension;
  NTSTATUS Status = IoAcquireRemoveLock(&Extension->RemoveLock, Irp);
  if (!NT_SUCCESS(Status)) return Status;
  PVOID Block = ExAllocateFromNPagedLookasideList(&Extension->Lookaside);
  if (Block) ExFreeToNPagedLookasideList(&Extension->Lookaside, Block);
  LARGE_INTEGER Due = {.QuadPart = -10000LL};
  KeSetTimer(&Extension->Timer, Due, &Extension->Dpc);
  IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
  return StyleCreate(DeviceObject, Irp);
}

_Use_decl_annotations_ VOID StyleUnload(PDRIVER_OBJECT DriverObject) {
  PAGED_CODE();
  PDEVICE_EXTENSION Extension = DriverObject->DeviceObject->DeviceExtension;
  KeCancelTimer(&Extension->Timer);
  KeFlushQueuedDpcs();
  IoFreeWorkItem(Extension->WorkItem);
  ExDeleteNPagedLookasideList(&Extension->Lookaside);
  IoDeleteDevice(DriverObject->DeviceObject);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  DECLARE_CONST_UNICODE_STRING(Name, NAME);
  PDEVICE_OBJECT DeviceObject;
  NTSTATUS Status;
  UNREFERENCED_PARAMETER(RegistryPath);
  ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
  Status = IoCreateDevice(DriverObject, sizeof(DEVICE_EXTENSION), (PUNICODE_STRING)&Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                          FALSE, &DeviceObject);
  if (!NT_SUCCESS(Status)) return Status;
  PDEVICE_EXTENSION Extension = DeviceObject->DeviceExtension;
  Extension->Self = DeviceObject;
  IoInitializeRemoveLock(&Extension->RemoveLock, TAG, 0, 0);
  KeInitializeDpc(&Extension->Dpc, StyleDpc, Extension);
  KeInitializeTimerEx(&Extension->Timer, NotificationTimer);
  KeInitializeSpinLock(&Extension->Lock);
  InitializeListHead(&Extension->Queue);
  ExInitializeFastMutex(&Extension->Mutex);
  ExInitializeNPagedLookasideList(&Extension->Lookaside, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
  Extension->WorkItem = IoAllocateWorkItem(DeviceObject);
  DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = StyleCreate;
  DriverObject->MajorFunction[IRP_MJ_READ] = StyleRead;
  DriverObject->DriverUnload = StyleUnload;
  DeviceObject->Flags |= DO_BUFFERED_IO;
  DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
  ASSERT(Extension->WorkItem != NULL);
  NT_ASSERTMSG("a work item", Extension->WorkItem);
  return STATUS_SUCCESS;
}
