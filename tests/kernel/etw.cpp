// Event providers while nobody listens. What sessions get is in tests/kernel/traced.
#include <TraceLoggingProvider.h>

#include "ktest.h"

using namespace ktest;

namespace {
const GUID kProvider = {0x2f1c3bd5, 0x8b3a, 0x4c6e, {0x91, 0x42, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66}};
const EVENT_DESCRIPTOR kEvent = {1, 0, 0, 4, 0, 0, 0x10};
constexpr REGHANDLE kNoHandle = 0, kWrongHandle = 0x7777'0000'1234;

bool Same(const GUID& a, const GUID& b) { return RtlCompareMemory(&a, &b, sizeof(GUID)) == sizeof(GUID); }

volatile LONG g_calls;
VOID NTAPI OnEnable(LPCGUID, ULONG, UCHAR, ULONGLONG, ULONGLONG, PEVENT_FILTER_DESCRIPTOR, PVOID) { InterlockedIncrement(&g_calls); }

/// A registration for the length of a test.
struct Provider {
  REGHANDLE handle = 0;
  Provider() { EXPECT_EQ(EtwRegister(&kProvider, OnEnable, nullptr, &handle), STATUS_SUCCESS); }
  ~Provider() { EXPECT_EQ(EtwUnregister(handle), STATUS_SUCCESS); }
};
}  // namespace

TRACELOGGING_DEFINE_PROVIDER(g_Tracer, "Ringlet.Test", (0x2f1c3bd5, 0x8b3a, 0x4c6e, 0x91, 0x42, 0x11, 0x22, 0x33, 0x44, 0x55, 0x67));

KTEST(RegisterNeedsAnIdentifierAndAPlace) {
  REGHANDLE handle = 0;
  EXPECT_EQ(EtwRegister(nullptr, nullptr, nullptr, &handle), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwRegister(&kProvider, nullptr, nullptr, nullptr), STATUS_INVALID_PARAMETER);
}

KTEST(ProvidersRegisterAndLeave) {
  REGHANDLE first = 0, second = 0;
  EXPECT_EQ(EtwRegister(&kProvider, nullptr, nullptr, &first), STATUS_SUCCESS);
  EXPECT_EQ(EtwRegister(&kProvider, nullptr, nullptr, &second), STATUS_SUCCESS);  // the same one, twice
  EXPECT(first != 0 && second != 0 && first != second);
  EXPECT_EQ(EtwUnregister(first), STATUS_SUCCESS);
  EXPECT_EQ(EtwUnregister(first), STATUS_INVALID_HANDLE);
  EXPECT_EQ(EtwUnregister(second), STATUS_SUCCESS);
  EXPECT_EQ(EtwUnregister(kNoHandle), STATUS_INVALID_HANDLE);
  EXPECT_EQ(EtwUnregister(kWrongHandle), STATUS_INVALID_HANDLE);
}

KTEST(NobodyListens) {
  g_calls = 0;
  Provider provider;
  EXPECT_EQ(g_calls, 0);
  EXPECT_EQ(EtwEventEnabled(provider.handle, &kEvent), FALSE);
  EXPECT_EQ(EtwProviderEnabled(provider.handle, 1, 0), FALSE);
  EXPECT_EQ(EtwProviderEnabled(kNoHandle, 1, 0), FALSE);
  EXPECT_EQ(EtwEventEnabled(kWrongHandle, &kEvent), FALSE);
}

KTEST(UnwantedEventsSucceed) {
  Provider provider;
  ULONG value = 7;
  EVENT_DATA_DESCRIPTOR data;
  EventDataDescCreate(&data, &value, sizeof(value));
  EXPECT_EQ(EtwWrite(provider.handle, &kEvent, nullptr, 1, &data), STATUS_SUCCESS);
  EXPECT_EQ(EtwWriteTransfer(provider.handle, &kEvent, nullptr, nullptr, 1, &data), STATUS_SUCCESS);
  EXPECT_EQ(EtwWriteEx(provider.handle, &kEvent, 0, 0, nullptr, nullptr, 1, &data), STATUS_SUCCESS);
  EXPECT_EQ(EtwWriteString(provider.handle, 4, 0, nullptr, L"text"), STATUS_SUCCESS);
}

