// The run-time library of drivers: strings, memory, time, bitmaps, trees, security descriptors.
//
// Strings that a function allocates are paged pool, charged to the driver, and freed by RtlFree...String.
#pragma once

#include "nt/rtl.h"
#include "nt/se.h"
#include "nt/types.h"

namespace nt::rtl {

/// Sets the state that the machine's drivers share (random numbers, time zone) to its beginning.
void Initialize();
void Shutdown();

/// What is added to local time to get UTC, in 100 ns units; 0 unless it is set. ExSystemTimeToLocalTime uses it too.
LONGLONG TimeZoneBias();
void SetTimeZoneBias(LONGLONG bias);

/// Starts rand's sequence anew.
void ResetRandom();

}  // namespace nt::rtl

// The exports; the API specification has the meaning of their parameters.
extern "C" {

// ---- UTF-16 strings -----------------------------------------------------------------------------------------------------

/// Makes a Unicode string structure of a terminated string. Any IRQL.
VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
/// Makes a counted string of a terminated one; STATUS_NAME_TOO_LONG if it has more than 32766 characters. IRQL <= DISPATCH_LEVEL.
NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString);
/// Copies a Unicode string, cut to the destination's size. IRQL <= DISPATCH_LEVEL.
VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
/// Appends a string; STATUS_BUFFER_TOO_SMALL if it does not fit. IRQL <= DISPATCH_LEVEL.
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
/// Appends a terminated string; STATUS_BUFFER_TOO_SMALL if it does not fit. IRQL <= DISPATCH_LEVEL.
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
/// Copies a terminated string into newly allocated memory. IRQL PASSIVE_LEVEL.
BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
/// Frees a string that a conversion allocated. IRQL PASSIVE_LEVEL.
VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
/// Says whether a string's lengths are even and fit each other. IRQL PASSIVE_LEVEL.
NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String);
/// Copies a string to a new buffer. IRQL PASSIVE_LEVEL.
NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut);
/// Returns a character in upper case. IRQL PASSIVE_LEVEL.
WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
/// Returns a character in lower case. Any IRQL.
WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter);
/// Converts a string to upper case, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts a string to lower case, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);

// ---- comparing and searching UTF-16 strings -----------------------------------------------------------------------------

/// Compares two Unicode character arrays, with or without regard to case. IRQL PASSIVE_LEVEL.
LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length, BOOLEAN CaseInSensitive);
/// Compares two Unicode strings, with or without regard to case. IRQL PASSIVE_LEVEL.
LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
/// Tells whether two Unicode strings are equal, with or without regard to case. IRQL PASSIVE_LEVEL.
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
/// Tells whether a string begins with another. IRQL PASSIVE_LEVEL.
BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
/// Says whether one string is the end of another. IRQL PASSIVE_LEVEL.
BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
/// Finds a string in another; null if it is not there. IRQL PASSIVE_LEVEL.
PWCHAR RtlFindUnicodeSubstring(PCUNICODE_STRING FullString, PCUNICODE_STRING SearchString, BOOLEAN CaseInSensitive);
/// Returns a hash of a string. IRQL PASSIVE_LEVEL.
NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue);
/// Compares two filter altitudes. IRQL <= APC_LEVEL.
LONG RtlCompareAltitudes(PCUNICODE_STRING Altitude1, PCUNICODE_STRING Altitude2);

// ---- 8-bit strings ------------------------------------------------------------------------------------------------------

