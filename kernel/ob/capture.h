// Object attributes taken over from a caller, once, before anything is decided by them.
#pragma once

#include <string>

#include "kernel/ob/state.h"

namespace nt::ob {

struct Captured {
  std::u16string name;
  bool has_name = false;
  ULONG attributes = 0;
  HANDLE root = nullptr;
};

/// Copies the attributes; STATUS_ACCESS_VIOLATION for bad user memory, STATUS_INVALID_PARAMETER for bad attributes.
NTSTATUS Capture(const OBJECT_ATTRIBUTES* attributes, KPROCESSOR_MODE mode, Captured* captured);
/// LookupName by captured attributes; `lookup` says the rest.
NTSTATUS LookupCaptured(const Captured& captured, Lookup lookup, PVOID* object);

}  // namespace nt::ob
