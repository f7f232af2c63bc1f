// Files and devices: open, read, write, control, position, attributes.
#include <algorithm>
#include <cstring>

#include "kernel/api/api.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32 {
namespace {

constexpr DWORD kFlagWriteThrough = 0x80000000, kFlagOverlapped = 0x40000000, kFlagNoBuffering = 0x20000000, kFlagRandom = 0x10000000,
                kFlagSequential = 0x08000000, kFlagDeleteOnClose = 0x04000000, kFlagBackup = 0x02000000, kFlagReparse = 0x00200000;

constexpr ULONG kDirectoryFile = 0x1, kWriteThrough = 0x2, kSequentialOnly = 0x4, kNoIntermediate = 0x8, kSynchronous = 0x20,
                kNonDirectory = 0x40, kRandomAccess = 0x800, kDeleteOnClose = 0x1000, kForBackup = 0x4000, kOpenReparse = 0x200000;

/// FILE_… create options of Win32's flags.
ULONG CreateOptions(DWORD flags) {
  ULONG options = flags & kFlagOverlapped ? 0 : kSynchronous;
  if (flags & kFlagWriteThrough) options |= kWriteThrough;
  if (flags & kFlagNoBuffering) options |= kNoIntermediate;
  if (flags & kFlagRandom) options |= kRandomAccess;
  if (flags & kFlagSequential) options |= kSequentialOnly;
  if (flags & kFlagDeleteOnClose) options |= kDeleteOnClose;
  if (flags & kFlagReparse) options |= kOpenReparse;
  return options | (flags & kFlagBackup ? kForBackup : kNonDirectory);
}

/// CREATE_NEW … TRUNCATE_EXISTING as NT's dispositions; -1 for none of them.
LONG Disposition(DWORD creation) {
  switch (creation) {
    case 1:
      return 2;  // CREATE_NEW: FILE_CREATE
    case 2:
      return 5;  // CREATE_ALWAYS: FILE_OVERWRITE_IF
    case 3:
      return 1;  // OPEN_EXISTING: FILE_OPEN
    case 4:
      return 3;  // OPEN_ALWAYS: FILE_OPEN_IF
    case 5:
      return 1;  // TRUNCATE_EXISTING: FILE_OPEN, and then no allocation
    default:
      return -1;
  }
}

DWORD CreateError(NTSTATUS status, DWORD creation) {
  if (status == STATUS_OBJECT_NAME_COLLISION) return creation == 1 ? ERROR_FILE_EXISTS : ERROR_ALREADY_EXISTS;
  if (status == STATUS_FILE_IS_A_DIRECTORY) return ERROR_ACCESS_DENIED;
  return RtlNtStatusToDosError(status);
}

/// Opens a path for this access and no more.
NTSTATUS OpenExactly(PCWSTR path, ACCESS_MASK access, ULONG options, HANDLE* handle) {
  PathBuffer nt_path;
  NTSTATUS status = NtPathOf(path ? std::u16string_view(path) : std::u16string_view(), nt_path);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name{static_cast<USHORT>(nt_path.length * 2), static_cast<USHORT>(nt_path.length * 2), nt_path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  IO_STATUS_BLOCK io{};
  return sys::NtOpenFile(handle, access, &attributes, &io, 7, options);
}

/// Opens a path for its attributes or its removal, closing nothing on failure.
NTSTATUS OpenPath(PCWSTR path, ACCESS_MASK access, ULONG options, HANDLE* handle) {
  return OpenExactly(path, access | 0x100000, options | kSynchronous, handle);
}

/// Ends a request of ReadFile, WriteFile or DeviceIoControl. A synchronous request on an asynchronous handle is waited for.
NTSTATUS Finish(NTSTATUS status, HANDLE file, LPOVERLAPPED overlapped, const IO_STATUS_BLOCK& io, LPDWORD transferred) {
  if (overlapped) {
    if (transferred)
      *transferred =
          status == STATUS_PENDING || static_cast<ULONG>(status) >= 0xC0000000 ? 0 : static_cast<DWORD>(overlapped->InternalHigh);
    return status;
  }
  if (status == STATUS_PENDING) {
    status = sys::NtWaitForSingleObject(file, FALSE, nullptr);
    if (NT_SUCCESS(status)) status = io.Status;
  }
  // A warning (STATUS_BUFFER_OVERFLOW) carries data, an error none.
  if (transferred) *transferred = static_cast<ULONG>(status) >= 0xC0000000 ? 0 : static_cast<DWORD>(io.Information);
  return status;
}

BOOL Result(NTSTATUS status) {
  if (status == STATUS_PENDING) return Fail(ERROR_IO_PENDING);
  return Check(status);
}

/// What ReadFile and WriteFile have in common: the status block, event, completion context and offset of an overlapped request.
struct Request {
  IO_STATUS_BLOCK own{};
  LARGE_INTEGER offset{};
  PIO_STATUS_BLOCK block = &own;
  PLARGE_INTEGER at = nullptr;
  HANDLE event = nullptr;
  PVOID context = nullptr;

  explicit Request(LPOVERLAPPED overlapped) {
    if (!overlapped) return;
    overlapped->Internal = static_cast<ULONG>(STATUS_PENDING);
    block = reinterpret_cast<PIO_STATUS_BLOCK>(overlapped);
    offset.QuadPart = static_cast<LONGLONG>(ULONGLONG{overlapped->OffsetHigh} << 32 | overlapped->Offset);
    at = &offset;
    // Bit 0 of the event asks for no completion packet.
    const auto raw = reinterpret_cast<ULONG_PTR>(overlapped->hEvent);
    event = reinterpret_cast<HANDLE>(raw & ~ULONG_PTR{1});
    context = raw & 1 ? nullptr : overlapped;
  }
};

/// What the kernel calls as the APC of a request with a completion routine.
PIO_APC_ROUTINE CompletionApc() {
  return reinterpret_cast<PIO_APC_ROUTINE>(api::AddressOf(*api::Find("kernel32.dll", "BasepIoCompletion")));
}

}  // namespace
}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
DWORD GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size);

