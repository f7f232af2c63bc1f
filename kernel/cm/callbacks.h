// Drivers that look on at the registry: who is told of an operation, before and after it.
#pragma once

#include <vector>

#include "nt/cm_callbacks.h"
#include "nt/status.h"

namespace nt::cm {

struct CallbackRegistration;
struct ObjectContext;

/// The calls about one operation, from the pre- to the post-notifications.
struct Calls {
  struct Call {
    CallbackRegistration* registration;
    PVOID context;  ///< the driver's own, from its pre- to its post-notification
  };
  Call calls[64];  ///< who takes part, the highest first
  ULONG count;
  ULONG called;  ///< how many of them let the operation go on
};

bool HasCallbacks();

/// Tells the drivers of what is about to be done. `contexts` is the structure's field CallContext, which ObjectContext follows; `object`
/// is whose ObjectContext that is. What the first driver returned that did not let it go on, else success. PASSIVE_LEVEL.
NTSTATUS CallBefore(Calls* calls, REG_NOTIFY_CLASS notify_class, PVOID object, PVOID information, PVOID* contexts);
/// Tells those who let it go on, the lowest first, of how it ended; the status as they leave it. Every CallBefore is followed by one.
NTSTATUS CallAfter(Calls* calls, REG_NOTIFY_CLASS notify_class, PVOID object, PVOID result, NTSTATUS status, PVOID information);

/// An operation on the key object `object` with the drivers' calls around it. Nothing in the calling frames has a destructor that matters.
template <class Information, class Work>
NTSTATUS Notified(REG_NOTIFY_CLASS before, REG_NOTIFY_CLASS after, PVOID object, Information& information, Work work) {
  if (!HasCallbacks()) return work();
  Calls calls;
  NTSTATUS status = CallBefore(&calls, before, object, &information, &information.CallContext);
  if (status == STATUS_CALLBACK_BYPASS)
    status = STATUS_SUCCESS;  // a driver did it itself
  else if (NT_SUCCESS(status))
    status = work();
  return CallAfter(&calls, after, object, object, status, &information);
}

/// A key object is about to go: gives its contexts back to their drivers. PASSIVE_LEVEL.
void CleanContexts(ObjectContext** contexts);

void FreeCallbacks(std::vector<CallbackRegistration*>* registrations);

}  // namespace nt::cm
