// Prefix tables. The table is a list of splay trees, one for each number of components, the largest number first; the roots of the trees
// are linked. A name's prefix is found by its number of components, so the longest comes first.
#include <cstring>

#include "kernel/rtl/rtl.h"
#include "kernel/rtl/tables.h"

namespace {

enum class Order { Less, Prefix, Equal, Greater };

// ---- what differs between 8-bit and UTF-16 tables ----

struct Ansi {
  using Table = PREFIX_TABLE;
  using Entry = PREFIX_TABLE_ENTRY;
  using String = STRING;
  using Char = char;
  static constexpr CSHORT kTable = 0x200, kRoot = 0x201, kInner = 0x202;
  static char Folded(char c) { return c; }
};

struct Unicode {
  using Table = UNICODE_PREFIX_TABLE;
  using Entry = UNICODE_PREFIX_TABLE_ENTRY;
  using String = UNICODE_STRING;
  using Char = WCHAR;
  static constexpr CSHORT kTable = 0x800, kRoot = 0x801, kInner = 0x802, kCaseMatch = 0x803;
  static WCHAR Folded(WCHAR c) { return c < 'a' ? c : RtlUpcaseUnicodeChar(c); }
};

template <class T>
ULONG Length(const typename T::String* name) {
  return name->Length / static_cast<ULONG>(sizeof(typename T::Char));
}

/// The number of components: "\" has none, "\A" one, "\A\B" two.
template <class T>
CSHORT Components(const typename T::String* name) {
  const ULONG length = Length<T>(name);
  CSHORT count = 0;
  for (ULONG i = 0; i + 1 < length; ++i) count = static_cast<CSHORT>(count + (name->Buffer[i] == '\\'));
  return count;
}

/// Compares character by character, a backslash before all others; `Prefix` if a whole number of components of `name` is `prefix`.
template <class T, class Fold>
Order Compare(const typename T::String* prefix, const typename T::String* name, Fold fold) {
  const ULONG prefix_length = Length<T>(prefix), name_length = Length<T>(name);
  // The root is before everything that begins with a backslash.
  if (prefix_length == 1 && prefix->Buffer[0] == '\\' && name_length > 1 && name->Buffer[0] == '\\') return Order::Prefix;
  const ULONG length = prefix_length < name_length ? prefix_length : name_length;
  for (ULONG i = 0; i < length; ++i) {
    const auto a = fold(prefix->Buffer[i], i), b = fold(name->Buffer[i], i);
    if (a == b) continue;
    if (a == '\\') return Order::Less;
    if (b == '\\') return Order::Greater;
    return a < b ? Order::Less : Order::Greater;
  }
  if (prefix_length == name_length) return Order::Equal;
  if (prefix_length > name_length) return Order::Greater;
  return name->Buffer[prefix_length] == '\\' ? Order::Prefix : Order::Less;
}

template <class T>
Order CompareFolded(const typename T::String* prefix, const typename T::String* name) {
  return Compare<T>(prefix, name, [](typename T::Char c, ULONG) { return T::Folded(c); });
}

// ---- trees ----

template <class T>
typename T::Entry* EntryOf(PRTL_SPLAY_LINKS links) {
  return reinterpret_cast<typename T::Entry*>(reinterpret_cast<char*>(links) - offsetof(typename T::Entry, Links));
}

/// The table's head is linked like an entry of a tree.
template <class T>
typename T::Entry* HeadOf(typename T::Table* table) {
  return reinterpret_cast<typename T::Entry*>(table);
}

/// Puts `root` where `old` is in the list of trees.
template <class T>
void ReplaceRoot(typename T::Table* table, typename T::Entry* old, typename T::Entry* root) {
  if (old == root) return;
  typename T::Entry* before = HeadOf<T>(table);
  while (before->NextPrefixTree != old) before = before->NextPrefixTree;
  root->NodeTypeCode = T::kRoot;
  root->NextPrefixTree = old->NextPrefixTree;
  before->NextPrefixTree = root;
  if (old->NodeTypeCode == T::kRoot) old->NodeTypeCode = T::kInner;
  old->NextPrefixTree = nullptr;
}

/// Lifts an entry to its tree's root.
template <class T>
void Splay(typename T::Table* table, typename T::Entry* root, typename T::Entry* entry) {
  RtlSplay(&entry->Links);
  ReplaceRoot<T>(table, root, entry);
}

/// Begins a tree for prefixes of one more number of components.
template <class T>
void AddTree(typename T::Entry* before, typename T::Entry* entry) {
  entry->NodeTypeCode = T::kRoot;
  entry->NextPrefixTree = before->NextPrefixTree;
  before->NextPrefixTree = entry;
}

/// Puts an entry into the table; returns the one that is there already instead, or null.
template <class T>
typename T::Entry* Insert(typename T::Table* table, typename T::Entry* entry) {
  entry->Links = {&entry->Links, nullptr, nullptr};
  typename T::Entry* before = HeadOf<T>(table);
  typename T::Entry* root = before->NextPrefixTree;
  while (root != HeadOf<T>(table) && root->NameLength > entry->NameLength) {
    before = root;
    root = root->NextPrefixTree;
  }
  if (root == HeadOf<T>(table) || root->NameLength < entry->NameLength) return AddTree<T>(before, entry), nullptr;
  for (typename T::Entry* node = root;;) {
    const Order order = CompareFolded<T>(node->Prefix, entry->Prefix);
    if (order == Order::Equal) return node;
    PRTL_SPLAY_LINKS& child = order == Order::Greater ? node->Links.LeftChild : node->Links.RightChild;
    if (child == nullptr) {
      child = &entry->Links;
      entry->Links.Parent = &node->Links;
      entry->NodeTypeCode = T::kInner;
      entry->NextPrefixTree = nullptr;
      Splay<T>(table, root, entry);
      return nullptr;
    }
    node = EntryOf<T>(child);
  }
}

/// The entry of the longest prefix for which `accept` gives an entry.
template <class T, class Accept>
typename T::Entry* Find(typename T::Table* table, const typename T::String* name, Accept accept) {
  const CSHORT components = Components<T>(name);
  for (typename T::Entry* root = table->NextPrefixTree; root != HeadOf<T>(table); root = root->NextPrefixTree) {
    if (root->NameLength > components) continue;
    for (PRTL_SPLAY_LINKS links = &root->Links; links != nullptr;) {
      typename T::Entry* const node = EntryOf<T>(links);
      const Order order = CompareFolded<T>(node->Prefix, name);
      if (order == Order::Equal || order == Order::Prefix) {
        typename T::Entry* const found = accept(node);
        if (found == nullptr) break;
        Splay<T>(table, root, node);
        return found;
      }
      links = order == Order::Greater ? links->LeftChild : links->RightChild;
    }
  }
  return nullptr;
}

/// Takes an entry out of its tree.
template <class T>
void Remove(typename T::Table* table, typename T::Entry* entry) {
  PRTL_SPLAY_LINKS root_links = &entry->Links;
  while (root_links->Parent != root_links) root_links = root_links->Parent;
  typename T::Entry* const root = EntryOf<T>(root_links);
  PRTL_SPLAY_LINKS const left = RtlDelete(&entry->Links);
  if (left != nullptr) return ReplaceRoot<T>(table, root, EntryOf<T>(left));
  typename T::Entry* before = HeadOf<T>(table);
  while (before->NextPrefixTree != root) before = before->NextPrefixTree;
  before->NextPrefixTree = root->NextPrefixTree;
}

template <class T>
void Initialize(typename T::Table* table) {
  *table = {};
  table->NodeTypeCode = T::kTable;
  table->NextPrefixTree = HeadOf<T>(table);
}

// ---- entries that differ in case only ----

using UnicodeEntry = PUNICODE_PREFIX_TABLE_ENTRY;

bool IsExact(UnicodeEntry entry, const UNICODE_STRING* name, ULONG insensitive_from) {
  const Order order =
      Compare<Unicode>(entry->Prefix, name, [&](WCHAR c, ULONG i) { return i < insensitive_from ? c : Unicode::Folded(c); });
  return order == Order::Equal || order == Order::Prefix;
}

/// The one of an entry's ring that matches the beginning of a name in case too.
UnicodeEntry ExactOf(UnicodeEntry entry, const UNICODE_STRING* name, ULONG insensitive_from) {
  UnicodeEntry match = entry;
  do {
    if (IsExact(match, name, insensitive_from)) return match;
    match = match->CaseMatch;
  } while (match != entry);
  return nullptr;
}

UnicodeEntry BeforeInRing(UnicodeEntry entry) {
  UnicodeEntry before = entry;
  while (before->CaseMatch != entry) before = before->CaseMatch;
  return before;
}

/// The entry of a ring that is in the tree.
UnicodeEntry InTree(UnicodeEntry entry) {
  while (entry->NodeTypeCode == Unicode::kCaseMatch) entry = entry->CaseMatch;
  return entry;
}

/// Lets another entry of its ring take an entry's place in the tree.
void HandOverPlace(PUNICODE_PREFIX_TABLE table, UnicodeEntry entry, UnicodeEntry other) {
  other->Links = entry->Links;
  other->NodeTypeCode = entry->NodeTypeCode;
  if (entry->Links.Parent == &entry->Links) {
    other->Links.Parent = &other->Links;
    ReplaceRoot<Unicode>(table, entry, other);
  } else {
    PRTL_SPLAY_LINKS const parent = entry->Links.Parent;
    (parent->LeftChild == &entry->Links ? parent->LeftChild : parent->RightChild) = &other->Links;
  }
  if (other->Links.LeftChild != nullptr) other->Links.LeftChild->Parent = &other->Links;
  if (other->Links.RightChild != nullptr) other->Links.RightChild->Parent = &other->Links;
}

UnicodeEntry FirstOf(UnicodeEntry root) {
  PRTL_SPLAY_LINKS links = &root->Links;
  while (links->LeftChild != nullptr) links = links->LeftChild;
  return EntryOf<Unicode>(links);
}

/// The entry behind the last of a ring: in its tree, or the first of the next tree.
UnicodeEntry NextOf(PUNICODE_PREFIX_TABLE table, UnicodeEntry in_tree) {
  if (PRTL_SPLAY_LINKS const next = RtlRealSuccessor(&in_tree->Links)) return EntryOf<Unicode>(next);
  PRTL_SPLAY_LINKS root = &in_tree->Links;
  while (root->Parent != root) root = root->Parent;
  UnicodeEntry const tree = EntryOf<Unicode>(root)->NextPrefixTree;
  return tree == HeadOf<Unicode>(table) ? nullptr : FirstOf(tree);
}

}  // namespace

