// What NtQuerySystemInformation tells, by class (winternl.h of mingw-w64; the layouts are those of 64-bit NT).
#pragma once

#include <cstddef>

#include "nt/process_information.h"

/// The classes beyond those of nt/process_information.h.
enum : ULONG {
  kSystemDeviceInformation = 7,
  kSystemFlagsInformation = 9,
  kSystemObjectInformation = 17,
  kSystemPagefileInformation = 18,
  kSystemFileCacheInformation = 21,
  kSystemPoolTagInformation = 22,
  kSystemInterruptInformation = 23,
  kSystemTimeAdjustmentInformation = 28,
  kSystemExceptionInformation = 33,
  kSystemKernelDebuggerInformation = 35,
  kSystemContextSwitchInformation = 36,
  kSystemRegistryQuotaInformation = 37,
  kSystemLookasideInformation = 45,
  kSystemRangeStartInformation = 50,
  kSystemVerifierInformation = 51,
  kSystemSessionProcessInformation = 53,
  kSystemNumaProcessorMap = 55,
  kSystemExtendedProcessInformation = 57,
  kSystemNumaAvailableMemory = 60,
  kSystemEmulationBasicInformation = 62,
  kSystemEmulationProcessorInformation = 63,
  kSystemBigPoolInformation = 66,
  kSystemLogicalProcessorInformation = 73,
  kSystemFirmwareTableInformation = 76,
  kSystemModuleInformationEx = 77,
  kSystemFileCacheInformationEx = 81,
  kSystemProcessIdInformation = 88,
  kSystemBootEnvironmentInformation = 90,
  kSystemCodeIntegrityInformation = 103,
  kSystemSecureBootInformation = 145,
  kSystemKernelDebuggerInformationEx = 149,
};

struct SYSTEM_BASIC_INFORMATION {
  ULONG Reserved;
  ULONG TimerResolution;  ///< 100 ns units
  ULONG PageSize;
  ULONG NumberOfPhysicalPages;
  ULONG LowestPhysicalPageNumber;
  ULONG HighestPhysicalPageNumber;
  ULONG AllocationGranularity;
  ULONG_PTR MinimumUserModeAddress;
  ULONG_PTR MaximumUserModeAddress;
  ULONG_PTR ActiveProcessorsAffinityMask;
  CCHAR NumberOfProcessors;
};
static_assert(sizeof(SYSTEM_BASIC_INFORMATION) == 0x40);

struct SYSTEM_PROCESSOR_INFORMATION {
  USHORT ProcessorArchitecture;
  USHORT ProcessorLevel;
  USHORT ProcessorRevision;
  USHORT MaximumProcessors;
  ULONG ProcessorFeatureBits;
};
static_assert(sizeof(SYSTEM_PROCESSOR_INFORMATION) == 0xc);

struct SYSTEM_TIMEOFDAY_INFORMATION {
  LARGE_INTEGER BootTime;
  LARGE_INTEGER CurrentTime;
  LARGE_INTEGER TimeZoneBias;
  ULONG TimeZoneId;
  ULONG Reserved;
  ULONGLONG BootTimeBias;
  ULONGLONG SleepTimeBias;
};
static_assert(sizeof(SYSTEM_TIMEOFDAY_INFORMATION) == 0x30);

struct SYSTEM_THREAD_INFORMATION {
  LARGE_INTEGER KernelTime;
  LARGE_INTEGER UserTime;
  LARGE_INTEGER CreateTime;
  ULONG WaitTime;
  PVOID StartAddress;
  CLIENT_ID ClientId;
  KPRIORITY Priority;
  KPRIORITY BasePriority;
  ULONG ContextSwitches;
  ULONG ThreadState;
  ULONG WaitReason;
};
static_assert(sizeof(SYSTEM_THREAD_INFORMATION) == 0x50);

