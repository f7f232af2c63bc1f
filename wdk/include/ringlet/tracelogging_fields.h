// The fields of TraceLogging events.
//
// A field is (kind, type, in-type, out-type, value, count, name): what it is in C, and its codes in the event's metadata. Kinds have names
// that no driver is likely to define as a macro.
#pragma once

#define RINGLET_TLG_FIELD(type, in, out, value, ...) (TlgValue, type, in, out, value, , RINGLET_TLG_NAME(value, __VA_ARGS__))
#define RINGLET_TLG_NAME(value, ...) RINGLET_TLG_NAME_2(__VA_ARGS__ __VA_OPT__(, ) #value)
#define RINGLET_TLG_NAME_2(name, ...) name

#define TraceLoggingInt8(v, ...) RINGLET_TLG_FIELD(CHAR, 3, 0, v, __VA_ARGS__)
#define TraceLoggingUInt8(v, ...) RINGLET_TLG_FIELD(UCHAR, 4, 0, v, __VA_ARGS__)
#define TraceLoggingInt16(v, ...) RINGLET_TLG_FIELD(SHORT, 5, 0, v, __VA_ARGS__)
#define TraceLoggingUInt16(v, ...) RINGLET_TLG_FIELD(USHORT, 6, 0, v, __VA_ARGS__)
#define TraceLoggingInt32(v, ...) RINGLET_TLG_FIELD(LONG, 7, 0, v, __VA_ARGS__)
#define TraceLoggingUInt32(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 0, v, __VA_ARGS__)
#define TraceLoggingLong(v, ...) RINGLET_TLG_FIELD(LONG, 7, 0, v, __VA_ARGS__)
#define TraceLoggingULong(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 0, v, __VA_ARGS__)
#define TraceLoggingInt64(v, ...) RINGLET_TLG_FIELD(LONGLONG, 9, 0, v, __VA_ARGS__)
#define TraceLoggingUInt64(v, ...) RINGLET_TLG_FIELD(ULONGLONG, 10, 0, v, __VA_ARGS__)
#define TraceLoggingIntPtr(v, ...) RINGLET_TLG_FIELD(LONG_PTR, 9, 0, v, __VA_ARGS__)
#define TraceLoggingUIntPtr(v, ...) RINGLET_TLG_FIELD(ULONG_PTR, 10, 0, v, __VA_ARGS__)
#define TraceLoggingHexInt8(v, ...) RINGLET_TLG_FIELD(CHAR, 4, 4, v, __VA_ARGS__)
#define TraceLoggingHexUInt8(v, ...) RINGLET_TLG_FIELD(UCHAR, 4, 4, v, __VA_ARGS__)
#define TraceLoggingHexInt16(v, ...) RINGLET_TLG_FIELD(SHORT, 6, 4, v, __VA_ARGS__)
#define TraceLoggingHexUInt16(v, ...) RINGLET_TLG_FIELD(USHORT, 6, 4, v, __VA_ARGS__)
#define TraceLoggingHexInt32(v, ...) RINGLET_TLG_FIELD(LONG, 20, 0, v, __VA_ARGS__)
#define TraceLoggingHexUInt32(v, ...) RINGLET_TLG_FIELD(ULONG, 20, 0, v, __VA_ARGS__)
#define TraceLoggingHexLong(v, ...) RINGLET_TLG_FIELD(LONG, 20, 0, v, __VA_ARGS__)
#define TraceLoggingHexULong(v, ...) RINGLET_TLG_FIELD(ULONG, 20, 0, v, __VA_ARGS__)
#define TraceLoggingHexInt64(v, ...) RINGLET_TLG_FIELD(LONGLONG, 21, 0, v, __VA_ARGS__)
#define TraceLoggingHexUInt64(v, ...) RINGLET_TLG_FIELD(ULONGLONG, 21, 0, v, __VA_ARGS__)
#define TraceLoggingHexIntPtr(v, ...) RINGLET_TLG_FIELD(LONG_PTR, 21, 0, v, __VA_ARGS__)
#define TraceLoggingHexUIntPtr(v, ...) RINGLET_TLG_FIELD(ULONG_PTR, 21, 0, v, __VA_ARGS__)
#define TraceLoggingFloat32(v, ...) RINGLET_TLG_FIELD(float, 11, 0, v, __VA_ARGS__)
#define TraceLoggingFloat64(v, ...) RINGLET_TLG_FIELD(double, 12, 0, v, __VA_ARGS__)
#define TraceLoggingBoolean(v, ...) RINGLET_TLG_FIELD(UCHAR, 4, 3, v, __VA_ARGS__)
#define TraceLoggingBool(v, ...) RINGLET_TLG_FIELD(LONG, 13, 0, v, __VA_ARGS__)
#define TraceLoggingChar(v, ...) RINGLET_TLG_FIELD(char, 4, 2, v, __VA_ARGS__)
#define TraceLoggingChar16(v, ...) RINGLET_TLG_FIELD(WCHAR, 6, 2, v, __VA_ARGS__)
#define TraceLoggingWChar(v, ...) RINGLET_TLG_FIELD(WCHAR, 6, 2, v, __VA_ARGS__)
#define TraceLoggingPointer(v, ...) (TlgValue, PVOID, 21, 0, (PVOID)(ULONG_PTR)(v), , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingCodePointer(v, ...) (TlgValue, PVOID, 21, 37, (PVOID)(ULONG_PTR)(v), , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingGuid(v, ...) RINGLET_TLG_FIELD(GUID, 15, 0, v, __VA_ARGS__)
#define TraceLoggingPid(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 5, v, __VA_ARGS__)
#define TraceLoggingTid(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 6, v, __VA_ARGS__)
#define TraceLoggingPort(v, ...) RINGLET_TLG_FIELD(USHORT, 6, 7, v, __VA_ARGS__)
#define TraceLoggingIPv4Address(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 8, v, __VA_ARGS__)
#define TraceLoggingWinError(v, ...) RINGLET_TLG_FIELD(ULONG, 8, 13, v, __VA_ARGS__)
#define TraceLoggingNTStatus(v, ...) RINGLET_TLG_FIELD(NTSTATUS, 8, 14, v, __VA_ARGS__)
#define TraceLoggingHResult(v, ...) RINGLET_TLG_FIELD(LONG, 7, 15, v, __VA_ARGS__)
// Times come in more than one C type of the same bytes.
#define TraceLoggingFileTime(v, ...) RINGLET_TLG_FIELD(__typeof__(v), 17, 0, v, __VA_ARGS__)
#define TraceLoggingFileTimeUtc(v, ...) RINGLET_TLG_FIELD(__typeof__(v), 17, 38, v, __VA_ARGS__)
#define TraceLoggingSystemTime(v, ...) RINGLET_TLG_FIELD(__typeof__(v), 18, 0, v, __VA_ARGS__)
#define TraceLoggingSystemTimeUtc(v, ...) RINGLET_TLG_FIELD(__typeof__(v), 18, 38, v, __VA_ARGS__)

