// The functions of ntstrsafe.h for UNICODE_STRINGs, whose length is counted and which need no terminator.
#pragma once

NTSTRSAFEDDI RtlUnicodeStringValidateEx(PCUNICODE_STRING String, ULONG Flags) {
  if (Flags & ~(ULONG)STRSAFE_IGNORE_NULL_UNICODE_STRINGS) return STATUS_INVALID_PARAMETER;
  if (!String) return Flags ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  if (String->Length % sizeof(WCHAR) || String->MaximumLength % sizeof(WCHAR) ||
      String->Length > String->MaximumLength || (!String->Buffer && String->MaximumLength))
    return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnicodeStringValidate(PCUNICODE_STRING String) { return RtlUnicodeStringValidateEx(String, 0); }

NTSTRSAFEDDI RtlUnicodeStringInitEx(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, ULONG Flags) {
  size_t length = 0;
  if (Flags & ~(ULONG)STRSAFE_IGNORE_NULL_UNICODE_STRINGS) return STATUS_INVALID_PARAMETER;
  if (!Dest) return Flags ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
  if (Source && !NT_SUCCESS(RingletLengthW(Source, NTSTRSAFE_UNICODE_STRING_MAX_CCH, &length)))
    return STATUS_INVALID_PARAMETER;
  Dest->Length = (USHORT)(length * sizeof(WCHAR));
  Dest->MaximumLength = Source ? (USHORT)((length + 1) * sizeof(WCHAR)) : 0;
  Dest->Buffer = (PWSTR)Source;
  return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnicodeStringInit(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source) {
  return RtlUnicodeStringInitEx(Dest, Source, 0);
}

// Flags and the rest of the buffer, after an operation left `length` characters; `kept` as in the other forms.
NTSTRSAFEDDI RingletUnicodeFinish(NTSTATUS status, PUNICODE_STRING dest, size_t length, size_t kept,
                                  PUNICODE_STRING rest, ULONG flags) {
  const size_t size = dest ? dest->MaximumLength / sizeof(WCHAR) : 0;
  if (status == STATUS_BUFFER_OVERFLOW) {
    if (flags & STRSAFE_NO_TRUNCATION) length = kept;
    if (flags & STRSAFE_FILL_ON_FAILURE) {
      memset(dest->Buffer, STRSAFE_GET_FILL_PATTERN(flags), dest->MaximumLength);
      length = STRSAFE_GET_FILL_PATTERN(flags) ? size : 0;
    }
    if (flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) length = 0;
  } else if (flags & STRSAFE_FILL_BEHIND && length < size) {
    memset(dest->Buffer + length, STRSAFE_GET_FILL_PATTERN(flags), (size - length) * sizeof(WCHAR));
  }
  if (dest) dest->Length = (USHORT)(length * sizeof(WCHAR));
  if (rest) {
    rest->Length = 0;
    rest->MaximumLength = (USHORT)((size - length) * sizeof(WCHAR));
    rest->Buffer = dest ? dest->Buffer + length : NULL;
  }
  return status;
}

// Puts `count` characters behind the first `used` ones; with `to_null`, only those before the source's null.
NTSTRSAFEDDI RingletUnicodePut(PUNICODE_STRING dest, int append, const WCHAR* source, size_t count, int to_null,
                               PUNICODE_STRING rest, ULONG flags) {
  if (flags & ~(ULONG)STRSAFE_UNICODE_STRING_VALID_FLAGS) return STATUS_INVALID_PARAMETER;
  if (!NT_SUCCESS(RtlUnicodeStringValidateEx(dest, flags & STRSAFE_IGNORE_NULL_UNICODE_STRINGS)))
    return STATUS_INVALID_PARAMETER;
  if (!source && to_null && !(flags & STRSAFE_IGNORE_NULLS)) return STATUS_INVALID_PARAMETER;
  const size_t size = dest ? dest->MaximumLength / sizeof(WCHAR) : 0;
  const size_t used = append && dest ? dest->Length / sizeof(WCHAR) : 0;
  size_t length = used, i = 0;
  if (!source) count = 0;
  while (i < count && (!to_null || source[i]) && length < size) dest->Buffer[length++] = source[i++];
  const int cut = i < count && (!to_null || source[i]);
  if (cut && !dest) return STATUS_INVALID_PARAMETER;
  return RingletUnicodeFinish(cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, dest, length, used, rest, flags);
}

NTSTRSAFEDDI RingletUnicodePutString(PUNICODE_STRING dest, int append, PCUNICODE_STRING source, size_t limit,
                                     PUNICODE_STRING rest, ULONG flags) {
  if (!NT_SUCCESS(RtlUnicodeStringValidateEx(source, flags & STRSAFE_IGNORE_NULL_UNICODE_STRINGS)))
    return STATUS_INVALID_PARAMETER;
  const size_t length = source ? source->Length / sizeof(WCHAR) : 0;
  return RingletUnicodePut(dest, append, source ? source->Buffer : NULL, length < limit ? length : limit, 0, rest,
                           flags);
}

#define STRSAFE_UNICODE_OPERATION(Operation, append)                                                                   \
  NTSTRSAFEDDI RtlUnicodeString##Operation##Ex(PUNICODE_STRING Dest, PCUNICODE_STRING Source, PUNICODE_STRING Rest,    \
                                               ULONG Flags) {                                                          \
    return RingletUnicodePutString(Dest, append, Source, NTSTRSAFE_MAX_CCH, Rest, Flags);                              \
  }                                                                                                                    \
  NTSTRSAFEDDI RtlUnicodeString##Operation(PUNICODE_STRING Dest, PCUNICODE_STRING Source) {                            \
    return RingletUnicodePutString(Dest, append, Source, NTSTRSAFE_MAX_CCH, NULL, 0);                                  \
  }                                                                                                                    \
  NTSTRSAFEDDI RtlUnicodeString##Operation##StringEx(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source,                    \
                                                     PUNICODE_STRING Rest, ULONG Flags) {                              \
    return RingletUnicodePut(Dest, append, Source, NTSTRSAFE_MAX_CCH, 1, Rest, Flags);                                 \
  }                                                                                                                    \
  NTSTRSAFEDDI RtlUnicodeString##Operation##String(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source) {                    \
    return RingletUnicodePut(Dest, append, Source, NTSTRSAFE_MAX_CCH, 1, NULL, 0);                                     \
  }                                                                                                                    \
  STRSAFE_UNICODE_COUNTED(Cch##Operation, append, 1)                                                                   \
  STRSAFE_UNICODE_COUNTED(Cb##Operation, append, sizeof(WCHAR))

#define STRSAFE_UNICODE_COUNTED(Operation, append, unit)                                                               \
  NTSTRSAFEDDI RtlUnicodeString##Operation##NEx(PUNICODE_STRING Dest, PCUNICODE_STRING Source, size_t Count,           \
                                                PUNICODE_STRING Rest, ULONG Flags) {                                   \
    return RingletUnicodePutString(Dest, append, Source, Count / (unit), Rest, Flags);                                 \
  }                                                                                                                    \
  NTSTRSAFEDDI RtlUnicodeString##Operation##N(PUNICODE_STRING Dest, PCUNICODE_STRING Source, size_t Count) {           \
    return RingletUnicodePutString(Dest, append, Source, Count / (unit), NULL, 0);                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI RtlUnicodeString##Operation##StringNEx(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, size_t Count,     \
                                                      PUNICODE_STRING Rest, ULONG Flags) {                             \
    return RingletUnicodePut(Dest, append, Source, Count / (unit), 1, Rest, Flags);                                    \
  }                                                                                                                    \
  NTSTRSAFEDDI RtlUnicodeString##Operation##StringN(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Source, size_t Count) {     \
    return RingletUnicodePut(Dest, append, Source, Count / (unit), 1, NULL, 0);                                        \
  }

