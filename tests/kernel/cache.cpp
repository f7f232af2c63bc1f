// The cache manager, as a file system sees it: a small one that keeps one file in memory and counts the paging requests it gets.
#include "ktest.h"

using namespace ktest;

namespace {

constexpr ULONG kDisk = 1024 * 1024;

struct FileControl {
  FSRTL_ADVANCED_FCB_HEADER header;
  SECTION_OBJECT_POINTERS sections;
  UCHAR* disk;
  ULONG reads, writes;
  LONG64 read_from, written_from;
  ULONG read_length, written_length;
  ULONG lazy, ahead, flushes, advances;
  NTSTATUS fails;  ///< what reads and writes end with; 0: success
};
FileControl fcb;

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

/// The disk: paging requests only.
NTSTATUS Transfer(PIRP irp, bool read) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const ULONG length = location->Parameters.Read.Length;
  const LONG64 offset = location->Parameters.Read.ByteOffset.QuadPart;
  constexpr ULONG kFlags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;
  EXPECT_EQ(irp->Flags & kFlags, kFlags);
  EXPECT(irp->MdlAddress && MmGetMdlByteCount(irp->MdlAddress) == length);
  EXPECT_EQ(offset % 512, 0);
  EXPECT_EQ(length % 512, 0);
  if (fcb.fails) return Complete(irp, fcb.fails, 0);
  PVOID memory = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
  if (read) {
    ++fcb.reads;
    fcb.read_from = offset;
    fcb.read_length = length;
    RtlCopyMemory(memory, fcb.disk + offset, length);
  } else {
    ++fcb.writes;
    fcb.written_from = offset;
    fcb.written_length = length;
    RtlCopyMemory(fcb.disk + offset, memory, length);
  }
  return Complete(irp, STATUS_SUCCESS, length);
}

NTSTATUS NTAPI Serve(PDEVICE_OBJECT, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MajorFunction) {
    case IRP_MJ_CREATE:
      location->FileObject->FsContext = &fcb.header;
      location->FileObject->SectionObjectPointer = &fcb.sections;
      return Complete(irp, STATUS_SUCCESS, FILE_OPENED);
    case IRP_MJ_READ:
      return Transfer(irp, true);
    case IRP_MJ_WRITE:
      return Transfer(irp, false);
    case IRP_MJ_SET_INFORMATION:
      if (location->Parameters.SetFile.AdvanceOnly) ++fcb.advances;
      return Complete(irp, STATUS_SUCCESS, 0);
    default:
      return Complete(irp, STATUS_SUCCESS, 0);
  }
}

