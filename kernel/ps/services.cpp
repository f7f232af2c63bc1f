// The system services about processes and threads.
#include <cstddef>

#include "kernel/ke/scheduler.h"
#include "kernel/ps/caller.h"
#include "kernel/ps/state.h"
#include "kernel/ps/suspend.h"
#include "nt/process_information.h"
#include "nt/status.h"

extern "C" BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;

namespace {

constexpr ULONG kDebugPrivilege = 20;  // SE_DEBUG_PRIVILEGE

/// Who to open, of a service that knows processes and threads by their ids only.
NTSTATUS TakeId(const OBJECT_ATTRIBUTES* attributes, const CLIENT_ID* client_id, ULONG* flags, CLIENT_ID* id) {
  OBJECT_ATTRIBUTES copy{};
  const NTSTATUS status = attributes != nullptr ? Load(attributes, &copy) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  *flags = copy.Attributes;
  // A name or an id, and things of these types have no names.
  if (client_id == nullptr || copy.ObjectName != nullptr) return STATUS_INVALID_PARAMETER_MIX;
  return Load(client_id, id);
}

/// A handle for a referenced process or thread, whose reference it gives up. Who may debug programs is not asked for more.
NTSTATUS Open(PVOID object, ACCESS_MASK access, ULONG flags, PHANDLE handle) {
  HANDLE opened = nullptr;
  const bool may_all = SeSinglePrivilegeCheck({kDebugPrivilege, 0}, ke::PreviousMode()) != 0;
  const auto open = may_all ? &nt::ob::CreateHandle : &nt::ob::OpenHandle;
  const NTSTATUS status = open(object, flags, access, ke::PreviousMode(), &opened);
  ObfDereferenceObject(object);
  return NT_SUCCESS(status) ? Store(handle, opened) : status;
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
  CLIENT_ID id{};
  ULONG flags = 0;
  NTSTATUS status = TakeId(ObjectAttributes, ClientId, &flags, &id);
  if (!NT_SUCCESS(status)) return status;
  PEPROCESS process = nullptr;
  if (id.UniqueThread == nullptr) {
    status = PsLookupProcessByProcessId(id.UniqueProcess, &process);
  } else {
    status = PsLookupProcessThreadByCid(&id, &process, nullptr);
  }
  return NT_SUCCESS(status) ? Open(process, DesiredAccess, flags, ProcessHandle) : status;
}

NTSTATUS NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId) {
  CLIENT_ID id{};
  ULONG flags = 0;
  NTSTATUS status = TakeId(ObjectAttributes, ClientId, &flags, &id);
  if (!NT_SUCCESS(status)) return status;
  PETHREAD thread = nullptr;
  if (id.UniqueProcess == nullptr) {
    status = PsLookupThreadByThreadId(id.UniqueThread, &thread);
  } else {
    status = PsLookupProcessThreadByCid(&id, nullptr, &thread);
  }
  return NT_SUCCESS(status) ? Open(thread, DesiredAccess, flags, ThreadHandle) : status;
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

}  // extern "C"
