// What drivers that look on at the registry are told (wdm.h).
#pragma once

#include "nt/cm.h"
#include "nt/se.h"

enum REG_NOTIFY_CLASS : ULONG {
  RegNtPreDeleteKey,
  RegNtPreSetValueKey,
  RegNtPreDeleteValueKey,
  RegNtPreSetInformationKey,
  RegNtPreRenameKey,
  RegNtPreEnumerateKey,
  RegNtPreEnumerateValueKey,
  RegNtPreQueryKey,
  RegNtPreQueryValueKey,
  RegNtPreQueryMultipleValueKey,
  RegNtPreCreateKey,
  RegNtPostCreateKey,
  RegNtPreOpenKey,
  RegNtPostOpenKey,
  RegNtPreKeyHandleClose,
  RegNtPostDeleteKey,
  RegNtPostSetValueKey,
  RegNtPostDeleteValueKey,
  RegNtPostSetInformationKey,
  RegNtPostRenameKey,
  RegNtPostEnumerateKey,
  RegNtPostEnumerateValueKey,
  RegNtPostQueryKey,
  RegNtPostQueryValueKey,
  RegNtPostQueryMultipleValueKey,
  RegNtPostKeyHandleClose,
  RegNtPreCreateKeyEx,
  RegNtPostCreateKeyEx,
  RegNtPreOpenKeyEx,
  RegNtPostOpenKeyEx,
  RegNtPreFlushKey,
  RegNtPostFlushKey,
  RegNtPreLoadKey,
  RegNtPostLoadKey,
  RegNtPreUnLoadKey,
  RegNtPostUnLoadKey,
  RegNtPreQueryKeySecurity,
  RegNtPostQueryKeySecurity,
  RegNtPreSetKeySecurity,
  RegNtPostSetKeySecurity,
  RegNtCallbackObjectContextCleanup,
  RegNtPreRestoreKey,
  RegNtPostRestoreKey,
  RegNtPreSaveKey,
  RegNtPostSaveKey,
  RegNtPreReplaceKey,
  RegNtPostReplaceKey,
  RegNtPreQueryKeyName,
  RegNtPostQueryKeyName,
  RegNtPreSaveMergedKey,
  RegNtPostSaveMergedKey,
  MaxRegNtNotifyClass
};

/// Argument1 is the REG_NOTIFY_CLASS, Argument2 the structure of that class.
using PEX_CALLBACK_FUNCTION = NTSTATUS(MSABI*)(PVOID CallbackContext, PVOID Argument1, PVOID Argument2);

/// Of deletion, and of flushing.
struct REG_DELETE_KEY_INFORMATION {
  PVOID Object;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_DELETE_KEY_INFORMATION, 0x20);
using REG_FLUSH_KEY_INFORMATION = REG_DELETE_KEY_INFORMATION;
using REG_KEY_HANDLE_CLOSE_INFORMATION = REG_DELETE_KEY_INFORMATION;

struct REG_SET_VALUE_KEY_INFORMATION {
  PVOID Object;
  PUNICODE_STRING ValueName;
  ULONG TitleIndex;
  ULONG Type;
  PVOID Data;
  ULONG DataSize;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_SET_VALUE_KEY_INFORMATION, 0x40);
NT_OFFSET(REG_SET_VALUE_KEY_INFORMATION, Data, 0x18);
NT_OFFSET(REG_SET_VALUE_KEY_INFORMATION, CallContext, 0x28);

struct REG_DELETE_VALUE_KEY_INFORMATION {
  PVOID Object;
  PUNICODE_STRING ValueName;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_DELETE_VALUE_KEY_INFORMATION, 0x28);

struct REG_SET_INFORMATION_KEY_INFORMATION {
  PVOID Object;
  KEY_SET_INFORMATION_CLASS KeySetInformationClass;
  PVOID KeySetInformation;
  ULONG KeySetInformationLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_SET_INFORMATION_KEY_INFORMATION, 0x38);

struct REG_ENUMERATE_KEY_INFORMATION {
  PVOID Object;
  ULONG Index;
  KEY_INFORMATION_CLASS KeyInformationClass;
  PVOID KeyInformation;
  ULONG Length;
  PULONG ResultLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_ENUMERATE_KEY_INFORMATION, 0x40);

struct REG_ENUMERATE_VALUE_KEY_INFORMATION {
  PVOID Object;
  ULONG Index;
  KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass;
  PVOID KeyValueInformation;
  ULONG Length;
  PULONG ResultLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_ENUMERATE_VALUE_KEY_INFORMATION, 0x40);

struct REG_QUERY_KEY_INFORMATION {
  PVOID Object;
  KEY_INFORMATION_CLASS KeyInformationClass;
  PVOID KeyInformation;
  ULONG Length;
  PULONG ResultLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_QUERY_KEY_INFORMATION, 0x40);

