// What waits and ends of threads mean for the queues that threads serve.
#pragma once

#include "kernel/ke/ki.h"

namespace nt::ke {

inline PKQUEUE QueueOf(const Thread* thread) { return static_cast<PKQUEUE>(thread->Tcb.Queue); }

/// A thread of the queue stops running, for another wait or for ever: another may take its place.
void LeaveQueueSlot(PKQUEUE queue);
/// The thread serves no queue any more.
void DissociateFromQueue(Thread* thread);

}  // namespace nt::ke
