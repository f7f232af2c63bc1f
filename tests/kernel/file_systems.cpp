// File systems: how they register, mount volumes, and what the I/O manager keeps for them.
#include "device.h"

using namespace ktest;

extern "C" {
NTKERNELAPI BOOLEAN NTAPI PsGetThreadHardErrorsAreDisabled(PETHREAD Thread);
NTKERNELAPI VOID NTAPI PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN Disabled);
}

namespace {

/// A file system in the smallest form: its control device mounts what it knows, and a volume device answers for the files.
struct FileSystem {
  PDEVICE_OBJECT control = nullptr;
  PDEVICE_OBJECT volume = nullptr;
  PVPB vpb = nullptr;
  NTSTATUS mount = STATUS_SUCCESS;
  NTSTATUS verify = STATUS_SUCCESS;
  LONG mounts = 0, verifies = 0, loads = 0;
  LONG mount_order = 0;
  PDEVICE_OBJECT target = nullptr;
  UCHAR flags = 0;
  static LONG order;

  explicit FileSystem(DEVICE_TYPE type = FILE_DEVICE_DISK_FILE_SYSTEM, ULONG object_flags = 0) {
    SetDispatch();
    if (!NT_SUCCESS(IoCreateDevice(driver, sizeof(DeviceState), nullptr, type, 0, FALSE, &control))) return;
    StateOf(control)->context = this;
    StateOf(control)->on[IRP_MJ_FILE_SYSTEM_CONTROL] = OnControl;
    control->Flags |= object_flags;
    IoRegisterFileSystem(control);
  }
  ~FileSystem() { Leave(); }
  void Leave() {
    if (!control) return;
    IoUnregisterFileSystem(control);
    IoDeleteDevice(control);
    control = nullptr;
  }
  /// Takes the volume away: its device's block is as before.
  void Dismount() {
    KIRQL irql;
    IoAcquireVpbSpinLock(&irql);
    vpb->Flags &= ~VPB_MOUNTED;
    vpb->DeviceObject = nullptr;
    IoReleaseVpbSpinLock(irql);
    IoDeleteDevice(volume);
    volume = nullptr;
  }

  NTSTATUS Mount(PIO_STACK_LOCATION stack) {
    mounts++;
    mount_order = ++order;
    vpb = stack->Parameters.MountVolume.Vpb;
    target = stack->Parameters.MountVolume.DeviceObject;
    flags = stack->Flags;
    if (!NT_SUCCESS(mount)) return mount;
    const NTSTATUS status = IoCreateDevice(driver, sizeof(DeviceState), nullptr, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &volume);
    if (!NT_SUCCESS(status)) return status;
    StateOf(volume)->context = this;
    StateOf(volume)->on[IRP_MJ_FILE_SYSTEM_CONTROL] = OnControl;
    volume->Flags &= ~DO_DEVICE_INITIALIZING;
    vpb->DeviceObject = volume;
    return STATUS_SUCCESS;
  }

  static NTSTATUS OnControl(PDEVICE_OBJECT device, PIRP irp) {
    FileSystem* const self = static_cast<FileSystem*>(StateOf(device)->context);
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    EXPECT_EQ(irp->RequestorMode, KernelMode);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    switch (stack->MinorFunction) {
      case IRP_MN_MOUNT_VOLUME:
        EXPECT(device == self->control);
        return Complete(irp, self->Mount(stack));
      case IRP_MN_VERIFY_VOLUME:
        EXPECT(device == self->volume);
        EXPECT(stack->Parameters.VerifyVolume.Vpb == self->vpb);
        EXPECT(stack->Parameters.VerifyVolume.DeviceObject == self->volume);
        self->verifies++;
        return Complete(irp, self->verify);
      case IRP_MN_LOAD_FILE_SYSTEM:
        self->loads++;
        self->mount = STATUS_UNRECOGNIZED_VOLUME;
        return Complete(irp, STATUS_SUCCESS);
    }
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
};
LONG FileSystem::order;

/// A disk's device.
struct Disk {
  PDEVICE_OBJECT object = nullptr;
  explicit Disk(DEVICE_TYPE type = FILE_DEVICE_DISK) {
    SetDispatch();
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KtDisk");
    if (!NT_SUCCESS(IoCreateDevice(driver, sizeof(DeviceState), &name, type, 0, FALSE, &object))) return;
    object->Flags &= ~DO_DEVICE_INITIALIZING;
  }
  ~Disk() { IoDeleteDevice(object); }
};

struct Told {
  PDEVICE_OBJECT device;
  BOOLEAN active;
};
Told told[8];
LONG told_count;

VOID Notify(PDEVICE_OBJECT device, BOOLEAN active) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  if (told_count < 8) told[told_count] = {device, active};
  told_count++;
}

}  // namespace

