// Finding files: FindFirstFile and its kin, and directories' change notification.
#include <algorithm>
#include <cstring>

#include "nt/file_information.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"

namespace nt::win32 {
namespace {

constexpr ULONG kDirectoryFile = 0x1, kSynchronous = 0x20, kForBackup = 0x4000;
constexpr ULONG kListDirectory = 0x1, kSynchronize = 0x100000;

/// WIN32_FIND_DATAW and WIN32_FIND_DATAA.
template <class Char>
struct FindData {
  DWORD attributes;
  FILETIME created, accessed, written;
  DWORD size_high, size_low;
  DWORD reserved[2];
  Char name[260];
  Char short_name[14];
};
NT_SIZE(FindData<WCHAR>, 592);
NT_SIZE(FindData<char>, 320);

/// What a find handle means.
struct Search {
  static constexpr ULONG kMagic = 0x646e6946;
  ULONG magic = kMagic;
  HANDLE directory = nullptr;
  ULONG at = 0;       ///< offset of the next entry in the buffer
  bool more = false;  ///< whether there is one
  alignas(8) char buffer[4096];
};

Search* SearchOf(HANDLE handle) {
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return nullptr;
  auto* const search = static_cast<Search*>(handle);
  return search->magic == Search::kMagic ? search : nullptr;
}

/// DOS's wildcards as the file system compares them: a star before a dot, a dot before a wildcard, each question mark. A pattern that ends
/// with a dot means names without an extension (ntifs.h, FsRtlIsNameInExpression).
void TranslateWildcards(std::u16string_view pattern, PathBuffer& out) {
  if (pattern == u"*.*") return out.Append(u'*');
  const bool ends_in_dot = pattern.back() == u'.';
  while (pattern.size() > 1 && (pattern.back() == u'.' || pattern.back() == u' ')) pattern.remove_suffix(1);
  for (SIZE_T i = 0; i < pattern.size(); ++i) {
    const bool last = i + 1 == pattern.size();
    const WCHAR c = pattern[i], next = last ? u'\0' : pattern[i + 1];
    if (c == u'?') {
      out.Append(u'>');
    } else if (c == u'.' && (next == u'?' || next == u'*')) {
      out.Append(u'"');
    } else if (c == u'*' && (next == u'.' || (last && ends_in_dot))) {
      out.Append(u'<');
    } else {
      out.Append(c);
    }
  }
}

/// Fetches the next entries; `pattern` with the first call.
NTSTATUS Fetch(Search* search, PUNICODE_STRING pattern) {
  IO_STATUS_BLOCK io{};
  const NTSTATUS status = sys::NtQueryDirectoryFile(search->directory, nullptr, nullptr, nullptr, &io, search->buffer,
                                                    sizeof search->buffer, FileBothDirectoryInformation, FALSE, pattern, FALSE);
  search->at = 0;
  search->more = NT_SUCCESS(status);
  return status;
}

void FillName(WCHAR* out, std::u16string_view name) {
  const SIZE_T length = std::min<SIZE_T>(name.size(), 259);
  std::memcpy(out, name.data(), length * sizeof(WCHAR));
  out[length] = 0;
}

void FillName(char* out, std::u16string_view name) {
  const SIZE_T length = std::min<SIZE_T>(ToMultiByte(kAnsiCodePage, name, out, 259), 259);
  out[length] = 0;
}

/// Gives out the entry the search is at, and moves on.
template <class Char>
void Take(Search* search, FindData<Char>* data) {
  constexpr SIZE_T kNameInBoth = 0x5e;
  const auto* const entry = reinterpret_cast<const FILE_DIRECTORY_INFORMATION*>(search->buffer + search->at);
  *data = {};
  data->attributes = entry->FileAttributes;
  data->created = ToFileTime(entry->CreationTime.QuadPart);
  data->accessed = ToFileTime(entry->LastAccessTime.QuadPart);
  data->written = ToFileTime(entry->LastWriteTime.QuadPart);
  data->size_high = static_cast<DWORD>(entry->EndOfFile.QuadPart >> 32);
  data->size_low = static_cast<DWORD>(entry->EndOfFile.QuadPart);
  FillName(data->name, {reinterpret_cast<const WCHAR*>(search->buffer + search->at + kNameInBoth), entry->FileNameLength / sizeof(WCHAR)});
  search->more = entry->NextEntryOffset != 0;
  search->at += entry->NextEntryOffset;
}

/// Opens the directory that a path's last component is looked for in.
NTSTATUS OpenDirectory(std::u16string_view directory, HANDLE* handle) {
  PathBuffer path;
  const NTSTATUS status = NtPathOf(directory, path);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  IO_STATUS_BLOCK io{};
  return sys::NtOpenFile(handle, kListDirectory | kSynchronize, &attributes, &io, 7, kDirectoryFile | kSynchronous | kForBackup);
}

template <class Char>
HANDLE FindFirst(PCWSTR path, FindData<Char>* data) {
  std::u16string_view whole = path != nullptr ? std::u16string_view(path) : std::u16string_view();
  WCHAR full[kMaxPath];
  auto slash = whole.find_last_of(u"\\/");
  const std::u16string_view last = slash == std::u16string_view::npos ? whole : whole.substr(slash + 1);
  if (last == u"." || last == u"..") {  // the directory that is meant, by its name
    whole = {full, RtlGetFullPathName_U(path, sizeof full, full, nullptr) / sizeof(WCHAR)};
    slash = whole.find_last_of(u'\\');
  }
  const std::u16string_view name = slash == std::u16string_view::npos ? whole : whole.substr(slash + 1);
  std::u16string_view directory = slash == std::u16string_view::npos ? std::u16string_view(u".") : whole.substr(0, slash + 1);
  if (name.empty()) {
    SetError(whole.empty() ? ERROR_PATH_NOT_FOUND : ERROR_FILE_NOT_FOUND);
    return INVALID_HANDLE_VALUE;
  }
  auto* const search = Allocate<Search>(1);
  if (search == nullptr) {
    SetError(ERROR_NOT_ENOUGH_MEMORY);
    return INVALID_HANDLE_VALUE;
  }
  search->magic = Search::kMagic;
  NTSTATUS status = OpenDirectory(directory, &search->directory);
  if (NT_SUCCESS(status)) {
    PathBuffer pattern;
    TranslateWildcards(name, pattern);
    UNICODE_STRING text{static_cast<USHORT>(pattern.length * 2), static_cast<USHORT>(pattern.length * 2), pattern.text};
    status = Fetch(search, &text);
    if (!NT_SUCCESS(status)) sys::NtClose(search->directory);
  } else if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
    status = STATUS_OBJECT_PATH_NOT_FOUND;
  }
  if (!NT_SUCCESS(status)) {
    Free(search);
    SetError(status == STATUS_NO_SUCH_FILE ? ERROR_FILE_NOT_FOUND : RtlNtStatusToDosError(status));
    return INVALID_HANDLE_VALUE;
  }
  Take(search, data);
  return search;
}

template <class Char>
BOOL FindNext(HANDLE handle, FindData<Char>* data) {
  Search* const search = SearchOf(handle);
  if (search == nullptr) return Fail(ERROR_INVALID_HANDLE);
  if (!search->more && !Check(Fetch(search, nullptr))) return FALSE;
  Take(search, data);
  return TRUE;
}

}  // namespace
}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// Finds the first file of a pattern.
HANDLE FindFirstFileW(LPCWSTR FileName, PVOID FindFileData) { return FindFirst(FileName, static_cast<FindData<WCHAR>*>(FindFileData)); }

