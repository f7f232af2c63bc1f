// How a misused pool stops the machine: codes and parameters are those of the documentation of BAD_POOL_CALLER (0xC2),
// BAD_POOL_HEADER (0x19) and DRIVER_CAUGHT_MODIFYING_FREED_POOL (0xC6).
#include "kernel/ex/pool.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"
#include "nt/bugcodes.h"

namespace nt::ex {

void BugCheckDoubleFree(ULONG_PTR block) {
  ke::BugCheck(BAD_POOL_CALLER, 0x07, 0, 0, block, "A pool block must be freed once: this one is free already.");
}

void BugCheckBadAddress(ULONG_PTR block) {
  if (block != 0 && mm::IsUserAddress(block)) {
    ke::BugCheck(BAD_POOL_CALLER, 0x40, block, mm::kSystemStart, 0, "Pool is in system space: a user-mode address cannot be freed.");
  }
  ke::BugCheck(BAD_POOL_CALLER, 0x46, block, 0, 0, "Only the address that an allocation returned can be freed.");
}

void BugCheckWrongTag(ULONG_PTR block, ULONG allocated, ULONG freed) {
  ke::BugCheck(BAD_POOL_CALLER, 0x0a, block, allocated, freed, "A pool block must be freed with the tag that it was allocated with.");
}

void BugCheckCorrupt(ULONG_PTR block, ULONG tag) {
  ke::BugCheck(BAD_POOL_HEADER, 0x20, block, block - kHeaderSize, tag,
               "Nobody may write before the start or behind the end of a pool block: what guards this one is overwritten.");
}

void BugCheckWrittenAfterFree(ULONG_PTR address) {
  ke::BugCheck(DRIVER_CAUGHT_MODIFYING_FREED_POOL, address, 1, 0, 4, "A pool block must not be written to after it was freed.");
}

}  // namespace nt::ex
