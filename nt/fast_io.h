// What file systems give the rest of the kernel besides dispatch routines: fast I/O, calls into a driver that do a request without an IRP,
// and the header of their control blocks (wdm.h, ntifs.h).
#pragma once

#include "nt/ex.h"
#include "nt/io.h"

using FAST_IO_CHECK_IF_POSSIBLE = MSABI BOOLEAN(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                                                ULONG LockKey, BOOLEAN CheckForReadOperation, PIO_STATUS_BLOCK IoStatus,
                                                PDEVICE_OBJECT DeviceObject);
using FAST_IO_FOR_CC_FLUSH = MSABI NTSTATUS(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject);
using FAST_IO_READ = MSABI BOOLEAN(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey,
                                   PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject);
using FAST_IO_QUERY_INFO = MSABI BOOLEAN(PFILE_OBJECT FileObject, BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                                         PDEVICE_OBJECT DeviceObject);
using FAST_IO_DEVICE_CONTROL = MSABI BOOLEAN(PFILE_OBJECT FileObject, BOOLEAN Wait, PVOID InputBuffer, ULONG InputBufferLength,
                                             PVOID OutputBuffer, ULONG OutputBufferLength, ULONG IoControlCode, PIO_STATUS_BLOCK IoStatus,
                                             PDEVICE_OBJECT DeviceObject);
using FAST_IO_DETACH_DEVICE = MSABI VOID(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice);

/// A driver's table; SizeOfFastIoDispatch says how much of it there is. Only what is called has a type.
struct FAST_IO_DISPATCH {
  ULONG SizeOfFastIoDispatch;
  FAST_IO_CHECK_IF_POSSIBLE* FastIoCheckIfPossible;
  FAST_IO_READ* FastIoRead;
  FAST_IO_READ* FastIoWrite;
  FAST_IO_QUERY_INFO* FastIoQueryBasicInfo;
  FAST_IO_QUERY_INFO* FastIoQueryStandardInfo;
  PVOID FastIoLock;
  PVOID FastIoUnlockSingle;
  PVOID FastIoUnlockAll;
  PVOID FastIoUnlockAllByKey;
  FAST_IO_DEVICE_CONTROL* FastIoDeviceControl;
  PVOID AcquireFileForNtCreateSection;
  PVOID ReleaseFileForNtCreateSection;
  FAST_IO_DETACH_DEVICE* FastIoDetachDevice;
  FAST_IO_QUERY_INFO* FastIoQueryNetworkOpenInfo;
  PVOID AcquireForModWrite;
  PVOID MdlRead;
  PVOID MdlReadComplete;
  PVOID PrepareMdlWrite;
  PVOID MdlWriteComplete;
  PVOID FastIoReadCompressed;
  PVOID FastIoWriteCompressed;
  PVOID MdlReadCompleteCompressed;
  PVOID MdlWriteCompleteCompressed;
  PVOID FastIoQueryOpen;
  PVOID ReleaseForModWrite;
  FAST_IO_FOR_CC_FLUSH* AcquireForCcFlush;
  FAST_IO_FOR_CC_FLUSH* ReleaseForCcFlush;
};
using PFAST_IO_DISPATCH = FAST_IO_DISPATCH*;
NT_SIZE(FAST_IO_DISPATCH, 0xe0);
NT_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl, 0x50);
NT_OFFSET(FAST_IO_DISPATCH, ReleaseForCcFlush, 0xd8);

inline constexpr UCHAR FastIoIsNotPossible = 0, FastIoIsPossible = 1, FastIoIsQuestionable = 2;

/// What FILE_OBJECT.FsContext points to begins like this (ntifs.h).
struct FSRTL_COMMON_FCB_HEADER {
  CSHORT NodeTypeCode;
  CSHORT NodeByteSize;
  UCHAR Flags;
  UCHAR IsFastIoPossible;
  UCHAR Flags2;
  UCHAR Version;  ///< in the upper four bits
  PERESOURCE Resource;
  PERESOURCE PagingIoResource;
  LARGE_INTEGER AllocationSize;
  LARGE_INTEGER FileSize;
  LARGE_INTEGER ValidDataLength;
};
using PFSRTL_COMMON_FCB_HEADER = FSRTL_COMMON_FCB_HEADER*;
NT_SIZE(FSRTL_COMMON_FCB_HEADER, 0x30);

inline constexpr UCHAR FSRTL_FLAG_FILE_MODIFIED = 0x1, FSRTL_FLAG_FILE_LENGTH_CHANGED = 0x2, FSRTL_FLAG_ADVANCED_HEADER = 0x40;
inline constexpr UCHAR FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS = 0x2, FSRTL_FLAG2_IS_PAGING_FILE = 0x8;

struct FSRTL_ADVANCED_FCB_HEADER : FSRTL_COMMON_FCB_HEADER {
  PFAST_MUTEX FastMutex;
  LIST_ENTRY FilterContexts;
  EX_PUSH_LOCK PushLock;
  PVOID* FileContextSupportPointer;
};
using PFSRTL_ADVANCED_FCB_HEADER = FSRTL_ADVANCED_FCB_HEADER*;
static_assert(sizeof(FSRTL_ADVANCED_FCB_HEADER) == 0x58);
