// Objects: creation, references, deletion.
#include <cstring>
#include <utility>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/callbacks.h"
#include "kernel/ob/capture.h"
#include "kernel/ob/handle_table.h"
#include "kernel/ob/state.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::ob {
namespace {

State* state = nullptr;

void Unlink(LIST_ENTRY& link) {
  link.Blink->Flink = link.Flink;
  link.Flink->Blink = link.Blink;
}

void Delete(PVOID object) {
  POBJECT_TYPE const type = TypeOf(object);
  RemoveName(object);
  if (type->initializer.destroy != nullptr) type->initializer.destroy(object);
  Prefix* const prefix = PrefixOf(object);
  Unlink(prefix->link);
  --type->objects;
  if (HeaderOf(object)->SecurityDescriptor != nullptr) ex::FreePool(HeaderOf(object)->SecurityDescriptor);
  delete prefix->request;
  ex::FreePool(prefix);
}

}  // namespace

State& Ob() { return *state; }

void CreateState() {
  state = new State;
  state->objects.Flink = state->objects.Blink = &state->objects;
}

void Shutdown() {
  // The objects themselves go with the pool; what they hold of the host's heap does not.
  for (LIST_ENTRY* link = state->objects.Flink; link != &state->objects; link = link->Flink) {
    auto* const prefix = CONTAINING_RECORD(link, Prefix, link);
    PVOID const object = reinterpret_cast<POBJECT_HEADER>(prefix + 1) + 1;
    if (TypeOf(object) == state->directory_type) FreeEntries(object);
    delete prefix->request;
  }
  FreeCallbacks();
  for (HandleTable* table : state->tables) delete table;
  delete state;
  state = nullptr;
}

void SetSecurity(const SecurityHooks& hooks) { Ob().security = hooks; }

const SecurityHooks& Security() { return Ob().security; }

NTSTATUS AssignSecurity(PVOID object, PVOID asked, bool named, PVOID token) {
  const TypeInitializer& type = TypeOf(object)->initializer;
  const bool needed = type.secured && (named || type.security_required || asked != nullptr);
  return needed && Security().assign != nullptr ? Security().assign(object, asked, token) : STATUS_SUCCESS;
}

POBJECT_TYPE TypeOf(PVOID object) { return Ob().types[HeaderOf(object)->TypeIndex]; }

std::u16string_view TypeName(POBJECT_TYPE type) { return type->initializer.name; }

ULONG TypeNumber(POBJECT_TYPE type) { return type->index + kFirstTypeNumber; }

const GENERIC_MAPPING& MappingOf(POBJECT_TYPE type) { return type->initializer.mapping; }

PVOID* SecurityOf(PVOID object) {
  const TypeInitializer& initializer = TypeOf(object)->initializer;
  PVOID* const own = initializer.security != nullptr ? initializer.security(object) : nullptr;
  return own != nullptr ? own : &HeaderOf(object)->SecurityDescriptor;
}

decltype(TypeInitializer::security_method) SecurityMethodOf(PVOID object) {
  const TypeInitializer& initializer = TypeOf(object)->initializer;
  const bool keeps_its_own = initializer.security != nullptr && initializer.security(object) != nullptr;
  return keeps_its_own ? nullptr : initializer.security_method;
}

PVOID DispatcherOf(PVOID object) {
  const TypeInitializer& initializer = TypeOf(object)->initializer;
  return initializer.dispatcher ? static_cast<char*>(object) + initializer.default_offset : nullptr;
}

POBJECT_TYPE CreateType(const TypeInitializer& initializer) {
  State& ob = Ob();
  OBJECT_TYPE first{};  // in place of the type of types, which is the first and its own
  POBJECT_TYPE const of_types = ob.types.empty() ? &first : ob.types.front();
  auto* const type = static_cast<POBJECT_TYPE>(AllocateObject(of_types, sizeof(OBJECT_TYPE)));
  new (type) OBJECT_TYPE(first);
  HeaderOf(type)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  type->initializer = initializer;
  type->index = static_cast<ULONG>(ob.types.size());
  const auto length = static_cast<USHORT>(std::u16string_view(initializer.name).size() * sizeof(WCHAR));
  type->Name = {length, static_cast<USHORT>(length + 2), const_cast<PWSTR>(initializer.name)};
  ob.types.push_back(type);
  if (ob.types_are_named) NameType(type);
  return type;
}

PVOID AllocateObject(POBJECT_TYPE type, SIZE_T size) {
  const SIZE_T total = sizeof(Prefix) + sizeof(OBJECT_HEADER) + size;
  auto* const prefix = static_cast<Prefix*>(ex::AllocatePool(NonPagedPoolNx, total, 'bOtN'));
  if (prefix == nullptr) return nullptr;
  std::memset(prefix, 0, total);
  auto* const header = reinterpret_cast<POBJECT_HEADER>(prefix + 1);
  header->PointerCount = 1;
  header->TypeIndex = static_cast<UCHAR>(type->index);
  prefix->creator = reinterpret_cast<ULONG_PTR>(ke::CallerAddress());
  LIST_ENTRY& head = Ob().objects;
  prefix->link.Flink = &head;
  prefix->link.Blink = head.Blink;
  head.Blink->Flink = &prefix->link;
  head.Blink = &prefix->link;
  if (++type->objects > type->most_objects) type->most_objects = type->objects;
  return header + 1;
}

