// What the speaker sounded, as a WAV file.
#pragma once

#include <string>

namespace ringlet {

/// Writes the tones since boot to a file: mono, 16 bits, 44100 Hz, from the first tone on, at most an hour. `end` (100 ns since boot) is
/// when the machine stopped. False if the file cannot be written.
bool WriteWaveFile(const std::string& path, long long end);

}  // namespace ringlet
