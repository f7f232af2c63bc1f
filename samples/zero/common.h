// What the Zero driver and its client agree on.
#pragma once

#define ZERO_DEVICE_NAME L"\\Device\\Zero"
#define ZERO_LINK_NAME L"\\??\\Zero"

#define ZERO_DEVICE_TYPE 0x8022  // 0x8000 and above are free for drivers that are not Microsoft's

#define IOCTL_ZERO_GET_STATS CTL_CODE(ZERO_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ZERO_CLEAR_STATS CTL_CODE(ZERO_DEVICE_TYPE, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

// Output of IOCTL_ZERO_GET_STATS; bytes since the statistics were last cleared.
struct ZeroStats {
  LONG64 TotalRead;
  LONG64 TotalWritten;
};