#define TraceLoggingWideString(v, ...) (TlgWide, PCWSTR, 1, 0, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingString16(v, ...) TraceLoggingWideString(v, __VA_ARGS__)
#define TraceLoggingString(v, ...) (TlgNarrow, PCSTR, 2, 0, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingUtf8String(v, ...) (TlgNarrow, PCSTR, 2, 35, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingUnicodeString(v, ...) (TlgCounted, PCUNICODE_STRING, 22, 0, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingAnsiString(v, ...) (TlgCounted, const ANSI_STRING*, 23, 0, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))
#define TraceLoggingCountedWideString(p, n, ...) (TlgSized, PCWSTR, 22, 0, p, n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define TraceLoggingCountedString16(p, n, ...) TraceLoggingCountedWideString(p, n, __VA_ARGS__)
#define TraceLoggingCountedString(p, n, ...) (TlgSized, PCSTR, 23, 0, p, n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define TraceLoggingCountedUtf8String(p, n, ...) (TlgSized, PCSTR, 23, 35, p, n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define TraceLoggingBinary(p, n, ...) (TlgSized, const UCHAR*, 14, 0, (const UCHAR*)(p), n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define TraceLoggingBinaryEx(p, n, out, ...) (TlgSized, const UCHAR*, 14, out, (const UCHAR*)(p), n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define TraceLoggingSocketAddress(p, n, ...) TraceLoggingBinaryEx(p, n, 10, __VA_ARGS__)
#define TraceLoggingIPv6Address(p, ...) TraceLoggingBinaryEx(p, 16, 9, __VA_ARGS__)
#define TraceLoggingSid(v, ...) (TlgSid, PSID, 19, 0, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))

