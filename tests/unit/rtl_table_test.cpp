// Splay trees, generic tables and AVL tables, with routines called as a driver's are.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

#include "ex_kernel_fixture.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

using RtlTable = ringlet::test::Kernel;

LONG live_nodes = 0;
bool out_of_memory = false;

template <class Table>
struct Routines {
  MSABI static RTL_GENERIC_COMPARE_RESULTS Compare(Table*, PVOID first, PVOID second) {
    const int a = *static_cast<int*>(first);
    const int b = *static_cast<int*>(second);
    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
  }
  MSABI static PVOID Allocate(Table*, ULONG size) {
    if (out_of_memory) return nullptr;
    ++live_nodes;
    return std::malloc(size);
  }
  MSABI static VOID Free(Table*, PVOID node) {
    --live_nodes;
    std::free(node);
  }
};

/// The height of an AVL subtree; checks parents, balances and depth.
int Height(PRTL_BALANCED_LINKS node, PRTL_BALANCED_LINKS parent) {
  if (node == nullptr) return 0;
  EXPECT_EQ(node->Parent, parent);
  const int left = Height(node->LeftChild, node);
  const int right = Height(node->RightChild, node);
  EXPECT_EQ(node->Balance, right - left);
  EXPECT_LE(std::abs(right - left), 1);
  return 1 + std::max(left, right);
}

void CheckAvl(RTL_AVL_TABLE* table, const std::set<int>& model) {
  ASSERT_EQ(static_cast<ULONG>(Height(table->BalancedRoot.RightChild, &table->BalancedRoot)), table->DepthOfTree);
  ASSERT_EQ(RtlNumberGenericTableElementsAvl(table), model.size());
  std::vector<int> elements;
  PVOID key = nullptr;
  while (PVOID const element = RtlEnumerateGenericTableWithoutSplayingAvl(table, &key)) elements.push_back(*static_cast<int*>(element));
  ASSERT_TRUE(std::ranges::equal(elements, model));
}

TEST_F(RtlTable, AvlKeepsItsBalance) {
  Run([] {
    RTL_AVL_TABLE table;
    RtlInitializeGenericTableAvl(&table, Routines<RTL_AVL_TABLE>::Compare, Routines<RTL_AVL_TABLE>::Allocate, Routines<RTL_AVL_TABLE>::Free,
                                 nullptr);
    std::set<int> model;
    std::mt19937 random(3);
    for (int round = 0; round < 3000; ++round) {
      int value = static_cast<int>(random() % 200);
      if (random() % 2 == 0) {
        BOOLEAN is_new = FALSE;
        const auto* const element = static_cast<int*>(RtlInsertElementGenericTableAvl(&table, &value, sizeof value, &is_new));
        ASSERT_EQ(*element, value);
        ASSERT_EQ(is_new != FALSE, model.insert(value).second);
      } else {
        ASSERT_EQ(RtlDeleteElementGenericTableAvl(&table, &value) != FALSE, model.erase(value) == 1);
      }
      ASSERT_EQ(RtlLookupElementGenericTableAvl(&table, &value) != nullptr, model.contains(value));
      if (round % 10 == 0) CheckAvl(&table, model);
    }
    for (int value : std::set(model)) RtlDeleteElementGenericTableAvl(&table, &value);
    EXPECT_TRUE(RtlIsGenericTableEmptyAvl(&table));
    EXPECT_EQ(table.DepthOfTree, 0u);
    EXPECT_EQ(live_nodes, 0);
  });
}

TEST_F(RtlTable, AvlElementsByNumberAndWhileDeleting) {
  Run([] {
    RTL_AVL_TABLE table;
    RtlInitializeGenericTableAvl(&table, Routines<RTL_AVL_TABLE>::Compare, Routines<RTL_AVL_TABLE>::Allocate, Routines<RTL_AVL_TABLE>::Free,
                                 nullptr);
    for (int value : {5, 1, 4, 2, 3}) RtlInsertElementGenericTableAvl(&table, &value, sizeof value, nullptr);
    for (const ULONG i : {0U, 4U, 2U, 3U, 1U})
      EXPECT_EQ(*static_cast<int*>(RtlGetElementGenericTableAvl(&table, i)), static_cast<int>(i + 1));
    EXPECT_EQ(RtlGetElementGenericTableAvl(&table, 5), nullptr);
    // NT's way to empty a table.
    int expected = 1;
    for (PVOID element; (element = RtlEnumerateGenericTableAvl(&table, TRUE)) != nullptr; ++expected) {
      EXPECT_EQ(*static_cast<int*>(element), expected);
      int copy = *static_cast<int*>(element);
      EXPECT_TRUE(RtlDeleteElementGenericTableAvl(&table, &copy));
    }
    EXPECT_EQ(expected, 6);
    EXPECT_EQ(live_nodes, 0);
  });
}

