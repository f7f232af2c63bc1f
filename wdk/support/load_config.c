// The load configuration directory of release images (IMAGE_LOAD_CONFIG_DIRECTORY64 up to GuardEHContinuationCount):
// where the loader finds the security cookie and the Control Flow Guard tables. lld defines the __guard_ symbols.

typedef unsigned short Word;
typedef unsigned int Dword;
typedef unsigned long long Qword;

extern Qword __security_cookie;
extern char __guard_fids_table, __guard_fids_count, __guard_flags, __guard_iat_table, __guard_iat_count;
extern char __guard_longjmp_table, __guard_longjmp_count, __guard_eh_cont_table, __guard_eh_cont_count;

/// Without a kernel that checks, a guarded call goes straight to its target; a checking kernel replaces both pointers.
__attribute__((naked)) static void Dispatch(void) { __asm__("jmpq *%rax"); }
static void Check(void* target) { (void)target; }

__attribute__((section(".00cfg"))) void* const __guard_check_icall_fptr = (void*)Check;
__attribute__((section(".00cfg"))) void* const __guard_dispatch_icall_fptr = (void*)Dispatch;

struct LoadConfig {
  Dword Size, TimeDateStamp;
  Word MajorVersion, MinorVersion;
  Dword GlobalFlagsClear, GlobalFlagsSet, CriticalSectionDefaultTimeout;
  Qword DeCommitFreeBlockThreshold, DeCommitTotalFreeThreshold, LockPrefixTable, MaximumAllocationSize;
  Qword VirtualMemoryThreshold, ProcessAffinityMask;
  Dword ProcessHeapFlags;
  Word CSDVersion, DependentLoadFlags;
  Qword EditList;
  const void *SecurityCookie, *SEHandlerTable, *SEHandlerCount;
  const void *GuardCFCheckFunctionPointer, *GuardCFDispatchFunctionPointer, *GuardCFFunctionTable, *GuardCFFunctionCount;
  const void* GuardFlags;  // 32 bits, and the low half of CodeIntegrity, which is zero
  Dword CodeIntegrity[2];
  const void *GuardAddressTakenIatEntryTable, *GuardAddressTakenIatEntryCount;
  const void *GuardLongJumpTargetTable, *GuardLongJumpTargetCount;
  Qword DynamicValueRelocTable, CHPEMetadataPointer, GuardRFFailureRoutine, GuardRFFailureRoutineFunctionPointer;
  Dword DynamicValueRelocTableOffset;
  Word DynamicValueRelocTableSection, Reserved2;
  Qword GuardRFVerifyStackPointerFunctionPointer;
  Dword HotPatchTableOffset, Reserved3;
  Qword EnclaveConfigurationPointer, VolatileMetadataPointer;
  const void *GuardEHContinuationTable, *GuardEHContinuationCount;
};
_Static_assert(sizeof(struct LoadConfig) == 0x118, "IMAGE_LOAD_CONFIG_DIRECTORY64 ends with GuardEHContinuationCount");
_Static_assert(__builtin_offsetof(struct LoadConfig, SecurityCookie) == 0x58, "SecurityCookie is misplaced");
_Static_assert(__builtin_offsetof(struct LoadConfig, GuardCFCheckFunctionPointer) == 0x70, "the CFG fields are misplaced");

const struct LoadConfig _load_config_used = {
    .Size = sizeof(struct LoadConfig),
    .SecurityCookie = &__security_cookie,
    .GuardCFCheckFunctionPointer = &__guard_check_icall_fptr,
    .GuardCFDispatchFunctionPointer = &__guard_dispatch_icall_fptr,
    .GuardCFFunctionTable = &__guard_fids_table,
    .GuardCFFunctionCount = &__guard_fids_count,
    .GuardFlags = &__guard_flags,
    .GuardAddressTakenIatEntryTable = &__guard_iat_table,
    .GuardAddressTakenIatEntryCount = &__guard_iat_count,
    .GuardLongJumpTargetTable = &__guard_longjmp_table,
    .GuardLongJumpTargetCount = &__guard_longjmp_count,
    .GuardEHContinuationTable = &__guard_eh_cont_table,
    .GuardEHContinuationCount = &__guard_eh_cont_count,
};
