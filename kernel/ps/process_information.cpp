// What is told about a process, and what of it can be changed: NtQueryInformationProcess, NtSetInformationProcess.
#include <cstddef>

#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/mm/image_information.h"
#include "kernel/ps/caller.h"
#include "kernel/ps/image_path.h"
#include "kernel/ps/priority.h"
#include "kernel/ps/system_information.h"
#include "kernel/ps/system_processes.h"
#include "nt/mm.h"
#include "nt/pe.h"
#include "nt/process_information.h"

extern "C" {
BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState);
VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState);
}

using namespace nt::ps;
namespace ex = nt::ex;
namespace ke = nt::ke;
namespace mm = nt::mm;
namespace ob = nt::ob;

namespace {

constexpr ULONG kDebugPrivilege = 20, kIncreaseBasePriority = 14;

bool Holds(ULONG privilege) { return SeSinglePrivilegeCheck({privilege, 0}, ke::PreviousMode()) != 0; }

/// Reads the memory of the process itself, which need not be the current one.
NTSTATUS ReadOf(Process* process, void* to, const void* from, SIZE_T size) {
  KAPC_STATE attached;
  KeStackAttachProcess(&process->Pcb, &attached);
  const NTSTATUS status = mm::CopyFromUser(to, from, size);
  KeUnstackDetachProcess(&attached);
  return status;
}

/// A counted string with its text right behind it.
NTSTATUS AddText(Answer* answer, std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  const std::u16string terminated(text);
  const SIZE_T at = answer->Add(UNICODE_STRING{});
  const SIZE_T place = answer->AddBytes(terminated.c_str(), bytes + sizeof(WCHAR));
  *answer->At<UNICODE_STRING>(at) = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), static_cast<PWSTR>(answer->Address(place))};
  return STATUS_SUCCESS;
}

template <class T>
NTSTATUS Add(Answer* answer, const T& value) {
  return answer->Add(value), STATUS_SUCCESS;
}

PROCESS_BASIC_INFORMATION BasicOf(Process* process) {
  return {process->ExitStatus,
          process->Peb,
          process->Pcb.Affinity,
          process->host.base_priority,
          reinterpret_cast<ULONG_PTR>(process->UniqueProcessId),
          reinterpret_cast<ULONG_PTR>(process->InheritedFromUniqueProcessId)};
}

/// The longer form begins with its own size, which the caller has set.
NTSTATUS CollectBasic(Process* process, Answer* answer, PVOID question, ULONG length) {
  if (length == sizeof(PROCESS_BASIC_INFORMATION)) return Add(answer, BasicOf(process));
  constexpr ULONG kProtected = 1, kDeleting = 4, kCrossSession = 8;
  PROCESS_EXTENDED_BASIC_INFORMATION extended{};
  const NTSTATUS status = LoadBytes(&extended.Size, question, sizeof extended.Size);
  if (!NT_SUCCESS(status)) return status;
  if (extended.Size < sizeof extended) return STATUS_INVALID_PARAMETER;
  extended.Size = sizeof extended;
  extended.BasicInfo = BasicOf(process);
  if ((process->Protection & 7) != 0) extended.Flags |= kProtected;
  if (process->host.exiting) extended.Flags |= kDeleting;
  if (process->host.cross_session) extended.Flags |= kCrossSession;
  return Add(answer, extended);
}

NTSTATUS CollectQuota(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const auto limit = [](bool paged) { return ex::PoolQuotaLimit(paged); };
  return Add(
      answer,
      QUOTA_LIMITS{
          limit(true), limit(false), process->host.working_set_minimum, process->host.working_set_maximum, ~SIZE_T{0}, {.QuadPart = -1}});
}

NTSTATUS CollectMemory(Process* process, Answer* answer, PVOID /*question*/, ULONG length) {
  VM_COUNTERS_EX counters{};
  const mm::AddressSpace* const space = process->host.space;
  const SIZE_T committed = space != nullptr ? space->committed() : 0;
  process->host.peak_committed = std::max(process->host.peak_committed, committed);
  const SIZE_T peak = process->host.peak_committed;
  const ex::PoolQuotaUse paged = ex::PoolQuotaOf(process, true), non_paged = ex::PoolQuotaOf(process, false);
  counters.PeakVirtualSize = counters.PeakWorkingSetSize = counters.PeakPagefileUsage = peak;
  counters.VirtualSize = counters.WorkingSetSize = counters.PagefileUsage = counters.PrivateUsage = committed;
  counters.QuotaPagedPoolUsage = paged.bytes;
  counters.QuotaPeakPagedPoolUsage = paged.peak;
  counters.QuotaNonPagedPoolUsage = non_paged.bytes;
  counters.QuotaPeakNonPagedPoolUsage = non_paged.peak;
  answer->AddBytes(&counters, length);
  return STATUS_SUCCESS;
}

