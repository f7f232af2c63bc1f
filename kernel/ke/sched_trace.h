// The lines of `--trace sched`; without it each costs a test of one variable.
#pragma once

#include "kernel/ke/ki.h"
#include "kernel/ke/trace.h"

namespace nt::ke {

void WriteReady(const Thread* thread);
void WriteRunning(const Thread* thread);
void WriteWaiting(const Thread* thread);
void WriteTerminated(const Thread* thread);
void WriteDpc(const KDPC* dpc);

inline void TraceReady(const Thread* thread) {
  if (Tracing(kTraceSched)) WriteReady(thread);
}
/// After the switch: the processor and the thread are the running ones.
inline void TraceRunning(const Thread* thread) {
  if (Tracing(kTraceSched)) WriteRunning(thread);
}
/// The thread's wait blocks are linked, and its state is set.
inline void TraceWaiting(const Thread* thread) {
  if (Tracing(kTraceSched)) WriteWaiting(thread);
}
inline void TraceTerminated(const Thread* thread) {
  if (Tracing(kTraceSched)) WriteTerminated(thread);
}
/// A DPC's routine is about to be called.
inline void TraceDpc(const KDPC* dpc) {
  if (Tracing(kTraceSched)) WriteDpc(dpc);
}
inline void TraceInterrupt(const char* source) {
  if (Tracing(kTraceSched)) Trace(kTraceSched, std::string("interrupt: ") + source);
}

}  // namespace nt::ke
