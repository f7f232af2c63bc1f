#include "kernel/ke/bugcheck_text.h"

#include <algorithm>
#include <iterator>

#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

constexpr UCHAR kNone = 0, kFirst = 1, kSecond = 2, kFourth = 8, kAll = 15;  // a bit for each parameter

// In the order of the codes.
constexpr BugCheckText kTexts[] = {
    {APC_INDEX_MISMATCH,
     "A thread came back from a system call with its APCs disabled.",
     {"address of the system call", "APC state index", "special and kernel APC disable counts", "call type"},
     kNone},
    {INVALID_AFFINITY_SET, "A thread was to run where it cannot.", {}, kNone},
    {INVALID_PROCESS_ATTACH_ATTEMPT,
     "A thread attached to a process while it was attached to another, or in a DPC.",
     {"process", "process the thread is attached to", "1: attached", "1: in a DPC"},
     kNone},
    {DEVICE_QUEUE_NOT_BUSY, "A request was removed from a device queue that is not busy.", {}, kNone},
    {IRQL_NOT_GREATER_OR_EQUAL, "A routine was called at an IRQL that is too low for it.", {"address", "IRQL", "access", "code"}, kNone},
    {IRQL_NOT_LESS_OR_EQUAL,
     "Memory was touched, or a routine called, at an IRQL that is too high for it.",
     {"address that was touched", "IRQL", "0 read, 1 write, 8 execute", "code that touched it"},
     kFirst},
    {MAXIMUM_WAIT_OBJECTS_EXCEEDED, "A wait was for too many objects.", {}, kNone},
    {SPIN_LOCK_ALREADY_OWNED, "A spin lock was asked for by the processor that holds it.", {"spin lock"}, kFirst},
    {SPIN_LOCK_NOT_OWNED, "A spin lock was released that was not held.", {"spin lock"}, kFirst},
    {REFERENCE_BY_POINTER,
     "An object was dereferenced more often than referenced.",
     {"type of the object", "object", "1: the count fell below zero", "count"},
     kSecond},
    {BAD_POOL_HEADER, "What guards a pool block is damaged.", {"kind of damage", "block", "neighbour", "tag or header"}, kSecond},
    {MEMORY_MANAGEMENT, "Memory management found a mistake.", {"kind of mistake", "address", "detail", "detail"}, kSecond},
    {KMODE_EXCEPTION_NOT_HANDLED,
     "Kernel code raised an exception that nobody handled.",
     {"exception code", "where it was raised", "first parameter of the exception", "second parameter of the exception"},
     kFourth},
    {KERNEL_APC_PENDING_DURING_EXIT,
     "A thread ended with its APCs disabled or inside a region that it entered and did not leave.",
     {"APC found pending", "the APC disable count of the thread", "IRQL"},
     kNone},
    {CACHE_MANAGER, "A file system used the cache in a way that it forbids.", {"where", "offset in the file", "bytes"}, kNone},
    {NO_MORE_IRP_STACK_LOCATIONS, "A request was sent to more drivers than it has stack locations.", {"IRP"}, kFirst},
    {SYSTEM_SERVICE_EXCEPTION,
     "An exception in a system service was not handled.",
     {"exception code", "where it was raised", "context record"},
     kNone},
    {IRQL_GT_ZERO_AT_SYSTEM_SERVICE,
     "A thread went back to user mode at another IRQL than PASSIVE_LEVEL.",
     {"address of the system call", "IRQL"},
     kNone},
    {NO_MORE_SYSTEM_PTES, "No room is left for mappings.", {"pages asked for", "pages free", "largest run", "limit"}, kNone},
    {MULTIPLE_IRP_COMPLETE_REQUESTS, "A request was completed that was complete already.", {"IRP"}, kFirst},
    {CANCEL_STATE_IN_COMPLETED_IRP, "A request was completed with its cancel routine still set.", {"IRP", "cancel routine"}, kFirst},
    {FATAL_UNHANDLED_HARD_ERROR,
     "A hard error asked for a shutdown, and nobody listens for hard errors.",
     {"status", "its parameters", "their number"},
     kNone},
    {PFN_LIST_CORRUPT, "A page is not in the state it must be in.", {"kind of mistake", "detail", "detail", "detail"}, kNone},
    {PAGE_FAULT_IN_NONPAGED_AREA,
     "A system address that is not valid was touched.",
     {"address that was touched", "0 read, 2 write, 0x10 execute", "code that touched it", "kind of page fault"},
     kFirst},
    {SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
     "A system thread raised an exception that nobody handled.",
     {"exception code", "where it was raised", "exception record", "context record"},
     kNone},
    {UNEXPECTED_KERNEL_MODE_TRAP,
     "A trap came that the kernel cannot handle.",
     {"trap number (8: double fault)", "KPCR of the processor", "stack pointer", "code"},
     kNone},
    {KERNEL_MODE_EXCEPTION_NOT_HANDLED,
     "Kernel code raised an exception that nobody handled.",
     {"exception code", "where it was raised", "trap frame"},
     kNone},
    {INVALID_KERNEL_HANDLE, "A handle was closed that is not valid or protected.", {"handle", "0: protected, 1: not valid"}, kNone},
    {ATTEMPTED_SWITCH_FROM_DPC, "A DPC routine waited.", {}, kNone},
    {ATTEMPTED_WRITE_TO_READONLY_MEMORY,
     "Memory that may only be read was written to.",
     {"address that was written to", "page table entry"},
     kFirst},
    {SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION,
     "A pool block was written beyond its end.",
     {"block", "first damaged byte", "bytes asked for", "kind of damage"},
     kFirst},
    {BAD_POOL_CALLER, "Pool was allocated or freed wrongly.", {"kind of mistake", "detail", "detail", "block or detail"}, kAll},
    {DRIVER_VERIFIER_DETECTED_VIOLATION, "A driver broke a rule.", {"rule", "detail", "detail", "detail"}, kNone},
    {DRIVER_CORRUPTED_EXPOOL, "Pool is damaged.", {"address that was touched", "IRQL", "0 read, 1 write", "code"}, kFirst},
    {DRIVER_CAUGHT_MODIFYING_FREED_POOL, "Freed pool was written to.", {"address that was touched", "1 write", "mode", "detail"}, kFirst},
    {IRQL_UNEXPECTED_VALUE,
     "A routine was entered or left at another IRQL than it must be.",
     {"IRQLs and the routine, packed", "detail", "detail", "detail"},
     kNone},
    {QUOTA_UNDERFLOW, "More quota was returned than was charged.", {"process", "0 non-paged, 1 paged", "charged", "returned"}, kNone},
    {PNP_DETECTED_FATAL_ERROR,
     "A driver told the plug and play manager something that cannot be.",
     {"2: not a physical device object", "device object"},
     kSecond},
    {PAGE_FAULT_BEYOND_END_OF_ALLOCATION,
     "The kernel touched memory beyond the end of a pool block.",
     {"address that was touched", "0 read, 1 write", "code that touched it"},
     kFirst},
    {PAGE_FAULT_IN_FREED_SPECIAL_POOL,
     "The kernel touched freed pool.",
     {"address that was touched", "0 read, 1 write", "code that touched it"},
     kFirst},
    {DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
     "Code or data of an unloaded driver was used.",
     {"address that was touched", "0 read, 1 write, 8 execute", "code that touched it"},
     kFirst},
    {DRIVER_IRQL_NOT_LESS_OR_EQUAL,
     "A driver touched memory at an IRQL that is too high for it.",
     {"address that was touched", "IRQL", "0 read, 1 write, 8 execute", "code that touched it"},
     kFirst},
    {DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL,
     "A driver touched freed pool.",
     {"address that was touched", "0 read, 1 write", "code that touched it"},
     kFirst},
    {DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION,
     "A driver touched memory beyond the end of a pool block.",
     {"address that was touched", "0 read, 1 write", "code that touched it"},
     kFirst},
    {PROCESS_HAS_LOCKED_PAGES,
     "A driver did not unlock pages of a process before the process ended.",
     {"0", "process", "pages that are locked", "an MDL that has them locked"},
     kNone},
    {DRIVER_UNMAPPING_INVALID_VIEW, "A view of a section in system space was unmapped that is not there.", {"address"}, kFirst},
    {SYSTEM_PTE_MISUSE, "A mapping was made or undone wrongly.", {"kind of mistake", "address", "detail", "detail"}, kSecond},
    {WORKER_THREAD_RETURNED_AT_BAD_IRQL,
     "A work item returned at another IRQL than PASSIVE_LEVEL.",
     {"routine", "IRQL", "its parameter", "work item"},
     kNone},
    {MANUALLY_INITIATED_CRASH, "Somebody asked for this crash.", {}, kNone},
    {RESOURCE_NOT_OWNED, "A resource was released by a thread that does not own it.", {"resource", "thread", "owners", "detail"}, kFirst},
    {WORKER_INVALID,
     "A work item was freed or queued while it was in a queue.",
     {"what is wrong", "work item", "routine or queue"},
     kSecond},
    {INVALID_CANCEL_OF_FILE_OPEN,
     "An open was cancelled that has a handle already, or was cancelled before.",
     {"file object", "device"},
     kNone},
    {CRITICAL_PROCESS_DIED, "A process that the system cannot do without has ended.", {"process", "0 process, 1 thread"}, kFirst},
    {DRIVER_OVERRAN_STACK_BUFFER,
     "A local array was written beyond its end: the stack cookie of the function is damaged.",
     {"cookie found on the stack", "cookie expected", "its complement"},
     kNone},
    {ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, "Data was executed as code.", {"address that was executed", "page table entry"}, kFirst},
    {RESOURCE_OWNER_POINTER_INVALID,
     "A resource was passed on to an owner pointer that could be a thread.",
     {"resource", "owner pointer"},
     kFirst},
    {DPC_WATCHDOG_VIOLATION,
     "A processor stayed at DISPATCH_LEVEL or above for too long.",
     {"0: one DPC, 1: DISPATCH_LEVEL or above altogether", "time spent (0) or allowed (1), in clock ticks",
      "time allowed to one DPC, in clock ticks"},
     kNone},
    {KERNEL_SECURITY_CHECK_FAILURE, "Code found its own data damaged.", {"kind of damage", "context record", "exception record"}, kNone},
    {THREAD_TERMINATE_HELD_MUTEX, "A thread ended and holds a mutex of the kernel.", {"thread", "mutex"}, kSecond},
};

