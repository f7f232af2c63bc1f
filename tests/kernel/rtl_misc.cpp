// The rest of the run-time library: memory, bitmaps, times, trees, versions.
#include "ktest.h"

using namespace ktest;

KTEST(ComparingMemoryCountsWhatIsEqual) {
  EXPECT_EQ(RtlCompareMemory("abcdefghij", "abcdefghij", 10), 10);
  EXPECT_EQ(RtlCompareMemory("abcdefghij", "abcdefghiX", 10), 9);
  EXPECT_EQ(RtlCompareMemory("abc", "xbc", 3), 0);
  EXPECT_EQ(RtlCompareMemory("abc", "xbc", 0), 0);
  EXPECT(RtlEqualMemory("abc", "abc", 3));
  ULONG words[] = {7, 7, 7, 8};
  EXPECT_EQ(RtlCompareMemoryUlong(words, sizeof words, 7), 12);
}

KTEST(Bitmaps) {
  ULONG buffer[4];
  RTL_BITMAP map;
  RtlInitializeBitMap(&map, buffer, 100);
  RtlClearAllBits(&map);
  EXPECT(RtlAreBitsClear(&map, 0, 100));
  RtlSetBits(&map, 10, 20);
  EXPECT(RtlAreBitsSet(&map, 10, 20));
  EXPECT(!RtlAreBitsSet(&map, 9, 2));
  EXPECT_EQ(RtlNumberOfSetBits(&map), 20);
  EXPECT_EQ(RtlNumberOfClearBits(&map), 80);
  EXPECT_EQ(RtlFindClearBits(&map, 15, 0), 30);
  EXPECT_EQ(RtlFindSetBits(&map, 20, 0), 10);
  EXPECT_EQ(RtlFindSetBits(&map, 21, 0), 0xffffffff);
  EXPECT_EQ(RtlFindClearBitsAndSet(&map, 10, 0), 0);
  EXPECT_EQ(RtlNumberOfSetBits(&map), 30);
  RtlClearBits(&map, 5, 3);
  EXPECT(!RtlCheckBit(&map, 6));
  EXPECT(RtlCheckBit(&map, 8));
  ULONG start;
  EXPECT_EQ(RtlFindNextForwardRunClear(&map, 0, &start), 3);
  EXPECT_EQ(start, 5);
  EXPECT_EQ(RtlFindLongestRunClear(&map, &start), 70);
  EXPECT_EQ(start, 30);
  RtlSetAllBits(&map);
  EXPECT_EQ(RtlFindClearBits(&map, 1, 0), 0xffffffff);
  EXPECT_EQ(RtlFindMostSignificantBit(0x100), 8);
  EXPECT_EQ(RtlFindLeastSignificantBit(0x100), 8);
  EXPECT_EQ(RtlFindMostSignificantBit(0), -1);
}

KTEST(TimeFields) {
  TIME_FIELDS fields = {2024, 2, 29, 12, 34, 56, 789, 0};
  LARGE_INTEGER time;
  REQUIRE(RtlTimeFieldsToTime(&fields, &time));
  TIME_FIELDS back;
  RtlTimeToTimeFields(&time, &back);
  EXPECT_EQ(back.Year, 2024);
  EXPECT_EQ(back.Month, 2);
  EXPECT_EQ(back.Day, 29);
  EXPECT_EQ(back.Hour, 12);
  EXPECT_EQ(back.Minute, 34);
  EXPECT_EQ(back.Second, 56);
  EXPECT_EQ(back.Milliseconds, 789);
  EXPECT_EQ(back.Weekday, 4);
  fields.Year = 2023;
  EXPECT(!RtlTimeFieldsToTime(&fields, &time));
  ULONG seconds;
  time.QuadPart = 116444736000000000 + 42 * 10000000ll;
  EXPECT(RtlTimeToSecondsSince1970(&time, &seconds));
  EXPECT_EQ(seconds, 42);
  RtlSecondsSince1970ToTime(42, &time);
  EXPECT_EQ(time.QuadPart, 116444736000000000 + 42 * 10000000ll);
  time.QuadPart = 0;
  EXPECT(!RtlTimeToSecondsSince1970(&time, &seconds));
}

namespace {
RTL_GENERIC_COMPARE_RESULTS NTAPI CompareSplay(PRTL_GENERIC_TABLE, PVOID first, PVOID second) {
  const int a = *(int*)first, b = *(int*)second;
  return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}
PVOID NTAPI AllocateSplay(PRTL_GENERIC_TABLE, CLONG size) { return ExAllocatePoolWithTag(NonPagedPoolNx, size, 'tRtk'); }
VOID NTAPI FreeSplay(PRTL_GENERIC_TABLE, PVOID node) { ExFreePoolWithTag(node, 'tRtk'); }
RTL_GENERIC_COMPARE_RESULTS NTAPI CompareAvl(PRTL_AVL_TABLE, PVOID first, PVOID second) { return CompareSplay(nullptr, first, second); }
PVOID NTAPI AllocateAvl(PRTL_AVL_TABLE, CLONG size) { return AllocateSplay(nullptr, size); }
VOID NTAPI FreeAvl(PRTL_AVL_TABLE, PVOID node) { FreeSplay(nullptr, node); }
}  // namespace

