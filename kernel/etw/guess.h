// Events that a manifest describes, which nobody has here: what their parts look like.
#pragma once

#include <span>
#include <vector>

#include "kernel/etw/decode.h"

namespace nt::etw {

/// The parts of an event's payload, named by their numbers from 1 on: a text if it looks like one and ends with a zero, a number by its
/// size, else bytes.
std::vector<Field> GuessFields(std::span<const UCHAR> payload, std::span<const ULONG> sizes);

}  // namespace nt::etw
