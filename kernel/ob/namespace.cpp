// Names: directories, symbolic links, and the walk from a name to an object.
#include <algorithm>
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

namespace nt::ob {
namespace {

constexpr int kMaxLinks = 32;
constexpr SIZE_T kMaxNameBytes = 0xfffe;  // what a UNICODE_STRING can count
constexpr ULONG kNameTag = 'mNbO';

Directory* AsDirectory(PVOID object) { return static_cast<Directory*>(object); }
SymbolicLink* AsLink(PVOID object) { return static_cast<SymbolicLink*>(object); }

bool SameText(std::u16string_view a, std::u16string_view b) { return a == b; }

std::u16string_view NameOfEntry(PVOID object) {
  const Prefix* const prefix = PrefixOf(object);
  return {prefix->name, prefix->name_length / sizeof(WCHAR)};
}

/// Splits "Device\Null" or "\Device\Null" into its first component and the rest, which keeps its backslash.
std::u16string_view TakeComponent(std::u16string_view* rest) {
  if (!rest->empty() && rest->front() == u'\\') rest->remove_prefix(1);
  const auto end = rest->find(u'\\');
  const std::u16string_view component = rest->substr(0, end);
  rest->remove_prefix(component.size());
  return component;
}

/// Takes the directory of DOS devices from the beginning of a name, if it begins with that.
bool TakeDosDevices(std::u16string_view* name) {
  constexpr std::u16string_view kDosDevices = u"\\\?\?";
  if (!name->starts_with(kDosDevices) || (name->size() > kDosDevices.size() && (*name)[kDosDevices.size()] != u'\\')) return false;
  name->remove_prefix(kDosDevices.size());
  return true;
}

std::u16string Hexadecimal(ULONG value) {
  std::u16string text(8, u'0');
  for (int i = 7; i >= 0; --i, value >>= 4) text[static_cast<SIZE_T>(i)] = u"0123456789abcdef"[value & 0xf];
  return text;
}

/// A logon session's own DOS devices; made when the session first has one.
PVOID MakeLocalDosDevices(ULONGLONG logon) {
  const std::u16string path =
      u"\\Sessions\\0\\DosDevices\\" + Hexadecimal(static_cast<ULONG>(logon >> 32)) + u'-' + Hexadecimal(static_cast<ULONG>(logon));
  if (!NT_SUCCESS(CreateDirectory(path))) return nullptr;
  CreateSymbolicLink(path + u"\\Global", u"\\GLOBAL\?\?", true);
  Lookup lookup;
  lookup.attributes = OBJ_CASE_INSENSITIVE;
  PVOID directory = nullptr;
  if (!NT_SUCCESS(LookupName(path, lookup, &directory))) return nullptr;
  AssignSecurity(directory, nullptr, true);
  ObfDereferenceObject(directory);  // its name keeps it
  return Ob().dos_devices[logon] = directory;
}

/// What \?? is to the caller, for a name in it: his logon session's devices hide those of all.
PVOID DosDevicesFor(std::u16string_view rest, bool insert) {
  const ULONGLONG logon = Ob().logon != nullptr ? Ob().logon() : 0;
  PVOID const global = Ob().global_dos_devices;
  if (logon == 0) return global;
  const auto found = Ob().dos_devices.find(logon);
  PVOID local = found != Ob().dos_devices.end() ? found->second : nullptr;
  if (local == nullptr && insert) local = MakeLocalDosDevices(logon);
  if (local == nullptr || insert) return local != nullptr ? local : global;
  const std::u16string_view component = TakeComponent(&rest);
  return component.empty() || FindEntry(local, component, true) != nullptr ? local : global;
}

/// One walk; symbolic links start it anew with their target.
class Walk {
 public:
  Walk(std::u16string_view name, const Lookup& lookup) : name_(name), lookup_(lookup) {}

  NTSTATUS Run(PVOID* object) {
    for (int links = 0; links < kMaxLinks; ++links) {
      bool again = false;
      const NTSTATUS status = Once(object, &again);
      if (!again) return status;
    }
    return STATUS_OBJECT_NAME_INVALID;
  }

 private:
  bool IgnoreCase() const {
    POBJECT_TYPE const type = lookup_.insert != nullptr ? TypeOf(lookup_.insert) : lookup_.type;
    return (lookup_.attributes & OBJ_CASE_INSENSITIVE) != 0 || type == nullptr || type->initializer.ignore_case;
  }