BOOLEAN NTAPI AcquireLazy(PVOID context, BOOLEAN) {
  EXPECT_EQ(context, &fcb);
  ++fcb.lazy;
  return TRUE;
}
BOOLEAN NTAPI AcquireAhead(PVOID, BOOLEAN) {
  ++fcb.ahead;
  return TRUE;
}
VOID NTAPI Release(PVOID) {}
NTSTATUS NTAPI AcquireFlush(PFILE_OBJECT, PDEVICE_OBJECT) {
  ++fcb.flushes;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI ReleaseFlush(PFILE_OBJECT, PDEVICE_OBJECT) { return STATUS_SUCCESS; }
CACHE_MANAGER_CALLBACKS callbacks = {AcquireLazy, Release, AcquireAhead, Release};
FAST_IO_DISPATCH fast;

LARGE_INTEGER At(LONG64 value) { return {.QuadPart = value}; }

/// The file system's device and one opening of its file, cached.
class Volume {
 public:
  explicit Volume(LONG64 size, ULONG options = 0) {
    UCHAR* const disk = fcb.disk ? fcb.disk : static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPoolNx, kDisk, 'ksiD'));
    fcb = {};
    fcb.disk = disk;
    for (ULONG i = 0; i < kDisk; i++) disk[i] = static_cast<UCHAR>(i / 512 + i);
    for (auto& routine : driver->MajorFunction) routine = Serve;
    fast.SizeOfFastIoDispatch = sizeof fast;
    fast.AcquireForCcFlush = AcquireFlush;
    fast.ReleaseForCcFlush = ReleaseFlush;
    driver->FastIoDispatch = &fast;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KtestCache");
    IoCreateDevice(driver, 0, &name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &device);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    file = Open(&handle, options);
    sizes = {At(kDisk), At(size), At(size)};
    if (file) CcInitializeCacheMap(file, &sizes, FALSE, &callbacks, &fcb);
  }
  ~Volume() {
    Uninitialize();
    ObDereferenceObject(file);
    ZwClose(handle);
    IoDeleteDevice(device);
    driver->FastIoDispatch = nullptr;
    ExFreePool(fcb.disk);
    fcb.disk = nullptr;
  }
  PFILE_OBJECT Open(HANDLE* result, ULONG options = 0) {
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Device\\KtestCache\\file");
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &path, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    IO_STATUS_BLOCK io;
    PVOID opened = nullptr;
    if (!NT_SUCCESS(ZwCreateFile(result, GENERIC_READ | GENERIC_WRITE, &object, &io, nullptr, 0, 7, FILE_OPEN, options, nullptr, 0)))
      return nullptr;
    ObReferenceObjectByHandle(*result, 0, *IoFileObjectType, KernelMode, &opened, nullptr);
    return static_cast<PFILE_OBJECT>(opened);
  }
  /// Ends the caching, and waits until nothing of it is left.
  void Uninitialize() {
    CACHE_UNINITIALIZE_EVENT event = {};
    KeInitializeEvent(&event.Event, NotificationEvent, FALSE);
    CcUninitializeCacheMap(file, nullptr, &event);
    KeWaitForSingleObject(&event.Event, Executive, KernelMode, FALSE, nullptr);
    EXPECT(!fcb.sections.SharedCacheMap);
  }
  bool Read(LONG64 offset, ULONG length, bool wait = true) {
    LARGE_INTEGER at = At(offset);
    RtlZeroMemory(buffer, sizeof buffer);
    return CcCopyRead(file, &at, length, wait, buffer, &io) != FALSE;
  }
  bool Write(LONG64 offset, ULONG length, UCHAR value, bool wait = true) {
    LARGE_INTEGER at = At(offset);
    RtlFillMemory(buffer, sizeof buffer, value);
    return CcCopyWrite(file, &at, length, wait, buffer) != FALSE;
  }

  PDEVICE_OBJECT device = nullptr;
  HANDLE handle = nullptr;
  PFILE_OBJECT file = nullptr;
  CC_FILE_SIZES sizes;
  IO_STATUS_BLOCK io{};
  static UCHAR buffer[16384];
};
UCHAR Volume::buffer[16384];

UCHAR DiskByte(ULONG i) { return static_cast<UCHAR>(i / 512 + i); }

}  // namespace

KTEST(APageIsReadOnce) {
  Volume volume(100000);
  REQUIRE(volume.file);
  EXPECT(volume.file->PrivateCacheMap && fcb.sections.SharedCacheMap && CcIsFileCached(volume.file));
  EXPECT(CcGetFileObjectFromSectionPtrs(&fcb.sections) == volume.file);
  EXPECT(!volume.Read(5000, 100, false));  // it would have to wait
  KeFlushQueuedDpcs();
  Sleep(10);
  EXPECT_EQ(fcb.ahead, 1);
  EXPECT_EQ(fcb.reads, 1);
  EXPECT_EQ(fcb.read_from, 4096);
  EXPECT_EQ(fcb.read_length, 4096);
  EXPECT(volume.Read(5000, 100, false));
  EXPECT_EQ(volume.io.Information, 100);
  EXPECT_EQ(volume.buffer[0], DiskByte(5000));
  EXPECT_EQ(volume.buffer[99], DiskByte(5099));
  EXPECT(volume.Read(4096, 10000));
  EXPECT_EQ(fcb.reads, 2);  // what was missing, in one request
  EXPECT_EQ(fcb.read_from, 8192);
  EXPECT_EQ(fcb.read_length, 8192);
  EXPECT(volume.Read(99990, 100));  // cut at the end of the file
  EXPECT_EQ(volume.io.Information, 10);
  EXPECT_EQ(fcb.read_from, 98304);
  EXPECT_EQ(fcb.read_length, 2048);  // whole sectors
  EXPECT_EQ(fcb.writes, 0);
}

