// Counted 8-bit strings.
#include <algorithm>
#include <cstring>

#include "kernel/rtl/casing.h"
#include "kernel/rtl/code_page.h"
#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr SIZE_T kMaxBytes = 0xFFFF;

LONG Difference(PCSTR first, PCSTR second, SIZE_T count, BOOLEAN insensitive) {
  for (SIZE_T i = 0; i < count; ++i) {
    const int a = static_cast<UCHAR>(insensitive ? RtlUpperChar(first[i]) : first[i]);
    const int b = static_cast<UCHAR>(insensitive ? RtlUpperChar(second[i]) : second[i]);
    if (a != b) return a - b;
  }
  return 0;
}

NTSTATUS Append(PSTRING destination, PCSTR source, SIZE_T bytes) {
  if (bytes + destination->Length > destination->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(destination->Buffer + destination->Length, source, bytes);
  destination->Length = static_cast<USHORT>(destination->Length + bytes);
  return STATUS_SUCCESS;
}

}  // namespace

VOID RtlInitString(PSTRING DestinationString, PCSTR SourceString) {
  *DestinationString = {0, 0, const_cast<PCHAR>(SourceString)};
  if (SourceString == nullptr) return;
  const SIZE_T bytes = std::min(std::strlen(SourceString), kMaxBytes - 1);
  DestinationString->Length = static_cast<USHORT>(bytes);
  DestinationString->MaximumLength = static_cast<USHORT>(bytes + 1);
}

NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSTR SourceString) {
  if (SourceString != nullptr && std::strlen(SourceString) > kMaxBytes - 1) return STATUS_NAME_TOO_LONG;
  RtlInitString(DestinationString, SourceString);
  return STATUS_SUCCESS;
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString) { RtlInitString(DestinationString, SourceString); }
NTSTATUS RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSTR SourceString) {
  return RtlInitStringEx(DestinationString, SourceString);
}

VOID RtlCopyString(PSTRING DestinationString, PCSTRING SourceString) {
  if (SourceString == nullptr) {
    DestinationString->Length = 0;
    return;
  }
  DestinationString->Length = std::min(SourceString->Length, DestinationString->MaximumLength);
  std::memmove(DestinationString->Buffer, SourceString->Buffer, DestinationString->Length);
}

LONG RtlCompareString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive) {
  const LONG difference = Difference(String1->Buffer, String2->Buffer, std::min(String1->Length, String2->Length), CaseInSensitive);
  return difference != 0 ? difference : String1->Length - String2->Length;
}

BOOLEAN RtlEqualString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive) {
  return String1->Length == String2->Length && Difference(String1->Buffer, String2->Buffer, String1->Length, CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive) {
  return String1->Length <= String2->Length && Difference(String1->Buffer, String2->Buffer, String1->Length, CaseInSensitive) == 0;
}

NTSTATUS RtlAppendStringToString(PSTRING Destination, PCSTRING Source) {
  return Source->Length == 0 ? STATUS_SUCCESS : Append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS RtlAppendAsciizToString(PSTRING Destination, PCSTR Source) {
  return Source == nullptr ? STATUS_SUCCESS : Append(Destination, Source, std::strlen(Source));
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString) {
  nt::rtl::FreeString(AnsiString->Buffer);
  *AnsiString = {};
}

VOID RtlFreeOemString(POEM_STRING OemString) { nt::rtl::FreeString(OemString->Buffer); }

CHAR RtlUpperChar(CHAR Character) {
  const auto byte = static_cast<UCHAR>(Character);
  if (byte < 0x80) return static_cast<CHAR>(nt::rtl::Upcase(byte));
  return static_cast<CHAR>(nt::rtl::kAnsiCodePage.Encode(nt::rtl::Upcase(nt::rtl::kAnsiCodePage.Decode(byte))));
}

VOID RtlUpperString(PSTRING DestinationString, PCSTRING SourceString) {
  const USHORT bytes = std::min(SourceString->Length, DestinationString->MaximumLength);
  for (USHORT i = 0; i < bytes; ++i) DestinationString->Buffer[i] = RtlUpperChar(SourceString->Buffer[i]);
  DestinationString->Length = bytes;
}