  NTSTATUS Once(PVOID* object, bool* again) {
    PVOID at = relative_ && lookup_.root != nullptr ? lookup_.root : Ob().root;
    std::u16string_view rest = name_;
    if (at == Ob().root && TakeDosDevices(&rest)) {
      at = DosDevicesFor(rest, lookup_.insert != nullptr);
    } else if (at == Ob().root && (rest.empty() || rest.front() != u'\\')) {
      return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    if (at == lookup_.root && !rest.empty() && rest.front() == u'\\' && TypeOf(at) == Ob().directory_type)
      return STATUS_OBJECT_PATH_SYNTAX_BAD;
    // Only directories and what parses names has something below it.
    if (at == lookup_.root && TypeOf(at) != Ob().directory_type && TypeOf(at)->initializer.parse == nullptr) return STATUS_INVALID_HANDLE;
    if (rest == u"\\") return Found(at, {}, object, again);
    for (;;) {
      if (TypeOf(at) != Ob().directory_type) return Found(at, rest, object, again);
      const std::u16string_view before = rest;
      const std::u16string_view component = TakeComponent(&rest);
      if (component.empty()) return before.empty() ? Found(at, {}, object, again) : STATUS_OBJECT_NAME_INVALID;
      PVOID const next = FindEntry(at, component, IgnoreCase());
      const bool last = rest.empty();
      if (next == nullptr) {
        if (!last) return STATUS_OBJECT_PATH_NOT_FOUND;
        if (lookup_.insert == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
        if (!MayInsert(at)) return STATUS_ACCESS_DENIED;
        InsertEntry(at, component, lookup_.insert);
        ObfReferenceObject(lookup_.insert);
        *object = lookup_.insert;
        return STATUS_SUCCESS;
      }
      if (TypeOf(next) == Ob().link_type && !(last && StopsAtLink())) return Follow(next, rest, again);
      at = next;
      if (last) return Found(at, rest, object, again);
    }
  }

  /// Who asks in user mode must be let in by the directory.
  bool MayInsert(PVOID directory) const {
    constexpr ACCESS_MASK kCreateObject = 4, kCreateSubdirectory = 8;
    const bool is_directory = TypeOf(lookup_.insert) == Ob().directory_type;
    ACCESS_MASK granted = 0;
    return lookup_.mode == KernelMode || NT_SUCCESS(CheckAccess(directory, is_directory ? kCreateSubdirectory : kCreateObject, &granted));
  }

  bool StopsAtLink() const {
    return (lookup_.attributes & OBJ_OPENLINK) != 0 || lookup_.type == Ob().link_type || lookup_.insert != nullptr;
  }

  NTSTATUS Follow(PVOID link, std::u16string_view rest, bool* again) {
    std::u16string target(View(AsLink(link)->target));
    target += rest;
    if (target.size() * sizeof(WCHAR) > kMaxNameBytes) return STATUS_NAME_TOO_LONG;
    name_ = target;
    relative_ = false;
    *again = true;
    return STATUS_SUCCESS;
  }

  NTSTATUS Found(PVOID found, std::u16string_view rest, PVOID* object, bool* again) {
    const TypeInitializer& type = TypeOf(found)->initializer;
    if (type.parse != nullptr && lookup_.insert == nullptr) {
      const UNICODE_STRING complete{static_cast<USHORT>(name_.size() * sizeof(WCHAR)), static_cast<USHORT>(name_.size() * sizeof(WCHAR)),
                                    name_.data()};
      ParseRequest request{found,
                           lookup_.type,
                           lookup_.mode,
                           lookup_.attributes,
                           lookup_.access,
                           lookup_.context,
                           &complete,
                           {static_cast<USHORT>(rest.size() * sizeof(WCHAR)), static_cast<USHORT>(rest.size() * sizeof(WCHAR)),
                            const_cast<PWSTR>(rest.data())}};
      const NTSTATUS status = type.parse(request, object);
      if (NT_SUCCESS(status) && lookup_.granted != nullptr) *lookup_.granted = request.access;
      if (status == STATUS_REPARSE) {  // the procedure has another name for us
        name_ = std::u16string(View(request.remaining));
        relative_ = false;
        *again = true;
      }
      return status;
    }
    if (!rest.empty()) return STATUS_OBJECT_PATH_NOT_FOUND;
    if (lookup_.insert != nullptr) {
      if ((lookup_.attributes & OBJ_OPENIF) == 0) return STATUS_OBJECT_NAME_COLLISION;
      if (TypeOf(found) != TypeOf(lookup_.insert)) return STATUS_OBJECT_TYPE_MISMATCH;
      ObfReferenceObject(found);
      *object = found;
      return STATUS_OBJECT_NAME_EXISTS;
    }
    if (lookup_.type != nullptr && TypeOf(found) != lookup_.type) return STATUS_OBJECT_TYPE_MISMATCH;
    ObfReferenceObject(found);
    *object = found;
    return STATUS_SUCCESS;
  }

  std::u16string name_;
  const Lookup& lookup_;
  bool relative_ = true;
};

}  // namespace

std::u16string Fold(std::u16string_view name) {
  std::u16string folded(name);
  for (char16_t& c : folded) {
    if (c >= u'a' && c <= u'z') c = static_cast<char16_t>(c - 0x20);
    if (c >= 0xe0 && c <= 0xfe && c != 0xf7) c = static_cast<char16_t>(c - 0x20);
  }
  return folded;
}

PVOID FindEntry(PVOID directory, std::u16string_view name, bool ignore_case) {
  const std::u16string key = Fold(name);
  for (const Directory::Entry& entry : *AsDirectory(directory)->entries) {
    if (entry.key != key) continue;
    if (ignore_case || SameText(NameOfEntry(entry.object), name)) return entry.object;
  }
  return nullptr;
}

void InsertEntry(PVOID directory, std::u16string_view name, PVOID object) {
  Prefix* const prefix = PrefixOf(object);
  prefix->name = static_cast<PWSTR>(ex::AllocatePool(PagedPool, name.size() * sizeof(WCHAR), kNameTag));
  std::memcpy(prefix->name, name.data(), name.size() * sizeof(WCHAR));
  prefix->name_length = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  prefix->directory = directory;
  ObfReferenceObject(directory);
  AsDirectory(directory)->entries->push_back({Fold(name), object});
  // A name keeps a permanent object alive; a temporary one by its handles.
  if ((HeaderOf(object)->Flags & OB_FLAG_PERMANENT_OBJECT) != 0) ObfReferenceObject(object);
}

void RemoveName(PVOID object) {
  Prefix* const prefix = PrefixOf(object);
  if (prefix->directory == nullptr) return;
  PVOID const directory = prefix->directory;
  auto& entries = *AsDirectory(directory)->entries;
  std::erase_if(entries, [object](const Directory::Entry& entry) { return entry.object == object; });
  prefix->directory = nullptr;
  ObfDereferenceObject(directory);
  // The name itself stays readable until the object goes: reports want it.
}

NTSTATUS LookupName(std::u16string_view name, const Lookup& lookup, PVOID* object) { return Walk(name, lookup).Run(object); }

std::u16string NameOf(PVOID object) {
  if (object == Ob().root) return u"\\";
  const Prefix* const prefix = PrefixOf(object);
  if (prefix->directory == nullptr) return {};
  std::u16string name = prefix->directory == Ob().root ? std::u16string() : NameOf(prefix->directory);
  name += u'\\';
  name += NameOfEntry(object);
  return name;
}

namespace {

void DestroyDirectory(PVOID object) {
  ForgetPrivateNamespace(object);
  FreeEntries(object);
}

void DestroyLink(PVOID object) {
  if (AsLink(object)->target.Buffer != nullptr) ex::FreePool(AsLink(object)->target.Buffer);
}

NTSTATUS InsertNamed(PVOID object, std::u16string_view path, ULONG attributes) {
  Lookup lookup;
  lookup.attributes = attributes | OBJ_CASE_INSENSITIVE;
  lookup.insert = object;
  PVOID found = nullptr;
  const NTSTATUS status = LookupName(path, lookup, &found);
  if (NT_SUCCESS(status)) ObfDereferenceObject(found);
  ObfDereferenceObject(object);
  return status;
}

PVOID NewDirectory() {
  PVOID const object = AllocateObject(Ob().directory_type, sizeof(Directory));
  AsDirectory(object)->entries = new std::vector<Directory::Entry>;
  return object;
}

}  // namespace

void FreeEntries(PVOID directory) { delete AsDirectory(directory)->entries; }

PVOID NewLink(std::u16string_view target) {
  PVOID const object = AllocateObject(Ob().link_type, sizeof(SymbolicLink));
  if (object == nullptr) return nullptr;
  const auto bytes = static_cast<USHORT>(target.size() * sizeof(WCHAR));
  auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, bytes + sizeof(WCHAR), kNameTag));
  std::memcpy(buffer, target.data(), bytes);
  buffer[target.size()] = 0;
  AsLink(object)->target = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
  AsLink(object)->created.QuadPart = ke::SystemTime();
  return object;
}

PVOID MakeDirectoryObject() { return NewDirectory(); }

NTSTATUS CreateDirectory(std::u16string_view path) {
  PVOID const object = NewDirectory();
  HeaderOf(object)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  return InsertNamed(object, path, 0);
}

void NameType(POBJECT_TYPE type) { InsertNamed(type, u"\\ObjectTypes\\" + std::u16string(TypeName(type)), 0); }

NTSTATUS CreateSymbolicLink(std::u16string_view path, std::u16string_view target, bool permanent) {
  PVOID const object = NewLink(target);
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (permanent) HeaderOf(object)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  return InsertNamed(object, path, 0);
}

NTSTATUS DeleteSymbolicLink(std::u16string_view path) {
  Lookup lookup;
  lookup.type = Ob().link_type;
  lookup.attributes = OBJ_CASE_INSENSITIVE | OBJ_OPENLINK;
  PVOID link = nullptr;
  const NTSTATUS status = LookupName(path, lookup, &link);
  if (!NT_SUCCESS(status)) return status;
  ObMakeTemporaryObject(link);
  ObfDereferenceObject(link);
  return STATUS_SUCCESS;
}

void SetLogonOf(ULONGLONG (*logon)()) { Ob().logon = logon; }

bool NameExists(std::u16string_view path) {
  Lookup lookup;
  lookup.attributes = OBJ_CASE_INSENSITIVE | OBJ_OPENLINK;
  PVOID found = nullptr;
  if (!NT_SUCCESS(LookupName(path, lookup, &found))) return false;
  ObfDereferenceObject(found);
  return true;
}

void CreateNamespace() {
  State& ob = Ob();
  ob.directory_type = CreateType({.name = u"Directory",
                                  .mapping = {0x20003, 0x2000c, 0x20003, 0xf000f},
                                  .valid_access = 0xf000f,
                                  .ignore_case = true,
                                  .secured = true,
                                  .destroy = &DestroyDirectory});
  ob.link_type = CreateType({.name = u"SymbolicLink",
                             .mapping = {0x20001, 0x20000, 0x20001, 0xf0001},
                             .valid_access = 0xfffff,
                             .ignore_case = true,
                             .secured = true,
                             .destroy = &DestroyLink});
  ob.root = NewDirectory();
  HeaderOf(ob.root)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  for (const char16_t* path : {u"\\ObjectTypes",
                               u"\\Device",
                               u"\\Driver",
                               u"\\FileSystem",
                               u"\\GLOBAL\?\?",
                               u"\\BaseNamedObjects",
                               u"\\KernelObjects",
                               u"\\Callback",
                               u"\\Security",
                               u"\\Windows",
                               u"\\Windows\\WindowStations",
                               u"\\RPC Control",
                               u"\\NLS",
                               u"\\KnownDlls",
                               u"\\Sessions",
                               u"\\Sessions\\0",
                               u"\\Sessions\\0\\DosDevices",
                               u"\\Sessions\\1",
                               u"\\Sessions\\1\\BaseNamedObjects",
                               u"\\Sessions\\1\\DosDevices",
                               u"\\Sessions\\1\\Windows",
                               u"\\Sessions\\BNOLINKS"}) {
    CreateDirectory(path);
  }
  for (POBJECT_TYPE type : ob.types) NameType(type);
  ob.types_are_named = true;
  ob.global_dos_devices = FindEntry(ob.root, u"GLOBAL\?\?", true);
  CreateSymbolicLink(u"\\DosDevices", u"\\\?\?", true);
  CreateSymbolicLink(u"\\GLOBAL\?\?\\GLOBALROOT", u"", true);
  CreateSymbolicLink(u"\\GLOBAL\?\?\\Global", u"\\GLOBAL\?\?", true);
  CreateSymbolicLink(u"\\BaseNamedObjects\\Global", u"\\BaseNamedObjects", true);
  CreateSymbolicLink(u"\\BaseNamedObjects\\Local", u"\\BaseNamedObjects", true);
  CreateSymbolicLink(u"\\Sessions\\1\\BaseNamedObjects\\Global", u"\\BaseNamedObjects", true);
  CreateSymbolicLink(u"\\Sessions\\1\\BaseNamedObjects\\Local", u"\\Sessions\\1\\BaseNamedObjects", true);
}

}  // namespace nt::ob
