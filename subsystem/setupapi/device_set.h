// Sets of devices and of their interfaces, as the registry tells of them (setupapi.h, cfgmgr32.h). Private to setupapi.
//
// The kernel records a device below Enum, where a volatile key Control says that it is there, and its interfaces below
// Control\DeviceClasses, where a volatile value Linked says that one is enabled.
#pragma once

#include "subsystem/advapi32/registry.h"
#include "subsystem/kernel32/base.h"

extern "C" {
LONG RegOpenKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Options, ACCESS_MASK Desired, HKEY* Result);
LONG RegCloseKey(HKEY Key);
LONG RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPWSTR Class, LPDWORD ClassSize,
                   LPFILETIME LastWriteTime);
}

using HDEVINFO = void*;

struct SP_DEVINFO_DATA {
  DWORD cbSize;
  GUID ClassGuid;
  DWORD DevInst;
  ULONG_PTR Reserved;
};
using PSP_DEVINFO_DATA = SP_DEVINFO_DATA*;
NT_SIZE(SP_DEVINFO_DATA, 0x20);

struct SP_DEVICE_INTERFACE_DATA {
  DWORD cbSize;
  GUID InterfaceClassGuid;
  DWORD Flags;
  ULONG_PTR Reserved;
};
using PSP_DEVICE_INTERFACE_DATA = SP_DEVICE_INTERFACE_DATA*;
NT_SIZE(SP_DEVICE_INTERFACE_DATA, 0x20);

namespace nt::setup {

inline constexpr ULONG kNameRoom = 260;  ///< characters of an instance or of an interface's name, with a terminator
inline constexpr DWORD kLinked = 1;      ///< SPINT_ACTIVE: the interface is enabled
/// DIGCF_…
inline constexpr DWORD kPresent = 2, kAllClasses = 4, kDeviceInterface = 16;

inline constexpr DWORD ERROR_INVALID_DATA = 13;
inline constexpr DWORD ERROR_INVALID_USER_BUFFER = 1784;
inline constexpr DWORD ERROR_INVALID_REG_PROPERTY = 0xE0000209;
inline constexpr DWORD ERROR_NO_SUCH_DEVICE_INTERFACE = 0xE0000225;

struct Device {
  Device* next;
  DWORD number;  ///< in its set, from 1
  GUID class_guid;
  WCHAR instance[kNameRoom];  ///< ROOT\NAME\0000
};

struct Interface {
  Interface* next;
  Device* device;
  GUID class_guid;
  DWORD flags;
  WCHAR name[kNameRoom];  ///< \\?\ROOT#NAME#0000#{class}, and perhaps \REFERENCE
};

/// An HDEVINFO, in the process's heap. Lists are in the order of the registry.
struct DeviceSet {
  ULONG magic;
  Device* devices;
  Interface* interfaces;
};

/// The set of a handle; null, with ERROR_INVALID_HANDLE, if it is none.
DeviceSet* SetOf(HDEVINFO handle);
DeviceSet* NewSet();
void FreeSet(DeviceSet* set);
/// The device of a caller's structure. Null, with ERROR_INVALID_USER_BUFFER or ERROR_INVALID_PARAMETER.
Device* DeviceOf(const DeviceSet& set, const SP_DEVINFO_DATA* data);
Interface* InterfaceOf(const DeviceSet& set, const SP_DEVICE_INTERFACE_DATA* data);
void Fill(const Device& device, SP_DEVINFO_DATA* data);
void Fill(const Interface& interface, SP_DEVICE_INTERFACE_DATA* data);
/// Takes an interface out of its set.
void Remove(DeviceSet* set, Interface* interface);

/// What to look for.
struct Wanted {
  const GUID* class_guid = nullptr;  ///< null: of every class
  PCWSTR enumerator = nullptr;       ///< null: of every one; or an instance
  bool present_only = false;
  PCWSTR interface_name = nullptr;  ///< null: each
};
/// Adds what the registry tells of. False if there is no memory.
bool AddDevices(DeviceSet* set, const Wanted& wanted);
bool AddInterfaces(DeviceSet* set, const Wanted& wanted);
/// Adds the interface with this name, or finds it in the set; null if there is none.
Interface* AddInterface(DeviceSet* set, PCWSTR name);

/// "\Registry\…\Enum\INSTANCE", opened for reading; null if there is none.
HKEY OpenDevice(const WCHAR* instance);
/// The key of an interface ("…\##?#LINK\#REFERENCE").
HKEY OpenInterface(const Interface& interface, ACCESS_MASK access, PCWSTR below);

bool SameText(PCWSTR a, PCWSTR b);
inline bool SameGuid(const GUID& a, const GUID& b) { return __builtin_memcmp(&a, &b, sizeof(GUID)) == 0; }
/// {01234567-89AB-CDEF-0123-456789ABCDEF}
void FormatGuid(const GUID& guid, WCHAR (&text)[39]);
bool ParseGuid(PCWSTR text, GUID* guid);

}  // namespace nt::setup
