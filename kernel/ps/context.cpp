// The services about a thread's registers, its APCs, and the instruction cache.
#include "nt/context.h"

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/scheduler.h"
#include "kernel/mm/caller.h"
#include "kernel/ps/state.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, LONG Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                     PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE AlertMode);
}

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;

namespace {

constexpr ACCESS_MASK kThreadGetContext = 0x8, kThreadSetContext = 0x10, kThreadAlert = 0x4, kProcessVmWrite = 0x20;
/// What a context that was taken in a call can tell: the others are dead there.
constexpr DWORD kKnown = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS | CONTEXT_FLOATING_POINT;

using mm::FromUser;

NTSTATUS Reference(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, PVOID* object) {
  return ObReferenceObjectByHandle(handle, access, type, ke::PreviousMode(), object, nullptr);
}

/// Where user code called what led to the system service that the thread is in; null if it is in none.
const ke::ExportRecord* UserCallOf(const ke::Thread* thread) {
  const ke::Record* record = thread->host.records;
  while (record != nullptr && record->type != ke::RecordType::Service) record = record->previous;
  if (record == nullptr || record->previous == nullptr || record->previous->type != ke::RecordType::Export) return nullptr;
  return reinterpret_cast<const ke::ExportRecord*>(record->previous);
}

/// The registers of a thread that is in a system service, as they are when its call returns.
NTSTATUS Capture(const ke::Thread* thread, CONTEXT* context) {
  const ke::ExportRecord* const call = UserCallOf(thread);
  if (call == nullptr) return STATUS_NOT_SUPPORTED;
  const DWORD wanted = context->ContextFlags;
  *context = CONTEXT{};
  context->ContextFlags = wanted & kKnown;
  context->SegCs = 0x33;  // NT's selectors of 64-bit user mode
  context->SegDs = context->SegEs = context->SegGs = context->SegSs = 0x2b;
  context->SegFs = 0x53;
  context->EFlags = 0x202;
  context->MxCsr = context->FltSave.MxCsr = 0x1f80;
  ke::LoadExportContext(context, call);
  return STATUS_SUCCESS;
}

NTSTATUS QueueUserApc(ke::Thread* thread, PVOID routine, PVOID argument1, PVOID argument2, PVOID argument3) {
  constexpr ULONG kApcTag = 0x70617350;  // 'Psap'
  auto* const apc = static_cast<PKAPC>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KAPC), kApcTag));
  if (apc == nullptr) return STATUS_NO_MEMORY;
  KeInitializeApc(apc, &thread->Tcb, 0, reinterpret_cast<PKKERNEL_ROUTINE>(nt::api::StubOf("PspFreeApc")), nullptr,
                  reinterpret_cast<PKNORMAL_ROUTINE>(routine), UserMode, argument1);
  if (KeInsertQueueApc(apc, argument2, argument3, 0) != 0) return STATUS_SUCCESS;
  ExFreePool(apc);
  return STATUS_UNSUCCESSFUL;
}

}  // namespace

extern "C" {

NTSTATUS NtGetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext) {
  CONTEXT context;
  NTSTATUS status = FromUser() ? mm::CopyFromUser(&context, ThreadContext, sizeof context) : (context = *ThreadContext, STATUS_SUCCESS);
  if (!NT_SUCCESS(status)) return status;
  PVOID object = nullptr;
  status = Reference(ThreadHandle, kThreadGetContext, Ps().thread_type, &object);
  if (!NT_SUCCESS(status)) return status;
  status = Capture(static_cast<ke::Thread*>(object), &context);
  ObfDereferenceObject(object);
  if (!NT_SUCCESS(status)) return status;
  if (FromUser()) return mm::CopyToUser(ThreadContext, &context, sizeof context);
  *ThreadContext = context;
  return STATUS_SUCCESS;
}

NTSTATUS NtQueueApcThread(HANDLE ThreadHandle, PVOID ApcRoutine, PVOID ApcArgument1, PVOID ApcArgument2, PVOID ApcArgument3) {
  PVOID object = nullptr;
  NTSTATUS status = Reference(ThreadHandle, kThreadSetContext, Ps().thread_type, &object);
  if (!NT_SUCCESS(status)) return status;
  auto* const thread = static_cast<ke::Thread*>(object);
  status = thread->Tcb.Teb == nullptr ? STATUS_INVALID_HANDLE : QueueUserApc(thread, ApcRoutine, ApcArgument1, ApcArgument2, ApcArgument3);
  ObfDereferenceObject(object);
  return status;
}

/// The kernel routine of NtQueueApcThread's APCs: they are pool blocks.
VOID PspFreeApc(PKAPC Apc, PVOID /*NormalRoutine*/, PVOID /*NormalContext*/, PVOID /*SystemArgument1*/, PVOID /*SystemArgument2*/) {
  ExFreePool(Apc);
}

NTSTATUS NtAlertThread(HANDLE ThreadHandle) {
  PVOID object = nullptr;
  const NTSTATUS status = Reference(ThreadHandle, kThreadAlert, Ps().thread_type, &object);
  if (!NT_SUCCESS(status)) return status;
  ke::AlertThread(static_cast<ke::Thread*>(object), ke::PreviousMode());
  ObfDereferenceObject(object);
  return STATUS_SUCCESS;
}

NTSTATUS NtTestAlert() { return KeTestAlertThread(ke::PreviousMode()) != 0 ? STATUS_ALERTED : STATUS_SUCCESS; }

NTSTATUS NtFlushInstructionCache(HANDLE ProcessHandle, PVOID /*BaseAddress*/, SIZE_T /*Length*/) {
  // An x64 processor sees changed code by itself: only the handle is to be checked.
  constexpr ULONG_PTR kCurrentProcess = ~ULONG_PTR{0};
  if (reinterpret_cast<ULONG_PTR>(ProcessHandle) == kCurrentProcess) return STATUS_SUCCESS;
  PVOID object = nullptr;
  const NTSTATUS status = Reference(ProcessHandle, kProcessVmWrite, Ps().process_type, &object);
  if (NT_SUCCESS(status)) ObfDereferenceObject(object);
  return status;
}

}  // extern "C"
