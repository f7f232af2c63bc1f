// Never ends.
#include <ntddk.h>

static volatile LONG rounds;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {
  DbgPrint("Looping\n");
  for (;;) rounds = rounds + 1;
}
