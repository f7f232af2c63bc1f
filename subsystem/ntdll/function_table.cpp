// Dynamic function tables: unwind data of code that a program makes at run time.
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/mm/layout.h"
#include "nt/pe.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace {

using namespace nt::user;

constexpr ULONG_PTR kCallbackBits = 3;  // in the identifier of a table that is a callback

FunctionTable* Add(const FunctionTable& table) {
  auto* const added = Allocate<FunctionTable>();
  if (!added) return nullptr;
  LIST_ENTRY& head = CurrentProcess().function_tables;
  *added = table;
  added->link = {&head, head.Blink};
  head.Blink->Flink = &added->link;
  head.Blink = &added->link;
  return added;
}

void Remove(FunctionTable* table) {
  table->link.Blink->Flink = table->link.Flink;
  table->link.Flink->Blink = table->link.Blink;
  Free(table);
}

/// The first table that `wanted` picks, or null.
template <class Predicate>
FunctionTable* Find(LIST_ENTRY& head, Predicate wanted) {
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
    auto* const table = CONTAINING_RECORD(link, FunctionTable, link);
    if (wanted(*table)) return table;
  }
  return nullptr;
}

/// The end of the code that a table tells of. Its entries need not be in order.
ULONG_PTR EndOf(const RUNTIME_FUNCTION* entries, ULONG count, ULONG_PTR base) {
  ULONG end = 0;
  for (ULONG i = 0; i < count; ++i) end = entries[i].EndAddress > end ? entries[i].EndAddress : end;
  return base + end;
}

PRUNTIME_FUNCTION EntryAt(const FunctionTable& table, ULONG_PTR pc) {
  if (table.callback) return nt::ke::Callout<PRUNTIME_FUNCTION>(table.callback, pc, table.context);
  const ULONG_PTR rva = pc - table.base;
  for (ULONG i = 0; i < table.count; ++i) {
    if (rva >= table.entries[i].BeginAddress && rva < table.entries[i].EndAddress) return &table.entries[i];
  }
  return nullptr;
}

}  // namespace

extern "C" {

/// The unwind data of an address that no image holds, and what it is relative to; null if the process has told of none. Called by the
/// unwinder, which may run in kernel mode as well: no user address is code there.
const RUNTIME_FUNCTION* RtlpFindDynamicFunction(ULONG_PTR pc, ULONG_PTR* base) {
  const nt::ke::Thread* const thread = nt::ke::KiThread;
  if (!nt::mm::IsUserAddress(pc) || !thread->host.in_user || !CurrentPeb()->SubsystemState) return nullptr;
  const FunctionTable* const table =
      Find(CurrentProcess().function_tables, [pc](const FunctionTable& known) { return pc >= known.base && pc < known.end; });
  if (!table) return nullptr;
  *base = table->base;
  return EntryAt(*table, pc);
}

/// Adds a table of functions for code at `BaseAddress`; the table stays the caller's, who must keep it.
BOOLEAN RtlAddFunctionTable(PRUNTIME_FUNCTION FunctionTable, ULONG EntryCount, ULONG64 BaseAddress) {
  const ULONG_PTR end = EndOf(FunctionTable, EntryCount, BaseAddress);
  return Add({{}, reinterpret_cast<ULONG_PTR>(FunctionTable), BaseAddress, end, FunctionTable, EntryCount, EntryCount, nullptr, nullptr}) !=
         nullptr;
}

/// Removes a table, by its address, or a callback, by its identifier. FALSE if there is none.
BOOLEAN RtlDeleteFunctionTable(PRUNTIME_FUNCTION FunctionTable) {
  const auto identifier = reinterpret_cast<ULONG_PTR>(FunctionTable);
  auto* const table = Find(CurrentProcess().function_tables, [=](const auto& known) { return known.identifier == identifier; });
  if (!table) return FALSE;
  Remove(table);
  return TRUE;
}

/// Adds a callback that tells the entries of the functions in a range. The identifier's two lowest bits must be set. The module is for
/// debuggers, which look at another process's tables.
BOOLEAN RtlInstallFunctionTableCallback(ULONG64 TableIdentifier, ULONG64 BaseAddress, ULONG Length, PVOID Callback, PVOID Context, PCWSTR) {
  if ((TableIdentifier & kCallbackBits) != kCallbackBits) return FALSE;
  return Add({{}, TableIdentifier, BaseAddress, BaseAddress + Length, nullptr, 0, 0, Callback, Context}) != nullptr;
}

/// Adds a table that can grow, for the code of a range. STATUS_NO_MEMORY.
NTSTATUS RtlAddGrowableFunctionTable(PVOID* DynamicTable, PRUNTIME_FUNCTION FunctionTable, ULONG EntryCount, ULONG MaximumEntryCount,
                                     ULONG_PTR RangeBase, ULONG_PTR RangeEnd) {
  if (EntryCount > MaximumEntryCount || RangeBase >= RangeEnd) return STATUS_INVALID_PARAMETER;
  auto* const table = Add({{}, 0, RangeBase, RangeEnd, FunctionTable, EntryCount, MaximumEntryCount, nullptr, nullptr});
  if (!table) return STATUS_NO_MEMORY;
  *DynamicTable = table;
  return STATUS_SUCCESS;
}

/// Tells that a growable table has more entries now.
VOID RtlGrowFunctionTable(PVOID DynamicTable, ULONG NewEntryCount) {
  auto* const table = static_cast<FunctionTable*>(DynamicTable);
  if (NewEntryCount > table->count && NewEntryCount <= table->room) table->count = NewEntryCount;
}

/// Removes a growable table.
VOID RtlDeleteGrowableFunctionTable(PVOID DynamicTable) { Remove(static_cast<FunctionTable*>(DynamicTable)); }

}  // extern "C"
