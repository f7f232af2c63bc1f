// Faults: what a signal says becomes an NT exception in the faulting thread, or a bugcheck where NT has one.
#include <signal.h>

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/cr8_patch.h"
#include "kernel/ke/divisor.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/paged_check.h"
#include "kernel/ke/panic.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/pageable.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/mm.h"

namespace nt::ke {
namespace {

struct FaultFrame {
  EXCEPTION_RECORD record;
  alignas(16) CONTEXT context;
};

constexpr ULONG_PTR kRedZone = 128;
constexpr ULONG_PTR kDispatchRoom = 24 * 1024;  // what the dispatcher may need below a fault
constexpr ULONG_PTR kErrorWrite = 2, kErrorFetch = 16;
constexpr ULONG_PTR kGeneralProtection = 13, kPageFault = 14;
constexpr int kFastFail = 0x29, kAssertion = 0x2c, kDebugService = 0x2d;  // software interrupts
constexpr ULONG_PTR kWriting = 1, kExecuting = 8;                         // an access violation's first parameter

bool WithinLeaf(ULONG_PTR rip) {
  return rip >= reinterpret_cast<ULONG_PTR>(__start_ki_leaf) && rip < reinterpret_cast<ULONG_PTR>(__stop_ki_leaf);
}

void CaptureContext(const ucontext_t* from, CONTEXT* context) {
  const auto& registers = from->uc_mcontext.gregs;
  *context = CONTEXT{};
  context->ContextFlags = CONTEXT_ALL;
  context->MxCsr = from->uc_mcontext.fpregs->mxcsr;
  context->FltSave.MxCsr = context->MxCsr;
  context->EFlags = static_cast<DWORD>(registers[REG_EFL]);
  context->SegCs = 0x10;
  context->SegSs = 0x18;
  context->Rip = static_cast<DWORD64>(registers[REG_RIP]);
  constexpr int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                           REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  DWORD64* to = &context->Rax;
  for (const int index : order) *to++ = static_cast<DWORD64>(registers[index]);
  std::memcpy(&context->Xmm0, from->uc_mcontext.fpregs->_xmm, 16 * sizeof(M128A));
}

/// The vector of the `int n` at an address, or -1.
int InterruptVector(ULONG_PTR rip) {
  UCHAR code[2];
  return KiGuardedCopy(code, reinterpret_cast<const void*>(rip), sizeof code) && code[0] == 0xcd ? code[1] : -1;
}

/// What the processor makes a general protection fault, for it is not NT: the software interrupts of asserts and debug services.
bool FillSoftwareInterrupt(EXCEPTION_RECORD* record, ULONG_PTR rip) {
  const int vector = InterruptVector(rip);
  if (vector != kAssertion && vector != kDebugService) return false;
  record->ExceptionCode = vector == kAssertion ? STATUS_ASSERTION_FAILURE : STATUS_BREAKPOINT;
  return true;
}

/// The processor has one fault for a division by zero and for a quotient that does not fit; NT tells them apart by the divisor.
NTSTATUS ArithmeticStatus(const hal::Trap& trap, ULONG_PTR rip) {
  switch (trap.code) {
    case FPE_INTDIV:
      return DivisorIsZero(*trap.context, rip) ? STATUS_INTEGER_DIVIDE_BY_ZERO : STATUS_INTEGER_OVERFLOW;
    case FPE_FLTDIV:
      return STATUS_FLOAT_DIVIDE_BY_ZERO;
    case FPE_FLTOVF:
      return STATUS_FLOAT_OVERFLOW;
    case FPE_FLTUND:
      return STATUS_FLOAT_UNDERFLOW;
    case FPE_FLTRES:
      return STATUS_FLOAT_INEXACT_RESULT;
    default:
      return STATUS_FLOAT_INVALID_OPERATION;
  }
}

void FillRecord(const hal::Trap& trap, EXCEPTION_RECORD* record, ULONG_PTR rip) {
  *record = EXCEPTION_RECORD{};
  record->ExceptionAddress = reinterpret_cast<PVOID>(rip);
  switch (trap.signal) {
    case SIGFPE:
      record->ExceptionCode = ArithmeticStatus(trap, rip);
      break;
    case SIGILL:
      record->ExceptionCode = STATUS_ILLEGAL_INSTRUCTION;
      break;
    case SIGTRAP:
      record->ExceptionCode = trap.trap == 1 ? STATUS_SINGLE_STEP : STATUS_BREAKPOINT;
      record->NumberParameters = trap.trap == 1 ? 0 : 1;
      break;
    default:
      if (trap.trap == kGeneralProtection && FillSoftwareInterrupt(record, rip)) break;
      record->ExceptionCode = STATUS_ACCESS_VIOLATION;
      record->NumberParameters = 2;
      record->ExceptionInformation[0] = (trap.error & kErrorFetch) != 0 ? kExecuting : (trap.error & kErrorWrite) != 0 ? kWriting : 0;
      record->ExceptionInformation[1] = trap.trap == kGeneralProtection ? ~ULONG_PTR{0} : trap.address;
      break;
  }
}

/// In user mode a general protection fault of a privileged instruction has its own code.
void RefineForUser(EXCEPTION_RECORD* record, const hal::Trap& trap) {
  if (trap.trap != kGeneralProtection || trap.signal != SIGSEGV) return;
  const auto* const code = reinterpret_cast<const UCHAR*>(record->ExceptionAddress);
  const UCHAR opcode = code[0];
  const bool io = (opcode >= 0xE4 && opcode <= 0xE7) || (opcode >= 0xEC && opcode <= 0xEF) || (opcode >= 0x6C && opcode <= 0x6F);
  if (io || opcode == 0xF4 || opcode == 0xFA || opcode == 0xFB || opcode == 0x0F || opcode == 0x44) {
    record->ExceptionCode = STATUS_PRIVILEGED_INSTRUCTION;
    record->NumberParameters = 0;
  }
}

bool OnStackOf(const Thread* thread, ULONG_PTR sp) {
  const auto low = reinterpret_cast<ULONG_PTR>(thread->Tcb.StackLimit);
  return sp >= low && sp <= reinterpret_cast<ULONG_PTR>(thread->Tcb.StackBase);
}

/// Keeps what is known of a fault on the stack that was in use.
FaultFrame* PushFaultFrame(const hal::Trap& trap, const EXCEPTION_RECORD& record, const CONTEXT& context) {
  const auto top = static_cast<ULONG_PTR>(trap.context->uc_mcontext.gregs[REG_RSP]);
  auto* const frame = reinterpret_cast<FaultFrame*>((top - kRedZone - sizeof(FaultFrame)) & ~ULONG_PTR{63});
  frame->record = record;
  frame->context = context;
  return frame;
}

/// The rest of a fault runs in ordinary context, on the thread's own stack, by changing what the signal returns to.
void Redirect(hal::Trap& trap, const EXCEPTION_RECORD& record, const CONTEXT& context) {
  auto& registers = trap.context->uc_mcontext.gregs;
  FaultFrame* const frame = PushFaultFrame(trap, record, context);
  registers[REG_RDI] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&frame->record));
  registers[REG_RSI] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&frame->context));
  registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(frame));
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&KiDispatchEntry));
  registers[REG_EFL] &= ~greg_t{0x400};
}

