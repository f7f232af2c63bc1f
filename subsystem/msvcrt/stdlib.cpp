// Memory, numbers, search and sort, random numbers, errors' texts, the locale, threads.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "subsystem/kernel32/base.h"
#include "subsystem/msvcrt/crt.h"

extern "C" {

MSABI WCHAR* Msvcrt_wcstok_s(WCHAR* Text, const WCHAR* Delimiters, WCHAR** Context);
HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize, LPTHREAD_START_ROUTINE StartAddress, LPVOID Parameter,
                    DWORD CreationFlags, LPDWORD ThreadId);
}

using namespace nt::crt;

namespace {

PVOID Heap() { return CurrentPeb()->ProcessHeap; }

PVOID OrNoMemory(PVOID block) {
  if (!block) Fail(kENOMEM);
  return block;
}

int DigitOf(unsigned c) {
  if (c - '0' < 10) return static_cast<int>(c - '0');
  return (c | 32) - 'a' < 26 ? static_cast<int>((c | 32) - 'a' + 10) : 99;
}

/// An integer at the start of text. `limit` is the largest magnitude: what exceeds it is cut to it, with ERANGE.
template <class C>
ULONGLONG Parse(const C* text, C** end, int base, ULONGLONG positive_limit, ULONGLONG negative_limit) {
  const C* at = text;
  while (*at == ' ' || (*at >= 9 && *at <= 13)) at++;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') at++;
  const bool prefixed = at[0] == '0' && (at[1] | 32) == 'x' && DigitOf(static_cast<unsigned>(at[2])) < 16;
  if ((base == 0 || base == 16) && prefixed)
    at += 2, base = 16;
  else if (base == 0)
    base = *at == '0' ? 8 : 10;
  const ULONGLONG limit = negative ? negative_limit : positive_limit;
  ULONGLONG value = 0;
  bool any = false, overflow = false;
  for (int digit; (digit = DigitOf(static_cast<unsigned>(*at))) < base; at++) {
    any = true;
    const auto factor = static_cast<unsigned>(base);
    if (value > (limit - static_cast<unsigned>(digit)) / factor)
      overflow = true;
    else
      value = value * factor + static_cast<unsigned>(digit);
  }
  if (end) *end = const_cast<C*>(any ? at : text);
  if (overflow) {
    Fail(kERANGE);
    value = limit;
    // Unsigned results do not take the sign of what was cut.
    if (negative_limit == positive_limit) return value;
  }
  return negative ? 0 - value : value;
}

template <class C>
LONG ToLong(const C* text, C** end, int base) {
  return static_cast<LONG>(Parse(text, end, base, 0x7FFFFFFF, 0x80000000));
}
template <class C>
ULONG ToULong(const C* text, C** end, int base) {
  return static_cast<ULONG>(Parse(text, end, base, 0xFFFFFFFF, 0xFFFFFFFF));
}
template <class C>
LONGLONG ToInt64(const C* text, C** end, int base) {
  return static_cast<LONGLONG>(Parse(text, end, base, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000));
}
template <class C>
ULONGLONG ToUInt64(const C* text, C** end, int base) {
  return Parse(text, end, base, ~0ULL, ~0ULL);
}

template <class C>
C* FromNumber(ULONGLONG value, bool negative, C* text, int radix) {
  C digits[66];
  int count = 0;
  do digits[count++] = static_cast<C>("0123456789abcdefghijklmnopqrstuvwxyz"[value % static_cast<unsigned>(radix)]);
  while (value /= static_cast<unsigned>(radix));
  C* out = text;
  if (negative) *out++ = '-';
  while (count) *out++ = digits[--count];
  *out = 0;
  return text;
}

int CallCompare(PVOID routine, const VOID* left, const VOID* right) { return nt::ke::Callout<int>(routine, left, right); }

void Swap(char* left, char* right, size_t size) { std::swap_ranges(left, left + size, right); }

/// Heap sort: no recursion and no memory, and a comparison that contradicts itself does no harm.
void SiftDown(char* base, size_t root, size_t count, size_t size, PVOID compare) {
  for (size_t child; (child = root * 2 + 1) < count; root = child) {
    if (child + 1 < count && CallCompare(compare, base + child * size, base + (child + 1) * size) < 0) child++;
    if (CallCompare(compare, base + root * size, base + child * size) >= 0) return;
    Swap(base + root * size, base + child * size, size);
  }
}

/// struct lconv of msvcrt.dll: ten strings, eight numbers, and the strings again in wide form.
struct Lconv {
  const char* text[10];
  char number[8];
  const WCHAR* wide[8];
};

/// localeconv's answer with the texts it points to, in the process's memory.
struct CLocale {
  Lconv conventions;
  char point[2];
  char nothing;
  WCHAR wide_point[2];
  WCHAR wide_nothing;
};

const char* const kErrors[] = {"No error",
                               "Operation not permitted",
                               "No such file or directory",
                               "No such process",
                               "Interrupted function call",
                               "Input/output error",
                               "No such device or address",
                               "Arg list too long",
                               "Exec format error",
                               "Bad file descriptor",
                               "No child processes",
                               "Resource temporarily unavailable",
                               "Not enough space",
                               "Permission denied",
                               "Bad address",
                               "Unknown error",
                               "Resource device",
                               "File exists",
                               "Improper link",
                               "No such device",
                               "Not a directory",
                               "Is a directory",
                               "Invalid argument",
                               "Too many open files in system",
                               "Too many open files",
                               "Inappropriate I/O control operation",
                               "Unknown error",
                               "File too large",
                               "No space left on device",
                               "Invalid seek",
                               "Read-only file system",
                               "Too many links",
                               "Broken pipe",
                               "Domain error",
                               "Result too large",
                               "Unknown error",
                               "Resource deadlock avoided",
                               "Unknown error",
                               "Filename too long",
                               "No locks available",
                               "Function not implemented",
                               "Directory not empty",
                               "Illegal byte sequence"};

}  // namespace

