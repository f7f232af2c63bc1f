// The C runtime's forms that older programs and careful ones use: sizes behind buffers, wide kinds, the environment, descriptors, files
// found.
#define _CRT_RAND_S
#define MINGW_HAS_SECURE_API 1
#include <conio.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>
#include <wctype.h>

static void Texts(void) {
  char text[40], small[4];
  wchar_t wide[40];
  printf("%d %s\n", _snprintf_s(text, sizeof text, _TRUNCATE, "%d fish", 3), text);
  printf("%d %s\n", _snprintf_s(small, sizeof small, _TRUNCATE, "%d fish", 3), small);
  printf("%d\n", swprintf_s(wide, 40, L"%ls", L"gold"));
  printf("%d %s\n", _itoa_s(-77, text, sizeof text, 10), text);
  printf("%d %s\n", _i64toa_s(1LL << 40, text, sizeof text, 16), text);
  printf("%s %s\n", _i64toa(-5, text, 10), _ultoa(5, small, 2));
  printf("%ls\n", _i64tow(-1, wide, 16));
  strcpy_s(text, sizeof text, "Gold");
  printf("%d %d %s\n", strncat_s(text, sizeof text, "fishes", 4), _strupr_s(text, sizeof text), text);
  printf("%d\n", _strlwr_s(text, 3));
  wcscpy_s(wide, 40, L"a-b c");
  printf("%d\n", _wcsupr_s(wide, 40));
  for (wchar_t* at = wcstok(wide, L"- "); at; at = wcstok(NULL, L"- ")) printf("[%ls]", at);
  printf("\n%s %s\n", _strrev(strcpy(text, "abc")), _strset(strcpy(small, "xy"), '-'));
  printf("%d %d\n", _memicmp("FISH", "fish", 4), _memicmp("a", "B", 1));
  printf("%s\n", (char*)memccpy(text, "one,two", ',', 7) - 4 == text ? "found" : "not found");
  char pairs[5] = {0};
  _swab("badc", pairs, 4);
  printf("%s %ls\n", pairs, wcspbrk(L"fish", L"xs"));
  printf("%d %d\n", _scprintf("%05d", 7), _scwprintf(L"%ls!", L"fish"));
  printf_s("%s\n", "printed");
  fprintf_s(stdout, "%d\n", 5);
  wprintf_s(L"%ls\n", L"wide");
}

static void Kinds(void) {
  printf("%d%d%d%d %d%d%d%d\n", !!iswalnum(L'5'), !!iswprint(L' '), !!iswpunct(L'!'), !!iswxdigit(L'g'), !!iswlower(L'a'), !!iswupper(L'a'),
         !!iswcntrl(7), !!iswgraph(L' '));
  div_t quotient = div(-7, 2);
  ldiv_t wide = ldiv(9, 4);
  printf("%d %d %ld %ld\n", quotient.quot, quotient.rem, wide.quot, wide.rem);
  printf("%x %x %llx\n", _rotl(0x80000001, 4), _rotr(1, 1), _rotl64(1, 63));
  printf("%.1f %.1f %.3f\n", _hypot(3, 4), wcstod(L"2.5x", NULL), _wtof(L"-1e-3"));
}

static void Environment(void) {
  char value[16];
  size_t needed = 0;
  int result = _putenv("FISH=gold");
  printf("%d %s\n", result, getenv("fish"));
  result = _wputenv(L"FISH=silver");
  printf("%d %ls %s\n", result, _wgetenv(L"FISH"), getenv("FISH"));
  result = getenv_s(&needed, value, 4, "FISH");
  printf("%d %d [%s]\n", result, (int)needed, value);
  result = getenv_s(&needed, value, sizeof value, "FISH");
  printf("%d %s\n", result, value);
  result = _putenv_s("FISH", "");
  printf("%d %d\n", result, getenv("FISH") == NULL);
  result = _putenv("nonsense");
  printf("%d %d\n", result, errno == EINVAL);
  printf("%d\n", system(NULL));
}

static void Descriptors(void) {
  FILE* file = NULL;
  printf("%d\n", _wfopen_s(&file, L"C:\\forms.txt", L"w"));
  fprintf(file, "12 fish\n");
  file = freopen("C:\\forms.txt", "r", file);
  char name[8];
  int count = 0;
  const int fields = fscanf_s(file, "%d %s", &count, name, (unsigned)sizeof name);
  printf("%d %d %s\n", fields, count, name);
  const int copy = _dup(_fileno(file));
  printf("%d %ld %d\n", copy > 2, _filelength(copy), _dup2(copy, 40));
  fclose(file);
  // Copies share a position.
  const long end = _lseek(40, 0, SEEK_END);
  printf("%ld %ld %d\n", end, _tell(copy), _eof(copy));
  _lseek(copy, 0, SEEK_SET);
  printf("%ld %d\n", _tell(40), _eof(40));
  printf("%d %d\n", _close(copy), _close(40));
  const int closed = _dup(copy);
  printf("%d %d\n", closed, errno == EBADF);
}

static void Files(void) {
  struct _stat facts;
  int result = _stat("C:\\forms.txt", &facts);
  printf("%d %ld %d\n", result, (long)facts.st_size, (facts.st_mode & _S_IFREG) != 0);
  result = _stat("C:\\none", &facts);
  printf("%d %d\n", result, errno == ENOENT);
  struct _finddata_t found;
  const intptr_t search = _findfirst("C:\\for*.txt", &found);
  printf("%s %lu\n", found.name, (unsigned long)found.size);
  result = _findnext(search, &found);
  printf("%d %d\n", result, errno == ENOENT);
  _findclose(search);
  remove("C:\\forms.txt");
  FILE* const temporary = tmpfile();
  printf("%d %d\n", temporary != NULL, fputs("gone", temporary) >= 0);
  fclose(temporary);
  char drive[3], folder[256], base[256], extension[256], path[260];
  _splitpath("C:\\one\\two.three", drive, folder, base, extension);
  _makepath(path, drive, folder, base, "txt");
  printf("%s %s %s %s %s\n", drive, folder, base, extension, path);
  printf("%d\n", _flushall() >= 3);
}

int main(void) {
  Texts();
  Kinds();
  Environment();
  Descriptors();
  Files();
  _cputs("end\n");
  _putch('\n');
  return 0;
}
