#include "kernel/ke/sched_trace.h"

#include "kernel/ke/machine.h"
#include "kernel/ke/wait_text.h"

namespace nt::ke {
namespace {

std::string AtPriority(const Thread* thread) { return " at priority " + std::to_string(KthreadPriority(&thread->Tcb)); }

}  // namespace

void WriteReady(const Thread* thread) { Trace(kTraceSched, NameOf(&thread->Tcb) + " ready" + AtPriority(thread)); }

void WriteRunning(const Thread* thread) {
  const std::string who = thread->host.is_idle ? "idle" : NameOf(&thread->Tcb) + " running" + AtPriority(thread);
  Trace(kTraceSched, who + " on processor " + std::to_string(thread->host.processor));
}

void WriteWaiting(const Thread* thread) { Trace(kTraceSched, NameOf(&thread->Tcb) + " waiting " + DescribeWait(thread)); }

void WriteTerminated(const Thread* thread) { Trace(kTraceSched, NameOf(&thread->Tcb) + " terminated"); }

void WriteDpc(const KDPC* dpc) {
  const std::string routine = DescribeCode(reinterpret_cast<ULONG_PTR>(dpc->DeferredRoutine) + 1);
  Trace(kTraceSched, (dpc->Type == ThreadedDpcObject ? "threaded DPC " : "DPC ") + routine);
}

}  // namespace nt::ke
