// Identifiers that are unique until the machine is started anew.
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/se/state.h"
#include "nt/status.h"

extern "C" NTSTATUS NtAllocateLocallyUniqueId(PLUID Luid) {
  const NTSTATUS probed = nt::mm::ProbeResult(Luid, sizeof *Luid);
  if (!NT_SUCCESS(probed)) return probed;
  const LUID made = nt::se::NewLuid();
  if (nt::ke::PreviousMode() == UserMode) return nt::mm::WriteUser(Luid, made);
  *Luid = made;
  return STATUS_SUCCESS;
}
