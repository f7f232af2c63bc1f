// Which characters file systems allow in names: the table behind FsRtlIsAnsiCharacterWild and its kin.
#include <cstring>
#include <string_view>

#include "kernel/api/api.h"
#include "kernel/fsrtl/fsrtl.h"

namespace nt::fsrtl {
namespace {

constexpr UCHAR kFat = 0x01, kHpfs = 0x02, kNtfs = 0x04, kWild = 0x08, kOle = 0x10;
constexpr std::size_t kCharacters = 128;

constexpr UCHAR Legality(char character) {
  constexpr std::string_view kNever{"\0/\\", 3}, kWildcards = "\"*<>?", kNotOnFat = "+,;=[]";
  const auto is_one_of = [character](std::string_view set) { return set.find(character) != set.npos; };
  if (is_one_of(kNever)) return 0;
  if (character < ' ' || character == '|') return kOle;
  if (character == ':') return kNtfs;
  if (is_one_of(kWildcards)) return kWild | kOle;
  return static_cast<UCHAR>(kHpfs | kNtfs | kOle | (is_one_of(kNotOnFat) ? 0 : kFat));
}

}  // namespace

void InitializeLegalCharacters() {
  UCHAR* const table = api::Data<UCHAR>("FsRtlpLegalCharacters");
  for (std::size_t i = 0; i < kCharacters; ++i) table[i] = Legality(static_cast<char>(i));
  *api::Data<UCHAR*>("FsRtlLegalAnsiCharacterArray") = table;
}

}  // namespace nt::fsrtl
