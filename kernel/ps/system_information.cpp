// NtQuerySystemInformation: the machine, its processes, modules and handles.
#include "kernel/ps/system_information.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernel/ke/scheduler.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/rtl.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/mm.h"
#include "kernel/ps/answer.h"
#include "kernel/ps/state.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;
namespace ob = nt::ob;
namespace ldr = nt::ldr;

namespace {

constexpr ULONG kTimeIncrement = 156'250;  // as KeQueryTimeIncrement has it

void AddBasic(Answer* answer) {
  constexpr ULONG kGranularity = 0x10000;
  const ULONG count = ke::ProcessorCount();
  SYSTEM_BASIC_INFORMATION basic{};
  basic.TimerResolution = kTimeIncrement;
  basic.PageSize = PAGE_SIZE;
  basic.NumberOfPhysicalPages = static_cast<ULONG>(mm::PhysicalPages());
  basic.LowestPhysicalPageNumber = 1;
  basic.HighestPhysicalPageNumber = basic.NumberOfPhysicalPages;
  basic.AllocationGranularity = kGranularity;
  basic.MinimumUserModeAddress = mm::kUserLow;
  basic.MaximumUserModeAddress = mm::kUserHigh;
  basic.ActiveProcessorsAffinityMask = (ULONG_PTR{1} << count) - 1;
  basic.NumberOfProcessors = static_cast<CCHAR>(count);
  answer->Add(basic);
}

void AddProcessor(Answer* answer) {
  constexpr USHORT kAmd64 = 9, kLevel = 6;
  answer->Add(SYSTEM_PROCESSOR_INFORMATION{kAmd64, kLevel, 0, static_cast<USHORT>(ke::ProcessorCount()), 0});
}

void AddTimeOfDay(Answer* answer) {
  SYSTEM_TIMEOFDAY_INFORMATION time{};
  time.BootTime.QuadPart = ke::Ki().boot_system_time;
  time.CurrentTime.QuadPart = ke::SystemTime();
  time.TimeZoneBias.QuadPart = nt::rtl::TimeZoneBias();
  answer->Add(time);
}

void AddProcessorPerformance(Answer* answer) {
  for (const ke::Processor& processor : ke::Ki().processors) {
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION performance{};
    performance.IdleTime.QuadPart = processor.idle_time;
    performance.KernelTime.QuadPart = ke::InterruptTime();
    performance.KernelTime.QuadPart -= processor.user_time;
    performance.UserTime.QuadPart = processor.user_time;
    performance.DpcTime.QuadPart = processor.dpc_time;
    performance.InterruptTime.QuadPart = processor.interrupt_time;
    performance.InterruptCount = processor.interrupts;
    answer->Add(performance);
  }
}

SYSTEM_THREAD_INFORMATION Describe(ke::Thread* thread) {
  SYSTEM_THREAD_INFORMATION information{};
  information.KernelTime.QuadPart = thread->host.kernel_time;
  information.UserTime.QuadPart = thread->host.user_time;
  information.CreateTime = thread->CreateTime;
  information.StartAddress = thread->Win32StartAddress;
  information.ClientId = thread->Cid;
  information.Priority = KthreadPriority(&thread->Tcb);
  information.BasePriority = thread->Tcb.BasePriority;
  information.ContextSwitches = thread->host.context_switches;
  information.ThreadState = KthreadState(&thread->Tcb);
  information.WaitReason = static_cast<ULONG>(thread->host.wait_reason);
  return information;
}

/// The last part of the image's path; for the system process, which has none, its name.
std::u16string ImageNameOf(const Process* process) {
  const std::u16string_view path(process->host.image_path, process->host.image_path_length / sizeof(WCHAR));
  if (!path.empty()) return std::u16string(path.substr(path.rfind(u'\\') + 1));
  std::u16string name;
  for (const CHAR c : process->ImageFileName) {
    if (c == 0) break;
    name += static_cast<char16_t>(c);
  }
  return name;
}

SIZE_T AddProcess(Answer* answer, Process* process) {
  const std::vector<PETHREAD> threads = Threads(process);
  SYSTEM_PROCESS_INFORMATION information{};
  information.NumberOfThreads = static_cast<ULONG>(threads.size());
  information.CreateTime = process->CreateTime;
  information.BasePriority = process->host.base_priority;
  information.UniqueProcessId = process->UniqueProcessId;
  information.InheritedFromUniqueProcessId = process->InheritedFromUniqueProcessId;
  information.HandleCount = static_cast<ULONG>(ob::HandleCount(process));
  information.SessionId = process->host.session;
  if (process->host.space != nullptr) information.VirtualSize = process->host.space->committed();
  const SIZE_T start = answer->Add(information);
  for (PETHREAD thread : threads) {
    const SYSTEM_THREAD_INFORMATION described = Describe(static_cast<ke::Thread*>(thread));
    answer->At<SYSTEM_PROCESS_INFORMATION>(start)->KernelTime.QuadPart += described.KernelTime.QuadPart;
    answer->At<SYSTEM_PROCESS_INFORMATION>(start)->UserTime.QuadPart += described.UserTime.QuadPart;
    answer->Add(described);
  }
  const std::u16string name = ImageNameOf(process);
  const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  const SIZE_T text = answer->AddBytes(name.c_str(), bytes + sizeof(WCHAR));
  answer->At<SYSTEM_PROCESS_INFORMATION>(start)->ImageName = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)),
                                                              static_cast<PWSTR>(answer->Address(text))};
  answer->Align(alignof(SYSTEM_PROCESS_INFORMATION));
  return start;
}

