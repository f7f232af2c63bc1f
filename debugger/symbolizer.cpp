#include "debugger/symbolizer.h"

#include <dlfcn.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "debugger/symbol_reader.h"

namespace nt::debugger {
namespace {

/// Beside the program, where the build puts it or where it is installed; null if it is nowhere.
ReadSymbolFunction* LoadReader() {
  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const std::string& path : {(folder / RINGLET_SYMBOL_READER).string(), (folder / "../lib" / RINGLET_SYMBOL_READER).string(),
                                  std::string(RINGLET_BUILD_DIR "/" RINGLET_SYMBOL_READER)}) {
    // Local, so that none of its names reaches the program.
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) return reinterpret_cast<ReadSymbolFunction*>(dlsym(library, "RingletReadSymbol"));
  }
  return nullptr;
}

}  // namespace

bool Symbolize(const std::string& path, std::uint64_t rva, std::string* function, std::string* source) {
  bool found = false;
  // On a host thread of its own: the caller may be on a kernel stack, which is too small for LLVM. The machine's signals are not for it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread([&] {
    static ReadSymbolFunction* const read = LoadReader();
    found = read != nullptr && read(path.c_str(), rva, function, source);
  }).join();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return found;
}

}  // namespace nt::debugger
