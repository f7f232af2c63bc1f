// The file system filter manager's interface (fltKernel.h), for minifilters.
#pragma once

#define __FLTKERNEL__

#include <ntifs.h>
#include <fltuserstructures.h>

#define FLT_MGR_BASELINE 1
#define FLT_MGR_AFTER_XPSP2 1
#define FLT_MGR_LONGHORN 1
#define FLT_MGR_WIN7 1
#define FLT_MGR_WIN8 1
#define FLT_MGR_WINBLUE 1
#define FLT_MGR_WIN10_RS1 1

#define FLTAPI NTAPI
#define FLT_ASSERT(expression) NT_ASSERT(expression)
#define FLT_ASSERTMSG(message, expression) NT_ASSERTMSG(message, expression)

#define _Flt_CompletionContext_Outptr_
#define _Flt_ConnectionCookie_Outptr_

#ifndef Add2Ptr
#define Add2Ptr(pointer, increment) ((PVOID)((PUCHAR)(pointer) + (increment)))
#endif
#ifndef PtrOffset
#define PtrOffset(base, pointer) ((ULONG)((ULONG_PTR)(pointer) - (ULONG_PTR)(base)))
#endif
#ifndef ROUND_TO_SIZE
#define ROUND_TO_SIZE(length, alignment) (((ULONG_PTR)(length) + ((alignment) - 1)) & ~(ULONG_PTR)((alignment) - 1))
#endif
#ifndef IS_ALIGNED
#define IS_ALIGNED(pointer, alignment) (((ULONG_PTR)(pointer) & ((alignment) - 1)) == 0)
#endif
#ifndef FlagOnAll
#define FlagOnAll(value, flags) (((value) & (flags)) == (flags))
#endif
#ifndef Max
#define Max(a, b) ((a) > (b) ? (a) : (b))
#define Min(a, b) ((a) < (b) ? (a) : (b))
#endif

EXTERN_C_START
#include <ringlet/flt_parameters.h>
#include <ringlet/flt_types.h>
#include <ringlet/flt_registration.h>
#include <ringlet/flt_functions.h>
EXTERN_C_END
