// Function names and source lines of driver and client code.
#pragma once

#include <cstdint>
#include <string>

namespace nt::debugger {

/// Names the function and the source line of an address in an image file, from its PDB (named by the image, or beside it; one of another
/// build is not believed), from mingw's DWARF, or from its symbol table. The reader is a library of its own, loaded by the first call.
/// \param path the image file on the host
/// \param rva offset from the image's base
/// \param function gets "ZeroRead+0x1c"
/// \param source gets "zero.cpp:120", or nothing if the line is unknown
/// \return false if nothing is known; nothing is written then.
bool Symbolize(const std::string& path, std::uint64_t rva, std::string* function, std::string* source);

}  // namespace nt::debugger
