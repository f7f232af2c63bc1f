// Scanning and paths in the C runtime of the kernel.
#include "ktest.h"

using namespace ktest;

extern "C" {
int sscanf_s(const char*, const char*, ...);
int swscanf_s(const wchar_t*, const wchar_t*, ...);
int _snscanf_s(const char*, size_t, const char*, ...);
int _makepath_s(char*, size_t, const char*, const char*, const char*, const char*);
int _splitpath_s(const char*, char*, size_t, char*, size_t, char*, size_t, char*, size_t);
int _wsplitpath_s(const wchar_t*, wchar_t*, size_t, wchar_t*, size_t, wchar_t*, size_t, wchar_t*, size_t);
}

namespace {
bool Same(const char* a, const char* b) { return strcmp(a, b) == 0; }
}  // namespace

KTEST(FieldsAreRead) {
  int number = 0;
  unsigned hex = 0;
  char word[8], set[8], one = 0;
  EXPECT_EQ(sscanf_s("-12 ff hello abcX", "%d %x %s %[a-c]%c", &number, &hex, word, 8u, set, 8u, &one, 1u), 5);
  EXPECT_EQ(number, -12);
  EXPECT_EQ(hex, 0xff);
  EXPECT(Same(word, "hello"));
  EXPECT(Same(set, "abc"));
  EXPECT_EQ(one, 'X');
  EXPECT_EQ(sscanf_s("too-long", "%s", word, 4u), 0);
  EXPECT_EQ(word[0], 0);
  EXPECT_EQ(sscanf_s("", "%d", &number), -1);
  EXPECT_EQ(sscanf_s("x", "%d", &number), 0);
  LONG64 large = 0;
  EXPECT_EQ(swscanf_s(L"id=8589934592;", L"id=%I64d;", &large), 1);
  EXPECT_EQ(large, 8589934592);
  EXPECT_EQ(_snscanf_s("12345", 3, "%d", &number), 1);
  EXPECT_EQ(number, 123);
}

KTEST(PathsAndTheirParts) {
  char path[32], drive[3], folder[16], name[8], extension[8];
  EXPECT_EQ(_makepath_s(path, sizeof path, "C", "\\a\\b", "file", "txt"), 0);
  EXPECT(Same(path, "C:\\a\\b\\file.txt"));
  EXPECT_EQ(_makepath_s(path, 8, "C", "\\a\\b", "file", "txt"), 34);
  EXPECT_EQ(path[0], 0);
  EXPECT_EQ(_makepath_s(nullptr, 8, "C", nullptr, nullptr, nullptr), 22);
  EXPECT_EQ(_splitpath_s("C:\\a.b\\longer-name.gz", drive, 3, folder, 16, name, 8, nullptr, 0), 34);
  EXPECT_EQ(_splitpath_s("C:\\a.b\\file.gz", drive, 3, folder, 16, name, 8, extension, 8), 0);
  EXPECT(Same(drive, "C:"));
  EXPECT(Same(folder, "\\a.b\\"));
  EXPECT(Same(name, "file"));
  EXPECT(Same(extension, ".gz"));
  EXPECT_EQ(_splitpath_s("file", drive, 0, folder, 16, name, 8, extension, 8), 22);
  EXPECT_EQ(_splitpath_s("a.b\\file", drive, 3, folder, 16, name, 8, extension, 8), 0);
  EXPECT_EQ(extension[0] | drive[0], 0);
  wchar_t wide[8];
  EXPECT_EQ(_wsplitpath_s(L"\\x\\y.sys", nullptr, 0, nullptr, 0, wide, 8, nullptr, 0), 0);
  EXPECT(wcscmp(wide, L"y") == 0);
}
