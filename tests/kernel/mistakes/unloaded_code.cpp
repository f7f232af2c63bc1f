// Goes while its timer runs: the DPC then jumps into what was its code.
#include "mistake.h"

static void Late(PKDPC, PVOID, PVOID, PVOID) { DbgPrint("too late\n"); }

void Mistake(PDRIVER_OBJECT) {
  // The timer's memory outlives the driver, as pool does: only the code is gone.
  auto* const block = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KTIMER) + sizeof(KDPC), kTag));
  if (!block) return;
  auto* const timer = reinterpret_cast<PKTIMER>(block);
  auto* const dpc = reinterpret_cast<PKDPC>(block + sizeof(KTIMER));
  LARGE_INTEGER due;
  due.QuadPart = -500000;
  KeInitializeTimer(timer);
  KeInitializeDpc(dpc, Late, nullptr);
  KeSetTimer(timer, due, dpc);
}
