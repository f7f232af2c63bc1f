// The values in an event's payload. Private.
#pragma once

#include <cstring>
#include <span>
#include <string>

#include "kernel/etw/decode.h"

namespace nt::etw {

/// Reads bytes in order and never beyond their end.
class Reader {
 public:
  explicit Reader(std::span<const UCHAR> bytes) : bytes_(bytes) {}
  SIZE_T size() const { return bytes_.size(); }
  SIZE_T position() const { return at_; }
  bool AtEnd() const { return at_ == bytes_.size(); }
  void Seek(SIZE_T position) { at_ = position; }
  bool Skip(SIZE_T size) {
    if (size > bytes_.size() - at_) return false;
    at_ += size;
    return true;
  }
  template <class T>
  bool Get(T* value) {
    const SIZE_T from = at_;
    if (!Skip(sizeof *value)) return false;
    std::memcpy(value, bytes_.data() + from, sizeof *value);
    return true;
  }
  bool GetBytes(SIZE_T size, std::span<const UCHAR>* value) {
    const SIZE_T from = at_;
    if (!Skip(size)) return false;
    *value = bytes_.subspan(from, size);
    return true;
  }
  /// Bytes up to a zero, which is passed.
  bool GetText(std::string* text) {
    const auto* const from = bytes_.data() + at_;
    const void* const end = at_ == bytes_.size() ? nullptr : std::memchr(from, 0, bytes_.size() - at_);
    if (end == nullptr) return false;
    text->assign(reinterpret_cast<const char*>(from), static_cast<std::size_t>(static_cast<const UCHAR*>(end) - from));
    return Skip(text->size() + 1);
  }

 private:
  std::span<const UCHAR> bytes_;
  SIZE_T at_ = 0;
};

/// "uint32"; "type31" for one that is unknown.
std::string TypeName(UCHAR in);
/// Reads one value and puts its kind and text into the field. False if the data ends within it, or the type is unknown.
bool ReadValue(UCHAR in, UCHAR out, Reader* payload, Field* field);
/// A value in a form of the provider's own: its bytes.
bool ReadCustom(Reader* payload, Field* field);

}  // namespace nt::etw
