// What drivers call of ps, and the types.
#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/job.h"
#include "kernel/ps/state.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::ps {
namespace {

/// A driver's thread: PE code with one argument.
void RunSystemThread(void* raw) {
  auto* const thread = static_cast<ke::Thread*>(raw);
  ke::Callout<void>(thread->Win32StartAddress, thread->host.parameter);
  ExitThread(STATUS_SUCCESS);
}

NTSTATUS CreateSystemThread(PVOID kept, PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES object_attributes, HANDLE process_handle,
                            PCLIENT_ID client_id, PVOID routine, PVOID context) {
  PEPROCESS process = PsInitialSystemProcess;
  if (process_handle != nullptr) {
    PVOID object = nullptr;
    // It is the caller's, a driver's, whatever mode the thread came from.
    const NTSTATUS status = ObReferenceObjectByHandle(process_handle, 2, Ps().process_type, KernelMode, &object, nullptr);
    if (!NT_SUCCESS(status)) return status;
    process = static_cast<PEPROCESS>(object);
  }
  ke::Thread* thread = nullptr;
  NTSTATUS status = CreateThreadObject(process, 8, &RunSystemThread, nullptr, &thread);
  if (process_handle != nullptr) ObfDereferenceObject(process);
  if (!NT_SUCCESS(status)) return status;
  thread->host.start_context = thread;
  thread->Win32StartAddress = routine;
  thread->host.parameter = context;
  thread->host.kept = kept;
  if (kept != nullptr) ObfReferenceObject(kept);
  const ULONG attributes = object_attributes != nullptr ? object_attributes->Attributes : 0;
  // Drivers call this in any process; the handle is the kernel's where it would otherwise land in a client's table.
  status = ObOpenObjectByPointer(thread, attributes, nullptr, access, Ps().thread_type, KernelMode, handle);
  if (client_id != nullptr) *client_id = thread->Cid;
  NotifyThreadCreate(thread);
  ke::ReadyThread(thread);
  ke::ExitDispatcher();
  return status;
}

void EndThread() { ExitThread(ke::KiThread->host.exit_status); }

void EndProcess(NTSTATUS status) {
  PEPROCESS const process = ProcessOf(ke::KiThread);
  if (!ProcessOf(process)->host.exiting) process->ExitStatus = status;
  ProcessOf(process)->host.exiting = true;
  TerminateOtherThreads(process, status);
  ExitThread(status);
}

}  // namespace

void CreateTypes() {
  Ps().process_type = ob::CreateType({.name = u"Process",
                                      .mapping = {0x20410, 0x20bea, 0x121001, 0x1fffff},
                                      .valid_access = 0x1fffff,
                                      .secured = true,
                                      .security_required = true,
                                      .supports_callbacks = true,
                                      .dispatcher = true,
                                      .destroy = &DeleteProcess,
                                      .open = &OpenProcessObject});
  Ps().thread_type = ob::CreateType({.name = u"Thread",
                                     .mapping = {0x20048, 0x20437, 0x121800, 0x1fffff},
                                     .valid_access = 0x1fffff,
                                     .secured = true,
                                     .security_required = true,
                                     .supports_callbacks = true,
                                     .dispatcher = true,
                                     .destroy = &DeleteThread,
                                     .open = &OpenThreadObject});
  CreateJobType();
  ke::SetTerminator(&EndThread, &EndProcess);
}

void PublishExports() {
  *api::Data<POBJECT_TYPE>("PsProcessType") = Ps().process_type;
  *api::Data<POBJECT_TYPE>("PsThreadType") = Ps().thread_type;
  *api::Data<POBJECT_TYPE>("PsJobType") = JobType();
  *api::Data<PEPROCESS>("PsInitialSystemProcess") = PsInitialSystemProcess;
  *api::Data<CHAR>("KeNumberProcessors") = static_cast<CHAR>(ke::ProcessorCount());
}

}  // namespace nt::ps

using namespace nt::ps;
namespace ke = nt::ke;

extern "C" {

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, PVOID StartRoutine, PVOID StartContext) {
  return CreateSystemThread(nullptr, ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext);
}

NTSTATUS IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                              HANDLE ProcessHandle, PCLIENT_ID ClientId, PVOID StartRoutine, PVOID StartContext) {
  return CreateSystemThread(IoObject, ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext);
}

