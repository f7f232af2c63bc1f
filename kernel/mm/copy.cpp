// User memory: copied with care.
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "nt/status.h"

namespace nt::ke {
extern "C" bool KiGuardedCopy(void* to, const void* from, SIZE_T size);
}

namespace nt::mm {
namespace {

/// The range is the current process's to use: of its window, or the shared data page.
bool InUserSpace(ULONG_PTR address, SIZE_T size) {
  if (address + size < address || address + size > kUserProbe) return false;
  if (address < kWindowsStart) return true;
  const AddressSpace* const space = AddressSpaceOf(ke::CurrentProcess());
  return space != nullptr && address >= space->low() && address + size <= space->high();
}

/// Handles the first fault in a range; STATUS_SUCCESS if the access is worth another try.
NTSTATUS HandleFaults(ULONG_PTR address, SIZE_T size, bool write) {
  AddressSpace* const space = AddressSpaceAt(address);
  if (space == nullptr) return STATUS_ACCESS_VIOLATION;
  for (ULONG_PTR page = PageAlign(address); page < address + size; page += PAGE_SIZE) {
    if (space->NeedsFault(page, write)) return space->HandleFault(page, write);
  }
  return STATUS_ACCESS_VIOLATION;
}

NTSTATUS Copy(void* to, const void* from, SIZE_T size, ULONG_PTR user, bool write) {
  if (size == 0) return STATUS_SUCCESS;
  if (!InUserSpace(user, size)) return STATUS_ACCESS_VIOLATION;
  while (!Guarded(to, from, size)) {
    const NTSTATUS status = HandleFaults(user, size, write);
    if (status != STATUS_SUCCESS) return status;
  }
  return STATUS_SUCCESS;
}

}  // namespace

bool Guarded(void* to, const void* from, SIZE_T size) { return ke::KiGuardedCopy(to, from, size); }

bool Readable(ULONG_PTR address) {
  UCHAR byte;
  return Guarded(&byte, reinterpret_cast<const void*>(address), 1);
}

NTSTATUS CopyFromUser(void* to, const void* source, SIZE_T size) {
  return Copy(to, source, size, reinterpret_cast<ULONG_PTR>(source), false);
}

NTSTATUS CopyToUser(void* target, const void* from, SIZE_T size) {
  return Copy(target, from, size, reinterpret_cast<ULONG_PTR>(target), true);
}

NTSTATUS ProbeUserRead(const void* address, SIZE_T size, ULONG alignment) {
  const auto start = reinterpret_cast<ULONG_PTR>(address);
  if (size == 0) return STATUS_SUCCESS;
  if (alignment != 0 && (start & (alignment - 1)) != 0) return STATUS_DATATYPE_MISALIGNMENT;
  return start + size < start || start + size > kUserProbe ? STATUS_ACCESS_VIOLATION : STATUS_SUCCESS;
}

NTSTATUS ProbeUserWrite(void* address, SIZE_T size, ULONG alignment) {
  const NTSTATUS status = ProbeUserRead(address, size, alignment);
  if (status != STATUS_SUCCESS || size == 0) return status;
  const auto start = reinterpret_cast<ULONG_PTR>(address);
  for (ULONG_PTR at = start; at < start + size; at = PageAlign(at) + PAGE_SIZE) {
    UCHAR byte;
    void* const place = reinterpret_cast<void*>(at);
    NTSTATUS touched = CopyFromUser(&byte, place, 1);
    if (touched == STATUS_SUCCESS) touched = CopyToUser(place, &byte, 1);
    if (touched != STATUS_SUCCESS) return touched;
  }
  return STATUS_SUCCESS;
}

NTSTATUS ProbeAnswer(PVOID buffer, SIZE_T length, PULONG return_length) {
  if (ke::PreviousMode() != UserMode) return STATUS_SUCCESS;
  // Pairs of truth values and the like lie anywhere.
  const NTSTATUS status = ProbeUserWrite(buffer, length, length < sizeof(ULONG) ? 1 : sizeof(ULONG));
  return NT_SUCCESS(status) ? ProbeResult(return_length, sizeof *return_length) : status;
}

NTSTATUS ProbeResult(PVOID result, SIZE_T size) {
  return result != nullptr && ke::PreviousMode() == UserMode ? ProbeUserWrite(result, size, 1) : STATUS_SUCCESS;
}

}  // namespace nt::mm
