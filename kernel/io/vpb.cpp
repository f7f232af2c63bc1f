// The lock over all volume parameter blocks.
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"

namespace ke = nt::ke;

extern "C" {

VOID IoAcquireVpbSpinLock(PKIRQL Irql) {
  *Irql = ke::RaiseIrql(DISPATCH_LEVEL);
  ke::AcquireSpinLock(&nt::io::Io().vpb_lock);
}

VOID IoReleaseVpbSpinLock(KIRQL Irql) {
  nt::io::Io().vpb_lock = 0;
  ke::LowerIrql(Irql);
}

}  // extern "C"
