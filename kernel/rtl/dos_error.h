// The Win32 errors that statuses become.
#pragma once

#include <span>

#include "nt/types.h"

namespace nt::rtl {

struct DosError {
  ULONG status;
  ULONG error;
};

/// Sorted by status.
extern const std::span<const DosError> kDosErrors;

}  // namespace nt::rtl
