// Does not want to be loaded.
#include <ntddk.h>

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { return STATUS_DEVICE_NOT_READY; }
