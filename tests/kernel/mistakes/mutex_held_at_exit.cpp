// Ends a thread that owns a mutex.
#include "mistake.h"

static KMUTEX mutex;

static void NTAPI Hold(PVOID) { KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr); }

void Mistake(PDRIVER_OBJECT) {
  KeInitializeMutex(&mutex, 0);
  HANDLE thread;
  if (!NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Hold, nullptr))) return;
  ZwClose(thread);
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  KeDelayExecutionThread(KernelMode, FALSE, &second);
}