// The next `count` fields are a structure's.
#define TraceLoggingStruct(count, ...) (TlgStruct, , 24, count, , , RINGLET_TLG_NAME(count, __VA_ARGS__))

// Arrays: of a number of values known when the event is written, or when it is compiled.
#define RINGLET_TLG_ARRAY(type, in, out, p, n, ...) (TlgArray, type, in, out, p, n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define RINGLET_TLG_FIXED(type, in, out, p, n, ...) (TlgFixed, type, in, out, p, n, RINGLET_TLG_NAME(p, __VA_ARGS__))
#define TraceLoggingInt8Array(p, n, ...) RINGLET_TLG_ARRAY(CHAR, 3, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt8FixedArray(p, n, ...) RINGLET_TLG_FIXED(CHAR, 3, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt8Array(p, n, ...) RINGLET_TLG_ARRAY(UCHAR, 4, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt8FixedArray(p, n, ...) RINGLET_TLG_FIXED(UCHAR, 4, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt16Array(p, n, ...) RINGLET_TLG_ARRAY(SHORT, 5, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt16FixedArray(p, n, ...) RINGLET_TLG_FIXED(SHORT, 5, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt16Array(p, n, ...) RINGLET_TLG_ARRAY(USHORT, 6, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt16FixedArray(p, n, ...) RINGLET_TLG_FIXED(USHORT, 6, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt32Array(p, n, ...) RINGLET_TLG_ARRAY(LONG, 7, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt32FixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG, 7, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt32Array(p, n, ...) RINGLET_TLG_ARRAY(ULONG, 8, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt32FixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONG, 8, 0, p, n, __VA_ARGS__)
#define TraceLoggingLongArray(p, n, ...) RINGLET_TLG_ARRAY(LONG, 7, 0, p, n, __VA_ARGS__)
#define TraceLoggingLongFixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG, 7, 0, p, n, __VA_ARGS__)
#define TraceLoggingULongArray(p, n, ...) RINGLET_TLG_ARRAY(ULONG, 8, 0, p, n, __VA_ARGS__)
#define TraceLoggingULongFixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONG, 8, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt64Array(p, n, ...) RINGLET_TLG_ARRAY(LONGLONG, 9, 0, p, n, __VA_ARGS__)
#define TraceLoggingInt64FixedArray(p, n, ...) RINGLET_TLG_FIXED(LONGLONG, 9, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt64Array(p, n, ...) RINGLET_TLG_ARRAY(ULONGLONG, 10, 0, p, n, __VA_ARGS__)
#define TraceLoggingUInt64FixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONGLONG, 10, 0, p, n, __VA_ARGS__)
#define TraceLoggingIntPtrArray(p, n, ...) RINGLET_TLG_ARRAY(LONG_PTR, 9, 0, p, n, __VA_ARGS__)
#define TraceLoggingIntPtrFixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG_PTR, 9, 0, p, n, __VA_ARGS__)
#define TraceLoggingUIntPtrArray(p, n, ...) RINGLET_TLG_ARRAY(ULONG_PTR, 10, 0, p, n, __VA_ARGS__)
#define TraceLoggingUIntPtrFixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONG_PTR, 10, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexInt8Array(p, n, ...) RINGLET_TLG_ARRAY(CHAR, 4, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexInt8FixedArray(p, n, ...) RINGLET_TLG_FIXED(CHAR, 4, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt8Array(p, n, ...) RINGLET_TLG_ARRAY(UCHAR, 4, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt8FixedArray(p, n, ...) RINGLET_TLG_FIXED(UCHAR, 4, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexInt16Array(p, n, ...) RINGLET_TLG_ARRAY(SHORT, 6, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexInt16FixedArray(p, n, ...) RINGLET_TLG_FIXED(SHORT, 6, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt16Array(p, n, ...) RINGLET_TLG_ARRAY(USHORT, 6, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt16FixedArray(p, n, ...) RINGLET_TLG_FIXED(USHORT, 6, 4, p, n, __VA_ARGS__)
#define TraceLoggingHexInt32Array(p, n, ...) RINGLET_TLG_ARRAY(LONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexInt32FixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt32Array(p, n, ...) RINGLET_TLG_ARRAY(ULONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt32FixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexLongArray(p, n, ...) RINGLET_TLG_ARRAY(LONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexLongFixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexULongArray(p, n, ...) RINGLET_TLG_ARRAY(ULONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexULongFixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONG, 20, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexInt64Array(p, n, ...) RINGLET_TLG_ARRAY(LONGLONG, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexInt64FixedArray(p, n, ...) RINGLET_TLG_FIXED(LONGLONG, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt64Array(p, n, ...) RINGLET_TLG_ARRAY(ULONGLONG, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexUInt64FixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONGLONG, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexIntPtrArray(p, n, ...) RINGLET_TLG_ARRAY(LONG_PTR, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexIntPtrFixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG_PTR, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexUIntPtrArray(p, n, ...) RINGLET_TLG_ARRAY(ULONG_PTR, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingHexUIntPtrFixedArray(p, n, ...) RINGLET_TLG_FIXED(ULONG_PTR, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingFloat32Array(p, n, ...) RINGLET_TLG_ARRAY(float, 11, 0, p, n, __VA_ARGS__)
#define TraceLoggingFloat32FixedArray(p, n, ...) RINGLET_TLG_FIXED(float, 11, 0, p, n, __VA_ARGS__)
#define TraceLoggingFloat64Array(p, n, ...) RINGLET_TLG_ARRAY(double, 12, 0, p, n, __VA_ARGS__)
#define TraceLoggingFloat64FixedArray(p, n, ...) RINGLET_TLG_FIXED(double, 12, 0, p, n, __VA_ARGS__)
#define TraceLoggingBooleanArray(p, n, ...) RINGLET_TLG_ARRAY(UCHAR, 4, 3, p, n, __VA_ARGS__)
#define TraceLoggingBooleanFixedArray(p, n, ...) RINGLET_TLG_FIXED(UCHAR, 4, 3, p, n, __VA_ARGS__)
#define TraceLoggingBoolArray(p, n, ...) RINGLET_TLG_ARRAY(LONG, 13, 0, p, n, __VA_ARGS__)
#define TraceLoggingBoolFixedArray(p, n, ...) RINGLET_TLG_FIXED(LONG, 13, 0, p, n, __VA_ARGS__)
#define TraceLoggingCharArray(p, n, ...) RINGLET_TLG_ARRAY(char, 4, 2, p, n, __VA_ARGS__)
#define TraceLoggingCharFixedArray(p, n, ...) RINGLET_TLG_FIXED(char, 4, 2, p, n, __VA_ARGS__)
#define TraceLoggingChar16Array(p, n, ...) RINGLET_TLG_ARRAY(WCHAR, 6, 2, p, n, __VA_ARGS__)
#define TraceLoggingChar16FixedArray(p, n, ...) RINGLET_TLG_FIXED(WCHAR, 6, 2, p, n, __VA_ARGS__)
#define TraceLoggingWCharArray(p, n, ...) RINGLET_TLG_ARRAY(WCHAR, 6, 2, p, n, __VA_ARGS__)
#define TraceLoggingWCharFixedArray(p, n, ...) RINGLET_TLG_FIXED(WCHAR, 6, 2, p, n, __VA_ARGS__)
#define TraceLoggingPointerArray(p, n, ...) RINGLET_TLG_ARRAY(PVOID, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingPointerFixedArray(p, n, ...) RINGLET_TLG_FIXED(PVOID, 21, 0, p, n, __VA_ARGS__)
#define TraceLoggingCodePointerArray(p, n, ...) RINGLET_TLG_ARRAY(PVOID, 21, 37, p, n, __VA_ARGS__)
#define TraceLoggingCodePointerFixedArray(p, n, ...) RINGLET_TLG_FIXED(PVOID, 21, 37, p, n, __VA_ARGS__)
#define TraceLoggingGuidArray(p, n, ...) RINGLET_TLG_ARRAY(GUID, 15, 0, p, n, __VA_ARGS__)
#define TraceLoggingGuidFixedArray(p, n, ...) RINGLET_TLG_FIXED(GUID, 15, 0, p, n, __VA_ARGS__)
#define TraceLoggingFileTimeArray(p, n, ...) RINGLET_TLG_ARRAY(LONGLONG, 17, 0, p, n, __VA_ARGS__)
#define TraceLoggingFileTimeFixedArray(p, n, ...) RINGLET_TLG_FIXED(LONGLONG, 17, 0, p, n, __VA_ARGS__)

