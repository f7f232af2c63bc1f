// Pool for file systems: what cannot be had is raised.
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt;

extern "C" {

PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag) {
  PVOID const block = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
  if (block == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  return block;
}

PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes) {
  constexpr ULONG kTag = 0x74725346;  // 'FSrt'
  return FsRtlAllocatePoolWithTag(PoolType, NumberOfBytes, kTag);
}

PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag) {
  return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

PVOID FsRtlAllocatePoolWithQuota(POOL_TYPE PoolType, ULONG NumberOfBytes) { return ExAllocatePoolWithQuota(PoolType, NumberOfBytes); }

}  // extern "C"
