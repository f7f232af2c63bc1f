#include "kernel/rtl/dos_error.h"

#include <algorithm>

#include "kernel/rtl/rtl.h"

namespace {

constexpr ULONG kCustomer = 0x20000000;    ///< not Microsoft's: passed on as it is
constexpr ULONG kNtFacility = 0xF0000000;  ///< an NTSTATUS that was made an HRESULT
constexpr ULONG kErrorMrMidNotFound = 317;

}  // namespace

ULONG RtlNtStatusToDosErrorNoTeb(NTSTATUS Status) {
  auto value = static_cast<ULONG>(Status);
  if ((value & kCustomer) != 0) return value;
  if ((value & kNtFacility) == 0xD0000000) value = (value & ~kNtFacility) | 0xC0000000;
  const auto& table = nt::rtl::kDosErrors;
  const auto found = std::ranges::lower_bound(table, value, {}, &nt::rtl::DosError::status);
  if (found != table.end() && found->status == value) return found->error;
  const ULONG upper = value >> 16;
  if (upper == 0xC001 || upper == 0x8007 || upper == 0xC007) return value & 0xFFFF;
  return kErrorMrMidNotFound;
}

ULONG RtlNtStatusToDosError(NTSTATUS Status) { return RtlNtStatusToDosErrorNoTeb(Status); }
