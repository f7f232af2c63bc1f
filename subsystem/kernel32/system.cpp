// Facts of the system: version, processors, memory, drives and devices.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

struct SystemInfo {
  WORD wProcessorArchitecture, wReserved;
  DWORD dwPageSize;
  LPVOID lpMinimumApplicationAddress, lpMaximumApplicationAddress;
  DWORD_PTR dwActiveProcessorMask;
  DWORD dwNumberOfProcessors, dwProcessorType, dwAllocationGranularity;
  WORD wProcessorLevel, wProcessorRevision;
};
NT_SIZE(SystemInfo, 48);

/// OSVERSIONINFOEXW; the older form ends before wServicePackMajor.
struct VersionInfo {
  DWORD dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
  WCHAR szCSDVersion[128];
  WORD wServicePackMajor, wServicePackMinor, wSuiteMask;
  BYTE wProductType, wReserved;
};
NT_SIZE(VersionInfo, 284);

constexpr ULONG kFeatureArray = 0x274;  // KUSER_SHARED_DATA.ProcessorFeatures
constexpr ULONG_PTR kSharedUserData = 0x7FFE0000;

/// The text between the quotes: a link's target, with two terminators, as QueryDosDevice gives it.
DWORD ReadLink(PCWSTR name, PWSTR target, DWORD size) {
  PathBuffer path;
  path.Append(u"\\??\\");
  path.Append(name);
  UNICODE_STRING string{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &string, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  HANDLE handle = nullptr;
  if (!Check(sys::NtOpenSymbolicLinkObject(&handle, 1, &attributes))) return 0;
  UNICODE_STRING text{0, static_cast<USHORT>(std::min<DWORD>(size * 2, 0xFFFE)), target};
  ULONG bytes = 0;  // of all targets that the name ever got, each with its terminator
  const NTSTATUS status = sys::NtQuerySymbolicLinkObject(handle, &text, &bytes);
  sys::NtClose(handle);
  const DWORD count = bytes / 2U;
  if (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && count + 1 > size))
    return static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
  if (!Check(status)) return 0;
  target[count] = 0;
  return count + 1;
}

/// One entry of NtQueryDirectoryObject's answer.
struct DirectoryEntry {
  UNICODE_STRING Name;
  UNICODE_STRING TypeName;
};

/// Calls `visit` with the name of each symbolic link in a directory; false once that has returned false.
template <class Visit>
bool EachLink(HANDLE directory, Visit visit) {
  alignas(8) char buffer[2048];
  ULONG context = 0, length = 0;
  for (BOOLEAN restart = TRUE;; restart = FALSE) {
    const NTSTATUS status = sys::NtQueryDirectoryObject(directory, buffer, sizeof buffer, TRUE, restart, &context, &length);
    if (!NT_SUCCESS(status) || status == STATUS_NO_MORE_ENTRIES) return true;
    const auto& entry = *reinterpret_cast<const DirectoryEntry*>(buffer);
    const std::u16string_view type(entry.TypeName.Buffer, entry.TypeName.Length / 2U);
    if (type == u"SymbolicLink" && !visit(std::u16string_view(entry.Name.Buffer, entry.Name.Length / 2U))) return false;
  }
}

HANDLE OpenDirectory(std::u16string_view path) {
  PathBuffer copy;  // on the stack: what the kernel is given must be the process's memory
  copy.Append(path);
  UNICODE_STRING name{static_cast<USHORT>(copy.length * 2), static_cast<USHORT>(copy.length * 2), copy.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  HANDLE handle = nullptr;
  return Check(sys::NtOpenDirectoryObject(&handle, 1, &attributes)) ? handle : nullptr;
}

constexpr std::u16string_view kGlobal = u"\\GLOBAL\?\?";

bool IsGlobal(HANDLE directory) {
  alignas(8) char buffer[256];
  ULONG length = 0;
  if (!NT_SUCCESS(sys::NtQueryObject(directory, ObjectNameInformation, buffer, sizeof buffer, &length))) return true;
  const auto& name = *reinterpret_cast<const UNICODE_STRING*>(buffer);
  return std::u16string_view(name.Buffer, name.Length / sizeof(WCHAR)) == kGlobal;
}

/// Calls `visit` with the name of each symbolic link in \??, those of the logon session first; stops when it returns false.
template <class Visit>
BOOL EachDosDevice(Visit visit) {
  const HANDLE own = OpenDirectory(u"\\\?\?");
  if (!own) return FALSE;
  const bool both = !IsGlobal(own), more = EachLink(own, visit);
  sys::NtClose(own);
  if (!both || !more) return TRUE;
  const HANDLE global = OpenDirectory(kGlobal);
  if (!global) return FALSE;
  EachLink(global, visit);
  sys::NtClose(global);
  return TRUE;
}

}  // namespace