KTEST(AFailedReadIsRaised) {
  Volume volume(100000);
  REQUIRE(volume.file);
  fcb.fails = STATUS_DEVICE_DATA_ERROR;
  NTSTATUS raised = STATUS_SUCCESS;
  __try {
    volume.Read(0, 10);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised = GetExceptionCode();
  }
  EXPECT_EQ(raised, STATUS_DEVICE_DATA_ERROR);
  fcb.fails = STATUS_SUCCESS;
  EXPECT(volume.Read(0, 10));
}

KTEST(TheLazyWriterWritesWhatIsDirty) {
  Volume volume(100000);
  REQUIRE(volume.file);
  EXPECT(!CcIsThereDirtyData(volume.file->Vpb));
  EXPECT(volume.Write(8192, 4096, 0xaa));
  EXPECT_EQ(fcb.reads, 0);  // a page that is overwritten whole need not be read
  EXPECT(volume.Write(100, 10, 0xbb));
  EXPECT_EQ(fcb.reads, 1);
  EXPECT_EQ(fcb.writes, 0);
  EXPECT(CcIsThereDirtyData(volume.file->Vpb));
  EXPECT_EQ(CcWaitForCurrentLazyWriterActivity(), STATUS_SUCCESS);
  EXPECT_EQ(fcb.writes, 2);
  EXPECT_EQ(fcb.lazy, 1);
  EXPECT_EQ(fcb.disk[100], 0xbb);
  EXPECT_EQ(fcb.disk[110], DiskByte(110));
  EXPECT_EQ(fcb.disk[8192 + 4095], 0xaa);
  EXPECT(!CcIsThereDirtyData(volume.file->Vpb));
  // It comes by itself too.
  EXPECT(volume.Write(0, 1, 0xcc));
  Sleep(2500);
  EXPECT_EQ(fcb.writes, 3);
  EXPECT_EQ(fcb.disk[0], 0xcc);
  // Unless the file does not want it.
  CcSetAdditionalCacheAttributes(volume.file, TRUE, TRUE);
  EXPECT(volume.Write(0, 1, 0xdd));
  EXPECT_EQ(CcWaitForCurrentLazyWriterActivity(), STATUS_SUCCESS);
  EXPECT_EQ(fcb.writes, 3);
}

