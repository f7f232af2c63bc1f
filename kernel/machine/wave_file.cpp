#include "kernel/machine/wave_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <numbers>
#include <vector>

#include "kernel/hal/speaker.h"

namespace ringlet {
namespace {

constexpr std::uint32_t kRate = 44'100;
constexpr long long kTicksPerSecond = 10'000'000, kLongest = 3600 * kTicksPerSecond;

std::size_t SampleAt(long long ticks) { return static_cast<std::size_t>(ticks * kRate / kTicksPerSecond); }

/// A sine, with edges of 5 ms so that nothing clicks.
void AddTone(std::vector<std::int16_t>* samples, std::size_t begin, std::size_t end, unsigned frequency) {
  constexpr double kEdge = kRate * 0.005, kAmplitude = 12'000;
  for (std::size_t i = begin; i < end; ++i) {
    const double edge = std::min({1.0, static_cast<double>(i - begin) / kEdge, static_cast<double>(end - i) / kEdge});
    const double phase = 2 * std::numbers::pi * frequency * static_cast<double>(i - begin) / kRate;
    (*samples)[i] = static_cast<std::int16_t>(std::lround(kAmplitude * edge * std::sin(phase)));
  }
}

std::vector<std::int16_t> Samples(long long end) {
  const std::vector<nt::hal::Tone>& tones = nt::hal::Tones();
  const auto first = std::ranges::find_if(tones, [](const nt::hal::Tone& tone) { return tone.frequency != 0; });
  if (first == tones.end()) return {};
  if (tones.back().frequency == 0) end = tones.back().time;
  const auto place = [&](long long time) { return SampleAt(std::clamp(time - first->time, 0ll, kLongest)); };
  std::vector<std::int16_t> samples(place(end));
  for (auto tone = first; tone != tones.end(); ++tone) {
    if (tone->frequency == 0) continue;
    const long long until = tone + 1 != tones.end() ? (tone + 1)->time : end;
    AddTone(&samples, std::min(place(tone->time), samples.size()), std::min(place(until), samples.size()), tone->frequency);
  }
  return samples;
}

template <class T>
void Put(std::ofstream& file, T value) {
  file.write(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

bool WriteWaveFile(const std::string& path, long long end) {
  const std::vector<std::int16_t> samples = Samples(end);
  const auto bytes = static_cast<std::uint32_t>(samples.size() * sizeof samples[0]);
  constexpr std::uint32_t kHeader = 36;
  constexpr std::uint16_t kPcm = 1, kChannels = 1, kBits = 16, kFrame = 2;
  std::ofstream file(path, std::ios::binary);
  file.write("RIFF", 4);
  Put(file, kHeader + bytes);
  file.write("WAVEfmt ", 8);
  Put(file, std::uint32_t{16});
  Put(file, kPcm);
  Put(file, kChannels);
  Put(file, kRate);
  Put(file, kRate * kFrame);
  Put(file, kFrame);
  Put(file, kBits);
  file.write("data", 4);
  Put(file, bytes);
  file.write(reinterpret_cast<const char*>(samples.data()), bytes);
  return file.good();
}

}  // namespace ringlet