/// Makes a string structure of a terminated string. Any IRQL.
VOID RtlInitString(PSTRING DestinationString, PCSTR SourceString);
/// Makes a counted string of a terminated one; STATUS_NAME_TOO_LONG if it is too long. Any IRQL.
NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSTR SourceString);
/// Makes a string structure of a terminated string. Any IRQL.
VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString);
/// Makes a counted ANSI string of a terminated one; STATUS_NAME_TOO_LONG if it is too long. Any IRQL.
NTSTATUS RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSTR SourceString);
/// Copies a string, cut to the destination's size. IRQL <= DISPATCH_LEVEL.
VOID RtlCopyString(PSTRING DestinationString, PCSTRING SourceString);
/// Compares two strings, with or without regard to case. IRQL <= APC_LEVEL.
LONG RtlCompareString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive);
/// Tells whether two strings are equal, with or without regard to case. IRQL <= APC_LEVEL.
BOOLEAN RtlEqualString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive);
/// Says whether one 8-bit string is the beginning of another. IRQL PASSIVE_LEVEL.
BOOLEAN RtlPrefixString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive);
/// Appends a counted 8-bit string; STATUS_BUFFER_TOO_SMALL if it does not fit. IRQL PASSIVE_LEVEL.
NTSTATUS RtlAppendStringToString(PSTRING Destination, PCSTRING Source);
/// Appends a terminated 8-bit string; STATUS_BUFFER_TOO_SMALL if it does not fit. IRQL PASSIVE_LEVEL.
NTSTATUS RtlAppendAsciizToString(PSTRING Destination, PCSTR Source);
/// Frees a string that a conversion allocated. IRQL PASSIVE_LEVEL.
VOID RtlFreeAnsiString(PANSI_STRING AnsiString);
/// Frees a string that a conversion allocated. IRQL PASSIVE_LEVEL.
VOID RtlFreeOemString(POEM_STRING OemString);
/// Returns an ANSI character in upper case. IRQL PASSIVE_LEVEL.
CHAR RtlUpperChar(CHAR Character);
/// Copies a string in upper case. IRQL PASSIVE_LEVEL.
VOID RtlUpperString(PSTRING DestinationString, PCSTRING SourceString);

// ---- code pages ---------------------------------------------------------------------------------------------------------

/// Converts an ANSI string, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts an OEM string, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCSTRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts an OEM string without terminating the result. IRQL PASSIVE_LEVEL.
NTSTATUS RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCSTRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts a string to ANSI, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts a string to upper-case ANSI, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString);
/// Converts a string to OEM, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts a string to upper-case OEM, allocating the result if asked. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts a string to OEM without terminating the result. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString);
/// Converts a string to upper-case OEM without terminating the result. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString);
/// Converts ANSI text of a length. IRQL PASSIVE_LEVEL.
NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString, PCSTR MultiByteString,
                                ULONG BytesInMultiByteString);
/// Converts OEM characters. IRQL PASSIVE_LEVEL.
NTSTATUS RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString, PCSTR OemString,
                          ULONG BytesInOemString);
/// Converts UTF-16 to the ANSI code page. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString, PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString);
/// Converts text of a length to upper-case ANSI. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString, PULONG BytesInMultiByteString,
                                      PCWCH UnicodeString, ULONG BytesInUnicodeString);
/// Converts text of a length to OEM. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                          ULONG BytesInUnicodeString);
/// Converts text of a length to upper-case OEM. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString);
/// The bytes that ANSI text takes as UTF-16. IRQL PASSIVE_LEVEL.
NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, PCSTR, ULONG BytesInMultiByteString);
/// The bytes that text takes in the ANSI code page. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH, ULONG BytesInUnicodeString);
/// Returns the bytes an ANSI string takes as UTF-16, with a terminator. IRQL PASSIVE_LEVEL.
ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString);
/// Returns the bytes an OEM string takes as UTF-16, with a terminator. IRQL PASSIVE_LEVEL.
ULONG RtlxOemStringToUnicodeSize(PCSTRING OemString);
/// The bytes, with a terminator, that a string takes in ANSI. IRQL PASSIVE_LEVEL.
ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
/// The bytes, with a terminator, that a string takes in OEM. IRQL PASSIVE_LEVEL.
ULONG RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString);
/// Converts one ANSI character and advances the source pointer. IRQL PASSIVE_LEVEL.
WCHAR RtlAnsiCharToUnicodeChar(PUCHAR* SourceCharacter);

// ---- UTF-8 --------------------------------------------------------------------------------------------------------------

