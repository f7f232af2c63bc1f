// Arrays of the memory that drivers want in a small dump (KbCallbackTriageDumpData).
#include "kernel/ke/triage_dump.h"

#include <limits>

#include "kernel/ke/ki.h"

using namespace nt::ke;

extern "C" {

NTSTATUS KeInitializeTriageDumpDataArray(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, ULONG Size) {
  if (KtriageDumpDataArray == nullptr || Size < sizeof(KTRIAGE_DUMP_DATA_ARRAY) + sizeof(KADDRESS_RANGE)) return STATUS_INVALID_PARAMETER;
  *KtriageDumpDataArray = {};
  KtriageDumpDataArray->List = {&KtriageDumpDataArray->List, &KtriageDumpDataArray->List};
  KtriageDumpDataArray->NumBlocksTotal = static_cast<ULONG>((Size - sizeof(KTRIAGE_DUMP_DATA_ARRAY)) / sizeof(KADDRESS_RANGE));
  KtriageDumpDataArray->MaxDataSize = kMostTriageData;
  return STATUS_SUCCESS;
}

NTSTATUS KeAddTriageDumpDataBlock(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, PVOID Address, SIZE_T Size) {
  const auto begin = reinterpret_cast<ULONG_PTR>(Address);
  if (KtriageDumpDataArray == nullptr || begin == 0 || Size == 0 || Size > std::numeric_limits<ULONG_PTR>::max() - begin) {
    return STATUS_INVALID_PARAMETER;
  }
  KTRIAGE_DUMP_DATA_ARRAY& array = *KtriageDumpDataArray;
  for (ULONG i = 0; i < array.NumBlocksUsed; ++i) {
    const KADDRESS_RANGE& block = array.Blocks()[i];
    const ULONG_PTR offset = begin - reinterpret_cast<ULONG_PTR>(block.Address);
    if (offset < block.Size && Size <= block.Size - offset) return STATUS_SUCCESS;  // it is there
  }
  if (array.NumBlocksUsed >= array.NumBlocksTotal || Size > array.MaxDataSize - array.DataSize) return STATUS_INSUFFICIENT_RESOURCES;
  array.Blocks()[array.NumBlocksUsed++] = {Address, Size};
  array.DataSize += static_cast<ULONG>(Size);
  return STATUS_SUCCESS;
}

}  // extern "C"
