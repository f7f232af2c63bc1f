// Opening files for drivers.
#include <utility>

#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "nt/status.h"

namespace ke = nt::ke;
using namespace nt::io;

extern "C" NTSTATUS NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                 PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                                 ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength);

struct IO_DRIVER_CREATE_CONTEXT {
  CSHORT Size;
  PVOID ExtraCreateParameter;
  PVOID DeviceObjectHint;
  PTXN_PARAMETER_BLOCK TxnParameters;
};
using PIO_DRIVER_CREATE_CONTEXT = IO_DRIVER_CREATE_CONTEXT*;
NT_SIZE(IO_DRIVER_CREATE_CONTEXT, 0x20);

namespace {

/// What pipes and mailslots cannot do is a wrong parameter.
NTSTATUS CheckType(CREATE_FILE_TYPE type, const void* parameters, ULONG share, ULONG disposition, ULONG options) {
  constexpr ULONG kValidOptions = FILE_WRITE_THROUGH | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
  if (type == CreateFileTypeNone) return STATUS_SUCCESS;
  if (parameters == nullptr || (options & ~kValidOptions) != 0) return STATUS_INVALID_PARAMETER;
  const bool pipe = type == CreateFileTypeNamedPipe;
  const ULONG shareable = pipe ? FILE_SHARE_READ | FILE_SHARE_WRITE : FILE_SHARE_WRITE;
  const bool disposable = disposition == FILE_CREATE || (pipe && (disposition == FILE_OPEN || disposition == FILE_OPEN_IF));
  return (share & ~shareable) == 0 && disposable ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

}  // namespace

namespace nt::io {

const CreateExtras* TakeCreateExtras() { return std::exchange(Io().create_extras, nullptr); }

}  // namespace nt::io

extern "C" {

NTSTATUS IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                        PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                        PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options,
                        PIO_DRIVER_CREATE_CONTEXT DriverContext) {
  if (DriverContext != nullptr && DriverContext->Size != sizeof *DriverContext) return STATUS_INVALID_PARAMETER;
  const NTSTATUS checked = CheckType(CreateFileType, InternalParameters, ShareAccess, Disposition, CreateOptions);
  if (!NT_SUCCESS(checked)) return checked;
  CreateExtras extras{CreateFileType, InternalParameters, nullptr, nullptr, nullptr};
  if (DriverContext != nullptr) {
    extras.create_parameters = DriverContext->ExtraCreateParameter;
    extras.device_hint = static_cast<PDEVICE_OBJECT>(DriverContext->DeviceObjectHint);
    extras.transaction = DriverContext->TxnParameters;
  }
  CCHAR& mode = ke::CurrentThread()->PreviousMode;
  const CCHAR previous = mode;
  if ((Options & IO_NO_PARAMETER_CHECKING) != 0) mode = KernelMode;  // the caller's memory is the kernel's
  Io().create_extras = &extras;
  const NTSTATUS status = NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes,
                                       ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength);
  TakeCreateExtras();  // a wrong parameter may have left them
  mode = previous;
  return status;
}

NTSTATUS IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                      PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options) {
  return IoCreateFileEx(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
                        Disposition, CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, nullptr);
}

NTSTATUS IoCreateFileSpecifyDeviceObjectHint(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                             PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                                             ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                             CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options, PVOID DeviceObject) {
  IO_DRIVER_CREATE_CONTEXT context{sizeof context, nullptr, DeviceObject, nullptr};
  return IoCreateFileEx(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess,
                        Disposition, CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, &context);
}

PGENERIC_MAPPING IoGetFileObjectGenericMapping() {
  static GENERIC_MAPPING mapping{0x120089, 0x120116, 0x1200a0, 0x1f01ff};  // FILE_GENERIC_READ, _WRITE, _EXECUTE, FILE_ALL_ACCESS
  return &mapping;
}

}  // extern "C"
