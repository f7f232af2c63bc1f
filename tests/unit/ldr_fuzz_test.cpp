// Mutated images: the loader refuses or maps them, and survives either way. The same seed gives the same images.
#include <gtest/gtest.h>

#include <random>

#include "kernel/hal/hal.h"
#include "kernel/ldr/image.h"
#include "tests/fuzz/pe_fuzz.h"
#include "tests/unit/ldr_pe_writer.h"

namespace nt::ldr::test {
namespace {

/// Changes a few bytes of an image, more often of its headers, by what tends to break arithmetic.
class Mutator {
 public:
  explicit Mutator(ULONG seed) : random_(seed) {}

  Bytes Mutate(const Bytes& original) {
    Bytes file = original;
    for (ULONG changes = 1 + Below(4); changes != 0; --changes) Change(file);
    return file;
  }

 private:
  ULONG Below(SIZE_T limit) { return static_cast<ULONG>(random_() % limit); }

  void Change(Bytes& file) {
    constexpr ULONG kInteresting[] = {0,      1,      4,          8,          0xFF,       0xFFF,      0x1000,
                                      0x2000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFF8, 0xFFFFFFFF};
    if (file.size() < 0x420) return;
    const SIZE_T at = Below(2) == 0 ? Below(0x400) : Below(file.size() - 4);
    ULONG value;
    std::memcpy(&value, file.data() + at, sizeof value);
    switch (Below(6)) {
      case 0:
        file[at] = static_cast<std::byte>(random_());
        return;
      case 1:
        file[at] ^= static_cast<std::byte>(1u << Below(8));
        return;
      case 2:
        value = kInteresting[Below(std::size(kInteresting))];
        break;
      case 3:
        value += Below(64) - 32;
        break;
      case 4:
        value = 0x1000 * Below(16) + Below(64);
        break;
      default:
        if (Below(8) == 0) file.resize(Below(file.size()));
        return;
    }
    Put(file, at & ~SIZE_T{Below(2) == 0 ? 3u : 0u}, value);
  }

  std::mt19937 random_;
};

TEST(LdrFuzz, SurvivesMutatedImages) {
  constexpr int kIterations = 20000;
  hal::InitializeMemory();
  Initialize({});
  const Bytes original = FullImage();
  Mutator mutator(1);
  for (int i = 0; i < kIterations; ++i) fuzz::Exercise(mutator.Mutate(original));
  EXPECT_TRUE(Images().empty());
  Shutdown();
  hal::ShutdownMemory();
}

}  // namespace
}  // namespace nt::ldr::test
