// Types of the run-time library: version, time, bitmaps, trees (wdm.h, ntddk.h, ntifs.h).
#pragma once

#include "nt/types.h"

using PWCH = WCHAR*;

enum RTL_GENERIC_COMPARE_RESULTS { GenericLessThan, GenericGreaterThan, GenericEqual };

enum TABLE_SEARCH_RESULT { TableEmptyTree, TableFoundNode, TableInsertAsLeft, TableInsertAsRight };

// ---- version -------------------------------------------------------------------------------------------------------------

struct RTL_OSVERSIONINFOW {
  ULONG dwOSVersionInfoSize;
  ULONG dwMajorVersion;
  ULONG dwMinorVersion;
  ULONG dwBuildNumber;
  ULONG dwPlatformId;
  WCHAR szCSDVersion[128];
};
using PRTL_OSVERSIONINFOW = RTL_OSVERSIONINFOW*;
NT_SIZE(RTL_OSVERSIONINFOW, 0x114);
NT_OFFSET(RTL_OSVERSIONINFOW, szCSDVersion, 0x14);

struct RTL_OSVERSIONINFOEXW {
  ULONG dwOSVersionInfoSize;
  ULONG dwMajorVersion;
  ULONG dwMinorVersion;
  ULONG dwBuildNumber;
  ULONG dwPlatformId;
  WCHAR szCSDVersion[128];
  USHORT wServicePackMajor;
  USHORT wServicePackMinor;
  USHORT wSuiteMask;
  UCHAR wProductType;
  UCHAR wReserved;
};
using PRTL_OSVERSIONINFOEXW = RTL_OSVERSIONINFOEXW*;
NT_SIZE(RTL_OSVERSIONINFOEXW, 0x11c);
NT_OFFSET(RTL_OSVERSIONINFOEXW, wServicePackMajor, 0x114);
NT_OFFSET(RTL_OSVERSIONINFOEXW, wProductType, 0x11a);

inline constexpr ULONG VER_PLATFORM_WIN32_NT = 2;
inline constexpr UCHAR VER_NT_WORKSTATION = 1;
inline constexpr USHORT VER_SUITE_SINGLEUSERTS = 0x100;

// What RtlVerifyVersionInfo compares, and how.
inline constexpr ULONG VER_MINORVERSION = 0x1;
inline constexpr ULONG VER_MAJORVERSION = 0x2;
inline constexpr ULONG VER_BUILDNUMBER = 0x4;
inline constexpr ULONG VER_PLATFORMID = 0x8;
inline constexpr ULONG VER_SERVICEPACKMINOR = 0x10;
inline constexpr ULONG VER_SERVICEPACKMAJOR = 0x20;
inline constexpr ULONG VER_SUITENAME = 0x40;
inline constexpr ULONG VER_PRODUCT_TYPE = 0x80;
inline constexpr UCHAR VER_EQUAL = 1;
inline constexpr UCHAR VER_GREATER = 2;
inline constexpr UCHAR VER_GREATER_EQUAL = 3;
inline constexpr UCHAR VER_LESS = 4;
inline constexpr UCHAR VER_LESS_EQUAL = 5;
inline constexpr UCHAR VER_AND = 6;
inline constexpr UCHAR VER_OR = 7;

// ---- time ----------------------------------------------------------------------------------------------------------------

struct TIME_FIELDS {
  CSHORT Year;
  CSHORT Month;  ///< from 1
  CSHORT Day;    ///< from 1
  CSHORT Hour;
  CSHORT Minute;
  CSHORT Second;
  CSHORT Milliseconds;
  CSHORT Weekday;  ///< 0 is Sunday
};
using PTIME_FIELDS = TIME_FIELDS*;
NT_SIZE(TIME_FIELDS, 0x10);
NT_OFFSET(TIME_FIELDS, Weekday, 0xe);

// ---- bitmaps -------------------------------------------------------------------------------------------------------------

struct RTL_BITMAP {
  ULONG SizeOfBitMap;  ///< in bits
  PULONG Buffer;
};
using PRTL_BITMAP = RTL_BITMAP*;
NT_SIZE(RTL_BITMAP, 0x10);
NT_OFFSET(RTL_BITMAP, Buffer, 0x8);

struct RTL_BITMAP_RUN {
  ULONG StartingIndex;
  ULONG NumberOfBits;
};
using PRTL_BITMAP_RUN = RTL_BITMAP_RUN*;
NT_SIZE(RTL_BITMAP_RUN, 0x8);

// ---- trees ---------------------------------------------------------------------------------------------------------------

/// A node of a splay tree; the root is its own parent.
struct RTL_SPLAY_LINKS {
  RTL_SPLAY_LINKS* Parent;
  RTL_SPLAY_LINKS* LeftChild;
  RTL_SPLAY_LINKS* RightChild;
};
using PRTL_SPLAY_LINKS = RTL_SPLAY_LINKS*;
NT_SIZE(RTL_SPLAY_LINKS, 0x18);

