// Counted UTF-16 strings: making, copying, appending, freeing.
#include <algorithm>
#include <cstring>

#include "kernel/rtl/casing.h"
#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr SIZE_T kMaxBytes = 0xFFFE;  ///< the largest even 16-bit length
constexpr SIZE_T kUnit = sizeof(WCHAR);

SIZE_T BytesOf(PCWSTR text) {
  SIZE_T count = 0;
  while (text[count] != 0) ++count;
  return count * kUnit;
}

/// Terminates a string where its buffer has room for it.
void Terminate(PUNICODE_STRING string) {
  if (string->Length + kUnit <= string->MaximumLength) string->Buffer[string->Length / kUnit] = 0;
}

NTSTATUS Append(PUNICODE_STRING destination, const void* source, SIZE_T bytes) {
  if (bytes + destination->Length > destination->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(destination->Buffer + destination->Length / kUnit, source, bytes);
  destination->Length = static_cast<USHORT>(destination->Length + bytes);
  Terminate(destination);
  return STATUS_SUCCESS;
}

NTSTATUS Convert(PUNICODE_STRING destination, PCUNICODE_STRING source, BOOLEAN allocate, WCHAR (*convert)(WCHAR)) {
  if (allocate) {
    destination->Buffer = nt::rtl::AllocateString<WCHAR>(source->Length);
    if (destination->Buffer == nullptr) return STATUS_NO_MEMORY;
    destination->MaximumLength = source->Length;
  } else if (source->Length > destination->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  for (SIZE_T i = 0; i < source->Length / kUnit; ++i) destination->Buffer[i] = convert(source->Buffer[i]);
  destination->Length = source->Length;
  return STATUS_SUCCESS;
}

}  // namespace

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  *DestinationString = {0, 0, const_cast<PWSTR>(SourceString)};
  if (SourceString == nullptr) return;
  const SIZE_T bytes = std::min(BytesOf(SourceString), kMaxBytes - kUnit);
  DestinationString->Length = static_cast<USHORT>(bytes);
  DestinationString->MaximumLength = static_cast<USHORT>(bytes + kUnit);
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  if (SourceString != nullptr && BytesOf(SourceString) > kMaxBytes - kUnit) return STATUS_NAME_TOO_LONG;
  RtlInitUnicodeString(DestinationString, SourceString);
  return STATUS_SUCCESS;
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
  if (SourceString == nullptr) {
    DestinationString->Length = 0;
    return;
  }
  const USHORT bytes = std::min(SourceString->Length, DestinationString->MaximumLength);
  std::memmove(DestinationString->Buffer, SourceString->Buffer, bytes);
  DestinationString->Length = bytes;
  Terminate(DestinationString);
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
  return Source->Length == 0 ? STATUS_SUCCESS : Append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
  if (Source == nullptr) return STATUS_SUCCESS;
  return Append(Destination, Source, BytesOf(Source));
}

BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  const SIZE_T bytes = BytesOf(SourceString) + kUnit;
  if (bytes > kMaxBytes) return FALSE;
  PWSTR const buffer = nt::rtl::AllocateString<WCHAR>(bytes);
  if (buffer == nullptr) return FALSE;
  std::memcpy(buffer, SourceString, bytes);
  *DestinationString = {static_cast<USHORT>(bytes - kUnit), static_cast<USHORT>(bytes), buffer};
  return TRUE;
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
  nt::rtl::FreeString(UnicodeString->Buffer);
  *UnicodeString = {};
}

NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String) {
  if (Flags != 0) return STATUS_INVALID_PARAMETER;
  if (String == nullptr) return STATUS_SUCCESS;
  const bool valid = String->Length % kUnit == 0 && String->MaximumLength % kUnit == 0 && String->Length <= String->MaximumLength &&
                     (String->Buffer != nullptr || (String->Length == 0 && String->MaximumLength == 0));
  return valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut) {
  const bool terminate = (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) != 0;
  const bool allocate_empty = (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING) != 0;
  constexpr ULONG kKnown = RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE | RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING;
  if ((Flags & ~kKnown) != 0 || (allocate_empty && !terminate) || StringOut == nullptr) return STATUS_INVALID_PARAMETER;
  if (!NT_SUCCESS(RtlValidateUnicodeString(0, StringIn))) return STATUS_INVALID_PARAMETER;
  const SIZE_T length = StringIn == nullptr ? 0 : StringIn->Length;
  if (length == 0 && !allocate_empty) {
    *StringOut = {};
    return STATUS_SUCCESS;
  }
  const SIZE_T size = length + (terminate ? kUnit : 0);
  if (size > kMaxBytes) return STATUS_NAME_TOO_LONG;
  PWSTR const buffer = nt::rtl::AllocateString<WCHAR>(size);
  if (buffer == nullptr) return STATUS_NO_MEMORY;
  if (length != 0) std::memcpy(buffer, StringIn->Buffer, length);
  if (terminate) buffer[length / kUnit] = 0;
  *StringOut = {static_cast<USHORT>(length), static_cast<USHORT>(size), buffer};
  return STATUS_SUCCESS;
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) { return nt::rtl::Upcase(SourceCharacter); }
WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter) { return nt::rtl::Downcase(SourceCharacter); }

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return Convert(DestinationString, SourceString, AllocateDestinationString, nt::rtl::Upcase);
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
  return Convert(DestinationString, SourceString, AllocateDestinationString, nt::rtl::Downcase);
}
