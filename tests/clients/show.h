// Prints figures that are computed from left to right, which the arguments of a function call are not.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <type_traits>

/// A number, a truth value or a handle, as a number.
struct Figure {
  template <class T>
  Figure(T from) {
    if constexpr (std::is_pointer_v<T>)
      value = from != nullptr;
    else
      value = static_cast<unsigned long long>(from);
  }
  unsigned long long value;
};

inline void Show(const char* what, std::initializer_list<Figure> figures) {
  std::printf("%s:", what);
  for (const Figure& figure : figures) std::printf(" %llu", figure.value);
  std::printf("\n");
}
