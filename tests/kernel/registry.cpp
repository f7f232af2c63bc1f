// The registry: the Zw services on keys and values, and the run-time library's routines with every flag.
#include "ktest.h"

using namespace ktest;

namespace {
constexpr wchar_t kPath[] = L"\\Registry\\Machine\\Software\\RingletKernelTest";

NTSTATUS Create(const wchar_t* path, HANDLE root, HANDLE* key, ULONG* disposition = nullptr) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, nullptr, REG_OPTION_VOLATILE, disposition);
}

NTSTATUS Open(const wchar_t* path, HANDLE root, HANDLE* key) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  return ZwOpenKey(key, KEY_READ, &attributes);
}

NTSTATUS Set(HANDLE key, const wchar_t* name, ULONG type, const void* data, ULONG size) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return ZwSetValueKey(key, &string, 0, type, const_cast<PVOID>(data), size);
}

NTSTATUS Delete(HANDLE key, const wchar_t* name) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return ZwDeleteValueKey(key, &string);
}

template <ULONG Size>
NTSTATUS SetText(HANDLE key, const wchar_t* name, ULONG type, const wchar_t (&text)[Size]) {
  return Set(key, name, type, text, sizeof text);
}

struct Partial {
  KEY_VALUE_PARTIAL_INFORMATION head;
  UCHAR rest[256];
};

NTSTATUS Query(HANDLE key, const wchar_t* name, Partial* information, ULONG length, ULONG* result) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return ZwQueryValueKey(key, &string, KeyValuePartialInformation, information, length, result);
}

struct Seen {
  ULONG calls, type, length;
  WCHAR name[16];
  UCHAR data[64];
};

NTSTATUS NTAPI Note(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry) {
  auto* const seen = (Seen*)entry;
  EXPECT(context == (PVOID)0x77);
  seen->calls++;
  seen->type = type;
  seen->length = length;
  RtlZeroMemory(seen->name, sizeof seen->name);
  for (int i = 0; name != nullptr && name[i] != 0 && i < 15; i++) seen->name[i] = name[i];
  if (data != nullptr && length <= sizeof seen->data) RtlCopyMemory(seen->data, data, length);
  return STATUS_SUCCESS;
}

NTSTATUS Run(RTL_QUERY_REGISTRY_TABLE* table) { return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, kPath, table, (PVOID)0x77, nullptr); }
}  // namespace

