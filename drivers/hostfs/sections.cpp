// Files that are mapped: what the memory manager asks of the volume, and what the volume asks of it.
#include "drivers/hostfs/volume.h"
#include "kernel/ex/ex.h"
#include "nt/status.h"

extern "C" {
BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize);
BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionPointer, MMFLUSH_TYPE FlushType);
}

namespace nt::hostfs {
namespace {

constexpr ULONG kTag = 'StsH';

int DescriptorOf(PFILE_OBJECT file) { return OpeningOf(file) != nullptr ? OpeningOf(file)->node->descriptor : -1; }

NTSTATUS Extend(PFILE_OBJECT file, LONGLONG size) {
  Node* const node = OpeningOf(file)->node;
  const int error = hal::ResizeHostFile(node->descriptor, size);
  if (error != 0) return StatusOf(error);
  Stamp(node);
  Notify(node->path, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_SIZE);
  return STATUS_SUCCESS;
}

void NoteWritten(PFILE_OBJECT file) {
  Node* const node = OpeningOf(file)->node;
  Stamp(node);
  Notify(node->path, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_LAST_WRITE);
}

}  // namespace

void MakeSectionPointers(Node* node) {
  void* const memory = ex::AllocatePool(NonPagedPoolNx, sizeof(SECTION_OBJECT_POINTERS), kTag);
  if (memory != nullptr) node->sections = new (memory) SECTION_OBJECT_POINTERS{};
}

void FreeSectionPointers(Node* node) {
  if (node->sections != nullptr) ex::FreePool(node->sections);
  node->sections = nullptr;
}

void ServeSections() { mm::SetFileSystem({&DescriptorOf, &Extend, &NoteWritten}); }

bool MayBecome(const Node* node, LONGLONG size) {
  LARGE_INTEGER end{.QuadPart = size};
  return node->sections == nullptr || MmCanFileBeTruncated(node->sections, &end) != 0;
}

bool MayBeDeleted(const Node* node) { return node->sections == nullptr || MmFlushImageSection(node->sections, MmFlushForDelete) != 0; }

bool MayBeWritten(const Node* node) { return node->sections == nullptr || MmFlushImageSection(node->sections, MmFlushForWrite) != 0; }

}  // namespace nt::hostfs
