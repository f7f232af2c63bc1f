// Birth and death of the memory manager's state, and whose an address is.
#include "kernel/mm/mm.h"

#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/section.h"
#include "kernel/mm/state.h"

namespace nt::mm {

State* state = nullptr;

void Initialize() { state = new State; }

void InitializeExports() {
  *api::Data<ULONG_PTR>("MmHighestUserAddress") = kUserHigh;
  *api::Data<ULONG_PTR>("MmUserProbeAddress") = kUserProbe;
  *api::Data<ULONG_PTR>("MmSystemRangeStart") = kSystemStart;
  *api::Data<ULONG_PTR>("MmBadPointer") = PageAlign(~ULONG_PTR{0});
  InitializeSections();
  *api::Data<POBJECT_TYPE>("MmSectionObjectType") = *SectionType();
}

void DestroyAddressSpaces() {
  for (AddressSpace* const space : state->spaces) {
    if (space != nullptr) AddressSpace::Destroy(space);
  }
  for (const auto& [address, pages] : state->system_views) DereferenceSectionPages(pages);
  state->system_views.clear();
}

void Shutdown() {
  DestroyAddressSpaces();
  delete state;
  state = nullptr;
}

ULONG_PTR Caller() { return reinterpret_cast<ULONG_PTR>(ke::CallerAddress()); }

bool TranslateAddress(ULONG_PTR address, ULONG_PTR* physical) {
  if (IsUserAddress(address)) {
    const AddressSpace* const space = AddressSpaceAt(address);
    if (space == nullptr || space->ProtectionOf(address) == 0) return false;
    *physical = space->PhysicalAddressOf(address);
    return true;
  }
  if (address - kContiguous < kLowMemoryEnd) {
    *physical = address - kContiguous;
    return Readable(address);
  }
  if (address - kSystemPtes < kSystemPtesSize) {
    auto found = state->mappings.upper_bound(address);
    if (found == state->mappings.begin()) return false;
    --found;
    const SIZE_T page = (address - found->first) >> PAGE_SHIFT;
    if (page >= found->second.frames.size()) return false;
    *physical = (found->second.frames[page] << PAGE_SHIFT) + (address & (PAGE_SIZE - 1));
    return true;
  }
  *physical = PhysicalOf(address);
  return address < kEnd && Readable(address);
}

void ForEachMapping(const std::function<void(const Mapping&)>& visit) {
  std::vector<Mapping> all;
  for (const auto& [physical, block] : state->low) all.push_back({block.kind, kContiguous + physical, block.size, block.caller});
  for (const auto& [address, mapping] : state->mappings)
    all.push_back({mapping.kind, address, mapping.pages << PAGE_SHIFT, mapping.caller});
  for (const auto& [mdl, locked] : state->locked) all.push_back(locked.mapping);
  std::ranges::sort(all, {}, &Mapping::address);
  for (const Mapping& mapping : all) visit(mapping);
}

namespace {

std::string DescribeMapping(ULONG_PTR address) {
  auto found = state->mappings.upper_bound(address);
  if (found == state->mappings.begin()) return "in no mapping, but where MDLs and I/O space are mapped";
  --found;
  if (address >= found->first + (found->second.pages << PAGE_SHIFT))
    return "in no mapping any more, but where MDLs and I/O space are mapped";
  return std::to_string(address - found->first) + " bytes into " + found->second.kind;
}

std::string DescribeStack(ULONG_PTR address) {
  const auto found = state->stacks.upper_bound(address);
  if (found != state->stacks.end() && address < found->first && found->first - address <= PAGE_SIZE)
    return "in the guard page below a kernel stack";
  if (found == state->stacks.begin()) return "in no kernel stack, but where they are";
  const auto& [low, size] = *std::prev(found);
  return address < low + size ? "in a kernel stack" : "in no kernel stack, but where they are";
}

std::string DescribeUser(ULONG_PTR address) {
  const AddressSpace* const space = AddressSpaceAt(address);
  if (space == nullptr) return address < kWindowsStart ? std::string() : "in user memory of no process";
  MEMORY_BASIC_INFORMATION information{};
  space->Query(address, &information);
  std::string text = information.State == MEM_COMMIT    ? "in committed user memory"
                     : information.State == MEM_RESERVE ? "in reserved user memory"
                                                        : "in free user memory";
  if (space != AddressSpaceOf(ke::CurrentProcess())) text += " of another process";
  return text;
}

}  // namespace

std::string DescribeAddress(ULONG_PTR address) {
  if (state == nullptr) return {};
  if (IsUserAddress(address)) return DescribeUser(address);
  if (address - kStacks < kStacksSize) return DescribeStack(address);
  if (address - kSystemPtes < kSystemPtesSize) return DescribeMapping(address);
  if (address - kContiguous < kContiguousSize)
    return Readable(address) ? "in contiguous memory" : "in contiguous memory that is not allocated";
  return ex::DescribePoolAddress(address);
}

}  // namespace nt::mm
