// mingw-w64's basic definitions, with the compiler's own __forceinline: `static __forceinline` and
// `FORCEINLINE` in one declaration are usual in driver source, and mingw's `extern` form forbids them.
#pragma once

#include_next <_mingw.h>

#undef __forceinline
