// Acquires a spin lock in pageable code. First with its section locked, which is right.
#include "mistake.h"

static KSPIN_LOCK lock;

#pragma code_seg(push, "PAGE")
static __declspec(noinline) void Acquire(const char* how) {
  KIRQL old;
  KeAcquireSpinLock(&lock, &old);
  DbgPrint("%s\n", how);  // what returns from here is no longer sure to be there
  KeReleaseSpinLock(&lock, old);
}
#pragma code_seg(pop)

void Mistake(PDRIVER_OBJECT driver) {
  KeInitializeSpinLock(&lock);
  PVOID const section = MmLockPagableCodeSection(reinterpret_cast<PVOID>(&Acquire));
  MmLockPagableSectionByHandle(section);
  MmUnlockPagableImageSection(section);
  Acquire("locked");
  MmUnlockPagableImageSection(section);
  DbgPrint("base %u\n", MmPageEntireDriver(reinterpret_cast<PVOID>(&Acquire)) == driver->DriverStart);
  MmResetDriverPaging(reinterpret_cast<PVOID>(&Acquire));
  Acquire("not locked");
}
