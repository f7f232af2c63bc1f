// The I/O manager: drivers, devices, files, IRPs.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nt/io.h"

namespace nt::io {

/// Creates the Driver, Device and File types and the built-in devices. After ob, ps and the built-in images.
void Initialize();
/// Sets the data exports that name types.
void PublishTypes();
void Shutdown();

/// Loads and starts a driver from its service key (\Registry\Machine\System\CurrentControlSet\Services\NAME). `image` is the file's
/// contents and `why` gets a sentence when it fails. STATUS_IMAGE_ALREADY_LOADED if the driver is there. In a system thread at
/// PASSIVE_LEVEL.
NTSTATUS LoadDriver(std::u16string_view name, std::u16string_view image_path, std::span<const std::byte> image, std::string* why);
/// Calls the driver's Unload and removes it. STATUS_INVALID_DEVICE_REQUEST without an Unload, STATUS_OBJECT_NAME_NOT_FOUND.
NTSTATUS UnloadDriver(std::u16string_view name);
/// Service names of the drivers that are loaded, in the order they came.
std::vector<std::u16string> LoadedDrivers();

/// Sends IRP_MJ_SHUTDOWN to the devices that asked for it. In a system thread at PASSIVE_LEVEL.
void NotifyShutdown();

/// What a driver left behind, collected when it was unloaded.
struct Leftover {
  std::string driver;
  std::string kind;
  std::string what;
};
std::vector<Leftover>& Leftovers();

/// Binds imports of drivers loaded from now on to hooked stubs.
void SetBindHooked(bool hooked);

/// A console whose streams are these host descriptors (input, output, error); console 0 is the host process's own.
ULONG AddConsole(const int descriptors[3]);
/// Forgets a console: reads that wait end as at the end of a file, what is written from now on is lost.
void RemoveConsole(ULONG console);

/// Creates a driver object of the kernel's own whose dispatch entries are stubs of internal exports.
PDRIVER_OBJECT CreateBuiltinDriver(std::u16string_view name);
/// A device of the kernel's own.
PDEVICE_OBJECT CreateBuiltinDevice(PDRIVER_OBJECT driver, std::u16string_view name, DEVICE_TYPE type, ULONG flags);

/// Opens the file of an image by its NT path, to read and execute; a kernel handle.
NTSTATUS OpenImageFile(const UNICODE_STRING& path, HANDLE* handle);

/// Asks a file's driver for information about it, in a buffer of the kernel; `returned`, if there, gets the bytes.
NTSTATUS QueryFile(PFILE_OBJECT file, ULONG information_class, PVOID buffer, ULONG length, ULONG_PTR* returned);

/// Opens a file for the kernel; the handle is in the current process's table if `attributes` says so.
NTSTATUS OpenFile(PHANDLE handle, ACCESS_MASK access, std::u16string_view name, ULONG attributes, ULONG options);

}  // namespace nt::io

extern "C" {
NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                        ULONG DeviceCharacteristics, BOOLEAN Exclusive, PDEVICE_OBJECT* DeviceObject);
VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject);
VOID IoDisconnectInterrupt(PKINTERRUPT InterruptObject);
NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName);
NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName);
PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota);
VOID IoFreeIrp(PIRP Irp);
NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp);
VOID IoFreeMdl(PMDL Mdl);
PDEVICE_OBJECT IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject);
PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT FileObject);
PDEVICE_OBJECT IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject);
}

extern "C" {
BOOLEAN IoCancelIrp(PIRP Irp);
VOID IoAcquireCancelSpinLock(PKIRQL Irql);
VOID IoReleaseCancelSpinLock(KIRQL Irql);
}
