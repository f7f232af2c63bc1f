// The system services about processes and threads.
#include <cstddef>
#include <cstring>

#include "kernel/ke/scheduler.h"
#include "kernel/ps/state.h"
#include "kernel/ps/suspend.h"
#include "kernel/ps/system_processes.h"
#include "nt/process_information.h"
#include "nt/status.h"

extern "C" {
BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
NTSTATUS PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token);
}

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;

namespace {

constexpr ACCESS_MASK kThreadSetInformation = 0x20, kThreadQueryInformation = 0x40, kThreadTerminate = 0x1, kThreadSetToken = 0x80,
                      kThreadSuspend = 0x2;
constexpr ACCESS_MASK kThreadQueryLimited = 0x800, kProcessQueryLimited = 0x1000;
constexpr ACCESS_MASK kProcessTerminate = 0x1, kProcessQueryInformation = 0x400, kProcessCreateThread = 0x2, kProcessSetInformation = 0x200;

constexpr ULONG kDebugPrivilege = 20;  // SE_DEBUG_PRIVILEGE

bool FromUser() { return ke::PreviousMode() == UserMode; }

/// Stores to a caller's variable, which for user mode may be bad.
template <class T>
NTSTATUS Store(T* to, const T& value) {
  if (FromUser()) return mm::WriteUser(to, value);
  *to = value;
  return STATUS_SUCCESS;
}

template <class T>
NTSTATUS Load(const T* from, T* value) {
  if (FromUser()) return mm::ReadUser(from, value);
  *value = *from;
  return STATUS_SUCCESS;
}

/// Gives a caller an information structure of exactly its size, and the length.
template <class T>
NTSTATUS Return(const T& information, PVOID buffer, ULONG length, PULONG return_length) {
  if (return_length != nullptr) {
    const NTSTATUS status = Store<ULONG>(return_length, sizeof(T));
    if (!NT_SUCCESS(status)) return status;
  }
  if (length < sizeof(T)) return STATUS_INFO_LENGTH_MISMATCH;
  return Store(static_cast<T*>(buffer), information);
}

template <class T>
NTSTATUS Take(PVOID buffer, ULONG length, T* value) {
  if (length != sizeof(T)) return STATUS_INFO_LENGTH_MISMATCH;
  return Load(static_cast<const T*>(buffer), value);
}

/// A referenced thread or process by handle; gives the reference up at the end of the scope. Not held across waits.
template <class T>
class Referenced {
 public:
  Referenced(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type) {
    PVOID object = nullptr;
    status_ = ObReferenceObjectByHandle(handle, access, type, ke::PreviousMode(), &object, nullptr);
    object_ = static_cast<T*>(object);
  }
  /// With a right that stands for both: to query implies to query what is not secret.
  Referenced(HANDLE handle, ACCESS_MASK limited, ACCESS_MASK full, POBJECT_TYPE type) : Referenced(handle, limited, type) {
    PVOID object = nullptr;
    if (status_ != STATUS_ACCESS_DENIED) return;
    status_ = ObReferenceObjectByHandle(handle, full, type, ke::PreviousMode(), &object, nullptr);
    object_ = static_cast<T*>(object);
  }
  ~Referenced() {
    if (object_ != nullptr) ObfDereferenceObject(object_);
  }
  Referenced(const Referenced&) = delete;
  Referenced& operator=(const Referenced&) = delete;
  NTSTATUS status() const { return status_; }
  T* get() const { return object_; }
  T* operator->() const { return object_; }

