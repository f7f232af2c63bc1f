// Security: identifiers, access control lists, descriptors, privileges, tokens as callers see them (wdm.h, ntifs.h, winnt.h).
#pragma once

#include "nt/ob.h"
#include "nt/types.h"

// ---- security identifiers ------------------------------------------------------------------------------------------------

/// Who issued an identifier; six bytes, the most significant first.
struct SID_IDENTIFIER_AUTHORITY {
  UCHAR Value[6];
};
using PSID_IDENTIFIER_AUTHORITY = SID_IDENTIFIER_AUTHORITY*;
NT_SIZE(SID_IDENTIFIER_AUTHORITY, 0x6);

struct SID {
  UCHAR Revision;
  UCHAR SubAuthorityCount;
  SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
  ULONG SubAuthority[1];  ///< SubAuthorityCount of them
};
using PSID = PVOID;
using PISID = SID*;
NT_SIZE(SID, 0xc);
NT_OFFSET(SID, IdentifierAuthority, 0x2);
NT_OFFSET(SID, SubAuthority, 0x8);

inline constexpr UCHAR SID_REVISION = 1;
inline constexpr UCHAR SID_MAX_SUB_AUTHORITIES = 15;
inline constexpr ULONG SECURITY_MAX_SID_SIZE = 68;

struct SID_AND_ATTRIBUTES {
  PSID Sid;
  ULONG Attributes;
};
using PSID_AND_ATTRIBUTES = SID_AND_ATTRIBUTES*;
NT_SIZE(SID_AND_ATTRIBUTES, 0x10);
NT_OFFSET(SID_AND_ATTRIBUTES, Attributes, 0x8);

inline constexpr ULONG SE_GROUP_MANDATORY = 0x1;
inline constexpr ULONG SE_GROUP_ENABLED_BY_DEFAULT = 0x2;
inline constexpr ULONG SE_GROUP_ENABLED = 0x4;
inline constexpr ULONG SE_GROUP_OWNER = 0x8;
inline constexpr ULONG SE_GROUP_USE_FOR_DENY_ONLY = 0x10;
inline constexpr ULONG SE_GROUP_INTEGRITY = 0x20;
inline constexpr ULONG SE_GROUP_INTEGRITY_ENABLED = 0x40;
inline constexpr ULONG SE_GROUP_LOGON_ID = 0xC0000000;

// Relative identifiers, by authority: NT (5), built-in domain (5-32), mandatory label (16).
inline constexpr ULONG SECURITY_DIALUP_RID = 0x1;
inline constexpr ULONG SECURITY_NETWORK_RID = 0x2;
inline constexpr ULONG SECURITY_BATCH_RID = 0x3;
inline constexpr ULONG SECURITY_INTERACTIVE_RID = 0x4;
inline constexpr ULONG SECURITY_ANONYMOUS_LOGON_RID = 0x7;
inline constexpr ULONG SECURITY_AUTHENTICATED_USER_RID = 0xb;
inline constexpr ULONG SECURITY_RESTRICTED_CODE_RID = 0xc;
inline constexpr ULONG SECURITY_IUSER_RID = 0x11;
inline constexpr ULONG SECURITY_LOCAL_SYSTEM_RID = 0x12;
inline constexpr ULONG SECURITY_LOCAL_SERVICE_RID = 0x13;
inline constexpr ULONG SECURITY_NETWORK_SERVICE_RID = 0x14;
inline constexpr ULONG SECURITY_NT_NON_UNIQUE = 0x15;
inline constexpr ULONG SECURITY_BUILTIN_DOMAIN_RID = 0x20;
inline constexpr ULONG DOMAIN_ALIAS_RID_ADMINS = 0x220;
inline constexpr ULONG DOMAIN_ALIAS_RID_USERS = 0x221;
inline constexpr ULONG DOMAIN_ALIAS_RID_GUESTS = 0x222;
inline constexpr ULONG DOMAIN_ALIAS_RID_POWER_USERS = 0x223;
inline constexpr ULONG DOMAIN_ALIAS_RID_ACCOUNT_OPS = 0x224;
inline constexpr ULONG DOMAIN_ALIAS_RID_SYSTEM_OPS = 0x225;
inline constexpr ULONG DOMAIN_ALIAS_RID_PRINT_OPS = 0x226;
inline constexpr ULONG DOMAIN_ALIAS_RID_BACKUP_OPS = 0x227;
inline constexpr ULONG SECURITY_MANDATORY_UNTRUSTED_RID = 0x0;
inline constexpr ULONG SECURITY_MANDATORY_LOW_RID = 0x1000;
inline constexpr ULONG SECURITY_MANDATORY_MEDIUM_RID = 0x2000;
inline constexpr ULONG SECURITY_MANDATORY_HIGH_RID = 0x3000;
inline constexpr ULONG SECURITY_MANDATORY_SYSTEM_RID = 0x4000;

