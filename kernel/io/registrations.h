// What drivers have registered with the I/O manager, and what it made for them. Private.
#pragma once

#include <vector>

#include "kernel/io/file_systems.h"
#include "kernel/io/state.h"

namespace nt::io {

struct DriverObjectExtension {
  PDRIVER_OBJECT driver;
  PVOID id;      ///< ClientIdentificationAddress
  PVOID memory;  ///< from non-paged pool
};

struct Reinitialization {
  PDRIVER_OBJECT driver;
  PDRIVER_REINITIALIZE routine;
  PVOID context;
};

/// A PCI device's configuration space.
struct PciConfiguration {
  UCHAR bytes[256];
};
/// That of the machine's host bridge, as it is after a reset.
PciConfiguration HostBridge();

/// A device that provides WMI data.
struct WmiProvider {
  PDEVICE_OBJECT device;     ///< with a reference
  std::vector<GUID> blocks;  ///< what it said it has
  ULONG id = 0;              ///< tells it from all others there were
  bool asked = false;        ///< is being asked
};

/// CONFIGURATION_INFORMATION. Drivers increment the counts.
struct ConfigurationInformation {
  ULONG DiskCount;
  ULONG FloppyCount;
  ULONG CdRomCount;
  ULONG TapeCount;
  ULONG ScsiPortCount;
  ULONG SerialCount;
  ULONG ParallelCount;
  BOOLEAN AtDiskPrimaryAddressClaimed;
  BOOLEAN AtDiskSecondaryAddressClaimed;
  ULONG Version;
  ULONG MediumChangerCount;
};
NT_SIZE(ConfigurationInformation, 0x28);

/// Of one machine.
struct Registrations {
  PciConfiguration host_bridge = HostBridge();
  std::vector<PDEVICE_OBJECT> shutdown;  ///< oldest first, each with a reference
  std::vector<PDEVICE_OBJECT> last_chance_shutdown;
  std::vector<PDEVICE_OBJECT> file_systems;      ///< in the order they are asked to mount a volume
  std::vector<FsNotification> fs_notifications;  ///< oldest first
  std::vector<DriverObjectExtension> extensions;
  std::vector<Reinitialization> reinitializations;  ///< oldest first
  std::vector<PDEVICE_OBJECT> timers;               ///< whose timers run, in the order they were started
  KTIMER second{};                                  ///< ticks once a second while a timer runs
  KDPC second_dpc{};
  std::vector<WmiProvider> wmi_providers;
  std::vector<struct WmiBlock*> wmi_blocks;  ///< open ones, in the order they were opened
  POBJECT_TYPE wmi_type = nullptr;
  ULONG last_wmi_provider = 0;
  ConfigurationInformation* configuration = nullptr;  ///< in pool
  ULONG error_log_sequence = 0;
  POBJECT_TYPE completion_type = nullptr;
};
Registrations& Registered();

/// Makes the state and the IoCompletion type; part of Initialize(). After ob.
void CreateRegistrations();
void DestroyRegistrations();
/// Makes the type of opened WMI data blocks; part of Initialize(). After CreateRegistrations().
void CreateWmiType();

/// Undoes a device's registrations: its I/O timer and its shutdown notifications. Part of its deletion.
void ForgetDevice(PDEVICE_OBJECT device);
/// Frees a driver's object extensions and forgets its routines. Part of its removal.
void ForgetDriver(PDRIVER_OBJECT driver);

/// Sends a device's stack IRP_MJ_SHUTDOWN and waits for its end.
void TellOfShutdown(PDEVICE_OBJECT device);

void ForgetTimer(PDEVICE_OBJECT device);
void InitializeSecondTimer();
void InitializeCompletionPorts();

/// Calls a driver's reinitialization routines, oldest first; those that they register are called as well. After its DriverEntry.
void RunReinitialization(PDRIVER_OBJECT driver);

}  // namespace nt::io
