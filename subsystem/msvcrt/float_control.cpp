// The floating-point environment: which exceptions are masked, how results are rounded, and what has happened. On x64 all of it is MXCSR.
#include <xmmintrin.h>

#include "subsystem/msvcrt/crt.h"

namespace {

/// MXCSR's six exceptions, in its order, as float.h numbers them; the flags begin at bit 0, the masks at bit 7.
constexpr unsigned kInvalid = 0x10, kDenormal = 0x80000, kZeroDivide = 0x8, kOverflow = 0x4, kUnderflow = 0x2, kInexact = 0x1;
constexpr unsigned kExceptions[] = {kInvalid, kDenormal, kZeroDivide, kOverflow, kUnderflow, kInexact};
constexpr unsigned kMaskShift = 7, kFlagBits = 0x3f;
constexpr unsigned kExceptionMask = 0x8001f;                                        // _MCW_EM
constexpr unsigned kRoundingMask = 0x300, kRoundingShift = 5;                       // _MCW_RC: bits 13 and 14 of MXCSR
constexpr unsigned kDenormalMask = 0x3000000, kFlush = 0x1000000;                   // _MCW_DN
constexpr unsigned kFlushResults = 0x8000, kFlushOperands = 0x40, kReset = 0x1f80;  // of MXCSR

unsigned ExceptionsAt(unsigned mxcsr, unsigned shift) {
  unsigned found = 0;
  for (unsigned bit = 0; bit < std::size(kExceptions); ++bit) found |= (mxcsr >> (bit + shift) & 1) != 0 ? kExceptions[bit] : 0;
  return found;
}

unsigned ControlOf(unsigned mxcsr) {
  const unsigned rounding = mxcsr >> kRoundingShift & kRoundingMask;
  return ExceptionsAt(mxcsr, kMaskShift) | rounding | ((mxcsr & kFlushResults) != 0 ? kFlush : 0);
}

unsigned WithControl(unsigned mxcsr, unsigned control) {
  mxcsr &= ~(kFlagBits << kMaskShift | kRoundingMask << kRoundingShift | kFlushResults | kFlushOperands);
  for (unsigned bit = 0; bit < std::size(kExceptions); ++bit) mxcsr |= (control & kExceptions[bit]) != 0 ? 1u << (bit + kMaskShift) : 0;
  mxcsr |= (control & kRoundingMask) << kRoundingShift;
  return (control & kDenormalMask) == kFlush ? mxcsr | kFlushResults | kFlushOperands : mxcsr;
}

unsigned Control(unsigned wanted, unsigned mask) {
  const unsigned mxcsr = _mm_getcsr();
  const unsigned control = (ControlOf(mxcsr) & ~mask) | (wanted & mask);
  // What has happened before must not trap now.
  if (mask != 0) _mm_setcsr(WithControl(mxcsr & ~kFlagBits, control));
  return control;
}

}  // namespace

extern "C" {

/// Changes the floating-point control word; returns what it is then.
unsigned Msvcrt__control87(unsigned New, unsigned Mask) { return Control(New, Mask & (kExceptionMask | kRoundingMask | kDenormalMask)); }

/// The same, but for the mask of denormal operands, which stays.
unsigned Msvcrt__controlfp(unsigned New, unsigned Mask) { return Msvcrt__control87(New, Mask & ~kDenormal); }

/// The same; 0, or EINVAL for bits that do not exist.
int Msvcrt__controlfp_s(unsigned* Current, unsigned New, unsigned Mask) {
  constexpr unsigned kPrecisionMask = 0x30000, kInfinityMask = 0x40000;
  constexpr unsigned kKnown = kExceptionMask | kRoundingMask | kDenormalMask | kPrecisionMask | kInfinityMask;
  const bool known = (New & Mask & ~kKnown) == 0;
  const unsigned control = known ? Msvcrt__controlfp(New, Mask) : Control(0, 0);
  if (Current != nullptr) *Current = control;
  return known ? 0 : nt::crt::kEINVAL;
}

/// What has happened since it was cleared.
unsigned Msvcrt__statusfp() { return ExceptionsAt(_mm_getcsr(), 0); }

/// The same, and clears it.
unsigned Msvcrt__clearfp() {
  const unsigned mxcsr = _mm_getcsr();
  _mm_setcsr(mxcsr & ~kFlagBits);
  return ExceptionsAt(mxcsr, 0);
}

/// Back to what a program starts with.
void Msvcrt__fpreset() {
  _mm_setcsr(kReset);
  __asm__ volatile("fninit");
}

}  // extern "C"
