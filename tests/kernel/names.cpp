// The namespace: directories, case, symbolic links, root directories, path errors.
#include "ktest.h"

using namespace ktest;

namespace {
OBJECT_ATTRIBUTES Named(PUNICODE_STRING name, PCWSTR text, ULONG attributes = 0, HANDLE root = nullptr) {
  RtlInitUnicodeString(name, text);
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, name, OBJ_KERNEL_HANDLE | attributes, root, nullptr);
  return object;
}

NTSTATUS OpenDirectory(PCWSTR text, PHANDLE handle = nullptr, HANDLE root = nullptr) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object = Named(&name, text, OBJ_CASE_INSENSITIVE, root);
  HANDLE directory;
  const NTSTATUS status = ZwOpenDirectoryObject(&directory, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, &object);
  if (NT_SUCCESS(status) && handle) *handle = directory;
  if (NT_SUCCESS(status) && !handle) ZwClose(directory);
  return status;
}
}  // namespace

KTEST(WellKnownDirectoriesExist) {
  constexpr PCWSTR names[] = {L"\\",         L"\\Device",     L"\\Driver",           L"\\FileSystem",    L"\\GLOBAL??",
                              L"\\??",       L"\\DosDevices", L"\\BaseNamedObjects", L"\\KernelObjects", L"\\ObjectTypes",
                              L"\\Sessions", L"\\Callback",   L"\\Security"};
  for (PCWSTR name : names) {
    EXPECT_EQ(OpenDirectory(name), STATUS_SUCCESS);
  }
  EXPECT_EQ(OpenDirectory(L"\\device"), STATUS_SUCCESS);
}

KTEST(PathErrors) {
  EXPECT_EQ(OpenDirectory(L"\\KtNothing"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(OpenDirectory(L"\\KtNothing\\Below"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(OpenDirectory(L"Device"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(OpenDirectory(L"\\Device\\\\Null"), STATUS_OBJECT_NAME_INVALID);
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object = Named(&name, L"\\Device");
  object.Length = 1;
  HANDLE handle;
  EXPECT_EQ(ZwOpenDirectoryObject(&handle, DIRECTORY_QUERY, &object), STATUS_INVALID_PARAMETER);
  object = Named(&name, L"\\Device");
  name.Length = 3;
  EXPECT_EQ(ZwOpenDirectoryObject(&handle, DIRECTORY_QUERY, &object), STATUS_OBJECT_NAME_INVALID);
}

KTEST(DirectoriesHoldObjects) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object = Named(&name, L"\\KtDirectory");
  HANDLE directory, event, again;
  REQUIRE(NT_SUCCESS(ZwCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, &object)));
  EXPECT_EQ(ZwCreateDirectoryObject(&again, DIRECTORY_ALL_ACCESS, &object), STATUS_OBJECT_NAME_COLLISION);
  object = Named(&name, L"Event", 0, directory);
  EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE), STATUS_SUCCESS);
  object = Named(&name, L"\\KtDirectory\\Event");
  EXPECT_EQ(ZwOpenEvent(&again, EVENT_ALL_ACCESS, &object), STATUS_SUCCESS);
  ZwClose(again);
  object = Named(&name, L"\\Event", 0, directory);  // below a root a name starts without a backslash
  EXPECT_EQ(ZwOpenEvent(&again, EVENT_ALL_ACCESS, &object), STATUS_OBJECT_PATH_SYNTAX_BAD);
  char buffer[128];
  ULONG length;
  EXPECT_EQ(ZwQueryObject(event, static_cast<OBJECT_INFORMATION_CLASS>(1), buffer, sizeof buffer, &length), STATUS_SUCCESS);
  UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\KtDirectory\\Event");
  EXPECT(RtlEqualUnicodeString(reinterpret_cast<PUNICODE_STRING>(buffer), &expected, FALSE));
  ZwClose(event);
  ZwClose(directory);
  EXPECT_EQ(OpenDirectory(L"\\KtDirectory"), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(EventNamesHaveCase) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object = Named(&name, L"\\BaseNamedObjects\\KtCase");
  HANDLE event, other;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE)));
  object = Named(&name, L"\\BaseNamedObjects\\KTCASE");
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &object), STATUS_OBJECT_NAME_NOT_FOUND);
  object = Named(&name, L"\\BaseNamedObjects\\KTCASE", OBJ_CASE_INSENSITIVE);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &object), STATUS_SUCCESS);
  ZwClose(other);
  ZwClose(event);
}