/// Opens or creates a file or device by its DOS name.
HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, [[maybe_unused]] HANDLE TemplateFile) {
  const LONG disposition = Disposition(CreationDisposition);
  PathBuffer path;
  constexpr DWORD kTruncate = 5, kGenericWrite = 0x40000000;
  const bool unknown = disposition < 0 || (CreationDisposition == kTruncate && (DesiredAccess & kGenericWrite) == 0);
  const NTSTATUS named = unknown ? STATUS_INVALID_PARAMETER : NtPathOf(FileName ? FileName : u"", path);
  if (!NT_SUCCESS(named)) {
    SetError(unknown ? ERROR_INVALID_PARAMETER : ERROR_PATH_NOT_FOUND);
    return INVALID_HANDLE_VALUE;
  }
  UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  if (SecurityAttributes) {
    attributes.SecurityDescriptor = SecurityAttributes->lpSecurityDescriptor;
    if (SecurityAttributes->bInheritHandle) attributes.Attributes |= OBJ_INHERIT;
  }
  // CreateFile always asks for SYNCHRONIZE and FILE_READ_ATTRIBUTES, and DELETE with delete-on-close.
  ACCESS_MASK access = DesiredAccess | 0x100080;
  if (FlagsAndAttributes & kFlagDeleteOnClose) access |= 0x10000;
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK io{};
  NTSTATUS status = sys::NtCreateFile(&handle, access, &attributes, &io, nullptr, FlagsAndAttributes & 0x7FA7, ShareMode,
                                      static_cast<ULONG>(disposition), CreateOptions(FlagsAndAttributes), nullptr, 0);
  if (NT_SUCCESS(status) && CreationDisposition == kTruncate) {
    LARGE_INTEGER nothing{};
    status = sys::NtSetInformationFile(handle, &io, &nothing, sizeof nothing, FileAllocationInformation);
    if (!NT_SUCCESS(status)) sys::NtClose(handle);
  }
  if (!NT_SUCCESS(status)) {
    SetError(CreateError(status, CreationDisposition));
    return INVALID_HANDLE_VALUE;
  }
  const bool existed = (CreationDisposition == 2 && io.Information == 3) || (CreationDisposition == 4 && io.Information == 1);
  SetError(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
  return handle;
}

/// Opens or creates a file or device by its DOS name.
HANDLE CreateFileA(LPCSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile) {
  return CreateFileW(WideName(FileName).c_str(), DesiredAccess, ShareMode, SecurityAttributes, CreationDisposition, FlagsAndAttributes,
                     TemplateFile);
}

/// Closes a handle of any kind.
BOOL CloseHandle(HANDLE Object) { return Check(sys::NtClose(RealHandle(Object))); }

/// Reads from a file or device, at the file's position or an overlapped request's offset.
BOOL ReadFile(HANDLE File, LPVOID Buffer, DWORD BytesToRead, LPDWORD BytesRead, LPOVERLAPPED Overlapped) {
  Request request(Overlapped);
  if (BytesRead) *BytesRead = 0;
  HANDLE const file = RealHandle(File);
  NTSTATUS status = sys::NtReadFile(file, request.event, nullptr, request.context, request.block, Buffer, BytesToRead, request.at, nullptr);
  status = Finish(status, file, Overlapped, request.own, BytesRead);
  // The end of a file is a success of no bytes, but an error to those who gave an offset.
  if (status == STATUS_END_OF_FILE && !Overlapped) {
    if (BytesRead) *BytesRead = 0;
    return TRUE;
  }
  return Result(status);
}

/// Writes to a file or device, at the file's position or an overlapped request's offset.
BOOL WriteFile(HANDLE File, LPCVOID Buffer, DWORD BytesToWrite, LPDWORD BytesWritten, LPOVERLAPPED Overlapped) {
  if (BytesWritten) *BytesWritten = 0;
  HANDLE const file = RealHandle(File);
  if (IsConsole(file)) {
    ULONG written = 0;
    const NTSTATUS status = WriteConsoleBytes(file, static_cast<const char*>(Buffer), BytesToWrite, &written);
    if (BytesWritten) *BytesWritten = written;
    return Check(status);
  }
  Request request(Overlapped);
  const NTSTATUS status = sys::NtWriteFile(file, request.event, nullptr, request.context, request.block, const_cast<PVOID>(Buffer),
                                           BytesToWrite, request.at, nullptr);
  return Result(Finish(status, file, Overlapped, request.own, BytesWritten));
}

/// Reads asynchronously; a routine of the caller's is queued to the thread at the end.
BOOL ReadFileEx(HANDLE File, LPVOID Buffer, DWORD BytesToRead, LPOVERLAPPED Overlapped, PVOID CompletionRoutine) {
  Request request(Overlapped);
  if (!Overlapped) return Fail(ERROR_INVALID_PARAMETER);
  return Check(sys::NtReadFile(File, nullptr, CompletionApc(), CompletionRoutine, request.block, Buffer, BytesToRead, request.at, nullptr));
}

/// Writes asynchronously; a routine of the caller's is queued to the thread at the end.
BOOL WriteFileEx(HANDLE File, LPCVOID Buffer, DWORD BytesToWrite, LPOVERLAPPED Overlapped, PVOID CompletionRoutine) {
  Request request(Overlapped);
  if (!Overlapped) return Fail(ERROR_INVALID_PARAMETER);
  return Check(sys::NtWriteFile(File, nullptr, CompletionApc(), CompletionRoutine, request.block, const_cast<PVOID>(Buffer), BytesToWrite,
                                request.at, nullptr));
}

/// The APC of ReadFileEx and WriteFileEx: calls the caller's routine, whose address is the context.
VOID BasepIoCompletion(PVOID Context, PVOID IoStatus, [[maybe_unused]] ULONG Reserved) {
  const auto* const overlapped = static_cast<const OVERLAPPED*>(IoStatus);
  const auto status = static_cast<NTSTATUS>(overlapped->Internal);
  const DWORD error = NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
  nt::ke::Callout<void>(Context, error, NT_SUCCESS(status) ? overlapped->InternalHigh : 0, IoStatus);
}

/// Sends a control code to a device's driver, or (codes of FILE_DEVICE_FILE_SYSTEM) to its file system.
BOOL DeviceIoControl(HANDLE Device, DWORD IoControlCode, LPVOID InBuffer, DWORD InBufferSize, LPVOID OutBuffer, DWORD OutBufferSize,
                     LPDWORD BytesReturned, LPOVERLAPPED Overlapped) {
  Request request(Overlapped);
  const bool file_system = IoControlCode >> 16 == 9;
  const NTSTATUS status = (file_system ? sys::NtFsControlFile : sys::NtDeviceIoControlFile)(
      Device, request.event, nullptr, request.context, request.block, IoControlCode, InBuffer, InBufferSize, OutBuffer, OutBufferSize);
  return Result(Finish(status, Device, Overlapped, request.own, BytesReturned));
}

/// The outcome of an overlapped request, waiting for its end for at most so many milliseconds.
BOOL GetOverlappedResultEx(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD BytesTransferred, DWORD Milliseconds, BOOL Alertable) {
  const auto pending = static_cast<ULONG_PTR>(static_cast<ULONG>(STATUS_PENDING));
  if (static_cast<volatile OVERLAPPED*>(Overlapped)->Internal == pending) {
    if (!Milliseconds) return Fail(ERROR_IO_INCOMPLETE);
    LARGE_INTEGER time{};
    HANDLE const event = reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(Overlapped->hEvent) & ~ULONG_PTR{1});
    const NTSTATUS waited =
        sys::NtWaitForSingleObject(event ? event : File, static_cast<BOOLEAN>(Alertable), RelativeTime(Milliseconds, &time));
    if (waited == STATUS_TIMEOUT) return Fail(Milliseconds ? 258 : ERROR_IO_INCOMPLETE);
    if (waited != STATUS_SUCCESS) return NT_SUCCESS(waited) ? Fail(192) : Check(waited);
  }
  *BytesTransferred = static_cast<DWORD>(Overlapped->InternalHigh);
  return Check(static_cast<NTSTATUS>(Overlapped->Internal));
}