struct ValueText {
  ULONG code;
  int index;
  ULONG_PTR value;
  const char* text;
};

// Fast-fail codes (winnt.h), kinds of pool mistakes, exception codes.
constexpr ValueText kValues[] = {
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 0, "a stack cookie is damaged (legacy)"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 1, "a virtual function table is damaged"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 2, "a stack cookie is damaged: a local array was written beyond its end"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 3, "a LIST_ENTRY is damaged: its neighbours do not point to it"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 4, "the stack pointer is outside of the stack"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 5, "a parameter is invalid that must never be"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 6, "the stack cookie was never initialized"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 7, "the program ended itself"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 8, "an array's bounds were exceeded"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 9, "a reference count is wrong"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 10, "control flow guard: a call went to no function"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 14, "a reference count is wrong"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 18, "a file or device name is invalid"},
    {KERNEL_SECURITY_CHECK_FAILURE, 0, 29, "a balanced tree is damaged"},
    {BAD_POOL_CALLER, 0, 0x0, "a block of no bytes"},
    {BAD_POOL_CALLER, 0, 0x1, "the block's header is damaged"},
    {BAD_POOL_CALLER, 0, 0x2, "the block's header is damaged"},
    {BAD_POOL_CALLER, 0, 0x4, "the block's header is damaged"},
    {BAD_POOL_CALLER, 0, 0x6, "freed already"},
    {BAD_POOL_CALLER, 0, 0x7, "freed already"},
    {BAD_POOL_CALLER, 0, 0x8, "allocated at an IRQL that is too high"},
    {BAD_POOL_CALLER, 0, 0x9, "freed at an IRQL that is too high"},
    {BAD_POOL_CALLER, 0, 0xA, "freed with another tag"},
    {BAD_POOL_CALLER, 0, 0xB, "freed with a quota that is damaged"},
    {BAD_POOL_CALLER, 0, 0x40, "freed a user-mode address"},
    {BAD_POOL_CALLER, 0, 0x41, "freed an address that is no pool block's"},
    {BAD_POOL_CALLER, 0, 0x46, "freed an address that is no pool block's"},
    {BAD_POOL_CALLER, 0, 0x99, "freed an address that is no pool block's"},
    {BAD_POOL_CALLER, 0, 0x9B, "allocated with no tag"},
    {BAD_POOL_HEADER, 0, 0x20, "the block's size and its neighbours' do not agree"},
};

