// The pool's exports: what each allocation function adds to the plain allocation.
#include <cstring>

#include "kernel/ex/pool.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

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
};

void CheckIrql(const Request& request) {
  const KIRQL limit = request.pool == Pool::Paged ? APC_LEVEL : DISPATCH_LEVEL;
  if (ke::CurrentIrql() <= limit) [[likely]]
    return;
  ke::BugCheck(
      BAD_POOL_CALLER, 0x08, ke::CurrentIrql(), request.type, request.size,
      limit == APC_LEVEL ? "Paged pool must be allocated at IRQL <= APC_LEVEL." : "Pool must be allocated at IRQL <= DISPATCH_LEVEL.");
}

void* Allocate(const Request& request) {
  CheckIrql(request);
  void* const block = LetAllocationFail() ? nullptr : AllocateFrom(request.pool, request.size, request.tag, false, request.aligned);
  if (block == nullptr) {
    if (request.raise) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return nullptr;
  }
  if (request.zero) std::memset(block, 0, request.size);
  return block;
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

bool FromFlags(POOL_FLAGS flags, SIZE_T size, ULONG tag, Request* request) {
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
              (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0};
  return true;
}

void* AllocateByFlags(POOL_FLAGS flags, SIZE_T size, ULONG tag) {
  Request request;
  if (FromFlags(flags, size, tag, &request)) return Allocate(request);
  if ((flags & POOL_FLAG_RAISE_ON_FAILURE) != 0) ke::RaiseStatus(STATUS_INVALID_PARAMETER);
  return nullptr;
}

/// A parameter that is not understood may be ignored only if its caller said so. Secure pool does not exist here.
bool ParametersFit(PCPOOL_EXTENDED_PARAMETER parameters, ULONG count) {
  for (ULONG i = 0; i < count; ++i) {
    const auto type = parameters[i].Type;
    const bool known = type == PoolExtendedParameterPriority || type == PoolExtendedParameterNumaNode;
    if (!known && !parameters[i].Optional) return false;
  }
  return true;
}

void Free(void* block, ULONG tag) {
  const KIRQL irql = ke::CurrentIrql();
  const auto address = reinterpret_cast<ULONG_PTR>(block);
  const bool paged = IsPagedPoolAddress(address);
  if (irql > (paged ? APC_LEVEL : DISPATCH_LEVEL)) [[unlikely]] {
    ke::BugCheck(BAD_POOL_CALLER, 0x09, irql, paged ? PagedPool : NonPagedPool, address,
                 paged ? "Paged pool must be freed at IRQL <= APC_LEVEL." : "Pool must be freed at IRQL <= DISPATCH_LEVEL.");
  }
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

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY) {
  return Allocate(FromType(static_cast<ULONG>(PoolType), NumberOfBytes, Tag));
}

PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, kNoTag);
}

PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  const auto type = static_cast<ULONG>(PoolType);
  Request request = FromType(type, NumberOfBytes, Tag);
  request.raise = (type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0;
  return Allocate(request);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) { return AllocateByFlags(Flags, NumberOfBytes, Tag); }

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG Count) {
  if (ParametersFit(ExtendedParameters, Count)) return AllocateByFlags(Flags, NumberOfBytes, Tag);
  if ((Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0) ke::RaiseStatus(STATUS_INVALID_PARAMETER);
  return nullptr;
}

VOID ExFreePool(PVOID P) { Free(P, 0); }

VOID ExFreePoolWithTag(PVOID P, ULONG Tag) { Free(P, Tag); }

VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER, ULONG) { Free(P, Tag); }

}  // extern "C"
