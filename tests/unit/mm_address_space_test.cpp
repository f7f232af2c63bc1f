// Address spaces, without a machine around them.
#include <cstring>

#include <gtest/gtest.h>

#include "kernel/ex/ex.h"
#include "kernel/hal/hal.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

namespace {

using namespace nt;

class Space : public testing::Test {
 protected:
  void SetUp() override {
    hal::InitializeMemory();
    mm::Initialize();
    ex::Initialize();
    space_ = mm::AddressSpace::Create(nullptr);
  }
  void TearDown() override {
    mm::AddressSpace::Destroy(space_);
    ex::Shutdown();
    mm::Shutdown();
    hal::ShutdownMemory();
  }
  NTSTATUS Allocate(ULONG_PTR* base, SIZE_T size, ULONG type, ULONG protection = PAGE_READWRITE) {
    return space_->Allocate(base, 0, &size, type, protection);
  }
  MEMORY_BASIC_INFORMATION Query(ULONG_PTR address) {
    MEMORY_BASIC_INFORMATION information{};
    EXPECT_EQ(space_->Query(address, &information), STATUS_SUCCESS);
    return information;
  }
  mm::AddressSpace* space_ = nullptr;
};

TEST_F(Space, ReservesInUnitsOf64KiBAndCommitsPages) {
  ULONG_PTR base = 0;
  ASSERT_EQ(Allocate(&base, 100, MEM_RESERVE), STATUS_SUCCESS);
  EXPECT_EQ(base % 0x10000, 0u);
  EXPECT_EQ(Query(base).State, MEM_RESERVE);
  EXPECT_EQ(Query(base).RegionSize, PAGE_SIZE);
  ASSERT_EQ(Allocate(&base, 1, MEM_COMMIT), STATUS_SUCCESS);
  *reinterpret_cast<char*>(base) = 1;
  EXPECT_EQ(Query(base).State, MEM_COMMIT);
  ULONG_PTR next = 0;
  ASSERT_EQ(Allocate(&next, 1, MEM_RESERVE), STATUS_SUCCESS);
  EXPECT_EQ(next, base + 0x10000);
  ULONG_PTR taken = base;
  EXPECT_EQ(Allocate(&taken, 1, MEM_RESERVE), STATUS_CONFLICTING_ADDRESSES);
}

TEST_F(Space, TopDown) {
  ULONG_PTR base = 0;
  ASSERT_EQ(Allocate(&base, 0x20000, MEM_RESERVE | MEM_TOP_DOWN), STATUS_SUCCESS);
  EXPECT_EQ(base + 0x30000, space_->high());
  ULONG_PTR below = 0;
  ASSERT_EQ(Allocate(&below, 1, MEM_RESERVE | MEM_TOP_DOWN), STATUS_SUCCESS);
  EXPECT_EQ(below, base - 0x10000);
}

TEST_F(Space, RefusesWrongRequests) {
  ULONG_PTR base = 0;
  EXPECT_EQ(Allocate(&base, 0, MEM_COMMIT), STATUS_INVALID_PARAMETER_4);
  EXPECT_EQ(Allocate(&base, 1, 0x40), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(Allocate(&base, 1, MEM_COMMIT, PAGE_WRITECOPY), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(Allocate(&base, 1, MEM_COMMIT, PAGE_READONLY | PAGE_READWRITE), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(Allocate(&base, 1, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD), STATUS_INVALID_PAGE_PROTECTION);
  base = mm::kUserProbe;
  EXPECT_EQ(Allocate(&base, 1, MEM_RESERVE), STATUS_INVALID_PARAMETER_2);
  base = space_->low() + 0x100000;
  EXPECT_EQ(Allocate(&base, 1, MEM_COMMIT), STATUS_CONFLICTING_ADDRESSES);
}

TEST_F(Space, DecommittedPagesAreZeroAgain) {
  ULONG_PTR base = 0;
  ASSERT_EQ(Allocate(&base, 0x10000, MEM_COMMIT | MEM_RESERVE), STATUS_SUCCESS);
  char* const memory = reinterpret_cast<char*>(base);
  memory[0x2000] = 1;
  ULONG_PTR page = base + 0x2000;
  SIZE_T size = 1;
  ASSERT_EQ(space_->Free(&page, &size, MEM_DECOMMIT), STATUS_SUCCESS);
  EXPECT_EQ(size, PAGE_SIZE);
  EXPECT_EQ(Query(base).RegionSize, 0x2000u);
  EXPECT_EQ(space_->committed(), 0xf000u);
  ASSERT_EQ(Allocate(&page, 1, MEM_COMMIT), STATUS_SUCCESS);
  EXPECT_EQ(memory[0x2000], 0);
  EXPECT_EQ(Query(base).RegionSize, 0x10000u);
}

TEST_F(Space, ReleasesWholeAndPart) {
  ULONG_PTR base = 0;
  ASSERT_EQ(Allocate(&base, 0x10000, MEM_COMMIT | MEM_RESERVE), STATUS_SUCCESS);
  ULONG_PTR inner = base + 0x4000;
  SIZE_T size = 0;
  EXPECT_EQ(space_->Free(&inner, &size, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
  size = 0x20000;
  EXPECT_EQ(space_->Free(&inner, &size, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);
  size = 0x1000;
  ASSERT_EQ(space_->Free(&inner, &size, MEM_RELEASE), STATUS_SUCCESS);
  EXPECT_EQ(Query(inner).State, MEM_FREE);
  EXPECT_EQ(Query(base).RegionSize, 0x4000u);
  EXPECT_EQ(Query(base + 0x5000).AllocationBase, reinterpret_cast<void*>(base + 0x5000));
  size = 0;
  EXPECT_EQ(space_->Free(&base, &size, MEM_RELEASE), STATUS_SUCCESS);
  EXPECT_EQ(size, 0x4000u);
  EXPECT_EQ(space_->Free(&base, &size, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
}

TEST_F(Space, Protects) {
  ULONG_PTR base = 0;
  ASSERT_EQ(Allocate(&base, 0x8000, MEM_RESERVE), STATUS_SUCCESS);
  ASSERT_EQ(Allocate(&base, 0x4000, MEM_COMMIT), STATUS_SUCCESS);
  ULONG_PTR start = base + 0x1001;
  SIZE_T size = 1;
  ULONG old = 0;
  ASSERT_EQ(space_->Protect(&start, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
  EXPECT_EQ(old, PAGE_READWRITE);
  EXPECT_EQ(start, base + 0x1000);
  EXPECT_EQ(Query(base + 0x1000).RegionSize, PAGE_SIZE);
  EXPECT_EQ(Query(base + 0x1000).AllocationProtect, PAGE_READWRITE);
  size = 0x5000;
  EXPECT_EQ(space_->Protect(&base, &size, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
}

TEST_F(Space, GuardPagesFaultOnce) {
  ULONG_PTR base = 0;
  ASSERT_EQ(Allocate(&base, 0x1000, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD), STATUS_SUCCESS);
  EXPECT_EQ(Query(base).Protect, PAGE_READWRITE | PAGE_GUARD);
  EXPECT_EQ(mm::HandleUserFault(base, false), STATUS_GUARD_PAGE_VIOLATION);
  EXPECT_EQ(mm::HandleUserFault(base, false), STATUS_ACCESS_VIOLATION);
  *reinterpret_cast<char*>(base) = 1;
}

TEST_F(Space, StacksHaveAGuardPage) {
  ULONG_PTR allocation, limit, end;
  ASSERT_EQ(space_->CreateStack(0x100000, 0x2000, &allocation, &limit, &end), STATUS_SUCCESS);
  EXPECT_EQ(end, allocation + 0x100000 + mm::kStackOverflowRoom);
  EXPECT_EQ(limit, end - 0x2000);
  EXPECT_EQ(Query(limit - 1).Protect, PAGE_READWRITE | PAGE_GUARD);
  EXPECT_EQ(Query(allocation).State, MEM_RESERVE);
}

TEST_F(Space, ViewsShareTheirPages) {
  mm::SectionPages* const pages = mm::CreateSectionPages(0x20000);
  ULONG_PTR first = 0, second = 0;
  SIZE_T size = 0;
  ASSERT_EQ(space_->MapView({pages, 0x20000, 0}, &first, &size, 0, PAGE_READWRITE), STATUS_SUCCESS);
  EXPECT_EQ(size, 0x20000u);
  size = 0x1000;
  ASSERT_EQ(space_->MapView({pages, 0x20000, 0x10000}, &second, &size, 0, PAGE_READONLY), STATUS_SUCCESS);
  mm::DereferenceSectionPages(pages);
  for (SIZE_T i = 0; i < 0x20000; ++i) ASSERT_EQ(reinterpret_cast<const char*>(first)[i], 0);
  reinterpret_cast<char*>(first)[0x10005] = 42;
  EXPECT_EQ(reinterpret_cast<char*>(second)[5], 42);
  EXPECT_EQ(space_->PhysicalAddressOf(first + 0x10005), space_->PhysicalAddressOf(second + 5));
  EXPECT_EQ(Query(first).Type, MEM_MAPPED);
  SIZE_T none = 0;
  EXPECT_EQ(space_->Free(&first, &none, MEM_RELEASE), STATUS_UNABLE_TO_DELETE_SECTION);
  EXPECT_EQ(space_->UnmapView(first + 0x3000), STATUS_SUCCESS);
  EXPECT_EQ(space_->UnmapView(first), STATUS_NOT_MAPPED_VIEW);
  EXPECT_EQ(reinterpret_cast<char*>(second)[5], 42);
}

TEST_F(Space, FreeRangesAreDescribed) {
  const auto information = Query(space_->low());
  EXPECT_EQ(information.State, MEM_FREE);
  EXPECT_EQ(information.Protect, PAGE_NOACCESS);
  EXPECT_EQ(Query(mm::kSharedUserData).Protect, PAGE_READONLY);
  MEMORY_BASIC_INFORMATION unused;
  EXPECT_EQ(space_->Query(mm::kUserProbe, &unused), STATUS_INVALID_PARAMETER);
}

TEST(Low, ContiguousMemoryIsWhereItIsWanted) {
  hal::InitializeMemory();
  mm::Initialize();
  ex::Initialize();
  PHYSICAL_ADDRESS limit;
  limit.QuadPart = 0xffffff;
  auto* const memory = static_cast<char*>(MmAllocateContiguousMemory(0x10000, limit));
  ASSERT_NE(memory, nullptr);
  std::memset(memory, 1, 0x10000);
  limit.QuadPart = 0xfffff;
  EXPECT_EQ(MmAllocateContiguousMemory(0x10000, limit), nullptr);
  MmFreeContiguousMemory(memory);
  limit.QuadPart = -1;
  EXPECT_NE(MmAllocateContiguousMemory(1, limit), nullptr);
  ex::Shutdown();
  mm::Shutdown();
  hal::ShutdownMemory();
}

}  // namespace
