// Pool that is charged to a process: the charge refers to the process until the block is freed.
#include "kernel/ex/pool.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/ob.h"
#include "nt/ps.h"

extern "C" {
LONG_PTR ObfReferenceObject(PVOID Object);
VOID ObDereferenceObjectDeferDelete(PVOID Object);
}

namespace nt::ex {

void SetPoolQuotas(SIZE_T non_paged, SIZE_T paged) {
  pool_state->quota_limit[0] = non_paged;
  pool_state->quota_limit[1] = paged;
}

SIZE_T PoolQuotaLimit(bool paged) {
  const SIZE_T limit = pool_state->quota_limit[paged];
  return limit != 0 ? limit : ~SIZE_T{0};
}

PoolQuotaUse PoolQuotaOf(PEPROCESS process, bool paged) {
  const auto found = pool_state->quotas.find(process);
  return found == pool_state->quotas.end() ? PoolQuotaUse{} : found->second[paged];
}

bool ChargePoolQuota(PEPROCESS process, bool paged, SIZE_T size) {
  PoolQuotaUse& quota = pool_state->quotas[process][paged];
  const SIZE_T limit = pool_state->quota_limit[paged];
  if (limit != 0 && (quota.bytes >= limit || size > limit - quota.bytes)) return false;
  quota.bytes += size;
  if (quota.peak < quota.bytes) quota.peak = quota.bytes;
  return true;
}

void ReturnPoolQuota(PEPROCESS process, bool paged, SIZE_T size) {
  const auto found = pool_state->quotas.find(process);
  if (found == pool_state->quotas.end() || found->second[paged].bytes < size) {
    ke::BugCheck(QUOTA_UNDERFLOW, reinterpret_cast<ULONG_PTR>(process), paged ? 1 : 0,
                 found == pool_state->quotas.end() ? 0 : found->second[paged].bytes, size,
                 "More quota was returned than the process was charged.");
  }
  found->second[paged].bytes -= size;
}

void ForgetPoolQuota(PEPROCESS process) { pool_state->quotas.erase(process); }

void NoteQuotaBlock(void* block, PEPROCESS process, bool paged, SIZE_T size) {
  ObfReferenceObject(process);
  pool_state->quota_blocks.emplace(block, QuotaBlock{process, paged, size});
}

void ReturnBlockQuota(void* block) {
  const auto found = pool_state->quota_blocks.find(block);
  if (found == pool_state->quota_blocks.end()) return;
  const QuotaBlock charge = found->second;
  pool_state->quota_blocks.erase(found);
  ReturnPoolQuota(charge.process, charge.paged, charge.size);
  // Blocks are freed at DISPATCH_LEVEL too.
  ObDereferenceObjectDeferDelete(charge.process);
}

}  // namespace nt::ex
