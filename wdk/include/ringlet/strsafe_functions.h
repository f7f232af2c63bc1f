// The functions of ntstrsafe.h for one character type; included once with STRSAFE_CHAR = char and once with wchar_t.
// No include guard: the parameters STRSAFE_CHAR, STRSAFE_NAME and STRSAFE_FORMAT are undefined at the end.

// The length of a string that must end within `limit` characters.
NTSTRSAFEDDI STRSAFE_NAME(RingletLength)(const STRSAFE_CHAR* string, size_t limit, size_t* length) {
  size_t i = 0;
  while (i < limit && string[i]) i++;
  *length = i;
  return i < limit ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// Puts at most `count` characters of `source` behind the `used` first ones; `*length` is the result's length.
NTSTRSAFEDDI STRSAFE_NAME(RingletAppend)(STRSAFE_CHAR* dest, size_t size, size_t used, const STRSAFE_CHAR* source,
                                         size_t count, size_t* length) {
  size_t end = used, i = 0;
  while (i < count && source[i] && end < size - 1) dest[end++] = source[i++];
  dest[end] = 0;
  *length = end;
  return i < count && source[i] ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTRSAFEDDI STRSAFE_NAME(RingletFormat)(STRSAFE_CHAR* dest, size_t size, size_t* length, const STRSAFE_CHAR* format,
                                         va_list arguments) {
  const size_t limit = size - 1;
  const int result = STRSAFE_FORMAT(dest, limit, format, arguments);
  const int fits = result >= 0 && (size_t)result <= limit;
  *length = fits ? (size_t)result : limit;
  dest[*length] = 0;
  return fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

// The Ex forms' flags and results. `kept` is the length that a failure with STRSAFE_NO_TRUNCATION goes back to.
NTSTRSAFEDDI STRSAFE_NAME(RingletFinish)(NTSTATUS status, STRSAFE_CHAR* dest, size_t bytes, size_t length, size_t kept,
                                         STRSAFE_CHAR** end, size_t* remaining, ULONG flags) {
  const size_t size = bytes / sizeof(STRSAFE_CHAR);
  if (status == STATUS_BUFFER_OVERFLOW && size) {
    if (flags & STRSAFE_NO_TRUNCATION) length = kept;
    if (flags & STRSAFE_FILL_ON_FAILURE) {
      memset(dest, STRSAFE_GET_FILL_PATTERN(flags), bytes);
      length = STRSAFE_GET_FILL_PATTERN(flags) ? size - 1 : 0;
    }
    if (flags & STRSAFE_NULL_ON_FAILURE) length = 0;
    dest[length] = 0;
  } else if (status == STATUS_SUCCESS && size && (flags & STRSAFE_FILL_BEHIND_NULL)) {
    memset(dest + length + 1, STRSAFE_GET_FILL_PATTERN(flags), bytes - (length + 1) * sizeof(STRSAFE_CHAR));
  }
  if (end) *end = dest ? dest + length : dest;
  if (remaining) *remaining = size - length;
  return status;
}

// What the Ex forms share before they write: flags, null pointers, a destination without room. Returns
// STATUS_SUCCESS to go on; *done is set when the status is already the answer.
NTSTRSAFEDDI STRSAFE_NAME(RingletBegin)(STRSAFE_CHAR* dest, size_t size, const STRSAFE_CHAR** source, size_t count,
                                        ULONG flags, int* done) {
  *done = 1;
  if (flags & ~(ULONG)STRSAFE_VALID_FLAGS || size > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;
  if (flags & STRSAFE_IGNORE_NULLS) {
    static const STRSAFE_CHAR empty[1] = {0};
    if (!dest && size) return STATUS_INVALID_PARAMETER;
    if (!*source) *source = empty;
  } else if (!size) {
    return STATUS_INVALID_PARAMETER;
  }
  if (!size) {
    if (!count || !**source) return STATUS_SUCCESS;
    return dest ? STATUS_BUFFER_OVERFLOW : STATUS_INVALID_PARAMETER;
  }
  *done = 0;
  return STATUS_SUCCESS;
}

NTSTRSAFEDDI STRSAFE_NAME(RingletCopyEx)(STRSAFE_CHAR* dest, size_t bytes, const STRSAFE_CHAR* source, size_t count,
                                         STRSAFE_CHAR** end, size_t* remaining, ULONG flags) {
  const size_t size = bytes / sizeof(STRSAFE_CHAR);
  size_t length = 0;
  int done;
  NTSTATUS status = STRSAFE_NAME(RingletBegin)(dest, size, &source, count, flags, &done);
  if (!done) status = STRSAFE_NAME(RingletAppend)(dest, size, 0, source, count, &length);
  if (status == STATUS_INVALID_PARAMETER) return status;
  return STRSAFE_NAME(RingletFinish)(status, dest, bytes, length, 0, end, remaining, flags);
}

NTSTRSAFEDDI STRSAFE_NAME(RingletCatEx)(STRSAFE_CHAR* dest, size_t bytes, const STRSAFE_CHAR* source, size_t count,
                                        STRSAFE_CHAR** end, size_t* remaining, ULONG flags) {
  const size_t size = bytes / sizeof(STRSAFE_CHAR);
  size_t length = 0, used = 0;
  int done;
  NTSTATUS status = STRSAFE_NAME(RingletBegin)(dest, size, &source, count, flags, &done);
  if (!done) {
    status = STRSAFE_NAME(RingletLength)(dest, size, &used);
    if (NT_SUCCESS(status)) status = STRSAFE_NAME(RingletAppend)(dest, size, used, source, count, &length);
  }
  if (status == STATUS_INVALID_PARAMETER) return status;
  return STRSAFE_NAME(RingletFinish)(status, dest, bytes, length, used, end, remaining, flags);
}

NTSTRSAFEDDI STRSAFE_NAME(RingletFormatEx)(STRSAFE_CHAR* dest, size_t bytes, STRSAFE_CHAR** end, size_t* remaining,
                                           ULONG flags, const STRSAFE_CHAR* format, va_list arguments) {
  const size_t size = bytes / sizeof(STRSAFE_CHAR);
  size_t length = 0;
  int done;
  NTSTATUS status = STRSAFE_NAME(RingletBegin)(dest, size, &format, NTSTRSAFE_MAX_CCH, flags, &done);
  if (!done) status = STRSAFE_NAME(RingletFormat)(dest, size, &length, format, arguments);
  if (status == STATUS_INVALID_PARAMETER) return status;
  return STRSAFE_NAME(RingletFinish)(status, dest, bytes, length, 0, end, remaining, flags);
}

// Each operation in characters (`Cch`) and in bytes (`Cb`); `TO_BYTES` and `TO_CHARS` convert that unit.
#define STRSAFE_OPERATIONS(Unit, TO_BYTES, TO_CHARS)                                                                   \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##Copy)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source) {     \
    return STRSAFE_NAME(RingletCopyEx)(dest, TO_BYTES(size), source, NTSTRSAFE_MAX_CCH, NULL, NULL, 0);                \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##CopyN)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source,      \
                                                    size_t count) {                                                    \
    if (TO_CHARS(count) > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;                                          \
    return STRSAFE_NAME(RingletCopyEx)(dest, TO_BYTES(size), source, TO_CHARS(count), NULL, NULL, 0);                  \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##Cat)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source) {      \
    return STRSAFE_NAME(RingletCatEx)(dest, TO_BYTES(size), source, NTSTRSAFE_MAX_CCH, NULL, NULL, 0);                 \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##CatN)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source,       \
                                                   size_t count) {                                                     \
    if (TO_CHARS(count) > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;                                          \
    return STRSAFE_NAME(RingletCatEx)(dest, TO_BYTES(size), source, TO_CHARS(count), NULL, NULL, 0);                   \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##VPrintf)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* format,    \
                                                      va_list arguments) {                                             \
    return STRSAFE_NAME(RingletFormatEx)(dest, TO_BYTES(size), NULL, NULL, 0, format, arguments);                      \
  }                                                                                                                    \
  NTSTRSAFEDDIV STRSAFE_NAME(RtlString##Unit##Printf)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* format,    \
                                                      ...) {                                                           \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    const NTSTATUS status =                                                                                            \
        STRSAFE_NAME(RingletFormatEx)(dest, TO_BYTES(size), NULL, NULL, 0, format, arguments);                         \
    va_end(arguments);                                                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##CopyEx)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source,     \
                                                     STRSAFE_CHAR** end, size_t* remaining, ULONG flags) {             \
    const NTSTATUS status = STRSAFE_NAME(RingletCopyEx)(dest, TO_BYTES(size), source, NTSTRSAFE_MAX_CCH, end,          \
                                                        remaining, flags);                                             \
    STRSAFE_REMAINING_##Unit(status, size, remaining);                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##CopyNEx)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source,    \
                                                      size_t count, STRSAFE_CHAR** end, size_t* remaining,             \
                                                      ULONG flags) {                                                   \
    if (TO_CHARS(count) > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;                                          \
    const NTSTATUS status =                                                                                            \
        STRSAFE_NAME(RingletCopyEx)(dest, TO_BYTES(size), source, TO_CHARS(count), end, remaining, flags);             \
    STRSAFE_REMAINING_##Unit(status, size, remaining);                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##CatEx)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source,      \
                                                    STRSAFE_CHAR** end, size_t* remaining, ULONG flags) {              \
    const NTSTATUS status =                                                                                            \
        STRSAFE_NAME(RingletCatEx)(dest, TO_BYTES(size), source, NTSTRSAFE_MAX_CCH, end, remaining, flags);            \
    STRSAFE_REMAINING_##Unit(status, size, remaining);                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##CatNEx)(STRSAFE_CHAR * dest, size_t size, const STRSAFE_CHAR* source,     \
                                                     size_t count, STRSAFE_CHAR** end, size_t* remaining,              \
                                                     ULONG flags) {                                                    \
    if (TO_CHARS(count) > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;                                          \
    const NTSTATUS status =                                                                                            \
        STRSAFE_NAME(RingletCatEx)(dest, TO_BYTES(size), source, TO_CHARS(count), end, remaining, flags);              \
    STRSAFE_REMAINING_##Unit(status, size, remaining);                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##VPrintfEx)(STRSAFE_CHAR * dest, size_t size, STRSAFE_CHAR * *end,         \
                                                        size_t * remaining, ULONG flags, const STRSAFE_CHAR* format,   \
                                                        va_list arguments) {                                           \
    const NTSTATUS status =                                                                                            \
        STRSAFE_NAME(RingletFormatEx)(dest, TO_BYTES(size), end, remaining, flags, format, arguments);                 \
    STRSAFE_REMAINING_##Unit(status, size, remaining);                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDIV STRSAFE_NAME(RtlString##Unit##PrintfEx)(STRSAFE_CHAR * dest, size_t size, STRSAFE_CHAR * *end,         \
                                                        size_t * remaining, ULONG flags, const STRSAFE_CHAR* format,   \
                                                        ...) {                                                         \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    const NTSTATUS status =                                                                                            \
        STRSAFE_NAME(RtlString##Unit##VPrintfEx)(dest, size, end, remaining, flags, format, arguments);                \
    va_end(arguments);                                                                                                 \
    return status;                                                                                                     \
  }                                                                                                                    \
  NTSTRSAFEDDI STRSAFE_NAME(RtlString##Unit##Length)(const STRSAFE_CHAR* string, size_t limit, size_t* result) {       \
    size_t length = 0;                                                                                                 \
    NTSTATUS status = STATUS_INVALID_PARAMETER;                                                                        \
    if (string && TO_CHARS(limit) <= NTSTRSAFE_MAX_CCH)                                                                \
      status = STRSAFE_NAME(RingletLength)(string, TO_CHARS(limit), &length);                                          \
    if (result) *result = NT_SUCCESS(status) ? TO_UNIT_##Unit(length) : 0;                                             \
    return status;                                                                                                     \
  }

// More characters than the limit stay more than the limit, whatever the multiplication would make of them.
#define STRSAFE_CCH_TO_BYTES(n) ((n) > NTSTRSAFE_MAX_CCH ? (size_t)-1 : (n) * sizeof(STRSAFE_CHAR))
#define STRSAFE_CCH_TO_CHARS(n) (n)
#define STRSAFE_CB_TO_BYTES(n) (n)
#define STRSAFE_CB_TO_CHARS(n) ((n) / sizeof(STRSAFE_CHAR))
#define TO_UNIT_Cch(n) (n)
#define TO_UNIT_Cb(n) ((n) * sizeof(STRSAFE_CHAR))
#define STRSAFE_REMAINING_Cch(status, size, remaining) ((void)0)
#define STRSAFE_REMAINING_Cb(status, size, remaining)           \
  if ((remaining) && (status) != STATUS_INVALID_PARAMETER)      \
  *(remaining) = *(remaining) * sizeof(STRSAFE_CHAR) + (size) % sizeof(STRSAFE_CHAR)

STRSAFE_OPERATIONS(Cch, STRSAFE_CCH_TO_BYTES, STRSAFE_CCH_TO_CHARS)
STRSAFE_OPERATIONS(Cb, STRSAFE_CB_TO_BYTES, STRSAFE_CB_TO_CHARS)

#undef STRSAFE_OPERATIONS
#undef STRSAFE_CCH_TO_BYTES
#undef STRSAFE_CCH_TO_CHARS
#undef STRSAFE_CB_TO_BYTES
#undef STRSAFE_CB_TO_CHARS
#undef TO_UNIT_Cch
#undef TO_UNIT_Cb
#undef STRSAFE_REMAINING_Cch
#undef STRSAFE_REMAINING_Cb
#undef STRSAFE_CHAR
#undef STRSAFE_NAME
#undef STRSAFE_FORMAT
