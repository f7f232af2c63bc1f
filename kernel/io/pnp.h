// The plug-and-play manager: devices without hardware, below \Driver\PnpManager. Private.
//
// A driver with an AddDevice routine gets one device when it is loaded, as if it had been installed below ROOT; others report theirs
// with IoReportDetectedDevice. Devices that drivers enumerate themselves (BusRelations) are not looked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/io/state.h"
#include "nt/pnp.h"

namespace nt::io {

/// What is known of a physical device object; its extension's DeviceNode.
struct DeviceNode {
  PDEVICE_OBJECT pdo = nullptr;
  PDRIVER_OBJECT driver = nullptr;  ///< whose device it is
  std::u16string service;
  std::u16string instance;  ///< ROOT\NAME\0000
  bool started = false;
};

/// An interface that was registered for a device.
struct DeviceInterface {
  DeviceNode* node;
  GUID class_guid;
  std::u16string link;  ///< \??\ROOT#NAME#0000#{class}
  std::u16string name;  ///< the link, and \REFERENCE if there is one
  bool enabled = false;
};

struct PnpNotification {
  LIST_ENTRY link;
  ULONG category;
  GUID class_guid;    ///< of interfaces
  PFILE_OBJECT file;  ///< of a target device, referenced
  PDRIVER_OBJECT driver;
  PVOID routine;
  PVOID context;
};

struct Pnp {
  PDRIVER_OBJECT manager = nullptr;
  std::vector<DeviceNode*> nodes;
  std::vector<DeviceInterface> interfaces;
  LIST_ENTRY notifications{&notifications, &notifications};
};
Pnp& ThePnp();
/// Makes the driver below all devices of the machine's own.
void InitializePnp();
void DestroyPnp();

/// The node of a physical device object; null for every other device.
inline DeviceNode* NodeOf(PDEVICE_OBJECT device) { return static_cast<DeviceNode*>(device->DeviceObjectExtension->DeviceNode); }

/// A device's key below Enum.
std::u16string KeyOf(const DeviceNode& node);
/// The keys below DeviceClasses where programs find an interface by its name: that of the link, and in it that of the reference.
std::u16string InterfaceLinkKey(std::u16string_view name);
std::u16string InterfaceKey(std::u16string_view name);

/// A new physical device of a driver. Null if memory is short.
DeviceNode* CreateNode(PDRIVER_OBJECT driver);
/// Takes a device away, with its interfaces.
void DeleteNode(DeviceNode* node);
/// Sends a request of the kernel's, by its function and parameters, to the top of a device's stack and waits for its end.
NTSTATUS SendToTop(PDEVICE_OBJECT device, const IO_STACK_LOCATION& request, ULONG_PTR* information);
/// Sends IRP_MJ_PNP to the top of a device's stack and waits for its end.
NTSTATUS SendPnp(PDEVICE_OBJECT pdo, UCHAR minor, PVOID argument, ULONG_PTR* information);

/// Gives a driver its device, if it has an AddDevice routine, and starts it.
NTSTATUS AddRootDevice(PDRIVER_OBJECT driver, std::string* why);
bool HasDevices(PDRIVER_OBJECT driver);
/// Asks whether a driver's devices may go; if one of them refuses, all stay. STATUS_PLUGPLAY_QUERY_VETOED.
NTSTATUS QueryRemoveDevices(PDRIVER_OBJECT driver);
/// Removes a driver's devices.
void RemoveDevices(PDRIVER_OBJECT driver);

/// {01234567-89ab-cdef-0123-456789abcdef}
std::u16string GuidText(const GUID& guid);
/// Disables an interface that goes, and tells of it.
void DisableInterface(DeviceInterface* interface);
/// Tells who asked, from a worker thread, that an interface of a class came or went.
void NotifyInterfaceChange(const GUID& event, const DeviceInterface& interface);
/// Asks, or tells, who registered for a device through a file; the first refusal counts.
NTSTATUS NotifyTargetDevice(const GUID& event, const DeviceNode* node);

}  // namespace nt::io
