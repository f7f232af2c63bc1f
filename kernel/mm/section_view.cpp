// Views of sections: in processes, and in system space.
#include <numeric>

#include "kernel/ex/ex.h"
#include "kernel/mm/section.h"
#include "kernel/ob/ob.h"
#include "nt/bugcodes.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ULONG kAccess = 0xff;

/// What a view may be that a section of a protection allows.
ULONG Compatible(ULONG section) {
  constexpr ULONG kRead = PAGE_NOACCESS | PAGE_READONLY | PAGE_WRITECOPY;
  constexpr ULONG kExecuteRead = kRead | PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_WRITECOPY;
  switch (section) {
    case PAGE_READONLY:
    case PAGE_WRITECOPY:
      return kRead;
    case PAGE_READWRITE:
      return kRead | PAGE_READWRITE;
    case PAGE_EXECUTE:
      return PAGE_NOACCESS | PAGE_EXECUTE;
    case PAGE_EXECUTE_READWRITE:
      return kExecuteRead | PAGE_READWRITE | PAGE_EXECUTE_READWRITE;
    default:
      return kExecuteRead;
  }
}

ACCESS_MASK AccessFor(ULONG protection) {
  switch (protection & kAccess) {
    case PAGE_EXECUTE:
      return SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
      return SECTION_MAP_EXECUTE | SECTION_MAP_READ;
    case PAGE_READWRITE:
      return SECTION_MAP_WRITE;
    case PAGE_EXECUTE_READWRITE:
      return SECTION_MAP_EXECUTE | SECTION_MAP_WRITE;
    default:
      return SECTION_MAP_READ;
  }
}

/// Where a view is to be, and what of it.
struct View {
  ULONG_PTR base;
  ULONG64 offset;
  SIZE_T size;
};

NTSTATUS MapPhysical(AddressSpace& space, View* view, ULONG protection) {
  const ULONG64 start = PageAlign(view->offset);
  if (view->size == 0 || start >= kDeviceEnd || view->size > kDeviceEnd - start) return STATUS_INVALID_VIEW_SIZE;
  const SIZE_T pages = PagesSpanned(view->offset, view->size);
  std::vector<PFN_NUMBER> frames(pages);
  std::iota(frames.begin(), frames.end(), start >> PAGE_SHIFT);
  const NTSTATUS status = space.MapFrames(&view->base, frames.data(), pages, protection);
  view->offset = start;
  view->size = pages << PAGE_SHIFT;
  return status;
}

NTSTATUS MapImage(const Section& section, PEPROCESS process, View* view) {
  if (state->map_image == nullptr) return STATUS_NOT_SUPPORTED;
  if (view->offset != 0) return STATUS_INVALID_VIEW_SIZE;
  const NTSTATUS status = state->map_image(process, section.image->file, &view->base, &view->size);
  if (NT_SUCCESS(status)) AddressSpaceOf(process)->KeepImage(view->base, section.image);
  return status;
}