/// Converts UTF-16 to UTF-8; STATUS_SOME_NOT_MAPPED if a surrogate had no partner. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount, PULONG UTF8StringActualByteCount,
                           PCWCH UnicodeStringSource, ULONG UnicodeStringByteCount);
/// Converts UTF-8 to UTF-16. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount, PULONG UnicodeStringActualByteCount,
                           PCSTR UTF8StringSource, ULONG UTF8StringByteCount);

// ---- numbers and GUIDs --------------------------------------------------------------------------------------------------

/// Spells a number in a base. IRQL PASSIVE_LEVEL.
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
/// Writes a 64-bit number in base 2, 8, 10 or 16. IRQL PASSIVE_LEVEL.
NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
/// Writes a number as 8-bit text in base 2, 8, 10 or 16. IRQL PASSIVE_LEVEL.
NTSTATUS RtlIntegerToChar(ULONG Value, ULONG Base, LONG OutputLength, PCHAR String);
/// Reads a number in a base from a string. IRQL PASSIVE_LEVEL.
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
/// Reads a number in a base from a character string. IRQL PASSIVE_LEVEL.
NTSTATUS RtlCharToInteger(PCSTR String, ULONG Base, PULONG Value);
/// Spells an identifier in newly allocated memory. IRQL PASSIVE_LEVEL.
NTSTATUS RtlStringFromGUID(const GUID* Guid, PUNICODE_STRING GuidString);
/// Reads an identifier from its spelling. IRQL PASSIVE_LEVEL.
NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID* Guid);

// ---- memory -------------------------------------------------------------------------------------------------------------

/// The number of bytes at a block's beginning that repeat a 32-bit pattern. Any IRQL.
SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern);

// ---- version ------------------------------------------------------------------------------------------------------------

/// Returns the system's version. IRQL PASSIVE_LEVEL.
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation);
/// Returns the system's version and build. IRQL <= DISPATCH_LEVEL.
BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion);
/// Compares the system's version with conditions. IRQL PASSIVE_LEVEL.
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask);
/// Adds a comparison to a condition mask of RtlVerifyVersionInfo. Any IRQL.
ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition);
/// Tells whether the system is at least a version. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version);
/// Says whether a service pack level of the running version is there. IRQL PASSIVE_LEVEL.
BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version);

// ---- time ---------------------------------------------------------------------------------------------------------------

/// Converts system time to a date and time. Any IRQL.
VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);
/// Converts a date and time to system time; FALSE if it is not valid. Any IRQL.
BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time);
/// Splits a duration into days, hours, minutes, seconds and milliseconds. Any IRQL.
VOID RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);
/// Converts system time to seconds since 1970; FALSE if it does not fit. Any IRQL.
BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
/// Converts a time to seconds since 1980; FALSE if they do not fit 32 bits. Any IRQL.
BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
/// Converts seconds since 1970 to system time. Any IRQL.
VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time);
/// Converts seconds since 1980 to a time. Any IRQL.
VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time);
/// Converts system time to local time. IRQL <= APC_LEVEL.
NTSTATUS RtlSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime);
/// Converts local time to UTC. IRQL PASSIVE_LEVEL.
NTSTATUS RtlLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime);

// ---- bitmaps ------------------------------------------------------------------------------------------------------------

