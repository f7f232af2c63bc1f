// The modules of a process, read from its own lists.
#pragma once

#include "subsystem/ntdll/ntdll.h"

namespace nt::win32 {

/// A module as PEB.Ldr has it, with its path.
struct ListedModule {
  PVOID base;
  ULONG size;
  PVOID entry_point;
  ULONG path_length;  ///< characters
  ULONG name_start;   ///< of the file name in the path
  WCHAR path[260];
};

/// Walks the modules of a process in load order. Its memory may change meanwhile: what cannot be read ends the list.
class ModuleList {
 public:
  explicit ModuleList(HANDLE process);
  /// The next module; false behind the last.
  bool Next(ListedModule* module);

 private:
  template <class T>
  bool Read(const void* address, T* value) const;

  HANDLE process_;
  PVOID head_ = nullptr;
  PVOID link_ = nullptr;
};

}  // namespace nt::win32
