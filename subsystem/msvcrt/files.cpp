// Files by name: directories, attributes, searches, other names.
#include <algorithm>
#include <cstring>

#include "kernel/rtl/crt.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"
#include "subsystem/msvcrt/crt.h"

extern "C" {
HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile);
BOOL CreateDirectoryW(LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes);
BOOL RemoveDirectoryW(LPCWSTR PathName);
BOOL DeleteFileW(LPCWSTR FileName);
BOOL MoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags);
DWORD GetFileAttributesW(LPCWSTR FileName);
BOOL SetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes);
DWORD GetCurrentDirectoryW(DWORD BufferLength, LPWSTR Buffer);
BOOL SetCurrentDirectoryW(LPCWSTR PathName);
DWORD GetFullPathNameW(LPCWSTR FileName, DWORD BufferLength, LPWSTR Buffer, LPWSTR* FilePart);
HANDLE FindFirstFileW(LPCWSTR FileName, PVOID FindFileData);
BOOL FindNextFileW(HANDLE FindFile, PVOID FindFileData);
BOOL FindClose(HANDLE FindFile);
BOOL SetFileTime(HANDLE File, const FILETIME* CreationTime, const FILETIME* LastAccessTime, const FILETIME* LastWriteTime);
BOOL SetEndOfFile(HANDLE File);
PVOID Msvcrt_malloc(SIZE_T Size);
int Msvcrt__wstat64(const WCHAR* Path, PVOID Buffer);
}

using namespace nt::crt;
using nt::win32::WideName;