/// Runs the bugcheck on the panic stack: the thread's own may be used up.
void RedirectToPanic(hal::Trap& trap, const PanicReport& report) {
  auto& registers = trap.context->uc_mcontext.gregs;
  Panic() = report;
  registers[REG_RSP] = static_cast<greg_t>(PanicStackTop() - 8);
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&KiPanic));
  registers[REG_EFL] &= ~greg_t{0x400};
}

constexpr const char* kFreedRule = "A pool block was touched after it was freed.";

const char* RuleAtDispatchLevel(ULONG_PTR address) {
  if (address < mm::kUserLow) return "A null pointer was dereferenced at DISPATCH_LEVEL or above, where no __try/__except can handle that.";
  if (mm::IsUserAddress(address)) return "User-mode memory was touched at DISPATCH_LEVEL or above, where it may not be resident.";
  if (ex::IsPagedPoolAddress(address)) return "Paged pool was touched at DISPATCH_LEVEL or above, where it may not be resident.";
  if (ldr::IsPageable(address)) return "Code or data of a PAGE section was used at DISPATCH_LEVEL or above, where it may not be resident.";
  return "An invalid address was touched at DISPATCH_LEVEL or above.";
}

constexpr ULONG64 kPteReadOnly = 0x121;                // present, accessed, global
constexpr ULONG64 kPteNoExecute = 0x8000000000000963;  // and writable, dirty, not executable

