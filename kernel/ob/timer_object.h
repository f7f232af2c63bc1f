// Timer objects.
#pragma once

namespace nt::ob {

/// Makes the Timer type; with the other dispatcher types.
void InitializeTimerType();

}  // namespace nt::ob
