// The registry's queries to the byte: what each class needs, what a shorter buffer gets, and what deleted keys still answer.
#include "ktest.h"

using namespace ktest;

namespace {

NTSTATUS Create(PCWSTR path, HANDLE root, HANDLE* key, PUNICODE_STRING of_class = nullptr, ACCESS_MASK access = KEY_ALL_ACCESS) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  return ZwCreateKey(key, access, &attributes, 0, of_class, REG_OPTION_VOLATILE, nullptr);
}

/// The key of one test, with one class, two subkeys and three values; deleted with all below at the end.
struct Tree {
  Tree() {
    UNICODE_STRING of_class = RTL_CONSTANT_STRING(L"Fish");
    if (!NT_SUCCESS(Create(L"\\Registry\\Machine\\Software\\Lengths", nullptr, &key, &of_class))) key = nullptr;
    Create(L"First", key, &first, &of_class);
    Create(L"SecondOne", key, &second);
    Set(L"dword", REG_DWORD, L"ab", 4);
    Set(L"text", REG_SZ, L"hello", 12);
    Set(L"empty", REG_BINARY, nullptr, 0);
  }
  ~Tree() {
    HANDLE const handles[] = {second, first, key};
    for (HANDLE handle : handles) {
      ZwDeleteKey(handle);
      ZwClose(handle);
    }
  }
  NTSTATUS Set(PCWSTR value, ULONG type, const void* data, ULONG size) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, value);
    return ZwSetValueKey(key, &name, 0, type, const_cast<PVOID>(data), size);
  }
  HANDLE key = nullptr, first = nullptr, second = nullptr;
};

/// What KeyCachedInformation gives; no header has it.
struct Cached {
  LARGE_INTEGER LastWriteTime;
  ULONG TitleIndex, SubKeys, MaxNameLen, Values, MaxValueNameLen, MaxValueDataLen, NameLength;
};

alignas(8) UCHAR buffer[512];

/// Queries with each length from nothing to `needed`, and checks what comes back: below `fixed` bytes nothing fits.
template <class Query>
void ExpectLengths(int line, ULONG fixed, ULONG needed, Query query) {
  for (ULONG length = 0; length <= needed + 4; length++) {
    RtlFillMemory(buffer, sizeof buffer, 0xCC);
    ULONG result = 0xDDDD;
    const NTSTATUS status = query(buffer, length, &result);
    const NTSTATUS expected = length < fixed ? STATUS_BUFFER_TOO_SMALL : length < needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    if (status != expected)
      return FailEqual(__FILE__, line, "status", status, expected), FailEqual(__FILE__, line, "  of length", length, -1);
    if (result != needed) return FailEqual(__FILE__, line, "length", result, needed), FailEqual(__FILE__, line, "  of length", length, -1);
    for (ULONG i = length < fixed ? 0 : length; i < sizeof buffer; i++)
      if (buffer[i] != 0xCC) return FailEqual(__FILE__, line, "written beyond", i, length);
  }
}

#define EXPECT_LENGTHS(fixed, needed, call) \
  ExpectLengths(__LINE__, fixed, needed, [&](PVOID into, ULONG length, PULONG result) { return call; })

}  // namespace

KTEST(KeysTellTheirLengths) {
  Tree tree;
  REQUIRE(tree.key);
  EXPECT_LENGTHS(16, 16 + 14, ZwQueryKey(tree.key, KeyBasicInformation, into, length, result));
  auto* const basic = (PKEY_BASIC_INFORMATION)buffer;
  EXPECT_EQ(basic->NameLength, 14);
  EXPECT_EQ(basic->TitleIndex, 0);
  EXPECT(RtlCompareMemory(basic->Name, L"Lengths", 14) == 14);

  // After 7 characters the class would begin at 38: it begins at the next multiple of 4.
  ULONG result = 0;
  EXPECT_EQ(ZwQueryKey(tree.key, KeyNodeInformation, buffer, sizeof buffer, &result), STATUS_SUCCESS);
  auto* const node = (PKEY_NODE_INFORMATION)buffer;
  EXPECT_EQ(node->ClassLength, 8);
  EXPECT_EQ(node->ClassOffset, 40);
  EXPECT(RtlCompareMemory(buffer + node->ClassOffset, L"Fish", 8) == 8);
  EXPECT_EQ(ZwQueryKey(tree.second, KeyNodeInformation, buffer, sizeof buffer, &result), STATUS_SUCCESS);
  EXPECT_EQ(result, 24 + 18);
  EXPECT_EQ(node->ClassOffset, 0xFFFFFFFF);
  EXPECT_EQ(node->ClassLength, 0);

  EXPECT_LENGTHS(44, 44 + 8, ZwQueryKey(tree.key, KeyFullInformation, into, length, result));
  auto* const full = (PKEY_FULL_INFORMATION)buffer;
  EXPECT_EQ(full->ClassOffset, 44);
  EXPECT_EQ(full->ClassLength, 8);
  EXPECT_EQ(full->SubKeys, 2);
  EXPECT_EQ(full->MaxNameLen, 18);
  EXPECT_EQ(full->MaxClassLen, 8);
  EXPECT_EQ(full->Values, 3);
  EXPECT_EQ(full->MaxValueNameLen, 10);
  EXPECT_EQ(full->MaxValueDataLen, 12);

  EXPECT_LENGTHS(4, 4 + 2 * 34, ZwQueryKey(tree.key, KeyNameInformation, into, length, result));
  EXPECT(RtlCompareMemory(((PKEY_NAME_INFORMATION)buffer)->Name, L"\\REGISTRY\\MACHINE\\SOFTWARE\\Lengths", 68) == 68 ||
         ((PKEY_NAME_INFORMATION)buffer)->NameLength == 68);
  EXPECT_LENGTHS(sizeof(Cached), sizeof(Cached), ZwQueryKey(tree.key, KeyCachedInformation, into, length, result));
  auto* const cached = (Cached*)buffer;
  EXPECT_EQ(cached->SubKeys, 2);
  EXPECT_EQ(cached->Values, 3);
  EXPECT_EQ(cached->NameLength, 14);
  EXPECT_EQ(ZwQueryKey(tree.key, (KEY_INFORMATION_CLASS)77, buffer, sizeof buffer, &result), STATUS_INVALID_PARAMETER);
}