/// What the processor would have found for a page that is there.
ULONG64 PageTableEntry(ULONG_PTR address, ULONG64 flags) {
  constexpr ULONG64 kFrame = 0x000ffffffffff000;
  return (static_cast<ULONG64>(MmGetPhysicalAddress(reinterpret_cast<PVOID>(address)).QuadPart) & kFrame) | flags;
}

/// The bugchecks that a bad access is, before any handler is asked; null rule if it is an ordinary exception. `by_kernel`: an export met
/// the address that a driver gave it.
PanicReport ClassifyAccess(const EXCEPTION_RECORD& record, const CONTEXT& context, bool by_kernel) {
  PanicReport report{};
  report.context = context;
  const ULONG_PTR kind = record.ExceptionInformation[0];
  const ULONG_PTR address = record.ExceptionInformation[1];
  const KIRQL irql = KiPcr->irql;
  const bool freed = ex::IsFreedSpecialPool(address);
  if (ldr::UnloadedAt(address) != nullptr) {
    report.code = DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS;
    report.parameters[0] = address;
    report.parameters[1] = kind;
    report.parameters[2] = context.Rip;
    report.rule = "Code or data of an unloaded driver was used: it must cancel its timers, DPCs, threads and callbacks before it unloads.";
  } else if (irql < DISPATCH_LEVEL && freed) {
    report.code = by_kernel ? PAGE_FAULT_IN_FREED_SPECIAL_POOL : DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL;
    report.parameters[0] = address;
    report.parameters[1] = kind;
    report.parameters[2] = context.Rip;
    report.rule = kFreedRule;
  } else if (irql < DISPATCH_LEVEL && ex::IsBeyondSpecialPool(address)) {
    report.code = by_kernel ? PAGE_FAULT_BEYOND_END_OF_ALLOCATION : DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
    report.parameters[0] = address;
    report.parameters[1] = kind;
    report.parameters[2] = context.Rip;
    report.rule = "Nobody may touch what lies behind the end of a pool block.";
  } else if (irql >= DISPATCH_LEVEL && address != ~ULONG_PTR{0}) {
    report.code = by_kernel ? IRQL_NOT_LESS_OR_EQUAL : DRIVER_IRQL_NOT_LESS_OR_EQUAL;
    report.parameters[0] = address;
    report.parameters[1] = irql;
    report.parameters[2] = kind;
    report.parameters[3] = context.Rip;
    report.rule = freed ? kFreedRule : RuleAtDispatchLevel(address);
  } else if (kind == kWriting && !freed && !mm::IsUserAddress(address) && MmIsAddressValid(reinterpret_cast<PVOID>(address))) {
    report.code = ATTEMPTED_WRITE_TO_READONLY_MEMORY;
    report.parameters[0] = address;
    report.parameters[1] = PageTableEntry(address, kPteReadOnly);
    report.rule = "Memory that may only be read was written to: code, or constant data.";
  } else if (kind == kExecuting && !freed && !mm::IsUserAddress(address) && MmIsAddressValid(reinterpret_cast<PVOID>(address))) {
    report.code = ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY;
    report.parameters[0] = address;
    report.parameters[1] = PageTableEntry(address, kPteNoExecute);
    report.rule = "Data was executed as code: a pointer to a function is damaged, or points to memory that is not executable.";
  } else if (address != ~ULONG_PTR{0} && !mm::IsUserAddress(address)) {
    report.code = PAGE_FAULT_IN_NONPAGED_AREA;
    report.parameters[0] = address;
    report.parameters[1] = kind == kWriting ? 2 : kind == kExecuting ? 0x10 : 0;
    report.parameters[2] = context.Rip;
    report.parameters[3] = 2;
    report.rule = "A system address that is not valid was touched; __try cannot catch that.";
  }
  return report;
}

