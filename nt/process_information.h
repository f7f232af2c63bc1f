// Information classes of threads and processes (winternl.h, ntddk.h).
#pragma once

#include "nt/ps.h"

enum THREADINFOCLASS : ULONG {
  ThreadBasicInformation = 0,
  ThreadTimes = 1,
  ThreadPriority = 2,
  ThreadBasePriority = 3,
  ThreadAffinityMask = 4,
  ThreadImpersonationToken = 5,
  ThreadQuerySetWin32StartAddress = 9,
  ThreadZeroTlsCell = 10,
  ThreadAmILastThread = 12,
  ThreadPriorityBoost = 14,
  ThreadHideFromDebugger = 17,
  ThreadIsTerminated = 20,
  ThreadSuspendCount = 35,
  ThreadNameInformation = 38
};

enum PROCESSINFOCLASS : ULONG {
  ProcessBasicInformation = 0,
  ProcessTimes = 4,
  ProcessDebugPort = 7,
  ProcessPriorityClass = 18,
  ProcessAffinityMask = 21,
  ProcessSessionInformation = 24,
  ProcessWow64Information = 26,
  ProcessImageFileName = 27,
  ProcessBreakOnTermination = 29,
  ProcessImageFileNameWin32 = 43,
  ProcessProtectionInformation = 61
};

struct THREAD_BASIC_INFORMATION {
  NTSTATUS ExitStatus;
  TEB* TebBaseAddress;
  CLIENT_ID ClientId;
  KAFFINITY AffinityMask;
  KPRIORITY Priority;
  KPRIORITY BasePriority;
};
static_assert(sizeof(THREAD_BASIC_INFORMATION) == 0x30);

struct KERNEL_USER_TIMES {
  LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime;
};

struct PROCESS_BASIC_INFORMATION {
  NTSTATUS ExitStatus;
  PEB* PebBaseAddress;
  ULONG_PTR AffinityMask;
  KPRIORITY BasePriority;
  ULONG_PTR UniqueProcessId;
  ULONG_PTR InheritedFromUniqueProcessId;
};
static_assert(sizeof(PROCESS_BASIC_INFORMATION) == 0x30);

/// What a creator of a process or a thread asks for besides (PS_ATTRIBUTE_... numbers).
struct PS_ATTRIBUTE {
  ULONG_PTR Attribute;
  SIZE_T Size;  ///< bytes
  PVOID Value;
  SIZE_T* ReturnLength;
};
static_assert(sizeof(PS_ATTRIBUTE) == 0x20);
inline constexpr ULONG_PTR PS_ATTRIBUTE_CLIENT_ID = 0x10003, PS_ATTRIBUTE_TEB_ADDRESS = 0x10004, PS_ATTRIBUTE_IMAGE_NAME = 0x20005;
inline constexpr ULONG_PTR PS_ATTRIBUTE_PARENT_PROCESS = 0x60000, PS_ATTRIBUTE_HANDLE_LIST = 0x2000B;
inline constexpr ULONG_PTR PS_ATTRIBUTE_PREFERRED_NODE = 0x2000D, PS_ATTRIBUTE_MITIGATION_OPTIONS = 0x20010;

struct PS_ATTRIBUTE_LIST {
  SIZE_T TotalLength;
  PS_ATTRIBUTE Attributes[1];
};
using PPS_ATTRIBUTE_LIST = PS_ATTRIBUTE_LIST*;

enum SYSTEM_INFORMATION_CLASS : ULONG {
  SystemBasicInformation = 0,
  SystemProcessorInformation = 1,
  SystemPerformanceInformation = 2,
  SystemTimeOfDayInformation = 3,
  SystemProcessInformation = 5,
  SystemProcessorPerformanceInformation = 8,
  SystemModuleInformation = 11,
  SystemHandleInformation = 16,
  SystemExtendedHandleInformation = 64
};

enum TIMER_INFORMATION_CLASS : ULONG { TimerBasicInformation = 0 };

/// What NtQueueApcThread and NtSetTimer have called in user mode.
using PPS_APC_ROUTINE = VOID(MSABI*)(PVOID ApcArgument1, PVOID ApcArgument2, PVOID ApcArgument3);
using PTIMER_APC_ROUTINE = VOID(MSABI*)(PVOID TimerContext, ULONG TimerLowValue, LONG TimerHighValue);
