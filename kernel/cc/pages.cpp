// Views and their pages, and the paging requests that fill and empty them.
#include <algorithm>
#include <bit>
#include <cstring>

#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

namespace nt::cc {
namespace {

PageMask Pages(ULONG first, ULONG count) { return (count == kPagesOfView ? ~PageMask{0} : (PageMask{1} << count) - 1) << first; }

/// Sends a request that `fill` completes and waits for its end. The I/O manager frees it.
template <class Fill>
IO_STATUS_BLOCK Send(PFILE_OBJECT file, UCHAR major, Fill fill) {
  IO_STATUS_BLOCK result{};
  KEVENT done;
  KeInitializeEvent(&done, SynchronizationEvent, FALSE);
  PDEVICE_OBJECT const device = IoGetRelatedDeviceObject(file);
  PIRP const irp = IoAllocateIrp(device->StackSize, FALSE);
  if (irp == nullptr) {
    result.Status = STATUS_INSUFFICIENT_RESOURCES;
    return result;
  }
  irp->Flags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;
  irp->UserIosb = &result;
  irp->UserEvent = &done;
  irp->Tail.Overlay.OriginalFileObject = file;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(ke::CurrentThread());
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = major;
  location->FileObject = file;
  fill(irp, location);
  IofCallDriver(device, irp);
  KeWaitForSingleObject(&done, WrPageIn, KernelMode, FALSE, nullptr);
  return result;
}

/// Reads a run of pages of a view. What lies behind the end of the file, or of what was ever written, is zero.
NTSTATUS ReadRun(Map* map, LONGLONG number, View* view, ULONG first, ULONG count, LONGLONG written) {
  const LONGLONG offset = number * VACB_MAPPING_GRANULARITY + LONGLONG{first} * PAGE_SIZE;
  const LONGLONG there = SectorsOf(written);
  UCHAR* const memory = view->memory + SIZE_T{first} * PAGE_SIZE;
  const ULONG whole = count * PAGE_SIZE;
  const ULONG length = offset >= there ? 0 : static_cast<ULONG>(std::min<LONGLONG>(whole, there - offset));
  const PageMask pages = Pages(first, count);
  IO_STATUS_BLOCK result{};
  if (length != 0) {
    view->reading |= pages;
    result = Transfer(map->file, true, memory, offset, length);
    view->reading &= ~pages;
    KeSetEvent(&map->requests_done, 0, FALSE);
  }
  if (!NT_SUCCESS(result.Status) && result.Status != STATUS_END_OF_FILE) return result.Status;
  const SIZE_T read = result.Status == STATUS_END_OF_FILE ? 0 : std::min<SIZE_T>(result.Information, length);
  std::memset(memory + read, 0, whole - read);
  view->valid |= pages;
  return STATUS_SUCCESS;
}

/// The pages of a piece that it does not cover whole.
PageMask PartialPages(const Piece& piece) {
  PageMask partial = 0;
  if (piece.start % PAGE_SIZE != 0) partial |= Pages(piece.start / PAGE_SIZE, 1);
  if (piece.end % PAGE_SIZE != 0) partial |= Pages(piece.end / PAGE_SIZE, 1);
  return partial;
}

PageMask PagesToRead(const Piece& piece, bool overwrite) { return overwrite ? PartialPages(piece) : piece.pages(); }

}  // namespace

PageMask Piece::pages() const {
  const ULONG first = start / PAGE_SIZE, last = (end + PAGE_SIZE - 1) / PAGE_SIZE;
  return Pages(first, last - first);
}

Piece FirstPiece(LONGLONG offset, LONGLONG end) {
  const LONGLONG view = offset / VACB_MAPPING_GRANULARITY, base = view * VACB_MAPPING_GRANULARITY;
  const LONGLONG stop = std::min<LONGLONG>(end - base, VACB_MAPPING_GRANULARITY);
  return {view, static_cast<ULONG>(offset - base), static_cast<ULONG>(stop)};
}

View* ViewAt(Map* map, LONGLONG number) {
  const auto found = map->views.find(number);
  if (found != map->views.end()) return &found->second;
  auto* const memory = static_cast<UCHAR*>(ex::AllocatePool(NonPagedPoolNx, VACB_MAPPING_GRANULARITY, kTag));
  if (memory == nullptr) return nullptr;
  return &map->views.emplace(number, View{memory}).first->second;
}

bool MustRead(Map* map, const Piece& piece, bool overwrite) {
  const auto found = map->views.find(piece.view);
  const PageMask valid = found != map->views.end() ? found->second.valid : 0;
  return (PagesToRead(piece, overwrite) & ~valid) != 0;
}

LONGLONG SectorsOf(LONGLONG bytes) {
  constexpr LONGLONG kSector = 512;
  return bytes > kEnd - kSector ? kEnd : (bytes + kSector - 1) & ~(kSector - 1);
}

void WaitWhile(Map* map, const PageMask& requests, PageMask pages) {
  while ((requests & pages) != 0) {
    KeClearEvent(&map->requests_done);
    KeWaitForSingleObject(&map->requests_done, WrPageIn, KernelMode, FALSE, nullptr);
  }
}

NTSTATUS Fill(Map* map, const Piece& piece, bool overwrite) {
  View* const view = ViewAt(map, piece.view);
  if (view == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  ++view->users;
  NTSTATUS status = STATUS_SUCCESS;
  const PageMask wanted = PagesToRead(piece, overwrite);
  const LONGLONG written = overwrite ? std::min(map->sizes.FileSize.QuadPart, map->written_to) : map->sizes.FileSize.QuadPart;
  for (;;) {
    WaitWhile(map, view->reading, piece.pages());
    const PageMask missing = wanted & ~view->valid;
    if (missing == 0 || !NT_SUCCESS(status)) break;
    const auto first = static_cast<ULONG>(std::countr_zero(missing));
    status = ReadRun(map, piece.view, view, first, static_cast<ULONG>(std::countr_one(missing >> first)), written);
  }
  --view->users;
  return status;
}

void MarkDirty(Map* map, View* view, const Piece& piece) {
  const PageMask pages = piece.pages();
  const auto added = static_cast<ULONG>(std::popcount(pages & ~view->dirty));
  view->dirty |= pages;
  view->valid |= pages;
  map->written_to = std::max(map->written_to, piece.offset() + piece.length());
  map->dirty_pages += added;
  Cc().dirty_pages += added;
  if (added != 0) ScheduleLazyWrite(false);
}

void MarkClean(Map* map, View* view, PageMask pages) {
  const auto removed = static_cast<ULONG>(std::popcount(pages & view->dirty));
  view->dirty &= ~pages;
  map->dirty_pages -= removed;
  Cc().dirty_pages -= removed;
}

void DropEmptyViews(Map* map) {
  for (auto at = map->views.begin(); at != map->views.end();) {
    const View& view = at->second;
    if (view.users != 0 || (view.valid | view.reading | view.writing) != 0) {
      ++at;
      continue;
    }
    ex::FreePool(view.memory);
    at = map->views.erase(at);
  }
}

IO_STATUS_BLOCK Transfer(PFILE_OBJECT file, bool read, PVOID memory, LONGLONG offset, ULONG length) {
  PMDL const mdl = IoAllocateMdl(memory, length, FALSE, FALSE, nullptr);
  IO_STATUS_BLOCK result{};
  result.Status = STATUS_INSUFFICIENT_RESOURCES;
  if (mdl == nullptr) return result;
  MmBuildMdlForNonPagedPool(mdl);
  result = Send(file, read ? IRP_MJ_READ : IRP_MJ_WRITE, [&](PIRP irp, PIO_STACK_LOCATION location) {
    irp->MdlAddress = mdl;
    irp->UserBuffer = memory;
    location->Parameters.Read.Length = length;  // Write has the same layout
    location->Parameters.Read.ByteOffset.QuadPart = offset;
  });
  IoFreeMdl(mdl);
  return result;
}

NTSTATUS AdvanceValidData(Map* map, LONGLONG to) {
  FILE_END_OF_FILE_INFORMATION information{};
  information.EndOfFile.QuadPart = to;
  return Send(map->file, IRP_MJ_SET_INFORMATION,
              [&](PIRP irp, PIO_STACK_LOCATION location) {
                irp->AssociatedIrp.SystemBuffer = &information;
                location->Parameters.SetFile.Length = sizeof information;
                location->Parameters.SetFile.FileInformationClass = FileEndOfFileInformation;
                location->Parameters.SetFile.DeleteHandle = reinterpret_cast<PVOID>(ULONG_PTR{0x100});  // AdvanceOnly
              })
      .Status;
}

}  // namespace nt::cc
