// Calendar time. The machine's time zone is UTC.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"
#include "subsystem/msvcrt/crt.h"

using namespace nt::crt;
namespace win32 = nt::win32;

namespace {

constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};
constexpr LONGLONG kLastSecond = 32535215999;  // 3000-12-31, the runtime's limit

LONGLONG UnixTime() { return (win32::Now() - win32::kUnixEpoch) / win32::kTicksPerSecond; }

bool Break(LONGLONG seconds, tm_ms* out) {
  if (seconds < 0 || seconds > kLastSecond) return Fail(kEINVAL), false;
  const SYSTEMTIME time = win32::SystemTimeOf(seconds * win32::kTicksPerSecond + win32::kUnixEpoch);
  const auto day = static_cast<int>(win32::DaysFromDate(time.wYear, time.wMonth, time.wDay) - win32::DaysFromDate(time.wYear, 1, 1));
  *out = {time.wSecond, time.wMinute, time.wHour, time.wDay, time.wMonth - 1, time.wYear - 1900, time.wDayOfWeek, day, 0};
  return true;
}

LONGLONG Make(tm_ms* time) {
  const int months = time->tm_year * 12 + time->tm_mon;
  const int year = 1900 + (months >= 0 ? months / 12 : -((11 - months) / 12)), month = ((months % 12) + 12) % 12 + 1;
  const LONGLONG days = win32::DaysFromDate(year, month, 1) - win32::DaysFromDate(1970, 1, 1) + time->tm_mday - 1;
  const LONGLONG seconds = ((days * 24 + time->tm_hour) * 60 + time->tm_min) * 60 + time->tm_sec;
  return Break(seconds, time) ? seconds : -1;
}

/// One conversion of strftime, as text in `out`, of 64 bytes.
void Conversion(char kind, bool bare, const tm_ms& t, char* out) {
  const auto print = [out, bare](const char* padded, const char* plain, auto... values) {
    std::snprintf(out, 64, bare ? plain : padded, values...);
  };
  const int hour12 = t.tm_hour % 12 ? t.tm_hour % 12 : 12;
  const auto week = [&t](int first) { return (t.tm_yday + 7 - (t.tm_wday + 7 - first) % 7) / 7; };
  switch (kind) {
    case 'a':
      std::snprintf(out, 64, "%.3s", kDays[t.tm_wday]);
      break;
    case 'A':
      std::snprintf(out, 64, "%s", kDays[t.tm_wday]);
      break;
    case 'b':
      std::snprintf(out, 64, "%.3s", kMonths[t.tm_mon]);
      break;
    case 'B':
      std::snprintf(out, 64, "%s", kMonths[t.tm_mon]);
      break;
    case 'c':
      std::snprintf(out, 64, "%02d/%02d/%02d %02d:%02d:%02d", t.tm_mon + 1, t.tm_mday, t.tm_year % 100, t.tm_hour, t.tm_min, t.tm_sec);
      break;
    case 'd':
      print("%02d", "%d", t.tm_mday);
      break;
    case 'H':
      print("%02d", "%d", t.tm_hour);
      break;
    case 'I':
      print("%02d", "%d", hour12);
      break;
    case 'j':
      print("%03d", "%d", t.tm_yday + 1);
      break;
    case 'm':
      print("%02d", "%d", t.tm_mon + 1);
      break;
    case 'M':
      print("%02d", "%d", t.tm_min);
      break;
    case 'p':
      std::snprintf(out, 64, "%s", t.tm_hour < 12 ? "AM" : "PM");
      break;
    case 'S':
      print("%02d", "%d", t.tm_sec);
      break;
    case 'U':
      print("%02d", "%d", week(0));
      break;
    case 'w':
      print("%d", "%d", t.tm_wday);
      break;
    case 'W':
      print("%02d", "%d", week(1));
      break;
    case 'x':
      std::snprintf(out, 64, "%02d/%02d/%02d", t.tm_mon + 1, t.tm_mday, t.tm_year % 100);
      break;
    case 'X':
      std::snprintf(out, 64, "%02d:%02d:%02d", t.tm_hour, t.tm_min, t.tm_sec);
      break;
    case 'y':
      print("%02d", "%d", t.tm_year % 100);
      break;
    case 'Y':
      print("%04d", "%d", t.tm_year + 1900);
      break;
    case 'z':
    case 'Z':
      std::snprintf(out, 64, "UTC");
      break;
    case '%':
      std::snprintf(out, 64, "%%");
      break;
    default:
      *out = 0;
  }
}

