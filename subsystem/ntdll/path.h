// DOS paths and the NT names they stand for.
#pragma once

#include <string_view>

#include "nt/types.h"

namespace nt::user {

inline constexpr ULONG kMaxPath = 2048;

/// A path under construction, on the stack.
struct PathBuffer {
  ULONG length = 0;  ///< characters
  bool overflow = false;
  WCHAR text[kMaxPath + 1];

  void Append(WCHAR c);
  void Append(std::u16string_view part);
  std::u16string_view View() const { return {text, length}; }
};

/// RtlDetermineDosPathNameType_U's numbers.
enum class PathKind { Unc = 1, DriveAbsolute, DriveRelative, Rooted, Relative, LocalDevice, RootLocalDevice };
PathKind KindOfPath(std::u16string_view path);

/// The device name if the whole path is one ("NUL", "con:", "COM1"); empty otherwise.
std::u16string_view DosDeviceIn(std::u16string_view path);

/// Appends the full form of a path, which is not empty, to `out`.
void FullPath(std::u16string_view path, PathBuffer& out);

/// Appends the NT name that a DOS path stands for: "C:\x" is "\??\C:\x", "\\.\Zero" is "\??\Zero", "\\server\s" is "\??\UNC\server\s".
/// STATUS_OBJECT_NAME_INVALID if it is empty, STATUS_NAME_TOO_LONG.
NTSTATUS NtPathOf(std::u16string_view path, PathBuffer& out);

}  // namespace nt::user