 private:
  NTSTATUS status_;
  T* object_ = nullptr;
};

using ThreadReference = Referenced<ke::Thread>;
using ProcessReference = Referenced<Process>;

NTSTATUS OpenById(PVOID object, POBJECT_TYPE type, ACCESS_MASK access, const OBJECT_ATTRIBUTES* attributes, PHANDLE handle) {
  ULONG flags = 0;
  if (attributes != nullptr) {
    OBJECT_ATTRIBUTES copy;
    const NTSTATUS status = Load(attributes, &copy);
    if (!NT_SUCCESS(status)) return status;
    flags = copy.Attributes;
  }
  HANDLE opened = nullptr;
  const NTSTATUS status = ObOpenObjectByPointer(object, flags, nullptr, access, type, ke::PreviousMode(), &opened);
  ObfDereferenceObject(object);
  if (!NT_SUCCESS(status)) return status;
  return Store(handle, opened);
}

/// A string with its text behind it.
NTSTATUS ReturnText(const std::u16string& text, PVOID buffer, ULONG length, PULONG return_length) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  const ULONG needed = static_cast<ULONG>(sizeof(UNICODE_STRING)) + bytes + 2;
  if (return_length != nullptr) {
    const NTSTATUS status = Store(return_length, needed);
    if (!NT_SUCCESS(status)) return status;
  }
  if (length < needed) return STATUS_INFO_LENGTH_MISMATCH;
  auto* const behind = static_cast<char*>(buffer) + sizeof(UNICODE_STRING);
  const UNICODE_STRING string{bytes, static_cast<USHORT>(bytes + 2), reinterpret_cast<PWSTR>(behind)};
  const NTSTATUS status = Store(static_cast<UNICODE_STRING*>(buffer), string);
  if (!NT_SUCCESS(status)) return status;
  if (FromUser()) return mm::CopyToUser(behind, text.c_str(), bytes + sizeof(WCHAR));
  std::memcpy(behind, text.c_str(), bytes + sizeof(WCHAR));
  return STATUS_SUCCESS;
}

std::u16string_view ImagePathOf(const Process* process) {
  return {process->host.image_path, process->host.image_path_length / sizeof(WCHAR)};
}

constexpr std::u16string_view kDosDevices = u"\\??\\", kDrive = u"C:\\", kVolume = u"\\Device\\HarddiskVolume1\\";

/// An image's path as Win32 names it.
std::u16string DosPath(std::u16string_view path) {
  return std::u16string(path.starts_with(kDosDevices) ? path.substr(kDosDevices.size()) : path);
}

/// And as the object manager names it.
std::u16string DevicePath(std::u16string_view path) {
  const std::u16string dos = DosPath(path);
  return dos.starts_with(kDrive) ? std::u16string(kVolume) + dos.substr(kDrive.size()) : dos;
}

/// Marks a process as one that the machine cannot do without, or no longer.
NTSTATUS SetCritical(Process* process, bool critical) {
  if (SeSinglePrivilegeCheck({kDebugPrivilege, 0}, ke::PreviousMode()) == 0) return STATUS_PRIVILEGE_NOT_HELD;
  process->Flags = critical ? process->Flags | kBreakOnTermination : process->Flags & ~kBreakOnTermination;
  return STATUS_SUCCESS;
}

/// Where the creator of a thread wants to be told of it; null where not.
struct ThreadAnswers {
  CLIENT_ID* client_id;
  TEB** teb;
};

