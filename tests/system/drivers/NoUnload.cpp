// A driver that cannot be unloaded: it has no routine for it.
#include <ntddk.h>

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {
  DbgPrint("NoUnload: here to stay\n");
  return STATUS_SUCCESS;
}
