// Ranges of user memory that a driver has secured: their process cannot take them away from under it.
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"

namespace nt::mm {
namespace {

bool Allows(ULONG protection, bool write) {
  const hal::Protection host = HostProtection(protection);
  return write ? host == hal::Protection::ReadWrite || host == hal::Protection::ReadWriteExecute : host != hal::Protection::None;
}

}  // namespace

bool AddressSpace::MaySet(ULONG_PTR base, SIZE_T size, ULONG protection) const {
  for (const auto& [number, range] : secured_) {
    const bool touched = base < range.base + range.size && range.base < base + size;
    if (touched && !Allows(protection, range.write)) return false;
  }
  return true;
}

ULONG_PTR AddressSpace::Secure(ULONG_PTR base, SIZE_T size, ULONG mode) {
  const bool write = mode == PAGE_READWRITE;
  if (size == 0 || (!write && mode != PAGE_READONLY) || base < low_ || base + size > high() || base + size < base) return 0;
  for (ULONG_PTR page = PageAlign(base); page < base + size; page += PAGE_SIZE) {
    if (!Allows(ProtectionOf(page), write)) return 0;
  }
  // Numbers that look like handles do.
  const ULONG_PTR number = ++secured_count_ * 4;
  secured_[number] = {base, size, write};
  return number;
}

void AddressSpace::Unsecure(ULONG_PTR number) { secured_.erase(number); }

}  // namespace nt::mm

using namespace nt::mm;

extern "C" {

HANDLE MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode) {
  AddressSpace* const space = AddressSpaceOf(nt::ke::CurrentProcess());
  if (space == nullptr) return nullptr;
  return reinterpret_cast<HANDLE>(space->Secure(reinterpret_cast<ULONG_PTR>(Address), Size, ProbeMode));
}

VOID MmUnsecureVirtualMemory(HANDLE SecureHandle) {
  AddressSpace* const space = AddressSpaceOf(nt::ke::CurrentProcess());
  if (space != nullptr) space->Unsecure(reinterpret_cast<ULONG_PTR>(SecureHandle));
}

}  // extern "C"