NTSTATUS CollectTimes(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const ProcessorTimes times = TimesOf(process);
  return Add(answer, KERNEL_USER_TIMES{process->CreateTime, process->ExitTime, {.QuadPart = times.kernel}, {.QuadPart = times.user}});
}

NTSTATUS CollectHandleCount(Process* process, Answer* answer, PVOID /*question*/, ULONG length) {
  const ULONG counts[] = {static_cast<ULONG>(ob::HandleCount(process)), static_cast<ULONG>(ob::HandleCountPeak(process))};
  answer->AddBytes(counts, length);
  return STATUS_SUCCESS;
}

/// Nobody guesses it under real time; under virtual time the seed decides.
ULONG NewCookie(const Process* process) {
  ULONGLONG bits = static_cast<ULONGLONG>(ke::SystemTime()) ^ ke::Ki().seed << 32 ^ reinterpret_cast<ULONG_PTR>(process->UniqueProcessId);
  bits *= 0x9E3779B97F4A7C15;
  return static_cast<ULONG>(bits >> 32) | 1;
}

/// A number that every process has of its own and only it may know, to hide pointers with.
NTSTATUS CollectCookie(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  if (process != ke::CurrentProcess()) return STATUS_INVALID_PARAMETER;
  if (process->host.cookie == 0) process->host.cookie = NewCookie(process);
  return Add(answer, process->host.cookie);
}

NTSTATUS CollectImage(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const auto base = reinterpret_cast<ULONG_PTR>(process->SectionBaseAddress);
  if (base == 0) return STATUS_INVALID_PARAMETER;
  IMAGE_DOS_HEADER dos{};
  IMAGE_NT_HEADERS64 headers{};
  NTSTATUS status = ReadOf(process, &dos, process->SectionBaseAddress, sizeof dos);
  if (NT_SUCCESS(status))
    status = ReadOf(process, &headers, reinterpret_cast<const void*>(base + static_cast<ULONG>(dos.e_lfanew)), sizeof headers);
  if (!NT_SUCCESS(status)) return status;
  return Add(answer, mm::DescribeImage(headers.FileHeader, headers.OptionalHeader, base, process->host.image_file_size));
}

/// As it stands in the process's own parameters now, which it may have changed.
NTSTATUS CollectCommandLine(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  if (process->Peb == nullptr) return STATUS_NOT_FOUND;
  RTL_USER_PROCESS_PARAMETERS* parameters = nullptr;
  UNICODE_STRING line{};
  NTSTATUS status = ReadOf(process, &parameters, &process->Peb->ProcessParameters, sizeof parameters);
  if (NT_SUCCESS(status)) status = ReadOf(process, &line, &parameters->CommandLine, sizeof line);
  if (!NT_SUCCESS(status)) return status;
  std::u16string text(line.Length / sizeof(WCHAR), u'\0');
  status = ReadOf(process, text.data(), line.Buffer, text.size() * sizeof(WCHAR));
  return NT_SUCCESS(status) ? AddText(answer, text) : status;
}

struct HandleEntry {
  HANDLE HandleValue;
  ULONG_PTR HandleCount;
  ULONG_PTR PointerCount;
  ULONG GrantedAccess;
  ULONG ObjectTypeIndex;
  ULONG HandleAttributes;
  ULONG Reserved;
};
NT_SIZE(HandleEntry, 0x28);

NTSTATUS CollectHandles(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const SIZE_T count_at = answer->Add(ULONG_PTR{0});
  answer->Add(ULONG_PTR{0});
  ob::ForEachHandle(process, [&](const ob::HandleReport& handle) {
    const OBJECT_HEADER& header = *ob::HeaderOf(handle.object);
    answer->Add(HandleEntry{handle.handle, static_cast<ULONG_PTR>(header.HandleCount), static_cast<ULONG_PTR>(header.PointerCount),
                            handle.access, header.TypeIndex, handle.attributes, 0});
    ++*answer->At<ULONG_PTR>(count_at);
  });
  return STATUS_SUCCESS;
}

