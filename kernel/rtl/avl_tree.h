// The balancing of AVL tables.
#pragma once

#include "nt/rtl.h"

namespace nt::rtl {

PRTL_BALANCED_LINKS First(PRTL_AVL_TABLE table);
PRTL_BALANCED_LINKS Successor(PRTL_BALANCED_LINKS node);
PRTL_BALANCED_LINKS Predecessor(PRTL_BALANCED_LINKS node);
/// Hangs a new node below `parent` (the table itself when empty) and balances the tree.
void InsertNode(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node, PRTL_BALANCED_LINKS parent, bool left);
/// Takes a node out and balances the tree.
void RemoveNode(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node);

}  // namespace nt::rtl
