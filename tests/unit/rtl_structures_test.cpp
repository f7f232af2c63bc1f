// Bitmaps, time, version, wildcards, security structures.
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

UNICODE_STRING Of(std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * 2);
  return {bytes, bytes, const_cast<PWSTR>(text.data())};
}

// ---- bitmaps -------------------------------------------------------------------------------------------------------------

struct Map {
  explicit Map(ULONG size) : words((size + 31) / 32) { RtlInitializeBitMap(&map, words.data(), size); }
  std::vector<ULONG> words;
  RTL_BITMAP map;
};

TEST(RtlBitmap, SetsAcrossWords) {
  Map bits(100);
  RtlSetBits(&bits.map, 30, 40);
  EXPECT_EQ(RtlNumberOfSetBits(&bits.map), 40u);
  EXPECT_EQ(RtlNumberOfClearBits(&bits.map), 60u);
  EXPECT_TRUE(RtlAreBitsSet(&bits.map, 30, 40));
  EXPECT_FALSE(RtlAreBitsSet(&bits.map, 30, 41));
  EXPECT_FALSE(RtlAreBitsSet(&bits.map, 30, 0));
  EXPECT_FALSE(RtlAreBitsClear(&bits.map, 90, 11));  // beyond the end
  EXPECT_TRUE(RtlAreBitsClear(&bits.map, 90, 10));
  RtlClearBits(&bits.map, 31, 32);
  EXPECT_EQ(RtlNumberOfSetBits(&bits.map), 8u);
  RtlSetAllBits(&bits.map);
  EXPECT_EQ(RtlNumberOfSetBits(&bits.map), 100u);
}

TEST(RtlBitmap, FindsFromTheHintAndAround) {
  Map bits(64);
  RtlSetBits(&bits.map, 10, 20);
  EXPECT_EQ(RtlFindClearBits(&bits.map, 5, 8), 30u);
  EXPECT_EQ(RtlFindClearBits(&bits.map, 2, 8), 8u);
  EXPECT_EQ(RtlFindClearBits(&bits.map, 10, 60), 0u);
  EXPECT_EQ(RtlFindClearBits(&bits.map, 34, 0), 30u);
  EXPECT_EQ(RtlFindClearBits(&bits.map, 35, 0), 0xFFFFFFFFu);
  EXPECT_EQ(RtlFindClearBits(&bits.map, 65, 0), 0xFFFFFFFFu);
  EXPECT_EQ(RtlFindSetBits(&bits.map, 20, 0), 10u);
  EXPECT_EQ(RtlFindClearBitsAndSet(&bits.map, 10, 0), 0u);
  EXPECT_TRUE(RtlAreBitsSet(&bits.map, 0, 30));
  EXPECT_EQ(RtlFindSetBitsAndClear(&bits.map, 30, 0), 0u);
  EXPECT_EQ(RtlNumberOfSetBits(&bits.map), 0u);
}

TEST(RtlBitmap, FindAgreesWithASimpleSearch) {
  std::mt19937 engine(7);
  const auto random = [&engine] { return static_cast<ULONG>(engine()); };
  for (int round = 0; round < 300; ++round) {
    const ULONG size = random() % 130 + 1;
    Map bits(size);
    std::vector<bool> model(size);
    for (ULONG i = 0; i < size; ++i) {
      model[i] = random() % 3 == 0;
      if (model[i]) RtlSetBit(&bits.map, i);
    }
    const ULONG hint = random() % size;
    const ULONG count = random() % 8 + 1;
    const auto fits = [&](ULONG at) {
      for (ULONG i = 0; i < count; ++i) {
        if (at + i >= size || model[at + i]) return false;
      }
      return true;
    };
    ULONG expected = 0xFFFFFFFF;
    for (ULONG i = 0; i < size && expected == 0xFFFFFFFF; ++i) {
      if (fits((hint + i) % size)) expected = (hint + i) % size;
    }
    const ULONG found = RtlFindClearBits(&bits.map, count, hint);
    ASSERT_EQ(found, expected) << "size " << size << " hint " << hint << " count " << count;
  }
}

