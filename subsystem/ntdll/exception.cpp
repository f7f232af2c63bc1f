// What a process does with an exception before and after its frames see it: vectored handlers, and the filter for the unhandled one.
#include "kernel/ke/ke.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace {

using namespace nt::user;

constexpr LONG kContinueExecution = -1;
constexpr LONG kExecuteHandler = 1;

PVOID AddHandler(LIST_ENTRY& head, ULONG first, PVOID routine) {
  auto* const handler = Allocate<VectoredHandler>();
  if (!handler) return nullptr;
  handler->routine = routine;
  LIST_ENTRY* const after = first ? &head : head.Blink;
  handler->link = {after->Flink, after};
  after->Flink->Blink = &handler->link;
  after->Flink = &handler->link;
  return handler;
}

ULONG RemoveHandler(LIST_ENTRY& head, PVOID handle) {
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
    if (link != handle) continue;
    link->Blink->Flink = link->Flink;
    link->Flink->Blink = link->Blink;
    Free(link);
    return 1;
  }
  return 0;
}

/// Calls the handlers until one continues the execution. A handler may remove itself: the next one is read first.
bool CallHandlers(LIST_ENTRY& head, EXCEPTION_POINTERS* pointers) {
  for (LIST_ENTRY* link = head.Flink; link != &head;) {
    LIST_ENTRY* const next = link->Flink;
    if (nt::ke::Callout<LONG>(CONTAINING_RECORD(link, VectoredHandler, link)->routine, pointers) == kContinueExecution) return true;
    link = next;
  }
  return false;
}

}  // namespace

extern "C" {

/// Adds a handler that sees every exception of the process before its frames do.
PVOID RtlAddVectoredExceptionHandler(ULONG First, PVOID Handler) { return AddHandler(CurrentProcess().exception_handlers, First, Handler); }

/// Removes a vectored exception handler.
ULONG RtlRemoveVectoredExceptionHandler(PVOID Handle) { return RemoveHandler(CurrentProcess().exception_handlers, Handle); }

/// Adds a handler that sees every exception after which the execution continues.
PVOID RtlAddVectoredContinueHandler(ULONG First, PVOID Handler) { return AddHandler(CurrentProcess().continue_handlers, First, Handler); }

/// Removes a vectored continue handler.
ULONG RtlRemoveVectoredContinueHandler(PVOID Handle) { return RemoveHandler(CurrentProcess().continue_handlers, Handle); }

/// Shows an exception to the vectored handlers; TRUE if the execution is to continue. Called by the exception dispatcher first.
BOOLEAN RtlpCallVectoredHandlers(PEXCEPTION_POINTERS ExceptionInfo) {
  return CurrentPeb()->SubsystemState && CallHandlers(CurrentProcess().exception_handlers, ExceptionInfo);
}

/// Shows the vectored continue handlers an exception after which the execution is to continue, whoever decided that. Called by the
/// exception dispatcher.
VOID RtlpCallContinueHandlers(PEXCEPTION_POINTERS ExceptionInfo) {
  if (CurrentPeb()->SubsystemState) CallHandlers(CurrentProcess().continue_handlers, ExceptionInfo);
}

/// Decides about an exception that no frame handled: the process's filter may continue it; otherwise the process ends with its code.
/// TRUE if the execution is to continue. Called by the exception dispatcher last.
BOOLEAN RtlpUnhandledException(PEXCEPTION_POINTERS ExceptionInfo) {
  PVOID const filter = CurrentPeb()->SubsystemState ? CurrentProcess().unhandled_filter : nullptr;
  if (filter && nt::ke::Callout<LONG>(filter, ExceptionInfo) == kContinueExecution) return TRUE;
  nt::sys::NtTerminateProcess(CurrentProcessHandle(), ExceptionInfo->ExceptionRecord->ExceptionCode);
  return FALSE;
}

/// Sets the filter of unhandled exceptions; returns the one before.
PVOID RtlSetUnhandledExceptionFilter(PVOID Filter) {
  PVOID const old = CurrentProcess().unhandled_filter;
  CurrentProcess().unhandled_filter = Filter;
  return old;
}

/// The system's own filter: ends the process unless the process's filter says to continue.
LONG RtlUnhandledExceptionFilter(PEXCEPTION_POINTERS ExceptionInfo) {
  PVOID const filter = CurrentProcess().unhandled_filter;
  return filter ? nt::ke::Callout<LONG>(filter, ExceptionInfo) : kExecuteHandler;
}

}  // extern "C"
