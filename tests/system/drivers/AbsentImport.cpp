// Calls an export that Windows has and Ringlet does not.
#include <ntddk.h>

extern "C" NTSTATUS KdDisableDebugger();

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { return KdDisableDebugger() == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