/// Finds the first file of a pattern.
HANDLE FindFirstFileA(LPCSTR FileName, PVOID FindFileData) {
  return FindFirst(WideName(FileName).c_str(), static_cast<FindData<char>*>(FindFileData));
}

/// Finds the first file of a pattern; levels and search operations only ask for less. ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED
/// (devices).
HANDLE FindFirstFileExW(LPCWSTR FileName, ULONG InfoLevelId, PVOID FindFileData, ULONG SearchOp, PVOID SearchFilter,
                        DWORD AdditionalFlags) {
  constexpr ULONG kLevels = 2, kDevices = 2, kKnownFlags = 7;
  if (InfoLevelId >= kLevels || SearchOp >= kDevices || SearchFilter != nullptr || (AdditionalFlags & ~kKnownFlags) != 0) {
    SetError(SearchOp == kDevices ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
    return INVALID_HANDLE_VALUE;
  }
  return FindFirst(FileName, static_cast<FindData<WCHAR>*>(FindFileData));
}

/// Finds the next file.
BOOL FindNextFileW(HANDLE FindFile, PVOID FindFileData) { return FindNext(FindFile, static_cast<FindData<WCHAR>*>(FindFileData)); }

/// Finds the next file.
BOOL FindNextFileA(HANDLE FindFile, PVOID FindFileData) { return FindNext(FindFile, static_cast<FindData<char>*>(FindFileData)); }

/// Ends a search.
BOOL FindClose(HANDLE FindFile) {
  Search* const search = SearchOf(FindFile);
  if (search == nullptr) return Fail(ERROR_INVALID_HANDLE);
  search->magic = 0;
  sys::NtClose(search->directory);
  Free(search);
  return TRUE;
}

}  // extern "C"
