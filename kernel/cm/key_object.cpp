#include "kernel/cm/key_object.h"

#include "kernel/api/api.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

/// The object's body.
struct KeyBody {
  Key* key;
};

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

NTSTATUS MakeObject(Key* key, PVOID* object) {
  const NTSTATUS status = ObCreateObject(KernelMode, TheRegistry().key_type, nullptr, KernelMode, nullptr, sizeof(KeyBody), 0, 0, object);
  if (!NT_SUCCESS(status)) return status;
  static_cast<KeyBody*>(*object)->key = key;
  ReferenceKey(key);
  return STATUS_SUCCESS;
}

void CmpDeleteKeyObject(PVOID object) {
  Key* const key = static_cast<KeyBody*>(object)->key;
  if (key != nullptr) DereferenceKey(key);
}

NTSTATUS CmpParseKey(ob::ParseRequest& request, PVOID* object) {
  if (request.wanted != nullptr && request.wanted != TheRegistry().key_type) return STATUS_OBJECT_TYPE_MISMATCH;
  Walk open;
  Walk& walk = request.context != nullptr ? *static_cast<Walk*>(request.context) : open;
  if ((request.attributes & OBJ_OPENLINK) != 0) walk.open_link = true;
  // A name relative to a key's handle must not start like an absolute one.
  const std::u16string_view rest = View(request.remaining);
  if (rest.starts_with(u'\\') && rest.size() == View(*request.complete).size()) return STATUS_OBJECT_PATH_SYNTAX_BAD;
  Key* key = nullptr;
  const NTSTATUS status = WalkTo(static_cast<KeyBody*>(request.object)->key, rest, walk, &key);
  return NT_SUCCESS(status) ? MakeObject(key, object) : status;
}

NTSTATUS CmpQueryKeyName(PVOID object, std::u16string* name) {
  const Key* const key = static_cast<KeyBody*>(object)->key;
  if (key->deleted) return STATUS_KEY_DELETED;
  *name = key->Path();
  return STATUS_SUCCESS;
}

}  // namespace

void CreateKeyType(Key* root) {
  TheRegistry().key_type = ob::CreateType({.name = u"Key",
                                           .mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
                                           .valid_access = KEY_ALL_ACCESS | SYNCHRONIZE,
                                           .ignore_case = true,
                                           .destroy = &CmpDeleteKeyObject,
                                           .parse = &CmpParseKey,
                                           .query_name = &CmpQueryKeyName});
  WCHAR text[] = u"\\REGISTRY";
  UNICODE_STRING name{sizeof text - sizeof(WCHAR), sizeof text, text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, nullptr, nullptr};
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, TheRegistry().key_type, &attributes, KernelMode, nullptr, sizeof(KeyBody), 0, 0, &object)))
    return;
  static_cast<KeyBody*>(object)->key = root;
  ReferenceKey(root);
  ObInsertObject(object, nullptr, KEY_ALL_ACCESS, 0, nullptr, nullptr);
}

void ExportKeyType() { *api::Data<POBJECT_TYPE>("CmKeyObjectType") = TheRegistry().key_type; }

NTSTATUS OpenKey(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode, ACCESS_MASK access, Walk* walk, PHANDLE handle) {
  return ObOpenObjectByName(attributes, TheRegistry().key_type, mode, nullptr, access & ~KEY_WOW64_RES, walk, handle);
}

NTSTATUS ReferenceKeyByHandle(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, Key** key) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, access, TheRegistry().key_type, mode, &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  *key = static_cast<KeyBody*>(object)->key;
  ReferenceKey(*key);
  ObfDereferenceObject(object);
  return STATUS_SUCCESS;
}

}  // namespace nt::cm
