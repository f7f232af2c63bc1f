// Reads through a null pointer.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile ULONG* volatile pointer = nullptr;
  DbgPrint("%u\n", *pointer);
}
