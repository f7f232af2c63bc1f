// Resources: a tree of three levels of directories, type, name and language, sorted: names first, then numbers.
#include "kernel/ldr/resource.h"

#include "kernel/ldr/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kLevels = 3;
constexpr ULONG kHigh = 0x80000000;
constexpr NTSTATUS kNotFound[kLevels] = {STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND, STATUS_RESOURCE_LANG_NOT_FOUND};
constexpr ULONG kEnglish = 0x409;
constexpr ULONG kMessageTable = 11;

/// A string of the tree.
struct Name {
  USHORT length;  ///< in characters
  WCHAR text[1];
};

/// An image's resources.
class Tree {
 public:
  explicit Tree(PVOID base) : base_(reinterpret_cast<char*>(reinterpret_cast<ULONG_PTR>(base) & ~ULONG_PTR{1})) {
    const bool loaded = (reinterpret_cast<ULONG_PTR>(base) & 1) == 0;
    root_ = static_cast<char*>(RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_RESOURCE, &size_));
    if (root_ == nullptr) return;
    const auto& directory = RtlImageNtHeader(base_)->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE];
    // In a file the data is as far from the directory as in the image.
    if (!loaded) base_ = root_ - directory.VirtualAddress;
  }

  bool exists() const { return root_ != nullptr; }
  PIMAGE_RESOURCE_DIRECTORY root() const { return reinterpret_cast<PIMAGE_RESOURCE_DIRECTORY>(root_); }
  PVOID DataOf(const IMAGE_RESOURCE_DATA_ENTRY* entry) const { return base_ + entry->OffsetToData; }

  static ULONG CountOf(const IMAGE_RESOURCE_DIRECTORY* directory) {
    return ULONG{directory->NumberOfNamedEntries} + directory->NumberOfIdEntries;
  }
  static PIMAGE_RESOURCE_DIRECTORY_ENTRY EntriesOf(PIMAGE_RESOURCE_DIRECTORY directory) {
    return reinterpret_cast<PIMAGE_RESOURCE_DIRECTORY_ENTRY>(directory + 1);
  }
  PIMAGE_RESOURCE_DIRECTORY DirectoryOf(const IMAGE_RESOURCE_DIRECTORY_ENTRY* entry) const {
    if ((entry->OffsetToData & kHigh) == 0) return nullptr;
    return reinterpret_cast<PIMAGE_RESOURCE_DIRECTORY>(root_ + (entry->OffsetToData & ~kHigh));
  }
  PIMAGE_RESOURCE_DATA_ENTRY DataEntryOf(const IMAGE_RESOURCE_DIRECTORY_ENTRY* entry) const {
    if ((entry->OffsetToData & kHigh) != 0) return nullptr;
    return reinterpret_cast<PIMAGE_RESOURCE_DATA_ENTRY>(root_ + entry->OffsetToData);
  }
  /// A number, or where the string is.
  ULONG_PTR IdOf(const IMAGE_RESOURCE_DIRECTORY_ENTRY* entry) const {
    return (entry->Name & kHigh) == 0 ? entry->Name : reinterpret_cast<ULONG_PTR>(root_ + (entry->Name & ~kHigh));
  }

  /// The entry of a number, or of the terminated string it points to.
  PIMAGE_RESOURCE_DIRECTORY_ENTRY Find(PIMAGE_RESOURCE_DIRECTORY directory, ULONG_PTR id) const {
    for (ULONG i = 0; i < CountOf(directory); ++i) {
      PIMAGE_RESOURCE_DIRECTORY_ENTRY const entry = EntriesOf(directory) + i;
      const bool named = (entry->Name & kHigh) != 0;
      if (id < 0x10000 ? !named && entry->Name == id : named && Equals(*reinterpret_cast<const Name*>(IdOf(entry)), id)) return entry;
    }
    return nullptr;
  }

  /// The entry of a language, or of what stands for it: the language without its dialect, none, English; if none is asked for, the first.
  PIMAGE_RESOURCE_DIRECTORY_ENTRY FindLanguage(PIMAGE_RESOURCE_DIRECTORY directory, ULONG_PTR language) const {
    const ULONG_PTR candidates[] = {language, language & 0x3FF, 0, kEnglish};
    for (const ULONG_PTR candidate : candidates) {
      if (PIMAGE_RESOURCE_DIRECTORY_ENTRY const entry = Find(directory, candidate)) return entry;
    }
    return language == 0 && CountOf(directory) != 0 ? EntriesOf(directory) : nullptr;
  }

 private:
  static bool Equals(const Name& name, ULONG_PTR id) {
    const auto* const text = reinterpret_cast<PCWSTR>(id);
    for (USHORT i = 0; i < name.length; ++i) {
      if (text[i] == 0 || text[i] != name.text[i]) return false;
    }
    return text[name.length] == 0;
  }

  char* base_;
  char* root_ = nullptr;
  ULONG size_ = 0;
};