KTEST(KeysAreMadeOpenedAndDeleted) {
  HANDLE key, again, child;
  ULONG disposition;
  EXPECT_EQ(Open(kPath, nullptr, &key), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key, &disposition)));
  EXPECT_EQ(disposition, REG_CREATED_NEW_KEY);
  EXPECT_EQ(Create(kPath, nullptr, &again, &disposition), STATUS_SUCCESS);
  EXPECT_EQ(disposition, REG_OPENED_EXISTING_KEY);
  ZwClose(again);
  // One level at a time.
  EXPECT_EQ(Create(L"a\\b", key, &child), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Create(L"Child", key, &child), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
  EXPECT_EQ(Open(L"CHILD", key, &again), STATUS_SUCCESS);
  ZwClose(again);
  EXPECT_EQ(ZwDeleteKey(child), STATUS_SUCCESS);
  EXPECT_EQ(Set(child, L"late", REG_NONE, nullptr, 0), STATUS_KEY_DELETED);
  ZwClose(child);
  EXPECT_EQ(Open(L"Child", key, &child), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}

KTEST(Values) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  Partial value;
  ULONG number = 0x12345678, length = 0;
  EXPECT_EQ(Query(key, L"none", &value, sizeof value, &length), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Set(key, L"Number", REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  const ULONG needed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + 4;
  EXPECT_EQ(Query(key, L"NUMBER", &value, sizeof value, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, needed);
  EXPECT_EQ(value.head.Type, REG_DWORD);
  EXPECT_EQ(value.head.DataLength, 4);
  EXPECT_EQ(*(ULONG*)value.head.Data, number);
  length = 0;
  EXPECT_EQ(Query(key, L"Number", &value, 4, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, needed);
  RtlZeroMemory(&value, sizeof value);
  EXPECT_EQ(Query(key, L"Number", &value, needed - 1, &length), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(length, needed);
  EXPECT_EQ(value.head.DataLength, 4);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Number");
  EXPECT_EQ(ZwQueryValueKey(key, &name, (KEY_VALUE_INFORMATION_CLASS)99, &value, sizeof value, &length), STATUS_INVALID_PARAMETER);
  // The default value has no name.
  EXPECT_EQ(SetText(key, L"", REG_SZ, L"default"), STATUS_SUCCESS);
  EXPECT_EQ(Query(key, L"", &value, sizeof value, &length), STATUS_SUCCESS);
  EXPECT_EQ(value.head.DataLength, sizeof L"default");
  EXPECT_EQ(Delete(key, L""), STATUS_SUCCESS);
  EXPECT_EQ(Delete(key, L"number"), STATUS_SUCCESS);
  EXPECT_EQ(Delete(key, L"number"), STATUS_OBJECT_NAME_NOT_FOUND);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(Enumerations) {
  HANDLE key, children[3];
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  Create(L"beta", key, &children[0]);
  Create(L"Alpha", key, &children[1]);
  Create(L"gamma", key, &children[2]);
  Set(key, L"first", REG_BINARY, "1", 1);
  Set(key, L"second", REG_BINARY, "22", 2);
  union {
    KEY_BASIC_INFORMATION basic;
    KEY_FULL_INFORMATION full;
    KEY_NAME_INFORMATION name;
    KEY_VALUE_FULL_INFORMATION value;
    UCHAR room[512];
  } buffer;
  ULONG length;
  // Sub-keys come in the order of their names, values in that of their making.
  EXPECT_EQ(ZwEnumerateKey(key, 0, KeyBasicInformation, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(buffer.basic.NameLength, 10);
  EXPECT_EQ(RtlCompareMemory(buffer.basic.Name, L"Alpha", 10), 10);
  EXPECT_EQ(ZwEnumerateKey(key, 2, KeyBasicInformation, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(RtlCompareMemory(buffer.basic.Name, L"gamma", 10), 10);
  EXPECT_EQ(ZwEnumerateKey(key, 3, KeyBasicInformation, &buffer, sizeof buffer, &length), STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(ZwEnumerateKey(key, 0, KeyBasicInformation, &buffer, 4, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(ZwEnumerateValueKey(key, 1, KeyValueFullInformation, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(buffer.value.NameLength, 12);
  EXPECT_EQ(buffer.value.DataLength, 2);
  EXPECT_EQ(((UCHAR*)&buffer)[buffer.value.DataOffset], '2');
  EXPECT_EQ(ZwEnumerateValueKey(key, 2, KeyValueFullInformation, &buffer, sizeof buffer, &length), STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(ZwQueryKey(key, KeyFullInformation, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(buffer.full.SubKeys, 3);
  EXPECT_EQ(buffer.full.Values, 2);
  EXPECT_EQ(buffer.full.MaxNameLen, 10);
  EXPECT_EQ(buffer.full.MaxValueNameLen, 12);
  EXPECT_EQ(buffer.full.MaxValueDataLen, 2);
  EXPECT_EQ(ZwQueryKey(key, KeyNameInformation, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
  UNICODE_STRING name = {(USHORT)buffer.name.NameLength, (USHORT)buffer.name.NameLength, buffer.name.Name}, expected;
  RtlInitUnicodeString(&expected, kPath);
  EXPECT(RtlEqualUnicodeString(&name, &expected, TRUE));
  for (HANDLE child : children) {
    ZwDeleteKey(child);
    ZwClose(child);
  }
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(RtlRoutines) {
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)kPath), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)kPath), STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)kPath), STATUS_SUCCESS);
  ULONG number = 5;
  EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, kPath, L"Five", REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, kPath, L"Five"), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, kPath, L"Five"), STATUS_OBJECT_NAME_NOT_FOUND);
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)key, L"Six", REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(QueriesCallARoutine) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  ULONG number = 77;
  Set(key, L"Number", REG_DWORD, &number, sizeof number);
  SetText(key, L"Multi", REG_MULTI_SZ, L"one\0three\0");
  Seen seen = {}, multi = {}, whole = {}, missing = {}, none = {}, all = {};
  RTL_QUERY_REGISTRY_TABLE table[8] = {};
  table[0].QueryRoutine = Note, table[0].Name = (PWSTR)L"Number", table[0].EntryContext = &seen;
  table[1].QueryRoutine = Note, table[1].Name = (PWSTR)L"Multi", table[1].EntryContext = &multi;
  table[2].QueryRoutine = Note, table[2].Name = (PWSTR)L"Multi", table[2].EntryContext = &whole;
  table[2].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
  table[3].QueryRoutine = Note, table[3].Name = (PWSTR)L"Missing", table[3].EntryContext = &missing;
  table[3].DefaultType = REG_DWORD, table[3].DefaultData = &number, table[3].DefaultLength = sizeof number;
  table[4].QueryRoutine = Note, table[4].Flags = RTL_QUERY_REGISTRY_NOVALUE, table[4].EntryContext = &none;
  table[5].QueryRoutine = Note, table[5].Flags = RTL_QUERY_REGISTRY_NOEXPAND, table[5].EntryContext = &all;
  EXPECT_EQ(Run(table), STATUS_SUCCESS);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.type, REG_DWORD);
  EXPECT_EQ(*(ULONG*)seen.data, 77);
  EXPECT_EQ(seen.name[0], L'N');
  EXPECT_EQ(multi.calls, 2);
  EXPECT_EQ(multi.type, REG_SZ);
  EXPECT_EQ(multi.length, sizeof L"three");
  EXPECT_EQ(whole.calls, 1);
  EXPECT_EQ(whole.type, REG_MULTI_SZ);
  EXPECT_EQ(missing.calls, 1);
  EXPECT_EQ(none.calls, 1);
  EXPECT_EQ(none.type, REG_NONE);
  EXPECT_EQ(all.calls, 2);
  RTL_QUERY_REGISTRY_TABLE required[2] = {};
  required[0].QueryRoutine = Note, required[0].Name = (PWSTR)L"Missing", required[0].Flags = RTL_QUERY_REGISTRY_REQUIRED;
  EXPECT_EQ(Run(required), STATUS_OBJECT_NAME_NOT_FOUND);
  required[0].Name = (PWSTR)L"Number", required[0].Flags = RTL_QUERY_REGISTRY_DELETE, required[0].EntryContext = &seen;
  EXPECT_EQ(Run(required), STATUS_SUCCESS);
  Partial value;
  ULONG length;
  EXPECT_EQ(Query(key, L"Number", &value, sizeof value, &length), STATUS_OBJECT_NAME_NOT_FOUND);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(DirectQueriesCheckTheType) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  ULONG number = 77, target = 1;
  Set(key, L"Number", REG_DWORD, &number, sizeof number);
  SetText(key, L"Text", REG_SZ, L"abc");
  UNICODE_STRING text = {};
  constexpr ULONG kFlags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
  RTL_QUERY_REGISTRY_TABLE table[3] = {};
  table[0].Flags = kFlags | RTL_QUERY_REGISTRY_REQUIRED, table[0].Name = (PWSTR)L"Number", table[0].EntryContext = &target;
  table[0].DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
  table[1].Flags = kFlags, table[1].Name = (PWSTR)L"Text", table[1].EntryContext = &text;
  table[1].DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
  EXPECT_EQ(Run(table), STATUS_SUCCESS);
  EXPECT_EQ(target, 77);
  EXPECT_EQ(text.Length, 6);
  EXPECT(text.Buffer != nullptr && text.Buffer[2] == L'c' && text.Buffer[3] == 0);
  RtlFreeUnicodeString(&text);
  WCHAR small[2];
  text = {0, sizeof small, small};
  EXPECT_EQ(Run(table), STATUS_BUFFER_TOO_SMALL);
  table[1] = {};
  table[0].Name = (PWSTR)L"Text";
  EXPECT_EQ(Run(table), STATUS_OBJECT_TYPE_MISMATCH);
  // What is missing is taken from the default, whose type stands in the low bytes.
  table[0].Name = (PWSTR)L"Missing", table[0].Flags = kFlags;
  table[0].DefaultType |= REG_DWORD, table[0].DefaultData = &number, table[0].DefaultLength = sizeof number;
  target = 1;
  EXPECT_EQ(Run(table), STATUS_SUCCESS);
  EXPECT_EQ(target, 77);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(QueriesOfSubKeys) {
  HANDLE key, child;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  REQUIRE(NT_SUCCESS(Create(L"Child", key, &child)));
  ULONG above = 1, below = 2;
  Set(key, L"Value", REG_DWORD, &above, sizeof above);
  Set(child, L"Value", REG_DWORD, &below, sizeof below);
  Seen in_child = {}, at_top = {};
  RTL_QUERY_REGISTRY_TABLE table[4] = {};
  table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY, table[0].Name = (PWSTR)L"Child";
  table[1].QueryRoutine = Note, table[1].Name = (PWSTR)L"Value", table[1].EntryContext = &in_child;
  table[2].QueryRoutine = Note, table[2].Name = (PWSTR)L"Value", table[2].EntryContext = &at_top;
  table[2].Flags = RTL_QUERY_REGISTRY_TOPKEY;
  EXPECT_EQ(Run(table), STATUS_SUCCESS);
  EXPECT_EQ(*(ULONG*)in_child.data, 2);
  EXPECT_EQ(*(ULONG*)at_top.data, 1);
  ZwDeleteKey(child);
  ZwClose(child);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(WellKnownPlaces) {
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)L""), STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_CONTROL, (PWSTR)L""), STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_WINDOWS_NT, (PWSTR)L""), STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(99, (PWSTR)L""), STATUS_INVALID_PARAMETER);
  HANDLE key;
  REQUIRE(NT_SUCCESS(Open(registry_path->Buffer, nullptr, &key)));
  ZwClose(key);
}

KTEST(KeysTellWhatTheyAre) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(kPath, nullptr, &key)));
  struct {
    ULONG wow64, flags, control;
  } flags = {1, 1, 1};
  ULONG length = 0;
  EXPECT_EQ(ZwQueryKey(key, KeyFlagsInformation, &flags, sizeof flags, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, sizeof flags);
  EXPECT_EQ(flags.flags & 2, 0);
  EXPECT_EQ(ZwQueryKey(key, KeyFlagsInformation, &flags, 4, &length), STATUS_BUFFER_TOO_SMALL);
  ULONG bits = 1;
  EXPECT_EQ(ZwQueryKey(key, KeyVirtualizationInformation, &bits, sizeof bits, &length), STATUS_SUCCESS);
  EXPECT_EQ(bits, 0);
  bits = 1;
  EXPECT_EQ(ZwQueryKey(key, KeyHandleTagsInformation, &bits, sizeof bits, &length), STATUS_SUCCESS);
  EXPECT_EQ(bits, 0);
  EXPECT_EQ(ZwQueryKey(key, KeyTrustInformation, &bits, sizeof bits, &length), STATUS_SUCCESS);
  EXPECT_EQ(bits, 1);
  EXPECT_EQ(ZwQueryKey(key, KeyLayerInformation, &bits, sizeof bits, &length), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryKey(key, static_cast<KEY_INFORMATION_CLASS>(99), &bits, sizeof bits, &length), STATUS_INVALID_PARAMETER);
  ZwDeleteKey(key);
  ZwClose(key);
}
