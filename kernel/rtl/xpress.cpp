// Plain Xpress (MS-XCA's LZ77): 32 flags, then 32 items: literals, and matches of 13 bits of distance and 3 of length, which grows by half
// bytes, bytes and words.
#include "kernel/rtl/match_finder.h"
#include "nt/status.h"

namespace nt::rtl {
namespace {

constexpr ULONG kFarthest = 0x1FFF;
constexpr ULONG kNone = ~0U;

class Writer {
 public:
  explicit Writer(Bytes to) : to_(to) {}

  bool full() const { return full_; }
  ULONG size() const { return size_; }

  void Literal(UCHAR byte) {
    Flag(false);
    Put(byte, 1);
  }
  void Copy(const Match& match) {
    Flag(true);
    const ULONG length = match.length - 3;
    Put((match.distance - 1) << 3 | std::min(length, 7U), 2);
    if (length >= 7) Length(length - 7);
  }
  /// The flags that are left say "match", which is how the end is seen.
  void Finish() {
    if (flags_at_ == kNone || flag_count_ == 32) Flag(true);
    for (; flag_count_ != 32; ++flag_count_) flags_ = flags_ << 1 | 1;
    Store(flags_at_, flags_, 4);
  }

 private:
  void Flag(bool match) {
    if (flags_at_ == kNone || flag_count_ == 32) {
      if (flags_at_ != kNone) Store(flags_at_, flags_, 4);
      flags_at_ = size_;
      flags_ = flag_count_ = 0;
      Put(0, 4);
    }
    flags_ = flags_ << 1 | (match ? 1 : 0);
    ++flag_count_;
  }
  void Length(ULONG length) {
    const ULONG half = std::min(length, 15U);
    if (half_at_ == kNone) {
      half_at_ = size_;
      Put(half, 1);
    } else {
      if (half_at_ < to_.size()) to_[half_at_] = static_cast<UCHAR>(to_[half_at_] | half << 4);
      half_at_ = kNone;
    }
    if (half < 15) return;
    length -= 15;
    if (length < 255) return Put(length, 1);
    Put(255, 1);
    length += 15 + 7;
    if (length < 0x10000) return Put(length, 2);
    Put(0, 2);
    Put(length, 4);
  }
  void Put(ULONG value, ULONG bytes) {
    Store(size_, value, bytes);
    size_ += bytes;
  }
  void Store(ULONG at, ULONG value, ULONG bytes) {
    if (at + bytes > to_.size()) {
      full_ = true;
      return;
    }
    for (ULONG i = 0; i < bytes; ++i) to_[at + i] = static_cast<UCHAR>(value >> (8 * i));
  }

  Bytes to_;
  ULONG size_ = 0;
  ULONG flags_at_ = kNone;
  ULONG flags_ = 0, flag_count_ = 0;
  ULONG half_at_ = kNone;  ///< the byte whose upper half is free
  bool full_ = false;
};

class Reader {
 public:
  explicit Reader(ConstBytes from) : from_(from) {}

  bool at_end() const { return at_ >= from_.size(); }
  bool bad() const { return bad_; }

  bool Flag() {
    if (flag_count_ == 0) {
      flags_ = Get(4);
      flag_count_ = 32;
    }
    return (flags_ >> --flag_count_ & 1) != 0;
  }
  UCHAR Literal() { return static_cast<UCHAR>(Get(1)); }
  Match Copy() {
    const ULONG token = Get(2);
    ULONG length = token & 7;
    if (length == 7) length = Length() + 7;
    return {length + 3, (token >> 3) + 1};
  }

 private:
  ULONG Length() {
    ULONG half;
    if (half_at_ == kNone) {
      half_at_ = at_;
      half = Get(1) & 15;
    } else {
      half = from_[half_at_] >> 4;
      half_at_ = kNone;
    }
    if (half != 15) return half;
    ULONG length = Get(1);
    if (length != 255) return length + 15;
    length = Get(2);
    if (length == 0) length = Get(4);
    if (length < 15 + 7) bad_ = true;
    return length - 7;
  }
  ULONG Get(ULONG bytes) {
    if (from_.size() - at_ < bytes) {
      bad_ = true;
      at_ = static_cast<ULONG>(from_.size());
      return 0;
    }
    ULONG value = 0;
    for (ULONG i = 0; i < bytes; ++i) value |= static_cast<ULONG>(from_[at_++]) << (8 * i);
    return value;
  }

  ConstBytes from_;
  ULONG at_ = 0;
  ULONG flags_ = 0, flag_count_ = 0;
  ULONG half_at_ = kNone;
  bool bad_ = false;
};

}  // namespace

NTSTATUS CompressXpress(ConstBytes from, Bytes to, ULONG effort, MatchTable* table, ULONG* size) {
  MatchFinder finder(from, effort, table);
  Writer writer(to);
  for (ULONG position = 0; position < from.size() && !writer.full();) {
    const Match match = finder.Find(position, ~0U, kFarthest);
    const ULONG length = match.length == 0 ? 1 : match.length;
    if (match.length == 0)
      writer.Literal(from[position]);
    else
      writer.Copy(match);
    finder.Insert(position, length);
    position += length;
  }
  writer.Finish();
  if (writer.full()) return STATUS_BUFFER_TOO_SMALL;
  *size = writer.size();
  return STATUS_SUCCESS;
}

NTSTATUS DecompressXpress(ConstBytes from, Bytes to, ULONG* size) {
  Reader reader(from);
  ULONG out = 0;
  while (out < to.size()) {
    const bool match = reader.Flag();
    if (reader.bad()) return STATUS_BAD_COMPRESSION_BUFFER;
    if (match && reader.at_end()) break;
    if (!match) {
      to[out++] = reader.Literal();
    } else {
      const Match copy = reader.Copy();
      if (reader.bad() || copy.distance > out) return STATUS_BAD_COMPRESSION_BUFFER;
      for (ULONG left = copy.length; left != 0 && out < to.size(); --left, ++out) to[out] = to[out - copy.distance];
    }
    if (reader.bad()) return STATUS_BAD_COMPRESSION_BUFFER;
  }
  *size = out;
  return STATUS_SUCCESS;
}

}  // namespace nt::rtl
