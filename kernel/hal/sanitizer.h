// What AddressSanitizer must be told of stacks that are left without returning. Nothing in other builds.
#pragma once

#include "nt/types.h"

#if defined(__SANITIZE_ADDRESS__)
#define RINGLET_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RINGLET_ASAN 1
#endif
#endif

namespace nt::hal {

struct Fiber;

#ifdef RINGLET_ASAN
/// The frames between two addresses of a stack are gone: whoever uses the memory next finds it clean.
void ForgetFrames(ULONG_PTR low, ULONG_PTR high);
/// `to` runs from now on. Learns the bounds of `from`, if it is the host thread.
void NoteStackSwitch(Fiber& from, const Fiber& to);
/// A machine stopped with threads in the middle of their work: what their stacks hold is not lost by mistake.
void AbandonStacks();
#else
inline void ForgetFrames(ULONG_PTR, ULONG_PTR) {}
inline void AbandonStacks() {}
#endif

}  // namespace nt::hal
