// Drivers that want to know of processes, threads and images.
#pragma once

#include <string_view>

#include "kernel/ke/ke.h"
#include "nt/io.h"
#include "nt/notify.h"

namespace nt::ldr {
struct Image;
}

namespace nt::ps {

/// A place for a routine. Drivers are called in the order of the places.
struct NotifySlot {
  const void* routine;  ///< null: free
  ULONG kind;           ///< which signature, or which threads
  ULONG busy;           ///< calls under way
  bool removed;         ///< no new calls; the last one under way frees the place
  KEVENT idle;
};
inline constexpr ULONG kNotifySlots = 64;

/// Of one machine; part of State.
struct NotifyRoutines {
  NotifySlot process[kNotifySlots];
  NotifySlot thread[kNotifySlots];
  NotifySlot image[kNotifySlots];
};

/// Tells drivers of a new process, in the thread that creates it; what they decide about the creation.
NTSTATUS NotifyProcessCreate(PEPROCESS process, std::u16string_view command_line, PFILE_OBJECT file);
/// In the last thread, when it no longer counts.
void NotifyProcessExit(PEPROCESS process);
/// In the thread that creates it.
void NotifyThreadCreate(PETHREAD thread);
/// In a new user thread, before its first instruction in user mode; the first one tells of the process's images as well.
void NotifyThreadStart(PETHREAD thread);
void NotifyThreadExit(PETHREAD thread);
/// An image was mapped into a process by its section.
void NotifyImageMapped(const ldr::Image& image, PEPROCESS process, PFILE_OBJECT file);

}  // namespace nt::ps