NTSTATUS Map(const Section& section, PEPROCESS process, View* view, ULONG type, ULONG protection) {
  AddressSpace* const space = AddressSpaceOf(process);
  if (space == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  if (section.image != nullptr) return MapImage(section, process, view);
  if ((Compatible(section.protection) & protection & kAccess) == 0) return STATUS_SECTION_PROTECTION;
  if (section.pages == nullptr) return MapPhysical(*space, view, protection);
  return space->MapView({section.pages, section.size, view->offset}, &view->base, &view->size, type, protection);
}

NTSTATUS CheckRequest(ULONG_PTR zero_bits, SECTION_INHERIT inherit, ULONG type, ULONG protection, const View& view) {
  constexpr ULONG kKnownTypes = MEM_TOP_DOWN | MEM_LARGE_PAGES | MEM_RESERVE | SEC_NO_CHANGE;
  if (inherit != ViewShare && inherit != ViewUnmap) return STATUS_INVALID_PARAMETER_8;
  if ((type & ~kKnownTypes) != 0) return STATUS_INVALID_PARAMETER_9;
  if (!ValidProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  if (zero_bits > 21 && zero_bits < 32) return STATUS_INVALID_PARAMETER_4;
  if (view.base > kUserHigh || view.size > kUserHigh - view.base) return STATUS_INVALID_PARAMETER_3;
  return STATUS_SUCCESS;
}

/// Runs an operation on the process of a handle.
template <class Operation>
NTSTATUS WithProcess(HANDLE handle, Operation&& operation) {
  constexpr ACCESS_MASK kVmOperation = 0x8;
  PEPROCESS process = ke::CurrentProcess();
  if (reinterpret_cast<LONG_PTR>(handle) != -1) {
    POBJECT_TYPE const type = ob::TypeOf(process);
    const NTSTATUS status =
        ObReferenceObjectByHandle(handle, kVmOperation, type, ke::PreviousMode(), reinterpret_cast<PVOID*>(&process), nullptr);
    if (!NT_SUCCESS(status)) return status;
  } else {
    ObfReferenceObject(process);
  }
  const NTSTATUS status = operation(process);
  ObfDereferenceObject(process);
  return status;
}

NTSTATUS Unmap(PEPROCESS process, ULONG_PTR address) {
  AddressSpace* const space = AddressSpaceOf(process);
  if (space == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  if (state->unmap_image != nullptr) state->unmap_image(process, address);
  return space->UnmapView(address);
}

/// A view in system space; it keeps the section's pages.
NTSTATUS MapIntoSystem(const Section& section, View* view) {
  if (section.pages == nullptr) return STATUS_INVALID_PARAMETER_1;
  if (view->offset % kGranularity != 0) return STATUS_MAPPED_ALIGNMENT;
  if (view->offset >= section.size || view->size > section.size - view->offset) return STATUS_INVALID_VIEW_SIZE;
  view->size = PageRoundUp(view->size == 0 ? section.size - view->offset : view->size);
  std::vector<PFN_NUMBER> frames(view->size >> PAGE_SHIFT);
  std::iota(frames.begin(), frames.end(), (section.pages->physical + view->offset) >> PAGE_SHIFT);
  const bool writable = (section.protection & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
  if (ex::LetAllocationFail()) return STATUS_NO_MEMORY;
  view->base = MapSystem("section view", frames.data(), frames.size(), writable ? hal::Protection::ReadWrite : hal::Protection::Read);
  if (view->base == 0) return STATUS_NO_MEMORY;
  if (writable) section.pages->written = true;
  ReferenceSectionPages(section.pages);
  state->system_views.emplace(view->base, section.pages);
  return STATUS_SUCCESS;
}

}  // namespace

void SetImageMapper(NTSTATUS (*map)(PEPROCESS, PFILE_OBJECT, ULONG_PTR*, SIZE_T*), void (*unmap)(PEPROCESS, ULONG_PTR)) {
  state->map_image = map;
  state->unmap_image = unmap;
}

}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

NTSTATUS MmMapViewOfSection(PVOID SectionToMap, PEPROCESS Process, PVOID* CapturedBase, ULONG_PTR ZeroBits, SIZE_T,
                            PLARGE_INTEGER SectionOffset, PSIZE_T CapturedViewSize, SECTION_INHERIT InheritDisposition,
                            ULONG AllocationType, ULONG Win32Protect) {
  View view{reinterpret_cast<ULONG_PTR>(*CapturedBase), 0, *CapturedViewSize};
  if (SectionOffset != nullptr) view.offset = static_cast<ULONG64>(SectionOffset->QuadPart);
  NTSTATUS status = CheckRequest(ZeroBits, InheritDisposition, AllocationType, Win32Protect, view);
  if (status == STATUS_SUCCESS) status = Map(*static_cast<Section*>(SectionToMap), Process, &view, AllocationType, Win32Protect);
  if (!NT_SUCCESS(status)) return status;
  *CapturedBase = reinterpret_cast<PVOID>(view.base);
  *CapturedViewSize = view.size;
  if (SectionOffset != nullptr) SectionOffset->QuadPart = static_cast<LONGLONG>(view.offset);
  return status;
}

NTSTATUS MmUnmapViewOfSection(PEPROCESS Process, PVOID BaseAddress) { return Unmap(Process, reinterpret_cast<ULONG_PTR>(BaseAddress)); }

NTSTATUS NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR ZeroBits, SIZE_T,
                            PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                            ULONG Win32Protect) {
  PVOID base = nullptr;
  View view{};
  LARGE_INTEGER offset{};
  NTSTATUS status = TakeParameter(BaseAddress, &base);
  if (status == STATUS_SUCCESS) status = TakeParameter(ViewSize, &view.size);
  if (status == STATUS_SUCCESS && SectionOffset != nullptr) status = TakeParameter(SectionOffset, &offset);
  view.base = reinterpret_cast<ULONG_PTR>(base);
  view.offset = static_cast<ULONG64>(offset.QuadPart);
  if (status == STATUS_SUCCESS) status = CheckRequest(ZeroBits, InheritDisposition, AllocationType, Win32Protect, view);
  if (status != STATUS_SUCCESS) return status;
  PVOID object;
  status = ObReferenceObjectByHandle(SectionHandle, AccessFor(Win32Protect), *SectionType(), ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = WithProcess(
      ProcessHandle, [&](PEPROCESS process) { return Map(*static_cast<Section*>(object), process, &view, AllocationType, Win32Protect); });
  ObfDereferenceObject(object);
  if (!NT_SUCCESS(status)) return status;
  offset.QuadPart = static_cast<LONGLONG>(view.offset);
  GiveParameter(BaseAddress, reinterpret_cast<PVOID>(view.base));
  GiveParameter(ViewSize, view.size);
  if (SectionOffset != nullptr) GiveParameter(SectionOffset, offset);
  return status;
}

NTSTATUS NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress) {
  return WithProcess(ProcessHandle, [&](PEPROCESS process) { return Unmap(process, reinterpret_cast<ULONG_PTR>(BaseAddress)); });
}

NTSTATUS NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatus) {
  PVOID base = nullptr;
  SIZE_T size = 0;
  NTSTATUS status = TakeParameter(BaseAddress, &base);
  if (status == STATUS_SUCCESS) status = TakeParameter(RegionSize, &size);
  if (status != STATUS_SUCCESS) return status;
  auto start = reinterpret_cast<ULONG_PTR>(base);
  status = WithProcess(ProcessHandle, [&](PEPROCESS process) {
    AddressSpace* const space = AddressSpaceOf(process);
    return space != nullptr ? space->FlushView(&start, &size) : STATUS_PROCESS_IS_TERMINATING;
  });
  if (status != STATUS_SUCCESS) return status;
  GiveParameter(BaseAddress, reinterpret_cast<PVOID>(start));
  GiveParameter(RegionSize, size);
  IO_STATUS_BLOCK result{};
  result.Information = size;
  return GiveParameter(IoStatus, result);
}

