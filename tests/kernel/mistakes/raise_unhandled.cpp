// Raises an exception that nobody handles.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) { ExRaiseStatus(STATUS_ACCESS_DENIED); }