NTSTATUS CollectAffinity(Process* process, Answer* answer, PVOID /*question*/, ULONG length) {
  const GROUP_AFFINITY affinity{process->Pcb.Affinity, 0, {}};
  answer->AddBytes(&affinity, length);
  return STATUS_SUCCESS;
}

/// The letters of the drives that the process can name, and of what kind they are.
NTSTATUS CollectDrives(Process* /*process*/, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  constexpr UCHAR kFixed = 3;
  PROCESS_DEVICEMAP_INFORMATION map{};
  for (ULONG letter = 0; letter < 26; ++letter) {
    const char16_t path[] = {u'\\', u'G', u'L', u'O', u'B', u'A', u'L', u'?', u'?', u'\\', static_cast<char16_t>(u'A' + letter), u':'};
    if (!ob::NameExists({path, std::size(path)})) continue;
    map.DriveMap |= 1u << letter;
    map.DriveType[letter] = kFixed;
  }
  return Add(answer, map);
}

/// PROCESS_CYCLE_TIME_INFORMATION: what is charged, and what there is in all. The machine's processors count a cycle a nanosecond.
struct CycleTime {
  ULONGLONG accumulated, current;
};

NTSTATUS CollectCycles(Process* process, Answer* answer, PVOID /*question*/, ULONG /*length*/) {
  const ProcessorTimes times = TimesOf(process);
  const auto cycles = static_cast<ULONGLONG>(times.kernel + times.user) * 100;
  return Add(answer, CycleTime{cycles, cycles});
}

/// PROCESS_MITIGATION_POLICY_INFORMATION: which policy is asked about, and its flags. None is in force.
struct MitigationPolicy {
  ULONG policy, flags;
};

NTSTATUS CollectMitigation(Process* /*process*/, Answer* answer, PVOID question, ULONG /*length*/) {
  constexpr ULONG kPolicies = 18;
  MitigationPolicy asked{};
  const NTSTATUS status = Load(static_cast<const MitigationPolicy*>(question), &asked);
  if (!NT_SUCCESS(status)) return status;
  return asked.policy < kPolicies ? Add(answer, MitigationPolicy{asked.policy, 0}) : STATUS_INVALID_PARAMETER;
}

constexpr ACCESS_MASK kLimited = kProcessQueryLimited, kFull = kProcessQueryInformation;

#define ANSWER(value) \
  [](Process* process, Answer* answer, PVOID, ULONG) -> NTSTATUS { return static_cast<void>(process), Add(answer, value); }

