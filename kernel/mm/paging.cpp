// Paging of driver code and data. Nothing is ever paged out; what could be is out of reach at DISPATCH_LEVEL on a machine with special
// pool (kernel/ke/paged_check.h).
#include "kernel/ke/ke.h"
#include "kernel/ke/paged_check.h"
#include "kernel/ldr/pageable.h"
#include "kernel/mm/state.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

using namespace nt;
using namespace nt::mm;

namespace {

/// The section of a driver that a handle or an address names; a bugcheck if there is none.
ldr::Section* SectionAt(PVOID address) {
  ldr::Section* const section = ldr::SectionOf(reinterpret_cast<ULONG_PTR>(address));
  if (section == nullptr) {
    ke::BugCheck(MEMORY_MANAGEMENT, 0x1234, reinterpret_cast<ULONG_PTR>(address), 1, 0,
                 "A section of a driver was to be locked or unlocked, but the address is in no driver.");
  }
  // Protected or not, it is to be as it is now.
  ke::PermitPagedAccess();
  return section;
}

PVOID HandleOf(PVOID address, const ldr::Section& section) {
  return reinterpret_cast<PVOID>(ldr::ImageOf(reinterpret_cast<ULONG_PTR>(address))->base + section.rva);
}

void SetWhollyPageable(PVOID address, bool pageable) {
  ke::PermitPagedAccess();
  ldr::Image* const image = ldr::ImageOf(reinterpret_cast<ULONG_PTR>(address));
  if (image != nullptr) image->wholly_pageable = pageable;
}

}  // namespace

extern "C" {

PVOID MmLockPagableDataSection(PVOID AddressWithinSection) {
  ldr::Section* const section = SectionAt(AddressWithinSection);
  ++section->locks;
  return HandleOf(AddressWithinSection, *section);
}

PVOID MmLockPagableSectionByHandleAndReturn(PVOID ImageSectionHandle) { return MmLockPagableDataSection(ImageSectionHandle); }

VOID MmLockPagableSectionByHandle(PVOID ImageSectionHandle) { MmLockPagableDataSection(ImageSectionHandle); }

VOID MmUnlockPagableImageSection(PVOID ImageSectionHandle) {
  ldr::Section* const section = SectionAt(ImageSectionHandle);
  if (section->locks == 0) {
    ke::BugCheck(MEMORY_MANAGEMENT, 0x1010, reinterpret_cast<ULONG_PTR>(ImageSectionHandle), 0, 0,
                 "A section of a driver was unlocked that is not locked.");
  }
  --section->locks;
}

PVOID MmPageEntireDriver(PVOID AddressWithinSection) {
  SetWhollyPageable(AddressWithinSection, true);
  const ldr::Image* const image = ldr::ImageOf(reinterpret_cast<ULONG_PTR>(AddressWithinSection));
  return image != nullptr ? reinterpret_cast<PVOID>(image->base) : nullptr;
}

VOID MmResetDriverPaging(PVOID AddressWithinSection) { SetWhollyPageable(AddressWithinSection, false); }

NTSTATUS MmAddVerifierThunks(PVOID, ULONG) { return STATUS_NOT_SUPPORTED; }

NTSTATUS MmIsVerifierEnabled(PULONG VerifierFlags) {
  *VerifierFlags = 0;
  return STATUS_NOT_SUPPORTED;
}

ULONG MmIsDriverVerifying(PVOID) { return 0; }

ULONG MmIsDriverVerifyingByAddress(PVOID) { return 0; }

ULONG MmIsDriverSuspectForVerifier(PVOID) { return 0; }

}  // extern "C"
