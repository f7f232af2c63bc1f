#include "kernel/ke/irql_limit.h"

#include <string>

#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ke/warnings.h"

namespace nt::ke {
namespace {

/// Tells these warnings from others at the same place.
constexpr ULONGLONG kKind = 0x6c71726900000000;

std::string LevelName(KIRQL irql) {
  switch (irql) {
    case PASSIVE_LEVEL:
      return "PASSIVE_LEVEL";
    case APC_LEVEL:
      return "APC_LEVEL";
    case DISPATCH_LEVEL:
      return "DISPATCH_LEVEL";
    default:
      return "IRQL " + std::to_string(irql);
  }
}

}  // namespace

void CheckIrqlLimit(const api::Export& entry) {
  const KIRQL irql = KiPcr->irql;
  if (irql <= entry.irql_max || irql <= api::HighestIrql(entry)) [[likely]]
    return;
  const auto caller = reinterpret_cast<ULONG_PTR>(CallerAddress());
  Warn(caller, kKind | irql, [&] {
    return "The " + std::string(entry.name) + " at " + DescribeCode(caller) + " is called at " + LevelName(irql) + "; it is for " +
           (entry.irql_max == PASSIVE_LEVEL ? "" : "at most ") + LevelName(entry.irql_max) + ".";
  });
}

}  // namespace nt::ke
