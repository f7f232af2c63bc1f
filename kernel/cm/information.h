// What NtQueryKey, NtEnumerateKey, NtQueryValueKey and NtEnumerateValueKey return, as bytes.
#pragma once

#include <vector>

#include "kernel/cm/key.h"

namespace nt::cm {

/// An answer: all of its bytes, and how many of them a caller's buffer must at least hold.
struct Information {
  std::vector<UCHAR> bytes;
  ULONG fixed = 0;
};

/// STATUS_INVALID_PARAMETER for an unknown class.
NTSTATUS DescribeValue(const Value& value, KEY_VALUE_INFORMATION_CLASS information_class, Information* information);
/// KeyNameInformation and KeyCachedInformation only if `of_handle`: the key itself is asked, not one found by enumeration.
/// `tags` are those of the handle's object.
NTSTATUS DescribeKey(const Key& key, KEY_INFORMATION_CLASS information_class, bool of_handle, Information* information, ULONG tags = 0);

/// What a buffer of `length` bytes gets: STATUS_BUFFER_TOO_SMALL (nothing is written), STATUS_BUFFER_OVERFLOW (as much as fits), or
/// success.
NTSTATUS FitOf(const Information& information, ULONG length);

}  // namespace nt::cm
