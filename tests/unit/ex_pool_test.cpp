// The pools, without a machine around them.
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/ex/ex.h"
#include "kernel/hal/hal.h"
#include "kernel/mm/mm.h"

namespace {

using namespace nt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr ULONG kTag = 0x74736554;  // 'Test'

class Pool : public testing::Test {
 protected:
  void SetUp() override {
    hal::InitializeMemory();
    mm::Initialize();
    ex::Initialize();
  }
  void TearDown() override {
    ex::Shutdown();
    mm::Shutdown();
    hal::ShutdownMemory();
  }
};

ULONG_PTR Number(const void* pointer) { return reinterpret_cast<ULONG_PTR>(pointer); }

TEST_F(Pool, SmallBlocksAreAlignedAndStayInAPage) {
  for (SIZE_T size = 0; size < PAGE_SIZE; ++size) {
    void* const block = ExAllocatePoolWithTag(NonPagedPoolNx, size, kTag);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(Number(block) % 16, 0u) << size;
    if (size != 0) {
      EXPECT_EQ(Number(block) / PAGE_SIZE, (Number(block) + size - 1) / PAGE_SIZE) << size;
      std::memset(block, 0xab, size);
    }
    ExFreePoolWithTag(block, kTag);
  }
  EXPECT_THAT(ex::VerifyPool(), IsEmpty());
}

TEST_F(Pool, BlocksOfAPageOrMoreAreOnAPage) {
  for (const SIZE_T size : {SIZE_T{4096}, SIZE_T{4097}, SIZE_T{65536}, SIZE_T{1 << 20}, SIZE_T{40 << 20}}) {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, size, kTag));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(Number(block) % PAGE_SIZE, 0u);
    block[0] = block[size - 1] = 1;
    ExFreePool(block);
  }
}

TEST_F(Pool, ImpossibleSizesFail) {
  EXPECT_EQ(ExAllocatePoolWithTag(NonPagedPool, ~SIZE_T{0}, kTag), nullptr);
  EXPECT_EQ(ExAllocatePoolWithTag(PagedPool, SIZE_T{1} << 40, kTag), nullptr);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED, ~SIZE_T{15}, kTag), nullptr);
}

TEST_F(Pool, Pool2ZeroesAndChecksItsFlags) {
  for (int i = 0; i < 100; ++i) {
    auto* const block = static_cast<unsigned char*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 500, kTag));
    for (int k = 0; k < 500; ++k) ASSERT_EQ(block[k], 0);
    std::memset(block, 0xff, 500);
    ExFreePool(block);
  }
  EXPECT_EQ(ExAllocatePool2(0, 16, kTag), nullptr);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 16, kTag), nullptr);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED, 16, 0), nullptr);
  EXPECT_EQ(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RESERVED1, 16, kTag), nullptr);
  void* const optional = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_OPTIONAL_START << 5, 16, kTag);
  EXPECT_NE(optional, nullptr);
  ExFreePool(optional);
}

TEST_F(Pool, Pool3RefusesWhatItMustUnderstand) {
  POOL_EXTENDED_PARAMETER parameter{};
  parameter.Type = PoolExtendedParameterSecurePool;
  EXPECT_EQ(ExAllocatePool3(POOL_FLAG_PAGED, 16, kTag, &parameter, 1), nullptr);
  parameter.Optional = 1;
  void* const block = ExAllocatePool3(POOL_FLAG_PAGED, 16, kTag, &parameter, 1);
  EXPECT_NE(block, nullptr);
  ExFreePool2(block, kTag, nullptr, 0);
}

TEST_F(Pool, CacheAlignedBlocksAre) {
  void* const block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, 100, kTag);
  EXPECT_EQ(Number(block) % 64, 0u);
  ExFreePool(block);
}

TEST_F(Pool, CountsByTag) {
  void* const a = ExAllocatePoolWithTag(PagedPool, 100, kTag);
  void* const b = ExAllocatePoolWithTag(NonPagedPoolNx, 5000, kTag);
  const auto statistics = ex::PoolStatistics();
  ASSERT_THAT(statistics, SizeIs(2));
  EXPECT_FALSE(statistics[0].paged);
  EXPECT_EQ(statistics[0].bytes, 5000u);
  EXPECT_EQ(statistics[1].bytes, 100u);
  ExFreePool(a);
  EXPECT_EQ(ex::PoolStatistics()[1].bytes, 0u);
  EXPECT_EQ(ex::PoolStatistics()[1].peak_bytes, 100u);
  int live = 0;
  ex::ForEachAllocation([&](const ex::Allocation& allocation) {
    ++live;
    EXPECT_EQ(allocation.address, Number(b));
    EXPECT_EQ(allocation.tag, kTag);
  });
  EXPECT_EQ(live, 1);
}

TEST_F(Pool, DescribesAddresses) {
  auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 64, kTag));
  EXPECT_THAT(ex::DescribePoolAddress(Number(block) + 8), HasSubstr("8 bytes into a live paged pool block, tag Test, 64 bytes"));
  EXPECT_THAT(ex::DescribePoolAddress(Number(block) + 70), HasSubstr("6 bytes behind the end of a live"));
  ExFreePool(block);
  EXPECT_THAT(ex::DescribePoolAddress(Number(block)), HasSubstr("start of a freed paged pool block"));
  EXPECT_EQ(ex::DescribePoolAddress(0x1234), "");
}

