// What the kernel debugger's switches do, on a machine that was booted with /debug on.
#include <ntddk.h>

static void Show(const char* what, NTSTATUS status) {
  DbgPrint("%s: 0x%X, enabled %d, not present %d\n", what, status, KD_DEBUGGER_ENABLED, KD_DEBUGGER_NOT_PRESENT);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  Show("boot", STATUS_SUCCESS);
  Show("enable", KdEnableDebugger());
  Show("disable", KdDisableDebugger());
  Show("disable", KdDisableDebugger());
  Show("enable", KdEnableDebugger());
  Show("enable", KdEnableDebugger());
  driver->DriverUnload = [](PDRIVER_OBJECT) {};
  return STATUS_SUCCESS;
}
