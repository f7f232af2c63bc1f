// Expectations of client programs: what holds is silent, what does not is a line.
#pragma once

#include <cstdio>

inline int failures = 0;

inline void ExpectEqual(long long actual, long long expected, const char* what, int line) {
  // A status is the same whether it was extended with its sign or not.
  if (actual == expected || (actual >> 32 == -1 && static_cast<unsigned>(actual) == expected)) return;
  ++failures;
  std::printf("line %d: %s is 0x%llX, not 0x%llX\n", line, what, actual & 0xFFFFFFFF, expected & 0xFFFFFFFF);
}

#define EXPECT_EQ(actual, expected) ExpectEqual((long long)(actual), (long long)(expected), #actual, __LINE__)
#define EXPECT(condition) ExpectEqual((condition) ? 1 : 0, 1, #condition, __LINE__)

/// The program's last line, and its exit code.
inline int Verdict() {
  std::printf(failures == 0 ? "as expected\n" : "%d failures\n", failures);
  return failures;
}