extern "C" {

/// Allocates memory.
PVOID Msvcrt_malloc(size_t Size) { return OrNoMemory(Ntdll_RtlAllocateHeap(Heap(), 0, Size)); }

/// Allocates zeroed memory for an array.
PVOID Msvcrt_calloc(size_t Count, size_t Size) {
  size_t bytes = 0;
  return OrNoMemory(__builtin_mul_overflow(Count, Size, &bytes) ? nullptr : Ntdll_RtlAllocateHeap(Heap(), 8, bytes));
}

/// Frees memory.
VOID Msvcrt_free(PVOID Memory) { Ntdll_RtlFreeHeap(Heap(), 0, Memory); }

/// Changes the size of memory.
PVOID Msvcrt_realloc(PVOID Memory, size_t Size) {
  if (!Memory) return Msvcrt_malloc(Size);
  if (Size) return OrNoMemory(Ntdll_RtlReAllocateHeap(Heap(), 0, Memory, Size));
  Msvcrt_free(Memory);
  return nullptr;
}

/// The size of allocated memory.
size_t Msvcrt__msize(PVOID Memory) { return Ntdll_RtlSizeHeap(Heap(), 0, Memory); }

/// Allocates memory at an alignment, a power of two. The block's own address lies before it.
PVOID Msvcrt__aligned_malloc(size_t Size, size_t Alignment) {
  if (!Alignment || (Alignment & (Alignment - 1)) || Size > ~size_t{0} - Alignment - 16) return Fail(kEINVAL), nullptr;
  const size_t unit = std::max<size_t>(Alignment, sizeof(PVOID));
  auto* const block = static_cast<char*>(Msvcrt_malloc(Size + unit + sizeof(PVOID)));
  if (!block) return nullptr;
  auto* const aligned = reinterpret_cast<PVOID*>((reinterpret_cast<ULONG_PTR>(block) + sizeof(PVOID) + unit - 1) & ~(unit - 1));
  aligned[-1] = block;
  return aligned;
}

/// Frees memory of _aligned_malloc.
VOID Msvcrt__aligned_free(PVOID Memory) {
  if (Memory) Msvcrt_free(static_cast<PVOID*>(Memory)[-1]);
}

/// Copies text into new memory.
char* Msvcrt__strdup(const char* Text) {
  if (!Text) return nullptr;
  const size_t size = std::strlen(Text) + 1;
  auto* const copy = static_cast<char*>(Msvcrt_malloc(size));
  return copy ? static_cast<char*>(std::memcpy(copy, Text, size)) : nullptr;
}

/// Copies wide text into new memory.
WCHAR* Msvcrt__wcsdup(const WCHAR* Text) {
  if (!Text) return nullptr;
  const size_t size = (std::u16string_view(Text).size() + 1) * sizeof(WCHAR);
  auto* const copy = static_cast<WCHAR*>(Msvcrt_malloc(size));
  return copy ? static_cast<WCHAR*>(std::memcpy(copy, Text, size)) : nullptr;
}

/// Text as a number.
int Msvcrt_atoi(const char* Text) { return ToLong(Text, static_cast<char**>(nullptr), 10); }
/// Text as a number.
LONG Msvcrt_atol(const char* Text) { return ToLong(Text, static_cast<char**>(nullptr), 10); }
/// Text as a number.
LONGLONG Msvcrt__atoi64(const char* Text) { return ToInt64(Text, static_cast<char**>(nullptr), 10); }
/// Wide text as a number.
int Msvcrt__wtoi(const WCHAR* Text) { return ToLong(Text, static_cast<WCHAR**>(nullptr), 10); }
/// Wide text as a number.
LONG Msvcrt__wtol(const WCHAR* Text) { return ToLong(Text, static_cast<WCHAR**>(nullptr), 10); }
/// Wide text as a number.
LONGLONG Msvcrt__wtoi64(const WCHAR* Text) { return ToInt64(Text, static_cast<WCHAR**>(nullptr), 10); }
/// Text as a number of a base.
LONG Msvcrt_strtol(const char* Text, char** End, int Base) { return ToLong(Text, End, Base); }
/// Text as a number of a base.
ULONG Msvcrt_strtoul(const char* Text, char** End, int Base) { return ToULong(Text, End, Base); }
/// Text as a number of a base.
LONGLONG Msvcrt__strtoi64(const char* Text, char** End, int Base) { return ToInt64(Text, End, Base); }
/// Text as a number of a base.
ULONGLONG Msvcrt__strtoui64(const char* Text, char** End, int Base) { return ToUInt64(Text, End, Base); }
/// Wide text as a number of a base.
LONG Msvcrt_wcstol(const WCHAR* Text, WCHAR** End, int Base) { return ToLong(Text, End, Base); }
/// Wide text as a number of a base.
ULONG Msvcrt_wcstoul(const WCHAR* Text, WCHAR** End, int Base) { return ToULong(Text, End, Base); }
/// Wide text as a number of a base.
LONGLONG Msvcrt__wcstoi64(const WCHAR* Text, WCHAR** End, int Base) { return ToInt64(Text, End, Base); }
/// Wide text as a number of a base.
ULONGLONG Msvcrt__wcstoui64(const WCHAR* Text, WCHAR** End, int Base) { return ToUInt64(Text, End, Base); }
/// A number as text.
char* Msvcrt__itoa(int Value, char* Text, int Radix) {
  const bool negative = Radix == 10 && Value < 0;
  return FromNumber<char>(negative ? 0 - static_cast<unsigned>(Value) : static_cast<unsigned>(Value), negative, Text, Radix);
}
/// A number as text.
char* Msvcrt__ultoa(ULONG Value, char* Text, int Radix) { return FromNumber(Value, false, Text, Radix); }
/// A number as text.
char* Msvcrt__ui64toa(ULONGLONG Value, char* Text, int Radix) { return FromNumber(Value, false, Text, Radix); }
/// A number as wide text.
WCHAR* Msvcrt__itow(int Value, WCHAR* Text, int Radix) {
  const bool negative = Radix == 10 && Value < 0;
  return FromNumber<WCHAR>(negative ? 0 - static_cast<unsigned>(Value) : static_cast<unsigned>(Value), negative, Text, Radix);
}

/// Text as a floating-point number.
/// Writes a number as text.
char* Msvcrt__i64toa(LONGLONG Value, char* Text, int Radix) {
  const bool negative = Value < 0 && Radix == 10;
  return FromNumber(negative ? 0 - static_cast<ULONGLONG>(Value) : static_cast<ULONGLONG>(Value), negative, Text, Radix);
}
WCHAR* Msvcrt__i64tow(LONGLONG Value, WCHAR* Text, int Radix) {
  const bool negative = Value < 0 && Radix == 10;
  return FromNumber(negative ? 0 - static_cast<ULONGLONG>(Value) : static_cast<ULONGLONG>(Value), negative, Text, Radix);
}
WCHAR* Msvcrt__ultow(ULONG Value, WCHAR* Text, int Radix) { return FromNumber(Value, false, Text, Radix); }
WCHAR* Msvcrt__ui64tow(ULONGLONG Value, WCHAR* Text, int Radix) { return FromNumber(Value, false, Text, Radix); }

/// Splits a text into tokens, one a call; the thread keeps the place.
WCHAR* Msvcrt_wcstok(WCHAR* Text, const WCHAR* Delimiters) { return Msvcrt_wcstok_s(Text, Delimiters, &ThreadState().wide_token); }

MSABI double Msvcrt_strtod(const char* Text, char** End) { return std::strtod(Text, End); }
/// Text as a floating-point number.
MSABI double Msvcrt_atof(const char* Text) { return std::strtod(Text, nullptr); }

/// The magnitude of a number.
MSABI int Msvcrt_abs(int Value) { return Value < 0 ? static_cast<int>(0 - static_cast<unsigned>(Value)) : Value; }
/// The magnitude of a number.
MSABI LONG Msvcrt_labs(LONG Value) { return Msvcrt_abs(Value); }

/// Sorts an array; a routine of the caller's compares.
VOID Msvcrt_qsort(PVOID Base, size_t Count, size_t Size, PVOID Compare) {
  auto* const base = static_cast<char*>(Base);
  if (Count < 2 || !Size) return;
  for (size_t i = Count / 2; i-- > 0;) SiftDown(base, i, Count, Size, Compare);
  for (size_t i = Count; i-- > 1;) {
    Swap(base, base + i * Size, Size);
    SiftDown(base, 0, i, Size, Compare);
  }
}

/// Finds an element of a sorted array.
PVOID Msvcrt_bsearch(const VOID* Key, const VOID* Base, size_t Count, size_t Size, PVOID Compare) {
  size_t low = 0, high = Count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const char* const element = static_cast<const char*>(Base) + middle * Size;
    const int order = CallCompare(Compare, Key, element);
    if (order == 0) return const_cast<char*>(element);
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return nullptr;
}

/// The next random number, 0 to 32767, by the runtime's well-known generator.
int Msvcrt_rand() {
  ULONG& seed = ThreadState().seed;
  seed = seed * 214013 + 2531011;
  return static_cast<int>(seed >> 16 & 0x7FFF);
}

/// Starts the thread's random numbers.
VOID Msvcrt_srand(unsigned Seed) { ThreadState().seed = Seed; }

/// Cuts text into tokens, remembering the place for the thread.
char* Msvcrt_strtok(char* Text, const char* Delimiters) { return ::strtok_r(Text, Delimiters, &ThreadState().token); }

/// The text of an error number.
char* Msvcrt_strerror(int Error) {
  const bool known = Error >= 0 && Error < static_cast<int>(std::size(kErrors));
  char* const message = ThreadState().message;
  std::strncpy(message, known ? kErrors[Error] : "Unknown error", sizeof ThreadState().message - 1);
  return message;
}

/// Sets or asks the locale: only "C" can be set.
char* Msvcrt_setlocale(int Category, const char* Locale) {
  if (Category < 0 || Category > 5) return nullptr;
  if (Locale && *Locale && std::strcmp(Locale, "C") != 0) return nullptr;
  std::memcpy(ThreadState().message, "C", 2);
  return ThreadState().message;
}

/// How the locale writes numbers and money.
PVOID Msvcrt_localeconv() {
  Process& state = State();
  if (state.locale) return state.locale;
  auto* const locale = Allocate<CLocale>();
  if (!locale) return nullptr;
  locale->point[0] = '.';
  locale->wide_point[0] = u'.';
  Lconv& conventions = locale->conventions;
  std::fill(std::begin(conventions.text) + 1, std::end(conventions.text), &locale->nothing);
  std::fill(std::begin(conventions.wide) + 1, std::end(conventions.wide), &locale->wide_nothing);
  std::memset(conventions.number, 127, sizeof conventions.number);
  conventions.text[0] = locale->point;
  conventions.wide[0] = locale->wide_point;
  return state.locale = locale;
}

/// The locale's code page: 0, the C locale's.
UINT Msvcrt____lc_codepage_func() { return 0; }

/// The longest multibyte character of the locale.
int Msvcrt____mb_cur_max_func() { return 1; }

/// A multibyte string as wide text; in the C locale code for code.
size_t Msvcrt_mbstowcs(WCHAR* To, const char* From, size_t Count) {
  if (!To) return std::strlen(From);
  size_t i = 0;
  for (; i < Count; i++) {
    To[i] = static_cast<UCHAR>(From[i]);
    if (To[i] == 0) break;
  }
  return i;
}

/// Wide text as a multibyte string; -1 if a character has no code.
size_t Msvcrt_wcstombs(char* To, const WCHAR* From, size_t Count) {
  size_t i = 0;
  for (; (!To || i < Count) && From[i]; i++) {
    if (From[i] > 0xFF) return static_cast<size_t>(Fail(kEILSEQ));
    if (To) To[i] = static_cast<char>(From[i]);
  }
  if (To && i < Count) To[i] = 0;
  return i;
}

/// Wide text as a multibyte string in a buffer of known size.
int Msvcrt_wcstombs_s(size_t* Converted, char* To, size_t Size, const WCHAR* From, size_t Count) {
  if (!From || (To && !Size)) return Fail(kEINVAL), kEINVAL;
  const size_t length = std::u16string_view(From).size(), wanted = std::min(length, Count);
  if (std::any_of(From, From + wanted, [](WCHAR c) { return c > 0xFF; })) return Fail(kEILSEQ), kEILSEQ;
  if (Converted) *Converted = wanted + 1;
  if (!To) return 0;
  const size_t part = std::min(wanted, Size - 1);
  if (part < wanted && Count != ~size_t{0}) {
    *To = 0;
    if (Converted) *Converted = 0;
    return Fail(kERANGE), kERANGE;
  }
  for (size_t i = 0; i < part; i++) To[i] = static_cast<char>(From[i]);
  To[part] = 0;
  if (Converted) *Converted = part + 1;
  return part < wanted ? 80 : 0;
}

/// Creates a thread that uses the runtime; returns its handle, 0 on failure.
ULONG_PTR Msvcrt__beginthreadex(PVOID Security, unsigned StackSize, PVOID StartAddress, PVOID Argument, unsigned InitFlags,
                                unsigned* ThreadId) {
  HANDLE const handle = CreateThread(static_cast<LPSECURITY_ATTRIBUTES>(Security), StackSize,
                                     reinterpret_cast<LPTHREAD_START_ROUTINE>(StartAddress), Argument, InitFlags, ThreadId);
  if (!handle) FailWin32(nt::user::CurrentTeb()->LastErrorValue);
  return reinterpret_cast<ULONG_PTR>(handle);
}

/// Ends a thread of _beginthreadex.
VOID Msvcrt__endthreadex(unsigned ReturnValue) { RtlExitUserThread(static_cast<NTSTATUS>(ReturnValue)); }

/// A call of a pure virtual function: ends the program.
VOID Msvcrt__purecall() { Exit(3, false); }

}  // extern "C"