NTSTATUS TakeThreadAttributes(const PS_ATTRIBUTE_LIST* list, ThreadAnswers* answers) {
  SIZE_T total = 0;
  if (list == nullptr) return STATUS_SUCCESS;
  NTSTATUS status = Load(&list->TotalLength, &total);
  if (!NT_SUCCESS(status)) return status;
  constexpr SIZE_T kFirst = offsetof(PS_ATTRIBUTE_LIST, Attributes), kMost = 32;
  if (total < kFirst || (total - kFirst) % sizeof(PS_ATTRIBUTE) != 0 || total - kFirst > kMost * sizeof(PS_ATTRIBUTE))
    return STATUS_INFO_LENGTH_MISMATCH;
  for (SIZE_T i = 0; i < (total - kFirst) / sizeof(PS_ATTRIBUTE); ++i) {
    PS_ATTRIBUTE attribute;
    status = Load(list->Attributes + i, &attribute);
    if (!NT_SUCCESS(status)) return status;
    if (attribute.Attribute == PS_ATTRIBUTE_CLIENT_ID && attribute.Size == sizeof(CLIENT_ID)) {
      answers->client_id = static_cast<CLIENT_ID*>(attribute.Value);
    } else if (attribute.Attribute == PS_ATTRIBUTE_TEB_ADDRESS && attribute.Size == sizeof(TEB*)) {
      answers->teb = static_cast<TEB**>(attribute.Value);
    } else {
      return STATUS_INVALID_PARAMETER;
    }
  }
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                          PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T /*ZeroBits*/, SIZE_T StackSize,
                          SIZE_T MaximumStackSize, PPS_ATTRIBUTE_LIST AttributeList) {
  constexpr ULONG kCreateSuspended = 1;
  ThreadAnswers answers{};
  NTSTATUS status = TakeThreadAttributes(AttributeList, &answers);
  if (!NT_SUCCESS(status)) return status;
  OBJECT_ATTRIBUTES attributes{};
  if (ObjectAttributes != nullptr) status = Load(ObjectAttributes, &attributes);
  if (!NT_SUCCESS(status)) return status;
  ProcessReference process(ProcessHandle, kProcessCreateThread, Ps().process_type);
  if (!NT_SUCCESS(process.status())) return process.status();
  if (process->host.space == nullptr) return STATUS_INVALID_HANDLE;
  if (process->host.exiting) return STATUS_PROCESS_IS_TERMINATING;
  ke::Thread* thread = nullptr;
  constexpr SIZE_T kDefaultReserve = 1 << 20;
  const SIZE_T reserve = MaximumStackSize != 0 ? MaximumStackSize : kDefaultReserve;
  status = CreateUserThread(process.get(), StartRoutine, Argument, reserve, StackSize != 0 ? StackSize : PAGE_SIZE * 4,
                            (CreateFlags & kCreateSuspended) != 0, &thread);
  if (!NT_SUCCESS(status)) return status;
  NotifyThreadCreate(thread);
  HANDLE handle = nullptr;
  const ULONG flags = attributes.Attributes & (FromUser() ? OBJ_INHERIT : OBJ_INHERIT | OBJ_KERNEL_HANDLE);
  status = ObOpenObjectByPointer(thread, flags, nullptr, DesiredAccess, Ps().thread_type, KernelMode, &handle);
  if (NT_SUCCESS(status)) status = Store(ThreadHandle, handle);
  if (NT_SUCCESS(status) && answers.client_id != nullptr) status = Store(answers.client_id, thread->Cid);
  if (NT_SUCCESS(status) && answers.teb != nullptr) status = Store(answers.teb, thread->Tcb.Teb);
  if (!NT_SUCCESS(status)) TerminateThread(thread, status);
  ke::ReadyThread(thread);
  ke::ExitDispatcher();
  return status;
}

NTSTATUS NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus) {
  ke::Thread* target = ke::KiThread;
  if (ThreadHandle != nullptr) {
    ThreadReference thread(ThreadHandle, kThreadTerminate, Ps().thread_type);
    if (!NT_SUCCESS(thread.status())) return thread.status();
    target = thread.get();
    if (target->host.stack_size != 0 && ProcessOf(target) == PsInitialSystemProcess) return STATUS_INVALID_PARAMETER;
    if (target != ke::KiThread) {
      TerminateThread(target, ExitStatus);
      return STATUS_SUCCESS;
    }
  }
  ExitThread(ExitStatus);
}

NTSTATUS NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus) {
  if (ProcessHandle == nullptr) {  // the caller's other threads
    TerminateOtherThreads(ProcessOf(ke::KiThread), ExitStatus);
    return STATUS_SUCCESS;
  }
  PEPROCESS target = nullptr;
  {
    ProcessReference process(ProcessHandle, kProcessTerminate, Ps().process_type);
    if (!NT_SUCCESS(process.status())) return process.status();
    target = process.get();
    if (target == PsInitialSystemProcess) return STATUS_ACCESS_DENIED;
    if (ProcessOf(target)->host.exiting && target != ProcessOf(ke::KiThread)) return STATUS_PROCESS_IS_TERMINATING;
    if (!ProcessOf(target)->host.exiting) target->ExitStatus = ExitStatus;
    ProcessOf(target)->host.exiting = true;
    TerminateOtherThreads(target, ExitStatus);
  }
  if (target == ProcessOf(ke::KiThread)) ExitThread(ExitStatus);
  return STATUS_SUCCESS;
}

