// Moves to and from CR8 in driver code, made fast.
#pragma once

#include <Zydis/Zydis.h>

#include "nt/types.h"

namespace nt::ke {

/// Replaces the move at `site` by a jump to code that does the same to the processor's IRQL; false if it must stay and be emulated.
/// For the fault handler: it allocates nothing.
bool PatchCr8Move(ULONG_PTR site, const ZydisDecodedInstruction& move, const ZydisDecodedOperand* operands);
/// Where the instruction behind a replaced move went on, if `address` is that of one: the jump covers its first byte.
ULONG_PTR MovedByCr8Patch(ULONG_PTR address);
/// The driver's own address for one in such code; any other address is its own.
ULONG_PTR OriginalOf(ULONG_PTR address);

}  // namespace nt::ke
