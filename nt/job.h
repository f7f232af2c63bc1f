// Job objects: what is told and set of them, and the messages that their completion port gets.
#pragma once

#include "nt/process_information.h"
#include "nt/types.h"

inline constexpr ACCESS_MASK JOB_OBJECT_ASSIGN_PROCESS = 0x1, JOB_OBJECT_SET_ATTRIBUTES = 0x2, JOB_OBJECT_QUERY = 0x4,
                             JOB_OBJECT_TERMINATE = 0x8, JOB_OBJECT_ALL_ACCESS = 0x1f003f;

enum JOBOBJECTINFOCLASS : ULONG {
  JobObjectBasicAccountingInformation = 1,
  JobObjectBasicLimitInformation,
  JobObjectBasicProcessIdList,
  JobObjectBasicUIRestrictions,
  JobObjectAssociateCompletionPortInformation = 7,
  JobObjectBasicAndIoAccountingInformation,
  JobObjectExtendedLimitInformation,
};

inline constexpr ULONG JOB_OBJECT_LIMIT_ACTIVE_PROCESS = 0x8, JOB_OBJECT_LIMIT_PRIORITY_CLASS = 0x20, JOB_OBJECT_LIMIT_BREAKAWAY_OK = 0x800,
                       JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK = 0x1000, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;
inline constexpr ULONG JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS = 0xff, JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS = 0x7fff,
                       JOB_OBJECT_UI_VALID_FLAGS = 0xff;

inline constexpr ULONG JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT = 3, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO = 4, JOB_OBJECT_MSG_NEW_PROCESS = 6,
                       JOB_OBJECT_MSG_EXIT_PROCESS = 7, JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS = 8;

struct JOBOBJECT_BASIC_ACCOUNTING_INFORMATION {
  LARGE_INTEGER TotalUserTime;  ///< 100 ns units, of ended processes too
  LARGE_INTEGER TotalKernelTime;
  LARGE_INTEGER ThisPeriodTotalUserTime;
  LARGE_INTEGER ThisPeriodTotalKernelTime;
  ULONG TotalPageFaultCount;
  ULONG TotalProcesses;
  ULONG ActiveProcesses;
  ULONG TotalTerminatedProcesses;  ///< for a limit's sake
};
NT_SIZE(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, 48);

struct JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION {
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION BasicInfo;
  IO_COUNTERS IoInfo;
};
NT_SIZE(JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION, 96);

struct JOBOBJECT_BASIC_LIMIT_INFORMATION {
  LARGE_INTEGER PerProcessUserTimeLimit;
  LARGE_INTEGER PerJobUserTimeLimit;
  ULONG LimitFlags;
  SIZE_T MinimumWorkingSetSize;
  SIZE_T MaximumWorkingSetSize;
  ULONG ActiveProcessLimit;
  ULONG_PTR Affinity;
  ULONG PriorityClass;
  ULONG SchedulingClass;
};
NT_SIZE(JOBOBJECT_BASIC_LIMIT_INFORMATION, 64);

struct JOBOBJECT_EXTENDED_LIMIT_INFORMATION {
  JOBOBJECT_BASIC_LIMIT_INFORMATION BasicLimitInformation;
  IO_COUNTERS IoInfo;
  SIZE_T ProcessMemoryLimit;
  SIZE_T JobMemoryLimit;
  SIZE_T PeakProcessMemoryUsed;
  SIZE_T PeakJobMemoryUsed;
};
NT_SIZE(JOBOBJECT_EXTENDED_LIMIT_INFORMATION, 144);

/// Followed by as many identifiers as it says.
struct JOBOBJECT_BASIC_PROCESS_ID_LIST {
  ULONG NumberOfAssignedProcesses;
  ULONG NumberOfProcessIdsInList;
  ULONG_PTR ProcessIdList[1];
};
NT_SIZE(JOBOBJECT_BASIC_PROCESS_ID_LIST, 16);

struct JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
  PVOID CompletionKey;
  HANDLE CompletionPort;
};
NT_SIZE(JOBOBJECT_ASSOCIATE_COMPLETION_PORT, 16);