// What belongs to the event, not to its data.
#define TraceLoggingLevel(v) (TlgLevel, , , , v, , )
#define TraceLoggingKeyword(v) (TlgKeyword, , , , v, , )
#define TraceLoggingOpcode(v) (TlgOpcode, , , , v, , )
#define TraceLoggingChannel(v) (TlgChannel, , , , v, , )
#define TraceLoggingEventTag(v) (TlgTag, , , , v, , )
#define TraceLoggingDescription(text) (TlgNothing, , , , , , )
#define TraceLoggingCustomAttribute(key, value) (TlgNothing, , , , , , )

static __inline void RingletTlgData(EVENT_DATA_DESCRIPTOR* Data, const void* Pointer, size_t Size, ULONG Type) {
  Data->Ptr = (ULONGLONG)(ULONG_PTR)Pointer;
  Data->Size = (ULONG)Size;
  Data->Reserved = Type;
}

#ifdef __cplusplus
// TraceLoggingValue takes the field's codes from the value's type, and its data by overload.
extern "C++" {
template <class T> struct RingletTlgType;
#define RINGLET_TLG_TYPE(type, in, out) \
  template <> struct RingletTlgType<type> { static constexpr UCHAR In = in, Out = out; }
RINGLET_TLG_TYPE(bool, 4, 3);
RINGLET_TLG_TYPE(char, 4, 2);
RINGLET_TLG_TYPE(signed char, 3, 0);
RINGLET_TLG_TYPE(unsigned char, 4, 0);
RINGLET_TLG_TYPE(wchar_t, 6, 2);
RINGLET_TLG_TYPE(char16_t, 6, 2);
RINGLET_TLG_TYPE(short, 5, 0);
RINGLET_TLG_TYPE(unsigned short, 6, 0);
RINGLET_TLG_TYPE(int, 7, 0);
RINGLET_TLG_TYPE(unsigned, 8, 0);
RINGLET_TLG_TYPE(long, 7, 0);
RINGLET_TLG_TYPE(unsigned long, 8, 0);
RINGLET_TLG_TYPE(long long, 9, 0);
RINGLET_TLG_TYPE(unsigned long long, 10, 0);
RINGLET_TLG_TYPE(float, 11, 0);
RINGLET_TLG_TYPE(double, 12, 0);
RINGLET_TLG_TYPE(void*, 21, 0);
RINGLET_TLG_TYPE(const void*, 21, 0);
RINGLET_TLG_TYPE(GUID, 15, 0);
RINGLET_TLG_TYPE(char*, 2, 0);
RINGLET_TLG_TYPE(const char*, 2, 0);
RINGLET_TLG_TYPE(wchar_t*, 1, 0);
RINGLET_TLG_TYPE(const wchar_t*, 1, 0);
#undef RINGLET_TLG_TYPE
template <class T>
inline void RingletTlgValue(EVENT_DATA_DESCRIPTOR* Data, const T& Value) { RingletTlgData(Data, &Value, sizeof(Value), 0); }
inline void RingletTlgText(EVENT_DATA_DESCRIPTOR* Data, const char* Text) { RingletTlgData(Data, Text, strlen(Text) + 1, 0); }
inline void RingletTlgText(EVENT_DATA_DESCRIPTOR* Data, const wchar_t* Text) {
  RingletTlgData(Data, Text, (wcslen(Text) + 1) * sizeof(*Text), 0);
}
inline void RingletTlgValue(EVENT_DATA_DESCRIPTOR* Data, const char* const& Value) { RingletTlgText(Data, Value ? Value : ""); }
inline void RingletTlgValue(EVENT_DATA_DESCRIPTOR* Data, char* const& Value) { RingletTlgText(Data, Value ? Value : ""); }
inline void RingletTlgValue(EVENT_DATA_DESCRIPTOR* Data, const wchar_t* const& Value) { RingletTlgText(Data, Value ? Value : L""); }
inline void RingletTlgValue(EVENT_DATA_DESCRIPTOR* Data, wchar_t* const& Value) { RingletTlgText(Data, Value ? Value : L""); }
}
#define RINGLET_TLG_DECAYED(v) __decay(decltype(v))
#define TraceLoggingValue(v, ...)                                                                             \
  (TlgDeduced, RINGLET_TLG_DECAYED(v), RingletTlgType<RINGLET_TLG_DECAYED(v)>::In,                               \
   RingletTlgType<RINGLET_TLG_DECAYED(v)>::Out, v, , RINGLET_TLG_NAME(v, __VA_ARGS__))
