// Waiting for keys to change, renaming them, setting their times, and asking for several values at once.
#include "ktest.h"

using namespace ktest;

namespace {

constexpr wchar_t kPath[] = L"\\Registry\\Machine\\Software\\RingletNotifyTest";
constexpr NTSTATUS kEnumDir = (NTSTATUS)0x10C, kCleanup = (NTSTATUS)0x10B;

NTSTATUS Create(const wchar_t* path, HANDLE root, HANDLE* key) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, nullptr, REG_OPTION_VOLATILE, nullptr);
}

NTSTATUS Set(HANDLE key, const wchar_t* name, ULONG number) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return ZwSetValueKey(key, &string, 0, REG_DWORD, &number, sizeof number);
}

struct Wait {
  HANDLE event;
  IO_STATUS_BLOCK result;
  Wait() {
    result.Status = STATUS_PENDING;
    EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE), STATUS_SUCCESS);
  }
  ~Wait() { ZwClose(event); }
  NTSTATUS Start(HANDLE key, ULONG filter, BOOLEAN subtree) {
    result.Status = STATUS_PENDING;
    return ZwNotifyChangeKey(key, event, nullptr, nullptr, &result, filter, subtree, nullptr, 0, TRUE);
  }
  bool Over() {
    LARGE_INTEGER none = {};
    return ZwWaitForSingleObject(event, FALSE, &none) == STATUS_SUCCESS;
  }
};

struct Late {
  HANDLE key;
  NTSTATUS status;
  IO_STATUS_BLOCK result;
};
void WaitInService(Late* late) {
  late->status =
      ZwNotifyChangeKey(late->key, nullptr, nullptr, nullptr, &late->result, REG_NOTIFY_CHANGE_LAST_SET, FALSE, nullptr, 0, FALSE);
}

}  // namespace