// ---- access control lists ------------------------------------------------------------------------------------------------

struct ACL {
  UCHAR AclRevision;
  UCHAR Sbz1;
  USHORT AclSize;  ///< bytes, with room for more entries
  USHORT AceCount;
  USHORT Sbz2;
};
using PACL = ACL*;
NT_SIZE(ACL, 0x8);
NT_OFFSET(ACL, AclSize, 0x2);
NT_OFFSET(ACL, AceCount, 0x4);

inline constexpr UCHAR ACL_REVISION = 2;
inline constexpr UCHAR ACL_REVISION_DS = 4;
inline constexpr UCHAR MIN_ACL_REVISION = 2;
inline constexpr UCHAR MAX_ACL_REVISION = 4;

struct ACE_HEADER {
  UCHAR AceType;
  UCHAR AceFlags;
  USHORT AceSize;  ///< bytes, a multiple of 4
};
using PACE_HEADER = ACE_HEADER*;
NT_SIZE(ACE_HEADER, 0x4);
NT_OFFSET(ACE_HEADER, AceSize, 0x2);

/// The shape of allowed, denied, audit and label entries alike.
struct ACCESS_ALLOWED_ACE {
  ACE_HEADER Header;
  ACCESS_MASK Mask;
  ULONG SidStart;  ///< the identifier begins here
};
using PACCESS_ALLOWED_ACE = ACCESS_ALLOWED_ACE*;
NT_SIZE(ACCESS_ALLOWED_ACE, 0xc);
NT_OFFSET(ACCESS_ALLOWED_ACE, Mask, 0x4);
NT_OFFSET(ACCESS_ALLOWED_ACE, SidStart, 0x8);

inline constexpr UCHAR ACCESS_ALLOWED_ACE_TYPE = 0x0;
inline constexpr UCHAR ACCESS_DENIED_ACE_TYPE = 0x1;
inline constexpr UCHAR SYSTEM_AUDIT_ACE_TYPE = 0x2;
inline constexpr UCHAR ACCESS_ALLOWED_OBJECT_ACE_TYPE = 0x5;
inline constexpr UCHAR ACCESS_DENIED_OBJECT_ACE_TYPE = 0x6;
inline constexpr UCHAR SYSTEM_MANDATORY_LABEL_ACE_TYPE = 0x11;
inline constexpr ACCESS_MASK SYSTEM_MANDATORY_LABEL_NO_WRITE_UP = 0x1;
inline constexpr ACCESS_MASK SYSTEM_MANDATORY_LABEL_NO_READ_UP = 0x2;
inline constexpr ACCESS_MASK SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP = 0x4;

inline constexpr UCHAR OBJECT_INHERIT_ACE = 0x1;
inline constexpr UCHAR CONTAINER_INHERIT_ACE = 0x2;
inline constexpr UCHAR NO_PROPAGATE_INHERIT_ACE = 0x4;
inline constexpr UCHAR INHERIT_ONLY_ACE = 0x8;
inline constexpr UCHAR INHERITED_ACE = 0x10;

