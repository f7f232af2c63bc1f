// The scanf engine, for the kernel's and the programs' C runtime.
#pragma once

#include <type_traits>

#include "nt/types.h"

namespace nt::crt {

/// Where scanned text comes from; `get` gives -1 at the end.
struct Source {
  int (*get)(Source* source);
  void (*unget)(Source* source, int c);
  LONGLONG count;
};
/// Scans; with `secure`, %s %c %[ take a size argument as scanf_s does. Returns the fields stored, or -1 at the end before the first.
int Scan(Source* source, const char* format, const ULONG_PTR* arguments, bool secure);
int Scan(Source* source, const WCHAR* format, const ULONG_PTR* arguments, bool secure);

/// Text as a source: up to its terminator, and no farther than `left` characters.
template <class C>
struct TextSource : Source {
  const C* at;
  SIZE_T left;
};

template <class C>
int ScanText(const C* text, SIZE_T most, const C* format, const ULONG_PTR* arguments, bool secure) {
  TextSource<C> source{{[](Source* s) -> int {
                          auto& self = *static_cast<TextSource<C>*>(s);
                          if (self.left == 0 || *self.at == 0) return -1;
                          --self.left;
                          return static_cast<int>(static_cast<std::make_unsigned_t<C>>(*self.at++));
                        },
                        [](Source* s, int) {
                          --static_cast<TextSource<C>*>(s)->at;
                          ++static_cast<TextSource<C>*>(s)->left;
                        },
                        0},
                       text,
                       most};
  return Scan(&source, format, arguments, secure);
}

}  // namespace nt::crt