/// The outcome of an overlapped request.
BOOL GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD BytesTransferred, BOOL Wait) {
  return GetOverlappedResultEx(File, Overlapped, BytesTransferred, Wait ? INFINITE : 0, FALSE);
}

/// Cancels the thread's requests on a file.
BOOL CancelIo(HANDLE File) {
  IO_STATUS_BLOCK io{};
  return Check(sys::NtCancelIoFile(File, &io));
}

/// Cancels a request on a file, or all of the process's.
BOOL CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped) {
  IO_STATUS_BLOCK io{};
  return Check(sys::NtCancelIoFileEx(File, reinterpret_cast<PIO_STATUS_BLOCK>(Overlapped), &io));
}

/// Writes a file's buffered data to its device.
BOOL FlushFileBuffers(HANDLE File) {
  IO_STATUS_BLOCK io{};
  return Check(sys::NtFlushBuffersFile(RealHandle(File), &io));
}

/// The kind of a file: 1 disk, 2 character device, 3 pipe, 0 unknown.
DWORD GetFileType(HANDLE File) {
  FILE_FS_DEVICE_INFORMATION information{};
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryVolumeInformationFile(RealHandle(File), &io, &information, sizeof information, FileFsDeviceInformation))) return 0;
  SetError(ERROR_SUCCESS);
  switch (information.DeviceType) {
    case 0x02:
    case 0x03:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x14:
    case 0x24:
      return 1;  // CD-ROM, disk, file systems, virtual disk
    case 0x11:
    case 0x0D:
    case 0x0C:
      return 3;  // named pipe, mail slot
    case 0x0B:
    case 0x15:
    case 0x1B:
    case 0x0A:
    case 0x50:
    case 0x16:
    case 0x22:
      return 2;  // keyboard, null, serial, console, parallel
    default:
      return 0;
  }
}