KTEST(TheLastCloserFlushes) {
  Volume volume(100000);
  REQUIRE(volume.file);
  HANDLE handle = nullptr;
  PFILE_OBJECT second = volume.Open(&handle);
  REQUIRE(second);
  CcInitializeCacheMap(second, &volume.sizes, FALSE, &callbacks, &fcb);
  EXPECT(volume.Write(4096, 10, 0xee));
  EXPECT(CcUninitializeCacheMap(volume.file, nullptr, nullptr));
  EXPECT(!CcUninitializeCacheMap(volume.file, nullptr, nullptr));  // it has none any more
  EXPECT(fcb.sections.SharedCacheMap != nullptr);
  EXPECT_EQ(fcb.writes, 0);
  CACHE_UNINITIALIZE_EVENT event = {};
  KeInitializeEvent(&event.Event, NotificationEvent, FALSE);
  EXPECT(CcUninitializeCacheMap(second, nullptr, &event));
  KeWaitForSingleObject(&event.Event, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(fcb.writes, 1);
  EXPECT_EQ(fcb.disk[4096], 0xee);
  EXPECT(!fcb.sections.SharedCacheMap);
  ObDereferenceObject(second);
  ZwClose(handle);
}

KTEST(TruncationDropsWhatIsDirtyBehindIt) {
  Volume volume(100000);
  REQUIRE(volume.file);
  EXPECT(volume.Write(50000, 8192, 0x11));
  LARGE_INTEGER size = At(40000);
  EXPECT(CcUninitializeCacheMap(volume.file, &size, nullptr));
  EXPECT_EQ(fcb.writes, 0);
  EXPECT(!fcb.sections.SharedCacheMap);
  CcInitializeCacheMap(volume.file, &volume.sizes, FALSE, &callbacks, &fcb);
  EXPECT(volume.Write(4096, 4096, 0x22));
  CC_FILE_SIZES cut = {At(8192), At(5000), At(5000)};
  CcSetFileSizes(volume.file, &cut);
  CcSetFileSizes(volume.file, &volume.sizes);
  EXPECT(volume.Read(4096, 4096));
  EXPECT_EQ(volume.buffer[903], 0x22);
  EXPECT_EQ(volume.buffer[904], 0);  // behind the end that was
}

KTEST(FlushWritesARangeAndPurgeDropsIt) {
  Volume volume(600000);
  REQUIRE(volume.file);
  IO_STATUS_BLOCK io = {};
  EXPECT(volume.Write(0, 8192, 0x33));
  EXPECT(volume.Write(300000, 100, 0x44));  // in another view
  LARGE_INTEGER offset = At(4096);
  CcFlushCache(&fcb.sections, &offset, 10, &io);
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
  EXPECT_EQ(io.Information, 4096);
  EXPECT_EQ(fcb.flushes, 1);
  EXPECT_EQ(fcb.writes, 1);
  EXPECT_EQ(fcb.written_from, 4096);
  EXPECT_EQ(fcb.written_length, 4096);
  fcb.fails = STATUS_DISK_FULL;
  CcFlushCache(&fcb.sections, nullptr, 0, &io);
  EXPECT_EQ(io.Status, STATUS_DISK_FULL);
  fcb.fails = STATUS_SUCCESS;
  EXPECT(!CcPurgeCacheSection(&fcb.sections, nullptr, 0, DO_NOT_PURGE_DIRTY_PAGES));
  CcFlushCache(&fcb.sections, nullptr, 0, &io);
  EXPECT_EQ(fcb.writes, 3);
  EXPECT_EQ(fcb.disk[300000], 0x44);
  fcb.disk[0] = 0x55;
  EXPECT(volume.Read(0, 1));
  EXPECT_EQ(volume.buffer[0], 0x33);
  CcCoherencyFlushAndPurgeCache(&fcb.sections, nullptr, 0, &io, 0);
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
  EXPECT(volume.Read(0, 1));
  EXPECT_EQ(volume.buffer[0], 0x55);
  EXPECT(CcPurgeCacheSection(&fcb.sections, nullptr, 0, UNINITIALIZE_CACHE_MAPS));
  EXPECT(!volume.file->PrivateCacheMap && !fcb.sections.SharedCacheMap);
  CcFlushCache(&fcb.sections, nullptr, 0, &io);
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
}

KTEST(WriteThroughWritesAtOnce) {
  Volume volume(100000, FILE_WRITE_THROUGH);
  REQUIRE(volume.file);
  EXPECT(!volume.Write(0, 100, 0x66, false));
  EXPECT(volume.Write(0, 100, 0x66));
  EXPECT_EQ(fcb.writes, 1);
  EXPECT_EQ(fcb.disk[99], 0x66);
}

KTEST(ValidDataAdvancesWithTheLazyWriter) {
  Volume volume(100000);
  REQUIRE(volume.file);
  CC_FILE_SIZES longer = {At(kDisk), At(200000), At(100000)};
  CcSetFileSizes(volume.file, &longer);
  EXPECT(volume.Write(150000, 10, 0x77));
  EXPECT_EQ(fcb.reads, 0);  // nothing was ever written there
  EXPECT_EQ(CcWaitForCurrentLazyWriterActivity(), STATUS_SUCCESS);
  EXPECT_EQ(fcb.advances, 1);
  EXPECT_EQ(fcb.disk[150000], 0x77);
  EXPECT_EQ(fcb.disk[150010], 0);
}

KTEST(MappedAndPinnedBuffers) {
  Volume volume(600000);
  REQUIRE(volume.file);
  PVOID mapped = nullptr, pinned = nullptr, again = nullptr, address = nullptr, other = nullptr;
  LARGE_INTEGER offset = At(5000);
  EXPECT(!CcMapData(volume.file, &offset, 100, 0, &mapped, &address));
  EXPECT(!CcPinRead(volume.file, &offset, 100, PIN_WAIT | PIN_IF_BCB, &pinned, &address));
  EXPECT(CcMapData(volume.file, &offset, 100, MAP_WAIT, &mapped, &address));
  EXPECT_EQ(*static_cast<UCHAR*>(address), DiskByte(5000));
  EXPECT(CcGetFileObjectFromBcb(mapped) == volume.file);
  EXPECT(!CcPurgeCacheSection(&fcb.sections, nullptr, 0, 0));  // somebody has its address
  pinned = mapped;
  KeEnterCriticalRegion();
  EXPECT(CcPinMappedData(volume.file, &offset, 100, PIN_WAIT, &pinned));
  const auto* const shown = static_cast<PPUBLIC_BCB>(pinned);
  EXPECT_EQ(shown->MappedFileOffset.QuadPart, 4096);
  EXPECT_EQ(shown->MappedLength, 4096);
  EXPECT(CcPinRead(volume.file, &offset, 50, PIN_WAIT, &again, &other));
  EXPECT(again == pinned && other == address);
  EXPECT(!CcPinRead(volume.file, &offset, 50, PIN_EXCLUSIVE, &again, &other));
  CcUnpinData(again);
  *static_cast<UCHAR*>(address) = 0x88;
  LARGE_INTEGER lsn = At(7);
  CcSetDirtyPinnedData(pinned, &lsn);
  CcRepinBcb(pinned);
  CcUnpinData(pinned);
  EXPECT_EQ(fcb.writes, 0);
  IO_STATUS_BLOCK io = {};
  CcUnpinRepinnedBcb(pinned, TRUE, &io);
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
  EXPECT_EQ(fcb.writes, 1);
  EXPECT_EQ(fcb.disk[5000], 0x88);
  offset = At(12288);
  fcb.reads = 0;
  EXPECT(CcPreparePinWrite(volume.file, &offset, 4096, TRUE, PIN_WAIT, &pinned, &address));
  EXPECT_EQ(fcb.reads, 0);
  EXPECT_EQ(*static_cast<UCHAR*>(address), 0);
  CcUnpinData(pinned);
  KeLeaveCriticalRegion();
  EXPECT(CcPurgeCacheSection(&fcb.sections, nullptr, 0, 0));
}

KTEST(MdlsDescribeTheCachesPages) {
  Volume volume(600000);
  REQUIRE(volume.file);
  PMDL chain = nullptr;
  LARGE_INTEGER offset = At(VACB_MAPPING_GRANULARITY - 1000);
  CcMdlRead(volume.file, &offset, 3000, &chain, &volume.io);
  EXPECT_EQ(volume.io.Information, 3000);
  REQUIRE(chain && chain->Next);
  EXPECT_EQ(MmGetMdlByteCount(chain), 1000);
  EXPECT_EQ(MmGetMdlByteCount(chain->Next), 2000);
  EXPECT_EQ(*static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(chain, NormalPagePriority)), DiskByte(VACB_MAPPING_GRANULARITY - 1000));
  CcMdlReadComplete(volume.file, chain);
  chain = nullptr;
  offset = At(4096);
  CcPrepareMdlWrite(volume.file, &offset, 4096, &chain, &volume.io);
  REQUIRE(chain);
  RtlFillMemory(MmGetSystemAddressForMdlSafe(chain, NormalPagePriority), 4096, 0x99);
  CcMdlWriteComplete(volume.file, &offset, chain);
  EXPECT(CcIsThereDirtyData(volume.file->Vpb));
  CcFlushCache(&fcb.sections, nullptr, 0, nullptr);
  EXPECT_EQ(fcb.disk[4096], 0x99);
  chain = nullptr;
  CcPrepareMdlWrite(volume.file, &offset, 4096, &chain, &volume.io);
  CcMdlWriteAbort(volume.file, chain);
  EXPECT(!CcIsThereDirtyData(volume.file->Vpb));
}

