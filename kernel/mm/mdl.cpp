// Memory descriptor lists: locking their pages and mapping them.
#include <utility>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "nt/bugcodes.h"
#include "nt/ps.h"
#include "nt/status.h"

extern "C" {
VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState);
VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState);
}

namespace nt::mm {
namespace {

constexpr ULONG kMdlTag = 0x206c644d;  // 'Mdl '

PFN_NUMBER* Frames(PMDL mdl) { return reinterpret_cast<PFN_NUMBER*>(mdl + 1); }
ULONG_PTR Start(const MDL* mdl) { return reinterpret_cast<ULONG_PTR>(mdl->StartVa) + mdl->ByteOffset; }
SIZE_T PageCount(const MDL* mdl) { return PagesSpanned(mdl->ByteOffset, mdl->ByteCount); }
bool Has(const MDL* mdl, ULONG flags) { return (static_cast<USHORT>(mdl->MdlFlags) & flags) != 0; }
void Set(PMDL mdl, ULONG flags) { mdl->MdlFlags = static_cast<CSHORT>(static_cast<USHORT>(mdl->MdlFlags) | flags); }
void Clear(PMDL mdl, ULONG flags) { mdl->MdlFlags = static_cast<CSHORT>(static_cast<USHORT>(mdl->MdlFlags) & ~flags); }

/// Makes sure that a byte can be read, or read and written.
NTSTATUS Touch(ULONG_PTR address, bool user, bool write) {
  void* const place = reinterpret_cast<void*>(address);
  UCHAR byte;
  if (user) {
    const NTSTATUS status = CopyFromUser(&byte, place, 1);
    return status == STATUS_SUCCESS && write ? CopyToUser(place, &byte, 1) : status;
  }
  return Guarded(&byte, place, 1) && (!write || Guarded(place, &byte, 1)) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS LockPages(PMDL mdl, KPROCESSOR_MODE mode, bool write) {
  const ULONG_PTR start = Start(mdl);
  const bool user = IsUserAddress(start);
  if (start + mdl->ByteCount < start) return STATUS_ACCESS_VIOLATION;
  if (mode != KernelMode && (!user || start + mdl->ByteCount > kUserProbe)) return STATUS_ACCESS_VIOLATION;
  const SIZE_T count = PageCount(mdl);
  for (SIZE_T i = 0; i < count; ++i) {
    const ULONG_PTR at = i == 0 ? start : PageAlign(start) + (i << PAGE_SHIFT);
    const NTSTATUS status = Touch(at, user, write);
    ULONG_PTR physical;
    if (status != STATUS_SUCCESS) return status;
    if (!TranslateAddress(at, &physical)) return STATUS_ACCESS_VIOLATION;
    Frames(mdl)[i] = physical >> PAGE_SHIFT;
  }
  mdl->Process = user ? ke::CurrentProcess() : nullptr;
  return STATUS_SUCCESS;
}

/// User pages are the MDL's until it is unlocked, even if they are freed meanwhile: what the process has of its own, and sections'.
void KeepUserPages(PMDL mdl, LockedMdl* locked) {
  const AddressSpace* const space = AddressSpaceAt(Start(mdl));
  locked->process = mdl->Process;
  for (SIZE_T i = 0; i < PageCount(mdl); ++i) {
    SectionPages* const pages = space->SectionAt(PageAlign(Start(mdl)) + (i << PAGE_SHIFT));
    if (pages == nullptr) {
      LockFrame(Frames(mdl)[i]);
    } else if (locked->sections.empty() || locked->sections.back() != pages) {
      ReferenceSectionPages(pages);
      locked->sections.push_back(pages);
    }
  }
}

void ReleaseUserPages(PMDL mdl) {
  const auto found = state->locked.find(reinterpret_cast<ULONG_PTR>(mdl));
  if (found == state->locked.end()) return;
  const LockedMdl locked = std::move(found->second);
  state->locked.erase(found);
  if (locked.process == nullptr) return;
  for (SIZE_T i = 0; i < PageCount(mdl); ++i) UnlockFrame(Frames(mdl)[i]);
  for (SectionPages* const pages : locked.sections) DereferenceSectionPages(pages);
}

NTSTATUS Lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
  if (Has(mdl, MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)) {
    ke::BugCheck(MEMORY_MANAGEMENT, 0x1236, reinterpret_cast<ULONG_PTR>(mdl), 0, 0,
                 "An MDL whose pages are locked must be unlocked before it is locked again.");
  }
  const bool write = operation != IoReadAccess;
  const NTSTATUS status = LockPages(mdl, mode, write);
  if (status != STATUS_SUCCESS) return status;
  Set(mdl, write ? MDL_PAGES_LOCKED | MDL_WRITE_OPERATION : MDL_PAGES_LOCKED);
  LockedMdl& locked = state->locked[reinterpret_cast<ULONG_PTR>(mdl)];
  locked = {{"locked pages", Start(mdl), mdl->ByteCount, Caller()}};
  if (mdl->Process != nullptr) KeepUserPages(mdl, &locked);
  return STATUS_SUCCESS;
}

PVOID MapToUser(PMDL mdl, ULONG_PTR wish, ULONG priority) {
  if (wish % PAGE_SIZE != 0 || (wish != 0 && !IsUserAddress(wish))) ke::RaiseStatus(STATUS_INVALID_ADDRESS);
  AddressSpace* const space = AddressSpaceOf(ke::CurrentProcess());
  ULONG_PTR base = wish;
  const ULONG protection = (priority & MdlMappingNoWrite) != 0 ? PAGE_READONLY : PAGE_READWRITE;
  const NTSTATUS status = space == nullptr ? STATUS_ACCESS_VIOLATION : space->MapFrames(&base, Frames(mdl), PageCount(mdl), protection);
  // As documented, a mapping to user space that fails raises an exception, whatever BugCheckOnFailure says.
  if (status != STATUS_SUCCESS) ke::RaiseStatus(status);
  return reinterpret_cast<PVOID>(base + mdl->ByteOffset);
}

hal::Protection KernelProtection(ULONG priority) {
  const bool write = (priority & MdlMappingNoWrite) == 0;
  if ((priority & MdlMappingNoExecute) != 0) return write ? hal::Protection::ReadWrite : hal::Protection::Read;
  return write ? hal::Protection::ReadWriteExecute : hal::Protection::ReadExecute;
}

PVOID MapToKernel(PMDL mdl, ULONG priority, bool must_succeed) {
  const ULONG_PTR base =
      !must_succeed && ex::LetAllocationFail() ? 0 : MapSystem("MDL mapping", Frames(mdl), PageCount(mdl), KernelProtection(priority));
  if (base == 0) {
    if (must_succeed)
      ke::BugCheck(NO_MORE_SYSTEM_PTES, 0, PageCount(mdl), 0, 0,
                   "There is no room to map this MDL, and its caller said that this must not fail.");
    return nullptr;
  }
  mdl->MappedSystemVa = reinterpret_cast<PVOID>(base + mdl->ByteOffset);
  Set(mdl, Has(mdl, MDL_PARTIAL) ? MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED : MDL_MAPPED_TO_SYSTEM_VA);
  return mdl->MappedSystemVa;
}

void UnmapFromKernel(PMDL mdl, ULONG_PTR address) {
  if (!Has(mdl, MDL_MAPPED_TO_SYSTEM_VA) || !UnmapSystem(PageAlign(address))) {
    ke::BugCheck(SYSTEM_PTE_MISUSE, 0x300, address, PageCount(mdl), 0, "MmUnmapLockedPages needs the address at which this MDL is mapped.");
  }
  Clear(mdl, MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

const char* const kReserved = "mapping address";

[[noreturn]] void MisusedMapping(PVOID address, ULONG tag, const char* rule) {
  ke::BugCheck(SYSTEM_PTE_MISUSE, 0x100, reinterpret_cast<ULONG_PTR>(address), tag, 0, rule);
}

/// What MmAllocateMappingAddress reserved at an address with a tag; a bugcheck if it did not.
const SystemMapping& Reserved(PVOID address, ULONG tag) {
  const auto base = reinterpret_cast<ULONG_PTR>(address);
  const auto found = state->reserved_tags.find(base);
  if (found == state->reserved_tags.end()) MisusedMapping(address, tag, "This needs an address of MmAllocateMappingAddress.");
  if (found->second != tag) MisusedMapping(address, tag, "This needs the tag that MmAllocateMappingAddress was given.");
  return state->mappings[base];
}

}  // namespace
}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length) {
  return sizeof(MDL) + PagesSpanned(reinterpret_cast<ULONG_PTR>(Base), Length) * sizeof(PFN_NUMBER);
}

PMDL MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length) {
  PMDL mdl = MemoryDescriptorList;
  const SIZE_T size = MmSizeOfMdl(Base, Length);
  if (mdl == nullptr && !ex::LetAllocationFail()) mdl = static_cast<PMDL>(ex::AllocatePool(NonPagedPoolNx, size, kMdlTag));
  if (mdl == nullptr) return nullptr;
  const auto base = reinterpret_cast<ULONG_PTR>(Base);
  mdl->Next = nullptr;
  mdl->Size = static_cast<CSHORT>(size);
  mdl->MdlFlags = 0;
  mdl->StartVa = reinterpret_cast<PVOID>(PageAlign(base));
  mdl->ByteOffset = static_cast<ULONG>(base & (PAGE_SIZE - 1));
  mdl->ByteCount = static_cast<ULONG>(Length);
  return mdl;
}

VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
  const NTSTATUS status = Lock(MemoryDescriptorList, AccessMode, Operation);
  if (status != STATUS_SUCCESS) ke::RaiseStatus(status);
}

VOID MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
  KAPC_STATE attached;
  KeStackAttachProcess(&Process->Pcb, &attached);
  const NTSTATUS status = Lock(MemoryDescriptorList, AccessMode, Operation);
  KeUnstackDetachProcess(&attached);
  if (status != STATUS_SUCCESS) ke::RaiseStatus(status);
}

VOID MmUnlockPages(PMDL MemoryDescriptorList) {
  PMDL const mdl = MemoryDescriptorList;
  if (!Has(mdl, MDL_PAGES_LOCKED)) {
    ke::BugCheck(PFN_LIST_CORRUPT, 0x07, Frames(mdl)[0], 0, 0, "MmUnlockPages needs an MDL whose pages MmProbeAndLockPages locked.");
  }
  if (Has(mdl, MDL_MAPPED_TO_SYSTEM_VA)) MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
  Clear(mdl, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
  ReleaseUserPages(mdl);
  mdl->Process = nullptr;
}

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) {
  PMDL const mdl = MemoryDescriptorList;
  const auto start = reinterpret_cast<ULONG_PTR>(mdl->StartVa);
  for (SIZE_T i = 0; i < PageCount(mdl); ++i) {
    ULONG_PTR physical;
    if (IsUserAddress(start) || !TranslateAddress(start + (i << PAGE_SHIFT), &physical)) {
      ke::BugCheck(MEMORY_MANAGEMENT, 0x1236, reinterpret_cast<ULONG_PTR>(mdl), start, 0,
                   "MmBuildMdlForNonPagedPool needs a buffer in non-paged system memory.");
    }
    Frames(mdl)[i] = physical >> PAGE_SHIFT;
  }
  mdl->Process = nullptr;
  mdl->MappedSystemVa = reinterpret_cast<PVOID>(Start(mdl));
  Set(mdl, MDL_SOURCE_IS_NONPAGED_POOL);
}

PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE, PVOID RequestedAddress,
                                   ULONG BugCheckOnFailure, ULONG Priority) {
  PMDL const mdl = MemoryDescriptorList;
  if (!Has(mdl, MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_SPACE)) {
    ke::BugCheck(MEMORY_MANAGEMENT, 0x1233, Frames(mdl)[0], 0, 0, "Only pages that are locked may be mapped.");
  }
  if (AccessMode != KernelMode) return MapToUser(mdl, reinterpret_cast<ULONG_PTR>(RequestedAddress), Priority);
  return MapToKernel(mdl, Priority, BugCheckOnFailure != 0);
}

PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
  return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, nullptr, TRUE, HighPagePriority);
}

VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) {
  const auto address = reinterpret_cast<ULONG_PTR>(BaseAddress);
  if (!IsUserAddress(address)) return UnmapFromKernel(MemoryDescriptorList, address);
  AddressSpace* const space = AddressSpaceOf(ke::CurrentProcess());
  if (space == nullptr || space->UnmapView(address) != STATUS_SUCCESS) {
    ke::BugCheck(SYSTEM_PTE_MISUSE, 0x301, address, 0, 0,
                 "A mapping in user space must be undone in its process, before the process ends.");
  }
}

NTSTATUS MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect) {
  PMDL const mdl = MemoryDescriptorList;
  if (!Has(mdl, MDL_MAPPED_TO_SYSTEM_VA)) return STATUS_NOT_MAPPED_VIEW;
  switch (NewProtect) {
    case PAGE_NOACCESS:
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
      break;
    default:
      return STATUS_INVALID_PAGE_PROTECTION;
  }
  const ULONG_PTR base = PageAlign(reinterpret_cast<ULONG_PTR>(mdl->MappedSystemVa));
  return hal::Protect(base, PageCount(mdl) << PAGE_SHIFT, HostProtection(NewProtect)) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

PVOID MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag) {
  if (NumberOfBytes == 0 || PoolTag == 0 || ex::LetAllocationFail()) return nullptr;
  const ULONG_PTR base = ReserveSystem(kReserved, PageRoundUp(NumberOfBytes) >> PAGE_SHIFT);
  if (base != 0) state->reserved_tags[base] = PoolTag;
  return reinterpret_cast<PVOID>(base);
}

