// Times: 100 ns units since 1601 (UTC), calendar fields, seconds since 1970 and 1980.
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr LONGLONG kMillisecond = 10'000;
constexpr LONGLONG kSecond = 10'000'000;
constexpr LONGLONG kDay = 86'400 * kSecond;
constexpr LONGLONG kSecondsTo1970 = 11'644'473'600;
constexpr LONGLONG kSecondsTo1980 = 11'960'006'400;
constexpr int kFirstYear = 1601;
constexpr int kLastYear = 30827;

constexpr bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

constexpr int kDaysBefore[2][13] = {{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
                                    {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}};

/// Days from 1601-01-01 to the first day of a year.
constexpr LONGLONG DaysBeforeYear(int year) {
  const LONGLONG years = year - kFirstYear;
  return years * 365 + years / 4 - years / 100 + years / 400;
}

void SetTimeOfDay(LONGLONG rest, PTIME_FIELDS fields) {
  const LONGLONG milliseconds = rest / kMillisecond;
  fields->Milliseconds = static_cast<CSHORT>(milliseconds % 1000);
  fields->Second = static_cast<CSHORT>(milliseconds / 1000 % 60);
  fields->Minute = static_cast<CSHORT>(milliseconds / 60'000 % 60);
  fields->Hour = static_cast<CSHORT>(milliseconds / 3'600'000);
}

BOOLEAN SecondsSince(LONGLONG start, LONGLONG time, PULONG seconds) {
  const LONGLONG value = time / kSecond - start;
  if (value < 0 || value > 0xFFFFFFFFLL) return FALSE;
  *seconds = static_cast<ULONG>(value);
  return TRUE;
}

LONGLONG time_zone_bias = 0;

}  // namespace

namespace nt::rtl {

void SetTimeZoneBias(LONGLONG bias) { time_zone_bias = bias; }
LONGLONG TimeZoneBias() { return time_zone_bias; }

}  // namespace nt::rtl

VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
  const LONGLONG days = Time->QuadPart / kDay;
  SetTimeOfDay(Time->QuadPart % kDay, TimeFields);
  TimeFields->Weekday = static_cast<CSHORT>((days + 1) % 7);  // 1601-01-01 was a Monday
  int year = kFirstYear + static_cast<int>(days / 366);       // never too late
  while (DaysBeforeYear(year + 1) <= days) ++year;
  const auto day = static_cast<int>(days - DaysBeforeYear(year));
  const int* const before = kDaysBefore[IsLeap(year)];
  int month = 1;
  while (before[month] <= day) ++month;
  TimeFields->Year = static_cast<CSHORT>(year);
  TimeFields->Month = static_cast<CSHORT>(month);
  TimeFields->Day = static_cast<CSHORT>(day - before[month - 1] + 1);
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time) {
  const TIME_FIELDS& fields = *TimeFields;
  if (fields.Year < kFirstYear || fields.Year > kLastYear || fields.Month < 1 || fields.Month > 12) return FALSE;
  const int* const before = kDaysBefore[IsLeap(fields.Year)];
  if (fields.Day < 1 || fields.Day > before[fields.Month] - before[fields.Month - 1]) return FALSE;
  if (fields.Hour < 0 || fields.Hour > 23 || fields.Minute < 0 || fields.Minute > 59 || fields.Second < 0 || fields.Second > 59 ||
      fields.Milliseconds < 0 || fields.Milliseconds > 999) {
    return FALSE;
  }
  const LONGLONG days = DaysBeforeYear(fields.Year) + before[fields.Month - 1] + fields.Day - 1;
  const LONGLONG seconds = (fields.Hour * 60LL + fields.Minute) * 60 + fields.Second;
  Time->QuadPart = days * kDay + seconds * kSecond + fields.Milliseconds * kMillisecond;
  return TRUE;
}

VOID RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
  *TimeFields = {};
  TimeFields->Day = static_cast<CSHORT>(Time->QuadPart / kDay);
  SetTimeOfDay(Time->QuadPart % kDay, TimeFields);
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
  return SecondsSince(kSecondsTo1970, Time->QuadPart, ElapsedSeconds);
}

BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds) {
  return SecondsSince(kSecondsTo1980, Time->QuadPart, ElapsedSeconds);
}

VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) { Time->QuadPart = (kSecondsTo1970 + ElapsedSeconds) * kSecond; }
VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time) { Time->QuadPart = (kSecondsTo1980 + ElapsedSeconds) * kSecond; }

NTSTATUS RtlSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime) {
  LocalTime->QuadPart = SystemTime->QuadPart - time_zone_bias;
  return STATUS_SUCCESS;
}

NTSTATUS RtlLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime) {
  SystemTime->QuadPart = LocalTime->QuadPart + time_zone_bias;
  return STATUS_SUCCESS;
}