/// Goes down `depth` levels; what the path does not say is the first there is.
NTSTATUS Walk(const Tree& tree, const ULONG_PTR* path, ULONG length, ULONG depth, PIMAGE_RESOURCE_DIRECTORY_ENTRY* found) {
  PIMAGE_RESOURCE_DIRECTORY directory = tree.root();
  for (ULONG level = 0; level < depth; ++level) {
    if (directory == nullptr) return STATUS_RESOURCE_DATA_NOT_FOUND;
    PIMAGE_RESOURCE_DIRECTORY_ENTRY entry = nullptr;
    if (level >= length)
      entry = Tree::CountOf(directory) != 0 ? Tree::EntriesOf(directory) : nullptr;
    else
      entry = level == 2 ? tree.FindLanguage(directory, path[level]) : tree.Find(directory, path[level]);
    if (entry == nullptr) return kNotFound[level];
    *found = entry;
    directory = tree.DirectoryOf(entry);
  }
  return STATUS_SUCCESS;
}

/// Lists what is below a directory; `ids` are those above it.
struct Lister {
  const Tree& tree;
  const ULONG_PTR* path;
  ULONG length;
  PLDR_ENUM_RESOURCE_INFO to;
  ULONG room;
  ULONG count = 0;
  ULONG_PTR ids[kLevels] = {};

  void List(PIMAGE_RESOURCE_DIRECTORY directory, ULONG level) {
    for (ULONG i = 0; i < Tree::CountOf(directory); ++i) {
      PIMAGE_RESOURCE_DIRECTORY_ENTRY const entry = Tree::EntriesOf(directory) + i;
      if (level < length && entry != tree.Find(directory, path[level])) continue;
      ids[level] = tree.IdOf(entry);
      if (PIMAGE_RESOURCE_DIRECTORY const below = tree.DirectoryOf(entry)) {
        if (level + 1 < kLevels) List(below, level + 1);
        continue;
      }
      if (count < room) {
        const IMAGE_RESOURCE_DATA_ENTRY* const data = tree.DataEntryOf(entry);
        to[count] = {ids[0], ids[1], ids[2], tree.DataOf(data), data->Size, 0};
      }
      ++count;
    }
  }
};

}  // namespace