namespace {
ULONG posted;
VOID NTAPI Post(PVOID first, PVOID) {
  EXPECT_EQ(first, &posted);
  ++posted;
}
}  // namespace

KTEST(WritesArePutOffWhileTooMuchIsDirty) {
  Volume volume(600000);
  REQUIRE(volume.file);
  EXPECT(CcCanIWrite(volume.file, 4096, FALSE, FALSE));
  CcSetDirtyPageThreshold(volume.file, 2);
  EXPECT(volume.Write(0, 8192, 1));
  EXPECT(!CcCanIWrite(volume.file, 4096, FALSE, FALSE));
  posted = 0;
  CcDeferWrite(volume.file, Post, &posted, nullptr, 4096, FALSE);
  EXPECT(CcCanIWrite(volume.file, 4096, TRUE, FALSE));
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(fcb.writes, 1);
}

KTEST(ZeroingGoesToTheCacheOrToTheFile) {
  Volume volume(600000);
  REQUIRE(volume.file);
  LARGE_INTEGER start = At(4100), end = At(9000);
  EXPECT(!CcZeroData(volume.file, &start, &end, FALSE));
  EXPECT(CcZeroData(volume.file, &start, &end, TRUE));
  EXPECT_EQ(fcb.writes, 0);
  EXPECT(volume.Read(4096, 8192));
  EXPECT_EQ(volume.buffer[3], DiskByte(4099));
  EXPECT_EQ(volume.buffer[4], 0);
  EXPECT_EQ(volume.buffer[9000 - 4096], DiskByte(9000));
  volume.Uninitialize();
  const ULONG writes = fcb.writes;
  start = At(8192);
  end = At(8192 + 100000);
  EXPECT(CcZeroData(volume.file, &start, &end, TRUE));
  EXPECT(fcb.writes > writes);
  EXPECT_EQ(fcb.disk[8192 + 99999], 0);
}

