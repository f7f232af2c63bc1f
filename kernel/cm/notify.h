// Who waits for a key to change.
#pragma once

#include "kernel/cm/key.h"

namespace nt::cm {

/// What is watched through a key object, and who waits for it. The first wait decides what for.
struct Watch;

/// Tells those who wait that a key changed: `what` is one REG_NOTIFY_CHANGE_... bit, or 0: the key is deleted. Scheduling point.
void ReportChange(Key* key, ULONG what);
/// The key object's last handle is closed: nobody waits any longer.
void EndWatch(PVOID object);

}  // namespace nt::cm
