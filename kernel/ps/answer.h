// What NtQuerySystemInformation collects before it is copied to the caller. Private to ps.
#pragma once

#include <cstring>
#include <vector>

#include "nt/types.h"

namespace nt::ps {

/// An answer in the making; `base` is where the caller will find it, for pointers into it.
class Answer {
 public:
  explicit Answer(PVOID base) : base_(reinterpret_cast<ULONG_PTR>(base)) {}
  template <class T>
  SIZE_T Add(const T& value) {
    return AddBytes(&value, sizeof value);
  }
  SIZE_T AddBytes(const void* bytes, SIZE_T size) {
    const SIZE_T offset = bytes_.size();
    bytes_.resize(offset + size);
    if (size != 0) std::memcpy(bytes_.data() + offset, bytes, size);
    return offset;
  }
  template <class T>
  T* At(SIZE_T offset) {
    return reinterpret_cast<T*>(bytes_.data() + offset);
  }
  void Align(SIZE_T to) { bytes_.resize((bytes_.size() + to - 1) / to * to); }
  PVOID Address(SIZE_T offset) const { return reinterpret_cast<PVOID>(base_ + offset); }
  const void* data() const { return bytes_.data(); }
  SIZE_T size() const { return bytes_.size(); }

 private:
  ULONG_PTR base_;
  std::vector<UCHAR> bytes_;
};

/// Answers for the classes that tell of the machine as a whole: memory, pool, time, boot. False: not one of them.
bool DescribeMachine(ULONG information_class, Answer* answer);

}  // namespace nt::ps
