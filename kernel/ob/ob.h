// The object manager: types, objects, names, handles.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nt/ob.h"
#include "nt/ps.h"
#include "nt/se.h"

struct ACCESS_STATE;
using PACCESS_STATE = ACCESS_STATE*;

namespace nt::ob {

/// What a parse procedure is asked: find (or make) what `remaining` names below `object`.
struct ParseRequest {
  PVOID object;         ///< whose name was met
  POBJECT_TYPE wanted;  ///< type asked for, or null
  KPROCESSOR_MODE mode;
  ULONG attributes;
  ACCESS_MASK access;  ///< asked for; the procedure may say here what is granted
  PVOID context;       ///< the opener's own
  const UNICODE_STRING* complete;
  UNICODE_STRING remaining;  ///< what is left of the name; starts with a backslash, or is empty
};

/// What makes a type. All procedures are optional host functions.
struct TypeInitializer {
  const char16_t* name;
  GENERIC_MAPPING mapping{};
  ACCESS_MASK valid_access = 0x1f0000;
  bool ignore_case = false;         ///< names are compared without regard to case whatever the attributes say
  bool secured = false;             ///< named objects have a security descriptor of their own, which opening them is checked against
  bool security_required = false;   ///< unnamed ones as well
  bool supports_callbacks = false;  ///< ObRegisterCallbacks may name it
  bool dispatcher = false;          ///< the body (or what default_offset says) can be waited for
  ULONG default_offset = 0;         ///< where in the body the dispatcher header lies
  void (*close)(PEPROCESS process, PVOID object, ACCESS_MASK access, LONGLONG process_handles, LONGLONG system_handles) = nullptr;
  void (*destroy)(PVOID object) = nullptr;  ///< before the memory goes; at PASSIVE_LEVEL
  /// A handle is about to be made with this access, of which the procedure may take away or to which it may add what is implied.
  NTSTATUS (*open)(PVOID object, KPROCESSOR_MODE mode, bool maximum, ACCESS_MASK* access) = nullptr;
  NTSTATUS (*parse)(ParseRequest& request, PVOID* object) = nullptr;
  NTSTATUS (*query_name)(PVOID object, std::u16string* name) = nullptr;
  PVOID* (*security)(PVOID object) = nullptr;  ///< where it keeps its security descriptor; without, in the object's header
  /// How it answers itself for the security of objects that `security` gives no place for: to be asked (QuerySecurityDescriptor, as
  /// se::ReturnSecurity) or to be changed.
  NTSTATUS (*security_method)(PVOID object, SECURITY_OPERATION_CODE operation, PSECURITY_INFORMATION information,
                              PSECURITY_DESCRIPTOR descriptor, PULONG length, KPROCESSOR_MODE mode) = nullptr;
};

/// What decides about access to objects; the security component's part.
struct SecurityHooks {
  /// What the caller may have of `wanted`, generic rights mapped; with MAXIMUM_ALLOWED all it may. STATUS_ACCESS_DENIED, …
  NTSTATUS (*check)(PVOID object, ACCESS_MASK wanted, ACCESS_MASK* granted);
  /// Copies a creator's descriptor to pool.
  NTSTATUS (*capture)(PVOID descriptor, KPROCESSOR_MODE mode, PVOID* captured);
  /// Gives a new object a descriptor: what its creator asked for, and for the rest what a token says; null: the caller's.
  NTSTATUS (*assign)(PVOID object, PVOID asked, PVOID token);
  /// Whether the caller, if in user mode, holds a privilege.
  bool (*holds)(ULONG privilege);
};
/// Before that, everybody may do everything.
void SetSecurity(const SecurityHooks& hooks);
const SecurityHooks& Security();

/// Creates the directory tree and the basic types. After pool.
void Initialize();
/// Sets the data exports that name types; after ldr made the built-in modules.
void PublishDispatcherTypes();
void Shutdown();

/// Creates a type and its entry in \ObjectTypes.
POBJECT_TYPE CreateType(const TypeInitializer& initializer);
std::u16string_view TypeName(POBJECT_TYPE type);
/// A type's number as callers see it; they begin at 2.
inline constexpr ULONG kFirstTypeNumber = 2;
ULONG TypeNumber(POBJECT_TYPE type);
const GENERIC_MAPPING& MappingOf(POBJECT_TYPE type);
/// Bytes of the object's security descriptor; 0 without one.
ULONG SecuritySize(PVOID object);
/// Where the object's security descriptor is kept: self-relative, from pool, or null.
PVOID* SecurityOf(PVOID object);
/// What answers for an object's security instead, or null.
decltype(TypeInitializer::security_method) SecurityMethodOf(PVOID object);
POBJECT_TYPE TypeOf(PVOID object);
/// Where a wait for the object really waits; null if it cannot be waited for.
PVOID DispatcherOf(PVOID object);

inline POBJECT_HEADER HeaderOf(PVOID object) { return static_cast<POBJECT_HEADER>(object) - 1; }

/// Full name, empty if the object has none.
std::u16string NameOf(PVOID object);

/// Makes a handle table for a process (EPROCESS::ObjectTable), and closes all of its handles.
PVOID CreateHandleTable(PEPROCESS process);
void DestroyHandleTable(PEPROCESS process);
/// Gives a new process the inheritable handles of its parent, under the same numbers.
/// If `only` is not empty, no others. STATUS_INVALID_PARAMETER if one of them is not inheritable.
NTSTATUS InheritHandles(PEPROCESS parent, PEPROCESS child, std::span<const HANDLE> only = {});
/// Makes a handle in `target` for what a handle in `source` means, with the same access; null if it means nothing.
HANDLE CopyHandle(PEPROCESS source, HANDLE handle, PEPROCESS target);
/// Handles in use, and the most that ever were.
SIZE_T HandleCount(PEPROCESS process);
SIZE_T HandleCountPeak(PEPROCESS process);

/// Makes a handle for an object the caller has a reference to; the handle has one of its own. The access is not checked.
NTSTATUS CreateHandle(PVOID object, ULONG attributes, ACCESS_MASK access, KPROCESSOR_MODE mode, PHANDLE handle);
/// Likewise, but who asks in user mode, or with OBJ_FORCE_ACCESS_CHECK, gets what the object's security descriptor lets him have.
NTSTATUS OpenHandle(PVOID object, ULONG attributes, ACCESS_MASK access, KPROCESSOR_MODE mode, PHANDLE handle);
/// Gives a new object the descriptor that it needs, if its type has them; `asked` may be null, and so may the token: the caller's.
NTSTATUS AssignSecurity(PVOID object, PVOID asked, bool named, PVOID token = nullptr);

/// Creates a directory or symbolic link for the kernel itself; permanent.
NTSTATUS CreateDirectory(std::u16string_view path);
NTSTATUS CreateSymbolicLink(std::u16string_view path, std::u16string_view target, bool permanent);
NTSTATUS DeleteSymbolicLink(std::u16string_view path);
/// Which directory \\?? means to the caller besides \\GLOBAL??: names its logon session, 0 if it has none of its own.
void SetLogonOf(ULONGLONG (*logon)());
/// Whether something has this name; symbolic links are not followed.
bool NameExists(std::u16string_view path);

/// One live object, for reports.
struct ObjectReport {
  PVOID object;
  std::u16string_view type;
  ULONG_PTR creator;  ///< PE address; 0 for the kernel
};
/// Whether an object is at this address.
bool IsLive(PVOID object);
void ForEachObject(const std::function<void(const ObjectReport&)>& visit);
/// Object callbacks whose routines lie in a range of addresses; `handle` is what ObUnRegisterCallbacks takes.
struct CallbackReport {
  PVOID handle;
  PVOID routine;
};
std::vector<CallbackReport> CallbacksIn(ULONG_PTR base, SIZE_T size);
struct HandleReport {
  HANDLE handle;
  PVOID object;
  ACCESS_MASK access;
  ULONG_PTR creator;
  ULONG attributes;
};
void ForEachHandle(PEPROCESS process, const std::function<void(const HandleReport&)>& visit);

/// Makes the events of \\KernelObjects, in a system thread; after ps.
void CreateKernelObjects();

}  // namespace nt::ob

