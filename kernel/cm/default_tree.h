// What a new machine's registry holds.
#pragma once

#include "kernel/cm/key.h"

namespace nt::cm {

/// Fill a hive's root key. `now` is the time of the changes.
void AddSystemDefaults(Key* root, LONGLONG now);
void AddSoftwareDefaults(Key* root, LONGLONG now);
/// The boot configuration: the boot manager, and the one entry that it boots.
void AddBootDefaults(Key* root, LONGLONG now);
void AddUserDefaults(Key* root, LONGLONG now);
/// \Registry\Machine\Hardware, which is made at each boot.
void AddHardwareDefaults(Key* root, LONGLONG now);

}  // namespace nt::cm
