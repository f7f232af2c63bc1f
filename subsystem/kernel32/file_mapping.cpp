// File mappings: sections by another name, and their views.
#include <cstring>

#include "nt/io.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr ULONG kCopy = 0x1, kWrite = 0x2, kExecute = 0x20;  // FILE_MAP_…
constexpr ULONG kAllAccess = SECTION_ALL_ACCESS;

/// What a handle of a mapping may do, by the protection it is made with.
ACCESS_MASK AccessOf(ULONG protection) {
  constexpr ACCESS_MASK kStandard = 0xF0000 | SECTION_QUERY | SECTION_MAP_READ;
  switch (protection) {
    case PAGE_READWRITE:
      return kStandard | SECTION_MAP_WRITE;
    case PAGE_EXECUTE_READWRITE:
      return kStandard | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
      return kStandard | SECTION_MAP_EXECUTE;
    default:
      return kStandard;
  }
}

/// The protection of a view by the access that is asked for.
ULONG ProtectionOf(ULONG access) {
  const bool execute = (access & kExecute) != 0;
  if ((access & kWrite) != 0) return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
  if ((access & kCopy) != 0) return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
  return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
}

LARGE_INTEGER Join(DWORD high, DWORD low) {
  LARGE_INTEGER whole{};
  whole.QuadPart = static_cast<LONGLONG>(ULONGLONG{high} << 32 | low);
  return whole;
}

/// The NT name of the file that is mapped at an address; the terminated characters follow the string.
const UNICODE_STRING* MappedName(HANDLE process, PVOID address, char* buffer, SIZE_T size) {
  SIZE_T returned = 0;
  const NTSTATUS status = sys::NtQueryVirtualMemory(process, address, MemoryMappedFilenameInformation, buffer, size, &returned);
  return Check(status) ? reinterpret_cast<const UNICODE_STRING*>(buffer) : nullptr;
}

constexpr SIZE_T kNameBuffer = sizeof(UNICODE_STRING) + 2 * (kMaxPath + 1);

}  // namespace

extern "C" {

/// Creates a section of a file or of the page file; if one of that name is there, opens it and sets ERROR_ALREADY_EXISTS.
HANDLE CreateFileMappingW(HANDLE File, LPSECURITY_ATTRIBUTES Attributes, DWORD Protect, DWORD MaximumSizeHigh, DWORD MaximumSizeLow,
                          LPCWSTR Name) {
  constexpr ULONG kProtections = 0xFFFF;
  ObjectName name(Name, Attributes);
  LARGE_INTEGER size = Join(MaximumSizeHigh, MaximumSizeLow);
  const ULONG flags = Protect & ~kProtections;
  HANDLE handle = nullptr;
  const bool page_file = File == INVALID_HANDLE_VALUE;
  const NTSTATUS status = sys::NtCreateSection(&handle, AccessOf(Protect & kProtections), name.get(), size.QuadPart ? &size : nullptr,
                                               Protect & kProtections, flags ? flags : SEC_COMMIT, page_file ? nullptr : File);
  if (!Check(status)) return nullptr;
  SetError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
  return handle;
}

/// Creates a section of a file or of the page file; if one of that name is there, opens it and sets ERROR_ALREADY_EXISTS.
HANDLE CreateFileMappingA(HANDLE File, LPSECURITY_ATTRIBUTES Attributes, DWORD Protect, DWORD MaximumSizeHigh, DWORD MaximumSizeLow,
                          LPCSTR Name) {
  return CreateFileMappingW(File, Attributes, Protect, MaximumSizeHigh, MaximumSizeLow, WideName(Name).c_str());
}

/// Opens a section by its name.
HANDLE OpenFileMappingW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name) {
  if (!Name) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName name(Name, nullptr, InheritHandle);
  name.get()->Attributes &= ~OBJ_OPENIF;
  ACCESS_MASK access = DesiredAccess == kCopy ? SECTION_MAP_READ : DesiredAccess & ~kExecute;
  if ((DesiredAccess & kExecute) != 0) access |= SECTION_MAP_EXECUTE;
  HANDLE handle = nullptr;
  return Check(sys::NtOpenSection(&handle, access, name.get())) ? handle : nullptr;
}

/// Opens a section by its name.
HANDLE OpenFileMappingA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name) {
  return OpenFileMappingW(DesiredAccess, InheritHandle, WideName(Name).c_str());
}

/// Maps a view of a section at an address, or anywhere if that is null.
LPVOID MapViewOfFileEx(HANDLE FileMappingObject, DWORD DesiredAccess, DWORD FileOffsetHigh, DWORD FileOffsetLow, SIZE_T BytesToMap,
                       LPVOID BaseAddress) {
  LARGE_INTEGER offset = Join(FileOffsetHigh, FileOffsetLow);
  // All rights are those to read and write, not to copy.
  const ULONG access = (DesiredAccess & kAllAccess) == kAllAccess ? DesiredAccess & ~kCopy : DesiredAccess;
  PVOID base = BaseAddress;
  return Check(sys::NtMapViewOfSection(FileMappingObject, CurrentProcessHandle(), &base, 0, 0, &offset, &BytesToMap, ViewShare, 0,
                                       ProtectionOf(access)))
             ? base
             : nullptr;
}

/// Maps a view of a section.
LPVOID MapViewOfFile(HANDLE FileMappingObject, DWORD DesiredAccess, DWORD FileOffsetHigh, DWORD FileOffsetLow, SIZE_T BytesToMap) {
  return MapViewOfFileEx(FileMappingObject, DesiredAccess, FileOffsetHigh, FileOffsetLow, BytesToMap, nullptr);
}

/// Unmaps a view.
BOOL UnmapViewOfFile(LPCVOID BaseAddress) {
  return Check(sys::NtUnmapViewOfSection(CurrentProcessHandle(), const_cast<PVOID>(BaseAddress)));
}

/// Unmaps a view.
BOOL UnmapViewOfFileEx(LPCVOID BaseAddress, [[maybe_unused]] ULONG UnmapFlags) { return UnmapViewOfFile(BaseAddress); }

/// Writes what a view changed to its file; there is nothing to do for a view of the page file.
BOOL FlushViewOfFile(LPCVOID BaseAddress, SIZE_T BytesToFlush) {
  PVOID base = const_cast<PVOID>(BaseAddress);
  IO_STATUS_BLOCK result;
  const NTSTATUS status = sys::NtFlushVirtualMemory(CurrentProcessHandle(), &base, &BytesToFlush, &result);
  return status == STATUS_NOT_MAPPED_DATA ? TRUE : Check(status);
}

/// The NT name of the file that is mapped at an address; returns its length.
DWORD K32GetMappedFileNameW(HANDLE ProcessHandle, LPVOID Address, LPWSTR FileName, DWORD Size) {
  alignas(8) char buffer[kNameBuffer];
  const UNICODE_STRING* const name = MappedName(ProcessHandle, Address, buffer, sizeof buffer);
  return name ? CopyOut({name->Buffer, name->Length / sizeof(WCHAR)}, FileName, Size) : 0;
}

/// The NT name of the file that is mapped at an address; returns its length.
DWORD K32GetMappedFileNameA(HANDLE ProcessHandle, LPVOID Address, LPSTR FileName, DWORD Size) {
  alignas(8) char buffer[kNameBuffer];
  const UNICODE_STRING* const name = MappedName(ProcessHandle, Address, buffer, sizeof buffer);
  return name ? CopyOut({name->Buffer, name->Length / sizeof(WCHAR)}, FileName, Size) : 0;
}

}  // extern "C"
