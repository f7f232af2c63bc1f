// What the SysMon driver and its client agree on: a read returns as many whole events as fit, oldest first.
#pragma once

#define SYSMON_DEVICE_NAME L"\\Device\\SysMon"
#define SYSMON_LINK_NAME L"\\??\\SysMon"

enum EventKind : USHORT { ProcessCreated, ProcessExited, ThreadCreated, ThreadExited, ImageLoaded };

// Every event starts with this; texts follow the structure that has their length.
struct Event {
  EventKind Kind;
  USHORT Size;  // bytes, with the text
  ULONG Lost;   // events that were dropped before this one, for lack of room
  LONGLONG Time;
};

struct ProcessCreatedEvent : Event {
  ULONG ProcessId;
  ULONG ParentId;
  ULONG CreatorProcessId;
  ULONG CreatorThreadId;
  ULONG CommandLineLength;  // bytes
};

struct ProcessExitedEvent : Event {
  ULONG ProcessId;
  ULONG ExitCode;
};

struct ThreadEvent : Event {
  ULONG ProcessId;
  ULONG ThreadId;
};

struct ImageLoadedEvent : Event {
  ULONG64 Base;
  ULONG64 ImageSize;
  ULONG ProcessId;   // 0: a driver
  ULONG NameLength;  // bytes; a name of the form \Device\HarddiskVolumeN\...
};
