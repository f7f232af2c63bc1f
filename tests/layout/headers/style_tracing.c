// TraceLogging in C.
#include <TraceLoggingProvider.h>
#include <ntddk.h>

TRACELOGGING_DEFINE_PROVIDER(g_Provider, "Ringlet.Style", (0x3970f9cf, 0x2c0c, 0x4f11, 0xb1, 0xcc, 0xe3, 0xa1, 0xe9, 0x95, 0x88, 0x33));

VOID CppTrace(PCUNICODE_STRING Name);

static DRIVER_UNLOAD StyleUnload;
static VOID StyleUnload(PDRIVER_OBJECT DriverObject) {
  UNREFERENCED_PARAMETER(DriverObject);
  TraceLoggingUnregister(g_Provider);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  NTSTATUS status = TraceLoggingRegister(g_Provider);
  if (!NT_SUCCESS(status)) return status;
  DriverObject->DriverUnload = StyleUnload;
  TraceLoggingWrite(g_Provider, "Started");
  TraceLoggingWrite(g_Provider, "DriverEntry", TraceLoggingLevel(4), TraceLoggingKeyword(1),
                    TraceLoggingUnicodeString(RegistryPath, "Path"), TraceLoggingPointer(DriverObject),
                    TraceLoggingNTStatus(status, "Status"), TraceLoggingString("text", "Text"));
  CppTrace(RegistryPath);
  return STATUS_SUCCESS;
}