/// int 29h: no handler is asked.
PanicReport FastFail(const hal::Trap& trap, EXCEPTION_RECORD record, const CONTEXT& context) {
  record.ExceptionCode = STATUS_STACK_BUFFER_OVERRUN;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  record.NumberParameters = 1;
  record.ExceptionInformation[0] = static_cast<ULONG>(context.Rcx);
  PanicReport report{};
  report.context = context;
  report.code = KERNEL_SECURITY_CHECK_FAILURE;
  report.parameters[0] = record.ExceptionInformation[0];
  report.rule = "The driver found its own data damaged and failed fast (int 29h): a broken list, stack cookie, or buffer.";
  if (!OnStackOf(KiThread, context.Rsp)) return report;
  FaultFrame* const frame = PushFaultFrame(trap, record, context);
  report.parameters[1] = reinterpret_cast<ULONG_PTR>(&frame->context);
  report.parameters[2] = reinterpret_cast<ULONG_PTR>(&frame->record);
  return report;
}

PanicReport StackOverflow(const CONTEXT& context) {
  PanicReport report{};
  report.context = context;
  report.code = UNEXPECTED_KERNEL_MODE_TRAP;
  report.parameters[0] = 8;
  report.parameters[1] = reinterpret_cast<ULONG_PTR>(KiPcr);
  report.parameters[2] = context.Rsp;
  report.parameters[3] = context.Rip;
  report.rule = "The kernel stack is used up (double fault): recursion too deep, or large local variables; NT's kernel stacks have 24 KiB.";
  return report;
}

/// Makes the current thread's user stack reach down to `address`: a big frame may step over the guard page, for what is built in does
/// not probe its stack. STATUS_STACK_OVERFLOW if the stack has no room for it, STATUS_ACCESS_VIOLATION if `address` is not on it.
NTSTATUS GrowUserStackTo(ULONG_PTR address) {
  const auto* const tib = reinterpret_cast<const NT_TIB*>(KiThread->Tcb.Teb);
  if (tib == nullptr || address >= reinterpret_cast<ULONG_PTR>(tib->StackBase)) return STATUS_ACCESS_VIOLATION;
  NTSTATUS status = STATUS_SUCCESS;
  while (status == STATUS_SUCCESS && address < reinterpret_cast<ULONG_PTR>(tib->StackLimit)) {
    status = mm::HandleUserFault(reinterpret_cast<ULONG_PTR>(tib->StackLimit) - 1, true);
  }
  return status;
}

/// Whether an exception's record and context can be put onto the user stack at `sp`.
bool RoomForUserException(ULONG_PTR sp) {
  constexpr ULONG kWritable = PAGE_READWRITE | PAGE_EXECUTE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY;
  const ULONG_PTR low = sp - sizeof(FaultFrame) - 2 * kRedZone;
  const bool on_stack = GrowUserStackTo(low) == STATUS_SUCCESS;
  return on_stack || ((mm::UserProtection(low) & kWritable) != 0 && (mm::UserProtection(sp - 1) & kWritable) != 0);
}

/// Ends the process with `status`, on the kernel stack: what an unhandled exception does that no handler can be told of.
void RedirectToProcessEnd(hal::Trap& trap, NTSTATUS status) {
  auto& registers = trap.context->uc_mcontext.gregs;
  registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(KiThread->host.kernel_stack_top) - 8);
  registers[REG_RDI] = static_cast<greg_t>(static_cast<ULONG>(status));
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&KiEndUserProcess));
}

/// An exception of user code.
void RedirectUser(hal::Trap& trap, const EXCEPTION_RECORD& record, const CONTEXT& context) {
  if (RoomForUserException(static_cast<ULONG_PTR>(trap.context->uc_mcontext.gregs[REG_RSP]))) {
    Redirect(trap, record, context);
  } else {
    RedirectToProcessEnd(trap, record.ExceptionCode);
  }
}

bool OnUserFault(hal::Trap& trap, EXCEPTION_RECORD& record, CONTEXT& context) {
  if (record.ExceptionCode == STATUS_ACCESS_VIOLATION && trap.trap == kPageFault) {
    const NTSTATUS status = mm::HandleUserFault(trap.address, (trap.error & kErrorWrite) != 0);
    if (status == STATUS_SUCCESS) return true;
    if (status != STATUS_ACCESS_VIOLATION) record.ExceptionCode = status;
  }
  if (trap.trap == kGeneralProtection && InterruptVector(context.Rip) == kFastFail) {
    RedirectToProcessEnd(trap, STATUS_STACK_BUFFER_OVERRUN);
    return true;
  }
  RefineForUser(&record, trap);
  RedirectUser(trap, record, context);
  return true;
}

