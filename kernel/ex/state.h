// What ex keeps besides pool. Private.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "kernel/ex/ex.h"
#include "nt/ob.h"

namespace nt::ex {

/// A thread that waits for a push lock; it lies on the thread's stack.
struct PushLockWaiter {
  KEVENT event;
  PushLockWaiter* next;
  bool exclusive;
};

/// First come, first served.
struct PushLockQueue {
  PushLockWaiter* first = nullptr;
  PushLockWaiter* last = nullptr;
};

/// Work items come in as many queues as there are thread priorities.
inline constexpr SIZE_T kWorkPriorities = 32;

struct State {
  std::vector<Leftover> leftovers;
  std::unordered_map<PEX_PUSH_LOCK, PushLockQueue> push_locks;  ///< those that are waited for
  std::array<LIST_ENTRY, kWorkPriorities> work{};
  KSEMAPHORE work_available{};
  ULONG workers = 0;
  ULONG busy_workers = 0;
  ULONG queued_items = 0;
  POBJECT_TYPE callback_type = nullptr;
  LONGLONG time_zone_bias = 0;  ///< 100 ns units; local time = system time - bias
  ULONG timer_resolution_requests = 0;
  ULONG timer_resolution = 0;  ///< 100 ns units; 0: the default
  LONGLONG last_uuid_time = 0;
};
extern State* state;

/// Creates the Callback type, the callbacks every system has, and the data export ExCallbackObjectType's value.
void InitializeCallbacks();

/// Lets each lookaside list keep as much as the last second showed to be useful, as NT's balance set manager does.
void AdjustLookasideDepths(ULONG seconds);

}  // namespace nt::ex
