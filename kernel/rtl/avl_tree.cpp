#include "kernel/rtl/avl_tree.h"

#include <initializer_list>

namespace nt::rtl {
namespace {

using Links = PRTL_BALANCED_LINKS;

// The root is the right child of the table's own node, whose parent is itself.
bool IsTop(Links node) { return node->Parent == node; }
bool IsLeft(Links node) { return node->Parent->LeftChild == node; }

Links& Child(Links node, bool left) { return left ? node->LeftChild : node->RightChild; }
/// The balance of a node whose subtree on one side is deeper.
CHAR Deeper(bool left) { return static_cast<CHAR>(left ? -1 : 1); }

void RotateUp(Links node) {
  Links const parent = node->Parent;
  const bool left = IsLeft(node);
  Child(parent->Parent, IsLeft(parent)) = node;
  node->Parent = parent->Parent;
  Links& inner = Child(node, !left);
  Child(parent, left) = inner;
  if (inner != nullptr) inner->Parent = parent;
  inner = parent;
  parent->Parent = node;
}

/// Mends a node that is two levels deeper on one side; returns whether the subtree lost a level.
bool Mend(Links node, bool left) {
  Links const child = Child(node, left);
  const CHAR deep = Deeper(left);
  if (child->Balance != static_cast<CHAR>(-deep)) {  // one rotation
    const bool shrinks = child->Balance == deep;
    RotateUp(child);
    node->Balance = shrinks ? CHAR{0} : deep;
    child->Balance = shrinks ? CHAR{0} : static_cast<CHAR>(-deep);
    return shrinks;
  }
  Links const grandchild = Child(child, !left);
  RotateUp(grandchild);
  RotateUp(grandchild);
  node->Balance = grandchild->Balance == deep ? static_cast<CHAR>(-deep) : CHAR{0};
  child->Balance = grandchild->Balance == static_cast<CHAR>(-deep) ? deep : CHAR{0};
  grandchild->Balance = 0;
  return true;
}

/// The subtree that hangs at one side of `node` grew by a level.
void Grown(PRTL_AVL_TABLE table, Links node, bool left) {
  for (; !IsTop(node); left = IsLeft(node), node = node->Parent) {
    if (node->Balance == Deeper(left)) {
      Mend(node, left);
      return;
    }
    node->Balance = static_cast<CHAR>(node->Balance + Deeper(left));
    if (node->Balance == 0) return;
  }
  ++table->DepthOfTree;
}

/// The subtree that hangs at one side of `node` lost a level.
void Shrunk(PRTL_AVL_TABLE table, Links node, bool left) {
  while (!IsTop(node)) {
    Links const parent = node->Parent;
    const bool parent_left = IsLeft(node);
    if (node->Balance == 0) {
      node->Balance = Deeper(!left);
      return;
    }
    if (node->Balance == Deeper(left))
      node->Balance = 0;
    else if (!Mend(node, !left))
      return;
    node = parent;
    left = parent_left;
  }
  --table->DepthOfTree;
}

Links Extreme(Links node, bool left) {
  while (Child(node, left) != nullptr) node = Child(node, left);
  return node;
}

Links Neighbour(Links node, bool left) {
  if (Child(node, left) != nullptr) return Extreme(Child(node, left), !left);
  while (!IsTop(node->Parent) && IsLeft(node) == left) node = node->Parent;
  return IsTop(node->Parent) ? nullptr : node->Parent;
}

/// Lets `other`, which is a descendant of `node`, take the node's place and balance.
void TakePlace(Links node, Links other) {
  Child(node->Parent, IsLeft(node)) = other;
  other->Parent = node->Parent;
  other->Balance = node->Balance;
  for (const bool left : {true, false}) {
    Child(other, left) = Child(node, left);
    if (Child(other, left) != nullptr) Child(other, left)->Parent = other;
  }
}

}  // namespace

PRTL_BALANCED_LINKS First(PRTL_AVL_TABLE table) {
  Links const root = table->BalancedRoot.RightChild;
  return root == nullptr ? nullptr : Extreme(root, true);
}

PRTL_BALANCED_LINKS Successor(PRTL_BALANCED_LINKS node) { return Neighbour(node, false); }
PRTL_BALANCED_LINKS Predecessor(PRTL_BALANCED_LINKS node) { return Neighbour(node, true); }

void InsertNode(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node, PRTL_BALANCED_LINKS parent, bool left) {
  *node = {parent, nullptr, nullptr, 0, {}};
  Child(parent, left) = node;
  Grown(table, parent, left);
}

void RemoveNode(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node) {
  // What leaves the tree's shape: the node, or, if it has two children, its successor, which then takes its place.
  Links const gone = node->LeftChild != nullptr && node->RightChild != nullptr ? Successor(node) : node;
  Links const child = gone->LeftChild != nullptr ? gone->LeftChild : gone->RightChild;
  Links parent = gone->Parent;
  const bool left = IsLeft(gone);
  Child(parent, left) = child;
  if (child != nullptr) child->Parent = parent;
  if (gone != node) {
    if (parent == node) parent = gone;
    TakePlace(node, gone);
  }
  Shrunk(table, parent, left);
}

}  // namespace nt::rtl
