// Time and its forms.
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"

namespace nt::win32 {

// Days are counted from 1601-01-01, a Monday, in the proleptic Gregorian calendar; a year begins in March, so that the leap day is its
// last.
LONGLONG DaysFromDate(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
  return 365LL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 584694;
}

SYSTEMTIME SystemTimeOf(LONGLONG time) {
  const LONGLONG days = time / kTicksPerDay, rest = time % kTicksPerDay / 10000;
  const LONGLONG z = days + 584694;  // from 0000-03-01
  const LONGLONG era = z / 146097, of_era = z % 146097;
  const LONGLONG year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const LONGLONG day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const LONGLONG m = (5 * day_of_year + 2) / 153;
  SYSTEMTIME result{};
  result.wDay = static_cast<WORD>(day_of_year - (153 * m + 2) / 5 + 1);
  result.wMonth = static_cast<WORD>(m < 10 ? m + 3 : m - 9);
  result.wYear = static_cast<WORD>(year_of_era + era * 400 + (m >= 10));
  result.wDayOfWeek = static_cast<WORD>((days + 1) % 7);
  result.wHour = static_cast<WORD>(rest / 3600000);
  result.wMinute = static_cast<WORD>(rest / 60000 % 60);
  result.wSecond = static_cast<WORD>(rest / 1000 % 60);
  result.wMilliseconds = static_cast<WORD>(rest % 1000);
  return result;
}

bool TimeOf(const SYSTEMTIME& time, LONGLONG* result) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (time.wYear < 1601 || time.wYear > 30827 || time.wMonth < 1 || time.wMonth > 12) return false;
  const bool leap = time.wYear % 4 == 0 && (time.wYear % 100 != 0 || time.wYear % 400 == 0);
  const int days = kDays[time.wMonth - 1] + (time.wMonth == 2 && leap);
  if (time.wDay < 1 || time.wDay > days || time.wHour > 23 || time.wMinute > 59 || time.wSecond > 59 || time.wMilliseconds > 999)
    return false;
  const LONGLONG milliseconds = ((time.wHour * 60LL + time.wMinute) * 60 + time.wSecond) * 1000 + time.wMilliseconds;
  *result = DaysFromDate(time.wYear, time.wMonth, time.wDay) * kTicksPerDay + milliseconds * 10000;
  return true;
}

LONGLONG Now() {
  LARGE_INTEGER time{};
  sys::NtQuerySystemTime(&time);
  return time.QuadPart;
}

}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// The system time, in 100 ns since 1601, UTC.
VOID GetSystemTimeAsFileTime(LPFILETIME SystemTimeAsFileTime) { *SystemTimeAsFileTime = ToFileTime(Now()); }

/// The system time, in 100 ns since 1601, UTC.
VOID GetSystemTimePreciseAsFileTime(LPFILETIME SystemTimeAsFileTime) { *SystemTimeAsFileTime = ToFileTime(Now()); }

/// The system time as a date, UTC.
VOID GetSystemTime(LPSYSTEMTIME SystemTime) { *SystemTime = SystemTimeOf(Now()); }

/// The local time as a date: the machine's time zone is UTC.
VOID GetLocalTime(LPSYSTEMTIME SystemTime) { *SystemTime = SystemTimeOf(Now()); }

/// A time as a date.
BOOL FileTimeToSystemTime(const FILETIME* FileTime, LPSYSTEMTIME SystemTime) {
  const LONGLONG time = FromFileTime(*FileTime);
  if (time < 0) return Fail(ERROR_INVALID_PARAMETER);
  *SystemTime = SystemTimeOf(time);
  return TRUE;
}

/// A date as a time.
BOOL SystemTimeToFileTime(const SYSTEMTIME* SystemTime, LPFILETIME FileTime) {
  LONGLONG time = 0;
  if (!TimeOf(*SystemTime, &time)) return Fail(ERROR_INVALID_PARAMETER);
  *FileTime = ToFileTime(time);
  return TRUE;
}

/// A UTC time as local time: the machine's time zone is UTC.
BOOL FileTimeToLocalFileTime(const FILETIME* FileTime, LPFILETIME LocalFileTime) { return *LocalFileTime = *FileTime, TRUE; }

/// A local time as UTC: the machine's time zone is UTC.
BOOL LocalFileTimeToFileTime(const FILETIME* LocalFileTime, LPFILETIME FileTime) { return *FileTime = *LocalFileTime, TRUE; }

/// A UTC date as local date: the machine's time zone is UTC.
BOOL SystemTimeToTzSpecificLocalTime([[maybe_unused]] const VOID* TimeZone, const SYSTEMTIME* UniversalTime, LPSYSTEMTIME LocalTime) {
  return *LocalTime = *UniversalTime, TRUE;
}

/// The machine's time zone: UTC without daylight saving; 172 bytes of TIME_ZONE_INFORMATION.
DWORD GetTimeZoneInformation(PVOID TimeZoneInformation) {
  for (ULONG i = 0; i < 172; i++) static_cast<char*>(TimeZoneInformation)[i] = 0;
  for (const ULONG at : {4U, 88U}) {  // StandardName and DaylightName
    PWSTR name = reinterpret_cast<PWSTR>(static_cast<char*>(TimeZoneInformation) + at);
    for (const WCHAR c : std::u16string_view(u"UTC")) *name++ = c;
  }
  return 0;
}

/// Compares two times: -1, 0, 1.
LONG CompareFileTime(const FILETIME* FileTime1, const FILETIME* FileTime2) {
  const auto left = static_cast<ULONGLONG>(FromFileTime(*FileTime1)), right = static_cast<ULONGLONG>(FromFileTime(*FileTime2));
  return left < right ? -1 : left > right;
}

/// Milliseconds since the machine started, modulo 2^32.
DWORD GetTickCount() { return static_cast<DWORD>(InterruptTime() / 10000); }

/// Milliseconds since the machine started.
ULONGLONG GetTickCount64() { return InterruptTime() / 10000; }

/// The time since the machine started without its sleep, in 100 ns.
BOOL QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime) { return *UnbiasedTime = InterruptTime(), TRUE; }

/// The performance counter.
BOOL QueryPerformanceCounter(PLARGE_INTEGER PerformanceCount) { return Check(sys::NtQueryPerformanceCounter(PerformanceCount, nullptr)); }

/// The performance counter's steps in a second.
BOOL QueryPerformanceFrequency(PLARGE_INTEGER Frequency) {
  LARGE_INTEGER counter{};
  return Check(sys::NtQueryPerformanceCounter(&counter, Frequency));
}

}  // extern "C"
