// Calls pool memory, which is not executable.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  auto* const block = static_cast<volatile UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag));
  block[0] = 0xC3;
  reinterpret_cast<void (*)()>(const_cast<UCHAR*>(block))();
}
