// Steps that services which create and open named objects share.
#pragma once

#include "kernel/ob/ob.h"

extern "C" NTSTATUS ObSetHandleAttributes(HANDLE Handle, PVOID HandleFlags, KPROCESSOR_MODE PreviousMode);

namespace nt::ob {

/// Gives a new object its name and the caller a handle; takes over the caller's reference. STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF.
NTSTATUS InsertNew(PVOID object, const OBJECT_ATTRIBUTES* attributes, ACCESS_MASK access, PHANDLE handle);
/// Opens an object of a type by name for the caller.
NTSTATUS OpenNamed(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, POBJECT_TYPE type);
/// The name that an object's type gives it, or its place in the namespace.
std::u16string FullName(PVOID object);
/// Stores a handle where the caller wants it; closes it if that is bad memory.
NTSTATUS ReturnHandle(PHANDLE to, HANDLE handle);

}  // namespace nt::ob
