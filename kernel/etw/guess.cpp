#include "kernel/etw/guess.h"

#include <algorithm>
#include <cstring>

#include "kernel/etw/etw.h"
#include "kernel/etw/value.h"
#include "kernel/rtl/utf8.h"

namespace nt::etw {
namespace {

bool IsPrintable(WCHAR character) {
  return (character >= 0x20 && character < 0x7f) || character == '\t' || character == '\n' || character == '\r';
}

/// The text, if all but its last character, a zero, are printable.
template <class Character>
bool ReadText(std::span<const UCHAR> part, std::u16string* text) {
  const SIZE_T count = part.size() / sizeof(Character);
  if (part.size() % sizeof(Character) != 0 || count < 2) return false;
  std::basic_string<Character> characters(count, 0);
  std::memcpy(characters.data(), part.data(), part.size());
  if (characters.back() != 0) return false;
  characters.pop_back();
  text->assign(characters.begin(), characters.end());
  return std::ranges::all_of(*text, IsPrintable);
}

bool ReadNumber(std::span<const UCHAR> part, ULONG64* number) {
  if (part.size() != 1 && part.size() != 2 && part.size() != 4 && part.size() != 8) return false;
  std::memcpy(number, part.data(), part.size());
  return true;
}

Field Guess(std::span<const UCHAR> part) {
  std::u16string text;
  ULONG64 number = 0;
  // Four bytes may be a text of one wide or three narrow characters; most are numbers.
  if (part.size() > 4 && ReadText<WCHAR>(part, &text)) return {{}, "unicodestring", Field::Kind::Text, rtl::Utf8(text), {}};
  if (ReadNumber(part, &number)) return {{}, "uint" + std::to_string(8 * part.size()), Field::Kind::Number, std::to_string(number), {}};
  if (ReadText<char>(part, &text)) return {{}, "ansistring", Field::Kind::Text, rtl::Utf8(text), {}};
  return {{}, "binary", Field::Kind::Text, HexText(part), {}};
}

}  // namespace

std::vector<Field> GuessFields(std::span<const UCHAR> payload, std::span<const ULONG> sizes) {
  std::vector<Field> fields;
  for (const ULONG size : sizes) {
    const SIZE_T length = std::min<SIZE_T>(size, payload.size());
    Field field = Guess(payload.first(length));
    field.name = std::to_string(fields.size() + 1);
    fields.push_back(std::move(field));
    payload = payload.subspan(length);
  }
  return fields;
}

}  // namespace nt::etw
