// Enumerating a process's handles for drivers.
#include "kernel/ke/ke.h"
#include "kernel/ob/handle_table.h"
#include "kernel/ob/ob.h"

namespace nt::ob {
namespace {

/// HANDLE_TABLE_ENTRY of build 22000.
struct VisibleEntry {
  ULONGLONG low;   ///< unlocked:1, references:16, attributes:3, the object's header / 16:44
  ULONGLONG high;  ///< granted access:25, and more
};
static_assert(sizeof(VisibleEntry) == 16);

constexpr ULONGLONG kAccessBits = (ULONGLONG{1} << 25) - 1;

VisibleEntry Show(const HandleTable::Entry& entry) {
  const auto header = reinterpret_cast<ULONGLONG>(HeaderOf(entry.object));
  return {1 | (ULONGLONG{entry.attributes} & 7) << 17 | header >> 4 << 20, entry.access & kAccessBits};
}

}  // namespace
}  // namespace nt::ob

using namespace nt;
using namespace nt::ob;

/// The routine has the form it has since Windows 8: table, entry, handle, context; it may change the access that an entry grants.
extern "C" BOOLEAN ExEnumHandleTable(PVOID HandleTable, PVOID EnumHandleProcedure, PVOID EnumParameter, PHANDLE Handle) {
  auto* const table = static_cast<ob::HandleTable*>(HandleTable);
  for (ULONG_PTR index = 1; index < table->size(); ++index) {
    HANDLE const handle = reinterpret_cast<HANDLE>(index * 4);
    const ob::HandleTable::Entry* const entry = table->Find(handle);
    if (entry == nullptr) continue;
    VisibleEntry visible = Show(*entry);
    const auto before = visible.high;
    const BOOLEAN stop = ke::Callout<BOOLEAN>(EnumHandleProcedure, table, &visible, handle, EnumParameter);
    ob::HandleTable::Entry* const after = table->Find(handle);
    if (after != nullptr && visible.high != before) after->access = static_cast<ACCESS_MASK>(visible.high & kAccessBits);
    if (stop == FALSE) continue;
    if (Handle != nullptr) *Handle = handle;
    return TRUE;
  }
  return FALSE;
}
