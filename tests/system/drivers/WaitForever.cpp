// Waits for an event that nothing ever sets.
#include <ntddk.h>

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  return KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
}
