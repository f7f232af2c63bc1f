// Divides by zero.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile int one = 1, zero = 0;
  DbgPrint("%d\n", one / zero);
}