void Dereference(PVOID object) {
  if (!Ob().deferred.empty()) DeleteDeferred();
  POBJECT_HEADER const header = HeaderOf(object);
  if (--header->PointerCount > 0) return;
  if (header->PointerCount < 0) {
    ke::BugCheck(REFERENCE_BY_POINTER, 0, reinterpret_cast<ULONG_PTR>(object), 1, static_cast<ULONG_PTR>(header->PointerCount),
                 "An object was dereferenced more often than it was referenced.");
  }
  if (ke::CurrentIrql() > PASSIVE_LEVEL) {
    Ob().deferred.push_back(object);
    return;
  }
  Delete(object);
}

void DeleteDeferred() {
  if (ke::CurrentIrql() > PASSIVE_LEVEL) return;
  while (!Ob().deferred.empty()) {
    PVOID const next = Ob().deferred.back();
    Ob().deferred.pop_back();
    Delete(next);
  }
}

bool IsLive(PVOID wanted) {
  LIST_ENTRY& head = Ob().objects;
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
    if (reinterpret_cast<POBJECT_HEADER>(CONTAINING_RECORD(link, Prefix, link) + 1) + 1 == wanted) return true;
  }
  return false;
}

void ForEachObject(const std::function<void(const ObjectReport&)>& visit) {
  DeleteDeferred();
  LIST_ENTRY& head = Ob().objects;
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
    Prefix* const prefix = CONTAINING_RECORD(link, Prefix, link);
    PVOID const object = reinterpret_cast<POBJECT_HEADER>(prefix + 1) + 1;
    visit({object, TypeName(TypeOf(object)), prefix->creator});
  }
}

}  // namespace nt::ob

using namespace nt::ob;

extern "C" {

NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE ObjectType, POBJECT_ATTRIBUTES ObjectAttributes,
                        KPROCESSOR_MODE /*OwnershipMode*/, PVOID /*ParseContext*/, ULONG ObjectBodySize, ULONG /*PagedPoolCharge*/,
                        ULONG /*NonPagedPoolCharge*/, PVOID* Object) {
  Captured captured;
  const NTSTATUS status = Capture(ObjectAttributes, ProbeMode, &captured);
  if (!NT_SUCCESS(status)) return status;
  // Objects that nobody's call asked for are the kernel's own.
  if (nt::ke::CallerAddress() != nullptr && nt::ex::LetAllocationFail()) return STATUS_INSUFFICIENT_RESOURCES;
  PVOID const object = AllocateObject(ObjectType, ObjectBodySize);
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (ObjectAttributes != nullptr) {
    PrefixOf(object)->attributes = captured.attributes;
    if ((captured.attributes & OBJ_PERMANENT) != 0) HeaderOf(object)->Flags |= OB_FLAG_PERMANENT_OBJECT;
    if ((captured.attributes & OBJ_EXCLUSIVE) != 0) HeaderOf(object)->Flags |= OB_FLAG_EXCLUSIVE_OBJECT;
    PrefixOf(object)->request = new Captured(std::move(captured));
  }
  *Object = object;
  return STATUS_SUCCESS;
}

LONG_PTR ObfReferenceObject(PVOID Object) { return ++HeaderOf(Object)->PointerCount; }

LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG /*Tag*/) { return ObfReferenceObject(Object); }

LONG_PTR ObfDereferenceObject(PVOID Object) {
  const LONG_PTR left = HeaderOf(Object)->PointerCount - 1;
  Dereference(Object);
  return left;
}

LONG_PTR ObfDereferenceObjectWithTag(PVOID Object, ULONG /*Tag*/) { return ObfDereferenceObject(Object); }

VOID ObDereferenceObjectDeferDelete(PVOID Object) { ObfDereferenceObject(Object); }

NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK /*DesiredAccess*/, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode) {
  if (ObjectType != nullptr ? TypeOf(Object) != ObjectType : AccessMode != KernelMode) return STATUS_OBJECT_TYPE_MISMATCH;
  ObfReferenceObject(Object);
  return STATUS_SUCCESS;
}

NTSTATUS ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                           ULONG /*Tag*/) {
  return ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
}

POBJECT_TYPE ObGetObjectType(PVOID Object) { return TypeOf(Object); }

VOID ObMakeTemporaryObject(PVOID Object) {
  const bool kept = (HeaderOf(Object)->Flags & OB_FLAG_PERMANENT_OBJECT) != 0 && PrefixOf(Object)->directory != nullptr;
  HeaderOf(Object)->Flags &= static_cast<UCHAR>(~OB_FLAG_PERMANENT_OBJECT);
  if (HeaderOf(Object)->HandleCount == 0) RemoveName(Object);
  if (kept) Dereference(Object);  // the name's own reference
}

}  // extern "C"
