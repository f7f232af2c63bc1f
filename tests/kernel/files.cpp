// Files on the C: drive: dispositions, sharing, deletion, names, directories, locks, notification.
#include "ktest.h"

using namespace ktest;

namespace {

/// A file opened for as long as this lives; what Create answered.
class File {
 public:
  File(PCWSTR path, ACCESS_MASK access, ULONG share, ULONG disposition, ULONG options = FILE_NON_DIRECTORY_FILE, ULONG attributes = 0,
       HANDLE root = nullptr) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, root, nullptr);
    if (!(options & FILE_SYNCHRONOUS_IO_ALERT)) options |= FILE_SYNCHRONOUS_IO_NONALERT;
    status = ZwCreateFile(&handle, access | SYNCHRONIZE, &object, &io, nullptr, attributes, share, disposition, options, nullptr, 0);
    if (!NT_SUCCESS(status)) handle = nullptr;
  }
  ~File() { Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void Close() {
    if (handle) ZwClose(handle);
    handle = nullptr;
  }

  NTSTATUS Write(const char* text, LONG64 offset = -1) {
    LARGE_INTEGER at{.QuadPart = offset};
    ULONG length = 0;
    while (text[length]) length++;
    return ZwWriteFile(handle, nullptr, nullptr, nullptr, &io, const_cast<char*>(text), length, offset < 0 ? nullptr : &at, nullptr);
  }
  NTSTATUS Read(char* text, ULONG length, LONG64 offset) {
    LARGE_INTEGER at{.QuadPart = offset};
    RtlZeroMemory(text, length);
    return ZwReadFile(handle, nullptr, nullptr, nullptr, &io, text, length, &at, nullptr);
  }
  NTSTATUS Delete() {
    FILE_DISPOSITION_INFORMATION information = {TRUE};
    return ZwSetInformationFile(handle, &io, &information, sizeof information, FileDispositionInformation);
  }
  LONG64 Size() {
    FILE_STANDARD_INFORMATION information = {};
    ZwQueryInformationFile(handle, &io, &information, sizeof information, FileStandardInformation);
    return information.EndOfFile.QuadPart;
  }

  HANDLE handle = nullptr;
  IO_STATUS_BLOCK io{};
  NTSTATUS status;
};

constexpr ACCESS_MASK kReadWrite = GENERIC_READ | GENERIC_WRITE;
constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

void Remove(PCWSTR path) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  ZwDeleteFile(&object);
}

bool Same(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

}  // namespace

