// Self-describing ETW events (TraceLoggingProvider.h): each event carries its fields' names and types.
//
//   TRACELOGGING_DEFINE_PROVIDER(g_Provider, "Name", (0x…, 0x…, 0x…, 0x…, …));
//   TraceLoggingRegister(g_Provider);
//   TraceLoggingWrite(g_Provider, "Event", TraceLoggingLevel(4), TraceLoggingUInt32(pid, "ProcessId"));
#pragma once

#include <ntddk.h>
#include <evntprov.h>
#include <ringlet/for_each.h>

struct _TlgProvider_t {
  ULONG LevelPlus1;  // 0: nobody listens
  const UCHAR* ProviderMetadata;  // size (16 bits), name
  ULONGLONG KeywordAny;
  ULONGLONG KeywordAll;
  REGHANDLE RegHandle;
  GUID Id;
};
typedef const struct _TlgProvider_t* TraceLoggingHProvider;

#ifndef TLG_METADATA_ALIGN
#define TLG_METADATA_ALIGN DECLSPEC_ALIGN(1)
#endif

#define RINGLET_TLG_GUID(a, b, c, d, e, f, g, h, i, j, k) {a, b, c, {d, e, f, g, h, i, j, k}}

#define TRACELOGGING_DECLARE_PROVIDER(handle) EXTERN_C TraceLoggingHProvider const handle

#define TRACELOGGING_DEFINE_PROVIDER(handle, name, guid, ...)                                          \
  static const struct {                                                                                \
    UCHAR Size[2];                                                                                     \
    char Name[sizeof(name)];                                                                           \
  } handle##_metadata = {{(UCHAR)(2 + sizeof(name)), (UCHAR)((2 + sizeof(name)) >> 8)}, name};         \
  static struct _TlgProvider_t handle##_storage = {0, (const UCHAR*)&handle##_metadata, 0, 0, 0,       \
                                                   RINGLET_TLG_GUID guid};                             \
  EXTERN_C TraceLoggingHProvider const handle;                                                         \
  TraceLoggingHProvider const handle = &handle##_storage

#define TraceLoggingOptionGroup(...)

EXTERN_C_START

// Called by ETW when a session starts or stops listening: remember what it wants.
static __inline VOID NTAPI RingletTlgEnabled(LPCGUID Source, ULONG Control, UCHAR Level, ULONGLONG MatchAnyKeyword,
                                             ULONGLONG MatchAllKeyword, struct _EVENT_FILTER_DESCRIPTOR* Filter,
                                             PVOID Context) {
  UNREFERENCED_PARAMETER(Source);
  UNREFERENCED_PARAMETER(Filter);
  struct _TlgProvider_t* provider = (struct _TlgProvider_t*)Context;
  if (Control > 1) return;  // a request to capture state: nothing is kept
  provider->KeywordAny = MatchAnyKeyword;
  provider->KeywordAll = MatchAllKeyword;
  provider->LevelPlus1 = Control ? (Level ? Level + 1u : 256u) : 0;
}

static __inline NTSTATUS TraceLoggingRegister(TraceLoggingHProvider Provider) {
  return EtwRegister(&Provider->Id, (PETWENABLECALLBACK)RingletTlgEnabled, (PVOID)Provider,
                     &((struct _TlgProvider_t*)Provider)->RegHandle);
}

static __inline VOID TraceLoggingUnregister(TraceLoggingHProvider Provider) {
  const REGHANDLE handle = Provider->RegHandle;
  ((struct _TlgProvider_t*)Provider)->RegHandle = 0;
  ((struct _TlgProvider_t*)Provider)->LevelPlus1 = 0;
  EtwUnregister(handle);
}

static __inline BOOLEAN TraceLoggingProviderEnabled(TraceLoggingHProvider Provider, UCHAR Level, ULONGLONG Keyword) {
  return Level < Provider->LevelPlus1 &&
         (!Keyword || ((Keyword & Provider->KeywordAny) && (Keyword & Provider->KeywordAll) == Provider->KeywordAll));
}

