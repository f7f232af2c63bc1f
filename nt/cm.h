// The registry's types: value types, access rights, information classes, query tables (wdm.h, winnt.h, ntddk.h).
#pragma once

#include "nt/ob.h"
#include "nt/types.h"

// ---- value types ---------------------------------------------------------------------------------------------------------

inline constexpr ULONG REG_NONE = 0;
inline constexpr ULONG REG_SZ = 1;
inline constexpr ULONG REG_EXPAND_SZ = 2;
inline constexpr ULONG REG_BINARY = 3;
inline constexpr ULONG REG_DWORD = 4;
inline constexpr ULONG REG_DWORD_BIG_ENDIAN = 5;
inline constexpr ULONG REG_LINK = 6;
inline constexpr ULONG REG_MULTI_SZ = 7;
inline constexpr ULONG REG_RESOURCE_LIST = 8;
inline constexpr ULONG REG_FULL_RESOURCE_DESCRIPTOR = 9;
inline constexpr ULONG REG_RESOURCE_REQUIREMENTS_LIST = 10;
inline constexpr ULONG REG_QWORD = 11;

// ---- opening and creating ------------------------------------------------------------------------------------------------

inline constexpr ACCESS_MASK KEY_QUERY_VALUE = 0x1;
inline constexpr ACCESS_MASK KEY_SET_VALUE = 0x2;
inline constexpr ACCESS_MASK KEY_CREATE_SUB_KEY = 0x4;
inline constexpr ACCESS_MASK KEY_ENUMERATE_SUB_KEYS = 0x8;
inline constexpr ACCESS_MASK KEY_NOTIFY = 0x10;
inline constexpr ACCESS_MASK KEY_CREATE_LINK = 0x20;
inline constexpr ACCESS_MASK KEY_WOW64_64KEY = 0x100;
inline constexpr ACCESS_MASK KEY_WOW64_32KEY = 0x200;
inline constexpr ACCESS_MASK KEY_WOW64_RES = 0x300;
inline constexpr ACCESS_MASK KEY_READ = 0x20019;
inline constexpr ACCESS_MASK KEY_WRITE = 0x20006;
inline constexpr ACCESS_MASK KEY_EXECUTE = 0x20019;
inline constexpr ACCESS_MASK KEY_ALL_ACCESS = 0xf003f;

inline constexpr ULONG REG_OPTION_NON_VOLATILE = 0x0;
inline constexpr ULONG REG_OPTION_VOLATILE = 0x1;
inline constexpr ULONG REG_OPTION_CREATE_LINK = 0x2;
inline constexpr ULONG REG_OPTION_BACKUP_RESTORE = 0x4;
inline constexpr ULONG REG_OPTION_OPEN_LINK = 0x8;
inline constexpr ULONG REG_LEGAL_OPTION = 0xf;
inline constexpr ULONG REG_OPEN_LEGAL_OPTION = 0xc;

inline constexpr ULONG REG_WHOLE_HIVE_VOLATILE = 0x1;
inline constexpr ULONG REG_REFRESH_HIVE = 0x2;
inline constexpr ULONG REG_NO_LAZY_FLUSH = 0x4;
inline constexpr ULONG REG_FORCE_RESTORE = 0x8;
inline constexpr ULONG REG_FORCE_UNLOAD = 0x1;

inline constexpr ULONG REG_STANDARD_FORMAT = 1;
inline constexpr ULONG REG_LATEST_FORMAT = 2;
inline constexpr ULONG REG_NO_COMPRESSION = 4;

inline constexpr ULONG REG_CREATED_NEW_KEY = 1;
inline constexpr ULONG REG_OPENED_EXISTING_KEY = 2;

inline constexpr ULONG REG_NOTIFY_CHANGE_NAME = 0x1;
inline constexpr ULONG REG_NOTIFY_CHANGE_ATTRIBUTES = 0x2;
inline constexpr ULONG REG_NOTIFY_CHANGE_LAST_SET = 0x4;
inline constexpr ULONG REG_NOTIFY_CHANGE_SECURITY = 0x8;
inline constexpr ULONG REG_LEGAL_CHANGE_FILTER = 0xf;
inline constexpr ULONG REG_NOTIFY_THREAD_AGNOSTIC = 0x10000000;

// ---- information about keys ----------------------------------------------------------------------------------------------

enum KEY_INFORMATION_CLASS : int {
  KeyBasicInformation,
  KeyNodeInformation,
  KeyFullInformation,
  KeyNameInformation,
  KeyCachedInformation,
  KeyFlagsInformation,
  KeyVirtualizationInformation,
  KeyHandleTagsInformation,
  KeyTrustInformation,
  KeyLayerInformation,
  MaxKeyInfoClass
};

struct KEY_BASIC_INFORMATION {
  LARGE_INTEGER LastWriteTime;
  ULONG TitleIndex;
  ULONG NameLength;
  WCHAR Name[1];
};
using PKEY_BASIC_INFORMATION = KEY_BASIC_INFORMATION*;
NT_SIZE(KEY_BASIC_INFORMATION, 0x18);
NT_OFFSET(KEY_BASIC_INFORMATION, Name, 0x10);

