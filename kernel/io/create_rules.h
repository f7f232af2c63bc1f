// What the create services ask of their parameters before anybody is asked to open anything. Private.
#pragma once

#include "kernel/io/state.h"

namespace nt::io {

struct CreateParameters {
  ACCESS_MASK access;
  ULONG attributes;
  ULONG share;
  ULONG disposition;
  ULONG options;
};

/// STATUS_INVALID_PARAMETER for what contradicts itself or is not known.
NTSTATUS CheckCreate(const CreateParameters& create);

/// Takes the caller's extended attributes into the packet, in pool; FreeEas frees them. STATUS_EA_LIST_INCONSISTENT.
NTSTATUS CaptureEas(PVOID buffer, ULONG length, OpenPacket* packet);
void FreeEas(OpenPacket* packet);

}  // namespace nt::io

extern "C" NTSTATUS IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset);
