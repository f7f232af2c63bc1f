// The configuration manager: the registry's keys and values, in memory and in hive files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nt/cm.h"
#include "nt/types.h"

struct DEVICE_OBJECT;
struct DRIVER_OBJECT;
struct FILE_OBJECT;

namespace nt::cm {

/// Builds the tree from the hive files of `machine_directory` (Windows/System32/config, Boot/BCD, the user's own), or from built-in
/// defaults where a file is missing, and creates the Key type and \REGISTRY. An empty directory: nothing is ever saved. After ob.
/// STATUS_REGISTRY_CORRUPT if a file cannot be read; the registry is then empty.
NTSTATUS Initialize(const std::string& machine_directory);
/// Sets the data export CmKeyObjectType; after ldr made the built-in modules.
void InitializeExports();
/// Saves what changed and frees everything. No service may be called after it; handles may still be closed.
void Shutdown();

/// Writes the changed hives: STATUS_REGISTRY_IO_FAILED if one cannot be written.
NTSTATUS Flush();

/// Where files of the machine lie on the host: a folder, and what tells an open file's place below it (empty: it is elsewhere). Without,
/// hives can be loaded from nowhere. After Initialize().
void SetDrive(const std::string& folder, std::string (*place_of)(FILE_OBJECT* file));

/// Values by component name: the levels of debug messages that are shown.
inline constexpr std::u16string_view kDebugPrintFilterKey =
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Debug Print Filter";
/// Gives the debug print filter the masks of that key, as the machine does when it boots.
void LoadDebugPrintFilter();
/// Gives the kernel the time zone, memory thresholds and pool quotas of the registry, as the machine does when it boots.
void LoadSystemSettings();
/// Gives the kernel what the boot configuration (\Registry\Machine\BCD00000000) says, as the boot loader does.
void LoadBootOptions();

// ---- for the kernel itself -----------------------------------------------------------------------------------------------
// Paths are absolute: \Registry\Machine\System\CurrentControlSet\... Case does not matter. IRQL PASSIVE_LEVEL; nothing waits.

/// Creates a key with all keys missing on its way; those that are volatile go with the machine. STATUS_INVALID_PARAMETER if it would lie
/// outside of any hive.
NTSTATUS CreateKey(std::u16string_view key_path, bool is_volatile = false);
/// Opens a key, or makes the last one of the path, by a kernel handle with the access that is asked for.
NTSTATUS OpenForKernel(std::u16string path, ACCESS_MASK access, bool create, PHANDLE key);
bool KeyExists(std::u16string_view key_path);
/// Names of the keys below one, sorted without regard to case; empty if there is no such key.
std::vector<std::u16string> SubKeys(std::u16string_view key_path);
/// Deletes a key and all below it. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_CANNOT_DELETE for a hive's root and above.
NTSTATUS DeleteTree(std::u16string_view key_path);

/// These create the key if it is missing.
NTSTATUS SetDword(std::u16string_view key_path, std::u16string_view name, ULONG value);
/// REG_SZ, or REG_EXPAND_SZ; stored with a terminator.
NTSTATUS SetString(std::u16string_view key_path, std::u16string_view name, std::u16string_view value, ULONG type = REG_SZ);
NTSTATUS SetStrings(std::u16string_view key_path, std::u16string_view name, const std::vector<std::u16string>& value);
NTSTATUS SetBinary(std::u16string_view key_path, std::u16string_view name, ULONG type, const void* data, SIZE_T size);

/// Nothing if there is no such value, or it has another type.
std::optional<ULONG> ReadDword(std::u16string_view key_path, std::u16string_view name);
/// REG_SZ or REG_EXPAND_SZ, up to the terminator.
std::optional<std::u16string> ReadString(std::u16string_view key_path, std::u16string_view name);
/// REG_BINARY.
std::optional<std::vector<UCHAR>> ReadBinary(std::u16string_view key_path, std::u16string_view name);
/// REG_MULTI_SZ.
std::optional<std::vector<std::u16string>> ReadStrings(std::u16string_view key_path, std::u16string_view name);
NTSTATUS DeleteValue(std::u16string_view key_path, std::u16string_view name);

// ---- drivers that look on ------------------------------------------------------------------------------------------------

/// Registry callbacks whose routines lie in a range of addresses.
struct CallbackReport {
  LONGLONG cookie;
  PVOID routine;
};
std::vector<CallbackReport> CallbacksIn(ULONG_PTR base, SIZE_T size);
/// Forgets a callback whose code is about to go, without calling it.
void RemoveCallback(LONGLONG cookie);

}  // namespace nt::cm

extern "C" {
NTSTATUS NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                     PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition);
NTSTATUS NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions);
NTSTATUS NtSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG DataSize);
NTSTATUS NtQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength);
NTSTATUS NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                             ULONG Length, PULONG ResultLength);
NTSTATUS NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length, PULONG ResultLength);
NTSTATUS NtEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
                        PULONG ResultLength);
NTSTATUS NtDeleteKey(HANDLE KeyHandle);
NTSTATUS NtDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName);
NTSTATUS NtFlushKey(HANDLE KeyHandle);
NTSTATUS NtRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName);
NTSTATUS NtSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass, PVOID KeySetInformation,
                             ULONG KeySetInformationLength);
NTSTATUS NtQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                 PULONG RequiredBufferLength);

NTSTATUS NtCreateKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                               PUNICODE_STRING Class, ULONG CreateOptions, HANDLE TransactionHandle, PULONG Disposition);
NTSTATUS NtOpenKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE TransactionHandle);
NTSTATUS NtOpenKeyTransactedEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
                               HANDLE TransactionHandle);
NTSTATUS NtSaveKey(HANDLE KeyHandle, HANDLE FileHandle);
NTSTATUS NtSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format);
NTSTATUS NtSaveMergedKeys(HANDLE HighPrecedenceKeyHandle, HANDLE LowPrecedenceKeyHandle, HANDLE FileHandle);
NTSTATUS NtRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags);
NTSTATUS NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile);
NTSTATUS NtLoadKey2(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags);
NTSTATUS NtLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags, HANDLE TrustClassKey, HANDLE Event,
                     ACCESS_MASK DesiredAccess, PHANDLE RootHandle, PVOID Reserved);
NTSTATUS NtUnloadKey(POBJECT_ATTRIBUTES TargetKey);
NTSTATUS NtUnloadKey2(POBJECT_ATTRIBUTES TargetKey, ULONG Flags);
NTSTATUS NtReplaceKey(POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle, POBJECT_ATTRIBUTES OldFile);
NTSTATUS NtQueryOpenSubKeys(POBJECT_ATTRIBUTES TargetKey, PULONG HandleCount);
NTSTATUS NtCompactKeys(ULONG Count, PHANDLE KeyArray);
NTSTATUS NtCompressKey(HANDLE Key);

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context, PVOID Environment);
NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength);
NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName);
NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSTATUS RtlFormatCurrentUserKeyPath(PUNICODE_STRING CurrentUserKeyPath);
NTSTATUS IoOpenDriverRegistryKey(DRIVER_OBJECT* DriverObject, DRIVER_REGKEY_TYPE RegKeyType, ACCESS_MASK DesiredAccess, ULONG Flags,
                                 PHANDLE DriverRegKey);
}
