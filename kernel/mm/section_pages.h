// The pages of sections: of the page file, or of a file, which has one set of them for all of its sections. Private to mm.
#pragma once

#include <vector>

#include "nt/io.h"

namespace nt::mm {

/// In non-paged pool, as drivers see the pointer to a file's. The sections and views that use it hold references.
struct SectionPages {
  ULONG_PTR physical;  ///< address of the first page
  ULONG64 size;        ///< bytes; of a file's: the largest section's
  LONG references;
  std::vector<bool> committed;  ///< of a reserved section, by page; empty: all are
  PFILE_OBJECT file;            ///< referenced; null: the page file
  bool written;                 ///< somebody had a view that writes to the file

  bool reserved() const { return !committed.empty(); }
  bool Committed(SIZE_T page) const { return committed.empty() || committed[page]; }
};

/// Makes `count` pages from `first` on of a reserved section usable; false if there is no memory.
bool CommitSectionPages(SectionPages* pages, SIZE_T first, SIZE_T count);

/// The pages of an open file, made if nobody uses them yet, with a reference for the caller. STATUS_INVALID_FILE_FOR_SECTION,
/// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS ReferenceFilePages(PFILE_OBJECT file, SectionPages** pages);
/// How long the file is now.
ULONG64 FileSize(const SectionPages* pages);
/// Makes the file longer.
NTSTATUS ExtendFile(SectionPages* pages, ULONG64 size);

}  // namespace nt::mm
