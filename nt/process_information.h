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
  ThreadPerformanceCount = 11,
  ThreadAmILastThread = 12,
  ThreadIdealProcessor = 13,
  ThreadPriorityBoost = 14,
  ThreadIsIoPending = 16,
  ThreadHideFromDebugger = 17,
  ThreadBreakOnTermination = 18,
  ThreadIsTerminated = 20,
  ThreadIoPriority = 22,
  ThreadPagePriority = 24,
  ThreadActualBasePriority = 25,
  ThreadGroupInformation = 30,
  ThreadIdealProcessorEx = 33,
  ThreadSuspendCount = 35,
  ThreadNameInformation = 38,
  ThreadSystemThreadInformation = 40,
  ThreadSubsystemInformation = 45
};

enum PROCESSINFOCLASS : ULONG {
  ProcessBasicInformation = 0,
  ProcessQuotaLimits = 1,
  ProcessIoCounters = 2,
  ProcessVmCounters = 3,
  ProcessTimes = 4,
  ProcessBasePriority = 5,
  ProcessDebugPort = 7,
  ProcessAccessToken = 9,
  ProcessDefaultHardErrorMode = 12,
  ProcessPriorityClass = 18,
  ProcessHandleCount = 20,
  ProcessAffinityMask = 21,
  ProcessPriorityBoost = 22,
  ProcessDeviceMap = 23,
  ProcessSessionInformation = 24,
  ProcessWow64Information = 26,
  ProcessImageFileName = 27,
  ProcessLUIDDeviceMapsEnabled = 28,
  ProcessBreakOnTermination = 29,
  ProcessDebugObjectHandle = 30,
  ProcessDebugFlags = 31,
  ProcessIoPriority = 33,
  ProcessCookie = 36,
  ProcessImageInformation = 37,
  ProcessCycleTime = 38,
  ProcessPagePriority = 39,
  ProcessImageFileNameWin32 = 43,
  ProcessGroupInformation = 47,
  ProcessHandleInformation = 51,
  ProcessMitigationPolicy = 52,
  ProcessCommandLineInformation = 60,
  ProcessProtectionInformation = 61,
  ProcessSubsystemInformation = 75
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

struct PROCESS_EXTENDED_BASIC_INFORMATION {
  SIZE_T Size;
  PROCESS_BASIC_INFORMATION BasicInfo;
  ULONG Flags;  ///< 1: protected, 4: being deleted, 8: made by a process of another session
};
NT_SIZE(PROCESS_EXTENDED_BASIC_INFORMATION, 0x40);

struct QUOTA_LIMITS {
  SIZE_T PagedPoolLimit;
  SIZE_T NonPagedPoolLimit;
  SIZE_T MinimumWorkingSetSize;
  SIZE_T MaximumWorkingSetSize;
  SIZE_T PagefileLimit;
  LARGE_INTEGER TimeLimit;
};
NT_SIZE(QUOTA_LIMITS, 0x30);

struct IO_COUNTERS {
  ULONGLONG ReadOperationCount, WriteOperationCount, OtherOperationCount;
  ULONGLONG ReadTransferCount, WriteTransferCount, OtherTransferCount;
};
NT_SIZE(IO_COUNTERS, 0x30);

struct VM_COUNTERS {
  SIZE_T PeakVirtualSize;
  SIZE_T VirtualSize;
  ULONG PageFaultCount;
  SIZE_T PeakWorkingSetSize;
  SIZE_T WorkingSetSize;
  SIZE_T QuotaPeakPagedPoolUsage;
  SIZE_T QuotaPagedPoolUsage;
  SIZE_T QuotaPeakNonPagedPoolUsage;
  SIZE_T QuotaNonPagedPoolUsage;
  SIZE_T PagefileUsage;
  SIZE_T PeakPagefileUsage;
};
NT_SIZE(VM_COUNTERS, 0x58);

struct VM_COUNTERS_EX : VM_COUNTERS {
  SIZE_T PrivateUsage;
};
NT_SIZE(VM_COUNTERS_EX, 0x60);

struct PROCESS_PRIORITY_CLASS {
  BOOLEAN Foreground;
  UCHAR PriorityClass;
};

struct PROCESS_DEVICEMAP_INFORMATION {
  ULONG DriveMap;       ///< bit n: the letter 'A' + n
  UCHAR DriveType[32];  ///< as GetDriveType tells them
  ULONG Reserved;       ///< the structure has room for a handle as well
};
NT_SIZE(PROCESS_DEVICEMAP_INFORMATION, 0x28);

/// What a creator of a process or a thread asks for besides (PS_ATTRIBUTE_... numbers).
struct PS_ATTRIBUTE {
  ULONG_PTR Attribute;
  SIZE_T Size;  ///< bytes
  PVOID Value;
  SIZE_T* ReturnLength;
};
static_assert(sizeof(PS_ATTRIBUTE) == 0x20);
inline constexpr ULONG_PTR PS_ATTRIBUTE_CLIENT_ID = 0x10003, PS_ATTRIBUTE_TEB_ADDRESS = 0x10004, PS_ATTRIBUTE_IMAGE_NAME = 0x20005;
inline constexpr ULONG_PTR PS_ATTRIBUTE_PARENT_PROCESS = 0x60000, PS_ATTRIBUTE_TOKEN = 0x60002, PS_ATTRIBUTE_HANDLE_LIST = 0x2000b;

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