static __inline void RingletTlgData(EVENT_DATA_DESCRIPTOR* Data, const void* Pointer, size_t Size, ULONG Type) {
  Data->Ptr = (ULONGLONG)(ULONG_PTR)Pointer;
  Data->Size = (ULONG)Size;
  Data->Reserved = Type;  // 0 data, 1 event metadata, 2 provider metadata
}

EXTERN_C_END

// A field is (kind, type, in-type, out-type, value, name): what it is in C, and its codes in the event's metadata.
#define RINGLET_TLG_FIELD(type, in, out, value, ...) (VALUE, type, in, out, value, RINGLET_TLG_NAME(value, __VA_ARGS__))
#define RINGLET_TLG_NAME(value, ...) RINGLET_TLG_NAME_2(__VA_ARGS__ __VA_OPT__(, ) #value)
#define RINGLET_TLG_NAME_2(name, ...) name

#define TraceLoggingInt8(v, ...) RINGLET_TLG_FIELD(CHAR, 3, 0, v, __VA_ARGS__)
#define TraceLoggingUInt8(v, ...) RINGLET_TLG_FIELD(UCHAR, 4, 0, v, __VA_ARGS__)
#define TraceLoggingInt16(v, ...) RINGLET_TLG_FIELD(SHORT, 5, 0, v, __VA_ARGS__)
#define TraceLoggingUInt16(v, ...) RINGLET_TLG_FIELD(USHORT, 6, 0, v, __VA_ARGS__)
#define TraceLoggingInt32(v, ...) RINGLET_TLG_FIELD(LONG, 7, 0, v, __VA_ARGS__)
#define TraceLoggingUInt32(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 0, v, __VA_ARGS__)
#define TraceLoggingLong(v, ...) TraceLoggingInt32(v, __VA_ARGS__)
#define TraceLoggingULong(v, ...) TraceLoggingUInt32(v, __VA_ARGS__)
#define TraceLoggingInt64(v, ...) RINGLET_TLG_FIELD(LONGLONG, 9, 0, v, __VA_ARGS__)
#define TraceLoggingUInt64(v, ...) RINGLET_TLG_FIELD(ULONGLONG, 10, 0, v, __VA_ARGS__)
#define TraceLoggingHexUInt32(v, ...) RINGLET_TLG_FIELD(ULONG, 20, 0, v, __VA_ARGS__)
#define TraceLoggingHexULong(v, ...) TraceLoggingHexUInt32(v, __VA_ARGS__)
#define TraceLoggingHexUInt64(v, ...) RINGLET_TLG_FIELD(ULONGLONG, 21, 0, v, __VA_ARGS__)
#define TraceLoggingPointer(v, ...) (VALUE, PVOID, 21, 0, (PVOID)(v), RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingBool(v, ...) RINGLET_TLG_FIELD(LONG, 13, 0, v, __VA_ARGS__)
#define TraceLoggingBoolean(v, ...) RINGLET_TLG_FIELD(UCHAR, 4, 3, v, __VA_ARGS__)
#define TraceLoggingNTStatus(v, ...) RINGLET_TLG_FIELD(NTSTATUS, 7, 14, v, __VA_ARGS__)
#define TraceLoggingPid(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 5, v, __VA_ARGS__)
#define TraceLoggingTid(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 6, v, __VA_ARGS__)
#define TraceLoggingGuid(v, ...) RINGLET_TLG_FIELD(GUID, 15, 0, v, __VA_ARGS__)
#define TraceLoggingWideString(v, ...) (WIDE, PCWSTR, 1, 0, v, RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingString(v, ...) (NARROW, PCSTR, 2, 0, v, RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingUnicodeString(v, ...) (COUNTED, PCUNICODE_STRING, 22, 0, v, RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingLevel(v) (LEVEL, , , , v, )
#define TraceLoggingKeyword(v) (KEYWORD, , , , v, )
#define TraceLoggingOpcode(v) (OPCODE, , , , v, )
#define TraceLoggingDescription(text) (NOTHING, , , , , )

