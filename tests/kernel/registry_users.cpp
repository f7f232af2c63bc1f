// The users' parts of the registry.
#include "ktest.h"

extern "C" NTSYSAPI NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING);

namespace {
NTSTATUS Open(const wchar_t* path) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE key;
  const NTSTATUS status = ZwOpenKey(&key, KEY_READ, &attributes);
  if (NT_SUCCESS(status)) ZwClose(key);
  return status;
}
}  // namespace

KTEST(TheSystemIsTheDefaultUser) {
  UNICODE_STRING path = {};
  UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\REGISTRY\\USER\\S-1-5-18");
  REQUIRE(NT_SUCCESS(RtlFormatCurrentUserKeyPath(&path)));
  EXPECT(RtlEqualUnicodeString(&path, &expected, TRUE));
  RtlFreeUnicodeString(&path);
  wchar_t name[] = L"RingletValue", key[] = L"RingletUserTest";
  EXPECT_EQ(RtlCreateRegistryKey(RTL_REGISTRY_USER, key), STATUS_SUCCESS);
  EXPECT_EQ(Open(L"\\Registry\\User\\.Default\\RingletUserTest"), STATUS_SUCCESS);
  EXPECT_EQ(Open(L"\\Registry\\User\\S-1-5-18\\RingletUserTest"), STATUS_SUCCESS);
  ULONG number = 3;
  EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_USER, key, name, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_USER, key), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_USER, key, name), STATUS_SUCCESS);
}