/// The process of id 0, which is no object: a thread of each processor that runs when no other does.
void AddIdle(Answer* answer) {
  SYSTEM_PROCESS_INFORMATION information{};
  information.NumberOfThreads = ke::ProcessorCount();
  for (const ke::Processor& processor : ke::Ki().processors) information.KernelTime.QuadPart += processor.idle_time;
  answer->Add(information);
  for (const ke::Processor& processor : ke::Ki().processors) {
    SYSTEM_THREAD_INFORMATION thread{};
    thread.KernelTime.QuadPart = processor.idle_time;
    thread.ThreadState = Running;
    answer->Add(thread);
  }
}

void AddProcesses(Answer* answer) {
  SIZE_T last = 0;
  AddIdle(answer);
  for (PEPROCESS process : Processes()) {
    const SIZE_T start = AddProcess(answer, ProcessOf(process));
    answer->At<SYSTEM_PROCESS_INFORMATION>(last)->NextEntryOffset = static_cast<ULONG>(start - last);
    last = start;
  }
}

RTL_PROCESS_MODULE_INFORMATION DescribeModule(const KLDR_DATA_TABLE_ENTRY& entry, USHORT index) {
  RTL_PROCESS_MODULE_INFORMATION module{};
  module.ImageBase = entry.DllBase;
  module.ImageSize = entry.SizeOfImage;
  module.Flags = entry.Flags;
  module.LoadOrderIndex = index;
  module.LoadCount = entry.LoadCount;
  const std::u16string_view path(entry.FullDllName.Buffer, entry.FullDllName.Length / sizeof(WCHAR));
  const SIZE_T length = std::min(path.size(), sizeof module.FullPathName - 1);
  for (SIZE_T i = 0; i < length; ++i) {
    module.FullPathName[i] = path[i] < 0x80 ? static_cast<CHAR>(path[i]) : '?';
    if (path[i] == u'\\') module.OffsetToFileName = static_cast<USHORT>(i + 1);
  }
  return module;
}

/// Calls `visit` with each loaded kernel image and its place in the order of loading.
template <class Visit>
void ForEachModule(Visit visit) {
  USHORT index = 0;
  PLIST_ENTRY const head = ldr::LoadedModuleList();
  for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink) {
    visit(*CONTAINING_RECORD(link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks), index++);
  }
}

void AddModules(Answer* answer) {
  const SIZE_T count_at = answer->Add(ULONG64{0});
  ForEachModule([&](const KLDR_DATA_TABLE_ENTRY& entry, USHORT index) {
    answer->Add(DescribeModule(entry, index));
    *answer->At<ULONG>(count_at) = index + 1u;
  });
}

void AddExtendedModules(Answer* answer) {
  ForEachModule([&](const KLDR_DATA_TABLE_ENTRY& entry, USHORT index) {
    RTL_PROCESS_MODULE_INFORMATION_EX module{};
    module.NextOffset = sizeof module;
    module.BaseInfo = DescribeModule(entry, index);
    module.DefaultBase = entry.DllBase;
    if (const IMAGE_NT_HEADERS64* const header = RtlImageNtHeader(entry.DllBase); header != nullptr) {
      module.ImageChecksum = header->OptionalHeader.CheckSum;
      module.TimeDateStamp = header->FileHeader.TimeDateStamp;
    }
    answer->Add(module);
  });
  // A last entry that is only its offset, zero, ends the list.
  answer->Add(ULONG64{0});
}

