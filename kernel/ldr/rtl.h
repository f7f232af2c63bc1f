// The exports that look into images.
#pragma once

#include "nt/pe.h"
#include "nt/types.h"

extern "C" {
/// The base of the image that holds an address, also stored to *BaseOfImage; null if there is none. Any IRQL.
PVOID RtlPcToFileHeader(PVOID PcValue, PVOID* BaseOfImage);
/// The PE header of an image, or null if there is none at `Base`.
PIMAGE_NT_HEADERS64 RtlImageNtHeader(PVOID Base);
/// The PE header of an image of `Size` bytes; flag 1 (RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK) leaves `Size` out of account.
/// STATUS_INVALID_PARAMETER for null pointers, an unknown flag or base -1; STATUS_INVALID_IMAGE_FORMAT if it is no image.
NTSTATUS RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONGLONG Size, PIMAGE_NT_HEADERS64* OutHeaders);
/// The address of a directory and its size in bytes, or null. An image that is not mapped is addressed by its sections' file
/// offsets; bit 0 of `Base` also says that it is not mapped.
PVOID RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT DirectoryEntry, PULONG Size);
/// An export of a loaded image by its exact name, or null. IRQL PASSIVE_LEVEL.
PVOID RtlFindExportedRoutineByName(PVOID DllBase, PCSTR RoutineName);
}