TEST_F(Pool, FindsWritesAfterTheFree) {
  auto* const block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, 64, kTag));
  ExFreePool(block);
  block[10] = 1;
  ASSERT_THAT(ex::VerifyPool(), SizeIs(1));
  EXPECT_THAT(ex::VerifyPool()[0], HasSubstr("10 bytes into a freed non-paged pool block, tag Test"));
}

TEST_F(Pool, FindsOverruns) {
  for (const SIZE_T size : {SIZE_T{12}, SIZE_T{64}, SIZE_T{1000}, SIZE_T{5000}}) {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, size, kTag));
    const char old = block[size];
    block[size] = 0;
    EXPECT_THAT(ex::VerifyPool(), SizeIs(1)) << size;
    block[size] = old;
    ExFreePool(block);
  }
}

TEST_F(Pool, FreedBlocksWaitBeforeTheyAreUsedAgain) {
  void* const block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, kTag);
  ExFreePool(block);
  void* const next = ExAllocatePoolWithTag(NonPagedPoolNx, 64, kTag);
  EXPECT_NE(block, next);
  ExFreePool(next);
}

TEST_F(Pool, FreePagesAreJoined) {
  void* blocks[3];
  for (void*& block : blocks) block = ExAllocatePoolWithTag(PagedPool, 1 << 20, kTag);
  for (void* const block : blocks) ExFreePool(block);
  EXPECT_EQ(ExAllocatePoolWithTag(PagedPool, 3 << 20, kTag), blocks[0]);
}

TEST_F(Pool, LetsTheNthAllocationFail) {
  ex::SetAllocationFaults({.number = 2});
  void* const first = ExAllocatePoolWithTag(PagedPool, 77, kTag);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(ExAllocatePoolWithTag(PagedPool, 77, kTag), nullptr);
  void* const third = ExAllocatePoolWithTag(PagedPool, 77, kTag);
  EXPECT_NE(third, nullptr);
  ExFreePool(first);
  ExFreePool(third);
}

TEST_F(Pool, TheSeedDecidesWhichAllocationsFail) {
  const auto failures = [&](ULONG64 seed) {
    ex::SetAllocationFaults({.one_in = 4, .seed = seed});
    std::string pattern;
    for (int i = 0; i < 64; ++i) {
      void* const block = ExAllocatePoolWithTag(PagedPool, 32, kTag);
      pattern += block != nullptr ? '.' : 'x';
      if (block != nullptr) ExFreePool(block);
    }
    return pattern;
  };
  const std::string one = failures(1);
  EXPECT_THAT(one, HasSubstr("x"));
  EXPECT_THAT(one, HasSubstr("."));
  EXPECT_EQ(one, failures(1));
  EXPECT_NE(one, failures(2));
  ex::SetAllocationFaults({});
}

TEST_F(Pool, SpecialBlocksEndAtAPage) {
  ex::SetSpecialPool(true);
  for (const SIZE_T size : {SIZE_T{16}, SIZE_T{100}, SIZE_T{4096}, SIZE_T{10000}}) {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, size, kTag));
    std::memset(block, 1, size);
    if (size < PAGE_SIZE) {
      EXPECT_LT(-(Number(block) + size) % PAGE_SIZE, 16u);
    }
    ExFreePool(block);
    EXPECT_TRUE(ex::IsFreedSpecialPool(Number(block)));
    EXPECT_THAT(ex::DescribePoolAddress(Number(block)), HasSubstr("freed paged pool block"));
  }
}

TEST_F(Pool, AProcessIsChargedUpToItsQuota) {
  auto* const process = reinterpret_cast<PEPROCESS>(0x1000);
  EXPECT_TRUE(ex::ChargePoolQuota(process, true, SIZE_T{1} << 40)) << "without a limit";
  ex::ReturnPoolQuota(process, true, SIZE_T{1} << 40);
  ex::SetPoolQuotas(1000, 2000);
  EXPECT_TRUE(ex::ChargePoolQuota(process, false, 900));
  EXPECT_FALSE(ex::ChargePoolQuota(process, false, 101));
  EXPECT_TRUE(ex::ChargePoolQuota(process, true, 2000)) << "paged pool is counted apart";
  EXPECT_TRUE(ex::ChargePoolQuota(process, false, 100));
  ex::ReturnPoolQuota(process, false, 500);
  EXPECT_EQ(ex::PoolQuotaOf(process, false).bytes, 500u);
  EXPECT_EQ(ex::PoolQuotaOf(process, false).peak, 1000u);
  ex::ForgetPoolQuota(process);
  EXPECT_EQ(ex::PoolQuotaOf(process, false).peak, 0u);
}

TEST_F(Pool, PagesAreCountedAndLimited) {
  mm::SetMemorySize(SIZE_T{64} << 20);
  const SIZE_T before = ex::PoolPages(false);
  void* const block = ExAllocatePoolWithTag(NonPagedPoolNx, SIZE_T{16} << 20, kTag);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(ex::PoolPages(false) - before, 4096u);
  EXPECT_EQ(mm::AvailablePages(), mm::PhysicalPages() - mm::CommittedPages());
  EXPECT_EQ(ExAllocatePoolWithTag(NonPagedPoolNx, SIZE_T{33} << 20, kTag), nullptr) << "three quarters of memory are the most";
  ExFreePool(block);
  EXPECT_EQ(ex::PoolPages(false), before);
}

}  // namespace