KTEST(SequentialReadsAreReadAhead) {
  Volume volume(600000);
  REQUIRE(volume.file);
  CcSetReadAheadGranularity(volume.file, 65536);
  EXPECT(volume.Read(0, 4096) && volume.Read(4096, 4096) && volume.Read(8192, 4096));
  Sleep(10);
  EXPECT_EQ(fcb.ahead, 1);
  const ULONG reads = fcb.reads;
  EXPECT(volume.Read(12288, 16384, false) && volume.Read(100000, 10, false));
  EXPECT_EQ(fcb.reads, reads);
}

KTEST(FastReadsAndWritesGoToTheCacheOrNowhere) {
  Volume volume(10000);
  REQUIRE(volume.file);
  ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  fcb.header.Resource = &resource;
  fcb.header.FileSize = fcb.header.ValidDataLength = At(10000);
  fcb.header.AllocationSize = At(20000);
  LARGE_INTEGER offset = At(9000);
  const auto read = [&](ULONG length) {
    return FsRtlCopyRead(volume.file, &offset, length, TRUE, 0, volume.buffer, &volume.io, volume.device);
  };
  const auto write = [&](ULONG length) {
    return FsRtlCopyWrite(volume.file, &offset, length, TRUE, 0, volume.buffer, &volume.io, volume.device);
  };
  fcb.header.IsFastIoPossible = FastIoIsNotPossible;
  EXPECT(!read(10));
  fcb.header.IsFastIoPossible = FastIoIsQuestionable;
  EXPECT(!read(10));  // there is no routine to ask
  fcb.header.IsFastIoPossible = FastIoIsPossible;
  EXPECT(read(5000));
  EXPECT_EQ(volume.io.Information, 1000);
  EXPECT_EQ(volume.buffer[0], DiskByte(9000));
  EXPECT_EQ(volume.file->CurrentByteOffset.QuadPart, 10000);
  offset = At(10000);
  EXPECT(read(1));
  EXPECT_EQ(volume.io.Status, STATUS_END_OF_FILE);
  EXPECT(read(0));
  EXPECT_EQ(volume.io.Status, STATUS_SUCCESS);
  offset = At(11000);
  RtlFillMemory(volume.buffer, 100, 0x12);
  EXPECT(write(100));
  EXPECT_EQ(fcb.header.FileSize.QuadPart, 11100);
  EXPECT_EQ(fcb.header.ValidDataLength.QuadPart, 11100);
  EXPECT(volume.Read(10500, 600));
  EXPECT_EQ(volume.buffer[0], 0);
  EXPECT_EQ(volume.buffer[500], 0x12);
  offset = At(19999);
  EXPECT(!write(100));  // behind the allocation: that is the file system's
  fcb.fails = STATUS_DEVICE_DATA_ERROR;
  offset = At(0);
  EXPECT(!read(10));  // what a file system expects is not raised
  fcb.fails = STATUS_SUCCESS;
  PMDL chain = nullptr;
  EXPECT(FsRtlMdlReadDev(volume.file, &offset, 100, 0, &chain, &volume.io, volume.device));
  EXPECT(chain && volume.io.Information == 100);
  EXPECT(FsRtlMdlReadCompleteDev(volume.file, chain, volume.device));
  chain = nullptr;
  EXPECT(FsRtlPrepareMdlWriteDev(volume.file, &offset, 100, 0, &chain, &volume.io, volume.device));
  REQUIRE(chain);
  EXPECT(FsRtlMdlWriteCompleteDev(volume.file, &offset, chain, volume.device));
  EXPECT(!ExIsResourceAcquiredSharedLite(&resource));
  fcb.header.Resource = nullptr;
  ExDeleteResourceLite(&resource);
}

