// Assertions of checked drivers. mingw's use __annotation, which clang has not; int 2Ch raises STATUS_ASSERTION_FAILURE.
#pragma once

#undef NT_ASSERT
#undef NT_ASSERTMSG
#undef NT_ASSERTMSGW
#undef NT_VERIFY
#undef NT_VERIFYMSG
#undef NT_VERIFYMSGW
#undef NT_FRE_ASSERT
#undef NT_FRE_ASSERTMSG

#define NT_FRE_ASSERT(expression) ((!(expression)) ? (DbgRaiseAssertionFailure(), FALSE) : TRUE)
#define NT_FRE_ASSERTMSG(message, expression) NT_FRE_ASSERT(expression)

#ifndef NT_ANALYSIS_ASSUME
#define NT_ANALYSIS_ASSUME(expression) ((void)0)
#endif

#if DBG
#define NT_ASSERT(expression) ((void)NT_FRE_ASSERT(expression))
#define NT_ASSERTMSG(message, expression) NT_ASSERT(expression)
#define NT_ASSERTMSGW(message, expression) NT_ASSERT(expression)
#define NT_VERIFY(expression) NT_FRE_ASSERT(expression)
#define NT_VERIFYMSG(message, expression) NT_FRE_ASSERT(expression)
#define NT_VERIFYMSGW(message, expression) NT_FRE_ASSERT(expression)
#else
#define NT_ASSERT(expression) ((void)0)
#define NT_ASSERTMSG(message, expression) ((void)0)
#define NT_ASSERTMSGW(message, expression) ((void)0)
#define NT_VERIFY(expression) ((expression) ? TRUE : FALSE)
#define NT_VERIFYMSG(message, expression) ((expression) ? TRUE : FALSE)
#define NT_VERIFYMSGW(message, expression) ((expression) ? TRUE : FALSE)
#endif

// mingw's PAGED_CODE is a bare block, so that `PAGED_CODE();` breaks an if-else; it also warns of constant results.
#undef PAGED_CODE
#if DBG
#define PAGED_CODE()                       \
  do {                                     \
    NT_ASSERT(KeGetCurrentIrql() <= APC_LEVEL); \
  } while (0)
#else
#define PAGED_CODE() ((void)0)
#endif

#ifndef FAST_FAIL_INVALID_ARG
#define FAST_FAIL_CORRUPT_LIST_ENTRY 3
#define FAST_FAIL_INVALID_ARG 5
#define FAST_FAIL_FATAL_APP_EXIT 7
#endif