inline constexpr ACCESS_MASK ACCESS_SYSTEM_SECURITY = 0x1000000;

/// How a new object gets its security (SeAssignSecurityEx).
inline constexpr ULONG SEF_DACL_AUTO_INHERIT = 0x1;
inline constexpr ULONG SEF_SACL_AUTO_INHERIT = 0x2;
inline constexpr ULONG SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT = 0x4;
inline constexpr ULONG SEF_AVOID_PRIVILEGE_CHECK = 0x8;
inline constexpr ULONG SEF_AVOID_OWNER_CHECK = 0x10;
inline constexpr ULONG SEF_DEFAULT_OWNER_FROM_PARENT = 0x20;
inline constexpr ULONG SEF_DEFAULT_GROUP_FROM_PARENT = 0x40;

// ---- security descriptors ------------------------------------------------------------------------------------------------

using PSECURITY_DESCRIPTOR = PVOID;
using SECURITY_INFORMATION = ULONG;
using PSECURITY_INFORMATION = SECURITY_INFORMATION*;
using SECURITY_DESCRIPTOR_CONTROL = USHORT;
using PSECURITY_DESCRIPTOR_CONTROL = SECURITY_DESCRIPTOR_CONTROL*;

/// What the object manager asks of an object about its security.
enum SECURITY_OPERATION_CODE { SetSecurityDescriptor, QuerySecurityDescriptor, DeleteSecurityDescriptor, AssignSecurityDescriptor };

/// The absolute form: pointers.
struct SECURITY_DESCRIPTOR {
  UCHAR Revision;
  UCHAR Sbz1;
  SECURITY_DESCRIPTOR_CONTROL Control;
  PSID Owner;
  PSID Group;
  PACL Sacl;
  PACL Dacl;
};
using PISECURITY_DESCRIPTOR = SECURITY_DESCRIPTOR*;
NT_SIZE(SECURITY_DESCRIPTOR, 0x28);
NT_OFFSET(SECURITY_DESCRIPTOR, Control, 0x2);
NT_OFFSET(SECURITY_DESCRIPTOR, Owner, 0x8);
NT_OFFSET(SECURITY_DESCRIPTOR, Group, 0x10);
NT_OFFSET(SECURITY_DESCRIPTOR, Sacl, 0x18);
NT_OFFSET(SECURITY_DESCRIPTOR, Dacl, 0x20);

/// The self-relative form: one block, with offsets from its start; 0 means none.
struct SECURITY_DESCRIPTOR_RELATIVE {
  UCHAR Revision;
  UCHAR Sbz1;
  SECURITY_DESCRIPTOR_CONTROL Control;
  ULONG Owner;
  ULONG Group;
  ULONG Sacl;
  ULONG Dacl;
};
using PISECURITY_DESCRIPTOR_RELATIVE = SECURITY_DESCRIPTOR_RELATIVE*;
NT_SIZE(SECURITY_DESCRIPTOR_RELATIVE, 0x14);
NT_OFFSET(SECURITY_DESCRIPTOR_RELATIVE, Control, 0x2);
NT_OFFSET(SECURITY_DESCRIPTOR_RELATIVE, Owner, 0x4);
NT_OFFSET(SECURITY_DESCRIPTOR_RELATIVE, Dacl, 0x10);

