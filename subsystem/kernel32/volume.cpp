// Volumes, and what is asked and changed of a file beyond its data: identity, other names, locks, times.
#include <cstring>

#include "nt/file_information.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"

extern "C" {
HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile);
BOOL CopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists);
BOOL DeleteFileW(LPCWSTR FileName);
BOOL RemoveDirectoryW(LPCWSTR PathName);
UINT GetDriveTypeW(LPCWSTR RootPathName);
}

namespace nt::win32 {
namespace {

constexpr DWORD kReadAttributes = 0x80, kWriteAttributes = 0x100, kDelete = 0x10000, kBackupSemantics = 0x02000000;
constexpr DWORD kMoveReplace = 1, kMoveCopyAllowed = 2;

/// A file opened by name for as long as this lives.
class Opened {
 public:
  Opened(PCWSTR path, DWORD access) : handle_(CreateFileW(path, access, 7, nullptr, 3, kBackupSemantics, nullptr)) {}
  ~Opened() {
    if (good()) sys::NtClose(handle_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  bool good() const { return handle_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const { return handle_; }

 private:
  HANDLE handle_;
};

/// Gives a file another name, or one more.
NTSTATUS SetName(HANDLE file, std::u16string_view name, bool replace, FILE_INFORMATION_CLASS information_class) {
  struct {
    FILE_RENAME_INFORMATION head;
    WCHAR room[kMaxPath];
  } information;
  PathBuffer path;
  const NTSTATUS status = NtPathOf(name, path);
  if (!NT_SUCCESS(status)) return status;
  information.head.Flags = 0;
  information.head.ReplaceIfExists = replace;
  information.head.RootDirectory = nullptr;
  information.head.FileNameLength = path.length * 2;
  auto* const text = reinterpret_cast<char*>(&information) + offsetof(FILE_RENAME_INFORMATION, FileName);
  std::memcpy(text, path.text, path.length * sizeof(WCHAR));
  IO_STATUS_BLOCK io{};
  const auto size = static_cast<ULONG>(offsetof(FILE_RENAME_INFORMATION, FileName) + path.length * sizeof(WCHAR));
  return sys::NtSetInformationFile(file, &io, &information, size, information_class);
}

/// BY_HANDLE_FILE_INFORMATION.
struct HandleInformation {
  DWORD attributes;
  FILETIME created, accessed, written;
  DWORD volume_serial;
  DWORD size_high, size_low;
  DWORD links;
  DWORD index_high, index_low;
};
NT_SIZE(HandleInformation, 52);

/// WIN32_FILE_ATTRIBUTE_DATA.
struct AttributeData {
  DWORD attributes;
  FILETIME created, accessed, written;
  DWORD size_high, size_low;
};
NT_SIZE(AttributeData, 36);

bool Query(HANDLE file, void* information, ULONG size, FILE_INFORMATION_CLASS information_class) {
  IO_STATUS_BLOCK io{};
  return Check(sys::NtQueryInformationFile(file, &io, information, size, information_class)) != 0;
}

LARGE_INTEGER Joined(DWORD low, DWORD high) {
  LARGE_INTEGER value{};
  value.QuadPart = static_cast<LONGLONG>(ULONGLONG{high} << 32 | low);
  return value;
}

}  // namespace
}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// Identity, times, size and attributes of an open file.
BOOL GetFileInformationByHandle(HANDLE File, PVOID FileInformation) {
  FILE_BASIC_INFORMATION basic{};
  FILE_STANDARD_INFORMATION standard{};
  FILE_INTERNAL_INFORMATION internal{};
  if (!Query(File, &basic, sizeof basic, FileBasicInformation) || !Query(File, &standard, sizeof standard, FileStandardInformation) ||
      !Query(File, &internal, sizeof internal, FileInternalInformation)) {
    return FALSE;
  }
  constexpr DWORD kSerial = 0x52494e47;
  *static_cast<HandleInformation*>(FileInformation) = {basic.FileAttributes,
                                                       ToFileTime(basic.CreationTime.QuadPart),
                                                       ToFileTime(basic.LastAccessTime.QuadPart),
                                                       ToFileTime(basic.LastWriteTime.QuadPart),
                                                       kSerial,
                                                       static_cast<DWORD>(standard.EndOfFile.HighPart),
                                                       standard.EndOfFile.LowPart,
                                                       standard.NumberOfLinks,
                                                       static_cast<DWORD>(internal.IndexNumber.HighPart),
                                                       internal.IndexNumber.LowPart};
  return TRUE;
}

/// Attributes, times and size of a file by its name.
BOOL GetFileAttributesExW(LPCWSTR FileName, ULONG InfoLevelId, LPVOID FileInformation) {
  if (InfoLevelId != 0) return Fail(ERROR_INVALID_PARAMETER);
  PathBuffer path;
  if (!NT_SUCCESS(NtPathOf(FileName != nullptr ? FileName : u"", path))) return Fail(ERROR_PATH_NOT_FOUND);
  UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  FILE_NETWORK_OPEN_INFORMATION information{};
  if (!Check(sys::NtQueryFullAttributesFile(&attributes, &information))) return FALSE;
  *static_cast<AttributeData*>(FileInformation) = {information.FileAttributes,
                                                   ToFileTime(information.CreationTime.QuadPart),
                                                   ToFileTime(information.LastAccessTime.QuadPart),
                                                   ToFileTime(information.LastWriteTime.QuadPart),
                                                   static_cast<DWORD>(information.EndOfFile.HighPart),
                                                   information.EndOfFile.LowPart};
  return TRUE;
}

/// Attributes, times and size of a file by its name.
BOOL GetFileAttributesExA(LPCSTR FileName, ULONG InfoLevelId, LPVOID FileInformation) {
  return GetFileAttributesExW(WideName(FileName).c_str(), InfoLevelId, FileInformation);
}

/// Sets the times of a file.
BOOL SetFileTime(HANDLE File, const FILETIME* CreationTime, const FILETIME* LastAccessTime, const FILETIME* LastWriteTime) {
  FILE_BASIC_INFORMATION basic{};
  if (CreationTime != nullptr) basic.CreationTime.QuadPart = FromFileTime(*CreationTime);
  if (LastAccessTime != nullptr) basic.LastAccessTime.QuadPart = FromFileTime(*LastAccessTime);
  if (LastWriteTime != nullptr) basic.LastWriteTime.QuadPart = FromFileTime(*LastWriteTime);
  IO_STATUS_BLOCK io{};
  return Check(sys::NtSetInformationFile(File, &io, &basic, sizeof basic, FileBasicInformation));
}

/// Gives a file or directory another name. Partial: MOVEFILE_DELAY_UNTIL_REBOOT is refused.
BOOL MoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags) {
  if ((Flags & ~11u) != 0 || NewFileName == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  const Opened file(ExistingFileName, kDelete | 0x100000);
  if (!file.good()) return FALSE;
  const NTSTATUS status = SetName(file.get(), NewFileName, (Flags & kMoveReplace) != 0, FileRenameInformation);
  if (status == STATUS_OBJECT_NAME_COLLISION) return Fail(ERROR_ALREADY_EXISTS);
  if (status != STATUS_NOT_SAME_DEVICE || (Flags & kMoveCopyAllowed) == 0) return Check(status);
  return CopyFileW(ExistingFileName, NewFileName, (Flags & kMoveReplace) == 0) != 0 && DeleteFileW(ExistingFileName) != 0;
}

/// Gives a file or directory another name.
BOOL MoveFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName) { return MoveFileExW(ExistingFileName, NewFileName, kMoveCopyAllowed); }

/// Gives a file or directory another name.
BOOL MoveFileA(LPCSTR ExistingFileName, LPCSTR NewFileName) {
  return MoveFileExW(WideName(ExistingFileName).c_str(), WideName(NewFileName).c_str(), kMoveCopyAllowed);
}

/// Gives a file or directory another name. Partial: MOVEFILE_DELAY_UNTIL_REBOOT is refused.
BOOL MoveFileExA(LPCSTR ExistingFileName, LPCSTR NewFileName, DWORD Flags) {
  return MoveFileExW(WideName(ExistingFileName).c_str(), WideName(NewFileName).c_str(), Flags);
}

/// Gives a file one more name.
BOOL CreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName, LPSECURITY_ATTRIBUTES SecurityAttributes) {
  if (SecurityAttributes != nullptr) return Fail(ERROR_INVALID_PARAMETER);
  const Opened file(ExistingFileName, kWriteAttributes | 0x100000);
  if (!file.good()) return FALSE;
  const NTSTATUS status = SetName(file.get(), FileName, false, FileLinkInformation);
  return status == STATUS_OBJECT_NAME_COLLISION ? Fail(ERROR_ALREADY_EXISTS) : Check(status);
}

/// Removes an empty directory.
BOOL RemoveDirectoryA(LPCSTR PathName) { return RemoveDirectoryW(WideName(PathName).c_str()); }

/// Copies a file's data.
BOOL CopyFileA(LPCSTR ExistingFileName, LPCSTR NewFileName, BOOL FailIfExists) {
  return CopyFileW(WideName(ExistingFileName).c_str(), WideName(NewFileName).c_str(), FailIfExists);
}

/// Locks a range of a file's bytes, exclusively, or fails.
BOOL LockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow, DWORD BytesHigh) {
  LARGE_INTEGER offset = Joined(OffsetLow, OffsetHigh);
  LARGE_INTEGER length = Joined(BytesLow, BytesHigh);
  IO_STATUS_BLOCK io{};
  return Check(sys::NtLockFile(File, nullptr, nullptr, nullptr, &io, &offset, &length, 0, TRUE, TRUE));
}

