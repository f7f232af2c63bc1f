#include "kernel/cm/key_object.h"

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/cm/callbacks.h"
#include "kernel/cm/guard.h"
#include "kernel/cm/key_security.h"
#include "kernel/cm/notify.h"
#include "kernel/ex/ex.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

/// The object's body.
struct KeyBody {
  Key* key;
  ObjectContext* contexts;
  Watch* watch;
  PUNICODE_STRING name;
  ULONG tags;
};
constexpr int kMaxLinks = 64;
constexpr SIZE_T kMaxPath = 0xFFFE;     // bytes, what a UNICODE_STRING can count
constexpr ULONG kNameTag = 0x6E426D43;  // 'CmBn'
KeyBody* BodyOf(PVOID object) { return static_cast<KeyBody*>(object); }

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

NTSTATUS MakeObject(Key* key, PVOID* object) {
  const NTSTATUS status = ObCreateObject(KernelMode, TheRegistry().key_type, nullptr, KernelMode, nullptr, sizeof(KeyBody), 0, 0, object);
  if (!NT_SUCCESS(status)) return status;
  *BodyOf(*object) = {key, nullptr, nullptr, nullptr, 0};
  ReferenceKey(key);
  return STATUS_SUCCESS;
}

void NotifyClose(PVOID object) {
  REG_KEY_HANDLE_CLOSE_INFORMATION information{object, nullptr, nullptr, nullptr};
  // A driver may reference the object meanwhile; it must not go a second time for that.
  ++ob::HeaderOf(object)->PointerCount;
  Notified(RegNtPreKeyHandleClose, RegNtPostKeyHandleClose, object, information, [] { return STATUS_SUCCESS; });
  CleanContexts(&BodyOf(object)->contexts);
  --ob::HeaderOf(object)->PointerCount;
}

void CmpCloseKeyObject(PEPROCESS /*process*/, PVOID object, ACCESS_MASK /*access*/, LONGLONG /*process_handles*/, LONGLONG system_handles) {
  if (system_handles == 1 && RegistryExists()) EndWatch(object);
}

void CmpDeleteKeyObject(PVOID object) {
  Key* const key = BodyOf(object)->key;
  if (key == nullptr) return;
  if (RegistryExists()) EndWatch(object);
  if (RegistryExists() && HasCallbacks()) NotifyClose(object);
  if (BodyOf(object)->name != nullptr) ex::FreePool(BodyOf(object)->name);
  DereferenceKey(key);
}

/// One look at a name that drivers are told of.
struct Leg {
  UNICODE_STRING complete;
  UNICODE_STRING remaining;
  PVOID root;
};

NTSTATUS WalkLeg(const Leg& leg, Walk& walk, PVOID* object) {
  Key* key = nullptr;
  const NTSTATUS status = WalkTo(BodyOf(leg.root)->key, View(leg.remaining), walk, &key);
  return status == STATUS_SUCCESS ? MakeObject(key, object) : status;
}

/// If drivers made a failure of a success, the object goes, whether they gave it back, as they should, or not.
void DropRefused(PVOID object) {
  if (ob::HeaderOf(object)->PointerCount > 1) ObfDereferenceObject(object);
  ObfDereferenceObject(object);
}

