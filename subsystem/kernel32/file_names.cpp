// Paths: their full, long and temporary forms, and what lies below a drive's letter.
#include <algorithm>
#include <cstring>
#include <utility>

#include "nt/file_information.h"
#include "subsystem/kernel32/base.h"

extern "C" {
HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile);
HANDLE FindFirstFileW(LPCWSTR FileName, PVOID FindFileData);
BOOL FindClose(HANDLE FindFile);
DWORD GetFileAttributesW(LPCWSTR FileName);
BOOL SetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes);
DWORD GetFullPathNameW(LPCWSTR FileName, DWORD BufferLength, LPWSTR Buffer, LPWSTR* FilePart);
DWORD GetTempPathW(DWORD BufferLength, LPWSTR Buffer);
BOOL CreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName, LPSECURITY_ATTRIBUTES SecurityAttributes);
BOOL GetDiskFreeSpaceExW(LPCWSTR DirectoryName, ULONGLONG* FreeBytesAvailable, ULONGLONG* TotalBytes, ULONGLONG* TotalFreeBytes);
DWORD GetTickCount();
}

namespace nt::win32 {
namespace {

constexpr DWORD kErrorDirectory = 267, kErrorTooLong = 206;  // ERROR_DIRECTORY, ERROR_FILENAME_EXCED_RANGE

/// The part of WIN32_FIND_DATAW that is read.
struct FoundName {
  char before[44];
  WCHAR name[260];
  char after[28];
};
NT_SIZE(FoundName, 592);

/// Replaces each name on the way by the name that the directory has for it. Longer is never longer: there are no short names.
BOOL MakeLong(WCHAR* path, SIZE_T length) {
  SIZE_T start = length >= 2 && path[1] == u':' ? 2 : 0;
  while (start < length) {
    if (path[start] == u'\\' || path[start] == u'/') {
      ++start;
      continue;
    }
    SIZE_T end = start;
    while (end < length && path[end] != u'\\' && path[end] != u'/') ++end;
    const WCHAR kept = std::exchange(path[end], u'\0');
    FoundName found;
    HANDLE const search = FindFirstFileW(path, &found);
    path[end] = kept;
    if (search == INVALID_HANDLE_VALUE) return FALSE;
    FindClose(search);
    const std::u16string_view name(found.name);
    if (name.size() == end - start) std::ranges::copy(name, path + start);
    start = end;
  }
  return TRUE;
}

/// DIRECTORY\PRE12AB.TMP
SIZE_T WriteTempName(std::u16string_view directory, std::u16string_view prefix, UINT number, WCHAR* out) {
  WCHAR* at = std::ranges::copy(directory, out).out;
  if (!directory.empty() && directory.back() != u'\\' && directory.back() != u'/') *at++ = u'\\';
  at = std::ranges::copy(prefix.substr(0, 3), at).out;
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const UINT digit = number >> shift & 0xf;
    started = started || digit != 0 || shift == 0;
    if (started) *at++ = u"0123456789ABCDEF"[digit];
  }
  at = std::ranges::copy(std::u16string_view(u".TMP"), at).out;
  *at = 0;
  return static_cast<SIZE_T>(at - out);
}

}  // namespace
}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// The full form of a path, in the ANSI code page.
DWORD GetFullPathNameA(LPCSTR FileName, DWORD BufferLength, LPSTR Buffer, LPSTR* FilePart) {
  WCHAR wide[kMaxPath];
  const DWORD length = GetFullPathNameW(WideName(FileName).c_str(), kMaxPath, wide, nullptr);
  if (length == 0 || length >= kMaxPath) return length;
  const DWORD copied = CopyOut({wide, length}, Buffer, BufferLength);
  if (FilePart != nullptr) {
    char* const slash = copied < BufferLength ? std::strrchr(Buffer, '\\') : nullptr;
    *FilePart = slash != nullptr && slash[1] != 0 ? slash + 1 : nullptr;
  }
  return copied;
}

/// The directory for temporary files, in the ANSI code page.
DWORD GetTempPathA(DWORD BufferLength, LPSTR Buffer) {
  WCHAR wide[kMaxPath];
  return CopyOut({wide, GetTempPathW(kMaxPath, wide)}, Buffer, BufferLength);
}

/// A name for a temporary file; without a number one is found that is free, and the file made.
UINT GetTempFileNameW(LPCWSTR PathName, LPCWSTR PrefixString, UINT Unique, LPWSTR TempFileName) {
  const std::u16string_view directory(PathName), prefix(PrefixString != nullptr ? PrefixString : u"");
  if (directory.size() > kMaxPath - 14) return Fail(kErrorTooLong), 0;
  if (Unique != 0) return WriteTempName(directory, prefix, Unique & 0xffff, TempFileName), Unique;
  UINT number = GetTickCount() & 0xffff;
  for (UINT tries = 0; tries < 0x10000; ++tries, number = (number + 1) & 0xffff) {
    if (number == 0) continue;
    WriteTempName(directory, prefix, number, TempFileName);
    HANDLE const file = CreateFileW(TempFileName, 0x80000000, 0, nullptr, 1, 0x80, nullptr);
    if (file != INVALID_HANDLE_VALUE) return sys::NtClose(file), number;
    const DWORD error = CurrentTeb()->LastErrorValue;
    if (error != ERROR_FILE_EXISTS && error != ERROR_ALREADY_EXISTS)
      return Fail(error == ERROR_PATH_NOT_FOUND ? kErrorDirectory : error), 0;
  }
  return 0;
}

