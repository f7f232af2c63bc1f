// The speaker's device.
#include "ktest.h"

#include <ntddbeep.h>

extern "C" NTSYSAPI BOOLEAN NTAPI HalMakeBeep(ULONG Frequency);

namespace {

NTSTATUS OpenBeep(HANDLE* device) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(DD_BEEP_DEVICE_NAME_U);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  IO_STATUS_BLOCK result;
  return ZwOpenFile(device, GENERIC_WRITE | SYNCHRONIZE, &attributes, &result, 0, FILE_SYNCHRONOUS_IO_NONALERT);
}

NTSTATUS Set(HANDLE device, ULONG frequency, ULONG duration, ULONG length = sizeof(BEEP_SET_PARAMETERS)) {
  BEEP_SET_PARAMETERS parameters = {frequency, duration};
  IO_STATUS_BLOCK result;
  return ZwDeviceIoControlFile(device, nullptr, nullptr, nullptr, &result, IOCTL_BEEP_SET, &parameters, length, nullptr, 0);
}

}  // namespace

KTEST(TonesAndSilence) {
  HANDLE device;
  EXPECT_EQ(OpenBeep(&device), STATUS_SUCCESS);
  const LONG64 before = ktest::Now();
  EXPECT_EQ(Set(device, 440, 10'000), STATUS_SUCCESS);
  EXPECT(ktest::Now() - before < 5'000);  // it does not wait for the tone's end
  EXPECT_EQ(Set(device, 880, 1), STATUS_SUCCESS);
  EXPECT_EQ(Set(device, 0, 0), STATUS_SUCCESS);
  EXPECT_EQ(Set(device, 440, MAXULONG), STATUS_SUCCESS);
  ZwClose(device);
}

KTEST(BadRequests) {
  HANDLE device;
  EXPECT_EQ(OpenBeep(&device), STATUS_SUCCESS);
  EXPECT_EQ(Set(device, 440, 10, sizeof(BEEP_SET_PARAMETERS) - 1), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Set(device, 440, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Set(device, 5, 10), STATUS_INVALID_PARAMETER);
  IO_STATUS_BLOCK result;
  EXPECT_EQ(ZwDeviceIoControlFile(device, nullptr, nullptr, nullptr, &result, IOCTL_BEEP_SET + 4, nullptr, 0, nullptr, 0),
            STATUS_NOT_IMPLEMENTED);
  ZwClose(device);
}

KTEST(HalMakesBeep) {
  EXPECT(HalMakeBeep(440));
  EXPECT(HalMakeBeep(0));
  EXPECT(!HalMakeBeep(18));
  EXPECT(!HalMakeBeep(2'000'000));
}