/// Prepares a bitmap over the caller's buffer. Any IRQL.
VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap);
/// Clears a bit of a bitmap. Any IRQL.
VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
/// Sets a bit of a bitmap. IRQL <= DISPATCH_LEVEL.
VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
/// Returns a bit of a bitmap. Any IRQL.
BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
/// Clears a bitmap. Any IRQL.
VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader);
/// Sets all bits of a bitmap. Any IRQL.
VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader);
/// Clears a range of a bitmap. IRQL <= DISPATCH_LEVEL.
VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear);
/// Sets a range of a bitmap. IRQL <= DISPATCH_LEVEL.
VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet);
/// Tells whether a range of a bitmap is clear. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
/// Says whether a run of bits is set. Any IRQL.
BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
/// Finds a run of clear bits from a hint; all ones if there is none. IRQL <= DISPATCH_LEVEL.
ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
/// Finds a run of set bits; 0xFFFFFFFF if there is none. Any IRQL.
ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
/// Finds a run of clear bits and sets it; 0xFFFFFFFF if there is none. Any IRQL.
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
/// Finds a run of set bits and clears it; 0xFFFFFFFF if there is none. Any IRQL.
ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
/// Counts a bitmap's set bits. Any IRQL.
ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader);
/// Counts a bitmap's clear bits. Any IRQL.
ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader);
/// Counts a number's set bits. Any IRQL.
ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target);
/// Finds the next run of clear bits from an index on; returns its length, 0 if there is none. Any IRQL.
ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex);
/// Finds the first run of clear bits; returns its length, 0 if there is none. Any IRQL.
ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex);
/// Finds the last run of clear bits at or before an index; returns its length, 0 if there is none. Any IRQL.
ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex);
/// Returns the longest run of clear bits and its start. IRQL <= DISPATCH_LEVEL.
ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex);
/// Finds a number of runs of clear bits, the first or the longest ones. Any IRQL.
ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray, BOOLEAN LocateLongestRuns);
/// The lowest set bit of a number; -1 if there is none. Any IRQL.
CCHAR RtlFindLeastSignificantBit(ULONGLONG Set);
/// The highest set bit of a number; -1 if there is none. Any IRQL.
CCHAR RtlFindMostSignificantBit(ULONGLONG Set);

// ---- splay trees --------------------------------------------------------------------------------------------------------

/// Moves a node to the root of its splay tree; returns the new root. IRQL <= DISPATCH_LEVEL.
PRTL_SPLAY_LINKS RtlSplay(PRTL_SPLAY_LINKS Links);
/// Removes a node from a splay tree; returns the new root. IRQL <= DISPATCH_LEVEL.
PRTL_SPLAY_LINKS RtlDelete(PRTL_SPLAY_LINKS Links);
/// Removes a node from a splay tree without splaying. IRQL <= DISPATCH_LEVEL.
VOID RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS* Root);
/// The next node within a node's subtree, or null. Any IRQL.
PRTL_SPLAY_LINKS RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links);
/// The node before, within a node's subtree, or null. Any IRQL.
PRTL_SPLAY_LINKS RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links);
/// The next node of the tree, or null. Any IRQL.
PRTL_SPLAY_LINKS RtlRealSuccessor(PRTL_SPLAY_LINKS Links);
/// The node before in the tree, or null. Any IRQL.
PRTL_SPLAY_LINKS RtlRealPredecessor(PRTL_SPLAY_LINKS Links);

// ---- generic tables -----------------------------------------------------------------------------------------------------

/// Prepares a splay table. Any IRQL.
VOID RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                               PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine, PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext);
/// Inserts an element at the place a lookup found. IRQL <= DISPATCH_LEVEL.
PVOID RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                       TABLE_SEARCH_RESULT SearchResult);
/// Inserts an element into a splay table, or returns the equal one. IRQL <= DISPATCH_LEVEL.
PVOID RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement);
/// Finds an element, or the place where it would be. IRQL <= DISPATCH_LEVEL.
PVOID RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID* NodeOrParent, TABLE_SEARCH_RESULT* SearchResult);
/// Finds an element of a splay table; null if there is none. IRQL <= DISPATCH_LEVEL.
PVOID RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer);
/// Removes an element from a splay table. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer);
/// The table's first or next element in order, or null. IRQL <= DISPATCH_LEVEL.
PVOID RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart);
/// Returns the elements of a splay table one after another. IRQL <= DISPATCH_LEVEL.
PVOID RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID* RestartKey);
/// Returns an element of a splay table by its insertion order. IRQL <= DISPATCH_LEVEL.
PVOID RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I);
/// The number of a table's elements. IRQL <= DISPATCH_LEVEL.
ULONG RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table);
/// Says whether a table has no elements. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table);

