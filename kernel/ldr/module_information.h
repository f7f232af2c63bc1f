// The list of loaded kernel images, as drivers get it.
#pragma once

#include "nt/types.h"

/// AUX_MODULE_EXTENDED_INFO.
struct RTL_MODULE_EXTENDED_INFO {
  PVOID ImageBase;
  ULONG ImageSize;
  USHORT FileNameOffset;
  CHAR FullPathName[256];
};
NT_SIZE(RTL_MODULE_EXTENDED_INFO, 0x110);

extern "C" {
/// Tells the bases, or the extended information, of the loaded kernel images in the order of loading. Without `ModuleInformation`
/// *InformationLength becomes the bytes that are needed. STATUS_BUFFER_TOO_SMALL; STATUS_INVALID_PARAMETER: no such size of an entry.
/// IRQL PASSIVE_LEVEL. (What AuxKlibQueryModuleInformation calls.)
NTSTATUS RtlQueryModuleInformation(PULONG InformationLength, ULONG SizePerModule, PVOID ModuleInformation);
}