struct REG_QUERY_VALUE_KEY_INFORMATION {
  PVOID Object;
  PUNICODE_STRING ValueName;
  KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass;
  PVOID KeyValueInformation;
  ULONG Length;
  PULONG ResultLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_QUERY_VALUE_KEY_INFORMATION, 0x48);
NT_OFFSET(REG_QUERY_VALUE_KEY_INFORMATION, CallContext, 0x30);

struct REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION {
  PVOID Object;
  PKEY_VALUE_ENTRY ValueEntries;
  ULONG EntryCount;
  PVOID ValueBuffer;
  PULONG BufferLength;
  PULONG RequiredBufferLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION, 0x48);

struct REG_RENAME_KEY_INFORMATION {
  PVOID Object;
  PUNICODE_STRING NewName;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_RENAME_KEY_INFORMATION, 0x28);

/// What creating and opening pass, with the fields that Version 1 has.
struct REG_CREATE_KEY_INFORMATION_V1 {
  PUNICODE_STRING CompleteName;
  PVOID RootObject;
  PVOID ObjectType;
  ULONG Options;
  PUNICODE_STRING Class;
  PVOID SecurityDescriptor;
  PVOID SecurityQualityOfService;
  ACCESS_MASK DesiredAccess;
  ACCESS_MASK GrantedAccess;
  PULONG Disposition;
  PVOID* ResultObject;
  PVOID CallContext;
  PVOID RootObjectContext;
  PVOID Transaction;
  ULONG_PTR Version;
  PUNICODE_STRING RemainingName;
  ULONG Wow64Flags;
  ULONG Attributes;
  KPROCESSOR_MODE CheckAccessMode;
};
NT_SIZE(REG_CREATE_KEY_INFORMATION_V1, 0x88);
NT_OFFSET(REG_CREATE_KEY_INFORMATION_V1, DesiredAccess, 0x38);
NT_OFFSET(REG_CREATE_KEY_INFORMATION_V1, ResultObject, 0x48);
NT_OFFSET(REG_CREATE_KEY_INFORMATION_V1, CallContext, 0x50);
NT_OFFSET(REG_CREATE_KEY_INFORMATION_V1, Version, 0x68);
NT_OFFSET(REG_CREATE_KEY_INFORMATION_V1, CheckAccessMode, 0x80);

struct REG_POST_OPERATION_INFORMATION {
  PVOID Object;
  NTSTATUS Status;
  PVOID PreInformation;
  NTSTATUS ReturnStatus;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_POST_OPERATION_INFORMATION, 0x38);
NT_OFFSET(REG_POST_OPERATION_INFORMATION, ReturnStatus, 0x18);

struct REG_LOAD_KEY_INFORMATION {
  PVOID Object;
  PUNICODE_STRING KeyName;
  PUNICODE_STRING SourceFile;
  ULONG Flags;
  PVOID TrustClassObject;
  PVOID UserEvent;
  ACCESS_MASK DesiredAccess;
  PHANDLE RootHandle;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_LOAD_KEY_INFORMATION, 0x58);

struct REG_UNLOAD_KEY_INFORMATION {
  PVOID Object;
  PVOID UserEvent;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_UNLOAD_KEY_INFORMATION, 0x28);

struct REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION {
  PVOID Object;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION, 0x18);

struct REG_QUERY_KEY_SECURITY_INFORMATION {
  PVOID Object;
  PSECURITY_INFORMATION SecurityInformation;
  PSECURITY_DESCRIPTOR SecurityDescriptor;
  PULONG Length;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_QUERY_KEY_SECURITY_INFORMATION, 0x38);

struct REG_SET_KEY_SECURITY_INFORMATION {
  PVOID Object;
  PSECURITY_INFORMATION SecurityInformation;
  PSECURITY_DESCRIPTOR SecurityDescriptor;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_SET_KEY_SECURITY_INFORMATION, 0x30);

struct REG_RESTORE_KEY_INFORMATION {
  PVOID Object;
  HANDLE FileHandle;
  ULONG Flags;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_RESTORE_KEY_INFORMATION, 0x30);

struct REG_SAVE_KEY_INFORMATION {
  PVOID Object;
  HANDLE FileHandle;
  ULONG Format;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_SAVE_KEY_INFORMATION, 0x30);

struct REG_SAVE_MERGED_KEY_INFORMATION {
  PVOID Object;
  HANDLE FileHandle;
  PVOID HighKeyObject;
  PVOID LowKeyObject;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_SAVE_MERGED_KEY_INFORMATION, 0x38);

struct REG_REPLACE_KEY_INFORMATION {
  PVOID Object;
  PUNICODE_STRING OldFileName;
  PUNICODE_STRING NewFileName;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_REPLACE_KEY_INFORMATION, 0x30);

struct REG_QUERY_KEY_NAME {
  PVOID Object;
  PVOID ObjectNameInfo;
  ULONG Length;
  PULONG ReturnLength;
  PVOID CallContext;
  PVOID ObjectContext;
  PVOID Reserved;
};
NT_SIZE(REG_QUERY_KEY_NAME, 0x38);
