// On NT paged pool and the PAGE sections of drivers may be paged out at any time, and a page fault at DISPATCH_LEVEL is the end. Here they
// never are; so with special pool they are protected meanwhile. To protect them too often does no harm: a right access faults, brings them
// back and is done again.
#include "kernel/ke/paged_check.h"

#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ldr/pageable.h"

namespace nt::ke {
namespace {

void Set(bool accessible) {
  if (Ki().paged_forbidden == !accessible) return;
  Ki().paged_forbidden = !accessible;
  ex::ProtectPagedPool(accessible);
  ldr::ProtectPageable(accessible);
}

}  // namespace

void CheckPagedAccess() {
  if (ex::SpecialPool()) [[unlikely]]
    Set(KiPcr->irql < DISPATCH_LEVEL);
}

void ForbidPagedAccess() {
  if (ex::SpecialPool()) [[unlikely]]
    Set(false);
}

void PermitPagedAccess() {
  if (ex::SpecialPool()) Set(true);
}

bool AllowPagedAccess(ULONG_PTR address, bool by_kernel) {
  if (!Ki().paged_forbidden || ex::IsFreedSpecialPool(address)) return false;
  if (!ex::IsPagedPoolAddress(address) && !ldr::IsPageable(address)) return false;
  if (KiPcr->irql >= DISPATCH_LEVEL && !by_kernel) return false;
  Set(true);
  return true;
}

}  // namespace nt::ke
