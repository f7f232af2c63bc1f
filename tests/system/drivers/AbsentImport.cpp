// Calls an export that Windows has and Ringlet does not.
#include <ntddk.h>

extern "C" NTSTATUS SkReleasePushLockExclusive(PVOID Lock);

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  return SkReleasePushLockExclusive(DriverObject) == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;  // no tail call
}
