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
  FileIoCompletionNotificationInformation,
  FileIoStatusBlockRangeInformation,
  FileIoPriorityHintInformation,
  FileSfioReserveInformation,
  FileSfioVolumeInformation,
  FileHardLinkInformation,
  FileProcessIdsUsingFileInformation,
  FileNormalizedNameInformation,
  FileNetworkPhysicalNameInformation,
  FileIdGlobalTxDirectoryInformation,
  FileIsRemoteDeviceInformation,
  FileUnusedInformation,
  FileNumaNodeInformation,
  FileStandardLinkInformation,
  FileRemoteProtocolInformation,
  FileRenameInformationBypassAccessCheck,
  FileLinkInformationBypassAccessCheck,
  FileVolumeNameInformation,
  FileIdInformation,
  FileIdExtdDirectoryInformation,
  FileReplaceCompletionInformation,
  FileHardLinkFullIdInformation,
  FileIdExtdBothDirectoryInformation,
  FileDispositionInformationEx,
  FileRenameInformationEx,
  FileRenameInformationExBypassAccessCheck,
  FileDesiredStorageClassInformation,
  FileStatInformation,
  FileMemoryPartitionInformation,
  FileStatLxInformation,
  FileCaseSensitiveInformation,
  FileLinkInformationEx
};

enum FS_INFORMATION_CLASS {
  FileFsVolumeInformation = 1,
  FileFsLabelInformation,
  FileFsSizeInformation,
  FileFsDeviceInformation,
  FileFsAttributeInformation,
  FileFsControlInformation,
  FileFsFullSizeInformation,
  FileFsObjectIdInformation,
  FileFsDriverPathInformation,
  FileFsVolumeFlagsInformation,
  FileFsSectorSizeInformation
};
using FSINFOCLASS = FS_INFORMATION_CLASS;

inline constexpr ULONG FILE_ATTRIBUTE_READONLY = 0x1, FILE_ATTRIBUTE_HIDDEN = 0x2, FILE_ATTRIBUTE_SYSTEM = 0x4,
                       FILE_ATTRIBUTE_DIRECTORY = 0x10, FILE_ATTRIBUTE_ARCHIVE = 0x20, FILE_ATTRIBUTE_NORMAL = 0x80,
                       FILE_ATTRIBUTE_TEMPORARY = 0x100, FILE_ATTRIBUTE_OFFLINE = 0x1000, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED = 0x2000;

inline constexpr ULONG FILE_DISPOSITION_DELETE = 1, FILE_DISPOSITION_POSIX_SEMANTICS = 2, FILE_DISPOSITION_ON_CLOSE = 8,
                       FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE = 0x10;
inline constexpr ULONG FILE_RENAME_REPLACE_IF_EXISTS = 1, FILE_RENAME_POSIX_SEMANTICS = 2, FILE_RENAME_IGNORE_READONLY_ATTRIBUTE = 0x40;

inline constexpr ULONG FILE_NOTIFY_CHANGE_FILE_NAME = 0x1, FILE_NOTIFY_CHANGE_DIR_NAME = 0x2, FILE_NOTIFY_CHANGE_ATTRIBUTES = 0x4,
                       FILE_NOTIFY_CHANGE_SIZE = 0x8, FILE_NOTIFY_CHANGE_LAST_WRITE = 0x10, FILE_NOTIFY_CHANGE_LAST_ACCESS = 0x20,
                       FILE_NOTIFY_CHANGE_CREATION = 0x40, FILE_NOTIFY_CHANGE_SECURITY = 0x100;
inline constexpr ULONG FILE_ACTION_ADDED = 1, FILE_ACTION_REMOVED = 2, FILE_ACTION_MODIFIED = 3, FILE_ACTION_RENAMED_OLD_NAME = 4,
                       FILE_ACTION_RENAMED_NEW_NAME = 5;

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

struct FILE_NETWORK_OPEN_INFORMATION {
  LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile;
  ULONG FileAttributes;
};
NT_SIZE(FILE_NETWORK_OPEN_INFORMATION, 0x38);

struct FILE_INTERNAL_INFORMATION {
  LARGE_INTEGER IndexNumber;
};

struct FILE_NAME_INFORMATION {
  ULONG FileNameLength;  ///< bytes
  WCHAR FileName[1];
};

struct FILE_ATTRIBUTE_TAG_INFORMATION {
  ULONG FileAttributes;
  ULONG ReparseTag;
};

struct FILE_END_OF_FILE_INFORMATION {
  LARGE_INTEGER EndOfFile;
};

struct FILE_DISPOSITION_INFORMATION {
  BOOLEAN DeleteFile;
};