KTEST(DispositionsSayWhatTheyDid) {
  PCWSTR const path = L"\\??\\C:\\dispositions.txt";
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_OVERWRITE).status, STATUS_OBJECT_NAME_NOT_FOUND);
  {
    File made(path, kReadWrite, 0, FILE_CREATE);
    EXPECT_EQ(made.status, STATUS_SUCCESS);
    EXPECT_EQ(made.io.Information, FILE_CREATED);
    EXPECT_EQ(made.Write("hello"), STATUS_SUCCESS);
    EXPECT_EQ(made.io.Information, 5);
  }
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_CREATE).status, STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_OPEN).io.Information, FILE_OPENED);
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_OPEN_IF).io.Information, FILE_OPENED);
  {
    File overwritten(path, kReadWrite, 0, FILE_OVERWRITE_IF);
    EXPECT_EQ(overwritten.io.Information, FILE_OVERWRITTEN);
    EXPECT_EQ(overwritten.Size(), 0);
  }
  EXPECT_EQ(File(path, kReadWrite, 0, FILE_SUPERSEDE).io.Information, FILE_SUPERSEDED);
  Remove(path);
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(NamesAreCheckedAndTheirCaseDoesNotMatter) {
  File made(L"\\??\\C:\\MixedCase.TXT", kReadWrite | DELETE, kShareAll, FILE_CREATE);
  EXPECT_EQ(made.status, STATUS_SUCCESS);
  EXPECT_EQ(File(L"\\DosDevices\\c:\\mixedcase.txt", GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_SUCCESS);
  EXPECT_EQ(File(L"\\Device\\HarddiskVolume1\\MIXEDCASE.TXT", GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_SUCCESS);
  EXPECT_EQ(File(L"\\??\\C:\\no\\such\\file", GENERIC_READ, 0, FILE_OPEN).status, STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(File(L"\\??\\C:\\a?b", GENERIC_READ, 0, FILE_OPEN).status, STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(File(L"\\??\\C:\\..\\..\\etc\\passwd", GENERIC_READ, 0, FILE_OPEN).status, STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(File(L"\\??\\C:\\mixedcase.txt\\below", GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(made.Delete(), STATUS_SUCCESS);
}

KTEST(TransfersMoveThePosition) {
  char text[16];
  File file(L"\\??\\C:\\transfer.txt", kReadWrite | DELETE, 0, FILE_CREATE);
  EXPECT_EQ(file.Write("abc"), STATUS_SUCCESS);
  EXPECT_EQ(file.Write("def"), STATUS_SUCCESS);
  EXPECT_EQ(file.Size(), 6);
  EXPECT_EQ(file.Read(text, sizeof text, 2), STATUS_SUCCESS);
  EXPECT_EQ(file.io.Information, 4);
  EXPECT(Same(text, "cdef"));
  EXPECT_EQ(file.Read(text, sizeof text, 6), STATUS_END_OF_FILE);
  FILE_POSITION_INFORMATION position = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle, &file.io, &position, sizeof position, FilePositionInformation), STATUS_SUCCESS);
  EXPECT_EQ(position.CurrentByteOffset.QuadPart, 6);
  EXPECT_EQ(file.Write("X", 10), STATUS_SUCCESS);
  EXPECT_EQ(file.Size(), 11);
  FILE_END_OF_FILE_INFORMATION end = {};
  end.EndOfFile.QuadPart = 4;
  EXPECT_EQ(ZwSetInformationFile(file.handle, &file.io, &end, sizeof end, FileEndOfFileInformation), STATUS_SUCCESS);
  EXPECT_EQ(file.Size(), 4);
  LARGE_INTEGER at_end;
  at_end.HighPart = -1;
  at_end.LowPart = FILE_WRITE_TO_END_OF_FILE;
  EXPECT_EQ(ZwWriteFile(file.handle, nullptr, nullptr, nullptr, &file.io, const_cast<char*>("!"), 1, &at_end, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(file.Size(), 5);
  file.Delete();
}

KTEST(SharingIsKept) {
  PCWSTR const path = L"\\??\\C:\\shared.txt";
  {
    File alone(path, kReadWrite, 0, FILE_CREATE);
    EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_SHARING_VIOLATION);
    EXPECT_EQ(File(path, FILE_READ_ATTRIBUTES, 0, FILE_OPEN).status, STATUS_SUCCESS);  // no data access: does not count
  }
  {
    File reader(path, GENERIC_READ, FILE_SHARE_READ, FILE_OPEN);
    EXPECT_EQ(File(path, GENERIC_READ, FILE_SHARE_READ, FILE_OPEN).status, STATUS_SUCCESS);
    EXPECT_EQ(File(path, GENERIC_WRITE, kShareAll, FILE_OPEN).status, STATUS_SHARING_VIOLATION);
    EXPECT_EQ(File(path, DELETE, kShareAll, FILE_OPEN).status, STATUS_SHARING_VIOLATION);
  }
  Remove(path);
}

KTEST(DeletionWaitsForTheLastHandle) {
  PCWSTR const path = L"\\??\\C:\\deleted.txt";
  File first(path, kReadWrite | DELETE, kShareAll, FILE_CREATE);
  File second(path, GENERIC_READ, kShareAll, FILE_OPEN);
  EXPECT_EQ(first.Delete(), STATUS_SUCCESS);
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_DELETE_PENDING);
  FILE_STANDARD_INFORMATION information = {};
  ZwQueryInformationFile(second.handle, &second.io, &information, sizeof information, FileStandardInformation);
  EXPECT_EQ(information.DeletePending, TRUE);
  first.Close();
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_DELETE_PENDING);
  second.Close();
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
  {
    File brief(path, kReadWrite | DELETE, 0, FILE_CREATE, FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE);
    EXPECT_EQ(brief.status, STATUS_SUCCESS);
  }
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(ReadOnlyFilesAreNeitherWrittenNorDeleted) {
  PCWSTR const path = L"\\??\\C:\\readonly.txt";
  File(path, GENERIC_READ, 0, FILE_CREATE, FILE_NON_DIRECTORY_FILE, FILE_ATTRIBUTE_READONLY).Close();
  EXPECT_EQ(File(path, GENERIC_WRITE, 0, FILE_OPEN).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(File(path, GENERIC_READ, 0, FILE_OVERWRITE).status, STATUS_ACCESS_DENIED);
  File file(path, GENERIC_READ | FILE_WRITE_ATTRIBUTES | DELETE, 0, FILE_OPEN);
  EXPECT_EQ(file.Delete(), STATUS_CANNOT_DELETE);
  FILE_BASIC_INFORMATION basic = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle, &file.io, &basic, sizeof basic, FileBasicInformation), STATUS_SUCCESS);
  EXPECT_EQ(basic.FileAttributes & FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_READONLY);
  basic = {};
  basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
  EXPECT_EQ(ZwSetInformationFile(file.handle, &file.io, &basic, sizeof basic, FileBasicInformation), STATUS_SUCCESS);
  EXPECT_EQ(file.Delete(), STATUS_SUCCESS);
}

KTEST(TimesAreKept) {
  File file(L"\\??\\C:\\times.txt", kReadWrite | DELETE, 0, FILE_CREATE);
  FILE_BASIC_INFORMATION basic = {};
  basic.LastWriteTime.QuadPart = 132'000'000'000'000'000;
  basic.LastAccessTime.QuadPart = 131'000'000'000'000'000;
  EXPECT_EQ(ZwSetInformationFile(file.handle, &file.io, &basic, sizeof basic, FileBasicInformation), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryInformationFile(file.handle, &file.io, &basic, sizeof basic, FileBasicInformation), STATUS_SUCCESS);
  EXPECT_EQ(basic.LastWriteTime.QuadPart, 132'000'000'000'000'000);
  EXPECT_EQ(basic.LastAccessTime.QuadPart, 131'000'000'000'000'000);
  file.Delete();
}

namespace {

struct RenameTo {
  FILE_RENAME_INFORMATION information;
  WCHAR room[64];
};

NTSTATUS Rename(File& file, PCWSTR name, bool replace) {
  RenameTo to = {};
  ULONG length = 0;
  for (; name[length]; length++) to.information.FileName[length] = name[length];
  to.information.ReplaceIfExists = replace;
  to.information.FileNameLength = length * sizeof(WCHAR);
  return ZwSetInformationFile(file.handle, &file.io, &to, sizeof to, FileRenameInformation);
}

}  // namespace

KTEST(FilesAreRenamed) {
  File file(L"\\??\\C:\\old.txt", kReadWrite | DELETE, kShareAll, FILE_CREATE);
  File(L"\\??\\C:\\other.txt", kReadWrite, kShareAll, FILE_CREATE).Close();
  EXPECT_EQ(Rename(file, L"\\??\\C:\\other.txt", false), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(Rename(file, L"new.txt", false), STATUS_SUCCESS);
  EXPECT_EQ(File(L"\\??\\C:\\old.txt", GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(File(L"\\??\\C:\\new.txt", GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_SUCCESS);
  EXPECT_EQ(Rename(file, L"\\??\\C:\\other.txt", true), STATUS_SUCCESS);
  EXPECT_EQ(Rename(file, L"\\??\\D:\\other.txt", true), STATUS_NOT_SAME_DEVICE);
  EXPECT_EQ(file.Delete(), STATUS_SUCCESS);
}

KTEST(DirectoriesAreListedInOrder) {
  File directory(L"\\??\\C:\\folder", FILE_LIST_DIRECTORY | DELETE, kShareAll, FILE_CREATE, FILE_DIRECTORY_FILE);
  EXPECT_EQ(directory.status, STATUS_SUCCESS);
  PCWSTR const made[] = {L"b.txt", L"A.txt", L"c.dat"};
  for (PCWSTR name : made) {
    EXPECT_EQ(File(name, GENERIC_WRITE, 0, FILE_CREATE, FILE_NON_DIRECTORY_FILE, 0, directory.handle).status, STATUS_SUCCESS);
  }
  EXPECT_EQ(directory.Delete(), STATUS_DIRECTORY_NOT_EMPTY);
  EXPECT_EQ(File(L"\\??\\C:\\folder", GENERIC_READ, kShareAll, FILE_OPEN, FILE_NON_DIRECTORY_FILE).status, STATUS_FILE_IS_A_DIRECTORY);
  EXPECT_EQ(File(L"\\??\\C:\\folder\\b.txt", GENERIC_READ, kShareAll, FILE_OPEN, FILE_DIRECTORY_FILE).status, STATUS_NOT_A_DIRECTORY);
  PCWSTR const expected[] = {L".", L"..", L"A.txt", L"b.txt", L"c.dat"};
  for (PCWSTR name : expected) {
    struct {
      FILE_DIRECTORY_INFORMATION information;
      WCHAR room[64];
    } entry = {};
    EXPECT_EQ(ZwQueryDirectoryFile(directory.handle, nullptr, nullptr, nullptr, &directory.io, &entry, sizeof entry,
                                   FileDirectoryInformation, TRUE, nullptr, FALSE),
              STATUS_SUCCESS);
    UNICODE_STRING found = {static_cast<USHORT>(entry.information.FileNameLength), static_cast<USHORT>(entry.information.FileNameLength),
                            entry.information.FileName};
    UNICODE_STRING wanted;
    RtlInitUnicodeString(&wanted, name);
    EXPECT(RtlEqualUnicodeString(&found, &wanted, FALSE));
  }
  char buffer[512];
  EXPECT_EQ(ZwQueryDirectoryFile(directory.handle, nullptr, nullptr, nullptr, &directory.io, buffer, sizeof buffer,
                                 FileDirectoryInformation, FALSE, nullptr, FALSE),
            STATUS_NO_MORE_FILES);
  UNICODE_STRING pattern;
  RtlInitUnicodeString(&pattern, L"*.txt");
  EXPECT_EQ(ZwQueryDirectoryFile(directory.handle, nullptr, nullptr, nullptr, &directory.io, buffer, sizeof buffer,
                                 FileDirectoryInformation, FALSE, &pattern, TRUE),
            STATUS_SUCCESS);
  RtlInitUnicodeString(&pattern, L"*.none");
  EXPECT_EQ(ZwQueryDirectoryFile(directory.handle, nullptr, nullptr, nullptr, &directory.io, buffer, sizeof buffer,
                                 FileDirectoryInformation, FALSE, &pattern, TRUE),
            STATUS_NO_SUCH_FILE);
  PCWSTR const paths[] = {L"\\??\\C:\\folder\\b.txt", L"\\??\\C:\\folder\\a.txt", L"\\??\\C:\\folder\\c.dat"};
  for (PCWSTR path : paths) Remove(path);
  EXPECT_EQ(directory.Delete(), STATUS_SUCCESS);
}

KTEST(LocksKeepOthersOut) {
  PCWSTR const path = L"\\??\\C:\\locked.txt";
  File owner(path, kReadWrite | DELETE, kShareAll, FILE_CREATE);
  owner.Write("0123456789");
  File other(path, kReadWrite, kShareAll, FILE_OPEN);
  LARGE_INTEGER offset = {}, length = {};
  offset.QuadPart = 2;
  length.QuadPart = 4;
  char text[4];
  EXPECT_EQ(ZwLockFile(owner.handle, nullptr, nullptr, nullptr, &owner.io, &offset, &length, 0, TRUE, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(ZwLockFile(other.handle, nullptr, nullptr, nullptr, &other.io, &offset, &length, 0, TRUE, FALSE), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(other.Read(text, 2, 3), STATUS_FILE_LOCK_CONFLICT);
  EXPECT_EQ(other.Read(text, 2, 0), STATUS_SUCCESS);
  EXPECT_EQ(owner.Read(text, 2, 3), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnlockFile(other.handle, &other.io, &offset, &length, 0), STATUS_RANGE_NOT_LOCKED);
  EXPECT_EQ(ZwUnlockFile(owner.handle, &owner.io, &offset, &length, 0), STATUS_SUCCESS);
  EXPECT_EQ(other.Read(text, 2, 3), STATUS_SUCCESS);
  owner.Delete();
}

KTEST(FilesAreFoundByName) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object;
  RtlInitUnicodeString(&name, L"\\SystemRoot\\System32");
  InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  FILE_NETWORK_OPEN_INFORMATION information = {};
  EXPECT_EQ(ZwQueryFullAttributesFile(&object, &information), STATUS_SUCCESS);
  EXPECT_EQ(information.FileAttributes & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY);
  RtlInitUnicodeString(&name, L"\\SystemRoot\\Nothing");
  EXPECT_EQ(ZwQueryFullAttributesFile(&object, &information), STATUS_OBJECT_NAME_NOT_FOUND);
}

namespace {

ULONG DispositionFlags(File& file, ULONG flags) {
  FILE_DISPOSITION_INFORMATION_EX information = {flags};
  return static_cast<ULONG>(ZwSetInformationFile(file.handle, &file.io, &information, sizeof information, FileDispositionInformationEx));
}

NTSTATUS RenameFlags(File& file, PCWSTR name, ULONG flags) {
  RenameTo to = {};
  ULONG length = 0;
  for (; name[length]; length++) to.information.FileName[length] = name[length];
  *reinterpret_cast<ULONG*>(&to.information) = flags;  // FILE_RENAME_INFORMATION_EX has them first
  to.information.FileNameLength = length * sizeof(WCHAR);
  return ZwSetInformationFile(file.handle, &file.io, &to, sizeof to, FileRenameInformationEx);
}

}  // namespace

KTEST(PosixDeletionTakesTheNameWithTheHandle) {
  PCWSTR const path = L"\\??\\C:\\posix.txt";
  char text[8];
  File first(path, kReadWrite | DELETE, kShareAll, FILE_CREATE);
  first.Write("old");
  File second(path, GENERIC_READ, kShareAll, FILE_OPEN);
  EXPECT_EQ(DispositionFlags(first, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_SUCCESS);
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_DELETE_PENDING);
  first.Close();
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
  File third(path, kReadWrite | DELETE, kShareAll, FILE_CREATE);  // another file of that name
  EXPECT_EQ(third.status, STATUS_SUCCESS);
  third.Write("new");
  EXPECT_EQ(second.Read(text, sizeof text, 0), STATUS_SUCCESS);
  EXPECT(Same(text, "old"));
  second.Close();
  EXPECT_EQ(third.Read(text, sizeof text, 0), STATUS_SUCCESS);
  EXPECT(Same(text, "new"));
  third.Delete();
}

KTEST(DeletionOnCloseCanBeTakenBack) {
  PCWSTR const path = L"\\??\\C:\\onclose.txt";
  {
    File file(path, kReadWrite | DELETE, kShareAll, FILE_CREATE, FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE);
    EXPECT_EQ(DispositionFlags(file, FILE_DISPOSITION_ON_CLOSE), STATUS_SUCCESS);
  }
  File file(path, kReadWrite | DELETE, kShareAll, FILE_OPEN);
  EXPECT_EQ(file.status, STATUS_SUCCESS);
  EXPECT_EQ(DispositionFlags(file, FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_DELETE), STATUS_SUCCESS);
  file.Close();
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN).status, STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(OpenFilesAreReplacedByPosixRenamesOnly) {
  char text[8];
  File target(L"\\??\\C:\\target.txt", kReadWrite, kShareAll, FILE_CREATE);
  target.Write("target");
  File file(L"\\??\\C:\\source.txt", kReadWrite | DELETE, kShareAll, FILE_CREATE);
  EXPECT_EQ(RenameFlags(file, L"target.txt", FILE_RENAME_REPLACE_IF_EXISTS), STATUS_ACCESS_DENIED);
  EXPECT_EQ(RenameFlags(file, L"target.txt", FILE_RENAME_POSIX_SEMANTICS), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(RenameFlags(file, L"target.txt", FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS), STATUS_SUCCESS);
  EXPECT_EQ(target.Read(text, 6, 0), STATUS_SUCCESS);
  EXPECT_EQ(text[0], 't');
  EXPECT_EQ(file.Delete(), STATUS_SUCCESS);
}

KTEST(FixedClassesOfInformation) {
  PCWSTR const path = L"\\??\\C:\\fixed.txt";
  File file(path, kReadWrite | DELETE, kShareAll, FILE_CREATE);
  file.Write("hello");
  IO_STATUS_BLOCK io = {};
  FILE_INTERNAL_INFORMATION internal = {};
  struct {
    ULONGLONG serial;
    ULONGLONG id[2];
  } id = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle, &io, &internal, sizeof internal, FileInternalInformation), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryInformationFile(file.handle, &io, &id, sizeof id, FileIdInformation), STATUS_SUCCESS);
  EXPECT_EQ(io.Information, sizeof id);
  EXPECT_EQ(id.id[0], internal.IndexNumber.QuadPart);
  FILE_ALL_INFORMATION all = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle, &io, &all, sizeof all, FileAllInformation), STATUS_BUFFER_OVERFLOW);  // the name is cut
  EXPECT_EQ(all.StandardInformation.EndOfFile.QuadPart, 5);
  EXPECT_EQ(all.PositionInformation.CurrentByteOffset.QuadPart, 5);
  EXPECT_EQ(all.ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
  EXPECT_EQ(all.AccessInformation.AccessFlags & (FILE_READ_DATA | DELETE), FILE_READ_DATA | DELETE);
  EXPECT_EQ(all.NameInformation.FileNameLength, 20);
  FILE_FS_SECTOR_SIZE_INFORMATION sectors = {};
  EXPECT_EQ(ZwQueryVolumeInformationFile(file.handle, &io, &sectors, sizeof sectors, FileFsSectorSizeInformation), STATUS_SUCCESS);
  EXPECT_EQ(sectors.LogicalBytesPerSector, 512);
  file.Delete();
}

KTEST(LocksMayEndWithTheLastByte) {
  File file(L"\\??\\C:\\ranges.txt", kReadWrite | DELETE, kShareAll, FILE_CREATE);
  LARGE_INTEGER offset, length;
  offset.QuadPart = -2;
  length.QuadPart = 2;
  EXPECT_EQ(ZwLockFile(file.handle, nullptr, nullptr, nullptr, &file.io, &offset, &length, 0, TRUE, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(ZwLockFile(file.handle, nullptr, nullptr, nullptr, &file.io, &offset, &length, 0, TRUE, TRUE), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(ZwUnlockFile(file.handle, &file.io, &offset, &length, 0), STATUS_SUCCESS);
  length.QuadPart = 3;
  EXPECT_EQ(ZwLockFile(file.handle, nullptr, nullptr, nullptr, &file.io, &offset, &length, 0, TRUE, TRUE), STATUS_INVALID_LOCK_RANGE);
  offset.QuadPart = 10;
  length.QuadPart = 0;
  EXPECT_EQ(ZwLockFile(file.handle, nullptr, nullptr, nullptr, &file.io, &offset, &length, 0, TRUE, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(ZwLockFile(file.handle, nullptr, nullptr, nullptr, &file.io, &offset, &length, 0, TRUE, TRUE), STATUS_SUCCESS);
  file.Delete();
}

KTEST(TheVolumeItselfIsOpened) {
  PCWSTR const path = L"\\??\\C:";
  char text[8];
  UCHAR room[64];
  {
    // The device's name alone, without a backslash, means the volume; with one, its root.
    File volume(path, GENERIC_READ, kShareAll, FILE_OPEN, FILE_NON_DIRECTORY_FILE);
    REQUIRE(volume.status == STATUS_SUCCESS);
    EXPECT_EQ(volume.io.Information, FILE_OPENED);
    EXPECT_EQ(ZwQueryVolumeInformationFile(volume.handle, &volume.io, room, sizeof(FILE_FS_SIZE_INFORMATION), FileFsSizeInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(volume.Read(text, sizeof text, 0), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(ZwQueryDirectoryFile(volume.handle, nullptr, nullptr, nullptr, &volume.io, room, sizeof room, FileNamesInformation, TRUE,
                                   nullptr, TRUE),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ZwQueryInformationFile(volume.handle, &volume.io, room, sizeof(FILE_STANDARD_INFORMATION), FileStandardInformation),
              STATUS_INVALID_PARAMETER);
    // It and the root do not share.
    EXPECT_EQ(File(L"\\??\\C:\\", GENERIC_READ, 0, FILE_OPEN, FILE_DIRECTORY_FILE).status, STATUS_SUCCESS);
  }
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN, 0).status, STATUS_SUCCESS);
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_OPEN, FILE_DIRECTORY_FILE).status, STATUS_NOT_A_DIRECTORY);
  EXPECT_EQ(File(path, GENERIC_READ, kShareAll, FILE_CREATE, 0).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(File(L"\\??\\C:\\", GENERIC_READ, kShareAll, FILE_OPEN, FILE_NON_DIRECTORY_FILE).status, STATUS_FILE_IS_A_DIRECTORY);

  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  PFILE_OBJECT file;
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &device)));
  EXPECT(device == IoGetRelatedDeviceObject(file));
  EXPECT_EQ(file->FileName.Length, 0);
  ObDereferenceObject(file);
}
