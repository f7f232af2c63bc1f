// The speaker's driver: \Device\Beep.
#pragma once

namespace nt::beep {

/// Makes the driver and its device. After io, in a system thread.
void Initialize();
void Shutdown();

}  // namespace nt::beep