/// Locks a range of a file's bytes; waits for it unless it is to fail immediately.
BOOL LockFileEx(HANDLE File, DWORD Flags, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh, LPOVERLAPPED Overlapped) {
  if (Reserved != 0 || Overlapped == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  LARGE_INTEGER offset = Joined(Overlapped->Offset, Overlapped->OffsetHigh);
  LARGE_INTEGER length = Joined(BytesLow, BytesHigh);
  Overlapped->Internal = static_cast<ULONG>(STATUS_PENDING);
  const NTSTATUS status = sys::NtLockFile(File, Overlapped->hEvent, nullptr, Overlapped, reinterpret_cast<PIO_STATUS_BLOCK>(Overlapped),
                                          &offset, &length, 0, static_cast<BOOLEAN>(Flags & 1), static_cast<BOOLEAN>((Flags & 2) != 0));
  return status == STATUS_PENDING ? Fail(ERROR_IO_PENDING) : Check(status);
}

/// Gives up a lock of a range of bytes.
BOOL UnlockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD BytesLow, DWORD BytesHigh) {
  LARGE_INTEGER offset = Joined(OffsetLow, OffsetHigh);
  LARGE_INTEGER length = Joined(BytesLow, BytesHigh);
  IO_STATUS_BLOCK io{};
  return Check(sys::NtUnlockFile(File, &io, &offset, &length, 0));
}

