// What the kernel tells of all processes, in memory of the process's heap.
#pragma once

#include "kernel/ps/system_information.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32 {

class SystemProcesses {
 public:
  SystemProcesses() {
    ULONG size = 0x4000;
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
    while (status == STATUS_INFO_LENGTH_MISMATCH) {
      Free(buffer_);
      buffer_ = Allocate<char>(size);
      if (!buffer_) return;
      ULONG needed = 0;
      status = sys::NtQuerySystemInformation(SystemProcessInformation, buffer_, size, &needed);
      size = needed + 0x1000;  // more may come meanwhile
    }
    if (NT_SUCCESS(status)) return;
    Free(buffer_);
    buffer_ = nullptr;
  }
  ~SystemProcesses() { Free(buffer_); }
  SystemProcesses(const SystemProcesses&) = delete;
  SystemProcesses& operator=(const SystemProcesses&) = delete;
  explicit operator bool() const { return buffer_ != nullptr; }

  template <class Visit>
  void ForEach(Visit visit) const {
    const char* at = buffer_;
    for (ULONG step = 1; step != 0; at += step) {
      const auto& process = *reinterpret_cast<const SYSTEM_PROCESS_INFORMATION*>(at);
      visit(process);
      step = process.NextEntryOffset;
    }
  }

 private:
  char* buffer_ = nullptr;
};

}  // namespace nt::win32
