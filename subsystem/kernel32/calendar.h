// Dates and NT's time: 100 ns units since 1601-01-01.
#pragma once

#include "subsystem/win32.h"

namespace nt::win32 {

inline constexpr LONGLONG kTicksPerSecond = 10'000'000;
inline constexpr LONGLONG kTicksPerDay = 86400 * kTicksPerSecond;
/// 1970-01-01 in NT's time.
inline constexpr LONGLONG kUnixEpoch = 11644473600 * kTicksPerSecond;

/// Days from 1601-01-01 to a date of the Gregorian calendar.
LONGLONG DaysFromDate(int year, int month, int day);
SYSTEMTIME SystemTimeOf(LONGLONG time);
/// False if `time` is no date from 1601 on; its day of the week is ignored.
bool TimeOf(const SYSTEMTIME& time, LONGLONG* result);
/// The machine's system time.
LONGLONG Now();

}  // namespace nt::win32