/// What SystemExtendedProcessInformation tells of a thread.
struct SYSTEM_EXTENDED_THREAD_INFORMATION {
  SYSTEM_THREAD_INFORMATION ThreadInfo;
  PVOID StackBase;
  PVOID StackLimit;
  PVOID Win32StartAddress;
  TEB* TebBase;
  ULONG_PTR Reserved[3];
};
static_assert(sizeof(SYSTEM_EXTENDED_THREAD_INFORMATION) == 0x88);

/// Its threads follow it, then the name.
struct SYSTEM_PROCESS_INFORMATION {
  ULONG NextEntryOffset;  ///< bytes to the next one; 0 for the last
  ULONG NumberOfThreads;
  LARGE_INTEGER WorkingSetPrivateSize;
  ULONG HardFaultCount;
  ULONG NumberOfThreadsHighWatermark;
  ULONGLONG CycleTime;
  LARGE_INTEGER CreateTime;
  LARGE_INTEGER UserTime;
  LARGE_INTEGER KernelTime;
  UNICODE_STRING ImageName;
  KPRIORITY BasePriority;
  HANDLE UniqueProcessId;
  HANDLE InheritedFromUniqueProcessId;
  ULONG HandleCount;
  ULONG SessionId;
  ULONG_PTR UniqueProcessKey;
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
  SIZE_T PrivatePageCount;
  LARGE_INTEGER ReadOperationCount;
  LARGE_INTEGER WriteOperationCount;
  LARGE_INTEGER OtherOperationCount;
  LARGE_INTEGER ReadTransferCount;
  LARGE_INTEGER WriteTransferCount;
  LARGE_INTEGER OtherTransferCount;
};
static_assert(sizeof(SYSTEM_PROCESS_INFORMATION) == 0x100);

struct SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION {
  LARGE_INTEGER IdleTime;
  LARGE_INTEGER KernelTime;  ///< with the idle time
  LARGE_INTEGER UserTime;
  LARGE_INTEGER DpcTime;
  LARGE_INTEGER InterruptTime;
  ULONG InterruptCount;
};
static_assert(sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION) == 0x30);

struct RTL_PROCESS_MODULE_INFORMATION {
  HANDLE Section;
  PVOID MappedBase;
  PVOID ImageBase;
  ULONG ImageSize;
  ULONG Flags;
  USHORT LoadOrderIndex;
  USHORT InitOrderIndex;
  USHORT LoadCount;
  USHORT OffsetToFileName;
  CHAR FullPathName[256];
};
static_assert(sizeof(RTL_PROCESS_MODULE_INFORMATION) == 0x128);

struct SYSTEM_HANDLE_TABLE_ENTRY_INFO {
  USHORT UniqueProcessId;
  USHORT CreatorBackTraceIndex;
  UCHAR ObjectTypeIndex;
  UCHAR HandleAttributes;
  USHORT HandleValue;
  PVOID Object;
  ACCESS_MASK GrantedAccess;
};
static_assert(sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO) == 0x18);

struct SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX {
  PVOID Object;
  HANDLE UniqueProcessId;
  HANDLE HandleValue;
  ACCESS_MASK GrantedAccess;
  USHORT CreatorBackTraceIndex;
  USHORT ObjectTypeIndex;
  ULONG HandleAttributes;
  ULONG Reserved;
};
static_assert(sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX) == 0x28);