TEST(RtlBitmap, Runs) {
  Map bits(50);
  RtlSetAllBits(&bits.map);
  RtlClearBits(&bits.map, 3, 2);
  RtlClearBits(&bits.map, 20, 9);
  RtlClearBits(&bits.map, 45, 5);
  ULONG index = 0;
  EXPECT_EQ(RtlFindFirstRunClear(&bits.map, &index), 2u);
  EXPECT_EQ(index, 3u);
  EXPECT_EQ(RtlFindNextForwardRunClear(&bits.map, 5, &index), 9u);
  EXPECT_EQ(RtlFindLastBackwardRunClear(&bits.map, 44, &index), 9u);
  EXPECT_EQ(index, 20u);
  EXPECT_EQ(RtlFindLongestRunClear(&bits.map, &index), 9u);
  RTL_BITMAP_RUN runs[2];
  EXPECT_EQ(RtlFindClearRuns(&bits.map, runs, 2, TRUE), 2u);
  EXPECT_EQ(runs[0].StartingIndex, 20u);
  EXPECT_EQ(runs[1].StartingIndex, 45u);
  EXPECT_EQ(RtlFindClearRuns(&bits.map, runs, 2, FALSE), 2u);
  EXPECT_EQ(runs[0].StartingIndex, 3u);
  EXPECT_EQ(RtlFindMostSignificantBit(0), -1);
  EXPECT_EQ(RtlFindMostSignificantBit(1ULL << 63), 63);
  EXPECT_EQ(RtlFindLeastSignificantBit(8), 3);
}

// ---- time and version ----------------------------------------------------------------------------------------------------

TEST(RtlTime, FieldsRoundTrip) {
  LARGE_INTEGER time;
  time.QuadPart = 0;
  TIME_FIELDS fields;
  RtlTimeToTimeFields(&time, &fields);
  EXPECT_EQ(fields.Year, 1601);
  EXPECT_EQ(fields.Month, 1);
  EXPECT_EQ(fields.Weekday, 1);  // Monday
  fields = {2024, 2, 29, 23, 59, 58, 999, 0};
  ASSERT_TRUE(RtlTimeFieldsToTime(&fields, &time));
  TIME_FIELDS back;
  RtlTimeToTimeFields(&time, &back);
  EXPECT_EQ(back.Day, 29);
  EXPECT_EQ(back.Milliseconds, 999);
  EXPECT_EQ(back.Weekday, 4);  // Thursday
  for (LONGLONG day = 0; day < 1'000'000; day += 97) {
    time.QuadPart = day * 864'000'000'000;
    RtlTimeToTimeFields(&time, &back);
    LARGE_INTEGER again;
    ASSERT_TRUE(RtlTimeFieldsToTime(&back, &again));
    ASSERT_EQ(again.QuadPart, time.QuadPart);
  }
}

TEST(RtlTime, RefusesWhatIsNoDate) {
  LARGE_INTEGER time;
  for (TIME_FIELDS fields : {TIME_FIELDS{2023, 2, 29, 0, 0, 0, 0, 0},
                             {1600, 1, 1, 0, 0, 0, 0, 0},
                             {2000, 13, 1, 0, 0, 0, 0, 0},
                             {2000, 1, 0, 0, 0, 0, 0, 0},
                             {2000, 1, 1, 24, 0, 0, 0, 0},
                             {2000, 1, 1, 0, 0, 60, 0, 0}}) {
    EXPECT_FALSE(RtlTimeFieldsToTime(&fields, &time));
  }
}

TEST(RtlTime, Seconds) {
  LARGE_INTEGER time;
  ULONG seconds = 0;
  RtlSecondsSince1970ToTime(0, &time);
  EXPECT_EQ(time.QuadPart, 116'444'736'000'000'000);
  ASSERT_TRUE(RtlTimeToSecondsSince1970(&time, &seconds));
  EXPECT_EQ(seconds, 0u);
  time.QuadPart -= 10'000'000;
  EXPECT_FALSE(RtlTimeToSecondsSince1970(&time, &seconds));
  RtlSecondsSince1970ToTime(0xFFFFFFFF, &time);
  EXPECT_TRUE(RtlTimeToSecondsSince1970(&time, &seconds));
  time.QuadPart += 10'000'000;
  EXPECT_FALSE(RtlTimeToSecondsSince1970(&time, &seconds));
}

TEST(RtlVersion, IsWindows11) {
  RTL_OSVERSIONINFOEXW version{};
  version.dwOSVersionInfoSize = sizeof(RTL_OSVERSIONINFOW);
  version.wProductType = 77;
  EXPECT_EQ(RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&version)), STATUS_SUCCESS);
  EXPECT_EQ(version.dwBuildNumber, 22000u);
  EXPECT_EQ(version.wProductType, 77);  // the short form leaves the rest
  ULONG major = 0;
  UNICODE_STRING pack;
  EXPECT_FALSE(PsGetVersion(&major, nullptr, nullptr, &pack));
  EXPECT_EQ(major, 10u);
  EXPECT_EQ(pack.Length, 0);
  EXPECT_TRUE(RtlIsNtDdiVersionAvailable(0x06010000));
  EXPECT_FALSE(RtlIsNtDdiVersionAvailable(0x0A000010));
}

