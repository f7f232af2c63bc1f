// Processors: their blocks, idle threads, the idle loop, and the host's way in and out of the machine.
#include <cpuid.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "kernel/api/api.h"
#include "kernel/hal/sanitizer.h"
#include "kernel/ke/bugcheck_callbacks.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "kernel/mm/mm.h"

extern "C" {
/// What the export thunks go by: one entry for each of nt::api::Exports().
struct KiTarget {
  const void* target;
  ULONG argument_count;
  ULONG kind;
};
KiTarget* KiExportTable = nullptr;
ULONG KiSlowIndex[5] = {};
}

namespace nt::ke {
namespace {

constexpr ULONG_PTR kProcessorBlocks = mm::kSharedUserDataShadow + 0x100000;
constexpr SIZE_T kProcessorBlockSize = 0x10000;

/// Where one call of RunInSystemThread stands.
struct HostCall {
  const std::function<void()>* work;
  void (*exit)();  ///< ends the thread, if it is an object
  bool done;
};

std::vector<void*>* host_threads = nullptr;
HostThreads thread_objects{};

void IdleOnce() {
  State& ki = Ki();
  CrashIfRequested(nullptr);
  ClockInterrupt();
  if (ki.stop || ki.out_of_time) return StopMachine();
  RequestDeferredDpcs(CurrentProcessor());
  DeliverDue();
  if (ki.stop || ki.out_of_time) return StopMachine();
  if (IdleTakesThread() || IdleYieldsToBusy()) return;
  const LONGLONG due = NextTimer();
  if (due < 0 && !hal::AnyDescriptorWatched()) {
    ki.deadlocked = true;
    return StopMachine();
  }
  if (ki.virtual_time) {
    if (due >= 0) {
      ki.interrupt_time = std::max(ki.interrupt_time, due);
    } else {
      hal::Idle(-1);
    }
    return;
  }
  hal::Idle(due < 0 ? -1 : (due - ki.interrupt_time) * 100);
}

void IdleLoop(void*) {
  KiPcr->irql = PASSIVE_LEVEL;
  for (;;) IdleOnce();
}

[[noreturn]] void StartThread(void* raw) {
  auto* const thread = static_cast<Thread*>(raw);
  KiPcr->irql = PASSIVE_LEVEL;
  DeliverDue();
  thread->host.start(thread->host.start_context);
  TerminateCurrentThread();
}

void RunHostCall(void* raw) {
  auto* const call = static_cast<HostCall*>(raw);
  (*call->work)();
  call->done = true;
  Ki().stop = true;
  if (call->exit != nullptr) call->exit();
}

void FillExportTable() {
  const auto exports = api::Exports();
  KiExportTable = new KiTarget[exports.size()];
  for (std::size_t i = 0; i < exports.size(); ++i) {
    const ULONG kind = exports[i].kind == api::Kind::Sysv ? 0 : exports[i].kind == api::Kind::Variadic ? 1 : 2;
    KiExportTable[i] = {exports[i].target, exports[i].argument_count, kind};
  }
  const char* const slow[] = {"KiIrqlMistakeSlow", "KiInterruptsDueSlow", "KiLockContendedSlow", "KiLockNotOwnedSlow",
                              "KiAbsentImportSlow"};
  for (std::size_t i = 0; i < std::size(slow); ++i) {
    const api::Export* const entry = api::Find("ntoskrnl.exe", slow[i]);
    if (entry != nullptr) KiSlowIndex[i] = api::IndexOf(*entry);
  }
}

ULONG64 XsaveSize() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __cpuid_count(0xd, 0, a, b, c, d);
  return b + 128;
}

Thread* MakeThread(KPRIORITY priority, void (*start)(void*), void* context) {
  void* const memory = std::calloc(1, sizeof(Thread) + 64);
  host_threads->push_back(memory);
  auto* const thread = new (memory) Thread{};
  InitializeThread(thread, nullptr, priority, start, context);
  thread->Tcb.Process = thread->Tcb.ApcState.Process = Ki().system_process;
  return thread;
}

}  // namespace

void InitializeThread(Thread* thread, EPROCESS* process, KPRIORITY priority, void (*start)(void*), void* context) {
  KTHREAD& tcb = thread->Tcb;
  tcb.Header.Type = ThreadObject;
  tcb.Header.Size = static_cast<UCHAR>(sizeof(KTHREAD) / sizeof(ULONG) & 0xff);
  tcb.Header.WaitListHead.Flink = tcb.Header.WaitListHead.Blink = &tcb.Header.WaitListHead;
  for (LIST_ENTRY& head : tcb.ApcState.ApcListHead) head.Flink = head.Blink = &head;
  tcb.ApcState.Process = tcb.Process = reinterpret_cast<PKPROCESS>(process);
  tcb.BasePriority = static_cast<CCHAR>(priority);
  KthreadPriority(&tcb) = static_cast<CCHAR>(priority);
  tcb.Affinity = (KAFFINITY{1} << ProcessorCount()) - 1;
  KthreadState(&tcb) = Initialized;
  InitializeThreadTimer(&tcb.Timer);
  LIST_ENTRY& last = *Ki().threads.Blink;
  thread->host.all_link = {&Ki().threads, &last};
  last.Flink = Ki().threads.Blink = &thread->host.all_link;
  thread->IrpList.Flink = thread->IrpList.Blink = &thread->IrpList;
  thread->host.mutants.Flink = thread->host.mutants.Blink = &thread->host.mutants;
  thread->host.quantum_left = kQuantumUnits;
  thread->host.processor = Ki().current;
  thread->host.start = start;
  thread->host.start_context = context;
  thread->host.stack_size = kKernelStackSize;
  char* const stack = static_cast<char*>(mm::AllocateKernelStack(kKernelStackSize));
  tcb.StackLimit = stack;
  tcb.StackBase = tcb.InitialStack = stack + kKernelStackSize;
  hal::MakeFiber(thread->host.fiber, stack, kKernelStackSize, &StartThread, thread);
}