KTEST(ReadsForAThreadAndFastOnes) {
  Volume volume(65536);
  IO_STATUS_BLOCK io = {};
  static UCHAR buffer[256];
  LARGE_INTEGER at = At(4000);
  EXPECT(CcCopyReadEx(volume.file, &at, 200, TRUE, buffer, &io, PsGetCurrentThread()));
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
  EXPECT_EQ(io.Information, 200);
  EXPECT(RtlEqualMemory(buffer, fcb.disk + 4000, 200));
  at = At(40000);
  EXPECT(!CcCopyReadEx(volume.file, &at, 10, FALSE, buffer, &io, PsGetCurrentThread()));  // it would have to wait
  CcFastCopyRead(volume.file, 8190, 100, 2, buffer, &io);
  EXPECT_EQ(io.Information, 100);
  EXPECT(RtlEqualMemory(buffer, fcb.disk + 8190, 100));
  RtlFillMemory(buffer, sizeof buffer, 0x44);
  CcFastCopyWrite(volume.file, 100, 20, buffer);
  at = At(130);
  EXPECT(CcCopyWriteEx(volume.file, &at, 20, TRUE, buffer, PsGetCurrentThread()));
  CcFlushCache(&fcb.sections, nullptr, 0, &io);
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
  EXPECT(fcb.disk[100] == 0x44 && fcb.disk[119] == 0x44 && fcb.disk[120] != 0x44 && fcb.disk[149] == 0x44);
}

