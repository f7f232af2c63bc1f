// Xpress with Huffman codes (MS-XCA): blocks of 64 KiB, each with the lengths of its 512 codes in 256 bytes. A symbol below 256 is a
// literal; above, its upper four bits are the bits of the distance, its lower four the length, and 256 at the end of the data is the end.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "kernel/rtl/match_finder.h"
#include "nt/status.h"

namespace nt::rtl {
namespace {

constexpr ULONG kSymbols = 512, kTableBytes = kSymbols / 2, kLongestCode = 15;
constexpr ULONG kBlock = 0x10000;
constexpr ULONG kEnd = 256;
constexpr ULONG kFarthest = 0x1FFF;  ///< what the match finder's window holds

using Lengths = std::array<UCHAR, kSymbols>;
using Codes = std::array<USHORT, kSymbols>;

/// The codes of given lengths: the shorter first, equal ones by symbol. False if they do not fill the space of codes exactly.
bool Assign(const Lengths& lengths, Codes* codes) {
  ULONG code = 0;
  for (ULONG length = 1; length <= kLongestCode; ++length) {
    for (ULONG symbol = 0; symbol < kSymbols; ++symbol) {
      if (lengths[symbol] == length) (*codes)[symbol] = static_cast<USHORT>(code++);
    }
    if (code > 1U << length) return false;
    code <<= 1;
  }
  return code == 2U << kLongestCode;
}

/// Bits in words of 16, the most significant first; bytes of their own stand between the words as the reader comes to them.
class Reader {
 public:
  explicit Reader(ConstBytes from) : from_(from) {
    bits_ = Word() << 16;
    bits_ |= Word();
  }
  bool bad() const { return bad_; }
  /// Whether all words are read: what is left is padding.
  bool at_end() const { return at_ >= from_.size(); }
  ULONG position() const { return at_; }
  ULONG Peek(ULONG count) const { return count == 0 ? 0 : bits_ >> (32 - count); }
  void Skip(ULONG count) {
    bits_ <<= count;
    extra_ -= static_cast<int>(count);
    if (extra_ >= 0) return;
    bits_ |= Word() << -extra_;
    extra_ += 16;
  }
  ULONG Take(ULONG bytes) {
    if (from_.size() - at_ < bytes) return bad_ = true, 0;
    ULONG value = 0;
    for (ULONG i = 0; i < bytes; ++i) value |= static_cast<ULONG>(from_[at_++]) << (8 * i);
    return value;
  }

 private:
  /// Behind the end there are zeros.
  ULONG Word() {
    if (from_.size() - at_ < 2) return at_ = static_cast<ULONG>(from_.size()), 0;
    at_ += 2;
    return from_[at_ - 2] | static_cast<ULONG>(from_[at_ - 1]) << 8;
  }
  ConstBytes from_;
  ULONG at_ = 0;
  ULONG bits_ = 0;
  int extra_ = 16;
  bool bad_ = false;
};

/// Finds symbols by the next 15 bits.
class Decoder {
 public:
  bool Read(const UCHAR* table) {
    for (ULONG i = 0; i < kSymbols; ++i) lengths_[i] = table[i / 2] >> (4 * (i % 2)) & 15;
    if (!Assign(lengths_, &codes_)) return false;
    for (ULONG symbol = 0; symbol < kSymbols; ++symbol) {
      if (lengths_[symbol] == 0) continue;
      const ULONG free = kLongestCode - lengths_[symbol];
      std::fill_n(symbols_.begin() + (codes_[symbol] << free), 1U << free, static_cast<USHORT>(symbol));
    }
    return true;
  }
  ULONG Next(Reader* reader) const {
    const ULONG symbol = symbols_[reader->Peek(kLongestCode)];
    reader->Skip(lengths_[symbol]);
    return symbol;
  }

 private:
  Lengths lengths_{};
  Codes codes_{};
  std::array<USHORT, 1 << kLongestCode> symbols_{};
};

Match ReadMatch(ULONG symbol, Reader* reader) {
  ULONG length = symbol & 15;
  const ULONG distance_bits = (symbol - kEnd) >> 4;
  if (length == 15) {
    length = reader->Take(1);
    if (length == 255) {
      length = reader->Take(2);
      if (length == 0) length = reader->Take(4);
    } else {
      length += 15;
    }
  }
  const ULONG distance = (1U << distance_bits) + reader->Peek(distance_bits);
  reader->Skip(distance_bits);
  return {length + 3, distance};
}

// ---- writing ----

class Writer {
 public:
  explicit Writer(Bytes to) : to_(to) {}
  bool full() const { return full_; }
  ULONG size() const { return at_; }

