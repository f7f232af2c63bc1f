// The identifiers and privilege numbers that every machine has (SeExports).
#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/se/state.h"

namespace nt::se {

/// One pool block: the table that drivers see, and the identifiers it points at.
struct WellKnownBlock {
  SE_EXPORTS exports;
  FixedSid sids[40];
};

namespace {

constexpr ULONG kTag = 'xEeS';

struct PrivilegePlace {
  LUID SE_EXPORTS::* place;
  ULONG number;
};
constexpr PrivilegePlace kPrivileges[] = {
    {&SE_EXPORTS::SeCreateTokenPrivilege, SE_CREATE_TOKEN_PRIVILEGE},
    {&SE_EXPORTS::SeAssignPrimaryTokenPrivilege, SE_ASSIGNPRIMARYTOKEN_PRIVILEGE},
    {&SE_EXPORTS::SeLockMemoryPrivilege, SE_LOCK_MEMORY_PRIVILEGE},
    {&SE_EXPORTS::SeIncreaseQuotaPrivilege, SE_INCREASE_QUOTA_PRIVILEGE},
    {&SE_EXPORTS::SeUnsolicitedInputPrivilege, SE_MACHINE_ACCOUNT_PRIVILEGE},
    {&SE_EXPORTS::SeTcbPrivilege, SE_TCB_PRIVILEGE},
    {&SE_EXPORTS::SeSecurityPrivilege, SE_SECURITY_PRIVILEGE},
    {&SE_EXPORTS::SeTakeOwnershipPrivilege, SE_TAKE_OWNERSHIP_PRIVILEGE},
    {&SE_EXPORTS::SeLoadDriverPrivilege, SE_LOAD_DRIVER_PRIVILEGE},
    {&SE_EXPORTS::SeCreatePagefilePrivilege, SE_CREATE_PAGEFILE_PRIVILEGE},
    {&SE_EXPORTS::SeIncreaseBasePriorityPrivilege, SE_INC_BASE_PRIORITY_PRIVILEGE},
    {&SE_EXPORTS::SeSystemProfilePrivilege, SE_SYSTEM_PROFILE_PRIVILEGE},
    {&SE_EXPORTS::SeSystemtimePrivilege, SE_SYSTEMTIME_PRIVILEGE},
    {&SE_EXPORTS::SeProfileSingleProcessPrivilege, SE_PROF_SINGLE_PROCESS_PRIVILEGE},
    {&SE_EXPORTS::SeCreatePermanentPrivilege, SE_CREATE_PERMANENT_PRIVILEGE},
    {&SE_EXPORTS::SeBackupPrivilege, SE_BACKUP_PRIVILEGE},
    {&SE_EXPORTS::SeRestorePrivilege, SE_RESTORE_PRIVILEGE},
    {&SE_EXPORTS::SeShutdownPrivilege, SE_SHUTDOWN_PRIVILEGE},
    {&SE_EXPORTS::SeDebugPrivilege, SE_DEBUG_PRIVILEGE},
    {&SE_EXPORTS::SeAuditPrivilege, SE_AUDIT_PRIVILEGE},
    {&SE_EXPORTS::SeSystemEnvironmentPrivilege, SE_SYSTEM_ENVIRONMENT_PRIVILEGE},
    {&SE_EXPORTS::SeChangeNotifyPrivilege, SE_CHANGE_NOTIFY_PRIVILEGE},
    {&SE_EXPORTS::SeRemoteShutdownPrivilege, SE_REMOTE_SHUTDOWN_PRIVILEGE},
    {&SE_EXPORTS::SeUndockPrivilege, SE_UNDOCK_PRIVILEGE},
    {&SE_EXPORTS::SeSyncAgentPrivilege, SE_SYNC_AGENT_PRIVILEGE},
    {&SE_EXPORTS::SeEnableDelegationPrivilege, SE_ENABLE_DELEGATION_PRIVILEGE},
    {&SE_EXPORTS::SeManageVolumePrivilege, SE_MANAGE_VOLUME_PRIVILEGE},
    {&SE_EXPORTS::SeImpersonatePrivilege, SE_IMPERSONATE_PRIVILEGE},
    {&SE_EXPORTS::SeCreateGlobalPrivilege, SE_CREATE_GLOBAL_PRIVILEGE},
    {&SE_EXPORTS::SeTrustedCredManAccessPrivilege, SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE},
    {&SE_EXPORTS::SeRelabelPrivilege, SE_RELABEL_PRIVILEGE},
    {&SE_EXPORTS::SeIncreaseWorkingSetPrivilege, SE_INC_WORKING_SET_PRIVILEGE},
    {&SE_EXPORTS::SeTimeZonePrivilege, SE_TIME_ZONE_PRIVILEGE},
    {&SE_EXPORTS::SeCreateSymbolicLinkPrivilege, SE_CREATE_SYMBOLIC_LINK_PRIVILEGE},
};

struct SidPlace {
  PSID SE_EXPORTS::* place;
  UCHAR authority;
  UCHAR count;
  ULONG parts[2];
};
constexpr UCHAR kNull = 0, kWorld = 1, kLocal = 2, kCreator = 3, kNt = 5, kLabel = 16;
constexpr SidPlace kSids[] = {
    {&SE_EXPORTS::SeNullSid, kNull, 1, {0}},
    {&SE_EXPORTS::SeWorldSid, kWorld, 1, {0}},
    {&SE_EXPORTS::SeLocalSid, kLocal, 1, {0}},
    {&SE_EXPORTS::SeCreatorOwnerSid, kCreator, 1, {0}},
    {&SE_EXPORTS::SeCreatorGroupSid, kCreator, 1, {1}},
    {&SE_EXPORTS::SeOwnerRightsSid, kCreator, 1, {4}},
    {&SE_EXPORTS::SeNtAuthoritySid, kNt, 0, {}},
    {&SE_EXPORTS::SeDialupSid, kNt, 1, {SECURITY_DIALUP_RID}},
    {&SE_EXPORTS::SeNetworkSid, kNt, 1, {SECURITY_NETWORK_RID}},
    {&SE_EXPORTS::SeBatchSid, kNt, 1, {SECURITY_BATCH_RID}},
    {&SE_EXPORTS::SeInteractiveSid, kNt, 1, {SECURITY_INTERACTIVE_RID}},
    {&SE_EXPORTS::SeLocalSystemSid, kNt, 1, {SECURITY_LOCAL_SYSTEM_RID}},
    {&SE_EXPORTS::SeAuthenticatedUsersSid, kNt, 1, {SECURITY_AUTHENTICATED_USER_RID}},
    {&SE_EXPORTS::SeRestrictedSid, kNt, 1, {SECURITY_RESTRICTED_CODE_RID}},
    {&SE_EXPORTS::SeAnonymousLogonSid, kNt, 1, {SECURITY_ANONYMOUS_LOGON_RID}},
    {&SE_EXPORTS::SeLocalServiceSid, kNt, 1, {SECURITY_LOCAL_SERVICE_RID}},
    {&SE_EXPORTS::SeNetworkServiceSid, kNt, 1, {SECURITY_NETWORK_SERVICE_RID}},
    {&SE_EXPORTS::SeIUserSid, kNt, 1, {SECURITY_IUSER_RID}},
    {&SE_EXPORTS::SeAliasAdminsSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}},
    {&SE_EXPORTS::SeAliasUsersSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}},
    {&SE_EXPORTS::SeAliasGuestsSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_GUESTS}},
    {&SE_EXPORTS::SeAliasPowerUsersSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_POWER_USERS}},
    {&SE_EXPORTS::SeAliasAccountOpsSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ACCOUNT_OPS}},
    {&SE_EXPORTS::SeAliasSystemOpsSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_SYSTEM_OPS}},
    {&SE_EXPORTS::SeAliasPrintOpsSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_PRINT_OPS}},
    {&SE_EXPORTS::SeAliasBackupOpsSid, kNt, 2, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_BACKUP_OPS}},
    {&SE_EXPORTS::SeUntrustedMandatorySid, kLabel, 1, {SECURITY_MANDATORY_UNTRUSTED_RID}},
    {&SE_EXPORTS::SeLowMandatorySid, kLabel, 1, {SECURITY_MANDATORY_LOW_RID}},
    {&SE_EXPORTS::SeMediumMandatorySid, kLabel, 1, {SECURITY_MANDATORY_MEDIUM_RID}},
    {&SE_EXPORTS::SeHighMandatorySid, kLabel, 1, {SECURITY_MANDATORY_HIGH_RID}},
    {&SE_EXPORTS::SeSystemMandatorySid, kLabel, 1, {SECURITY_MANDATORY_SYSTEM_RID}},
};
static_assert(sizeof kSids / sizeof kSids[0] <= sizeof WellKnownBlock::sids / sizeof WellKnownBlock::sids[0]);

template <class T>
void Publish(const char* name, T* variable) {
  const api::Export* const entry = api::Find("ntoskrnl.exe", name);
  if (entry != nullptr && api::AddressOf(*entry) != nullptr) *static_cast<T**>(api::AddressOf(*entry)) = variable;
}

}  // namespace

void MakeWellKnown() {
  auto* const block = static_cast<WellKnownBlock*>(ex::AllocatePool(NonPagedPoolNx, sizeof(WellKnownBlock), kTag));
  *block = WellKnownBlock{};
  for (const PrivilegePlace& privilege : kPrivileges) block->exports.*privilege.place = {privilege.number, 0};
  FixedSid* sid = block->sids;
  for (const SidPlace& entry : kSids) {
    sid->authority[5] = entry.authority;
    sid->count = entry.count;
    for (UCHAR i = 0; i < entry.count; ++i) sid->parts[i] = entry.parts[i];
    block->exports.*entry.place = sid++;
  }
  Se().well_known = block;
}

const SE_EXPORTS& WellKnown() { return Se().well_known->exports; }

void PublishExports() {
  Publish("SeExports", &Se().well_known->exports);
  Publish("SeTokenObjectType", Se().token_type);
}

}  // namespace nt::se