KTEST(EnumeratedKeysTellTheirLengths) {
  Tree tree;
  REQUIRE(tree.key);
  EXPECT_LENGTHS(16, 16 + 10, ZwEnumerateKey(tree.key, 0, KeyBasicInformation, into, length, result));
  EXPECT_LENGTHS(16, 16 + 18, ZwEnumerateKey(tree.key, 1, KeyBasicInformation, into, length, result));
  EXPECT_LENGTHS(24, 24 + 18, ZwEnumerateKey(tree.key, 1, KeyNodeInformation, into, length, result));
  EXPECT_LENGTHS(44, 44, ZwEnumerateKey(tree.key, 1, KeyFullInformation, into, length, result));
  EXPECT_EQ(((PKEY_FULL_INFORMATION)buffer)->ClassOffset, 0xFFFFFFFF);
  ULONG result = 0;
  EXPECT_EQ(ZwEnumerateKey(tree.key, 2, KeyBasicInformation, buffer, sizeof buffer, &result), STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(ZwEnumerateKey(tree.key, ~0u, KeyBasicInformation, buffer, sizeof buffer, &result), STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(ZwEnumerateKey(tree.key, 2, KeyBasicInformation, nullptr, 0, &result), STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(ZwEnumerateKey(tree.key, 0, KeyNameInformation, buffer, sizeof buffer, &result), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwEnumerateKey(tree.key, 0, KeyCachedInformation, buffer, sizeof buffer, &result), STATUS_INVALID_PARAMETER);
}

KTEST(ValuesTellTheirLengths) {
  Tree tree;
  REQUIRE(tree.key);
  UNICODE_STRING text = RTL_CONSTANT_STRING(L"TEXT"), empty = RTL_CONSTANT_STRING(L"empty"), dword = RTL_CONSTANT_STRING(L"dword"),
                 none = RTL_CONSTANT_STRING(L"none");
  ULONG result = 0;
  EXPECT_LENGTHS(12, 12 + 8, ZwQueryValueKey(tree.key, &text, KeyValueBasicInformation, into, length, result));
  EXPECT_LENGTHS(12, 12 + 12, ZwQueryValueKey(tree.key, &text, KeyValuePartialInformation, into, length, result));
  EXPECT_LENGTHS(8, 8 + 12, ZwQueryValueKey(tree.key, &text, KeyValuePartialInformationAlign64, into, length, result));
  EXPECT_LENGTHS(20, 20 + 8 + 12, ZwQueryValueKey(tree.key, &text, KeyValueFullInformation, into, length, result));
  EXPECT_EQ(((PKEY_VALUE_FULL_INFORMATION)buffer)->DataOffset, 28);
  // A name of 10 bytes ends at 30; the data begins at 32, or at the next multiple of 8.
  EXPECT_EQ(ZwQueryValueKey(tree.key, &dword, KeyValueFullInformation, buffer, sizeof buffer, &result), STATUS_SUCCESS);
  EXPECT_EQ(((PKEY_VALUE_FULL_INFORMATION)buffer)->DataOffset, 32);
  EXPECT_EQ(result, 36);
  EXPECT_EQ(ZwQueryValueKey(tree.key, &text, KeyValueFullInformationAlign64, buffer, sizeof buffer, &result), STATUS_SUCCESS);
  EXPECT_EQ(((PKEY_VALUE_FULL_INFORMATION)buffer)->DataOffset, 32);
  EXPECT_EQ(result, 44);
  EXPECT_EQ(ZwQueryValueKey(tree.key, &empty, KeyValueFullInformation, buffer, sizeof buffer, &result), STATUS_SUCCESS);
  EXPECT_EQ(((PKEY_VALUE_FULL_INFORMATION)buffer)->DataOffset, 0xFFFFFFFF);
  EXPECT_EQ(((PKEY_VALUE_FULL_INFORMATION)buffer)->DataLength, 0);
  EXPECT_EQ(result, 30);
  EXPECT_LENGTHS(12, 12, ZwQueryValueKey(tree.key, &empty, KeyValuePartialInformation, into, length, result));
  EXPECT_EQ(ZwQueryValueKey(tree.key, &none, KeyValuePartialInformation, nullptr, 0, &result), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(ZwQueryValueKey(tree.key, &text, (KEY_VALUE_INFORMATION_CLASS)99, buffer, sizeof buffer, &result), STATUS_INVALID_PARAMETER);

  EXPECT_LENGTHS(12, 12 + 10, ZwEnumerateValueKey(tree.key, 0, KeyValueBasicInformation, into, length, result));
  EXPECT_LENGTHS(20, 20 + 8 + 12, ZwEnumerateValueKey(tree.key, 1, KeyValueFullInformation, into, length, result));
  EXPECT_LENGTHS(12, 12 + 12, ZwEnumerateValueKey(tree.key, 1, KeyValuePartialInformation, into, length, result));
  EXPECT_EQ(ZwEnumerateValueKey(tree.key, 3, KeyValueBasicInformation, nullptr, 0, &result), STATUS_NO_MORE_ENTRIES);
  EXPECT_EQ(ZwEnumerateValueKey(tree.key, 0, (KEY_VALUE_INFORMATION_CLASS)99, buffer, sizeof buffer, &result), STATUS_INVALID_PARAMETER);

  UNICODE_STRING unnamed = {};
  EXPECT_EQ(tree.Set(nullptr, REG_QWORD, L"12345", 8), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryValueKey(tree.key, &unnamed, KeyValueBasicInformation, buffer, sizeof buffer, &result), STATUS_SUCCESS);
  EXPECT_EQ(result, 12);
  EXPECT_EQ(((PKEY_VALUE_BASIC_INFORMATION)buffer)->Type, REG_QWORD);
}

KTEST(KeysWithSubKeysStay) {
  Tree tree;
  REQUIRE(tree.key);
  EXPECT_EQ(ZwDeleteKey(tree.key), STATUS_CANNOT_DELETE);
  EXPECT_EQ(ZwDeleteKey(tree.second), STATUS_SUCCESS);
  ULONG result = 0;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"x");
  EXPECT_EQ(ZwQueryKey(tree.second, KeyBasicInformation, buffer, sizeof buffer, &result), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwEnumerateKey(tree.second, 0, KeyBasicInformation, buffer, sizeof buffer, &result), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwEnumerateValueKey(tree.second, 0, KeyValueBasicInformation, buffer, sizeof buffer, &result), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwQueryValueKey(tree.second, &name, KeyValueBasicInformation, buffer, sizeof buffer, &result), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwSetValueKey(tree.second, &name, 0, REG_NONE, nullptr, 0), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwDeleteValueKey(tree.second, &name), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwFlushKey(tree.second), STATUS_KEY_DELETED);
  HANDLE below = nullptr;
  EXPECT_EQ(Create(L"Below", tree.second, &below), STATUS_KEY_DELETED);
  // The name is free at once.
  HANDLE again = nullptr;
  EXPECT_EQ(Create(L"SecondOne", tree.key, &again), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteKey(again), STATUS_SUCCESS);
  ZwClose(again);
  EXPECT_EQ(ZwFlushKey(tree.key), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteValueKey(tree.key, &name), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(PathsAreTakenWordForWord) {
  Tree tree;
  REQUIRE(tree.key);
  HANDLE key = nullptr;
  // Only the last component is made; what begins with a backslash is no name below a key.
  EXPECT_EQ(Create(L"none\\below", tree.key, &key), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Create(L"\\none", tree.key, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Create(L"First\\", tree.key, &key), STATUS_SUCCESS);
  ZwClose(key);
  EXPECT_EQ(Create(L"", tree.key, &key), STATUS_SUCCESS);
  ZwClose(key);
  // Beside the hives nothing is made.
  EXPECT_EQ(Create(L"\\Registry\\Machine\\NoSuchHive", nullptr, &key), STATUS_INVALID_PARAMETER);
  WCHAR name[300];
  for (auto& character : name) character = L'n';
  name[257] = 0;
  EXPECT_EQ(Create(name, tree.key, &key), STATUS_INVALID_PARAMETER);
  name[256] = 0;
  EXPECT_EQ(Create(name, tree.key, &key), STATUS_SUCCESS);
  ZwDeleteKey(key);
  ZwClose(key);
}