KTEST(AFileOpensOnTheMountedVolume) {
  Disk disk;
  FileSystem fs;
  PVPB const vpb = disk.object->Vpb;
  REQUIRE(vpb != nullptr);
  {
    File file(L"\\Device\\KtDisk\\folder\\file.txt");
    EXPECT_EQ(file.status(), STATUS_SUCCESS);
    EXPECT_EQ(fs.mounts, 1);
    EXPECT(fs.vpb == vpb && fs.target == disk.object);
    EXPECT_EQ(fs.flags & SL_ALLOW_RAW_MOUNT, 0);
    REQUIRE(fs.volume != nullptr);
    EXPECT(vpb->Flags & VPB_MOUNTED);
    EXPECT_EQ(fs.volume->StackSize, 2);
    EXPECT_EQ(StateOf(fs.volume)->calls[IRP_MJ_CREATE], 1);
    EXPECT_EQ(StateOf(disk.object)->calls[IRP_MJ_CREATE], 0);
    EXPECT_EQ(vpb->ReferenceCount, 1);
    PVOID object;
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, &object, nullptr)));
    PFILE_OBJECT const opened = static_cast<PFILE_OBJECT>(object);
    EXPECT(opened->DeviceObject == disk.object);
    EXPECT(opened->Vpb == vpb);
    EXPECT(IoGetRelatedDeviceObject(opened) == fs.volume);
    EXPECT(IoGetBaseFileSystemDeviceObject(opened) == fs.volume);
    ObDereferenceObject(opened);
    File second(L"\\Device\\KtDisk\\other");
    EXPECT_EQ(fs.mounts, 1);
    EXPECT_EQ(vpb->ReferenceCount, 2);
    IO_STATUS_BLOCK iosb;
    char byte;
    EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(StateOf(fs.volume)->calls[IRP_MJ_READ], 1);
  }
  EXPECT_EQ(vpb->ReferenceCount, 0);
  EXPECT_EQ(StateOf(fs.volume)->calls[IRP_MJ_CLOSE], 2);
  EXPECT_EQ(disk.object->ReferenceCount, 0);
  fs.Dismount();
}

KTEST(AttributesOfTheDeviceNeedNoVolume) {
  Disk disk;
  FileSystem fs;
  File file(L"\\Device\\KtDisk", FILE_SYNCHRONOUS_IO_NONALERT, FILE_READ_ATTRIBUTES | SYNCHRONIZE);
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(fs.mounts, 0);
  EXPECT_EQ(StateOf(disk.object)->calls[IRP_MJ_CREATE], 1);
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, &object, nullptr)));
  EXPECT(static_cast<PFILE_OBJECT>(object)->Flags & FO_DIRECT_DEVICE_OPEN);
  EXPECT(IoGetBaseFileSystemDeviceObject(static_cast<PFILE_OBJECT>(object)) == disk.object);
  ObDereferenceObject(object);
}

KTEST(NobodyKnowsTheVolume) {
  Disk disk;
  FileSystem fs;
  fs.mount = STATUS_UNRECOGNIZED_VOLUME;
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_UNRECOGNIZED_VOLUME);
  EXPECT_EQ(fs.mounts, 1);
  EXPECT_EQ(StateOf(disk.object)->calls[IRP_MJ_CREATE], 0);
  EXPECT_EQ(File(L"\\Device\\KtDisk").status(), STATUS_SUCCESS);  // the device as a whole
  EXPECT_EQ(fs.mounts, 2);
  EXPECT(fs.flags & SL_ALLOW_RAW_MOUNT);
  fs.mount = STATUS_NO_MEDIA_IN_DEVICE;
  EXPECT_EQ(File(L"\\Device\\KtDisk").status(), STATUS_NO_MEDIA_IN_DEVICE);
}

