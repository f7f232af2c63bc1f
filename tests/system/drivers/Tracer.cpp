// Writes an event with fields of every kind, and leaves its second provider registered.
#include <TraceLoggingProvider.h>
#include <ntifs.h>

TRACELOGGING_DEFINE_PROVIDER(g_Provider, "Ringlet.Tracer", (0x6a1b2c3d, 0x0011, 0x2233, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb));
TRACELOGGING_DEFINE_PROVIDER(g_Forgotten, "Ringlet.Forgotten",
                             (0x6a1b2c3d, 0x0011, 0x2233, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbc));

static VOID NTAPI OnEnable(LPCGUID, ULONG Control, UCHAR Level, ULONGLONG Any, ULONGLONG All, PEVENT_FILTER_DESCRIPTOR, PVOID Context) {
  DbgPrint("%s: control %u, level %u, any 0x%I64x, all 0x%I64x\n", static_cast<PCSTR>(Context), Control, Level, Any, All);
}

static void WriteNumbers() {
  TraceLoggingWrite(g_Provider, "Numbers", TraceLoggingLevel(4), TraceLoggingEventTag(0x0123456), TraceLoggingOpcode(1),
                    TraceLoggingInt8(-8, "i8"), TraceLoggingUInt8(200, "u8"), TraceLoggingInt16(-16, "i16"),
                    TraceLoggingUInt16(60000, "u16"), TraceLoggingInt32(-32, "i32"), TraceLoggingUInt32(0xFFFFFFFF, "u32"),
                    TraceLoggingInt64(-64, "i64"), TraceLoggingUInt64(0xFFFFFFFFFFFFFFFFull, "u64"), TraceLoggingHexUInt32(0xC0DE, "h32"),
                    TraceLoggingHexUInt64(0xABCDEF0123ull, "h64"), TraceLoggingBool(TRUE, "bool"), TraceLoggingBoolean(FALSE, "boolean"),
                    TraceLoggingChar('x', "char"), TraceLoggingNTStatus(STATUS_ACCESS_DENIED, "status"), TraceLoggingPort(0x5000, "port"),
                    TraceLoggingIPv4Address(0x0100007F, "ip"), TraceLoggingPointer(reinterpret_cast<PVOID>(0x1234), "pointer"));
}

static void WriteTexts() {
  UNICODE_STRING counted = RTL_CONSTANT_STRING(L"counted");
  const GUID guid = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
  const LARGE_INTEGER time = {.QuadPart = 133485408001234567};
  const ULONG system[] = {0x0000'0101, 0x0500'0000, 18};  // S-1-5-18
  const UCHAR bytes[] = {1, 2, 0xAB};
  TraceLoggingWrite(g_Provider, "Texts", TraceLoggingLevel(4), TraceLoggingString("ansi", "ansi"),
                    TraceLoggingWideString(L"w\u00efde", "wide"), TraceLoggingUnicodeString(&counted, "unicode"),
                    TraceLoggingCountedString("cut here", 3, "cut"), TraceLoggingUtf8String("\xc3\xa9", "utf8"),
                    TraceLoggingGuid(guid, "guid"), TraceLoggingFileTime(time, "time"), TraceLoggingSid((PSID)system, "sid"),
                    TraceLoggingBinary(bytes, sizeof(bytes), "bytes"), TraceLoggingValue(7u, "value"),
                    TraceLoggingValue(L"deduced", "text"));
}

static void WriteShapes() {
  const ULONG numbers[] = {1, 2, 3};
  const USHORT none = 0;
  TraceLoggingWrite(g_Provider, "Shapes", TraceLoggingLevel(4), TraceLoggingUInt32Array(numbers, 3, "array"),
                    TraceLoggingUInt32FixedArray(numbers, 2, "fixed"), TraceLoggingUInt16Array(&none, 0, "empty"),
                    TraceLoggingStruct(2, "point"), TraceLoggingInt32(3, "x"), TraceLoggingInt32(4, "y"), TraceLoggingUInt8(9, "after"));
}

static void WriteManifest(REGHANDLE handle) {
  const EVENT_DESCRIPTOR event = {17, 2, 0, 3, 0, 5, 0x10};
  ULONG value = 0x04030201;
  EVENT_DATA_DESCRIPTOR data;
  EventDataDescCreate(&data, &value, sizeof(value));
  EtwWrite(handle, &event, nullptr, 1, &data);
  EtwWriteString(handle, 2, 0, nullptr, L"plain text");
  GUID activity = {7, 0, 0, {}};
  EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &activity);
  EtwWriteTransfer(handle, &event, nullptr, &g_Provider->Id, 0, nullptr);
  static EVENT_DATA_DESCRIPTOR many[129];
  DbgPrint("129 pieces: 0x%08X\n", EtwWrite(handle, &event, nullptr, 129, many));
  many[0].Size = many[1].Size = 0x8000;
  DbgPrint("64 KiB: 0x%08X\n", EtwWrite(handle, &event, nullptr, 2, many));
  DbgPrint("no event: 0x%08X\n", EtwWrite(handle, nullptr, nullptr, 0, nullptr));
}

static void TellEnabled(REGHANDLE handle) {
  const EVENT_DESCRIPTOR verbose = {1, 0, 0, 5, 0, 0, 0}, other = {1, 0, 0, 1, 0, 0, 0x20};
  DbgPrint("level 1: %u, level 5: %u, keyword 0x20: %u, keywords 0x30: %u, verbose: %u, other: %u\n", EtwProviderEnabled(handle, 1, 0),
           EtwProviderEnabled(handle, 5, 0), EtwProviderEnabled(handle, 1, 0x20), EtwProviderEnabled(handle, 1, 0x30),
           EtwEventEnabled(handle, &verbose), EtwEventEnabled(handle, &other));
}

static VOID Unload(PDRIVER_OBJECT) {}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING) {
  DriverObject->DriverUnload = Unload;
  TraceLoggingRegisterEx(g_Provider, OnEnable, const_cast<char*>("provider"));
  TraceLoggingRegister(g_Forgotten);
  WriteNumbers();
  WriteTexts();
  WriteShapes();
  TellEnabled(g_Provider->RegHandle);
  WriteManifest(g_Provider->RegHandle);
  TraceLoggingUnregister(g_Provider);
  return STATUS_SUCCESS;
}
