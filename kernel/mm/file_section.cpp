// Files that are mapped: their images, and what file systems ask before a file is changed or deleted.
#include <new>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/hal/host_folder.h"
#include "kernel/ldr/pe.h"
#include "kernel/mm/image_information.h"
#include "kernel/mm/section.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ULONG kTag = 0x69436d4d;  // 'MmCi'

/// Whether a section or a view of a file's data is left.
const SectionPages* DataOf(const SECTION_OBJECT_POINTERS* pointers) {
  return static_cast<const SectionPages*>(pointers->DataSectionObject);
}

}  // namespace

NTSTATUS ReadImageFile(PFILE_OBJECT file, std::vector<std::byte>* bytes) {
  const int descriptor = state->file_system.descriptor != nullptr ? state->file_system.descriptor(file) : -1;
  hal::HostFile facts;
  if (descriptor < 0 || hal::QueryHostFile(descriptor, &facts) != 0) return STATUS_INVALID_FILE_FOR_SECTION;
  bytes->resize(static_cast<SIZE_T>(facts.size));
  const std::int64_t read = hal::ReadHostFile(descriptor, bytes->data(), bytes->size(), 0);
  return read == facts.size ? STATUS_SUCCESS : STATUS_IN_PAGE_ERROR;
}

NTSTATUS ReferenceImage(PFILE_OBJECT file, std::span<const std::byte> bytes, ImagePages** image) {
  if (file->SectionObjectPointer == nullptr) return STATUS_INVALID_FILE_FOR_SECTION;
  PVOID& known = file->SectionObjectPointer->ImageSectionObject;
  if (known != nullptr) {
    *image = static_cast<ImagePages*>(known);
    ++(*image)->references;
    return STATUS_SUCCESS;
  }
  std::vector<std::byte> read;
  if (bytes.empty()) {
    const NTSTATUS status = ReadImageFile(file, &read);
    if (!NT_SUCCESS(status)) return status;
    bytes = read;
  }
  ldr::PeImage parsed;
  const ldr::Verdict verdict = ldr::PeImage::Parse(bytes, ldr::PeImage::Layout::File, &parsed);
  if (!verdict.ok()) return NT_SUCCESS(verdict.status) ? STATUS_INVALID_IMAGE_FORMAT : verdict.status;
  void* const memory = ex::AllocatePool(NonPagedPoolNx, sizeof(ImagePages), kTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *image = new (memory)
      ImagePages{1, file, bytes.size(),
                 DescribeImage(parsed.file_header(), parsed.optional_header(), parsed.optional_header().ImageBase, bytes.size())};
  ObfReferenceObject(file);
  known = *image;
  return STATUS_SUCCESS;
}

void DereferenceImage(ImagePages* image) {
  if (--image->references != 0) return;
  // When the machine is taken apart no file is closed any more.
  PFILE_OBJECT const file = state->file_system.descriptor != nullptr ? image->file : nullptr;
  if (file != nullptr) file->SectionObjectPointer->ImageSectionObject = nullptr;
  ex::FreePool(image);
  if (file != nullptr) ObfDereferenceObject(file);
}

}  // namespace nt::mm

using namespace nt::mm;

extern "C" {

BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize) {
  if (SectionPointer->ImageSectionObject != nullptr) return FALSE;
  const SectionPages* const data = DataOf(SectionPointer);
  return data == nullptr || (NewFileSize != nullptr && static_cast<ULONG64>(NewFileSize->QuadPart) >= data->size);
}

BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionPointer, MMFLUSH_TYPE FlushType) {
  if (SectionPointer->ImageSectionObject != nullptr) return FALSE;
  return FlushType != MmFlushForDelete || DataOf(SectionPointer) == nullptr;
}

ULONG MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer) {
  const SectionPages* const data = DataOf(SectionPointer);
  return data != nullptr && data->written ? static_cast<ULONG>(data->references) : 0;
}

BOOLEAN MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN) {
  return SectionObjectPointer->ImageSectionObject == nullptr && SectionObjectPointer->DataSectionObject == nullptr;
}

}  // extern "C"
