// File descriptors. In text mode LF is written as CR LF and CR LF read as LF, except on the console, whose lines end with LF on the host;
// CTRL+Z ends a text.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"
#include "subsystem/msvcrt/crt.h"

extern "C" {
HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile);
BOOL ReadFile(HANDLE File, LPVOID Buffer, DWORD BytesToRead, LPDWORD BytesRead, LPOVERLAPPED Overlapped);
BOOL WriteFile(HANDLE File, LPCVOID Buffer, DWORD BytesToWrite, LPDWORD BytesWritten, LPOVERLAPPED Overlapped);
BOOL SetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove, PLARGE_INTEGER NewFilePointer, DWORD MoveMethod);
BOOL GetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize);
BOOL GetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime, LPFILETIME LastWriteTime);
DWORD GetFileType(HANDLE File);
DWORD GetFileAttributesW(LPCWSTR FileName);
}

namespace nt::crt {
namespace {

constexpr int kWriteOnly = 1, kReadWriteMode = 2, kAppendMode = 8, kCreate = 0x100, kTruncate = 0x200, kExclusive = 0x400, kBinary = 0x8000,
              kTemporary = 0x40;
constexpr char kCtrlZ = 26;

int LastError() { return FailWin32(user::CurrentTeb()->LastErrorValue); }

bool ReadBytes(HANDLE handle, void* buffer, DWORD count, DWORD* read) {
  if (ReadFile(handle, buffer, count, read, nullptr)) return true;
  // A pipe that nobody writes to any more is at its end.
  *read = 0;
  return user::CurrentTeb()->LastErrorValue == 109 || user::CurrentTeb()->LastErrorValue == ERROR_HANDLE_EOF;
}

/// Removes the CR of each CR LF; a CR at the very end looks at the next byte. Returns the bytes that are left.
DWORD Translate(File& file, char* text, DWORD count) {
  DWORD out = 0;
  for (DWORD in = 0; in < count; in++) {
    if (text[in] == kCtrlZ && !(file.flags & kDevice)) {
      file.flags |= kAtEof;
      break;
    }
    if (text[in] == '\r' && in + 1 < count && text[in + 1] == '\n') continue;
    if (text[in] == '\r' && in + 1 == count) {
      char next = 0;
      DWORD read = 0;
      LARGE_INTEGER back{};
      back.QuadPart = -1;
      if (ReadBytes(file.handle, &next, 1, &read) && read && next == '\n')
        text[in] = '\n';
      else if (read)
        SetFilePointerEx(file.handle, back, nullptr, 1);
    }
    text[out++] = text[in];
  }
  return out;
}

int WriteText(const File& file, const char* text, unsigned count) {
  char buffer[1024];
  unsigned done = 0;
  while (done < count) {
    DWORD size = 0, written = 0;
    while (done < count && size + 2 <= sizeof buffer) {
      if (text[done] == '\n') buffer[size++] = '\r';
      buffer[size++] = text[done++];
    }
    if (!WriteFile(file.handle, buffer, size, &written, nullptr)) return LastError();
    if (written < size) return Fail(kENOSPC);
  }
  return static_cast<int>(count);
}

LONGLONG SecondsOf(const FILETIME& time) {
  return FromFileTime(time) ? (FromFileTime(time) - win32::kUnixEpoch) / win32::kTicksPerSecond : 0;
}

}  // namespace

File* FileOf(int descriptor) {
  if (descriptor >= 0 && descriptor < static_cast<int>(kFiles) && State().files[descriptor].flags & kOpen)
    return &State().files[descriptor];
  Fail(kEBADF);
  return nullptr;
}

int Read(int descriptor, void* buffer, unsigned count) {
  File* const file = FileOf(descriptor);
  DWORD read = 0;
  if (!file) return -1;
  if (count == 0 || file->flags & kAtEof) return 0;
  if (!ReadBytes(file->handle, buffer, count, &read)) return LastError();
  return static_cast<int>(file->flags & kText ? Translate(*file, static_cast<char*>(buffer), read) : read);
}

int Write(int descriptor, const void* buffer, unsigned count) {
  const File* const file = FileOf(descriptor);
  DWORD written = 0;
  if (!file) return -1;
  if (count == 0) return 0;
  if (file->flags & kAppend) Seek(descriptor, 0, 2);
  if ((file->flags & (kText | kDevice)) == kText) return WriteText(*file, static_cast<const char*>(buffer), count);
  if (!WriteFile(file->handle, buffer, count, &written, nullptr)) return LastError();
  return static_cast<int>(written);
}

LONGLONG Seek(int descriptor, LONGLONG offset, int origin) {
  File* const file = FileOf(descriptor);
  if (!file) return -1;
  LARGE_INTEGER distance{}, position{};
  distance.QuadPart = offset;
  if (!SetFilePointerEx(file->handle, distance, &position, static_cast<DWORD>(origin))) return LastError();
  file->flags = static_cast<UCHAR>(file->flags & ~kAtEof);
  return position.QuadPart;
}

int OpenHandle(HANDLE handle, UCHAR flags) {
  File* const files = State().files;
  File* const free = std::find_if(files, files + kFiles, [](const File& file) { return !(file.flags & kOpen); });
  if (free == files + kFiles) return Fail(kEMFILE);
  *free = {handle, static_cast<UCHAR>(flags | kOpen | (GetFileType(handle) == 2 ? kDevice : 0))};
  return static_cast<int>(free - files);
}

int OpenPath(const WCHAR* path, int flags, int share) {
  const int mode = flags & 3;
  const DWORD access = mode == kWriteOnly ? 0x40000000 : mode == kReadWriteMode ? 0xC0000000 : 0x80000000;
  const DWORD creation = flags & kCreate ? (flags & kExclusive ? 1 : flags & kTruncate ? 2 : 4) : flags & kTruncate ? 5 : 3;
  const DWORD sharing = share == 0x10 ? 0 : share == 0x20 ? 1 : share == 0x30 ? 2 : 3;
  HANDLE const handle = CreateFileW(path, access, sharing, nullptr, creation, flags & kTemporary ? 0x04000080 : 0x80, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return LastError();
  const int descriptor = OpenHandle(handle, static_cast<UCHAR>((flags & kAppendMode ? kAppend : 0) | (flags & kBinary ? 0 : kText)));
  if (descriptor < 0) sys::NtClose(handle);
  return descriptor;
}

int Close(int descriptor) {
  File* const file = FileOf(descriptor);
  if (!file) return -1;
  HANDLE const handle = file->handle;
  *file = {};
  return NT_SUCCESS(sys::NtClose(handle)) ? 0 : Fail(kEBADF);
}

}  // namespace nt::crt

using namespace nt::crt;

namespace {

/// struct _stat64.
struct Stat64 {
  unsigned st_dev;
  USHORT st_ino, st_mode;
  SHORT st_nlink, st_uid, st_gid;
  unsigned st_rdev;
  LONGLONG st_size, st_atime, st_mtime, st_ctime;
};
NT_SIZE(Stat64, 56);

/// struct _stat, whose size has 32 bits.
struct Stat {
  unsigned st_dev;
  USHORT st_ino, st_mode;
  SHORT st_nlink, st_uid, st_gid;
  unsigned st_rdev;
  LONG st_size;
  LONGLONG st_atime, st_mtime, st_ctime;
};
NT_SIZE(Stat, 48);

int Narrow(const Stat64& from, Stat* to) {
  *to = {from.st_dev,   from.st_ino,   from.st_mode, from.st_nlink, from.st_uid, from.st_gid, from.st_rdev, static_cast<LONG>(from.st_size),
         from.st_atime, from.st_mtime, from.st_ctime};
  return 0;
}

NTSTATUS Duplicate(HANDLE handle, HANDLE* copy) {
  constexpr ULONG kSameAccess = 2, kSameAttributes = 4;
  HANDLE const process = nt::user::CurrentProcessHandle();
  return nt::sys::NtDuplicateObject(process, handle, process, copy, 0, 0, kSameAccess | kSameAttributes);
}

void FillStat(Stat64& stat, HANDLE handle) {
  LARGE_INTEGER size{};
  FILETIME created{}, accessed{}, written{};
  const DWORD type = GetFileType(handle);
  stat = {};
  stat.st_nlink = 1;
  stat.st_mode = static_cast<USHORT>(type == 2 ? 0x2000 : type == 3 ? 0x1000 : 0x8000 | 0x1B6);
  if (type != 1) return;
  if (GetFileSizeEx(handle, &size)) stat.st_size = size.QuadPart;
  if (!GetFileTime(handle, &created, &accessed, &written)) return;
  stat.st_atime = SecondsOf(accessed);
  stat.st_mtime = SecondsOf(written);
  stat.st_ctime = SecondsOf(created);
}

}  // namespace

extern "C" {

/// Opens a file.
int Msvcrt__wopen(const WCHAR* Path, int Flags, [[maybe_unused]] int Mode) { return OpenPath(Path, Flags, 0x40); }

/// Opens a file.
int Msvcrt__open(const char* Path, int Flags, [[maybe_unused]] int Mode) {
  return OpenPath(nt::win32::WideName(Path).c_str(), Flags, 0x40);
}

/// Reads from a descriptor.
int Msvcrt__read(int Descriptor, PVOID Buffer, unsigned Count) { return Read(Descriptor, Buffer, Count); }

/// Writes to a descriptor.
int Msvcrt__write(int Descriptor, const VOID* Buffer, unsigned Count) { return Write(Descriptor, Buffer, Count); }

/// Closes a descriptor.
int Msvcrt__close(int Descriptor) { return Close(Descriptor); }

/// Moves a descriptor's position.
LONGLONG Msvcrt__lseeki64(int Descriptor, LONGLONG Offset, int Origin) { return Seek(Descriptor, Offset, Origin); }

/// Moves a descriptor's position.
LONG Msvcrt__lseek(int Descriptor, LONG Offset, int Origin) { return static_cast<LONG>(Seek(Descriptor, Offset, Origin)); }

/// A descriptor's position.
LONGLONG Msvcrt__telli64(int Descriptor) { return Seek(Descriptor, 0, 1); }

/// Whether a descriptor is a character device.
int Msvcrt__isatty(int Descriptor) {
  const File* const file = FileOf(Descriptor);
  return file && file->flags & kDevice ? kDevice : 0;
}

/// The handle of a descriptor; -1 if it is not open.
LONG_PTR Msvcrt__get_osfhandle(int Descriptor) {
  const File* const file = FileOf(Descriptor);
  return file ? reinterpret_cast<LONG_PTR>(file->handle) : -1;
}

/// A descriptor for a handle.
int Msvcrt__open_osfhandle(LONG_PTR Handle, int Flags) {
  return OpenHandle(reinterpret_cast<HANDLE>(Handle), static_cast<UCHAR>((Flags & 8 ? kAppend : 0) | (Flags & 0x4000 ? kText : 0)));
}

/// Sets text (0x4000) or binary (0x8000) mode; returns the mode before.
int Msvcrt__setmode(int Descriptor, int Mode) {
  File* const file = FileOf(Descriptor);
  if (!file) return -1;
  const int old = file->flags & kText ? 0x4000 : 0x8000;
  file->flags = static_cast<UCHAR>(Mode & 0x8000 ? file->flags & ~kText : file->flags | kText);
  return old;
}

/// Writes a descriptor's data to its device.
int Msvcrt__commit(int Descriptor) {
  const File* const file = FileOf(Descriptor);
  IO_STATUS_BLOCK io{};
  if (!file) return -1;
  return NT_SUCCESS(nt::sys::NtFlushBuffersFile(file->handle, &io)) ? 0 : Fail(kEBADF);
}

/// The size of a descriptor's file.
LONGLONG Msvcrt__filelengthi64(int Descriptor) {
  const File* const file = FileOf(Descriptor);
  LARGE_INTEGER size{};
  if (!file) return -1;
  return GetFileSizeEx(file->handle, &size) ? size.QuadPart : LastError();
}

/// Facts of a descriptor's file.
int Msvcrt__fstat64(int Descriptor, PVOID Buffer) {
  const File* const file = FileOf(Descriptor);
  if (!file) return -1;
  FillStat(*static_cast<Stat64*>(Buffer), file->handle);
  return 0;
}

/// Facts of a path.
int Msvcrt__wstat64(const WCHAR* Path, PVOID Buffer) {
  const DWORD attributes = GetFileAttributesW(Path);
  if (attributes == INVALID_FILE_ATTRIBUTES) return Fail(kENOENT);
  HANDLE const handle = CreateFileW(Path, 0, 7, nullptr, 3, 0x02000000, nullptr);
  if (handle == INVALID_HANDLE_VALUE) return LastError();
  auto& stat = *static_cast<Stat64*>(Buffer);
  FillStat(stat, handle);
  nt::sys::NtClose(handle);
  if (attributes & 0x10)
    stat.st_mode = 0x41FF;
  else if (attributes & 1)
    stat.st_mode = static_cast<USHORT>(stat.st_mode & ~0x92);
  return 0;
}

/// The same with a size of 32 bits.
int Msvcrt__fstat(int Descriptor, PVOID Buffer) {
  Stat64 whole;
  const int result = Msvcrt__fstat64(Descriptor, &whole);
  return result == 0 ? Narrow(whole, static_cast<Stat*>(Buffer)) : result;
}
int Msvcrt__wstat(const WCHAR* Path, PVOID Buffer) {
  Stat64 whole;
  const int result = Msvcrt__wstat64(Path, &whole);
  return result == 0 ? Narrow(whole, static_cast<Stat*>(Buffer)) : result;
}
int Msvcrt__stat(const char* Path, PVOID Buffer) { return Msvcrt__wstat(nt::win32::WideName(Path).c_str(), Buffer); }

/// A new descriptor of the same file: the lowest free one, or a given one, whose file is closed.
int Msvcrt__dup(int Descriptor) {
  const File* const file = FileOf(Descriptor);
  HANDLE copy = nullptr;
  if (!file) return -1;
  if (!NT_SUCCESS(Duplicate(file->handle, &copy))) return Fail(kEBADF);
  const int made = OpenHandle(copy, file->flags);
  if (made < 0) nt::sys::NtClose(copy);
  return made;
}
int Msvcrt__dup2(int Descriptor, int Target) {
  const File* const file = FileOf(Descriptor);
  HANDLE copy = nullptr;
  if (!file) return -1;
  if (Target < 0 || static_cast<ULONG>(Target) >= kFiles) return Fail(kEBADF);
  if (Target == Descriptor) return 0;
  if (!NT_SUCCESS(Duplicate(file->handle, &copy))) return Fail(kEBADF);
  File& target = State().files[Target];
  if (target.flags & kOpen) Close(Target);
  target = {copy, file->flags};
  return 0;
}

/// The size of a descriptor's file, its position, whether that is its end.
LONG Msvcrt__filelength(int Descriptor) { return static_cast<LONG>(Msvcrt__filelengthi64(Descriptor)); }
LONG Msvcrt__tell(int Descriptor) { return static_cast<LONG>(Seek(Descriptor, 0, 1)); }
int Msvcrt__eof(int Descriptor) {
  const LONGLONG size = Msvcrt__filelengthi64(Descriptor);
  return size < 0 ? -1 : Seek(Descriptor, 0, 1) >= size;
}

/// Makes or empties a file and opens it for writing.
int Msvcrt__creat(const char* Path, int Mode) { return Msvcrt__open(Path, 0x301, Mode); }

}  // extern "C"
