// The PE32+ image format: headers, directories, unwind data (winnt.h of mingw-w64), and the loader's module entry.
//
// The fields past IMAGE_LOAD_CONFIG_DIRECTORY64.SEHandlerCount are not in mingw-w64's winnt.h; their places are those
// of the published PE format specification ("Load Configuration Layout").
#pragma once

#include "nt/types.h"

inline constexpr WORD IMAGE_DOS_SIGNATURE = 0x5A4D;      // "MZ"
inline constexpr WORD IMAGE_OS2_SIGNATURE = 0x454E;      // "NE"
inline constexpr WORD IMAGE_VXD_SIGNATURE = 0x454C;      // "LE"
inline constexpr DWORD IMAGE_NT_SIGNATURE = 0x00004550;  // "PE\0\0"
inline constexpr WORD IMAGE_NT_OPTIONAL_HDR32_MAGIC = 0x10b;
inline constexpr WORD IMAGE_NT_OPTIONAL_HDR64_MAGIC = 0x20b;

inline constexpr WORD IMAGE_FILE_MACHINE_I386 = 0x014c;
inline constexpr WORD IMAGE_FILE_MACHINE_AMD64 = 0x8664;
inline constexpr WORD IMAGE_FILE_MACHINE_ARM64 = 0xaa64;

inline constexpr WORD IMAGE_FILE_RELOCS_STRIPPED = 0x0001;
inline constexpr WORD IMAGE_FILE_EXECUTABLE_IMAGE = 0x0002;
inline constexpr WORD IMAGE_FILE_LARGE_ADDRESS_AWARE = 0x0020;
inline constexpr WORD IMAGE_FILE_DLL = 0x2000;

inline constexpr WORD IMAGE_SUBSYSTEM_NATIVE = 1;
inline constexpr WORD IMAGE_SUBSYSTEM_WINDOWS_GUI = 2;
inline constexpr WORD IMAGE_SUBSYSTEM_WINDOWS_CUI = 3;

inline constexpr WORD IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA = 0x0020;
inline constexpr WORD IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE = 0x0040;
inline constexpr WORD IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY = 0x0080;
inline constexpr WORD IMAGE_DLLCHARACTERISTICS_NX_COMPAT = 0x0100;
inline constexpr WORD IMAGE_DLLCHARACTERISTICS_NO_SEH = 0x0400;
inline constexpr WORD IMAGE_DLLCHARACTERISTICS_WDM_DRIVER = 0x2000;
inline constexpr WORD IMAGE_DLLCHARACTERISTICS_GUARD_CF = 0x4000;

inline constexpr DWORD IMAGE_NUMBEROF_DIRECTORY_ENTRIES = 16;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_EXPORT = 0;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_IMPORT = 1;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_RESOURCE = 2;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_EXCEPTION = 3;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_SECURITY = 4;  ///< a file offset, not an RVA
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_BASERELOC = 5;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_DEBUG = 6;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_TLS = 9;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG = 10;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_IAT = 12;
inline constexpr DWORD IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT = 13;

inline constexpr DWORD IMAGE_SCN_CNT_CODE = 0x00000020;
inline constexpr DWORD IMAGE_SCN_CNT_INITIALIZED_DATA = 0x00000040;
inline constexpr DWORD IMAGE_SCN_CNT_UNINITIALIZED_DATA = 0x00000080;
inline constexpr DWORD IMAGE_SCN_MEM_DISCARDABLE = 0x02000000;
inline constexpr DWORD IMAGE_SCN_MEM_NOT_PAGED = 0x08000000;
inline constexpr DWORD IMAGE_SCN_MEM_SHARED = 0x10000000;
inline constexpr DWORD IMAGE_SCN_MEM_EXECUTE = 0x20000000;
inline constexpr DWORD IMAGE_SCN_MEM_READ = 0x40000000;
inline constexpr DWORD IMAGE_SCN_MEM_WRITE = 0x80000000;

inline constexpr WORD IMAGE_REL_BASED_ABSOLUTE = 0;
inline constexpr WORD IMAGE_REL_BASED_HIGH = 1;
inline constexpr WORD IMAGE_REL_BASED_LOW = 2;
inline constexpr WORD IMAGE_REL_BASED_HIGHLOW = 3;
inline constexpr WORD IMAGE_REL_BASED_DIR64 = 10;

inline constexpr ULONGLONG IMAGE_ORDINAL_FLAG64 = 0x8000000000000000;
inline constexpr DWORD IMAGE_DEBUG_TYPE_CODEVIEW = 2;
inline constexpr DWORD IMAGE_DEBUG_TYPE_REPRO = 16;

