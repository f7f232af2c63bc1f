// mingw-w64's ntifs.h, and what it lacks.
#pragma once

#include_next <ntifs.h>
// Macros there; types here (push_locks.h).
#undef EX_PUSH_LOCK
#undef PEX_PUSH_LOCK
#include <ringlet/ntifs.h>
#include <ringlet/rtl.h>
