// The run-time library's tables: one-time initialization, hash tables, prefix tables, atom tables, range lists.
#pragma once

#include "nt/rtl_tables.h"

// The exports; the API specification has the meaning of their parameters.
extern "C" {

// ---- one-time initialization --------------------------------------------------------------------------------------------

/// Makes a one-time initialization not begun. Any IRQL.
VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce);
/// Begins a one-time initialization, or waits for the one that runs. STATUS_PENDING: the caller initializes; STATUS_SUCCESS: it is done;
/// STATUS_UNSUCCESSFUL: RTL_RUN_ONCE_CHECK_ONLY, and it is not; STATUS_INVALID_PARAMETER_2: flags that are none, exclude each other, or
/// differ in RTL_RUN_ONCE_ASYNC from those it was begun with. IRQL <= APC_LEVEL.
NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID* Context);
/// Ends a one-time initialization with its context, or with RTL_RUN_ONCE_INIT_FAILED leaves it to the next. STATUS_UNSUCCESSFUL: none was
/// begun so; STATUS_OBJECT_NAME_COLLISION: another one was quicker; STATUS_INVALID_PARAMETER_2 and _3. IRQL <= APC_LEVEL.
NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context);
/// Runs a routine once; others wait for its end. STATUS_UNSUCCESSFUL if it returns zero: the next call runs it again. IRQL <= APC_LEVEL.
NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID* Context);

// ---- hash tables --------------------------------------------------------------------------------------------------------
// The caller serializes; the table allocates nonpaged pool. IRQL <= DISPATCH_LEVEL for all.

/// Makes an empty table of 128 buckets; allocates its header too if *HashTable is null. FALSE without memory or with flags.
BOOLEAN RtlCreateHashTable(PRTL_DYNAMIC_HASH_TABLE* HashTable, ULONG Shift, ULONG Flags);
/// The same with room for `InitialSize` entries at once.
BOOLEAN RtlCreateHashTableEx(PRTL_DYNAMIC_HASH_TABLE* HashTable, ULONG InitialSize, ULONG Shift, ULONG Flags);
/// Frees a table that is empty and not enumerated, and its header if the table allocated it.
VOID RtlDeleteHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable);
/// Puts an entry in, at the place a lookup found if `Context` has one. Returns TRUE.
BOOLEAN RtlInsertEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry, ULONG_PTR Signature,
                                PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context);
/// Takes an entry out; `Context`, if it is not initialized, is told where it was. Returns TRUE.
BOOLEAN RtlRemoveEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry,
                                PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context);
/// The first entry with a signature, or null; `Context` is told where it is or would be.
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlLookupEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, ULONG_PTR Signature,
                                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context);
/// The next entry with the same signature, or null.
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlGetNextEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context);
/// Begins an enumeration during which entries may come and go; the table keeps its size meanwhile. Returns TRUE.
BOOLEAN RtlInitEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// The next entry, or null.
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// Ends an enumeration.
VOID RtlEndEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// Begins an enumeration that leaves no mark in the chains: the entry it stands on must stay. Returns TRUE.
BOOLEAN RtlInitWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// The next entry, or null.
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlWeaklyEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                               PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// Ends such an enumeration.
VOID RtlEndWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// Begins an enumeration of a table that nobody changes meanwhile. Returns TRUE.
BOOLEAN RtlInitStrongEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// The next entry, or null.
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlStronglyEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                                 PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// Ends such an enumeration.
VOID RtlEndStrongEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator);
/// Adds a bucket, splitting one. FALSE while the table is enumerated, is at its largest, or without memory.
BOOLEAN RtlExpandHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable);
/// Takes a bucket away, merging two. FALSE while the table is enumerated or at its smallest.
BOOLEAN RtlContractHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable);

// ---- prefix tables ------------------------------------------------------------------------------------------------------
// Of names of components that backslashes separate. The caller serializes, and owns entries and names.

