// Threads and processes as drivers and debuggers of build 22000 see them. Offsets of KTHREAD, ETHREAD and EPROCESS are those of the
// public symbols of 10.0.22000; only the fields that somebody reads are named.
#pragma once

#include "nt/ke.h"
#include "nt/types.h"

struct TEB;
struct PEB;

/// The scheduler's part of a thread.
struct KTHREAD {
  DISPATCHER_HEADER Header;      // 0x000
  PVOID SListFaultAddress;       // 0x018
  ULONGLONG QuantumTarget;       // 0x020
  PVOID InitialStack;            // 0x028
  PVOID volatile StackLimit;     // 0x030
  PVOID StackBase;               // 0x038
  KSPIN_LOCK ThreadLock;         // 0x040
  volatile ULONGLONG CycleTime;  // 0x048
  ULONG CurrentRunTime;          // 0x050
  ULONG ExpectedRunTime;         // 0x054
  PVOID KernelStack;             // 0x058
  UCHAR pad060[0x10];            // 0x060
  UCHAR WaitRegister;            // 0x070
  volatile BOOLEAN Running;      // 0x071
  BOOLEAN Alerted[2];            // 0x072
  ULONG MiscFlags;               // 0x074
  ULONG ThreadFlags;             // 0x078
  volatile UCHAR Tag;            // 0x07c
  UCHAR pad07d[3];
  ULONG SystemCallNumber;       // 0x080
  ULONG ReadyTime;              // 0x084
  PVOID FirstArgument;          // 0x088
  PVOID TrapFrame;              // 0x090
  KAPC_STATE ApcState;          // 0x098 (Priority shares its tail at 0x0c3)
  ULONGLONG WaitStatus;         // 0x0c8
  PKWAIT_BLOCK WaitBlockList;   // 0x0d0
  LIST_ENTRY WaitListEntry;     // 0x0d8
  PVOID Queue;                  // 0x0e8
  TEB* Teb;                     // 0x0f0
  ULONGLONG RelativeTimerBias;  // 0x0f8
  KTIMER Timer;                 // 0x100
  KWAIT_BLOCK WaitBlock[4];     // 0x140 (the tails hold State, Affinity and others)
  UCHAR pad200[0x18];           // 0x200
  UCHAR pad218[0x8];            // 0x218
  PKPROCESS Process;            // 0x220
  UCHAR pad228[0xa];
  CCHAR PreviousMode;  // 0x232
  CCHAR BasePriority;  // 0x233
  UCHAR pad234[0xc];
  KAFFINITY Affinity;  // 0x240
  UCHAR pad248[0x18];
  UCHAR pad260[0x1d0];
};
using KTHREAD_SIZE_CHECK = char[sizeof(KTHREAD) == 0x430 ? 1 : -1];
static_assert(offsetof(KTHREAD, ApcState) == 0x98);
static_assert(offsetof(KTHREAD, WaitStatus) == 0xc8);
static_assert(offsetof(KTHREAD, Teb) == 0xf0);
static_assert(offsetof(KTHREAD, Timer) == 0x100);
static_assert(offsetof(KTHREAD, WaitBlock) == 0x140);
static_assert(offsetof(KTHREAD, Process) == 0x220);
static_assert(offsetof(KTHREAD, PreviousMode) == 0x232);
static_assert(offsetof(KTHREAD, Affinity) == 0x240);

/// Fields of KTHREAD that NT keeps in the tails of the wait blocks and of ApcState.
inline volatile UCHAR& KthreadState(KTHREAD* thread) { return reinterpret_cast<UCHAR*>(thread)[0x184]; }
inline UCHAR& KthreadWaitIrql(KTHREAD* thread) { return reinterpret_cast<UCHAR*>(thread)[0x186]; }
inline CCHAR& KthreadWaitMode(KTHREAD* thread) { return reinterpret_cast<CCHAR*>(thread)[0x187]; }
inline CCHAR KthreadPriority(const KTHREAD* thread) { return reinterpret_cast<const CCHAR*>(thread)[0xc3]; }
inline CCHAR& KthreadPriority(KTHREAD* thread) { return reinterpret_cast<CCHAR*>(thread)[0xc3]; }
/// Kernel and special APC disable counts: one 32-bit pair, zero when APCs are enabled.
inline SHORT& KthreadKernelApcDisable(KTHREAD* thread) { return *reinterpret_cast<SHORT*>(reinterpret_cast<UCHAR*>(thread) + 0x1e4); }
inline SHORT& KthreadSpecialApcDisable(KTHREAD* thread) { return *reinterpret_cast<SHORT*>(reinterpret_cast<UCHAR*>(thread) + 0x1e6); }

