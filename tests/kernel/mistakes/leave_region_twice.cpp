// Leaves a critical region that it has not entered.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { KeLeaveCriticalRegion(); }
