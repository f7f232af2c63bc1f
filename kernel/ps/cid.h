// The table of process and thread ids: one number space, multiples of 4.
#pragma once

#include <vector>

#include "nt/types.h"

namespace nt::ps {

class CidTable {
 public:
  /// Gives an object an id; the lowest free one from 4 on.
  HANDLE Insert(PVOID object, bool is_thread);
  /// An id that nothing has, nor ever will have.
  HANDLE Reserve();
  void Remove(HANDLE id);
  /// The object of an id and kind, or null.
  PVOID Find(HANDLE id, bool is_thread) const;

 private:
  struct Entry {
    PVOID object = nullptr;
    bool is_thread = false;
    bool reserved = false;
  };
  std::vector<Entry> entries_ = std::vector<Entry>(1);  // id 0 is nobody's
  SIZE_T lowest_free_ = 1;
};

}  // namespace nt::ps
