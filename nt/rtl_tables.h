// Types of the run-time library's tables: hash tables, prefix tables, one-time initialization (ntddk.h, ntifs.h).
#pragma once

#include "nt/rtl.h"

// ---- one-time initialization ---------------------------------------------------------------------------------------------

union RTL_RUN_ONCE {
  PVOID Ptr;
  ULONG_PTR Value;  ///< bits 0 and 1: 0 not begun, 1 running, 2 done, 3 running with several at once; above: the context
};
using PRTL_RUN_ONCE = RTL_RUN_ONCE*;
NT_SIZE(RTL_RUN_ONCE, 0x8);
using PRTL_RUN_ONCE_INIT_FN = MSABI ULONG (*)(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID* Context);

inline constexpr ULONG RTL_RUN_ONCE_CHECK_ONLY = 0x1;
inline constexpr ULONG RTL_RUN_ONCE_ASYNC = 0x2;
inline constexpr ULONG RTL_RUN_ONCE_INIT_FAILED = 0x4;

// ---- hash tables ---------------------------------------------------------------------------------------------------------

struct RTL_DYNAMIC_HASH_TABLE_ENTRY {
  LIST_ENTRY Linkage;
  ULONG_PTR Signature;  ///< 0 marks an enumerator's place
};
using PRTL_DYNAMIC_HASH_TABLE_ENTRY = RTL_DYNAMIC_HASH_TABLE_ENTRY*;
NT_SIZE(RTL_DYNAMIC_HASH_TABLE_ENTRY, 0x18);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE_ENTRY, Signature, 0x10);

/// Where in its chain an entry is, or would be.
struct RTL_DYNAMIC_HASH_TABLE_CONTEXT {
  PLIST_ENTRY ChainHead;
  PLIST_ENTRY PrevLinkage;
  ULONG_PTR Signature;
};
using PRTL_DYNAMIC_HASH_TABLE_CONTEXT = RTL_DYNAMIC_HASH_TABLE_CONTEXT*;
NT_SIZE(RTL_DYNAMIC_HASH_TABLE_CONTEXT, 0x18);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE_CONTEXT, Signature, 0x10);

struct RTL_DYNAMIC_HASH_TABLE_ENUMERATOR {
  RTL_DYNAMIC_HASH_TABLE_ENTRY HashEntry;  ///< weak and strong enumerations keep their current entry in Linkage.Flink
  PLIST_ENTRY ChainHead;
  ULONG BucketIndex;
};
using PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR = RTL_DYNAMIC_HASH_TABLE_ENUMERATOR*;
NT_SIZE(RTL_DYNAMIC_HASH_TABLE_ENUMERATOR, 0x28);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE_ENUMERATOR, ChainHead, 0x18);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE_ENUMERATOR, BucketIndex, 0x20);

struct RTL_DYNAMIC_HASH_TABLE {
  ULONG Flags;
  ULONG Shift;
  ULONG TableSize;  ///< buckets
  ULONG Pivot;      ///< the next bucket to be split
  ULONG DivisorMask;
  ULONG NumEntries;
  ULONG NonEmptyBuckets;
  ULONG NumEnumerators;
  PVOID Directory;
};
using PRTL_DYNAMIC_HASH_TABLE = RTL_DYNAMIC_HASH_TABLE*;
NT_SIZE(RTL_DYNAMIC_HASH_TABLE, 0x28);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE, DivisorMask, 0x10);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE, NumEnumerators, 0x1c);
NT_OFFSET(RTL_DYNAMIC_HASH_TABLE, Directory, 0x20);

inline constexpr ULONG RTL_HASH_ALLOCATED_HEADER = 0x1;
inline constexpr ULONG_PTR RTL_HASH_RESERVED_SIGNATURE = 0;

// ---- prefix tables -------------------------------------------------------------------------------------------------------

struct PREFIX_TABLE_ENTRY {
  CSHORT NodeTypeCode;
  CSHORT NameLength;  ///< in components
  PREFIX_TABLE_ENTRY* NextPrefixTree;
  RTL_SPLAY_LINKS Links;
  PSTRING Prefix;
};
using PPREFIX_TABLE_ENTRY = PREFIX_TABLE_ENTRY*;
NT_SIZE(PREFIX_TABLE_ENTRY, 0x30);
NT_OFFSET(PREFIX_TABLE_ENTRY, Links, 0x10);
NT_OFFSET(PREFIX_TABLE_ENTRY, Prefix, 0x28);

struct PREFIX_TABLE {
  CSHORT NodeTypeCode;
  CSHORT NameLength;
  PPREFIX_TABLE_ENTRY NextPrefixTree;
};
using PPREFIX_TABLE = PREFIX_TABLE*;
NT_SIZE(PREFIX_TABLE, 0x10);
NT_OFFSET(PREFIX_TABLE, NextPrefixTree, 0x8);

struct UNICODE_PREFIX_TABLE_ENTRY {
  CSHORT NodeTypeCode;
  CSHORT NameLength;  ///< in components
  UNICODE_PREFIX_TABLE_ENTRY* NextPrefixTree;
  UNICODE_PREFIX_TABLE_ENTRY* CaseMatch;  ///< a ring of the prefixes that differ in case only
  RTL_SPLAY_LINKS Links;
  PUNICODE_STRING Prefix;
};
using PUNICODE_PREFIX_TABLE_ENTRY = UNICODE_PREFIX_TABLE_ENTRY*;
NT_SIZE(UNICODE_PREFIX_TABLE_ENTRY, 0x38);
NT_OFFSET(UNICODE_PREFIX_TABLE_ENTRY, CaseMatch, 0x10);
NT_OFFSET(UNICODE_PREFIX_TABLE_ENTRY, Links, 0x18);
NT_OFFSET(UNICODE_PREFIX_TABLE_ENTRY, Prefix, 0x30);

struct UNICODE_PREFIX_TABLE {
  CSHORT NodeTypeCode;
  CSHORT NameLength;
  PUNICODE_PREFIX_TABLE_ENTRY NextPrefixTree;
  PUNICODE_PREFIX_TABLE_ENTRY LastNextEntry;
};
using PUNICODE_PREFIX_TABLE = UNICODE_PREFIX_TABLE*;
NT_SIZE(UNICODE_PREFIX_TABLE, 0x18);
NT_OFFSET(UNICODE_PREFIX_TABLE, LastNextEntry, 0x10);
