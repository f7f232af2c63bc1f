// The images that the kernel has loaded, as psapi tells them: by their addresses.
#include "subsystem/kernel32/system_answer.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

class KernelModules {
 public:
  KernelModules() { Check(answer_.status()); }
  explicit operator bool() const { return NT_SUCCESS(answer_.status()); }

  ULONG count() const { return *reinterpret_cast<const ULONG*>(answer_.data()); }
  const RTL_PROCESS_MODULE_INFORMATION& operator[](ULONG index) const {
    return reinterpret_cast<const RTL_PROCESS_MODULE_INFORMATION*>(answer_.data() + sizeof(ULONG_PTR))[index];
  }

 private:
  SystemAnswer answer_{SystemModuleInformation, 0x8000};
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
