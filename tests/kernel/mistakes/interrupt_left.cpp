// Is unloaded with its service routine still connected.
#include "mistake.h"

static PKINTERRUPT interrupt;

static BOOLEAN NTAPI ServeNothing(PKINTERRUPT, PVOID) { return FALSE; }

void Mistake(PDRIVER_OBJECT) {
  IoConnectInterrupt(&interrupt, ServeNothing, nullptr, nullptr, 0x51, 5, 5, LevelSensitive, FALSE, ~KAFFINITY{0}, FALSE);
}
