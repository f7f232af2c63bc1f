// Breaks into a debugger that is not attached.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { DbgBreakPoint(); }