KTEST(WritesNeedAHandle) {
  EXPECT_EQ(EtwWrite(kNoHandle, &kEvent, nullptr, 0, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(EtwWriteTransfer(kWrongHandle, &kEvent, nullptr, nullptr, 0, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(EtwWriteEx(kNoHandle, &kEvent, 0, 0, nullptr, nullptr, 0, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(EtwWriteString(kNoHandle, 4, 0, nullptr, L"text"), STATUS_INVALID_HANDLE);
}

KTEST(Information) {
  Provider provider;
  UCHAR traits[] = {7, 0, 'N', 'a', 'm', 'e', 0};
  EXPECT_EQ(EtwSetInformation(kNoHandle, EventProviderSetTraits, traits, sizeof(traits)), STATUS_INVALID_HANDLE);
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, traits, 2), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, nullptr, sizeof(traits)), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, traits, sizeof(traits) - 1), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, traits, sizeof(traits)), STATUS_SUCCESS);
  struct {
    USHORT size;
    char name[4];
    USHORT part;
    UCHAR type;
    UCHAR group[16];
  } __attribute__((packed)) grouped = {25, "abc", 19, 1, {}};
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, &grouped, sizeof(grouped)), STATUS_SUCCESS);
  grouped.part = 18;  // no room for a GUID
  grouped.size = 24;
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, &grouped, 24), STATUS_INVALID_PARAMETER);
  grouped.part = 20;  // beyond the end
  grouped.size = 25;
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderSetTraits, &grouped, 25), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwSetInformation(provider.handle, EventProviderBinaryTrackInfo, traits, sizeof(traits)), STATUS_NOT_SUPPORTED);
}

KTEST(ActivityIdentifiers) {
  const GUID none = {}, mine = kProvider;
  GUID id = mine, created = {}, old = {};
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &id), STATUS_SUCCESS);
  EXPECT(Same(id, none));
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &created), STATUS_SUCCESS);
  EXPECT(!Same(created, none));
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &id), STATUS_SUCCESS);
  EXPECT(!Same(created, id));
  id = mine;
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &id), STATUS_SUCCESS);
  id = created;
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_SET_ID, &id), STATUS_SUCCESS);
  EXPECT(Same(id, mine));
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_SET_ID, &old), STATUS_SUCCESS);
  EXPECT(Same(old, created));
  id = none;
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_SET_ID, &id), STATUS_SUCCESS);
  EXPECT(!Same(id, none) && !Same(id, created));
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, nullptr), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwActivityIdControl(0, &id), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(EtwActivityIdControl(6, &id), STATUS_INVALID_PARAMETER);
}

KTEST(ActivitiesThatAreLent) {
  GUID none = {}, id = {};
  EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &none);
  EXPECT(IoGetActivityIdThread() == nullptr);
  const GUID mine = kProvider;
  const LPCGUID old = IoSetActivityIdThread(&mine);
  EXPECT(old == nullptr);
  EXPECT(IoGetActivityIdThread() == &mine);
  EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &id), STATUS_SUCCESS);
  EXPECT(Same(id, mine));
  IoClearActivityIdThread(old);
  EXPECT(IoGetActivityIdThread() == nullptr);
  id = mine;
  EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &id);
  EXPECT(IoGetActivityIdThread() != nullptr && Same(*IoGetActivityIdThread(), mine));
  const LPCGUID own = IoSetActivityIdThread(&mine);
  EXPECT(own != nullptr && own != &mine);
  IoClearActivityIdThread(own);
  EXPECT(IoGetActivityIdThread() == own);
  EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &none);
}

KTEST(TraceLoggingCostsNothingUnheard) {
  EXPECT_EQ(TraceLoggingRegister(g_Tracer), STATUS_SUCCESS);
  EXPECT(!TraceLoggingProviderEnabled(g_Tracer, 1, 0));
  ULONG evaluated = 0;
  TraceLoggingWrite(g_Tracer, "Unheard", TraceLoggingUInt32(++evaluated, "Count"));
  EXPECT_EQ(evaluated, 0);
  TraceLoggingUnregister(g_Tracer);
}
