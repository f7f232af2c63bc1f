#include "kernel/ke/call_text.h"

#include <gtest/gtest.h>

namespace {

constexpr ULONG_PTR kGarbage = 0xDDDDDDDDDDDDDDDD;

TEST(CallText, ShowsOfANarrowArgumentOnlyItsOwnBytes) {
  const nt::api::Export* const entry = nt::api::Find("ntoskrnl.exe", "IoCreateDevice");
  ASSERT_NE(entry, nullptr);
  const ULONG_PTR arguments[] = {0x1122334455667788, kGarbage << 32 | 5, 0x10, kGarbage << 32 | 0x22,
                                 kGarbage << 32,     kGarbage << 8 | 1,  0x20};
  EXPECT_EQ(nt::ke::CallText(*entry, arguments), "IoCreateDevice(1122334455667788, 5, 10, 22, 0, 1, 20)");
}

TEST(CallText, KnowsEnumerationsFromPointers) {
  const nt::api::Export* const event = nt::api::Find("ntoskrnl.exe", "KeInitializeEvent");
  ASSERT_NE(event, nullptr);
  const ULONG_PTR arguments[] = {kGarbage, kGarbage << 32 | 1, kGarbage << 8};
  EXPECT_EQ(nt::ke::CallText(*event, arguments), "KeInitializeEvent(dddddddddddddddd, 1, 0)");
}

}  // namespace
