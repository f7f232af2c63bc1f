// The services about a thread's registers, its APCs, and the instruction cache.
#include "nt/context.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ps/state.h"
#include "nt/status.h"

using namespace nt::ps;
namespace ke = nt::ke;
namespace mm = nt::mm;

namespace {

constexpr ACCESS_MASK kThreadGetContext = 0x8, kThreadSetContext = 0x10, kProcessVmWrite = 0x20;
/// What a context that was taken in a call can tell: the others are dead there.
constexpr DWORD kKnown = CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS | CONTEXT_FLOATING_POINT;

bool FromUser() { return ke::PreviousMode() == UserMode; }

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

NTSTATUS NtQueueApcThread(HANDLE ThreadHandle, PVOID /*ApcRoutine*/, PVOID /*ApcArgument1*/, PVOID /*ApcArgument2*/,
                          PVOID /*ApcArgument3*/) {
  PVOID object = nullptr;
  const NTSTATUS status = Reference(ThreadHandle, kThreadSetContext, Ps().thread_type, &object);
  if (!NT_SUCCESS(status)) return status;
  ObfDereferenceObject(object);
  return STATUS_NOT_SUPPORTED;
}

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
