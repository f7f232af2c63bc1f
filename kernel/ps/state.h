// What ps keeps. Private.
#pragma once

#include <map>
#include <vector>

#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/cid.h"
#include "kernel/ps/ps.h"

namespace nt::ps {

/// What a process is to the host; it lies behind the EPROCESS.
struct ProcessHost {
  mm::AddressSpace* space = nullptr;   ///< null for the System process
  ULONG_PTR image_base = 0;
  std::u16string image_path;           ///< NT path
  bool exiting = false;
};

struct Process : EPROCESS {
  ProcessHost* host;
};

inline Process* ProcessOf(PEPROCESS process) { return static_cast<Process*>(process); }
inline Process* ProcessOf(PKPROCESS process) { return reinterpret_cast<Process*>(process); }

struct State {
  POBJECT_TYPE process_type = nullptr;
  POBJECT_TYPE thread_type = nullptr;
  CidTable cids;
  std::vector<PEPROCESS> processes;
};
State& Ps();

/// Makes a thread object of a process; the caller readies it. The object has one reference, the thread's own, given up at its end.
NTSTATUS CreateThreadObject(PEPROCESS process, KPRIORITY priority, void (*start)(void*), void* context, ke::Thread** thread);
/// Ends the running thread.
[[noreturn]] void ExitThread(NTSTATUS status);
/// Ends a process: its other threads at their next chance, its handles, its memory with the last reference.
void TerminateProcess(PEPROCESS process, NTSTATUS status);
/// Asks a thread to end on its way back to user mode, or at once if it waits in user mode's name.
void TerminateThread(ke::Thread* thread, NTSTATUS status);

}  // namespace nt::ps
