// Debug messages at the limits: of no component, which nothing hides, and longer than the buffer that formats them.
#include <ntddk.h>

static void Unload(PDRIVER_OBJECT) {}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  DriverObject->DriverUnload = Unload;
  static char text[601];
  RtlFillMemory(text, 600, 'x');
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "hidden\n");
  DbgPrintEx(0xFFFFFFFF, DPFLTR_INFO_LEVEL, "of no component\n");
  vDbgPrintExWithPrefix("prefix: ", 0xFFFFFFFF, DPFLTR_TRACE_LEVEL, "shown\n", nullptr);
  DbgPrint("%s", text);  // 511 characters and a line's end
  text[511] = 0;
  DbgPrint("%s\n", text);  // as many as there is room for
  text[510] = 0;
  DbgPrint("%s\n", text + 1);  // fits
  return STATUS_SUCCESS;
}
