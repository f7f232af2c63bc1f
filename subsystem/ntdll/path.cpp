// DOS paths: their kinds, their full form, and the NT names they stand for.
#include <algorithm>
#include <cstring>
#include <string_view>

#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"
#include "subsystem/ntdll/path.h"

namespace nt::user {
namespace {

bool IsSlash(WCHAR c) { return c == u'\\' || c == u'/'; }
WCHAR Upper(WCHAR c) { return c >= 'a' && c <= 'z' ? static_cast<WCHAR>(c - 32) : c; }

bool SameText(std::u16string_view left, std::u16string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](WCHAR a, WCHAR b) { return Upper(a) == Upper(b); });
}

}  // namespace

void PathBuffer::Append(WCHAR c) {
  if (length < kMaxPath)
    text[length++] = c;
  else
    overflow = true;
}

void PathBuffer::Append(std::u16string_view part) {
  for (const WCHAR c : part) Append(c);
}

PathKind KindOfPath(std::u16string_view path) {
  const SIZE_T size = path.size();
  if (size >= 1 && IsSlash(path[0])) {
    if (size < 2 || !IsSlash(path[1])) return PathKind::Rooted;
    if (size < 3 || (path[2] != u'.' && path[2] != u'?')) return PathKind::Unc;
    if (size == 3) return PathKind::RootLocalDevice;
    return IsSlash(path[3]) ? PathKind::LocalDevice : PathKind::Unc;
  }
  if (size < 2 || path[1] != u':') return PathKind::Relative;
  return size >= 3 && IsSlash(path[2]) ? PathKind::DriveAbsolute : PathKind::DriveRelative;
}

std::u16string_view DosDeviceIn(std::u16string_view path) {
  // Only a bare name is a device since Windows 11; trailing blanks, and a colon, do not matter.
  while (!path.empty() && (path.back() == u' ' || path.back() == u':' || path.back() == u'.')) path.remove_suffix(1);
  for (const std::u16string_view name : {u"CON", u"NUL", u"AUX", u"PRN", u"CONIN$", u"CONOUT$"})
    if (SameText(path, name)) return path;
  if (path.size() == 4 && path[3] >= u'1' && path[3] <= u'9' &&
      (SameText(path.substr(0, 3), u"COM") || SameText(path.substr(0, 3), u"LPT"))) {
    return path;
  }
  return {};
}

namespace {

/// Appends the components of `path` to `out`, whose first `root` characters stay: "." and ".." are resolved, slashes made one backslash.
void AppendComponents(PathBuffer& out, ULONG root, std::u16string_view path) {
  SIZE_T at = 0;
  bool trailing = false;
  while (at < path.size()) {
    if (IsSlash(path[at])) {
      at++;
      trailing = true;
      continue;
    }
    SIZE_T end = at;
    while (end < path.size() && !IsSlash(path[end])) end++;
    std::u16string_view part = path.substr(at, end - at);
    at = end;
    trailing = false;
    if (part == u".") continue;
    if (part == u"..") {
      if (out.length > root && out.text[out.length - 1] == u'\\') out.length--;  // of a current directory
      while (out.length > root && out.text[out.length - 1] != u'\\') out.length--;
      if (out.length > root) out.length--;
      continue;
    }
    // Dots and blanks at the end of a name do not belong to it.
    while (!part.empty() && (part.back() == u'.' || part.back() == u' ')) part.remove_suffix(1);
    if (out.length && out.text[out.length - 1] != u'\\') out.Append(u'\\');
    out.Append(part);
  }
  if (trailing && out.length && out.text[out.length - 1] != u'\\') out.Append(u'\\');
}

std::u16string_view CurrentDirectory() {
  const UNICODE_STRING& path = CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
  if (!path.Buffer || path.Length < 6) return u"C:\\";
  return {path.Buffer, path.Length / sizeof(WCHAR)};
}

/// The length of "\\server\share" at the start of a UNC path.
SIZE_T UncRoot(std::u16string_view path) {
  SIZE_T at = 2;
  for (int parts = 0; parts < 2 && at < path.size(); parts++) {
    while (at < path.size() && !IsSlash(path[at])) at++;
    if (parts == 0 && at < path.size()) at++;
  }
  return at;
}

}  // namespace