#ifdef __cplusplus
// TraceLoggingValue takes the field's codes from the value's type.
extern "C++" {
template <class T> struct RingletTlgType;
#define RINGLET_TLG_TYPE(type, in, out) \
  template <> struct RingletTlgType<type> { static constexpr UCHAR In = in, Out = out; }
RINGLET_TLG_TYPE(bool, 4, 3);
RINGLET_TLG_TYPE(char, 4, 2);
RINGLET_TLG_TYPE(signed char, 3, 0);
RINGLET_TLG_TYPE(unsigned char, 4, 0);
RINGLET_TLG_TYPE(wchar_t, 6, 2);
RINGLET_TLG_TYPE(short, 5, 0);
RINGLET_TLG_TYPE(unsigned short, 6, 0);
RINGLET_TLG_TYPE(int, 7, 0);
RINGLET_TLG_TYPE(unsigned, 8, 0);
RINGLET_TLG_TYPE(long, 7, 0);
RINGLET_TLG_TYPE(unsigned long, 8, 0);
RINGLET_TLG_TYPE(long long, 9, 0);
RINGLET_TLG_TYPE(unsigned long long, 10, 0);
RINGLET_TLG_TYPE(void*, 21, 0);
RINGLET_TLG_TYPE(const void*, 21, 0);
RINGLET_TLG_TYPE(GUID, 15, 0);
#undef RINGLET_TLG_TYPE
}
#define RINGLET_TLG_DECAYED(v) __decay(decltype(v))
#define TraceLoggingValue(v, ...)                                                                             \
  (VALUE, RINGLET_TLG_DECAYED(v), RingletTlgType<RINGLET_TLG_DECAYED(v)>::In,                                 \
   RingletTlgType<RINGLET_TLG_DECAYED(v)>::Out, v, RINGLET_TLG_NAME(v, __VA_ARGS__))
#endif

// What each kind contributes: bytes of metadata (name, in-type, out-type), its data, its count of data descriptors.
#define RINGLET_TLG_CALL(macro, kind, ...) macro##kind(__VA_ARGS__)

#define RINGLET_TLG_MEMBER(i, field) RINGLET_TLG_MEMBER_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_MEMBER_2(i, ...) RINGLET_TLG_MEMBER_3(i, __VA_ARGS__)
#define RINGLET_TLG_MEMBER_3(i, kind, ...) RINGLET_TLG_MEMBER_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_MEMBER_VALUE(i, type, in, out, value, name) \
  char Name##i[sizeof(name)];                                   \
  UCHAR In##i, Out##i;
#define RINGLET_TLG_MEMBER_WIDE RINGLET_TLG_MEMBER_VALUE
#define RINGLET_TLG_MEMBER_NARROW RINGLET_TLG_MEMBER_VALUE
#define RINGLET_TLG_MEMBER_COUNTED RINGLET_TLG_MEMBER_VALUE
#define RINGLET_TLG_MEMBER_LEVEL(...)
#define RINGLET_TLG_MEMBER_KEYWORD(...)
#define RINGLET_TLG_MEMBER_OPCODE(...)
#define RINGLET_TLG_MEMBER_NOTHING(...)

#define RINGLET_TLG_INIT(i, field) RINGLET_TLG_INIT_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_INIT_2(i, ...) RINGLET_TLG_INIT_3(i, __VA_ARGS__)
#define RINGLET_TLG_INIT_3(i, kind, ...) RINGLET_TLG_INIT_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_INIT_VALUE(i, type, in, out, value, name) name, (UCHAR)((in) | 0x80), (UCHAR)(out),
#define RINGLET_TLG_INIT_WIDE RINGLET_TLG_INIT_VALUE
#define RINGLET_TLG_INIT_NARROW RINGLET_TLG_INIT_VALUE
#define RINGLET_TLG_INIT_COUNTED RINGLET_TLG_INIT_VALUE
#define RINGLET_TLG_INIT_LEVEL(...)
#define RINGLET_TLG_INIT_KEYWORD(...)
#define RINGLET_TLG_INIT_OPCODE(...)
#define RINGLET_TLG_INIT_NOTHING(...)

