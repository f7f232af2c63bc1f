// The computer's speaker: what it sounded, and when.
#pragma once

#include <vector>

#include "nt/types.h"

namespace nt::hal {

/// From `time` on (100 ns units since boot) the speaker sounds at `frequency` Hz; 0: silence.
struct Tone {
  LONGLONG time;
  ULONG frequency;
};

/// False for a frequency that the timer behind the speaker cannot make.
bool SetSpeaker(ULONG frequency, LONGLONG time);
/// All that was set since the last call of ForgetTones.
const std::vector<Tone>& Tones();
void ForgetTones();

}  // namespace nt::hal
