// Files by the I/O manager's routines, flushes, and changes told by a service.
#include <ntifs.h>

#include "ktest.h"

using namespace ktest;

extern "C" NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeDirectoryFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                                                               PIO_STATUS_BLOCK io, PVOID buffer, ULONG length, ULONG filter, BOOLEAN tree);

namespace {

struct Named {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  explicit Named(PCWSTR text, HANDLE root = nullptr) {
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
  }
};

constexpr PCWSTR kFile = L"\\??\\C:\\file services.dat";
constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr ACCESS_MASK kAccess = GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE;

NTSTATUS Create(HANDLE* file, IO_STATUS_BLOCK* io, ULONG disposition, ULONG options = 0) {
  Named named(kFile);
  return IoCreateFile(file, kAccess, &named.attributes, io, nullptr, FILE_ATTRIBUTE_NORMAL, kShareAll, disposition,
                      FILE_SYNCHRONOUS_IO_NONALERT | options, nullptr, 0, CreateFileTypeNone, nullptr, IO_NO_PARAMETER_CHECKING);
}

NTSTATUS CreateBelow(HANDLE* file, PVOID device) {
  Named named(kFile);
  IO_STATUS_BLOCK io;
  return IoCreateFileSpecifyDeviceObjectHint(file, kAccess, &named.attributes, &io, nullptr, 0, kShareAll, FILE_OPEN,
                                             FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0, CreateFileTypeNone, nullptr, 0, device);
}

}  // namespace

KTEST(DriversCreateFilesByTheIoManager) {
  HANDLE file = nullptr, again = nullptr;
  IO_STATUS_BLOCK io = {};
  EXPECT_EQ(Create(&file, &io, FILE_CREATE), STATUS_SUCCESS);
  EXPECT_EQ(io.Information, FILE_CREATED);
  EXPECT_EQ(Create(&again, &io, FILE_CREATE), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(CreateBelow(&again, nullptr), STATUS_SUCCESS);
  ZwClose(again);
  PFILE_OBJECT object = nullptr;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(file, 0, *IoFileObjectType, KernelMode, (PVOID*)&object, nullptr)));
  // The hint names a device of the file's own stack, or none.
  EXPECT_EQ(CreateBelow(&again, IoGetRelatedDeviceObject(object)), STATUS_SUCCESS);
  ZwClose(again);
  PFILE_OBJECT other = nullptr;
  PDEVICE_OBJECT null_device = nullptr;
  UNICODE_STRING null_name = RTL_CONSTANT_STRING(L"\\Device\\Null");
  REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&null_name, FILE_READ_DATA, &other, &null_device)));
  EXPECT_EQ(CreateBelow(&again, null_device), STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
  ObDereferenceObject(other);
  ObDereferenceObject(object);
  ZwClose(file);
  Named named(kFile);
  EXPECT_EQ(ZwDeleteFile(&named.attributes), STATUS_SUCCESS);
}

KTEST(FilesAreFlushed) {
  HANDLE file = nullptr;
  IO_STATUS_BLOCK io = {};
  REQUIRE(NT_SUCCESS(Create(&file, &io, FILE_SUPERSEDE, FILE_DELETE_ON_CLOSE)));
  EXPECT_EQ(ZwFlushBuffersFile(file, &io), STATUS_SUCCESS);
  EXPECT_EQ(io.Status, STATUS_SUCCESS);
  ZwClose(file);
  EXPECT_EQ(ZwFlushBuffersFile(file, &io), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwFlushBuffersFile(ZwCurrentProcess(), &io), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(ADirectoryTellsItsChanges) {
  Named root(L"\\??\\C:\\");
  HANDLE directory = nullptr, event = nullptr, file = nullptr;
  IO_STATUS_BLOCK io = {}, change = {};
  REQUIRE(NT_SUCCESS(ZwOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &root.attributes, &io, kShareAll, FILE_DIRECTORY_FILE)));
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  alignas(8) UCHAR buffer[256];
  EXPECT_EQ(ZwNotifyChangeDirectoryFile(directory, event, nullptr, nullptr, &change, buffer, sizeof buffer, 0, FALSE),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(
      ZwNotifyChangeDirectoryFile(directory, event, nullptr, nullptr, &change, buffer, sizeof buffer, FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
      STATUS_PENDING);
  LARGE_INTEGER zero = {};
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT);
  REQUIRE(NT_SUCCESS(Create(&file, &io, FILE_CREATE, FILE_DELETE_ON_CLOSE)));
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(change.Status, STATUS_SUCCESS);
  const auto* const told = (const FILE_NOTIFY_INFORMATION*)buffer;
  const UNICODE_STRING expected = RTL_CONSTANT_STRING(L"file services.dat");
  const UNICODE_STRING name = {(USHORT)told->FileNameLength, (USHORT)told->FileNameLength, (PWSTR)told->FileName};
  EXPECT_EQ(told->Action, FILE_ACTION_ADDED);
  EXPECT(RtlEqualUnicodeString(&name, &expected, FALSE));
  EXPECT_EQ(ZwNotifyChangeDirectoryFile(file, event, nullptr, nullptr, &io, buffer, sizeof buffer, FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
            STATUS_INVALID_PARAMETER);
  ZwClose(file);
  ZwClose(event);
  ZwClose(directory);
}
