// Stops the machine with callbacks that add memory to a small dump.
#include "mistake.h"

static UCHAR component[] = "Mistakes", other_component[] = "Others";
static ULONG remembered[4] = {1, 2, 3, 4};
static KBUGCHECK_REASON_CALLBACK_RECORD record, without_array;

static constexpr ULONG kBlocks = 3;
static union {
  KTRIAGE_DUMP_DATA_ARRAY array;
  UCHAR memory[FIELD_OFFSET(KTRIAGE_DUMP_DATA_ARRAY, Blocks) + kBlocks * sizeof(KADDRESS_RANGE)];
} blocks;

static KBUGCHECK_REASON_CALLBACK_ROUTINE OnTriage, OnTriageWithout;

_Use_decl_annotations_ static VOID NTAPI OnTriage(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD self, PVOID data,
                                                  ULONG length) {
  auto* const triage = static_cast<PKBUGCHECK_TRIAGE_DUMP_DATA>(data);
  DbgPrint("triage: reason %u, record %u, length %u, irql %u, array %p, active %u, code %x, first %llx, room %u\n", reason, self == &record,
           length, KeGetCurrentIrql(), triage->DataArray, triage->Flags & KB_TRIAGE_DUMP_DATA_FLAG_BUGCHECK_ACTIVE, triage->BugCheckCode,
           triage->BugCheckParameter1, triage->MaxVirtMemSize >= 0x1000);
  DbgPrint("added: %x", KeAddTriageDumpDataBlock(&blocks.array, remembered, sizeof remembered));
  DbgPrint(" %x", KeAddTriageDumpDataBlock(&blocks.array, &remembered[1], sizeof remembered[1]));
  DbgPrint(" %x", KeAddTriageDumpDataBlock(&blocks.array, reinterpret_cast<PVOID>(8), 8));
  DbgPrint(" %x", KeAddTriageDumpDataBlock(&blocks.array, component, sizeof component));
  DbgPrint(" %x", KeAddTriageDumpDataBlock(&blocks.array, other_component, sizeof other_component));
  DbgPrint(" %x\n", KeAddTriageDumpDataBlock(&blocks.array, remembered, 0));
  DbgPrint("blocks: %u of %u, %u bytes\n", blocks.array.NumBlocksUsed, blocks.array.NumBlocksTotal, blocks.array.DataSize);
  triage->DataArray = &blocks.array;
}

_Use_decl_annotations_ static VOID NTAPI OnTriageWithout(KBUGCHECK_CALLBACK_REASON, PKBUGCHECK_REASON_CALLBACK_RECORD, PVOID, ULONG) {
  DbgPrint("without\n");
}

void Mistake(PDRIVER_OBJECT) {
  DbgPrint("initialized: %x", KeInitializeTriageDumpDataArray(&blocks.array, sizeof(KTRIAGE_DUMP_DATA_ARRAY)));
  DbgPrint(" %x\n", KeInitializeTriageDumpDataArray(&blocks.array, sizeof blocks));
  KeInitializeCallbackRecord(&record);
  KeInitializeCallbackRecord(&without_array);
  KeRegisterBugCheckReasonCallback(&record, OnTriage, KbCallbackTriageDumpData, component);
  KeRegisterBugCheckReasonCallback(&without_array, OnTriageWithout, KbCallbackTriageDumpData, other_component);
  KeBugCheckEx(MANUALLY_INITIATED_CRASH, 0x11, 0, 0, 0);
}
