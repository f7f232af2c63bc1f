// Trees of the run-time library: splay links that a driver keeps itself, tables searched in two steps, equal keys of AVL tables.
#include "ktest.h"

using namespace ktest;

namespace {

struct Node {
  RTL_SPLAY_LINKS links;
  int key;
};

Node* Of(PRTL_SPLAY_LINKS links) { return CONTAINING_RECORD(links, Node, links); }

void Insert(PRTL_SPLAY_LINKS* root, Node* node, bool splay) {
  RtlInitializeSplayLinks(&node->links);
  PRTL_SPLAY_LINKS at = *root;
  while (at) {
    PRTL_SPLAY_LINKS next = node->key < Of(at)->key ? RtlLeftChild(at) : RtlRightChild(at);
    if (!next) break;
    at = next;
  }
  if (!at) {
    *root = &node->links;
    return;
  }
  if (node->key < Of(at)->key) {
    RtlInsertAsLeftChild(at, &node->links);
  } else {
    RtlInsertAsRightChild(at, &node->links);
  }
  if (splay) *root = RtlSplay(&node->links);
}

PRTL_SPLAY_LINKS First(PRTL_SPLAY_LINKS root) {
  while (RtlLeftChild(root)) root = RtlLeftChild(root);
  return root;
}

void ExpectOrder(PRTL_SPLAY_LINKS root, const int* keys, int count) {
  PRTL_SPLAY_LINKS at = First(root), last = nullptr;
  for (int i = 0; i < count; i++, last = at, at = RtlRealSuccessor(at)) {
    REQUIRE(at);
    EXPECT_EQ(Of(at)->key, keys[i]);
    EXPECT(RtlRealPredecessor(at) == last);
  }
  EXPECT(at == nullptr);
}

int allocations;
RTL_GENERIC_COMPARE_RESULTS Order(int a, int b) { return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual; }
RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_GENERIC_TABLE, PVOID a, PVOID b) { return Order(*(int*)a, *(int*)b); }
PVOID NTAPI Allocate(PRTL_GENERIC_TABLE, CLONG size) { return allocations++, ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'tesT'); }
VOID NTAPI Free(PRTL_GENERIC_TABLE, PVOID memory) { allocations--, ExFreePool(memory); }
/// The tens only, so that keys of one ten are equal.
RTL_GENERIC_COMPARE_RESULTS NTAPI CompareAvl(PRTL_AVL_TABLE, PVOID a, PVOID b) { return Order(*(int*)a / 10, *(int*)b / 10); }
PVOID NTAPI AllocateAvl(PRTL_AVL_TABLE, CLONG size) { return allocations++, ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'tesT'); }
VOID NTAPI FreeAvl(PRTL_AVL_TABLE, PVOID memory) { allocations--, ExFreePool(memory); }

struct Entry {
  RTL_DYNAMIC_HASH_TABLE_ENTRY links;
  int number;
};

}  // namespace

KTEST(SplayingMovesTheNodeToTheRoot) {
  static Node nodes[7];
  const int keys[] = {4, 2, 6, 1, 3, 5, 7}, sorted[] = {1, 2, 3, 4, 5, 6, 7};
  PRTL_SPLAY_LINKS root = nullptr;
  for (int i = 0; i < 7; i++) {
    nodes[i].key = keys[i];
    Insert(&root, &nodes[i], true);
    EXPECT(root == &nodes[i].links);
    EXPECT(RtlIsRoot(root));
  }
  ExpectOrder(root, sorted, 7);
  root = RtlSplay(&nodes[3].links);
  EXPECT_EQ(Of(root)->key, 1);
  EXPECT(RtlParent(root) == root);
  EXPECT(RtlLeftChild(root) == nullptr);
  EXPECT(RtlSplay(root) == root);
  ExpectOrder(root, sorted, 7);
}

KTEST(NodesAreDeletedWithAndWithoutSplaying) {
  static Node nodes[7];
  const int keys[] = {4, 2, 6, 1, 3, 5, 7};
  PRTL_SPLAY_LINKS root = nullptr;
  for (int i = 0; i < 7; i++) {
    nodes[i].key = keys[i];
    Insert(&root, &nodes[i], false);
  }
  // Of a subtree, the neighbours of its root are within it.
  EXPECT_EQ(Of(RtlSubtreeSuccessor(root))->key, 5);
  EXPECT_EQ(Of(RtlSubtreePredecessor(root))->key, 3);
  EXPECT(RtlSubtreeSuccessor(&nodes[4].links) == nullptr);
  EXPECT(RtlSubtreePredecessor(&nodes[3].links) == nullptr);
  EXPECT_EQ(Of(RtlRealSuccessor(&nodes[4].links))->key, 4);

  const int without4[] = {1, 2, 3, 5, 6, 7}, without46[] = {1, 2, 3, 5, 7};
  RtlDeleteNoSplay(&nodes[0].links, &root);
  EXPECT(RtlIsRoot(root));
  ExpectOrder(root, without4, 6);
  root = RtlDelete(&nodes[2].links);
  EXPECT(RtlIsRoot(root));
  ExpectOrder(root, without46, 5);
  for (int i : without46)
    for (Node& node : nodes)
      if (node.key == i) root = RtlDelete(&node.links);
  EXPECT(root == nullptr);
}

