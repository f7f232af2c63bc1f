// Trees of keys in hive files: saved, restored, loaded, unloaded.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwUnloadKey2(POBJECT_ATTRIBUTES, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryOpenSubKeys(POBJECT_ATTRIBUTES, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwCompressKey(HANDLE);
NTSYSAPI NTSTATUS NTAPI ZwCompactKeys(ULONG, PHANDLE);
NTSYSAPI NTSTATUS NTAPI ZwSaveKeyEx(HANDLE, HANDLE, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwSaveMergedKeys(HANDLE, HANDLE, HANDLE);
NTSYSAPI NTSTATUS NTAPI ZwLoadKey2(POBJECT_ATTRIBUTES, POBJECT_ATTRIBUTES, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwLoadKeyEx(POBJECT_ATTRIBUTES, POBJECT_ATTRIBUTES, ULONG, HANDLE, HANDLE, ACCESS_MASK, PHANDLE, PIO_STATUS_BLOCK);
NTSYSAPI NTSTATUS NTAPI ZwReplaceKey(POBJECT_ATTRIBUTES, HANDLE, POBJECT_ATTRIBUTES);
}

namespace {
constexpr wchar_t kPath[] = L"\\Registry\\Machine\\Software\\RingletHives";
constexpr wchar_t kLoaded[] = L"\\Registry\\Machine\\RingletLoaded";
constexpr wchar_t kFile[] = L"\\??\\C:\\ringlet.hiv";

struct Name {
  Name(const wchar_t* text, HANDLE root = nullptr) {
    RtlInitUnicodeString(&string, text);
    InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  }
  UNICODE_STRING string;
  OBJECT_ATTRIBUTES attributes;
};

NTSTATUS Create(const wchar_t* path, HANDLE* key, HANDLE root = nullptr) {
  Name name(path, root);
  return ZwCreateKey(key, KEY_ALL_ACCESS, &name.attributes, 0, nullptr, REG_OPTION_NON_VOLATILE, nullptr);
}

NTSTATUS Open(const wchar_t* path, HANDLE* key) {
  Name name(path);
  return ZwOpenKey(key, KEY_ALL_ACCESS, &name.attributes);
}

NTSTATUS SetNumber(HANDLE key, const wchar_t* name, ULONG number) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return ZwSetValueKey(key, &string, 0, REG_DWORD, &number, sizeof number);
}

ULONG Number(HANDLE key, const wchar_t* name) {
  struct {
    KEY_VALUE_PARTIAL_INFORMATION head;
    UCHAR rest[16];
  } value;
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  ULONG length;
  return NT_SUCCESS(ZwQueryValueKey(key, &string, KeyValuePartialInformation, &value, sizeof value, &length)) ? *(ULONG*)value.head.Data
                                                                                                              : ~0u;
}

NTSTATUS OpenFile(ULONG disposition, HANDLE* file, const wchar_t* path = kFile, ULONG options = 0) {
  Name name(path);
  IO_STATUS_BLOCK result;
  return ZwCreateFile(file, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &name.attributes, &result, nullptr, 0, 0, disposition,
                      FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE | options, nullptr, 0);
}

void DeleteFile(const wchar_t* path) {
  HANDLE file;
  if (NT_SUCCESS(OpenFile(FILE_OPEN, &file, path, FILE_DELETE_ON_CLOSE))) ZwClose(file);
}

/// A key with a value and a subkey, saved to the file.
bool Save(HANDLE* key) {
  HANDLE child, file;
  if (!NT_SUCCESS(Create(kPath, key)) || !NT_SUCCESS(Create(L"Child", &child, *key))) return false;
  SetNumber(*key, L"Top", 1);
  SetNumber(child, L"Below", 2);
  ZwClose(child);
  if (!NT_SUCCESS(OpenFile(FILE_OVERWRITE_IF, &file))) return false;
  EXPECT_EQ(ZwSaveKey(*key, file), STATUS_SUCCESS);
  ZwClose(file);
  return true;
}

void DeleteKeys(HANDLE key) {
  HANDLE child;
  if (NT_SUCCESS(Open(L"\\Registry\\Machine\\Software\\RingletHives\\Child", &child))) {
    ZwDeleteKey(child);
    ZwClose(child);
  }
  EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
  ZwClose(key);
}
}  // namespace

