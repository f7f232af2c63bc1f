// ntdll's routines that the modules above it call directly.
#pragma once

#include <string_view>

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

// Flags of LDR_DATA_TABLE_ENTRY.
inline constexpr ULONG kImageDll = 0x4, kEntryProcessed = 0x4000, kDontCallForThreads = 0x40000, kProcessAttachCalled = 0x80000;
/// ObsoleteLoadCount of a module that stays as long as the process.
inline constexpr USHORT kPinned = 0xFFFF;

/// Adds a module to the lists of load and memory order; `path` is copied. Null if there is no memory.
Module* AddModule(PVOID base, std::u16string_view path, ULONG flags);
/// Takes it off all lists and frees it.
void RemoveModule(Module* module);
/// Puts it at the end of the order of initialization.
void AppendInitialization(Module* module);

/// Whether LdrLoadDll is not to prepare a module.
enum class LoadKind { Whole, NoReferences };
/// Loads a module by name or path, with what it needs, or counts another use of it. `directory`: where to look first instead of the
/// program's, or empty. STATUS_DLL_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT, STATUS_ENTRYPOINT_NOT_FOUND, STATUS_ORDINAL_NOT_FOUND,
/// STATUS_DLL_INIT_FAILED, STATUS_NO_MEMORY.
NTSTATUS LoadModule(std::u16string_view name, std::u16string_view directory, LoadKind kind, PVOID* base);
/// Gives up a use of a module; with the last it goes.
NTSTATUS ReleaseModule(Module* module);
/// Maps what the program itself is linked to, and binds it; before thread-local data is made.
NTSTATUS LoadStaticImports();
/// Finds the file of a module as LoadLibrary does: appends its full path.
bool FindModuleFile(std::u16string_view name, std::u16string_view directory, struct PathBuffer* path);
/// Opens a file for the loader: its handle, or null.
HANDLE OpenModuleFile(std::u16string_view path);

/// Calls the entry points of the modules that were not called yet, in the order of initialization: for those the program is linked to,
/// and after a load. STATUS_DLL_INIT_FAILED.
NTSTATUS InitializeModules(bool with_program);
/// Tells the modules, and the program's thread-local callbacks, of a thread that begins.
void AttachThread();
/// The same for its end, and for the process's, in the opposite order.
void DetachModules(ULONG reason);
/// Calls the thread-local callbacks of an image.
void CallTlsCallbacks(PVOID base, ULONG reason);
inline constexpr ULONG kProcessDetach = 0, kProcessAttach = 1, kThreadAttach = 2, kThreadDetach = 3;

/// Thread-local data of a module: an index and a block for each thread. STATUS_NO_MEMORY.
NTSTATUS AddTlsModule(PVOID base);
void RemoveTlsModule(PVOID base);
NTSTATUS MakeTlsBlocks(Thread* thread);
void FreeTlsBlocks(Thread* thread);

/// The headers of a mapped image; null if it is none.
const IMAGE_NT_HEADERS64* HeadersOf(const void* base);
/// A directory of a mapped image; null if it has none.
template <class T>
T* DirectoryOf(PVOID base, ULONG index) {
  const IMAGE_NT_HEADERS64* const headers = HeadersOf(base);
  const IMAGE_DATA_DIRECTORY directory = headers ? headers->OptionalHeader.DataDirectory[index] : IMAGE_DATA_DIRECTORY{};
  return directory.Size ? reinterpret_cast<T*>(static_cast<char*>(base) + directory.VirtualAddress) : nullptr;
}

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
NTSTATUS LdrAddRefDll(ULONG Flags, PVOID BaseAddress);
NTSTATUS LdrDisableThreadCalloutsForDll(PVOID BaseAddress);
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