KTEST(LinksAreFollowedOrOpened) {
  UNICODE_STRING name, target = RTL_CONSTANT_STRING(L"\\BaseNamedObjects");
  OBJECT_ATTRIBUTES object = Named(&name, L"\\KtLink");
  HANDLE link, event, other;
  REQUIRE(NT_SUCCESS(ZwCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, &object, &target)));
  object = Named(&name, L"\\KtLink\\KtThere");
  EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE), STATUS_SUCCESS);
  object = Named(&name, L"\\BaseNamedObjects\\KtThere");
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &object), STATUS_SUCCESS);
  ZwClose(other);
  ZwClose(event);
  object = Named(&name, L"\\KtLink");
  EXPECT_EQ(ZwOpenSymbolicLinkObject(&other, SYMBOLIC_LINK_QUERY, &object), STATUS_SUCCESS);
  WCHAR text[32];
  UNICODE_STRING read = {0, sizeof text, text};
  ULONG length = 0;
  EXPECT_EQ(ZwQuerySymbolicLinkObject(other, &read, &length), STATUS_SUCCESS);
  EXPECT(RtlEqualUnicodeString(&read, &target, FALSE));
  UNICODE_STRING small = {0, 4, text};
  EXPECT_EQ(ZwQuerySymbolicLinkObject(other, &small, &length), STATUS_BUFFER_TOO_SMALL);
  ZwClose(other);
  ZwClose(link);
}

KTEST(DirectoriesAreListedEntryByEntry) {
  struct Entry {
    UNICODE_STRING name, type;
    WCHAR text[256];
  } entry;
  HANDLE types = nullptr;
  REQUIRE(NT_SUCCESS(OpenDirectory(L"\\ObjectTypes", &types)));
  ULONG context = 0, length = 0, count = 0;
  bool of_files = false;
  const UNICODE_STRING file = RTL_CONSTANT_STRING(L"File"), type = RTL_CONSTANT_STRING(L"Type");
  while (NT_SUCCESS(ZwQueryDirectoryObject(types, &entry, sizeof entry, TRUE, FALSE, &context, &length))) {
    EXPECT(RtlEqualUnicodeString(&entry.type, &type, FALSE));
    EXPECT(entry.name.MaximumLength == entry.name.Length + sizeof(WCHAR));
    if (RtlEqualUnicodeString(&entry.name, &file, FALSE)) of_files = true;
    count++;
  }
  EXPECT(of_files);
  EXPECT(count > 20);
  EXPECT_EQ(context, count);
  EXPECT_EQ(ZwQueryDirectoryObject(types, &entry, sizeof entry, TRUE, FALSE, &context, &length), STATUS_NO_MORE_ENTRIES);
  // From the start again; too small a buffer is told what one entry needs.
  EXPECT_EQ(ZwQueryDirectoryObject(types, &entry, sizeof(UNICODE_STRING), TRUE, TRUE, &context, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT(length > sizeof(UNICODE_STRING) * 2);
  EXPECT_EQ(ZwQueryDirectoryObject(types, &entry, sizeof entry, FALSE, TRUE, &context, &length), STATUS_MORE_ENTRIES);
  ZwClose(types);
  EXPECT_EQ(ZwQueryDirectoryObject(types, &entry, sizeof entry, TRUE, TRUE, &context, &length), STATUS_INVALID_HANDLE);
}
