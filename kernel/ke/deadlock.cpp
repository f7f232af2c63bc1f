// The report of a deadlock: who waits for what, held by whom, and where.
#include "kernel/ke/exception.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/wait_text.h"

namespace nt::ke {
namespace {

constexpr std::size_t kMaxReportedFrames = 16;

/// The PE frames of a thread that does not run.
std::vector<ULONG_PTR> StackOf(Thread* thread) {
  Thread* const running = KiThread;
  KiThread = thread;  // the walk keeps to the running thread's stack
  std::vector<ULONG_PTR> stack = WalkStack(nullptr, thread->host.records, kMaxReportedFrames);
  KiThread = running;
  return stack;
}

}  // namespace

std::vector<BlockedThread> DescribeDeadlock() {
  std::vector<BlockedThread> blocked;
  LIST_ENTRY& head = Ki().threads;
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
    auto* const host = CONTAINING_RECORD(link, ThreadHost, all_link);
    auto* const thread = reinterpret_cast<Thread*>(reinterpret_cast<char*>(host) - kThreadHostOffset);
    if (KthreadState(&thread->Tcb) != Waiting) continue;
    const std::vector<ULONG_PTR> stack = StackOf(thread);
    if (stack.empty()) continue;  // the kernel's own: it waits for work
    BlockedThread entry{reinterpret_cast<ULONG_PTR>(thread->Cid.UniqueThread), DescribeWait(thread), {}, thread};
    for (const ULONG_PTR address : stack) entry.stack.push_back(DescribeReturn(address));
    blocked.push_back(std::move(entry));
  }
  return blocked;
}

}  // namespace nt::ke
