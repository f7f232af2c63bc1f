// Opening files for drivers.
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "nt/status.h"

namespace ke = nt::ke;

extern "C" NTSTATUS NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                 PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                                 ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength);

extern "C" {

NTSTATUS IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                      PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID /*InternalParameters*/, ULONG Options) {
  if (CreateFileType != CreateFileTypeNone) return STATUS_NOT_SUPPORTED;
  CCHAR& mode = ke::CurrentThread()->PreviousMode;
  const CCHAR previous = mode;
  if ((Options & IO_NO_PARAMETER_CHECKING) != 0) mode = KernelMode;  // the caller's memory is the kernel's
  const NTSTATUS status = NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes,
                                       ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength);
  mode = previous;
  return status;
}

PGENERIC_MAPPING IoGetFileObjectGenericMapping() {
  static GENERIC_MAPPING mapping{0x120089, 0x120116, 0x1200a0, 0x1f01ff};  // FILE_GENERIC_READ, _WRITE, _EXECUTE, FILE_ALL_ACCESS
  return &mapping;
}

}  // extern "C"
