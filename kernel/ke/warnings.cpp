#include "kernel/ke/warnings.h"

#include "kernel/ldr/image.h"

namespace nt::ke {
namespace {

struct Place {
  ULONG_PTR code;
  ULONGLONG kind;
  bool operator==(const Place&) const = default;
};

std::vector<Warning> warnings;
std::vector<Place> places;  ///< one for each warning

}  // namespace

void Warn(ULONG_PTR code, ULONGLONG kind, const std::function<std::string()>& describe) {
  const Place place{code, kind};
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] != place) continue;
    ++warnings[i].count;
    return;
  }
  const ldr::Image* const image = ldr::ImageOf(code);
  warnings.push_back({image != nullptr ? image->name : "ntoskrnl.exe", describe()});
  places.push_back(place);
}

const std::vector<Warning>& Warnings() { return warnings; }

void ForgetWarnings() {
  warnings.clear();
  places.clear();
}

}  // namespace nt::ke
