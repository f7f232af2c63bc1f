// Object attributes taken over from a caller, once, before anything is decided by them.
#pragma once

#include <string>
#include <utility>

#include "kernel/ob/state.h"

namespace nt::ob {

struct Captured {
  std::u16string name;
  bool has_name = false;
  ULONG attributes = 0;
  HANDLE root = nullptr;
  PVOID security = nullptr;  ///< in pool, or null

  Captured() = default;
  ~Captured() { Release(); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  Captured(Captured&& other) noexcept { *this = std::move(other); }
  Captured& operator=(Captured&& other) noexcept;
  void Release();
};

/// Copies the attributes; STATUS_ACCESS_VIOLATION for bad user memory, STATUS_INVALID_PARAMETER for bad attributes.
NTSTATUS Capture(const OBJECT_ATTRIBUTES* attributes, KPROCESSOR_MODE mode, Captured* captured);
/// LookupName by captured attributes; `lookup` says the rest.
NTSTATUS LookupCaptured(const Captured& captured, Lookup lookup, PVOID* object);

}  // namespace nt::ob
