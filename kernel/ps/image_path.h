// The names of a process's image. Private to ps.
#pragma once

#include <string>
#include <string_view>

#include "kernel/ps/state.h"

namespace nt::ps {

inline std::u16string_view ImagePathOf(const Process* process) {
  return {process->host.image_path, process->host.image_path_length / sizeof(WCHAR)};
}

/// An image's path as Win32 names it.
inline std::u16string DosPath(std::u16string_view path) {
  constexpr std::u16string_view kDosDevices = u"\\??\\";
  return std::u16string(path.starts_with(kDosDevices) ? path.substr(kDosDevices.size()) : path);
}

/// And as the object manager names it.
inline std::u16string DevicePath(std::u16string_view path) {
  constexpr std::u16string_view kDrive = u"C:\\", kVolume = u"\\Device\\HarddiskVolume1\\";
  const std::u16string dos = DosPath(path);
  return dos.starts_with(kDrive) ? std::u16string(kVolume) + dos.substr(kDrive.size()) : dos;
}

}  // namespace nt::ps
