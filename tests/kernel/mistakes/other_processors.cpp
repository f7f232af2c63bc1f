// Dereferences null while a thread of its own is busy on the other processor.
#include "mistake.h"

static volatile LONG busy;

static void NTAPI BusyElsewhere(PVOID) {
  KeSetSystemAffinityThread(1);
  for (busy = 1; busy;) {
  }
}

static __attribute__((noinline)) int Read(volatile int* value) { return *value; }

void Mistake(PDRIVER_OBJECT) {
  KeSetSystemAffinityThread(2);
  HANDLE thread;
  PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, BusyElsewhere, nullptr);
  while (!busy) {
  }
  Read(nullptr);
}