VOID PfxInitialize(PPREFIX_TABLE PrefixTable) { Initialize<Ansi>(PrefixTable); }

BOOLEAN PfxInsertPrefix(PPREFIX_TABLE PrefixTable, PSTRING Prefix, PPREFIX_TABLE_ENTRY PrefixTableEntry) {
  *PrefixTableEntry = {};
  PrefixTableEntry->NameLength = Components<Ansi>(Prefix);
  PrefixTableEntry->Prefix = Prefix;
  return Insert<Ansi>(PrefixTable, PrefixTableEntry) == nullptr;
}

VOID PfxRemovePrefix(PPREFIX_TABLE PrefixTable, PPREFIX_TABLE_ENTRY PrefixTableEntry) { Remove<Ansi>(PrefixTable, PrefixTableEntry); }

PPREFIX_TABLE_ENTRY PfxFindPrefix(PPREFIX_TABLE PrefixTable, PSTRING FullName) {
  return Find<Ansi>(PrefixTable, FullName, [](PPREFIX_TABLE_ENTRY entry) { return entry; });
}

VOID RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable) { Initialize<Unicode>(PrefixTable); }

BOOLEAN RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry) {
  *PrefixTableEntry = {};
  PrefixTableEntry->NameLength = Components<Unicode>(Prefix);
  PrefixTableEntry->Prefix = Prefix;
  PrefixTableEntry->CaseMatch = PrefixTableEntry;
  UnicodeEntry const there = Insert<Unicode>(PrefixTable, PrefixTableEntry);
  if (there == nullptr) return TRUE;
  if (ExactOf(there, Prefix, ~0U) != nullptr) return FALSE;
  PrefixTableEntry->NodeTypeCode = Unicode::kCaseMatch;
  PrefixTableEntry->CaseMatch = there->CaseMatch;
  there->CaseMatch = PrefixTableEntry;
  return TRUE;
}

