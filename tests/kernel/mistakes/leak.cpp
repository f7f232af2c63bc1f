// Forgets a pool block when it is unloaded.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { (void)ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag); }
