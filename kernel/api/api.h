// The API specification at run time: every export of every built-in module, generated from kernel/api/spec/*.toml.
#pragma once

#include <span>
#include <string_view>

#include "nt/types.h"

namespace nt::api {

enum class Status : UCHAR { Done, Partial, Absent };

/// How a call reaches the implementation.
enum class Kind : UCHAR {
  Sysv,      ///< through the common thunk, System V convention, may wait, raise, and call driver code
  Variadic,  ///< like Sysv; the variable arguments arrive as a pointer to their slots
  Leaf,      ///< bound directly, Microsoft convention, never waits, raises or calls driver code
  Data,      ///< a variable in the module's .data section
};

/// One export as the specification has it.
struct Export {
  const char* module;      ///< "ntoskrnl.exe"
  const char* name;        ///< "IoCreateDevice"
  const char* returns;     ///< "NTSTATUS"
  const char* parameters;  ///< "in PDRIVER_OBJECT DriverObject, ..."; "" if none
  const char* does;        ///< one line of meaning
  const void* target;      ///< the implementation; null when absent, or for data
  Status status;
  Kind kind;
  UCHAR argument_count;  ///< fixed parameters
  UCHAR irql_min;
  UCHAR irql_max;
  bool exported;        ///< false: has a stub and a symbol, but is not in the export directory
  USHORT data_size;     ///< bytes, for Kind::Data
  const char* forward;  ///< "ntoskrnl.KeStallExecutionProcessor" or null
};

/// The highest IRQL at which a call of `entry` does no harm. What is only pageable does none at APC_LEVEL, where pages still come in; a
/// system service may wait for an APC and, if its limit is PASSIVE_LEVEL, never come back.
KIRQL HighestIrql(const Export& entry);

/// All exports, sorted by module, then by name (ASCII order).
std::span<const Export> Exports();

/// The exports of one module; the module's name is compared without regard to case. Empty if there is no such module.
std::span<const Export> ExportsOf(std::string_view module);

/// Names of all built-in modules.
std::span<const char* const> Modules();

/// One export, or null.
const Export* Find(std::string_view module, std::string_view name);

/// The index of an export in Exports(); it identifies the export's stub.
ULONG IndexOf(const Export& entry);

/// One system service (Nt*): the table the system-service entry dispatches through, generated from `kind = "service"` entries.
struct Service {
  const char* name;  ///< "NtClose"
  const void* target;
  UCHAR argument_count;
};
std::span<const Service> Services();

// Filled in by ldr when the built-in modules' images are made (kernel/ldr/builtin.cpp).

/// The address in the module's image that a driver sees for an export: its stub, or its variable for data. Null before ldr made the images.
void* AddressOf(const Export& entry);

/// The stub of an ntoskrnl entry by name, for host functions that drivers may call through a pointer.
void* StubOf(std::string_view name);

/// The variable that a data export names, to be initialized by its owner: `*Data<POBJECT_TYPE>("IoFileObjectType") = type`.
template <class T>
T* Data(std::string_view name) {
  return static_cast<T*>(StubOf(name));
}

}  // namespace nt::api
