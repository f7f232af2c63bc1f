// Structured exceptions as C compilers write them: what seh_c.c does, and seh_c.cpp looks at.
#pragma once
#include <ntifs.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RAISED_BY_TEST ((NTSTATUS)0xE0001234)

/// The order of what happens, as decimal digits.
extern ULONG64 SehOrder;

NTSTATUS SehCatchesInC(void);
NTSTATUS SehLeavesNestedBlocks(void);
int SehGoesOutOfFinally(void);
int SehReturnsThroughTwo(void);
NTSTATUS SehTellsAbnormalTermination(void);
NTSTATUS SehRaisesInFilter(void);
NTSTATUS SehRaisesInHandler(void);
NTSTATUS SehRaisesInFinally(void);
NTSTATUS SehHandlesInsideFinally(void);
NTSTATUS SehContinuesTwice(void);
NTSTATUS SehContinuesNoncontinuable(void);
NTSTATUS SehKeepsLocals(void);
int SehLoops(void);
NTSTATUS SehFaultsInFilter(void);
NTSTATUS SehNestsInFilters(int Depth);

#ifdef __cplusplus
}
#endif
