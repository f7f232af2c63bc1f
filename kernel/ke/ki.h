// The kernel's inner parts: processors, threads as fibers, transition records. Private to ke (and ps, which makes threads).
#pragma once

#include <bitset>
#include <vector>

#include "kernel/hal/hal.h"
#include "kernel/ke/ke.h"
#include "nt/context.h"
#include "nt/ps.h"

namespace nt::ke {

// ---- transition records: where a thread went from PE code into the host and back ----------------------------------------

enum class RecordType : ULONG {
  Export = 1,       ///< PE code called an export
  Callout = 2,      ///< the host called PE code
  Search = 3,       ///< the host called an exception filter or language handler, looking for who handles
  Unwind = 4,       ///< the host called a termination handler or language handler, unwinding
  Service = 5,      ///< user mode entered the kernel
  Interrupt = 6,    ///< the host called a DPC or an ISR: the code below it is not its caller, and no exception goes there
  Consolidate = 7,  ///< the host called what takes the place of frames that were unwound
};

struct Record {
  Record* previous;
  RecordType type;
  ULONG index;  ///< of the export, for RecordType::Export
};

/// Written by KiExportThunk: the caller's non-volatile registers. Offsets are known to thunk.S.
struct alignas(16) ExportRecord {
  Record head;
  ULONG64 rip, rsp, rbx, rbp, rsi, rdi, r12, r13, r14, r15;
  M128A xmm[10];
};
static_assert(sizeof(ExportRecord) == 256 && offsetof(ExportRecord, xmm) == 96);

/// Written by KiCallPe.
struct CalloutRecord {
  Record head;
  ULONG64 frame;        ///< rbp of KiCallPe
  ULONG64 unwound;      ///< set when an exception passed instead of a return
  void* context;        ///< Search: the exception's CONTEXT; Unwind: the frame's DISPATCHER_CONTEXT
  void* exception;      ///< the EXCEPTION_RECORD being dispatched
  ULONG64 establisher;  ///< Search: the frame whose handler it is
  ULONG64 ninth;        ///< the argument after those in KiCallPe's array
};

/// An unwind on its way through host frames.
struct PendingUnwind {
  ULONG64 target_frame;
  ULONG64 target_ip;
  ULONG64 return_value;
  EXCEPTION_RECORD exception;
};

/// A user-mode APC whose normal routine is to be called.
struct UserApc {
  PKNORMAL_ROUTINE routine;
  PVOID context, argument1, argument2;
};

// ---- threads --------------------------------------------------------------------------------------------------------------

/// Where the clock interrupted PE code of a thread that was then put off.
struct Interruption {
  CONTEXT context;
  const Record* records;  ///< the innermost transition at that time
};

/// What an NT thread is on the host; it lies behind the ETHREAD. The first fields' offsets are known to thunk.S.
struct ThreadHost {
  Record* records = nullptr;         ///< 0x900: innermost transition
  void* kernel_stack_top = nullptr;  ///< 0x908: where system services start on the kernel stack
  BOOLEAN in_user = FALSE;           ///< 0x910
  BOOLEAN is_idle = FALSE;
  BOOLEAN preempted = FALSE;  ///< goes to the head of its ready queue
  BOOLEAN terminating = FALSE;
  BOOLEAN user_apc_ready = FALSE;    ///< 0x914: `user_apc` waits to be called on the way back to user mode
  BOOLEAN user_interrupted = FALSE;  ///< on the kernel stack because of an interrupt: its time is still user time
  ULONG processor = 0;               ///< where it runs, or ran last
  hal::Fiber fiber;
  LIST_ENTRY ready_link{};
  LIST_ENTRY all_link{};      ///< State::threads
  LONGLONG quantum_left = 0;  ///< 100 ns units
  LONG decrement = 0;         ///< boost still to decay
  LONGLONG wait_due = 0;
  SIZE_T stack_size = 0;
  void (*start)(void*) = nullptr;
  void* start_context = nullptr;
  PendingUnwind unwind{};
  LONG freeze_count = 0;                       ///< NtSuspendThread: it stops before its next user-mode instruction
  const Interruption* interruption = nullptr;  ///< on its stack, while it does not go on
  KEVENT thawed{};                             ///< signaled when the count comes back to zero
  PVOID parameter = nullptr;                   ///< of its start routine
  NTSTATUS exit_status = 0;                    ///< what it was told to end with
  LONGLONG kernel_time = 0;                    ///< 100 ns units
  LONGLONG user_time = 0;
  ULONG context_switches = 0;
  LIST_ENTRY mutants{};         ///< owned
  LIST_ENTRY queue_link{};      ///< in KTHREAD.Queue's list of threads, if it has a queue
  KAFFINITY user_affinity = 0;  ///< to go back to from system affinity
  bool system_affinity = false;
  bool apc_on_resume = false;  ///< a kernel APC came while it did not run
  bool apc_queueable = true;   ///< until it ends
  UserApc user_apc{};
  ULONG wait_count = 0;  ///< wait blocks in use
  KWAIT_REASON wait_reason = Executive;
  bool wait_alertable = false;
  PVOID client_token = nullptr;  ///< whom it impersonates; carries a reference
  UCHAR impersonation_level = 0;
  bool copy_on_open = false, effective_only = false;
  PVOID kept = nullptr;                 ///< object that the thread keeps until its end (IoCreateSystemThread)
  const void* lock = nullptr;           ///< ERESOURCE, FAST_MUTEX or KGUARDED_MUTEX that it waits for; wait_reason tells which
  bool announced = false;               ///< drivers were told of it
  bool stack_overflowed = false;        ///< the user stack, in host code: the exception comes when that returns
  bool delaying = false;                ///< the timeout is the purpose: it ends the wait with success
  GUID activity{};                      ///< what the thread's events belong to (EtwActivityIdControl)
  const GUID* lent_activity = nullptr;  ///< instead of it (IoSetActivityIdThread), in the memory of who set it
  UNICODE_STRING name{};                ///< that it was given, from pool
  signed char saturation = 0;           ///< 1 or -1: its base priority is the end of its class, wherever that moves
  bool boost_disabled = false;
  bool hidden = false;    ///< from debuggers
  bool critical = false;  ///< its end stops the machine
  UCHAR ideal_processor = 0;
  ULONG io_priority = 2;    ///< normal
  ULONG page_priority = 5;  ///< normal
  bool hard_errors_disabled = false;
};

struct Thread : ETHREAD {
  ThreadHost host;
};
/// Where the ThreadHost lies; known to thunk.S.
inline constexpr SIZE_T kThreadHostOffset = 0x900;
static_assert(sizeof(ETHREAD) == kThreadHostOffset && alignof(ThreadHost) <= alignof(ETHREAD));
static_assert(offsetof(ThreadHost, records) == 0 && offsetof(ThreadHost, kernel_stack_top) == 8 && offsetof(ThreadHost, in_user) == 0x10);
static_assert(offsetof(ThreadHost, user_apc_ready) == 0x14);

inline Thread* ThreadOf(KTHREAD* thread) { return reinterpret_cast<Thread*>(thread); }

// ---- processors -----------------------------------------------------------------------------------------------------------

/// KPCR and KPRCB, only what code reads through GS. Offsets are those of 10.0.22000.
struct ProcessorBlock {
  UCHAR tib[0x10];       // 0x00
  ULONG64 user_rsp;      // 0x10
  ProcessorBlock* self;  // 0x18
  void* prcb;            // 0x20
  void* lock_array;      // 0x28
  void* used_self;       // 0x30
  void* idt_base;        // 0x38
  UCHAR pad40[0x10];     // 0x40
  KIRQL irql;            // 0x50
  UCHAR pad51[3];
  ULONG software_interrupts;  // 0x54: bit n set: an interrupt of IRQL n is due (NT's reserved space)
  UCHAR pad58[0x128];
  // KPRCB at 0x180
  ULONG mxcsr;          // 0x180
  UCHAR legacy_number;  // 0x184
  UCHAR pad185[3];
  KTHREAD* current_thread;  // 0x188
  KTHREAD* next_thread;     // 0x190
  KTHREAD* idle_thread;     // 0x198
  UCHAR nesting_level;      // 0x1a0
  UCHAR pad1a1[3];
  ULONG number;  // 0x1a4
};
static_assert(offsetof(ProcessorBlock, irql) == 0x50);
static_assert(offsetof(ProcessorBlock, software_interrupts) == 0x54);
static_assert(offsetof(ProcessorBlock, current_thread) == 0x188);
static_assert(offsetof(ProcessorBlock, number) == 0x1a4);

struct DpcQueue {
  SINGLE_LIST_ENTRY* head = nullptr;
  SINGLE_LIST_ENTRY* tail = nullptr;
  ULONG depth = 0;
};

/// What decides whether a DPC that is queued may be left for later (NT's values).
struct DpcDeferral {
  ULONG maximum_depth = 4;      ///< so many do not wait
  ULONG adjust_threshold = 20;  ///< ticks until the maximum grows again
  ULONG count = 0;              ///< DPCs queued
  ULONG last_count = 0;         ///< at the last tick
  ULONG request_rate = 0;       ///< DPCs a tick, on average
};

/// What a processor's time is spent for.
enum class Charge : UCHAR { Thread, Dpc, Interrupt };

struct Processor {
  ProcessorBlock* block = nullptr;
  Thread* current = nullptr;
  Thread* next = nullptr;  ///< standby
  Thread* idle = nullptr;
  DpcQueue dpcs;
  DpcDeferral deferral;
  DpcQueue threaded_dpcs;
  Thread* dpc_thread = nullptr;  ///< runs the threaded ones; made for the first of them
  KEVENT dpc_thread_event{};
  PKDPC running_threaded = nullptr;
  bool dpc_active = false;
  PKDPC running_dpc = nullptr;
  KDPC call_dpc{};  ///< of KeGenericCallDpc
  bool quantum_end = false;
  LONGLONG dispatch_spent = 0;          ///< at DISPATCH_LEVEL or above, as the clock's ticks saw it, in 100 ns units
  LONGLONG dpc_spent = 0;               ///< in the running DPC, likewise
  std::bitset<256> requested_vectors;   ///< of devices, not delivered yet
  std::bitset<256> vectors_in_service;  ///< their service routines run
  std::bitset<256> passive_vectors;     ///< delivered, to be served by a thread
  Charge charge = Charge::Thread;
  LONGLONG charged_since = 0;
  LONGLONG stolen_time = 0;  ///< of DPCs and interrupts since the last tick
  LONGLONG idle_time = 0, dpc_time = 0, interrupt_time = 0, user_time = 0;
  ULONG interrupts = 0;  ///< count, the clock's among them
};

inline constexpr ULONG kApcBit = 1 << APC_LEVEL;
inline constexpr ULONG kDispatchBit = 1 << DISPATCH_LEVEL;

inline constexpr LONGLONG kTickUnits = 10'000;          ///< the clock interrupts every millisecond
inline constexpr LONGLONG kQuantumUnits = 2 * 156'250;  ///< two of NT's clock intervals, as on a client
inline constexpr SIZE_T kKernelStackSize = 128 * 1024;
inline constexpr SIZE_T kNtKernelStackSize = 24 * 1024;

/// Windows of images, of 64 MiB each, in which moves to and from CR8 are replaced.
inline constexpr ULONG kCr8Windows = 4;

/// The thread that serves interrupts at PASSIVE_LEVEL.
struct PassiveService {
  bool running = false;
  KEVENT requested{};
};

/// Everything of the machine that the kernel proper owns.
struct State {
  std::vector<Processor> processors;
  ULONG current = 0;  ///< the processor whose turn it is
  LIST_ENTRY ready[MAXIMUM_PRIORITY]{};
  ULONG ready_summary = 0;
  LIST_ENTRY threads{};      ///< all there are, in the order they were made
  hal::Fiber host;           ///< who booted the machine
  bool running = false;      ///< the host is inside Run
  bool stop = false;         ///< leave Run when a processor is idle
  bool out_of_time = false;  ///< leave Run at the next interrupt
  bool stopped_by_bugcheck = false;
  bool paged_forbidden = false;  ///< paged_check.h
  bool deadlocked = false;
  struct Broadcast* broadcast = nullptr;       ///< of KeIpiGenericCall
  bool generic_call = false;                   ///< a KeGenericCallDpc is under way
  std::vector<PVOID> nmi_callbacks;            ///< by their handles
  std::vector<struct KINTERRUPT*> interrupts;  ///< connected, in the order of the calls
  PassiveService passive_service;
  volatile bool crash_requested = false;  ///< the user wants a bugcheck
  // time
  bool virtual_time = false;
  ULONGLONG seed = 0;
  ULONGLONG random = 0;
  LONGLONG boot_system_time = 0;
  LONGLONG interrupt_time = 0;  ///< 100 ns units since boot
  ULONGLONG host_boot_ns = 0;
  LONGLONG last_tick = 0;
  LONGLONG last_second = 0;  ///< when second_tick was called
  void (*second_tick)(ULONG seconds) = nullptr;
  ULONGLONG virtual_steps = 0;
  ULONG hang_ticks = 0;            ///< host ticks since the last scheduling point, for hangs under virtual time
  ULONGLONG host_deadline_ns = 0;  ///< of the running host call; 0: none
  PKPROCESS system_process = nullptr;
  ULONG cr8_slots[kCr8Windows]{};          ///< used, for each window of images (cr8_patch.cpp)
  std::vector<ULONG64> specific_handlers;  ///< stubs of __C_specific_handler, which the dispatcher calls without a detour
};
extern State* ki_state;
inline State& Ki() { return *ki_state; }

/// The thread whose fiber runs now, and its processor's KPCR: read by thunk.S.
extern "C" Thread* KiThread;
extern "C" ProcessorBlock* KiPcr;
/// Set by the clock signal when it hit host code; tested when an export returns.
extern "C" volatile UCHAR KiPending;

inline Processor& CurrentProcessor() { return Ki().processors[Ki().current]; }

// ---- scheduler ------------------------------------------------------------------------------------------------------------

void InitializeThread(Thread* thread, EPROCESS* process, KPRIORITY priority, void (*start)(void*), void* context);
/// The thread object goes away.
void ForgetThread(Thread* thread);
void ReadyThread(Thread* thread);
/// Gives up the processor; the thread's state and queue are already set. Returns when it runs again.
void SwapContext();
/// Ends the running thread: never comes back.
[[noreturn]] void TerminateCurrentThread();
/// After waking others: reschedules if a better thread is ready for this processor and IRQL allows.
void ExitDispatcher();
/// Gives the next processor that has something to do its turn.
void RotateProcessor();
/// The bugcheck that the user asked for, if he did; `at` is the code that was interrupted, null if that was the host's.
void CrashIfRequested(const CONTEXT* at);
/// Leaves the machine for the host call that runs it; the next host call goes on here.
void StopMachine();
void SetPriority(Thread* thread, KPRIORITY priority);
void BoostThread(Thread* thread, KPRIORITY increment);
void QuantumEnd();
bool ReadyThreadFor(const Processor& processor, KPRIORITY above);

// ---- interrupts -----------------------------------------------------------------------------------------------------------

void RequestSoftwareInterrupt(Processor& processor, ULONG bit);
/// Runs DPCs, delivers APCs, reschedules, as far as the current IRQL allows.
void DeliverSoftwareInterrupts();
void RetireDpcs();
/// What the clock does for the DPCs that a processor has put off, after so many ticks: they run now.
void DpcTick(Processor& processor, LONGLONG ticks);
/// Lets a processor that would idle run what it has put off.
void RequestDeferredDpcs(Processor& processor);
/// Calls the service routines of devices whose interrupts the current IRQL lets in, the highest first.
void ServiceDevices();
/// Calls the routine that another processor wants called on all.
void AnswerBroadcast();
void ClockInterrupt();
/// Called at every scheduling point under virtual time: costs time and lets the seed choose who runs.
void VirtualStep();
/// The clock interrupt at a safe point, then what became due, then another processor's turn.
void ServiceClock();
/// Ends the running thread on its way back to user mode; set by ps.
[[noreturn]] void TerminateFromUser();
/// What a thread must do before it executes user-mode code again: stop while suspended, end if told to.
void BeforeUserMode();
void SetTerminator(void (*terminate_thread)(), void (*terminate_process)(NTSTATUS));
/// Acquires a lock at DISPATCH_LEVEL, giving its holder's processor turns.
void AcquireSpinLock(PKSPIN_LOCK lock);
void ExpireTimers();
/// Due time of the next timer, or -1.
LONGLONG NextTimer();
void UpdateTime();

/// Stops the machine: a dispatcher object was touched above DISPATCH_LEVEL.
[[noreturn]] void TooHighForDispatcher(const void* object);
inline void CheckDispatcherIrql(const void* object) {
  if (KiPcr->irql > DISPATCH_LEVEL) [[unlikely]]
    TooHighForDispatcher(object);
}

// ---- waits ----------------------------------------------------------------------------------------------------------------

/// Wakes a waiting thread with this status; the caller has satisfied the object's side.
void UnwaitThread(Thread* thread, NTSTATUS status, KPRIORITY increment);
/// Wakes whom the object's state allows.
void WakeWaiters(DISPATCHER_HEADER* object, KPRIORITY increment);
/// A thread's own timer expired: its wait has timed out.
void WakeTimerWait(PKTIMER timer);
/// Stops the machine if the IRQL does not allow a wait.
void CheckWaitAllowed(PVOID object, PLARGE_INTEGER timeout);
/// Interrupt time at which a timeout is over.
LONGLONG DueTime(const LARGE_INTEGER* timeout);
/// The current thread's wait for a queue's entry.
struct QueueWait {
  PKQUEUE queue;
  KPROCESSOR_MODE mode;
  bool alertable;
  const LARGE_INTEGER* timeout;
};
/// Waits until somebody hands over an entry: returns it, or what ended the wait. The thread does not count as one that runs before; it does
/// afterwards.
ULONG_PTR BlockOnQueue(const QueueWait& wait, LONGLONG due);
/// Ends a wait before its time.
void CancelWait(Thread* thread, NTSTATUS status);
/// Alerts a thread: ends its alertable wait, or the next one.
void AlertThread(Thread* thread, KPROCESSOR_MODE mode);
/// Gives a mutant to a thread; STATUS_ABANDONED if its last owner died with it.
NTSTATUS AcquireMutant(KMUTANT* mutant, Thread* thread);
/// The current thread's APCs are enabled again, perhaps: delivers those that waited.
void ResumeApcs();
/// Before a return to user mode: readies the next user-mode APC, if one is pending.
void PrepareUserApc();
/// Gives up the APCs of the current thread, which ends.
void RundownApcs();
/// The current thread, which ends, serves no queue any more.
void RundownQueue();
/// Takes a dead thread's mutants away from it.
void AbandonMutants(Thread* thread);
/// What a wait ends with when a kernel APC interrupts it; it then begins again, with the same due time.
inline constexpr NTSTATUS kStatusKernelApc = 0x100;
/// Whether an interrupt waits that the current IRQL lets in.
inline bool InterruptIsDue() { return (KiPcr->software_interrupts >> 1 >> KiPcr->irql) != 0; }
/// Delivers the software interrupts that the current IRQL allows.
void DeliverDue();
/// Puts a timer into the timer table; `due` is interrupt time in 100 ns units.
void InsertTimer(PKTIMER timer, LONGLONG due);
bool RemoveTimer(PKTIMER timer);

// ---- exceptions -----------------------------------------------------------------------------------------------------------

/// Dispatches an exception raised in PE code at `context`; returns if execution continues there.
void DispatchException(EXCEPTION_RECORD* record, CONTEXT* context, Record* top);
void LoadExportContext(CONTEXT* context, const ExportRecord* record);
bool IsPeAddress(ULONG_PTR address);
/// Calls the routine of a DPC or an ISR.
ULONG_PTR CallInterruptRoutine(const void* routine, const ULONG_PTR (&arguments)[8]);
/// Carries out a privileged instruction that kernel code executed; false if it is none.
bool EmulateInstruction(hal::Trap& trap);
void InstallTraps();
void RemoveTraps();

/// Thrown through host frames while PE frames are unwound.
struct ForeignUnwind {};
/// Thrown by RaiseStatus, caught by the thunk.
struct RaisedException {
  EXCEPTION_RECORD record;
};

/// What stopped the machine.
struct BugCheckReport {
  ULONG code;
  ULONG_PTR parameters[4];
  const char* rule;
};

extern "C" {
ULONG_PTR KiCallPe(CalloutRecord* record, const void* routine, const ULONG_PTR* arguments);
extern const char KiCallPeReturn[];
[[noreturn]] void KiCallPeUnwound(CalloutRecord* record);
void KiDispatchEntry();
[[noreturn]] void KiRestoreContext(const CONTEXT* context);
void KiPreemptEntry();
void KiLoweredByMove();
void KiExportThunk();
void KiExportThunkHooked();
void KiExportThunkPassive();
void KiExportThunkApc();
void KiExportThunkDispatch();
[[noreturn]] void KiEnterUser(void (*entry)(void*), void* stack, void* argument, void* teb);
void KiRunOnKernelStack(void (*function)());
bool KiGuardedCopy(void* to, const void* from, SIZE_T size);
extern const char KiGuardedBegin[], KiGuardedEnd[], KiGuardedFault[];
extern const char __start_ki_leaf[], __stop_ki_leaf[];
extern ULONG64 KiXsaveSize;
void KiServicePending(const ExportRecord* record);
}

}  // namespace nt::ke
