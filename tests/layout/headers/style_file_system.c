// The beginnings of a file system, in the manner of the WDK's samples.
#include <ntifs.h>

#include <ntddscsi.h>

#define TAG_FCB 'bcFs'
#define TAG_NAME 'mnFs'

typedef struct _VCB {
  FSRTL_ADVANCED_FCB_HEADER Header;
  ERESOURCE MainResource;
  ERESOURCE PagingIoResource;
  FAST_MUTEX AdvancedFcbHeaderMutex;
  PVPB Vpb;
  PDEVICE_OBJECT TargetDeviceObject;
  PFILE_OBJECT VirtualVolumeFile;
  SECTION_OBJECT_POINTERS SectionObjectPointers;
  PNOTIFY_SYNC NotifySync;
  LIST_ENTRY DirNotifyList;
  TUNNEL Tunnel;
  SHARE_ACCESS ShareAccess;
  LARGE_MCB DirtyMcb;
} VCB, *PVCB;

typedef struct _FCB {
  FSRTL_ADVANCED_FCB_HEADER Header;
  SECTION_OBJECT_POINTERS SectionObjectPointers;
  FILE_LOCK FileLock;
  OPLOCK Oplock;
  SHARE_ACCESS ShareAccess;
  BASE_MCB Mcb;
  UNICODE_STRING Name;
  PVCB Vcb;
} FCB, *PFCB;

typedef struct _IRP_CONTEXT {
  PIRP OriginatingIrp;
  PDEVICE_OBJECT RealDevice;
  UCHAR MajorFunction;
  NTSTATUS ExceptionStatus;
  WORK_QUEUE_ITEM WorkQueueItem;
} IRP_CONTEXT, *PIRP_CONTEXT;

static NPAGED_LOOKASIDE_LIST ContextLookaside;
static PDEVICE_OBJECT ControlDevice;
static CACHE_MANAGER_CALLBACKS CacheCallbacks;
static FAST_IO_DISPATCH FastIo;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD FsUnload;
_Dispatch_type_(IRP_MJ_FILE_SYSTEM_CONTROL) DRIVER_DISPATCH FsControl;
DRIVER_DISPATCH FsCreate, FsRead, FsQueryVolume, FsShutdown;
FAST_IO_CHECK_IF_POSSIBLE FsFastIoCheck;
FAST_IO_QUERY_BASIC_INFO FsFastQueryBasic;
WORKER_THREAD_ROUTINE FsDispatch;

static LONG FsExceptionFilter(PIRP_CONTEXT Context, PEXCEPTION_POINTERS Pointers) {
  NTSTATUS status = Pointers->ExceptionRecord->ExceptionCode;
  if (status == STATUS_IN_PAGE_ERROR && Pointers->ExceptionRecord->NumberParameters >= 3) {
    status = (NTSTATUS)Pointers->ExceptionRecord->ExceptionInformation[2];
  }
  if (!FsRtlIsNtstatusExpected(status)) return EXCEPTION_CONTINUE_SEARCH;
  Context->ExceptionStatus = FsRtlNormalizeNtstatus(status, STATUS_UNEXPECTED_IO_ERROR);
  return EXCEPTION_EXECUTE_HANDLER;
}

static NTSTATUS FsProcessException(PIRP_CONTEXT Context) {
  PIRP irp = Context->OriginatingIrp;
  NTSTATUS status = Context->ExceptionStatus;
  if (status == STATUS_VERIFY_REQUIRED) {
    PDEVICE_OBJECT device = IoGetDeviceToVerify(irp->Tail.Overlay.Thread);
    IoSetDeviceToVerify(irp->Tail.Overlay.Thread, NULL);
    if (device == NULL) device = IoGetDeviceToVerify(PsGetCurrentThread());
    if (device != NULL) status = IoVerifyVolume(device, FALSE);
  }
  if (IoIsErrorUserInduced(status)) {
    IoSetHardErrorOrVerifyDevice(irp, Context->RealDevice);
    if (IoGetTopLevelIrp() == (PIRP)FSRTL_FSP_TOP_LEVEL_IRP) {
      IoMarkIrpPending(irp);
      IoRaiseHardError(irp, IoGetCurrentIrpStackLocation(irp)->FileObject->Vpb, Context->RealDevice);
      return STATUS_PENDING;
    }
  }
  irp->IoStatus.Status = status;
  FsRtlCompleteRequest(irp, status);
  return status;
}