/// Gives up a lock of a range of bytes.
BOOL UnlockFileEx(HANDLE File, DWORD Reserved, DWORD BytesLow, DWORD BytesHigh, LPOVERLAPPED Overlapped) {
  if (Reserved != 0 || Overlapped == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  return UnlockFile(File, Overlapped->Offset, Overlapped->OffsetHigh, BytesLow, BytesHigh);
}

/// The size and the free space of the volume of a directory.
BOOL GetDiskFreeSpaceExW(LPCWSTR DirectoryName, ULONGLONG* FreeBytesAvailable, ULONGLONG* TotalBytes, ULONGLONG* TotalFreeBytes) {
  const Opened directory(DirectoryName != nullptr ? DirectoryName : u".", kReadAttributes | 0x100000);
  if (!directory.good()) return FALSE;
  FILE_FS_SIZE_INFORMATION size{};
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryVolumeInformationFile(directory.get(), &io, &size, sizeof size, FileFsSizeInformation))) return FALSE;
  const ULONGLONG unit = ULONGLONG{size.SectorsPerAllocationUnit} * size.BytesPerSector;
  const ULONGLONG free = static_cast<ULONGLONG>(size.AvailableAllocationUnits.QuadPart) * unit;
  if (FreeBytesAvailable != nullptr) *FreeBytesAvailable = free;
  if (TotalFreeBytes != nullptr) *TotalFreeBytes = free;
  if (TotalBytes != nullptr) *TotalBytes = static_cast<ULONGLONG>(size.TotalAllocationUnits.QuadPart) * unit;
  return TRUE;
}

/// What a volume is.
BOOL GetVolumeInformationW(LPCWSTR RootPathName, LPWSTR VolumeName, DWORD VolumeNameSize, LPDWORD SerialNumber, LPDWORD MaximumComponent,
                           LPDWORD Flags, LPWSTR FileSystemName, DWORD FileSystemNameSize) {
  const Opened root(RootPathName != nullptr ? RootPathName : u"\\", kReadAttributes | 0x100000);
  if (!root.good()) return FALSE;
  struct {
    FILE_FS_ATTRIBUTE_INFORMATION head;
    WCHAR room[32];
  } attributes{};
  struct {
    FILE_FS_VOLUME_INFORMATION head;
    WCHAR room[32];
  } volume{};
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryVolumeInformationFile(root.get(), &io, &attributes, sizeof attributes, FileFsAttributeInformation)) ||
      !Check(sys::NtQueryVolumeInformationFile(root.get(), &io, &volume, sizeof volume, FileFsVolumeInformation))) {
    return FALSE;
  }
  if (SerialNumber != nullptr) *SerialNumber = volume.head.VolumeSerialNumber;
  if (MaximumComponent != nullptr) *MaximumComponent = static_cast<DWORD>(attributes.head.MaximumComponentNameLength);
  if (Flags != nullptr) *Flags = attributes.head.FileSystemAttributes;
  if (VolumeName != nullptr) CopyOut(u"", VolumeName, VolumeNameSize);
  if (FileSystemName != nullptr) {
    CopyOut({attributes.head.FileSystemName, attributes.head.FileSystemNameLength / sizeof(WCHAR)}, FileSystemName, FileSystemNameSize);
  }
  return TRUE;
}

/// The kind of a drive: fixed, or 1 where there is none.
UINT GetDriveTypeA(LPCSTR RootPathName) { return GetDriveTypeW(RootPathName != nullptr ? WideName(RootPathName).c_str() : nullptr); }

}  // extern "C"