inline constexpr UCHAR SECURITY_DESCRIPTOR_REVISION = 1;
inline constexpr ULONG SECURITY_DESCRIPTOR_MIN_LENGTH = 0x28;
inline constexpr USHORT SE_OWNER_DEFAULTED = 0x1;
inline constexpr USHORT SE_GROUP_DEFAULTED = 0x2;
inline constexpr USHORT SE_DACL_PRESENT = 0x4;
inline constexpr USHORT SE_DACL_DEFAULTED = 0x8;
inline constexpr USHORT SE_SACL_PRESENT = 0x10;
inline constexpr USHORT SE_SACL_DEFAULTED = 0x20;
inline constexpr USHORT SE_DACL_AUTO_INHERITED = 0x400;
inline constexpr USHORT SE_SACL_AUTO_INHERITED = 0x800;
inline constexpr USHORT SE_DACL_PROTECTED = 0x1000;
inline constexpr USHORT SE_SACL_PROTECTED = 0x2000;
inline constexpr USHORT SE_RM_CONTROL_VALID = 0x4000;
inline constexpr USHORT SE_SELF_RELATIVE = 0x8000;

inline constexpr SECURITY_INFORMATION OWNER_SECURITY_INFORMATION = 0x1;
inline constexpr SECURITY_INFORMATION GROUP_SECURITY_INFORMATION = 0x2;
inline constexpr SECURITY_INFORMATION DACL_SECURITY_INFORMATION = 0x4;
inline constexpr SECURITY_INFORMATION SACL_SECURITY_INFORMATION = 0x8;
inline constexpr SECURITY_INFORMATION LABEL_SECURITY_INFORMATION = 0x10;

// ---- privileges ----------------------------------------------------------------------------------------------------------

/// Packed to 4 bytes, as in the headers.
struct LUID_AND_ATTRIBUTES {
  LUID Luid;
  ULONG Attributes;
};
using PLUID_AND_ATTRIBUTES = LUID_AND_ATTRIBUTES*;
NT_SIZE(LUID_AND_ATTRIBUTES, 0xc);
NT_OFFSET(LUID_AND_ATTRIBUTES, Attributes, 0x8);

inline constexpr ULONG SE_PRIVILEGE_ENABLED_BY_DEFAULT = 0x1;
inline constexpr ULONG SE_PRIVILEGE_ENABLED = 0x2;
inline constexpr ULONG SE_PRIVILEGE_REMOVED = 0x4;
inline constexpr ULONG SE_PRIVILEGE_USED_FOR_ACCESS = 0x80000000;

inline constexpr ULONG PRIVILEGE_SET_ALL_NECESSARY = 1;

struct PRIVILEGE_SET {
  ULONG PrivilegeCount;
  ULONG Control;
  LUID_AND_ATTRIBUTES Privilege[1];
};
using PPRIVILEGE_SET = PRIVILEGE_SET*;
NT_SIZE(PRIVILEGE_SET, 0x14);
NT_OFFSET(PRIVILEGE_SET, Privilege, 0x8);

inline constexpr ULONG INITIAL_PRIVILEGE_COUNT = 3;

struct INITIAL_PRIVILEGE_SET {
  ULONG PrivilegeCount;
  ULONG Control;
  LUID_AND_ATTRIBUTES Privilege[INITIAL_PRIVILEGE_COUNT];
};
NT_SIZE(INITIAL_PRIVILEGE_SET, 0x2c);

