// RtlQueryRegistryValues.
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/cm/query_table.h"
#include "kernel/cm/rtl_place.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr ULONG kPoolTag = 0x76517452;  // 'RtQv'

/// Finds the key. It is referenced.
NTSTATUS LocateKey(ULONG relative_to, PCWSTR path, Key** key) {
  if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {
    return ReferenceKeyByHandle(const_cast<PWSTR>(path), 0, KernelMode, key);
  }
  std::u16string name;
  NTSTATUS status = NameOfPlace(relative_to, path, &name);
  if (!NT_SUCCESS(status)) return status;
  std::u16string_view below = name;
  if (!StripRegistry(&below)) return name.starts_with(u'\\') ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_SYNTAX_BAD;
  Walk walk;
  status = WalkTo(&TheRegistry().root, below, walk, key);
  if (NT_SUCCESS(status)) ReferenceKey(*key);
  return status;
}

NTSTATUS CallRoutine(PRTL_QUERY_REGISTRY_ROUTINE routine, PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context,
                     PVOID entry_context) {
  return ke::Callout<NTSTATUS>(routine, name, type, data, length, context, entry_context);
}

PVOID Allocate(SIZE_T size) { return ExAllocatePoolWithTag(PagedPool, size, kPoolTag); }
void Free(PVOID block) { ExFreePoolWithTag(block, kPoolTag); }

void UnsafeAccess() {
  constexpr ULONG_PTR kUnsafeRegistryAccess = 29;  // FAST_FAIL_UNSAFE_REGISTRY_ACCESS
  ke::BugCheck(KERNEL_SECURITY_CHECK_FAILURE, kUnsafeRegistryAccess, 0, 0, 0,
               "RtlQueryRegistryValues was asked with RTL_QUERY_REGISTRY_DIRECT for a value that users can write; "
               "it needs RTL_QUERY_REGISTRY_TYPECHECK");
}

constexpr QueryHooks kHooks{&CallRoutine, &Allocate, &Free, &UnsafeAccess};

}  // namespace
}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment) {
  Key* key = nullptr;
  NTSTATUS status = LocateKey(RelativeTo, Path, &key);
  if (!NT_SUCCESS(status)) return status;
  status = QueryValues(key, QueryTable, Context, static_cast<const WCHAR*>(Environment), kHooks);
  DereferenceKey(key);
  return status;
}

}  // extern "C"
