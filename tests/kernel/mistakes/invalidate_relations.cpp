// Reports new relations of a device that no bus driver has made.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT driver) {
  PDEVICE_OBJECT device;
  if (!NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device))) return;
  IoInvalidateDeviceRelations(device, BusRelations);
}
