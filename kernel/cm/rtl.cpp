// The run-time library's registry routines: paths relative to well-known places.
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/cm/query_table.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr ULONG kPoolTag = 0x76517452;  // 'RtQv'

constexpr std::u16string_view kPlaces[RTL_REGISTRY_MAXIMUM] = {
    u"",
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    u"\\Registry\\Machine\\Hardware\\DeviceMap",
    u"\\Registry\\User\\.Default",
};

/// Finds the key, or with `walk.create` makes it. It is referenced.
NTSTATUS LocateKey(ULONG relative_to, PCWSTR path, Walk walk, Key** key) {
  if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {
    return ReferenceKeyByHandle(const_cast<PWSTR>(path), 0, KernelMode, key);
  }
  const ULONG place = relative_to & ~RTL_REGISTRY_OPTIONAL;
  if (place >= RTL_REGISTRY_MAXIMUM || path == nullptr) return STATUS_INVALID_PARAMETER;
  std::u16string name(kPlaces[place]);
  if (place != RTL_REGISTRY_ABSOLUTE) name += u'\\';
  name += path;
  std::u16string_view below = name;
  if (!StripRegistry(&below)) return name.starts_with(u'\\') ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_SYNTAX_BAD;
  walk.options = place == RTL_REGISTRY_DEVICEMAP ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE;
  const NTSTATUS status = WalkTo(&TheRegistry().root, below, walk, key);
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

std::u16string_view NameOf(PCWSTR name) { return name != nullptr ? name : u""; }

constexpr Walk kOpen{};
constexpr Walk kCreate{.create = true};

}  // namespace
}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment) {
  Key* key = nullptr;
  NTSTATUS status = LocateKey(RelativeTo, Path, kOpen, &key);
  if (!NT_SUCCESS(status)) return status;
  status = QueryValues(key, QueryTable, Context, static_cast<const WCHAR*>(Environment), kHooks);
  DereferenceKey(key);
  return status;
}

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength) {
  Key* key = nullptr;
  NTSTATUS status = LocateKey(RelativeTo, Path, kCreate, &key);
  if (!NT_SUCCESS(status)) return status;
  status = ValueData != nullptr || ValueLength == 0 ? SetKeyValue(key, NameOf(ValueName), ValueType, ValueData, ValueLength)
                                                    : STATUS_ACCESS_VIOLATION;
  DereferenceKey(key);
  return status;
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
  Key* key = nullptr;
  NTSTATUS status = LocateKey(RelativeTo, Path, kOpen, &key);
  if (!NT_SUCCESS(status)) return status;
  status = DeleteKeyValue(key, NameOf(ValueName));
  DereferenceKey(key);
  return status;
}

NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
  Key* key = nullptr;
  const NTSTATUS status = LocateKey(RelativeTo, Path, kCreate, &key);
  if (NT_SUCCESS(status)) DereferenceKey(key);
  return status;
}

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
  Key* key = nullptr;
  const NTSTATUS status = LocateKey(RelativeTo, Path, kOpen, &key);
  if (NT_SUCCESS(status)) DereferenceKey(key);
  return status;
}

}  // extern "C"
