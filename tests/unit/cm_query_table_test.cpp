// RtlQueryRegistryValues' table rules, with routines that are called directly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernel/cm/query_table.h"
#include "kernel/cm/registry.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

LONGLONG Now() { return 1; }

struct Call {
  std::u16string name;
  ULONG type;
  std::u16string text;
  ULONG length;
};
std::vector<Call> g_calls;
NTSTATUS g_answer;
int g_unsafe;

NTSTATUS MSABI Routine(PWSTR, ULONG, PVOID, ULONG, PVOID, PVOID) { return STATUS_SUCCESS; }

NTSTATUS Record(PRTL_QUERY_REGISTRY_ROUTINE, PWSTR name, ULONG type, PVOID data, ULONG length, PVOID, PVOID) {
  std::u16string text(length / 2, u'\0');
  if (length != 0) std::memcpy(text.data(), data, text.size() * 2);
  g_calls.push_back({name != nullptr ? name : u"(null)", type, text, length});
  return g_answer;
}

constexpr QueryHooks kHooks{&Record, &std::malloc, &std::free, [] { ++g_unsafe; }};

class CmQueryTable : public testing::Test {
 protected:
  void SetUp() override {
    g_calls.clear();
    g_answer = STATUS_SUCCESS;
    g_unsafe = 0;
    ASSERT_EQ(LoadRegistry("", &Now), STATUS_SUCCESS);
    Walk walk{.create = true};
    ASSERT_EQ(WalkTo(&TheRegistry().root, u"\\Machine\\Software\\Test", walk, &key_), STATUS_SUCCESS);
    const ULONG number = 42;
    const ULONGLONG wide = 0x1122334455667788;
    SetKeyValue(key_, u"Number", REG_DWORD, &number, 4);
    SetKeyValue(key_, u"Wide", REG_QWORD, &wide, 8);
    Text(u"Text", REG_SZ, u"hello\0");
    Text(u"Bare", REG_SZ, u"bare");
    Text(u"Path", REG_EXPAND_SZ, u"%Root%\\x%No%\0");
    Text(u"Many", REG_MULTI_SZ, std::u16string(u"one\0two\0\0", 9));
  }
  void TearDown() override { FreeRegistry(); }

  void Text(std::u16string_view name, ULONG type, std::u16string text) {
    if (name == u"Text" || name == u"Path") text += u'\0';
    SetKeyValue(key_, name, type, text.data(), text.size() * 2);
  }
  NTSTATUS Run(std::initializer_list<RTL_QUERY_REGISTRY_TABLE> entries) {
    std::vector<RTL_QUERY_REGISTRY_TABLE> table(entries);
    table.push_back({});
    return QueryValues(key_, table.data(), nullptr, u"Other=1\0ROOT=C:\\W\0", kHooks);
  }
  static RTL_QUERY_REGISTRY_TABLE Ask(const char16_t* name, ULONG flags = 0) {
    return {&Routine, flags, const_cast<PWSTR>(name), nullptr, REG_NONE, nullptr, 0};
  }
  static RTL_QUERY_REGISTRY_TABLE Direct(const char16_t* name, PVOID target, ULONG flags = 0, ULONG type = REG_NONE) {
    return {nullptr, flags | RTL_QUERY_REGISTRY_DIRECT, const_cast<PWSTR>(name), target, type, nullptr, 0};
  }

  Key* key_ = nullptr;
};

TEST_F(CmQueryTable, CallsForNamedValues) {
  ASSERT_EQ(Run({Ask(u"Text"), Ask(u"Bare")}), STATUS_SUCCESS);
  ASSERT_EQ(g_calls.size(), 2u);
  EXPECT_EQ(g_calls[0].type, REG_SZ);
  EXPECT_EQ(g_calls[0].length, 12u);
  EXPECT_EQ(g_calls[1].text, std::u16string(u"bare\0", 5));  // terminated though it is stored without
}

