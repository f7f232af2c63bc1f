// What the machine and its processes use: memory, transfers, processor time.
#include <algorithm>
#include <cstring>

#include "nt/process_information.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/system_processes.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// PROCESS_MEMORY_COUNTERS_EX; without the last field, PROCESS_MEMORY_COUNTERS.
struct MemoryCounters {
  DWORD cb, page_faults;
  SIZE_T peak_working_set, working_set, peak_paged_pool, paged_pool, peak_nonpaged_pool, nonpaged_pool, pagefile, peak_pagefile,
      private_usage;
};
NT_SIZE(MemoryCounters, 80);
constexpr DWORD kWithoutPrivate = 72;

/// PERFORMANCE_INFORMATION: counts of pages.
struct PerformanceInformation {
  DWORD cb;
  SIZE_T commit_total, commit_limit, commit_peak, physical_total, physical_available, cache, kernel_total, kernel_paged, kernel_nonpaged,
      page_size;
  DWORD handles, processes, threads;
};
NT_SIZE(PerformanceInformation, 104);

/// MEMORYSTATUSEX, and MEMORYSTATUS without its last field and with SIZE_Ts.
struct MemoryStatus {
  DWORD length, load;
  ULONGLONG total_physical, free_physical, total_pagefile, free_pagefile, total_virtual, free_virtual, free_extended;
};
NT_SIZE(MemoryStatus, 64);

struct Machine {
  SYSTEM_BASIC_INFORMATION basic{};
  SYSTEM_PERFORMANCE_INFORMATION performance{};
  BOOL Query() {
    return Check(sys::NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof basic, nullptr)) &&
           Check(sys::NtQuerySystemInformation(SystemPerformanceInformation, &performance, sizeof performance, nullptr));
  }
};

constexpr ULONGLONG kUserSpace = 0x3FFF'FFFE'0000;

BOOL Describe(MemoryStatus* status) {
  Machine machine;
  VM_COUNTERS counters{};
  if (!machine.Query()) return FALSE;
  if (!Check(sys::NtQueryInformationProcess(CurrentProcessHandle(), ProcessVmCounters, &counters, sizeof counters, nullptr))) return FALSE;
  const auto& performance = machine.performance;
  const ULONGLONG total = machine.basic.NumberOfPhysicalPages, available = std::min<ULONGLONG>(performance.AvailablePages, total);
  status->load = total ? static_cast<DWORD>((total - available) * 100 / total) : 0;
  status->total_physical = total * PAGE_SIZE;
  status->free_physical = available * PAGE_SIZE;
  status->total_pagefile = ULONGLONG{performance.CommitLimit} * PAGE_SIZE;
  status->free_pagefile = ULONGLONG{performance.CommitLimit - std::min(performance.CommitLimit, performance.CommittedPages)} * PAGE_SIZE;
  status->total_virtual = kUserSpace;
  status->free_virtual = kUserSpace - std::min<ULONGLONG>(kUserSpace, counters.VirtualSize);
  status->free_extended = 0;
  return TRUE;
}

}  // namespace

