// Objects: attributes, headers, types, access rights (ntdef.h, wdm.h, winnt.h; the header's layout from the public symbols of 10.0.22000).
#pragma once

#include "nt/ke.h"
#include "nt/types.h"

struct OBJECT_TYPE;
using POBJECT_TYPE = OBJECT_TYPE*;

struct OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  PUNICODE_STRING ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
};
using POBJECT_ATTRIBUTES = OBJECT_ATTRIBUTES*;
NT_SIZE(OBJECT_ATTRIBUTES, 0x30);
NT_OFFSET(OBJECT_ATTRIBUTES, ObjectName, 0x10);
NT_OFFSET(OBJECT_ATTRIBUTES, Attributes, 0x18);

inline constexpr ULONG OBJ_INHERIT = 0x2;
inline constexpr ULONG OBJ_PERMANENT = 0x10;
inline constexpr ULONG OBJ_EXCLUSIVE = 0x20;
inline constexpr ULONG OBJ_CASE_INSENSITIVE = 0x40;
inline constexpr ULONG OBJ_OPENIF = 0x80;
inline constexpr ULONG OBJ_OPENLINK = 0x100;
inline constexpr ULONG OBJ_KERNEL_HANDLE = 0x200;
inline constexpr ULONG OBJ_FORCE_ACCESS_CHECK = 0x400;
inline constexpr ULONG OBJ_VALID_ATTRIBUTES = 0x1ff2;

struct OBJECT_HANDLE_INFORMATION {
  ULONG HandleAttributes;
  ACCESS_MASK GrantedAccess;
};
using POBJECT_HANDLE_INFORMATION = OBJECT_HANDLE_INFORMATION*;

struct OBJECT_NAME_INFORMATION {
  UNICODE_STRING Name;
};
using POBJECT_NAME_INFORMATION = OBJECT_NAME_INFORMATION*;

struct GENERIC_MAPPING {
  ACCESS_MASK GenericRead;
  ACCESS_MASK GenericWrite;
  ACCESS_MASK GenericExecute;
  ACCESS_MASK GenericAll;
};
using PGENERIC_MAPPING = GENERIC_MAPPING*;
NT_SIZE(GENERIC_MAPPING, 0x10);

inline constexpr ACCESS_MASK DELETE_ACCESS = 0x10000;
inline constexpr ACCESS_MASK READ_CONTROL = 0x20000;
inline constexpr ACCESS_MASK WRITE_DAC = 0x40000;
inline constexpr ACCESS_MASK WRITE_OWNER = 0x80000;
inline constexpr ACCESS_MASK SYNCHRONIZE = 0x100000;
inline constexpr ACCESS_MASK STANDARD_RIGHTS_REQUIRED = 0xf0000;
inline constexpr ACCESS_MASK STANDARD_RIGHTS_READ = READ_CONTROL;
inline constexpr ACCESS_MASK STANDARD_RIGHTS_WRITE = READ_CONTROL;
inline constexpr ACCESS_MASK STANDARD_RIGHTS_EXECUTE = READ_CONTROL;
inline constexpr ACCESS_MASK STANDARD_RIGHTS_ALL = 0x1f0000;
inline constexpr ACCESS_MASK MAXIMUM_ALLOWED = 0x2000000;
inline constexpr ACCESS_MASK GENERIC_READ = 0x80000000;
inline constexpr ACCESS_MASK GENERIC_WRITE = 0x40000000;
inline constexpr ACCESS_MASK GENERIC_EXECUTE = 0x20000000;
inline constexpr ACCESS_MASK GENERIC_ALL = 0x10000000;

/// What precedes an object's body.
struct OBJECT_HEADER {
  LONGLONG PointerCount;
  union {
    LONGLONG HandleCount;
    PVOID NextToFree;
  };
  PVOID Lock;
  UCHAR TypeIndex;
  UCHAR TraceFlags;
  UCHAR InfoMask;
  UCHAR Flags;
  ULONG Reserved;
  PVOID ObjectCreateInfo;
  PVOID SecurityDescriptor;
};
using POBJECT_HEADER = OBJECT_HEADER*;
static_assert(sizeof(OBJECT_HEADER) == 0x30);

inline constexpr UCHAR OB_FLAG_KERNEL_OBJECT = 0x2;
inline constexpr UCHAR OB_FLAG_EXCLUSIVE_OBJECT = 0x8;
inline constexpr UCHAR OB_FLAG_PERMANENT_OBJECT = 0x10;

struct OBJECT_DIRECTORY_INFORMATION {
  UNICODE_STRING Name;
  UNICODE_STRING TypeName;
};

enum OBJECT_INFORMATION_CLASS {
  ObjectBasicInformation,
  ObjectNameInformation,
  ObjectTypeInformation,
  ObjectTypesInformation,
  ObjectHandleFlagInformation
};
