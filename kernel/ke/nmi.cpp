// Callbacks for non-maskable interrupts. The machine has no source of them: they are kept, and never called.
#include <algorithm>

#include "kernel/ke/scheduler.h"

using namespace nt::ke;

namespace {

struct NmiCallback {
  PVOID routine;
  PVOID context;
};

}  // namespace

extern "C" {

PVOID KeRegisterNmiCallback(PVOID CallbackRoutine, PVOID Context) {
  auto* const callback = new NmiCallback{CallbackRoutine, Context};
  Ki().nmi_callbacks.push_back(callback);
  return callback;
}

NTSTATUS KeDeregisterNmiCallback(PVOID Handle) {
  auto& callbacks = Ki().nmi_callbacks;
  const auto found = std::find(callbacks.begin(), callbacks.end(), Handle);
  if (found == callbacks.end()) return STATUS_INVALID_HANDLE;
  callbacks.erase(found);
  delete static_cast<NmiCallback*>(Handle);
  return STATUS_SUCCESS;
}

}  // extern "C"
