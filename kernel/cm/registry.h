// The registry as a whole: its tree, its hives, and walks through it by path.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/cm/hive.h"
#include "nt/se.h"

struct FILE_OBJECT;

namespace nt::cm {

inline constexpr std::u16string_view kLinkValue = u"SymbolicLinkValue";

struct CallbackRegistration;

struct Registry {
  Key root;                                         ///< \REGISTRY
  std::vector<std::unique_ptr<Hive>> hives;         ///< SYSTEM, SOFTWARE, BCD, DEFAULT, HARDWARE, and what was loaded
  std::vector<std::unique_ptr<Key>> deleted;        ///< deleted keys that are still referenced
  LONGLONG (*now)() = nullptr;                      ///< system time
  POBJECT_TYPE key_type = nullptr;                  ///< of key objects
  PVOID root_object = nullptr;                      ///< \REGISTRY
  LIST_ENTRY watches{};                             ///< those who wait for changes
  void (*changed)(Key* key, ULONG what) = nullptr;  ///< told of each change, by its REG_NOTIFY_CHANGE_... bit; 0: the key is deleted
  std::vector<CallbackRegistration*> callbacks;     ///< drivers that look on, the highest first
  LONGLONG last_cookie = 0;                         ///< of those
  std::string folder;                               ///< of the host, with the machine's files
  std::string (*place_of)(FILE_OBJECT*) = nullptr;  ///< of an open file below it
  ULONG_PTR last_id = 0;                            ///< of keys, as those drivers know them
};

/// False before a machine's registry is loaded, and after it is freed.
bool RegistryExists();
/// The booted machine's registry.
Registry& TheRegistry();

/// Builds the tree: from the hive files below `machine_directory` (may be empty), or from defaults. `now` tells the time of changes.
/// STATUS_REGISTRY_CORRUPT if a file cannot be read; then there is no tree.
NTSTATUS LoadRegistry(const std::string& machine_directory, LONGLONG (*now)());
/// Saves the hives that changed.
NTSTATUS SaveRegistry();
/// Frees the tree, without saving it.
void FreeRegistry();

/// Who walks: asked before a key is opened or made.
class Guard {
 public:
  virtual NTSTATUS MayOpen(const Key& key) = 0;
  /// Also says what security the new key gets.
  virtual NTSTATUS MayCreate(const Key& parent, Security* security) = 0;

 protected:
  ~Guard() = default;
};

/// How a path is walked.
struct Walk {
  bool open_link = false;  ///< a link at the path's end is what is wanted
  bool create = false;     ///< make the last key if it is missing
  ULONG options = 0;       ///< REG_OPTION_..., for a new key
  std::u16string_view class_name{};
  bool stop_at_links = false;               ///< STATUS_REPARSE at a link on the way, with `target`
  bool created = false;                     ///< result
  ULONG wow64_flags = 0;                    ///< KEY_WOW64_..., only told to drivers
  Guard* guard = nullptr;                   ///< null: the kernel itself, which may everything
  PSECURITY_DESCRIPTOR security = nullptr;  ///< for a new key, in kernel memory; null: only what it inherits
  std::u16string name{};                    ///< keeps a followed name for the one who walks
  std::u16string target{};                  ///< result: where the link and what was left of the path lead; starts with \REGISTRY
};

/// Finds, or makes, the key named by `path` below `start`, following links; \REGISTRY itself is not part of the path.
/// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_PARAMETER, STATUS_CHILD_MUST_BE_VOLATILE, STATUS_KEY_DELETED,
/// STATUS_OBJECT_NAME_COLLISION (a link is to be created where a key is), or what the guard says.
NTSTATUS WalkTo(Key* start, std::u16string_view path, Walk& walk, Key** found);

/// Splits off \REGISTRY: "\Registry\Machine\X" becomes "\Machine\X". False if the path does not start with it.
bool StripRegistry(std::u16string_view* path);

/// NtSetValueKey's rule for links: only SymbolicLinkValue of type REG_LINK. STATUS_ACCESS_DENIED, STATUS_KEY_DELETED.
NTSTATUS SetKeyValue(Key* key, std::u16string_view name, ULONG type, const void* data, SIZE_T size);
/// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_KEY_DELETED.
NTSTATUS DeleteKeyValue(Key* key, std::u16string_view name);
/// STATUS_CANNOT_DELETE for a key with subkeys or a hive's root. Deleting a deleted key does nothing.
NTSTATUS DeleteKey(Key* key);

/// The key keeps its place in the tree. STATUS_ACCESS_DENIED for a hive's root, STATUS_CANNOT_DELETE if the name is taken by another,
/// STATUS_INVALID_PARAMETER for a bad name, STATUS_KEY_DELETED.
NTSTATUS RenameKey(Key* key, std::u16string_view name);
NTSTATUS SetKeyTime(Key* key, LONGLONG time);
/// Four bits each.
NTSTATUS SetKeyFlags(Key* key, UCHAR user, UCHAR control);
NTSTATUS SetKeySecurity(Key* key, Security descriptor);
/// Writes a hive's file, if it has one, and starts its journal anew.
NTSTATUS SaveHive(Hive* hive);

/// Gives up a key that is no longer in the tree, with all below it; those that are referenced live on as deleted ones.
void DiscardKey(std::unique_ptr<Key> key);
/// Whether somebody holds a key below this one.
bool IsReferencedBelow(const Key& key);

/// Keeps a key in memory, deleted or not.
void ReferenceKey(Key* key);
/// Does nothing once the registry is freed: objects that are left over may go later.
void DereferenceKey(Key* key);

}  // namespace nt::cm
