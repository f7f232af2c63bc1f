// Small functions of older programs: movable memory that does not move, tests of pointers, arithmetic, ANSI forms.
#include <algorithm>
#include <cstring>

#include "kernel/rtl/rtl.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
HLOCAL LocalReAlloc(HLOCAL Memory, SIZE_T Bytes, UINT Flags);
SIZE_T VirtualQuery(LPCVOID Address, PVOID Buffer, SIZE_T Length);
DWORD QueryDosDeviceW(LPCWSTR DeviceName, LPWSTR TargetPath, DWORD Size);
DWORD ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Destination, DWORD Size);
BOOL GetComputerNameW(LPWSTR Buffer, LPDWORD Size);
}

namespace {

constexpr DWORD kNoAccess = 0x01, kWritable = 0x04 | 0x08 | 0x40 | 0x80, kGuard = 0x100, kCommitted = 0x1000;

/// Whether all of a range is committed memory that can be read, or written.
bool IsGood(const void* from, ULONG_PTR size, bool write) {
  auto at = reinterpret_cast<ULONG_PTR>(from);
  const ULONG_PTR end = at + size;
  if (end < at) return size == 0;
  while (at < end) {
    MEMORY_BASIC_INFORMATION page{};
    if (!VirtualQuery(reinterpret_cast<LPCVOID>(at), &page, sizeof page) || page.State != kCommitted) return false;
    if ((page.Protect & (kNoAccess | kGuard)) != 0 || (write && (page.Protect & kWritable) == 0)) return false;
    at = reinterpret_cast<ULONG_PTR>(page.BaseAddress) + page.RegionSize;
  }
  return true;
}

BOOL IsBadString(const char* text, ULONG_PTR most, SIZE_T unit) {
  if (most == 0) return FALSE;
  if (!text) return TRUE;
  for (ULONG_PTR i = 0; i < most; i++, text += unit) {
    if ((i == 0 || (reinterpret_cast<ULONG_PTR>(text) & (PAGE_SIZE - 1)) == 0) && !IsGood(text, unit, false)) return TRUE;
    if (unit == 1 ? *text == 0 : *reinterpret_cast<const WCHAR*>(text) == 0) return FALSE;
  }
  return FALSE;
}

}  // namespace

