// TraceLogging in C++, with fields typed by their values.
#include <TraceLoggingProvider.h>
#include <ntddk.h>

TRACELOGGING_DECLARE_PROVIDER(g_Provider);

extern "C" VOID CppTrace(PCUNICODE_STRING Name) {
  TraceLoggingWrite(g_Provider, "Cpp", TraceLoggingLevel(2), TraceLoggingValue(Name->Length, "Length"),
                    TraceLoggingValue(HandleToULong(PsGetCurrentProcessId())), TraceLoggingUInt32(7, "Seven"),
                    TraceLoggingWideString(L"wide", "Wide"), TraceLoggingHexUInt32(0x80, "Hex"));
}
