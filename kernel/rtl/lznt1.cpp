// LZNT1 (MS-XCA): chunks of 4 KiB with a header of two bytes each. A compressed chunk is groups of a flag byte and eight items: literals,
// and tokens of 16 bits whose split between distance and length moves with the place in the chunk.
#include "kernel/rtl/match_finder.h"
#include "nt/status.h"

namespace nt::rtl {
namespace {

constexpr USHORT kCompressed = 0x8000;
constexpr USHORT kSignature = 0x3000;
constexpr ULONG kHeader = 2;

/// How a token at `position` is split.
struct Split {
  ULONG length_bits = 12;
  explicit Split(ULONG position) {
    for (ULONG at = position - 1; at >= 0x10; at >>= 1) --length_bits;
  }
  ULONG longest() const { return (1U << length_bits) - 1 + 3; }
  ULONG farthest() const { return 1U << (16 - length_bits); }
};

USHORT HeaderAt(ConstBytes from, ULONG at) { return static_cast<USHORT>(from[at] | from[at + 1] << 8); }

ULONG PutHeader(Bytes to, ULONG data, USHORT flags) {
  const auto header = static_cast<USHORT>(flags | kSignature | (data - 1));
  to[0] = static_cast<UCHAR>(header);
  to[1] = static_cast<UCHAR>(header >> 8);
  return kHeader + data;
}

/// The bytes of the tokens; 0 if they have no room.
ULONG CompressTokens(ConstBytes chunk, Bytes to, ULONG effort, MatchTable* table) {
  MatchFinder finder(chunk, effort, table);
  ULONG out = 0, flags = 0, items = 0;
  for (ULONG position = 0; position < chunk.size();) {
    if (items % 8 == 0) {
      flags = out++;
      if (flags >= to.size()) return 0;
      to[flags] = 0;
    }
    const Split split(position == 0 ? 1 : position);
    const Match match = finder.Find(position, split.longest(), split.farthest());
    const ULONG length = match.length == 0 ? 1 : match.length;
    if (out + (match.length == 0 ? 1 : 2) > to.size()) return 0;
    if (match.length == 0) {
      to[out++] = chunk[position];
    } else {
      const ULONG token = (match.distance - 1) << split.length_bits | (match.length - 3);
      to[flags] = static_cast<UCHAR>(to[flags] | 1 << items % 8);
      to[out++] = static_cast<UCHAR>(token);
      to[out++] = static_cast<UCHAR>(token >> 8);
    }
    finder.Insert(position, length);
    position += length;
    ++items;
  }
  return out;
}

bool IsZero(ConstBytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](UCHAR byte) { return byte == 0; });
}

/// The uncompressed data of the chunk whose header is at `at`; chunks but the last fill 4 KiB.
bool DecompressChunk(ConstBytes from, ULONG at, UCHAR* chunk, ULONG* size) {
  const USHORT header = HeaderAt(from, at);
  const ULONG data = (header & 0xFFFU) + 1;
  if ((header & 0x7000) != kSignature || from.size() - at - kHeader < data) return false;
  const ConstBytes tokens = from.subspan(at + kHeader, data);
  if ((header & kCompressed) != 0) return DecompressLznt1Chunk(tokens, Bytes(chunk, kLznt1Chunk), size);
  std::memcpy(chunk, tokens.data(), data);
  *size = data;
  return true;
}

}  // namespace

ULONG CompressLznt1Chunk(ConstBytes chunk, Bytes to, ULONG effort, MatchTable* table) {
  if (to.size() < kHeader) return 0;
  // What would not be smaller is stored.
  const Bytes room = to.subspan(kHeader).first(std::min(to.size() - kHeader, chunk.size() - 1));
  if (const ULONG tokens = CompressTokens(chunk, room, effort, table)) return PutHeader(to, tokens, kCompressed);
  if (to.size() - kHeader < chunk.size()) return 0;
  std::memcpy(to.data() + kHeader, chunk.data(), chunk.size());
  return PutHeader(to, static_cast<ULONG>(chunk.size()), 0);
}

NTSTATUS CompressLznt1(ConstBytes from, Bytes to, ULONG effort, MatchTable* table, ULONG* size) {
  ULONG out = 0;
  for (ULONG at = 0; at < from.size(); at += kLznt1Chunk) {
    const ULONG length = std::min(kLznt1Chunk, static_cast<ULONG>(from.size()) - at);
    const ULONG written = CompressLznt1Chunk(from.subspan(at, length), to.subspan(out), effort, table);
    if (written == 0) return STATUS_BUFFER_TOO_SMALL;
    out += written;
  }
  *size = out;
  return IsZero(from) ? STATUS_BUFFER_ALL_ZEROS : STATUS_SUCCESS;
}

bool DecompressLznt1Chunk(ConstBytes tokens, Bytes to, ULONG* size) {
  ULONG out = 0;
  for (ULONG in = 0; in < tokens.size();) {
    const ULONG flags = tokens[in++];
    for (ULONG item = 0; item < 8 && in < tokens.size() && out < to.size(); ++item) {
      if ((flags >> item & 1) == 0) {
        to[out++] = tokens[in++];
        continue;
      }
      if (in + 2 > tokens.size() || out == 0) return false;
      const ULONG token = tokens[in] | static_cast<ULONG>(tokens[in + 1]) << 8;
      in += 2;
      const Split split(out);
      const ULONG distance = (token >> split.length_bits) + 1;
      if (distance > out) return false;
      for (ULONG left = (token & ((1U << split.length_bits) - 1)) + 3; left != 0 && out < to.size(); --left, ++out) {
        to[out] = to[out - distance];
      }
    }
    if (out == to.size()) break;
  }
  *size = out;
  return true;
}

NTSTATUS DecompressLznt1(ConstBytes from, Bytes to, ULONG skip, ULONG* size) {
  UCHAR chunk[kLznt1Chunk];
  ULONG out = 0, chunk_begin = 0, gap = 0;
  for (ULONG at = 0; out < to.size() && from.size() - at >= kHeader && HeaderAt(from, at) != 0;) {
    const ULONG next = at + kHeader + (HeaderAt(from, at) & 0xFFFU) + 1;
    if (chunk_begin + kLznt1Chunk > skip) {
      ULONG length = 0;
      if (!DecompressChunk(from, at, chunk, &length)) return STATUS_BAD_COMPRESSION_BUFFER;
      // A chunk that is followed by another one is filled up with zeros.
      const ULONG zeros = std::min(gap, static_cast<ULONG>(to.size()) - out);
      std::memset(to.data() + out, 0, zeros);
      out += zeros;
      gap = kLznt1Chunk - length;
      const ULONG begin = std::min(skip > chunk_begin ? skip - chunk_begin : 0, length);
      const ULONG count = std::min(length - begin, static_cast<ULONG>(to.size()) - out);
      std::memcpy(to.data() + out, chunk + begin, count);
      out += count;
    } else if (next > from.size()) {
      return STATUS_BAD_COMPRESSION_BUFFER;
    }
    at = next;
    chunk_begin += kLznt1Chunk;
  }
  *size = out;
  return STATUS_SUCCESS;
}

}  // namespace nt::rtl
