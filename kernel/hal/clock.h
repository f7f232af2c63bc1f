// The host's clocks and the clock interrupt.
#pragma once

#include "nt/types.h"

namespace nt::hal {

/// Nanoseconds of a clock that never goes back.
ULONGLONG MonotonicNanoseconds();
/// 100 ns units since 1601 in UTC.
LONGLONG WallClock();

/// Sends SIGALRM to this host thread every `period_ns` nanoseconds.
void StartClockInterrupts(ULONGLONG period_ns);
void StopClockInterrupts();

/// Called when a watched descriptor has something to read.
using ReadyCallback = void (*)(void* context);
/// Watches a host descriptor; the callback runs in the idle loop or at a clock interrupt, in kernel mode.
void WatchDescriptor(int fd, ReadyCallback callback, void* context);
void UnwatchDescriptor(int fd);
bool AnyDescriptorWatched();
/// Sleeps until a descriptor is ready, a signal comes, or `nanoseconds` (negative: without limit) have passed; runs the callbacks.
void Idle(LONGLONG nanoseconds);

}  // namespace nt::hal