extern "C" {
NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE ObjectType, POBJECT_ATTRIBUTES ObjectAttributes,
                        KPROCESSOR_MODE OwnershipMode, PVOID ParseContext, ULONG ObjectBodySize, ULONG PagedPoolCharge,
                        ULONG NonPagedPoolCharge, PVOID* Object);
NTSTATUS ObInsertObject(PVOID Object, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess, ULONG ObjectPointerBias, PVOID* NewObject,
                        PHANDLE Handle);
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                   PVOID* Object, POBJECT_HANDLE_INFORMATION HandleInformation);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                 POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PVOID ParseContext, PVOID* Object);
NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode);
LONG_PTR ObfReferenceObject(PVOID Object);
LONG_PTR ObfDereferenceObject(PVOID Object);
VOID ObDereferenceObjectDeferDelete(PVOID Object);
NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                            PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle);
NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                               POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PHANDLE Handle);
NTSTATUS ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
NTSTATUS ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length, PULONG ReturnLength);
POBJECT_TYPE ObGetObjectType(PVOID Object);
VOID ObMakeTemporaryObject(PVOID Object);
VOID ObUnRegisterCallbacks(PVOID RegistrationHandle);
BOOLEAN ObIsKernelHandle(HANDLE Handle);
NTSTATUS NtClose(HANDLE Handle);
}
