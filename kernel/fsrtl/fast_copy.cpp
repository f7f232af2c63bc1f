// The usual fast I/O routines of file systems: from and to the cache, or not at all.
#include "kernel/cc/cc.h"
#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "nt/fast_io.h"
#include "nt/fcb.h"
#include "nt/status.h"

extern "C" {
VOID KeEnterCriticalRegion();
VOID KeLeaveCriticalRegion();
BOOLEAN FsRtlIsNtstatusExpected(NTSTATUS Exception);
PIRP IoGetTopLevelIrp();
VOID IoSetTopLevelIrp(PIRP Irp);
}

namespace nt::fsrtl {
namespace {

constexpr ULONG kFastRead = 0x80000, kModified = 0x1000, kSizeChanged = 0x2000;  // FO_FILE_FAST_IO_READ, FO_FILE_MODIFIED, …
PIRP FastIoTopLevel() { return reinterpret_cast<PIRP>(ULONG_PTR{4}); }           // FSRTL_FAST_IO_TOP_LEVEL_IRP

/// A transfer that is asked for.
struct Transfer {
  PFILE_OBJECT file;
  LARGE_INTEGER offset;
  ULONG length;
  bool wait;
  ULONG key;
  PIO_STATUS_BLOCK result;
  PDEVICE_OBJECT device;
};

PFSRTL_COMMON_FCB_HEADER HeaderOf(const FILE_OBJECT* file) { return static_cast<PFSRTL_COMMON_FCB_HEADER>(file->FsContext); }

/// Whether the file is cached, and its file system does not mind: if that is questionable it is asked.
bool IsPossible(const Transfer& transfer, bool read) {
  if (transfer.file->PrivateCacheMap == nullptr) return false;
  const UCHAR possible = HeaderOf(transfer.file)->IsFastIoPossible;
  if (possible != FastIoIsQuestionable) return possible == FastIoIsPossible;
  const FAST_IO_DISPATCH* const table = transfer.device->DriverObject->FastIoDispatch;
  if (table == nullptr || table->FastIoCheckIfPossible == nullptr) return false;
  LARGE_INTEGER offset = transfer.offset;
  return ke::Callout<BOOLEAN>(table->FastIoCheckIfPossible, transfer.file, &offset, transfer.length, transfer.wait, transfer.key, read,
                              transfer.result, transfer.device) != FALSE;
}

/// Does the work as the top level of what follows; false if it raised what a file system expects to be raised. What nobody expects goes
/// on to the caller after `release`.
template <class Work, class Release>
bool AsTopLevel(Work work, Release release) {
  PIRP const outer = IoGetTopLevelIrp();
  IoSetTopLevelIrp(FastIoTopLevel());
  NTSTATUS raised = STATUS_SUCCESS;
  bool done = false;
  try {
    done = work();
  } catch (const ke::RaisedException& exception) {
    raised = exception.record.ExceptionCode;
  }
  IoSetTopLevelIrp(outer);
  release();
  if (raised != STATUS_SUCCESS && FsRtlIsNtstatusExpected(raised) == FALSE) ke::RaiseStatus(raised);
  return done;
}

/// Takes the file's lock; false if that would have to wait.
bool Acquire(const Transfer& transfer, bool exclusive) {
  KeEnterCriticalRegion();
  PERESOURCE const resource = HeaderOf(transfer.file)->Resource;
  const BOOLEAN wait = transfer.wait;
  const bool acquired = exclusive ? ExAcquireResourceExclusiveLite(resource, wait) : ExAcquireResourceSharedLite(resource, wait);
  if (!acquired) KeLeaveCriticalRegion();
  return acquired;
}

void Release(const Transfer& transfer) {
  ExReleaseResourceLite(HeaderOf(transfer.file)->Resource);
  KeLeaveCriticalRegion();
}

bool Finish(PIO_STATUS_BLOCK result, NTSTATUS status) {
  result->Status = status;
  result->Information = 0;
  return true;
}

/// Reads with `copy`, cut off at the end of the file.
template <class Copy>
bool Read(Transfer transfer, Copy copy) {
  if (transfer.length == 0) return Finish(transfer.result, STATUS_SUCCESS);
  if (!Acquire(transfer, false)) return false;
  const LONGLONG size = HeaderOf(transfer.file)->FileSize.QuadPart;
  const bool possible = IsPossible(transfer, true);
  if (!possible || transfer.offset.QuadPart >= size) {
    Release(transfer);
    return possible && Finish(transfer.result, STATUS_END_OF_FILE);
  }
  if (transfer.length > size - transfer.offset.QuadPart) transfer.length = static_cast<ULONG>(size - transfer.offset.QuadPart);
  const bool done = AsTopLevel([&] { return copy(transfer); }, [&] { Release(transfer); });
  if (done) transfer.file->Flags |= kFastRead;
  return done;
}

/// Whether a write changes more than bytes that are there: then the file system's lock must be held exclusively.
bool Extends(const Transfer& transfer) {
  return transfer.offset.QuadPart + transfer.length > HeaderOf(transfer.file)->ValidDataLength.QuadPart;
}

/// Makes the file as long as a write needs it, within its allocation, and zeroes what lies between.
bool Extend(const Transfer& transfer) {
  PFSRTL_COMMON_FCB_HEADER const header = HeaderOf(transfer.file);
  LARGE_INTEGER end;
  end.QuadPart = transfer.offset.QuadPart + transfer.length;
  if (end.QuadPart > header->FileSize.QuadPart) {
    if (end.QuadPart > header->AllocationSize.QuadPart) return false;
    header->FileSize = end;
    CC_FILE_SIZES sizes{header->AllocationSize, end, header->ValidDataLength};
    CcSetFileSizes(transfer.file, &sizes);
    transfer.file->Flags |= kSizeChanged;
  }
  LARGE_INTEGER start = header->ValidDataLength, offset = transfer.offset;
  return start.QuadPart >= offset.QuadPart || CcZeroData(transfer.file, &start, &offset, transfer.wait) != FALSE;
}

/// Writes with `copy`. Who writes through, or has to wait for room, takes the slow way.
template <class Copy>
bool Write(Transfer transfer, Copy copy) {
  PFSRTL_COMMON_FCB_HEADER const header = HeaderOf(transfer.file);
  if ((transfer.file->Flags & FO_WRITE_THROUGH) != 0 || transfer.file->PrivateCacheMap == nullptr) return false;
  if (CcCanIWrite(transfer.file, transfer.length, transfer.wait, FALSE) == FALSE) return false;
  if (transfer.length == 0) return Finish(transfer.result, STATUS_SUCCESS);
  const bool at_end = transfer.offset.HighPart == -1 && transfer.offset.LowPart == 0xffffffff;
  const bool exclusive = at_end || Extends(transfer);
  if (!Acquire(transfer, exclusive)) return false;
  if (at_end) transfer.offset = header->FileSize;
  const LONGLONG end = transfer.offset.QuadPart + transfer.length;
  if ((Extends(transfer) && !exclusive) || !IsPossible(transfer, false)) {
    Release(transfer);
    return false;
  }
  const auto work = [&] {
    if (Extends(transfer) && !Extend(transfer)) return false;
    if (!copy(transfer)) return false;
    if (end > header->ValidDataLength.QuadPart) header->ValidDataLength.QuadPart = end;
    transfer.file->Flags |= kModified;
    return true;
  };
  const bool done = AsTopLevel(work, [&] { Release(transfer); });
  if (!done) return false;
  transfer.result->Status = STATUS_SUCCESS;
  transfer.result->Information = transfer.length;
  return true;
}

}  // namespace
}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

