// Registry names of wdm.h added since Windows 8.
#pragma once

#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK (0xff << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)

typedef struct _KEY_NAME_INFORMATION {
  ULONG NameLength;
  WCHAR Name[1];
} KEY_NAME_INFORMATION, *PKEY_NAME_INFORMATION;

// The enumeration of mingw-w64 ends before these.
#define RegNtPreSaveMergedKey ((REG_NOTIFY_CLASS)49)
#define RegNtPostSaveMergedKey ((REG_NOTIFY_CLASS)50)

typedef struct _REG_QUERY_KEY_NAME {
  PVOID Object;
  POBJECT_NAME_INFORMATION ObjectNameInfo;
  ULONG Length;
  PULONG ReturnLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
} REG_QUERY_KEY_NAME, *PREG_QUERY_KEY_NAME;

typedef struct _REG_SAVE_MERGED_KEY_INFORMATION {
  PVOID Object;
  HANDLE FileHandle;
  PVOID HighKeyObject;
  PVOID LowKeyObject;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
} REG_SAVE_MERGED_KEY_INFORMATION, *PREG_SAVE_MERGED_KEY_INFORMATION;

EXTERN_C_START

NTKERNELAPI NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                                      PCUNICODE_STRING* ObjectName, ULONG Flags);
NTKERNELAPI VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName);

EXTERN_C_END