KTEST(WhatIsSavedIsRestored) {
  HANDLE key, child, file;
  REQUIRE(Save(&key));
  SetNumber(key, L"Top", 7);
  SetNumber(key, L"Later", 8);
  HANDLE later;
  Create(L"LaterChild", &later, key);
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OPEN, &file)));
  // A key below that somebody has open stops it, unless it is forced.
  EXPECT_EQ(ZwRestoreKey(key, file, 0), STATUS_CANNOT_DELETE);
  EXPECT_EQ(ZwRestoreKey(key, file, 0x100), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwRestoreKey(key, file, REG_FORCE_RESTORE), STATUS_SUCCESS);
  EXPECT_EQ(SetNumber(later, L"Gone", 1), STATUS_KEY_DELETED);
  ZwClose(later);
  EXPECT_EQ(Number(key, L"Top"), 1);
  EXPECT_EQ(Number(key, L"Later"), ~0u);
  REQUIRE(NT_SUCCESS(Open(L"\\Registry\\Machine\\Software\\RingletHives\\Child", &child)));
  EXPECT_EQ(Number(child, L"Below"), 2);
  ZwClose(child);
  ZwClose(file);
  DeleteKeys(key);
  DeleteFile(kFile);
}

KTEST(WhatIsNoHiveIsNotRestored) {
  HANDLE key, file;
  REQUIRE(NT_SUCCESS(Create(kPath, &key)));
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OVERWRITE_IF, &file)));
  EXPECT_EQ(ZwRestoreKey(key, file, 0), STATUS_NOT_REGISTRY_FILE);
  EXPECT_EQ(ZwRestoreKey(key, nullptr, 0), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwSaveKey(key, nullptr), STATUS_INVALID_HANDLE);
  ZwClose(file);
  DeleteKeys(key);
  DeleteFile(kFile);
}

KTEST(HivesAreLoadedAndUnloaded) {
  HANDLE key, loaded;
  REQUIRE(Save(&key));
  Name target(kLoaded), file(kFile);
  EXPECT_EQ(ZwLoadKey(&target.attributes, &file.attributes), STATUS_SUCCESS);
  REQUIRE(NT_SUCCESS(Open(kLoaded, &loaded)));
  EXPECT_EQ(Number(loaded, L"Top"), 1);
  EXPECT_EQ(SetNumber(loaded, L"Top", 5), STATUS_SUCCESS);
  EXPECT_EQ(ZwDeleteKey(loaded), STATUS_CANNOT_DELETE);
  // A hive is in one place only, and a place holds one thing.
  Name other(L"\\Registry\\Machine\\RingletOther");
  EXPECT_EQ(ZwLoadKey(&other.attributes, &file.attributes), STATUS_SHARING_VIOLATION);
  EXPECT_EQ(ZwLoadKey(&target.attributes, &file.attributes), STATUS_ACCESS_DENIED);
  Name deep(L"\\Registry\\Machine\\Software\\RingletLoaded");
  EXPECT_EQ(ZwLoadKey(&deep.attributes, &file.attributes), STATUS_INVALID_PARAMETER);
  ULONG open = 0;
  EXPECT_EQ(ZwQueryOpenSubKeys(&target.attributes, &open), STATUS_SUCCESS);
  EXPECT_EQ(open, 1);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_CANNOT_DELETE);
  ZwClose(loaded);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  // What was done to it is in the file.
  EXPECT_EQ(ZwLoadKey(&target.attributes, &file.attributes), STATUS_SUCCESS);
  REQUIRE(NT_SUCCESS(Open(kLoaded, &loaded)));
  EXPECT_EQ(Number(loaded, L"Top"), 5);
  EXPECT_EQ(ZwUnloadKey2(&target.attributes, 1), STATUS_SUCCESS);
  EXPECT_EQ(SetNumber(loaded, L"Top", 6), STATUS_KEY_DELETED);
  ZwClose(loaded);
  Name inner(kPath), system(L"\\Registry\\Machine\\System");
  EXPECT_EQ(ZwUnloadKey(&inner.attributes), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwUnloadKey(&system.attributes), STATUS_CANNOT_DELETE);
  DeleteKeys(key);
  DeleteFile(kFile);
}

