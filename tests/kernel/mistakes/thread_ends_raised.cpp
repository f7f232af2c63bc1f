// Ends a thread at DISPATCH_LEVEL.
#include <ntifs.h>

#include "mistake.h"

static VOID NTAPI Raised(PVOID) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

void Mistake(PDRIVER_OBJECT) {
  HANDLE thread = nullptr;
  PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Raised, nullptr);
  ZwWaitForSingleObject(thread, FALSE, nullptr);
}
