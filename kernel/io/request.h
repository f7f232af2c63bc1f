// One request on its way from a system service to a driver. Private.
#pragma once

#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"

namespace nt::io {

// ---- the memory of a service's caller --------------------------------------------------------------------------------------------

using mm::FromUser;
using mm::Load;
using mm::StoreBytes;

NTSTATUS ProbeIosb(PIO_STATUS_BLOCK iosb);
NTSTATUS ProbeBuffer(PVOID address, SIZE_T length, bool write);
/// Stores the outcome of a service in its caller's status block, and returns it.
NTSTATUS Finish(PIO_STATUS_BLOCK iosb, NTSTATUS status, ULONG_PTR information);
/// The file object behind a handle, referenced; `access` counts for user mode.
NTSTATUS FileOf(HANDLE handle, ACCESS_MASK access, PFILE_OBJECT* file);

/// A range of bytes that a caller names.
struct Range {
  LARGE_INTEGER offset;
  LARGE_INTEGER length;
  NTSTATUS Take(const LARGE_INTEGER* from_offset, const LARGE_INTEGER* from_length) {
    const NTSTATUS status = Load(from_offset, &offset);
    return NT_SUCCESS(status) ? Load(from_length, &length) : status;
  }
};

// ---- requests ----------------------------------------------------------------------------------------------------------------------

/// Which of several rights a handle must have.
enum class Rights { All, Any };

class Request {
 public:
  /// References file and event, and takes the file's lock if it is synchronous.
  NTSTATUS Open(HANDLE file_handle, ACCESS_MASK access, Rights rights, HANDLE event, PIO_STATUS_BLOCK iosb);

  PFILE_OBJECT file() const { return file_; }
  PDEVICE_OBJECT device() const { return device_; }
  PKEVENT event() const { return event_; }
  ACCESS_MASK granted() const { return granted_; }
  bool synchronous() const { return (file_->Flags & FO_SYNCHRONOUS_IO) != 0; }

  /// Makes the IRP: the file and event are no longer signaled.
  NTSTATUS MakeIrp(UCHAR major, UCHAR minor = 0);
  PIRP irp() const { return irp_; }
  PIO_STACK_LOCATION location() const { return location_; }
  void SetApc(PVOID routine, PVOID context);

  /// A system buffer; `input` bytes are taken from the caller.
  NTSTATUS Buffer(const void* source, SIZE_T input, PVOID destination, SIZE_T size);
  /// An MDL over the caller's memory, locked for the driver.
  NTSTATUS Lock(PVOID address, ULONG length, LOCK_OPERATION operation);
  /// What a lock or an unlock is about; the length lives as long as the request.
  NTSTATUS AddRange(const Range& range, ULONG key);

  /// Sends it, and waits if the file is synchronous.
  NTSTATUS Send();
  /// Sends it and waits for its end, be the file synchronous or not.
  NTSTATUS SendAndWait();
  /// References a file that the kernel has, and takes its lock if it is synchronous.
  NTSTATUS OpenFile(PFILE_OBJECT file);
  /// Sends it and waits for its end; the outcome is the sender's own. *result stays STATUS_PENDING if an error came at once.
  NTSTATUS SendForKernel(IO_STATUS_BLOCK* result);
  /// Ends what was done without an IRP: tells the caller as a completion would.
  NTSTATUS FinishFast(const IO_STATUS_BLOCK& result, PVOID context);
  /// Ends without having sent anything: frees what there is, and returns the status.
  NTSTATUS Fail(NTSTATUS status);

 private:
  NTSTATUS Drop(NTSTATUS status);
  NTSTATUS AcquireFileLock();
  /// Waits for the end of what was sent; a wait that is broken off gives the request up, and awaits its end all the same.
  static void Await(PKEVENT event, PIRP irp, bool alertable);

  PFILE_OBJECT file_ = nullptr;
  PKEVENT event_ = nullptr;
  PDEVICE_OBJECT device_ = nullptr;
  PIRP irp_ = nullptr;
  PIO_STACK_LOCATION location_ = nullptr;
  PIO_STATUS_BLOCK iosb_ = nullptr;
  ACCESS_MASK granted_ = 0;
};

}  // namespace nt::io