inline constexpr ULONG SE_MIN_WELL_KNOWN_PRIVILEGE = 2;
inline constexpr ULONG SE_CREATE_TOKEN_PRIVILEGE = 2;
inline constexpr ULONG SE_ASSIGNPRIMARYTOKEN_PRIVILEGE = 3;
inline constexpr ULONG SE_LOCK_MEMORY_PRIVILEGE = 4;
inline constexpr ULONG SE_INCREASE_QUOTA_PRIVILEGE = 5;
inline constexpr ULONG SE_MACHINE_ACCOUNT_PRIVILEGE = 6;
inline constexpr ULONG SE_TCB_PRIVILEGE = 7;
inline constexpr ULONG SE_SECURITY_PRIVILEGE = 8;
inline constexpr ULONG SE_TAKE_OWNERSHIP_PRIVILEGE = 9;
inline constexpr ULONG SE_LOAD_DRIVER_PRIVILEGE = 10;
inline constexpr ULONG SE_SYSTEM_PROFILE_PRIVILEGE = 11;
inline constexpr ULONG SE_SYSTEMTIME_PRIVILEGE = 12;
inline constexpr ULONG SE_PROF_SINGLE_PROCESS_PRIVILEGE = 13;
inline constexpr ULONG SE_INC_BASE_PRIORITY_PRIVILEGE = 14;
inline constexpr ULONG SE_CREATE_PAGEFILE_PRIVILEGE = 15;
inline constexpr ULONG SE_CREATE_PERMANENT_PRIVILEGE = 16;
inline constexpr ULONG SE_BACKUP_PRIVILEGE = 17;
inline constexpr ULONG SE_RESTORE_PRIVILEGE = 18;
inline constexpr ULONG SE_SHUTDOWN_PRIVILEGE = 19;
inline constexpr ULONG SE_DEBUG_PRIVILEGE = 20;
inline constexpr ULONG SE_AUDIT_PRIVILEGE = 21;
inline constexpr ULONG SE_SYSTEM_ENVIRONMENT_PRIVILEGE = 22;
inline constexpr ULONG SE_CHANGE_NOTIFY_PRIVILEGE = 23;
inline constexpr ULONG SE_REMOTE_SHUTDOWN_PRIVILEGE = 24;
inline constexpr ULONG SE_UNDOCK_PRIVILEGE = 25;
inline constexpr ULONG SE_SYNC_AGENT_PRIVILEGE = 26;
inline constexpr ULONG SE_ENABLE_DELEGATION_PRIVILEGE = 27;
inline constexpr ULONG SE_MANAGE_VOLUME_PRIVILEGE = 28;
inline constexpr ULONG SE_IMPERSONATE_PRIVILEGE = 29;
inline constexpr ULONG SE_CREATE_GLOBAL_PRIVILEGE = 30;
inline constexpr ULONG SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE = 31;
inline constexpr ULONG SE_RELABEL_PRIVILEGE = 32;
inline constexpr ULONG SE_INC_WORKING_SET_PRIVILEGE = 33;
inline constexpr ULONG SE_TIME_ZONE_PRIVILEGE = 34;
inline constexpr ULONG SE_CREATE_SYMBOLIC_LINK_PRIVILEGE = 35;

// ---- tokens --------------------------------------------------------------------------------------------------------------

using PACCESS_TOKEN = PVOID;

inline constexpr ACCESS_MASK TOKEN_ASSIGN_PRIMARY = 0x1;
inline constexpr ACCESS_MASK TOKEN_DUPLICATE = 0x2;
inline constexpr ACCESS_MASK TOKEN_IMPERSONATE = 0x4;
inline constexpr ACCESS_MASK TOKEN_QUERY = 0x8;
inline constexpr ACCESS_MASK TOKEN_QUERY_SOURCE = 0x10;
inline constexpr ACCESS_MASK TOKEN_ADJUST_PRIVILEGES = 0x20;
inline constexpr ACCESS_MASK TOKEN_ADJUST_GROUPS = 0x40;
inline constexpr ACCESS_MASK TOKEN_ADJUST_DEFAULT = 0x80;
inline constexpr ACCESS_MASK TOKEN_ADJUST_SESSIONID = 0x100;
inline constexpr ACCESS_MASK TOKEN_READ = 0x20008;
inline constexpr ACCESS_MASK TOKEN_WRITE = 0x200e0;
inline constexpr ACCESS_MASK TOKEN_EXECUTE = 0x20000;
inline constexpr ACCESS_MASK TOKEN_ALL_ACCESS = 0xf01ff;

enum SECURITY_IMPERSONATION_LEVEL { SecurityAnonymous, SecurityIdentification, SecurityImpersonation, SecurityDelegation };

enum TOKEN_TYPE { TokenPrimary = 1, TokenImpersonation };

enum TOKEN_ELEVATION_TYPE { TokenElevationTypeDefault = 1, TokenElevationTypeFull, TokenElevationTypeLimited };

