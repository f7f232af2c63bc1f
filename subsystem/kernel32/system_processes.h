// What the kernel tells of all processes, in memory of the process's heap.
#pragma once

#include "subsystem/kernel32/system_answer.h"

namespace nt::win32 {

class SystemProcesses {
 public:
  explicit operator bool() const { return NT_SUCCESS(answer_.status()); }

  template <class Visit>
  void ForEach(Visit visit) const {
    const char* at = answer_.data();
    for (ULONG step = 1; step != 0; at += step) {
      const auto& process = *reinterpret_cast<const SYSTEM_PROCESS_INFORMATION*>(at);
      visit(process);
      step = process.NextEntryOffset;
    }
  }

 private:
  SystemAnswer answer_{SystemProcessInformation, 0x4000};
};

}  // namespace nt::win32