const char* ExceptionText(ULONG_PTR code) {
  switch (static_cast<ULONG>(code)) {
    case 0xC0000005:
      return "access violation";
    case 0xC0000094:
      return "integer divided by zero";
    case 0xC000001D:
      return "illegal instruction";
    case 0xC0000025:
      return "a handler continued what cannot be continued";
    case 0xC0000420:
      return "an assertion failed";
    case 0x80000003:
      return "breakpoint";
    case 0x80000004:
      return "single step";
    default:
      return nullptr;
  }
}

bool TellsException(ULONG code) {
  return code == KMODE_EXCEPTION_NOT_HANDLED || code == SYSTEM_SERVICE_EXCEPTION || code == SYSTEM_THREAD_EXCEPTION_NOT_HANDLED ||
         code == KERNEL_MODE_EXCEPTION_NOT_HANDLED;
}

const char* ValueMeaning(ULONG code, int index, ULONG_PTR value) {
  if (index == 0 && TellsException(code)) return ExceptionText(value);
  const auto* const known =
      std::ranges::find_if(kValues, [&](const ValueText& text) { return text.code == code && text.index == index && text.value == value; });
  return known != std::end(kValues) ? known->text : nullptr;
}

}  // namespace

const BugCheckText* FindBugCheckText(ULONG code) {
  const auto* const text = std::ranges::find(kTexts, code, &BugCheckText::code);
  return text != std::end(kTexts) ? text : nullptr;
}

std::string DescribeParameter(ULONG code, int index, ULONG_PTR value) {
  const BugCheckText* const text = FindBugCheckText(code);
  const char* const is = text != nullptr ? text->parameters[index] : nullptr;
  if (is == nullptr) return {};
  const char* const says = ValueMeaning(code, index, value);
  return says != nullptr ? std::string(is) + ": " + says : is;
}

}  // namespace nt::ke
