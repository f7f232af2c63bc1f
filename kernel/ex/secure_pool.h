// Secure pool: blocks that nobody writes but ExSecurePoolUpdate. Private to ex.
#pragma once

#include "kernel/ex/ex.h"

namespace nt::ex {

/// What POOL_EXTENDED_PARAMETER.SecurePoolParams points to.
struct SecurePoolParameters {
  HANDLE SecurePoolHandle;
  PVOID Buffer;      ///< what the block contains at first; null: zeroes
  ULONG_PTR Cookie;  ///< its owner's secret
  ULONG SecurePoolFlags;
};
static_assert(sizeof(SecurePoolParameters) == 0x20);

/// Null if there is no memory, or the parameters are wrong.
void* AllocateSecure(const SecurePoolParameters& parameters, Pool pool, SIZE_T size, ULONG tag);
/// Bugchecks if the block is not that pool's, may not be freed, or the tag or cookie is wrong.
void FreeSecure(const SecurePoolParameters& parameters, void* block, ULONG tag);

}  // namespace nt::ex
