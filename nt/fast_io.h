// Fast I/O: calls into a driver that do a request without an IRP (wdm.h, ntifs.h).
#pragma once

#include "nt/io.h"

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
  PVOID FastIoCheckIfPossible;
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
  PVOID AcquireForCcFlush;
  PVOID ReleaseForCcFlush;
};
using PFAST_IO_DISPATCH = FAST_IO_DISPATCH*;
NT_SIZE(FAST_IO_DISPATCH, 0xe0);
NT_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl, 0x50);
NT_OFFSET(FAST_IO_DISPATCH, ReleaseForCcFlush, 0xd8);
