// The images that the kernel has loaded, as psapi tells them: by their addresses.
#include "kernel/ps/system_information.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// SystemModuleInformation in memory of the process's heap.
class KernelModules {
 public:
  KernelModules() {
    ULONG size = 0x8000;
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
    while (status == STATUS_INFO_LENGTH_MISMATCH) {
      Free(buffer_);
      buffer_ = Allocate<char>(size);
      if (!buffer_) {
        SetError(ERROR_NOT_ENOUGH_MEMORY);
        return;
      }
      ULONG needed = 0;
      status = sys::NtQuerySystemInformation(SystemModuleInformation, buffer_, size, &needed);
      size = needed + 0x1000;  // more may come meanwhile
    }
    if (Check(status)) return;
    Free(buffer_);
    buffer_ = nullptr;
  }
  ~KernelModules() { Free(buffer_); }
  KernelModules(const KernelModules&) = delete;
  KernelModules& operator=(const KernelModules&) = delete;
  explicit operator bool() const { return buffer_ != nullptr; }

  ULONG count() const { return *reinterpret_cast<const ULONG*>(buffer_); }
  const RTL_PROCESS_MODULE_INFORMATION& operator[](ULONG index) const {
    return reinterpret_cast<const RTL_PROCESS_MODULE_INFORMATION*>(buffer_ + sizeof(ULONG_PTR))[index];
  }

 private:
  char* buffer_ = nullptr;
};

/// Gives the name of the image at a base, or its last part. 0: ERROR_INVALID_HANDLE (no image lies there), ERROR_INSUFFICIENT_BUFFER.
template <class Character>
DWORD GiveName(PVOID base, Character* name, DWORD size, bool whole) {
  const KernelModules modules;
  if (!modules) return 0;
  for (ULONG i = 0; i < modules.count(); i++) {
    const RTL_PROCESS_MODULE_INFORMATION& module = modules[i];
    if (module.ImageBase != base) continue;
    WCHAR wide[sizeof module.FullPathName];
    const SIZE_T length = ToWide(kAnsiCodePage, module.FullPathName + (whole ? 0 : module.OffsetToFileName), wide, std::size(wide));
    const DWORD copied = CopyOut({wide, length}, name, size);
    return copied < size ? copied : static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
  }
  return static_cast<DWORD>(Fail(ERROR_INVALID_HANDLE));
}

}  // namespace

extern "C" {

/// The bases of all images of the kernel, as many as fit; `Needed` tells the bytes of all. (EnumDeviceDrivers)
BOOL K32EnumDeviceDrivers(LPVOID* ImageBase, DWORD Bytes, LPDWORD Needed) {
  const KernelModules modules;
  if (!modules) return FALSE;
  for (ULONG i = 0; i < modules.count() && (i + 1) * sizeof(PVOID) <= Bytes; i++) ImageBase[i] = modules[i].ImageBase;
  *Needed = modules.count() * static_cast<DWORD>(sizeof(PVOID));
  return TRUE;
}

/// The file name of the kernel's image at a base; returns its length. 0: ERROR_INVALID_HANDLE, ERROR_INSUFFICIENT_BUFFER.
/// (GetDeviceDriverBaseName)
DWORD K32GetDeviceDriverBaseNameW(LPVOID ImageBase, LPWSTR FileName, DWORD Size) { return GiveName(ImageBase, FileName, Size, false); }
DWORD K32GetDeviceDriverBaseNameA(LPVOID ImageBase, LPSTR FileName, DWORD Size) { return GiveName(ImageBase, FileName, Size, false); }

/// The same with its path, as the kernel has it (\SystemRoot\…). (GetDeviceDriverFileName)
DWORD K32GetDeviceDriverFileNameW(LPVOID ImageBase, LPWSTR FileName, DWORD Size) { return GiveName(ImageBase, FileName, Size, true); }
DWORD K32GetDeviceDriverFileNameA(LPVOID ImageBase, LPSTR FileName, DWORD Size) { return GiveName(ImageBase, FileName, Size, true); }

}  // extern "C"
