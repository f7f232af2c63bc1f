// Properties of physical devices.
#include <cstring>
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/io/pnp.h"
#include "nt/status.h"

namespace nt::io {
namespace {

enum Property : ULONG {
  DeviceDescription,
  HardwareID,
  CompatibleIDs,
  BootConfiguration,
  BootConfigurationTranslated,
  ClassName,
  ClassGuid,
  DriverKeyName,
  Manufacturer,
  FriendlyName,
  LocationInformation,
  PhysicalDeviceObjectName,
  BusTypeGuid,
  LegacyBusType,
  BusNumber,
  EnumeratorName,
  Address,
  UINumber,
  InstallState,
  RemovalPolicy,
  ResourceRequirements,
  AllocatedResources,
  ContainerID,
};

/// The value of a device's key that holds a text property; null for what is no such property.
const char16_t* ValueName(ULONG property) {
  switch (property) {
    case DeviceDescription:
      return u"DeviceDesc";
    case ClassName:
      return u"Class";
    case ClassGuid:
      return u"ClassGUID";
    case DriverKeyName:
      return u"Driver";
    case Manufacturer:
      return u"Mfg";
    case FriendlyName:
      return u"FriendlyName";
    case LocationInformation:
      return u"LocationInformation";
    case ContainerID:
      return u"ContainerID";
    default:
      return nullptr;
  }
}

std::u16string Joined(const std::vector<std::u16string>& strings) {
  std::u16string all;
  for (const std::u16string& one : strings) all.append(one).append(1, u'\0');
  return all;
}

/// The bytes of a property, without the zero that ends text.
NTSTATUS Text(const DeviceNode& node, ULONG property, std::u16string* text) {
  const char16_t* const value = ValueName(property);
  if (property == PhysicalDeviceObjectName) {
    *text = ob::NameOf(node.pdo);
  } else if (property == EnumeratorName) {
    *text = u"ROOT";
  } else if (property == HardwareID || property == CompatibleIDs) {
    const auto ids = cm::ReadStrings(KeyOf(node), property == HardwareID ? u"HardwareID" : u"CompatibleIDs");
    if (!ids) return STATUS_OBJECT_NAME_NOT_FOUND;
    *text = Joined(*ids);
  } else if (const auto found = value != nullptr ? cm::ReadString(KeyOf(node), value) : std::nullopt; found) {
    *text = *found;
  } else {
    return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  return STATUS_SUCCESS;
}

/// Properties that are numbers.
bool Number(ULONG property, ULONG* number) {
  constexpr ULONG kPnpBus = 15, kExpectNoRemoval = 1;
  *number = property == LegacyBusType ? kPnpBus : property == RemovalPolicy ? kExpectNoRemoval : 0;
  return property == LegacyBusType || property == BusNumber || property == InstallState || property == RemovalPolicy;
}

NTSTATUS Give(const void* data, SIZE_T size, PVOID buffer, ULONG room, PULONG needed) {
  *needed = static_cast<ULONG>(size);
  if (room < size) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(buffer, data, size);
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace nt::io

using namespace nt::io;

extern "C" NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, ULONG DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                        PULONG ResultLength) {
  *ResultLength = 0;
  const DeviceNode* const node = NodeOf(DeviceObject);
  if (node == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  if (DeviceProperty > ContainerID) return STATUS_INVALID_PARAMETER_2;
  // There are no resources: an empty answer.
  if (DeviceProperty == BootConfiguration || DeviceProperty == BootConfigurationTranslated || DeviceProperty == ResourceRequirements ||
      DeviceProperty == AllocatedResources) {
    return STATUS_SUCCESS;
  }
  ULONG number = 0;
  if (Number(DeviceProperty, &number)) return Give(&number, sizeof number, PropertyBuffer, BufferLength, ResultLength);
  std::u16string text;
  const NTSTATUS status = Text(*node, DeviceProperty, &text);
  if (!NT_SUCCESS(status)) return status;
  return Give(text.c_str(), (text.size() + 1) * sizeof(WCHAR), PropertyBuffer, BufferLength, ResultLength);
}
