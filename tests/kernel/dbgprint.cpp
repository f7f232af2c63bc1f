// DbgPrint and its relatives: levels, components, masks. What they show is in tests/system/dbgview.
#include <stdarg.h>

#include "ktest.h"

using namespace ktest;

namespace {
constexpr ULONG kAnywhere = 0xFFFFFFFF;  // the mask of the whole system
constexpr ULONG kNoComponent = 0x12345;

ULONG PrintList(ULONG component, ULONG level, const char* format, ...) {
  va_list list;
  va_start(list, format);
  const ULONG status = vDbgPrintEx(component, level, format, list);
  va_end(list);
  return status;
}

ULONG PrintListWithPrefix(const char* prefix, ULONG component, ULONG level, const char* format, ...) {
  va_list list;
  va_start(list, format);
  const ULONG status = vDbgPrintExWithPrefix(prefix, component, level, format, list);
  va_end(list);
  return status;
}
}  // namespace

KTEST(ErrorsAreAlwaysShown) {
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVVIDEO_ID, DPFLTR_ERROR_LEVEL), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVVIDEO_ID, DPFLTR_WARNING_LEVEL), FALSE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVVIDEO_ID, DPFLTR_INFO_LEVEL), FALSE);
}

KTEST(DefaultShowsFourLevelsHere) {
  for (ULONG level = 0; level < 4; level++) EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_DEFAULT_ID, level), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_DEFAULT_ID, 4), FALSE);
}

KTEST(LevelsBelow32AreBitNumbersAndMasksAbove) {
  EXPECT_EQ(DbgSetDebugFilterState(DPFLTR_IHVAUDIO_ID, 5, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 5), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 0x20), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 0x30), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 4), FALSE);
  EXPECT_EQ(DbgSetDebugFilterState(DPFLTR_IHVAUDIO_ID, DPFLTR_MASK | 0x60, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 31), TRUE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 6), TRUE);
  EXPECT_EQ(DbgSetDebugFilterState(DPFLTR_IHVAUDIO_ID, 0xFFFFFFFF, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, 5), FALSE);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_IHVAUDIO_ID, DPFLTR_ERROR_LEVEL), TRUE);  // not its own bit, but the system's
}

KTEST(TheSystemsMaskCountsForAll) {
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_PCI_ID, DPFLTR_TRACE_LEVEL), FALSE);
  EXPECT_EQ(DbgSetDebugFilterState(kAnywhere, DPFLTR_TRACE_LEVEL, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_PCI_ID, DPFLTR_TRACE_LEVEL), TRUE);
  EXPECT_EQ(DbgSetDebugFilterState(kAnywhere, DPFLTR_TRACE_LEVEL, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(DbgQueryDebugFilterState(DPFLTR_PCI_ID, DPFLTR_TRACE_LEVEL), FALSE);
  EXPECT_EQ(DbgQueryDebugFilterState(kAnywhere, DPFLTR_ERROR_LEVEL), TRUE);
}

KTEST(UnknownComponents) {
  EXPECT_EQ(DbgQueryDebugFilterState(kNoComponent, 0), STATUS_INVALID_PARAMETER_1);
  EXPECT_EQ(DbgSetDebugFilterState(kNoComponent, 0, TRUE), STATUS_INVALID_PARAMETER_1);
  EXPECT_EQ(DbgPrintEx(kNoComponent, DPFLTR_ERROR_LEVEL, "FAILED: a component that does not exist\n"), STATUS_SUCCESS);
}

KTEST(HiddenMessagesSucceed) {
  EXPECT_EQ(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "FAILED: INFO of IHVDRIVER is hidden\n"), STATUS_SUCCESS);
  EXPECT_EQ(PrintList(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL, "FAILED: %s\n", "hidden"), STATUS_SUCCESS);
  EXPECT_EQ(PrintListWithPrefix("FAILED: ", DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, "%s\n", "hidden"), STATUS_SUCCESS);
  DbgSetDebugFilterState(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, FALSE);
  EXPECT_EQ(DbgPrint("FAILED: DbgPrint prints at the level INFO\n"), STATUS_SUCCESS);
  EXPECT_EQ(DbgPrintReturnControlC("FAILED: as does this\n"), STATUS_SUCCESS);
  DbgSetDebugFilterState(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, TRUE);
}

KTEST(ShownAtAnyIrql) {
  KIRQL old;
  KeRaiseIrql(HIGH_LEVEL, &old);
  const ULONG printed = DbgPrint("at IRQL %u\n", HIGH_LEVEL);
  const ULONG listed = PrintListWithPrefix("prefix: ", DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "%d of %s\n", 1, "two");
  KeLowerIrql(old);
  EXPECT_EQ(printed, STATUS_SUCCESS);
  EXPECT_EQ(listed, STATUS_SUCCESS);
}
