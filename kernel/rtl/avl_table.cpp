// Generic tables on AVL trees, with the driver's compare, allocate and free routines.
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/rtl/avl_tree.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

using Links = PRTL_BALANCED_LINKS;

PVOID DataOf(Links node) { return node + 1; }

RTL_GENERIC_COMPARE_RESULTS Compare(PRTL_AVL_TABLE table, PVOID buffer, Links node) {
  return nt::ke::Callout<RTL_GENERIC_COMPARE_RESULTS>(table->CompareRoutine, table, buffer, DataOf(node));
}

TABLE_SEARCH_RESULT Search(PRTL_AVL_TABLE table, PVOID buffer, Links* found) {
  *found = &table->BalancedRoot;
  Links node = table->BalancedRoot.RightChild;
  if (node == nullptr) return TableEmptyTree;
  for (;;) {
    *found = node;
    const RTL_GENERIC_COMPARE_RESULTS result = Compare(table, buffer, node);
    if (result == GenericEqual) return TableFoundNode;
    const bool left = result == GenericLessThan;
    node = left ? node->LeftChild : node->RightChild;
    if (node == nullptr) return left ? TableInsertAsLeft : TableInsertAsRight;
  }
}

/// Forgets the place of the last RtlGetElementGenericTableAvl: the order has changed.
void ForgetOrder(PRTL_AVL_TABLE table) {
  table->WhichOrderedElement = 0;
  table->OrderedPointer = nullptr;
}

}  // namespace

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine, PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext) {
  *Table = {};
  Table->BalancedRoot.Parent = &Table->BalancedRoot;
  Table->CompareRoutine = CompareRoutine;
  Table->AllocateRoutine = AllocateRoutine;
  Table->FreeRoutine = FreeRoutine;
  Table->TableContext = TableContext;
}

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement, PVOID NodeOrParent,
                                          TABLE_SEARCH_RESULT SearchResult) {
  auto* node = static_cast<Links>(NodeOrParent);
  const bool is_new = SearchResult != TableFoundNode;
  if (is_new) {
    Links const parent = SearchResult == TableEmptyTree ? &Table->BalancedRoot : node;
    node = nt::ke::Callout<Links>(Table->AllocateRoutine, Table, static_cast<ULONG>(sizeof(RTL_BALANCED_LINKS) + BufferSize));
    if (node == nullptr) {
      if (NewElement != nullptr) *NewElement = FALSE;
      return nullptr;
    }
    nt::rtl::InsertNode(Table, node, parent, SearchResult == TableInsertAsLeft);
    std::memcpy(DataOf(node), Buffer, BufferSize);
    ++Table->NumberGenericTableElements;
    ForgetOrder(Table);
  }
  if (NewElement != nullptr) *NewElement = is_new;
  return DataOf(node);
}

PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, ULONG BufferSize, PBOOLEAN NewElement) {
  Links place = nullptr;
  const TABLE_SEARCH_RESULT result = Search(Table, Buffer, &place);
  return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, place, result);
}

PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* NodeOrParent, TABLE_SEARCH_RESULT* SearchResult) {
  Links place = nullptr;
  *SearchResult = Search(Table, Buffer, &place);
  *NodeOrParent = *SearchResult == TableEmptyTree ? nullptr : place;
  return *SearchResult == TableFoundNode ? DataOf(place) : nullptr;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
  Links place = nullptr;
  return Search(Table, Buffer, &place) == TableFoundNode ? DataOf(place) : nullptr;
}

PVOID RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID* RestartKey) {
  Links node = nullptr;
  *RestartKey = nullptr;
  if (Search(Table, Buffer, &node) != TableFoundNode) return nullptr;
  for (Links before = node; (before = nt::rtl::Predecessor(before)) != nullptr && Compare(Table, Buffer, before) == GenericEqual;)
    node = before;
  *RestartKey = node;
  return DataOf(node);
}

BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer) {
  Links node = nullptr;
  if (Search(Table, Buffer, &node) != TableFoundNode) return FALSE;
  if (Table->RestartKey == node) Table->RestartKey = nt::rtl::Predecessor(node);
  nt::rtl::RemoveNode(Table, node);
  ++Table->DeleteCount;
  --Table->NumberGenericTableElements;
  ForgetOrder(Table);
  nt::ke::Callout<void>(Table->FreeRoutine, Table, node);
  return TRUE;
}

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID* RestartKey) {
  Links const node = *RestartKey == nullptr ? nt::rtl::First(Table) : nt::rtl::Successor(static_cast<Links>(*RestartKey));
  if (node == nullptr) return nullptr;
  *RestartKey = node;
  return DataOf(node);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart) {
  PVOID key = Restart ? nullptr : Table->RestartKey;
  const PVOID data = RtlEnumerateGenericTableWithoutSplayingAvl(Table, &key);
  Table->RestartKey = static_cast<Links>(key);
  return data;
}

PVOID RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION MatchFunction, PVOID MatchData, ULONG NextFlag,
                                             PVOID* RestartKey, PULONG DeleteCount, PVOID Buffer) {
  auto* node = static_cast<Links>(*RestartKey);
  // A key from before a deletion may be of a freed node: find the place again by the buffer.
  if (*DeleteCount != Table->DeleteCount) node = nullptr;
  bool next = NextFlag != 0;
  if (node == nullptr) {
    const TABLE_SEARCH_RESULT result = Search(Table, Buffer, &node);
    if (result == TableEmptyTree) {
      *RestartKey = nullptr;
      return nullptr;
    }
    if (result == TableInsertAsRight) node = nt::rtl::Successor(node);
    if (result != TableFoundNode) next = false;
  }
  if (next) node = nt::rtl::Successor(node);
  for (; node != nullptr; node = nt::rtl::Successor(node)) {
    const auto status =
        MatchFunction == nullptr ? STATUS_SUCCESS : nt::ke::Callout<NTSTATUS>(MatchFunction, Table, DataOf(node), MatchData);
    if (status == STATUS_NO_MORE_MATCHES) {
      node = nullptr;
      break;
    }
    if (status == STATUS_SUCCESS) break;
  }
  *DeleteCount = Table->DeleteCount;
  *RestartKey = node;
  return node == nullptr ? nullptr : DataOf(node);
}

PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I) {
  if (I >= Table->NumberGenericTableElements) return nullptr;
  if (Table->OrderedPointer == nullptr || I < Table->WhichOrderedElement / 2) {
    Table->OrderedPointer = nt::rtl::First(Table);
    Table->WhichOrderedElement = 0;
  }
  auto* node = static_cast<Links>(Table->OrderedPointer);
  for (; Table->WhichOrderedElement < I; ++Table->WhichOrderedElement) node = nt::rtl::Successor(node);
  for (; Table->WhichOrderedElement > I; --Table->WhichOrderedElement) node = nt::rtl::Predecessor(node);
  Table->OrderedPointer = node;
  return DataOf(node);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table) { return Table->NumberGenericTableElements; }
BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table) { return Table->NumberGenericTableElements == 0; }