struct SYSTEM_PERFORMANCE_INFORMATION {
  LARGE_INTEGER IdleProcessTime;
  LARGE_INTEGER IoReadTransferCount;
  LARGE_INTEGER IoWriteTransferCount;
  LARGE_INTEGER IoOtherTransferCount;
  ULONG IoReadOperationCount;
  ULONG IoWriteOperationCount;
  ULONG IoOtherOperationCount;
  ULONG AvailablePages;
  ULONG CommittedPages;
  ULONG CommitLimit;
  ULONG PeakCommitment;
  ULONG PageFaults[13];  ///< counts of all kinds of paging, of which there is none
  ULONG PagedPoolPages;
  ULONG NonPagedPoolPages;
  ULONG PagedPoolAllocs;
  ULONG PagedPoolFrees;
  ULONG NonPagedPoolAllocs;
  ULONG NonPagedPoolFrees;
  ULONG FreeSystemPtes;
  ULONG ResidentSystemCodePage;
  ULONG TotalSystemDriverPages;
  ULONG TotalSystemCodePages;
  ULONG NonPagedPoolLookasideHits;
  ULONG PagedPoolLookasideHits;
  ULONG AvailablePagedPoolPages;
  ULONG ResidentSystemCachePage;
  ULONG ResidentPagedPoolPage;
  ULONG ResidentSystemDriverPage;
  ULONG Cache[30];  ///< the cache manager's counts
  ULONG ContextSwitches;
  ULONG FirstLevelTbFills;
  ULONG SecondLevelTbFills;
  ULONG SystemCalls;
  ULONGLONG CcTotalDirtyPages;
  ULONGLONG CcDirtyPageThreshold;
  LONGLONG ResidentAvailablePages;
  ULONGLONG SharedCommittedPages;
};
static_assert(sizeof(SYSTEM_PERFORMANCE_INFORMATION) == 0x158);
static_assert(offsetof(SYSTEM_PERFORMANCE_INFORMATION, PagedPoolPages) == 0x70);
static_assert(offsetof(SYSTEM_PERFORMANCE_INFORMATION, ContextSwitches) == 0x128);

struct SYSTEM_DEVICE_INFORMATION {
  ULONG NumberOfDisks;
  ULONG NumberOfFloppies;
  ULONG NumberOfCdRoms;
  ULONG NumberOfTapes;
  ULONG NumberOfSerialPorts;
  ULONG NumberOfParallelPorts;
};

struct SYSTEM_POOLTAG {
  ULONG Tag;
  ULONG PagedAllocs;
  ULONG PagedFrees;
  SIZE_T PagedUsed;
  ULONG NonPagedAllocs;
  ULONG NonPagedFrees;
  SIZE_T NonPagedUsed;
};
static_assert(sizeof(SYSTEM_POOLTAG) == 0x28);

struct SYSTEM_BIGPOOL_ENTRY {
  ULONG_PTR VirtualAddress;  ///< bit 0: non-paged
  SIZE_T SizeInBytes;
  ULONG Tag;
};
static_assert(sizeof(SYSTEM_BIGPOOL_ENTRY) == 0x18);

struct SYSTEM_INTERRUPT_INFORMATION {
  ULONG ContextSwitches;
  ULONG DpcCount;
  ULONG DpcRate;
  ULONG TimeIncrement;
  ULONG DpcBypassCount;
  ULONG ApcBypassCount;
};

struct SYSTEM_QUERY_TIME_ADJUST_INFORMATION {
  ULONG TimeAdjustment;
  ULONG TimeIncrement;
  BOOLEAN Enable;
};
static_assert(sizeof(SYSTEM_QUERY_TIME_ADJUST_INFORMATION) == 0xc);

struct SYSTEM_EXCEPTION_INFORMATION {
  ULONG AlignmentFixupCount;
  ULONG ExceptionDispatchCount;
  ULONG FloatingEmulationCount;
  ULONG ByteWordEmulationCount;
};

struct SYSTEM_CONTEXT_SWITCH_INFORMATION {
  ULONG ContextSwitches;
  ULONG Reasons[11];
};
static_assert(sizeof(SYSTEM_CONTEXT_SWITCH_INFORMATION) == 0x30);

struct SYSTEM_KERNEL_DEBUGGER_INFORMATION {
  BOOLEAN KernelDebuggerEnabled;
  BOOLEAN KernelDebuggerNotPresent;
};

struct SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX {
  BOOLEAN DebuggerAllowed;
  BOOLEAN DebuggerEnabled;
  BOOLEAN DebuggerPresent;
};

struct SYSTEM_REGISTRY_QUOTA_INFORMATION {
  ULONG RegistryQuotaAllowed;
  ULONG RegistryQuotaUsed;
  SIZE_T PagedPoolSize;
};

