// No mistake of its own: the test loads half of its image.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {}
