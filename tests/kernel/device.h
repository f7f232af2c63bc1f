// Devices for tests: each answers as its test says, and is gone at the end of the test.
#pragma once
#include "ktest.h"

namespace ktest {

using Dispatch = NTSTATUS (*)(PDEVICE_OBJECT device, PIRP irp);

/// What a test's device knows; its device extension.
struct DeviceState {
  Dispatch on[IRP_MJ_MAXIMUM_FUNCTION + 1];  ///< null: success without information
  PDEVICE_OBJECT lower;                      ///< for filters
  LONG calls[IRP_MJ_MAXIMUM_FUNCTION + 1];
  PVOID context;
};

inline DeviceState* StateOf(PDEVICE_OBJECT device) { return static_cast<DeviceState*>(device->DeviceExtension); }

inline NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

inline NTSTATUS DispatchToTest(PDEVICE_OBJECT device, PIRP irp) {
  DeviceState* const state = StateOf(device);
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  InterlockedIncrement(&state->calls[major]);
  return state->on[major] ? state->on[major](device, irp) : Complete(irp, STATUS_SUCCESS);
}

inline void SetDispatch() {
  for (PDRIVER_DISPATCH& function : driver->MajorFunction) function = DispatchToTest;
}

/// A device object of the test driver.
class Device {
 public:
  explicit Device(PCWSTR name = nullptr, ULONG flags = 0, BOOLEAN exclusive = FALSE) {
    SetDispatch();
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    const NTSTATUS status =
        IoCreateDevice(driver, sizeof(DeviceState), name ? &string : nullptr, FILE_DEVICE_UNKNOWN, 0, exclusive, &object_);
    if (!NT_SUCCESS(status)) {
      FailEqual(__FILE__, __LINE__, "IoCreateDevice", status, STATUS_SUCCESS);
      return;
    }
    object_->Flags |= flags;
    object_->Flags &= ~DO_DEVICE_INITIALIZING;
  }
  ~Device() { Delete(); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  void Delete() {
    if (object_) IoDeleteDevice(object_);
    object_ = nullptr;
  }
  PDEVICE_OBJECT object() const { return object_; }
  DeviceState* state() const { return StateOf(object_); }
  Dispatch& on(UCHAR major) { return state()->on[major]; }
  LONG calls(UCHAR major) const { return state()->calls[major]; }

 private:
  PDEVICE_OBJECT object_ = nullptr;
};

/// A file opened from kernel mode.
class File {
 public:
  explicit File(PCWSTR name, ULONG options = FILE_SYNCHRONOUS_IO_NONALERT,
                ACCESS_MASK access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    status_ =
        ZwCreateFile(&handle_, access, &attributes, &iosb_, nullptr, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, options, nullptr, 0);
    if (!NT_SUCCESS(status_)) handle_ = nullptr;
  }
  ~File() { Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void Close() {
    if (handle_) ZwClose(handle_);
    handle_ = nullptr;
  }
  HANDLE handle() const { return handle_; }
  NTSTATUS status() const { return status_; }
  const IO_STATUS_BLOCK& iosb() const { return iosb_; }

 private:
  HANDLE handle_ = nullptr;
  NTSTATUS status_;
  IO_STATUS_BLOCK iosb_ = {};
};

}  // namespace ktest
