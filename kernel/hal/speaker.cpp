#include "kernel/hal/speaker.h"

namespace nt::hal {
namespace {

constexpr ULONG kTimerFrequency = 1'193'182;  ///< Hz, of the PC's interval timer, which divides it by 16 bits

std::vector<Tone> tones;

}  // namespace

bool SetSpeaker(ULONG frequency, LONGLONG time) {
  if (frequency != 0 && (frequency > kTimerFrequency || kTimerFrequency / frequency > 0xffff)) return false;
  tones.push_back({time, frequency});
  return true;
}

const std::vector<Tone>& Tones() { return tones; }

void ForgetTones() { tones.clear(); }

}  // namespace nt::hal
