// The run-time library's tables: one-time initialization, hash tables, prefix tables.
#include "ktest.h"

using namespace ktest;

// ---- one-time initialization ----

namespace {
struct Once {
  RTL_RUN_ONCE once = RTL_RUN_ONCE_INIT;
  LONG runs = 0;
  ULONG result = TRUE;
  PVOID expected = nullptr;
  KEVENT begun, go_on;
};

ULONG NTAPI InitializeOnce(PRTL_RUN_ONCE, PVOID parameter, PVOID* context) {
  auto* const once = static_cast<Once*>(parameter);
  ++once->runs;
  if (context != nullptr) *context = once->expected;
  return once->result;
}

ULONG NTAPI InitializeSlowly(PRTL_RUN_ONCE once, PVOID parameter, PVOID* context) {
  auto* const state = static_cast<Once*>(parameter);
  KeSetEvent(&state->begun, 0, FALSE);
  WaitFor(&state->go_on, 10000);
  return InitializeOnce(once, parameter, context);
}

void ExecuteSlowly(Once* once) {
  PVOID context = nullptr;
  EXPECT_EQ(RtlRunOnceExecuteOnce(&once->once, InitializeSlowly, once, &context), STATUS_SUCCESS);
  EXPECT(context == once->expected);
}
}  // namespace

KTEST(ARoutineRunsOnce) {
  Once once;
  once.expected = &once;
  PVOID context = nullptr;
  EXPECT_EQ(RtlRunOnceExecuteOnce(&once.once, InitializeOnce, &once, &context), STATUS_SUCCESS);
  EXPECT(context == &once);
  context = nullptr;
  EXPECT_EQ(RtlRunOnceExecuteOnce(&once.once, InitializeOnce, &once, &context), STATUS_SUCCESS);
  EXPECT(context == &once);
  EXPECT_EQ(RtlRunOnceExecuteOnce(&once.once, InitializeOnce, &once, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(once.runs, 1);
}

KTEST(AFailedInitializationRunsAgain) {
  Once once;
  once.result = FALSE;
  EXPECT_EQ(RtlRunOnceExecuteOnce(&once.once, InitializeOnce, &once, nullptr), STATUS_UNSUCCESSFUL);
  once.result = TRUE;
  EXPECT_EQ(RtlRunOnceExecuteOnce(&once.once, InitializeOnce, &once, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(once.runs, 2);
}

KTEST(OthersWaitForAnInitializationThatRuns) {
  Once once;
  once.expected = &once;
  KeInitializeEvent(&once.begun, NotificationEvent, FALSE);
  KeInitializeEvent(&once.go_on, NotificationEvent, FALSE);
  Thread first(ExecuteSlowly, &once);
  REQUIRE(WaitFor(&once.begun, 10000) == STATUS_SUCCESS);
  Thread second(ExecuteSlowly, &once), third(ExecuteSlowly, &once);
  Sleep(20);
  PVOID context;
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once.once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once.once, RTL_RUN_ONCE_ASYNC, &context), STATUS_INVALID_PARAMETER_2);
  KeSetEvent(&once.go_on, 0, FALSE);
  first.Join();
  second.Join();
  third.Join();
  EXPECT_EQ(once.runs, 1);
}

KTEST(InitializingWithoutARoutine) {
  RTL_RUN_ONCE once;
  RtlRunOnceInitialize(&once);
  PVOID context = nullptr;
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC, &context), STATUS_INVALID_PARAMETER_2);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, 8, &context), STATUS_INVALID_PARAMETER_2);
  EXPECT_EQ(RtlRunOnceComplete(&once, 0, nullptr), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_PENDING);
  EXPECT_EQ(RtlRunOnceComplete(&once, 0, (PVOID)1), STATUS_INVALID_PARAMETER_3);
  EXPECT_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED, nullptr), STATUS_INVALID_PARAMETER_2);
  EXPECT_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_INIT_FAILED, &once), STATUS_INVALID_PARAMETER_3);
  EXPECT_EQ(RtlRunOnceComplete(&once, 0, (PVOID)16), STATUS_SUCCESS);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_SUCCESS);
  EXPECT_EQ((ULONG_PTR)context, 16);
}