/// The same in the ANSI code page.
UINT GetTempFileNameA(LPCSTR PathName, LPCSTR PrefixString, UINT Unique, LPSTR TempFileName) {
  WCHAR wide[kMaxPath];
  const UINT number = GetTempFileNameW(WideName(PathName).c_str(), WideName(PrefixString).c_str(), Unique, wide);
  if (number != 0) CopyOut(std::u16string_view(wide), TempFileName, kMaxPath);
  return number;
}

/// A path with the names as the directories have them. The file must exist.
DWORD GetLongPathNameW(LPCWSTR ShortPath, LPWSTR LongPath, DWORD BufferLength) {
  const std::u16string_view given(ShortPath);
  if (given.size() >= kMaxPath) return Fail(ERROR_INVALID_NAME), 0;
  WCHAR path[kMaxPath + 1];
  std::ranges::copy(given, path);
  path[given.size()] = 0;
  if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES || !MakeLong(path, given.size())) return 0;
  return CopyOut({path, given.size()}, LongPath, BufferLength);
}

/// There are no short names: the path itself, if the file exists.
DWORD GetShortPathNameW(LPCWSTR LongPath, LPWSTR ShortPath, DWORD BufferLength) {
  return GetFileAttributesW(LongPath) == INVALID_FILE_ATTRIBUTES ? 0 : CopyOut(std::u16string_view(LongPath), ShortPath, BufferLength);
}

/// The root of the volume that a path is on.
BOOL GetVolumePathNameW(LPCWSTR FileName, LPWSTR VolumePathName, DWORD BufferLength) {
  WCHAR full[kMaxPath];
  const DWORD length = GetFullPathNameW(FileName, kMaxPath, full, nullptr);
  if (length < 3 || full[1] != u':') return Fail(ERROR_INVALID_NAME);
  if (BufferLength < 4) return Fail(kErrorTooLong);
  CopyOut({full, 3}, VolumePathName, BufferLength);
  return TRUE;
}

/// The roots of all drives, each ended by a zero, and one more.
DWORD GetLogicalDriveStringsW(DWORD BufferLength, LPWSTR Buffer) {
  constexpr WCHAR kDrives[] = u"C:\\\0";
  constexpr DWORD kLength = 4;
  if (BufferLength < kLength + 1) return kLength + 1;
  std::memcpy(Buffer, kDrives, sizeof kDrives);
  return kLength;
}

/// The same in the ANSI code page.
DWORD GetLogicalDriveStringsA(DWORD BufferLength, LPSTR Buffer) {
  constexpr char kDrives[] = "C:\\\0";
  constexpr DWORD kLength = 4;
  if (BufferLength < kLength + 1) return kLength + 1;
  std::memcpy(Buffer, kDrives, sizeof kDrives);
  return kLength;
}

/// The space of a drive in clusters.
BOOL GetDiskFreeSpaceW(LPCWSTR RootPathName, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector, LPDWORD FreeClusters, LPDWORD Clusters) {
  constexpr DWORD kSector = 512, kCluster = 4096;
  ULONGLONG available = 0, total = 0;
  if (!GetDiskFreeSpaceExW(RootPathName, &available, &total, nullptr)) return FALSE;
  const auto clusters = [](ULONGLONG bytes) { return static_cast<DWORD>(std::min<ULONGLONG>(bytes / kCluster, 0xffffffff)); };
  if (SectorsPerCluster != nullptr) *SectorsPerCluster = kCluster / kSector;
  if (BytesPerSector != nullptr) *BytesPerSector = kSector;
  if (FreeClusters != nullptr) *FreeClusters = clusters(available);
  if (Clusters != nullptr) *Clusters = clusters(total);
  return TRUE;
}

/// The same for a path in the ANSI code page.
BOOL GetDiskFreeSpaceA(LPCSTR RootPathName, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector, LPDWORD FreeClusters, LPDWORD Clusters) {
  return GetDiskFreeSpaceW(WideName(RootPathName).c_str(), SectorsPerCluster, BytesPerSector, FreeClusters, Clusters);
}

/// The same in bytes, for a path in the ANSI code page.
BOOL GetDiskFreeSpaceExA(LPCSTR DirectoryName, ULONGLONG* FreeBytesAvailable, ULONGLONG* TotalBytes, ULONGLONG* TotalFreeBytes) {
  return GetDiskFreeSpaceExW(WideName(DirectoryName).c_str(), FreeBytesAvailable, TotalBytes, TotalFreeBytes);
}

/// Gives a file one more name.
BOOL CreateHardLinkA(LPCSTR FileName, LPCSTR ExistingFileName, LPSECURITY_ATTRIBUTES SecurityAttributes) {
  return CreateHardLinkW(WideName(FileName).c_str(), WideName(ExistingFileName).c_str(), SecurityAttributes);
}

/// Sets a path's attributes.
BOOL SetFileAttributesA(LPCSTR FileName, DWORD FileAttributes) { return SetFileAttributesW(WideName(FileName).c_str(), FileAttributes); }

}  // extern "C"