void ForgetThread(Thread* thread) {
  const LIST_ENTRY& link = thread->host.all_link;
  link.Blink->Flink = link.Flink;
  link.Flink->Blink = link.Blink;
}

Thread* CreateHostThread(void (*start)(void*), void* context, KPRIORITY priority) {
  Thread* const thread = MakeThread(priority, start, context);
  ReadyThread(thread);
  return thread;
}

void Initialize(const Options& options) {
  CreateState();
  State& ki = Ki();
  KiXsaveSize = XsaveSize();
  host_threads = new std::vector<void*>;
  ki.virtual_time = options.virtual_time;
  ki.seed = options.seed;
  ki.threads.Flink = ki.threads.Blink = &ki.threads;
  InitializeReadyQueues();
  CreateTimerTable();
  FillExportTable();
  FindSpecificHandlers();
  ForgetBugCheckCallbacks();
  ki.processors.resize(options.processors);
  const SIZE_T blocks = kProcessorBlockSize * options.processors;
  hal::MapLinear(kProcessorBlocks, blocks, hal::Protection::ReadWrite);
  hal::Discard(kProcessorBlocks, blocks);
  for (ULONG i = 0; i < options.processors; ++i) {
    Processor& processor = ki.processors[i];
    processor.block = reinterpret_cast<ProcessorBlock*>(kProcessorBlocks + i * kProcessorBlockSize);
    processor.block->self = processor.block;
    processor.block->prcb = &processor.block->mxcsr;
    processor.block->mxcsr = 0x1f80;
    processor.block->legacy_number = static_cast<UCHAR>(i);
    processor.block->number = i;
    processor.idle = MakeThread(0, &IdleLoop, nullptr);
    processor.idle->host.is_idle = TRUE;
    processor.idle->host.processor = i;
    processor.current = processor.idle;
    processor.block->idle_thread = processor.block->current_thread = &processor.idle->Tcb;
  }
  KiThread = ki.processors[0].idle;
  KiPcr = ki.processors[0].block;
  InitializeTime();
  InstallTraps();
  // Under virtual time the host's clock only looks for code that never comes back.
  hal::StartClockInterrupts(1'000'000);
}

bool IsRunning() { return Ki().running; }

void SetHostThreads(const HostThreads& threads) { thread_objects = threads; }

void Shutdown() {
  thread_objects = {};
  hal::StopClockInterrupts();
  RemoveTraps();
  for (void* memory : *host_threads) std::free(memory);
  delete host_threads;
  host_threads = nullptr;
  DestroyTimerTable();
  delete[] KiExportTable;
  KiExportTable = nullptr;
  DestroyState();
}

void StopMachine() {
  State& ki = Ki();
  ki.stop = ki.out_of_time = false;
  Thread* const from = CurrentProcessor().current;
  hal::SwitchFiber(from->host.fiber, ki.host);
}

Outcome RunInSystemThread(const std::function<void()>& work, ULONGLONG timeout_ms) {
  State& ki = Ki();
  if (ki.stopped_by_bugcheck) return Outcome::BugCheck;
  HostCall call{&work, thread_objects.exit, false};
  ki.deadlocked = ki.out_of_time = false;
  ki.host_deadline_ns = timeout_ms == 0 ? 0 : hal::MonotonicNanoseconds() + timeout_ms * 1'000'000;
  void* const outer_gs = hal::GsBase();
  Thread* const thread = (thread_objects.make != nullptr ? thread_objects.make : MakeThread)(9, &RunHostCall, &call);
  ReadyThread(thread);
  hal::SetGsBase(KiPcr);
  ki.running = true;
  hal::SwitchFiber(ki.host, CurrentProcessor().current->host.fiber);
  ki.running = false;
  hal::SetGsBase(outer_gs);
  if (ki.stopped_by_bugcheck) return Outcome::BugCheck;
  if (call.done) return Outcome::Finished;
  hal::AbandonStacks();
  return ki.deadlocked ? Outcome::Deadlock : Outcome::Timeout;
}

void SetSystemProcess(EPROCESS* process) {
  Ki().system_process = reinterpret_cast<PKPROCESS>(process);
  for (const Processor& processor : Ki().processors) {
    processor.idle->Tcb.Process = processor.idle->Tcb.ApcState.Process = Ki().system_process;
  }
  if (KiThread != nullptr) KiThread->Tcb.Process = KiThread->Tcb.ApcState.Process = Ki().system_process;
}

}  // namespace nt::ke