KTEST(SeveralInitializeAndTheFirstIsTaken) {
  RTL_RUN_ONCE once;
  RtlRunOnceInitialize(&once);
  PVOID context;
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_INVALID_PARAMETER_2);
  EXPECT_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, (PVOID)8), STATUS_SUCCESS);
  EXPECT_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, (PVOID)16), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_SUCCESS);
  EXPECT_EQ((ULONG_PTR)context, 8);
}

// ---- hash tables ----

namespace {
struct Item {
  RTL_DYNAMIC_HASH_TABLE_ENTRY entry;
  ULONG number;
};
Item* ItemOf(PRTL_DYNAMIC_HASH_TABLE_ENTRY entry) { return CONTAINING_RECORD(entry, Item, entry); }
Item items[600];

void Fill(PRTL_DYNAMIC_HASH_TABLE table, ULONG count) {
  for (ULONG i = 0; i < count; ++i) {
    items[i].number = i;
    EXPECT(RtlInsertEntryHashTable(table, &items[i].entry, i * 16, nullptr));
  }
}

bool HasAll(PRTL_DYNAMIC_HASH_TABLE table, ULONG count) {
  for (ULONG i = 0; i < count; ++i) {
    if (RtlLookupEntryHashTable(table, i * 16, nullptr) != &items[i].entry) return false;
  }
  return true;
}
}  // namespace

KTEST(AHashTableFindsBySignature) {
  PRTL_DYNAMIC_HASH_TABLE table = nullptr;
  REQUIRE(RtlCreateHashTable(&table, 4, 0));
  EXPECT_EQ(table->Flags, RTL_HASH_ALLOCATED_HEADER);
  EXPECT_EQ(RtlTotalBucketsHashTable(table), 128);
  EXPECT(RtlLookupEntryHashTable(table, 32, nullptr) == nullptr);
  Fill(table, 600);
  EXPECT_EQ(RtlTotalEntriesHashTable(table), 600);
  EXPECT(HasAll(table, 600));
  EXPECT(RtlNonEmptyBucketsHashTable(table) > 64);
  for (Item& item : items) EXPECT(RtlRemoveEntryHashTable(table, &item.entry, nullptr));
  EXPECT_EQ(RtlTotalEntriesHashTable(table), 0);
  EXPECT_EQ(RtlNonEmptyBucketsHashTable(table), 0);
  RtlDeleteHashTable(table);
}

KTEST(AHashTableInTheCallersMemory) {
  RTL_DYNAMIC_HASH_TABLE header;
  PRTL_DYNAMIC_HASH_TABLE table = &header;
  EXPECT(!RtlCreateHashTable(&table, 0, RTL_HASH_ALLOCATED_HEADER));
  REQUIRE(RtlCreateHashTable(&table, 0, 0));
  EXPECT(table == &header);
  EXPECT_EQ(table->Flags, 0);
  RtlDeleteHashTable(table);
  REQUIRE(RtlCreateHashTableEx(&table, 1000, 0, 0));
  EXPECT_EQ(RtlTotalBucketsHashTable(table), 1024);
  RtlDeleteHashTable(table);
}

KTEST(EntriesWithOneSignatureFollowEachOther) {
  PRTL_DYNAMIC_HASH_TABLE table = nullptr;
  REQUIRE(RtlCreateHashTable(&table, 0, 0));
  Fill(table, 300);
  Item same[3];
  RTL_DYNAMIC_HASH_TABLE_CONTEXT context;
  for (Item& item : same) {
    item.number = 1000;
    RtlInitHashTableContext(&context);
    RtlLookupEntryHashTable(table, 7777, &context);
    EXPECT(RtlInsertEntryHashTable(table, &item.entry, 7777, &context));
  }
  RtlInitHashTableContext(&context);
  ULONG count = 0;
  for (auto* entry = RtlLookupEntryHashTable(table, 7777, &context); entry != nullptr; entry = RtlGetNextEntryHashTable(table, &context)) {
    EXPECT_EQ(ItemOf(entry)->number, 1000);
    ++count;
  }
  EXPECT_EQ(count, 3);
  RtlReleaseHashTableContext(&context);
  // Signature 0 is another name of 1.
  Item zero{};
  RtlInsertEntryHashTable(table, &zero.entry, 0, nullptr);
  EXPECT_EQ(zero.entry.Signature, 1);
  EXPECT(RtlLookupEntryHashTable(table, 1, nullptr) == RtlLookupEntryHashTable(table, 0, nullptr));
  RtlDeleteHashTable(table);
}

