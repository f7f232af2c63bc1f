// No mistake: a driver whose unloading takes a while, in which other drivers' mistakes come to light.
#include <ntddk.h>

static void Unload(PDRIVER_OBJECT) {
  LARGE_INTEGER time;
  time.QuadPart = -2000000;
  KeDelayExecutionThread(KernelMode, FALSE, &time);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  DriverObject->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
