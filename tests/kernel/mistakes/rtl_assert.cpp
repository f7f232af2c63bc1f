// An ASSERT of a checked build fails, with no debugger attached.
#define DBG 1
#include "mistake.h"

void Mistake(PDRIVER_OBJECT driver) { ASSERT(driver == nullptr); }
