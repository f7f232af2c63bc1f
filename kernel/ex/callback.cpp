// Callback objects: whoever registers is called when whoever notifies says so.
#include "kernel/api/api.h"
#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

/// Body of a callback object.
struct CALLBACK_OBJECT {
  LIST_ENTRY registrations;
  bool allow_multiple;
};

namespace nt::ex {
namespace {

constexpr ULONG kTag = 0x62436243;  // 'CbCb'

struct Registration {
  LIST_ENTRY link;
  PCALLBACK_OBJECT object;
  PCALLBACK_FUNCTION function;
  PVOID context;
  ULONG busy;  ///< calls under way
  bool removed;
  KEVENT idle;  ///< set when the last call of a removed registration is over
};

Registration* RegistrationAt(LIST_ENTRY* link) { return CONTAINING_RECORD(link, Registration, link); }

void Unlink(Registration* registration) {
  registration->link.Blink->Flink = registration->link.Flink;
  registration->link.Flink->Blink = registration->link.Blink;
}

/// The registration cannot go away meanwhile, so the next one is known afterwards.
LIST_ENTRY* Call(Registration* registration, PVOID argument1, PVOID argument2) {
  ++registration->busy;
  ke::Callout<void>(registration->function, registration->context, argument1, argument2);
  LIST_ENTRY* const next = registration->link.Flink;
  if (--registration->busy == 0 && registration->removed) {
    Unlink(registration);
    KeSetEvent(&registration->idle, 0, FALSE);
  }
  return next;
}

void CreateSystemCallback(const char16_t* path, SIZE_T length) {
  UNICODE_STRING name{static_cast<USHORT>(length * 2), static_cast<USHORT>(length * 2), const_cast<char16_t*>(path)};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  PCALLBACK_OBJECT object;
  if (NT_SUCCESS(ExCreateCallback(&object, &attributes, TRUE, TRUE))) ObfDereferenceObject(object);
}

template <SIZE_T N>
void CreateSystemCallback(const char16_t (&path)[N]) {
  CreateSystemCallback(path, N - 1);
}

}  // namespace

void InitializeCallbacks() {
  ob::TypeInitializer initializer{};
  initializer.name = u"Callback";
  initializer.mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | CALLBACK_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                         CALLBACK_ALL_ACCESS};
  initializer.valid_access = CALLBACK_ALL_ACCESS;
  state->callback_type = ob::CreateType(initializer);
  ob::CreateDirectory(u"\\Callback");
  CreateSystemCallback(u"\\Callback\\SetSystemTime");
  CreateSystemCallback(u"\\Callback\\SetSystemState");
  CreateSystemCallback(u"\\Callback\\PowerState");
  CreateSystemCallback(u"\\Callback\\ProcessorAdd");
}

}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT* CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                          BOOLEAN AllowMultipleCallbacks) {
  PVOID object = nullptr;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  if (ObjectAttributes->ObjectName != nullptr) {
    status = ObReferenceObjectByName(ObjectAttributes->ObjectName, ObjectAttributes->Attributes, nullptr, 0, state->callback_type,
                                     KernelMode, nullptr, &object);
  }
  if (NT_SUCCESS(status) || !Create) {
    if (NT_SUCCESS(status)) *CallbackObject = static_cast<PCALLBACK_OBJECT>(object);
    return status;
  }
  status = ObCreateObject(KernelMode, state->callback_type, ObjectAttributes, KernelMode, nullptr, sizeof(CALLBACK_OBJECT), 0, 0, &object);
  if (!NT_SUCCESS(status)) return status;
  auto* const callback = static_cast<PCALLBACK_OBJECT>(object);
  callback->registrations.Flink = callback->registrations.Blink = &callback->registrations;
  callback->allow_multiple = AllowMultipleCallbacks != FALSE;
  // The handle that insertion makes goes at once; the caller keeps a reference.
  HANDLE handle;
  status = ObInsertObject(object, nullptr, CALLBACK_ALL_ACCESS, 1, &object, &handle);
  if (!NT_SUCCESS(status)) return status;
  ObCloseHandle(handle, KernelMode);
  *CallbackObject = static_cast<PCALLBACK_OBJECT>(object);
  return STATUS_SUCCESS;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext) {
  LIST_ENTRY& list = CallbackObject->registrations;
  if (!CallbackObject->allow_multiple && list.Flink != &list) return nullptr;
  auto* const registration = static_cast<Registration*>(AllocatePool(NonPagedPoolNx, sizeof(Registration), kTag));
  if (registration == nullptr) return nullptr;
  ObfReferenceObject(CallbackObject);
  registration->object = CallbackObject;
  registration->function = CallbackFunction;
  registration->context = CallbackContext;
  registration->busy = 0;
  registration->removed = false;
  KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
  registration->link = {&list, list.Blink};
  list.Blink->Flink = &registration->link;
  list.Blink = &registration->link;
  Track("callback registration", registration);
  return registration;
}

VOID ExUnregisterCallback(PVOID CallbackRegistration) {
  auto* const registration = static_cast<Registration*>(CallbackRegistration);
  if (registration->busy == 0) {
    Unlink(registration);
  } else {
    registration->removed = true;
    KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, nullptr);
  }
  Untrack(registration);
  PCALLBACK_OBJECT const object = registration->object;
  FreePool(registration);
  ObfDereferenceObject(object);
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2) {
  LIST_ENTRY& list = static_cast<PCALLBACK_OBJECT>(CallbackObject)->registrations;
  for (LIST_ENTRY* link = list.Flink; link != &list;) {
    Registration* const registration = RegistrationAt(link);
    link = registration->removed ? link->Flink : Call(registration, Argument1, Argument2);
  }
}

}  // extern "C"
