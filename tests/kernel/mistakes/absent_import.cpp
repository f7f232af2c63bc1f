// Calls an export that Ringlet knows of but does not have.
#include "mistake.h"

extern "C" NTKERNELAPI VOID KeAddSystemServiceTable(PVOID, PVOID, ULONG, PVOID, ULONG);

void Mistake(PDRIVER_OBJECT) { KeAddSystemServiceTable(nullptr, nullptr, 0, nullptr, 0); }
