// Pools: what each allocation function promises about address, contents and failure.
#include "ktest.h"

using namespace ktest;

namespace {
constexpr ULONG kTag = 'looP';

bool AllBytesAre(const void* memory, SIZE_T size, UCHAR value) {
  const UCHAR* bytes = static_cast<const UCHAR*>(memory);
  for (SIZE_T i = 0; i < size; i++) {
    if (bytes[i] != value) return false;
  }
  return true;
}

/// More than the machine can have.
constexpr SIZE_T kTooMuch = SIZE_T{1} << 46;

template <typename Allocate>
NTSTATUS ExceptionOf(Allocate allocate) {
  __try {
    allocate();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(BlocksAreAligned) {
  constexpr POOL_FLAGS kPools[] = {POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE, POOL_FLAG_PAGED};
  for (const POOL_FLAGS flags : kPools) {
    for (SIZE_T size = 1; size <= 3 * PAGE_SIZE; size = size * 3 / 2 + 1) {
      PVOID block = ExAllocatePool2(flags, size, kTag);
      REQUIRE(block != nullptr);
      EXPECT_EQ(reinterpret_cast<ULONG_PTR>(block) & 15, 0);
      if (size >= PAGE_SIZE) EXPECT_EQ(reinterpret_cast<ULONG_PTR>(block) & (PAGE_SIZE - 1), 0);
      ExFreePoolWithTag(block, kTag);
    }
  }
}

KTEST(BlockOfAPageOrLessStaysInOnePage) {
  for (SIZE_T size = 8; size <= PAGE_SIZE; size += 488) {
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, size, kTag);
    REQUIRE(block != nullptr);
    const ULONG_PTR first = reinterpret_cast<ULONG_PTR>(block), last = first + size - 1;
    EXPECT_EQ(first >> PAGE_SHIFT, last >> PAGE_SHIFT);
    ExFreePoolWithTag(block, kTag);
  }
}

KTEST(Pool2ZeroesUnlessToldNot) {
  constexpr SIZE_T kSizes[] = {1, 100, 5000};
  for (const SIZE_T size : kSizes) {
    PVOID dirty = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, size, kTag);
    REQUIRE(dirty != nullptr);
    RtlFillMemory(dirty, size, 0xcc);
    ExFreePoolWithTag(dirty, kTag);
    PVOID clean = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, kTag);
    REQUIRE(clean != nullptr);
    EXPECT(AllBytesAre(clean, size, 0));
    ExFreePoolWithTag(clean, kTag);
  }
}

KTEST(ZeroFlagOfTheOldFunctionsZeroes) {
  PVOID block = ExAllocatePoolWithTag(static_cast<POOL_TYPE>(NonPagedPoolNx | POOL_ZERO_ALLOCATION), 300, kTag);
  REQUIRE(block != nullptr);
  EXPECT(AllBytesAre(block, 300, 0));
  ExFreePool(block);
}

KTEST(Pool2NeedsATagAndOnePool) {
  EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 0) == nullptr);
  EXPECT(ExAllocatePool2(0, 16, kTag) == nullptr);
  EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 16, kTag) == nullptr);
  EXPECT_EQ(ExceptionOf([] { ExAllocatePool2(POOL_FLAG_RAISE_ON_FAILURE, 16, kTag); }), STATUS_INVALID_PARAMETER);
}

KTEST(UnknownFlagsMatterInTheLowerHalfOnly) {
  EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x40000000, 16, kTag) == nullptr);
  PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x8000000000000000ULL, 16, kTag);
  EXPECT(block != nullptr);
  if (block) ExFreePoolWithTag(block, kTag);
}

KTEST(FailureIsNullOrAnException) {
  EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED, kTooMuch, kTag) == nullptr);
  EXPECT(ExAllocatePoolWithTag(PagedPool, kTooMuch, kTag) == nullptr);
  EXPECT_EQ(ExceptionOf([] { ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, kTooMuch, kTag); }),
            STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(
      ExceptionOf([] { ExAllocatePoolWithTag(static_cast<POOL_TYPE>(NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE), kTooMuch, kTag); }),
      STATUS_INSUFFICIENT_RESOURCES);
}

