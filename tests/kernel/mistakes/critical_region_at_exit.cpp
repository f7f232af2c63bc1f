// Ends a thread inside a critical region.
#include "mistake.h"

static void NTAPI Enter(PVOID) { KeEnterCriticalRegion(); }

void Mistake(PDRIVER_OBJECT) {
  HANDLE thread;
  if (!NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Enter, nullptr))) return;
  ZwClose(thread);
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  KeDelayExecutionThread(KernelMode, FALSE, &second);
}
