// What stops the machine: pool and MDLs used against the rules; and what MDLs do when they are used right.
#include <cstring>

#include "ex_kernel_fixture.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" PMDL MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length);

namespace {

using namespace nt;
using Misuse = ringlet::test::Kernel;
using testing::HasSubstr;

constexpr ULONG kTag = 0x74736554;  // 'Test'

TEST_F(Misuse, DoubleFree) {
  void* block = nullptr;
  const auto& info = RunToBugCheck([&] {
    block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, kTag);
    ExFreePool(block);
    ExFreePool(block);
  });
  EXPECT_EQ(info.code, BAD_POOL_CALLER);
  EXPECT_EQ(info.parameters[0], 7u);
  EXPECT_EQ(info.parameters[3], reinterpret_cast<ULONG_PTR>(block));
  EXPECT_THAT(info.details, HasSubstr("tag Test"));
}

TEST_F(Misuse, WrongTag) {
  const auto& info = RunToBugCheck([&] { ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 64, kTag), kTag + 1); });
  EXPECT_EQ(info.code, BAD_POOL_CALLER);
  EXPECT_EQ(info.parameters[0], 0xau);
  EXPECT_EQ(info.parameters[2], kTag);
  EXPECT_EQ(info.parameters[3], kTag + 1);
}

TEST_F(Misuse, FreeOfSomethingElse) {
  const auto& info = RunToBugCheck([&] { ExFreePool(static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 64, kTag)) + 16); });
  EXPECT_EQ(info.code, BAD_POOL_CALLER);
  EXPECT_EQ(info.parameters[0], 0x46u);
}

TEST_F(Misuse, FreeOfNull) {
  EXPECT_EQ(RunToBugCheck([] { ExFreePool(nullptr); }).parameters[0], 0x46u);
}

TEST_F(Misuse, Overrun) {
  const auto& info = RunToBugCheck([&] {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 60, kTag));
    block[60] = 1;
    ExFreePool(block);
  });
  EXPECT_EQ(info.code, BAD_POOL_HEADER);
  EXPECT_EQ(info.parameters[0], 0x20u);
}

TEST_F(Misuse, Underrun) {
  const auto& info = RunToBugCheck([&] {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 60, kTag));
    block[-8] = static_cast<char>(block[-8] + 1);
    ExFreePool(block);
  });
  EXPECT_EQ(info.code, BAD_POOL_HEADER);
}

TEST_F(Misuse, UnderrunIntoTheSize) {
  const auto& info = RunToBugCheck([&] {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 64, kTag));
    block[-4] = 63;  // where nothing else would be found to be wrong
    block[63] = block[64];
    block[64] = block[65];
    block[65] = block[66];
    block[66] = block[67];
    ExFreePool(block);
  });
  EXPECT_EQ(info.code, BAD_POOL_HEADER);
}

TEST_F(Misuse, WriteAfterFree) {
  const auto& info = RunToBugCheck([&] {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 60, kTag));
    ExFreePool(block);
    block[20] = 1;
    for (int i = 0; i < 1000; ++i) ExFreePool(ExAllocatePoolWithTag(PagedPool, 60, kTag));
  });
  EXPECT_EQ(info.code, DRIVER_CAUGHT_MODIFYING_FREED_POOL);
  EXPECT_THAT(info.details, HasSubstr("20 bytes into a freed paged pool block"));
}

TEST_F(Misuse, PagedPoolAtDispatchLevel) {
  const auto& info = RunToBugCheck([] {
    ke::RaiseIrql(DISPATCH_LEVEL);
    ExAllocatePoolWithTag(PagedPool, 60, kTag);
  });
  EXPECT_EQ(info.code, BAD_POOL_CALLER);
  EXPECT_EQ(info.parameters[0], 8u);
  EXPECT_EQ(info.parameters[1], 2u);
}

TEST_F(Misuse, MustSucceed) {
  EXPECT_EQ(RunToBugCheck([] { ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 60, kTag); }).parameters[0], 0x9au);
}

TEST_F(Misuse, MdlMapsTwice) {
  Run([] {
    auto* const block = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, 10000, kTag));
    PMDL const mdl = MmCreateMdl(nullptr, block + 100, 9000);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(mdl->MappedSystemVa, block + 100);
    EXPECT_EQ(MmSizeOfMdl(block + 100, 9000), sizeof(MDL) + 3 * 8);
    ExFreePool(mdl);

    PMDL const locked = MmCreateMdl(nullptr, block + 100, 9000);
    MmProbeAndLockPages(locked, KernelMode, IoModifyAccess);
    EXPECT_EQ(locked->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    auto* const second = static_cast<char*>(MmMapLockedPagesSpecifyCache(locked, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority));
    EXPECT_NE(second, nullptr);
    EXPECT_NE(second, block + 100);
    second[5000] = 42;
    EXPECT_EQ(block[5100], 42);
    EXPECT_EQ(MmGetPhysicalAddress(second + 5000).QuadPart, MmGetPhysicalAddress(block + 5100).QuadPart);
    int mappings = 0;
    mm::ForEachMapping([&](const mm::Mapping&) { ++mappings; });
    EXPECT_EQ(mappings, 2);
    MmUnlockPages(locked);
    EXPECT_EQ(locked->MdlFlags, 0);
    EXPECT_FALSE(MmIsAddressValid(second));
    EXPECT_TRUE(MmIsAddressValid(block));
    ExFreePool(locked);
    ExFreePool(block);
  });
}

TEST_F(Misuse, UnlockTwice) {
  const auto& info = RunToBugCheck([] {
    PMDL const mdl = MmCreateMdl(nullptr, ExAllocatePoolWithTag(NonPagedPoolNx, 100, kTag), 100);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmUnlockPages(mdl);
    MmUnlockPages(mdl);
  });
  EXPECT_EQ(info.code, PFN_LIST_CORRUPT);
}

TEST_F(Misuse, DeviceMemoryIsZeroAndRemembers) {
  Run([] {
    PHYSICAL_ADDRESS address;
    address.QuadPart = 0xfeb00010;
    auto* const first = static_cast<char*>(MmMapIoSpace(address, 100, MmNonCached));
    EXPECT_EQ(reinterpret_cast<ULONG_PTR>(first) % PAGE_SIZE, 0x10u);
    EXPECT_EQ(first[0], 0);
    first[0] = 7;
    MmUnmapIoSpace(first, 100);
    auto* const second = static_cast<char*>(MmMapIoSpace(address, 1, MmNonCached));
    EXPECT_EQ(second[0], 7);
    MmUnmapIoSpace(second, 1);
  });
}

TEST_F(Misuse, UserMemoryIsCopiedWithCare) {
  Run([] {
    char buffer[16] = {};
    EXPECT_EQ(mm::CopyFromUser(buffer, nullptr, 4), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(mm::CopyFromUser(buffer, buffer, 4), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(mm::CopyFromUser(buffer, reinterpret_cast<void*>(0x10000), 4), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(mm::ProbeUserRead(reinterpret_cast<void*>(0x10001), 4, 4), STATUS_DATATYPE_MISALIGNMENT);
    EXPECT_EQ(mm::ProbeUserRead(reinterpret_cast<void*>(mm::kUserProbe - 2), 4, 1), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(mm::ProbeUserRead(reinterpret_cast<void*>(~ULONG_PTR{0}), 0, 1), STATUS_SUCCESS);
    EXPECT_EQ(mm::ProbeUserWrite(reinterpret_cast<void*>(0x10000), 4, 4), STATUS_ACCESS_VIOLATION);
  });
}

}  // namespace