KTEST(TablesAreSearchedOnceForLookupAndInsertion) {
  RTL_GENERIC_TABLE table;
  RtlInitializeGenericTable(&table, Compare, Allocate, Free, nullptr);
  PVOID place = nullptr;
  TABLE_SEARCH_RESULT found = TableFoundNode;
  int key = 5;
  EXPECT(RtlLookupElementGenericTableFull(&table, &key, &place, &found) == nullptr);
  EXPECT_EQ(found, TableEmptyTree);
  BOOLEAN made = FALSE;
  auto* const five = (int*)RtlInsertElementGenericTableFull(&table, &key, sizeof key, &made, place, found);
  EXPECT(made && five && *five == 5);
  key = 9;
  EXPECT(RtlLookupElementGenericTableFull(&table, &key, &place, &found) == nullptr);
  EXPECT_EQ(found, TableInsertAsRight);
  EXPECT(RtlInsertElementGenericTableFull(&table, &key, sizeof key, &made, place, found) && made);
  key = 2;
  EXPECT(RtlLookupElementGenericTableFull(&table, &key, &place, &found) == nullptr);
  EXPECT_EQ(found, TableInsertAsLeft);
  EXPECT(RtlInsertElementGenericTableFull(&table, &key, sizeof key, &made, place, found) && made);
  key = 5;
  EXPECT(RtlLookupElementGenericTableFull(&table, &key, &place, &found) == five);
  EXPECT_EQ(found, TableFoundNode);
  EXPECT(RtlInsertElementGenericTableFull(&table, &key, sizeof key, &made, place, found) == five);
  EXPECT(!made);
  EXPECT_EQ(RtlNumberGenericTableElements(&table), 3);
  // Numbered in the order in which they came.
  EXPECT_EQ(*(int*)RtlGetElementGenericTable(&table, 1), 9);
  EXPECT_EQ(*(int*)RtlGetElementGenericTable(&table, 2), 2);
  for (int each = 0; each < 10; each++) RtlDeleteElementGenericTable(&table, &each);
  EXPECT(RtlIsGenericTableEmpty(&table));
  EXPECT_EQ(allocations, 0);
}

KTEST(AvlTablesTellTheFirstOfSeveralThatMatch) {
  RTL_AVL_TABLE table;
  RtlInitializeGenericTableAvl(&table, CompareAvl, AllocateAvl, FreeAvl, nullptr);
  PVOID place = nullptr;
  TABLE_SEARCH_RESULT found = TableFoundNode;
  BOOLEAN made = FALSE;
  const int keys[] = {50, 20, 80, 10, 30, 70, 90};
  for (int key : keys) {
    EXPECT(RtlLookupElementGenericTableFullAvl(&table, &key, &place, &found) == nullptr);
    EXPECT(RtlInsertElementGenericTableFullAvl(&table, &key, sizeof key, &made, place, found) != nullptr);
    EXPECT(made);
  }
  int key = 33;
  auto* const thirty = (int*)RtlLookupElementGenericTableFullAvl(&table, &key, &place, &found);
  EXPECT(thirty && *thirty == 30);
  EXPECT_EQ(found, TableFoundNode);
  EXPECT(RtlInsertElementGenericTableFullAvl(&table, &key, sizeof key, &made, place, found) == thirty);
  EXPECT(!made);
  PVOID restart = nullptr;
  EXPECT(RtlLookupFirstMatchingElementGenericTableAvl(&table, &key, &restart) == thirty);
  auto* const next = (int*)RtlEnumerateGenericTableWithoutSplayingAvl(&table, &restart);
  EXPECT(next && *next == 50);
  key = 44;
  EXPECT(RtlLookupFirstMatchingElementGenericTableAvl(&table, &key, &restart) == nullptr);
  for (int each = 0; each < 100; each += 10) RtlDeleteElementGenericTableAvl(&table, &each);
  EXPECT_EQ(allocations, 0);
}

KTEST(StrongEnumerationsSeeEveryEntryOnce) {
  PRTL_DYNAMIC_HASH_TABLE table = nullptr;
  REQUIRE(RtlCreateHashTable(&table, 0, 0));
  static Entry entries[20];
  for (int i = 0; i < 20; i++) {
    entries[i].number = i;
    EXPECT(RtlInsertEntryHashTable(table, &entries[i].links, (ULONG_PTR)i / 2, nullptr));
  }
  RTL_DYNAMIC_HASH_TABLE_ENUMERATOR enumerator;
  EXPECT(RtlInitStrongEnumerationHashTable(table, &enumerator));
  ULONG seen = 0;
  while (PRTL_DYNAMIC_HASH_TABLE_ENTRY entry = RtlStronglyEnumerateEntryHashTable(table, &enumerator))
    seen ^= 1u << CONTAINING_RECORD(entry, Entry, links)->number;
  RtlEndStrongEnumerationHashTable(table, &enumerator);
  EXPECT_EQ(seen, 0xFFFFF);
  for (Entry& entry : entries) EXPECT(RtlRemoveEntryHashTable(table, &entry.links, nullptr));
  RtlDeleteHashTable(table);
}