struct SYSTEM_LOOKASIDE_INFORMATION {
  USHORT CurrentDepth;
  USHORT MaximumDepth;
  ULONG TotalAllocates;
  ULONG AllocateMisses;
  ULONG TotalFrees;
  ULONG FreeMisses;
  ULONG Type;
  ULONG Tag;
  ULONG Size;
};
static_assert(sizeof(SYSTEM_LOOKASIDE_INFORMATION) == 0x20);

struct SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
  ULONG_PTR ProcessorMask;
  ULONG Relationship;  ///< 0: a core, 1: a node, 3: a package
  ULONGLONG Data[2];   ///< of a node: its number
};
static_assert(sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION) == 0x20);

struct RTL_PROCESS_MODULE_INFORMATION_EX {
  USHORT NextOffset;  ///< bytes to the next one; 0 behind the last
  RTL_PROCESS_MODULE_INFORMATION BaseInfo;
  ULONG ImageChecksum;
  ULONG TimeDateStamp;
  PVOID DefaultBase;
};
static_assert(sizeof(RTL_PROCESS_MODULE_INFORMATION_EX) == 0x140);

struct SYSTEM_BOOT_ENVIRONMENT_INFORMATION {
  UCHAR BootIdentifier[16];
  ULONG FirmwareType;  ///< 2: UEFI
  ULONGLONG BootFlags;
};
static_assert(sizeof(SYSTEM_BOOT_ENVIRONMENT_INFORMATION) == 0x20);

struct SYSTEM_CODEINTEGRITY_INFORMATION {
  ULONG Length;
  ULONG CodeIntegrityOptions;
};

struct SYSTEM_SECUREBOOT_INFORMATION {
  BOOLEAN SecureBootEnabled;
  BOOLEAN SecureBootCapable;
};

struct SYSTEM_PAGEFILE_INFORMATION {
  ULONG NextEntryOffset;
  ULONG TotalSize;  ///< pages
  ULONG TotalInUse;
  ULONG PeakUsage;
  UNICODE_STRING PageFileName;
};
static_assert(sizeof(SYSTEM_PAGEFILE_INFORMATION) == 0x20);

struct SYSTEM_FILECACHE_INFORMATION {
  SIZE_T CurrentSize;
  SIZE_T PeakSize;
  ULONG PageFaultCount;
  SIZE_T MinimumWorkingSet;
  SIZE_T MaximumWorkingSet;
  SIZE_T CurrentSizeIncludingTransitionInPages;
  SIZE_T PeakSizeIncludingTransitionInPages;
  ULONG TransitionRePurposeCount;
  ULONG Flags;
};
static_assert(sizeof(SYSTEM_FILECACHE_INFORMATION) == 0x40);

/// Asks for the processes of one session, which go to a buffer of their own.
struct SYSTEM_SESSION_PROCESS_INFORMATION {
  ULONG SessionId;
  ULONG SizeOfBuf;
  PVOID Buffer;
};
static_assert(sizeof(SYSTEM_SESSION_PROCESS_INFORMATION) == 0x10);

struct SYSTEM_NUMA_INFORMATION {
  ULONG HighestNodeNumber;
  ULONG Reserved;
  union {
    GROUP_AFFINITY Processors[64];  ///< of each node
    ULONGLONG AvailableMemory[64];  ///< bytes
  };
};
static_assert(sizeof(SYSTEM_NUMA_INFORMATION) == 0x408);

struct SYSTEM_FIRMWARE_TABLE_INFORMATION {
  ULONG ProviderSignature;
  ULONG Action;
  ULONG TableID;
  ULONG TableBufferLength;
};
static_assert(sizeof(SYSTEM_FIRMWARE_TABLE_INFORMATION) == 0x10);

struct SYSTEM_PROCESS_ID_INFORMATION {
  HANDLE ProcessId;
  UNICODE_STRING ImageName;  ///< a buffer of the caller's, for the path
};
static_assert(sizeof(SYSTEM_PROCESS_ID_INFORMATION) == 0x18);

namespace nt::ke {
struct Thread;
}

namespace nt::ps {

SYSTEM_THREAD_INFORMATION Describe(ke::Thread* thread);

}  // namespace nt::ps
