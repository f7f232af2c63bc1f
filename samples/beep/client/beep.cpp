// Beep: sounds a tone by the native API, as \Device\Beep has no name that CreateFile could open.
//
//   Beep [FREQUENCY] [DURATION]     Hz, milliseconds
#include <windows.h>

#include <ntddbeep.h>
#include <winternl.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  BEEP_SET_PARAMETERS parameters;
  parameters.Frequency = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 440;
  parameters.Duration = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 500;

  UNICODE_STRING name;
  RtlInitUnicodeString(&name, DD_BEEP_DEVICE_NAME_U);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE device;
  IO_STATUS_BLOCK result;
  const NTSTATUS status = NtOpenFile(&device, GENERIC_WRITE | SYNCHRONIZE, &attributes, &result, 0, FILE_SYNCHRONOUS_IO_NONALERT);
  if (!NT_SUCCESS(status)) {
    std::printf("cannot open the beep device (status=0x%08lX)\n", static_cast<unsigned long>(status));
    return 1;
  }
  std::printf("%lu Hz for %lu ms\n", parameters.Frequency, parameters.Duration);
  DWORD bytes;
  if (!DeviceIoControl(device, IOCTL_BEEP_SET, &parameters, sizeof parameters, nullptr, 0, &bytes, nullptr)) {
    std::printf("cannot beep (error=%lu)\n", GetLastError());
    return 1;
  }
  Sleep(parameters.Duration);  // the device is done with the request at once; the tone goes on
  CloseHandle(device);
}