NTSTATUS NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
  if (ClientId == nullptr) return STATUS_INVALID_PARAMETER_MIX;
  CLIENT_ID id;
  NTSTATUS status = Load(ClientId, &id);
  if (!NT_SUCCESS(status)) return status;
  PEPROCESS process = nullptr;
  status = PsLookupProcessByProcessId(id.UniqueProcess, &process);
  if (!NT_SUCCESS(status)) return STATUS_INVALID_CID;
  if (FromUser() && !MayOpen(process, &DesiredAccess)) {
    ObfDereferenceObject(process);
    return STATUS_ACCESS_DENIED;
  }
  return OpenById(process, Ps().process_type, DesiredAccess, ObjectAttributes, ProcessHandle);
}

NTSTATUS NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
  if (ClientId == nullptr) return STATUS_INVALID_PARAMETER_MIX;
  CLIENT_ID id;
  NTSTATUS status = Load(ClientId, &id);
  if (!NT_SUCCESS(status)) return status;
  PETHREAD thread = nullptr;
  status = PsLookupThreadByThreadId(id.UniqueThread, &thread);
  if (!NT_SUCCESS(status)) return STATUS_INVALID_CID;
  return OpenById(thread, Ps().thread_type, DesiredAccess, ObjectAttributes, ThreadHandle);
}

NTSTATUS NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount) {
  ThreadReference thread(ThreadHandle, kThreadSuspend, Ps().thread_type);
  if (!NT_SUCCESS(thread.status())) return thread.status();
  ULONG old = 0;
  const NTSTATUS status = Suspend(thread.get(), &old);
  return NT_SUCCESS(status) && PreviousSuspendCount != nullptr ? Store(PreviousSuspendCount, old) : status;
}

NTSTATUS NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount) {
  ThreadReference thread(ThreadHandle, kThreadSuspend, Ps().thread_type);
  if (!NT_SUCCESS(thread.status())) return thread.status();
  const ULONG old = Resume(thread.get());
  return PreviousSuspendCount != nullptr ? Store(PreviousSuspendCount, old) : STATUS_SUCCESS;
}

NTSTATUS NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval) {
  LARGE_INTEGER interval;
  const NTSTATUS status = Load(DelayInterval, &interval);
  if (!NT_SUCCESS(status)) return status;
  return KeDelayExecutionThread(ke::PreviousMode(), Alertable, &interval);
}

NTSTATUS NtQuerySystemTime(PLARGE_INTEGER SystemTime) {
  LARGE_INTEGER now;
  now.QuadPart = ke::SystemTime();
  return Store(SystemTime, now);
}

NTSTATUS NtQueryPerformanceCounter(PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency) {
  LARGE_INTEGER value;
  value.QuadPart = ke::InterruptTime();
  const NTSTATUS status = Store(PerformanceCounter, value);
  if (!NT_SUCCESS(status) || PerformanceFrequency == nullptr) return status;
  value.QuadPart = 10'000'000;
  return Store(PerformanceFrequency, value);
}

ULONG NtGetCurrentProcessorNumber() { return ke::Ki().current; }

