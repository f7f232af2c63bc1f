// The system services that open files.
#include "kernel/io/create_rules.h"
#include "kernel/io/request.h"
#include "kernel/ke/ki.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

extern "C" {

NTSTATUS NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                      PVOID EaBuffer, ULONG EaLength) {
  NTSTATUS status = CheckCreate({DesiredAccess, FileAttributes, ShareAccess, CreateDisposition, CreateOptions});
  if (!NT_SUCCESS(status)) return status;
  status = ProbeIosb(IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  OpenPacket packet{};
  if (AllocationSize != nullptr) {
    status = Load(AllocationSize, &packet.allocation_size);
    if (!NT_SUCCESS(status)) return status;
  }
  packet.disposition = CreateDisposition;
  packet.options = CreateOptions;
  packet.file_attributes = static_cast<USHORT>(FileAttributes);
  packet.share_access = static_cast<USHORT>(ShareAccess);
  status = CaptureEas(EaBuffer, EaLength, &packet);
  if (!NT_SUCCESS(status)) return status;
  HANDLE handle = nullptr;
  status = ObOpenObjectByName(ObjectAttributes, nullptr, ke::PreviousMode(), nullptr, DesiredAccess, &packet, &handle);
  FreeEas(&packet);
  if (NT_SUCCESS(status) && packet.file == nullptr) {  // the name led to something that is no file
    ObCloseHandle(handle, ke::PreviousMode());
    return STATUS_OBJECT_TYPE_MISMATCH;
  }
  if (!NT_SUCCESS(status)) return status;
  status = StoreBytes(FileHandle, &handle, sizeof handle);
  if (!NT_SUCCESS(status)) {
    ObCloseHandle(handle, ke::PreviousMode());
    return status;
  }
  return Finish(IoStatusBlock, packet.status.Status, packet.status.Information);
}

NTSTATUS NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                    ULONG ShareAccess, ULONG OpenOptions) {
  return NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, nullptr, 0, ShareAccess, FILE_OPEN, OpenOptions, nullptr,
                      0);
}

NTSTATUS NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes) {
  OpenPacket packet{};
  packet.disposition = FILE_OPEN;
  packet.options = FILE_DELETE_ON_CLOSE;
  packet.share_access = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE handle = nullptr;
  const NTSTATUS status = ObOpenObjectByName(ObjectAttributes, nullptr, ke::PreviousMode(), nullptr, DELETE_ACCESS, &packet, &handle);
  if (!NT_SUCCESS(status)) return status;
  return ObCloseHandle(handle, ke::PreviousMode());
}

}  // extern "C"
