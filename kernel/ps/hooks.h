// What components above ps do at a thread's or process's end.
#pragma once

#include "nt/ps.h"

namespace nt::ps {

/// Called in a thread that ends, before it is signaled: io cancels its IRPs.
void SetThreadExitHook(void (*hook)(PETHREAD thread));
/// Starts the thread that frees ended threads.
void StartReaper();

}  // namespace nt::ps
