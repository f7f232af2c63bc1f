// Information about open files by Win32's classes, and the names that lead to them.
#include <algorithm>
#include <cstring>

#include "nt/file_information.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32 {
namespace {

constexpr ULONG kNone = 0;

/// FILE_INFO_BY_HANDLE_CLASS as NT's classes, by number: what is asked for, and what is set.
constexpr ULONG kQueryClasses[] = {FileBasicInformation,
                                   FileStandardInformation,
                                   FileNameInformation,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   FileStreamInformation,
                                   FileCompressionInformation,
                                   FileAttributeTagInformation,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   kNone,
                                   FileAlignmentInformation,
                                   FileIdInformation};
constexpr ULONG kIdBothDirectory = 10, kIdBothDirectoryRestart = 11, kFullDirectory = 14, kFullDirectoryRestart = 15;

ULONG SetClass(ULONG information_class) {
  switch (information_class) {
    case 0:
      return FileBasicInformation;
    case 3:
      return FileRenameInformation;
    case 4:
      return FileDispositionInformation;
    case 5:
      return FileAllocationInformation;
    case 6:
      return FileEndOfFileInformation;
    case 21:
      return FileDispositionInformationEx;
    case 22:
      return FileRenameInformationEx;
    default:
      return kNone;
  }
}

NTSTATUS QueryDirectory(HANDLE file, ULONG information_class, PVOID buffer, DWORD size) {
  IO_STATUS_BLOCK io{};
  const bool both = information_class == kIdBothDirectory || information_class == kIdBothDirectoryRestart;
  const bool restart = information_class == kIdBothDirectoryRestart || information_class == kFullDirectoryRestart;
  return sys::NtQueryDirectoryFile(file, nullptr, nullptr, nullptr, &io, buffer, size,
                                   both ? FileIdBothDirectoryInformation : FileFullDirectoryInformation, FALSE, nullptr, restart);
}

/// A rename whose name is a DOS path, with the NT path instead.
NTSTATUS Rename(HANDLE file, const FILE_RENAME_INFORMATION* given, ULONG native) {
  struct {
    FILE_RENAME_INFORMATION head;
    WCHAR room[kMaxPath];
  } information;
  PathBuffer path;
  const NTSTATUS status = NtPathOf({given->FileName, given->FileNameLength / sizeof(WCHAR)}, path);
  if (!NT_SUCCESS(status)) return status;
  information.head = *given;
  information.head.FileNameLength = path.length * 2;
  constexpr SIZE_T kName = offsetof(FILE_RENAME_INFORMATION, FileName);
  std::memcpy(reinterpret_cast<char*>(&information) + kName, path.text, path.length * sizeof(WCHAR));
  IO_STATUS_BLOCK io{};
  return sys::NtSetInformationFile(file, &io, &information, static_cast<ULONG>(kName + path.length * sizeof(WCHAR)),
                                   static_cast<FILE_INFORMATION_CLASS>(native));
}

}  // namespace
}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// A class of information about an open file, or the next entries of an open directory.
BOOL GetFileInformationByHandleEx(HANDLE File, ULONG FileInformationClass, LPVOID FileInformation, DWORD BufferSize) {
  switch (FileInformationClass) {
    case kIdBothDirectory:
    case kIdBothDirectoryRestart:
    case kFullDirectory:
    case kFullDirectoryRestart:
      return Check(QueryDirectory(File, FileInformationClass, FileInformation, BufferSize));
    default:
      break;
  }
  const ULONG native = FileInformationClass < std::size(kQueryClasses) ? kQueryClasses[FileInformationClass] : kNone;
  if (native == kNone) return Fail(ERROR_INVALID_PARAMETER);
  IO_STATUS_BLOCK io{};
  const NTSTATUS status = sys::NtQueryInformationFile(File, &io, FileInformation, BufferSize, static_cast<FILE_INFORMATION_CLASS>(native));
  return status == STATUS_BUFFER_OVERFLOW ? Fail(ERROR_MORE_DATA) : Check(status);
}

/// Sets a class of information of a file: basic, rename, disposition, allocation, end of file, and the extended ones.
BOOL SetFileInformationByHandle(HANDLE File, ULONG FileInformationClass, LPVOID FileInformation, DWORD BufferSize) {
  const ULONG native = SetClass(FileInformationClass);
  if (native == kNone) return Fail(ERROR_INVALID_PARAMETER);
  const bool renames = native == FileRenameInformation || native == FileRenameInformationEx;
  if (renames) {
    const auto* const rename = static_cast<const FILE_RENAME_INFORMATION*>(FileInformation);
    if (BufferSize < sizeof *rename || BufferSize - offsetof(FILE_RENAME_INFORMATION, FileName) < rename->FileNameLength)
      return Fail(ERROR_BAD_LENGTH);
    if (rename->RootDirectory == nullptr && rename->FileNameLength != 0 && rename->FileName[0] != u':')
      return Check(Rename(File, rename, native));
  }
  IO_STATUS_BLOCK io{};
  return Check(sys::NtSetInformationFile(File, &io, FileInformation, BufferSize, static_cast<FILE_INFORMATION_CLASS>(native)));
}

/// The path of an open file: with a drive's letter (0), a device's name (2), or neither (4).
DWORD GetFinalPathNameByHandleW(HANDLE File, LPWSTR Path, DWORD Size, DWORD Flags) {
  constexpr DWORD kVolumeGuid = 1, kVolumeNt = 2, kVolumeNone = 4, kOpened = 8;
  if ((Flags & ~(kVolumeGuid | kVolumeNt | kVolumeNone | kOpened)) != 0) return Fail(ERROR_INVALID_PARAMETER), 0;
  struct {
    ULONG bytes;
    WCHAR name[kMaxPath];
  } information;
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryInformationFile(File, &io, &information, sizeof information, FileNameInformation))) return 0;
  const std::u16string_view prefix = (Flags & kVolumeNone) != 0 ? u""
                                     : (Flags & kVolumeNt) != 0 ? u"\\Device\\HarddiskVolume1"
                                                                : u"\\\\?\\C:";
  if ((Flags & kVolumeGuid) != 0) return Fail(ERROR_PATH_NOT_FOUND), 0;
  WCHAR text[kMaxPath + 32];
  const SIZE_T length = information.bytes / sizeof(WCHAR);
  std::ranges::copy(prefix, text);
  std::memcpy(text + prefix.size(), information.name, length * sizeof(WCHAR));
  return CopyOut({text, prefix.size() + length}, Path, Size);
}

/// The same in the ANSI code page.
DWORD GetFinalPathNameByHandleA(HANDLE File, LPSTR Path, DWORD Size, DWORD Flags) {
  WCHAR text[kMaxPath + 32];
  const DWORD length = GetFinalPathNameByHandleW(File, text, kMaxPath + 32, Flags);
  return length == 0 ? 0 : CopyOut({text, length}, Path, Size);
}

}  // extern "C"
