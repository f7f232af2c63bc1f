// Resources of images, and the messages and strings among them.
#pragma once

#include "nt/types.h"

struct IMAGE_RESOURCE_DIRECTORY {
  ULONG Characteristics;
  ULONG TimeDateStamp;
  USHORT MajorVersion;
  USHORT MinorVersion;
  USHORT NumberOfNamedEntries;
  USHORT NumberOfIdEntries;
};
using PIMAGE_RESOURCE_DIRECTORY = IMAGE_RESOURCE_DIRECTORY*;
NT_SIZE(IMAGE_RESOURCE_DIRECTORY, 0x10);
NT_OFFSET(IMAGE_RESOURCE_DIRECTORY, NumberOfNamedEntries, 0xc);

struct IMAGE_RESOURCE_DIRECTORY_ENTRY {
  ULONG Name;          ///< a number; with bit 31, the offset of a string
  ULONG OffsetToData;  ///< of data; with bit 31, of a directory
};
using PIMAGE_RESOURCE_DIRECTORY_ENTRY = IMAGE_RESOURCE_DIRECTORY_ENTRY*;
NT_SIZE(IMAGE_RESOURCE_DIRECTORY_ENTRY, 0x8);
NT_OFFSET(IMAGE_RESOURCE_DIRECTORY_ENTRY, OffsetToData, 0x4);

struct IMAGE_RESOURCE_DATA_ENTRY {
  ULONG OffsetToData;  ///< from the image's base
  ULONG Size;
  ULONG CodePage;
  ULONG Reserved;
};
using PIMAGE_RESOURCE_DATA_ENTRY = IMAGE_RESOURCE_DATA_ENTRY*;
NT_SIZE(IMAGE_RESOURCE_DATA_ENTRY, 0x10);
NT_OFFSET(IMAGE_RESOURCE_DATA_ENTRY, Size, 0x4);

struct MESSAGE_RESOURCE_BLOCK {
  ULONG LowId;
  ULONG HighId;
  ULONG OffsetToEntries;
};
NT_SIZE(MESSAGE_RESOURCE_BLOCK, 0xc);
NT_OFFSET(MESSAGE_RESOURCE_BLOCK, OffsetToEntries, 0x8);

struct MESSAGE_RESOURCE_DATA {
  ULONG NumberOfBlocks;
  MESSAGE_RESOURCE_BLOCK Blocks[1];
};
NT_SIZE(MESSAGE_RESOURCE_DATA, 0x10);
NT_OFFSET(MESSAGE_RESOURCE_DATA, Blocks, 0x4);

struct MESSAGE_RESOURCE_ENTRY {
  USHORT Length;
  USHORT Flags;  ///< 1: the text is UTF-16
  UCHAR Text[1];
};
using PMESSAGE_RESOURCE_ENTRY = MESSAGE_RESOURCE_ENTRY*;
NT_OFFSET(MESSAGE_RESOURCE_ENTRY, Flags, 0x2);
NT_OFFSET(MESSAGE_RESOURCE_ENTRY, Text, 0x4);

/// What LdrEnumResources tells of a resource; names are numbers, or point to their counted strings.
struct LDR_ENUM_RESOURCE_INFO {
  ULONG_PTR Type;
  ULONG_PTR Name;
  ULONG_PTR Language;
  PVOID Data;
  SIZE_T Size;
  ULONG_PTR Reserved;
};
using PLDR_ENUM_RESOURCE_INFO = LDR_ENUM_RESOURCE_INFO*;

// The exports; the API specification has the meaning of their parameters. An image is addressed by its base; bit 0 says that it is a file's
// contents rather than a loaded image. IRQL PASSIVE_LEVEL.
extern "C" {

/// Finds the data of a resource by type, name and language; a path has up to three, and the first of what it does not say is taken.
/// STATUS_RESOURCE_DATA_NOT_FOUND: the image has no resources; STATUS_RESOURCE_TYPE_NOT_FOUND, _NAME_, _LANG_; STATUS_INVALID_PARAMETER.
NTSTATUS LdrFindResource_U(PVOID BaseAddress, PULONG_PTR ResourceIdPath, ULONG ResourceIdPathLength,
                           PIMAGE_RESOURCE_DATA_ENTRY* ResourceDataEntry);
/// Finds the directory of a type, or of a name of a type.
NTSTATUS LdrFindResourceDirectory_U(PVOID BaseAddress, PULONG_PTR ResourceIdPath, ULONG ResourceIdPathLength,
                                    PIMAGE_RESOURCE_DIRECTORY* ResourceDirectory);
/// Where a resource's data is, and its size in bytes. STATUS_RESOURCE_DATA_NOT_FOUND: the image has no resources.
NTSTATUS LdrAccessResource(PVOID BaseAddress, PIMAGE_RESOURCE_DATA_ENTRY ResourceDataEntry, PVOID* Address, PULONG Size);
/// Lists the resources, all or of a path. STATUS_INFO_LENGTH_MISMATCH: *ResourceCount becomes what is needed.
NTSTATUS LdrEnumResources(PVOID BaseAddress, PULONG_PTR ResourceIdPath, ULONG ResourceIdPathLength, PULONG ResourceCount,
                          PLDR_ENUM_RESOURCE_INFO Resources);
/// Finds a message in a message table (type 11). STATUS_MESSAGE_NOT_FOUND, and what LdrFindResource_U gives.
NTSTATUS RtlFindMessage(PVOID DllHandle, ULONG MessageTableId, ULONG MessageLanguageId, ULONG MessageId,
                        PMESSAGE_RESOURCE_ENTRY* MessageEntry);

}  // extern "C"
