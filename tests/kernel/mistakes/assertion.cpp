// Asserts what does not hold, as NT_ASSERT does in a checked build, with no debugger attached.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { DbgRaiseAssertionFailure(); }
