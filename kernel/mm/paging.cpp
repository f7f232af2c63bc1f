// Paging of driver code and data: nothing is ever paged out, so there is nothing to lock.
#include "kernel/mm/state.h"
#include "nt/status.h"

using namespace nt;
using namespace nt::mm;

extern "C" {

PVOID MmLockPagableDataSection(PVOID AddressWithinSection) {
  return reinterpret_cast<PVOID>(PageAlign(reinterpret_cast<ULONG_PTR>(AddressWithinSection)));
}

PVOID MmLockPagableSectionByHandleAndReturn(PVOID ImageSectionHandle) { return ImageSectionHandle; }

VOID MmLockPagableSectionByHandle(PVOID) {}

VOID MmUnlockPagableImageSection(PVOID) {}

PVOID MmPageEntireDriver(PVOID AddressWithinSection) { return AddressWithinSection; }

VOID MmResetDriverPaging(PVOID) {}

NTSTATUS MmAddVerifierThunks(PVOID, ULONG) { return STATUS_NOT_SUPPORTED; }

NTSTATUS MmIsVerifierEnabled(PULONG VerifierFlags) {
  *VerifierFlags = 0;
  return STATUS_NOT_SUPPORTED;
}

ULONG MmIsDriverVerifying(PVOID) { return 0; }

ULONG MmIsDriverVerifyingByAddress(PVOID) { return 0; }

ULONG MmIsDriverSuspectForVerifier(PVOID) { return 0; }

}  // extern "C"