/// Moves a file's position and returns it.
BOOL SetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove, PLARGE_INTEGER NewFilePointer, DWORD MoveMethod) {
  FILE_POSITION_INFORMATION position{};
  IO_STATUS_BLOCK io{};
  LONGLONG base = 0;
  if (MoveMethod == 1) {
    if (!Check(sys::NtQueryInformationFile(File, &io, &position, sizeof position, FilePositionInformation))) return FALSE;
    base = position.CurrentByteOffset.QuadPart;
  } else if (MoveMethod == 2) {
    FILE_STANDARD_INFORMATION standard{};
    if (!Check(sys::NtQueryInformationFile(File, &io, &standard, sizeof standard, FileStandardInformation))) return FALSE;
    base = standard.EndOfFile.QuadPart;
  } else if (MoveMethod) {
    return Fail(ERROR_INVALID_PARAMETER);
  }
  position.CurrentByteOffset.QuadPart = base + DistanceToMove.QuadPart;
  if (position.CurrentByteOffset.QuadPart < 0) return Fail(ERROR_NEGATIVE_SEEK);
  if (!Check(sys::NtSetInformationFile(File, &io, &position, sizeof position, FilePositionInformation))) return FALSE;
  if (NewFilePointer) *NewFilePointer = position.CurrentByteOffset;
  return TRUE;
}

