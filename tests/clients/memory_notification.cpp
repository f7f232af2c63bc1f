// Memory resource notifications: much memory until most of it is taken, and then little.
#include <windows.h>

#include <cstdio>

#include "show.h"

namespace {

BOOL StateOf(HANDLE notification) {
  BOOL state = -1;
  QueryMemoryResourceNotification(notification, &state);
  return state;
}

}  // namespace

int main() {
  const HANDLE low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
  const HANDLE high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
  Show("low, high", {StateOf(low), StateOf(high)});
  // Of the 8 GiB that a machine has, and the 2 GiB of its page file.
  void* const most = VirtualAlloc(nullptr, 8180ull << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  Show("most is taken", {most, WaitForSingleObject(low, 1000), StateOf(low), StateOf(high)});
  VirtualFree(most, 0, MEM_RELEASE);
  Show("and given back", {WaitForSingleObject(high, 1000), StateOf(low), StateOf(high)});
  Show("mistakes", {CreateMemoryResourceNotification(static_cast<MEMORY_RESOURCE_NOTIFICATION_TYPE>(2)), GetLastError(),
                    QueryMemoryResourceNotification(nullptr, nullptr), GetLastError()});
  CloseHandle(low);
  CloseHandle(high);
}