struct KEY_NODE_INFORMATION {
  LARGE_INTEGER LastWriteTime;
  ULONG TitleIndex;
  ULONG ClassOffset;
  ULONG ClassLength;
  ULONG NameLength;
  WCHAR Name[1];
};
using PKEY_NODE_INFORMATION = KEY_NODE_INFORMATION*;
NT_SIZE(KEY_NODE_INFORMATION, 0x20);
NT_OFFSET(KEY_NODE_INFORMATION, Name, 0x18);

struct KEY_FULL_INFORMATION {
  LARGE_INTEGER LastWriteTime;
  ULONG TitleIndex;
  ULONG ClassOffset;
  ULONG ClassLength;
  ULONG SubKeys;
  ULONG MaxNameLen;
  ULONG MaxClassLen;
  ULONG Values;
  ULONG MaxValueNameLen;
  ULONG MaxValueDataLen;
  WCHAR Class[1];
};
using PKEY_FULL_INFORMATION = KEY_FULL_INFORMATION*;
NT_SIZE(KEY_FULL_INFORMATION, 0x30);
NT_OFFSET(KEY_FULL_INFORMATION, SubKeys, 0x14);
NT_OFFSET(KEY_FULL_INFORMATION, Class, 0x2c);

struct KEY_NAME_INFORMATION {
  ULONG NameLength;
  WCHAR Name[1];
};
using PKEY_NAME_INFORMATION = KEY_NAME_INFORMATION*;
static_assert(sizeof(KEY_NAME_INFORMATION) == 0x8);

struct KEY_CACHED_INFORMATION {
  LARGE_INTEGER LastWriteTime;
  ULONG TitleIndex;
  ULONG SubKeys;
  ULONG MaxNameLen;
  ULONG Values;
  ULONG MaxValueNameLen;
  ULONG MaxValueDataLen;
  ULONG NameLength;
};
using PKEY_CACHED_INFORMATION = KEY_CACHED_INFORMATION*;
static_assert(sizeof(KEY_CACHED_INFORMATION) == 0x28);

struct KEY_FLAGS_INFORMATION {
  ULONG Wow64Flags;
  ULONG KeyFlags;      ///< REG_FLAG_…
  ULONG ControlFlags;  ///< REG_KEY_…
};
static_assert(sizeof(KEY_FLAGS_INFORMATION) == 0xc);

struct KEY_VIRTUALIZATION_INFORMATION {
  ULONG VirtualizationCandidate : 1;
  ULONG VirtualizationEnabled : 1;
  ULONG VirtualTarget : 1;
  ULONG VirtualStore : 1;
  ULONG VirtualSource : 1;
  ULONG Reserved : 27;
};
static_assert(sizeof(KEY_VIRTUALIZATION_INFORMATION) == 4);

struct KEY_HANDLE_TAGS_INFORMATION {
  ULONG HandleTags;
};

struct KEY_TRUST_INFORMATION {
  ULONG TrustedKey : 1;
  ULONG Reserved : 31;
};

struct KEY_LAYER_INFORMATION {
  ULONG IsTombstone : 1;
  ULONG IsSupersedeLocal : 1;
  ULONG IsSupersedeTree : 1;
  ULONG ClassIsInherited : 1;
  ULONG Reserved : 28;
};

// ---- information about values --------------------------------------------------------------------------------------------

enum KEY_VALUE_INFORMATION_CLASS : int {
  KeyValueBasicInformation,
  KeyValueFullInformation,
  KeyValuePartialInformation,
  KeyValueFullInformationAlign64,
  KeyValuePartialInformationAlign64,
  KeyValueLayerInformation,
  MaxKeyValueInfoClass
};

struct KEY_VALUE_BASIC_INFORMATION {
  ULONG TitleIndex;
  ULONG Type;
  ULONG NameLength;
  WCHAR Name[1];
};
using PKEY_VALUE_BASIC_INFORMATION = KEY_VALUE_BASIC_INFORMATION*;
NT_SIZE(KEY_VALUE_BASIC_INFORMATION, 0x10);
NT_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name, 0xc);

struct KEY_VALUE_FULL_INFORMATION {
  ULONG TitleIndex;
  ULONG Type;
  ULONG DataOffset;
  ULONG DataLength;
  ULONG NameLength;
  WCHAR Name[1];
};
using PKEY_VALUE_FULL_INFORMATION = KEY_VALUE_FULL_INFORMATION*;
NT_SIZE(KEY_VALUE_FULL_INFORMATION, 0x18);
NT_OFFSET(KEY_VALUE_FULL_INFORMATION, Name, 0x14);

struct KEY_VALUE_PARTIAL_INFORMATION {
  ULONG TitleIndex;
  ULONG Type;
  ULONG DataLength;
  UCHAR Data[1];
};
using PKEY_VALUE_PARTIAL_INFORMATION = KEY_VALUE_PARTIAL_INFORMATION*;
NT_SIZE(KEY_VALUE_PARTIAL_INFORMATION, 0x10);
NT_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data, 0xc);

