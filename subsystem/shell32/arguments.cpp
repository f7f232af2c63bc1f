// A command line's arguments.
#include <cstring>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;

extern "C" DWORD GetModuleFileNameW(HMODULE Module, LPWSTR FileName, DWORD Size);

namespace {

bool IsSpace(WCHAR c) { return c == u' ' || c == u'\t'; }

/// The program's name: up to the next quote if it begins with one, else up to the next space. Quotes have no other meaning in it.
PCWSTR TakeProgram(PCWSTR at, WCHAR*& out) {
  const bool quoted = *at == u'"';
  if (quoted) at++;
  while (*at && (quoted ? *at != u'"' : !IsSpace(*at) && *at >= u' ')) *out++ = *at++;
  if (*at) at++;
  *out++ = 0;
  return at;
}

/// One argument. 2n backslashes and a quote are n backslashes, and the quote begins or ends a quoted part; 2n+1 are n and a quote; a quote
/// that ends a quoted part and is followed by another is a quote, and ends the part.
PCWSTR TakeArgument(PCWSTR at, WCHAR*& out) {
  bool quoted = false;
  while (*at && (quoted || !IsSpace(*at))) {
    ULONG backslashes = 0;
    while (*at == u'\\') backslashes++, at++;
    if (*at != u'"') {
      while (backslashes-- != 0) *out++ = u'\\';
      if (*at && (quoted || !IsSpace(*at))) *out++ = *at++;
      continue;
    }
    for (ULONG i = 0; i < backslashes / 2; i++) *out++ = u'\\';
    at++;
    if (backslashes % 2 != 0) {
      *out++ = u'"';
    } else if (quoted && *at == u'"') {
      *out++ = *at++;
      quoted = false;
    } else {
      quoted = !quoted;
    }
  }
  *out++ = 0;
  return at;
}

PCWSTR SkipSpaces(PCWSTR at) {
  while (IsSpace(*at)) at++;
  return at;
}

}  // namespace

/// The arguments of a command line as an array in one block, for LocalFree; of an empty line, the program's path alone. Null:
/// ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY. (CommandLineToArgvW)
extern "C" LPWSTR* CommandLineToArgvW(LPCWSTR lpCmdLine, LONG* pNumArgs) {
  if (!lpCmdLine || !pNumArgs) return SetError(ERROR_INVALID_PARAMETER), nullptr;
  WCHAR program[kMaxPath];
  const bool empty = *lpCmdLine == 0;
  if (empty) GetModuleFileNameW(nullptr, program, kMaxPath);
  PCWSTR at = empty ? program : lpCmdLine;
  // Each argument but the first takes two characters of the line at least, and no more with its terminator than the line has for it.
  const SIZE_T length = std::u16string_view(at).size();
  const SIZE_T most = length / 2 + 3;
  auto* const arguments = reinterpret_cast<LPWSTR*>(Allocate<char>(most * sizeof(LPWSTR) + (length + 3) * sizeof(WCHAR)));
  if (!arguments) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  auto* out = reinterpret_cast<WCHAR*>(arguments + most);
  LONG count = 0;
  arguments[count++] = out;
  if (empty) {
    std::memcpy(out, program, (length + 1) * sizeof(WCHAR));
  } else {
    at = TakeProgram(at, out);
    for (at = SkipSpaces(at); *at; at = SkipSpaces(at)) {
      arguments[count++] = out;
      at = TakeArgument(at, out);
    }
  }
  *pNumArgs = count;
  return arguments;
}
