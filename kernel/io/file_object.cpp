// What drivers ask of and change in a file object that they have, without a handle.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/information_rules.h"
#include "kernel/io/request.h"
#include "nt/status.h"

using namespace nt::io;
namespace ex = nt::ex;

namespace {

/// Asks a file's driver for information of a class, into the kernel's memory.
NTSTATUS Query(PFILE_OBJECT file, UCHAR major, ULONG information_class, ULONG length, PVOID buffer, PULONG returned) {
  Request request;
  NTSTATUS status = request.OpenFile(file);
  if (NT_SUCCESS(status)) status = request.MakeIrp(major);
  if (!NT_SUCCESS(status)) return status;
  request.irp()->RequestorMode = KernelMode;
  request.location()->Parameters.QueryFile.Length = length;
  request.location()->Parameters.QueryFile.FileInformationClass = information_class;
  status = request.Buffer(nullptr, 0, buffer, length);
  if (!NT_SUCCESS(status)) return request.Fail(status);
  IO_STATUS_BLOCK result{};
  status = request.SendForKernel(&result);
  *returned = static_cast<ULONG>(result.Information);
  return status;
}

}  // namespace

extern "C" {

NTSTATUS IoQueryFileInformation(PFILE_OBJECT FileObject, ULONG FileInformationClass, ULONG Length, PVOID FileInformation,
                                PULONG ReturnedLength) {
  const NTSTATUS status = IoCheckQuerySetFileInformation(FileInformationClass, Length, FALSE);
  if (!NT_SUCCESS(status)) return status;
  return Query(FileObject, IRP_MJ_QUERY_INFORMATION, FileInformationClass, Length, FileInformation, ReturnedLength);
}

NTSTATUS IoQueryVolumeInformation(PFILE_OBJECT FileObject, ULONG FsInformationClass, ULONG Length, PVOID FsInformation,
                                  PULONG ReturnedLength) {
  const NTSTATUS status = IoCheckQuerySetVolumeInformation(FsInformationClass, Length, FALSE);
  if (!NT_SUCCESS(status)) return status;
  return Query(FileObject, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, Length, FsInformation, ReturnedLength);
}

/// Gives a file object another name, as who returns STATUS_REPARSE from IRP_MJ_CREATE does. The length is in bytes.
NTSTATUS IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName, USHORT FileNameLength) {
  constexpr ULONG kNameTag = 'eNoI';
  UNICODE_STRING& name = FileObject->FileName;
  if (FileNameLength > name.MaximumLength) {
    auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, FileNameLength, kNameTag));
    if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    if (name.Buffer != nullptr) ex::FreePool(name.Buffer);
    name = {0, FileNameLength, buffer};
  }
  std::memmove(name.Buffer, NewFileName, FileNameLength);
  name.Length = FileNameLength;
  return STATUS_SUCCESS;
}

}  // extern "C"
