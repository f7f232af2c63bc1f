// What the library that reads debug information exports.
#pragma once

#include <cstdint>
#include <string>

extern "C" {
using ReadSymbolFunction = bool(const char* path, std::uint64_t rva, std::string* function, std::string* source);
ReadSymbolFunction RingletReadSymbol;
}
