// The pool's exports: what each allocation function adds to the plain allocation.
#include <cstring>

#include "kernel/ex/pool.h"
#include "kernel/ex/secure_pool.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" {
extern PEPROCESS PsInitialSystemProcess;
}

namespace nt::ex {
namespace {

/// A request, in one form for all the functions.
struct Request {
  Pool pool;
  ULONG type;  ///< as a POOL_TYPE, for bugchecks
  SIZE_T size;
  ULONG tag;
  bool aligned;
  bool zero;
  bool raise;
  bool quota = false;  ///< charged to the current process
  Special special = Special::AsSet;
  bool may_fail = false;  ///< when the pool is low
};

void CheckIrql(const Request& request) {
  const KIRQL limit = request.pool == Pool::Paged ? APC_LEVEL : DISPATCH_LEVEL;
  if (ke::CurrentIrql() <= limit) [[likely]]
    return;
  ke::BugCheck(
      BAD_POOL_CALLER, 0x08, ke::CurrentIrql(), request.type, request.size,
      limit == APC_LEVEL ? "Paged pool must be allocated at IRQL <= APC_LEVEL." : "Pool must be allocated at IRQL <= DISPATCH_LEVEL.");
}

void* Fail(const Request& request, NTSTATUS status) {
  if (request.raise) ke::RaiseStatus(status);
  return nullptr;
}

[[gnu::always_inline]] inline void* Allocate(const Request& request) {
  CheckIrql(request);
  if (pool_state->faults_on && LetAllocationFail()) [[unlikely]]
    return Fail(request, STATUS_INSUFFICIENT_RESOURCES);
  void* const block = AllocateFrom(request.pool, request.size, request.tag, false, request.aligned, request.special);
  if (block == nullptr) return Fail(request, STATUS_INSUFFICIENT_RESOURCES);
  if (request.zero) std::memset(block, 0, request.size);
  return block;
}

/// As Allocate, for the requests that are not plain ones.
[[gnu::noinline]] void* AllocateSpecially(Request request) {
  const bool paged = request.pool == Pool::Paged;
  if (request.may_fail && PoolIsScarce(paged)) return Fail(request, STATUS_INSUFFICIENT_RESOURCES);
  PEPROCESS const process = request.quota ? ke::CurrentProcess() : nullptr;
  // The system's own threads are charged nothing.
  const bool charge = process != nullptr && process != PsInitialSystemProcess;
  if (charge && !ChargePoolQuota(process, paged, request.size)) return Fail(request, STATUS_QUOTA_EXCEEDED);
  const bool raise = request.raise;
  request.raise = false;
  void* const block = Allocate(request);
  request.raise = raise;
  if (block != nullptr) {
    if (charge) NoteQuotaBlock(block, process, paged, request.size);
    return block;
  }
  if (charge) ReturnPoolQuota(process, paged, request.size);
  return Fail(request, STATUS_INSUFFICIENT_RESOURCES);
}

/// Priorities say who is the first to get nothing, and may ask for special pool.
void SetPriority(EX_POOL_PRIORITY priority, Request* request) {
  constexpr ULONG kOverrun = 8, kUnderrun = 9;
  const auto value = static_cast<ULONG>(priority);
  request->may_fail = (value & ~15u) == LowPoolPriority;
  if ((value & 15) == kOverrun) request->special = Special::Overrun;
  if ((value & 15) == kUnderrun) request->special = Special::Underrun;
}

Pool PoolOf(ULONG type) {
  if ((type & PagedPool) != 0) return Pool::Paged;
  return (type & POOL_NX_ALLOCATION) != 0 ? Pool::NonPagedNx : Pool::NonPagedExecute;
}

Request FromType(ULONG type, SIZE_T size, ULONG tag) {
  if ((type & NonPagedPoolMustSucceed) != 0) {
    ke::BugCheck(BAD_POOL_CALLER, 0x9a, type, size, tag, "Must-succeed pool no longer exists: every allocation may fail.");
  }
  return {PoolOf(type),
          type,
          size,
          tag,
          (type & NonPagedPoolCacheAligned) != 0,
          (type & POOL_ZERO_ALLOCATION) != 0,
          (type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0};
}

constexpr POOL_FLAGS kPoolFlags = POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED;
constexpr POOL_FLAGS kKnownFlags =
    kPoolFlags | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE;
/// Flags that a system must understand: those of the lower half.
constexpr POOL_FLAGS kRequiredFlags = 0xffff'ffff;
constexpr POOL_FLAGS kUnusualFlags = POOL_FLAG_USE_QUOTA | POOL_FLAG_SPECIAL_POOL;

[[gnu::always_inline]] inline bool FromFlags(POOL_FLAGS flags, SIZE_T size, ULONG tag, Request* request) {
  ULONG type = 0;
  switch (flags & kPoolFlags) {
    case POOL_FLAG_NON_PAGED:
      type = NonPagedPoolNx;
      break;
    case POOL_FLAG_NON_PAGED_EXECUTE:
      type = NonPagedPoolExecute;
      break;
    case POOL_FLAG_PAGED:
      type = PagedPool;
      break;
    default:
      return false;
  }
  if (tag == 0 || (flags & kRequiredFlags & ~kKnownFlags) != 0) return false;
  *request = {PoolOf(type),
              type,
              size,
              tag,
              (flags & POOL_FLAG_CACHE_ALIGNED) != 0,
              (flags & POOL_FLAG_UNINITIALIZED) == 0,
              (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0,
              (flags & POOL_FLAG_USE_QUOTA) != 0,
              (flags & POOL_FLAG_SPECIAL_POOL) != 0 ? Special::Overrun : Special::AsSet};
  return true;
}

void* Refuse(POOL_FLAGS flags) {
  if ((flags & POOL_FLAG_RAISE_ON_FAILURE) != 0) ke::RaiseStatus(STATUS_INVALID_PARAMETER);
  return nullptr;
}

void* AllocateByFlags(POOL_FLAGS flags, SIZE_T size, ULONG tag) {
  Request request;
  if (!FromFlags(flags, size, tag, &request)) [[unlikely]]
    return Refuse(flags);
  return (flags & kUnusualFlags) == 0 ? Allocate(request) : AllocateSpecially(request);
}

/// What the parameters of ExAllocatePool3 add. A parameter that is not understood may be ignored only if its caller said so.
bool ApplyParameters(PCPOOL_EXTENDED_PARAMETER parameters, ULONG count, Request* request, const SecurePoolParameters** secure) {
  for (ULONG i = 0; i < count; ++i) {
    switch (parameters[i].Type) {
      case PoolExtendedParameterPriority:
        SetPriority(parameters[i].Priority, request);
        break;
      case PoolExtendedParameterSecurePool:
        if (parameters[i].SecurePoolParams == nullptr && !parameters[i].Optional) return false;
        *secure = static_cast<const SecurePoolParameters*>(parameters[i].SecurePoolParams);
        break;
      case PoolExtendedParameterNumaNode:
        break;
      default:
        if (!parameters[i].Optional) return false;
    }
  }
  return true;
}

void Free(void* block, ULONG tag) {
  const KIRQL irql = ke::CurrentIrql();
  const auto address = reinterpret_cast<ULONG_PTR>(block);
  const bool paged = irql > APC_LEVEL && IsPagedPoolAddress(address);
  if (paged || irql > DISPATCH_LEVEL) [[unlikely]] {
    ke::BugCheck(BAD_POOL_CALLER, 0x09, irql, paged ? PagedPool : NonPagedPool, address,
                 paged ? "Paged pool must be freed at IRQL <= APC_LEVEL." : "Pool must be freed at IRQL <= DISPATCH_LEVEL.");
  }
  if (!pool_state->quota_blocks.empty()) [[unlikely]]
    ReturnBlockQuota(block);
  FreeBlock(block, tag);
}

/// What ExAllocatePool uses: 'None'.
constexpr ULONG kNoTag = 0x656e6f4e;

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return Allocate(FromType(static_cast<ULONG>(PoolType), NumberOfBytes, kNoTag));
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return Allocate(FromType(static_cast<ULONG>(PoolType), NumberOfBytes, Tag));
}

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority) {
  Request request = FromType(static_cast<ULONG>(PoolType), NumberOfBytes, Tag);
  SetPriority(Priority, &request);
  return AllocateSpecially(request);
}

PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, kNoTag);
}

PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  const auto type = static_cast<ULONG>(PoolType);
  Request request = FromType(type, NumberOfBytes, Tag);
  request.raise = (type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0;
  request.quota = true;
  return AllocateSpecially(request);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) { return AllocateByFlags(Flags, NumberOfBytes, Tag); }

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG Count) {
  Request request;
  const SecurePoolParameters* secure = nullptr;
  if (!FromFlags(Flags, NumberOfBytes, Tag, &request) || !ApplyParameters(ExtendedParameters, Count, &request, &secure)) {
    return Refuse(Flags);
  }
  if (secure == nullptr) return AllocateSpecially(request);
  CheckIrql(request);
  void* const block = LetAllocationFail() ? nullptr : AllocateSecure(*secure, request.pool, NumberOfBytes, Tag);
  return block != nullptr ? block : Fail(request, STATUS_INSUFFICIENT_RESOURCES);
}

VOID ExFreePool(PVOID P) { Free(P, 0); }

VOID ExFreePoolWithTag(PVOID P, ULONG Tag) { Free(P, Tag); }

VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG Count) {
  for (ULONG i = 0; i < Count; ++i) {
    if (ExtendedParameters[i].Type != PoolExtendedParameterSecurePool) continue;
    return FreeSecure(*static_cast<const SecurePoolParameters*>(ExtendedParameters[i].SecurePoolParams), P, Tag);
  }
  Free(P, Tag);
}

}  // extern "C"