TEST(RtlVersion, ComparesLevelByLevel) {
  const auto verify = [](ULONG major, ULONG minor, UCHAR condition) {
    RTL_OSVERSIONINFOEXW wanted{};
    wanted.dwMajorVersion = major;
    wanted.dwMinorVersion = minor;
    ULONGLONG mask = VerSetConditionMask(0, VER_MAJORVERSION, condition);
    mask = VerSetConditionMask(mask, VER_MINORVERSION, condition);
    return RtlVerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION, mask);
  };
  EXPECT_EQ(verify(6, 3, VER_GREATER_EQUAL), STATUS_SUCCESS);
  EXPECT_EQ(verify(10, 0, VER_GREATER_EQUAL), STATUS_SUCCESS);
  EXPECT_EQ(verify(10, 1, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
  EXPECT_EQ(verify(10, 0, VER_EQUAL), STATUS_SUCCESS);
  EXPECT_EQ(verify(6, 0, VER_EQUAL), STATUS_REVISION_MISMATCH);
  EXPECT_EQ(verify(10, 1, VER_LESS), STATUS_SUCCESS);
  EXPECT_EQ(verify(10, 0, VER_LESS), STATUS_REVISION_MISMATCH);
  RTL_OSVERSIONINFOEXW any{};
  EXPECT_EQ(RtlVerifyVersionInfo(&any, 0, 1), STATUS_INVALID_PARAMETER);
}

// ---- wildcards -----------------------------------------------------------------------------------------------------------

bool Matches(std::u16string_view expression, std::u16string_view name, BOOLEAN ignore_case = TRUE) {
  auto pattern = Of(expression);
  auto text = Of(name);
  return FsRtlIsNameInExpression(&pattern, &text, ignore_case, nullptr) != FALSE;
}

TEST(FsRtlName, Stars) {
  EXPECT_TRUE(Matches(u"*", u"anything"));
  EXPECT_TRUE(Matches(u"*.SYS", u"zero.sys"));
  EXPECT_FALSE(Matches(u"*.SYS", u"zero.sys", FALSE));
  EXPECT_FALSE(Matches(u"*.SYS", u"zero.sys1"));
  EXPECT_TRUE(Matches(u"A*B*C", u"axxbyybzzc"));
  EXPECT_FALSE(Matches(u"A*B*C", u"axxbyyb"));
  EXPECT_TRUE(Matches(u"A?C", u"abc"));
  EXPECT_FALSE(Matches(u"A?C", u"ac"));
  EXPECT_TRUE(Matches(u"", u""));
  EXPECT_FALSE(Matches(u"*", u""));
}

TEST(FsRtlName, DosWildcards) {
  EXPECT_TRUE(Matches(u"<.TXT", u"a.b.txt"));
  EXPECT_TRUE(Matches(u"<\"<", u"readme"));  // *.*
  EXPECT_TRUE(Matches(u"A>>>", u"ab"));
  EXPECT_TRUE(Matches(u"A>>>.C", u"ab.c"));
  EXPECT_FALSE(Matches(u"A>>>", u"abcde"));
  EXPECT_TRUE(Matches(u"ABC\"", u"abc"));
  EXPECT_TRUE(Matches(u"ABC\"", u"abc."));
  EXPECT_FALSE(Matches(u"ABC\"", u"abcd"));
  EXPECT_FALSE(Matches(u"<", u"a.b"));  // it stops before the last period
}

TEST(FsRtlName, ManyStarsStayQuick) {
  std::u16string expression;
  for (int i = 0; i < 60; ++i) expression += u"*A";
  EXPECT_FALSE(Matches(expression + u"B", std::u16string(300, u'a')));
}

TEST(FsRtlName, Dissects) {
  auto path = Of(u"\\Device\\Zero\\x");
  UNICODE_STRING first;
  UNICODE_STRING rest;
  FsRtlDissectName(&path, &first, &rest);
  EXPECT_EQ(std::u16string_view(first.Buffer, first.Length / 2U), u"Device");
  EXPECT_EQ(std::u16string_view(rest.Buffer, rest.Length / 2U), u"Zero\\x");
  path = Of(u"\\");
  FsRtlDissectName(&path, &first, &rest);
  EXPECT_EQ(first.Length, 0);
  auto name = Of(u"a>b");
  EXPECT_TRUE(FsRtlDoesNameContainWildCards(&name));
}

// ---- security ------------------------------------------------------------------------------------------------------------

struct Security : testing::Test {
  void SetUp() override {
    SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, 5}};
    ASSERT_EQ(RtlInitializeSid(sid, &authority, 2), STATUS_SUCCESS);
    *RtlSubAuthoritySid(sid, 0) = 32;
    *RtlSubAuthoritySid(sid, 1) = 544;
    ASSERT_EQ(RtlCreateAcl(acl(), sizeof acl_memory, 2), STATUS_SUCCESS);
  }
  PACL acl() { return reinterpret_cast<PACL>(acl_memory); }
  alignas(8) UCHAR sid[16];
  alignas(8) UCHAR acl_memory[64];
};

