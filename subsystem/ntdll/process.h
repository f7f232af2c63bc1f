// What the built-in user-mode modules keep for each process and thread. All of it lies in the process's own window of addresses: many
// processes live in one host process, so nothing here may be a host global.
#pragma once

#include "nt/context.h"
#include "nt/io.h"
#include "nt/ps.h"
#include "nt/types.h"

namespace nt::crt {
struct Process;
struct Thread;
}  // namespace nt::crt

namespace nt::user {

/// A thread that is blocked on an address. Part of the thread's state, so it stays valid when its stack is gone.
struct Waiter {
  LIST_ENTRY link;
  const volatile void* address;
  HANDLE event;   ///< auto-reset, created at the first wait
  ULONG_PTR tag;  ///< the waiter's kind, for those who wake
  bool queued;
};

/// Modules that may have thread-local data of their own.
inline constexpr ULONG kTlsModules = 64;

inline constexpr ULONG kTlsSlots = 64;
inline constexpr ULONG kTlsExpansion = 1024;
inline constexpr ULONG kFlsSlots = 128;

/// One registered vectored handler.
struct VectoredHandler {
  LIST_ENTRY link;
  PVOID routine;
};

/// Unwind data of code that no image holds (RtlAddFunctionTable).
struct FunctionTable {
  LIST_ENTRY link;
  ULONG_PTR identifier;  ///< by which it is deleted
  ULONG_PTR base;        ///< what its addresses are relative to
  ULONG_PTR end;         ///< of the code
  PRUNTIME_FUNCTION entries;
  ULONG count;
  ULONG room;      ///< of a table that grows
  PVOID callback;  ///< tells the entry instead of a table; null for none
  PVOID context;
};
struct NamespaceAlias;

/// Hung at PEB.SubsystemState.
struct Process {
  LIST_ENTRY waiters;  ///< every blocked thread's Waiter, oldest first
  LIST_ENTRY exception_handlers;
  LIST_ENTRY continue_handlers;
  LIST_ENTRY function_tables;
  PVOID unhandled_filter;      ///< SetUnhandledExceptionFilter's; null for none
  PVOID control_handlers[16];  ///< SetConsoleCtrlHandler's, newest last
  ULONG control_handler_count;
  ULONG error_mode;
  NamespaceAlias* namespaces;  ///< CreatePrivateNamespace's, newest first
  ULONG tls_expansion_used[kTlsExpansion / 32];
  UCHAR fls_used[kFlsSlots];
  PVOID fls_callback[kFlsSlots];
  PVOID loader_lock;               ///< RTL_CRITICAL_SECTION: who loads and unloads modules, and tells them of threads
  LIST_ENTRY threads;              ///< every Thread
  PVOID tls_modules[kTlsModules];  ///< bases of the modules with thread-local data, by their index
  PWSTR image_directory;
  PSTR command_line_a;      ///< GetCommandLineA's copy
  PSTR title_a, desktop_a;  ///< and GetStartupInfoA's
  HANDLE shutdown_thread;   ///< id of the thread that ends the process, or null
  LONG exit_status;
  ULONG console_mode[2];  ///< input, output
  ULONG console_output_cp;
  ULONG console_input_cp;
  BOOLEAN console_attached;
  ULONG_PTR pointer_cookie;
  crt::Process* crt;
  HANDLE registry_roots[8];  ///< what RegOverridePredefKey has HKEY_CLASSES_ROOT and those after it mean; null: themselves
  PVOID heaps[16];
  ULONG heap_count;
  PVOID service;                   ///< that StartServiceCtrlDispatcher runs, or null
  PVOID thread_pool;               ///< what CreateThreadpool… made, or null
  IO_STATUS_BLOCK change_outcome;  ///< of the requests that signal change notification handles
};

/// Hung at TEB.SubsystemState.
struct Thread {
  Waiter waiter;
  LIST_ENTRY link;                ///< in Process.threads
  PVOID tls_vector[kTlsModules];  ///< TEB.ThreadLocalStoragePointer: each module's data
  PVOID tls_blocks[kTlsModules];  ///< the blocks they lie in
  PVOID fls[kFlsSlots];
  crt::Thread* crt;
  ULONG error_mode;
};

/// The running thread's TEB.
inline TEB* CurrentTeb() {
  TEB* teb;
  __asm__("movq %%gs:0x30, %0" : "=r"(teb));
  return teb;
}
inline PEB* CurrentPeb() { return CurrentTeb()->ProcessEnvironmentBlock; }
inline Process& CurrentProcess() { return *static_cast<Process*>(CurrentPeb()->SubsystemState); }
inline Thread& CurrentThread() { return *static_cast<Thread*>(CurrentTeb()->SubsystemState); }

inline HANDLE CurrentProcessHandle() { return reinterpret_cast<HANDLE>(~ULONG_PTR{0}); }
inline HANDLE CurrentThreadHandle() { return reinterpret_cast<HANDLE>(~ULONG_PTR{1}); }

/// Memory of the process heap, zeroed, as an array of T; null when there is none left.
template <class T>
T* Allocate(SIZE_T count = 1);

}  // namespace nt::user

extern "C" {
PVOID Ntdll_RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
BOOLEAN Ntdll_RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);
}

namespace nt::user {

template <class T>
T* Allocate(SIZE_T count) {
  return static_cast<T*>(Ntdll_RtlAllocateHeap(CurrentPeb()->ProcessHeap, 8, count * sizeof(T)));
}
inline void Free(PVOID block) {
  if (block) Ntdll_RtlFreeHeap(CurrentPeb()->ProcessHeap, 0, block);
}

}  // namespace nt::user