NTSTATUS NtQueryInformationThread(HANDLE ThreadHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
  const bool open = Class == ThreadBasicInformation || Class == ThreadTimes || Class == ThreadAmILastThread || Class == ThreadIsTerminated;
  ThreadReference thread(ThreadHandle, open ? kThreadQueryLimited : kThreadQueryInformation, kThreadQueryInformation, Ps().thread_type);
  if (!NT_SUCCESS(thread.status())) return thread.status();
  KTHREAD& tcb = thread->Tcb;
  switch (Class) {
    case ThreadBasicInformation: {
      const bool ended = tcb.Header.SignalState != 0;
      const THREAD_BASIC_INFORMATION basic{
          ended ? thread->ExitStatus : STATUS_PENDING, tcb.Teb, thread->Cid, tcb.Affinity, KthreadPriority(&tcb), tcb.BasePriority - 8};
      return Return(basic, Information, Length, ReturnLength);
    }
    case ThreadTimes: {
      const KERNEL_USER_TIMES times{
          thread->CreateTime, thread->ExitTime, {.QuadPart = thread->host.kernel_time}, {.QuadPart = thread->host.user_time}};
      return Return(times, Information, Length, ReturnLength);
    }
    case ThreadQuerySetWin32StartAddress:
      return Return(thread->Win32StartAddress, Information, Length, ReturnLength);
    case ThreadAmILastThread:
      return Return<ULONG>(ProcessOf(thread.get())->ActiveThreads == 1 ? 1 : 0, Information, Length, ReturnLength);
    case ThreadIsTerminated:
      return Return<ULONG>(tcb.Header.SignalState != 0 ? 1 : 0, Information, Length, ReturnLength);
    case ThreadSuspendCount:
      return Return<ULONG>(static_cast<ULONG>(thread->host.freeze_count), Information, Length, ReturnLength);
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS NtSetInformationThread(HANDLE ThreadHandle, ULONG Class, PVOID Information, ULONG Length) {
  if (Class == ThreadImpersonationToken) {
    HANDLE token = nullptr;
    const NTSTATUS status = Take(Information, Length, &token);
    if (!NT_SUCCESS(status)) return status;
    ThreadReference thread(ThreadHandle, kThreadSetToken, Ps().thread_type);
    return NT_SUCCESS(thread.status()) ? PsAssignImpersonationToken(thread.get(), token) : thread.status();
  }
  ThreadReference thread(ThreadHandle, kThreadSetInformation, Ps().thread_type);
  if (!NT_SUCCESS(thread.status())) return thread.status();
  switch (Class) {
    case ThreadPriority: {
      KPRIORITY priority = 0;
      const NTSTATUS status = Take(Information, Length, &priority);
      if (!NT_SUCCESS(status)) return status;
      if (priority <= 0 || priority >= MAXIMUM_PRIORITY) return STATUS_INVALID_PARAMETER;
      ke::SetPriority(thread.get(), priority);
      break;
    }
    case ThreadBasePriority: {
      LONG increment = 0;
      const NTSTATUS status = Take(Information, Length, &increment);
      if (!NT_SUCCESS(status)) return status;
      constexpr LONG kSaturate = 16;  // to the class's highest or lowest priority
      if (increment > 2 && increment < kSaturate) return STATUS_INVALID_PARAMETER;
      if (increment < -2 && increment > -kSaturate) return STATUS_INVALID_PARAMETER;
      ke::SetBasePriority(&thread->Tcb, increment >= kSaturate ? 15 : increment <= -kSaturate ? 1 : 8 + increment);
      break;
    }
    case ThreadAffinityMask: {
      KAFFINITY affinity = 0;
      const NTSTATUS status = Take(Information, Length, &affinity);
      if (!NT_SUCCESS(status)) return status;
      const KAFFINITY all = (KAFFINITY{1} << ke::ProcessorCount()) - 1;
      if ((affinity & all) == 0 || (affinity & ~all) != 0) return STATUS_INVALID_PARAMETER;
      ke::SetAffinity(thread.get(), affinity);
      break;
    }
    case ThreadPriorityBoost:
    case ThreadNameInformation:
    case ThreadHideFromDebugger:
    case ThreadZeroTlsCell:
      break;
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
  ke::ExitDispatcher();
  return STATUS_SUCCESS;
}

NTSTATUS NtQueryInformationProcess(HANDLE ProcessHandle, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
  const bool secret = Class == ProcessDebugPort;
  ProcessReference process(ProcessHandle, secret ? kProcessQueryInformation : kProcessQueryLimited, kProcessQueryInformation,
                           Ps().process_type);
  if (!NT_SUCCESS(process.status())) return process.status();
  switch (Class) {
    case ProcessBasicInformation: {
      const PROCESS_BASIC_INFORMATION basic{process->ExitStatus,
                                            process->Peb,
                                            process->Pcb.Affinity,
                                            process->host.base_priority,
                                            reinterpret_cast<ULONG_PTR>(process->UniqueProcessId),
                                            reinterpret_cast<ULONG_PTR>(process->InheritedFromUniqueProcessId)};
      return Return(basic, Information, Length, ReturnLength);
    }
    case ProcessTimes: {
      LONGLONG kernel = 0;
      LONGLONG user = 0;
      for (PETHREAD thread : Threads(process.get())) {
        kernel += static_cast<ke::Thread*>(thread)->host.kernel_time;
        user += static_cast<ke::Thread*>(thread)->host.user_time;
      }
      const KERNEL_USER_TIMES times{process->CreateTime, {.QuadPart = 0}, {.QuadPart = kernel}, {.QuadPart = user}};
      return Return(times, Information, Length, ReturnLength);
    }
    case ProcessDebugPort:
      return Return<ULONG_PTR>(0, Information, Length, ReturnLength);
    case ProcessWow64Information:
      return Return<ULONG_PTR>(0, Information, Length, ReturnLength);
    case ProcessSessionInformation:
      return Return<ULONG>(process->host.session, Information, Length, ReturnLength);
    case ProcessPriorityClass:
      return Return<USHORT>(static_cast<USHORT>(process->PriorityClass << 8), Information, Length, ReturnLength);
    case ProcessBreakOnTermination:
      return Return<ULONG>((process->Flags & kBreakOnTermination) != 0 ? 1 : 0, Information, Length, ReturnLength);
    case ProcessProtectionInformation:
      return Return<UCHAR>(process->Protection, Information, Length, ReturnLength);
    case ProcessImageFileName:
      return ReturnText(DevicePath(ImagePathOf(process.get())), Information, Length, ReturnLength);
    case ProcessImageFileNameWin32:
      return ReturnText(DosPath(ImagePathOf(process.get())), Information, Length, ReturnLength);
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS NtSetInformationProcess(HANDLE ProcessHandle, ULONG Class, PVOID Information, ULONG Length) {
  ProcessReference process(ProcessHandle, kProcessSetInformation, Ps().process_type);
  if (!NT_SUCCESS(process.status())) return process.status();
  if (Class == ProcessAffinityMask) {
    KAFFINITY affinity = 0;
    const NTSTATUS taken = Take(Information, Length, &affinity);
    if (!NT_SUCCESS(taken)) return taken;
    const KAFFINITY all = (KAFFINITY{1} << ke::ProcessorCount()) - 1;
    if ((affinity & all) == 0 || (affinity & ~all) != 0) return STATUS_INVALID_PARAMETER;
    process->Pcb.Affinity = affinity;
    for (PETHREAD thread : Threads(process.get())) ke::SetAffinity(static_cast<ke::Thread*>(thread), affinity);
    ke::ExitDispatcher();
    return STATUS_SUCCESS;
  }
  if (Class == ProcessBreakOnTermination) {
    ULONG critical = 0;
    const NTSTATUS taken = Take(Information, Length, &critical);
    return NT_SUCCESS(taken) ? SetCritical(process.get(), critical != 0) : taken;
  }
  if (Class != ProcessPriorityClass) return STATUS_INVALID_INFO_CLASS;
  USHORT value = 0;
  const NTSTATUS status = Take(Information, Length, &value);
  if (!NT_SUCCESS(status)) return status;
  process->PriorityClass = static_cast<UCHAR>(value >> 8);
  return STATUS_SUCCESS;
}

}  // extern "C"