KTEST(TheLastToRegisterIsAskedFirst) {
  Disk disk;
  FileSystem first, last(FILE_DEVICE_DISK_FILE_SYSTEM, DO_LOW_PRIORITY_FILESYSTEM), second, cd(FILE_DEVICE_CD_ROM_FILE_SYSTEM);
  first.mount = second.mount = last.mount = STATUS_UNRECOGNIZED_VOLUME;
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_UNRECOGNIZED_VOLUME);
  EXPECT(second.mount_order < first.mount_order && first.mount_order < last.mount_order);
  EXPECT_EQ(cd.mounts, 0);
  second.mount = STATUS_DISK_CORRUPT_ERROR;  // known, but damaged: nobody else is asked
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_DISK_CORRUPT_ERROR);
  EXPECT_EQ(first.mounts, 1);
}

KTEST(ARecognizerLoadsItsFileSystem) {
  Disk disk;
  FileSystem fs, recognizer;
  recognizer.mount = STATUS_FS_DRIVER_REQUIRED;
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_SUCCESS);
  EXPECT_EQ(recognizer.loads, 1);
  EXPECT_EQ(fs.mounts, 1);
  if (fs.volume) fs.Dismount();
}

KTEST(FiltersAreAboveFileSystemsAndVolumes) {
  Disk disk;
  FileSystem fs;
  Device control_filter;
  PDEVICE_OBJECT const below = IoAttachDeviceToDeviceStack(control_filter.object(), fs.control);
  control_filter.state()->context = below;
  control_filter.on(IRP_MJ_FILE_SYSTEM_CONTROL) = [](PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(static_cast<PDEVICE_OBJECT>(StateOf(device)->context), irp);
  };
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_SUCCESS);
  EXPECT_EQ(control_filter.calls(IRP_MJ_FILE_SYSTEM_CONTROL), 1);
  EXPECT_EQ(fs.mounts, 1);
  IoDetachDevice(below);
  Device filter;
  REQUIRE(fs.volume);
  EXPECT(IoAttachDeviceToDeviceStack(filter.object(), fs.volume) == fs.volume);
  {
    File file(L"\\Device\\KtDisk\\file");
    EXPECT_EQ(filter.calls(IRP_MJ_CREATE), 1);
    PVOID object;
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, &object, nullptr)));
    EXPECT(IoGetRelatedDeviceObject(static_cast<PFILE_OBJECT>(object)) == filter.object());
    EXPECT(IoGetBaseFileSystemDeviceObject(static_cast<PFILE_OBJECT>(object)) == fs.volume);
    ObDereferenceObject(object);
  }
  IoDetachDevice(fs.volume);
  fs.Dismount();
}

KTEST(AVolumeHasItsDisk) {
  Disk disk;
  FileSystem fs;
  PDEVICE_OBJECT found = nullptr;
  EXPECT_EQ(IoGetDiskDeviceObject(disk.object, &found), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoGetDiskDeviceObject(fs.control, &found), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_SUCCESS);
  REQUIRE(fs.volume);
  EXPECT_EQ(IoGetDiskDeviceObject(fs.volume, &found), STATUS_SUCCESS);
  EXPECT(found == disk.object);
  if (found) ObDereferenceObject(found);
  disk.object->Vpb->Flags &= ~VPB_MOUNTED;
  EXPECT_EQ(IoGetDiskDeviceObject(fs.volume, &found), STATUS_VOLUME_DISMOUNTED);
  fs.Dismount();
}

KTEST(AFilterRefusesWhatIsOpenBelow) {
  Device device(L"\\Device\\KtRefused"), filter;
  REQUIRE(IoAttachDeviceToDeviceStack(filter.object(), device.object()) == device.object());
  filter.state()->context = device.object();
  filter.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT object, PIRP irp) {
    PFILE_OBJECT const file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    PDEVICE_OBJECT const lower = static_cast<PDEVICE_OBJECT>(StateOf(object)->context);
    EXPECT(IoForwardIrpSynchronously(lower, irp));
    EXPECT_EQ(irp->IoStatus.Status, STATUS_SUCCESS);
    IoCancelFileOpen(lower, file);
    EXPECT(file->Flags & FO_FILE_OPEN_CANCELLED);
    return Complete(irp, STATUS_VIRUS_INFECTED);
  };
  EXPECT_EQ(File(L"\\Device\\KtRefused").status(), STATUS_VIRUS_INFECTED);
  EXPECT_EQ(device.calls(IRP_MJ_CREATE), 1);
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 1);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 1);
  EXPECT_EQ(filter.calls(IRP_MJ_CLEANUP), 0);
  EXPECT_EQ(filter.calls(IRP_MJ_CLOSE), 0);
  IoDetachDevice(device.object());
}

