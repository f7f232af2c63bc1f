// The system services that ask for information about a file or its volume, and set it. What the I/O manager knows it answers itself.
#include "kernel/io/completion_port.h"
#include "kernel/io/fast_io.h"
#include "kernel/io/information_rules.h"
#include "kernel/io/request.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

namespace {

constexpr ULONG kSkipPort = 1, kSkipEvent = 2, kSkipFastEvent = 4;  // FILE_SKIP_…

struct Information {
  HANDLE file;
  PIO_STATUS_BLOCK iosb;
  PVOID buffer;
  ULONG length;
  ULONG information_class;
};

bool IsQuery(UCHAR major) { return major == IRP_MJ_QUERY_INFORMATION || major == IRP_MJ_QUERY_VOLUME_INFORMATION; }

/// Checks the class, and the caller's buffer for it.
NTSTATUS Check(const Information& information, const InformationRule* rule, bool query) {
  if (rule == nullptr) return STATUS_INVALID_INFO_CLASS;
  if (information.length < rule->length) return STATUS_INFO_LENGTH_MISMATCH;
  return ProbeBuffer(information.buffer, information.length, query);
}

ULONG ModeOf(const FILE_OBJECT* file) {
  const auto has = [&](ULONG flag, ULONG option) { return (file->Flags & flag) != 0 ? option : 0; };
  const ULONG synchronous = has(FO_ALERTABLE_IO, FILE_SYNCHRONOUS_IO_ALERT) != 0 ? FILE_SYNCHRONOUS_IO_ALERT : FILE_SYNCHRONOUS_IO_NONALERT;
  return has(FO_WRITE_THROUGH, FILE_WRITE_THROUGH) | has(FO_SEQUENTIAL_ONLY, FILE_SEQUENTIAL_ONLY) |
         has(FO_NO_INTERMEDIATE_BUFFERING, FILE_NO_INTERMEDIATE_BUFFERING) | has(FO_SYNCHRONOUS_IO, synchronous) |
         has(FO_DELETE_ON_CLOSE, FILE_DELETE_ON_CLOSE);
}

ULONG SkipsOf(const FILE_OBJECT* file) {
  const auto has = [&](ULONG flag, ULONG skip) { return (file->Flags & flag) != 0 ? skip : 0; };
  return has(FO_SKIP_COMPLETION_PORT, kSkipPort) | has(FO_SKIP_SET_EVENT, kSkipEvent) | has(FO_SKIP_SET_FAST_IO, kSkipFastEvent);
}

/// What the I/O manager answers itself, as a number of up to 8 bytes; 0: the driver is asked.
SIZE_T OwnAnswer(const Request& request, ULONG information_class, ULONGLONG* answer) {
  const FILE_OBJECT* const file = request.file();
  switch (information_class) {
    case FilePositionInformation:
      *answer = static_cast<ULONGLONG>(file->CurrentByteOffset.QuadPart);
      return request.synchronous() ? sizeof(LARGE_INTEGER) : 0;
    case FileAccessInformation:
      *answer = request.granted();
      return sizeof(ULONG);
    case FileModeInformation:
      *answer = ModeOf(file);
      return sizeof(ULONG);
    case FileAlignmentInformation:
      *answer = request.device()->AlignmentRequirement;
      return sizeof(ULONG);
    case FileIoCompletionNotificationInformation:
      *answer = SkipsOf(file);
      return sizeof(ULONG);
    case FileIsRemoteDeviceInformation:
      *answer = FALSE;
      return sizeof(BOOLEAN);
    default:
      return 0;
  }
}

/// Asks the driver's fast I/O routine for basic or standard information; false if it has none, or leaves it to an IRP.
bool QueryFast(const Request& request, ULONG information_class, PVOID buffer, IO_STATUS_BLOCK* result) {
  if (information_class != FileBasicInformation && information_class != FileStandardInformation) return false;
  const auto member =
      information_class == FileBasicInformation ? &FAST_IO_DISPATCH::FastIoQueryBasicInfo : &FAST_IO_DISPATCH::FastIoQueryStandardInfo;
  const BOOLEAN may_wait = request.synchronous() ? TRUE : FALSE;
  return CallFast(FastRoutine(request.device(), member), request.file(), may_wait, buffer, result, request.device());
}

/// Parts of FileAllInformation that the driver does not know are in its buffer already.
void Prefill(Request& request) {
  auto* const all = static_cast<FILE_ALL_INFORMATION*>(request.irp()->AssociatedIrp.SystemBuffer);
  all->AccessFlags = request.granted();
  all->Mode = ModeOf(request.file());
  all->AlignmentRequirement = request.device()->AlignmentRequirement;
}

NTSTATUS Ask(Request& request, const Information& information, UCHAR major) {
  NTSTATUS status = request.MakeIrp(major);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION const location = request.location();
  location->Parameters.QueryFile.Length = information.length;  // the others have the same layout
  location->Parameters.QueryFile.FileInformationClass = information.information_class;
  status = IsQuery(major) ? request.Buffer(nullptr, 0, information.buffer, information.length)
                          : request.Buffer(information.buffer, information.length, nullptr, information.length);
  if (!NT_SUCCESS(status)) return request.Fail(status);
  if (major == IRP_MJ_QUERY_INFORMATION && information.information_class == FileAllInformation) Prefill(request);
  const bool renames = information.information_class == FileRenameInformation || information.information_class == FileLinkInformation;
  if (major == IRP_MJ_SET_INFORMATION && renames) {
    const auto* const rename = static_cast<FILE_RENAME_INFORMATION*>(request.irp()->AssociatedIrp.SystemBuffer);
    location->Parameters.SetFile.ReplaceIfExists = rename->ReplaceIfExists;
  }
  return request.SendAndWait();
}

NTSTATUS Query(const Information& information) {
  const InformationRule* const rule = QueryRule(information.information_class);
  NTSTATUS status = Check(information, rule, true);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(information.file, rule->access, Rights::All, nullptr, information.iosb);
  if (!NT_SUCCESS(status)) return status;
  ULONGLONG answer = 0;
  const SIZE_T size = OwnAnswer(request, information.information_class, &answer);
  if (size != 0) {
    status = StoreBytes(information.buffer, &answer, size);
    return request.Fail(NT_SUCCESS(status) ? Finish(information.iosb, STATUS_SUCCESS, size) : status);
  }
  IO_STATUS_BLOCK result{};
  UCHAR fast[sizeof(FILE_BASIC_INFORMATION)];
  if (!QueryFast(request, information.information_class, fast, &result)) return Ask(request, information, IRP_MJ_QUERY_INFORMATION);
  if (NT_SUCCESS(result.Status)) status = StoreBytes(information.buffer, fast, result.Information);
  return request.Fail(NT_SUCCESS(status) ? Finish(information.iosb, result.Status, result.Information) : status);
}

// ---- setting ------------------------------------------------------------------------------------------------------------------------

NTSTATUS SetPosition(const Request& request, const LARGE_INTEGER& position) {
  const PFILE_OBJECT file = request.file();
  if (position.QuadPart < 0) return STATUS_INVALID_PARAMETER;
  const ULONG inside_sector = request.device()->SectorSize != 0 ? request.device()->SectorSize - 1u : 0u;
  if ((file->Flags & FO_NO_INTERMEDIATE_BUFFERING) != 0 && (position.LowPart & inside_sector) != 0) return STATUS_INVALID_PARAMETER;
  file->CurrentByteOffset = position;
  return STATUS_SUCCESS;
}

/// Whether a handle waits cannot be changed, only whether its waits are alertable.
NTSTATUS SetMode(const Request& request, ULONG mode) {
  constexpr ULONG kBoth = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
  constexpr ULONG kSettable = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | kBoth;
  const bool waits = (mode & kBoth) != 0;
  if ((mode & ~kSettable) != 0 || (mode & kBoth) == kBoth || waits != request.synchronous()) return STATUS_INVALID_PARAMETER;
  const PFILE_OBJECT file = request.file();
  file->Flags &= ~(FO_WRITE_THROUGH | FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
  if ((mode & FILE_WRITE_THROUGH) != 0) file->Flags |= FO_WRITE_THROUGH;
  if ((mode & FILE_SEQUENTIAL_ONLY) != 0) file->Flags |= FO_SEQUENTIAL_ONLY;
  if ((mode & FILE_SYNCHRONOUS_IO_ALERT) != 0) file->Flags |= FO_ALERTABLE_IO;
  return STATUS_SUCCESS;
}

/// What is skipped stays skipped: the flags can only be set.
NTSTATUS SetSkips(const Request& request, ULONG skips) {
  if ((skips & ~(kSkipPort | kSkipEvent | kSkipFastEvent)) != 0 || request.synchronous()) return STATUS_INVALID_PARAMETER;
  const PFILE_OBJECT file = request.file();
  if ((skips & kSkipPort) != 0) file->Flags |= FO_SKIP_COMPLETION_PORT;
  if ((skips & kSkipEvent) != 0) file->Flags |= FO_SKIP_SET_EVENT;
  if ((skips & kSkipFastEvent) != 0) file->Flags |= FO_SKIP_SET_FAST_IO;
  return STATUS_SUCCESS;
}

/// Sets what the I/O manager keeps itself; false if it is the driver's.
bool SetOwn(const Request& request, const Information& information, NTSTATUS* status) {
  LARGE_INTEGER number{};
  FILE_COMPLETION_INFORMATION completion{};
  const auto take = [&](auto* value) {
    *status = Load(static_cast<decltype(value)>(information.buffer), value);
    return NT_SUCCESS(*status);
  };
  switch (information.information_class) {
    case FilePositionInformation:
      if (!request.synchronous()) return false;
      if (take(&number)) *status = SetPosition(request, number);
      return true;
    case FileModeInformation:
      if (take(&number.LowPart)) *status = SetMode(request, number.LowPart);
      return true;
    case FileIoCompletionNotificationInformation:
      if (take(&number.LowPart)) *status = SetSkips(request, number.LowPart);
      return true;
    case FileCompletionInformation:
    case FileReplaceCompletionInformation:
      if (take(&completion)) {
        const bool replace = information.information_class == FileReplaceCompletionInformation;
        *status = BindPort(request.file(), completion.Port, completion.Key, replace);
      }
      return true;
    default:
      return false;
  }
}

NTSTATUS Set(const Information& information) {
  const InformationRule* const rule = SetRule(information.information_class);
  NTSTATUS status = Check(information, rule, false);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(information.file, rule->access, Rights::All, nullptr, information.iosb);
  if (!NT_SUCCESS(status)) return status;
  if (!SetOwn(request, information, &status)) return Ask(request, information, IRP_MJ_SET_INFORMATION);
  return request.Fail(NT_SUCCESS(status) ? Finish(information.iosb, status, 0) : status);
}

NTSTATUS AskVolume(const Information& information, const InformationRule* rule, UCHAR major) {
  NTSTATUS status = Check(information, rule, IsQuery(major));
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(information.file, rule->access, Rights::All, nullptr, information.iosb);
  if (!NT_SUCCESS(status)) return status;
  if (information.information_class != FileFsDeviceInformation) return Ask(request, information, major);
  const DEVICE_OBJECT* const device = request.file()->DeviceObject;
  constexpr USHORT kMounted = 1;
  const bool mounted = device->Vpb != nullptr && (device->Vpb->Flags & kMounted) != 0;
  const FILE_FS_DEVICE_INFORMATION answer{device->DeviceType, device->Characteristics | (mounted ? FILE_DEVICE_IS_MOUNTED : 0)};
  status = StoreBytes(information.buffer, &answer, sizeof answer);
  return request.Fail(NT_SUCCESS(status) ? Finish(information.iosb, status, sizeof answer) : status);
}

}  // namespace

extern "C" {

NTSTATUS NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                ULONG FileInformationClass) {
  return Query({FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass});
}

NTSTATUS NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                              ULONG FileInformationClass) {
  return Set({FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass});
}

NTSTATUS NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                      ULONG FsInformationClass) {
  return AskVolume({FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass}, QueryVolumeRule(FsInformationClass),
                   IRP_MJ_QUERY_VOLUME_INFORMATION);
}

NTSTATUS NtSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                    ULONG FsInformationClass) {
  return AskVolume({FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass}, SetVolumeRule(FsInformationClass),
                   IRP_MJ_SET_VOLUME_INFORMATION);
}

}  // extern "C"
