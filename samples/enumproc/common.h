// What the EnumProc driver and its client agree on.
#pragma once

#define ENUMPROC_DEVICE_NAME L"\\Device\\EnumProc"
#define ENUMPROC_LINK_NAME L"\\??\\EnumProc"

// Out: an array of ProcessEntry, one for each process. STATUS_BUFFER_TOO_SMALL if not all have room.
#define IOCTL_ENUMPROC_LIST CTL_CODE(0x8004, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

#define ENUMPROC_NAME_LENGTH 32

struct ProcessEntry {
  ULONG Id;
  ULONG ParentId;
  ULONG Session;
  ULONG Threads;
  ULONG Handles;
  WCHAR Name[ENUMPROC_NAME_LENGTH];  // ends with a zero; cut if it is longer
};