/// A thread that the kernel made runs in the kernel only, in whatever process: it has no TEB.
BOOLEAN PsIsSystemThread(PETHREAD Thread) { return Thread->Tcb.Teb == nullptr ? TRUE : FALSE; }

NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) {
  if (PsIsSystemThread(ke::KiThread) == 0) return STATUS_INVALID_PARAMETER;
  ExitThread(ExitStatus);
}

NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD* Thread) {
  PVOID const object = Ps().cids.Find(ThreadId, true);
  if (object == nullptr) return STATUS_INVALID_CID;
  ObfReferenceObject(object);
  *Thread = static_cast<ke::Thread*>(object);
  return STATUS_SUCCESS;
}

NTSTATUS PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS* Process) {
  PVOID const object = Ps().cids.Find(ProcessId, false);
  if (object == nullptr) return STATUS_INVALID_CID;
  ObfReferenceObject(object);
  *Process = static_cast<PEPROCESS>(object);
  return STATUS_SUCCESS;
}

/// The outputs are optional, but for one; the thread must be one of the process.
NTSTATUS PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS* Process, PETHREAD* Thread) {
  PETHREAD thread = nullptr;
  const NTSTATUS status = PsLookupThreadByThreadId(ClientId->UniqueThread, &thread);
  if (!NT_SUCCESS(status)) return status;
  if (thread->Cid.UniqueProcess != ClientId->UniqueProcess) {
    ObfDereferenceObject(thread);
    return STATUS_INVALID_CID;
  }
  if (Process != nullptr) {
    *Process = ProcessOf(thread->Tcb.Process);
    ObfReferenceObject(*Process);
  }
  if (Thread != nullptr) {
    *Thread = thread;
  } else {
    ObfDereferenceObject(thread);
  }
  return STATUS_SUCCESS;
}

PEPROCESS IoGetCurrentProcess() { return ke::CurrentProcess(); }
PEPROCESS PsGetCurrentProcess() { return ke::CurrentProcess(); }
HANDLE PsGetCurrentProcessId() { return ke::KiThread->Cid.UniqueProcess; }
HANDLE PsGetCurrentThreadId() { return ke::KiThread->Cid.UniqueThread; }
PKTHREAD KeGetCurrentThread() { return ke::CurrentThread(); }
HANDLE PsGetProcessId(PEPROCESS Process) { return Process->UniqueProcessId; }
HANDLE PsGetThreadId(PETHREAD Thread) { return Thread->Cid.UniqueThread; }
HANDLE PsGetThreadProcessId(PETHREAD Thread) { return Thread->Cid.UniqueProcess; }
PEPROCESS PsGetThreadProcess(PETHREAD Thread) { return ProcessOf(Thread->Tcb.Process); }
PEPROCESS IoThreadToProcess(PETHREAD Thread) { return ProcessOf(Thread->Tcb.Process); }
HANDLE PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process) { return Process->InheritedFromUniqueProcessId; }
PCHAR PsGetProcessImageFileName(PEPROCESS Process) { return Process->ImageFileName; }
PEB* PsGetProcessPeb(PEPROCESS Process) { return Process->Peb; }
NTSTATUS PsGetProcessExitStatus(PEPROCESS Process) { return Process->ExitStatus; }
NTSTATUS PsGetThreadExitStatus(PETHREAD Thread) { return Thread->Tcb.Header.SignalState != 0 ? Thread->ExitStatus : STATUS_PENDING; }
LONGLONG PsGetProcessCreateTimeQuadPart(PEPROCESS Process) { return Process->CreateTime.QuadPart; }
PVOID PsGetProcessSectionBaseAddress(PEPROCESS Process) { return Process->SectionBaseAddress; }
PVOID PsGetProcessWow64Process(PEPROCESS) { return nullptr; }
ULONG PsGetProcessSessionId(PEPROCESS Process) { return ProcessOf(Process)->host.session; }
ULONG PsGetCurrentProcessSessionId() { return PsGetProcessSessionId(ke::CurrentProcess()); }
BOOLEAN IoIsSystemThread(PETHREAD Thread) { return PsIsSystemThread(Thread); }
BOOLEAN PsIsThreadTerminating(PETHREAD Thread) { return static_cast<ke::Thread*>(Thread)->host.terminating != 0 ? TRUE : FALSE; }

}  // extern "C"
