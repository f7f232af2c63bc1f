// Generic tables on splay trees, with the driver's compare, allocate and free routines.
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/rtl/rtl.h"

namespace {

/// What the table puts before each element.
struct Node {
  RTL_SPLAY_LINKS links;
  LIST_ENTRY order;  ///< in order of insertion
};
static_assert(sizeof(Node) == 0x28);

Node* NodeOf(PRTL_SPLAY_LINKS links) { return reinterpret_cast<Node*>(links); }
PVOID DataOf(PVOID node) { return static_cast<Node*>(node) + 1; }

TABLE_SEARCH_RESULT Search(PRTL_GENERIC_TABLE table, PVOID buffer, PRTL_SPLAY_LINKS* found) {
  *found = nullptr;
  PRTL_SPLAY_LINKS node = table->TableRoot;
  if (node == nullptr) return TableEmptyTree;
  for (;;) {
    *found = node;
    const auto result = nt::ke::Callout<RTL_GENERIC_COMPARE_RESULTS>(table->CompareRoutine, table, buffer, DataOf(node));
    if (result == GenericEqual) return TableFoundNode;
    const bool left = result == GenericLessThan;
    node = left ? node->LeftChild : node->RightChild;
    if (node == nullptr) return left ? TableInsertAsLeft : TableInsertAsRight;
  }
}

void Attach(PRTL_GENERIC_TABLE table, Node* node, PRTL_SPLAY_LINKS parent, TABLE_SEARCH_RESULT place) {
  node->links = {&node->links, nullptr, nullptr};
  if (place != TableEmptyTree) {
    node->links.Parent = parent;
    (place == TableInsertAsLeft ? parent->LeftChild : parent->RightChild) = &node->links;
  }
  LIST_ENTRY* const head = &table->InsertOrderList;
  node->order = {head, head->Blink};
  head->Blink->Flink = &node->order;
  head->Blink = &node->order;
  ++table->NumberGenericTableElements;
}

/// Forgets the place of the last RtlGetElementGenericTable.
void ForgetOrder(PRTL_GENERIC_TABLE table) {
  table->WhichOrderedElement = 0;
  table->OrderedPointer = &table->InsertOrderList;
}

}  // namespace

VOID RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                               PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine, PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
  *Table = {};
  Table->InsertOrderList = {&Table->InsertOrderList, &Table->InsertOrderList};
  Table->CompareRoutine = CompareRoutine;
  Table->AllocateRoutine = AllocateRoutine;
  Table->FreeRoutine = FreeRoutine;
  Table->TableContext = TableContext;
  ForgetOrder(Table);
}

PVOID RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                       TABLE_SEARCH_RESULT SearchResult) {
  auto* links = static_cast<PRTL_SPLAY_LINKS>(NodeOrParent);
  const bool is_new = SearchResult != TableFoundNode;
  if (is_new) {
    auto* const node = nt::ke::Callout<Node*>(Table->AllocateRoutine, Table, static_cast<ULONG>(sizeof(Node) + BufferSize));
    if (node == nullptr) {
      if (NewElement != nullptr) *NewElement = FALSE;
      return nullptr;
    }
    Attach(Table, node, links, SearchResult);
    std::memcpy(DataOf(node), Buffer, BufferSize);
    links = &node->links;
  }
  Table->TableRoot = RtlSplay(links);
  if (NewElement != nullptr) *NewElement = is_new;
  return DataOf(links);
}

PVOID RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement) {
  PRTL_SPLAY_LINKS place = nullptr;
  const TABLE_SEARCH_RESULT result = Search(Table, Buffer, &place);
  return RtlInsertElementGenericTableFull(Table, Buffer, BufferSize, NewElement, place, result);
}

PVOID RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID* NodeOrParent, TABLE_SEARCH_RESULT* SearchResult) {
  PRTL_SPLAY_LINKS place = nullptr;
  *SearchResult = Search(Table, Buffer, &place);
  *NodeOrParent = place;
  if (*SearchResult != TableFoundNode) return nullptr;
  Table->TableRoot = RtlSplay(place);
  return DataOf(place);
}

PVOID RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
  PVOID place = nullptr;
  TABLE_SEARCH_RESULT result;
  return RtlLookupElementGenericTableFull(Table, Buffer, &place, &result);
}

BOOLEAN RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer) {
  PRTL_SPLAY_LINKS found = nullptr;
  if (Search(Table, Buffer, &found) != TableFoundNode) return FALSE;
  Table->TableRoot = RtlDelete(found);
  Node* const node = NodeOf(found);
  node->order.Flink->Blink = node->order.Blink;
  node->order.Blink->Flink = node->order.Flink;
  --Table->NumberGenericTableElements;
  ForgetOrder(Table);
  nt::ke::Callout<void>(Table->FreeRoutine, Table, node);
  return TRUE;
}

PVOID RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart) {
  PRTL_SPLAY_LINKS node = Table->TableRoot;
  if (node == nullptr) return nullptr;
  if (Restart) {
    while (node->LeftChild != nullptr) node = node->LeftChild;
  } else {
    node = RtlRealSuccessor(node);
    if (node == nullptr) return nullptr;
  }
  Table->TableRoot = RtlSplay(node);
  return DataOf(node);
}

PVOID RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID* RestartKey) {
  auto* node = static_cast<PRTL_SPLAY_LINKS>(*RestartKey);
  if (node != nullptr) {
    node = RtlRealSuccessor(node);
  } else if (Table->TableRoot != nullptr) {
    node = Table->TableRoot;
    while (node->LeftChild != nullptr) node = node->LeftChild;
  }
  if (node == nullptr) return nullptr;
  *RestartKey = node;
  return DataOf(node);
}

PVOID RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I) {
  if (I >= Table->NumberGenericTableElements) return nullptr;
  const ULONG wanted = I + 1;  // 0 is the list's head
  while (Table->WhichOrderedElement < wanted) {
    Table->OrderedPointer = Table->OrderedPointer->Flink;
    ++Table->WhichOrderedElement;
  }
  while (Table->WhichOrderedElement > wanted) {
    Table->OrderedPointer = Table->OrderedPointer->Blink;
    --Table->WhichOrderedElement;
  }
  return DataOf(CONTAINING_RECORD(Table->OrderedPointer, Node, order));
}

ULONG RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table) { return Table->NumberGenericTableElements; }
BOOLEAN RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table) { return Table->TableRoot == nullptr; }