NTSTATUS LdrFindResource_U(PVOID BaseAddress, PULONG_PTR ResourceIdPath, ULONG ResourceIdPathLength,
                           PIMAGE_RESOURCE_DATA_ENTRY* ResourceDataEntry) {
  if (ResourceIdPathLength > kLevels) return STATUS_INVALID_PARAMETER;
  const Tree tree(BaseAddress);
  if (!tree.exists()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  PIMAGE_RESOURCE_DIRECTORY_ENTRY entry = nullptr;
  const NTSTATUS status = Walk(tree, ResourceIdPath, ResourceIdPathLength, kLevels, &entry);
  if (status != STATUS_SUCCESS) return status;
  PIMAGE_RESOURCE_DATA_ENTRY const data = tree.DataEntryOf(entry);
  if (data == nullptr) return STATUS_RESOURCE_DATA_NOT_FOUND;
  *ResourceDataEntry = data;
  return STATUS_SUCCESS;
}

NTSTATUS LdrFindResourceDirectory_U(PVOID BaseAddress, PULONG_PTR ResourceIdPath, ULONG ResourceIdPathLength,
                                    PIMAGE_RESOURCE_DIRECTORY* ResourceDirectory) {
  if (ResourceIdPathLength >= kLevels) return STATUS_INVALID_PARAMETER;
  const Tree tree(BaseAddress);
  if (!tree.exists()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  PIMAGE_RESOURCE_DIRECTORY_ENTRY entry = nullptr;
  const NTSTATUS status = Walk(tree, ResourceIdPath, ResourceIdPathLength, ResourceIdPathLength, &entry);
  if (status != STATUS_SUCCESS) return status;
  PIMAGE_RESOURCE_DIRECTORY const directory = entry == nullptr ? tree.root() : tree.DirectoryOf(entry);
  if (directory == nullptr) return STATUS_RESOURCE_DATA_NOT_FOUND;
  *ResourceDirectory = directory;
  return STATUS_SUCCESS;
}

NTSTATUS LdrAccessResource(PVOID BaseAddress, PIMAGE_RESOURCE_DATA_ENTRY ResourceDataEntry, PVOID* Address, PULONG Size) {
  const Tree tree(BaseAddress);
  if (!tree.exists()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  if (Address != nullptr) *Address = tree.DataOf(ResourceDataEntry);
  if (Size != nullptr) *Size = ResourceDataEntry->Size;
  return STATUS_SUCCESS;
}

NTSTATUS LdrEnumResources(PVOID BaseAddress, PULONG_PTR ResourceIdPath, ULONG ResourceIdPathLength, PULONG ResourceCount,
                          PLDR_ENUM_RESOURCE_INFO Resources) {
  if (ResourceIdPathLength > kLevels) return STATUS_INVALID_PARAMETER;
  const Tree tree(BaseAddress);
  if (!tree.exists()) return STATUS_RESOURCE_DATA_NOT_FOUND;
  Lister lister{tree, ResourceIdPath, ResourceIdPathLength, Resources, Resources == nullptr ? 0 : *ResourceCount};
  lister.List(tree.root(), 0);
  *ResourceCount = lister.count;
  return lister.count > lister.room ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

NTSTATUS RtlFindMessage(PVOID DllHandle, ULONG MessageTableId, ULONG MessageLanguageId, ULONG MessageId,
                        PMESSAGE_RESOURCE_ENTRY* MessageEntry) {
  ULONG_PTR path[kLevels] = {MessageTableId == 0 ? kMessageTable : MessageTableId, 1, MessageLanguageId};
  PIMAGE_RESOURCE_DATA_ENTRY data = nullptr;
  PVOID table = nullptr;
  NTSTATUS status = LdrFindResource_U(DllHandle, path, kLevels, &data);
  if (NT_SUCCESS(status)) status = LdrAccessResource(DllHandle, data, &table, nullptr);
  if (!NT_SUCCESS(status)) return status;
  const auto* const messages = static_cast<const MESSAGE_RESOURCE_DATA*>(table);
  for (ULONG i = 0; i < messages->NumberOfBlocks; ++i) {
    const MESSAGE_RESOURCE_BLOCK& block = messages->Blocks[i];
    if (MessageId < block.LowId || MessageId > block.HighId) continue;
    char* entry = static_cast<char*>(table) + block.OffsetToEntries;
    for (ULONG id = block.LowId; id != MessageId; ++id) entry += reinterpret_cast<PMESSAGE_RESOURCE_ENTRY>(entry)->Length;
    *MessageEntry = reinterpret_cast<PMESSAGE_RESOURCE_ENTRY>(entry);
    return STATUS_SUCCESS;
  }
  return STATUS_MESSAGE_NOT_FOUND;
}
