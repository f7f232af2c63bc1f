// RtlQueryRegistryValues: a table's rules, without what surrounds them.
#pragma once

#include "kernel/cm/key.h"

namespace nt::cm {

/// What a query needs of the kernel.
struct QueryHooks {
  NTSTATUS (*call)(PRTL_QUERY_REGISTRY_ROUTINE routine, PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context,
                   PVOID entry_context);
  PVOID (*allocate)(SIZE_T size);  ///< null if there is no memory
  void (*free)(PVOID block);
  /// A value of an untrusted hive is read by RTL_QUERY_REGISTRY_DIRECT without RTL_QUERY_REGISTRY_TYPECHECK.
  void (*unsafe_access)();
};

/// Works through `table` from the key `top`, which the caller has referenced. `environment` may be null: variables then stay as they are.
/// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_PARAMETER, STATUS_BUFFER_TOO_SMALL, STATUS_OBJECT_TYPE_MISMATCH, STATUS_DATA_OVERRUN (a
/// default type without data), STATUS_NO_MEMORY, or what a routine returned.
NTSTATUS QueryValues(Key* top, const RTL_QUERY_REGISTRY_TABLE* table, PVOID context, const WCHAR* environment, const QueryHooks& hooks);

/// Replaces each %NAME% by its value in a block of NAME=VALUE strings; unknown ones stay.
std::u16string ExpandVariables(std::u16string_view text, const WCHAR* environment);

}  // namespace nt::cm