KTEST(AMissingFileBecomesAnEmptyHive) {
  HANDLE loaded;
  Name target(kLoaded), file(kFile);
  DeleteFile(kFile);
  EXPECT_EQ(ZwLoadKey(&target.attributes, &file.attributes), STATUS_SUCCESS);
  REQUIRE(NT_SUCCESS(Open(kLoaded, &loaded)));
  EXPECT_EQ(SetNumber(loaded, L"First", 1), STATUS_SUCCESS);
  EXPECT_EQ(ZwCompressKey(loaded), STATUS_SUCCESS);
  ZwClose(loaded);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_SUCCESS);
  HANDLE hive;
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OPEN, &hive)));
  char magic[4] = {};
  IO_STATUS_BLOCK result;
  LARGE_INTEGER start = {};
  EXPECT_EQ(ZwReadFile(hive, nullptr, nullptr, nullptr, &result, magic, sizeof magic, &start, nullptr), STATUS_SUCCESS);
  EXPECT(RtlCompareMemory(magic, "regf", 4) == 4);
  ZwClose(hive);
  DeleteFile(kFile);
}

namespace {
struct Seen {
  ULONG before[64], veto;
};

NTSTATUS NTAPI Note(PVOID context, PVOID kind, PVOID) {
  auto* const seen = (Seen*)context;
  const auto what = (ULONG)(ULONG_PTR)kind;
  if (what < 64) seen->before[what]++;
  return what == seen->veto ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}
}  // namespace

KTEST(DriversAreTold) {
  HANDLE key, file;
  REQUIRE(Save(&key));
  Seen seen = {};
  seen.veto = ~0u;
  LARGE_INTEGER cookie;
  UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"370010");
  REQUIRE(NT_SUCCESS(CmRegisterCallbackEx(Note, &altitude, driver, &seen, &cookie, nullptr)));
  Name target(kLoaded), source(kFile);
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OPEN, &file)));
  EXPECT_EQ(ZwSaveKey(key, file), STATUS_SUCCESS);
  EXPECT_EQ(ZwRestoreKey(key, file, 0), STATUS_SUCCESS);
  ZwClose(file);
  EXPECT_EQ(ZwLoadKey(&target.attributes, &source.attributes), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_SUCCESS);
  const ULONG moves[] = {RegNtPreSaveKey, RegNtPostSaveKey, RegNtPreRestoreKey, RegNtPostRestoreKey,
                         RegNtPreLoadKey, RegNtPostLoadKey, RegNtPreUnLoadKey,  RegNtPostUnLoadKey};
  for (const ULONG what : moves) EXPECT_EQ(seen.before[what], 1);
  ULONG needed = 0;
  UCHAR room[512];
  EXPECT_EQ(ZwQuerySecurityObject(key, DACL_SECURITY_INFORMATION, room, sizeof room, &needed), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetSecurityObject(key, DACL_SECURITY_INFORMATION, room), STATUS_SUCCESS);
  const ULONG looks[] = {RegNtPreQueryKeySecurity, RegNtPostQueryKeySecurity, RegNtPreSetKeySecurity, RegNtPostSetKeySecurity};
  for (const ULONG what : looks) EXPECT_EQ(seen.before[what], 1);
  seen.veto = RegNtPreLoadKey;
  EXPECT_EQ(ZwLoadKey(&target.attributes, &source.attributes), STATUS_ACCESS_DENIED);
  seen.veto = RegNtPreSetKeySecurity;
  EXPECT_EQ(ZwSetSecurityObject(key, DACL_SECURITY_INFORMATION, room), STATUS_ACCESS_DENIED);
  CmUnRegisterCallback(cookie);
  DeleteKeys(key);
  DeleteFile(kFile);
}

KTEST(AFormatIsSaidToSaveKeyEx) {
  HANDLE key, file;
  REQUIRE(NT_SUCCESS(Create(kPath, &key)));
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OVERWRITE_IF, &file)));
  EXPECT_EQ(ZwSaveKeyEx(key, file, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwSaveKeyEx(key, file, 3), STATUS_INVALID_PARAMETER);
  // Without compression a hive is copied as it is, so it must be a whole one.
  EXPECT_EQ(ZwSaveKeyEx(key, file, 4), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwSaveKeyEx(nullptr, file, 2), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwSaveKeyEx(key, file, 2), STATUS_SUCCESS);
  ZwClose(file);
  DeleteKeys(key);
  DeleteFile(kFile);
}

