// TraceLogging in C++, with fields typed by their values.
#include <TraceLoggingProvider.h>
#include <evntrace.h>
#include <ntddk.h>

// Names that drivers like to have for themselves.
#define TAG 'eltS'
#define LEVEL 3
#define VALUE(x) x

TRACELOGGING_DECLARE_PROVIDER(g_Provider);
TRACELOGGING_DEFINE_PROVIDER(g_Grouped, "Ringlet.Grouped", (0x3970f9cf, 0x2c0c, 0x4f11, 0xb1, 0xcc, 0xe3, 0xa1, 0xe9, 0x95, 0x88, 0x34),
                             TraceLoggingOptionGroup(0x3970f9cf, 0x2c0c, 0x4f11, 0xb1, 0xcc, 0xe3, 0xa1, 0xe9, 0x95, 0x88, 0x35));

extern "C" VOID CppTrace(PCUNICODE_STRING Name) {
  TraceLoggingWrite(g_Provider, "Cpp", TraceLoggingLevel(2), TraceLoggingValue(Name->Length, "Length"),
                    TraceLoggingValue(HandleToULong(PsGetCurrentProcessId())), TraceLoggingUInt32(7, "Seven"),
                    TraceLoggingWideString(L"wide", "Wide"), TraceLoggingHexUInt32(0x80, "Hex"));
  TraceLoggingRegisterEx(g_Grouped, nullptr, nullptr);
  GUID activity = TraceLoggingProviderId(g_Grouped);
  TraceLoggingWriteActivity(g_Grouped, "Grouped", &activity, nullptr, TraceLoggingLevel(TRACE_LEVEL_INFORMATION),
                            TraceLoggingOpcode(WINEVENT_OPCODE_START), TraceLoggingDescription("what it means"),
                            TraceLoggingEventTag(TAG & 0xff), TraceLoggingBoolean(TRUE, "Flag"),
                            TraceLoggingNTStatus(STATUS_SUCCESS, "Status"));
  if (TraceLoggingProviderEnabled(g_Grouped, LEVEL, VALUE(0))) TraceLoggingSetInformation(g_Grouped, EventProviderSetTraits, nullptr, 0);
  TraceLoggingUnregister(g_Grouped);
}