namespace {

constexpr DWORD kReadOnly = 0x1, kDirectory = 0x10;

int LastError() { return FailWin32(nt::user::CurrentTeb()->LastErrorValue); }
int Result(BOOL good) { return good != 0 ? 0 : LastError(); }

LONGLONG SecondsOf(const FILETIME& time) {
  return FromFileTime(time) != 0 ? (FromFileTime(time) - nt::win32::kUnixEpoch) / nt::win32::kTicksPerSecond : -1;
}

/// WIN32_FIND_DATAW.
struct Win32Found {
  DWORD attributes;
  FILETIME created, accessed, written;
  DWORD size_high, size_low;
  DWORD reserved[2];
  WCHAR name[260];
  WCHAR short_name[14];
};
NT_SIZE(Win32Found, 592);

/// struct _wfinddata64_t and struct _finddata64_t.
template <class Char>
struct Found {
  unsigned attributes;
  alignas(8) LONGLONG created;
  LONGLONG accessed, written, size;
  Char name[260];
};
NT_OFFSET(Found<WCHAR>, name, 0x28);

/// struct _finddata_t and _wfinddata_t, whose sizes have 32 bits.
template <class Char>
struct Found32 {
  unsigned attributes;
  LONGLONG created, accessed, written;
  unsigned size;
  Char name[260];
};
NT_OFFSET(Found32<WCHAR>, name, 0x24);

template <class Char>
void Narrow(const Found<Char>& from, Found32<Char>* to) {
  *to = {static_cast<unsigned>(from.attributes), from.created, from.accessed, from.written, static_cast<unsigned>(from.size), {}};
  std::copy_n(from.name, 260, to->name);
}

void FillName(WCHAR* to, const WCHAR* name) { std::copy_n(name, 260, to); }

void FillName(char* to, const WCHAR* name) {
  const SIZE_T length = std::min<SIZE_T>(nt::win32::ToMultiByte(nt::win32::kAnsiCodePage, name, to, 259), 259);
  to[length] = 0;
}

template <class Char>
void Fill(const Win32Found& found, Found<Char>* data) {
  data->attributes = found.attributes == 0x80 ? 0 : found.attributes;
  data->created = SecondsOf(found.created);
  data->accessed = SecondsOf(found.accessed);
  data->written = SecondsOf(found.written);
  data->size = static_cast<LONGLONG>(ULONGLONG{found.size_high} << 32 | found.size_low);
  FillName(data->name, found.name);
}

template <class Char>
LONGLONG FindFirst(const WCHAR* pattern, Found<Char>* data) {
  Win32Found found;
  HANDLE const handle = FindFirstFileW(pattern, &found);
  if (handle == INVALID_HANDLE_VALUE) return LastError();
  Fill(found, data);
  return reinterpret_cast<LONGLONG>(handle);
}

template <class Char>
int FindNext(LONGLONG handle, Found<Char>* data) {
  Win32Found found;
  if (FindNextFileW(reinterpret_cast<HANDLE>(handle), &found) == 0) {
    return nt::user::CurrentTeb()->LastErrorValue == ERROR_NO_MORE_FILES ? Fail(kENOENT) : LastError();
  }
  Fill(found, data);
  return 0;
}

/// 06 asks for reading and writing, 02 for writing, 00 for being there.
int Access(const WCHAR* path, int mode) {
  const DWORD attributes = GetFileAttributesW(path);
  if (attributes == INVALID_FILE_ATTRIBUTES) return LastError();
  const bool locked = (mode & 2) != 0 && (attributes & (kReadOnly | kDirectory)) == kReadOnly;
  return locked ? Fail(kEACCES) : 0;
}

int ChangeMode(const WCHAR* path, int mode) {
  constexpr int kOwnerMayWrite = 0x80;
  const DWORD attributes = GetFileAttributesW(path);
  if (attributes == INVALID_FILE_ATTRIBUTES) return LastError();
  return Result(SetFileAttributesW(path, (mode & kOwnerMayWrite) != 0 ? attributes & ~kReadOnly : attributes | kReadOnly));
}

int Remove(const WCHAR* path) { return Result(DeleteFileW(path)); }

/// The text with its terminator in the caller's buffer, or in one of malloc's if the caller has none.
template <class Char>
Char* Deliver(const Char* text, SIZE_T length, Char* buffer, int room) {
  const SIZE_T wanted = buffer == nullptr ? std::max<SIZE_T>(length + 1, static_cast<SIZE_T>(std::max(room, 0))) : length + 1;
  if (buffer != nullptr && static_cast<SIZE_T>(std::max(room, 0)) < wanted) {
    Fail(kERANGE);
    return nullptr;
  }
  auto* const to = buffer != nullptr ? buffer : static_cast<Char*>(Msvcrt_malloc(wanted * sizeof(Char)));
  if (to == nullptr) return nullptr;
  std::copy_n(text, length, to);
  to[length] = 0;
  return to;
}

char* DeliverNarrow(const WCHAR* text, SIZE_T length, char* buffer, int room) {
  char narrow[3 * nt::user::kMaxPath];
  const SIZE_T bytes = nt::win32::ToMultiByte(nt::win32::kAnsiCodePage, {text, length}, narrow, sizeof narrow);
  return Deliver(narrow, std::min(bytes, sizeof narrow), buffer, room);
}

/// struct __utimbuf64.
struct Times {
  LONGLONG accessed, written;
};

int SetTimes(const WCHAR* path, const Times* times) {
  HANDLE const file = CreateFileW(path, 0x100, 7, nullptr, 3, 0x02000000, nullptr);
  if (file == INVALID_HANDLE_VALUE) return LastError();
  const LONGLONG now = nt::ke::SystemTime();
  const auto nt_time = [](LONGLONG seconds) { return seconds * nt::win32::kTicksPerSecond + nt::win32::kUnixEpoch; };
  const FILETIME accessed = ToFileTime(times != nullptr ? nt_time(times->accessed) : now);
  const FILETIME written = ToFileTime(times != nullptr ? nt_time(times->written) : now);
  const int result = Result(SetFileTime(file, nullptr, &accessed, &written));
  nt::sys::NtClose(file);
  return result;
}

}  // namespace

