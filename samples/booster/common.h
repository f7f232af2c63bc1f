// What the Booster driver and its client agree on.
#pragma once

#define BOOSTER_DEVICE_NAME L"\\Device\\Booster"
#define BOOSTER_LINK_NAME L"\\??\\Booster"

// One request: the client writes exactly one of these to the device.
struct ThreadData {
  ULONG ThreadId;
  int Priority;  // 1 to 31: the thread's new base priority, not relative to its process
};