STRSAFE_UNICODE_OPERATION(Copy, 0)
STRSAFE_UNICODE_OPERATION(Cat, 1)

NTSTRSAFEDDI RtlUnicodeStringVPrintfEx(PUNICODE_STRING Dest, PUNICODE_STRING Rest, ULONG Flags,
                                       NTSTRSAFE_PCWSTR Format, va_list Arguments) {
  if (Flags & ~(ULONG)STRSAFE_UNICODE_STRING_VALID_FLAGS || !Dest || !Format ||
      !NT_SUCCESS(RtlUnicodeStringValidate(Dest)))
    return STATUS_INVALID_PARAMETER;
  const size_t size = Dest->MaximumLength / sizeof(WCHAR);
  const int result = _vsnwprintf(Dest->Buffer, size, Format, Arguments);
  const int fits = result >= 0 && (size_t)result <= size;
  return RingletUnicodeFinish(fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, Dest, fits ? (size_t)result : size, 0,
                              Rest, Flags);
}

NTSTRSAFEDDI RtlUnicodeStringVPrintf(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Format, va_list Arguments) {
  return RtlUnicodeStringVPrintfEx(Dest, NULL, 0, Format, Arguments);
}

NTSTRSAFEDDIV RtlUnicodeStringPrintf(PUNICODE_STRING Dest, NTSTRSAFE_PCWSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const NTSTATUS status = RtlUnicodeStringVPrintfEx(Dest, NULL, 0, Format, arguments);
  va_end(arguments);
  return status;
}

NTSTRSAFEDDIV RtlUnicodeStringPrintfEx(PUNICODE_STRING Dest, PUNICODE_STRING Rest, ULONG Flags,
                                       NTSTRSAFE_PCWSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const NTSTATUS status = RtlUnicodeStringVPrintfEx(Dest, Rest, Flags, Format, arguments);
  va_end(arguments);
  return status;
}

NTSTRSAFEDDI RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR Dest, size_t Size, PCUNICODE_STRING Source) {
  if (!NT_SUCCESS(RtlUnicodeStringValidate(Source)) || !Size || Size > NTSTRSAFE_MAX_CCH)
    return STATUS_INVALID_PARAMETER;
  return RtlStringCchCopyNW(Dest, Size, Source->Buffer ? Source->Buffer : L"", Source->Length / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR Dest, size_t Size, PCUNICODE_STRING Source) {
  return RtlStringCchCopyUnicodeString(Dest, Size / sizeof(WCHAR), Source);
}

NTSTRSAFEDDI RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR Dest, size_t Size, PCUNICODE_STRING Source,
                                             NTSTRSAFE_PWSTR* End, size_t* Remaining, ULONG Flags) {
  if (!NT_SUCCESS(RtlUnicodeStringValidate(Source))) return STATUS_INVALID_PARAMETER;
  return RtlStringCchCopyNExW(Dest, Size, Source->Buffer ? Source->Buffer : L"", Source->Length / sizeof(WCHAR), End,
                              Remaining, Flags);
}

NTSTRSAFEDDI RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR Dest, size_t Size, PCUNICODE_STRING Source,
                                            NTSTRSAFE_PWSTR* End, size_t* Remaining, ULONG Flags) {
  if (!NT_SUCCESS(RtlUnicodeStringValidate(Source))) return STATUS_INVALID_PARAMETER;
  return RtlStringCbCopyNExW(Dest, Size, Source->Buffer ? Source->Buffer : L"", Source->Length, End, Remaining, Flags);
}