NTSTATUS NotifiedLeg(Leg& leg, ob::ParseRequest& request, Walk& walk, const Opener& opener, PVOID* object) {
  ULONG disposition = 0;
  UNICODE_STRING class_name{static_cast<USHORT>(walk.class_name.size() * sizeof(WCHAR)),
                            static_cast<USHORT>(walk.class_name.size() * sizeof(WCHAR)), const_cast<PWSTR>(walk.class_name.data())};
  *object = nullptr;
  REG_CREATE_KEY_INFORMATION_V1 information{};
  information.CompleteName = &leg.complete;
  information.RootObject = leg.root;
  information.ObjectType = TheRegistry().key_type;
  information.Options = walk.options;
  information.Class = walk.create ? &class_name : nullptr;
  information.SecurityDescriptor = walk.security;
  information.DesiredAccess = request.access;
  information.Disposition = walk.create ? &disposition : nullptr;
  information.ResultObject = object;
  information.Version = 1;
  information.RemainingName = &leg.remaining;
  information.Wow64Flags = walk.wow64_flags;
  information.Attributes = request.attributes;
  information.CheckAccessMode = request.mode;
  Calls calls;
  NTSTATUS status =
      CallBefore(&calls, walk.create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, leg.root, &information, &information.CallContext);
  const bool bypassed = status == STATUS_CALLBACK_BYPASS;
  if (bypassed) {
    status = *object != nullptr ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;  // a driver made it itself, or should have
    walk.created = disposition == REG_CREATED_NEW_KEY;
    if (information.GrantedAccess != 0) request.access = information.GrantedAccess;
  } else if (NT_SUCCESS(status)) {
    status = WalkLeg(leg, walk, object);
    disposition = walk.created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    information.GrantedAccess = status == STATUS_SUCCESS ? opener.granted() : 0;
  }
  PVOID const made = status == STATUS_SUCCESS ? *object : nullptr;
  if (made != nullptr) ObfReferenceObject(made);
  const NTSTATUS result = CallAfter(&calls, walk.create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx, leg.root, made, status, &information);
  if (made == nullptr) return result;
  if (NT_SUCCESS(result)) {
    ObfDereferenceObject(made);
  } else {
    DropRefused(made);
  }
  return result;
}

/// Drivers see each link followed: a look that ends with STATUS_REPARSE, and another one at the name the link leads to.
NTSTATUS NotifiedWalk(ob::ParseRequest& request, Walk& walk, const Opener& opener, PVOID* object) {
  Leg leg{*request.complete, request.remaining, request.object};
  walk.stop_at_links = true;
  for (int links = 0; links < kMaxLinks; ++links) {
    const NTSTATUS status = NotifiedLeg(leg, request, walk, opener, object);
    if (status != STATUS_REPARSE) return status;
    walk.name = walk.target;
    if (walk.name.size() * sizeof(WCHAR) > kMaxPath) return STATUS_NAME_TOO_LONG;
    const auto length = static_cast<USHORT>(walk.name.size() * sizeof(WCHAR));
    constexpr USHORT kRegistryLength = 9 * sizeof(WCHAR);
    leg.complete = {length, length, walk.name.data()};
    leg.remaining = {static_cast<USHORT>(length - kRegistryLength), static_cast<USHORT>(length - kRegistryLength), walk.name.data() + 9};
    leg.root = TheRegistry().root_object;
  }
  return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS CmpParseKey(ob::ParseRequest& request, PVOID* object) {
  if (request.wanted != nullptr && request.wanted != TheRegistry().key_type) return STATUS_OBJECT_TYPE_MISMATCH;
  Walk open;
  Walk& walk = request.context != nullptr ? *static_cast<Walk*>(request.context) : open;
  if ((request.attributes & OBJ_OPENLINK) != 0) walk.open_link = true;
  // A name relative to a key's handle must not start like an absolute one.
  const std::u16string_view rest = View(request.remaining);
  if (rest.starts_with(u'\\') && rest.size() == View(*request.complete).size()) return STATUS_OBJECT_PATH_SYNTAX_BAD;
  const bool checked = request.mode == UserMode || (request.attributes & OBJ_FORCE_ACCESS_CHECK) != 0;
  Opener opener(request.access, walk.options, checked, walk.security);
  walk.guard = &opener;
  const NTSTATUS status = HasCallbacks() ? NotifiedWalk(request, walk, opener, object)
                                         : WalkLeg({*request.complete, request.remaining, request.object}, walk, object);
  walk.guard = nullptr;
  if (NT_SUCCESS(status) && opener.granted() != 0) request.access = opener.granted();
  return status;
}

NTSTATUS CmpQueryKeyName(PVOID object, std::u16string* name) {
  const Key* const key = BodyOf(object)->key;
  if (key->deleted) return STATUS_KEY_DELETED;
  *name = key->Path();
  return STATUS_SUCCESS;
}

}  // namespace