constexpr QueryClass<Process> kQueries[] = {
    {ProcessBasicInformation, sizeof(PROCESS_BASIC_INFORMATION), sizeof(PROCESS_EXTENDED_BASIC_INFORMATION), kLimited, &CollectBasic},
    {ProcessQuotaLimits, sizeof(QUOTA_LIMITS), 0, kLimited, &CollectQuota},
    {ProcessIoCounters, sizeof(IO_COUNTERS), 0, kLimited, ANSWER(process->host.io)},
    {ProcessVmCounters, sizeof(VM_COUNTERS), sizeof(VM_COUNTERS_EX), kLimited, &CollectMemory},
    {ProcessTimes, sizeof(KERNEL_USER_TIMES), 0, kLimited, &CollectTimes},
    {ProcessDebugPort, 8, 0, kFull, ANSWER(ULONG_PTR{0})},
    {ProcessDefaultHardErrorMode, 4, 0, kFull, ANSWER(process->host.hard_error_mode)},
    {ProcessPriorityClass, 2, 0, kLimited, ANSWER((PROCESS_PRIORITY_CLASS{process->host.foreground, process->PriorityClass}))},
    {ProcessHandleCount, 4, 8, kLimited, &CollectHandleCount},
    {ProcessAffinityMask, 8, sizeof(GROUP_AFFINITY), kLimited, &CollectAffinity},
    {ProcessPriorityBoost, 4, 0, kLimited, ANSWER(ULONG{process->host.boost_disabled})},
    {ProcessDeviceMap, sizeof(PROCESS_DEVICEMAP_INFORMATION), 0, kFull, &CollectDrives},
    {ProcessSessionInformation, 4, 0, kLimited, ANSWER(process->host.session)},
    {ProcessWow64Information, 8, 0, kLimited, ANSWER(ULONG_PTR{0})},
    {ProcessImageFileName, 0, 0, kLimited,
     [](Process* process, Answer* answer, PVOID, ULONG) { return AddText(answer, DevicePath(ImagePathOf(process))); }},
    {ProcessLUIDDeviceMapsEnabled, 4, 0, kLimited, ANSWER(ULONG{1})},
    {ProcessBreakOnTermination, 4, 0, kLimited, ANSWER(ULONG{(process->Flags & kBreakOnTermination) != 0})},
    {ProcessDebugObjectHandle, 8, 0, kFull, [](Process*, Answer*, PVOID, ULONG) -> NTSTATUS { return STATUS_PORT_NOT_SET; }},
    {ProcessCycleTime, sizeof(CycleTime), 0, kLimited, &CollectCycles},
    {ProcessMitigationPolicy, sizeof(MitigationPolicy), 0, kLimited, &CollectMitigation},
    {ProcessDebugFlags, 4, 0, kFull, ANSWER(ULONG{!process->host.no_debug_inherit})},
    {ProcessIoPriority, 4, 0, kLimited, ANSWER(process->host.io_priority)},
    {ProcessCookie, 4, 0, kLimited, &CollectCookie},
    {ProcessImageInformation, sizeof(SECTION_IMAGE_INFORMATION), 0, kLimited, &CollectImage},
    {ProcessPagePriority, 4, 0, kLimited, ANSWER(process->host.page_priority)},
    {ProcessImageFileNameWin32, 0, 0, kLimited,
     [](Process* process, Answer* answer, PVOID, ULONG) { return AddText(answer, DosPath(ImagePathOf(process))); }},
    {ProcessGroupInformation, 0, 0, kLimited, ANSWER(USHORT{0})},
    {ProcessHandleInformation, 0, 0, kFull, &CollectHandles},
    {ProcessCommandLineInformation, 0, 0, kLimited, &CollectCommandLine},
    {ProcessProtectionInformation, 1, 0, kLimited, ANSWER(process->Protection)},
    {ProcessSubsystemInformation, 4, 0, kLimited, ANSWER(ULONG{0})},
};
#undef ANSWER

bool ValidAffinity(KAFFINITY affinity) {
  const KAFFINITY all = (KAFFINITY{1} << ke::ProcessorCount()) - 1;
  return affinity != 0 && (affinity & ~all) == 0;
}

NTSTATUS SetAffinityMask(Process* process, const void* value) {
  const auto affinity = ValueOf<KAFFINITY>(value);
  if (!ValidAffinity(affinity)) return STATUS_INVALID_PARAMETER;
  process->Pcb.Affinity = affinity;
  for (PETHREAD thread : Threads(process)) ke::SetAffinity(static_cast<ke::Thread*>(thread), affinity);
  ke::ExitDispatcher();
  return STATUS_SUCCESS;
}

NTSTATUS SetPriorityClass(Process* process, const void* value) {
  const auto wanted = ValueOf<PROCESS_PRIORITY_CLASS>(value);
  if (!IsPriorityClass(wanted.PriorityClass)) return STATUS_INVALID_PARAMETER;
  if (wanted.PriorityClass == kRealTimeClass && process->PriorityClass != kRealTimeClass && !Holds(kIncreaseBasePriority))
    return STATUS_PRIVILEGE_NOT_HELD;
  process->host.foreground = wanted.Foreground;
  ChangePriorityClass(process, wanted.PriorityClass);
  return STATUS_SUCCESS;
}

NTSTATUS SetBasePriority(Process* process, const void* value) {
  constexpr KPRIORITY kForeground = static_cast<KPRIORITY>(0x80000000);
  const KPRIORITY priority = ValueOf<KPRIORITY>(value) & ~kForeground;
  if (priority <= 0 || priority >= MAXIMUM_PRIORITY) return STATUS_INVALID_PARAMETER;
  if (priority > process->host.base_priority && !Holds(kIncreaseBasePriority)) return STATUS_PRIVILEGE_NOT_HELD;
  ChangeBasePriority(process, priority);
  return STATUS_SUCCESS;
}

