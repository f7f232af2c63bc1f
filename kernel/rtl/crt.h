// The C runtime names that ntoskrnl exports: `name` is the host's Crt_name. Their contract is MSVC's.
//
// A va_list, like variable arguments, is a pointer to the 8-byte slots of the Microsoft x64 convention.
#pragma once

#include "nt/types.h"

/// The comparison of qsort and bsearch; PE code.
using CrtCompareRoutine = MSABI int (*)(const VOID*, const VOID*);

extern "C" {

// ---- memory (memory.S); leaves, in the Microsoft convention ----------------------------------------------------------------

/// Copies a block, which may overlap its destination. Any IRQL.
MSABI PVOID Crt_memcpy(VOID* to, const VOID* from, SIZE_T size);
/// The same. Any IRQL.
MSABI PVOID Crt_memmove(VOID* to, const VOID* from, SIZE_T size);
/// Fills a block with a byte. Any IRQL.
MSABI PVOID Crt_memset(VOID* to, int value, SIZE_T size);
/// Compares two blocks: -1, 0 or 1. Any IRQL.
MSABI int Crt_memcmp(const VOID* first, const VOID* second, SIZE_T size);
/// The number of bytes that are equal before the first difference. Any IRQL.
MSABI SIZE_T Crt_RtlCompareMemory(const VOID* first, const VOID* second, SIZE_T size);
/// Fills a block with zeroes. Any IRQL.
MSABI VOID Crt_RtlZeroMemory(VOID* to, SIZE_T size);
/// Fills a block with a byte. Any IRQL.
MSABI VOID Crt_RtlFillMemory(VOID* to, SIZE_T size, UCHAR value);

// ---- strings ------------------------------------------------------------------------------------------------------------

/// Returns a string's length. Any IRQL.
SIZE_T Crt_strlen(const char* text);
/// Returns a string's length, at most a limit. Any IRQL.
SIZE_T Crt_strnlen(const char* text, SIZE_T most);
/// Compares two strings. Any IRQL.
int Crt_strcmp(const char* first, const char* second);
/// Compares the first characters of two strings. Any IRQL.
int Crt_strncmp(const char* first, const char* second, SIZE_T most);
/// Compares two strings without regard to case. Any IRQL.
int Crt_stricmp(const char* first, const char* second);
/// Compares the first characters of two strings without regard to case. Any IRQL.
int Crt_strnicmp(const char* first, const char* second, SIZE_T most);
/// Copies a string. Any IRQL.
char* Crt_strcpy(char* to, const char* from);
/// Copies at most so many characters, padding with zeroes. Any IRQL.
char* Crt_strncpy(char* to, const char* from, SIZE_T count);
/// Appends a string to another. Any IRQL.
char* Crt_strcat(char* to, const char* from);
/// Appends at most so many characters to a string. Any IRQL.
char* Crt_strncat(char* to, const char* from, SIZE_T count);
/// Finds a character in a string; null if it is not there. Any IRQL.
char* Crt_strchr(const char* text, int wanted);
/// Finds the last occurrence of a character in a string. Any IRQL.
char* Crt_strrchr(const char* text, int wanted);
/// Finds a string in another; null if it is not there. Any IRQL.
char* Crt_strstr(const char* text, const char* wanted);
/// The length of a string's beginning that has only characters of a set. Any IRQL.
SIZE_T Crt_strspn(const char* text, const char* set);
/// Converts a string to upper case in place. Any IRQL.
char* Crt_strupr(char* text);
/// Converts a string to lower case in place. Any IRQL.
char* Crt_strlwr(char* text);
/// Sets all characters of a string. Any IRQL.
char* Crt_strset(char* text, int value);
/// Sets the first characters of a string. Any IRQL.
char* Crt_strnset(char* text, int value, SIZE_T most);
/// Reverses a string in place. Any IRQL.
char* Crt_strrev(char* text);
/// Returns a wide string's length in characters. Any IRQL.
SIZE_T Crt_wcslen(const WCHAR* text);
/// Returns a wide string's length, at most a limit. Any IRQL.
SIZE_T Crt_wcsnlen(const WCHAR* text, SIZE_T most);
/// Compares two wide strings. Any IRQL.
int Crt_wcscmp(const WCHAR* first, const WCHAR* second);
/// Compares the first characters of two wide strings. Any IRQL.
int Crt_wcsncmp(const WCHAR* first, const WCHAR* second, SIZE_T most);
/// Compares two wide strings without regard to case. Any IRQL.
int Crt_wcsicmp(const WCHAR* first, const WCHAR* second);
/// Compares the first characters of two wide strings without regard to case. Any IRQL.
int Crt_wcsnicmp(const WCHAR* first, const WCHAR* second, SIZE_T most);
/// Copies a wide string. Any IRQL.
WCHAR* Crt_wcscpy(WCHAR* to, const WCHAR* from);
/// Copies at most so many wide characters, padding with zeroes. Any IRQL.
WCHAR* Crt_wcsncpy(WCHAR* to, const WCHAR* from, SIZE_T count);
/// Appends a wide string to another. Any IRQL.
WCHAR* Crt_wcscat(WCHAR* to, const WCHAR* from);
/// Appends at most so many characters to a wide string. Any IRQL.
WCHAR* Crt_wcsncat(WCHAR* to, const WCHAR* from, SIZE_T count);
/// Finds a character in a wide string; null if it is not there. Any IRQL.
WCHAR* Crt_wcschr(const WCHAR* text, WCHAR wanted);
/// Finds the last occurrence of a character in a wide string. Any IRQL.
WCHAR* Crt_wcsrchr(const WCHAR* text, WCHAR wanted);
/// Finds a wide string in another; null if it is not there. Any IRQL.
WCHAR* Crt_wcsstr(const WCHAR* text, const WCHAR* wanted);
/// The length of a wide string's beginning that has only characters of a set. Any IRQL.
SIZE_T Crt_wcsspn(const WCHAR* text, const WCHAR* set);
/// The length of a wide string's beginning that has no characters of a set. Any IRQL.
SIZE_T Crt_wcscspn(const WCHAR* text, const WCHAR* set);
/// Converts a wide string to upper case in place. Any IRQL.
WCHAR* Crt_wcsupr(WCHAR* text);
/// Converts a wide string to lower case in place. Any IRQL.
WCHAR* Crt_wcslwr(WCHAR* text);
/// Sets the first characters of a wide string. Any IRQL.
WCHAR* Crt_wcsnset(WCHAR* text, WCHAR value, SIZE_T most);
/// Reverses a wide string in place. Any IRQL.
WCHAR* Crt_wcsrev(WCHAR* text);
/// Finds a byte in a block; null if it is not there. Any IRQL.
PVOID Crt_memchr(const VOID* block, int value, SIZE_T size);
/// Returns a character in lower case. Any IRQL.
int Crt_tolower(int c);
/// Returns a character in upper case. Any IRQL.
int Crt_toupper(int c);
/// Returns a wide character in lower case. Any IRQL.
WCHAR Crt_towlower(WCHAR c);
/// Returns a wide character in upper case. Any IRQL.
WCHAR Crt_towupper(WCHAR c);
/// Says whether a character is a decimal digit. Any IRQL.
int Crt_isdigit(int c);
/// Says whether a character is an upper-case letter. Any IRQL.
int Crt_isupper(int c);
/// Says whether a character is a lower-case letter. Any IRQL.
int Crt_islower(int c);
/// Says whether a character is white space. Any IRQL.
int Crt_isspace(int c);
/// Says whether a character can be printed. Any IRQL.
int Crt_isprint(int c);
/// Says whether a character is a hexadecimal digit. Any IRQL.
int Crt_isxdigit(int c);
/// Converts a multibyte string to a wide one. IRQL PASSIVE_LEVEL.
SIZE_T Crt_mbstowcs(WCHAR* to, const char* from, SIZE_T count);
/// Converts a wide string to a multibyte one. IRQL PASSIVE_LEVEL.
SIZE_T Crt_wcstombs(char* to, const WCHAR* from, SIZE_T count);
/// Converts a multibyte character to a wide one. IRQL PASSIVE_LEVEL.
int Crt_mbtowc(WCHAR* to, const char* from, SIZE_T count);
/// Converts a wide character to a multibyte one. IRQL PASSIVE_LEVEL.
int Crt_wctomb(char* to, WCHAR from);

// ---- strings in buffers of a size ---------------------------------------------------------------------------------------

/// Copies a string into a buffer of a size. Any IRQL.
int Crt_strcpy_s(char* buffer, SIZE_T size, const char* from);
/// Appends a string to one in a buffer of a size. Any IRQL.
int Crt_strcat_s(char* buffer, SIZE_T size, const char* from);
/// Copies at most so many characters into a buffer of a size. Any IRQL.
int Crt_strncpy_s(char* buffer, SIZE_T size, const char* from, SIZE_T count);
/// Appends at most so many characters to a string in a buffer of a size. Any IRQL.
int Crt_strncat_s(char* buffer, SIZE_T size, const char* from, SIZE_T count);
/// Sets all characters of a string in a buffer of a size. Any IRQL.
int Crt_strset_s(char* buffer, SIZE_T size, int value);
/// Sets the first characters of a string in a buffer of a size. Any IRQL.
int Crt_strnset_s(char* buffer, SIZE_T size, int value, SIZE_T count);
/// Copies a wide string into a buffer of a size. Any IRQL.
int Crt_wcscpy_s(WCHAR* buffer, SIZE_T size, const WCHAR* from);
/// Appends a wide string to one in a buffer of a size. Any IRQL.
int Crt_wcscat_s(WCHAR* buffer, SIZE_T size, const WCHAR* from);
/// Copies at most so many characters into a wide buffer of a size. Any IRQL.
int Crt_wcsncpy_s(WCHAR* buffer, SIZE_T size, const WCHAR* from, SIZE_T count);
/// Appends at most so many characters to a wide string in a buffer of a size. Any IRQL.
int Crt_wcsncat_s(WCHAR* buffer, SIZE_T size, const WCHAR* from, SIZE_T count);
/// Sets all characters of a wide string in a buffer of a size. Any IRQL.
int Crt_wcsset_s(WCHAR* buffer, SIZE_T size, WCHAR value);
/// Sets the first characters of a wide string in a buffer of a size. Any IRQL.
int Crt_wcsnset_s(WCHAR* buffer, SIZE_T size, WCHAR value, SIZE_T count);
/// Copies a block into a buffer of a size. Any IRQL.
int Crt_memcpy_s(VOID* to, SIZE_T size, const VOID* from, SIZE_T count);
/// Copies a block, which may overlap, into a buffer of a size. Any IRQL.
int Crt_memmove_s(VOID* to, SIZE_T size, const VOID* from, SIZE_T count);
/// Splits a string at delimiters, a part a call. Any IRQL.
char* Crt_strtok_s(char* text, const char* delimiters, char** context);

// ---- numbers ------------------------------------------------------------------------------------------------------------

/// Converts a string to an integer. Any IRQL.
int Crt_atoi(const char* text);
/// Converts a string to an integer. Any IRQL.
LONG Crt_atol(const char* text);
/// Converts a wide string to an integer. Any IRQL.
int Crt_wtoi(const WCHAR* text);
/// Converts a wide string to an integer. Any IRQL.
LONG Crt_wtol(const WCHAR* text);
/// Converts a wide string to an unsigned integer in a base. Any IRQL.
ULONG Crt_wcstoul(const WCHAR* text, WCHAR** end, int base);
/// Converts a string to an unsigned 64-bit integer in a base. Any IRQL.
ULONGLONG Crt_strtoui64(const char* text, char** end, int base);
/// Converts a wide string to an unsigned 64-bit integer in a base. Any IRQL.
ULONGLONG Crt_wcstoui64(const WCHAR* text, WCHAR** end, int base);
/// Writes an integer in a base. Any IRQL.
char* Crt_itoa(int value, char* buffer, int radix);
/// Writes an integer in a base, wide. Any IRQL.
WCHAR* Crt_itow(int value, WCHAR* buffer, int radix);
/// Writes an integer in a base into a buffer of a size. Any IRQL.
int Crt_itoa_s(int value, char* buffer, SIZE_T size, int radix);
/// Writes an integer in a base into a wide buffer of a size. Any IRQL.
int Crt_itow_s(int value, WCHAR* buffer, SIZE_T size, int radix);
/// Writes an integer in a base into a buffer of a size. Any IRQL.
int Crt_ltoa_s(LONG value, char* buffer, SIZE_T size, int radix);
/// Writes an integer in a base into a wide buffer of a size. Any IRQL.
int Crt_ltow_s(LONG value, WCHAR* buffer, SIZE_T size, int radix);
/// Writes an unsigned integer in a base into a buffer of a size. Any IRQL.
int Crt_ultoa_s(ULONG value, char* buffer, SIZE_T size, int radix);
/// Writes an unsigned integer in a base into a wide buffer of a size. Any IRQL.
int Crt_ultow_s(ULONG value, WCHAR* buffer, SIZE_T size, int radix);
/// Writes a 64-bit integer in a base into a buffer of a size. Any IRQL.
int Crt_i64toa_s(LONGLONG value, char* buffer, SIZE_T size, int radix);
/// Writes a 64-bit integer in a base into a wide buffer of a size. Any IRQL.
int Crt_i64tow_s(LONGLONG value, WCHAR* buffer, SIZE_T size, int radix);
/// Writes an unsigned 64-bit integer in a base into a buffer of a size. Any IRQL.
int Crt_ui64toa_s(ULONGLONG value, char* buffer, SIZE_T size, int radix);
/// Writes an unsigned 64-bit integer in a base into a wide buffer of a size. Any IRQL.
int Crt_ui64tow_s(ULONGLONG value, WCHAR* buffer, SIZE_T size, int radix);

// ---- formatted text -----------------------------------------------------------------------------------------------------

/// Formats into a buffer. IRQL <= APC_LEVEL.
int Crt_sprintf(char* destination, const char* format, const ULONG_PTR* arguments);
/// Formats an argument list into a buffer. IRQL <= APC_LEVEL.
int Crt_vsprintf(char* destination, const char* format, const ULONG_PTR* arguments);
/// Formats into a wide buffer. IRQL <= APC_LEVEL.
int Crt_swprintf(WCHAR* destination, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats an argument list into a wide buffer. IRQL PASSIVE_LEVEL.
int Crt_vswprintf(WCHAR* destination, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats into a buffer of a size, without a terminator if it is full; -1 if it does not fit. IRQL <= APC_LEVEL.
int Crt_snprintf(char* destination, SIZE_T size, const char* format, const ULONG_PTR* arguments);
/// Formats an argument list into a buffer of a size; -1 if it does not fit. IRQL <= APC_LEVEL.
int Crt_vsnprintf(char* destination, SIZE_T size, const char* format, const ULONG_PTR* arguments);
/// Formats into a wide buffer of a size, without a terminator if it is full; -1 if it does not fit. IRQL <= APC_LEVEL.
int Crt_snwprintf(WCHAR* destination, SIZE_T size, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats an argument list into a wide buffer of a size; -1 if it does not fit. IRQL <= APC_LEVEL.
int Crt_vsnwprintf(WCHAR* destination, SIZE_T size, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats into a buffer of a size; an empty string and -1 if it does not fit. IRQL PASSIVE_LEVEL.
int Crt_sprintf_s(char* destination, SIZE_T size, const char* format, const ULONG_PTR* arguments);
/// Formats an argument list into a buffer of a size. IRQL <= APC_LEVEL.
int Crt_vsprintf_s(char* destination, SIZE_T size, const char* format, const ULONG_PTR* arguments);
/// Formats into a wide buffer of a size. IRQL <= APC_LEVEL.
int Crt_swprintf_s(WCHAR* destination, SIZE_T size, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats an argument list into a wide buffer of a size; an empty string and -1 if it does not fit. IRQL PASSIVE_LEVEL.
int Crt_vswprintf_s(WCHAR* destination, SIZE_T size, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats into a buffer of a size, cutting after so many characters. IRQL PASSIVE_LEVEL.
int Crt_snprintf_s(char* destination, SIZE_T size, SIZE_T count, const char* format, const ULONG_PTR* arguments);
/// Formats an argument list into a buffer of a size, cutting after so many characters. IRQL PASSIVE_LEVEL.
int Crt_vsnprintf_s(char* destination, SIZE_T size, SIZE_T count, const char* format, const ULONG_PTR* arguments);
/// Formats into a wide buffer of a size, cutting after so many characters. IRQL PASSIVE_LEVEL.
int Crt_snwprintf_s(WCHAR* destination, SIZE_T size, SIZE_T count, const WCHAR* format, const ULONG_PTR* arguments);
/// Formats an argument list into a wide buffer of a size, cutting after so many characters. IRQL PASSIVE_LEVEL.
int Crt_vsnwprintf_s(WCHAR* destination, SIZE_T size, SIZE_T count, const WCHAR* format, const ULONG_PTR* arguments);

// ---- scanning; paths ----------------------------------------------------------------------------------------------------

/// Reads fields from text; %s, %c and %[ take their buffer's size too. Returns the fields stored, or -1. IRQL PASSIVE_LEVEL.
int Crt_sscanf_s(const char* text, const char* format, const ULONG_PTR* arguments);
/// Reads fields from wide text. IRQL PASSIVE_LEVEL.
int Crt_swscanf_s(const WCHAR* text, const WCHAR* format, const ULONG_PTR* arguments);
/// Reads fields from at most `length` characters. IRQL PASSIVE_LEVEL.
int Crt_snscanf_s(const char* text, SIZE_T length, const char* format, const ULONG_PTR* arguments);
/// Reads fields from at most `length` wide characters. IRQL PASSIVE_LEVEL.
int Crt_snwscanf_s(const WCHAR* text, SIZE_T length, const WCHAR* format, const ULONG_PTR* arguments);
/// Joins a path's parts: EINVAL, ERANGE, and then an empty string. Any IRQL.
int Crt_makepath_s(char* path, SIZE_T size, const char* drive, const char* folder, const char* name, const char* extension);
/// Joins a wide path's parts. Any IRQL.
int Crt_wmakepath_s(WCHAR* path, SIZE_T size, const WCHAR* drive, const WCHAR* folder, const WCHAR* name, const WCHAR* extension);
/// Takes a path apart; a part that is not wanted is null with size 0. EINVAL, ERANGE, and then empty strings. Any IRQL.
int Crt_splitpath_s(const char* path, char* drive, SIZE_T drive_size, char* folder, SIZE_T folder_size, char* name, SIZE_T name_size,
                    char* extension, SIZE_T extension_size);
/// Takes a wide path apart. Any IRQL.
int Crt_wsplitpath_s(const WCHAR* path, WCHAR* drive, SIZE_T drive_size, WCHAR* folder, SIZE_T folder_size, WCHAR* name, SIZE_T name_size,
                     WCHAR* extension, SIZE_T extension_size);

// ---- sorting; random numbers --------------------------------------------------------------------------------------------

/// Sorts an array. Any IRQL.
VOID Crt_qsort(PVOID base, SIZE_T count, SIZE_T width, CrtCompareRoutine compare);
/// Finds an element of a sorted array. Any IRQL.
PVOID Crt_bsearch(const VOID* key, const VOID* base, SIZE_T count, SIZE_T width, CrtCompareRoutine compare);
/// Starts the sequence of rand. Any IRQL.
VOID Crt_srand(ULONG value);
/// Returns a pseudo-random number of 15 bits. Any IRQL.
int Crt_rand();
/// Raises STATUS_NOT_IMPLEMENTED: a pure virtual function was called. Any IRQL.
int Crt_purecall();

}  // extern "C"
