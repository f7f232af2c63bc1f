// The C runtime names of ntoskrnl, except printf.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ex_kernel_fixture.h"
#include "kernel/rtl/crt.h"
#include "kernel/rtl/rtl.h"

namespace {

std::vector<UCHAR> Numbered(SIZE_T size) {
  std::vector<UCHAR> bytes(size);
  std::iota(bytes.begin(), bytes.end(), UCHAR{1});
  return bytes;
}

TEST(RtlMemory, MovesEverySizeAtEveryOverlap) {
  constexpr SIZE_T kRoom = 420;
  for (SIZE_T size = 0; size <= 200; ++size) {
    for (const SIZE_T from : {SIZE_T{100}, SIZE_T{101}, SIZE_T{107}}) {
      for (int shift = -100; shift <= 100; shift += size > 130 ? 7 : 3) {
        const SIZE_T to = from + static_cast<SIZE_T>(static_cast<LONGLONG>(shift));
        auto expected = Numbered(kRoom);
        auto bytes = expected;
        std::memmove(expected.data() + to, expected.data() + from, size);
        ASSERT_EQ(Crt_memmove(bytes.data() + to, bytes.data() + from, size), bytes.data() + to);
        ASSERT_EQ(bytes, expected) << size << " bytes from " << from << " to " << to;
      }
    }
  }
}

TEST(RtlMemory, MovesBigBlocks) {
  for (const SIZE_T size : {SIZE_T{1000}, SIZE_T{4096}, SIZE_T{4097}, SIZE_T{65537}}) {
    auto expected = Numbered(size + 40);
    auto bytes = expected;
    for (const auto& [to, from] : {std::pair<SIZE_T, SIZE_T>{33, 0}, {0, 33}, {1, 0}, {0, 1}, {5, 5}}) {
      std::memmove(expected.data() + to, expected.data() + from, size);
      Crt_memcpy(bytes.data() + to, bytes.data() + from, size);
      ASSERT_EQ(bytes, expected) << size;
    }
  }
}

TEST(RtlMemory, SetsEverySizeAndNothingBeside) {
  for (SIZE_T size = 0; size <= 300; ++size) {
    for (SIZE_T at = 16; at < 32; ++at) {
      std::vector<UCHAR> expected(400, 0x11);
      auto bytes = expected;
      std::memset(expected.data() + at, 0xAB, size);
      ASSERT_EQ(Crt_memset(bytes.data() + at, 0x5AB, size), bytes.data() + at);
      ASSERT_EQ(bytes, expected) << size << " at " << at;
    }
  }
  UCHAR block[4] = {1, 2, 3, 4};
  Crt_RtlFillMemory(block, 2, 9);
  EXPECT_THAT(block, testing::ElementsAre(9, 9, 3, 4));
  Crt_RtlZeroMemory(block, 3);
  EXPECT_THAT(block, testing::ElementsAre(0, 0, 0, 4));
}

TEST(RtlMemory, ComparesUpToTheFirstDifference) {
  for (SIZE_T size = 0; size <= 70; ++size) {
    const auto first = Numbered(size);
    auto second = first;
    EXPECT_EQ(Crt_memcmp(first.data(), second.data(), size), 0);
    EXPECT_EQ(Crt_RtlCompareMemory(first.data(), second.data(), size), size);
    for (SIZE_T at = 0; at < size; ++at) {
      second[at] = 0xFF;
      ASSERT_EQ(Crt_memcmp(first.data(), second.data(), size), -1);
      ASSERT_EQ(Crt_memcmp(second.data(), first.data(), size), 1);
      ASSERT_EQ(Crt_RtlCompareMemory(first.data(), second.data(), size), at);
      second[at] = first[at];
    }
  }
  ULONG pattern[4] = {7, 7, 7, 8};
  EXPECT_EQ(RtlCompareMemoryUlong(pattern, 16, 7), 12u);
  EXPECT_EQ(RtlCompareMemoryUlong(pattern, 7, 7), 4u);
}

TEST(RtlCrt, Compares) {
  EXPECT_EQ(Crt_strcmp("a", "b"), -1);
  EXPECT_EQ(Crt_strcmp("\xFF", "a"), 1);  // unsigned
  EXPECT_EQ(Crt_strncmp("abX", "abY", 2), 0);
  EXPECT_EQ(Crt_stricmp("HeLLo", "hEllO"), 0);
  EXPECT_GT(Crt_stricmp("a_", "aZ"), 'Z' - 'z' - 1);
  EXPECT_EQ(Crt_wcsicmp(u"\u00C4", u"\u00E4"), 0xC4 - 0xE4);  // ASCII only
  EXPECT_EQ(Crt_wcsnicmp(u"\\Device\\X", u"\\DEVICE\\Y", 8), 0);
  EXPECT_LT(Crt_wcscmp(u"a", u"ab"), 0);
}

TEST(RtlCrt, CopiesAndAppends) {
  char buffer[12];
  std::memset(buffer, '#', sizeof buffer);
  EXPECT_EQ(Crt_strncpy(buffer, "ab", 5), buffer);
  EXPECT_EQ(std::string(buffer, 6), std::string("ab\0\0\0#", 6));
  Crt_strncpy(buffer, "abcdef", 3);
  EXPECT_EQ(buffer[3], 0);  // from before: no terminator of its own
  Crt_strcpy(buffer, "ab");
  EXPECT_STREQ(Crt_strncat(buffer, "cdef", 2), "abcd");
  EXPECT_STREQ(Crt_strcat(buffer, "!"), "abcd!");
  EXPECT_STREQ(Crt_strrev(buffer), "!dcba");
  EXPECT_STREQ(Crt_strupr(buffer), "!DCBA");
}

TEST(RtlCrt, Finds) {
  const char* const text = "abcabc";
  EXPECT_EQ(Crt_strchr(text, 'b'), text + 1);
  EXPECT_EQ(Crt_strrchr(text, 'b'), text + 4);
  EXPECT_EQ(Crt_strchr(text, 0), text + 6);
  EXPECT_EQ(Crt_strchr(text, 'x'), nullptr);
  EXPECT_EQ(Crt_strstr(text, "ca"), text + 2);
  EXPECT_EQ(Crt_strstr(text, ""), text);
  EXPECT_EQ(Crt_strstr(text, "abcd"), nullptr);
  EXPECT_EQ(Crt_strspn(text, "ba"), 2u);
  const WCHAR* const wide = u"aab";
  EXPECT_EQ(Crt_wcsstr(wide, u"ab"), wide + 1);
  EXPECT_EQ(Crt_wcscspn(wide, u"b"), 2u);
  EXPECT_EQ(Crt_memchr(text, 'c', 2), nullptr);
  EXPECT_EQ(Crt_strnlen(text, 3), 3u);
}

TEST(RtlCrt, SecureCopies) {
  char buffer[4] = "###";
  EXPECT_EQ(Crt_strcpy_s(buffer, 4, "abc"), 0);
  EXPECT_EQ(Crt_strcpy_s(buffer, 4, "abcd"), 34);
  EXPECT_STREQ(buffer, "");
  EXPECT_EQ(Crt_strcpy_s(nullptr, 4, "a"), 22);
  buffer[0] = 'x';
  EXPECT_EQ(Crt_strcpy_s(buffer, 4, nullptr), 22);
  EXPECT_STREQ(buffer, "");
  EXPECT_EQ(Crt_strncpy_s(buffer, 4, "abcdef", 3), 0);
  EXPECT_STREQ(buffer, "abc");
  EXPECT_EQ(Crt_strncpy_s(buffer, 4, "abcdef", ~SIZE_T{0}), 80);  // _TRUNCATE
  EXPECT_STREQ(buffer, "abc");
  EXPECT_EQ(Crt_strncpy_s(buffer, 4, "abcdef", 4), 34);
  EXPECT_EQ(Crt_strncpy_s(nullptr, 0, nullptr, 0), 0);
  Crt_strcpy_s(buffer, 4, "ab");
  EXPECT_EQ(Crt_strcat_s(buffer, 4, "c"), 0);
  EXPECT_EQ(Crt_strcat_s(buffer, 4, "d"), 34);
  EXPECT_STREQ(buffer, "");
  std::memset(buffer, '#', 4);
  EXPECT_EQ(Crt_strcat_s(buffer, 4, "d"), 22);  // no terminator
  WCHAR wide[3];
  EXPECT_EQ(Crt_wcsncpy_s(wide, 3, u"ab\0", 2), 0);
  EXPECT_EQ(Crt_wcsncat_s(wide, 3, u"xyz", ~SIZE_T{0}), 80);
  EXPECT_EQ(Crt_wcscpy_s(wide, 2, u"ab"), 34);
}

TEST(RtlCrt, SecureMemory) {
  UCHAR block[4] = {1, 2, 3, 4};
  const UCHAR from[4] = {5, 6, 7, 8};
  EXPECT_EQ(Crt_memcpy_s(block, 2, from, 3), 34);
  EXPECT_THAT(block, testing::ElementsAre(0, 0, 3, 4));
  EXPECT_EQ(Crt_memcpy_s(block, 4, from, 4), 0);
  EXPECT_EQ(Crt_memcpy_s(nullptr, 0, nullptr, 0), 0);
  EXPECT_EQ(Crt_memmove_s(block, 2, from, 3), 34);
  EXPECT_EQ(block[0], 5);
}

TEST(RtlCrt, Tokens) {
  char text[] = ",,a,b,,c";
  char* context = nullptr;
  EXPECT_STREQ(Crt_strtok_s(text, ",", &context), "a");
  EXPECT_STREQ(Crt_strtok_s(nullptr, ",", &context), "b");
  EXPECT_STREQ(Crt_strtok_s(nullptr, ",", &context), "c");
  EXPECT_EQ(Crt_strtok_s(nullptr, ",", &context), nullptr);
  EXPECT_EQ(Crt_strtok_s(nullptr, ",", &context), nullptr);
}

TEST(RtlCrt, Numbers) {
  EXPECT_EQ(Crt_atoi(" \t-12x"), -12);
  EXPECT_EQ(Crt_wtoi(u"99999999999"), 2147483647);
  EXPECT_EQ(Crt_atoi("-99999999999"), -2147483647 - 1);
  WCHAR* end = nullptr;
  const WCHAR* const text = u"0x1Fz";
  EXPECT_EQ(Crt_wcstoul(text, &end, 0), 0x1Fu);
  EXPECT_EQ(end, text + 4);
  EXPECT_EQ(Crt_wcstoul(u"-1", nullptr, 10), 0xFFFFFFFFu);
  EXPECT_EQ(Crt_wcstoul(u"4294967296", nullptr, 10), 0xFFFFFFFFu);
  const WCHAR* const none = u"  x";
  EXPECT_EQ(Crt_wcstoul(none, &end, 10), 0u);
  EXPECT_EQ(end, none);
  EXPECT_EQ(Crt_wcstoul(u"0x", &end, 16), 0u);
  EXPECT_EQ(Crt_strtoui64("0777", nullptr, 0), 511u);
  EXPECT_EQ(Crt_strtoui64("18446744073709551616", nullptr, 10), ~0ULL);
  char buffer[40];
  EXPECT_STREQ(Crt_itoa(-255, buffer, 16), "ffffff01");
  EXPECT_STREQ(Crt_itoa(-255, buffer, 10), "-255");
  EXPECT_EQ(Crt_itoa_s(-255, buffer, 5, 10), 0);
  EXPECT_EQ(Crt_itoa_s(-255, buffer, 4, 10), 34);
  EXPECT_STREQ(buffer, "");
  EXPECT_EQ(Crt_itoa_s(1, buffer, 40, 37), 22);
  EXPECT_EQ(Crt_i64toa_s(-1, buffer, 40, 16), 0);
  EXPECT_STREQ(buffer, "ffffffffffffffff");
  EXPECT_EQ(Crt_ui64toa_s(~0ULL, buffer, 40, 36), 0);
  EXPECT_STREQ(buffer, "3w5e11264sgsf");
}

TEST(RtlCrt, Characters) {
  EXPECT_EQ(Crt_toupper('z'), 'Z');
  EXPECT_EQ(Crt_tolower(0xC4), 0xC4);
  EXPECT_EQ(Crt_towupper(u'\u00E4'), u'\u00C4');
  EXPECT_TRUE(Crt_isdigit('7') && !Crt_isdigit('a') && Crt_isxdigit('F') && !Crt_isxdigit('g') && Crt_isspace('\v'));
  WCHAR wide[4];
  EXPECT_EQ(Crt_mbstowcs(wide, "a\x80", 4), 2u);
  EXPECT_EQ(wide[1], u'\u20AC');
  EXPECT_EQ(Crt_mbstowcs(nullptr, "abc", 0), 3u);
  char narrow[2];
  EXPECT_EQ(Crt_wcstombs(narrow, u"xyz", 2), 2u);
}

using RtlCrtSort = ringlet::test::Kernel;

MSABI int CompareInts(const VOID* a, const VOID* b) {
  const int first = *static_cast<const int*>(a);
  const int second = *static_cast<const int*>(b);
  return first < second ? -1 : first > second;
}

TEST_F(RtlCrtSort, SortsAndFinds) {
  Run([] {
    for (SIZE_T count = 0; count < 70; ++count) {
      std::vector<int> values(count);
      nt::rtl::ResetRandom();
      for (int& value : values) value = Crt_rand() % 50;
      auto expected = values;
      std::sort(expected.begin(), expected.end());
      Crt_qsort(values.data(), count, sizeof(int), CompareInts);
      EXPECT_EQ(values, expected);
      for (int key = -1; key < 51; ++key) {
        const auto* const found = static_cast<int*>(Crt_bsearch(&key, values.data(), count, sizeof(int), CompareInts));
        EXPECT_EQ(found != nullptr, std::binary_search(values.begin(), values.end(), key));
        if (found != nullptr) {
          EXPECT_EQ(*found, key);
        }
      }
    }
  });
}

TEST(RtlCrt, RandIsMsvcs) {
  Crt_srand(1);
  EXPECT_EQ(Crt_rand(), 41);
  EXPECT_EQ(Crt_rand(), 18467);
}

}  // namespace
