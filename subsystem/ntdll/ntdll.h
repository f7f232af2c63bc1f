// ntdll's routines that the modules above it call directly.
#pragma once

#include "nt/process_information.h"
//
#include "api/services.h"
#include "nt/pe.h"
#include "nt/rtl.h"
#include "nt/rtl_tables.h"
#include "subsystem/ntdll/process.h"
#include "subsystem/win32.h"

/// A lock of one process, recursive (winnt.h).
struct RTL_CRITICAL_SECTION {
  PVOID DebugInfo;
  LONG LockCount;  ///< -1 when free, as clients may look
  LONG RecursionCount;
  HANDLE OwningThread;  ///< the owner's thread id
  HANDLE LockSemaphore;
  ULONG_PTR SpinCount;
};
using PRTL_CRITICAL_SECTION = RTL_CRITICAL_SECTION*;
NT_SIZE(RTL_CRITICAL_SECTION, 0x28);
NT_OFFSET(RTL_CRITICAL_SECTION, OwningThread, 0x10);

/// A slim lock: bit 0 is "held exclusively"; otherwise the value above bit 3 counts the shared owners. Zero when free.
struct RTL_SRWLOCK {
  ULONG_PTR Value;
};
using PRTL_SRWLOCK = RTL_SRWLOCK*;
struct RTL_CONDITION_VARIABLE {
  PVOID Ptr;
};
using PRTL_CONDITION_VARIABLE = RTL_CONDITION_VARIABLE*;

/// A module in PEB.Ldr's lists (winternl.h; the named part is the same since Windows NT).
struct LDR_DATA_TABLE_ENTRY {
  LIST_ENTRY InLoadOrderLinks;
  LIST_ENTRY InMemoryOrderLinks;
  LIST_ENTRY InInitializationOrderLinks;
  PVOID DllBase;
  PVOID EntryPoint;
  ULONG SizeOfImage;
  UNICODE_STRING FullDllName;
  UNICODE_STRING BaseDllName;
  ULONG Flags;
  USHORT ObsoleteLoadCount;
  USHORT TlsIndex;
  LIST_ENTRY HashLinks;
  ULONG TimeDateStamp;
  UCHAR Private[0x9c];
};
NT_SIZE(LDR_DATA_TABLE_ENTRY, 0x120);
NT_OFFSET(LDR_DATA_TABLE_ENTRY, DllBase, 0x30);
NT_OFFSET(LDR_DATA_TABLE_ENTRY, BaseDllName, 0x58);
NT_OFFSET(LDR_DATA_TABLE_ENTRY, TimeDateStamp, 0x80);

namespace nt::user {

using Module = LDR_DATA_TABLE_ENTRY;

/// Fills PEB.Ldr with the image and the built-in modules, the image first. STATUS_NO_MEMORY.
NTSTATUS MakeModuleList();

/// Blocks the thread until somebody wakes `address`, or the time runs out. `timeout` is NT's: negative is relative; null waits for ever.
/// Spurious wake-ups do not happen, but the state may have changed again: callers test in a loop.
NTSTATUS Park(const volatile void* address, const LARGE_INTEGER* timeout, ULONG_PTR tag = 0);
/// Wakes the oldest waiter of `address`; returns whether there was one.
bool UnparkOne(const volatile void* address);
void UnparkAll(const volatile void* address);
bool HasWaiters(const volatile void* address);

/// Milliseconds as NT's relative time in `storage`; null for INFINITE.
inline PLARGE_INTEGER RelativeTime(DWORD milliseconds, LARGE_INTEGER* storage) {
  if (milliseconds == INFINITE) return nullptr;
  storage->QuadPart = -10000LL * milliseconds;
  return storage;
}

/// Makes the calling thread's Thread and its TLS block. Called once, before any client code runs on it.
NTSTATUS InitializeThread();
/// Ends the thread's own things: fiber-local callbacks, TLS block, state.
void ShutdownThread();
/// The module that is loaded under this name (with or without ".dll"), or null.
Module* FindModule(PCUNICODE_STRING name);
Module* ModuleOfAddress(const void* address);
/// An export of a mapped image, by name or (if name is null) ordinal; follows forwarders. Null if there is none.
PVOID FindExport(PVOID base, const char* name, ULONG ordinal);
/// The variable that a data export of a built-in module names, in this process.
PVOID DataExport(PCWSTR module, const char* name);

/// Calls DLL_PROCESS_DETACH and the like of the image's TLS callbacks. `reason` is DLL_PROCESS_ATTACH's kind.
void CallTlsCallbacks(ULONG reason);

}  // namespace nt::user

extern "C" {
PVOID Ntdll_RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock, PVOID Parameters);
PVOID Ntdll_RtlDestroyHeap(PVOID HeapHandle);
PVOID Ntdll_RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, SIZE_T Size);
SIZE_T Ntdll_RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);
BOOLEAN Ntdll_RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

NTSTATUS RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSTATUS RtlEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSTATUS RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSTATUS RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSTATUS RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable, PRTL_CRITICAL_SECTION Lock, PLARGE_INTEGER TimeOut);
NTSTATUS RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock, PLARGE_INTEGER TimeOut, ULONG Flags);
NTSTATUS RtlWaitOnAddress(volatile VOID* Address, PVOID CompareAddress, SIZE_T AddressSize, PLARGE_INTEGER Timeout);
NTSTATUS Ntdll_RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID* Context);
NTSTATUS Ntdll_RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context);

NTSTATUS LdrLoadDll(PCWSTR SearchPath, PULONG Characteristics, PCUNICODE_STRING Name, PVOID* BaseAddress);
NTSTATUS LdrUnloadDll(PVOID BaseAddress);
NTSTATUS LdrGetDllHandle(PCWSTR SearchPath, PULONG Characteristics, PCUNICODE_STRING Name, PVOID* BaseAddress);
NTSTATUS LdrGetProcedureAddress(PVOID BaseAddress, const ANSI_STRING* Name, ULONG Ordinal, PVOID* Address);
VOID RtlExitUserThread(NTSTATUS Status);
VOID RtlExitUserProcess(NTSTATUS Status);

BOOLEAN RtlDosPathNameToNtPathName_U(PCWSTR DosName, PUNICODE_STRING NtName, PWSTR* FilePart, PVOID RelativeName);
ULONG RtlGetFullPathName_U(PCWSTR FileName, ULONG BufferLength, PWSTR Buffer, PWSTR* FilePart);
NTSTATUS RtlSetCurrentDirectory_U(PCUNICODE_STRING Path);
NTSTATUS RtlQueryEnvironmentVariable_U(PVOID Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value);
NTSTATUS RtlSetEnvironmentVariable(PVOID* Environment, PCUNICODE_STRING Name, PCUNICODE_STRING Value);
NTSTATUS RtlExpandEnvironmentStrings_U(PVOID Environment, PCUNICODE_STRING Source, PUNICODE_STRING Destination, PULONG Length);

PVOID RtlAddVectoredExceptionHandler(ULONG First, PVOID Handler);
ULONG RtlRemoveVectoredExceptionHandler(PVOID Handle);

VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
}