enum TOKEN_INFORMATION_CLASS {
  TokenUser = 1,
  TokenGroups,
  TokenPrivileges,
  TokenOwner,
  TokenPrimaryGroup,
  TokenDefaultDacl,
  TokenSource,
  TokenType,
  TokenImpersonationLevel,
  TokenStatistics,
  TokenRestrictedSids,
  TokenSessionId,
  TokenGroupsAndPrivileges,
  TokenSessionReference,
  TokenSandBoxInert,
  TokenAuditPolicy,
  TokenOrigin,
  TokenElevationType,
  TokenLinkedToken,
  TokenElevation,
  TokenHasRestrictions,
  TokenAccessInformation,
  TokenVirtualizationAllowed,
  TokenVirtualizationEnabled,
  TokenIntegrityLevel,
  TokenUIAccess,
  TokenMandatoryPolicy,
  TokenLogonSid,
  TokenIsAppContainer
};

struct TOKEN_USER {
  SID_AND_ATTRIBUTES User;
};
using PTOKEN_USER = TOKEN_USER*;
NT_SIZE(TOKEN_USER, 0x10);

struct TOKEN_GROUPS {
  ULONG GroupCount;
  SID_AND_ATTRIBUTES Groups[1];
};
using PTOKEN_GROUPS = TOKEN_GROUPS*;
NT_SIZE(TOKEN_GROUPS, 0x18);
NT_OFFSET(TOKEN_GROUPS, Groups, 0x8);

struct TOKEN_PRIVILEGES {
  ULONG PrivilegeCount;
  LUID_AND_ATTRIBUTES Privileges[1];
};
using PTOKEN_PRIVILEGES = TOKEN_PRIVILEGES*;
NT_SIZE(TOKEN_PRIVILEGES, 0x10);
NT_OFFSET(TOKEN_PRIVILEGES, Privileges, 0x4);

struct TOKEN_OWNER {
  PSID Owner;
};
NT_SIZE(TOKEN_OWNER, 0x8);

struct TOKEN_PRIMARY_GROUP {
  PSID PrimaryGroup;
};
NT_SIZE(TOKEN_PRIMARY_GROUP, 0x8);

struct TOKEN_DEFAULT_DACL {
  PACL DefaultDacl;
};
NT_SIZE(TOKEN_DEFAULT_DACL, 0x8);

struct TOKEN_GROUPS_AND_PRIVILEGES {
  ULONG SidCount;
  ULONG SidLength;
  PSID_AND_ATTRIBUTES Sids;
  ULONG RestrictedSidCount;
  ULONG RestrictedSidLength;
  PSID_AND_ATTRIBUTES RestrictedSids;
  ULONG PrivilegeCount;
  ULONG PrivilegeLength;
  PLUID_AND_ATTRIBUTES Privileges;
  LUID AuthenticationId;
};
NT_SIZE(TOKEN_GROUPS_AND_PRIVILEGES, 0x38);
NT_OFFSET(TOKEN_GROUPS_AND_PRIVILEGES, Privileges, 0x28);

inline constexpr ULONG TOKEN_MANDATORY_POLICY_NO_WRITE_UP = 0x1;
inline constexpr ULONG TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN = 0x2;

struct TOKEN_ELEVATION {
  ULONG TokenIsElevated;
};
NT_SIZE(TOKEN_ELEVATION, 0x4);

struct TOKEN_MANDATORY_LABEL {
  SID_AND_ATTRIBUTES Label;
};
NT_SIZE(TOKEN_MANDATORY_LABEL, 0x10);

struct TOKEN_STATISTICS {
  LUID TokenId;
  LUID AuthenticationId;
  LARGE_INTEGER ExpirationTime;
  TOKEN_TYPE TokenType;
  SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
  ULONG DynamicCharged;
  ULONG DynamicAvailable;
  ULONG GroupCount;
  ULONG PrivilegeCount;
  LUID ModifiedId;
};
NT_SIZE(TOKEN_STATISTICS, 0x38);
NT_OFFSET(TOKEN_STATISTICS, TokenType, 0x18);
NT_OFFSET(TOKEN_STATISTICS, ModifiedId, 0x30);

