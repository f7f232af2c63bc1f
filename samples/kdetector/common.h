// What the KDetector driver and its client agree on: a read returns whole records, the oldest first.
#pragma once

#define KDETECTOR_DEVICE_NAME L"\\Device\\KDetector"
#define KDETECTOR_LINK_NAME L"\\??\\KDetector"

// A thread that a process created in another.
struct RemoteThread {
  LONG64 Time;  // 100 ns since 1601
  ULONG CreatorProcessId;
  ULONG CreatorThreadId;
  ULONG ProcessId;  // where the thread is
  ULONG ThreadId;
};
