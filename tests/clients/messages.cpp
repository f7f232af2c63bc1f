// FormatMessage and the conversion to code pages: widths, languages, inserts, default characters, likenesses.
#include <windows.h>

#include <cstdio>
#include <ctime>

#include "show.h"

namespace {

void Message(const char* what, DWORD flags, DWORD id, DWORD language = 0, const char* source = nullptr) {
  char text[256] = "";
  const DWORD count = FormatMessageA(flags, source, id, language, text, sizeof text, nullptr);
  std::printf("%s: %lu, %lu\n", what, count, count ? 0 : GetLastError());
  for (const char* c = text; *c; c++) {
    if (*c == '\r')
      std::printf("\\r");
    else if (*c == '\n')
      std::printf("\\n");
    else
      std::putchar(*c);
  }
  std::printf("|\n");
}

void Messages() {
  constexpr DWORD kSystem = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
  Message("plain", kSystem, ERROR_ACCESS_DENIED);
  Message("one line", kSystem | FORMAT_MESSAGE_MAX_WIDTH_MASK, ERROR_ACCESS_DENIED);
  Message("of 20", kSystem | 20, ERROR_FILE_NOT_FOUND);
  Message("English", kSystem, ERROR_MORE_DATA, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US));
  Message("Finnish", kSystem, ERROR_MORE_DATA, MAKELANGID(LANG_FINNISH, SUBLANG_DEFAULT));
  Message("none", kSystem, 0xFFFFFF);
  Message("string", FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_MAX_WIDTH_MASK, 0, 0, "soft\r\nhard%nend");
  char* made = nullptr;
  const DWORD count = FormatMessageA(kSystem | FORMAT_MESSAGE_ALLOCATE_BUFFER, nullptr, HRESULT_FROM_WIN32(ERROR_BUSY), 0,
                                     reinterpret_cast<LPSTR>(&made), 100, nullptr);
  std::printf("made: %lu %s", count, made);
  LocalFree(made);
}

void Bytes(const char* what, const wchar_t* text, DWORD flags, const char* replacement = nullptr) {
  char bytes[64] = "";
  BOOL used = FALSE;
  const int count = WideCharToMultiByte(1252, flags, text, -1, bytes, sizeof bytes, replacement, &used);
  Show(what, {count, used, count ? 0 : GetLastError()});
  for (const char* c = bytes; *c; c++) std::printf("%02x ", static_cast<unsigned char>(*c));
  std::printf("\n");
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  Messages();
  Bytes("held", L"\x20AC\xE9", 0);
  Bytes("alike", L"\x0141\xF3\x0111\xFF21\x2212", 0);
  Bytes("not alike", L"\x0141\x4E2D", WC_NO_BEST_FIT_CHARS);
  Bytes("replaced", L"\x4E2D\x4E2D", 0, "#");
  Bytes("bad flag", L"a", WC_ERR_INVALID_CHARS);
  Show("just started", {std::clock() < 5000});
}