_Function_class_(WORKER_THREAD_ROUTINE) VOID FsDispatch(PVOID Context) {
  PIRP_CONTEXT context = (PIRP_CONTEXT)Context;
  IoSetTopLevelIrp((PIRP)FSRTL_FSP_TOP_LEVEL_IRP);
  FsRtlEnterFileSystem();
  __try {
    FsRead(context->RealDevice, context->OriginatingIrp);
  } __except (FsExceptionFilter(context, GetExceptionInformation())) {
    FsProcessException(context);
  }
  FsRtlExitFileSystem();
  IoSetTopLevelIrp(NULL);
  ExFreeToNPagedLookasideList(&ContextLookaside, context);
}

static BOOLEAN FsIsNameValid(PUNICODE_STRING Name) {
  USHORT i;
  UNICODE_STRING first, rest = *Name;
  while (rest.Length != 0) {
    FsRtlDissectName(rest, &first, &rest);
    for (i = 0; i < first.Length / sizeof(WCHAR); i++) {
      if (!FsRtlIsUnicodeCharacterWild(first.Buffer[i]) && first.Buffer[i] < 0x80 &&
          !FsRtlIsAnsiCharacterLegalNtfs(first.Buffer[i], FALSE)) {
        return FALSE;
      }
    }
  }
  return !FsRtlDoesNameContainWildCards(Name);
}

static PFCB FsCreateFcb(PVCB Vcb, PUNICODE_STRING Name) {
  PFCB fcb = FsRtlAllocatePoolWithTag(NonPagedPoolNx, sizeof(FCB), TAG_FCB);
  RtlZeroMemory(fcb, sizeof(*fcb));
  fcb->Header.NodeByteSize = sizeof(FCB);
  fcb->Header.Resource = &Vcb->MainResource;
  fcb->Header.PagingIoResource = &Vcb->PagingIoResource;
  fcb->Header.IsFastIoPossible = FastIoIsQuestionable;
  fcb->Header.ValidDataLength.QuadPart = 0;
  FsRtlSetupAdvancedHeader(&fcb->Header, &Vcb->AdvancedFcbHeaderMutex);
  FsRtlInitializeFileLock(&fcb->FileLock, NULL, NULL);
  FsRtlInitializeOplock(&fcb->Oplock);
  FsRtlInitializeBaseMcb(&fcb->Mcb, PagedPool);
  fcb->Name = *Name;
  fcb->Vcb = Vcb;
  return fcb;
}

NTSTATUS FsCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  PFILE_OBJECT file = stack->FileObject;
  PVCB vcb = (PVCB)DeviceObject->DeviceExtension;
  ULONG disposition = (stack->Parameters.Create.Options >> 24) & 0xff;
  ULONG options = stack->Parameters.Create.Options & FILE_VALID_OPTION_FLAGS;
  NTSTATUS status = STATUS_SUCCESS;
  PFCB fcb;
  if (BooleanFlagOn(stack->Flags, SL_OPEN_PAGING_FILE)) status = STATUS_ACCESS_DENIED;
  if (disposition != FILE_OPEN && disposition != FILE_OPEN_IF) status = STATUS_MEDIA_WRITE_PROTECTED;
  if (BooleanFlagOn(options, FILE_OPEN_BY_FILE_ID)) status = STATUS_NOT_SUPPORTED;
  if (NT_SUCCESS(status) && !FsIsNameValid(&file->FileName)) status = STATUS_OBJECT_NAME_INVALID;
  if (NT_SUCCESS(status)) {
    ExAcquireResourceExclusiveLite(&vcb->MainResource, TRUE);
    fcb = FsCreateFcb(vcb, &file->FileName);
    file->FsContext = fcb;
    file->SectionObjectPointer = &fcb->SectionObjectPointers;
    file->Vpb = vcb->Vpb;
    SetFlag(file->Flags, FO_CACHE_SUPPORTED);
    status = IoCheckShareAccess(stack->Parameters.Create.SecurityContext->DesiredAccess, stack->Parameters.Create.ShareAccess, file,
                                &fcb->ShareAccess, TRUE);
    ExReleaseResourceLite(&vcb->MainResource);
  }
  Irp->IoStatus.Status = status;
  Irp->IoStatus.Information = FILE_OPENED;
  IoCompleteRequest(Irp, IO_DISK_INCREMENT);
  return status;
}