extern "C" {

BOOL SetProcessWorkingSetSize(HANDLE ProcessHandle, SIZE_T Minimum, SIZE_T Maximum);

/// What a process uses of memory. `Counters` may be either form. FALSE: ERROR_INSUFFICIENT_BUFFER. (GetProcessMemoryInfo)
BOOL K32GetProcessMemoryInfo(HANDLE Process, PVOID Counters, DWORD Size) {
  if (Size < kWithoutPrivate) return Fail(ERROR_INSUFFICIENT_BUFFER);
  VM_COUNTERS_EX vm{};
  if (!Check(sys::NtQueryInformationProcess(Process, ProcessVmCounters, &vm, sizeof vm, nullptr))) return FALSE;
  const bool extended = Size >= sizeof(MemoryCounters);
  const MemoryCounters counters{extended ? DWORD{sizeof(MemoryCounters)} : kWithoutPrivate,
                                vm.PageFaultCount,
                                vm.PeakWorkingSetSize,
                                vm.WorkingSetSize,
                                vm.QuotaPeakPagedPoolUsage,
                                vm.QuotaPagedPoolUsage,
                                vm.QuotaPeakNonPagedPoolUsage,
                                vm.QuotaNonPagedPoolUsage,
                                vm.PagefileUsage,
                                vm.PeakPagefileUsage,
                                vm.PrivateUsage};
  std::memcpy(Counters, &counters, counters.cb);
  return TRUE;
}

/// What the machine uses, in pages, and how many handles, processes and threads there are. FALSE: ERROR_BAD_LENGTH. (GetPerformanceInfo)
BOOL K32GetPerformanceInfo(PVOID Information, DWORD Size) {
  if (Size < sizeof(PerformanceInformation)) return Fail(ERROR_BAD_LENGTH);
  Machine machine;
  const SystemProcesses all;
  if (!machine.Query() || !all) return FALSE;
  auto& info = *static_cast<PerformanceInformation*>(Information);
  const auto& performance = machine.performance;
  info = {};
  info.cb = sizeof info;
  info.commit_total = performance.CommittedPages;
  info.commit_limit = performance.CommitLimit;
  info.commit_peak = performance.PeakCommitment;
  info.physical_total = machine.basic.NumberOfPhysicalPages;
  info.physical_available = performance.AvailablePages;
  info.cache = performance.ResidentSystemCachePage;
  info.kernel_paged = performance.PagedPoolPages;
  info.kernel_nonpaged = performance.NonPagedPoolPages;
  info.kernel_total = info.kernel_paged + info.kernel_nonpaged;
  info.page_size = PAGE_SIZE;
  all.ForEach([&info](const SYSTEM_PROCESS_INFORMATION& process) {
    info.processes++;
    info.threads += process.NumberOfThreads;
    info.handles += process.HandleCount;
  });
  return TRUE;
}

/// Gives up a process's working set; its pages stay where they are. (EmptyWorkingSet)
BOOL K32EmptyWorkingSet(HANDLE Process) { return SetProcessWorkingSetSize(Process, ~SIZE_T{0}, ~SIZE_T{0}); }

/// The machine's memory, and the process's address space. FALSE: ERROR_INVALID_PARAMETER (its length). (GlobalMemoryStatusEx)
BOOL GlobalMemoryStatusEx(PVOID Buffer) {
  auto* const status = static_cast<MemoryStatus*>(Buffer);
  return status->length == sizeof *status ? Describe(status) : Fail(ERROR_INVALID_PARAMETER);
}

/// The same in its older form. (GlobalMemoryStatus)
VOID GlobalMemoryStatus(PVOID Buffer) {
  constexpr DWORD kOlder = 56;
  MemoryStatus status{};
  Describe(&status);
  status.length = kOlder;
  std::memcpy(Buffer, &status, kOlder);
}

/// How many requests a process made, and how many bytes they moved. (GetProcessIoCounters)
BOOL GetProcessIoCounters(HANDLE ProcessHandle, PVOID IoCounters) {
  return Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessIoCounters, IoCounters, sizeof(IO_COUNTERS), nullptr));
}

/// The processors' times together; that of the kernel has the idle time in it. (GetSystemTimes)
BOOL GetSystemTimes(LPFILETIME IdleTime, LPFILETIME KernelTime, LPFILETIME UserTime) {
  SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION each[64];
  ULONG size = 0;
  if (!Check(sys::NtQuerySystemInformation(SystemProcessorPerformanceInformation, each, sizeof each, &size))) return FALSE;
  LONGLONG idle = 0, kernel = 0, user = 0;
  for (ULONG i = 0; i < size / sizeof each[0]; i++) {
    idle += each[i].IdleTime.QuadPart;
    kernel += each[i].KernelTime.QuadPart;
    user += each[i].UserTime.QuadPart;
  }
  if (IdleTime) *IdleTime = ToFileTime(idle);
  if (KernelTime) *KernelTime = ToFileTime(kernel);
  if (UserTime) *UserTime = ToFileTime(user);
  return TRUE;
}

/// The processor cycles of a process. (QueryProcessCycleTime)
BOOL QueryProcessCycleTime(HANDLE ProcessHandle, PULONGLONG CycleTime) {
  ULONGLONG cycles[2]{};  // of all threads that ended or run, and of those that run
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, ProcessCycleTime, cycles, sizeof cycles, nullptr))) return FALSE;
  *CycleTime = cycles[0];
  return TRUE;
}

}  // extern "C"
