// The system services that ask about a file by its name.
#include "kernel/io/request.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

extern "C" NTSTATUS NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                           ULONG FileInformationClass);

namespace {

/// Size and times of a file by its name, without data access.
NTSTATUS QueryByName(POBJECT_ATTRIBUTES attributes, FILE_NETWORK_OPEN_INFORMATION* information) {
  OpenPacket packet{};
  packet.disposition = FILE_OPEN;
  packet.options = FILE_SYNCHRONOUS_IO_NONALERT;
  packet.share_access = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE handle = nullptr;
  NTSTATUS status =
      ObOpenObjectByName(attributes, nullptr, ke::PreviousMode(), nullptr, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &packet, &handle);
  if (!NT_SUCCESS(status)) return status;
  CCHAR& mode = ke::CurrentThread()->PreviousMode;
  const CCHAR previous = mode;
  mode = KernelMode;  // the buffer is ours
  IO_STATUS_BLOCK result{};
  status = NtQueryInformationFile(handle, &result, information, sizeof *information, FileNetworkOpenInformation);
  mode = previous;
  ObCloseHandle(handle, previous);
  return status;
}

}  // namespace

extern "C" {

NTSTATUS NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PVOID FileInformation) {
  NTSTATUS status = ProbeBuffer(FileInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), true);
  if (!NT_SUCCESS(status)) return status;
  FILE_NETWORK_OPEN_INFORMATION information{};
  status = QueryByName(ObjectAttributes, &information);
  return NT_SUCCESS(status) ? StoreBytes(FileInformation, &information, sizeof information) : status;
}

NTSTATUS NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PVOID FileInformation) {
  NTSTATUS status = ProbeBuffer(FileInformation, sizeof(FILE_BASIC_INFORMATION), true);
  if (!NT_SUCCESS(status)) return status;
  FILE_NETWORK_OPEN_INFORMATION open{};
  status = QueryByName(ObjectAttributes, &open);
  if (!NT_SUCCESS(status)) return status;
  const FILE_BASIC_INFORMATION basic{open.CreationTime, open.LastAccessTime, open.LastWriteTime, open.ChangeTime, open.FileAttributes};
  return StoreBytes(FileInformation, &basic, sizeof basic);
}

}  // extern "C"