void FullPath(std::u16string_view path, PathBuffer& out) {
  if (const std::u16string_view device = DosDeviceIn(path); !device.empty()) {
    out.Append(u"\\\\.\\");
    return out.Append(device);
  }
  switch (KindOfPath(path)) {
    case PathKind::LocalDevice:
    case PathKind::RootLocalDevice:
      out.Append(u"\\\\");
      out.Append(path[2]);
      out.Append(u'\\');
      if (path.size() > 4) AppendComponents(out, 4, path.substr(4));
      return;
    case PathKind::Unc: {
      const SIZE_T root = UncRoot(path);
      out.Append(u"\\\\");
      AppendComponents(out, 2, path.substr(2, root - 2));
      return AppendComponents(out, static_cast<ULONG>(root), path.substr(root));
    }
    case PathKind::DriveAbsolute:
      out.Append(Upper(path[0]));
      out.Append(u":\\");
      return AppendComponents(out, 3, path.substr(3));
    case PathKind::DriveRelative: {
      const std::u16string_view current = CurrentDirectory();
      if (Upper(path[0]) == Upper(current[0]))
        out.Append(current);
      else
        out.Append(Upper(path[0])), out.Append(u":\\");
      return AppendComponents(out, 3, path.substr(2));
    }
    case PathKind::Rooted:
      out.Append(CurrentDirectory().substr(0, 2));
      out.Append(u'\\');
      return AppendComponents(out, 3, path.substr(1));
    case PathKind::Relative:
      out.Append(CurrentDirectory());
      return AppendComponents(out, 3, path);
  }
}

NTSTATUS NtPathOf(std::u16string_view path, PathBuffer& out) {
  if (path.empty()) return STATUS_OBJECT_NAME_INVALID;
  if (path.starts_with(u"\\\\?\\") || path.starts_with(u"\\??\\")) {
    // Taken literally.
    out.Append(u"\\??\\");
    out.Append(path.substr(4));
  } else {
    PathBuffer full;
    FullPath(path, full);
    const std::u16string_view text = full.View();
    const std::u16string_view device = text.starts_with(u"\\\\.\\") ? text.substr(4) : std::u16string_view();
    if (SameText(device, u"CONIN$")) {
      out.Append(u"\\Device\\ConDrv\\CurrentIn");
    } else if (SameText(device, u"CONOUT$") || SameText(device, u"CON")) {
      out.Append(u"\\Device\\ConDrv\\CurrentOut");
    } else {
      out.Append(u"\\??\\");
      if (text.starts_with(u"\\\\.\\") || text.starts_with(u"\\\\?\\"))
        out.Append(text.substr(4));
      else if (text.starts_with(u"\\\\"))
        out.Append(u"UNC"), out.Append(text.substr(1));
      else
        out.Append(text);
    }
    if (full.overflow) return STATUS_NAME_TOO_LONG;
  }
  return out.overflow ? STATUS_NAME_TOO_LONG : STATUS_SUCCESS;
}

}  // namespace nt::user

using namespace nt::user;

namespace {

std::u16string_view ViewOf(PCWSTR text) { return text ? std::u16string_view(text) : std::u16string_view(); }

}  // namespace

