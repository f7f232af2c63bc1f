// What is told about objects, their handles and types, and what of a handle can be changed: NtQueryObject, NtSetInformationObject.
#include <cstring>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/ob/services.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

namespace nt::ob {
namespace {

constexpr ULONG kProtectFromClose = 1;

struct OBJECT_BASIC_INFORMATION {
  ULONG Attributes;
  ACCESS_MASK GrantedAccess;
  ULONG HandleCount;
  ULONG PointerCount;
  ULONG PagedPoolCharge;
  ULONG NonPagedPoolCharge;
  ULONG Reserved[3];
  ULONG NameInfoSize;
  ULONG TypeInfoSize;
  ULONG SecurityDescriptorSize;
  LARGE_INTEGER CreationTime;
};
NT_SIZE(OBJECT_BASIC_INFORMATION, 0x38);

struct OBJECT_TYPE_INFORMATION {
  UNICODE_STRING TypeName;
  ULONG TotalNumberOfObjects;
  ULONG TotalNumberOfHandles;
  ULONG PoolUsage[4];  ///< paged, non-paged, of names, of handle tables
  ULONG HighWaterNumberOfObjects;
  ULONG HighWaterNumberOfHandles;
  ULONG HighWaterPoolUsage[4];
  ULONG InvalidAttributes;
  GENERIC_MAPPING GenericMapping;
  ULONG ValidAccessMask;
  BOOLEAN SecurityRequired;
  BOOLEAN MaintainHandleCount;
  UCHAR TypeIndex;
  CHAR ReservedByte;
  ULONG PoolType;
  ULONG DefaultPagedPoolCharge;
  ULONG DefaultNonPagedPoolCharge;
};
NT_SIZE(OBJECT_TYPE_INFORMATION, 0x68);
NT_OFFSET(OBJECT_TYPE_INFORMATION, GenericMapping, 0x44);
NT_OFFSET(OBJECT_TYPE_INFORMATION, TypeIndex, 0x5a);

using Bytes = std::vector<UCHAR>;

void Append(Bytes* answer, const void* from, SIZE_T size) {
  const auto* const bytes = static_cast<const UCHAR*>(from);
  answer->insert(answer->end(), bytes, bytes + size);
}

/// The size of a type's description with its name, which is padded so that another can follow.
SIZE_T TypeSize(POBJECT_TYPE type) {
  constexpr SIZE_T kAlign = sizeof(PVOID);
  return sizeof(OBJECT_TYPE_INFORMATION) + ((type->Name.MaximumLength + kAlign - 1) & ~(kAlign - 1));
}

/// A type's description for a buffer that starts at `base`.
void AppendType(Bytes* answer, POBJECT_TYPE type, PVOID base) {
  const TypeInitializer& initializer = type->initializer;
  OBJECT_TYPE_INFORMATION information{};
  const SIZE_T end = answer->size() + TypeSize(type);
  information.TypeName = type->Name;
  information.TypeName.Buffer = reinterpret_cast<PWSTR>(static_cast<char*>(base) + answer->size() + sizeof information);
  information.TotalNumberOfObjects = static_cast<ULONG>(type->objects);
  information.TotalNumberOfHandles = static_cast<ULONG>(type->handles);
  information.HighWaterNumberOfObjects = static_cast<ULONG>(type->most_objects);
  information.HighWaterNumberOfHandles = static_cast<ULONG>(type->most_handles);
  information.GenericMapping = initializer.mapping;
  information.ValidAccessMask = initializer.valid_access;
  information.SecurityRequired = initializer.security_required ? TRUE : FALSE;
  information.MaintainHandleCount = initializer.close != nullptr ? TRUE : FALSE;
  information.TypeIndex = static_cast<UCHAR>(TypeNumber(type));
  information.PoolType = NonPagedPoolNx;
  Append(answer, &information, sizeof information);
  Append(answer, type->Name.Buffer, type->Name.Length);
  answer->resize(end);
}

ULONG NameSize(PVOID object) {
  const SIZE_T length = FullName(object).size() * sizeof(WCHAR);
  return static_cast<ULONG>(length != 0 ? sizeof(UNICODE_STRING) + length + sizeof(WCHAR) : 0);
}

void AppendBasic(Bytes* answer, PVOID object, const OBJECT_HANDLE_INFORMATION& handle) {
  const OBJECT_HEADER& header = *HeaderOf(object);
  OBJECT_BASIC_INFORMATION basic{};
  basic.Attributes = handle.HandleAttributes;
  if ((header.Flags & OB_FLAG_PERMANENT_OBJECT) != 0) basic.Attributes |= OBJ_PERMANENT;
  if ((header.Flags & OB_FLAG_EXCLUSIVE_OBJECT) != 0) basic.Attributes |= OBJ_EXCLUSIVE;
  basic.GrantedAccess = handle.GrantedAccess;
  basic.HandleCount = static_cast<ULONG>(header.HandleCount);
  basic.PointerCount = static_cast<ULONG>(header.PointerCount);
  basic.NameInfoSize = NameSize(object);
  basic.TypeInfoSize = static_cast<ULONG>(TypeSize(TypeOf(object)));
  if ((handle.GrantedAccess & READ_CONTROL) != 0) basic.SecurityDescriptorSize = SecuritySize(object);
  if (TypeOf(object) == Ob().link_type) basic.CreationTime = static_cast<SymbolicLink*>(object)->created;
  Append(answer, &basic, sizeof basic);
}

void AppendName(Bytes* answer, PVOID object, PVOID base) {
  const std::u16string name = FullName(object);
  const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  UNICODE_STRING string{};
  if (bytes != 0)
    string = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), reinterpret_cast<PWSTR>(static_cast<UNICODE_STRING*>(base) + 1)};
  Append(answer, &string, sizeof string);
  if (bytes != 0) Append(answer, name.c_str(), bytes + sizeof(WCHAR));
}

