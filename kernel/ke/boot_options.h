// What the boot loader tells the kernel.
#pragma once

namespace nt::ke {

struct BootOptions {
  bool test_signing = true;  ///< images without a certificate may be loaded as drivers
  bool debugger = false;     ///< the kernel debugger is enabled; that one is attached is another matter
};
const BootOptions& BootedWith();
/// At boot, once the built-in modules are made: KdDebuggerEnabled and its like follow.
void SetBootOptions(const BootOptions& options);

}  // namespace nt::ke
