// Callbacks about processors that come. None comes after the boot: whoever asks is told of those there are.
#include "kernel/ex/ex.h"
#include "kernel/ke/ki.h"

using namespace nt::ke;

namespace {

constexpr ULONG kTag = 'hCrP';

NTSTATUS Tell(PPROCESSOR_CALLBACK_FUNCTION routine, PVOID context, KE_PROCESSOR_CHANGE_NOTIFY_STATE state, ULONG processor) {
  KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change{state, processor, STATUS_SUCCESS, {0, static_cast<UCHAR>(processor), 0}};
  NTSTATUS status = STATUS_SUCCESS;
  Callout<void>(routine, context, &change, &status);
  return state == KeProcessorAddStartNotify ? status : STATUS_SUCCESS;
}

/// False if the driver does not want one of them.
bool TellOfAll(PPROCESSOR_CALLBACK_FUNCTION routine, PVOID context) {
  for (ULONG processor = 0; processor < ProcessorCount(); ++processor) {
    if (NT_SUCCESS(Tell(routine, context, KeProcessorAddStartNotify, processor))) continue;
    for (ULONG told = 0; told <= processor; ++told) Tell(routine, context, KeProcessorAddFailureNotify, told);
    return false;
  }
  for (ULONG processor = 0; processor < ProcessorCount(); ++processor) Tell(routine, context, KeProcessorAddCompleteNotify, processor);
  return true;
}

}  // namespace

extern "C" {

PVOID KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext, ULONG Flags) {
  if ((Flags & ~KE_PROCESSOR_CHANGE_ADD_EXISTING) != 0) return nullptr;
  PVOID const registration = nt::ex::AllocatePool(NonPagedPoolNx, sizeof(PVOID), kTag);
  if (registration == nullptr || (Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) == 0) return registration;
  if (TellOfAll(CallbackFunction, CallbackContext)) return registration;
  nt::ex::FreePool(registration);
  return nullptr;
}

VOID KeDeregisterProcessorChangeCallback(PVOID CallbackHandle) { nt::ex::FreePool(CallbackHandle); }

}  // extern "C"
