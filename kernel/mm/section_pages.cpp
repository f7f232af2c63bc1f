// The pages of sections: where they are, and how long they live.
#include "kernel/mm/section_pages.h"

#include <algorithm>
#include <iterator>
#include <new>

#include "kernel/ex/ex.h"
#include "kernel/hal/host_folder.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ULONG kTag = 0x61436d4d;  // 'MmCa'

/// The lowest place for a file's pages; 0 if there is none.
ULONG_PTR TakeFilePlace() {
  for (ULONG_PTR i = 0; i < kFilePagesCount; ++i) {
    const ULONG_PTR place = kFilePages + i * kFilePagesSize;
    if (state->section_pages.emplace(place, kFilePagesSize).second) return place;
  }
  return 0;
}

SectionPages* Make(ULONG_PTR physical, ULONG64 size) {
  void* const memory = ex::AllocatePool(NonPagedPoolNx, sizeof(SectionPages), kTag);
  return memory == nullptr ? nullptr : new (memory) SectionPages{physical, size, 1, {}, nullptr, false};
}

SIZE_T CommittedPagesOf(const SectionPages* pages) {
  if (!pages->reserved()) return pages->size >> PAGE_SHIFT;
  return static_cast<SIZE_T>(std::ranges::count(pages->committed, true));
}

}  // namespace

/// The lowest place that is free.
ULONG_PTR TakeSectionPages(SIZE_T size) {
  ULONG_PTR candidate = kSectionPages;
  for (const auto& [start, taken] : state->section_pages) {
    if (candidate + size <= start) break;
    candidate = start + taken;
  }
  if (size > kSectionPages + kSectionPagesSize - candidate) return 0;
  state->section_pages.emplace(candidate, size);
  return candidate;
}

void SetFileSystem(const FileSystem& functions) { state->file_system = functions; }

SectionPages* CreateSectionPages(SIZE_T size, bool reserved) {
  const SIZE_T bytes = PageRoundUp(size);
  if (bytes < size || bytes == 0) return nullptr;
  if (!reserved && !Commit(bytes >> PAGE_SHIFT)) return nullptr;
  const ULONG_PTR physical = TakeSectionPages(bytes);
  SectionPages* const pages = physical != 0 ? Make(physical, bytes) : nullptr;
  if (pages == nullptr) {
    if (physical != 0) state->section_pages.erase(physical);
    if (!reserved) Decommit(bytes >> PAGE_SHIFT);
    return nullptr;
  }
  if (reserved) pages->committed.resize(bytes >> PAGE_SHIFT);
  return pages;
}

bool CommitSectionPages(SectionPages* pages, SIZE_T first, SIZE_T count) {
  if (!pages->reserved()) return true;
  const auto begin = pages->committed.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  if (!Commit(static_cast<SIZE_T>(std::count(begin, end, false)))) return false;
  std::fill(begin, end, true);
  return true;
}

NTSTATUS ReferenceFilePages(PFILE_OBJECT file, SectionPages** pages) {
  if (file->SectionObjectPointer == nullptr || state->file_system.descriptor == nullptr) return STATUS_INVALID_FILE_FOR_SECTION;
  PVOID& known = file->SectionObjectPointer->DataSectionObject;
  if (known != nullptr) {
    *pages = static_cast<SectionPages*>(known);
    ++(*pages)->references;
    return STATUS_SUCCESS;
  }
  const int descriptor = state->file_system.descriptor(file);
  if (descriptor < 0) return STATUS_INVALID_FILE_FOR_SECTION;
  const ULONG_PTR physical = TakeFilePlace();
  *pages = physical != 0 ? Make(physical, 0) : nullptr;
  if (*pages == nullptr) {
    state->section_pages.erase(physical);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  hal::AttachFile(physical, descriptor);
  ObfReferenceObject(file);
  (*pages)->file = file;
  known = *pages;
  return STATUS_SUCCESS;
}

ULONG64 FileSize(const SectionPages* pages) {
  hal::HostFile facts;
  const int error = hal::QueryHostFile(state->file_system.descriptor(pages->file), &facts);
  return error == 0 ? static_cast<ULONG64>(facts.size) : 0;
}

NTSTATUS ExtendFile(SectionPages* pages, ULONG64 size) { return state->file_system.extend(pages->file, static_cast<LONGLONG>(size)); }

void ReferenceSectionPages(SectionPages* pages) { ++pages->references; }

void DereferenceSectionPages(SectionPages* pages) {
  if (--pages->references != 0) return;
  // When the machine is taken apart no file is closed any more.
  PFILE_OBJECT const file = state->file_system.descriptor != nullptr ? pages->file : nullptr;
  if (file != nullptr) {
    file->SectionObjectPointer->DataSectionObject = nullptr;
    hal::DetachFile(pages->physical);
    if (pages->written) state->file_system.written(file);
  } else if (pages->file == nullptr) {
    hal::Discard(VirtualOf(pages->physical), pages->size);
    Decommit(CommittedPagesOf(pages));
  }
  state->section_pages.erase(pages->physical);
  pages->~SectionPages();
  ex::FreePool(pages);
  // The last, as the file system may now close the file; which has to wait if an MDL of its pages was unlocked by a DPC.
  if (file == nullptr) return;
  if (ke::CurrentIrql() == PASSIVE_LEVEL) {
    ObfDereferenceObject(file);
  } else {
    ObDereferenceObjectDeferDelete(file);
  }
}

ULONG_PTR SectionPhysical(const SectionPages* pages) { return pages->physical; }

}  // namespace nt::mm