KTEST(OneTreeIsSavedOverAnother) {
  HANDLE high, low, file, loaded;
  REQUIRE(NT_SUCCESS(Create(kPath, &high)));
  REQUIRE(NT_SUCCESS(Create(L"\\Registry\\Machine\\Software\\RingletLow", &low)));
  SetNumber(high, L"Both", 1);
  SetNumber(low, L"Both", 2);
  SetNumber(low, L"Low", 3);
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OVERWRITE_IF, &file)));
  EXPECT_EQ(ZwSaveMergedKeys(high, nullptr, file), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwSaveMergedKeys(high, low, file), STATUS_SUCCESS);
  ZwClose(file);
  Name target(kLoaded), source(kFile);
  // The key is opened in the same breath; flags that are not known are refused.
  EXPECT_EQ(ZwLoadKey2(&target.attributes, &source.attributes, 0x80000000), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwLoadKeyEx(&target.attributes, &source.attributes, 0, nullptr, nullptr, KEY_READ, &loaded, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(Number(loaded, L"Both"), 1);
  EXPECT_EQ(Number(loaded, L"Low"), 3);
  ZwClose(loaded);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_SUCCESS);
  EXPECT_EQ(ZwLoadKey2(&target.attributes, &source.attributes, 0), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_SUCCESS);
  ZwDeleteKey(low);
  ZwClose(low);
  DeleteKeys(high);
  DeleteFile(kFile);
}

KTEST(KeysOfOneHiveArePlacedTogether) {
  HANDLE keys[2], system;
  REQUIRE(NT_SUCCESS(Create(kPath, &keys[0])));
  REQUIRE(NT_SUCCESS(Create(L"Child", &keys[1], keys[0])));
  EXPECT_EQ(ZwCompactKeys(2, keys), STATUS_SUCCESS);
  EXPECT_EQ(ZwCompactKeys(0, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwFlushKey(keys[0]), STATUS_SUCCESS);
  EXPECT_EQ(ZwFlushKey(nullptr), STATUS_INVALID_HANDLE);
  REQUIRE(NT_SUCCESS(Open(L"\\Registry\\Machine\\System", &system)));
  HANDLE different[2] = {keys[0], system};
  EXPECT_EQ(ZwCompactKeys(2, different), STATUS_INVALID_PARAMETER);
  ZwClose(system);
  ZwClose(keys[1]);
  DeleteKeys(keys[0]);
}

KTEST(AHiveIsReplacedAtTheNextBoot) {
  constexpr wchar_t kNew[] = L"\\??\\C:\\ringlet new.hiv", kOld[] = L"\\??\\C:\\ringlet old.hiv";
  HANDLE key, file, loaded;
  REQUIRE(Save(&key));
  SetNumber(key, L"Top", 9);
  REQUIRE(NT_SUCCESS(OpenFile(FILE_OVERWRITE_IF, &file, kNew)));
  EXPECT_EQ(ZwSaveKey(key, file), STATUS_SUCCESS);
  ZwClose(file);
  Name target(kLoaded), source(kFile), fresh(kNew), old(kOld);
  DeleteFile(kOld);
  EXPECT_EQ(ZwLoadKeyEx(&target.attributes, &source.attributes, 0, nullptr, nullptr, KEY_ALL_ACCESS, &loaded, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwReplaceKey(&fresh.attributes, nullptr, &old.attributes), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwReplaceKey(&fresh.attributes, loaded, &old.attributes), STATUS_SUCCESS);
  // What is loaded stays as it is; the files have changed places.
  EXPECT_EQ(Number(loaded, L"Top"), 1);
  EXPECT(NT_SUCCESS(OpenFile(FILE_OPEN, &file, kOld)));
  ZwClose(file);
  EXPECT_EQ(OpenFile(FILE_OPEN, &file, kNew), STATUS_OBJECT_NAME_NOT_FOUND);
  ZwClose(loaded);
  EXPECT_EQ(ZwUnloadKey(&target.attributes), STATUS_SUCCESS);
  DeleteKeys(key);
  DeleteFile(kFile);
  DeleteFile(kOld);
}