/// A fault of kernel code at a user address: a page that is copied now, or a guard page. True if the access may be repeated.
bool OnUserPage(const hal::Trap& trap, EXCEPTION_RECORD* record) {
  const bool fault = record->ExceptionCode == STATUS_ACCESS_VIOLATION && trap.trap == kPageFault;
  if (!fault || !mm::IsUserAddress(trap.address) || KiPcr->irql >= DISPATCH_LEVEL) return false;
  const NTSTATUS status = mm::HandleUserFault(trap.address, (trap.error & kErrorWrite) != 0);
  if (status == STATUS_GUARD_PAGE_VIOLATION || status == STATUS_STACK_OVERFLOW) record->ExceptionCode = status;
  return status == STATUS_SUCCESS;
}

bool OnTrap(hal::Trap& trap) {
  auto& registers = trap.context->uc_mcontext.gregs;
  const auto rip = static_cast<ULONG_PTR>(registers[REG_RIP]);
  if (rip >= reinterpret_cast<ULONG_PTR>(KiGuardedBegin) && rip < reinterpret_cast<ULONG_PTR>(KiGuardedEnd)) {
    registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(KiGuardedFault));
    return true;
  }
  if (KiThread == nullptr || !Ki().running) return false;
  const bool fetch = trap.signal == SIGSEGV && ((trap.error & kErrorFetch) != 0 || trap.address == rip);
  const bool in_pe = IsPeAddress(rip) || WithinLeaf(rip) || fetch;
  CONTEXT context;
  EXCEPTION_RECORD record;
  CaptureContext(trap.context, &context);
  context.Rip = OriginalOf(rip);
  FillRecord(trap, &record, context.Rip);
  if (trap.signal == SIGTRAP && trap.trap == 3) {
    record.ExceptionAddress = reinterpret_cast<PVOID>(rip - 1);
    context.Rip = rip - 1;
  }
  if (KiThread->host.in_user) {
    if (in_pe) return OnUserFault(trap, record, context);
    // A built-in user-mode module met a bad pointer of its caller: the exception is the caller's.
    if (record.ExceptionCode == STATUS_ACCESS_VIOLATION) {
      const bool own_frame = trap.address + kRedZone >= static_cast<ULONG_PTR>(registers[REG_RSP]);
      NTSTATUS status = own_frame ? GrowUserStackTo(trap.address) : STATUS_ACCESS_VIOLATION;
      if (status == STATUS_ACCESS_VIOLATION) status = mm::HandleUserFault(trap.address, (trap.error & kErrorWrite) != 0);
      if (status == STATUS_STACK_OVERFLOW) {  // it has the room that is kept for handlers, and comes to its end first
        KiThread->host.stack_overflowed = true;
        KiPending = 1;
        return true;
      }
      if (status == STATUS_SUCCESS) return true;
      record.ExceptionCode = status;
    }
    Record* const top = KiThread->host.records;
    if (top == nullptr || top->type != RecordType::Export) return false;
    LoadExportContext(&context, reinterpret_cast<ExportRecord*>(top));
    KiThread->host.records = top->previous;
    RedirectUser(trap, record, context);
    return true;
  }
  if (in_pe && trap.trap == kGeneralProtection && InterruptVector(context.Rip) == kFastFail) {
    RedirectToPanic(trap, FastFail(trap, record, context));
    return true;
  }
  if (in_pe && EmulateInstruction(trap)) return true;
  if (record.ExceptionCode == STATUS_ACCESS_VIOLATION && AllowPagedAccess(trap.address, !in_pe)) return true;
  if (OnUserPage(trap, &record)) return true;
  if (record.ExceptionCode == STATUS_ACCESS_VIOLATION && trap.address < reinterpret_cast<ULONG_PTR>(KiThread->Tcb.StackLimit) &&
      trap.address + 0x10000 >= reinterpret_cast<ULONG_PTR>(KiThread->Tcb.StackLimit)) {
    RedirectToPanic(trap, StackOverflow(context));
    return true;
  }
  if (!in_pe) {  // the host met a bad pointer that PE code gave it
    Record* const top = KiThread->host.records;
    if (top == nullptr || top->type != RecordType::Export) return false;
    LoadExportContext(&context, reinterpret_cast<ExportRecord*>(top));
    KiThread->host.records = top->previous;
  }
  if (record.ExceptionCode == STATUS_ACCESS_VIOLATION) {
    const PanicReport report = ClassifyAccess(record, context, !in_pe);
    if (report.rule != nullptr) {
      RedirectToPanic(trap, report);
      return true;
    }
  }
  const ULONG_PTR sp = static_cast<ULONG_PTR>(registers[REG_RSP]);
  if (!OnStackOf(KiThread, sp) || !OnStackOf(KiThread, sp - kDispatchRoom)) {
    RedirectToPanic(trap, StackOverflow(context));
    return true;
  }
  Redirect(trap, record, context);
  return true;
}