/// FileRenameInformation and FileLinkInformation; the Ex classes have flags in ReplaceIfExists' place.
struct FILE_RENAME_INFORMATION {
  union {
    BOOLEAN ReplaceIfExists;
    ULONG Flags;
  };
  HANDLE RootDirectory;
  ULONG FileNameLength;  ///< bytes
  WCHAR FileName[1];
};
NT_OFFSET(FILE_RENAME_INFORMATION, FileName, 0x14);

struct FILE_ALL_INFORMATION {
  FILE_BASIC_INFORMATION BasicInformation;
  FILE_STANDARD_INFORMATION StandardInformation;
  FILE_INTERNAL_INFORMATION InternalInformation;
  ULONG EaSize;
  ULONG AccessFlags;
  FILE_POSITION_INFORMATION PositionInformation;
  ULONG Mode;
  ULONG AlignmentRequirement;
  FILE_NAME_INFORMATION NameInformation;
};
NT_OFFSET(FILE_ALL_INFORMATION, NameInformation, 0x60);

struct FILE_STREAM_INFORMATION {
  ULONG NextEntryOffset;
  ULONG StreamNameLength;
  LARGE_INTEGER StreamSize, StreamAllocationSize;
  WCHAR StreamName[1];
};

struct FILE_NOTIFY_INFORMATION {
  ULONG NextEntryOffset;
  ULONG Action;
  ULONG FileNameLength;
  WCHAR FileName[1];
};

/// What the directory classes have in common; FileFullDirectoryInformation and the others go on behind FileNameLength.
struct FILE_DIRECTORY_INFORMATION {
  ULONG NextEntryOffset;
  ULONG FileIndex;
  LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile, AllocationSize;
  ULONG FileAttributes;
  ULONG FileNameLength;
  WCHAR FileName[1];
};
NT_OFFSET(FILE_DIRECTORY_INFORMATION, FileName, 0x40);

struct FILE_FS_SIZE_INFORMATION {
  LARGE_INTEGER TotalAllocationUnits, AvailableAllocationUnits;
  ULONG SectorsPerAllocationUnit;
  ULONG BytesPerSector;
};

struct FILE_FS_FULL_SIZE_INFORMATION {
  LARGE_INTEGER TotalAllocationUnits, CallerAvailableAllocationUnits, ActualAvailableAllocationUnits;
  ULONG SectorsPerAllocationUnit;
  ULONG BytesPerSector;
};

struct FILE_FS_VOLUME_INFORMATION {
  LARGE_INTEGER VolumeCreationTime;
  ULONG VolumeSerialNumber;
  ULONG VolumeLabelLength;
  BOOLEAN SupportsObjects;
  WCHAR VolumeLabel[1];
};

struct FILE_FS_ATTRIBUTE_INFORMATION {
  ULONG FileSystemAttributes;
  LONG MaximumComponentNameLength;
  ULONG FileSystemNameLength;
  WCHAR FileSystemName[1];
};

/// An extended attribute: its name, a zero, its value.
struct FILE_FULL_EA_INFORMATION {
  ULONG NextEntryOffset;
  UCHAR Flags;
  UCHAR EaNameLength;
  USHORT EaValueLength;
  CHAR EaName[1];
};
using PFILE_FULL_EA_INFORMATION = FILE_FULL_EA_INFORMATION*;
NT_OFFSET(FILE_FULL_EA_INFORMATION, EaName, 0x8);

/// What a file is called by on every volume.
struct FILE_ID_INFORMATION {
  ULONGLONG VolumeSerialNumber;
  UCHAR FileId[16];
};
NT_SIZE(FILE_ID_INFORMATION, 0x18);

struct FILE_STAT_INFORMATION {
  LARGE_INTEGER FileId, CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile;
  ULONG FileAttributes;
  ULONG ReparseTag;
  ULONG NumberOfLinks;
  ACCESS_MASK EffectiveAccess;
};
NT_SIZE(FILE_STAT_INFORMATION, 0x48);

struct FILE_FS_SECTOR_SIZE_INFORMATION {
  ULONG LogicalBytesPerSector;
  ULONG PhysicalBytesPerSectorForAtomicity;
  ULONG PhysicalBytesPerSectorForPerformance;
  ULONG FileSystemEffectivePhysicalBytesPerSectorForAtomicity;
  ULONG Flags;
  ULONG ByteOffsetForSectorAlignment;
  ULONG ByteOffsetForPartitionAlignment;
};
NT_SIZE(FILE_FS_SECTOR_SIZE_INFORMATION, 0x1c);

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
