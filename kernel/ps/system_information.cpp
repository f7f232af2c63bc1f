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
#include "kernel/ps/caller.h"
#include "kernel/ps/image_path.h"
#include "kernel/ps/state.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;
namespace ob = nt::ob;
namespace ldr = nt::ldr;

namespace nt::ps {

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

}  // namespace nt::ps

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

/// How much is told of threads.
enum class Detail { Plain, Extended };

void AddThread(Answer* answer, const SYSTEM_THREAD_INFORMATION& described, const ke::Thread* thread, Detail detail) {
  SYSTEM_EXTENDED_THREAD_INFORMATION extended{described, nullptr, nullptr, nullptr, nullptr, {}};
  if (thread != nullptr) {
    extended.StackBase = thread->Tcb.InitialStack;
    extended.StackLimit = thread->Tcb.StackLimit;
    extended.Win32StartAddress = thread->Win32StartAddress;
    extended.TebBase = thread->Tcb.Teb;
  }
  answer->AddBytes(&extended, detail == Detail::Extended ? sizeof extended : sizeof described);
}

SYSTEM_PROCESS_INFORMATION DescribeProcess(Process* process) {
  SYSTEM_PROCESS_INFORMATION information{};
  const ProcessorTimes times = TimesOf(process);
  information.NumberOfThreads = static_cast<ULONG>(Threads(process).size());
  information.CreateTime = process->CreateTime;
  information.KernelTime.QuadPart = times.kernel;
  information.UserTime.QuadPart = times.user;
  information.BasePriority = process->host.base_priority;
  information.UniqueProcessId = process->UniqueProcessId;
  information.InheritedFromUniqueProcessId = process->InheritedFromUniqueProcessId;
  information.HandleCount = static_cast<ULONG>(ob::HandleCount(process));
  information.SessionId = process->host.session;
  if (process->host.space == nullptr) return information;
  const SIZE_T committed = process->host.space->committed();
  information.VirtualSize = information.WorkingSetSize = information.PagefileUsage = information.PrivatePageCount = committed;
  information.WorkingSetPrivateSize.QuadPart = static_cast<LONGLONG>(committed);
  return information;
}

