// How often a thread is suspended. Private to ps.
#pragma once

#include "kernel/ps/state.h"

namespace nt::ps {

/// One suspension more; *previous is how many there were. STATUS_SUSPEND_COUNT_EXCEEDED after 127, STATUS_THREAD_IS_TERMINATING.
NTSTATUS Suspend(ke::Thread* thread, ULONG* previous);
/// One less, if there is one; returns how many there were.
ULONG Resume(ke::Thread* thread);

}  // namespace nt::ps
