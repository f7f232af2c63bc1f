// Self-describing events (TraceLogging): an event's metadata says what fields its payload has.
//
//   metadata  size (16 bits), tags (28 bits from the top, 7 a byte, the last has its high bit clear), name, fields
//   field     name, in-type (bits 0..4 the type, 5 and 6 how many values, 7: an out-type follows),
//             out-type (bit 7: tags follow), count (16 bits, if the in-type says so), its own type's bytes
// Names are UTF-8 and end with a zero. A structure's out-type is the number of fields that follow and belong to it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nt/types.h"

namespace nt::etw {

/// A field's value, ready to be shown.
struct Field {
  enum class Kind { Number, Boolean, Text, Array, Struct };
  std::string name;
  std::string type;  ///< "uint32", "unicodestring", ...; with [] for an array
  Kind kind = Kind::Text;
  std::string text;            ///< of a number, a Boolean ("true") or a text, in UTF-8
  std::vector<Field> members;  ///< of an array or structure
};

struct Decoded {
  std::string name;
  ULONG tags = 0;
  std::vector<Field> fields;
  std::string defect;  ///< what is wrong with the event, in one sentence; the fields before that are there
};

/// Decodes an event. Any bytes are safe.
Decoded Decode(std::span<const UCHAR> metadata, std::span<const UCHAR> payload);

/// "0a1b2c".
std::string HexText(std::span<const UCHAR> bytes);

}  // namespace nt::etw
