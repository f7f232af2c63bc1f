#include "kernel/ob/callbacks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/ke/ke.h"
#include "kernel/ldr/image.h"
#include "kernel/ob/altitude.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

extern "C" {
VOID KeEnterCriticalRegion();
VOID KeLeaveCriticalRegion();
VOID ObUnRegisterCallbacks(PVOID RegistrationHandle);
}

namespace nt::ob {

/// What one ObRegisterCallbacks made; its address is the handle.
struct Registration {
  struct Operation {
    POBJECT_TYPE type;
    OB_OPERATION operations;
    PVOID pre;
    PVOID post;
  };
  std::u16string altitude;
  PVOID context;
  std::vector<Operation> operations;
  ULONG busy = 0;  ///< operations under way that it has heard of
  bool removed = false;
  KEVENT idle{};

  const Operation* For(POBJECT_TYPE type, OB_OPERATION operation) const {
    const auto found =
        std::ranges::find_if(operations, [&](const Operation& o) { return o.type == type && (o.operations & operation) != 0; });
    return found == operations.end() ? nullptr : &*found;
  }
};

namespace {

constexpr SIZE_T kMaximum = std::size(HandleOperation{}.calls);

std::vector<Registration*>& Registrations() { return Ob().registrations; }

NTSTATUS CheckOperation(const OB_OPERATION_REGISTRATION& operation) {
  constexpr OB_OPERATION kKnown = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;
  if (operation.ObjectType == nullptr || *operation.ObjectType == nullptr || !(*operation.ObjectType)->initializer.supports_callbacks)
    return STATUS_INVALID_PARAMETER;
  if (operation.Operations == 0 || (operation.Operations & ~kKnown) != 0) return STATUS_INVALID_PARAMETER;
  if (operation.PreOperation == nullptr && operation.PostOperation == nullptr) return STATUS_INVALID_PARAMETER;
  for (PVOID routine : {operation.PreOperation, operation.PostOperation}) {
    if (routine != nullptr && !ldr::MayBeCallback(routine)) return STATUS_ACCESS_DENIED;
  }
  return STATUS_SUCCESS;
}

NTSTATUS Check(const OB_CALLBACK_REGISTRATION& request) {
  if ((request.Version & 0xff00) != OB_FLT_REGISTRATION_VERSION || request.OperationRegistrationCount == 0) return STATUS_INVALID_PARAMETER;
  if (request.OperationRegistration == nullptr || !IsAltitude(View(request.Altitude))) return STATUS_INVALID_PARAMETER;
  for (USHORT i = 0; i < request.OperationRegistrationCount; ++i) {
    const NTSTATUS status = CheckOperation(request.OperationRegistration[i]);
    if (!NT_SUCCESS(status)) return status;
  }
  return Registrations().size() < kMaximum ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void CallPre(Registration* registration, PVOID routine, HandleOperation* operation, PVOID* context) {
  OB_PRE_OPERATION_PARAMETERS parameters{};
  parameters.DuplicateHandleInformation = {operation->access, operation->access, operation->source, operation->target};
  OB_PRE_OPERATION_INFORMATION information{operation->operation,      operation->kernel, operation->object,
                                           TypeOf(operation->object), nullptr,           &parameters};
  ke::Callout<ULONG>(routine, registration->context, &information);
  *context = information.CallContext;
  // Access can be taken away only, and not from the kernel.
  if (!operation->kernel) operation->access &= parameters.CreateHandleInformation.DesiredAccess;
}

}  // namespace

void FreeCallbacks() {
  for (Registration* registration : Registrations()) delete registration;
  Registrations().clear();
}

bool HasCallbacks(POBJECT_TYPE type) { return type->initializer.supports_callbacks && !Registrations().empty(); }

void CallPreOperation(HandleOperation* operation) {
  KeEnterCriticalRegion();
  // Who is to hear of it is settled first: a routine may wait, and others may register meanwhile.
  for (Registration* registration : Registrations()) {
    if (registration->removed || registration->For(TypeOf(operation->object), operation->operation) == nullptr) continue;
    ++registration->busy;
    operation->calls[operation->count++] = {registration, nullptr};
  }
  for (ULONG i = 0; i < operation->count; ++i) {
    HandleOperation::Call& call = operation->calls[i];
    PVOID const routine = call.registration->For(TypeOf(operation->object), operation->operation)->pre;
    if (routine != nullptr) CallPre(call.registration, routine, operation, &call.context);
  }
  KeLeaveCriticalRegion();
}

void CallPostOperation(const HandleOperation& operation, NTSTATUS status) {
  KeEnterCriticalRegion();
  POBJECT_TYPE const type = TypeOf(operation.object);
  for (ULONG i = operation.count; i-- > 0;) {
    const HandleOperation::Call& call = operation.calls[i];
    OB_POST_OPERATION_PARAMETERS parameters{NT_SUCCESS(status) ? operation.access : 0};
    OB_POST_OPERATION_INFORMATION information{operation.operation, operation.kernel, operation.object, type,
                                              call.context,        status,           &parameters};
    PVOID const routine = call.registration->For(type, operation.operation)->post;
    if (routine != nullptr) ke::Callout<void>(routine, call.registration->context, &information);
    if (--call.registration->busy == 0 && call.registration->removed) KeSetEvent(&call.registration->idle, 0, FALSE);
  }
  KeLeaveCriticalRegion();
}

std::vector<CallbackReport> CallbacksIn(ULONG_PTR base, SIZE_T size) {
  std::vector<CallbackReport> found;
  for (Registration* registration : Registrations()) {
    for (const Registration::Operation& operation : registration->operations) {
      PVOID const routine = operation.pre != nullptr ? operation.pre : operation.post;
      if (registration->removed || reinterpret_cast<ULONG_PTR>(routine) - base >= size) continue;
      found.push_back({registration, routine});
      break;
    }
  }
  return found;
}

}  // namespace nt::ob

using namespace nt::ob;

extern "C" {

NTSTATUS ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID* RegistrationHandle) {
  const NTSTATUS status = Check(*CallbackRegistration);
  if (!NT_SUCCESS(status)) return status;
  const std::u16string_view altitude = View(CallbackRegistration->Altitude);
  std::vector<Registration*>& all = Registrations();
  const auto place = std::ranges::find_if(all, [&](const Registration* other) { return CompareAltitudes(other->altitude, altitude) <= 0; });
  if (place != all.end() && CompareAltitudes((*place)->altitude, altitude) == 0) return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
  auto* const made = new Registration;
  made->altitude = altitude;
  made->context = CallbackRegistration->RegistrationContext;
  KeInitializeEvent(&made->idle, NotificationEvent, FALSE);
  for (USHORT i = 0; i < CallbackRegistration->OperationRegistrationCount; ++i) {
    const OB_OPERATION_REGISTRATION& operation = CallbackRegistration->OperationRegistration[i];
    made->operations.push_back({*operation.ObjectType, operation.Operations, operation.PreOperation, operation.PostOperation});
  }
  all.insert(place, made);
  *RegistrationHandle = made;
  return STATUS_SUCCESS;
}

VOID ObUnRegisterCallbacks(PVOID RegistrationHandle) {
  auto* const registration = static_cast<Registration*>(RegistrationHandle);
  registration->removed = true;
  if (registration->busy != 0) KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, nullptr);
  std::erase(Registrations(), registration);
  delete registration;
}

USHORT ObGetFilterVersion() { return OB_FLT_REGISTRATION_VERSION; }

}  // extern "C"