#endif

// What each kind adds to the metadata: its name, in-type, out-type, and a count that is fixed.
#define RINGLET_TLG_MEMBER(i, field) RINGLET_TLG_MEMBER_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_MEMBER_2(i, ...) RINGLET_TLG_MEMBER_3(i, __VA_ARGS__)
#define RINGLET_TLG_MEMBER_3(i, kind, ...) RINGLET_TLG_MEMBER_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_MEMBER_TlgValue(i, type, in, out, value, count, name) \
  char Name##i[sizeof(name)];                                          \
  UCHAR In##i, Out##i;
#define RINGLET_TLG_MEMBER_TlgFixed(i, type, in, out, value, count, name) \
  char Name##i[sizeof(name)];                                          \
  UCHAR In##i, Out##i;                                                 \
  USHORT Count##i;
#define RINGLET_TLG_MEMBER_TlgDeduced RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgWide RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgNarrow RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgCounted RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgSized RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgSid RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgStruct RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgArray RINGLET_TLG_MEMBER_TlgValue
#define RINGLET_TLG_MEMBER_TlgLevel(...)
#define RINGLET_TLG_MEMBER_TlgKeyword(...)
#define RINGLET_TLG_MEMBER_TlgOpcode(...)
#define RINGLET_TLG_MEMBER_TlgChannel(...)
#define RINGLET_TLG_MEMBER_TlgTag(...)
#define RINGLET_TLG_MEMBER_TlgNothing(...)

