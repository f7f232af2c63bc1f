// Small functions: memory, bits, numbers as text, what the system is.
#include "kernel/rtl/misc.h"

#include <algorithm>
#include <cstring>

#include "kernel/rtl/code_page.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kProductProfessional = 0x30;
constexpr ULONG kConsoleSession = 1;
constexpr ULONG kElevationEnabled = 0x1, kVirtualizationEnabled = 0x2, kInstallerDetection = 0x4;

/// The digits of a number, without sign or prefix.
int DigitOf(WCHAR c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/// The base that a prefix tells, or 0.
ULONG BaseOfPrefix(WCHAR letter) { return letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0; }

void CopyBits(PRTL_BITMAP from, ULONG first, PRTL_BITMAP to, ULONG at, ULONG count) {
  for (ULONG i = 0; i < count; ++i) RtlTestBit(from, first + i) != FALSE ? RtlSetBit(to, at + i) : RtlClearBit(to, at + i);
}

}  // namespace

VOID RtlCopyMemoryNonTemporal(PVOID Destination, const void* Source, SIZE_T Length) { std::memcpy(Destination, Source, Length); }

VOID RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length) {
  for (SIZE_T at = 0; at < Length; at += 64) __builtin_prefetch(static_cast<const char*>(Source) + at, 0, 0);
}

BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length) {
  const auto* const bytes = static_cast<const UCHAR*>(Buffer);
  return std::all_of(bytes, bytes + Length, [](UCHAR byte) { return byte == 0; });
}

ULONG RtlNumberOfSetBitsInRange(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  if (StartingIndex >= BitMapHeader->SizeOfBitMap || Length > BitMapHeader->SizeOfBitMap - StartingIndex) return ~0U;
  ULONG count = 0;
  for (ULONG i = StartingIndex; i != StartingIndex + Length; ++i) count += BitMapHeader->Buffer[i / 32] >> (i % 32) & 1;
  return count;
}

ULONG RtlNumberOfClearBitsInRange(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  const ULONG set = RtlNumberOfSetBitsInRange(BitMapHeader, StartingIndex, Length);
  return set == ~0U ? set : Length - set;
}

VOID RtlCopyBitMap(PRTL_BITMAP Source, PRTL_BITMAP Destination, ULONG TargetBit) {
  if (TargetBit >= Destination->SizeOfBitMap) return;
  CopyBits(Source, 0, Destination, TargetBit, std::min(Source->SizeOfBitMap, Destination->SizeOfBitMap - TargetBit));
}

VOID RtlExtractBitMap(PRTL_BITMAP Source, PRTL_BITMAP Destination, ULONG TargetBit, ULONG NumberOfBits) {
  if (TargetBit >= Source->SizeOfBitMap) return;
  CopyBits(Source, TargetBit, Destination, 0, std::min({NumberOfBits, Source->SizeOfBitMap - TargetBit, Destination->SizeOfBitMap}));
}

NTSTATUS RtlIntegerToUnicode(ULONG Value, ULONG Base, LONG OutputLength, PWSTR String) {
  char digits[33] = {};
  // A negative length asks for leading zeros.
  const LONG room = OutputLength < 0 ? -OutputLength : OutputLength;
  const NTSTATUS status = RtlIntegerToChar(Value, Base, static_cast<LONG>(sizeof digits), digits);
  if (status != STATUS_SUCCESS) return status;
  const auto length = static_cast<LONG>(std::strlen(digits));
  if (length > room) return STATUS_BUFFER_OVERFLOW;
  LONG at = 0;
  if (OutputLength < 0) {
    for (; at < room - length; ++at) String[at] = u'0';
  }
  for (LONG i = 0; i < length; ++i) String[at++] = static_cast<WCHAR>(digits[i]);
  if (at < room) String[at] = 0;
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, LONGLONG* Number, PWSTR* EndPointer) {
  PWSTR at = String->Buffer;
  PWSTR const end = at + String->Length / sizeof(WCHAR);
  while (at != end && *at <= ' ') ++at;
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  const ULONG prefix = end - at >= 2 && *at == '0' ? BaseOfPrefix(at[1]) : 0;
  if (Base == 0) Base = prefix != 0 ? prefix : 10;
  if (Base != 2 && Base != 8 && Base != 10 && Base != 16) return STATUS_INVALID_PARAMETER;
  if (prefix == Base) at += 2;
  const ULONGLONG most = negative ? 1ULL << 63 : ~0ULL >> 1;
  ULONGLONG value = 0;
  for (; at != end && static_cast<ULONG>(DigitOf(*at)) < Base; ++at) {
    const auto digit = static_cast<ULONG>(DigitOf(*at));
    if (value > (most - digit) / Base) return STATUS_INTEGER_OVERFLOW;
    value = value * Base + digit;
  }
  *Number = static_cast<LONGLONG>(negative ? 0 - value : value);
  if (EndPointer != nullptr) *EndPointer = at;
  return STATUS_SUCCESS;
}

BOOLEAN RtlIsValidOemCharacter(PWCHAR Char) {
  char oem[2];
  WCHAR back = 0;
  ULONG bytes = 0;
  WCHAR upper = RtlUpcaseUnicodeChar(*Char);
  if (RtlUnicodeToOemN(oem, sizeof oem, &bytes, &upper, sizeof upper) != STATUS_SUCCESS) return FALSE;
  if (RtlOemToUnicodeN(&back, sizeof back, nullptr, oem, bytes) != STATUS_SUCCESS) return FALSE;
  *Char = back;
  return back == upper;
}

VOID RtlGetDefaultCodePage(PUSHORT AnsiCodePage, PUSHORT OemCodePage) {
  *AnsiCodePage = static_cast<USHORT>(nt::rtl::kAnsiCodePage.number());
  *OemCodePage = static_cast<USHORT>(nt::rtl::kOemCodePage.number());
}

ULONG RtlGetNtGlobalFlags() { return 0; }

ULONG RtlGetSuiteMask() {
  RTL_OSVERSIONINFOEXW version{};
  version.dwOSVersionInfoSize = sizeof version;
  RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&version));
  return version.wSuiteMask;
}

BOOLEAN RtlGetNtProductType(PULONG ProductType) {
  *ProductType = VER_NT_WORKSTATION;
  return TRUE;
}

BOOLEAN RtlGetProductInfo(ULONG OSMajorVersion, ULONG, ULONG, ULONG, PULONG ReturnedProductType) {
  const bool known = OSMajorVersion >= 6;
  *ReturnedProductType = known ? kProductProfessional : 0;
  return known;
}

BOOLEAN RtlIsStateSeparationEnabled() { return FALSE; }
BOOLEAN RtlIsMultiSessionSku() { return FALSE; }
ULONG RtlGetActiveConsoleId() { return kConsoleSession; }

NTSTATUS RtlQueryElevationFlags(PULONG Flags) {
  *Flags = kElevationEnabled | kVirtualizationEnabled | kInstallerDetection;
  return STATUS_SUCCESS;
}
