// An answer of NtQuerySystemInformation whose length nobody knows in advance, in memory of the process's heap.
#pragma once

#include "kernel/ps/system_information.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32 {

class SystemAnswer {
 public:
  /// Asks for the class `what`; `size` bytes are a guess at its length.
  SystemAnswer(SYSTEM_INFORMATION_CLASS what, ULONG size) {
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
    while (status == STATUS_INFO_LENGTH_MISMATCH) {
      Free(buffer_);
      buffer_ = Allocate<char>(size);
      if (!buffer_) return;
      ULONG needed = 0;
      status = sys::NtQuerySystemInformation(what, buffer_, size, &needed);
      size = needed + 0x1000;  // more may come meanwhile
    }
    status_ = status;
  }
  ~SystemAnswer() { Free(buffer_); }
  SystemAnswer(const SystemAnswer&) = delete;
  SystemAnswer& operator=(const SystemAnswer&) = delete;

  /// STATUS_NO_MEMORY, or what the service said.
  NTSTATUS status() const { return status_; }
  const char* data() const { return buffer_; }

 private:
  char* buffer_ = nullptr;
  NTSTATUS status_ = STATUS_NO_MEMORY;
};

}  // namespace nt::win32
