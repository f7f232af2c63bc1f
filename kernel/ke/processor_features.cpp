// What the processor can do, as KUSER_SHARED_DATA.ProcessorFeatures tells it (PF_... in winnt.h and wdm.h).
#include <cpuid.h>

#include "kernel/ke/processor_features.h"

namespace nt::ke {
namespace {

/// A feature and the bit of cpuid that says whether it is there; leaf 0: every x64 processor that NT runs on has it.
struct Feature {
  UCHAR number;
  ULONG leaf;
  UCHAR output;  ///< 0: eax, 1: ebx, 2: ecx, 3: edx
  UCHAR bit;
};

constexpr Feature kFeatures[] = {
    {2, 0, 0, 0},             // PF_COMPARE_EXCHANGE_DOUBLE
    {3, 0, 0, 0},             // PF_MMX_INSTRUCTIONS_AVAILABLE
    {6, 0, 0, 0},             // PF_XMMI_INSTRUCTIONS_AVAILABLE
    {8, 0, 0, 0},             // PF_RDTSC_INSTRUCTION_AVAILABLE
    {9, 0, 0, 0},             // PF_PAE_ENABLED
    {10, 0, 0, 0},            // PF_XMMI64_INSTRUCTIONS_AVAILABLE
    {12, 0, 0, 0},            // PF_NX_ENABLED
    {13, 1, 2, 0},            // PF_SSE3_INSTRUCTIONS_AVAILABLE
    {14, 1, 2, 13},           // PF_COMPARE_EXCHANGE128
    {17, 1, 2, 27},           // PF_XSAVE_ENABLED
    {23, 0, 0, 0},            // PF_FASTFAIL_AVAILABLE
    {28, 1, 2, 30},           // PF_RDRAND_INSTRUCTION_AVAILABLE
    {32, 0x80000001, 3, 27},  // PF_RDTSCP_INSTRUCTION_AVAILABLE
    {33, 7, 2, 22},           // PF_RDPID_INSTRUCTION_AVAILABLE
    {36, 1, 2, 9},            // PF_SSSE3_INSTRUCTIONS_AVAILABLE
    {37, 1, 2, 19},           // PF_SSE4_1_INSTRUCTIONS_AVAILABLE
    {38, 1, 2, 20},           // PF_SSE4_2_INSTRUCTIONS_AVAILABLE
    {39, 1, 2, 28},           // PF_AVX_INSTRUCTIONS_AVAILABLE
    {40, 7, 1, 5},            // PF_AVX2_INSTRUCTIONS_AVAILABLE
    {41, 7, 1, 16},           // PF_AVX512F_INSTRUCTIONS_AVAILABLE
    {42, 7, 1, 9},            // PF_ERMS_AVAILABLE
};

bool IsPresent(const Feature& feature) {
  if (feature.leaf == 0) return true;
  unsigned outputs[4] = {};
  return __get_cpuid_count(feature.leaf, 0, &outputs[0], &outputs[1], &outputs[2], &outputs[3]) != 0 &&
         (outputs[feature.output] >> feature.bit & 1) != 0;
}

}  // namespace

void TellProcessorFeatures(UCHAR* table) {
  for (const Feature& feature : kFeatures) table[feature.number] = IsPresent(feature) ? 1 : 0;
}

}  // namespace nt::ke
