// Sorting and searching with the driver's comparison; rand; _purecall.
#include "kernel/ke/ke.h"
#include "kernel/rtl/crt.h"
#include "kernel/rtl/rtl.h"

namespace {

/// An array whose elements are compared by the driver. Heap sort: no memory, no recursion, never quadratic.
class Array {
 public:
  Array(PVOID base, SIZE_T width, CrtCompareRoutine compare) : base_(static_cast<UCHAR*>(base)), width_(width), compare_(compare) {}

  void Sort(SIZE_T count) {
    for (SIZE_T root = count / 2; root-- > 0;) SiftDown(root, count);
    for (SIZE_T end = count; end-- > 1;) {
      Swap(0, end);
      SiftDown(0, end);
    }
  }

 private:
  UCHAR* At(SIZE_T index) const { return base_ + index * width_; }
  bool Less(SIZE_T a, SIZE_T b) const { return nt::ke::Callout<int>(compare_, At(a), At(b)) < 0; }
  void Swap(SIZE_T a, SIZE_T b) const {
    for (SIZE_T i = 0; i < width_; ++i) {
      const UCHAR saved = At(a)[i];
      At(a)[i] = At(b)[i];
      At(b)[i] = saved;
    }
  }
  void SiftDown(SIZE_T root, SIZE_T count) const {
    for (SIZE_T child; (child = root * 2 + 1) < count; root = child) {
      if (child + 1 < count && Less(child, child + 1)) ++child;
      if (!Less(root, child)) return;
      Swap(root, child);
    }
  }

  UCHAR* base_;
  SIZE_T width_;
  CrtCompareRoutine compare_;
};

ULONG seed = 1;

}  // namespace

void nt::rtl::ResetRandom() { seed = 1; }

VOID Crt_qsort(PVOID base, SIZE_T count, SIZE_T width, CrtCompareRoutine compare) { Array(base, width, compare).Sort(count); }

PVOID Crt_bsearch(const VOID* key, const VOID* base, SIZE_T count, SIZE_T width, CrtCompareRoutine compare) {
  const auto* first = static_cast<const UCHAR*>(base);
  while (count > 0) {
    const UCHAR* const middle = first + count / 2 * width;
    const int order = nt::ke::Callout<int>(compare, key, middle);
    if (order == 0) return const_cast<UCHAR*>(middle);
    if (order > 0) first = middle + width;
    count = order > 0 ? count - count / 2 - 1 : count / 2;
  }
  return nullptr;
}

VOID Crt_srand(ULONG value) { seed = value; }

int Crt_rand() {
  seed = seed * 214013 + 2531011;
  return static_cast<int>(seed >> 16 & 0x7FFF);
}

int Crt_purecall() { nt::ke::RaiseStatus(STATUS_NOT_IMPLEMENTED); }