KTEST(SplayTables) {
  RTL_GENERIC_TABLE table;
  RtlInitializeGenericTable(&table, CompareSplay, AllocateSplay, FreeSplay, nullptr);
  EXPECT(RtlIsGenericTableEmpty(&table));
  for (int i = 0; i < 100; i++) {
    int key = i * 37 % 100;
    BOOLEAN added = FALSE;
    auto* const element = (int*)RtlInsertElementGenericTable(&table, &key, sizeof key, &added);
    EXPECT(added && *element == key);
    EXPECT(RtlInsertElementGenericTable(&table, &key, sizeof key, &added) == element);
    EXPECT(!added);
  }
  EXPECT_EQ(RtlNumberGenericTableElements(&table), 100);
  int expected = 0;
  for (auto* at = (int*)RtlEnumerateGenericTable(&table, TRUE); at != nullptr; at = (int*)RtlEnumerateGenericTable(&table, FALSE)) {
    EXPECT_EQ(*at, expected++);
  }
  // Those are in the order of insertion.
  EXPECT_EQ(*(int*)RtlGetElementGenericTable(&table, 1), 37);
  EXPECT(RtlGetElementGenericTable(&table, 100) == nullptr);
  int key = 50;
  EXPECT_EQ(*(int*)RtlLookupElementGenericTable(&table, &key), 50);
  EXPECT(RtlDeleteElementGenericTable(&table, &key));
  EXPECT(!RtlDeleteElementGenericTable(&table, &key));
  EXPECT(RtlLookupElementGenericTable(&table, &key) == nullptr);
  for (key = 0; key < 100; key++) RtlDeleteElementGenericTable(&table, &key);
  EXPECT(RtlIsGenericTableEmpty(&table));
}

KTEST(AvlTables) {
  RTL_AVL_TABLE table;
  RtlInitializeGenericTableAvl(&table, CompareAvl, AllocateAvl, FreeAvl, nullptr);
  for (int i = 0; i < 100; i++) {
    int key = i * 37 % 100;
    BOOLEAN added = FALSE;
    EXPECT(RtlInsertElementGenericTableAvl(&table, &key, sizeof key, &added) != nullptr && added);
  }
  EXPECT_EQ(RtlNumberGenericTableElementsAvl(&table), 100);
  EXPECT(table.DepthOfTree <= 9);
  PVOID restart = nullptr;
  int expected = 0;
  while (auto* const at = (int*)RtlEnumerateGenericTableWithoutSplayingAvl(&table, &restart)) EXPECT_EQ(*at, expected++);
  EXPECT_EQ(expected, 100);
  EXPECT_EQ(*(int*)RtlGetElementGenericTableAvl(&table, 5), 5);
  for (int key = 0; key < 100; key++) {
    EXPECT(RtlLookupElementGenericTableAvl(&table, &key) != nullptr);
    EXPECT(RtlDeleteElementGenericTableAvl(&table, &key));
    EXPECT(!RtlDeleteElementGenericTableAvl(&table, &key));
  }
  EXPECT(RtlIsGenericTableEmptyAvl(&table));
}

KTEST(Versions) {
  RTL_OSVERSIONINFOEXW version = {};
  version.dwOSVersionInfoSize = sizeof version;
  EXPECT_EQ(RtlGetVersion((PRTL_OSVERSIONINFOW)&version), STATUS_SUCCESS);
  EXPECT_EQ(version.dwMajorVersion, 10);
  EXPECT_EQ(version.dwBuildNumber, 22000);
  RTL_OSVERSIONINFOEXW wanted = {};
  wanted.dwOSVersionInfoSize = sizeof wanted;
  wanted.dwMajorVersion = 6;
  ULONGLONG mask = 0;
  VER_SET_CONDITION(mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
  EXPECT_EQ(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION, mask), STATUS_SUCCESS);
  wanted.dwMajorVersion = 11;
  EXPECT_EQ(RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION, mask), STATUS_REVISION_MISMATCH);
  ULONG major, minor, build;
  PsGetVersion(&major, &minor, &build, nullptr);
  EXPECT_EQ(build, 22000);
}

KTEST(Status) {
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_ACCESS_DENIED), 5);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND), 2);
  EXPECT_EQ(RtlNtStatusToDosErrorNoTeb(STATUS_SUCCESS), 0);
  ULONG seed = 1;
  const ULONG first = RtlRandomEx(&seed);
  EXPECT(first <= 0x7ffffffe);
}

KTEST(MemoryIsMovedWithinItself) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"RtlMoveMemory");  // in the headers a macro for memmove
  const auto move = (VOID(NTAPI*)(PVOID, const VOID*, SIZE_T))MmGetSystemRoutineAddress(&name);
  REQUIRE(move != nullptr);
  UCHAR bytes[6] = {1, 2, 3, 4, 5, 6};
  move(bytes + 1, bytes, 4);
  EXPECT_EQ(bytes[1], 1);
  EXPECT_EQ(bytes[4], 4);
  move(bytes, bytes + 1, 5);
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[4], 6);
}
