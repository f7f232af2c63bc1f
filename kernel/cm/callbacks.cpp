#include "kernel/cm/callbacks.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/altitude.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

namespace nt::cm {

/// What one CmRegisterCallback made.
struct CallbackRegistration {
  std::u16string altitude;
  PEX_CALLBACK_FUNCTION routine;
  PVOID context;
  LONGLONG cookie;
  LIST_ENTRY objects;  ///< the contexts it has attached to key objects
  ULONG busy;          ///< operations under way that it takes part in
  bool removed;
  KEVENT idle;
};

/// What a driver attached to a key object.
struct ObjectContext {
  ObjectContext* next;  ///< of the same object
  LIST_ENTRY link;      ///< of the same driver
  CallbackRegistration* registration;
  PVOID object;
  PVOID context;
};

namespace {

constexpr SIZE_T kMaximum = std::size(Calls{}.calls);
constexpr ULONG kContextTag = 0x78436D43;  // 'CmCx'
constexpr ULONG kNameTag = 0x6E436D43;     // 'CmCn'
/// Where the drivers stand that name no altitude; they are many, and do not collide.
constexpr std::u16string_view kLegacyAltitude = u"425000";

std::vector<CallbackRegistration*>& Registrations() { return TheRegistry().callbacks; }

CallbackRegistration* Find(const LARGE_INTEGER* cookie) {
  if (cookie == nullptr) return nullptr;
  const auto found = std::ranges::find_if(
      Registrations(), [&](const CallbackRegistration* each) { return each->cookie == cookie->QuadPart && !each->removed; });
  return found != Registrations().end() ? *found : nullptr;
}

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

bool IsKey(PVOID object) { return object != nullptr && ob::TypeOf(object) == TheRegistry().key_type; }

PVOID ContextOf(const CallbackRegistration* registration, PVOID object) {
  if (object == nullptr) return nullptr;
  for (const ObjectContext* each = *ContextsOf(object); each != nullptr; each = each->next) {
    if (each->registration == registration) return each->context;
  }
  return nullptr;
}

NTSTATUS Call(const CallbackRegistration* registration, REG_NOTIFY_CLASS notify_class, PVOID information) {
  return ke::Callout<NTSTATUS>(registration->routine, registration->context, notify_class, information);
}

void Leave(CallbackRegistration* registration) {
  if (--registration->busy == 0 && registration->removed) KeSetEvent(&registration->idle, 0, FALSE);
}

void Attach(CallbackRegistration* registration, PVOID object, ObjectContext* made) {
  ObjectContext** const head = ContextsOf(object);
  *made = {*head, {&registration->objects, registration->objects.Blink}, registration, object, nullptr};
  made->link.Blink->Flink = made->link.Flink->Blink = &made->link;
  *head = made;
}

void Detach(ObjectContext* context) {
  ObjectContext** at = ContextsOf(context->object);
  while (*at != context) at = &(*at)->next;
  *at = context->next;
  context->link.Blink->Flink = context->link.Flink;
  context->link.Flink->Blink = context->link.Blink;
  ex::FreePool(context);
}

/// Gives a context back to its driver.
void CleanUp(ObjectContext* context) {
  CallbackRegistration* const registration = context->registration;
  REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information{context->object, context->context, nullptr};
  Detach(context);
  ++registration->busy;
  Call(registration, RegNtCallbackObjectContextCleanup, &information);
  --registration->busy;
}

/// Afterwards the routine is not being called, and will not be. `forget` takes each of its contexts off.
void Remove(CallbackRegistration* registration, void (*forget)(ObjectContext*)) {
  registration->removed = true;
  if (registration->busy != 0) KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, nullptr);
  while (registration->objects.Flink != &registration->objects) forget(CONTAINING_RECORD(registration->objects.Flink, ObjectContext, link));
  std::erase(Registrations(), registration);
  delete registration;
}

NTSTATUS Register(PEX_CALLBACK_FUNCTION routine, std::u16string_view altitude, bool exclusive, PVOID context, PLARGE_INTEGER cookie) {
  std::vector<CallbackRegistration*>& all = Registrations();
  if (all.size() >= kMaximum) return STATUS_INSUFFICIENT_RESOURCES;
  const auto compare = [&](const CallbackRegistration* other) { return ob::CompareAltitudes(other->altitude, altitude); };
  if (exclusive && std::ranges::any_of(all, [&](const CallbackRegistration* other) { return compare(other) == 0; }))
    return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
  auto* const made = new CallbackRegistration{std::u16string(altitude), routine, context, ++TheRegistry().last_cookie, {}, 0, false, {}};
  made->objects = {&made->objects, &made->objects};
  KeInitializeEvent(&made->idle, NotificationEvent, FALSE);
  all.insert(std::ranges::find_if(all, [&](const CallbackRegistration* other) { return compare(other) < 0; }), made);
  cookie->QuadPart = made->cookie;
  return STATUS_SUCCESS;
}

}  // namespace

bool HasCallbacks() { return !Registrations().empty(); }