TEST_F(RtlTable, AvlDirectorySurvivesDeletions) {
  Run([] {
    RTL_AVL_TABLE table;
    RtlInitializeGenericTableAvl(&table, Routines<RTL_AVL_TABLE>::Compare, Routines<RTL_AVL_TABLE>::Allocate, Routines<RTL_AVL_TABLE>::Free,
                                 nullptr);
    for (int value = 0; value < 10; ++value) RtlInsertElementGenericTableAvl(&table, &value, sizeof value, nullptr);
    int at = 0;
    PVOID key = nullptr;
    ULONG deletions = 0;
    std::vector<int> seen;
    ULONG next = FALSE;
    while (PVOID const element = RtlEnumerateGenericTableLikeADirectory(&table, nullptr, nullptr, next, &key, &deletions, &at)) {
      at = *static_cast<int*>(element);
      seen.push_back(at);
      if (at % 3 == 0) {
        int copy = at;
        RtlDeleteElementGenericTableAvl(&table, &copy);
      }
      next = TRUE;
    }
    EXPECT_THAT(seen, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    for (int value = 0; value < 10; ++value) RtlDeleteElementGenericTableAvl(&table, &value);
  });
}

TEST_F(RtlTable, FailedAllocationChangesNothing) {
  Run([] {
    RTL_AVL_TABLE table;
    RtlInitializeGenericTableAvl(&table, Routines<RTL_AVL_TABLE>::Compare, Routines<RTL_AVL_TABLE>::Allocate, Routines<RTL_AVL_TABLE>::Free,
                                 nullptr);
    int value = 1;
    out_of_memory = true;
    BOOLEAN is_new = TRUE;
    EXPECT_EQ(RtlInsertElementGenericTableAvl(&table, &value, sizeof value, &is_new), nullptr);
    out_of_memory = false;
    EXPECT_FALSE(is_new);
    EXPECT_TRUE(RtlIsGenericTableEmptyAvl(&table));
  });
}

TEST_F(RtlTable, SplayTableAgreesWithASet) {
  Run([] {
    RTL_GENERIC_TABLE table;
    RtlInitializeGenericTable(&table, Routines<RTL_GENERIC_TABLE>::Compare, Routines<RTL_GENERIC_TABLE>::Allocate,
                              Routines<RTL_GENERIC_TABLE>::Free, nullptr);
    std::set<int> model;
    std::mt19937 random(5);
    for (int round = 0; round < 3000; ++round) {
      int value = static_cast<int>(random() % 100);
      if (random() % 2 == 0) {
        BOOLEAN is_new = FALSE;
        RtlInsertElementGenericTable(&table, &value, sizeof value, &is_new);
        ASSERT_EQ(is_new != FALSE, model.insert(value).second);
      } else {
        ASSERT_EQ(RtlDeleteElementGenericTable(&table, &value) != FALSE, model.erase(value) == 1);
      }
      ASSERT_EQ(RtlLookupElementGenericTable(&table, &value) != nullptr, model.contains(value));
      std::vector<int> elements;
      PVOID key = nullptr;
      while (PVOID const element = RtlEnumerateGenericTableWithoutSplaying(&table, &key)) elements.push_back(*static_cast<int*>(element));
      ASSERT_TRUE(std::ranges::equal(elements, model));
      elements.clear();
      for (PVOID element = RtlEnumerateGenericTable(&table, TRUE); element != nullptr; element = RtlEnumerateGenericTable(&table, FALSE)) {
        elements.push_back(*static_cast<int*>(element));
      }
      ASSERT_TRUE(std::ranges::equal(elements, model));
    }
    for (int value : std::set(model)) RtlDeleteElementGenericTable(&table, &value);
    EXPECT_TRUE(RtlIsGenericTableEmpty(&table));
    EXPECT_EQ(live_nodes, 0);
  });
}

TEST_F(RtlTable, SplayTableKeepsTheOrderOfInsertion) {
  Run([] {
    RTL_GENERIC_TABLE table;
    RtlInitializeGenericTable(&table, Routines<RTL_GENERIC_TABLE>::Compare, Routines<RTL_GENERIC_TABLE>::Allocate,
                              Routines<RTL_GENERIC_TABLE>::Free, nullptr);
    for (int value : {5, 1, 4}) RtlInsertElementGenericTable(&table, &value, sizeof value, nullptr);
    EXPECT_EQ(*static_cast<int*>(RtlGetElementGenericTable(&table, 2)), 4);
    EXPECT_EQ(*static_cast<int*>(RtlGetElementGenericTable(&table, 0)), 5);
    int value = 5;
    RtlDeleteElementGenericTable(&table, &value);
    EXPECT_EQ(*static_cast<int*>(RtlGetElementGenericTable(&table, 0)), 1);
    EXPECT_EQ(RtlGetElementGenericTable(&table, 2), nullptr);
    for (int left : {1, 4}) RtlDeleteElementGenericTable(&table, &left);
  });
}

TEST(RtlRandomNumbers, RepeatAfterAReset) {
  std::vector<ULONG> first;
  std::vector<ULONG> second;
  for (auto* const run : {&first, &second}) {
    nt::rtl::Initialize();
    ULONG seed = 42;
    for (int i = 0; i < 300; ++i) run->push_back(i % 2 == 0 ? RtlRandom(&seed) : RtlRandomEx(&seed));
  }
  EXPECT_EQ(first, second);
  EXPECT_LT(*std::ranges::max_element(first), 0x7FFFFFFFu);
  EXPECT_GT(std::set(first.begin(), first.end()).size(), 290u);
}

}  // namespace