extern "C" {

/// Facts of the processors and of the address space.
VOID GetSystemInfo(PVOID Information) {
  const ULONG count = CurrentPeb()->NumberOfProcessors;
  SystemInfo& info = *static_cast<SystemInfo*>(Information);
  info = {};
  info.wProcessorArchitecture = 9;  // PROCESSOR_ARCHITECTURE_AMD64
  info.dwPageSize = PAGE_SIZE;
  info.lpMinimumApplicationAddress = reinterpret_cast<LPVOID>(ULONG_PTR{0x10000});
  info.lpMaximumApplicationAddress = reinterpret_cast<LPVOID>(ULONG_PTR{0x3FFFFFFEFFFF});
  info.dwActiveProcessorMask = count >= 64 ? ~DWORD_PTR{0} : (DWORD_PTR{1} << count) - 1;
  info.dwNumberOfProcessors = count;
  info.dwProcessorType = 8664;
  info.dwAllocationGranularity = 0x10000;
  info.wProcessorLevel = 6;
}

/// Facts of the processors and of the address space.
VOID GetNativeSystemInfo(PVOID Information) { GetSystemInfo(Information); }

/// The number of processors in a group: there is one group.
DWORD GetActiveProcessorCount(WORD GroupNumber) { return GroupNumber == 0 || GroupNumber == 0xFFFF ? CurrentPeb()->NumberOfProcessors : 0; }

/// Whether the processor has a feature.
BOOL IsProcessorFeaturePresent(DWORD ProcessorFeature) {
  return ProcessorFeature < 64 && reinterpret_cast<const UCHAR*>(kSharedUserData + kFeatureArray)[ProcessorFeature];
}

/// The system's version, 10.0.22000.
BOOL GetVersionExW(PVOID VersionInformation) {
  auto& info = *static_cast<VersionInfo*>(VersionInformation);
  if (info.dwOSVersionInfoSize != sizeof info && info.dwOSVersionInfoSize != 276) return Fail(ERROR_INSUFFICIENT_BUFFER);
  const PEB& peb = *CurrentPeb();
  info.dwMajorVersion = peb.OSMajorVersion;
  info.dwMinorVersion = peb.OSMinorVersion;
  info.dwBuildNumber = peb.OSBuildNumber;
  info.dwPlatformId = peb.OSPlatformId;
  std::memset(info.szCSDVersion, 0, sizeof info.szCSDVersion);
  if (info.dwOSVersionInfoSize == sizeof info) {
    info.wServicePackMajor = info.wServicePackMinor = 0;
    info.wSuiteMask = 0x100;  // VER_SUITE_SINGLEUSERTS
    info.wProductType = 1;    // VER_NT_WORKSTATION
    info.wReserved = 0;
  }
  return TRUE;
}

/// The system's version in one number.
DWORD GetVersion() {
  const PEB& peb = *CurrentPeb();
  return peb.OSMajorVersion | peb.OSMinorVersion << 8 | DWORD{peb.OSBuildNumber} << 16;
}

/// The machine's name.
BOOL GetComputerNameW(LPWSTR Buffer, LPDWORD Size) {
  constexpr std::u16string_view kName = u"RINGLET";
  const DWORD count = CopyOut(kName, Buffer, *Size);
  const bool fits = count < *Size;
  *Size = fits ? count : static_cast<DWORD>(kName.size() + 1);
  return fits ? TRUE : Fail(111);
}

/// Which drive letters exist, one bit each.
DWORD GetLogicalDrives() {
  DWORD drives = 0;
  EachDosDevice([&drives](std::u16string_view name) {
    const WCHAR letter = name.size() == 2 && name[1] == u':' ? static_cast<WCHAR>(name[0] & ~0x20) : WCHAR{0};
    if (letter >= u'A' && letter <= u'Z') drives |= 1U << (letter - u'A');
    return true;
  });
  return drives;
}

/// The target of a DOS device name, or (without a name) the names of all.
DWORD QueryDosDeviceW(LPCWSTR DeviceName, LPWSTR TargetPath, DWORD Size) {
  if (DeviceName) return ReadLink(DeviceName, TargetPath, Size);
  DWORD used = 0;
  bool fits = true;
  const BOOL good = EachDosDevice([&](std::u16string_view name) {
    fits = used + name.size() + 2 <= Size;
    if (!fits) return false;
    std::memcpy(TargetPath + used, name.data(), name.size() * 2);
    used += static_cast<DWORD>(name.size());
    TargetPath[used++] = 0;
    return true;
  });
  if (!good) return 0;
  if (!fits || used + 1 > Size) return static_cast<DWORD>(Fail(ERROR_INSUFFICIENT_BUFFER));
  TargetPath[used++] = 0;
  return used;
}

/// The kind of a drive: 3 fixed, 1 none.
UINT GetDriveTypeW(LPCWSTR RootPathName) {
  const WCHAR letter = RootPathName ? static_cast<WCHAR>(RootPathName[0] & ~0x20) : u'C';
  return letter >= u'A' && letter <= u'Z' && (GetLogicalDrives() & 1U << (letter - u'A')) ? 3 : 1;
}

}  // extern "C"
