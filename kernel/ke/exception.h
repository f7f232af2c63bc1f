// What ends an exception's search, and the walk of a stack for reports.
#pragma once

#include <vector>

#include "kernel/ke/ki.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::ke {

/// Nobody handled it: a bugcheck in kernel mode; in user mode the process's unhandled-exception filter, which may continue, then its end.
void UnhandledException(EXCEPTION_RECORD* record, CONTEXT* context);
/// In the frameless leaf exports, or a jump to nowhere.
bool IsLeafAddress(ULONG_PTR address);
/// Remembers the stubs by which the built-in modules export __C_specific_handler.
void FindSpecificHandlers();
/// The address is __C_specific_handler's stub, or a jump to it.
bool IsSpecificHandler(ULONG64 handler);
/// Return addresses of the PE frames from `start` (null: the innermost export's caller) outwards.
std::vector<ULONG_PTR> WalkStack(const CONTEXT* start, Record* top, std::size_t limit);

/// What user mode does with an exception before its frames see it, and when none of them wants it, and what it does when the execution
/// is to continue. All run in user mode, the first two say whether it is; set by the subsystem.
struct UserExceptionHooks {
  BOOLEAN (*first)(EXCEPTION_POINTERS* pointers);
  BOOLEAN (*last)(EXCEPTION_POINTERS* pointers);
  void (*continues)(EXCEPTION_POINTERS* pointers);
};
void SetUserExceptionHooks(const UserExceptionHooks& hooks);
BOOLEAN AskUserFirst(EXCEPTION_POINTERS* pointers);
void TellUserOfContinuation(EXCEPTION_POINTERS* pointers);

}  // namespace nt::ke