#define RINGLET_TLG_INIT(i, field) RINGLET_TLG_INIT_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_INIT_2(i, ...) RINGLET_TLG_INIT_3(i, __VA_ARGS__)
#define RINGLET_TLG_INIT_3(i, kind, ...) RINGLET_TLG_INIT_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_INIT_TlgValue(i, type, in, out, value, count, name) name, (UCHAR)((in) | 0x80), (UCHAR)(out),
#define RINGLET_TLG_INIT_TlgArray(i, type, in, out, value, count, name) name, (UCHAR)((in) | 0xC0), (UCHAR)(out),
#define RINGLET_TLG_INIT_TlgFixed(i, type, in, out, value, count, name) name, (UCHAR)((in) | 0xA0), (UCHAR)(out), (USHORT)(count),
#define RINGLET_TLG_INIT_TlgDeduced RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgWide RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgNarrow RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgCounted RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgSized RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgSid RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgStruct RINGLET_TLG_INIT_TlgValue
#define RINGLET_TLG_INIT_TlgLevel(...)
#define RINGLET_TLG_INIT_TlgKeyword(...)
#define RINGLET_TLG_INIT_TlgOpcode(...)
#define RINGLET_TLG_INIT_TlgChannel(...)
#define RINGLET_TLG_INIT_TlgTag(...)
#define RINGLET_TLG_INIT_TlgNothing(...)