KTEST(QuotaFormsRaiseUnlessToldNot) {
  EXPECT_EQ(ExceptionOf([] { ExAllocatePoolWithQuotaTag(PagedPool, kTooMuch, kTag); }), STATUS_INSUFFICIENT_RESOURCES);
  EXPECT(ExAllocatePoolWithQuotaTag(static_cast<POOL_TYPE>(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), kTooMuch, kTag) == nullptr);
  PVOID block = ExAllocatePoolWithQuotaTag(PagedPool, 64, kTag);
  REQUIRE(block != nullptr);
  ExFreePoolWithTag(block, kTag);
  block = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 64, kTag);
  REQUIRE(block != nullptr);
  ExFreePoolWithTag(block, kTag);
}

KTEST(Pool3TakesPriorities) {
  POOL_EXTENDED_PARAMETER parameter = {};
  parameter.Type = PoolExtendedParameterPriority;
  parameter.Priority = HighPoolPriority;
  PVOID block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, kTag, &parameter, 1);
  REQUIRE(block != nullptr);
  EXPECT(AllBytesAre(block, 40, 0));
  ExFreePool2(block, kTag, nullptr, 0);
  block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, kTag, nullptr, 0);
  REQUIRE(block != nullptr);
  ExFreePool2(block, kTag, nullptr, 0);
}

KTEST(Pool3RefusesWhatItDoesNotKnowUnlessOptional) {
  POOL_EXTENDED_PARAMETER parameter = {};
  parameter.Type = PoolExtendedParameterMax;
  EXPECT(ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, kTag, &parameter, 1) == nullptr);
  parameter.Optional = 1;
  PVOID block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, kTag, &parameter, 1);
  EXPECT(block != nullptr);
  if (block) ExFreePoolWithTag(block, kTag);
}

KTEST(PrioritiesOfTheOldFunction) {
  constexpr EX_POOL_PRIORITY kPriorities[] = {LowPoolPriority, NormalPoolPriority, HighPoolPriority};
  for (const EX_POOL_PRIORITY priority : kPriorities) {
    PVOID block = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 128, kTag, priority);
    REQUIRE(block != nullptr);
    ExFreePoolWithTag(block, kTag);
  }
}

KTEST(NonPagedPoolIsThereAtDispatchLevel) {
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 512, kTag);
  EXPECT(block != nullptr);
  if (block) {
    RtlFillMemory(block, 512, 1);
    ExFreePoolWithTag(block, kTag);
  }
  KeLowerIrql(irql);
}

KTEST(PagedPoolIsThereAtApcLevel) {
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
  PVOID block = ExAllocatePool2(POOL_FLAG_PAGED, 512, kTag);
  EXPECT(block != nullptr);
  if (block) ExFreePoolWithTag(block, kTag);
  KeLowerIrql(irql);
}

KTEST(ZeroBytesAreABlockToo) {
  PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 0, kTag);
  EXPECT(block != nullptr);
  if (block) ExFreePoolWithTag(block, kTag);
}

KTEST(ManyBlocksKeepTheirContents) {
  constexpr int kCount = 500;
  static UCHAR* blocks[kCount];
  for (int i = 0; i < kCount; i++) {
    const SIZE_T size = static_cast<SIZE_T>(i) * 7 % 900 + 1;
    blocks[i] = static_cast<UCHAR*>(ExAllocatePool2(i & 1 ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED, size, kTag));
    REQUIRE(blocks[i] != nullptr);
    RtlFillMemory(blocks[i], size, static_cast<UCHAR>(i));
  }
  for (int i = 0; i < kCount; i++) {
    EXPECT(AllBytesAre(blocks[i], static_cast<SIZE_T>(i) * 7 % 900 + 1, static_cast<UCHAR>(i)));
    ExFreePoolWithTag(blocks[i], kTag);
  }
}

namespace {

POOL_EXTENDED_PARAMETER SecureParameter(POOL_EXTENDED_PARAMS_SECURE_POOL* parameters) {
  POOL_EXTENDED_PARAMETER parameter = {};
  parameter.Type = PoolExtendedParameterSecurePool;
  parameter.SecurePoolParams = parameters;
  return parameter;
}

}  // namespace