KTEST(AnEnumerationSurvivesRemovals) {
  PRTL_DYNAMIC_HASH_TABLE table = nullptr;
  REQUIRE(RtlCreateHashTable(&table, 0, 0));
  Fill(table, 200);
  RTL_DYNAMIC_HASH_TABLE_ENUMERATOR enumerator;
  REQUIRE(RtlInitEnumerationHashTable(table, &enumerator));
  EXPECT_EQ(RtlActiveEnumeratorsHashTable(table), 1);
  EXPECT(!RtlExpandHashTable(table));
  EXPECT(!RtlContractHashTable(table));
  ULONG count = 0;
  while (auto* entry = RtlEnumerateEntryHashTable(table, &enumerator)) {
    ++count;
    RtlRemoveEntryHashTable(table, entry, nullptr);
  }
  EXPECT_EQ(count, 200);
  EXPECT(RtlEnumerateEntryHashTable(table, &enumerator) == nullptr);
  RtlEndEnumerationHashTable(table, &enumerator);
  EXPECT_EQ(RtlActiveEnumeratorsHashTable(table), 0);
  EXPECT_EQ(RtlTotalEntriesHashTable(table), 0);
  EXPECT_EQ(RtlNonEmptyBucketsHashTable(table), 0);
  RtlDeleteHashTable(table);
}

KTEST(EnumeratorsDoNotSeeEachOther) {
  PRTL_DYNAMIC_HASH_TABLE table = nullptr;
  REQUIRE(RtlCreateHashTable(&table, 0, 0));
  Fill(table, 50);
  RTL_DYNAMIC_HASH_TABLE_ENUMERATOR outer, inner, weak;
  RtlInitEnumerationHashTable(table, &outer);
  ULONG outer_count = 0;
  while (RtlEnumerateEntryHashTable(table, &outer)) {
    if (++outer_count != 25) continue;
    ULONG inner_count = 0, weak_count = 0;
    RtlInitEnumerationHashTable(table, &inner);
    while (RtlEnumerateEntryHashTable(table, &inner)) ++inner_count;
    RtlInitWeakEnumerationHashTable(table, &weak);
    while (RtlWeaklyEnumerateEntryHashTable(table, &weak)) ++weak_count;
    RtlEndWeakEnumerationHashTable(table, &weak);
    RtlEndEnumerationHashTable(table, &inner);
    EXPECT_EQ(inner_count, 50);
    EXPECT_EQ(weak_count, 50);
    EXPECT(HasAll(table, 50));
  }
  EXPECT_EQ(outer_count, 50);
  RtlEndEnumerationHashTable(table, &outer);
  RtlDeleteHashTable(table);
}

KTEST(AHashTableGrowsAndShrinks) {
  PRTL_DYNAMIC_HASH_TABLE table = nullptr;
  REQUIRE(RtlCreateHashTable(&table, 4, 0));
  EXPECT(!RtlContractHashTable(table));
  Fill(table, 600);
  for (ULONG size = 129; size <= 700; ++size) {
    REQUIRE(RtlExpandHashTable(table));
    EXPECT_EQ(RtlTotalBucketsHashTable(table), size);
    if (size % 37 == 0) EXPECT(HasAll(table, 600));
  }
  for (ULONG size = 699; size >= 128; --size) {
    REQUIRE(RtlContractHashTable(table));
    if (size % 41 == 0) EXPECT(HasAll(table, 600));
  }
  EXPECT_EQ(RtlTotalBucketsHashTable(table), 128);
  EXPECT(HasAll(table, 600));
  for (Item& item : items) RtlRemoveEntryHashTable(table, &item.entry, nullptr);
  EXPECT_EQ(RtlNonEmptyBucketsHashTable(table), 0);
  RtlDeleteHashTable(table);
}

// ---- prefix tables ----