NTSTATUS FsRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  PFCB fcb = (PFCB)stack->FileObject->FsContext;
  LARGE_INTEGER offset = stack->Parameters.Read.ByteOffset;
  BOOLEAN wait = IoIsOperationSynchronous(Irp);
  UNREFERENCED_PARAMETER(DeviceObject);
  if (!FsRtlCheckLockForReadAccess(&fcb->FileLock, Irp)) {
    FsRtlCompleteRequest(Irp, STATUS_FILE_LOCK_CONFLICT);
    return STATUS_FILE_LOCK_CONFLICT;
  }
  if (!FlagOn(Irp->Flags, IRP_NOCACHE | IRP_PAGING_IO)) {
    PVOID buffer =
        Irp->MdlAddress ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute) : Irp->UserBuffer;
    if (stack->FileObject->PrivateCacheMap == NULL) {
      CcInitializeCacheMap(stack->FileObject, (PCC_FILE_SIZES)&fcb->Header.AllocationSize, FALSE, &CacheCallbacks, fcb);
      CcSetReadAheadGranularity(stack->FileObject, 64 * 1024);
    }
    if (FlagOn(stack->MinorFunction, IRP_MN_MDL)) {
      CcMdlRead(stack->FileObject, &offset, stack->Parameters.Read.Length, &Irp->MdlAddress, &Irp->IoStatus);
    } else if (!CcCopyRead(stack->FileObject, &offset, stack->Parameters.Read.Length, wait, buffer, &Irp->IoStatus)) {
      return STATUS_CANT_WAIT;
    }
  }
  FsRtlCompleteRequest(Irp, Irp->IoStatus.Status);
  return Irp->IoStatus.Status;
}

NTSTATUS FsQueryVolume(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  NTSTATUS status = STATUS_SUCCESS;
  switch (stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsSectorSizeInformation:
      status = FsRtlGetSectorSizeInformation(DeviceObject, (PFILE_FS_SECTOR_SIZE_INFORMATION)Irp->AssociatedIrp.SystemBuffer);
      break;
    case FileFsAttributeInformation: {
      PFILE_FS_ATTRIBUTE_INFORMATION info = (PFILE_FS_ATTRIBUTE_INFORMATION)Irp->AssociatedIrp.SystemBuffer;
      info->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_READ_ONLY_VOLUME;
      info->MaximumComponentNameLength = 255;
      break;
    }
    default:
      status = STATUS_INVALID_INFO_CLASS;
  }
  FsRtlCompleteRequest(Irp, status);
  return status;
}

NTSTATUS FsControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  UNREFERENCED_PARAMETER(DeviceObject);
  switch (stack->MinorFunction) {
    case IRP_MN_MOUNT_VOLUME:
      if (FlagOn(stack->Flags, SL_ALLOW_RAW_MOUNT) || FlagOn(stack->Parameters.MountVolume.Vpb->Flags, VPB_MOUNTED)) break;
      status = STATUS_UNRECOGNIZED_VOLUME;
      break;
    case IRP_MN_VERIFY_VOLUME:
      status = STATUS_WRONG_VOLUME;
      break;
    case IRP_MN_USER_FS_REQUEST:
      switch (stack->Parameters.FileSystemControl.FsControlCode) {
        case FSCTL_LOCK_VOLUME:
        case FSCTL_DISMOUNT_VOLUME:
        case FSCTL_IS_PATHNAME_VALID:
          status = STATUS_SUCCESS;
          break;
        case FSCTL_REQUEST_OPLOCK_LEVEL_1:
          return FsRtlOplockFsctrl(&((PFCB)stack->FileObject->FsContext)->Oplock, Irp, 1);
      }
  }
  FsRtlCompleteRequest(Irp, status);
  return status;
}

