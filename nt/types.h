// The basic NT types, fixed width, as x64 Windows has them (basetsd.h, ntdef.h).
#pragma once

#include <cstddef>
#include <cstdint>

/// Calling convention of PE code: every function pointer a driver or client can see has it.
#define MSABI __attribute__((ms_abi))

/// Asserts one field's place: the offset is a fact taken from the WDK's or mingw-w64's headers.
#define NT_OFFSET(type, field, offset) static_assert(offsetof(type, field) == (offset), #type "." #field " is misplaced")
/// Asserts a structure's size in bytes.
#define NT_SIZE(type, size) static_assert(sizeof(type) == (size), #type " has the wrong size")

using VOID = void;
using PVOID = void*;
using CHAR = char;
using UCHAR = std::uint8_t;
using CCHAR = char;
using BOOLEAN = UCHAR;
using BYTE = std::uint8_t;
using SHORT = std::int16_t;
using CSHORT = std::int16_t;
using USHORT = std::uint16_t;
using WORD = std::uint16_t;
using LONG = std::int32_t;
using INT = std::int32_t;
using BOOL = std::int32_t;
using UINT = std::uint32_t;
using ULONG = std::uint32_t;
using DWORD = std::uint32_t;
using LONGLONG = std::int64_t;
using ULONGLONG = std::uint64_t;
using LONG64 = std::int64_t;
using ULONG64 = std::uint64_t;
using DWORD64 = std::uint64_t;
using LONG_PTR = std::int64_t;
using ULONG_PTR = std::uint64_t;
using DWORD_PTR = std::uint64_t;
using SIZE_T = std::uint64_t;
using SSIZE_T = std::int64_t;
using KAFFINITY = ULONG_PTR;
using WCHAR = char16_t;
using HANDLE = void*;
using NTSTATUS = LONG;
using KIRQL = UCHAR;
using KPRIORITY = LONG;
using KPROCESSOR_MODE = CCHAR;
using ACCESS_MASK = ULONG;
using PFN_NUMBER = ULONG_PTR;
using LCID = ULONG;
using EVENT_TYPE_RAW = ULONG;

using PCHAR = CHAR*;
using PCSTR = const CHAR*;
using PSTR = CHAR*;
using PUCHAR = UCHAR*;
using PBOOLEAN = BOOLEAN*;
using PSHORT = SHORT*;
using PUSHORT = USHORT*;
using PLONG = LONG*;
using PULONG = ULONG*;
using PLONGLONG = LONGLONG*;
using PULONGLONG = ULONGLONG*;
using PULONG64 = ULONG64*;
using PULONG_PTR = ULONG_PTR*;
using PSIZE_T = SIZE_T*;
using PWCHAR = WCHAR*;
using PWSTR = WCHAR*;
using PCWSTR = const WCHAR*;
using PCWCH = const WCHAR*;
using PHANDLE = HANDLE*;
using PKIRQL = KIRQL*;
using PACCESS_MASK = ACCESS_MASK*;

inline constexpr BOOLEAN TRUE = 1;
inline constexpr BOOLEAN FALSE = 0;

inline constexpr KPROCESSOR_MODE KernelMode = 0;
inline constexpr KPROCESSOR_MODE UserMode = 1;

inline constexpr KIRQL PASSIVE_LEVEL = 0;
inline constexpr KIRQL APC_LEVEL = 1;
inline constexpr KIRQL DISPATCH_LEVEL = 2;
inline constexpr KIRQL CMCI_LEVEL = 5;
inline constexpr KIRQL CLOCK_LEVEL = 13;
inline constexpr KIRQL IPI_LEVEL = 14;
inline constexpr KIRQL HIGH_LEVEL = 15;

inline constexpr ULONG PAGE_SIZE = 4096;
inline constexpr ULONG PAGE_SHIFT = 12;

/// A 64-bit signed value, also as two halves (ntdef.h).
union LARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
};
using PLARGE_INTEGER = LARGE_INTEGER*;
NT_SIZE(LARGE_INTEGER, 8);

/// A 64-bit unsigned value, also as two halves (ntdef.h).
union ULARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    ULONG HighPart;
  };
  ULONGLONG QuadPart;
};
using PULARGE_INTEGER = ULARGE_INTEGER*;
NT_SIZE(ULARGE_INTEGER, 8);

using PHYSICAL_ADDRESS = LARGE_INTEGER;
using PPHYSICAL_ADDRESS = PHYSICAL_ADDRESS*;

/// Link of a circular doubly linked list (ntdef.h).
struct LIST_ENTRY {
  LIST_ENTRY* Flink;
  LIST_ENTRY* Blink;
};
using PLIST_ENTRY = LIST_ENTRY*;
NT_SIZE(LIST_ENTRY, 0x10);

/// Link of a singly linked list (ntdef.h).
struct SINGLE_LIST_ENTRY {
  SINGLE_LIST_ENTRY* Next;
};
using PSINGLE_LIST_ENTRY = SINGLE_LIST_ENTRY*;

/// Counted UTF-16 string; lengths are in bytes and do not count a terminator (ntdef.h).
struct UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWSTR Buffer;
};
using PUNICODE_STRING = UNICODE_STRING*;
using PCUNICODE_STRING = const UNICODE_STRING*;
NT_SIZE(UNICODE_STRING, 0x10);

/// Counted 8-bit string; lengths are in bytes (ntdef.h).
struct STRING {
  USHORT Length;
  USHORT MaximumLength;
  PCHAR Buffer;
};
using ANSI_STRING = STRING;
using OEM_STRING = STRING;
using PSTRING = STRING*;
using PCSTRING = const STRING*;
using PANSI_STRING = ANSI_STRING*;
using PCANSI_STRING = const ANSI_STRING*;
using POEM_STRING = OEM_STRING*;
NT_SIZE(STRING, 0x10);

struct GUID {
  ULONG Data1;
  USHORT Data2;
  USHORT Data3;
  UCHAR Data4[8];
};
using LPGUID = GUID*;
NT_SIZE(GUID, 0x10);

struct CLIENT_ID {
  HANDLE UniqueProcess;
  HANDLE UniqueThread;
};
using PCLIENT_ID = CLIENT_ID*;
NT_SIZE(CLIENT_ID, 0x10);

struct LUID {
  ULONG LowPart;
  LONG HighPart;
};
using PLUID = LUID*;

struct PROCESSOR_NUMBER {
  USHORT Group;
  UCHAR Number;
  UCHAR Reserved;
};
using PPROCESSOR_NUMBER = PROCESSOR_NUMBER*;

struct GROUP_AFFINITY {
  KAFFINITY Mask;
  USHORT Group;
  USHORT Reserved[3];
};
using PGROUP_AFFINITY = GROUP_AFFINITY*;
NT_SIZE(GROUP_AFFINITY, 0x10);

/// The structure that holds `field` at `address` (ntdef.h).
#define CONTAINING_RECORD(address, type, field) (reinterpret_cast<type*>(reinterpret_cast<char*>(address) - offsetof(type, field)))

inline constexpr bool NT_SUCCESS(NTSTATUS status) { return status >= 0; }
