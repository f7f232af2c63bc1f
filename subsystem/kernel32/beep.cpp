// The speaker.
#include "nt/io.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

DWORD SleepEx(DWORD Milliseconds, BOOL Alertable);

/// Sounds a tone and returns when its time is over.
BOOL Beep(DWORD Frequency, DWORD Duration) {
  constexpr DWORD kLowest = 0x25, kHighest = 0x7fff;
  constexpr ULONG kSet = 0x10000;  // IOCTL_BEEP_SET
  if (Frequency != 0 && (Frequency < kLowest || Frequency > kHighest)) return Fail(ERROR_INVALID_PARAMETER);
  WCHAR path[] = u"\\Device\\Beep";  // on the stack: what the kernel is given must be the process's memory
  UNICODE_STRING name = StringOf(path);
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, 0, nullptr, nullptr};
  IO_STATUS_BLOCK result{};
  HANDLE device = nullptr;
  if (!Check(
          sys::NtOpenFile(&device, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &result, 3, FILE_SYNCHRONOUS_IO_NONALERT)))
    return FALSE;
  DWORD parameters[] = {Frequency, Duration};
  const NTSTATUS status =
      sys::NtDeviceIoControlFile(device, nullptr, nullptr, nullptr, &result, kSet, parameters, sizeof parameters, nullptr, 0);
  const BOOL sounded = Check(status);
  if (sounded && Duration != INFINITE) SleepEx(Duration, TRUE);
  sys::NtClose(device);
  return sounded;
}

}  // extern "C"