/// Marks a process as one that the machine cannot do without, or no longer.
NTSTATUS SetCritical(Process* process, const void* value) {
  if (!Holds(kDebugPrivilege)) return STATUS_PRIVILEGE_NOT_HELD;
  const bool critical = ValueOf<ULONG>(value) != 0;
  process->Flags = critical ? process->Flags | kBreakOnTermination : process->Flags & ~kBreakOnTermination;
  return STATUS_SUCCESS;
}

NTSTATUS SetWorkingSet(Process* process, const void* value) {
  constexpr SIZE_T kEmpty = ~SIZE_T{0};  // both: give all pages away now; the bounds stay
  const auto limits = ValueOf<QUOTA_LIMITS>(value);
  if (limits.MinimumWorkingSetSize == kEmpty && limits.MaximumWorkingSetSize == kEmpty) return STATUS_SUCCESS;
  if (limits.MinimumWorkingSetSize == 0 || limits.MinimumWorkingSetSize >= limits.MaximumWorkingSetSize)
    return STATUS_BAD_WORKING_SET_LIMIT;
  process->host.working_set_minimum = limits.MinimumWorkingSetSize;
  process->host.working_set_maximum = limits.MaximumWorkingSetSize;
  return STATUS_SUCCESS;
}

NTSTATUS SetDebugFlags(Process* process, const void* value) {
  const auto flags = ValueOf<ULONG>(value);
  if ((flags & ~1u) != 0) return STATUS_INVALID_PARAMETER;
  process->host.no_debug_inherit = flags == 0;
  return STATUS_SUCCESS;
}

NTSTATUS SetIoPriority(Process* process, const void* value) {
  constexpr ULONG kHigh = 3, kCritical = 4;
  const auto priority = ValueOf<ULONG>(value);
  if (priority > kCritical) return STATUS_INVALID_PARAMETER;
  if (priority >= kHigh && !Holds(kIncreaseBasePriority)) return STATUS_PRIVILEGE_NOT_HELD;
  process->host.io_priority = priority;
  return STATUS_SUCCESS;
}

NTSTATUS SetPagePriority(Process* process, const void* value) {
  constexpr ULONG kMost = 5;
  const auto priority = ValueOf<ULONG>(value);
  if (priority == 0 || priority > kMost) return STATUS_INVALID_PARAMETER;
  process->host.page_priority = priority;
  return STATUS_SUCCESS;
}

NTSTATUS SetBoost(Process* process, const void* value) {
  process->host.boost_disabled = ValueOf<ULONG>(value) != 0;
  for (PETHREAD thread : Threads(process)) static_cast<ke::Thread*>(thread)->host.boost_disabled = process->host.boost_disabled;
  return STATUS_SUCCESS;
}

NTSTATUS SetErrorMode(Process* process, const void* value) {
  process->host.hard_error_mode = ValueOf<ULONG>(value);
  return STATUS_SUCCESS;
}

constexpr SetClass<Process> kSets[] = {
    {ProcessQuotaLimits, sizeof(QUOTA_LIMITS), kProcessSetQuota, &SetWorkingSet},
    {ProcessBasePriority, 4, kProcessSetInformation, &SetBasePriority},
    {ProcessDefaultHardErrorMode, 4, kProcessSetInformation, &SetErrorMode},
    {ProcessPriorityClass, 2, kProcessSetInformation, &SetPriorityClass},
    {ProcessAffinityMask, 8, kProcessSetInformation, &SetAffinityMask},
    {ProcessPriorityBoost, 4, kProcessSetInformation, &SetBoost},
    {ProcessBreakOnTermination, 4, kProcessSetInformation, &SetCritical},
    {ProcessDebugFlags, 4, kProcessSetInformation, &SetDebugFlags},
    {ProcessIoPriority, 4, kProcessSetInformation, &SetIoPriority},
    {ProcessPagePriority, 4, kProcessSetInformation, &SetPagePriority},
};

}  // namespace

extern "C" {

NTSTATUS NtQueryInformationProcess(HANDLE ProcessHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
  return Query(kQueries, Ps().process_type, ProcessHandle, Class, Information, Length, ReturnLength);
}

NTSTATUS NtSetInformationProcess(HANDLE ProcessHandle, ULONG Class, PVOID Information, ULONG Length) {
  return Set(kSets, Ps().process_type, ProcessHandle, Class, Information, Length);
}

}  // extern "C"
