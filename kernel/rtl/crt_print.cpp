// The printf family that ntoskrnl exports, with MSVC's return values and its rules for the terminator.
#include "kernel/rtl/crt.h"
#include "kernel/rtl/format.h"

namespace {

using Arguments = const ULONG_PTR*;
using nt::rtl::FormatBuffer;

constexpr SIZE_T kUnlimited = ~SIZE_T{0};
constexpr SIZE_T kTruncate = ~SIZE_T{0};  ///< _TRUNCATE

template <class Char>
int Print(Char* buffer, const Char* format, Arguments arguments) {
  const int length = FormatBuffer(buffer, kUnlimited, format, arguments);
  if (length >= 0) buffer[length] = 0;
  return length;
}

/// The old bounded form: a full buffer stays without a terminator.
template <class Char>
int PrintBounded(Char* buffer, SIZE_T size, const Char* format, Arguments arguments) {
  if (format == nullptr || (buffer == nullptr && size != 0)) return -1;
  const int length = FormatBuffer(buffer, size, format, arguments);
  if (length < 0 || buffer == nullptr) return length;
  if (static_cast<SIZE_T>(length) < size) buffer[length] = 0;
  return static_cast<SIZE_T>(length) <= size ? length : -1;
}

/// The secure form: what does not fit leaves an empty string.
template <class Char>
int PrintSecure(Char* buffer, SIZE_T size, const Char* format, Arguments arguments) {
  if (buffer == nullptr || size == 0) return -1;
  const int length = format == nullptr ? -1 : FormatBuffer(buffer, size, format, arguments);
  const bool fits = length >= 0 && static_cast<SIZE_T>(length) < size;
  buffer[fits ? length : 0] = 0;
  return fits ? length : -1;
}

/// The secure form that may cut the text after `count` characters.
template <class Char>
int PrintCut(Char* buffer, SIZE_T size, SIZE_T count, const Char* format, Arguments arguments) {
  if (buffer == nullptr || size == 0) return count == 0 && buffer == nullptr && size == 0 ? 0 : -1;
  if (count != kTruncate && count >= size) return PrintSecure(buffer, size, format, arguments);
  const SIZE_T most = count == kTruncate ? size - 1 : count;
  const int length = format == nullptr ? -1 : FormatBuffer(buffer, most, format, arguments);
  const bool fits = length >= 0 && static_cast<SIZE_T>(length) <= most;
  buffer[fits ? static_cast<SIZE_T>(length) : length < 0 ? 0 : most] = 0;
  return fits ? length : -1;
}

}  // namespace

int Crt_sprintf(char* destination, const char* format, Arguments arguments) { return Print(destination, format, arguments); }
int Crt_vsprintf(char* destination, const char* format, Arguments arguments) { return Print(destination, format, arguments); }
int Crt_swprintf(WCHAR* destination, const WCHAR* format, Arguments arguments) { return Print(destination, format, arguments); }
int Crt_vswprintf(WCHAR* destination, const WCHAR* format, Arguments arguments) { return Print(destination, format, arguments); }

int Crt_snprintf(char* destination, SIZE_T size, const char* format, Arguments arguments) {
  return PrintBounded(destination, size, format, arguments);
}
int Crt_vsnprintf(char* destination, SIZE_T size, const char* format, Arguments arguments) {
  return PrintBounded(destination, size, format, arguments);
}
int Crt_snwprintf(WCHAR* destination, SIZE_T size, const WCHAR* format, Arguments arguments) {
  return PrintBounded(destination, size, format, arguments);
}
int Crt_vsnwprintf(WCHAR* destination, SIZE_T size, const WCHAR* format, Arguments arguments) {
  return PrintBounded(destination, size, format, arguments);
}

int Crt_sprintf_s(char* destination, SIZE_T size, const char* format, Arguments arguments) {
  return PrintSecure(destination, size, format, arguments);
}
int Crt_vsprintf_s(char* destination, SIZE_T size, const char* format, Arguments arguments) {
  return PrintSecure(destination, size, format, arguments);
}
int Crt_swprintf_s(WCHAR* destination, SIZE_T size, const WCHAR* format, Arguments arguments) {
  return PrintSecure(destination, size, format, arguments);
}
int Crt_vswprintf_s(WCHAR* destination, SIZE_T size, const WCHAR* format, Arguments arguments) {
  return PrintSecure(destination, size, format, arguments);
}

int Crt_snprintf_s(char* destination, SIZE_T size, SIZE_T count, const char* format, Arguments arguments) {
  return PrintCut(destination, size, count, format, arguments);
}
int Crt_vsnprintf_s(char* destination, SIZE_T size, SIZE_T count, const char* format, Arguments arguments) {
  return PrintCut(destination, size, count, format, arguments);
}
int Crt_snwprintf_s(WCHAR* destination, SIZE_T size, SIZE_T count, const WCHAR* format, Arguments arguments) {
  return PrintCut(destination, size, count, format, arguments);
}
int Crt_vsnwprintf_s(WCHAR* destination, SIZE_T size, SIZE_T count, const WCHAR* format, Arguments arguments) {
  return PrintCut(destination, size, count, format, arguments);
}