KTEST(ALockedVolumeIsNotOpened) {
  Disk disk;
  FileSystem fs;
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_SUCCESS);
  disk.object->Vpb->Flags |= VPB_LOCKED;
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_ACCESS_DENIED);
  disk.object->Vpb->Flags &= ~VPB_LOCKED;
  if (fs.volume) fs.Dismount();
}

KTEST(VolumesAreVerified) {
  Disk disk;
  FileSystem fs;
  EXPECT_EQ(IoVerifyVolume(disk.object, FALSE), STATUS_SUCCESS);  // mounts what is not mounted
  EXPECT_EQ(fs.mounts, 1);
  EXPECT_EQ(fs.verifies, 0);
  EXPECT_EQ(IoVerifyVolume(disk.object, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(fs.verifies, 1);
  fs.verify = STATUS_WRONG_VOLUME;
  EXPECT_EQ(IoVerifyVolume(disk.object, FALSE), STATUS_WRONG_VOLUME);
  EXPECT_EQ(fs.verifies, 2);
  fs.Dismount();
}

KTEST(DevicesToVerifyAreNotedForTheirThread) {
  Disk disk;
  PETHREAD const thread = PsGetCurrentThread();
  EXPECT(IoGetDeviceToVerify(thread) == nullptr);
  PIRP const irp = IoAllocateIrp(1, FALSE);
  IoSetHardErrorOrVerifyDevice(irp, disk.object);  // of no thread
  irp->Tail.Overlay.Thread = thread;
  IoSetHardErrorOrVerifyDevice(irp, disk.object);
  EXPECT(IoGetDeviceToVerify(thread) == disk.object);
  IoSetDeviceToVerify(thread, nullptr);
  EXPECT(IoGetDeviceToVerify(thread) == nullptr);
  IoFreeIrp(irp);
}

KTEST(WhoAskedHearsOfFileSystems) {
  told_count = 0;
  FileSystem first;
  EXPECT_EQ(told_count, 0);
  EXPECT_EQ(IoRegisterFsRegistrationChange(driver, Notify), STATUS_SUCCESS);
  EXPECT_EQ(told_count, 1);  // of those that are there
  EXPECT(told[0].device == first.control && told[0].active);
  EXPECT_EQ(IoRegisterFsRegistrationChange(driver, Notify), STATUS_DEVICE_ALREADY_ATTACHED);
  PDEVICE_OBJECT control;
  {
    FileSystem second(FILE_DEVICE_NETWORK_FILE_SYSTEM);
    control = second.control;
    EXPECT_EQ(control->ReferenceCount, 1);
    EXPECT(!(control->Flags & DO_DEVICE_INITIALIZING));
    EXPECT_EQ(told_count, 2);
    EXPECT(told[1].device == control && told[1].active);
  }
  EXPECT_EQ(told_count, 3);
  EXPECT(told[2].device == control && !told[2].active);
  PDRIVER_OBJECT drivers[2] = {};
  ULONG count = 0;
  EXPECT_EQ(IoEnumerateRegisteredFiltersList(drivers, 0, &count), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(IoEnumerateRegisteredFiltersList(drivers, sizeof drivers, &count), STATUS_SUCCESS);
  EXPECT(drivers[0] == driver && !drivers[1]);
  ObDereferenceObject(drivers[0]);
  IoUnregisterFsRegistrationChange(driver, Notify);
  first.Leave();
  EXPECT_EQ(told_count, 3);
  EXPECT_EQ(IoRegisterFsRegistrationChangeMountAware(driver, Notify, TRUE), STATUS_SUCCESS);
  IoUnregisterFsRegistrationChange(driver, Notify);
}

KTEST(StreamFilesAreOpenedByNobody) {
  Disk disk;
  FileSystem fs;
  EXPECT_EQ(File(L"\\Device\\KtDisk\\file").status(), STATUS_SUCCESS);
  REQUIRE(fs.volume);
  DeviceState* const volume = StateOf(fs.volume);
  const LONG cleanups = volume->calls[IRP_MJ_CLEANUP], closes = volume->calls[IRP_MJ_CLOSE];
  PFILE_OBJECT stream = IoCreateStreamFileObject(nullptr, disk.object);
  REQUIRE(stream);
  EXPECT(stream->Flags & FO_STREAM_FILE);
  EXPECT(stream->DeviceObject == disk.object);
  EXPECT_EQ(volume->calls[IRP_MJ_CLEANUP], cleanups + 1);
  EXPECT_EQ(volume->calls[IRP_MJ_CLOSE], closes);
  EXPECT_EQ(volume->calls[IRP_MJ_CREATE], 1);
  ObDereferenceObject(stream);
  EXPECT_EQ(volume->calls[IRP_MJ_CLOSE], closes + 1);
  stream = IoCreateStreamFileObjectLite(nullptr, disk.object);
  REQUIRE(stream);
  PFILE_OBJECT const other = IoCreateStreamFileObjectLite(stream, nullptr);
  EXPECT(other && other->DeviceObject == disk.object);
  ObDereferenceObject(other);
  ObDereferenceObject(stream);
  EXPECT_EQ(volume->calls[IRP_MJ_CLEANUP], cleanups + 1);
  EXPECT_EQ(volume->calls[IRP_MJ_CLOSE], closes + 3);
  HANDLE handle = nullptr;
  stream = IoCreateStreamFileObjectEx(nullptr, disk.object, &handle);
  EXPECT_EQ(volume->calls[IRP_MJ_CLEANUP], cleanups + 1);
  ZwClose(handle);
  EXPECT_EQ(volume->calls[IRP_MJ_CLEANUP], cleanups + 2);
  ObDereferenceObject(stream);
  EXPECT_EQ(fs.vpb->ReferenceCount, 0);
  fs.Dismount();
}

KTEST(HardErrorsAreShownAndTheRequestCompleted) {
  Disk disk;
  EXPECT(IoSetThreadHardErrorMode(FALSE));
  EXPECT(PsGetThreadHardErrorsAreDisabled(PsGetCurrentThread()));
  EXPECT(!IoSetThreadHardErrorMode(TRUE));
  PsSetThreadHardErrorsAreDisabled(PsGetCurrentThread(), TRUE);
  EXPECT(!IoRaiseInformationalHardError(STATUS_LOST_WRITEBEHIND_DATA, nullptr, nullptr));
  PsSetThreadHardErrorsAreDisabled(PsGetCurrentThread(), FALSE);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KtDisk\\file");
  EXPECT(IoRaiseInformationalHardError(STATUS_LOST_WRITEBEHIND_DATA, &name, nullptr));

  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    irp->IoStatus.Status = STATUS_NO_MEDIA_IN_DEVICE;
    IoRaiseHardError(irp, nullptr, static_cast<PDEVICE_OBJECT>(StateOf(object)->context));
    return STATUS_PENDING;
  };
  device.state()->context = disk.object;
  KEVENT done;
  IO_STATUS_BLOCK iosb;
  char byte;
  LARGE_INTEGER zero = {};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP const irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device.object(), &byte, 1, &zero, &done, &iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_PENDING);
  EXPECT_EQ(WaitFor(&done, 1000), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_NO_MEDIA_IN_DEVICE);
}

KTEST(PrioritiesOfRequestsAndThreads) {
  PIRP const irp = IoAllocateIrp(1, FALSE);
  EXPECT_EQ(IoGetIoPriorityHint(irp), IoPriorityNormal);
  EXPECT_EQ(IoSetIoPriorityHint(irp, IoPriorityVeryLow), STATUS_SUCCESS);
  EXPECT_EQ(IoGetIoPriorityHint(irp), IoPriorityVeryLow);
  EXPECT_EQ(IoSetIoPriorityHint(irp, MaxIoPriorityTypes), STATUS_INVALID_PARAMETER);
  IO_PRIORITY_INFO info;
  IoInitializePriorityInfo(&info);
  EXPECT_EQ(info.IoPriority, IoPriorityNormal);
  EXPECT_EQ(IoRetrievePriorityInfo(irp, nullptr, nullptr, &info), STATUS_SUCCESS);
  EXPECT_EQ(info.IoPriority, IoPriorityVeryLow);
  EXPECT_EQ(info.ThreadPriority, 0xffff);
  EXPECT_EQ(IoRetrievePriorityInfo(nullptr, nullptr, PsGetCurrentThread(), &info), STATUS_SUCCESS);
  EXPECT_EQ(info.IoPriority, IoPriorityNormal);
  EXPECT_EQ(info.ThreadPriority, KeQueryPriorityThread(KeGetCurrentThread()));
  EXPECT_EQ(info.PagePriority, 5);
  info.Size = 4;
  EXPECT_EQ(IoRetrievePriorityInfo(irp, nullptr, nullptr, &info), STATUS_INVALID_PARAMETER);
  IoFreeIrp(irp);
}

KTEST(DevicesOfClassicKindsAreCounted) {
  PCONFIGURATION_INFORMATION const configuration = IoGetConfigurationInformation();
  REQUIRE(configuration);
  EXPECT(configuration == IoGetConfigurationInformation());
  const ULONG disks = configuration->DiskCount++;
  EXPECT_EQ(IoGetConfigurationInformation()->DiskCount, disks + 1);
  configuration->DiskCount--;
}

KTEST(CharactersThatAreLegalInNames) {
  EXPECT(FsRtlIsAnsiCharacterWild('*') && FsRtlIsAnsiCharacterWild('?') && FsRtlIsAnsiCharacterWild('<') && FsRtlIsAnsiCharacterWild('>'));
  EXPECT(!FsRtlIsAnsiCharacterWild('a') && FsRtlIsUnicodeCharacterWild(L'"') && !FsRtlIsUnicodeCharacterWild(0x2a2a));
  EXPECT(FsRtlIsAnsiCharacterLegalFat('A', FALSE) && !FsRtlIsAnsiCharacterLegalFat('+', FALSE));
  EXPECT(!FsRtlIsAnsiCharacterLegalFat('*', FALSE) && FsRtlIsAnsiCharacterLegalFat('*', TRUE));
  EXPECT(FsRtlIsAnsiCharacterLegalNtfs('+', FALSE) && !FsRtlIsAnsiCharacterLegalNtfs('\\', TRUE));
  EXPECT(!FsRtlIsAnsiCharacterLegalNtfs('|', FALSE) && !FsRtlIsAnsiCharacterLegalNtfs(1, FALSE));
  EXPECT(FsRtlIsAnsiCharacterLegalHpfs(';', FALSE));
  EXPECT(NlsOemLeadByteInfo[0x81] == 0 && NlsOemLeadByteInfo[255] == 0);
}

KTEST(BalancedReadsAreTheDriversToGive) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode, 0x66001b);
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  };
  EXPECT_EQ(FsRtlBalanceReads(device.object()), STATUS_INVALID_DEVICE_REQUEST);
}