  void Begin() {
    free_ = 16;
    word_ = 0;
    first_ = at_;
    second_ = at_ + 2;
    at_ += 4;
  }
  void Bits(ULONG value, ULONG count) {
    if (free_ >= count) {
      free_ -= count;
      word_ = word_ << count | value;
      return;
    }
    const ULONG left = count - free_;
    Store(first_, word_ << free_ | value >> left, 2);
    first_ = second_;
    second_ = at_;
    at_ += 2;
    word_ = value & ((1U << left) - 1);
    free_ = 16 - left;
  }
  void Put(ULONG value, ULONG bytes) {
    Store(at_, value, bytes);
    at_ += bytes;
  }
  void Finish() {
    Store(first_, word_ << free_, 2);
    Store(second_, 0, 2);
  }

 private:
  void Store(ULONG at, ULONG value, ULONG bytes) {
    if (at + bytes > to_.size()) {
      full_ = true;
      return;
    }
    for (ULONG i = 0; i < bytes; ++i) to_[at + i] = static_cast<UCHAR>(value >> (8 * i));
  }
  Bytes to_;
  ULONG at_ = 0, first_ = 0, second_ = 0;
  ULONG word_ = 0, free_ = 16;
  bool full_ = false;
};

/// The lengths of Huffman codes; what would be longer than 15 bits is made shorter by evening out the counts.
void LengthsOf(std::array<ULONG, kSymbols> counts, Lengths* lengths) {
  struct Node {
    ULONG count;
    USHORT symbol, left, right;
  };
  static constexpr USHORT kInner = 0xFFFF;
  for (;;) {
    std::array<Node, 2 * kSymbols> nodes;
    std::array<USHORT, kSymbols> heap;
    ULONG used = 0, size = 0;
    for (ULONG i = 0; i < kSymbols; ++i) {
      if (counts[i] == 0) continue;
      nodes[used] = {counts[i], static_cast<USHORT>(i), 0, 0};
      heap[size++] = static_cast<USHORT>(used++);
    }
    const auto later = [&](USHORT a, USHORT b) { return nodes[a].count != nodes[b].count ? nodes[a].count > nodes[b].count : a > b; };
    std::make_heap(heap.begin(), heap.begin() + size, later);
    const auto pop = [&] {
      std::pop_heap(heap.begin(), heap.begin() + size, later);
      return heap[--size];
    };
    while (size > 1) {
      const USHORT left = pop(), right = pop();
      nodes[used] = {nodes[left].count + nodes[right].count, kInner, left, right};
      heap[size++] = static_cast<USHORT>(used++);
      std::push_heap(heap.begin(), heap.begin() + size, later);
    }
    // Parents stand behind their children: depths from the root down.
    std::array<UCHAR, 2 * kSymbols> depth{};
    lengths->fill(0);
    ULONG longest = 0;
    for (ULONG i = used; i-- != 0;) {
      if (nodes[i].symbol == kInner) {
        depth[nodes[i].left] = depth[nodes[i].right] = static_cast<UCHAR>(depth[i] + 1);
      } else {
        (*lengths)[nodes[i].symbol] = depth[i];
        longest = std::max<ULONG>(longest, depth[i]);
      }
    }
    if (longest <= kLongestCode) return;
    for (ULONG& count : counts) count = count == 0 ? 0 : count / 2 + 1;
  }
}

ULONG BitsOf(ULONG distance) {
  ULONG bits = 0;
  while (distance >> (bits + 1) != 0) ++bits;
  return bits;
}

ULONG SymbolOf(const Match& token) {
  if (token.length == 0) return token.distance;
  return kEnd + (BitsOf(token.distance) << 4) + std::min(token.length - 3, 15U);
}

/// What a block consists of: matches, and literals as matches of no length whose distance is the byte.
std::vector<Match> TokensOf(ConstBytes from, ULONG begin, ULONG end, MatchFinder* finder) {
  std::vector<Match> tokens;
  for (ULONG position = begin; position < end;) {
    Match match = finder->Find(position, end - position, kFarthest);
    // Its symbol is the end's.
    if (match.length == MatchFinder::kShortest && match.distance == 1) match = {};
    const ULONG length = match.length == 0 ? 1 : match.length;
    tokens.push_back(match.length == 0 ? Match{0, from[position]} : match);
    finder->Insert(position, length);
    position += length;
  }
  return tokens;
}

void PutTable(const Lengths& lengths, Writer* writer) {
  for (ULONG i = 0; i < kSymbols; i += 2) writer->Put(lengths[i] | static_cast<ULONG>(lengths[i + 1]) << 4, 1);
}

void PutToken(const Match& token, const Codes& codes, const Lengths& lengths, Writer* writer) {
  const ULONG symbol = SymbolOf(token);
  writer->Bits(codes[symbol], lengths[symbol]);
  if (token.length == 0) return;
  const ULONG bits = BitsOf(token.distance), length = token.length - 3;
  if (length >= 15) {
    writer->Put(std::min(length - 15, 255U), 1);
    if (length - 15 >= 255) writer->Put(length, 2);
  }
  writer->Bits(token.distance - (1U << bits), bits);
}

void PutBlock(const std::vector<Match>& tokens, bool last, Writer* writer) {
  std::array<ULONG, kSymbols> counts{};
  for (const Match& token : tokens) ++counts[SymbolOf(token)];
  if (last) ++counts[kEnd];
  // A code needs two symbols.
  for (ULONG i = 0; std::count(counts.begin(), counts.end(), 0U) > static_cast<LONG>(kSymbols) - 2; ++i) counts[i] += counts[i] == 0;
  Lengths lengths{};
  Codes codes{};
  LengthsOf(counts, &lengths);
  Assign(lengths, &codes);
  PutTable(lengths, writer);
  writer->Begin();
  for (const Match& token : tokens) PutToken(token, codes, lengths, writer);
  if (last) writer->Bits(codes[kEnd], lengths[kEnd]);
  writer->Finish();
}

/// One block; false if it is malformed. `*end` says that it was the last.
bool ReadBlock(Reader* reader, const Decoder& decoder, Bytes to, ULONG* out, bool* end) {
  const ULONG block_end = *out / kBlock * kBlock + kBlock;
  while (*out < to.size() && *out < block_end) {
    const ULONG symbol = decoder.Next(reader);
    if (symbol < kEnd) {
      to[(*out)++] = static_cast<UCHAR>(symbol);
      continue;
    }
    if (symbol == kEnd && reader->at_end() && reader->Peek(32) == 0) return *end = true;
    const Match match = ReadMatch(symbol, reader);
    if (reader->bad() || match.distance > *out) return false;
    for (ULONG left = match.length; left != 0 && *out < to.size(); --left, ++*out) to[*out] = to[*out - match.distance];
  }
  return true;
}

}  // namespace

NTSTATUS CompressXpressHuffman(ConstBytes from, Bytes to, ULONG effort, MatchTable* table, ULONG* size) {
  MatchFinder finder(from, effort, table);
  Writer writer(to);
  const auto length = static_cast<ULONG>(from.size());
  for (ULONG begin = 0; !writer.full(); begin += kBlock) {
    const ULONG end = begin + std::min(kBlock, length - begin);
    PutBlock(TokensOf(from, begin, end, &finder), end == length, &writer);
    if (end == length) break;
  }
  if (writer.full()) return STATUS_BUFFER_TOO_SMALL;
  *size = writer.size();
  return STATUS_SUCCESS;
}

NTSTATUS DecompressXpressHuffman(ConstBytes from, Bytes to, ULONG* size) {
  const auto decoder = std::make_unique<Decoder>();
  ULONG out = 0;
  for (bool end = false; !end && out < to.size();) {
    if (from.size() < kTableBytes + 4 || !decoder->Read(from.data())) return STATUS_BAD_COMPRESSION_BUFFER;
    from = from.subspan(kTableBytes);
    Reader reader(from);
    if (!ReadBlock(&reader, *decoder, to, &out, &end)) return STATUS_BAD_COMPRESSION_BUFFER;
    from = from.subspan(reader.position());
    // What is too short for a block is the end's symbol behind a full one.
    if (from.size() < kTableBytes + 4) break;
  }
  *size = out;
  return STATUS_SUCCESS;
}

}  // namespace nt::rtl