KTEST(AChangedValueEndsTheWait) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  Wait wait;
  EXPECT_EQ(ZwNotifyChangeKey(key, nullptr, nullptr, nullptr, &wait.result, 0, FALSE, nullptr, 0, TRUE), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(wait.Start(key, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
  HANDLE child;
  EXPECT_EQ(Create(L"Child", key, &child), STATUS_SUCCESS);  // another kind of change
  EXPECT_EQ(Set(child, L"X", 1), STATUS_SUCCESS);            // below the key
  EXPECT(!wait.Over());
  EXPECT_EQ(Set(key, L"X", 1), STATUS_SUCCESS);
  EXPECT(wait.Over());
  EXPECT_EQ(wait.result.Status, kEnumDir);
  // What changes while nobody waits is told to the next one at once.
  EXPECT_EQ(Set(key, L"X", 2), STATUS_SUCCESS);
  EXPECT_EQ(wait.Start(key, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
  EXPECT(wait.Over());
  EXPECT_EQ(wait.Start(key, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
  EXPECT(!wait.Over());
  ZwClose(key);  // the last handle
  EXPECT(wait.Over());
  EXPECT_EQ(wait.result.Status, kCleanup);
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  EXPECT_EQ(ZwDeleteKey(child), STATUS_SUCCESS);
  ZwClose(child);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}

KTEST(ASubtreeIsWatched) {
  HANDLE key, child, other;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  REQUIRE(NT_SUCCESS(Create(L"Child", key, &child)));
  Wait wait;
  EXPECT_EQ(wait.Start(key, REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
  EXPECT_EQ(Set(child, L"X", 1), STATUS_SUCCESS);
  EXPECT(!wait.Over());
  EXPECT_EQ(Create(L"Grandchild", child, &other), STATUS_SUCCESS);
  EXPECT(wait.Over());
  EXPECT_EQ(wait.Start(key, REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
  EXPECT_EQ(ZwDeleteKey(other), STATUS_SUCCESS);
  ZwClose(other);
  EXPECT(wait.Over());
  // A key that goes tells those who watch it.
  Wait gone;
  EXPECT_EQ(gone.Start(child, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
  EXPECT_EQ(ZwDeleteKey(child), STATUS_SUCCESS);
  EXPECT(gone.Over());
  EXPECT_EQ(gone.Start(child, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_KEY_DELETED);
  ZwClose(child);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}

KTEST(TheServiceItselfCanWait) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  Late late = {key, STATUS_PENDING, {}};
  {
    Thread thread(WaitInService, &late);
    Sleep(20);
    EXPECT_EQ(late.status, STATUS_PENDING);
    EXPECT_EQ(Set(key, L"X", 1), STATUS_SUCCESS);
    thread.Join();
  }
  EXPECT_EQ(late.status, kEnumDir);
  EXPECT_EQ(late.result.Status, kEnumDir);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}

KTEST(KeysAreRenamed) {
  HANDLE key, child, other;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  REQUIRE(NT_SUCCESS(Create(L"Child", key, &child)));
  REQUIRE(NT_SUCCESS(Create(L"Other", key, &other)));
  UNICODE_STRING taken = RTL_CONSTANT_STRING(L"OTHER"), bad = RTL_CONSTANT_STRING(L"a\\b"), fresh = RTL_CONSTANT_STRING(L"Fresh");
  EXPECT_EQ(ZwRenameKey(child, &taken), STATUS_CANNOT_DELETE);
  EXPECT_EQ(ZwRenameKey(child, &bad), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwRenameKey(child, &fresh), STATUS_SUCCESS);
  UCHAR buffer[128];
  ULONG length = 0;
  EXPECT_EQ(ZwEnumerateKey(key, 0, KeyBasicInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  auto* const basic = (PKEY_BASIC_INFORMATION)buffer;
  EXPECT_EQ(basic->NameLength, 10);
  EXPECT_EQ(basic->Name[0], L'F');
  HANDLE const all[] = {child, other, key};
  for (HANDLE each : all) {
    EXPECT_EQ(ZwDeleteKey(each), STATUS_SUCCESS);
    ZwClose(each);
  }
}

KTEST(TimesAreSet) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  KEY_WRITE_TIME_INFORMATION time;
  time.LastWriteTime.QuadPart = 0x01D0000000000000;
  EXPECT_EQ(ZwSetInformationKey(key, KeyWriteTimeInformation, &time, 4), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwSetInformationKey(key, MaxKeySetInfoClass, &time, sizeof time), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(ZwSetInformationKey(key, KeyWriteTimeInformation, &time, sizeof time), STATUS_SUCCESS);
  UCHAR buffer[128];
  ULONG length = 0;
  EXPECT_EQ(ZwQueryKey(key, KeyBasicInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(((PKEY_BASIC_INFORMATION)buffer)->LastWriteTime.QuadPart, time.LastWriteTime.QuadPart);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}

KTEST(SeveralValuesAtOnce) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  UNICODE_STRING a = RTL_CONSTANT_STRING(L"A"), b = RTL_CONSTANT_STRING(L"B"), none = RTL_CONSTANT_STRING(L"None");
  UCHAR three[3] = {1, 2, 3};
  EXPECT_EQ(ZwSetValueKey(key, &a, 0, REG_BINARY, three, sizeof three), STATUS_SUCCESS);
  EXPECT_EQ(Set(key, L"B", 42), STATUS_SUCCESS);
  KEY_VALUE_ENTRY entries[2] = {{&a}, {&b}};
  UCHAR buffer[8];
  ULONG length = sizeof buffer, needed = 0;
  EXPECT_EQ(ZwQueryMultipleValueKey(key, entries, 2, buffer, &length, &needed), STATUS_SUCCESS);
  EXPECT_EQ(needed, 8);
  EXPECT_EQ(entries[0].DataLength, 3);
  EXPECT_EQ(entries[0].Type, REG_BINARY);
  EXPECT_EQ(entries[1].DataOffset, 4);
  EXPECT_EQ(*(ULONG*)(buffer + entries[1].DataOffset), 42);
  length = 5;
  EXPECT_EQ(ZwQueryMultipleValueKey(key, entries, 2, buffer, &length, &needed), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(needed, 8);
  entries[1].ValueName = &none;
  length = sizeof buffer;
  EXPECT_EQ(ZwQueryMultipleValueKey(key, entries, 2, buffer, &length, &needed), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}