/// The user wants a crash: in PE code at once, else where the host gets to next.
void OnCrashRequest(ucontext_t* context) {
  State& ki = Ki();
  const auto rip = static_cast<ULONG_PTR>(context->uc_mcontext.gregs[REG_RIP]);
  ki.crash_requested = true;
  KiPending = 1;
  if (!ki.running || KiThread == nullptr || KiThread->host.in_user || !IsPeAddress(rip)) return;
  hal::Trap trap{};
  trap.context = context;
  PanicReport report{};
  CaptureContext(context, &report.context);
  report.code = MANUALLY_INITIATED_CRASH;
  RedirectToPanic(trap, report);
}

CONTEXT interrupted;  // Rip 0: none

/// Whether an interrupt of user mode can be kept on the stack at `sp`: not where that would be its overflow.
bool RoomForInterrupt(ULONG_PTR sp) {
  constexpr ULONG_PTR kInterruptRoom = 8 * 1024;
  const TEB* const teb = KiThread->Tcb.Teb;
  const auto lowest = reinterpret_cast<ULONG_PTR>(teb->DeallocationStack), limit = reinterpret_cast<ULONG_PTR>(teb->NtTib.StackLimit);
  if (sp < lowest || sp > reinterpret_cast<ULONG_PTR>(teb->NtTib.StackBase)) return true;  // a stack of the program's own
  if (sp - sizeof(ULONG_PTR) < limit) return false;
  return sp - kInterruptRoom >= limit || sp - kInterruptRoom > mm::LowestStackGuard(lowest, *teb);
}

void OnClock(ucontext_t* context) {
  State& ki = Ki();
  if (!ki.running) return;
  auto& registers = context->uc_mcontext.gregs;
  const auto rip = static_cast<ULONG_PTR>(registers[REG_RIP]);
  if (ki.host_deadline_ns != 0 && hal::MonotonicNanoseconds() > ki.host_deadline_ns) {
    ki.out_of_time = true;
    KiPending = 1;
  }
  // An idle thread's PE code is a routine of a DPC or an interrupt: other processors get their turns in it as in any other.
  if (!IsPeAddress(rip) || KiThread == nullptr) {
    if (!ki.virtual_time) KiPending = 1;
    return;
  }
  if (KiThread->host.in_user != 0 && !RoomForInterrupt(static_cast<ULONG_PTR>(registers[REG_RSP]))) {
    KiPending = 1;
    return;
  }
  CaptureContext(context, &interrupted);
  auto* sp = reinterpret_cast<ULONG_PTR*>(registers[REG_RSP]);
  *--sp = rip;
  registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(sp));
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<ULONG_PTR>(&KiPreemptEntry));
}

}  // namespace

bool IsPeAddress(ULONG_PTR address) { return address >= mm::kWindowsStart && address < mm::kEnd; }

bool IsLeafAddress(ULONG_PTR address) {
  return WithinLeaf(address) || (!IsPeAddress(address) && ldr::ImageOf(address) == nullptr && !IsHostCode(address));
}

const CONTEXT* InterruptedCode() { return interrupted.Rip != 0 ? &interrupted : nullptr; }

void ForgetInterruptedCode() { interrupted.Rip = 0; }

void InstallTraps() { hal::InstallTrapHandlers(&OnTrap, &OnClock, &OnCrashRequest); }

void RemoveTraps() { hal::RemoveTrapHandlers(); }

}  // namespace nt::ke