NTSTATUS FsShutdown(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  IoUnregisterFileSystem(DeviceObject);
  FsRtlCompleteRequest(Irp, STATUS_SUCCESS);
  return STATUS_SUCCESS;
}

BOOLEAN FsFastIoCheck(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey,
                      BOOLEAN CheckForReadOperation, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject) {
  PFCB fcb = (PFCB)FileObject->FsContext;
  LARGE_INTEGER length;
  length.QuadPart = Length;
  UNREFERENCED_PARAMETER(Wait);
  UNREFERENCED_PARAMETER(IoStatus);
  UNREFERENCED_PARAMETER(DeviceObject);
  return CheckForReadOperation &&
         FsRtlFastCheckLockForRead(&fcb->FileLock, FileOffset, &length, LockKey, FileObject, PsGetCurrentProcess());
}

BOOLEAN FsFastQueryBasic(PFILE_OBJECT FileObject, BOOLEAN Wait, PFILE_BASIC_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus,
                         PDEVICE_OBJECT DeviceObject) {
  UNREFERENCED_PARAMETER(DeviceObject);
  if (!ExAcquireResourceSharedLite(((PFCB)FileObject->FsContext)->Header.Resource, Wait)) return FALSE;
  RtlZeroMemory(Buffer, sizeof(*Buffer));
  Buffer->FileAttributes = FILE_ATTRIBUTE_NORMAL;
  IoStatus->Status = STATUS_SUCCESS;
  IoStatus->Information = sizeof(FILE_BASIC_INFORMATION);
  ExReleaseResourceLite(((PFCB)FileObject->FsContext)->Header.Resource);
  return TRUE;
}

VOID FsUnload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
  ExDeleteNPagedLookasideList(&ContextLookaside);
  IoDeleteDevice(ControlDevice);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\StyleFileSystem");
  FS_FILTER_CALLBACKS filter = {0};
  NTSTATUS status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &ControlDevice);
  UNREFERENCED_PARAMETER(RegistryPath);
  if (!NT_SUCCESS(status)) return status;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = FsCreate;
  DriverObject->MajorFunction[IRP_MJ_READ] = FsRead;
  DriverObject->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = FsControl;
  DriverObject->MajorFunction[IRP_MJ_QUERY_VOLUME_INFORMATION] = FsQueryVolume;
  DriverObject->MajorFunction[IRP_MJ_SHUTDOWN] = FsShutdown;
  DriverObject->DriverUnload = FsUnload;
  FastIo.SizeOfFastIoDispatch = sizeof(FAST_IO_DISPATCH);
  FastIo.FastIoCheckIfPossible = FsFastIoCheck;
  FastIo.FastIoRead = FsRtlCopyRead;
  FastIo.FastIoWrite = FsRtlCopyWrite;
  FastIo.FastIoQueryBasicInfo = FsFastQueryBasic;
  FastIo.MdlRead = FsRtlMdlReadDev;
  FastIo.MdlReadComplete = FsRtlMdlReadCompleteDev;
  FastIo.PrepareMdlWrite = FsRtlPrepareMdlWriteDev;
  FastIo.MdlWriteComplete = FsRtlMdlWriteCompleteDev;
  DriverObject->FastIoDispatch = &FastIo;
  filter.SizeOfFsFilterCallbacks = sizeof(FS_FILTER_CALLBACKS);
  FsRtlRegisterFileSystemFilterCallbacks(DriverObject, &filter);
  ExInitializeNPagedLookasideList(&ContextLookaside, NULL, NULL, POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE, sizeof(IRP_CONTEXT),
                                  TAG_NAME, 0);
  IoRegisterFileSystem(ControlDevice);
  ObReferenceObject(ControlDevice);
  return STATUS_SUCCESS;
}