TEST_F(CmQueryTable, ExpandsUnlessToldNotTo) {
  ASSERT_EQ(Run({Ask(u"Path"), Ask(u"Path", RTL_QUERY_REGISTRY_NOEXPAND)}), STATUS_SUCCESS);
  EXPECT_EQ(g_calls[0].type, REG_SZ);
  EXPECT_EQ(g_calls[0].text.substr(0, g_calls[0].text.find(u'\0')), u"C:\\W\\x%No%");
  EXPECT_EQ(g_calls[1].type, REG_EXPAND_SZ);
}

TEST_F(CmQueryTable, SplitsStrings) {
  ASSERT_EQ(Run({Ask(u"Many"), Ask(u"Many", RTL_QUERY_REGISTRY_NOEXPAND)}), STATUS_SUCCESS);
  ASSERT_EQ(g_calls.size(), 3u);
  EXPECT_EQ(g_calls[0].text, std::u16string(u"one\0", 4));
  EXPECT_EQ(g_calls[1].text, std::u16string(u"two\0", 4));
  EXPECT_EQ(g_calls[1].type, REG_SZ);
  EXPECT_EQ(g_calls[2].type, REG_MULTI_SZ);
  EXPECT_EQ(g_calls[2].length, 18u);
}

TEST_F(CmQueryTable, MissingValues) {
  EXPECT_EQ(Run({Ask(u"Missing")}), STATUS_SUCCESS);
  EXPECT_TRUE(g_calls.empty());
  EXPECT_EQ(Run({Ask(u"Missing", RTL_QUERY_REGISTRY_REQUIRED)}), STATUS_OBJECT_NAME_NOT_FOUND);
  auto entry = Ask(u"Missing");
  entry.DefaultType = REG_SZ;
  EXPECT_EQ(Run({entry}), STATUS_DATA_OVERRUN);
  entry.DefaultData = const_cast<char16_t*>(u"default");
  EXPECT_EQ(Run({entry}), STATUS_SUCCESS);
  ASSERT_EQ(g_calls.size(), 1u);
  EXPECT_EQ(g_calls[0].length, 16u);
}

TEST_F(CmQueryTable, AllValuesNoValueAndFailures) {
  EXPECT_EQ(Run({Ask(nullptr, RTL_QUERY_REGISTRY_NOVALUE)}), STATUS_SUCCESS);
  EXPECT_EQ(g_calls[0].name, u"(null)");
  g_calls.clear();
  EXPECT_EQ(Run({Ask(nullptr)}), STATUS_SUCCESS);
  EXPECT_EQ(g_calls.size(), 7u);  // six values, one of them two strings
  g_calls.clear();
  g_answer = STATUS_ACCESS_DENIED;
  EXPECT_EQ(Run({Ask(nullptr)}), STATUS_ACCESS_DENIED);
  EXPECT_EQ(g_calls.size(), 1u);
}

TEST_F(CmQueryTable, SubKeysAndBack) {
  Walk walk{.create = true};
  Key* sub = nullptr;
  ASSERT_EQ(WalkTo(key_, u"Sub", walk, &sub), STATUS_SUCCESS);
  SetKeyValue(sub, u"Inner", REG_DWORD, "abcd", 4);
  RTL_QUERY_REGISTRY_TABLE into = Ask(u"Sub", RTL_QUERY_REGISTRY_SUBKEY);
  into.QueryRoutine = nullptr;
  ULONG inner = 0, number = 0;
  EXPECT_EQ(Run({into, Direct(u"Inner", &inner, RTL_QUERY_REGISTRY_REQUIRED), Direct(u"Number", &number, RTL_QUERY_REGISTRY_TOPKEY)}),
            STATUS_SUCCESS);
  EXPECT_EQ(inner, 0x64636261u);
  EXPECT_EQ(number, 42u);
  EXPECT_EQ(sub->references, 0u);
  EXPECT_EQ(Run({Ask(u"Nowhere", RTL_QUERY_REGISTRY_SUBKEY)}), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Run({Ask(nullptr, RTL_QUERY_REGISTRY_SUBKEY)}), STATUS_INVALID_PARAMETER);
}

