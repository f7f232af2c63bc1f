// Key objects: what a key's handle refers to. The only part of the registry that knows the object manager.
#pragma once

#include "kernel/cm/registry.h"

namespace nt::cm {

/// Creates the Key type and the object \REGISTRY.
void CreateKeyType(Key* root);
/// Sets CmKeyObjectType.
void ExportKeyType();

/// Opens, or creates (walk->create), the key that the attributes name. The handle belongs to the previous mode, `*handle` is the host's.
NTSTATUS OpenKey(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode, ACCESS_MASK access, Walk* walk, PHANDLE handle);

/// The key of a handle, with one reference that the caller gives back by DereferenceKey.
/// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
NTSTATUS ReferenceKeyByHandle(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, Key** key);

}  // namespace nt::cm