/// Moves a file's position; returns its low half.
DWORD SetFilePointer(HANDLE File, LONG DistanceToMove, PLONG DistanceToMoveHigh, DWORD MoveMethod) {
  LARGE_INTEGER distance{}, position{};
  distance.QuadPart = DistanceToMoveHigh
                          ? static_cast<LONGLONG>(static_cast<ULONGLONG>(*DistanceToMoveHigh) << 32 | static_cast<ULONG>(DistanceToMove))
                          : DistanceToMove;
  if (!SetFilePointerEx(File, distance, &position, MoveMethod)) return INVALID_FILE_SIZE;
  if (DistanceToMoveHigh) *DistanceToMoveHigh = position.HighPart;
  SetError(ERROR_SUCCESS);
  return position.LowPart;
}

/// Cuts or extends a file at its position.
BOOL SetEndOfFile(HANDLE File) {
  FILE_POSITION_INFORMATION position{};
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryInformationFile(File, &io, &position, sizeof position, FilePositionInformation))) return FALSE;
  return Check(sys::NtSetInformationFile(File, &io, &position.CurrentByteOffset, sizeof(LARGE_INTEGER), FileEndOfFileInformation));
}

/// A file's size in bytes.
BOOL GetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize) {
  FILE_STANDARD_INFORMATION standard{};
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryInformationFile(File, &io, &standard, sizeof standard, FileStandardInformation))) return FALSE;
  *FileSize = standard.EndOfFile;
  return TRUE;
}

/// A file's size in bytes; returns its low half.
DWORD GetFileSize(HANDLE File, LPDWORD FileSizeHigh) {
  LARGE_INTEGER size{};
  if (!GetFileSizeEx(File, &size)) return INVALID_FILE_SIZE;
  if (FileSizeHigh) *FileSizeHigh = static_cast<DWORD>(size.HighPart);
  SetError(ERROR_SUCCESS);
  return size.LowPart;
}

/// A path's attributes; -1 if it does not exist.
DWORD GetFileAttributesW(LPCWSTR FileName) {
  HANDLE handle = nullptr;
  FILE_BASIC_INFORMATION basic{};
  IO_STATUS_BLOCK io{};
  if (!Check(OpenPath(FileName, 0x80, kForBackup, &handle))) return INVALID_FILE_ATTRIBUTES;
  const NTSTATUS status = sys::NtQueryInformationFile(handle, &io, &basic, sizeof basic, FileBasicInformation);
  sys::NtClose(handle);
  return Check(status) ? basic.FileAttributes : INVALID_FILE_ATTRIBUTES;
}

/// A path's attributes; -1 if it does not exist.
DWORD GetFileAttributesA(LPCSTR FileName) { return GetFileAttributesW(WideName(FileName).c_str()); }

/// Sets a path's attributes.
BOOL SetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes) {
  HANDLE handle = nullptr;
  FILE_BASIC_INFORMATION basic{};
  IO_STATUS_BLOCK io{};
  if (!Check(OpenPath(FileName, 0x100, kForBackup, &handle))) return FALSE;
  basic.FileAttributes = (FileAttributes & 0x7FA7) ? FileAttributes & 0x7FA7 : 0x80;
  const NTSTATUS status = sys::NtSetInformationFile(handle, &io, &basic, sizeof basic, FileBasicInformation);
  sys::NtClose(handle);
  return Check(status);
}