/// The MS-DOS header; only e_magic and e_lfanew mean anything to NT.
struct IMAGE_DOS_HEADER {
  WORD e_magic;
  WORD e_cblp;
  WORD e_cp;
  WORD e_crlc;
  WORD e_cparhdr;
  WORD e_minalloc;
  WORD e_maxalloc;
  WORD e_ss;
  WORD e_sp;
  WORD e_csum;
  WORD e_ip;
  WORD e_cs;
  WORD e_lfarlc;
  WORD e_ovno;
  WORD e_res[4];
  WORD e_oemid;
  WORD e_oeminfo;
  WORD e_res2[10];
  LONG e_lfanew;
};
using PIMAGE_DOS_HEADER = IMAGE_DOS_HEADER*;
NT_SIZE(IMAGE_DOS_HEADER, 0x40);
NT_OFFSET(IMAGE_DOS_HEADER, e_lfanew, 0x3c);

/// The COFF file header.
struct IMAGE_FILE_HEADER {
  WORD Machine;
  WORD NumberOfSections;
  DWORD TimeDateStamp;
  DWORD PointerToSymbolTable;
  DWORD NumberOfSymbols;
  WORD SizeOfOptionalHeader;
  WORD Characteristics;
};
using PIMAGE_FILE_HEADER = IMAGE_FILE_HEADER*;
NT_SIZE(IMAGE_FILE_HEADER, 0x14);

/// Where a directory is: an RVA and a size in bytes.
struct IMAGE_DATA_DIRECTORY {
  DWORD VirtualAddress;
  DWORD Size;
};
using PIMAGE_DATA_DIRECTORY = IMAGE_DATA_DIRECTORY*;
NT_SIZE(IMAGE_DATA_DIRECTORY, 0x8);

/// The optional header of a PE32+ image.
struct IMAGE_OPTIONAL_HEADER64 {
  WORD Magic;
  BYTE MajorLinkerVersion;
  BYTE MinorLinkerVersion;
  DWORD SizeOfCode;
  DWORD SizeOfInitializedData;
  DWORD SizeOfUninitializedData;
  DWORD AddressOfEntryPoint;
  DWORD BaseOfCode;
  ULONGLONG ImageBase;
  DWORD SectionAlignment;
  DWORD FileAlignment;
  WORD MajorOperatingSystemVersion;
  WORD MinorOperatingSystemVersion;
  WORD MajorImageVersion;
  WORD MinorImageVersion;
  WORD MajorSubsystemVersion;
  WORD MinorSubsystemVersion;
  DWORD Win32VersionValue;
  DWORD SizeOfImage;
  DWORD SizeOfHeaders;
  DWORD CheckSum;
  WORD Subsystem;
  WORD DllCharacteristics;
  ULONGLONG SizeOfStackReserve;
  ULONGLONG SizeOfStackCommit;
  ULONGLONG SizeOfHeapReserve;
  ULONGLONG SizeOfHeapCommit;
  DWORD LoaderFlags;
  DWORD NumberOfRvaAndSizes;
  IMAGE_DATA_DIRECTORY DataDirectory[IMAGE_NUMBEROF_DIRECTORY_ENTRIES];
};
using PIMAGE_OPTIONAL_HEADER64 = IMAGE_OPTIONAL_HEADER64*;
NT_SIZE(IMAGE_OPTIONAL_HEADER64, 0xf0);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, AddressOfEntryPoint, 0x10);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, ImageBase, 0x18);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, SizeOfImage, 0x38);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, CheckSum, 0x40);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, DllCharacteristics, 0x46);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, NumberOfRvaAndSizes, 0x6c);
NT_OFFSET(IMAGE_OPTIONAL_HEADER64, DataDirectory, 0x70);

/// Signature, file header and optional header in a row.
struct IMAGE_NT_HEADERS64 {
  DWORD Signature;
  IMAGE_FILE_HEADER FileHeader;
  IMAGE_OPTIONAL_HEADER64 OptionalHeader;
};
using PIMAGE_NT_HEADERS64 = IMAGE_NT_HEADERS64*;
NT_SIZE(IMAGE_NT_HEADERS64, 0x108);
NT_OFFSET(IMAGE_NT_HEADERS64, OptionalHeader, 0x18);

