// The libFuzzer program for the image loader: `pe_fuzz CORPUS_FOLDER`.
#include "tests/fuzz/pe_fuzz.h"

#include "kernel/hal/hal.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  nt::hal::InitializeMemory();
  nt::ldr::Initialize({});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  nt::ldr::fuzz::Exercise(std::as_bytes(std::span(data, size)));
  return 0;
}