// What it says of the event.
#define RINGLET_TLG_EVENT(i, field) RINGLET_TLG_EVENT_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_EVENT_2(i, ...) RINGLET_TLG_EVENT_3(i, __VA_ARGS__)
#define RINGLET_TLG_EVENT_3(i, kind, ...) RINGLET_TLG_EVENT_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_EVENT_TlgLevel(i, type, in, out, value, count, name) tlgEvent.Level = (UCHAR)(value);
#define RINGLET_TLG_EVENT_TlgKeyword(i, type, in, out, value, count, name) tlgEvent.Keyword |= (ULONGLONG)(value);
#define RINGLET_TLG_EVENT_TlgOpcode(i, type, in, out, value, count, name) tlgEvent.Opcode = (UCHAR)(value);
#define RINGLET_TLG_EVENT_TlgChannel(i, type, in, out, value, count, name) tlgEvent.Channel = (UCHAR)(value);
#define RINGLET_TLG_EVENT_TlgValue(...)
#define RINGLET_TLG_EVENT_TlgDeduced(...)
#define RINGLET_TLG_EVENT_TlgWide(...)
#define RINGLET_TLG_EVENT_TlgNarrow(...)
#define RINGLET_TLG_EVENT_TlgCounted(...)
#define RINGLET_TLG_EVENT_TlgSized(...)
#define RINGLET_TLG_EVENT_TlgSid(...)
#define RINGLET_TLG_EVENT_TlgStruct(...)
#define RINGLET_TLG_EVENT_TlgArray(...)
#define RINGLET_TLG_EVENT_TlgFixed(...)
#define RINGLET_TLG_EVENT_TlgTag(...)
#define RINGLET_TLG_EVENT_TlgNothing(...)

#define RINGLET_TLG_TAG(i, field) RINGLET_TLG_TAG_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_TAG_2(i, ...) RINGLET_TLG_TAG_3(i, __VA_ARGS__)
#define RINGLET_TLG_TAG_3(i, kind, ...) RINGLET_TLG_TAG_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_TAG_TlgTag(i, type, in, out, value, count, name) | (value)
#define RINGLET_TLG_TAG_TlgValue(...)
#define RINGLET_TLG_TAG_TlgDeduced(...)
#define RINGLET_TLG_TAG_TlgWide(...)
#define RINGLET_TLG_TAG_TlgNarrow(...)
#define RINGLET_TLG_TAG_TlgCounted(...)
#define RINGLET_TLG_TAG_TlgSized(...)
#define RINGLET_TLG_TAG_TlgSid(...)
#define RINGLET_TLG_TAG_TlgStruct(...)
#define RINGLET_TLG_TAG_TlgArray(...)
#define RINGLET_TLG_TAG_TlgFixed(...)
#define RINGLET_TLG_TAG_TlgLevel(...)
#define RINGLET_TLG_TAG_TlgKeyword(...)
#define RINGLET_TLG_TAG_TlgOpcode(...)
#define RINGLET_TLG_TAG_TlgChannel(...)
#define RINGLET_TLG_TAG_TlgNothing(...)