// ---- contexts of access checks -------------------------------------------------------------------------------------------

struct SECURITY_SUBJECT_CONTEXT {
  PACCESS_TOKEN ClientToken;  ///< the impersonated client's, or null
  SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
  PACCESS_TOKEN PrimaryToken;
  PVOID ProcessAuditId;
};
using PSECURITY_SUBJECT_CONTEXT = SECURITY_SUBJECT_CONTEXT*;
NT_SIZE(SECURITY_SUBJECT_CONTEXT, 0x20);
NT_OFFSET(SECURITY_SUBJECT_CONTEXT, ImpersonationLevel, 0x8);
NT_OFFSET(SECURITY_SUBJECT_CONTEXT, PrimaryToken, 0x10);

struct ACCESS_STATE {
  LUID OperationID;
  BOOLEAN SecurityEvaluated;
  BOOLEAN GenerateAudit;
  BOOLEAN GenerateOnClose;
  BOOLEAN PrivilegesAllocated;
  ULONG Flags;
  ACCESS_MASK RemainingDesiredAccess;
  ACCESS_MASK PreviouslyGrantedAccess;
  ACCESS_MASK OriginalDesiredAccess;
  SECURITY_SUBJECT_CONTEXT SubjectSecurityContext;
  PSECURITY_DESCRIPTOR SecurityDescriptor;
  PVOID AuxData;
  union {
    ::INITIAL_PRIVILEGE_SET InitialPrivilegeSet;
    ::PRIVILEGE_SET PrivilegeSet;
  } Privileges;
  BOOLEAN AuditPrivileges;
  UNICODE_STRING ObjectName;
  UNICODE_STRING ObjectTypeName;
};
using PACCESS_STATE = ACCESS_STATE*;
NT_SIZE(ACCESS_STATE, 0xa0);
NT_OFFSET(ACCESS_STATE, RemainingDesiredAccess, 0x10);
NT_OFFSET(ACCESS_STATE, OriginalDesiredAccess, 0x18);
NT_OFFSET(ACCESS_STATE, SubjectSecurityContext, 0x20);
NT_OFFSET(ACCESS_STATE, SecurityDescriptor, 0x40);
NT_OFFSET(ACCESS_STATE, Privileges, 0x50);
NT_OFFSET(ACCESS_STATE, ObjectName, 0x80);

struct SECURITY_QUALITY_OF_SERVICE {
  ULONG Length;
  SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
  BOOLEAN ContextTrackingMode;
  BOOLEAN EffectiveOnly;
};
using PSECURITY_QUALITY_OF_SERVICE = SECURITY_QUALITY_OF_SERVICE*;
NT_SIZE(SECURITY_QUALITY_OF_SERVICE, 0xc);

struct TOKEN_SOURCE {
  CHAR SourceName[8];
  LUID SourceIdentifier;
};

struct TOKEN_CONTROL {
  LUID TokenId;
  LUID AuthenticationId;
  LUID ModifiedId;
  TOKEN_SOURCE TokenSource;
};
NT_SIZE(TOKEN_CONTROL, 0x28);

/// What a server keeps to act for a client later (SeCreateClientSecurity).
struct SECURITY_CLIENT_CONTEXT {
  SECURITY_QUALITY_OF_SERVICE SecurityQos;
  PACCESS_TOKEN ClientToken;
  BOOLEAN DirectlyAccessClientToken;
  BOOLEAN DirectAccessEffectiveOnly;
  BOOLEAN ServerIsRemote;
  TOKEN_CONTROL ClientTokenControl;
};
using PSECURITY_CLIENT_CONTEXT = SECURITY_CLIENT_CONTEXT*;
NT_SIZE(SECURITY_CLIENT_CONTEXT, 0x48);
NT_OFFSET(SECURITY_CLIENT_CONTEXT, ClientToken, 0x10);
NT_OFFSET(SECURITY_CLIENT_CONTEXT, ClientTokenControl, 0x1c);

