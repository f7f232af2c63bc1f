// The auxiliary kernel library's interface (aux_klib.h): the list of loaded modules, the export directory of an image.
// On Windows a library that is linked into drivers; here its functions are inline.
#pragma once

#include <ntddk.h>
#include <ntimage.h>

#define AUX_KLIB_MODULE_PATH_LEN 256

typedef struct _AUX_MODULE_BASIC_INFO {
  PVOID ImageBase;
} AUX_MODULE_BASIC_INFO, *PAUX_MODULE_BASIC_INFO;

typedef struct _AUX_MODULE_EXTENDED_INFO {
  AUX_MODULE_BASIC_INFO BasicInfo;
  ULONG ImageSize;
  USHORT FileNameOffset;
  UCHAR FullPathName[AUX_KLIB_MODULE_PATH_LEN];
} AUX_MODULE_EXTENDED_INFO, *PAUX_MODULE_EXTENDED_INFO;

EXTERN_C_START

NTSYSAPI NTSTATUS NTAPI RtlQueryModuleInformation(PULONG InformationLength, ULONG SizePerModule, PVOID ModuleInformation);

static __inline NTSTATUS AuxKlibInitialize(VOID) { return STATUS_SUCCESS; }

static __inline NTSTATUS AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo) {
  return RtlQueryModuleInformation(BufferSize, ElementSize, QueryInfo);
}

static __inline PIMAGE_EXPORT_DIRECTORY AuxKlibGetImageExportDirectory(PVOID ImageBase) {
  PIMAGE_DOS_HEADER dos = (PIMAGE_DOS_HEADER)ImageBase;
  PIMAGE_NT_HEADERS headers = (PIMAGE_NT_HEADERS)((PUCHAR)ImageBase + dos->e_lfanew);
  ULONG address = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress;
  return address == 0 ? NULL : (PIMAGE_EXPORT_DIRECTORY)((PUCHAR)ImageBase + address);
}

EXTERN_C_END
