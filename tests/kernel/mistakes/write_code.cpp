// Writes to its own code.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { *reinterpret_cast<volatile UCHAR*>(&Mistake) = 0xC3; }
