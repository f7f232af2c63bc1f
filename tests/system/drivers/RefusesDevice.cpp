// Is loaded, but wants no device.
#include <ntddk.h>

static NTSTATUS AddDevice(PDRIVER_OBJECT, PDEVICE_OBJECT) { return STATUS_NO_SUCH_DEVICE; }

static void Unload(PDRIVER_OBJECT) { DbgPrint("RefusesDevice: unload\n"); }

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = Unload;
  driver->DriverExtension->AddDevice = AddDevice;
  return STATUS_SUCCESS;
}