TEST_F(Security, Sids) {
  EXPECT_EQ(RtlLengthSid(sid), 16u);
  EXPECT_EQ(RtlLengthRequiredSid(15), 68u);
  EXPECT_TRUE(RtlValidSid(sid));
  WCHAR buffer[64];
  UNICODE_STRING text = {0, sizeof buffer, buffer};
  EXPECT_EQ(RtlConvertSidToUnicodeString(&text, sid, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string_view(text.Buffer, text.Length / 2U), u"S-1-5-32-544");
  text.MaximumLength = 10;
  EXPECT_EQ(RtlConvertSidToUnicodeString(&text, sid, FALSE), STATUS_BUFFER_OVERFLOW);
  UCHAR copy[16];
  EXPECT_EQ(RtlCopySid(15, copy, sid), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCopySid(16, copy, sid), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualSid(copy, sid));
  copy[12] = 1;
  EXPECT_FALSE(RtlEqualSid(copy, sid));
  SID_IDENTIFIER_AUTHORITY authority{};
  EXPECT_EQ(RtlInitializeSid(copy, &authority, 16), STATUS_INVALID_PARAMETER);
}

TEST_F(Security, BigAuthorityIsHexadecimal) {
  sid[2] = 1;
  WCHAR buffer[64];
  UNICODE_STRING text = {0, sizeof buffer, buffer};
  ASSERT_EQ(RtlConvertSidToUnicodeString(&text, sid, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string_view(text.Buffer, text.Length / 2U), u"S-1-0x010000000005-32-544");
}

TEST_F(Security, AclsFillUp) {
  EXPECT_EQ(RtlAddAccessAllowedAce(acl(), 2, 0x1F01FF, sid), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAccessAllowedAceEx(acl(), 2, 0x3, 0x1, sid), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAccessAllowedAce(acl(), 2, 1, sid), STATUS_ALLOTTED_SPACE_EXCEEDED);
  EXPECT_EQ(acl()->AceCount, 2);
  PVOID ace = nullptr;
  ASSERT_EQ(RtlGetAce(acl(), 1, &ace), STATUS_SUCCESS);
  EXPECT_EQ(static_cast<PACCESS_ALLOWED_ACE>(ace)->Header.AceFlags, 3);
  EXPECT_EQ(RtlGetAce(acl(), 2, &ace), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlDeleteAce(acl(), 0), STATUS_SUCCESS);
  ASSERT_EQ(RtlGetAce(acl(), 0, &ace), STATUS_SUCCESS);
  EXPECT_EQ(static_cast<PACCESS_ALLOWED_ACE>(ace)->Mask, 1u);
  EXPECT_TRUE(RtlValidAcl(acl()));
  static_cast<PACCESS_ALLOWED_ACE>(ace)->Header.AceSize = 60;
  EXPECT_FALSE(RtlValidAcl(acl()));
  EXPECT_EQ(RtlAddAccessAllowedAce(acl(), 2, 1, sid), STATUS_INVALID_ACL);
  EXPECT_EQ(RtlCreateAcl(acl(), 7, 2), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCreateAcl(acl(), 64, 5), STATUS_INVALID_PARAMETER);
}

TEST_F(Security, DescriptorsRoundTrip) {
  ASSERT_EQ(RtlAddAccessAllowedAce(acl(), 2, 7, sid), STATUS_SUCCESS);
  SECURITY_DESCRIPTOR absolute;
  EXPECT_EQ(RtlCreateSecurityDescriptor(&absolute, 2), STATUS_UNKNOWN_REVISION);
  ASSERT_EQ(RtlCreateSecurityDescriptor(&absolute, 1), STATUS_SUCCESS);
  EXPECT_EQ(RtlSetDaclSecurityDescriptor(&absolute, TRUE, acl(), FALSE), STATUS_SUCCESS);
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(&absolute, sid, TRUE), STATUS_SUCCESS);
  EXPECT_TRUE(RtlValidSecurityDescriptor(&absolute));
  EXPECT_EQ(RtlLengthSecurityDescriptor(&absolute), 40u + 64 + 16);

  ULONG size = 0;
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(&absolute, nullptr, &size), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(size, 20u + 64 + 16);
  std::vector<UCHAR> relative(size);
  ASSERT_EQ(RtlAbsoluteToSelfRelativeSD(&absolute, relative.data(), &size), STATUS_SUCCESS);
  EXPECT_TRUE(RtlValidRelativeSecurityDescriptor(relative.data(), size, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION));
  EXPECT_FALSE(RtlValidRelativeSecurityDescriptor(relative.data(), size, GROUP_SECURITY_INFORMATION));
  EXPECT_FALSE(RtlValidRelativeSecurityDescriptor(relative.data(), size - 1, 0));
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(relative.data(), sid, TRUE), STATUS_INVALID_SECURITY_DESCR);
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(relative.data(), nullptr, &size), STATUS_BAD_DESCRIPTOR_FORMAT);

  PSID owner = nullptr;
  BOOLEAN defaulted = FALSE;
  ASSERT_EQ(RtlGetOwnerSecurityDescriptor(relative.data(), &owner, &defaulted), STATUS_SUCCESS);
  EXPECT_TRUE(RtlEqualSid(owner, sid));
  EXPECT_TRUE(defaulted);
  BOOLEAN present = FALSE;
  PACL dacl = nullptr;
  ASSERT_EQ(RtlGetDaclSecurityDescriptor(relative.data(), &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_TRUE(present);
  EXPECT_EQ(std::memcmp(dacl, acl(), acl()->AclSize), 0);
  ASSERT_EQ(RtlGetSaclSecurityDescriptor(relative.data(), &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_FALSE(present);

  SECURITY_DESCRIPTOR again;
  UCHAR owner_buffer[16];
  alignas(8) UCHAR dacl_buffer[64];
  ULONG sizes[5] = {sizeof again, 64, 0, 16, 0};
  ASSERT_EQ(RtlSelfRelativeToAbsoluteSD(relative.data(), &again, &sizes[0], reinterpret_cast<PACL>(dacl_buffer), &sizes[1], nullptr,
                                        &sizes[2], owner_buffer, &sizes[3], nullptr, &sizes[4]),
            STATUS_SUCCESS);
  EXPECT_EQ(again.Group, nullptr);
  EXPECT_TRUE(RtlEqualSid(again.Owner, sid));
  EXPECT_TRUE(RtlValidSecurityDescriptor(&again));
}

TEST_F(Security, ANullDaclIsPresent) {
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, 1);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE);
  UCHAR relative[64];
  ULONG size = sizeof relative;
  ASSERT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size), STATUS_SUCCESS);
  EXPECT_EQ(size, 20u);
  BOOLEAN present = FALSE;
  BOOLEAN defaulted = TRUE;
  PACL dacl = reinterpret_cast<PACL>(relative);
  ASSERT_EQ(RtlGetDaclSecurityDescriptor(relative, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_TRUE(present);
  EXPECT_EQ(dacl, nullptr);
}

}  // namespace
