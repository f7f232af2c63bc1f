// The printf engine of the kernel: MSVC's formats with NT's own additions (%wZ, %I64x, %S ...), for char and WCHAR output.
//
// The variable arguments are the 8-byte slots of the Microsoft x64 convention; a double is in its slot as it is.
// %n is refused. Code page 1252 stands between char and WCHAR text.
#pragma once

#include "nt/types.h"

namespace nt::rtl {

/// Where formatted characters go. `put` gets one character at a time, as wide as the format is.
struct FormatSink {
  void (*put)(FormatSink* sink, WCHAR character);
};

/// Formats and returns the number of characters, or -1 if the format is refused.
int Format(FormatSink* sink, const char* format, const ULONG_PTR* arguments);
int Format(FormatSink* sink, const WCHAR* format, const ULONG_PTR* arguments);

/// Formats into at most `size` characters of `buffer` and returns how many characters the whole text has, or -1. Writes no terminator:
/// the text fits with one if the result is less than `size`.
int FormatBuffer(char* buffer, SIZE_T size, const char* format, const ULONG_PTR* arguments);
int FormatBuffer(WCHAR* buffer, SIZE_T size, const WCHAR* format, const ULONG_PTR* arguments);

}  // namespace nt::rtl
