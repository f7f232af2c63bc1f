// Writes to a block of secure pool, which only ExSecurePoolUpdate may change.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  HANDLE pool;
  if (!NT_SUCCESS(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, kTag, nullptr, &pool))) return;
  POOL_EXTENDED_PARAMS_SECURE_POOL secure = {pool, nullptr, 1, SECURE_POOL_FLAGS_MODIFIABLE};
  POOL_EXTENDED_PARAMETER parameter = {};
  parameter.Type = PoolExtendedParameterSecurePool;
  parameter.SecurePoolParams = &secure;
  auto block = static_cast<volatile int*>(ExAllocatePool3(POOL_FLAG_NON_PAGED, 64, kTag, &parameter, 1));
  if (block != nullptr) *block = 1;
}