template <class C>
size_t Print(C* buffer, size_t size, const C* format, const tm_ms& time) {
  size_t used = 0;
  for (; *format; format++) {
    char text[64] = {static_cast<char>(*format)};
    if (*format == '%' && format[1]) {
      const bool bare = *++format == '#';
      if (bare && format[1]) format++;
      Conversion(static_cast<char>(*format), bare, time, text);
    } else if (used + 1 < size) {
      buffer[used++] = *format;
      continue;
    }
    const size_t length = std::strlen(text);
    if (used + length >= size) return size ? (*buffer = 0, Fail(kERANGE), 0) : 0;
    used = static_cast<size_t>(std::copy(text, text + length, buffer + used) - buffer);
  }
  if (used >= size) return 0;
  buffer[used] = 0;
  return used;
}

}  // namespace

extern "C" {

/// Seconds since 1970.
LONGLONG Msvcrt__time64(LONGLONG* Time) {
  const LONGLONG now = UnixTime();
  if (Time) *Time = now;
  return now;
}

/// Seconds since 1970, UTC.
LONGLONG Msvcrt_time(LONGLONG* Time) { return Msvcrt__time64(Time); }

/// Milliseconds since the program started.
LONG Msvcrt_clock() { return static_cast<LONG>((nt::win32::InterruptTime() - State().start) / 10000); }

/// A time as a UTC date, kept for the thread.
tm_ms* Msvcrt__gmtime64(const LONGLONG* Time) { return Break(*Time, &ThreadState().time) ? &ThreadState().time : nullptr; }

/// A time as a local date, kept for the thread.
tm_ms* Msvcrt__localtime64(const LONGLONG* Time) { return Msvcrt__gmtime64(Time); }

/// A time as a UTC date; returns errno.
int Msvcrt__gmtime64_s(tm_ms* Result, const LONGLONG* Time) { return Break(*Time, Result) ? 0 : kEINVAL; }

/// A time as a local date; returns errno.
int Msvcrt__localtime64_s(tm_ms* Result, const LONGLONG* Time) { return Break(*Time, Result) ? 0 : kEINVAL; }

/// A local date as a time; the date is made regular.
LONGLONG Msvcrt__mktime64(tm_ms* Time) { return Make(Time); }

/// A date as text.
char* Msvcrt_asctime(const tm_ms* Time) {
  char* const out = ThreadState().date;
  std::snprintf(out, sizeof ThreadState().date, "%.3s %.3s %02d %02d:%02d:%02d %d\n", kDays[Time->tm_wday % 7], kMonths[Time->tm_mon % 12],
                Time->tm_mday, Time->tm_hour, Time->tm_min, Time->tm_sec, Time->tm_year + 1900);
  return out;
}

/// A time as text.
char* Msvcrt__ctime64(const LONGLONG* Time) {
  const tm_ms* const time = Msvcrt__localtime64(Time);
  return time ? Msvcrt_asctime(time) : nullptr;
}

/// A date as text by a format.
size_t Msvcrt_strftime(char* Buffer, size_t Size, const char* FormatText, const tm_ms* Time) {
  return Print(Buffer, Size, FormatText, *Time);
}

/// A date as wide text by a format.
size_t Msvcrt_wcsftime(WCHAR* Buffer, size_t Size, const WCHAR* FormatText, const tm_ms* Time) {
  return Print(Buffer, Size, FormatText, *Time);
}

/// Seconds between two times.
MSABI double Msvcrt__difftime64(LONGLONG Later, LONGLONG Earlier) { return static_cast<double>(Later - Earlier); }

}  // extern "C"
