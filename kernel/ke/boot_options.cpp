#include "kernel/ke/boot_options.h"

#include "kernel/ke/debugger.h"

namespace nt::ke {
namespace {

BootOptions booted_with;

}  // namespace

const BootOptions& BootedWith() { return booted_with; }

void SetBootOptions(const BootOptions& options) {
  booted_with = options;
  ResetDebugger(options.debugger);
}

}  // namespace nt::ke