/// One section's place in the file and in memory.
struct IMAGE_SECTION_HEADER {
  BYTE Name[8];
  union {
    DWORD PhysicalAddress;
    DWORD VirtualSize;
  } Misc;
  DWORD VirtualAddress;
  DWORD SizeOfRawData;
  DWORD PointerToRawData;
  DWORD PointerToRelocations;
  DWORD PointerToLinenumbers;
  WORD NumberOfRelocations;
  WORD NumberOfLinenumbers;
  DWORD Characteristics;
};
using PIMAGE_SECTION_HEADER = IMAGE_SECTION_HEADER*;
NT_SIZE(IMAGE_SECTION_HEADER, 0x28);
NT_OFFSET(IMAGE_SECTION_HEADER, VirtualAddress, 0xc);
NT_OFFSET(IMAGE_SECTION_HEADER, Characteristics, 0x24);

struct IMAGE_EXPORT_DIRECTORY {
  DWORD Characteristics;
  DWORD TimeDateStamp;
  WORD MajorVersion;
  WORD MinorVersion;
  DWORD Name;
  DWORD Base;
  DWORD NumberOfFunctions;
  DWORD NumberOfNames;
  DWORD AddressOfFunctions;
  DWORD AddressOfNames;
  DWORD AddressOfNameOrdinals;
};
using PIMAGE_EXPORT_DIRECTORY = IMAGE_EXPORT_DIRECTORY*;
NT_SIZE(IMAGE_EXPORT_DIRECTORY, 0x28);

struct IMAGE_IMPORT_DESCRIPTOR {
  DWORD OriginalFirstThunk;
  DWORD TimeDateStamp;
  DWORD ForwarderChain;
  DWORD Name;
  DWORD FirstThunk;
};
using PIMAGE_IMPORT_DESCRIPTOR = IMAGE_IMPORT_DESCRIPTOR*;
NT_SIZE(IMAGE_IMPORT_DESCRIPTOR, 0x14);

struct IMAGE_DELAYLOAD_DESCRIPTOR {
  union {
    DWORD AllAttributes;
    __extension__ struct {
      DWORD RvaBased : 1;
      DWORD ReservedAttributes : 31;
    };
  } Attributes;
  DWORD DllNameRVA;
  DWORD ModuleHandleRVA;
  DWORD ImportAddressTableRVA;
  DWORD ImportNameTableRVA;
  DWORD BoundImportAddressTableRVA;
  DWORD UnloadInformationTableRVA;
  DWORD TimeDateStamp;
};
NT_SIZE(IMAGE_DELAYLOAD_DESCRIPTOR, 0x20);

/// Head of a block of relocations; USHORTs follow, the type in the upper 4 bits, the offset in the page in the lower 12.
struct IMAGE_BASE_RELOCATION {
  DWORD VirtualAddress;
  DWORD SizeOfBlock;
};
using PIMAGE_BASE_RELOCATION = IMAGE_BASE_RELOCATION*;
NT_SIZE(IMAGE_BASE_RELOCATION, 0x8);

/// Thread-local storage; its first four fields are virtual addresses.
struct IMAGE_TLS_DIRECTORY64 {
  ULONGLONG StartAddressOfRawData;
  ULONGLONG EndAddressOfRawData;
  ULONGLONG AddressOfIndex;
  ULONGLONG AddressOfCallBacks;
  DWORD SizeOfZeroFill;
  DWORD Characteristics;
};
NT_SIZE(IMAGE_TLS_DIRECTORY64, 0x28);

struct IMAGE_DEBUG_DIRECTORY {
  DWORD Characteristics;
  DWORD TimeDateStamp;
  WORD MajorVersion;
  WORD MinorVersion;
  DWORD Type;
  DWORD SizeOfData;
  DWORD AddressOfRawData;
  DWORD PointerToRawData;
};
NT_SIZE(IMAGE_DEBUG_DIRECTORY, 0x1c);

struct IMAGE_LOAD_CONFIG_CODE_INTEGRITY {
  WORD Flags;
  WORD Catalog;
  DWORD CatalogOffset;
  DWORD Reserved;
};

