// What the object manager keeps. Private.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernel/ob/ob.h"

/// An object type. Drivers see it only as a pointer that exports like IoFileObjectType lead to.
struct OBJECT_TYPE {
  LIST_ENTRY TypeList;
  UNICODE_STRING Name;
  nt::ob::TypeInitializer initializer;
  ULONG index;
  LONGLONG objects;
  LONGLONG handles;
  LONGLONG most_objects;
  LONGLONG most_handles;
};

namespace nt::ob {

struct Captured;

/// In front of every OBJECT_HEADER: what NT keeps in optional headers, and what reports need.
struct Prefix {
  LIST_ENTRY link;     ///< of all objects, oldest first
  PVOID directory;     ///< directory it is named in, or null
  PWSTR name;          ///< from pool, or null
  USHORT name_length;  ///< bytes
  USHORT pad[3];
  ULONG_PTR creator;
  ULONG attributes;  ///< of its creation
  ULONG pad2;
  Captured* request;  ///< the attributes, between ObCreateObject and ObInsertObject
};
static_assert(sizeof(Prefix) % 16 == 0);

inline Prefix* PrefixOf(PVOID object) { return reinterpret_cast<Prefix*>(HeaderOf(object)) - 1; }

/// Names in a directory are found without regard to case, and kept in the order they came.
struct Directory {
  struct Entry {
    std::u16string key;  ///< upper case
    PVOID object;
  };
  std::vector<Entry>* entries;
};

struct SymbolicLink {
  UNICODE_STRING target;
  LARGE_INTEGER created;
};

/// A directory that is found by what it is bounded by.
struct PrivateNamespace {
  std::vector<UCHAR> boundary;
  PVOID directory;  ///< not referenced: its end takes it off the list
};

class HandleTable;
struct Registration;

struct State {
  LIST_ENTRY objects{};
  std::vector<POBJECT_TYPE> types;  ///< that of types first
  bool types_are_named = false;     ///< \\ObjectTypes is there
  POBJECT_TYPE directory_type = nullptr;
  POBJECT_TYPE link_type = nullptr;
  PVOID root = nullptr;
  PVOID global_dos_devices = nullptr;
  std::map<ULONGLONG, PVOID> dos_devices;  ///< of logon sessions that have some of their own
  ULONGLONG (*logon)() = nullptr;
  std::vector<PrivateNamespace> private_namespaces;
  bool (*is_member)(const void* sid, SIZE_T size) = nullptr;
  PVOID system_table = nullptr;
  std::vector<HandleTable*> tables;
  std::vector<Registration*> registrations;  ///< of object callbacks, the highest altitude first
  SecurityHooks security{};
  std::vector<PVOID> deferred;  ///< to be deleted when IRQL allows
};
State& Ob();
void CreateState();
/// Counts a new handle to an object.
void CountHandle(PVOID object);
/// What the caller may have of an access to an object; types without security let everybody have it.
NTSTATUS CheckAccess(PVOID object, ACCESS_MASK wanted, ACCESS_MASK* granted);
/// Memory for an object of a type, zeroed, with one reference; null if there is none.
PVOID AllocateObject(POBJECT_TYPE type, SIZE_T size);

/// Upper-case form of a name, as directory keys have it.
std::u16string Fold(std::u16string_view name);
inline std::u16string_view View(const UNICODE_STRING& text) { return {text.Buffer, text.Length / sizeof(WCHAR)}; }
/// The object of this name in a directory, or null.
PVOID FindEntry(PVOID directory, std::u16string_view name, bool ignore_case);
void InsertEntry(PVOID directory, std::u16string_view name, PVOID object);
/// Puts a type into \\ObjectTypes.
void NameType(POBJECT_TYPE type);
void RemoveName(PVOID object);
/// The directory is no private namespace any more, if it was one.
void ForgetPrivateNamespace(PVOID directory);
/// Frees a directory's list of entries, without what they refer to.
void FreeEntries(PVOID directory);

/// How a lookup goes on when the last component is not there: the object to insert, and in which directory.
struct Lookup {
  POBJECT_TYPE type = nullptr;
  KPROCESSOR_MODE mode = 0;
  ULONG attributes = 0;
  ACCESS_MASK access = 0;
  PVOID context = nullptr;
  PVOID root = nullptr;            ///< RootDirectory's object, or null
  PVOID insert = nullptr;          ///< give this object the name
  ACCESS_MASK* granted = nullptr;  ///< gets what a parse procedure granted, if there was one
};
/// Finds (or inserts) a name. *object has a reference of the caller's.
/// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_TYPE_MISMATCH,
/// STATUS_OBJECT_NAME_COLLISION …
NTSTATUS LookupName(std::u16string_view name, const Lookup& lookup, PVOID* object);

/// Gives up a reference, deleting at the last.
void Dereference(PVOID object);
/// Deletes what lost its last reference at raised IRQL, if IRQL allows it now.
void DeleteDeferred();
ACCESS_MASK MapAccess(POBJECT_TYPE type, ACCESS_MASK access);
void InitializeDispatcherTypes();
void CreateNamespace();
PVOID NewLink(std::u16string_view target);
PVOID MakeDirectoryObject();

}  // namespace nt::ob
