// Self-describing ETW events (TraceLoggingProvider.h): each event carries its fields' names and types.
//
//   TRACELOGGING_DEFINE_PROVIDER(g_Provider, "Name", (0x…, 0x…, 0x…, 0x…, …));
//   TraceLoggingRegister(g_Provider);
//   TraceLoggingWrite(g_Provider, "Event", TraceLoggingLevel(4), TraceLoggingUInt32(pid, "ProcessId"));
#pragma once

#include <ntddk.h>
#include <evntprov.h>
#include <ringlet/for_each.h>
#include <ringlet/tracelogging_fields.h>
#include <winmeta.h>

struct _TlgProvider_t {
  ULONG LevelPlus1;  // 0: nobody listens
  const UCHAR* ProviderMetadata;  // size (16 bits), name, traits
  ULONGLONG KeywordAny;
  ULONGLONG KeywordAll;
  REGHANDLE RegHandle;
  PETWENABLECALLBACK EnableCallback;  // the driver's own
  PVOID CallbackContext;
  GUID Id;
};
typedef const struct _TlgProvider_t* TraceLoggingHProvider;

#ifndef TLG_METADATA_ALIGN
#define TLG_METADATA_ALIGN DECLSPEC_ALIGN(1)
#endif

#define RINGLET_TLG_GUID(a, b, c, d, e, f, g, h, i, j, k) {a, b, c, {d, e, f, g, h, i, j, k}}

#define TRACELOGGING_DECLARE_PROVIDER(handle) EXTERN_C TraceLoggingHProvider const handle