/// The executive's part of a thread.
struct ETHREAD {
  KTHREAD Tcb;               // 0x000
  LARGE_INTEGER CreateTime;  // 0x430
  LARGE_INTEGER ExitTime;    // 0x438
  LIST_ENTRY PostBlockList;  // 0x440
  UCHAR pad450[0x28];
  CLIENT_ID Cid;  // 0x478
  UCHAR pad488[0x40];
  LIST_ENTRY IrpList;          // 0x4c8
  PVOID TopLevelIrp;           // 0x4d8
  PVOID DeviceToVerify;        // 0x4e0
  PVOID Win32StartAddress;     // 0x4e8
  PVOID ChargeOnlySession;     // 0x4f0
  PVOID LegacyPowerObject;     // 0x4f8
  LIST_ENTRY ThreadListEntry;  // 0x500
  UCHAR pad510[0x58];
  NTSTATUS ExitStatus;  // 0x568
  UCHAR pad56c[0x394];
};
static_assert(offsetof(ETHREAD, Cid) == 0x478);
static_assert(sizeof(ETHREAD) == 0x900);

/// The scheduler's part of a process.
struct KPROCESS {
  DISPATCHER_HEADER Header;      // 0x000
  LIST_ENTRY ProfileListHead;    // 0x018
  ULONG_PTR DirectoryTableBase;  // 0x028
  LIST_ENTRY ThreadListHead;     // 0x030
  UCHAR pad040[0x10];
  KAFFINITY Affinity;  // 0x050 (the first group's mask)
  UCHAR pad058[0x3e0];
};
static_assert(sizeof(KPROCESS) == 0x438);

/// The executive's part of a process.
struct EPROCESS {
  KPROCESS Pcb;                   // 0x000
  PVOID ProcessLock;              // 0x438
  HANDLE UniqueProcessId;         // 0x440
  LIST_ENTRY ActiveProcessLinks;  // 0x448
  PVOID RundownProtect;           // 0x458
  ULONG Flags2;                   // 0x460
  ULONG Flags;                    // 0x464
  LARGE_INTEGER CreateTime;       // 0x468
  UCHAR pad470[0x48];
  PVOID Token;  // 0x4b8 (a fast reference in NT)
  UCHAR pad4c0[0x60];
  PVOID SectionBaseAddress;  // 0x520
  UCHAR pad528[0x18];
  HANDLE InheritedFromUniqueProcessId;  // 0x540
  PVOID OwnerProcessId;                 // 0x548
  PEB* Peb;                             // 0x550
  PVOID Session;                        // 0x558
  PVOID Spare1;                         // 0x560
  PVOID QuotaBlock;                     // 0x568
  PVOID ObjectTable;                    // 0x570
  UCHAR pad578[0x30];
  CHAR ImageFileName[15];            // 0x5a8
  UCHAR PriorityClass;               // 0x5b7
  PVOID SecurityPort;                // 0x5b8
  PVOID SeAuditProcessCreationInfo;  // 0x5c0
  LIST_ENTRY JobLinks;               // 0x5c8
  PVOID HighestUserAddress;          // 0x5d8
  LIST_ENTRY ThreadListHead;         // 0x5e0
  ULONG ActiveThreads;               // 0x5f0
  UCHAR pad5f4[0x1e0];
  NTSTATUS ExitStatus;  // 0x7d4
  UCHAR pad7d8[0x68];
  LARGE_INTEGER ExitTime;  // 0x840
  UCHAR pad848[0x30];
  UCHAR SignatureLevel;         // 0x878
  UCHAR SectionSignatureLevel;  // 0x879
  UCHAR Protection;             // 0x87a (PS_PROTECTION: type, audit, signer)
  UCHAR pad87b[0x385];
};
static_assert(offsetof(EPROCESS, UniqueProcessId) == 0x440);
static_assert(offsetof(EPROCESS, Token) == 0x4b8);
static_assert(offsetof(EPROCESS, Peb) == 0x550);
static_assert(offsetof(EPROCESS, ObjectTable) == 0x570);
static_assert(offsetof(EPROCESS, ImageFileName) == 0x5a8);
static_assert(offsetof(EPROCESS, ThreadListHead) == 0x5e0);
static_assert(offsetof(EPROCESS, ExitStatus) == 0x7d4);
static_assert(offsetof(EPROCESS, ExitTime) == 0x840);
static_assert(offsetof(EPROCESS, Protection) == 0x87a);
static_assert(sizeof(EPROCESS) == 0xc00);

struct NT_TIB {
  PVOID ExceptionList;
  PVOID StackBase;
  PVOID StackLimit;
  PVOID SubSystemTib;
  PVOID FiberData;
  PVOID ArbitraryUserPointer;
  NT_TIB* Self;
};
static_assert(sizeof(NT_TIB) == 0x38);

struct CURDIR {
  UNICODE_STRING DosPath;
  HANDLE Handle;
};

