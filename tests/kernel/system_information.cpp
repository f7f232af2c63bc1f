// ZwQuerySystemInformation: the machine as a whole.
#include "ktest.h"

extern "C" NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);

namespace {

constexpr ULONG kTag = 'ofnI';

/// Asks until the buffer is large enough; the caller frees it.
PVOID Query(ULONG information_class) {
  ULONG length = 0;
  NTSTATUS status = ZwQuerySystemInformation(information_class, nullptr, 0, &length);
  while (status == STATUS_INFO_LENGTH_MISMATCH) {
    length += 4096;
    PVOID buffer = ExAllocatePoolWithTag(PagedPool, length, kTag);
    if (buffer == nullptr) return nullptr;
    status = ZwQuerySystemInformation(information_class, buffer, length, &length);
    if (NT_SUCCESS(status)) return buffer;
    ExFreePoolWithTag(buffer, kTag);
  }
  return nullptr;
}

}  // namespace

KTEST(BasicInformationNeedsItsSize) {
  struct {
    ULONG reserved, resolution, page_size, pages, lowest, highest, granularity;
    ULONG_PTR minimum, maximum, processors;
    CCHAR count;
  } basic;
  static_assert(sizeof basic == 0x40);
  ULONG length = 0;
  EXPECT_EQ(ZwQuerySystemInformation(0, &basic, sizeof basic, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, sizeof basic);
  EXPECT_EQ(basic.page_size, PAGE_SIZE);
  EXPECT_EQ(basic.granularity, 0x10000);
  EXPECT(basic.pages >= 16384);
  EXPECT_EQ(basic.count, (CCHAR)KeQueryActiveProcessorCount(nullptr));
  EXPECT_EQ(ZwQuerySystemInformation(0, &basic, sizeof basic - 1, &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(length, sizeof basic);
  EXPECT_EQ(ZwQuerySystemInformation(9999, &basic, sizeof basic, &length), STATUS_INVALID_INFO_CLASS);
}

KTEST(PerformanceCountsMemory) {
  static UCHAR before[0x158], after[0x158];
  ULONG length = 0;
  REQUIRE(NT_SUCCESS(ZwQuerySystemInformation(2, before, sizeof before, &length)));
  PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 4 << 20, kTag);
  REQUIRE(block != nullptr);
  REQUIRE(NT_SUCCESS(ZwQuerySystemInformation(2, after, sizeof after, &length)));
  ExFreePoolWithTag(block, kTag);
  const auto at = [](const UCHAR* data, ULONG offset) { return *(const ULONG*)(data + offset); };
  EXPECT_EQ(at(before, 0x2c) - at(after, 0x2c), 1024);  // available
  EXPECT_EQ(at(after, 0x30) - at(before, 0x30), 1024);  // committed
  EXPECT_EQ(at(after, 0x74) - at(before, 0x74), 1024);  // non-paged pool
  EXPECT(at(after, 0x34) > at(after, 0x30));
}

KTEST(PoolTagsAreListed) {
  PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 12345, kTag);
  REQUIRE(block != nullptr);
  struct Entry {
    ULONG tag, paged_allocations, paged_frees;
    SIZE_T paged_used;
    ULONG allocations, frees;
    SIZE_T used;
  };
  struct Tags {
    ULONG count;
    Entry entries[1];
  };
  auto tags = static_cast<Tags*>(Query(22));
  REQUIRE(tags != nullptr);
  bool found = false;
  for (ULONG i = 0; i < tags->count; ++i) {
    if (tags->entries[i].tag != kTag) continue;
    found = true;
    EXPECT_EQ(tags->entries[i].used, 12345);
    EXPECT(tags->entries[i].paged_allocations != 0);
  }
  EXPECT(found);
  ExFreePoolWithTag(tags, kTag);
  struct Big {
    ULONG count;
    struct {
      ULONG_PTR address;
      SIZE_T size;
      ULONG tag;
    } entries[1];
  };
  auto big = static_cast<Big*>(Query(66));
  REQUIRE(big != nullptr);
  found = false;
  for (ULONG i = 0; i < big->count; ++i) found |= big->entries[i].address == ((ULONG_PTR)block | 1) && big->entries[i].size >= 12345;
  EXPECT(found);
  ExFreePoolWithTag(big, kTag);
  ExFreePoolWithTag(block, kTag);
}

KTEST(SmallClasses) {
  UCHAR buffer[64];
  ULONG length = 0;
  EXPECT_EQ(ZwQuerySystemInformation(35, buffer, 2, &length), STATUS_SUCCESS);  // kernel debugger
  EXPECT_EQ(buffer[0], FALSE);
  EXPECT_EQ(buffer[1], TRUE);
  ULONG integrity[2] = {8, 0};
  EXPECT_EQ(ZwQuerySystemInformation(103, integrity, 8, &length), STATUS_SUCCESS);
  EXPECT(integrity[1] & 1);
  EXPECT_EQ(ZwQuerySystemInformation(103, integrity, 4, &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwQuerySystemInformation(33, buffer, 16, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 16);
  EXPECT_EQ(ZwQuerySystemInformation(50, buffer, 8, &length), STATUS_SUCCESS);
  EXPECT(*(PULONG_PTR)buffer >= (ULONG_PTR)MmHighestUserAddress);
  // One processor's times, though there are more.
  EXPECT_EQ(ZwQuerySystemInformation(8, buffer, 0x30, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 0x30);
  EXPECT_EQ(ZwQuerySystemInformation(8, buffer, 0x2f, &length), STATUS_INFO_LENGTH_MISMATCH);
  // The first half of the time of day.
  EXPECT_EQ(ZwQuerySystemInformation(3, buffer, 16, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 16);
  EXPECT_EQ(ZwQuerySystemInformation(3, buffer, 0x31, &length), STATUS_INFO_LENGTH_MISMATCH);
}

KTEST(LookasideListsAndModules) {
  static NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 256, kTag, 0);
  struct Lookaside {
    USHORT depth, maximum;
    ULONG allocates, allocate_misses, frees, free_misses, type, tag, size;
  };
  ULONG length = 0;
  Lookaside lists[32];
  REQUIRE(NT_SUCCESS(ZwQuerySystemInformation(45, lists, sizeof lists, &length)));
  bool found = false;
  for (ULONG i = 0; i < length / sizeof(Lookaside); ++i) found |= lists[i].tag == kTag && lists[i].size == 256;
  EXPECT(found);
  ExDeleteNPagedLookasideList(&list);
  auto module = static_cast<PUCHAR>(Query(77));
  REQUIRE(module != nullptr);
  PUCHAR const start = module;
  found = false;
  for (; *(PUSHORT)module != 0; module += *(PUSHORT)module) found |= *(PVOID*)(module + 8 + 0x10) == ktest::driver->DriverStart;
  EXPECT(found);
  ExFreePoolWithTag(start, kTag);
}