/// Calls `visit` for each handle of each process.
template <class Visit>
void ForEachHandle(Visit visit) {
  for (PEPROCESS process : Processes()) {
    ob::ForEachHandle(process, [&](const ob::HandleReport& handle) { visit(process, handle); });
  }
}

void AddHandles(Answer* answer) {
  const SIZE_T count_at = answer->Add(ULONG64{0});
  ULONG count = 0;
  ForEachHandle([&](PEPROCESS process, const ob::HandleReport& handle) {
    SYSTEM_HANDLE_TABLE_ENTRY_INFO entry{};
    entry.UniqueProcessId = static_cast<USHORT>(reinterpret_cast<ULONG_PTR>(process->UniqueProcessId));
    entry.ObjectTypeIndex = ob::HeaderOf(handle.object)->TypeIndex;
    entry.HandleValue = static_cast<USHORT>(reinterpret_cast<ULONG_PTR>(handle.handle));
    entry.Object = handle.object;
    entry.GrantedAccess = handle.access;
    entry.HandleAttributes = static_cast<UCHAR>(handle.attributes);
    answer->Add(entry);
    ++count;
  });
  *answer->At<ULONG>(count_at) = count;
}

void AddExtendedHandles(Answer* answer) {
  const SIZE_T count_at = answer->Add(ULONG64{0});
  answer->Add(ULONG64{0});
  ULONG64 count = 0;
  ForEachHandle([&](PEPROCESS process, const ob::HandleReport& handle) {
    SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX entry{};
    entry.Object = handle.object;
    entry.UniqueProcessId = process->UniqueProcessId;
    entry.HandleValue = handle.handle;
    entry.GrantedAccess = handle.access;
    entry.HandleAttributes = handle.attributes;
    entry.ObjectTypeIndex = ob::HeaderOf(handle.object)->TypeIndex;
    answer->Add(entry);
    ++count;
  });
  *answer->At<ULONG64>(count_at) = count;
}

bool Fill(ULONG information_class, Answer* answer) {
  switch (information_class) {
    case SystemBasicInformation:
      AddBasic(answer);
      return true;
    case SystemProcessorInformation:
      AddProcessor(answer);
      return true;
    case SystemTimeOfDayInformation:
      AddTimeOfDay(answer);
      return true;
    case SystemProcessInformation:
      AddProcesses(answer);
      return true;
    case SystemProcessorPerformanceInformation:
      AddProcessorPerformance(answer);
      return true;
    case SystemModuleInformation:
      AddModules(answer);
      return true;
    case SystemHandleInformation:
      AddHandles(answer);
      return true;
    case SystemExtendedHandleInformation:
      AddExtendedHandles(answer);
      return true;
    case kSystemModuleInformationEx:
      AddExtendedModules(answer);
      return true;
    case kSystemEmulationBasicInformation:
      AddBasic(answer);
      return true;
    case kSystemEmulationProcessorInformation:
      AddProcessor(answer);
      return true;
    default:
      return DescribeMachine(information_class, answer);
  }
}

/// Whether a buffer of `length` bytes is right for an answer of `size`, and how much of the answer it gets.
bool Fits(ULONG information_class, ULONG length, ULONG size, ULONG* copied) {
  *copied = size;
  switch (information_class) {
    case SystemBasicInformation:
    case kSystemEmulationBasicInformation:
    case kSystemCodeIntegrityInformation:
      return length == size;
    case SystemTimeOfDayInformation:
      *copied = std::min(length, size);
      return length <= size;
    case SystemProcessorPerformanceInformation: {
      constexpr ULONG kEach = sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION);
      *copied = std::min(length / kEach * kEach, size);
      return *copied != 0;
    }
    default:
      return length >= size;
  }
}

NTSTATUS CopyOut(PVOID to, const void* from, SIZE_T size) {
  if (ke::PreviousMode() == UserMode) return mm::CopyToUser(to, from, size);
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength,
                                  PULONG ReturnLength) {
  Answer answer(SystemInformation);
  if (!Fill(SystemInformationClass, &answer)) return STATUS_INVALID_INFO_CLASS;
  const auto size = static_cast<ULONG>(answer.size());
  ULONG copied;
  const bool fits = Fits(SystemInformationClass, SystemInformationLength, size, &copied);
  if (ReturnLength != nullptr) {
    const NTSTATUS status = CopyOut(ReturnLength, fits ? &copied : &size, sizeof size);
    if (!NT_SUCCESS(status)) return status;
  }
  return fits ? CopyOut(SystemInformation, answer.data(), copied) : STATUS_INFO_LENGTH_MISMATCH;
}

}  // extern "C"