KTEST(SecurePoolIsChangedByUpdatesOnly) {
  HANDLE pool;
  POOL_CREATE_EXTENDED_PARAMS create = {POOL_CREATE_PARAMS_VERSION};
  EXPECT_EQ(ExCreatePool(0, kTag, &create, &pool), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL | 0x10, kTag, &create, &pool), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, kTag, &create, &pool)));
  char secret[] = "secret";
  POOL_EXTENDED_PARAMS_SECURE_POOL secure = {pool, secret, 0x1234, SECURE_POOL_FLAGS_FREEABLE | SECURE_POOL_FLAGS_MODIFIABLE};
  POOL_EXTENDED_PARAMETER parameter = SecureParameter(&secure);
  auto block = static_cast<char*>(ExAllocatePool3(POOL_FLAG_NON_PAGED, sizeof secret, kTag, &parameter, 1));
  REQUIRE(block != nullptr);
  EXPECT_EQ(RtlCompareMemory(block, secret, sizeof secret), sizeof secret);
  EXPECT_EQ(ExSecurePoolUpdate(pool, kTag, block, 0x1234, 0, 1, (PVOID) "S"), STATUS_SUCCESS);
  EXPECT_EQ(block[0], 'S');
  EXPECT_EQ(block[1], 'e');
  EXPECT_EQ(ExSecurePoolUpdate(pool, kTag, block, 0x1235, 0, 1, (PVOID) "x"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ExSecurePoolUpdate(pool, kTag + 1, block, 0x1234, 0, 1, (PVOID) "x"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ExSecurePoolUpdate(pool, kTag, block, 0x1234, 4, sizeof secret, secret), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ExSecurePoolUpdate(pool, kTag, block + 1, 0x1234, 0, 1, (PVOID) "x"), STATUS_INVALID_PARAMETER);
  EXPECT(ExSecurePoolValidate(pool, kTag, block, 0x1234));
  EXPECT(!ExSecurePoolValidate(pool, kTag, block, 0x1235));
  EXPECT(!ExSecurePoolValidate(pool, kTag, secret, 0x1234));
  ExFreePool2(block, kTag, &parameter, 1);
  EXPECT(!ExSecurePoolValidate(pool, kTag, block, 0x1234));
  ExDestroyPool(pool);
}

KTEST(SecurePoolMayBeUnchangeable) {
  HANDLE pool;
  REQUIRE(NT_SUCCESS(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, kTag, nullptr, &pool)));
  POOL_EXTENDED_PARAMS_SECURE_POOL secure = {pool, nullptr, 7, SECURE_POOL_FLAGS_NONE};
  POOL_EXTENDED_PARAMETER parameter = SecureParameter(&secure);
  PVOID block = ExAllocatePool3(POOL_FLAG_PAGED, 100, kTag, &parameter, 1);
  REQUIRE(block != nullptr);
  EXPECT(AllBytesAre(block, 100, 0));
  EXPECT_EQ(ExSecurePoolUpdate(pool, kTag, block, 7, 0, 1, (PVOID) "x"), STATUS_ACCESS_DENIED);
  secure.SecurePoolHandle = nullptr;
  EXPECT(ExAllocatePool3(POOL_FLAG_PAGED, 100, kTag, &parameter, 1) == nullptr);
  ExDestroyPool(pool);
}

KTEST(SpecialPoolOnRequest) {
  // Eight more than a priority: special pool, with the block's end at the end of its page; nine: its start at the start.
  PVOID over = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, kTag, static_cast<EX_POOL_PRIORITY>(NormalPoolPriority + 8));
  PVOID under = ExAllocatePoolWithTagPriority(PagedPool, 64, kTag, static_cast<EX_POOL_PRIORITY>(NormalPoolPriority + 9));
  REQUIRE(over != nullptr && under != nullptr);
  EXPECT_EQ(((ULONG_PTR)over + 64) % PAGE_SIZE, 0);
  EXPECT_EQ((ULONG_PTR)under % PAGE_SIZE, 0);
  ExFreePoolWithTag(over, kTag);
  ExFreePoolWithTag(under, kTag);
}