extern "C" {

/// The current directory, in the caller's buffer or in one of malloc's.
PWSTR Msvcrt__wgetcwd(PWSTR Buffer, int MaxLength) {
  WCHAR text[nt::user::kMaxPath];
  return Deliver(text, GetCurrentDirectoryW(nt::user::kMaxPath, text), Buffer, MaxLength);
}

/// The current directory, in the caller's buffer or in one of malloc's.
PSTR Msvcrt__getcwd(PSTR Buffer, int MaxLength) {
  WCHAR text[nt::user::kMaxPath];
  return DeliverNarrow(text, GetCurrentDirectoryW(nt::user::kMaxPath, text), Buffer, MaxLength);
}

/// Changes the current directory.
int Msvcrt__wchdir(PCWSTR Path) { return Result(SetCurrentDirectoryW(Path)); }

/// Changes the current directory.
int Msvcrt__chdir(PCSTR Path) { return Msvcrt__wchdir(WideName(Path).c_str()); }

/// Makes a directory.
int Msvcrt__wmkdir(PCWSTR Path) { return Result(CreateDirectoryW(Path, nullptr)); }

/// Makes a directory.
int Msvcrt__mkdir(PCSTR Path) { return Msvcrt__wmkdir(WideName(Path).c_str()); }

/// Removes an empty directory.
int Msvcrt__wrmdir(PCWSTR Path) { return Result(RemoveDirectoryW(Path)); }

/// Removes an empty directory.
int Msvcrt__rmdir(PCSTR Path) { return Msvcrt__wrmdir(WideName(Path).c_str()); }

/// Makes a file writable or read-only.
int Msvcrt__wchmod(PCWSTR Path, int Mode) { return ChangeMode(Path, Mode); }

/// Makes a file writable or read-only.
int Msvcrt__chmod(PCSTR Path, int Mode) { return ChangeMode(WideName(Path).c_str(), Mode); }

/// Whether a file is there, and may be written.
int Msvcrt__waccess(PCWSTR Path, int Mode) { return Access(Path, Mode); }

/// Whether a file is there, and may be written.
int Msvcrt__access(PCSTR Path, int Mode) { return Access(WideName(Path).c_str(), Mode); }

/// Finds the first file of a pattern: a handle, or -1.
LONGLONG Msvcrt__wfindfirst64(PCWSTR Pattern, PVOID Data) { return FindFirst(Pattern, static_cast<Found<WCHAR>*>(Data)); }

/// Finds the first file of a pattern: a handle, or -1.
LONGLONG Msvcrt__findfirst64(PCSTR Pattern, PVOID Data) { return FindFirst(WideName(Pattern).c_str(), static_cast<Found<char>*>(Data)); }

/// Finds the next file.
int Msvcrt__wfindnext64(LONGLONG Handle, PVOID Data) { return FindNext(Handle, static_cast<Found<WCHAR>*>(Data)); }

/// Finds the next file.
int Msvcrt__findnext64(LONGLONG Handle, PVOID Data) { return FindNext(Handle, static_cast<Found<char>*>(Data)); }

/// The same with sizes of 32 bits.
LONGLONG Msvcrt__wfindfirst(PCWSTR Pattern, PVOID Data) {
  Found<WCHAR> found{};
  const LONGLONG handle = FindFirst(Pattern, &found);
  if (handle != -1) Narrow(found, static_cast<Found32<WCHAR>*>(Data));
  return handle;
}
LONGLONG Msvcrt__findfirst(PCSTR Pattern, PVOID Data) {
  Found<char> found{};
  const LONGLONG handle = FindFirst(WideName(Pattern).c_str(), &found);
  if (handle != -1) Narrow(found, static_cast<Found32<char>*>(Data));
  return handle;
}
int Msvcrt__wfindnext(LONGLONG Handle, PVOID Data) {
  Found<WCHAR> found{};
  const int result = FindNext(Handle, &found);
  if (result == 0) Narrow(found, static_cast<Found32<WCHAR>*>(Data));
  return result;
}
int Msvcrt__findnext(LONGLONG Handle, PVOID Data) {
  Found<char> found{};
  const int result = FindNext(Handle, &found);
  if (result == 0) Narrow(found, static_cast<Found32<char>*>(Data));
  return result;
}

/// Ends a search.
int Msvcrt__findclose(LONGLONG Handle) { return FindClose(reinterpret_cast<HANDLE>(Handle)) != 0 ? 0 : Fail(kEINVAL); }

/// The full form of a path, in the caller's buffer or in one of malloc's.
PWSTR Msvcrt__wfullpath(PWSTR Buffer, PCWSTR Path, SIZE_T MaxLength) {
  if (Path == nullptr || *Path == 0) return Msvcrt__wgetcwd(Buffer, static_cast<int>(MaxLength));
  WCHAR text[nt::user::kMaxPath];
  return Deliver(text, GetFullPathNameW(Path, nt::user::kMaxPath, text, nullptr), Buffer, static_cast<int>(MaxLength));
}

/// The full form of a path, in the caller's buffer or in one of malloc's.
PSTR Msvcrt__fullpath(PSTR Buffer, PCSTR Path, SIZE_T MaxLength) {
  if (Path == nullptr || *Path == 0) return Msvcrt__getcwd(Buffer, static_cast<int>(MaxLength));
  WCHAR text[nt::user::kMaxPath];
  const DWORD length = GetFullPathNameW(WideName(Path).c_str(), nt::user::kMaxPath, text, nullptr);
  return DeliverNarrow(text, length, Buffer, static_cast<int>(MaxLength));
}

/// Sets the times of a file: to now without times.
int Msvcrt__wutime64(PCWSTR Path, PVOID Time) { return SetTimes(Path, static_cast<Times*>(Time)); }

/// Sets the times of a file: to now without times.
int Msvcrt__utime64(PCSTR Path, PVOID Time) { return SetTimes(WideName(Path).c_str(), static_cast<Times*>(Time)); }

/// Gives a file another name, which must be free.
int Msvcrt__wrename(PCWSTR From, PCWSTR To) { return Result(MoveFileExW(From, To, 2)); }

/// Gives a file another name, which must be free.
int Msvcrt_rename(PCSTR From, PCSTR To) { return Msvcrt__wrename(WideName(From).c_str(), WideName(To).c_str()); }

/// Removes a file.
int Msvcrt__wremove(PCWSTR Path) { return Remove(Path); }

/// Removes a file.
int Msvcrt_remove(PCSTR Path) { return Remove(WideName(Path).c_str()); }

/// Removes a file.
int Msvcrt__wunlink(PCWSTR Path) { return Remove(Path); }

/// Removes a file.
int Msvcrt__unlink(PCSTR Path) { return Remove(WideName(Path).c_str()); }

/// Facts of a path.
int Msvcrt__stat64(PCSTR Path, PVOID Buffer) { return Msvcrt__wstat64(WideName(Path).c_str(), Buffer); }

/// Gives a descriptor's file another size; its position stays.
int Msvcrt__chsize(int Descriptor, LONG Size) {
  const File* const file = FileOf(Descriptor);
  if (file == nullptr) return -1;
  FILE_END_OF_FILE_INFORMATION end{};
  end.EndOfFile.QuadPart = Size;
  IO_STATUS_BLOCK io{};
  return NT_SUCCESS(nt::sys::NtSetInformationFile(file->handle, &io, &end, sizeof end, FileEndOfFileInformation)) ? 0 : Fail(kEACCES);
}

/// The process's id.
int Msvcrt__getpid() { return static_cast<int>(reinterpret_cast<ULONG_PTR>(nt::user::CurrentTeb()->ClientId.UniqueProcess)); }

/// Splits a path into drive, directory, name and extension, each of which may be null; and joins them. (_MAX_PATH and its parts)
VOID Msvcrt__splitpath(PCSTR Path, PSTR Drive, PSTR Directory, PSTR Name, PSTR Extension) {
  Crt_splitpath_s(Path, Drive, Drive ? 3 : 0, Directory, Directory ? 256 : 0, Name, Name ? 256 : 0, Extension, Extension ? 256 : 0);
}
VOID Msvcrt__wsplitpath(PCWSTR Path, PWSTR Drive, PWSTR Directory, PWSTR Name, PWSTR Extension) {
  Crt_wsplitpath_s(Path, Drive, Drive ? 3 : 0, Directory, Directory ? 256 : 0, Name, Name ? 256 : 0, Extension, Extension ? 256 : 0);
}
VOID Msvcrt__makepath(PSTR Path, PCSTR Drive, PCSTR Directory, PCSTR Name, PCSTR Extension) {
  Crt_makepath_s(Path, 260, Drive, Directory, Name, Extension);
}
VOID Msvcrt__wmakepath(PWSTR Path, PCWSTR Drive, PCWSTR Directory, PCWSTR Name, PCWSTR Extension) {
  Crt_wmakepath_s(Path, 260, Drive, Directory, Name, Extension);
}

}  // extern "C"
