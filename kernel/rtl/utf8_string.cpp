// Counted UTF-8 strings.
#include "kernel/rtl/misc.h"
#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kLongest = 0xFFFF;

}  // namespace

VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSTR SourceString) { RtlInitString(DestinationString, SourceString); }

NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSTR SourceString) {
  return RtlInitStringEx(DestinationString, SourceString);
}

NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString, BOOLEAN AllocateDestinationString) {
  ULONG bytes = 0;
  NTSTATUS status = RtlUTF8ToUnicodeN(nullptr, 0, &bytes, SourceString->Buffer, SourceString->Length);
  if (!NT_SUCCESS(status)) return status;
  const ULONG needed = bytes + static_cast<ULONG>(sizeof(WCHAR));
  if (needed > kLongest) return STATUS_INVALID_PARAMETER_2;
  if (AllocateDestinationString != FALSE) {
    DestinationString->Buffer = nt::rtl::AllocateString<WCHAR>(needed);
    if (DestinationString->Buffer == nullptr) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = static_cast<USHORT>(needed);
  }
  DestinationString->Length = static_cast<USHORT>(bytes);
  if (bytes > DestinationString->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  status = RtlUTF8ToUnicodeN(DestinationString->Buffer, bytes, nullptr, SourceString->Buffer, SourceString->Length);
  if (needed <= DestinationString->MaximumLength) DestinationString->Buffer[bytes / sizeof(WCHAR)] = 0;
  return status;
}

NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  ULONG bytes = 0;
  NTSTATUS status = RtlUnicodeToUTF8N(nullptr, 0, &bytes, SourceString->Buffer, SourceString->Length);
  if (!NT_SUCCESS(status)) return status;
  const ULONG needed = bytes + 1;
  if (needed > kLongest) return STATUS_INVALID_PARAMETER_2;
  if (AllocateDestinationString != FALSE) {
    DestinationString->Buffer = nt::rtl::AllocateString<char>(needed);
    if (DestinationString->Buffer == nullptr) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = static_cast<USHORT>(needed);
  }
  DestinationString->Length = static_cast<USHORT>(bytes);
  if (bytes > DestinationString->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  status = RtlUnicodeToUTF8N(DestinationString->Buffer, bytes, nullptr, SourceString->Buffer, SourceString->Length);
  if (needed <= DestinationString->MaximumLength) DestinationString->Buffer[bytes] = 0;
  return status;
}

VOID RtlFreeUTF8String(PUTF8_STRING Utf8String) {
  nt::rtl::FreeString(Utf8String->Buffer);
  *Utf8String = {};
}
