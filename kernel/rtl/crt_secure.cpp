// The "_s" forms: they know the buffer's size, and leave an empty string when something is wrong.
#include <cstring>

#include "kernel/rtl/crt.h"
#include "kernel/rtl/crt_text.h"

namespace {

using namespace nt::rtl;

template <class Char>
int Fail(Char* buffer, int error) {
  *buffer = 0;
  return error;
}

/// Puts at most `count` characters at `used` characters from the buffer's start.
template <class Char>
int Put(Char* buffer, SIZE_T size, SIZE_T used, const Char* from, SIZE_T count) {
  if (from == nullptr) return count == 0 ? 0 : Fail(buffer, kEINVAL);
  const SIZE_T room = size - used;
  // Reads no farther than it must: a source without a terminator may end at `count`.
  const SIZE_T length = Length(from, count == kTruncate || count > room ? room : count);
  if (length < room) {
    for (SIZE_T i = 0; i < length; ++i) buffer[used + i] = from[i];
    buffer[used + length] = 0;
    return 0;
  }
  if (count != kTruncate) return Fail(buffer, kERANGE);
  for (SIZE_T i = 0; i + 1 < room; ++i) buffer[used + i] = from[i];
  buffer[size - 1] = 0;
  return kSTRUNCATE;
}

constexpr SIZE_T kWhole = kTruncate - 1;  ///< everything, and that it be cut is not allowed

template <class Char>
int Copy(Char* buffer, SIZE_T size, const Char* from, SIZE_T count) {
  if (count == 0 && buffer == nullptr && size == 0) return 0;
  if (buffer == nullptr || size == 0) return kEINVAL;
  if (count == 0) return Fail(buffer, 0);
  return Put(buffer, size, 0, from, count);
}

template <class Char>
int Append(Char* buffer, SIZE_T size, const Char* from, SIZE_T count) {
  if (count == 0 && buffer == nullptr && size == 0) return 0;
  if (buffer == nullptr || size == 0) return kEINVAL;
  const SIZE_T used = Length(buffer, size);
  if (used == size) return Fail(buffer, kEINVAL);
  return Put(buffer, size, used, from, count);
}

template <class Char>
int SetN(Char* buffer, SIZE_T size, Char value, SIZE_T count) {
  if (count == 0 && buffer == nullptr && size == 0) return 0;
  if (buffer == nullptr || size == 0) return kEINVAL;
  const SIZE_T length = Length(buffer, size);
  if (length == size) return Fail(buffer, kEINVAL);
  for (SIZE_T i = 0; i < length && i < count; ++i) buffer[i] = value;
  return 0;
}

bool Among(char character, const char* set) {
  while (*set != 0 && *set != character) ++set;
  return *set != 0;
}

}  // namespace

int Crt_strcpy_s(char* buffer, SIZE_T size, const char* from) { return Copy(buffer, size, from, kWhole); }
int Crt_strcat_s(char* buffer, SIZE_T size, const char* from) { return Append(buffer, size, from, kWhole); }
int Crt_strncpy_s(char* buffer, SIZE_T size, const char* from, SIZE_T count) { return Copy(buffer, size, from, count); }
int Crt_strncat_s(char* buffer, SIZE_T size, const char* from, SIZE_T count) { return Append(buffer, size, from, count); }
int Crt_strset_s(char* buffer, SIZE_T size, int value) { return SetN(buffer, size, static_cast<char>(value), kWhole); }
int Crt_strnset_s(char* buffer, SIZE_T size, int value, SIZE_T count) { return SetN(buffer, size, static_cast<char>(value), count); }
int Crt_wcscpy_s(WCHAR* buffer, SIZE_T size, const WCHAR* from) { return Copy(buffer, size, from, kWhole); }
int Crt_wcscat_s(WCHAR* buffer, SIZE_T size, const WCHAR* from) { return Append(buffer, size, from, kWhole); }
int Crt_wcsncpy_s(WCHAR* buffer, SIZE_T size, const WCHAR* from, SIZE_T count) { return Copy(buffer, size, from, count); }
int Crt_wcsncat_s(WCHAR* buffer, SIZE_T size, const WCHAR* from, SIZE_T count) { return Append(buffer, size, from, count); }
int Crt_wcsset_s(WCHAR* buffer, SIZE_T size, WCHAR value) { return SetN(buffer, size, value, kWhole); }
int Crt_wcsnset_s(WCHAR* buffer, SIZE_T size, WCHAR value, SIZE_T count) { return SetN(buffer, size, value, count); }

int Crt_memcpy_s(VOID* to, SIZE_T size, const VOID* from, SIZE_T count) {
  if (count == 0) return 0;
  if (to == nullptr) return kEINVAL;
  if (from == nullptr || size < count) {
    std::memset(to, 0, size);
    return from == nullptr ? kEINVAL : kERANGE;
  }
  std::memmove(to, from, count);
  return 0;
}

int Crt_memmove_s(VOID* to, SIZE_T size, const VOID* from, SIZE_T count) {
  if (count == 0) return 0;
  if (to == nullptr || from == nullptr) return kEINVAL;
  if (size < count) return kERANGE;
  std::memmove(to, from, count);
  return 0;
}

char* Crt_strtok_s(char* text, const char* delimiters, char** context) {
  if (context == nullptr || delimiters == nullptr || (text == nullptr && *context == nullptr)) return nullptr;
  if (text == nullptr) text = *context;
  while (*text != 0 && Among(*text, delimiters)) ++text;
  char* end = text;
  while (*end != 0 && !Among(*end, delimiters)) ++end;
  *context = end;
  if (end == text) return nullptr;
  if (*end != 0) {
    *end = 0;
    *context = end + 1;
  }
  return text;
}
