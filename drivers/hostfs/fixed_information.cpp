// Information about a file whose answer is one structure of a fixed size.
#include <cstring>

#include "drivers/hostfs/volume.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

struct CompressionInformation {
  LONGLONG size;
  USHORT format;
  UCHAR shifts[3], reserved[3];
};
NT_SIZE(CompressionInformation, 0x10);

struct StandardLinkInformation {
  ULONG accessible, total;
  BOOLEAN delete_pending, directory;
};
NT_SIZE(StandardLinkInformation, 0xc);

FILE_ID_INFORMATION IdOf(const Node* node) {
  FILE_ID_INFORMATION id{kSerialNumber, {}};
  const ULONGLONG number = FileId(node->path);
  std::memcpy(id.FileId, &number, sizeof number);
  return id;
}

FILE_STAT_INFORMATION StatOf(const Node* node, const FILE_OBJECT* file, const Facts& facts) {
  FILE_STAT_INFORMATION stat{};
  stat.FileId.QuadPart = static_cast<LONGLONG>(FileId(node->path));
  stat.CreationTime.QuadPart = facts.created;
  stat.LastAccessTime.QuadPart = facts.accessed;
  stat.LastWriteTime.QuadPart = stat.ChangeTime.QuadPart = facts.written;
  stat.AllocationSize.QuadPart = facts.allocated;
  stat.EndOfFile.QuadPart = facts.size;
  stat.FileAttributes = facts.attributes;
  stat.NumberOfLinks = facts.links;
  constexpr ACCESS_MASK kRead = 0x120089, kWrite = 0x120116;
  stat.EffectiveAccess =
      (file->ReadAccess != 0 ? kRead : 0u) | (file->WriteAccess != 0 ? kWrite : 0u) | (file->DeleteAccess != 0 ? DELETE_ACCESS : 0u);
  return stat;
}

template <class T>
NTSTATUS Answer(PIRP irp, const T& answer) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryFile.Length < sizeof answer) return Complete(irp, STATUS_INFO_LENGTH_MISMATCH);
  std::memcpy(BufferOf(irp), &answer, sizeof answer);
  return Complete(irp, STATUS_SUCCESS, sizeof answer);
}

}  // namespace

bool IsFixed(ULONG information_class) {
  switch (information_class) {
    case FilePositionInformation:
    case FileIdInformation:
    case FileStatInformation:
    case FileStandardLinkInformation:
    case FileCompressionInformation:
    case FileCaseSensitiveInformation:
    case FileAlternateNameInformation:
      return true;
    default:
      return false;
  }
}

NTSTATUS QueryFixed(PIRP irp, PIO_STACK_LOCATION location) {
  const FILE_OBJECT* const file = location->FileObject;
  const Node* const node = OpeningOf(file)->node;
  Facts facts;
  const NTSTATUS status = FactsOf(node->path, &facts);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  switch (location->Parameters.QueryFile.FileInformationClass) {
    case FilePositionInformation:
      return Answer(irp, FILE_POSITION_INFORMATION{file->CurrentByteOffset});
    case FileIdInformation:
      return Answer(irp, IdOf(node));
    case FileStatInformation:
      return Answer(irp, StatOf(node, file, facts));
    case FileStandardLinkInformation: {
      const ULONG accessible = node->delete_pending ? facts.links - 1 : facts.links;
      return Answer(irp, StandardLinkInformation{accessible, facts.links, node->delete_pending, facts.directory});
    }
    case FileCompressionInformation:
      return Answer(irp, CompressionInformation{facts.size, 0, {}, {}});
    case FileCaseSensitiveInformation:
      return Answer(irp, ULONG{0});
    default:
      return Complete(irp, STATUS_OBJECT_NAME_NOT_FOUND);  // there are no short names
  }
}

}  // namespace nt::hostfs
