// Low memory on request: lets allocations of drivers fail.
#include "kernel/ex/pool.h"

namespace nt::ex {
namespace {

/// splitmix64 of the seed and the allocation's number: a run with the same seed fails at the same places.
ULONG64 Random(ULONG64 seed, ULONG64 number) {
  ULONG64 x = seed + number * 0x9E3779B97F4A7C15;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

}  // namespace

void SetAllocationFaults(const AllocationFaults& faults) {
  pool_state->faults = faults;
  pool_state->faults_on = faults.number != 0 || faults.one_in != 0;
  pool_state->allocation_number = 0;
}

bool LetAllocationFail() {
  if (!pool_state->faults_on) [[likely]]
    return false;
  const AllocationFaults& faults = pool_state->faults;
  const ULONG64 number = ++pool_state->allocation_number;
  if (number == faults.number) return true;
  return faults.one_in != 0 && Random(faults.seed, number) % faults.one_in == 0;
}

}  // namespace nt::ex
