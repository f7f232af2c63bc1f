// Conversions between UTF-16 and the ANSI and OEM code pages.
#include "kernel/rtl/code_page.h"

#include <algorithm>

#include "kernel/rtl/casing.h"
#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace nt::rtl {

UCHAR CodePage::Encode(WCHAR character) const {
  if (character < 0x80) return static_cast<UCHAR>(character);
  const auto found = std::ranges::lower_bound(reverse_, character, {}, &Pair::character);
  return found != reverse_.end() && found->character == character ? found->byte : UCHAR{'?'};
}

}  // namespace nt::rtl

namespace {

using nt::rtl::CodePage;
using nt::rtl::kAnsiCodePage;
using nt::rtl::kOemCodePage;

constexpr ULONG kUnit = sizeof(WCHAR);

void Decode(const CodePage& page, PWCH to, PCSTR from, ULONG count) {
  for (ULONG i = 0; i < count; ++i) to[i] = page.Decode(static_cast<UCHAR>(from[i]));
}

WCHAR Same(WCHAR character) { return character; }
using CaseMap = WCHAR (*)(WCHAR);

void Encode(const CodePage& page, PCHAR to, PCWCH from, ULONG count, CaseMap map) {
  for (ULONG i = 0; i < count; ++i) to[i] = static_cast<CHAR>(page.Encode(map(from[i])));
}

NTSTATUS ToUnicodeN(const CodePage& page, PWCH to, ULONG max_bytes, PULONG result, PCSTR from, ULONG count) {
  count = std::min(count, max_bytes / kUnit);
  Decode(page, to, from, count);
  if (result != nullptr) *result = count * kUnit;
  return STATUS_SUCCESS;
}

NTSTATUS FromUnicodeN(const CodePage& page, PCHAR to, ULONG max_bytes, PULONG result, PCWCH from, ULONG bytes, CaseMap map) {
  const ULONG count = std::min(bytes / kUnit, max_bytes);
  Encode(page, to, from, count, map);
  if (result != nullptr) *result = count;
  return STATUS_SUCCESS;
}

/// Makes room for `size` bytes in a string, of which the last `terminator` are not counted in its length.
template <class String, class Char>
NTSTATUS Prepare(String* string, ULONG size, ULONG terminator, BOOLEAN allocate) {
  if (size > 0xFFFF) return STATUS_INVALID_PARAMETER_2;
  if (allocate) {
    Char* const buffer = nt::rtl::AllocateString<Char>(size);
    if (buffer == nullptr) return STATUS_NO_MEMORY;
    string->Buffer = buffer;
    string->MaximumLength = static_cast<USHORT>(size);
  } else if (size > string->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  string->Length = static_cast<USHORT>(size - terminator);
  return STATUS_SUCCESS;
}

NTSTATUS ToUnicodeString(const CodePage& page, PUNICODE_STRING to, PCSTRING from, BOOLEAN allocate) {
  const NTSTATUS status = Prepare<UNICODE_STRING, WCHAR>(to, (from->Length + 1U) * kUnit, kUnit, allocate);
  if (!NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW) return status;
  Decode(page, to->Buffer, from->Buffer, from->Length);
  to->Buffer[from->Length] = 0;
  return STATUS_SUCCESS;
}

/// Did every character come through? A '?' that was none says no.
bool CameThrough(PCSTRING result, PCUNICODE_STRING source) {
  for (USHORT i = 0; i < result->Length; ++i) {
    if (result->Buffer[i] == '?' && source->Buffer[i] != u'?') return false;
  }
  return true;
}

NTSTATUS FromUnicodeString(const CodePage& page, PSTRING to, PCUNICODE_STRING from, ULONG terminator, BOOLEAN allocate, CaseMap map) {
  const ULONG count = from->Length / kUnit;
  const NTSTATUS status = Prepare<STRING, CHAR>(to, count + terminator, terminator, allocate);
  if (status != STATUS_SUCCESS) return status;
  Encode(page, to->Buffer, from->Buffer, count, map);
  if (terminator != 0) to->Buffer[count] = 0;
  return STATUS_SUCCESS;
}

/// The OEM forms refuse what the code page cannot show.
NTSTATUS ToOemString(POEM_STRING to, PCUNICODE_STRING from, ULONG terminator, BOOLEAN allocate, CaseMap map) {
  const NTSTATUS status = FromUnicodeString(kOemCodePage, to, from, terminator, allocate, map);
  if (status != STATUS_SUCCESS || CameThrough(to, from)) return status;
  if (allocate) RtlFreeOemString(to);
  return STATUS_UNMAPPABLE_CHARACTER;
}

/// Without a terminator, an empty string needs no buffer.
NTSTATUS ToCountedOemString(POEM_STRING to, PCUNICODE_STRING from, BOOLEAN allocate, CaseMap map) {
  if (from->Length / kUnit != 0) return ToOemString(to, from, 0, allocate, map);
  to->Length = 0;
  if (allocate) *to = {};
  return STATUS_SUCCESS;
}

/// The ANSI form cuts what does not fit, and says so.
NTSTATUS ToAnsiString(PANSI_STRING to, PCUNICODE_STRING from, BOOLEAN allocate, CaseMap map) {
  const NTSTATUS status = FromUnicodeString(kAnsiCodePage, to, from, 1, allocate, map);
  if (status != STATUS_BUFFER_OVERFLOW || to->MaximumLength == 0) return status;
  to->Length = static_cast<USHORT>(to->MaximumLength - 1);
  Encode(kAnsiCodePage, to->Buffer, from->Buffer, to->Length, map);
  to->Buffer[to->Length] = 0;
  return STATUS_BUFFER_OVERFLOW;
}

}  // namespace

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return ToUnicodeString(kAnsiCodePage, DestinationString, SourceString, AllocateDestinationString);
}

NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCSTRING SourceString, BOOLEAN AllocateDestinationString) {
  return ToUnicodeString(kOemCodePage, DestinationString, SourceString, AllocateDestinationString);
}

NTSTATUS RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCSTRING SourceString, BOOLEAN AllocateDestinationString) {
  if (SourceString->Length == 0) {
    DestinationString->Length = 0;
    if (AllocateDestinationString) *DestinationString = {};
    return STATUS_SUCCESS;
  }
  const NTSTATUS status = Prepare<UNICODE_STRING, WCHAR>(DestinationString, SourceString->Length * kUnit, 0, AllocateDestinationString);
  if (status == STATUS_SUCCESS) Decode(kOemCodePage, DestinationString->Buffer, SourceString->Buffer, SourceString->Length);
  return status;
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return ToAnsiString(DestinationString, SourceString, AllocateDestinationString, Same);
}

NTSTATUS RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString) {
  return ToAnsiString(DestinationString, SourceString, AllocateDestinationString, nt::rtl::Upcase);
}

NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return ToOemString(DestinationString, SourceString, 1, AllocateDestinationString, Same);
}

NTSTATUS RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                           BOOLEAN AllocateDestinationString) {
  return ToOemString(DestinationString, SourceString, 1, AllocateDestinationString, nt::rtl::Upcase);
}

NTSTATUS RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString) {
  return ToCountedOemString(DestinationString, SourceString, AllocateDestinationString, Same);
}

NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString) {
  return ToCountedOemString(DestinationString, SourceString, AllocateDestinationString, nt::rtl::Upcase);
}

NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString, PCSTR MultiByteString,
                                ULONG BytesInMultiByteString) {
  return ToUnicodeN(kAnsiCodePage, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, MultiByteString, BytesInMultiByteString);
}

NTSTATUS RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString, PCSTR OemString,
                          ULONG BytesInOemString) {
  return ToUnicodeN(kOemCodePage, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, OemString, BytesInOemString);
}

NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString, PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString) {
  return FromUnicodeN(kAnsiCodePage, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString, UnicodeString,
                      BytesInUnicodeString, Same);
}

NTSTATUS RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString, PULONG BytesInMultiByteString,
                                      PCWCH UnicodeString, ULONG BytesInUnicodeString) {
  return FromUnicodeN(kAnsiCodePage, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString, UnicodeString,
                      BytesInUnicodeString, nt::rtl::Upcase);
}

NTSTATUS RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                          ULONG BytesInUnicodeString) {
  return FromUnicodeN(kOemCodePage, OemString, MaxBytesInOemString, BytesInOemString, UnicodeString, BytesInUnicodeString, Same);
}

NTSTATUS RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString) {
  return FromUnicodeN(kOemCodePage, OemString, MaxBytesInOemString, BytesInOemString, UnicodeString, BytesInUnicodeString, nt::rtl::Upcase);
}

NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, PCSTR, ULONG BytesInMultiByteString) {
  *BytesInUnicodeString = BytesInMultiByteString * kUnit;
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH, ULONG BytesInUnicodeString) {
  *BytesInMultiByteString = BytesInUnicodeString / kUnit;
  return STATUS_SUCCESS;
}

ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString) { return (AnsiString->Length + 1U) * kUnit; }
ULONG RtlxOemStringToUnicodeSize(PCSTRING OemString) { return (OemString->Length + 1U) * kUnit; }
ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString) { return UnicodeString->Length / kUnit + 1U; }
ULONG RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString) { return UnicodeString->Length / kUnit + 1U; }

WCHAR RtlAnsiCharToUnicodeChar(PUCHAR* SourceCharacter) { return kAnsiCodePage.Decode(*(*SourceCharacter)++); }
