// What NtQuerySystemInformation tells of the machine as a whole: memory, pool, time, boot.
#include <map>

#include "kernel/ex/ex.h"
#include "kernel/ke/boot_options.h"
#include "kernel/ke/debugger.h"
#include "kernel/ke/scheduler.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/mm.h"
#include "kernel/ps/answer.h"
#include "kernel/ps/state.h"
#include "kernel/ps/system_information.h"

namespace nt::ps {
namespace {

constexpr ULONG kTimeIncrement = 156'250;  // as KeQueryTimeIncrement has it

ULONG Truncated(SIZE_T count) { return static_cast<ULONG>(count); }

ULONG ContextSwitches() {
  ULONG switches = 0;
  for (PEPROCESS process : Processes()) {
    for (PETHREAD thread : Threads(process)) switches += static_cast<ke::Thread*>(thread)->host.context_switches;
  }
  return switches;
}

void AddPerformance(Answer* answer) {
  SYSTEM_PERFORMANCE_INFORMATION performance{};
  for (const ke::Processor& processor : ke::Ki().processors) performance.IdleProcessTime.QuadPart += processor.idle_time;
  performance.AvailablePages = Truncated(mm::AvailablePages());
  performance.CommittedPages = Truncated(mm::CommittedPages());
  performance.CommitLimit = Truncated(mm::CommitLimit());
  performance.PeakCommitment = Truncated(mm::PeakCommittedPages());
  performance.PagedPoolPages = performance.ResidentPagedPoolPage = Truncated(ex::PoolPages(true));
  performance.NonPagedPoolPages = Truncated(ex::PoolPages(false));
  performance.AvailablePagedPoolPages = Truncated((ex::PoolLimit(true) >> PAGE_SHIFT) - ex::PoolPages(true));
  for (const ex::TagStatistics& tag : ex::PoolStatistics()) {
    (tag.paged ? performance.PagedPoolAllocs : performance.NonPagedPoolAllocs) += Truncated(tag.allocations);
    (tag.paged ? performance.PagedPoolFrees : performance.NonPagedPoolFrees) += Truncated(tag.frees);
  }
  performance.ResidentAvailablePages = static_cast<LONGLONG>(mm::AvailablePages());
  performance.ContextSwitches = ContextSwitches();
  answer->Add(performance);
}

void AddPoolTags(Answer* answer) {
  std::map<ULONG, SYSTEM_POOLTAG> tags;
  for (const ex::TagStatistics& statistics : ex::PoolStatistics()) {
    SYSTEM_POOLTAG& tag = tags[statistics.tag];
    tag.Tag = statistics.tag;
    (statistics.paged ? tag.PagedAllocs : tag.NonPagedAllocs) += Truncated(statistics.allocations);
    (statistics.paged ? tag.PagedFrees : tag.NonPagedFrees) += Truncated(statistics.frees);
    (statistics.paged ? tag.PagedUsed : tag.NonPagedUsed) += statistics.bytes;
  }
  answer->Add(ULONG64{tags.size()});
  for (const auto& [name, tag] : tags) answer->Add(tag);
}

void AddBigPool(Answer* answer) {
  const SIZE_T count_at = answer->Add(ULONG64{0});
  ULONG count = 0;
  ex::ForEachAllocation([&](const ex::Allocation& block) {
    if (block.size < PAGE_SIZE) return;
    answer->Add(SYSTEM_BIGPOOL_ENTRY{block.address | (block.pool == ex::Pool::Paged ? 0u : 1u), block.size, block.tag});
    ++count;
  });
  *answer->At<ULONG>(count_at) = count;
}

void AddInterrupts(Answer* answer) {
  for (ULONG i = 0; i < ke::ProcessorCount(); ++i) answer->Add(SYSTEM_INTERRUPT_INFORMATION{0, 0, 0, kTimeIncrement, 0, 0});
}

/// Those of the drivers; both kinds of lists begin alike.
void AddLookasideLists(Answer* answer) {
  for (const ex::Leftover& leftover : ex::Leftovers()) {
    if (std::string_view(leftover.kind) != "lookaside list") continue;
    const auto& list = *reinterpret_cast<const GENERAL_LOOKASIDE_POOL*>(leftover.address);
    answer->Add(SYSTEM_LOOKASIDE_INFORMATION{list.Depth, list.MaximumDepth, list.TotalAllocates, list.AllocateMisses, list.TotalFrees,
                                             list.FreeMisses, static_cast<ULONG>(list.Type), list.Tag, list.Size});
  }
}

/// Each processor is a core of its own; all are one package and one node.
void AddLogicalProcessors(Answer* answer) {
  constexpr ULONG kCore = 0, kNode = 1, kPackage = 3;
  const ULONG count = ke::ProcessorCount();
  const ULONG_PTR all = ~ULONG_PTR{0} >> (64 - count);
  for (ULONG i = 0; i < count; ++i) answer->Add(SYSTEM_LOGICAL_PROCESSOR_INFORMATION{ULONG_PTR{1} << i, kCore, {}});
  answer->Add(SYSTEM_LOGICAL_PROCESSOR_INFORMATION{all, kNode, {}});
  answer->Add(SYSTEM_LOGICAL_PROCESSOR_INFORMATION{all, kPackage, {}});
}

void AddContextSwitches(Answer* answer) {
  SYSTEM_CONTEXT_SWITCH_INFORMATION switches{};
  switches.ContextSwitches = ContextSwitches();
  answer->Add(switches);
}

/// There is one page file: what may be promised beyond physical memory. Nothing is ever written to it.
void AddPageFile(Answer* answer) {
  constexpr std::u16string_view kName = u"\\??\\C:\\pagefile.sys";
  SYSTEM_PAGEFILE_INFORMATION file{};
  file.TotalSize = Truncated(mm::CommitLimit() - mm::PhysicalPages());
  const SIZE_T at = answer->Add(file);
  const SIZE_T text = answer->AddBytes(kName.data(), (kName.size() + 1) * sizeof(WCHAR));
  constexpr auto kBytes = static_cast<USHORT>(kName.size() * sizeof(WCHAR));
  answer->At<SYSTEM_PAGEFILE_INFORMATION>(at)->PageFileName = {kBytes, kBytes + sizeof(WCHAR), static_cast<PWSTR>(answer->Address(text))};
}

/// All processors are of one node.
void AddNode(Answer* answer, bool memory) {
  SYSTEM_NUMA_INFORMATION node{};
  if (memory) {
    node.AvailableMemory[0] = mm::AvailablePages() << PAGE_SHIFT;
  } else {
    node.Processors[0].Mask = (KAFFINITY{1} << ke::ProcessorCount()) - 1;
  }
  answer->AddBytes(&node, memory ? offsetof(SYSTEM_NUMA_INFORMATION, Processors) + sizeof node.AvailableMemory : sizeof node);
}

void AddBootEnvironment(Answer* answer) {
  constexpr ULONG kUefi = 2;
  answer->Add(SYSTEM_BOOT_ENVIRONMENT_INFORMATION{{0x52, 0x69, 0x6e, 0x67, 0x6c, 0x65, 0x74}, kUefi, 0});
}

void AddCodeIntegrity(Answer* answer) {
  constexpr ULONG kEnabled = 1, kTestSigning = 2, kDebugMode = 0x80;
  const ke::BootOptions& boot = ke::BootedWith();
  const ULONG options = kEnabled | (boot.test_signing ? kTestSigning : 0) | (boot.debugger ? kDebugMode : 0);
  answer->Add(SYSTEM_CODEINTEGRITY_INFORMATION{sizeof(SYSTEM_CODEINTEGRITY_INFORMATION), options});
}

}  // namespace

bool DescribeMachine(ULONG information_class, Answer* answer) {
  switch (information_class) {
    case SystemPerformanceInformation:
      return AddPerformance(answer), true;
    case kSystemDeviceInformation:
      return answer->Add(SYSTEM_DEVICE_INFORMATION{1, 0, 0, 0, 0, 0}), true;
    case kSystemFlagsInformation:
      return answer->Add(ULONG{0}), true;
    case kSystemPagefileInformation:
      return AddPageFile(answer), true;
    case kSystemFileCacheInformation:
    case kSystemFileCacheInformationEx:
      return answer->Add(SYSTEM_FILECACHE_INFORMATION{}), true;
    case kSystemVerifierInformation:  // of verified drivers, and none is
      return true;
    case kSystemNumaProcessorMap:
    case kSystemNumaAvailableMemory:
      return AddNode(answer, information_class == kSystemNumaAvailableMemory), true;
    case kSystemPoolTagInformation:
      return AddPoolTags(answer), true;
    case kSystemInterruptInformation:
      return AddInterrupts(answer), true;
    case kSystemTimeAdjustmentInformation:
      return answer->Add(SYSTEM_QUERY_TIME_ADJUST_INFORMATION{kTimeIncrement, kTimeIncrement, TRUE}), true;
    case kSystemExceptionInformation:
      return answer->Add(SYSTEM_EXCEPTION_INFORMATION{}), true;
    case kSystemKernelDebuggerInformation:
      return answer->Add(SYSTEM_KERNEL_DEBUGGER_INFORMATION{ke::IsDebuggerEnabled(), TRUE}), true;
    case kSystemKernelDebuggerInformationEx:
      return answer->Add(SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX{ke::BootedWith().debugger, ke::IsDebuggerEnabled(), FALSE}), true;
    case kSystemContextSwitchInformation:
      return AddContextSwitches(answer), true;
    case kSystemRegistryQuotaInformation:
      return answer->Add(SYSTEM_REGISTRY_QUOTA_INFORMATION{~0u, 0, ex::PoolLimit(true)}), true;
    case kSystemLookasideInformation:
      return AddLookasideLists(answer), true;
    case kSystemRangeStartInformation:
      return answer->Add(ULONG_PTR{mm::kSystemStart}), true;
    case kSystemBigPoolInformation:
      return AddBigPool(answer), true;
    case kSystemLogicalProcessorInformation:
      return AddLogicalProcessors(answer), true;
    case kSystemBootEnvironmentInformation:
      return AddBootEnvironment(answer), true;
    case kSystemCodeIntegrityInformation:
      return AddCodeIntegrity(answer), true;
    case kSystemSecureBootInformation:
      return answer->Add(SYSTEM_SECUREBOOT_INFORMATION{FALSE, FALSE}), true;
    default:
      return false;
  }
}

}  // namespace nt::ps