VOID MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag) {
  const SystemMapping& reserved = Reserved(BaseAddress, PoolTag);
  if (!reserved.frames.empty()) MisusedMapping(BaseAddress, PoolTag, "Reserved addresses were freed while an MDL is mapped there.");
  state->reserved_tags.erase(reinterpret_cast<ULONG_PTR>(BaseAddress));
  UnmapSystem(reinterpret_cast<ULONG_PTR>(BaseAddress));
}

PVOID MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag, PMDL MemoryDescriptorList, MEMORY_CACHING_TYPE) {
  PMDL const mdl = MemoryDescriptorList;
  const auto base = reinterpret_cast<ULONG_PTR>(MappingAddress);
  const SystemMapping& reserved = Reserved(MappingAddress, PoolTag);
  if (!reserved.frames.empty()) MisusedMapping(MappingAddress, PoolTag, "An MDL was mapped at reserved addresses that are in use.");
  if (PageCount(mdl) > reserved.pages) return nullptr;
  if (!MapReserved(base, Frames(mdl), PageCount(mdl), hal::Protection::ReadWriteExecute)) return nullptr;
  mdl->MappedSystemVa = reinterpret_cast<PVOID>(base + mdl->ByteOffset);
  Set(mdl, MDL_MAPPED_TO_SYSTEM_VA);
  return mdl->MappedSystemVa;
}

VOID MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList) {
  PMDL const mdl = MemoryDescriptorList;
  auto* const page = reinterpret_cast<PVOID>(PageAlign(reinterpret_cast<ULONG_PTR>(BaseAddress)));
  const SystemMapping& reserved = Reserved(page, PoolTag);
  if (reserved.frames.size() != PageCount(mdl) || !Has(mdl, MDL_MAPPED_TO_SYSTEM_VA)) {
    MisusedMapping(BaseAddress, PoolTag, "MmUnmapReservedMapping needs the MDL that is mapped at these reserved addresses.");
  }
  UnmapReserved(reinterpret_cast<ULONG_PTR>(page));
  Clear(mdl, MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

}  // extern "C"