extern "C" {

/// The kind of a DOS path: 1 UNC, 2 absolute, 3 drive-relative, 4 rooted, 5 relative, 6 device, 7 the device root.
ULONG RtlDetermineDosPathNameType_U(PCWSTR Path) { return static_cast<ULONG>(KindOfPath(ViewOf(Path))); }

/// The full form of a DOS path. Returns its bytes without the terminator, or the bytes needed with it if the buffer is too small.
ULONG RtlGetFullPathName_U(PCWSTR FileName, ULONG BufferLength, PWSTR Buffer, PWSTR* FilePart) {
  if (FilePart) *FilePart = nullptr;
  const std::u16string_view path = ViewOf(FileName);
  if (path.empty()) return 0;
  PathBuffer full;
  FullPath(path, full);
  if (full.overflow) return 0;
  const ULONG bytes = full.length * 2;
  if (BufferLength < bytes + 2) return bytes + 2;
  std::memcpy(Buffer, full.text, bytes);
  Buffer[full.length] = 0;
  if (FilePart) {
    ULONG at = full.length;
    while (at && Buffer[at - 1] != u'\\') at--;
    if (at < full.length) *FilePart = Buffer + at;
  }
  return bytes;
}

/// Makes the NT name of a DOS path, in memory of the process heap. Partial: gives no relative name.
BOOLEAN RtlDosPathNameToNtPathName_U(PCWSTR DosName, PUNICODE_STRING NtName, PWSTR* FilePart, [[maybe_unused]] PVOID RelativeName) {
  PathBuffer path;
  if (!NT_SUCCESS(NtPathOf(ViewOf(DosName), path))) return FALSE;
  auto* const buffer = Allocate<WCHAR>(path.length + 1);
  if (!buffer) return FALSE;
  std::memcpy(buffer, path.text, path.length * sizeof(WCHAR));
  *NtName = {static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2 + 2), buffer};
  if (FilePart) {
    ULONG at = path.length;
    while (at && buffer[at - 1] != u'\\') at--;
    *FilePart = at < path.length ? buffer + at : nullptr;
  }
  return TRUE;
}

/// Makes the NT name of a DOS path, with a status.
NTSTATUS RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR DosName, PUNICODE_STRING NtName, PWSTR* FilePart, PVOID RelativeName) {
  return RtlDosPathNameToNtPathName_U(DosName, NtName, FilePart, RelativeName) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

/// Copies the current directory's path, with a trailing backslash for a root only. Returns bytes, as RtlGetFullPathName_U.
ULONG RtlGetCurrentDirectory_U(ULONG BufferLength, PWSTR Buffer) {
  std::u16string_view path = CurrentDirectory();
  if (path.size() > 3 && path.back() == u'\\') path.remove_suffix(1);
  const auto bytes = static_cast<ULONG>(path.size() * 2);
  if (BufferLength < bytes + 2) return bytes + 2;
  std::memcpy(Buffer, path.data(), bytes);
  Buffer[path.size()] = 0;
  return bytes;
}

/// Changes the current directory to one that exists.
NTSTATUS RtlSetCurrentDirectory_U(PCUNICODE_STRING Path) {
  const std::u16string_view path{Path->Buffer, Path->Length / sizeof(WCHAR)};
  PathBuffer full, nt_path;
  if (path.empty()) return STATUS_OBJECT_NAME_INVALID;
  FullPath(path, full);
  if (full.text[full.length - 1] != u'\\') full.Append(u'\\');
  NTSTATUS status = NtPathOf(full.View(), nt_path);
  if (!NT_SUCCESS(status) || full.overflow) return STATUS_NAME_TOO_LONG;

  UNICODE_STRING name{static_cast<USHORT>(nt_path.length * 2), static_cast<USHORT>(nt_path.length * 2), nt_path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  IO_STATUS_BLOCK io{};
  HANDLE handle = nullptr;
  status = nt::sys::NtOpenFile(&handle, 0x100020, &attributes, &io, 3, 0x21);  // traverse; a directory; synchronous
  if (!NT_SUCCESS(status)) return status;

  auto* const buffer = Allocate<WCHAR>(full.length + 1);
  if (!buffer) return nt::sys::NtClose(handle), STATUS_NO_MEMORY;
  std::memcpy(buffer, full.text, full.length * sizeof(WCHAR));
  CURDIR& current = CurrentPeb()->ProcessParameters->CurrentDirectory;
  HANDLE const old = current.Handle;
  current.DosPath = {static_cast<USHORT>(full.length * 2), static_cast<USHORT>(full.length * 2 + 2), buffer};
  current.Handle = handle;
  if (old) nt::sys::NtClose(old);
  return STATUS_SUCCESS;
}

}  // extern "C"