SIZE_T AddProcess(Answer* answer, Process* process, Detail detail) {
  const SIZE_T start = answer->Add(DescribeProcess(process));
  for (PETHREAD each : Threads(process)) {
    auto* const thread = static_cast<ke::Thread*>(each);
    AddThread(answer, Describe(thread), thread, detail);
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
void AddIdle(Answer* answer, Detail detail) {
  SYSTEM_PROCESS_INFORMATION information{};
  information.NumberOfThreads = ke::ProcessorCount();
  for (const ke::Processor& processor : ke::Ki().processors) information.KernelTime.QuadPart += processor.idle_time;
  answer->Add(information);
  for (const ke::Processor& processor : ke::Ki().processors) {
    SYSTEM_THREAD_INFORMATION thread{};
    thread.KernelTime.QuadPart = processor.idle_time;
    thread.ThreadState = Running;
    AddThread(answer, thread, nullptr, detail);
  }
}

void AddProcesses(Answer* answer, Detail detail) {
  SIZE_T last = 0;
  AddIdle(answer, detail);
  for (PEPROCESS process : Processes()) {
    const SIZE_T start = AddProcess(answer, ProcessOf(process), detail);
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
    entry.ObjectTypeIndex = static_cast<UCHAR>(ob::TypeNumber(ob::TypeOf(handle.object)));
    entry.HandleAttributes = static_cast<UCHAR>(handle.attributes);
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
    entry.ObjectTypeIndex = static_cast<USHORT>(ob::TypeNumber(ob::TypeOf(handle.object)));
    entry.HandleAttributes = handle.attributes;
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
      AddProcesses(answer, Detail::Plain);
      return true;
    case kSystemExtendedProcessInformation:
      AddProcesses(answer, Detail::Extended);
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

/// What SystemPerformanceInformation told before it grew; so much is enough.
constexpr ULONG kPerformanceBefore = offsetof(SYSTEM_PERFORMANCE_INFORMATION, CcTotalDirtyPages);

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
    case SystemPerformanceInformation:
      *copied = std::min(length, size);
      return length >= kPerformanceBefore;
    case kSystemNumaProcessorMap:
    case kSystemNumaAvailableMemory:
      *copied = std::min(length, size);
      return length >= offsetof(SYSTEM_NUMA_INFORMATION, Processors);
    case SystemProcessorPerformanceInformation: {
      constexpr ULONG kEach = sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION);
      *copied = std::min(length / kEach * kEach, size);
      return *copied != 0;
    }
    default:
      return length >= size;
  }
}

/// The processes of one session, to the buffer that the question names.
NTSTATUS QuerySession(PVOID buffer, ULONG length, PULONG return_length) {
  SYSTEM_SESSION_PROCESS_INFORMATION question;
  if (length != sizeof question) return STATUS_INFO_LENGTH_MISMATCH;
  NTSTATUS status = LoadBytes(&question, buffer, sizeof question);
  if (!NT_SUCCESS(status)) return status;
  Answer answer(question.Buffer);
  SIZE_T last = 0;
  for (PEPROCESS process : Processes()) {
    if (ProcessOf(process)->host.session != question.SessionId) continue;
    const SIZE_T start = AddProcess(&answer, ProcessOf(process), Detail::Plain);
    if (start != 0) answer.At<SYSTEM_PROCESS_INFORMATION>(last)->NextEntryOffset = static_cast<ULONG>(start - last);
    last = start;
  }
  const auto size = static_cast<ULONG>(answer.size());
  if (return_length != nullptr) status = Store(return_length, size);
  if (!NT_SUCCESS(status)) return status;
  if (question.SizeOfBuf < size) return STATUS_INFO_LENGTH_MISMATCH;
  return StoreBytes(question.Buffer, answer.data(), size);
}

/// The path of a process's image by its id, for who may not open it. The caller's buffer gets no terminator that it has no room for.
NTSTATUS QueryImageOf(PVOID buffer, ULONG length, PULONG return_length) {
  SYSTEM_PROCESS_ID_INFORMATION question;
  if (length != sizeof question) return STATUS_INFO_LENGTH_MISMATCH;
  NTSTATUS status = return_length != nullptr ? Store<ULONG>(return_length, sizeof question) : STATUS_SUCCESS;
  if (NT_SUCCESS(status)) status = LoadBytes(&question, buffer, sizeof question);
  if (!NT_SUCCESS(status)) return status;
  if (question.ImageName.Length != 0 || (question.ImageName.MaximumLength & 1) != 0) return STATUS_INVALID_PARAMETER;
  PEPROCESS process = nullptr;
  status = PsLookupProcessByProcessId(question.ProcessId, &process);
  if (!NT_SUCCESS(status)) return status;
  const std::u16string path = DevicePath(ImagePathOf(ProcessOf(process)));
  ObfDereferenceObject(process);
  const auto bytes = static_cast<USHORT>(path.size() * sizeof(WCHAR));
  if (question.ImageName.MaximumLength < bytes) {
    question.ImageName.MaximumLength = bytes;
    status = StoreBytes(buffer, &question, sizeof question);
    return NT_SUCCESS(status) ? STATUS_INFO_LENGTH_MISMATCH : status;
  }
  status = StoreBytes(question.ImageName.Buffer, path.c_str(), std::min<SIZE_T>(question.ImageName.MaximumLength, bytes + sizeof(WCHAR)));
  question.ImageName.Length = bytes;
  return NT_SUCCESS(status) ? StoreBytes(buffer, &question, sizeof question) : status;
}

/// Tables of the firmware come from providers, and this machine's firmware has none.
NTSTATUS QueryFirmware(PVOID buffer, ULONG length, PULONG return_length) {
  SYSTEM_FIRMWARE_TABLE_INFORMATION question;
  const NTSTATUS told = return_length != nullptr ? Store<ULONG>(return_length, sizeof question) : STATUS_SUCCESS;
  if (!NT_SUCCESS(told)) return told;
  if (length < sizeof question) return STATUS_INFO_LENGTH_MISMATCH;
  const NTSTATUS status = LoadBytes(&question, buffer, sizeof question);
  if (!NT_SUCCESS(status)) return status;
  return length - sizeof question < question.TableBufferLength ? STATUS_INVALID_PARAMETER : STATUS_NOT_IMPLEMENTED;
}

/// What the caller puts into the buffer is judged first, for the classes where it says something.
NTSTATUS CheckQuestion(ULONG information_class, PVOID buffer, ULONG length) {
  if (information_class != kSystemCodeIntegrityInformation || length != sizeof(SYSTEM_CODEINTEGRITY_INFORMATION)) return STATUS_SUCCESS;
  ULONG said = 0;
  const NTSTATUS status = LoadBytes(&said, buffer, sizeof said);
  if (!NT_SUCCESS(status)) return status;
  return said == sizeof(SYSTEM_CODEINTEGRITY_INFORMATION) ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

}  // namespace

extern "C" {

NTSTATUS NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength,
                                  PULONG ReturnLength) {
  const NTSTATUS probed = mm::ProbeAnswer(SystemInformation, SystemInformationLength, ReturnLength);
  if (!NT_SUCCESS(probed)) return probed;
  switch (SystemInformationClass) {
    case kSystemSessionProcessInformation:
      return QuerySession(SystemInformation, SystemInformationLength, ReturnLength);
    case kSystemProcessIdInformation:
      return QueryImageOf(SystemInformation, SystemInformationLength, ReturnLength);
    case kSystemFirmwareTableInformation:
      return QueryFirmware(SystemInformation, SystemInformationLength, ReturnLength);
    case kSystemObjectInformation:  // the lists of objects are kept only if a flag of the registry asks for it
      return STATUS_UNSUCCESSFUL;
    default:
      break;
  }
  Answer answer(SystemInformation);
  if (!Fill(SystemInformationClass, &answer)) return STATUS_INVALID_INFO_CLASS;
  const auto size = static_cast<ULONG>(answer.size());
  ULONG copied;
  const bool fits = Fits(SystemInformationClass, SystemInformationLength, size, &copied);
  if (ReturnLength != nullptr) {
    const NTSTATUS status = Store(ReturnLength, fits ? copied : size);
    if (!NT_SUCCESS(status)) return status;
  }
  if (!fits) return STATUS_INFO_LENGTH_MISMATCH;
  const NTSTATUS status = CheckQuestion(SystemInformationClass, SystemInformation, SystemInformationLength);
  return NT_SUCCESS(status) ? StoreBytes(SystemInformation, answer.data(), copied) : status;
}

}  // extern "C"
