// Key objects: what a key's handle refers to. The only part of the registry that knows the object manager.
#pragma once

#include "kernel/cm/registry.h"

namespace nt::cm {

struct ObjectContext;
struct Watch;

/// Creates the Key type and the object \REGISTRY.
void CreateKeyType(Key* root);
/// Sets CmKeyObjectType.
void ExportKeyType();

/// Opens, or creates (walk->create), the key that the attributes name. The handle belongs to the previous mode, `*handle` is the host's.
NTSTATUS OpenKey(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode, ACCESS_MASK access, Walk* walk, PHANDLE handle);

/// What a handle refers to, with one reference that the caller gives back by ObfDereferenceObject.
/// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
NTSTATUS ReferenceKeyObject(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, PVOID* object);
Key* KeyOf(PVOID object);
/// What drivers that look on have attached to a key object.
ObjectContext** ContextsOf(PVOID object);
/// What is watched through a key object.
Watch** PlaceOfWatch(PVOID object);
/// What a caller marked the key object with; only to be asked again.
ULONG* TagsOf(PVOID object);
/// The number by which they know a key, as long as it is in memory.
ULONG_PTR IdOf(Key* key);
/// A string with its text in one block of paged pool; null if there is no memory.
PUNICODE_STRING MakeString(std::u16string_view text, ULONG tag);
/// The key's name, as it was when it was first asked for; it lasts as long as the object.
PCUNICODE_STRING CachedName(PVOID object);

/// The key of a handle, with one reference that the caller gives back by DereferenceKey.
/// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
NTSTATUS ReferenceKeyByHandle(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, Key** key);

}  // namespace nt::cm
