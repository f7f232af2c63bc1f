// What is set of a key besides its values, and keys in transactions.
#include "ktest.h"

extern "C" NTSYSAPI NTSTATUS NTAPI ZwOpenKeyTransactedEx(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG, HANDLE);

namespace {
struct Flags {
  ULONG user, key, control;
};

struct Name {
  Name() {
    RtlInitUnicodeString(&string, L"\\Registry\\Machine\\Software\\RingletFlags");
    InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  }
  UNICODE_STRING string;
  OBJECT_ATTRIBUTES attributes;
};

NTSTATUS Set(HANDLE key, int what, ULONG value, ULONG size = sizeof(ULONG)) {
  return ZwSetInformationKey(key, (KEY_SET_INFORMATION_CLASS)what, &value, size);
}
}  // namespace

KTEST(FlagsAreOfTheKeyAndTagsOfTheHandle) {
  Name name;
  HANDLE key, again;
  REQUIRE(NT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &name.attributes, 0, nullptr, REG_OPTION_VOLATILE, nullptr)));
  REQUIRE(NT_SUCCESS(ZwOpenKey(&again, KEY_ALL_ACCESS, &name.attributes)));
  constexpr int kWow64Flags = 1, kControlFlags = 2, kHandleTags = 5, kFlagsInformation = 5, kTagsInformation = 7;
  EXPECT_EQ(Set(key, kWow64Flags, 3), STATUS_SUCCESS);
  EXPECT_EQ(Set(key, kControlFlags, 2), STATUS_SUCCESS);
  EXPECT_EQ(Set(key, kHandleTags, 0x55), STATUS_SUCCESS);
  Flags flags = {};
  ULONG length = 0, tags = 0;
  EXPECT_EQ(ZwQueryKey(again, (KEY_INFORMATION_CLASS)kFlagsInformation, &flags, sizeof flags, &length), STATUS_SUCCESS);
  EXPECT_EQ(flags.user, 3);
  EXPECT_EQ(flags.key, 1);  // volatile
  EXPECT_EQ(flags.control, 2);
  EXPECT_EQ(ZwQueryKey(key, (KEY_INFORMATION_CLASS)kTagsInformation, &tags, sizeof tags, &length), STATUS_SUCCESS);
  EXPECT_EQ(tags, 0x55);
  EXPECT_EQ(ZwQueryKey(again, (KEY_INFORMATION_CLASS)kTagsInformation, &tags, sizeof tags, &length), STATUS_SUCCESS);
  EXPECT_EQ(tags, 0);
  EXPECT_EQ(Set(key, kWow64Flags, 3, 2), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(Set(key, 99, 3), STATUS_INVALID_INFO_CLASS);
  ZwClose(again);
  ZwDeleteKey(key);
  EXPECT_EQ(Set(key, kWow64Flags, 1), STATUS_KEY_DELETED);
  ZwClose(key);
}

KTEST(NothingIsATransaction) {
  Name name;
  HANDLE key;
  EXPECT_EQ(ZwCreateKeyTransacted(&key, KEY_READ, &name.attributes, 0, nullptr, 0, nullptr, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwOpenKeyTransacted(&key, KEY_READ, &name.attributes, ZwCurrentProcess()), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwOpenKeyTransactedEx(&key, KEY_READ, &name.attributes, 0x100, nullptr), STATUS_INVALID_PARAMETER);
}