/// Makes an empty table. Any IRQL.
VOID PfxInitialize(PPREFIX_TABLE PrefixTable);
/// Puts a prefix in. FALSE if it is there. Any IRQL.
BOOLEAN PfxInsertPrefix(PPREFIX_TABLE PrefixTable, PSTRING Prefix, PPREFIX_TABLE_ENTRY PrefixTableEntry);
/// Takes a prefix out. Any IRQL.
VOID PfxRemovePrefix(PPREFIX_TABLE PrefixTable, PPREFIX_TABLE_ENTRY PrefixTableEntry);
/// The entry of the longest prefix of a name, or null. Any IRQL.
PPREFIX_TABLE_ENTRY PfxFindPrefix(PPREFIX_TABLE PrefixTable, PSTRING FullName);
/// Makes an empty table. IRQL <= APC_LEVEL.
VOID RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable);
/// Puts a prefix in. FALSE if it is there in the same case. IRQL <= APC_LEVEL.
BOOLEAN RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
/// Takes a prefix out. IRQL <= APC_LEVEL.
VOID RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
/// The entry of the longest prefix of a name, or null; characters from `CaseInsensitiveIndex` on compare in either case. IRQL <= APC_LEVEL.
PUNICODE_PREFIX_TABLE_ENTRY RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING FullName, ULONG CaseInsensitiveIndex);
/// The next entry of the table, from the first if `Restart`; null at the end. IRQL <= APC_LEVEL.
PUNICODE_PREFIX_TABLE_ENTRY RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, BOOLEAN Restart);

// ---- atom tables --------------------------------------------------------------------------------------------------------
// Of names without regard to case; the numbers below 0xC000 are atoms in every table, named by themselves or by "#number". IRQL < DISPATCH.

/// Makes a table if *AtomTable is null. STATUS_NO_MEMORY.
NTSTATUS RtlCreateAtomTable(ULONG NumberOfBuckets, PVOID* AtomTable);
/// Frees a table and its atoms.
NTSTATUS RtlDestroyAtomTable(PVOID AtomTable);
/// Deletes the atoms of a table; the pinned ones only if `DeletePinned`.
NTSTATUS RtlEmptyAtomTable(PVOID AtomTable, BOOLEAN DeletePinned);
/// Adds a name, or a reference to it. STATUS_OBJECT_NAME_INVALID: it is empty; STATUS_INVALID_PARAMETER: it has more than 255 characters,
/// or is a number that is no atom; STATUS_NO_MEMORY: the table is full.
NTSTATUS RtlAddAtomToAtomTable(PVOID AtomTable, PCWSTR AtomName, PUSHORT Atom);
/// Finds a name. STATUS_OBJECT_NAME_NOT_FOUND.
NTSTATUS RtlLookupAtomInAtomTable(PVOID AtomTable, PCWSTR AtomName, PUSHORT Atom);
/// Takes a reference away, and with the last the atom. STATUS_WAS_LOCKED: it is pinned; STATUS_INVALID_HANDLE: there is none.
NTSTATUS RtlDeleteAtomFromAtomTable(PVOID AtomTable, USHORT Atom);
/// Keeps an atom whatever its references. STATUS_INVALID_HANDLE.
NTSTATUS RtlPinAtomInAtomTable(PVOID AtomTable, USHORT Atom);
/// Tells references, flags (1: pinned) and name of an atom; the length is in bytes and becomes the name's. A name that has no room is cut;
/// STATUS_BUFFER_TOO_SMALL: no room at all; STATUS_INVALID_HANDLE.
NTSTATUS RtlQueryAtomInAtomTable(PVOID AtomTable, USHORT Atom, PULONG AtomUsage, PULONG AtomFlags, PWSTR AtomName, PULONG AtomNameLength);
/// Whether a name is a number, and the atom: 0 if it is none.
BOOLEAN RtlGetIntegerAtom(PCWSTR AtomName, PUSHORT IntegerAtom);

}  // extern "C"