/// Removes a file.
BOOL DeleteFileW(LPCWSTR FileName) {
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK io{};
  BOOLEAN remove = TRUE;
  constexpr ACCESS_MASK kDelete = 0x10000, kReadAttributes = 0x80;
  const NTSTATUS opened = OpenExactly(FileName, kDelete | kReadAttributes, kNonDirectory | kOpenReparse, &handle);
  if (opened == STATUS_FILE_IS_A_DIRECTORY) return Fail(ERROR_ACCESS_DENIED);
  if (!Check(opened)) return FALSE;
  const NTSTATUS status = sys::NtSetInformationFile(handle, &io, &remove, sizeof remove, FileDispositionInformation);
  sys::NtClose(handle);
  return Check(status);
}

/// Removes a file.
BOOL DeleteFileA(LPCSTR FileName) { return DeleteFileW(WideName(FileName).c_str()); }

/// Removes an empty directory.
BOOL RemoveDirectoryW(LPCWSTR PathName) {
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK io{};
  BOOLEAN remove = TRUE;
  if (!Check(OpenPath(PathName, 0x10000, kDirectoryFile | kOpenReparse, &handle))) return FALSE;
  const NTSTATUS status = sys::NtSetInformationFile(handle, &io, &remove, sizeof remove, FileDispositionInformation);
  sys::NtClose(handle);
  return Check(status);
}

/// Makes a directory.
BOOL CreateDirectoryW(LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes) {
  PathBuffer path;
  if (!NT_SUCCESS(NtPathOf(PathName ? PathName : u"", path))) return Fail(ERROR_PATH_NOT_FOUND);
  UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes,
                               nullptr,
                               &name,
                               OBJ_CASE_INSENSITIVE,
                               SecurityAttributes ? SecurityAttributes->lpSecurityDescriptor : nullptr,
                               nullptr};
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK io{};
  const NTSTATUS status =
      sys::NtCreateFile(&handle, 0x100001, &attributes, &io, nullptr, 0x80, 3, 2, kDirectoryFile | kSynchronous, nullptr, 0);
  if (status == STATUS_OBJECT_NAME_COLLISION) return Fail(ERROR_ALREADY_EXISTS);
  if (!Check(status)) return FALSE;
  return Check(sys::NtClose(handle));
}

/// Makes a directory.
BOOL CreateDirectoryA(LPCSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes) {
  return CreateDirectoryW(WideName(PathName).c_str(), SecurityAttributes);
}

/// The times of a file.
BOOL GetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime, LPFILETIME LastWriteTime) {
  FILE_BASIC_INFORMATION basic{};
  IO_STATUS_BLOCK io{};
  if (!Check(sys::NtQueryInformationFile(File, &io, &basic, sizeof basic, FileBasicInformation))) return FALSE;
  if (CreationTime) *CreationTime = ToFileTime(basic.CreationTime.QuadPart);
  if (LastAccessTime) *LastAccessTime = ToFileTime(basic.LastAccessTime.QuadPart);
  if (LastWriteTime) *LastWriteTime = ToFileTime(basic.LastWriteTime.QuadPart);
  return TRUE;
}

