// Splay trees whose nodes are part of the caller's structures. The root's parent is the root itself.
#include "kernel/rtl/rtl.h"

namespace {

using Links = PRTL_SPLAY_LINKS;

bool IsRoot(Links node) { return node->Parent == node; }
bool IsLeft(Links node) { return node->Parent->LeftChild == node; }

/// Puts `child` (or nothing) where `node` hangs; at the root it becomes the root.
void Replace(Links node, Links child) {
  if (IsRoot(node)) {
    if (child != nullptr) child->Parent = child;
    return;
  }
  (IsLeft(node) ? node->Parent->LeftChild : node->Parent->RightChild) = child;
  if (child != nullptr) child->Parent = node->Parent;
}

void RotateUp(Links node) {
  Links const parent = node->Parent;
  const bool left = IsLeft(node);
  Links& inner = left ? node->RightChild : node->LeftChild;
  Links& hole = left ? parent->LeftChild : parent->RightChild;
  Replace(parent, node);
  hole = inner;
  if (inner != nullptr) inner->Parent = parent;
  inner = parent;
  parent->Parent = node;
}

/// Exchanges a node with its subtree predecessor, so that it has one child at most.
void SwapWithPredecessor(Links node) {
  Links const other = RtlSubtreePredecessor(node);
  const bool direct = other->Parent == node;
  Links const other_parent = other->Parent;
  Links const other_left = other->LeftChild;
  Replace(node, other);
  other->RightChild = node->RightChild;
  other->RightChild->Parent = other;
  if (direct) {
    other->LeftChild = node;
    node->Parent = other;
  } else {
    other->LeftChild = node->LeftChild;
    other->LeftChild->Parent = other;
    other_parent->RightChild = node;
    node->Parent = other_parent;
  }
  node->LeftChild = other_left;
  node->RightChild = nullptr;
  if (other_left != nullptr) other_left->Parent = node;
}

/// Takes a node out; returns where its place in the tree was: its parent, or the new root, or null.
Links Unlink(Links node) {
  if (node->LeftChild != nullptr && node->RightChild != nullptr) SwapWithPredecessor(node);
  Links const child = node->LeftChild != nullptr ? node->LeftChild : node->RightChild;
  Links const parent = IsRoot(node) ? child : node->Parent;
  Replace(node, child);
  return parent;
}

}  // namespace

PRTL_SPLAY_LINKS RtlSplay(PRTL_SPLAY_LINKS Links) {
  while (!IsRoot(Links)) {
    const auto parent = Links->Parent;
    if (!IsRoot(parent)) RotateUp(IsLeft(Links) == IsLeft(parent) ? parent : Links);
    RotateUp(Links);
  }
  return Links;
}

PRTL_SPLAY_LINKS RtlDelete(PRTL_SPLAY_LINKS Links) {
  const auto place = Unlink(Links);
  return place == nullptr ? nullptr : RtlSplay(place);
}

VOID RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS* Root) {
  auto place = Unlink(Links);
  while (place != nullptr && !IsRoot(place)) place = place->Parent;
  *Root = place;
}

PRTL_SPLAY_LINKS RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links) {
  auto node = Links->RightChild;
  while (node != nullptr && node->LeftChild != nullptr) node = node->LeftChild;
  return node;
}

PRTL_SPLAY_LINKS RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links) {
  auto node = Links->LeftChild;
  while (node != nullptr && node->RightChild != nullptr) node = node->RightChild;
  return node;
}

PRTL_SPLAY_LINKS RtlRealSuccessor(PRTL_SPLAY_LINKS Links) {
  if (Links->RightChild != nullptr) return RtlSubtreeSuccessor(Links);
  while (!IsRoot(Links) && !IsLeft(Links)) Links = Links->Parent;
  return IsRoot(Links) ? nullptr : Links->Parent;
}

PRTL_SPLAY_LINKS RtlRealPredecessor(PRTL_SPLAY_LINKS Links) {
  if (Links->LeftChild != nullptr) return RtlSubtreePredecessor(Links);
  while (!IsRoot(Links) && IsLeft(Links)) Links = Links->Parent;
  return IsRoot(Links) ? nullptr : Links->Parent;
}