BOOLEAN FsRtlCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                      PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject) {
  const bool done = Read({FileObject, *FileOffset, Length, Wait != FALSE, LockKey, IoStatus, DeviceObject}, [&](Transfer& transfer) {
    if (CcCopyRead(transfer.file, &transfer.offset, transfer.length, transfer.wait, Buffer, transfer.result) == FALSE) return false;
    transfer.file->CurrentByteOffset.QuadPart = transfer.offset.QuadPart + static_cast<LONGLONG>(transfer.result->Information);
    return true;
  });
  return done ? TRUE : FALSE;
}

BOOLEAN FsRtlCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                       PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject) {
  const bool done = Write({FileObject, *FileOffset, Length, Wait != FALSE, LockKey, IoStatus, DeviceObject}, [&](Transfer& transfer) {
    if (CcCopyWrite(transfer.file, &transfer.offset, transfer.length, transfer.wait, Buffer) == FALSE) return false;
    transfer.file->CurrentByteOffset.QuadPart = transfer.offset.QuadPart + transfer.length;
    return true;
  });
  return done ? TRUE : FALSE;
}

BOOLEAN FsRtlMdlReadDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL* MdlChain,
                        PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject) {
  const bool done = Read({FileObject, *FileOffset, Length, true, LockKey, IoStatus, DeviceObject}, [&](Transfer& transfer) {
    CcMdlRead(transfer.file, &transfer.offset, transfer.length, MdlChain, transfer.result);
    return true;
  });
  return done ? TRUE : FALSE;
}

BOOLEAN FsRtlMdlReadCompleteDev(PFILE_OBJECT FileObject, PMDL MdlChain, PDEVICE_OBJECT /*DeviceObject*/) {
  CcMdlReadComplete(FileObject, MdlChain);
  return TRUE;
}

BOOLEAN FsRtlPrepareMdlWriteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey, PMDL* MdlChain,
                                PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject) {
  const bool done = Write({FileObject, *FileOffset, Length, true, LockKey, IoStatus, DeviceObject}, [&](Transfer& transfer) {
    CcPrepareMdlWrite(transfer.file, &transfer.offset, transfer.length, MdlChain, transfer.result);
    return true;
  });
  return done ? TRUE : FALSE;
}

/// What is written through must be on the disk when the request ends: that takes the slow way.
BOOLEAN FsRtlMdlWriteCompleteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain, PDEVICE_OBJECT /*DeviceObject*/) {
  if ((FileObject->Flags & FO_WRITE_THROUGH) != 0) return FALSE;
  CcMdlWriteComplete(FileObject, FileOffset, MdlChain);
  return TRUE;
}

}  // extern "C"