VOID RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry) {
  PrefixTable->LastNextEntry = nullptr;
  UnicodeEntry const other = PrefixTableEntry->CaseMatch;
  if (other == PrefixTableEntry) return Remove<Unicode>(PrefixTable, PrefixTableEntry);
  BeforeInRing(PrefixTableEntry)->CaseMatch = other;
  if (PrefixTableEntry->NodeTypeCode != Unicode::kCaseMatch) HandOverPlace(PrefixTable, PrefixTableEntry, other);
}

PUNICODE_PREFIX_TABLE_ENTRY RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING FullName, ULONG CaseInsensitiveIndex) {
  return Find<Unicode>(PrefixTable, FullName, [&](UnicodeEntry entry) { return ExactOf(entry, FullName, CaseInsensitiveIndex); });
}

PUNICODE_PREFIX_TABLE_ENTRY RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, BOOLEAN Restart) {
  UnicodeEntry const last = PrefixTable->LastNextEntry;
  UnicodeEntry next = nullptr;
  if (Restart != FALSE || last == nullptr) {
    UnicodeEntry const root = PrefixTable->NextPrefixTree;
    next = root == HeadOf<Unicode>(PrefixTable) ? nullptr : FirstOf(root);
  } else if (last->CaseMatch->NodeTypeCode == Unicode::kCaseMatch) {
    next = last->CaseMatch;
  } else {
    next = NextOf(PrefixTable, InTree(last));
  }
  PrefixTable->LastNextEntry = next;
  return next;
}