// Its data.
#define RINGLET_TLG_DATA(i, field) RINGLET_TLG_DATA_2(i, RINGLET_EXPAND field)
#define RINGLET_TLG_DATA_2(i, ...) RINGLET_TLG_DATA_3(i, __VA_ARGS__)
#define RINGLET_TLG_DATA_3(i, kind, ...) RINGLET_TLG_DATA_##kind(i, __VA_ARGS__)
#define RINGLET_TLG_DATA_TlgValue(i, type, in, out, value, count, name) \
  const type tlgValue##i = (value);                                    \
  RingletTlgData(&tlgData[tlgCount++], &tlgValue##i, sizeof(tlgValue##i), 0);
#define RINGLET_TLG_DATA_TlgDeduced(i, type, in, out, value, count, name) \
  const type tlgValue##i = (value);                                      \
  RingletTlgValue(&tlgData[tlgCount++], tlgValue##i);
#define RINGLET_TLG_DATA_TlgWide(i, type, in, out, value, count, name)            \
  const PCWSTR tlgText##i = (value);                                          \
  const PCWSTR tlgValue##i = tlgText##i ? tlgText##i : L"";                   \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i, (wcslen(tlgValue##i) + 1) * sizeof(WCHAR), 0);
#define RINGLET_TLG_DATA_TlgNarrow(i, type, in, out, value, count, name)          \
  const PCSTR tlgText##i = (value);                                           \
  const PCSTR tlgValue##i = tlgText##i ? tlgText##i : "";                     \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i, strlen(tlgValue##i) + 1, 0);
#define RINGLET_TLG_DATA_TlgCounted(i, type, in, out, value, count, name)                      \
  type const tlgValue##i = (value);                                                        \
  RingletTlgData(&tlgData[tlgCount++], &tlgValue##i->Length, sizeof(USHORT), 0);           \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i->Buffer, tlgValue##i->Length, 0);
#define RINGLET_TLG_DATA_TlgSized(i, type, in, out, value, count, name)                        \
  type const tlgValue##i = (value);                                                        \
  const USHORT tlgSize##i = (USHORT)((count) * sizeof(*tlgValue##i));                      \
  RingletTlgData(&tlgData[tlgCount++], &tlgSize##i, sizeof(USHORT), 0);                    \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i, tlgSize##i, 0);
#define RINGLET_TLG_DATA_TlgSid(i, type, in, out, value, count, name)                          \
  UCHAR* const tlgValue##i = (UCHAR*)(value);                                              \
  RingletTlgData(&tlgData[tlgCount++], tlgValue##i, 8u + 4u * tlgValue##i[1], 0);
#define RINGLET_TLG_DATA_TlgArray(i, type, in, out, value, count, name)                        \
  const USHORT tlgSize##i = (USHORT)(count);                                               \
  RingletTlgData(&tlgData[tlgCount++], &tlgSize##i, sizeof(USHORT), 0);                    \
  RingletTlgData(&tlgData[tlgCount++], (value), tlgSize##i * sizeof(type), 0);
#define RINGLET_TLG_DATA_TlgFixed(i, type, in, out, value, count, name) \
  RingletTlgData(&tlgData[tlgCount++], (value), (count) * sizeof(type), 0);
#define RINGLET_TLG_DATA_TlgStruct(...)
#define RINGLET_TLG_DATA_TlgLevel(...)
#define RINGLET_TLG_DATA_TlgKeyword(...)
#define RINGLET_TLG_DATA_TlgOpcode(...)
#define RINGLET_TLG_DATA_TlgChannel(...)
#define RINGLET_TLG_DATA_TlgTag(...)
#define RINGLET_TLG_DATA_TlgNothing(...)
