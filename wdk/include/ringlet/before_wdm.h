// What has to be in place before mingw-w64's wdm.h is read.
#pragma once

#include <_mingw.h>
#include <sdkddkver.h>
#include <ntdef.h>
#include <string.h>
#include <intrin.h>

// wdm.h defines these two as functions and, in C++, again as intrinsics. The intrinsics stay.
#define InterlockedBitTestAndSet RingletUnusedBitTestAndSet
#define InterlockedBitTestAndReset RingletUnusedBitTestAndReset

// The last parameter became a ULONG in Windows 8: it takes MdlMapping… flags. wdm_io.h declares it.
#define MmMapLockedPagesSpecifyCache RingletUnusedMapLockedPagesSpecifyCache

// NT's DEVICE_OBJECT is aligned to 16 bytes and 0x150 long on x64 (public symbols of Windows 10 and 11); the definition
// that follows takes its alignment from this declaration.
struct DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _DEVICE_OBJECT;

// With ntifs.h a process is what KeStackAttachProcess takes, and a thread what KeSetPriorityThread takes, without a cast.
#ifdef _NTIFS_INCLUDED_
#define _EPROCESS _KPROCESS
#define _ETHREAD _KTHREAD
#endif

// wdm.h imports these as data; a driver reads the address of each from its import table, as the name itself.
#define CmKeyObjectType RingletImportedCmKeyObjectType
#define ExEventObjectType RingletImportedExEventObjectType
#define ExSemaphoreObjectType RingletImportedExSemaphoreObjectType
#define IoFileObjectType RingletImportedIoFileObjectType
#define PsThreadType RingletImportedPsThreadType
#define SeTokenObjectType RingletImportedSeTokenObjectType
#define PsProcessType RingletImportedPsProcessType
#define TmEnlistmentObjectType RingletImportedTmEnlistmentObjectType
#define TmResourceManagerObjectType RingletImportedTmResourceManagerObjectType
#define TmTransactionManagerObjectType RingletImportedTmTransactionManagerObjectType
#define TmTransactionObjectType RingletImportedTmTransactionObjectType
#define KdDebuggerEnabled RingletImportedKdDebuggerEnabled
#define KdDebuggerNotPresent RingletImportedKdDebuggerNotPresent
