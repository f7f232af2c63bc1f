// Section objects. Private to mm.
#pragma once

#include "kernel/ke/ke.h"
#include "kernel/mm/section_pages.h"
#include "kernel/mm/state.h"
#include "nt/ob.h"

namespace nt::mm {

/// What an image's sections share: one for each file that is mapped as an image.
struct ImagePages {
  LONG references;
  PFILE_OBJECT file;  ///< referenced
  ULONG64 file_size;
  SECTION_IMAGE_INFORMATION information;
};

/// Body of a section object.
struct Section {
  SectionPages* pages;  ///< null: physical memory, or an image
  ImagePages* image;    ///< or null
  ULONG64 size;
  ULONG protection;  ///< the most a view may have
  ULONG attributes;  ///< SEC_…
};

/// Creates the Section type and \Device\PhysicalMemory.
void InitializeSections();
/// What the data export MmSectionObjectType points to.
POBJECT_TYPE* SectionType();

/// The image in an open file, with a reference for the caller: STATUS_INVALID_IMAGE_FORMAT and its like, STATUS_INVALID_FILE_FOR_SECTION.
/// `bytes` are the file's, if they are known.
NTSTATUS ReferenceImage(PFILE_OBJECT file, std::span<const std::byte> bytes, ImagePages** image);
void DereferenceImage(ImagePages* image);

/// Copies a parameter of the caller's, which is user memory if it comes from user mode.
template <class T>
NTSTATUS TakeParameter(const T* from, T* value) {
  if (ke::PreviousMode() != KernelMode) return ReadUser(from, value);
  *value = *from;
  return STATUS_SUCCESS;
}

template <class T>
NTSTATUS GiveParameter(T* to, const T& value) {
  if (ke::PreviousMode() != KernelMode) return WriteUser(to, value);
  *to = value;
  return STATUS_SUCCESS;
}

}  // namespace nt::mm