// ---- AVL tables ---------------------------------------------------------------------------------------------------------

/// Prepares a balanced table. Any IRQL.
VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine, PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext);
/// Inserts an element at the place a lookup found. IRQL <= DISPATCH_LEVEL.
PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                          TABLE_SEARCH_RESULT SearchResult);
/// Inserts an element into a balanced table, or returns the equal one. IRQL <= DISPATCH_LEVEL.
PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement);
/// Finds an element, or the place where it would be. IRQL <= DISPATCH_LEVEL.
PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* NodeOrParent, TABLE_SEARCH_RESULT* SearchResult);
/// Finds an element of a balanced table; null if there is none. IRQL <= DISPATCH_LEVEL.
PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer);
/// Finds the first of the elements that compare equal. IRQL <= DISPATCH_LEVEL.
PVOID RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* RestartKey);
/// Removes an element from a balanced table. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer);
/// The element after the one a key stands for; the first for a null key. IRQL <= DISPATCH_LEVEL.
PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID* RestartKey);
/// The table's first or next element in order, or null. IRQL <= DISPATCH_LEVEL.
PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart);
/// The next element that a match routine accepts, even if elements were deleted meanwhile. IRQL <= DISPATCH_LEVEL.
PVOID RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION MatchFunction, PVOID MatchData, ULONG NextFlag,
                                             PVOID* RestartKey, PULONG DeleteCount, PVOID Buffer);
/// Returns an element of a balanced table by its order. IRQL <= DISPATCH_LEVEL.
PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I);
/// Returns how many elements a balanced table has. IRQL <= DISPATCH_LEVEL.
ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table);
/// Tells whether a balanced table is empty. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table);

// ---- random numbers -----------------------------------------------------------------------------------------------------

/// Returns a pseudo-random number below 2^31-1; the sequence is not that of NT. IRQL <= APC_LEVEL.
ULONG RtlRandom(PULONG Seed);
/// Returns a pseudo-random number below 2^31-1; the sequence is not that of NT. IRQL <= APC_LEVEL.
ULONG RtlRandomEx(PULONG Seed);

// ---- Win32 errors -------------------------------------------------------------------------------------------------------

/// Converts a status to a Win32 error; statuses of rare components are missing in the table. IRQL PASSIVE_LEVEL.
ULONG RtlNtStatusToDosErrorNoTeb(NTSTATUS Status);
/// Converts a status to a Win32 error; statuses of rare components are missing in the table. IRQL PASSIVE_LEVEL.
ULONG RtlNtStatusToDosError(NTSTATUS Status);

// ---- assertions ---------------------------------------------------------------------------------------------------------

/// Reports a failed assertion to the debugger. Any IRQL.
VOID RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message);

// ---- file names ---------------------------------------------------------------------------------------------------------

/// Tells whether a name holds wildcard characters. IRQL PASSIVE_LEVEL.
BOOLEAN FsRtlDoesNameContainWildCards(PUNICODE_STRING Name);
/// Matches a name against a pattern with wildcards. IRQL PASSIVE_LEVEL.
BOOLEAN FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCH UpcaseTable);
/// Compares two names, with or without regard to case. IRQL PASSIVE_LEVEL.
BOOLEAN FsRtlAreNamesEqual(PCUNICODE_STRING ConstantNameA, PCUNICODE_STRING ConstantNameB, BOOLEAN IgnoreCase, PCWCH UpcaseTable);
/// Splits a path into its first part and the rest. IRQL PASSIVE_LEVEL.
VOID FsRtlDissectName(PCUNICODE_STRING PathReference, PUNICODE_STRING FirstName, PUNICODE_STRING RemainingName);
/// Tells whether an exception filter may handle a status. IRQL <= DISPATCH_LEVEL.
BOOLEAN FsRtlIsNtstatusExpected(NTSTATUS Ntstatus);
/// Replaces a status that no filter expects by a generic one. IRQL <= APC_LEVEL.
NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException);

