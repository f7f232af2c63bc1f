// Rules that drivers broke without stopping the machine, for the report of the run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nt/types.h"

namespace nt::ke {

/// A mistake of a driver.
struct Warning {
  std::string driver;  ///< "zero.sys"
  std::string what;    ///< one sentence, with function and line where known
  ULONG count = 1;     ///< how often it was made
};

/// Notes that the driver with `code` in its image broke a rule. `kind` tells the mistakes at one place apart; the same again only counts,
/// and is not described anew. Any IRQL.
void Warn(ULONG_PTR code, ULONGLONG kind, const std::function<std::string()>& describe);
/// All so far, in the order they were first made.
const std::vector<Warning>& Warnings();
void ForgetWarnings();

}  // namespace nt::ke