KTEST(SectorsAreAsTheirDeviceSays) {
  Device device;
  FILE_FS_SECTOR_SIZE_INFORMATION sizes = {};
  device.object()->SectorSize = 0;
  EXPECT_EQ(FsRtlGetSectorSizeInformation(device.object(), &sizes), STATUS_INVALID_PARAMETER);
  device.object()->SectorSize = 512;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_NOT_SUPPORTED); };
  EXPECT_EQ(FsRtlGetSectorSizeInformation(device.object(), &sizes), STATUS_SUCCESS);
  EXPECT(sizes.LogicalBytesPerSector == 512 && sizes.PhysicalBytesPerSectorForPerformance == 512 && sizes.Flags == 0);
  EXPECT_EQ(sizes.ByteOffsetForSectorAlignment, SSINFO_OFFSET_UNKNOWN);
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    EXPECT_EQ(stack->Parameters.DeviceIoControl.IoControlCode, 0x2d1400);  // IOCTL_STORAGE_QUERY_PROPERTY
    ULONG* const data = static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer);
    const ULONG property = data[0], size = stack->Parameters.DeviceIoControl.OutputBufferLength;
    RtlZeroMemory(data, size);
    if (property == 6) data[4] = 512, data[5] = 8192;  // StorageAccessAlignmentProperty
    if (property == 8) data[2] = TRUE;                 // StorageDeviceTrimProperty
    return Complete(irp, STATUS_SUCCESS, size);
  };
  EXPECT_EQ(FsRtlGetSectorSizeInformation(device.object(), &sizes), STATUS_SUCCESS);
  EXPECT_EQ(sizes.PhysicalBytesPerSectorForAtomicity, 8192);
  EXPECT_EQ(sizes.FileSystemEffectivePhysicalBytesPerSectorForAtomicity, 4096);
  EXPECT_EQ(sizes.Flags, SSINFO_FLAGS_ALIGNED_DEVICE | SSINFO_FLAGS_PARTITION_ALIGNED_ON_DEVICE | SSINFO_FLAGS_NO_SEEK_PENALTY |
                             SSINFO_FLAGS_TRIM_ENABLED);
}