/// What the data export SeExports leads to: the numbers of privileges and the well-known identifiers.
struct SE_EXPORTS {
  LUID SeCreateTokenPrivilege;
  LUID SeAssignPrimaryTokenPrivilege;
  LUID SeLockMemoryPrivilege;
  LUID SeIncreaseQuotaPrivilege;
  LUID SeUnsolicitedInputPrivilege;
  LUID SeTcbPrivilege;
  LUID SeSecurityPrivilege;
  LUID SeTakeOwnershipPrivilege;
  LUID SeLoadDriverPrivilege;
  LUID SeCreatePagefilePrivilege;
  LUID SeIncreaseBasePriorityPrivilege;
  LUID SeSystemProfilePrivilege;
  LUID SeSystemtimePrivilege;
  LUID SeProfileSingleProcessPrivilege;
  LUID SeCreatePermanentPrivilege;
  LUID SeBackupPrivilege;
  LUID SeRestorePrivilege;
  LUID SeShutdownPrivilege;
  LUID SeDebugPrivilege;
  LUID SeAuditPrivilege;
  LUID SeSystemEnvironmentPrivilege;
  LUID SeChangeNotifyPrivilege;
  LUID SeRemoteShutdownPrivilege;
  PSID SeNullSid;
  PSID SeWorldSid;
  PSID SeLocalSid;
  PSID SeCreatorOwnerSid;
  PSID SeCreatorGroupSid;
  PSID SeNtAuthoritySid;
  PSID SeDialupSid;
  PSID SeNetworkSid;
  PSID SeBatchSid;
  PSID SeInteractiveSid;
  PSID SeLocalSystemSid;
  PSID SeAliasAdminsSid;
  PSID SeAliasUsersSid;
  PSID SeAliasGuestsSid;
  PSID SeAliasPowerUsersSid;
  PSID SeAliasAccountOpsSid;
  PSID SeAliasSystemOpsSid;
  PSID SeAliasPrintOpsSid;
  PSID SeAliasBackupOpsSid;
  PSID SeAuthenticatedUsersSid;
  PSID SeRestrictedSid;
  PSID SeAnonymousLogonSid;
  LUID SeUndockPrivilege;
  LUID SeSyncAgentPrivilege;
  LUID SeEnableDelegationPrivilege;
  PSID SeLocalServiceSid;
  PSID SeNetworkServiceSid;
  LUID SeManageVolumePrivilege;
  LUID SeImpersonatePrivilege;
  LUID SeCreateGlobalPrivilege;
  LUID SeTrustedCredManAccessPrivilege;
  LUID SeRelabelPrivilege;
  LUID SeIncreaseWorkingSetPrivilege;
  LUID SeTimeZonePrivilege;
  LUID SeCreateSymbolicLinkPrivilege;
  PSID SeIUserSid;
  PSID SeUntrustedMandatorySid;
  PSID SeLowMandatorySid;
  PSID SeMediumMandatorySid;
  PSID SeHighMandatorySid;
  PSID SeSystemMandatorySid;
  PSID SeOwnerRightsSid;
};
using PSE_EXPORTS = SE_EXPORTS*;
NT_SIZE(SE_EXPORTS, 0x208);
NT_OFFSET(SE_EXPORTS, SeNullSid, 0xb8);
NT_OFFSET(SE_EXPORTS, SeLocalSystemSid, 0x108);
NT_OFFSET(SE_EXPORTS, SeUndockPrivilege, 0x168);
NT_OFFSET(SE_EXPORTS, SeLocalServiceSid, 0x180);
NT_OFFSET(SE_EXPORTS, SeIUserSid, 0x1d0);
