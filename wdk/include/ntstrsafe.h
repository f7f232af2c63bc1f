// Bounded string functions (ntstrsafe.h): for char and wchar_t strings, counted in characters (Cch) or bytes (Cb), and
// for UNICODE_STRINGs. All return STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW when the result was cut, or
// STATUS_INVALID_PARAMETER. A cut char or wchar_t string still ends with a null character.
#pragma once

#include <ntdef.h>
#include <ntstatus.h>
#include <stdarg.h>
#include <string.h>

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(wchar_t))

#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BEHIND STRSAFE_FILL_BEHIND_NULL
#define STRSAFE_ZERO_LENGTH_ON_FAILURE STRSAFE_NULL_ON_FAILURE
#define STRSAFE_IGNORE_NULL_UNICODE_STRINGS 0x00010000
#define STRSAFE_UNICODE_STRING_DEST_NULL_TERMINATED 0x00020000

#define STRSAFE_VALID_FLAGS                                                                       \
  (0x000000FF | STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BEHIND_NULL | STRSAFE_FILL_ON_FAILURE |       \
   STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)
#define STRSAFE_UNICODE_STRING_VALID_FLAGS \
  (STRSAFE_VALID_FLAGS | STRSAFE_IGNORE_NULL_UNICODE_STRINGS | STRSAFE_UNICODE_STRING_DEST_NULL_TERMINATED)

#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_GET_FILL_PATTERN(flags) ((int)((flags) & 0x000000FF))

typedef char* NTSTRSAFE_PSTR;
typedef const char* NTSTRSAFE_PCSTR;
typedef wchar_t* NTSTRSAFE_PWSTR;
typedef const wchar_t* NTSTRSAFE_PCWSTR;
typedef const wchar_t UNALIGNED* NTSTRSAFE_PCUWSTR;

EXTERN_C_START
NTSYSAPI int __cdecl _vsnprintf(char* Buffer, size_t Count, const char* Format, va_list Arguments);
NTSYSAPI int __cdecl _vsnwprintf(wchar_t* Buffer, size_t Count, const wchar_t* Format, va_list Arguments);
EXTERN_C_END

#define NTSTRSAFEDDI static __inline NTSTATUS NTAPI
#define NTSTRSAFEDDIV static __inline NTSTATUS __cdecl

#define STRSAFE_CHAR char
#define STRSAFE_NAME(name) name##A
#define STRSAFE_FORMAT _vsnprintf
#include <ringlet/strsafe_functions.h>

#define STRSAFE_CHAR wchar_t
#define STRSAFE_NAME(name) name##W
#define STRSAFE_FORMAT _vsnwprintf
#include <ringlet/strsafe_functions.h>

#include <ringlet/strsafe_unicode_string.h>

#ifdef UNICODE
#define STRSAFE_AW(name) name##W
#else
#define STRSAFE_AW(name) name##A
#endif
#define RtlStringCchCopy STRSAFE_AW(RtlStringCchCopy)
#define RtlStringCbCopy STRSAFE_AW(RtlStringCbCopy)
#define RtlStringCchCat STRSAFE_AW(RtlStringCchCat)
#define RtlStringCbCat STRSAFE_AW(RtlStringCbCat)
#define RtlStringCchPrintf STRSAFE_AW(RtlStringCchPrintf)
#define RtlStringCbPrintf STRSAFE_AW(RtlStringCbPrintf)
#define RtlStringCchLength STRSAFE_AW(RtlStringCchLength)
#define RtlStringCbLength STRSAFE_AW(RtlStringCbLength)