NTSTATUS CallBefore(Calls* calls, REG_NOTIFY_CLASS notify_class, PVOID object, PVOID information, PVOID* contexts) {
  calls->count = calls->called = 0;
  // Who takes part is settled first: a routine may wait, and others may register meanwhile.
  for (CallbackRegistration* registration : Registrations()) {
    if (registration->removed) continue;
    ++registration->busy;
    calls->calls[calls->count++] = {registration, nullptr};
  }
  for (; calls->called < calls->count; ++calls->called) {
    Calls::Call& call = calls->calls[calls->called];
    contexts[0] = nullptr;
    contexts[1] = ContextOf(call.registration, object);
    const NTSTATUS status = Call(call.registration, notify_class, information);
    if (!NT_SUCCESS(status)) return status;
    call.context = contexts[0];
  }
  return STATUS_SUCCESS;
}

NTSTATUS CallAfter(Calls* calls, REG_NOTIFY_CLASS notify_class, PVOID object, PVOID result, NTSTATUS status, PVOID information) {
  while (calls->count > calls->called) Leave(calls->calls[--calls->count].registration);
  while (calls->count > 0) {
    const Calls::Call& call = calls->calls[--calls->count];
    REG_POST_OPERATION_INFORMATION after{result, status, information, status, call.context, ContextOf(call.registration, object), nullptr};
    if (Call(call.registration, notify_class, &after) == STATUS_CALLBACK_BYPASS) status = after.ReturnStatus;
    Leave(call.registration);
  }
  return status;
}

void CleanContexts(ObjectContext** contexts) {
  while (*contexts != nullptr) CleanUp(*contexts);
}

std::vector<CallbackReport> CallbacksIn(ULONG_PTR base, SIZE_T size) {
  std::vector<CallbackReport> found;
  for (const CallbackRegistration* registration : Registrations()) {
    PVOID const routine = reinterpret_cast<PVOID>(registration->routine);
    if (registration->removed || reinterpret_cast<ULONG_PTR>(routine) - base >= size) continue;
    found.push_back({registration->cookie, routine});
  }
  return found;
}

void RemoveCallback(LONGLONG cookie) {
  LARGE_INTEGER number;
  number.QuadPart = cookie;
  Remove(Find(&number), &Detach);
}

void FreeCallbacks(std::vector<CallbackRegistration*>* registrations) {
  for (CallbackRegistration* registration : *registrations) delete registration;
  registrations->clear();
}

}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie) {
  return Register(Function, kLegacyAltitude, false, Context, Cookie);
}

NTSTATUS CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID /*Driver*/, PVOID Context,
                              PLARGE_INTEGER Cookie, PVOID /*Reserved*/) {
  if (Altitude == nullptr || !nt::ob::IsAltitude(View(*Altitude))) return STATUS_INVALID_PARAMETER;
  return Register(Function, View(*Altitude), true, Context, Cookie);
}

NTSTATUS CmUnRegisterCallback(LARGE_INTEGER Cookie) {
  CallbackRegistration* const registration = Find(&Cookie);
  if (registration == nullptr) return STATUS_INVALID_PARAMETER;
  Remove(registration, &CleanUp);
  return STATUS_SUCCESS;
}

VOID CmGetCallbackVersion(PULONG Major, PULONG Minor) {
  if (Major != nullptr) *Major = 1;
  if (Minor != nullptr) *Minor = 0;
}

NTSTATUS CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext, PVOID* OldContext) {
  CallbackRegistration* const registration = Find(Cookie);
  if (registration == nullptr || !IsKey(Object)) return STATUS_INVALID_PARAMETER;
  ObjectContext* context = *ContextsOf(Object);
  while (context != nullptr && context->registration != registration) context = context->next;
  if (OldContext != nullptr) *OldContext = context != nullptr ? context->context : nullptr;
  if (context != nullptr && NewContext == nullptr) Detach(context);
  if (NewContext == nullptr) return STATUS_SUCCESS;
  if (context == nullptr) {
    context = static_cast<ObjectContext*>(nt::ex::AllocatePool(PagedPool, sizeof *context, kContextTag));
    if (context == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    Attach(registration, Object, context);
  }
  context->context = NewContext;
  return STATUS_SUCCESS;
}

NTSTATUS CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING* ObjectName, ULONG Flags) {
  if (ObjectName != nullptr) *ObjectName = nullptr;
  if (Find(Cookie) == nullptr || !IsKey(Object) || Flags != 0) return STATUS_INVALID_PARAMETER;
  Key* const key = KeyOf(Object);
  if (key->deleted) return STATUS_KEY_DELETED;
  if (ObjectName != nullptr) {
    *ObjectName = MakeString(key->Path(), kNameTag);
    if (*ObjectName == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  }
  if (ObjectID != nullptr) *ObjectID = IdOf(key);
  return STATUS_SUCCESS;
}

VOID CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName) {
  if (ObjectName != nullptr) nt::ex::FreePool(const_cast<PUNICODE_STRING>(ObjectName));
}

NTSTATUS CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING* ObjectName) {
  if (Find(Cookie) == nullptr || !IsKey(Object)) return STATUS_INVALID_PARAMETER;
  if (KeyOf(Object)->deleted) return STATUS_KEY_DELETED;
  if (ObjectName != nullptr) {
    *ObjectName = CachedName(Object);
    if (*ObjectName == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  }
  if (ObjectID != nullptr) *ObjectID = IdOf(KeyOf(Object));
  return STATUS_SUCCESS;
}

/// No key is ever opened by a transaction here.
PVOID CmGetBoundTransaction(PLARGE_INTEGER /*Cookie*/, PVOID /*Object*/) { return nullptr; }

}  // extern "C"
