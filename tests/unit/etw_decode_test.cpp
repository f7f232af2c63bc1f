#include "kernel/etw/decode.h"
#include "kernel/etw/guess.h"

#include <gtest/gtest.h>

#include <random>

#include "kernel/etw/etw.h"

namespace {

using nt::etw::Decode;
using nt::etw::Field;
using Bytes = std::vector<UCHAR>;

/// Metadata of an event named E: its size goes in front.
Bytes Metadata(const Bytes& fields) {
  Bytes bytes{0, 0, 0, 'E', 0};
  for (const UCHAR byte : fields) bytes.push_back(byte);
  bytes[0] = static_cast<UCHAR>(bytes.size());
  return bytes;
}

TEST(EventDecoder, ReadsPlainFields) {
  const auto event = Decode(Metadata({'a', 0, 8, 'b', 0, 2}), Bytes{1, 2, 0, 0, 'h', 'i', 0});
  EXPECT_EQ(event.name, "E");
  EXPECT_EQ(event.defect, "");
  ASSERT_EQ(event.fields.size(), 2u);
  EXPECT_EQ(event.fields[0].text, "513");
  EXPECT_EQ(event.fields[0].type, "uint32");
  EXPECT_EQ(event.fields[1].text, "hi");
}

TEST(EventDecoder, TagsCountFromTheTop) {
  EXPECT_EQ(Decode(Bytes{5, 0, 0x01, 'E', 0}, {}).tags, 1u << 21);
  EXPECT_EQ(Decode(Bytes{8, 0, 0x80, 0x80, 0x80, 0x05, 'E', 0}, {}).tags, 5u);
}

TEST(EventDecoder, ReadsArraysOfStructures) {
  // s[2] = {x, y} as the payload counts, then z.
  const auto event = Decode(Metadata({'s', 0, 24 | 0xC0, 2, 'x', 0, 4, 'y', 0, 4, 'z', 0, 4}), Bytes{2, 0, 1, 2, 3, 4, 9});
  EXPECT_EQ(event.defect, "");
  ASSERT_EQ(event.fields.size(), 2u);
  ASSERT_EQ(event.fields[0].members.size(), 2u);
  EXPECT_EQ(event.fields[0].type, "struct[]");
  EXPECT_EQ(event.fields[0].members[1].members[1].text, "4");
  EXPECT_EQ(event.fields[1].text, "9");
  const auto endless = Decode(Metadata({0, 24 | 0xA0, 1, 255, 255, 0, 24 | 0xA0, 1, 255, 255, 0, 24 | 0xA0, 0, 255, 255}), {});
  EXPECT_EQ(endless.defect, "the event has too many values");
  const auto empty = Decode(Metadata({'s', 0, 24 | 0xC0, 2, 'x', 0, 4, 'y', 0, 4, 'z', 0, 4}), Bytes{0, 0, 9});
  ASSERT_EQ(empty.fields.size(), 2u);
  EXPECT_EQ(empty.fields[1].text, "9");
}

TEST(EventDecoder, SaysWhatIsWrong) {
  EXPECT_EQ(Decode(Bytes{9, 0, 0}, {}).defect, "the event's metadata is malformed");
  EXPECT_EQ(Decode(Metadata({'a', 0, 8}), Bytes{1, 2}).defect, "the event's data ends in a");
  EXPECT_EQ(Decode(Metadata({'a'}), {}).defect, "the event's metadata ends within a field");
  EXPECT_EQ(Decode(Metadata({'a', 0, 4}), Bytes{1, 2}).defect, "the event carries more data than its metadata describes");
}

TEST(EventDecoder, SurvivesAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    Bytes fields(random() % 24), payload(random() % 40);
    for (UCHAR& byte : fields) byte = static_cast<UCHAR>(random());
    for (UCHAR& byte : payload) byte = static_cast<UCHAR>(random());
    Decode(Metadata(fields), payload);
  }
}

TEST(EventGuesser, TellsTextsNumbersAndBytes) {
  const Bytes payload{42, 0, 0, 0, 'a', 0, 'b', 0, 'c', 0, 0, 0, 'x', 'y', 'z', 'z', 'y', 0, 1, 2, 3, 9};
  const std::vector<ULONG> sizes{4, 8, 6, 3, 1, 0};
  const auto fields = nt::etw::GuessFields(payload, sizes);
  ASSERT_EQ(fields.size(), 6U);
  const char* const texts[] = {"42", "abc", "xyzzy", "010203", "9", ""};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(fields[i].name, std::to_string(i + 1));
    EXPECT_EQ(fields[i].text, texts[i]);
  }
  EXPECT_EQ(fields[1].type, "unicodestring");
  EXPECT_EQ(fields[2].type, "ansistring");
}

TEST(EventGuesser, DoesNotReadBeyondThePayload) {
  const auto fields = nt::etw::GuessFields(Bytes{1}, std::vector<ULONG>{4, 4});
  EXPECT_EQ(fields[0].text, "1");
  EXPECT_EQ(fields[1].text, "");
}

TEST(EventGuid, IsReadAsItIsSpelled) {
  GUID guid;
  ASSERT_TRUE(nt::etw::ParseGuid("{B2723AD5-1678-446d-a577-8599d3e85ecb}", &guid));
  EXPECT_EQ(nt::etw::GuidText(guid), "{b2723ad5-1678-446d-a577-8599d3e85ecb}");
  EXPECT_TRUE(nt::etw::ParseGuid("b2723ad5-1678-446d-a577-8599d3e85ecb", &guid));
  EXPECT_FALSE(nt::etw::ParseGuid("b2723ad5-1678-446d-a577-8599d3e85ec", &guid));
  EXPECT_FALSE(nt::etw::ParseGuid("b2723ad5x1678-446d-a577-8599d3e85ecb", &guid));
  EXPECT_FALSE(nt::etw::ParseGuid("Ringlet.Booster", &guid));
}

}  // namespace