struct KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 {
  ULONG Type;
  ULONG DataLength;
  UCHAR Data[1];
};
using PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64 = KEY_VALUE_PARTIAL_INFORMATION_ALIGN64*;
NT_SIZE(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, 0xc);
NT_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data, 0x8);

/// One value of several that are asked for at once.
struct KEY_VALUE_ENTRY {
  PUNICODE_STRING ValueName;
  ULONG DataLength;
  ULONG DataOffset;
  ULONG Type;
};
using PKEY_VALUE_ENTRY = KEY_VALUE_ENTRY*;
NT_SIZE(KEY_VALUE_ENTRY, 0x18);
NT_OFFSET(KEY_VALUE_ENTRY, DataLength, 0x8);

// ---- setting -------------------------------------------------------------------------------------------------------------

enum KEY_SET_INFORMATION_CLASS : int {
  KeyWriteTimeInformation,
  KeyWow64FlagsInformation,
  KeyControlFlagsInformation,
  KeySetVirtualizationInformation,
  KeySetDebugInformation,
  KeySetHandleTagsInformation,
  KeySetLayerInformation,
  MaxKeySetInfoClass
};

struct KEY_WRITE_TIME_INFORMATION {
  LARGE_INTEGER LastWriteTime;
};
using PKEY_WRITE_TIME_INFORMATION = KEY_WRITE_TIME_INFORMATION*;
NT_SIZE(KEY_WRITE_TIME_INFORMATION, 0x8);

struct KEY_WOW64_FLAGS_INFORMATION {
  ULONG UserFlags;
};
NT_SIZE(KEY_WOW64_FLAGS_INFORMATION, 0x4);

struct KEY_CONTROL_FLAGS_INFORMATION {
  ULONG ControlFlags;  ///< REG_KEY_...
};
NT_SIZE(KEY_CONTROL_FLAGS_INFORMATION, 0x4);

// ---- the run-time library's query tables ---------------------------------------------------------------------------------

inline constexpr ULONG RTL_REGISTRY_ABSOLUTE = 0;
inline constexpr ULONG RTL_REGISTRY_SERVICES = 1;
inline constexpr ULONG RTL_REGISTRY_CONTROL = 2;
inline constexpr ULONG RTL_REGISTRY_WINDOWS_NT = 3;
inline constexpr ULONG RTL_REGISTRY_DEVICEMAP = 4;
inline constexpr ULONG RTL_REGISTRY_USER = 5;
inline constexpr ULONG RTL_REGISTRY_MAXIMUM = 6;
inline constexpr ULONG RTL_REGISTRY_HANDLE = 0x40000000;
inline constexpr ULONG RTL_REGISTRY_OPTIONAL = 0x80000000;

inline constexpr ULONG RTL_QUERY_REGISTRY_SUBKEY = 0x1;
inline constexpr ULONG RTL_QUERY_REGISTRY_TOPKEY = 0x2;
inline constexpr ULONG RTL_QUERY_REGISTRY_REQUIRED = 0x4;
inline constexpr ULONG RTL_QUERY_REGISTRY_NOVALUE = 0x8;
inline constexpr ULONG RTL_QUERY_REGISTRY_NOEXPAND = 0x10;
inline constexpr ULONG RTL_QUERY_REGISTRY_DIRECT = 0x20;
inline constexpr ULONG RTL_QUERY_REGISTRY_DELETE = 0x40;
inline constexpr ULONG RTL_QUERY_REGISTRY_TYPECHECK = 0x100;
inline constexpr ULONG RTL_QUERY_REGISTRY_TYPECHECK_SHIFT = 24;
inline constexpr ULONG RTL_QUERY_REGISTRY_TYPECHECK_MASK = 0xff000000;

/// Called for each value found; a failure ends the query.
using PRTL_QUERY_REGISTRY_ROUTINE = NTSTATUS(MSABI*)(PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength, PVOID Context,
                                                     PVOID EntryContext);

struct RTL_QUERY_REGISTRY_TABLE {
  PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
  ULONG Flags;
  PWSTR Name;
  PVOID EntryContext;
  ULONG DefaultType;
  PVOID DefaultData;
  ULONG DefaultLength;
};
using PRTL_QUERY_REGISTRY_TABLE = RTL_QUERY_REGISTRY_TABLE*;
NT_SIZE(RTL_QUERY_REGISTRY_TABLE, 0x38);
NT_OFFSET(RTL_QUERY_REGISTRY_TABLE, Name, 0x10);
NT_OFFSET(RTL_QUERY_REGISTRY_TABLE, EntryContext, 0x18);
NT_OFFSET(RTL_QUERY_REGISTRY_TABLE, DefaultType, 0x20);
NT_OFFSET(RTL_QUERY_REGISTRY_TABLE, DefaultData, 0x28);
NT_OFFSET(RTL_QUERY_REGISTRY_TABLE, DefaultLength, 0x30);

/// What IoOpenDriverRegistryKey opens.
enum DRIVER_REGKEY_TYPE { DriverRegKeyParameters, DriverRegKeyPersistentState, DriverRegKeySharedPersistentState };