// The provider without a handle of its own name. Options are groups: traits of type 1, with the group's identifier.
#define TRACELOGGING_DEFINE_PROVIDER_STORAGE(storage, name, guid, ...)                                 \
  _Pragma("pack(push, 1)") static const struct {                                                       \
    USHORT Size;                                                                                       \
    char Name[sizeof(name)];                                                                           \
    RINGLET_FOR_EACH(RINGLET_TLG_TRAIT, ##__VA_ARGS__)                                                 \
  } storage##_metadata = {sizeof(storage##_metadata), name, RINGLET_FOR_EACH(RINGLET_TLG_TRAIT_INIT, ##__VA_ARGS__)}; \
  _Pragma("pack(pop)") static struct _TlgProvider_t storage = {                                        \
      0, (const UCHAR*)&storage##_metadata, 0, 0, 0, NULL, NULL, RINGLET_TLG_GUID guid}

#define RINGLET_TLG_TRAIT(n, group) \
  struct {                          \
    USHORT Size;                    \
    UCHAR Type;                     \
    GUID Group;                     \
  } Trait##n;
#define RINGLET_TLG_TRAIT_INIT(n, group) {19, 1, RINGLET_TLG_GUID group},

#define TRACELOGGING_DEFINE_PROVIDER(handle, name, guid, ...)                                          \
  TRACELOGGING_DEFINE_PROVIDER_STORAGE(handle##_storage, name, guid, __VA_ARGS__);                     \
  EXTERN_C TraceLoggingHProvider const handle;                                                         \
  TraceLoggingHProvider const handle = &handle##_storage

#define TraceLoggingOptionGroup(...) (__VA_ARGS__)
#define TraceLoggingOptionMicrosoftTelemetry() (0x4f50731a, 0x89cf, 0x4782, 0xb3, 0xe0, 0xdc, 0xe8, 0xc9, 0x04, 0x76, 0xba)
#define TraceLoggingOptionWindowsCoreTelemetry() (0xc7de053a, 0x0c2e, 0x4a44, 0x91, 0xa2, 0x52, 0x22, 0xec, 0x2e, 0xcd, 0xf1)

EXTERN_C_START

// Called by ETW when a session starts or stops listening: remember what it wants, then tell the driver.
static __inline VOID NTAPI RingletTlgEnabled(LPCGUID Source, ULONG Control, UCHAR Level, ULONGLONG MatchAnyKeyword,
                                             ULONGLONG MatchAllKeyword, struct _EVENT_FILTER_DESCRIPTOR* Filter,
                                             PVOID Context) {
  struct _TlgProvider_t* provider = (struct _TlgProvider_t*)Context;
  if (Control <= EVENT_CONTROL_CODE_ENABLE_PROVIDER) {
    provider->KeywordAny = MatchAnyKeyword;
    provider->KeywordAll = MatchAllKeyword;
    provider->LevelPlus1 = Control ? (Level ? Level + 1u : 256u) : 0;
  }
  if (provider->EnableCallback) {
    provider->EnableCallback(Source, Control, Level, MatchAnyKeyword, MatchAllKeyword, Filter, provider->CallbackContext);
  }
}

static __inline NTSTATUS TraceLoggingRegisterEx(TraceLoggingHProvider Provider, PETWENABLECALLBACK EnableCallback,
                                                PVOID CallbackContext) {
  struct _TlgProvider_t* provider = (struct _TlgProvider_t*)Provider;
  NTSTATUS status;
  provider->EnableCallback = EnableCallback;
  provider->CallbackContext = CallbackContext;
  status = EtwRegister(&provider->Id, (PETWENABLECALLBACK)RingletTlgEnabled, provider, &provider->RegHandle);
  if (NT_SUCCESS(status)) {
    // Sessions that look for the provider by name find it by its traits; events carry them anyway.
    (void)EtwSetInformation(provider->RegHandle, EventProviderSetTraits, (PVOID)provider->ProviderMetadata,
                            *(const USHORT*)provider->ProviderMetadata);
  }
  return status;
}

static __inline NTSTATUS TraceLoggingRegister(TraceLoggingHProvider Provider) {
  return TraceLoggingRegisterEx(Provider, NULL, NULL);
}

static __inline VOID TraceLoggingUnregister(TraceLoggingHProvider Provider) {
  struct _TlgProvider_t* provider = (struct _TlgProvider_t*)Provider;
  const REGHANDLE handle = provider->RegHandle;
  provider->RegHandle = 0;
  provider->LevelPlus1 = 0;
  EtwUnregister(handle);
}

static __inline BOOLEAN TraceLoggingProviderEnabled(TraceLoggingHProvider Provider, UCHAR Level, ULONGLONG Keyword) {
  return Level < Provider->LevelPlus1 &&
         (!Keyword || ((Keyword & Provider->KeywordAny) && (Keyword & Provider->KeywordAll) == Provider->KeywordAll));
}

static __inline NTSTATUS TraceLoggingSetInformation(TraceLoggingHProvider Provider, EVENT_INFO_CLASS InformationClass, PVOID Information,
                                                    ULONG Length) {
  return EtwSetInformation(Provider->RegHandle, InformationClass, Information, Length);
}

static __inline const GUID* RingletTlgProviderId(TraceLoggingHProvider Provider) { return &Provider->Id; }
#define TraceLoggingProviderId(provider) (*RingletTlgProviderId(provider))

EXTERN_C_END

#define TraceLoggingWrite(provider, name, ...) TraceLoggingWriteActivity(provider, name, NULL, NULL, ##__VA_ARGS__)

// Level 5 (verbose) unless the event says otherwise; channel 11 marks events that describe themselves. The arguments are
// evaluated only if a session wants the event.
#define TraceLoggingWriteActivity(provider, name, activity, related, ...)                                       \
  do {                                                                                                          \
    enum { tlgTag = 0 RINGLET_FOR_EACH(RINGLET_TLG_TAG, ##__VA_ARGS__) };                                       \
    _Pragma("pack(push, 1)") static const struct {                                                              \
      USHORT Size;                                                                                              \
      UCHAR Tags[4];                                                                                            \
      char Name[sizeof(name)];                                                                                  \
      RINGLET_FOR_EACH(RINGLET_TLG_MEMBER, ##__VA_ARGS__)                                                       \
    } tlgMetadata = {sizeof(tlgMetadata),                                                                       \
                     {(UCHAR)(0x80 | tlgTag >> 21), (UCHAR)(0x80 | tlgTag >> 14), (UCHAR)(0x80 | tlgTag >> 7), tlgTag & 0x7f}, \
                     name,                                                                                      \
                     RINGLET_FOR_EACH(RINGLET_TLG_INIT, ##__VA_ARGS__)};                                        \
    _Pragma("pack(pop)") const TraceLoggingHProvider tlgProvider = (provider);                                  \
    if (tlgProvider->LevelPlus1) {                                                                              \
      EVENT_DESCRIPTOR tlgEvent = {0, 0, 11, 5, 0, 0, 0};                                                       \
      RINGLET_FOR_EACH(RINGLET_TLG_EVENT, ##__VA_ARGS__)                                                        \
      if (TraceLoggingProviderEnabled(tlgProvider, tlgEvent.Level, tlgEvent.Keyword)) {                         \
        EVENT_DATA_DESCRIPTOR tlgData[2 + 2 * RINGLET_COUNT(__VA_ARGS__)];                                      \
        ULONG tlgCount = 2;                                                                                     \
        RINGLET_FOR_EACH(RINGLET_TLG_DATA, ##__VA_ARGS__)                                                       \
        RingletTlgData(&tlgData[0], tlgProvider->ProviderMetadata, *(const USHORT*)tlgProvider->ProviderMetadata, \
                       EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA);                                           \
        RingletTlgData(&tlgData[1], &tlgMetadata, sizeof(tlgMetadata), EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA); \
        EtwWriteTransfer(tlgProvider->RegHandle, &tlgEvent, activity, related, tlgCount, tlgData);              \
      }                                                                                                         \
    }                                                                                                           \
  } while (0)
