// What is added to mingw-w64's wdm.h, by subject.
#pragma once

#undef _EPROCESS
#undef _ETHREAD

#include <ringlet/basics.h>
#include <ringlet/intrinsics.h>
#include <ringlet/interlocked.h>
#include <ringlet/asserts.h>
#include <ringlet/pool.h>
#include <ringlet/function_types.h>
#include <ringlet/synchronization.h>
#include <ringlet/bugcheck.h>
#include <ringlet/push_locks.h>
#include <ringlet/wdm_io.h>
#include <ringlet/io_types.h>
#include <ringlet/wdm_registry.h>
#include <ringlet/transactions.h>
#include <ringlet/etw.h>
#include <ringlet/object_types.h>
#include <ringlet/debugger_state.h>