TEST_F(CmQueryTable, DirectText) {
  UNICODE_STRING made{};
  ASSERT_EQ(Run({Direct(u"Text", &made)}), STATUS_SUCCESS);
  EXPECT_EQ(made.Length, 10);
  EXPECT_EQ(made.MaximumLength, 12);
  EXPECT_EQ(std::u16string(made.Buffer), u"hello");
  std::free(made.Buffer);
  WCHAR room[4];
  UNICODE_STRING small{0, sizeof room, room};
  EXPECT_EQ(Run({Direct(u"Text", &small)}), STATUS_BUFFER_TOO_SMALL);
}

TEST_F(CmQueryTable, DirectBytes) {
  LONG raw[2] = {-8, 0};
  ASSERT_EQ(Run({Direct(u"Wide", raw)}), STATUS_SUCCESS);
  EXPECT_EQ(static_cast<ULONG>(raw[0]), 0x55667788u);
  LONG headed[4] = {16, 0, 0, 0};
  ASSERT_EQ(Run({Direct(u"Wide", headed)}), STATUS_SUCCESS);
  EXPECT_EQ(headed[0], 8);
  EXPECT_EQ(static_cast<ULONG>(headed[1]), REG_QWORD);
  EXPECT_EQ(headed[3], 0x11223344);
  LONG small[4] = {15, 0, 0, 0};
  EXPECT_EQ(Run({Direct(u"Wide", small)}), STATUS_BUFFER_TOO_SMALL);
  LONG tiny[2] = {-7, 0};
  EXPECT_EQ(Run({Direct(u"Wide", tiny)}), STATUS_BUFFER_TOO_SMALL);
}

TEST_F(CmQueryTable, DirectRules) {
  ULONG number = 7;
  auto entry = Direct(u"Number", &number);
  entry.QueryRoutine = &Routine;
  EXPECT_EQ(Run({entry}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Run({Direct(nullptr, &number)}), STATUS_INVALID_PARAMETER);
  constexpr ULONG kDword = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
  EXPECT_EQ(Run({Direct(u"Text", &number, RTL_QUERY_REGISTRY_TYPECHECK, kDword)}), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(number, 7u);
  EXPECT_EQ(Run({Direct(u"Missing", &number, RTL_QUERY_REGISTRY_TYPECHECK, kDword)}), STATUS_SUCCESS);
  EXPECT_EQ(number, 7u);
  EXPECT_EQ(Run({Direct(u"Number", &number, RTL_QUERY_REGISTRY_TYPECHECK, kDword)}), STATUS_SUCCESS);
  EXPECT_EQ(number, 42u);
  EXPECT_EQ(g_unsafe, 0);
}

TEST_F(CmQueryTable, UntrustedHivesNeedTheTypeCheck) {
  Walk walk{.create = true};
  ASSERT_EQ(WalkTo(&TheRegistry().root, u"\\User\\.Default\\Test", walk, &key_), STATUS_SUCCESS);
  SetKeyValue(key_, u"Number", REG_DWORD, "abcd", 4);
  ULONG number = 0;
  Run({Direct(u"Number", &number, RTL_QUERY_REGISTRY_TYPECHECK, REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)});
  EXPECT_EQ(g_unsafe, 0);
  Run({Direct(u"Number", &number)});
  EXPECT_EQ(g_unsafe, 1);
}

TEST_F(CmQueryTable, Deletes) {
  EXPECT_EQ(Run({Ask(u"Text", RTL_QUERY_REGISTRY_DELETE)}), STATUS_SUCCESS);
  EXPECT_EQ(key_->FindValue(u"Text"), nullptr);
  EXPECT_EQ(Run({Ask(nullptr, RTL_QUERY_REGISTRY_DELETE)}), STATUS_SUCCESS);
  EXPECT_TRUE(key_->values.empty());
}

TEST(CmExpand, Variables) {
  constexpr const char16_t* kEnvironment = u"=C:=C:\\\0A=1\0b=%A%\0";
  EXPECT_EQ(ExpandVariables(u"%a%-%B%-%C%-%", kEnvironment), u"1-%A%-%C%-%");
  EXPECT_EQ(ExpandVariables(u"100%", nullptr), u"100%");
}

}  // namespace
}  // namespace nt::cm
