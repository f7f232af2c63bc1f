// What components above ps do at a thread's or process's end.
#pragma once

#include "nt/ps.h"

namespace nt::ps {

/// Called in a thread that ends, before it is signaled: io cancels its IRPs.
/// Makes the object types.
void CreateTypes();
/// Sets the data exports; after ldr made the built-in modules.
void PublishExports();
/// Whether clients are bound to hooked stubs.
void SetBindHooked(bool hooked);
void SetThreadExitHook(void (*hook)(PETHREAD thread));
/// How a new process gets its standard handles: called with the process attached.
void SetConsoleOpener(void (*opener)(HANDLE handles[3]));
/// Starts the thread that frees ended threads.
void StartReaper();

}  // namespace nt::ps
