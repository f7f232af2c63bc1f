// What the cache manager shares with file systems (ntifs.h).
#pragma once

#include "nt/io.h"

inline constexpr ULONG VACB_MAPPING_GRANULARITY = 0x40000;

struct CC_FILE_SIZES {
  LARGE_INTEGER AllocationSize;
  LARGE_INTEGER FileSize;
  LARGE_INTEGER ValidDataLength;
};
using PCC_FILE_SIZES = CC_FILE_SIZES*;
NT_SIZE(CC_FILE_SIZES, 0x18);

struct CACHE_MANAGER_CALLBACKS {
  MSABI BOOLEAN (*AcquireForLazyWrite)(PVOID Context, BOOLEAN Wait);
  MSABI VOID (*ReleaseFromLazyWrite)(PVOID Context);
  MSABI BOOLEAN (*AcquireForReadAhead)(PVOID Context, BOOLEAN Wait);
  MSABI VOID (*ReleaseFromReadAhead)(PVOID Context);
};
using PCACHE_MANAGER_CALLBACKS = CACHE_MANAGER_CALLBACKS*;
NT_SIZE(CACHE_MANAGER_CALLBACKS, 0x20);

struct CACHE_UNINITIALIZE_EVENT {
  CACHE_UNINITIALIZE_EVENT* Next;
  KEVENT Event;
};
using PCACHE_UNINITIALIZE_EVENT = CACHE_UNINITIALIZE_EVENT*;
NT_SIZE(CACHE_UNINITIALIZE_EVENT, 0x20);

/// What every buffer control block begins with.
struct PUBLIC_BCB {
  CSHORT NodeTypeCode;
  CSHORT NodeByteSize;
  ULONG MappedLength;
  LARGE_INTEGER MappedFileOffset;
};
NT_SIZE(PUBLIC_BCB, 0x10);

using PCC_POST_DEFERRED_WRITE = VOID (*)(PVOID Context1, PVOID Context2);
using PDIRTY_PAGE_ROUTINE = VOID (*)(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PLARGE_INTEGER OldestLsn,
                                     PLARGE_INTEGER NewestLsn, PVOID Context1, PVOID Context2);

inline constexpr ULONG PIN_WAIT = 1, PIN_EXCLUSIVE = 2, PIN_NO_READ = 4, PIN_IF_BCB = 8, MAP_WAIT = 1, MAP_NO_READ = 16;
inline constexpr ULONG UNINITIALIZE_CACHE_MAPS = 1, DO_NOT_RETRY_PURGE = 2, DO_NOT_PURGE_DIRTY_PAGES = 4;
inline constexpr ULONG CC_FLUSH_AND_PURGE_NO_PURGE = 1;
inline constexpr ULONG CC_DISABLE_READ_AHEAD = 2, CC_DISABLE_WRITE_BEHIND = 4;
