// Providers that are registered. Private.
#pragma once

#include <string>
#include <vector>

#include "kernel/etw/etw.h"

namespace nt::etw {

/// What leaf.S reads of a registration. A REGHANDLE is the slot's index plus one, and above 32 bits the count of its uses.
struct Slot {
  REGHANDLE handle = 0;  ///< 0: free
  ULONG64 match_any = 0;
  ULONG64 match_all = 0;
  ULONG level_plus_1 = 0;  ///< 0: nobody listens
  ULONG generation = 0;
};
static_assert(sizeof(Slot) == 32 && offsetof(Slot, match_any) == 8 && offsetof(Slot, match_all) == 16 &&
              offsetof(Slot, level_plus_1) == 24);

/// What a provider says of itself.
struct Traits {
  std::string name;
  bool has_group = false;
  GUID group{};
};

/// The rest of it, at the same index.
struct Registration {
  GUID id{};
  Traits traits;
  PETWENABLECALLBACK callback = nullptr;
  PVOID context = nullptr;
  const void* caller = nullptr;
  PEPROCESS process = nullptr;  ///< of a client's provider; null for a driver's
};

/// A notification that waits for a thread of its client.
struct Waiting {
  PEPROCESS process;
  REGHANDLE handle;
  Notification notification;
};

struct State {
  std::vector<Slot> slots;
  std::vector<Registration> registrations;
  std::vector<Filter> filters;
  Sink sink = nullptr;
  std::vector<Waiting> waiting;  ///< in the order they came
  bool (*notifier)(PEPROCESS) = nullptr;
  ULONG64 activities = 0;  ///< identifiers made
  std::vector<UCHAR> event;
  std::vector<UCHAR> metadata;
  std::vector<ULONG> pieces;
};
extern State* state;

/// What the current thread's events belong to; all zeros if to nothing.
LPCGUID CurrentActivity();
/// The index of a registration, or -1.
LONG IndexOf(REGHANDLE handle);
/// Whether a session wants an event of this level and keyword.
bool Wanted(const Slot& slot, UCHAR level, ULONG64 keyword);
/// Reads a provider's traits: its name, then parts of a size, a type and bytes each. False if they are malformed.
bool ReadTraits(const UCHAR* bytes, SIZE_T size, Traits* traits);

}  // namespace nt::etw

extern "C" {
// Read by leaf.S.
extern nt::etw::Slot* EtwpSlots;
extern ULONG EtwpSlotCount;
extern ULONG EtwpSlowIndex[4];
}
