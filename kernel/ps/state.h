// What ps keeps. Private.
#pragma once

#include <string>
#include <vector>

#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/cid.h"
#include "kernel/ps/notify.h"
#include "kernel/ps/ps.h"

namespace nt::ps {

struct Job;

/// What a process is to the host; it lies behind the EPROCESS.
struct ProcessHost {
  Job* job;                  ///< referenced; null: none
  mm::AddressSpace* space;   ///< null for the System process
  char16_t* image_path;      ///< NT path, from pool
  USHORT image_path_length;  ///< bytes
  bool exiting;
  ULONG session;
  KPRIORITY base_priority;
  ULONG_PTR builtin_data;  ///< its copy of the variables that built-in modules export
  bool announced;          ///< drivers were told of it
  bool images_announced;   ///< and of its images
  bool cross_session;      ///< its creator is of another session
  bool no_debug_inherit;   ///< its children are not debugged along with it
  bool boost_disabled;     ///< of its threads' priorities
  BOOLEAN foreground;
  ULONG console;         ///< whose streams CONIN$ and CONOUT$ are (io::AddConsole)
  LONGLONG kernel_time;  ///< of threads that have ended, 100 ns units
  LONGLONG user_time;
  SIZE_T peak_committed;  ///< bytes, as far as anybody looked
  SIZE_T working_set_minimum;
  SIZE_T working_set_maximum;
  IO_COUNTERS io;
  ULONG image_file_size;
  ULONG hard_error_mode;
  ULONG io_priority;
  ULONG page_priority;
  ULONG cookie;  ///< 0: nobody asked for it yet
  PVOID entry;   ///< where the image's code begins, which is where the first thread starts
};

struct Process : EPROCESS {
  ProcessHost host;
};

inline Process* ProcessOf(PEPROCESS process) { return static_cast<Process*>(process); }
inline PEPROCESS ProcessOf(PKPROCESS process) { return reinterpret_cast<PEPROCESS>(process); }
inline PEPROCESS ProcessOf(const ke::Thread* thread) { return ProcessOf(thread->Tcb.Process); }

struct State {
  POBJECT_TYPE process_type = nullptr;
  POBJECT_TYPE thread_type = nullptr;
  CidTable cids;
  std::vector<PEPROCESS> processes;
  std::vector<ke::Thread*> dead;  ///< ended threads whose last own reference is to be given up
  KEVENT dead_event{};
  NotifyRoutines notify{};
};
State& Ps();

/// Makes a process object with a handle table and, for user processes, an address space. One reference, the process's own.
NTSTATUS CreateProcessObject(PEPROCESS parent, bool user, Process** process);
/// Makes a thread object of a process; the caller readies it. It has one reference, the thread's own, given up after its end.
NTSTATUS CreateThreadObject(PEPROCESS process, KPRIORITY priority, void (*start)(void*), void* context, ke::Thread** thread);
/// Makes a thread that starts in user mode at `routine(argument)`; a null routine is the image's entry point.
NTSTATUS CreateUserThread(PEPROCESS process, PVOID routine, PVOID argument, SIZE_T stack_reserve, SIZE_T stack_commit, bool suspended,
                          ke::Thread** thread);
/// Ends the running thread.
[[noreturn]] void ExitThread(NTSTATUS status);
/// Tells a thread to end at its next chance: on its way to user mode, or now if it waits there.
void TerminateThread(ke::Thread* thread, NTSTATUS status);
/// Ends a process's threads, but for the running one; `status` becomes its exit status.
void TerminateOtherThreads(PEPROCESS process, NTSTATUS status);
/// After the last thread: closes handles and signals the process.
void FinishProcess(PEPROCESS process, NTSTATUS status);
/// Names a process after its image.
void SetImageName(Process* process, std::u16string_view path);
/// Open procedures of the object types: what protection refuses, and which rights imply others.
NTSTATUS OpenProcessObject(PVOID object, KPROCESSOR_MODE mode, bool maximum, ACCESS_MASK* access);
NTSTATUS OpenThreadObject(PVOID object, KPROCESSOR_MODE mode, bool maximum, ACCESS_MASK* access);
/// Gives a process or a thread of it the descriptor that the process's token says.
void SecureByProcess(PVOID object, PEPROCESS process);
/// Stops the machine if a process or a thread is critical that ends.
void CheckCriticalExit(PEPROCESS process);
void CheckCriticalExit(const ke::Thread* thread);
/// What a process's threads have taken, with those that have ended; 100 ns units.
struct ProcessorTimes {
  LONGLONG kernel;
  LONGLONG user;
};
ProcessorTimes TimesOf(PEPROCESS process);
/// Delete procedures of the object types.
void DeleteProcess(PVOID process);
void DeleteThread(PVOID thread);

}  // namespace nt::ps