NTSTATUS MmMapViewInSystemSpaceEx(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize, PLARGE_INTEGER SectionOffset, ULONG_PTR Flags) {
  if (Flags != 0) return STATUS_INVALID_PARAMETER_5;
  View view{0, SectionOffset != nullptr ? static_cast<ULONG64>(SectionOffset->QuadPart) : 0, *ViewSize};
  const NTSTATUS status = MapIntoSystem(*static_cast<nt::mm::Section*>(Section), &view);
  if (!NT_SUCCESS(status)) return status;
  *MappedBase = reinterpret_cast<PVOID>(view.base);
  *ViewSize = view.size;
  return STATUS_SUCCESS;
}

NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize) {
  return MmMapViewInSystemSpaceEx(Section, MappedBase, ViewSize, nullptr, 0);
}

NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase) {
  const auto found = state->system_views.find(reinterpret_cast<ULONG_PTR>(MappedBase));
  if (found == state->system_views.end()) {
    ke::BugCheck(DRIVER_UNMAPPING_INVALID_VIEW, reinterpret_cast<ULONG_PTR>(MappedBase), 0, 0, 0,
                 "MmUnmapViewInSystemSpace needs an address of MmMapViewInSystemSpace, once.");
  }
  SectionPages* const pages = found->second;
  UnmapSystem(found->first);
  state->system_views.erase(found);
  DereferenceSectionPages(pages);
  return STATUS_SUCCESS;
}

}  // extern "C"
