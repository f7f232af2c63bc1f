// What components above ps do at a thread's or process's end.
#pragma once

#include <vector>

#include "nt/io.h"
#include "nt/ps.h"

namespace nt::ldr {
struct Image;
}

namespace nt::ps {

/// Called in a thread that ends, before it is signaled: io cancels its IRPs.
/// Makes the object types.
void CreateTypes();
/// Sets the data exports; after ldr made the built-in modules.
void PublishExports();
/// Whether clients are bound to hooked stubs.
void SetBindHooked(bool hooked);
/// How a new process gets its token, with a reference; `first`: the machine's owner starts it.
void SetTokenMaker(PVOID (*maker)(PEPROCESS creator, bool first));
void SetThreadExitHook(void (*hook)(PETHREAD thread));
/// Called in a process's last thread: etw forgets the process's providers.
void SetProcessExitHook(void (*hook)(PEPROCESS process));
/// How a new process gets its standard handles: called with the process attached.
void SetConsoleOpener(void (*opener)(HANDLE handles[3]));
/// How the file of an image is opened, by its NT path; the handle is a kernel handle.
void SetImageFileOpener(NTSTATUS (*opener)(const UNICODE_STRING& path, HANDLE* handle));
/// Tells drivers of a driver's image, before its first code runs.
void NotifyDriverImage(const ldr::Image& image);
/// A driver's routine that is still registered.
struct NotifyRoutine {
  const char* kind;  ///< "process notify routine"
  const void* routine;
};
std::vector<NotifyRoutine> NotifyRoutinesOf(const ldr::Image& image);
/// Takes an unloaded driver's routines off the lists.
void RemoveNotifyRoutinesOf(const ldr::Image& image);
/// Starts the thread that frees ended threads.
void StartReaper();

}  // namespace nt::ps