// ---- SIDs ---------------------------------------------------------------------------------------------------------------

/// Returns the bytes a security identifier of so many parts takes. Any IRQL.
ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount);
/// Returns a security identifier's size in bytes. Any IRQL.
ULONG RtlLengthSid(PSID Sid);
/// Tells whether a security identifier is well formed. Any IRQL.
BOOLEAN RtlValidSid(PSID Sid);
/// Prepares a security identifier. IRQL <= APC_LEVEL.
NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount);
/// Returns the address of a part of a security identifier. Any IRQL.
PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority);
/// The address of a SID's number of subauthorities. Any IRQL.
PUCHAR RtlSubAuthorityCountSid(PSID Sid);
/// Tells whether two security identifiers are equal. IRQL <= APC_LEVEL.
BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2);
/// Copies a SID; STATUS_BUFFER_TOO_SMALL if it does not fit. IRQL PASSIVE_LEVEL.
NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid);
/// Spells a security identifier. IRQL PASSIVE_LEVEL.
NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString);

// ---- access control lists -----------------------------------------------------------------------------------------------

/// Prepares an empty access control list. IRQL <= APC_LEVEL.
NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision);
/// Checks an access control list's structure. IRQL <= APC_LEVEL.
BOOLEAN RtlValidAcl(PACL Acl);
/// Adds an access-allowed entry to an access control list. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
/// Adds an access-allowed entry with inheritance flags. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid);
/// Adds an access-denied entry to an access control list. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
/// The address of an entry of an access control list. IRQL <= APC_LEVEL.
NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID* Ace);
/// Removes an entry of an access control list. IRQL <= APC_LEVEL.
NTSTATUS RtlDeleteAce(PACL Acl, ULONG AceIndex);
/// Inserts entries into an access control list. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength);

// ---- security descriptors -----------------------------------------------------------------------------------------------

/// Prepares an empty absolute security descriptor. IRQL <= APC_LEVEL.
NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision);
/// Tells whether a security descriptor is well formed. Any IRQL.
BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
/// Checks a self-relative security descriptor in a buffer of a size. IRQL <= APC_LEVEL.
BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput, ULONG SecurityDescriptorLength,
                                           SECURITY_INFORMATION RequiredInformation);
/// Returns a security descriptor's size in bytes. Any IRQL.
ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
/// Sets a security descriptor's discretionary list. IRQL <= APC_LEVEL.
NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted);
/// Sets the system access control list of an absolute security descriptor. IRQL <= APC_LEVEL.
NTSTATUS RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN SaclPresent, PACL Sacl, BOOLEAN SaclDefaulted);
/// Sets a security descriptor's owner. IRQL <= APC_LEVEL.
NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner, BOOLEAN OwnerDefaulted);
/// Sets the primary group of an absolute security descriptor. IRQL <= APC_LEVEL.
NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group, BOOLEAN GroupDefaulted);
/// Returns a security descriptor's discretionary list. IRQL <= APC_LEVEL.
NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent, PACL* Dacl, PBOOLEAN DaclDefaulted);
/// Returns a security descriptor's system list. IRQL <= APC_LEVEL.
NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent, PACL* Sacl, PBOOLEAN SaclDefaulted);
/// Returns a security descriptor's owner. IRQL <= APC_LEVEL.
NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Owner, PBOOLEAN OwnerDefaulted);
/// Returns a security descriptor's group. IRQL <= APC_LEVEL.
NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Group, PBOOLEAN GroupDefaulted);
/// Copies a security descriptor into one block. IRQL <= APC_LEVEL.
NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor, PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                     PULONG BufferLength);
/// Splits a self-relative security descriptor into parts. IRQL <= APC_LEVEL.
NTSTATUS RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                     PULONG AbsoluteSecurityDescriptorSize, PACL Dacl, PULONG DaclSize, PACL Sacl, PULONG SaclSize,
                                     PSID Owner, PULONG OwnerSize, PSID PrimaryGroup, PULONG PrimaryGroupSize);

}  // extern "C"
