// The printf family, wide output, the console.
#include <windows.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <cwchar>

int main() {
  std::printf("%d %5d|%-5d|%05d %+d %x %X %#x %o %u\n", -1, 42, 42, 42, 42, 255, 255, 255, 8, 4000000000U);
  std::printf("%I64d %lld %I64x %hd %hhd\n", -5000000000LL, 5000000000LL, 0x123456789ABCULL, static_cast<short>(70000),
              static_cast<char>(300));
  std::printf("%s|%10s|%-10s|%.2s|%c|%%\n", "text", "right", "left", "cut", 'c');
  std::printf("%S %ls\n", L"wide", L"also");
  std::printf("%f %.2f %e %g %g %g\n", 1.5, 2.345, 12345.678, 0.0001, 1e10, 100000.0);
  std::printf("%p\n", reinterpret_cast<void*>(0x1234));
  std::printf("%*d %.*f\n", 6, 7, 1, 9.96);
  wprintf(L"%ls %hs %c\n", L"wide format", "narrow", L'w');
  char small[8];
  std::printf("%d", std::snprintf(small, sizeof small, "%s", "truncated text"));
  std::printf(" [%s]\n", small);
  int a = 0, b = 0;
  char word[16] = "";
  std::printf("%d", std::sscanf("12 0x1f rest", "%d %x %15s", &a, &b, word));
  std::printf(" %d %d %s\n", a, b, word);
  std::printf("%ld %.3f %lu\n", std::strtol("-123abc", nullptr, 10), std::atof("2.5e3"), std::strtoul("ff", nullptr, 16));
  std::time_t zero = 86400 * 365;
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", std::gmtime(&zero));
  std::printf("%s\n", text);
  std::fflush(stdout);
  const HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
  DWORD written = 0;
  WriteFile(output, "raw bytes\n", 10, &written, nullptr);
  std::printf("%lu written\n", written);
  std::fprintf(stdout, "%s\n", "to the stream");
  std::fputs("no newline", stdout);
  std::putchar('\n');
  std::printf("%d\n", std::printf("%s", ""));
  std::printf("type %d\n", GetFileType(output) != FILE_TYPE_UNKNOWN);
  wchar_t message[128];
  FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, ERROR_FILE_NOT_FOUND, 0, message, 128, nullptr);
  std::printf("%ls", message);
  std::printf("%s\n", std::strerror(2));
  // A buffer that was asked for holds what goes to the console, too, until it is full or flushed.
  static char buffer[16];
  std::printf("%d %d\n", std::setvbuf(stdout, nullptr, _IOFBF, 1), std::setvbuf(stdout, nullptr, 3, 512));
  std::printf("%d\n", std::setvbuf(stdout, nullptr, _IOFBF, 512));
  std::printf("later\n");
  WriteFile(output, "sooner\n", 7, &written, nullptr);
  std::fflush(stdout);
  std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  std::printf("twenty characters..\n%c", '|');
  WriteFile(output, "!\n", 2, &written, nullptr);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  std::printf("\n");
  return 0;
}