struct RTL_USER_PROCESS_PARAMETERS {
  ULONG MaximumLength;
  ULONG Length;
  ULONG Flags;
  ULONG DebugFlags;
  HANDLE ConsoleHandle;
  ULONG ConsoleFlags;
  ULONG pad1c;
  HANDLE StandardInput;          // 0x20
  HANDLE StandardOutput;         // 0x28
  HANDLE StandardError;          // 0x30
  CURDIR CurrentDirectory;       // 0x38
  UNICODE_STRING DllPath;        // 0x50
  UNICODE_STRING ImagePathName;  // 0x60
  UNICODE_STRING CommandLine;    // 0x70
  PVOID Environment;             // 0x80
  ULONG StartingX, StartingY, CountX, CountY, CountCharsX, CountCharsY;
  ULONG FillAttribute, WindowFlags, ShowWindowFlags;
  ULONG padac;
  UNICODE_STRING WindowTitle;       // 0xb0
  UNICODE_STRING DesktopInfo;       // 0xc0
  UNICODE_STRING ShellInfo;         // 0xd0
  UNICODE_STRING RuntimeData;       // 0xe0
  UCHAR CurrentDirectories[0x300];  // 0xf0
  ULONG_PTR EnvironmentSize;        // 0x3f0
};
using PRTL_USER_PROCESS_PARAMETERS = RTL_USER_PROCESS_PARAMETERS*;
static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, CommandLine) == 0x70);
static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, EnvironmentSize) == 0x3f0);

struct PEB_LDR_DATA {
  ULONG Length;
  BOOLEAN Initialized;
  PVOID SsHandle;
  LIST_ENTRY InLoadOrderModuleList;
  LIST_ENTRY InMemoryOrderModuleList;
  LIST_ENTRY InInitializationOrderModuleList;
  PVOID EntryInProgress;
};

struct PEB {
  BOOLEAN InheritedAddressSpace;
  BOOLEAN ReadImageFileExecOptions;
  BOOLEAN BeingDebugged;
  UCHAR BitField;
  UCHAR pad4[4];
  HANDLE Mutant;                                   // 0x08
  PVOID ImageBaseAddress;                          // 0x10
  PEB_LDR_DATA* Ldr;                               // 0x18
  RTL_USER_PROCESS_PARAMETERS* ProcessParameters;  // 0x20
  PVOID SubSystemData;                             // 0x28
  PVOID ProcessHeap;                               // 0x30
  PVOID FastPebLock;                               // 0x38
  UCHAR pad40[0x38];
  PVOID TlsBitmap;         // 0x78
  ULONG TlsBitmapBits[2];  // 0x80
  UCHAR pad88[0x30];
  ULONG NumberOfProcessors;  // 0xb8
  ULONG NtGlobalFlag;        // 0xbc
  UCHAR padc0[0x58];
  ULONG OSMajorVersion;              // 0x118
  ULONG OSMinorVersion;              // 0x11c
  USHORT OSBuildNumber;              // 0x120
  USHORT OSCSDVersion;               // 0x122
  ULONG OSPlatformId;                // 0x124
  ULONG ImageSubsystem;              // 0x128
  ULONG ImageSubsystemMajorVersion;  // 0x12c
  ULONG ImageSubsystemMinorVersion;  // 0x130
  UCHAR pad134[0x18c];
  ULONG SessionId;  // 0x2c0
  UCHAR pad2c4[0x4f4];
  volatile LONG Initialization;  // 0x7b8: of the process in user mode: 0 not begun, 1 begun, 2 done
  UCHAR pad7bc[4];
  ULONG_PTR BuiltinData;  // 0x7c0: the process's copy of the variables that built-in user modules export
  PVOID SubsystemState;   // 0x7c8: the built-in user modules' per-process state
};
static_assert(offsetof(PEB, ProcessHeap) == 0x30);
static_assert(offsetof(PEB, NumberOfProcessors) == 0xb8);
static_assert(offsetof(PEB, OSMajorVersion) == 0x118);
static_assert(offsetof(PEB, SessionId) == 0x2c0);
static_assert(sizeof(PEB) == 0x7d0);

struct TEB {
  NT_TIB NtTib;                        // 0x00
  PVOID EnvironmentPointer;            // 0x38
  CLIENT_ID ClientId;                  // 0x40
  PVOID ActiveRpcHandle;               // 0x50
  PVOID ThreadLocalStoragePointer;     // 0x58
  PEB* ProcessEnvironmentBlock;        // 0x60
  ULONG LastErrorValue;                // 0x68
  ULONG CountOfOwnedCriticalSections;  // 0x6c
  UCHAR pad70[0x1210];
  PVOID SubsystemState;  // 0x1280: the built-in user modules' per-thread state
  UCHAR pad1288[0x1f0];
  PVOID DeallocationStack;  // 0x1478
  PVOID TlsSlots[64];       // 0x1480
  LIST_ENTRY TlsLinks;      // 0x1680
  UCHAR pad1690[0xb8];
  ULONG GuaranteedStackBytes;  // 0x1748: kept for who handles the stack's overflow
  UCHAR pad174c[0x34];
  PVOID* TlsExpansionSlots;  // 0x1780
  UCHAR pad1788[0xb0];
};
static_assert(offsetof(TEB, LastErrorValue) == 0x68);
static_assert(offsetof(TEB, DeallocationStack) == 0x1478);
static_assert(offsetof(TEB, TlsSlots) == 0x1480);
static_assert(offsetof(TEB, GuaranteedStackBytes) == 0x1748);
static_assert(offsetof(TEB, TlsExpansionSlots) == 0x1780);
static_assert(sizeof(TEB) == 0x1838);

#include "nt/process_information.h"
