// The registry's tree without a machine: paths, links, volatile keys, deletion, and what the query services answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "kernel/cm/cm.h"
#include "kernel/cm/information.h"
#include "kernel/cm/registry.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

using testing::ElementsAre;

LONGLONG g_time = 1000;
LONGLONG Now() { return ++g_time; }

class CmTree : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(LoadRegistry("", &Now), STATUS_SUCCESS); }
  void TearDown() override { FreeRegistry(); }

  static NTSTATUS Open(std::u16string_view path, Walk walk, Key** key) { return WalkTo(&TheRegistry().root, path, walk, key); }
  static Key* Get(std::u16string_view path, Walk walk = {}) {
    Key* key = nullptr;
    EXPECT_EQ(Open(path, walk, &key), STATUS_SUCCESS);
    return key;
  }
  static NTSTATUS Create(std::u16string_view path, ULONG options = 0) {
    Walk walk{.create = true, .options = options};
    Key* key = nullptr;
    return WalkTo(&TheRegistry().root, path, walk, &key);
  }
};

constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
std::u16string Service(std::u16string_view name) { return std::u16string(kServices) + std::u16string(name); }

TEST_F(CmTree, DefaultsHaveTheWellKnownPlaces) {
  EXPECT_TRUE(KeyExists(u"\\Registry\\Machine\\Hardware\\DeviceMap"));
  EXPECT_TRUE(KeyExists(u"\\REGISTRY\\USER\\.Default"));
  EXPECT_EQ(ReadDword(u"\\Registry\\Machine\\System\\Select", u"Current"), 1u);
  EXPECT_EQ(ReadString(u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion", u"CurrentBuildNumber"), u"22000");
  EXPECT_FALSE(KeyExists(u"\\Registry\\Machine\\Nothing"));
  EXPECT_FALSE(KeyExists(u"\\RegistryX"));
  EXPECT_FALSE(KeyExists(u""));
}

TEST_F(CmTree, ReadsWhatWasSet) {
  EXPECT_EQ(SetDword(Service(u"Zero\\Parameters"), u"Size", 42), STATUS_SUCCESS);
  EXPECT_EQ(SetString(Service(u"Zero"), u"ImagePath", u"zero.sys", REG_EXPAND_SZ), STATUS_SUCCESS);
  EXPECT_EQ(SetStrings(Service(u"Zero"), u"DependOn", {u"A", u"Bc"}), STATUS_SUCCESS);
  EXPECT_EQ(ReadDword(Service(u"ZERO\\parameters"), u"sIZE"), 42u);
  EXPECT_EQ(ReadString(Service(u"Zero"), u"ImagePath"), u"zero.sys");
  EXPECT_THAT(*ReadStrings(Service(u"Zero"), u"DependOn"), ElementsAre(u"A", u"Bc"));
  EXPECT_EQ(ReadString(Service(u"Zero\\Parameters"), u"Size"), std::nullopt);
  EXPECT_EQ(ReadDword(Service(u"Zero"), u"Missing"), std::nullopt);
  EXPECT_EQ(DeleteValue(Service(u"Zero"), u"imagepath"), STATUS_SUCCESS);
  EXPECT_EQ(DeleteValue(Service(u"Zero"), u"ImagePath"), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(CmTree, CurrentControlSetIsALink) {
  ASSERT_EQ(SetDword(Service(u"Zero"), u"Start", 3), STATUS_SUCCESS);
  EXPECT_EQ(ReadDword(u"\\Registry\\Machine\\System\\ControlSet001\\Services\\Zero", u"Start"), 3u);
  EXPECT_EQ(Get(u"\\Machine\\System\\CurrentControlSet")->name, u"ControlSet001");
  Key* const link = Get(u"\\Machine\\System\\CurrentControlSet", {.open_link = true});
  EXPECT_TRUE(link->is_link);
  EXPECT_TRUE(link->is_volatile);
  EXPECT_EQ(SetKeyValue(link, u"Other", REG_SZ, nullptr, 0), STATUS_ACCESS_DENIED);
}

TEST_F(CmTree, LinksThatGoInCirclesEnd) {
  ASSERT_EQ(Create(u"\\Machine\\Software\\Loop", REG_OPTION_CREATE_LINK), STATUS_SUCCESS);
  Key* const link = Get(u"\\Machine\\Software\\Loop", {.open_link = true});
  const std::u16string target = u"\\Registry\\Machine\\Software\\Loop";
  ASSERT_EQ(SetKeyValue(link, kLinkValue, REG_LINK, target.data(), target.size() * 2), STATUS_SUCCESS);
  EXPECT_FALSE(KeyExists(u"\\Registry\\Machine\\Software\\Loop"));
}

TEST_F(CmTree, RulesOfCreation) {
  EXPECT_EQ(Create(u"\\Machine\\Mine"), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Create(u"\\Machine\\Software\\No\\Way"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Create(u"\\Machine\\Hardware\\Lasting"), STATUS_CHILD_MUST_BE_VOLATILE);
  EXPECT_EQ(Create(u"\\Machine\\Hardware\\Fleeting", REG_OPTION_VOLATILE), STATUS_SUCCESS);
  EXPECT_EQ(Create(u"\\Machine\\Software\\" + std::u16string(257, u'x')), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Create(u"\\Machine\\Software\\" + std::u16string(256, u'x')), STATUS_SUCCESS);
  EXPECT_EQ(Create(u"\\Machine\\Software\\Classes", REG_OPTION_CREATE_LINK), STATUS_OBJECT_NAME_COLLISION);
}

TEST_F(CmTree, SubKeysAreSortedWithoutRegardToCase) {
  for (const char16_t* name : {u"b", u"C", u"a", u"\u00e9", u"D"}) ASSERT_EQ(CreateKey(std::u16string(kServices) + name), STATUS_SUCCESS);
  EXPECT_THAT(SubKeys(kServices), ElementsAre(u"a", u"b", u"C", u"D", u"\u00e9"));
  EXPECT_TRUE(KeyExists(std::u16string(kServices) + u"\u00c9"));
}

TEST_F(CmTree, RulesOfDeletion) {
  ASSERT_EQ(CreateKey(Service(u"Zero\\Parameters")), STATUS_SUCCESS);
  Key* const parameters = Get(u"\\Machine\\System\\ControlSet001\\Services\\Zero\\Parameters");
  EXPECT_EQ(DeleteKey(parameters->parent), STATUS_CANNOT_DELETE);
  EXPECT_EQ(DeleteKey(Get(u"\\Machine\\System")), STATUS_CANNOT_DELETE);
  EXPECT_EQ(DeleteTree(u"\\Registry\\Machine"), STATUS_CANNOT_DELETE);
  ReferenceKey(parameters);
  EXPECT_EQ(DeleteTree(Service(u"Zero")), STATUS_SUCCESS);
  EXPECT_FALSE(KeyExists(Service(u"Zero")));
  EXPECT_TRUE(parameters->deleted);
  EXPECT_EQ(DeleteKey(parameters), STATUS_SUCCESS);
  EXPECT_EQ(SetKeyValue(parameters, u"x", REG_DWORD, nullptr, 0), STATUS_KEY_DELETED);
  Walk walk;
  Key* found = nullptr;
  EXPECT_EQ(WalkTo(parameters, u"", walk, &found), STATUS_KEY_DELETED);
  DereferenceKey(parameters);
  EXPECT_TRUE(TheRegistry().deleted.empty());
}

TEST_F(CmTree, OnlyLastingChangesMakeAHiveDirty) {
  Hive& system = *TheRegistry().hives[0];
  EXPECT_FALSE(system.dirty);
  ASSERT_EQ(Create(u"\\Machine\\System\\Fleeting", REG_OPTION_VOLATILE), STATUS_SUCCESS);
  EXPECT_FALSE(system.dirty);
  ASSERT_EQ(Create(u"\\Machine\\System\\Lasting"), STATUS_SUCCESS);
  EXPECT_TRUE(system.dirty);
  EXPECT_FALSE(TheRegistry().hives[1]->dirty);
}

// ---- answers -------------------------------------------------------------------------------------------------------------

template <class T>
T As(const Information& information) {
  T header{};
  std::memcpy(&header, information.bytes.data(), std::min(sizeof header, information.bytes.size()));
  return header;
}

TEST(CmInformation, PartialValue) {
  const Value value{u"Name", REG_BINARY, {1, 2, 3, 4, 5}};
  Information information;
  ASSERT_EQ(DescribeValue(value, KeyValuePartialInformation, &information), STATUS_SUCCESS);
  EXPECT_EQ(information.bytes.size(), 17u);
  EXPECT_EQ(information.fixed, 12u);
  EXPECT_EQ(As<KEY_VALUE_PARTIAL_INFORMATION>(information).DataLength, 5u);
  EXPECT_EQ(FitOf(information, 0), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(FitOf(information, 11), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(FitOf(information, 12), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(FitOf(information, 16), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(FitOf(information, 17), STATUS_SUCCESS);
}

TEST(CmInformation, PartialValueAligned) {
  Information information;
  ASSERT_EQ(DescribeValue({u"", REG_QWORD, std::vector<UCHAR>(8)}, KeyValuePartialInformationAlign64, &information), STATUS_SUCCESS);
  EXPECT_EQ(information.bytes.size(), 16u);
  EXPECT_EQ(information.fixed, 8u);
}

TEST(CmInformation, FullValueAlignsItsData) {
  Information information;
  ASSERT_EQ(DescribeValue({u"abc", REG_DWORD, {7, 0, 0, 0}}, KeyValueFullInformation, &information), STATUS_SUCCESS);
  const auto header = As<KEY_VALUE_FULL_INFORMATION>(information);
  EXPECT_EQ(header.NameLength, 6u);
  EXPECT_EQ(header.DataOffset, 28u);  // 20 + 6, rounded up
  EXPECT_EQ(information.bytes.size(), 32u);
  EXPECT_EQ(information.bytes[28], 7);
  ASSERT_EQ(DescribeValue({u"abc", REG_DWORD, {7, 0, 0, 0}}, KeyValueFullInformationAlign64, &information), STATUS_SUCCESS);
  EXPECT_EQ(As<KEY_VALUE_FULL_INFORMATION>(information).DataOffset, 32u);
  EXPECT_EQ(DescribeValue({}, MaxKeyValueInfoClass, &information), STATUS_INVALID_PARAMETER);
}

TEST_F(CmTree, DescribesKeys) {
  ASSERT_EQ(SetDword(Service(u"Zero\\Parameters"), u"Size", 42), STATUS_SUCCESS);
  ASSERT_EQ(SetString(Service(u"Zero"), u"ImagePath", u"z"), STATUS_SUCCESS);
  const Key* const zero = Get(u"\\Machine\\System\\CurrentControlSet\\Services\\Zero");
  Information information;
  ASSERT_EQ(DescribeKey(*zero, KeyFullInformation, true, &information), STATUS_SUCCESS);
  const auto full = As<KEY_FULL_INFORMATION>(information);
  EXPECT_EQ(full.SubKeys, 1u);
  EXPECT_EQ(full.MaxNameLen, 20u);
  EXPECT_EQ(full.Values, 1u);
  EXPECT_EQ(full.MaxValueNameLen, 18u);
  EXPECT_EQ(full.MaxValueDataLen, 4u);
  EXPECT_EQ(full.ClassOffset, 0xFFFFFFFFu);
  EXPECT_EQ(DescribeKey(*zero, KeyNameInformation, false, &information), STATUS_INVALID_PARAMETER);
  ASSERT_EQ(DescribeKey(*zero, KeyNameInformation, true, &information), STATUS_SUCCESS);
  EXPECT_EQ(zero->Path(), u"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\Zero");
  EXPECT_EQ(information.bytes.size(), 4 + zero->Path().size() * 2);
}

}  // namespace
}  // namespace nt::cm