/// Copies a file's data, its attributes and the time of its last change. What was copied in part goes again.
BOOL CopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists) {
  constexpr DWORD kGenericRead = 0x80000000, kGenericWrite = 0x40000000, kDelete = 0x10000;
  HANDLE const from = CreateFileW(ExistingFileName, kGenericRead, 3, nullptr, 3, kFlagSequential, nullptr);
  if (from == INVALID_HANDLE_VALUE) return FALSE;
  FILE_BASIC_INFORMATION facts{};
  IO_STATUS_BLOCK io{};
  sys::NtQueryInformationFile(from, &io, &facts, sizeof facts, FileBasicInformation);
  const DWORD attributes = facts.FileAttributes & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
  HANDLE const to =
      CreateFileW(NewFileName, kGenericWrite | kDelete, 0, nullptr, FailIfExists ? 1 : 2, attributes ? attributes : 0x80, nullptr);
  if (to == INVALID_HANDLE_VALUE) return sys::NtClose(from), FALSE;
  auto* const buffer = Allocate<char>(0x10000);
  BOOL good = buffer != nullptr;
  DWORD count = 0, written = 0;
  while (good && (good = ReadFile(from, buffer, 0x10000, &count, nullptr)) && count) good = WriteFile(to, buffer, count, &written, nullptr);
  const DWORD error = buffer ? CurrentTeb()->LastErrorValue : ERROR_NOT_ENOUGH_MEMORY;
  FILE_BASIC_INFORMATION kept{};
  kept.LastWriteTime = facts.LastWriteTime;
  BOOLEAN remove = TRUE;
  if (good) {
    sys::NtSetInformationFile(to, &io, &kept, sizeof kept, FileBasicInformation);
  } else {
    sys::NtSetInformationFile(to, &io, &remove, sizeof remove, FileDispositionInformation);
  }
  Free(buffer);
  sys::NtClose(from);
  sys::NtClose(to);
  SetError(error);
  return good;
}

/// The full form of a path.
DWORD GetFullPathNameW(LPCWSTR FileName, DWORD BufferLength, LPWSTR Buffer, LPWSTR* FilePart) {
  const ULONG bytes = RtlGetFullPathName_U(FileName, BufferLength > 0x7FFF ? 0xFFFE : BufferLength * 2, Buffer, FilePart);
  if (!bytes) SetError(ERROR_INVALID_NAME);
  return bytes / 2;
}

/// The path of the current directory.
DWORD GetCurrentDirectoryW(DWORD BufferLength, LPWSTR Buffer) {
  const UNICODE_STRING& path = CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
  std::u16string_view text(path.Buffer ? path.Buffer : u"C:\\", path.Buffer ? path.Length / sizeof(WCHAR) : 3);
  if (text.size() > 3 && text.back() == u'\\') text.remove_suffix(1);
  return CopyOut(text, Buffer, BufferLength);
}

/// The path of the current directory.
DWORD GetCurrentDirectoryA(DWORD BufferLength, LPSTR Buffer) {
  WCHAR text[kMaxPath];
  const DWORD count = GetCurrentDirectoryW(kMaxPath, text);
  return CopyOut({text, count}, Buffer, BufferLength);
}

/// Changes the current directory.
BOOL SetCurrentDirectoryW(LPCWSTR PathName) {
  const UNICODE_STRING path = StringOf(PathName);
  return Check(RtlSetCurrentDirectory_U(&path));
}

/// Changes the current directory.
BOOL SetCurrentDirectoryA(LPCSTR PathName) { return SetCurrentDirectoryW(WideName(PathName).c_str()); }

/// The directory for temporary files, with a trailing backslash: what TMP, TEMP or USERPROFILE say, else Windows'. (GetTempPathW)
DWORD GetTempPathW(DWORD BufferLength, LPWSTR Buffer) {
  WCHAR text[kMaxPath];
  for (PCWSTR name : {u"TMP", u"TEMP", u"USERPROFILE"}) {
    const DWORD length = GetEnvironmentVariableW(name, text, kMaxPath);
    if (length == 0 || length + 1 >= kMaxPath) continue;
    PathBuffer path;
    path.Append({text, length});
    if (text[length - 1] != u'\\') path.Append(u'\\');
    return CopyOut(path.View(), Buffer, BufferLength);
  }
  return CopyOut(u"C:\\Windows\\", Buffer, BufferLength);
}

/// The system's directory.
UINT GetSystemDirectoryW(LPWSTR Buffer, UINT Size) { return CopyOut(u"C:\\Windows\\System32", Buffer, Size); }

/// The system's directory.
UINT GetSystemDirectoryA(LPSTR Buffer, UINT Size) { return CopyOut(u"C:\\Windows\\System32", Buffer, Size); }

/// The Windows directory.
UINT GetWindowsDirectoryW(LPWSTR Buffer, UINT Size) { return CopyOut(u"C:\\Windows", Buffer, Size); }

/// The Windows directory.
UINT GetWindowsDirectoryA(LPSTR Buffer, UINT Size) { return CopyOut(u"C:\\Windows", Buffer, Size); }

}  // extern "C"
