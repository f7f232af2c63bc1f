// Requests that drivers build for other drivers.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/irp_lists.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr ULONG kBufferTag = 'BfoI';

PIRP NewRequest(PDEVICE_OBJECT device, UCHAR major) {
  PIRP const irp = IoAllocateIrp(device->StackSize, FALSE);
  if (irp == nullptr) return nullptr;
  irp->Tail.Overlay.Thread = ke::KiThread;
  irp->RequestorMode = KernelMode;
  IoGetNextIrpStackLocation(irp)->MajorFunction = major;
  return irp;
}

/// Frees a request that could not be finished.
PIRP Abandon(PIRP irp) {
  if ((irp->Flags & IRP_DEALLOCATE_BUFFER) != 0) ex::FreePool(irp->AssociatedIrp.SystemBuffer);
  if (irp->MdlAddress != nullptr) IoFreeMdl(irp->MdlAddress);
  IoFreeIrp(irp);
  return nullptr;
}

/// A system buffer of `size` bytes that starts with `input` bytes of `source`; results go back to `destination`, if there is one.
bool AddBuffer(PIRP irp, const void* source, SIZE_T input, PVOID destination, SIZE_T size) {
  if (size == 0) return true;
  PVOID const buffer = ex::AllocatePool(NonPagedPoolNx, size, kBufferTag);
  if (buffer == nullptr) return false;
  if (input != 0) std::memcpy(buffer, source, input);
  irp->AssociatedIrp.SystemBuffer = buffer;
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  if (destination != nullptr) {
    irp->UserBuffer = destination;
    irp->Flags |= IRP_INPUT_OPERATION;
  }
  return true;
}

/// An MDL over a kernel buffer, locked.
bool AddMdl(PIRP irp, PVOID buffer, ULONG length, LOCK_OPERATION operation) {
  if (length == 0 || buffer == nullptr) return true;
  PMDL const mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, irp);
  if (mdl == nullptr) return false;
  try {
    MmProbeAndLockPages(mdl, KernelMode, operation);
  } catch (const ke::RaisedException&) {
    return false;
  }
  return true;
}

bool AddTransfer(PIRP irp, PDEVICE_OBJECT device, PVOID buffer, ULONG length, const LARGE_INTEGER* offset, bool read) {
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->Parameters.Read.Length = length;  // Write has the same layout
  if (offset != nullptr) location->Parameters.Read.ByteOffset = *offset;
  irp->Flags |= read ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
  if ((device->Flags & DO_BUFFERED_IO) != 0) {
    return AddBuffer(irp, buffer, read ? 0 : length, read ? buffer : nullptr, length);
  }
  if ((device->Flags & DO_DIRECT_IO) != 0) return AddMdl(irp, buffer, length, read ? IoWriteAccess : IoReadAccess);
  irp->UserBuffer = buffer;
  return true;
}

}  // namespace

extern "C" {

PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer, ULONG InputBufferLength,
                                   PVOID OutputBuffer, ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                   PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP const irp = NewRequest(DeviceObject, InternalDeviceIoControl != 0 ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL);
  if (irp == nullptr) return nullptr;
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
  location->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
  location->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
  const ULONG method = IoControlCode & 3;
  const ULONG input = InputBuffer != nullptr ? InputBufferLength : 0;
  bool built = true;
  switch (method) {
    case METHOD_BUFFERED:
      built =
          AddBuffer(irp, InputBuffer, input, OutputBuffer, InputBufferLength > OutputBufferLength ? InputBufferLength : OutputBufferLength);
      break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      built = AddBuffer(irp, InputBuffer, input, nullptr, input) &&
              AddMdl(irp, OutputBuffer, OutputBufferLength, method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
      break;
    default:
      irp->UserBuffer = OutputBuffer;
      location->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
      break;
  }
  if (!built) return Abandon(irp);
  irp->UserIosb = IoStatusBlock;
  irp->UserEvent = Event;
  QueueToThread(irp);
  return irp;
}

PIRP IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                   PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP const irp = NewRequest(DeviceObject, static_cast<UCHAR>(MajorFunction));
  if (irp == nullptr) return nullptr;
  const bool transfer = MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE;
  if (transfer && !AddTransfer(irp, DeviceObject, Buffer, Length, StartingOffset, MajorFunction == IRP_MJ_READ)) return Abandon(irp);
  irp->UserIosb = IoStatusBlock;
  return irp;
}

PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                  PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
  PIRP const irp = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
  if (irp == nullptr) return nullptr;
  irp->UserEvent = Event;
  QueueToThread(irp);
  return irp;
}

}  // extern "C"