extern "C" {

/// The address of global or local memory, which is its handle. Its size; how often it is locked: never.
PVOID GlobalLock(HGLOBAL Memory) { return Memory; }
PVOID LocalLock(HLOCAL Memory) { return Memory; }
BOOL GlobalUnlock([[maybe_unused]] HGLOBAL Memory) { return TRUE; }
BOOL LocalUnlock([[maybe_unused]] HLOCAL Memory) { return Fail(158); }  // ERROR_NOT_LOCKED
SIZE_T LocalSize(HLOCAL Memory) {
  const SIZE_T size = Memory ? Ntdll_RtlSizeHeap(CurrentPeb()->ProcessHeap, 0, Memory) : ~SIZE_T{0};
  return size != ~SIZE_T{0} ? size : static_cast<SIZE_T>(Fail(ERROR_INVALID_HANDLE));
}
SIZE_T GlobalSize(HGLOBAL Memory) { return LocalSize(Memory); }
HGLOBAL GlobalReAlloc(HGLOBAL Memory, SIZE_T Bytes, UINT Flags) { return LocalReAlloc(Memory, Bytes, Flags); }
UINT LocalFlags(HLOCAL Memory) { return LocalSize(Memory) || Memory ? 0 : 0x8000; }
UINT GlobalFlags(HGLOBAL Memory) { return LocalFlags(Memory); }

/// a * b / c, rounded; -1 if c is 0 or the result has no room. (MulDiv)
INT MulDiv(INT Number, INT Numerator, INT Denominator) {
  if (Denominator == 0) return -1;
  const LONGLONG sign = Denominator < 0 ? -1 : 1, product = LONGLONG{Number} * Numerator * sign, divisor = LONGLONG{Denominator} * sign;
  const LONGLONG result = (product + (product < 0 ? -(divisor / 2) : divisor / 2)) / divisor;
  return result > 0x7FFFFFFF || result < -0x7FFFFFFF ? -1 : static_cast<INT>(result);
}

/// Whether memory cannot be read, written, called.
BOOL IsBadReadPtr(LPCVOID Pointer, ULONG_PTR Size) { return Size != 0 && !IsGood(Pointer, Size, false); }
BOOL IsBadWritePtr(LPVOID Pointer, ULONG_PTR Size) { return Size != 0 && !IsGood(Pointer, Size, true); }
BOOL IsBadCodePtr(LPCVOID Pointer) { return !IsGood(Pointer, 1, false); }
BOOL IsBadStringPtrA(LPCSTR Text, ULONG_PTR Most) { return IsBadString(Text, Most, 1); }
BOOL IsBadStringPtrW(LPCWSTR Text, ULONG_PTR Most) { return IsBadString(reinterpret_cast<const char*>(Text), Most, sizeof(WCHAR)); }

/// Wakes those that wait for an event, and leaves it reset. (PulseEvent)
BOOL PulseEvent(HANDLE Event) { return Check(sys::NtPulseEvent(Event, nullptr)); }

/// The target of a DOS device name, or all names, in the ANSI code page. (QueryDosDeviceA)
DWORD QueryDosDeviceA(LPCSTR DeviceName, LPSTR TargetPath, DWORD Size) {
  const WideName name(DeviceName);
  auto* const wide = Allocate<WCHAR>(Size ? Size : 1);
  if (!wide) return static_cast<DWORD>(Fail(ERROR_NOT_ENOUGH_MEMORY));
  const DWORD length = QueryDosDeviceW(name.c_str(), wide, Size);
  if (length) ToMultiByte(kAnsiCodePage, {wide, length}, TargetPath, Size);
  Free(wide);
  return length;
}

/// Replaces each %NAME% by the variable's value; returns the size needed with the terminator. (ExpandEnvironmentStringsA)
DWORD ExpandEnvironmentStringsA(LPCSTR Source, LPSTR Destination, DWORD Size) {
  const WideName source(Source);
  constexpr DWORD kMost = 0x7FFF;
  auto* const wide = Allocate<WCHAR>(kMost);
  if (!wide) return static_cast<DWORD>(Fail(ERROR_NOT_ENOUGH_MEMORY));
  const DWORD length = ExpandEnvironmentStringsW(source.c_str(), wide, kMost);
  if (length && length <= Size) ToMultiByte(kAnsiCodePage, {wide, length}, Destination, Size);
  Free(wide);
  return length;
}

/// The machine's name. FALSE: ERROR_BUFFER_OVERFLOW; `Size` then is what is needed. (GetComputerNameA)
BOOL GetComputerNameA(LPSTR Buffer, LPDWORD Size) {
  WCHAR wide[16];
  DWORD length = std::size(wide);
  GetComputerNameW(wide, &length);
  if (*Size <= length) {
    *Size = length + 1;
    return Fail(111);
  }
  *Size = CopyOut({wide, length}, Buffer, *Size);
  return TRUE;
}

/// One of the machine's names: its DNS domain is empty. FALSE: ERROR_MORE_DATA, ERROR_INVALID_PARAMETER. (GetComputerNameExW)
BOOL GetComputerNameExW(ULONG NameType, LPWSTR Buffer, LPDWORD Size) {
  constexpr ULONG kKinds = 8, kDomain = 2, kPhysicalDomain = 6;
  if (NameType >= kKinds || !Size) return Fail(ERROR_INVALID_PARAMETER);
  WCHAR name[16];
  DWORD length = std::size(name);
  GetComputerNameW(name, &length);
  const bool dns = (NameType & 3) != 0;
  if (NameType == kDomain || NameType == kPhysicalDomain) length = 0;
  for (DWORD i = 0; dns && i < length; i++) name[i] = name[i] >= u'A' && name[i] <= u'Z' ? static_cast<WCHAR>(name[i] + 32) : name[i];
  if (!Buffer || *Size <= length) {
    *Size = length + 1;
    return Fail(ERROR_MORE_DATA);
  }
  *Size = CopyOut({name, length}, Buffer, *Size);
  return TRUE;
}

/// The same in the ANSI code page. (GetComputerNameExA)
BOOL GetComputerNameExA(ULONG NameType, LPSTR Buffer, LPDWORD Size) {
  if (!Size) return Fail(ERROR_INVALID_PARAMETER);
  WCHAR wide[16];
  DWORD length = std::size(wide);
  if (!GetComputerNameExW(NameType, wide, &length)) return FALSE;
  if (!Buffer || *Size <= length) {
    *Size = length + 1;
    return Fail(ERROR_MORE_DATA);
  }
  *Size = CopyOut({wide, length}, Buffer, *Size);
  return TRUE;
}

/// The machine type of a process that is emulated, and of the system: x64 programs on x64. (IsWow64Process2)
BOOL IsWow64Process2(HANDLE ProcessHandle, PUSHORT ProcessMachine, PUSHORT NativeMachine) {
  constexpr USHORT kUnknown = 0, kAmd64 = 0x8664;
  ULONG_PTR peb = 0;
  if (!Check(sys::NtQueryInformationProcess(ProcessHandle, static_cast<PROCESSINFOCLASS>(26), &peb, sizeof peb, nullptr))) return FALSE;
  *ProcessMachine = kUnknown;
  if (NativeMachine) *NativeMachine = kAmd64;
  return TRUE;
}

/// Compares the system's version with one that is wanted, as the mask says. FALSE: ERROR_OLD_WIN_VERSION, ERROR_BAD_ARGUMENTS.
/// (VerifyVersionInfoW)
BOOL VerifyVersionInfoW(PVOID VersionInformation, DWORD TypeMask, ULONGLONG ConditionMask) {
  constexpr DWORD kBadArguments = 160, kOldVersion = 1150;
  if (TypeMask == 0 || ConditionMask == 0) return Fail(kBadArguments);
  const NTSTATUS status = RtlVerifyVersionInfo(static_cast<PRTL_OSVERSIONINFOEXW>(VersionInformation), TypeMask, ConditionMask);
  return NT_SUCCESS(status) || Fail(status == STATUS_REVISION_MISMATCH ? kOldVersion : RtlNtStatusToDosError(status));
}

/// The same with the structure of the ANSI form, whose numbers behind the text lie elsewhere. (VerifyVersionInfoA)
BOOL VerifyVersionInfoA(PVOID VersionInformation, DWORD TypeMask, ULONGLONG ConditionMask) {
  constexpr SIZE_T kText = 20, kBehind = 8;
  RTL_OSVERSIONINFOEXW wide{};
  std::memcpy(&wide, VersionInformation, kText);
  std::memcpy(reinterpret_cast<char*>(&wide) + sizeof wide - kBehind, static_cast<const char*>(VersionInformation) + kText + 128, kBehind);
  wide.dwOSVersionInfoSize = sizeof wide;
  return VerifyVersionInfoW(&wide, TypeMask, ConditionMask);
}

}  // extern "C"