KTEST(PrefixesMatchByWholeComponents) {
  static const char* const names[] = {"\\", "\\A", "\\A\\B", "\\A\\B\\C", "\\D", "\\D\\E"};
  PREFIX_TABLE table;
  PREFIX_TABLE_ENTRY entries[6];
  STRING strings[6], name;
  PfxInitialize(&table);
  for (int i = 0; i < 6; ++i) {
    RtlInitString(&strings[i], names[i]);
    EXPECT(PfxInsertPrefix(&table, &strings[i], &entries[i]));
  }
  PREFIX_TABLE_ENTRY again;
  EXPECT(!PfxInsertPrefix(&table, &strings[2], &again));
  const struct {
    const char* name;
    int prefix;
  } cases[] = {{"\\A\\B\\C\\D", 3}, {"\\A\\B", 2}, {"\\A\\BC", 1}, {"\\A\\X\\C", 1}, {"\\D\\E\\F", 5},
               {"\\D\\F", 4},       {"\\X\\Y", 0}, {"\\X", 0},     {"\\", 0},        {"\\a\\B", 0}};
  for (const auto& one : cases) {
    RtlInitString(&name, one.name);
    EXPECT(PfxFindPrefix(&table, &name) == &entries[one.prefix]);
  }
  RtlInitString(&name, "X");
  EXPECT(PfxFindPrefix(&table, &name) == nullptr);
  PfxRemovePrefix(&table, &entries[2]);
  RtlInitString(&name, "\\A\\B");
  EXPECT(PfxFindPrefix(&table, &name) == &entries[1]);
  PfxRemovePrefix(&table, &entries[0]);
  RtlInitString(&name, "\\X");
  EXPECT(PfxFindPrefix(&table, &name) == nullptr);
}

KTEST(UnicodePrefixesKeepTheCasesApart) {
  static const wchar_t* const names[] = {L"\\Dir\\Sub", L"\\DIR\\SUB", L"\\dir\\sub", L"\\Dir", L"\\Other"};
  UNICODE_PREFIX_TABLE table;
  UNICODE_PREFIX_TABLE_ENTRY entries[5], again;
  UNICODE_STRING strings[5], name;
  RtlInitializeUnicodePrefix(&table);
  for (int i = 0; i < 5; ++i) {
    RtlInitUnicodeString(&strings[i], names[i]);
    EXPECT(RtlInsertUnicodePrefix(&table, &strings[i], &entries[i]));
  }
  EXPECT(!RtlInsertUnicodePrefix(&table, &strings[1], &again));
  RtlInitUnicodeString(&name, L"\\DIR\\SUB\\File");
  EXPECT(RtlFindUnicodePrefix(&table, &name, MAXULONG) == &entries[1]);
  RtlInitUnicodeString(&name, L"\\dIR\\sUB\\File");
  EXPECT(RtlFindUnicodePrefix(&table, &name, MAXULONG) == nullptr);
  EXPECT(RtlFindUnicodePrefix(&table, &name, 0) != nullptr);
  RtlInitUnicodeString(&name, L"\\Dir\\SUB");
  EXPECT(RtlFindUnicodePrefix(&table, &name, 5) == &entries[0]);
  EXPECT(RtlFindUnicodePrefix(&table, &name, MAXULONG) == &entries[3]);

  ULONG seen = 0;
  for (auto* entry = RtlNextUnicodePrefix(&table, TRUE); entry != nullptr; entry = RtlNextUnicodePrefix(&table, FALSE)) {
    seen |= 1u << (entry - entries);
  }
  EXPECT_EQ(seen, 31);

  // What is removed from the tree leaves its place to another of the same letters.
  RtlRemoveUnicodePrefix(&table, &entries[0]);
  RtlInitUnicodeString(&name, L"\\dir\\sub\\x");
  EXPECT(RtlFindUnicodePrefix(&table, &name, MAXULONG) == &entries[2]);
  RtlRemoveUnicodePrefix(&table, &entries[2]);
  RtlRemoveUnicodePrefix(&table, &entries[1]);
  EXPECT(RtlFindUnicodePrefix(&table, &name, 0) == &entries[3]);
  RtlRemoveUnicodePrefix(&table, &entries[3]);
  EXPECT(RtlFindUnicodePrefix(&table, &name, 0) == nullptr);
  EXPECT(RtlNextUnicodePrefix(&table, TRUE) == &entries[4]);
  EXPECT(RtlNextUnicodePrefix(&table, FALSE) == nullptr);
}
