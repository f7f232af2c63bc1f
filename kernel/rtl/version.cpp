// The version that drivers see: Windows 11, 10.0.22000.
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kMajor = 10;
constexpr ULONG kMinor = 0;
constexpr ULONG kBuild = 22000;
constexpr ULONG kNtDdi = 0x0A00000B;  ///< NTDDI_WIN10_CO (sdkddkver.h)
constexpr ULONG kOsVersion = 0xFFFF0000;
constexpr ULONG kConditionBits = 3;

/// Bit of a VER_ type: the place of its condition.
UCHAR Condition(ULONGLONG mask, ULONG place) { return static_cast<UCHAR>((mask >> (place * kConditionBits)) & 7); }

bool Holds(UCHAR condition, ULONG have, ULONG wanted) {
  switch (condition) {
    case VER_EQUAL:
      return have == wanted;
    case VER_GREATER:
      return have > wanted;
    case VER_GREATER_EQUAL:
      return have >= wanted;
    case VER_LESS:
      return have < wanted;
    case VER_LESS_EQUAL:
      return have <= wanted;
    default:
      return false;
  }
}

bool SuiteHolds(UCHAR condition, ULONG have, ULONG wanted) {
  if (condition == VER_AND) return (have & wanted) == wanted;
  return condition == VER_OR && (wanted == 0 || (have & wanted) != 0);
}

/// Major, minor and service pack are digits of one number: a lower one counts only where the higher ones are equal.
bool LevelsHold(const RTL_OSVERSIONINFOEXW& have, const RTL_OSVERSIONINFOEXW& wanted, ULONG types, ULONGLONG mask) {
  const struct {
    ULONG type, place, have, wanted;
  } levels[] = {
      {VER_MAJORVERSION, 1, have.dwMajorVersion, wanted.dwMajorVersion},
      {VER_MINORVERSION, 0, have.dwMinorVersion, wanted.dwMinorVersion},
      {VER_SERVICEPACKMAJOR, 5, have.wServicePackMajor, wanted.wServicePackMajor},
      {VER_SERVICEPACKMINOR, 4, have.wServicePackMinor, wanted.wServicePackMinor},
  };
  UCHAR condition = 0;
  bool result = true;
  for (const auto& level : levels) {
    if ((types & level.type) == 0) continue;
    const UCHAR own = Condition(mask, level.place);
    if (condition == 0 || own != VER_EQUAL) condition = own;
    result = Holds(condition, level.have, level.wanted);
    if (level.have != level.wanted) return result;
  }
  return result;
}

}  // namespace

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) {
  if (VersionInformation == nullptr) return STATUS_INVALID_PARAMETER;
  VersionInformation->dwMajorVersion = kMajor;
  VersionInformation->dwMinorVersion = kMinor;
  VersionInformation->dwBuildNumber = kBuild;
  VersionInformation->dwPlatformId = VER_PLATFORM_WIN32_NT;
  VersionInformation->szCSDVersion[0] = 0;
  if (VersionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
    auto* const extended = reinterpret_cast<PRTL_OSVERSIONINFOEXW>(VersionInformation);
    extended->wServicePackMajor = 0;
    extended->wServicePackMinor = 0;
    extended->wSuiteMask = VER_SUITE_SINGLEUSERTS;
    extended->wProductType = VER_NT_WORKSTATION;
    extended->wReserved = 0;
  }
  return STATUS_SUCCESS;
}

BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion) {
  if (MajorVersion != nullptr) *MajorVersion = kMajor;
  if (MinorVersion != nullptr) *MinorVersion = kMinor;
  if (BuildNumber != nullptr) *BuildNumber = kBuild;
  if (CSDVersion != nullptr) *CSDVersion = {};
  return FALSE;  // a free build
}

NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask) {
  if (TypeMask == 0 || ConditionMask == 0) return STATUS_INVALID_PARAMETER;
  RTL_OSVERSIONINFOEXW have{};
  have.dwOSVersionInfoSize = sizeof have;
  RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&have));
  const RTL_OSVERSIONINFOEXW& wanted = *VersionInfo;
  const bool suite = (TypeMask & VER_SUITENAME) == 0 || SuiteHolds(Condition(ConditionMask, 6), have.wSuiteMask, wanted.wSuiteMask);
  const bool product = (TypeMask & VER_PRODUCT_TYPE) == 0 || Holds(Condition(ConditionMask, 7), have.wProductType, wanted.wProductType);
  const bool platform = (TypeMask & VER_PLATFORMID) == 0 || Holds(Condition(ConditionMask, 3), have.dwPlatformId, wanted.dwPlatformId);
  const bool build = (TypeMask & VER_BUILDNUMBER) == 0 || Holds(Condition(ConditionMask, 2), have.dwBuildNumber, wanted.dwBuildNumber);
  const bool all = suite && product && platform && build && LevelsHold(have, wanted, TypeMask, ConditionMask);
  return all ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition) {
  for (ULONG place = 8; place-- > 0;) {
    if ((TypeMask >> place & 1) != 0) return ConditionMask | static_cast<ULONGLONG>(Condition & 7) << (place * kConditionBits);
  }
  return ConditionMask;
}

BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version) { return Version <= kNtDdi; }

BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version) {
  return (Version & kOsVersion) == (kNtDdi & kOsVersion) && (Version & ~kOsVersion) <= (kNtDdi & ~kOsVersion);
}