/// Load configuration: pointers are virtual addresses. An image's own is as long as its Size says.
struct IMAGE_LOAD_CONFIG_DIRECTORY64 {
  DWORD Size;
  DWORD TimeDateStamp;
  WORD MajorVersion;
  WORD MinorVersion;
  DWORD GlobalFlagsClear;
  DWORD GlobalFlagsSet;
  DWORD CriticalSectionDefaultTimeout;
  ULONGLONG DeCommitFreeBlockThreshold;
  ULONGLONG DeCommitTotalFreeThreshold;
  ULONGLONG LockPrefixTable;
  ULONGLONG MaximumAllocationSize;
  ULONGLONG VirtualMemoryThreshold;
  ULONGLONG ProcessAffinityMask;
  DWORD ProcessHeapFlags;
  WORD CSDVersion;
  WORD DependentLoadFlags;
  ULONGLONG EditList;
  ULONGLONG SecurityCookie;
  ULONGLONG SEHandlerTable;
  ULONGLONG SEHandlerCount;
  ULONGLONG GuardCFCheckFunctionPointer;
  ULONGLONG GuardCFDispatchFunctionPointer;
  ULONGLONG GuardCFFunctionTable;
  ULONGLONG GuardCFFunctionCount;
  DWORD GuardFlags;
  IMAGE_LOAD_CONFIG_CODE_INTEGRITY CodeIntegrity;
  ULONGLONG GuardAddressTakenIatEntryTable;
  ULONGLONG GuardAddressTakenIatEntryCount;
  ULONGLONG GuardLongJumpTargetTable;
  ULONGLONG GuardLongJumpTargetCount;
  ULONGLONG DynamicValueRelocTable;
  ULONGLONG CHPEMetadataPointer;
  ULONGLONG GuardRFFailureRoutine;
  ULONGLONG GuardRFFailureRoutineFunctionPointer;
  DWORD DynamicValueRelocTableOffset;
  WORD DynamicValueRelocTableSection;
  WORD Reserved2;
  ULONGLONG GuardRFVerifyStackPointerFunctionPointer;
  DWORD HotPatchTableOffset;
  DWORD Reserved3;
  ULONGLONG EnclaveConfigurationPointer;
  ULONGLONG VolatileMetadataPointer;
  ULONGLONG GuardEHContinuationTable;
  ULONGLONG GuardEHContinuationCount;
  ULONGLONG GuardXFGCheckFunctionPointer;
  ULONGLONG GuardXFGDispatchFunctionPointer;
  ULONGLONG GuardXFGTableDispatchFunctionPointer;
  ULONGLONG CastGuardOsDeterminedFailureMode;
  ULONGLONG GuardMemcpyFunctionPointer;
};
static_assert(sizeof(IMAGE_LOAD_CONFIG_DIRECTORY64) == 0x140);
NT_OFFSET(IMAGE_LOAD_CONFIG_DIRECTORY64, SecurityCookie, 0x58);
NT_OFFSET(IMAGE_LOAD_CONFIG_DIRECTORY64, SEHandlerCount, 0x68);
static_assert(offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GuardCFCheckFunctionPointer) == 0x70);
static_assert(offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GuardFlags) == 0x90);
static_assert(offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GuardXFGCheckFunctionPointer) == 0x118);

inline constexpr DWORD IMAGE_GUARD_CF_INSTRUMENTED = 0x00000100;
inline constexpr DWORD IMAGE_GUARD_XFG_ENABLED = 0x00800000;

// ---- unwind data -----------------------------------------------------------------------------------------------------

/// One function (or a part of one) in .pdata; RVAs.
struct RUNTIME_FUNCTION {
  DWORD BeginAddress;
  DWORD EndAddress;
  DWORD UnwindData;  ///< the low bit set: the RVA of another RUNTIME_FUNCTION to use instead
};
using PRUNTIME_FUNCTION = RUNTIME_FUNCTION*;
NT_SIZE(RUNTIME_FUNCTION, 0xc);

inline constexpr DWORD RUNTIME_FUNCTION_INDIRECT = 1;
inline constexpr BYTE UNW_FLAG_NHANDLER = 0;
inline constexpr BYTE UNW_FLAG_EHANDLER = 1;
inline constexpr BYTE UNW_FLAG_UHANDLER = 2;
inline constexpr BYTE UNW_FLAG_CHAININFO = 4;

enum UNWIND_OP_CODES {
  UWOP_PUSH_NONVOL = 0,
  UWOP_ALLOC_LARGE = 1,
  UWOP_ALLOC_SMALL = 2,
  UWOP_SET_FPREG = 3,
  UWOP_SAVE_NONVOL = 4,
  UWOP_SAVE_NONVOL_FAR = 5,
  UWOP_EPILOG = 6,      ///< version 2; version 1 had UWOP_SAVE_XMM here
  UWOP_SPARE_CODE = 7,  ///< version 1 had UWOP_SAVE_XMM_FAR here
  UWOP_SAVE_XMM128 = 8,
  UWOP_SAVE_XMM128_FAR = 9,
  UWOP_PUSH_MACHFRAME = 10
};

