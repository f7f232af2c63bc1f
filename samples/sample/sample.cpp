// The smallest useful driver: it traces its loading and unloading, and tells the system's version.
#include <ntddk.h>

#define DRIVER_PREFIX "Sample: "

DRIVER_UNLOAD SampleUnload;

_Use_decl_annotations_ void SampleUnload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
  DbgPrint(DRIVER_PREFIX "Unload called\n");
}

extern "C" NTSTATUS DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath) {
  DbgPrint(DRIVER_PREFIX "DriverEntry called\n");
  DbgPrint(DRIVER_PREFIX "registry path: %wZ\n", RegistryPath);

  // Without an unload routine the driver would stay until the next boot.
  DriverObject->DriverUnload = SampleUnload;

  RTL_OSVERSIONINFOW version = {};
  version.dwOSVersionInfoSize = sizeof(version);
  NTSTATUS status = RtlGetVersion(&version);
  if (!NT_SUCCESS(status)) {
    // No unload routine runs for a driver whose DriverEntry fails; there is nothing to undo here.
    DbgPrint(DRIVER_PREFIX "RtlGetVersion failed (0x%08X)\n", status);
    return status;
  }
  DbgPrint(DRIVER_PREFIX "Windows version %u.%u.%u\n", version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber);
  return STATUS_SUCCESS;
}