#define RINGLET_TLG_DATA(i, field) RINGLET_TLG_DATA_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_DATA_2(i, ...) RINGLET_TLG_DATA_3(i, __VA_ARGS__)
#define RINGLET_TLG_DATA_3(i, kind, ...) RINGLET_TLG_DATA_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_DATA_VALUE(i, type, in, out, value, name) \
  const type tlgValue##i = (value);                           \
  RingletTlgData(&tlgData[tlgCount++], &tlgValue##i, sizeof(tlgValue##i), 0);
#define RINGLET_TLG_DATA_WIDE(i, type, in, out, value, name)           \
  const PCWSTR tlgValue##i = (value) ? (value) : L"(null)";            \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i, (wcslen(tlgValue##i) + 1) * sizeof(WCHAR), 0);
#define RINGLET_TLG_DATA_NARROW(i, type, in, out, value, name)         \
  const PCSTR tlgValue##i = (value) ? (value) : "(null)";              \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i, strlen(tlgValue##i) + 1, 0);
#define RINGLET_TLG_DATA_COUNTED(i, type, in, out, value, name)        \
  const PCUNICODE_STRING tlgValue##i = (value);                        \
  RingletTlgData(&tlgData[tlgCount++], &tlgValue##i->Length, sizeof(USHORT), 0); \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i->Buffer, tlgValue##i->Length, 0);
#define RINGLET_TLG_DATA_LEVEL(i, type, in, out, value, name) tlgEvent.Level = (UCHAR)(value);
#define RINGLET_TLG_DATA_KEYWORD(i, type, in, out, value, name) tlgEvent.Keyword |= (ULONGLONG)(value);
#define RINGLET_TLG_DATA_OPCODE(i, type, in, out, value, name) tlgEvent.Opcode = (UCHAR)(value);
#define RINGLET_TLG_DATA_NOTHING(...)

#define TraceLoggingWrite(provider, name, ...) TraceLoggingWriteActivity(provider, name, NULL, NULL, ##__VA_ARGS__)

// Level 5 (verbose) unless the event says otherwise; channel 11 marks events that describe themselves.
#define TraceLoggingWriteActivity(provider, name, activity, related, ...)                                       \
  do {                                                                                                          \
    _Pragma("pack(push, 1)") static const struct {                                                              \
      USHORT Size;                                                                                              \
      UCHAR Tags;                                                                                               \
      char Name[sizeof(name)];                                                                                  \
      RINGLET_FOR_EACH(RINGLET_TLG_MEMBER, ##__VA_ARGS__)                                                       \
    } tlgMetadata = {sizeof(tlgMetadata), 0, name, RINGLET_FOR_EACH(RINGLET_TLG_INIT, ##__VA_ARGS__)};          \
    _Pragma("pack(pop)") const TraceLoggingHProvider tlgProvider = (provider);                                  \
    EVENT_DESCRIPTOR tlgEvent = {0, 0, 11, 5, 0, 0, 0};                                                         \
    EVENT_DATA_DESCRIPTOR tlgData[2 + 2 * RINGLET_COUNT(__VA_ARGS__)];                                          \
    ULONG tlgCount = 2;                                                                                         \
    if (tlgProvider->LevelPlus1) {                                                                              \
      RINGLET_FOR_EACH(RINGLET_TLG_DATA, ##__VA_ARGS__)                                                         \
      if (TraceLoggingProviderEnabled(tlgProvider, tlgEvent.Level, tlgEvent.Keyword)) {                         \
        RingletTlgData(&tlgData[0], tlgProvider->ProviderMetadata, *(const USHORT*)tlgProvider->ProviderMetadata, 2); \
        RingletTlgData(&tlgData[1], &tlgMetadata, sizeof(tlgMetadata), 1);                                      \
        EtwWriteTransfer(tlgProvider->RegHandle, &tlgEvent, activity, related, tlgCount, tlgData);              \
      }                                                                                                         \
    }                                                                                                           \
  } while (0)
