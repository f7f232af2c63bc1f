// The x64 CONTEXT and exception records (winnt.h of mingw-w64).
#pragma once

#include "nt/types.h"

/// A 128-bit register image.
struct alignas(16) M128A {
  ULONGLONG Low;
  LONGLONG High;
};
using PM128A = M128A*;

/// The FXSAVE image.
struct alignas(16) XMM_SAVE_AREA32 {
  WORD ControlWord;
  WORD StatusWord;
  BYTE TagWord;
  BYTE Reserved1;
  WORD ErrorOpcode;
  DWORD ErrorOffset;
  WORD ErrorSelector;
  WORD Reserved2;
  DWORD DataOffset;
  WORD DataSelector;
  WORD Reserved3;
  DWORD MxCsr;
  DWORD MxCsr_Mask;
  M128A FloatRegisters[8];
  M128A XmmRegisters[16];
  BYTE Reserved4[96];
};
NT_SIZE(XMM_SAVE_AREA32, 0x200);

/// The state of a processor as exceptions and debuggers see it.
struct alignas(16) CONTEXT {
  DWORD64 P1Home, P2Home, P3Home, P4Home, P5Home, P6Home;
  DWORD ContextFlags;
  DWORD MxCsr;
  WORD SegCs, SegDs, SegEs, SegFs, SegGs, SegSs;
  DWORD EFlags;
  DWORD64 Dr0, Dr1, Dr2, Dr3, Dr6, Dr7;
  DWORD64 Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15;
  DWORD64 Rip;
  union {
    XMM_SAVE_AREA32 FltSave;
    __extension__ struct {
      M128A Header[2];
      M128A Legacy[8];
      M128A Xmm0, Xmm1, Xmm2, Xmm3, Xmm4, Xmm5, Xmm6, Xmm7;
      M128A Xmm8, Xmm9, Xmm10, Xmm11, Xmm12, Xmm13, Xmm14, Xmm15;
    };
  };
  M128A VectorRegister[26];
  DWORD64 VectorControl;
  DWORD64 DebugControl;
  DWORD64 LastBranchToRip;
  DWORD64 LastBranchFromRip;
  DWORD64 LastExceptionToRip;
  DWORD64 LastExceptionFromRip;
};
using PCONTEXT = CONTEXT*;
NT_SIZE(CONTEXT, 0x4d0);
NT_OFFSET(CONTEXT, ContextFlags, 0x30);
NT_OFFSET(CONTEXT, MxCsr, 0x34);
NT_OFFSET(CONTEXT, EFlags, 0x44);
NT_OFFSET(CONTEXT, Rax, 0x78);
NT_OFFSET(CONTEXT, Rsp, 0x98);
NT_OFFSET(CONTEXT, Rip, 0xf8);
NT_OFFSET(CONTEXT, FltSave, 0x100);

inline constexpr DWORD CONTEXT_AMD64 = 0x100000;
inline constexpr DWORD CONTEXT_CONTROL = 0x100001;
inline constexpr DWORD CONTEXT_INTEGER = 0x100002;
inline constexpr DWORD CONTEXT_SEGMENTS = 0x100004;
inline constexpr DWORD CONTEXT_FLOATING_POINT = 0x100008;
inline constexpr DWORD CONTEXT_FULL = 0x10000b;
inline constexpr DWORD CONTEXT_ALL = 0x10001f;

inline constexpr DWORD EXCEPTION_MAXIMUM_PARAMETERS = 15;
inline constexpr DWORD EXCEPTION_NONCONTINUABLE = 0x1;
inline constexpr DWORD EXCEPTION_UNWINDING = 0x2;
inline constexpr DWORD EXCEPTION_EXIT_UNWIND = 0x4;
inline constexpr DWORD EXCEPTION_STACK_INVALID = 0x8;
inline constexpr DWORD EXCEPTION_NESTED_CALL = 0x10;
inline constexpr DWORD EXCEPTION_TARGET_UNWIND = 0x20;
inline constexpr DWORD EXCEPTION_COLLIDED_UNWIND = 0x40;

/// What happened (winnt.h).
struct EXCEPTION_RECORD {
  NTSTATUS ExceptionCode;
  DWORD ExceptionFlags;
  EXCEPTION_RECORD* ExceptionRecord;
  PVOID ExceptionAddress;
  DWORD NumberParameters;
  ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
};
using PEXCEPTION_RECORD = EXCEPTION_RECORD*;
NT_SIZE(EXCEPTION_RECORD, 0x98);

/// What a filter gets (winnt.h).
struct EXCEPTION_POINTERS {
  PEXCEPTION_RECORD ExceptionRecord;
  PCONTEXT ContextRecord;
};
using PEXCEPTION_POINTERS = EXCEPTION_POINTERS*;

/// A language handler's verdict (excpt.h).
enum EXCEPTION_DISPOSITION { ExceptionContinueExecution, ExceptionContinueSearch, ExceptionNestedException, ExceptionCollidedUnwind };

struct RUNTIME_FUNCTION;
using PRUNTIME_FUNCTION = RUNTIME_FUNCTION*;

struct DISPATCHER_CONTEXT;
using PDISPATCHER_CONTEXT = DISPATCHER_CONTEXT*;
using EXCEPTION_ROUTINE = MSABI EXCEPTION_DISPOSITION(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame, PCONTEXT ContextRecord,
                                                      PDISPATCHER_CONTEXT DispatcherContext);
using PEXCEPTION_ROUTINE = EXCEPTION_ROUTINE*;

struct UNWIND_HISTORY_TABLE;

/// What a language handler learns of the frame it is called for (winnt.h).
struct DISPATCHER_CONTEXT {
  ULONG64 ControlPc;
  ULONG64 ImageBase;
  PRUNTIME_FUNCTION FunctionEntry;
  ULONG64 EstablisherFrame;
  ULONG64 TargetIp;
  PCONTEXT ContextRecord;
  PEXCEPTION_ROUTINE LanguageHandler;
  PVOID HandlerData;
  UNWIND_HISTORY_TABLE* HistoryTable;
  ULONG ScopeIndex;
  ULONG Fill0;
};
NT_SIZE(DISPATCHER_CONTEXT, 0x50);