void CreateKeyType(Key* root) {
  TheRegistry().key_type = ob::CreateType({.name = u"Key",
                                           .mapping = kKeyMapping,
                                           .valid_access = KEY_ALL_ACCESS | SYNCHRONIZE,
                                           .ignore_case = true,
                                           .close = &CmpCloseKeyObject,
                                           .destroy = &CmpDeleteKeyObject,
                                           .parse = &CmpParseKey,
                                           .query_name = &CmpQueryKeyName,
                                           .security_method = &CmpSecurityMethod});
  TheRegistry().changed = &ReportChange;
  WCHAR text[] = u"\\REGISTRY";
  UNICODE_STRING name{sizeof text - sizeof(WCHAR), sizeof text, text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, nullptr, nullptr};
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, TheRegistry().key_type, &attributes, KernelMode, nullptr, sizeof(KeyBody), 0, 0, &object)))
    return;
  BodyOf(object)->key = root;
  TheRegistry().root_object = object;
  ReferenceKey(root);
  ObInsertObject(object, nullptr, KEY_ALL_ACCESS, 0, nullptr, nullptr);
}

void ExportKeyType() { *api::Data<POBJECT_TYPE>("CmKeyObjectType") = TheRegistry().key_type; }

NTSTATUS OpenKey(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode, ACCESS_MASK access, Walk* walk, PHANDLE handle) {
  walk->wow64_flags = access & KEY_WOW64_RES;
  return ObOpenObjectByName(attributes, TheRegistry().key_type, mode, nullptr, access & ~KEY_WOW64_RES, walk, handle);
}

Key* KeyOf(PVOID object) { return BodyOf(object)->key; }

ObjectContext** ContextsOf(PVOID object) { return &BodyOf(object)->contexts; }

Watch** PlaceOfWatch(PVOID object) { return &BodyOf(object)->watch; }

ULONG* TagsOf(PVOID object) { return &BodyOf(object)->tags; }

ULONG_PTR IdOf(Key* key) {
  if (key->id == 0) key->id = ++TheRegistry().last_id;
  return key->id;
}

PUNICODE_STRING MakeString(std::u16string_view text, ULONG tag) {
  const auto length = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  auto* const made = static_cast<PUNICODE_STRING>(ex::AllocatePool(PagedPool, sizeof(UNICODE_STRING) + length + sizeof(WCHAR), tag));
  if (made == nullptr) return nullptr;
  *made = {length, static_cast<USHORT>(length + sizeof(WCHAR)), reinterpret_cast<PWSTR>(made + 1)};
  std::memcpy(made->Buffer, text.data(), length);
  made->Buffer[text.size()] = 0;
  return made;
}

PCUNICODE_STRING CachedName(PVOID object) {
  KeyBody* const body = BodyOf(object);
  if (body->name == nullptr) body->name = MakeString(body->key->Path(), kNameTag);
  return body->name;
}

NTSTATUS ReferenceKeyObject(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, PVOID* object) {
  return ObReferenceObjectByHandle(handle, access, TheRegistry().key_type, mode, object, nullptr);
}

NTSTATUS ReferenceKeyByHandle(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, Key** key) {
  PVOID object = nullptr;
  const NTSTATUS status = ReferenceKeyObject(handle, access, mode, &object);
  if (!NT_SUCCESS(status)) return status;
  *key = KeyOf(object);
  ReferenceKey(*key);
  ObfDereferenceObject(object);
  return STATUS_SUCCESS;
}

}  // namespace nt::cm
