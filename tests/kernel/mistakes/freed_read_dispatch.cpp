// Reads a freed block of special pool at DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag));
  if (!block) return;
  ExFreePoolWithTag(const_cast<UCHAR*>(block), kTag);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  DbgPrint("%u\n", block[5]);
  KeLowerIrql(old);
}
