// Information classes of files and volumes, and their structures (wdm.h, ntifs.h).
#pragma once

#include "nt/types.h"

enum FILE_INFORMATION_CLASS {
  FileDirectoryInformation = 1,
  FileFullDirectoryInformation,
  FileBothDirectoryInformation,
  FileBasicInformation,
  FileStandardInformation,
  FileInternalInformation,
  FileEaInformation,
  FileAccessInformation,
  FileNameInformation,
  FileRenameInformation,
  FileLinkInformation,
  FileNamesInformation,
  FileDispositionInformation,
  FilePositionInformation,
  FileFullEaInformation,
  FileModeInformation,
  FileAlignmentInformation,
  FileAllInformation,
  FileAllocationInformation,
  FileEndOfFileInformation,
  FileAlternateNameInformation,
  FileStreamInformation,
  FilePipeInformation,
  FilePipeLocalInformation,
  FilePipeRemoteInformation,
  FileMailslotQueryInformation,
  FileMailslotSetInformation,
  FileCompressionInformation,
  FileObjectIdInformation,
  FileCompletionInformation,
  FileMoveClusterInformation,
  FileQuotaInformation,
  FileReparsePointInformation,
  FileNetworkOpenInformation,
  FileAttributeTagInformation,
  FileTrackingInformation,
  FileIdBothDirectoryInformation,
  FileIdFullDirectoryInformation,
  FileValidDataLengthInformation,
  FileShortNameInformation,
  FileIoCompletionNotificationInformation
};

enum FS_INFORMATION_CLASS {
  FileFsVolumeInformation = 1,
  FileFsLabelInformation,
  FileFsSizeInformation,
  FileFsDeviceInformation,
  FileFsAttributeInformation,
  FileFsControlInformation,
  FileFsFullSizeInformation,
  FileFsObjectIdInformation
};
using FSINFOCLASS = FS_INFORMATION_CLASS;

struct FILE_BASIC_INFORMATION {
  LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
  ULONG FileAttributes;
};
NT_SIZE(FILE_BASIC_INFORMATION, 0x28);

struct FILE_STANDARD_INFORMATION {
  LARGE_INTEGER AllocationSize, EndOfFile;
  ULONG NumberOfLinks;
  BOOLEAN DeletePending;
  BOOLEAN Directory;
};
NT_SIZE(FILE_STANDARD_INFORMATION, 0x18);

struct FILE_POSITION_INFORMATION {
  LARGE_INTEGER CurrentByteOffset;
};

struct FILE_COMPLETION_INFORMATION {
  HANDLE Port;
  PVOID Key;
};

struct FILE_FS_DEVICE_INFORMATION {
  ULONG DeviceType;
  ULONG Characteristics;
};
NT_SIZE(FILE_FS_DEVICE_INFORMATION, 0x8);

struct IO_STATUS_BLOCK;
using IO_APC_ROUTINE = MSABI VOID(PVOID ApcContext, IO_STATUS_BLOCK* IoStatusBlock, ULONG Reserved);
using PIO_APC_ROUTINE = IO_APC_ROUTINE*;
