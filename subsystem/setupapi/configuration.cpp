// CM_…: the configuration manager's way to the interfaces of a class. CONFIGRETs, no last errors.
#include "subsystem/setupapi/device_set.h"

using namespace nt::win32;
using namespace nt::setup;

namespace {

using CONFIGRET = DWORD;
constexpr CONFIGRET CR_SUCCESS = 0, CR_OUT_OF_MEMORY = 2, CR_INVALID_POINTER = 3, CR_INVALID_FLAG = 4, CR_BUFFER_SMALL = 0x1A;
constexpr ULONG kAllDevices = 1;  // CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES

/// Writes the names, each with its terminator, and one more: the characters needed.
ULONG List(const DeviceSet& set, PWSTR buffer, ULONG room) {
  ULONG length = 0;
  const auto put = [&](WCHAR c) {
    if (length < room) buffer[length] = c;
    length++;
  };
  for (const Interface* interface = set.interfaces; interface; interface = interface->next) {
    for (PCWSTR at = interface->name; *at; at++) put(*at);
    put(0);
  }
  put(0);
  return length;
}

CONFIGRET Query(const GUID* class_guid, PCWSTR device, PWSTR buffer, ULONG room, ULONG flags, ULONG* needed) {
  if (!class_guid) return CR_INVALID_POINTER;
  if (flags > kAllDevices) return CR_INVALID_FLAG;
  DeviceSet* const set = NewSet();
  if (!set) return CR_OUT_OF_MEMORY;
  Wanted wanted;
  wanted.class_guid = class_guid;
  wanted.enumerator = device && *device ? device : nullptr;
  wanted.present_only = flags != kAllDevices;
  const bool complete = AddInterfaces(set, wanted);
  *needed = List(*set, buffer, room);
  FreeSet(set);
  return complete ? CR_SUCCESS : CR_OUT_OF_MEMORY;
}

}  // namespace

extern "C" {

/// How many characters the list of a class's interfaces takes, with the zeros that end it. CR_INVALID_POINTER, CR_INVALID_FLAG.
/// (CM_Get_Device_Interface_List_SizeW)
CONFIGRET CM_Get_Device_Interface_List_SizeW(PULONG pulLen, const GUID* InterfaceClassGuid, PCWSTR pDeviceID, ULONG ulFlags) {
  if (!pulLen) return CR_INVALID_POINTER;
  *pulLen = 0;
  return Query(InterfaceClassGuid, pDeviceID, nullptr, 0, ulFlags, pulLen);
}

/// The names of a class's interfaces, of one device if it is given: of enabled ones, or of all with
/// CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES. CR_BUFFER_SMALL. (CM_Get_Device_Interface_ListW)
CONFIGRET CM_Get_Device_Interface_ListW(const GUID* InterfaceClassGuid, PCWSTR pDeviceID, PWSTR Buffer, ULONG BufferLen, ULONG ulFlags) {
  if (!Buffer || BufferLen == 0) return CR_INVALID_POINTER;
  ULONG needed = 0;
  const CONFIGRET result = Query(InterfaceClassGuid, pDeviceID, Buffer, BufferLen, ulFlags, &needed);
  if (result == CR_SUCCESS && needed > BufferLen) {
    Buffer[0] = 0;
    return CR_BUFFER_SMALL;
  }
  return result;
}

}  // extern "C"
