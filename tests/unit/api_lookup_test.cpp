// The lookups over the generated API tables.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "kernel/api/api.h"

namespace nt::api {
namespace {

TEST(ApiLookup, ExportsAreSortedAndUnique) {
  const auto before = [](const Export& a, const Export& b) {
    return std::pair<std::string_view, std::string_view>(a.module, a.name) <
           std::pair<std::string_view, std::string_view>(b.module, b.name);
  };
  const auto exports = Exports();
  ASSERT_FALSE(exports.empty());
  for (std::size_t i = 1; i < exports.size(); ++i) EXPECT_TRUE(before(exports[i - 1], exports[i])) << exports[i].name;
}

TEST(ApiLookup, EveryExportIsFoundUnderItsIndex) {
  for (const Export& entry : Exports()) {
    ASSERT_EQ(Find(entry.module, entry.name), &entry) << entry.module << " " << entry.name;
    EXPECT_EQ(&Exports()[IndexOf(entry)], &entry);
  }
}

TEST(ApiLookup, ModulesDivideTheExports) {
  std::size_t count = 0;
  for (const char* module : Modules()) {
    const auto part = ExportsOf(module);
    EXPECT_FALSE(part.empty()) << module;
    for (const Export& entry : part) EXPECT_STREQ(entry.module, module);
    count += part.size();
  }
  EXPECT_EQ(count, Exports().size());
}

TEST(ApiLookup, ModulesAreComparedWithoutRegardToCaseAndNamesWithIt) {
  ASSERT_NE(Find("ntoskrnl.exe", "IoCreateDevice"), nullptr);
  EXPECT_EQ(Find("NTOSKRNL.EXE", "IoCreateDevice"), Find("ntoskrnl.exe", "IoCreateDevice"));
  EXPECT_EQ(Find("ntoskrnl.exe", "iocreatedevice"), nullptr);
}

TEST(ApiLookup, UnknownNamesAreNotFound) {
  EXPECT_EQ(Find("ntoskrnl.exe", "IoCreateDevic"), nullptr);
  EXPECT_EQ(Find("ntoskrnl.exe", ""), nullptr);
  EXPECT_EQ(Find("ntoskrnl", "IoCreateDevice"), nullptr);
  EXPECT_EQ(Find("", "IoCreateDevice"), nullptr);
  EXPECT_TRUE(ExportsOf("nothere.dll").empty());
}

TEST(ApiLookup, EntriesAgreeWithThemselves) {
  for (const Export& entry : Exports()) {
    SCOPED_TRACE(entry.name);
    EXPECT_LE(entry.irql_min, entry.irql_max);
    EXPECT_LE(entry.irql_max, HIGH_LEVEL);
    EXPECT_LE(entry.argument_count, 16);
    EXPECT_EQ(entry.data_size != 0, entry.kind == Kind::Data);
    const bool implemented = entry.status != Status::Absent && entry.kind != Kind::Data && entry.forward == nullptr;
    EXPECT_EQ(entry.target != nullptr, implemented);
    EXPECT_STRNE(entry.does, "");
  }
}

TEST(ApiLookup, EveryServiceIsASystemCallOfNtdll) {
  for (const Service& service : Services()) {
    SCOPED_TRACE(service.name);
    EXPECT_NE(service.target, nullptr);
    const Export* nt = Find("ntdll.dll", service.name);
    const Export* zw = Find("ntdll.dll", "Zw" + std::string(service.name).substr(2));
    ASSERT_NE(nt, nullptr);
    ASSERT_NE(zw, nullptr);
    EXPECT_EQ(nt->target, zw->target);
    EXPECT_EQ(nt->argument_count, service.argument_count);
  }
}

TEST(ApiLookup, PageableCodeDoesNoHarmAtApcLevelButServicesDo) {
  EXPECT_EQ(HighestIrql(*Find("ntoskrnl.exe", "RtlEqualUnicodeString")), APC_LEVEL);
  EXPECT_EQ(HighestIrql(*Find("ntoskrnl.exe", "ZwOpenKey")), PASSIVE_LEVEL);
  EXPECT_EQ(HighestIrql(*Find("ntoskrnl.exe", "KeSetEvent")), DISPATCH_LEVEL);
  EXPECT_EQ(HighestIrql(*Find("ntoskrnl.exe", "KeInsertQueueDpc")), HIGH_LEVEL);
}

}  // namespace
}  // namespace nt::api
