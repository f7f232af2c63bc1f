// The machine's memory as a quantity: what there is, what is promised, and the events in \KernelObjects that tell of it.
#include "kernel/mm/commit.h"

#include <algorithm>
#include <array>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle);
}

namespace nt::mm {
namespace {

constexpr SIZE_T Pages(SIZE_T mebibytes) { return mebibytes << 20 >> PAGE_SHIFT; }

/// Without thresholds in the registry: 32 MiB for each 4 GiB and at most 64 MiB, and three times that, as documented.
SIZE_T LowMemory() {
  const Memory& memory = state->memory;
  if (memory.low_threshold != 0) return memory.low_threshold;
  return std::clamp<SIZE_T>(memory.physical / Pages(4096) * Pages(32), Pages(32), Pages(64));
}
SIZE_T HighMemory() {
  const Memory& memory = state->memory;
  return memory.high_threshold != 0 ? memory.high_threshold : 3 * LowMemory();
}

/// What a pool may still grow: NT's thresholds are fixed sizes, or fractions of a small pool.
bool PoolIsLow(bool paged) {
  const SIZE_T most = ex::PoolLimit(paged) >> PAGE_SHIFT;
  return most - ex::PoolPages(paged) < std::min(paged ? Pages(30) : Pages(8), most / 8);
}
bool PoolIsHigh(bool paged) {
  const SIZE_T most = ex::PoolLimit(paged) >> PAGE_SHIFT;
  return most - ex::PoolPages(paged) > std::min(paged ? Pages(80) : Pages(20), most / 4);
}

bool Holds(MemoryCondition condition) {
  const Memory& memory = state->memory;
  switch (condition) {
    case MemoryCondition::LowMemory:
      return AvailablePages() <= LowMemory();
    case MemoryCondition::HighMemory:
      return AvailablePages() >= HighMemory();
    case MemoryCondition::LowPagedPool:
      return PoolIsLow(true);
    case MemoryCondition::HighPagedPool:
      return PoolIsHigh(true);
    case MemoryCondition::LowNonPagedPool:
      return PoolIsLow(false);
    case MemoryCondition::HighNonPagedPool:
      return PoolIsHigh(false);
    case MemoryCondition::LowCommit:
      return memory.committed < memory.commit_limit / 10 * 8;
    case MemoryCondition::HighCommit:
      return memory.committed >= memory.commit_limit / 10 * 9;
    case MemoryCondition::MaximumCommit:
      return memory.committed >= memory.commit_limit / 100 * 97;
    case MemoryCondition::Count:
      break;
  }
  return false;
}

ULONG Conditions() {
  ULONG bits = 0;
  for (ULONG i = 0; i < kMemoryConditions; ++i) bits |= Holds(static_cast<MemoryCondition>(i)) ? 1u << i : 0;
  return bits;
}

/// Whoever takes or returns memory may be in the middle of something: the events are set by a DPC.
void Changed() {
  Memory& memory = state->memory;
  if (memory.events[0] == nullptr || memory.pending || Conditions() == memory.told) return;
  memory.pending = true;
  ke::QueueDpcLater(&memory.dpc);
}

constexpr std::array<const char16_t*, kMemoryConditions> kNames = {
    u"\\KernelObjects\\LowMemoryCondition",     u"\\KernelObjects\\HighMemoryCondition",      u"\\KernelObjects\\LowPagedPoolCondition",
    u"\\KernelObjects\\HighPagedPoolCondition", u"\\KernelObjects\\LowNonPagedPoolCondition", u"\\KernelObjects\\HighNonPagedPoolCondition",
    u"\\KernelObjects\\LowCommitCondition",     u"\\KernelObjects\\HighCommitCondition",      u"\\KernelObjects\\MaximumCommitCondition"};

}  // namespace

void SetMemorySize(SIZE_T bytes) {
  Memory& memory = state->memory;
  memory.physical = bytes >> PAGE_SHIFT;
  memory.commit_limit = memory.physical + memory.physical / 4;  // with a page file
}

void SetMemoryThresholds(ULONG low_mebibytes, ULONG high_mebibytes) {
  state->memory.low_threshold = Pages(low_mebibytes);
  state->memory.high_threshold = Pages(high_mebibytes);
  Changed();
}

SIZE_T PhysicalPages() { return state->memory.physical; }
SIZE_T AvailablePages() { return state->memory.physical - std::min(state->memory.physical, state->memory.committed); }
SIZE_T CommittedPages() { return state->memory.committed; }
SIZE_T PeakCommittedPages() { return state->memory.peak; }
SIZE_T CommitLimit() { return state->memory.commit_limit; }

bool Commit(SIZE_T pages) {
  Memory& memory = state->memory;
  if (pages > memory.commit_limit - memory.committed) return false;
  memory.committed += pages;
  memory.peak = std::max(memory.peak, memory.committed);
  Changed();
  return true;
}

void Decommit(SIZE_T pages) {
  state->memory.committed -= pages;
  Changed();
}

void CreateMemoryEvents() {
  Memory& memory = state->memory;
  KeInitializeDpc(&memory.dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(api::StubOf("MiTellMemoryConditions")), nullptr);
  for (ULONG i = 0; i < kMemoryConditions; ++i) {
    std::u16string name(kNames[i]);
    const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
    UNICODE_STRING path{bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), name.data()};
    HANDLE handle;
    memory.events[i] = IoCreateNotificationEvent(&path, &handle);
    if (memory.events[i] == nullptr) return;
    KeClearEvent(memory.events[i]);
    // It lives as long as the machine, without a handle.
    ObfReferenceObject(memory.events[i]);
    ob::HeaderOf(memory.events[i])->Flags |= OB_FLAG_PERMANENT_OBJECT;
    ObCloseHandle(handle, KernelMode);
  }
  Changed();
}

void StopMemoryEvents() { state->memory.events = {}; }

}  // namespace nt::mm

using namespace nt::mm;

extern "C" VOID MiTellMemoryConditions(PKDPC, PVOID, PVOID, PVOID) {
  Memory& memory = state->memory;
  memory.pending = false;
  const ULONG now = Conditions();
  const ULONG changed = now ^ memory.told;
  memory.told = now;
  for (ULONG i = 0; i < kMemoryConditions; ++i) {
    if ((changed >> i & 1) == 0) continue;
    if ((now >> i & 1) != 0) {
      KeSetEvent(memory.events[i], 0, FALSE);
    } else {
      KeClearEvent(memory.events[i]);
    }
  }
}
