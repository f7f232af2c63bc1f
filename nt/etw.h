// Event tracing: what providers hand to the kernel (evntprov.h).
#pragma once

#include "nt/types.h"

using REGHANDLE = ULONG64;
using PREGHANDLE = REGHANDLE*;
using LPCGUID = const GUID*;

struct EVENT_DESCRIPTOR {
  USHORT Id;
  UCHAR Version;
  UCHAR Channel;
  UCHAR Level;
  UCHAR Opcode;
  USHORT Task;
  ULONG64 Keyword;
};
using PCEVENT_DESCRIPTOR = const EVENT_DESCRIPTOR*;
NT_SIZE(EVENT_DESCRIPTOR, 0x10);
NT_OFFSET(EVENT_DESCRIPTOR, Level, 4);
NT_OFFSET(EVENT_DESCRIPTOR, Keyword, 8);

struct EVENT_DATA_DESCRIPTOR {
  ULONG64 Ptr;
  ULONG Size;
  UCHAR Type;
  UCHAR Reserved1;
  USHORT Reserved2;
};
using PEVENT_DATA_DESCRIPTOR = EVENT_DATA_DESCRIPTOR*;
NT_SIZE(EVENT_DATA_DESCRIPTOR, 0x10);
NT_OFFSET(EVENT_DATA_DESCRIPTOR, Type, 12);

inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_NONE = 0;
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA = 1;
inline constexpr UCHAR EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA = 2;
inline constexpr ULONG MAX_EVENT_DATA_DESCRIPTORS = 128;

struct EVENT_FILTER_DESCRIPTOR {
  ULONG64 Ptr;
  ULONG Size;
  ULONG Type;
};

/// A session began (1) or ceased (0) to listen to a provider, or asks for its state (2).
using PETWENABLECALLBACK = void (*)(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONG64 MatchAnyKeyword, ULONG64 MatchAllKeyword,
                                    EVENT_FILTER_DESCRIPTOR* FilterData, PVOID CallbackContext);
inline constexpr ULONG EVENT_CONTROL_CODE_DISABLE_PROVIDER = 0;
inline constexpr ULONG EVENT_CONTROL_CODE_ENABLE_PROVIDER = 1;

enum EVENT_INFO_CLASS : LONG {
  EventProviderBinaryTrackInfo,
  EventProviderSetReserved1,
  EventProviderSetTraits,
  EventProviderUseDescriptorType,
  MaxEventInfo,
};

inline constexpr ULONG EVENT_ACTIVITY_CTRL_GET_ID = 1;
inline constexpr ULONG EVENT_ACTIVITY_CTRL_SET_ID = 2;
inline constexpr ULONG EVENT_ACTIVITY_CTRL_CREATE_ID = 3;
inline constexpr ULONG EVENT_ACTIVITY_CTRL_GET_SET_ID = 4;
inline constexpr ULONG EVENT_ACTIVITY_CTRL_CREATE_SET_ID = 5;