void AppendTypes(Bytes* answer, PVOID base) {
  const ULONG64 count = Ob().types.size();
  Append(answer, &count, sizeof count);
  for (POBJECT_TYPE type : Ob().types) AppendType(answer, type, base);
}

/// What a buffer of `length` bytes gets: all, or why it gets nothing.
NTSTATUS Judge(ULONG information_class, ULONG length, SIZE_T needed) {
  const bool exact = information_class == ObjectBasicInformation || information_class == ObjectHandleFlagInformation;
  if (exact ? length == needed : length >= needed) return STATUS_SUCCESS;
  return information_class == ObjectNameInformation && length >= sizeof(UNICODE_STRING) ? STATUS_BUFFER_OVERFLOW
                                                                                        : STATUS_INFO_LENGTH_MISMATCH;
}

/// The answer about a referenced object; `object` is null for the one class that is not about one.
NTSTATUS Collect(ULONG information_class, PVOID object, const OBJECT_HANDLE_INFORMATION& handle, PVOID base, Bytes* answer) {
  const BOOLEAN flags[2] = {(handle.HandleAttributes & OBJ_INHERIT) != 0, (handle.HandleAttributes & kProtectFromClose) != 0};
  switch (information_class) {
    case ObjectBasicInformation:
      return AppendBasic(answer, object, handle), STATUS_SUCCESS;
    case ObjectNameInformation:
      return AppendName(answer, object, base), STATUS_SUCCESS;
    case ObjectTypeInformation:
      return AppendType(answer, TypeOf(object), base), STATUS_SUCCESS;
    case ObjectTypesInformation:
      return AppendTypes(answer, base), STATUS_SUCCESS;
    case ObjectHandleFlagInformation:
      return Append(answer, flags, sizeof flags), STATUS_SUCCESS;
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

}  // namespace
}  // namespace nt::ob

using namespace nt::ob;
namespace ke = nt::ke;
namespace mm = nt::mm;

extern "C" {

NTSTATUS NtQueryObject(HANDLE Handle, ULONG ObjectInformationClass, PVOID ObjectInformation, ULONG Length, PULONG ReturnLength) {
  PVOID object = nullptr;
  OBJECT_HANDLE_INFORMATION handle{};
  NTSTATUS status = ObjectInformationClass != ObjectHandleFlagInformation ? mm::ProbeAnswer(ObjectInformation, Length, ReturnLength)
                                                                          : mm::ProbeResult(ReturnLength, sizeof *ReturnLength);
  if (!NT_SUCCESS(status)) return status;
  if (ObjectInformationClass != ObjectTypesInformation)
    status = ObReferenceObjectByHandle(Handle, 0, nullptr, ke::PreviousMode(), &object, &handle);
  if (!NT_SUCCESS(status)) return status;
  Bytes answer;
  status = Collect(ObjectInformationClass, object, handle, ObjectInformation, &answer);
  const auto size = static_cast<ULONG>(answer.size());
  if (object != nullptr) ObfDereferenceObject(object);
  if (NT_SUCCESS(status) && ReturnLength != nullptr) status = mm::Store(ReturnLength, size);
  if (NT_SUCCESS(status)) status = Judge(ObjectInformationClass, Length, size);
  return NT_SUCCESS(status) ? mm::StoreBytes(ObjectInformation, answer.data(), size) : status;
}

NTSTATUS NtSetInformationObject(HANDLE Handle, ULONG ObjectInformationClass, PVOID ObjectInformation, ULONG Length) {
  constexpr ULONG kSession = 5, kSessionObject = 6;
  constexpr ULONG kTcbPrivilege = 7;
  if (ObjectInformationClass == kSession || ObjectInformationClass == kSessionObject)
    return Security().holds(kTcbPrivilege) ? STATUS_NOT_SUPPORTED : STATUS_PRIVILEGE_NOT_HELD;
  if (ObjectInformationClass != ObjectHandleFlagInformation) return STATUS_INVALID_INFO_CLASS;
  BOOLEAN flags[2] = {};
  if (Length != sizeof flags) return STATUS_INFO_LENGTH_MISMATCH;
  if (ke::PreviousMode() == UserMode) {
    const NTSTATUS status = mm::CopyFromUser(flags, ObjectInformation, sizeof flags);
    if (!NT_SUCCESS(status)) return status;
  } else {
    std::memcpy(flags, ObjectInformation, sizeof flags);
  }
  return ObSetHandleAttributes(Handle, flags, ke::PreviousMode());
}

}  // extern "C"
