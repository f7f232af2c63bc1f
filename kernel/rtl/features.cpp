// Features under staged rollout, and where components keep their state: nothing is configured, and state is not separated.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/rtl/misc.h"
#include "nt/status.h"

namespace {

constexpr ULONG kTag = 0x74614652;     // 'RFat'
constexpr ULONG64 kStamp = 1;          ///< the configuration is always the first
constexpr ULONG kFeatureSections = 2;  ///< boot, runtime
constexpr ULONG kLocationTypes = 2;    ///< registry, files

/// A routine that waits for a change. None comes.
struct Registration {
  PVOID callback;
  PVOID context;
};

}  // namespace

NTSTATUS RtlQueryFeatureConfiguration(ULONG, ULONG SectionType, PULONG64 ChangeStamp, PVOID) {
  if (SectionType >= kFeatureSections) return STATUS_INVALID_PARAMETER;
  if (ChangeStamp != nullptr) *ChangeStamp = kStamp;
  return STATUS_NOT_FOUND;
}

ULONG64 RtlQueryFeatureConfigurationChangeStamp() { return kStamp; }

NTSTATUS RtlNotifyFeatureUsage(PVOID FeatureUsageReport) {
  return FeatureUsageReport == nullptr ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS RtlRegisterFeatureConfigurationChangeNotification(PVOID Callback, PVOID Context, PULONG64, PVOID* RegistrationHandle) {
  if (Callback == nullptr || RegistrationHandle == nullptr) return STATUS_INVALID_PARAMETER;
  auto* const registration = static_cast<Registration*>(ExAllocatePoolWithTag(PagedPool, sizeof(Registration), kTag));
  if (registration == nullptr) return STATUS_NO_MEMORY;
  *registration = {Callback, Context};
  *RegistrationHandle = registration;
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnregisterFeatureConfigurationChangeNotification(PVOID RegistrationHandle) {
  if (RegistrationHandle == nullptr) return STATUS_INVALID_PARAMETER;
  ExFreePoolWithTag(RegistrationHandle, kTag);
  return STATUS_SUCCESS;
}

NTSTATUS RtlGetPersistedStateLocation(PCWSTR SourceID, PCWSTR, PCWSTR DefaultPath, ULONG StateLocationType, PWCHAR TargetPath,
                                      ULONG BufferLengthIn, PULONG BufferLengthOut) {
  if (SourceID == nullptr || StateLocationType >= kLocationTypes || (TargetPath == nullptr && BufferLengthIn != 0)) {
    return STATUS_INVALID_PARAMETER;
  }
  if (DefaultPath == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  ULONG length = 0;
  while (DefaultPath[length] != 0) ++length;
  const ULONG needed = (length + 1) * static_cast<ULONG>(sizeof(WCHAR));
  if (BufferLengthOut != nullptr) *BufferLengthOut = needed;
  if (BufferLengthIn < needed) return STATUS_BUFFER_OVERFLOW;
  std::memcpy(TargetPath, DefaultPath, needed);
  return STATUS_SUCCESS;
}