/// One step of a prologue, undone backwards; some are followed by one or two more slots of operand.
union UNWIND_CODE {
  __extension__ struct {
    BYTE CodeOffset;
    BYTE UnwindOp : 4;
    BYTE OpInfo : 4;
  };
  WORD FrameOffset;
};
using PUNWIND_CODE = UNWIND_CODE*;
static_assert(sizeof(UNWIND_CODE) == 2);

/// What a function's prologue did; the codes follow, then a chained RUNTIME_FUNCTION or a handler's RVA and data.
struct UNWIND_INFO {
  BYTE Version : 3;
  BYTE Flags : 5;
  BYTE SizeOfProlog;
  BYTE CountOfCodes;
  BYTE FrameRegister : 4;
  BYTE FrameOffset : 4;  ///< in units of 16 bytes
};
using PUNWIND_INFO = UNWIND_INFO*;
static_assert(sizeof(UNWIND_INFO) == 4);

struct UNWIND_HISTORY_TABLE_ENTRY {
  ULONG64 ImageBase;
  PRUNTIME_FUNCTION FunctionEntry;
};
NT_SIZE(UNWIND_HISTORY_TABLE_ENTRY, 0x10);

/// A caller-provided cache of RtlLookupFunctionEntry.
struct UNWIND_HISTORY_TABLE {
  ULONG Count;
  BYTE LocalHint;
  BYTE GlobalHint;
  BYTE Search;
  BYTE Once;
  ULONG64 LowAddress;
  ULONG64 HighAddress;
  UNWIND_HISTORY_TABLE_ENTRY Entry[12];
};
using PUNWIND_HISTORY_TABLE = UNWIND_HISTORY_TABLE*;
NT_SIZE(UNWIND_HISTORY_TABLE, 0xd8);

/// Where a frame saved the caller's non-volatile registers: pointers into the stack, null where it did not.
struct KNONVOLATILE_CONTEXT_POINTERS {
  struct M128A* FloatingContext[16];
  PULONG64 IntegerContext[16];
};
using PKNONVOLATILE_CONTEXT_POINTERS = KNONVOLATILE_CONTEXT_POINTERS*;
NT_SIZE(KNONVOLATILE_CONTEXT_POINTERS, 0x100);

// ---- the loader's entry ----------------------------------------------------------------------------------------------

inline constexpr ULONG LDRP_IMAGE_INTEGRITY_FORCED = 0x00000020;  ///< what MmVerifyCallbackFunction looks for
inline constexpr ULONG LDRP_ENTRY_PROCESSED = 0x00004000;
inline constexpr ULONG LDRP_SYSTEM_MAPPED = 0x01000000;

/// A module on PsLoadedModuleList, as public symbols of Windows 10 and 11 x64 have it (10.0.22000). Drivers know its
/// head as LDR_DATA_TABLE_ENTRY, through DRIVER_OBJECT.DriverSection.
struct KLDR_DATA_TABLE_ENTRY {
  LIST_ENTRY InLoadOrderLinks;
  PVOID ExceptionTable;
  ULONG ExceptionTableSize;
  PVOID GpValue;
  PVOID NonPagedDebugInfo;
  PVOID DllBase;
  PVOID EntryPoint;
  ULONG SizeOfImage;
  UNICODE_STRING FullDllName;
  UNICODE_STRING BaseDllName;
  ULONG Flags;
  USHORT LoadCount;
  USHORT SignatureInfo;
  PVOID SectionPointer;
  ULONG CheckSum;
  ULONG CoverageSectionSize;
  PVOID CoverageSection;
  PVOID LoadedImports;
  PVOID NtDataSlidSize;
  ULONG SizeOfImageNotRounded;
  ULONG TimeDateStamp;
};
using PKLDR_DATA_TABLE_ENTRY = KLDR_DATA_TABLE_ENTRY*;
static_assert(sizeof(KLDR_DATA_TABLE_ENTRY) == 0xa0);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, ExceptionTable) == 0x10);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, DllBase) == 0x30);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, EntryPoint) == 0x38);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, SizeOfImage) == 0x40);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, FullDllName) == 0x48);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, BaseDllName) == 0x58);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, Flags) == 0x68);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, SectionPointer) == 0x70);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, CheckSum) == 0x78);
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, TimeDateStamp) == 0x9c);
