// The scheduler's moves, for the rest of ke.
#pragma once

#include "kernel/ke/ki.h"

using LOGICAL = ULONG;

namespace nt::ke {

void CreateState();
void DestroyState();
void CreateTimerTable();
void DestroyTimerTable();
void InitializeThreadTimer(PKTIMER timer);
/// Calls `visit` for every timer that is set, but not for the threads' own, in the order of their due times.
void ForEachTimer(void (*visit)(PKTIMER, void*), void* context);
/// Starts the clock, and KUSER_SHARED_DATA.
void InitializeTime();
/// Adds to virtual time; expires what became due.
void AdvanceVirtualTime(LONGLONG units);
void InitializeReadyQueues();
/// Gives the processor to its standby thread; the running one goes to the head of its ready queue.
void Preempt();
/// From the idle loop: runs a thread that is ready here. False if there is none.
bool IdleTakesThread();
/// From the idle loop: lets a busy processor have its turn. False if all are idle.
bool IdleYieldsToBusy();
/// Lets a ready thread of at least the same priority run (NtYieldExecution).
bool YieldToEqual();
/// Changes where a thread may run; a running thread moves at once if it must.
void SetAffinity(Thread* thread, KAFFINITY affinity);
/// Delivers kernel APCs of the current thread.
void DeliverApcs();

}  // namespace nt::ke
