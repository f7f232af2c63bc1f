// What file systems' control blocks begin with (ntifs.h).
#pragma once

#include "nt/ex.h"
#include "nt/io.h"

/// FSRTL_COMMON_FCB_HEADER.IsFastIoPossible.
inline constexpr UCHAR FastIoIsNotPossible = 0, FastIoIsPossible = 1, FastIoIsQuestionable = 2;

/// What FILE_OBJECT.FsContext points to begins like this (ntifs.h).
struct FSRTL_COMMON_FCB_HEADER {
  CSHORT NodeTypeCode;
  CSHORT NodeByteSize;
  UCHAR Flags;
  UCHAR IsFastIoPossible;
  UCHAR Flags2;
  UCHAR Version;  ///< in the upper four bits
  PERESOURCE Resource;
  PERESOURCE PagingIoResource;
  LARGE_INTEGER AllocationSize;
  LARGE_INTEGER FileSize;
  LARGE_INTEGER ValidDataLength;
};
using PFSRTL_COMMON_FCB_HEADER = FSRTL_COMMON_FCB_HEADER*;
NT_SIZE(FSRTL_COMMON_FCB_HEADER, 0x30);

inline constexpr UCHAR FSRTL_FLAG_FILE_MODIFIED = 0x1, FSRTL_FLAG_FILE_LENGTH_CHANGED = 0x2, FSRTL_FLAG_ADVANCED_HEADER = 0x40;
inline constexpr UCHAR FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS = 0x2, FSRTL_FLAG2_IS_PAGING_FILE = 0x8;

struct FSRTL_ADVANCED_FCB_HEADER : FSRTL_COMMON_FCB_HEADER {
  PFAST_MUTEX FastMutex;
  LIST_ENTRY FilterContexts;
  EX_PUSH_LOCK PushLock;
  PVOID* FileContextSupportPointer;
};
using PFSRTL_ADVANCED_FCB_HEADER = FSRTL_ADVANCED_FCB_HEADER*;
static_assert(sizeof(FSRTL_ADVANCED_FCB_HEADER) == 0x58);