struct RTL_GENERIC_TABLE;
using PRTL_GENERIC_TABLE = RTL_GENERIC_TABLE*;
using PRTL_GENERIC_COMPARE_ROUTINE = MSABI RTL_GENERIC_COMPARE_RESULTS (*)(PRTL_GENERIC_TABLE Table, PVOID First, PVOID Second);
using PRTL_GENERIC_ALLOCATE_ROUTINE = MSABI PVOID (*)(PRTL_GENERIC_TABLE Table, ULONG ByteSize);
using PRTL_GENERIC_FREE_ROUTINE = MSABI VOID (*)(PRTL_GENERIC_TABLE Table, PVOID Buffer);

struct RTL_GENERIC_TABLE {
  PRTL_SPLAY_LINKS TableRoot;
  LIST_ENTRY InsertOrderList;
  PLIST_ENTRY OrderedPointer;
  ULONG WhichOrderedElement;
  ULONG NumberGenericTableElements;
  PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine;
  PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine;
  PRTL_GENERIC_FREE_ROUTINE FreeRoutine;
  PVOID TableContext;
};
NT_SIZE(RTL_GENERIC_TABLE, 0x48);
NT_OFFSET(RTL_GENERIC_TABLE, InsertOrderList, 0x8);
NT_OFFSET(RTL_GENERIC_TABLE, OrderedPointer, 0x18);
NT_OFFSET(RTL_GENERIC_TABLE, NumberGenericTableElements, 0x24);
NT_OFFSET(RTL_GENERIC_TABLE, CompareRoutine, 0x28);
NT_OFFSET(RTL_GENERIC_TABLE, TableContext, 0x40);

/// A node of an AVL tree.
struct RTL_BALANCED_LINKS {
  RTL_BALANCED_LINKS* Parent;
  RTL_BALANCED_LINKS* LeftChild;
  RTL_BALANCED_LINKS* RightChild;
  CHAR Balance;  ///< height of the right subtree less that of the left
  UCHAR Reserved[3];
};
using PRTL_BALANCED_LINKS = RTL_BALANCED_LINKS*;
NT_SIZE(RTL_BALANCED_LINKS, 0x20);
NT_OFFSET(RTL_BALANCED_LINKS, Balance, 0x18);

struct RTL_AVL_TABLE;
using PRTL_AVL_TABLE = RTL_AVL_TABLE*;
using PRTL_AVL_COMPARE_ROUTINE = MSABI RTL_GENERIC_COMPARE_RESULTS (*)(PRTL_AVL_TABLE Table, PVOID First, PVOID Second);
using PRTL_AVL_ALLOCATE_ROUTINE = MSABI PVOID (*)(PRTL_AVL_TABLE Table, ULONG ByteSize);
using PRTL_AVL_FREE_ROUTINE = MSABI VOID (*)(PRTL_AVL_TABLE Table, PVOID Buffer);
using PRTL_AVL_MATCH_FUNCTION = MSABI NTSTATUS (*)(PRTL_AVL_TABLE Table, PVOID UserData, PVOID MatchData);

struct RTL_AVL_TABLE {
  RTL_BALANCED_LINKS BalancedRoot;  ///< the tree's root is its right child
  PVOID OrderedPointer;
  ULONG WhichOrderedElement;
  ULONG NumberGenericTableElements;
  ULONG DepthOfTree;
  PRTL_BALANCED_LINKS RestartKey;
  ULONG DeleteCount;
  PRTL_AVL_COMPARE_ROUTINE CompareRoutine;
  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine;
  PRTL_AVL_FREE_ROUTINE FreeRoutine;
  PVOID TableContext;
};
NT_SIZE(RTL_AVL_TABLE, 0x68);
NT_OFFSET(RTL_AVL_TABLE, OrderedPointer, 0x20);
NT_OFFSET(RTL_AVL_TABLE, NumberGenericTableElements, 0x2c);
NT_OFFSET(RTL_AVL_TABLE, DepthOfTree, 0x30);
NT_OFFSET(RTL_AVL_TABLE, RestartKey, 0x38);
NT_OFFSET(RTL_AVL_TABLE, DeleteCount, 0x40);
NT_OFFSET(RTL_AVL_TABLE, CompareRoutine, 0x48);
NT_OFFSET(RTL_AVL_TABLE, TableContext, 0x60);

// ---- strings -------------------------------------------------------------------------------------------------------------

inline constexpr ULONG HASH_STRING_ALGORITHM_DEFAULT = 0;
inline constexpr ULONG HASH_STRING_ALGORITHM_X65599 = 1;
inline constexpr ULONG HASH_STRING_ALGORITHM_INVALID = 0xFFFFFFFF;

inline constexpr ULONG RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE = 1;
inline constexpr ULONG RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING = 2;