KTEST(DirtyPagesOfALogAreListed) {
  Volume volume(65536);
  int log = 0;
  static ULONG pages, flushed;
  pages = flushed = 0;
  CcSetAdditionalCacheAttributesEx(volume.file, 0);
  CcSetLogHandleForFile(volume.file, &log, [](PVOID, LARGE_INTEGER) { ++flushed; });
  PVOID bcb = nullptr, data = nullptr;
  LARGE_INTEGER at = At(8192), lsn = At(77);
  REQUIRE(CcPinRead(volume.file, &at, 512, PIN_WAIT, &bcb, &data));
  static_cast<UCHAR*>(data)[0] = 9;
  CcSetDirtyPinnedData(bcb, &lsn);
  const auto note = [](PFILE_OBJECT file, PLARGE_INTEGER offset, ULONG length, PLARGE_INTEGER oldest, PLARGE_INTEGER newest, PVOID context1,
                       PVOID context2) {
    ++pages;
    EXPECT(file != nullptr && offset->QuadPart == 8192 && length >= 512);
    EXPECT(oldest->QuadPart == 77 && newest->QuadPart == 77);
    EXPECT(context1 == &pages && context2 == &flushed);
  };
  const LARGE_INTEGER oldest = CcGetDirtyPages(&log, note, &pages, &flushed);
  EXPECT_EQ(oldest.QuadPart, 77);
  EXPECT_EQ(pages, 1);
  EXPECT_EQ(CcGetDirtyPages(&pages, note, nullptr, nullptr).QuadPart, 0);  // another log
  CcUnpinData(bcb);
  IO_STATUS_BLOCK io;
  CcFlushCache(&fcb.sections, nullptr, 0, &io);
  EXPECT_EQ(flushed, 1);  // the log comes first
  EXPECT_EQ(CcGetDirtyPages(&log, note, nullptr, nullptr).QuadPart, 0);
}

KTEST(PinsMayBelongToAnOwner) {
  Volume volume(65536);
  PVOID bcb = nullptr, data = nullptr;
  LARGE_INTEGER at = At(0);
  REQUIRE(CcPinRead(volume.file, &at, 100, PIN_WAIT, &bcb, &data));
  static int owner;
  PVOID const pointer = reinterpret_cast<PVOID>(reinterpret_cast<ULONG_PTR>(&owner) | 3);
  CcSetBcbOwnerPointer(bcb, pointer);
  CcUnpinDataForThread(bcb, reinterpret_cast<ERESOURCE_THREAD>(pointer));
  PVOID other = nullptr;
  REQUIRE(CcMapData(volume.file, &at, 100, MAP_WAIT, &bcb, &data));
  other = CcRemapBcb(bcb);
  EXPECT(other != nullptr);
  CcUnpinData(bcb);
  EXPECT_EQ(static_cast<UCHAR*>(data)[1], fcb.disk[1]);  // still mapped
  CcUnpinData(other);
}

KTEST(DirtyDataOfAVolumeIsCounted) {
  Volume volume(65536);
  VPB vpb = {};
  ULONG pages = 99;
  EXPECT(!CcIsThereDirtyDataEx(&vpb, &pages));
  EXPECT_EQ(pages, 0);
  volume.file->Vpb = &vpb;
  EXPECT(volume.Write(0, 100, 1));
  EXPECT(CcIsThereDirtyDataEx(&vpb, &pages));
  EXPECT_EQ(pages, 1);
  EXPECT(CcIsThereDirtyData(&vpb));
  IO_STATUS_BLOCK io;
  CcFlushCache(&fcb.sections, nullptr, 0, &io);
  EXPECT(!CcIsThereDirtyData(&vpb));
  volume.file->Vpb = nullptr;
}

KTEST(TheFileObjectOfSections) {
  Volume volume(65536);
  EXPECT(CcGetFileObjectFromSectionPtrs(&fcb.sections) == volume.file);
  PFILE_OBJECT const file = CcGetFileObjectFromSectionPtrsRef(&fcb.sections);
  EXPECT(file == volume.file);
  if (file) ObDereferenceObject(file);
  SECTION_OBJECT_POINTERS none = {};
  EXPECT(CcGetFileObjectFromSectionPtrs(&none) == nullptr);
  EXPECT(CcGetFileObjectFromSectionPtrsRef(&none) == nullptr);
  CC_FILE_SIZES sizes = {At(kDisk), At(70000), At(70000)};
  EXPECT_EQ(CcSetFileSizesEx(volume.file, &sizes), STATUS_SUCCESS);
  EXPECT(volume.Read(69000, 100));
  LARGE_INTEGER at = At(0);
  CcScheduleReadAhead(volume.file, &at, 100);
}
