// Security identifiers: making, measuring, comparing.
#pragma once

#include <cstring>
#include <initializer_list>

#include "nt/se.h"

namespace nt::se {

/// An identifier with room for as many parts as the kernel's own ever have; a SID is its beginning.
struct FixedSid {
  UCHAR revision = SID_REVISION;
  UCHAR count = 0;
  UCHAR authority[6] = {};
  ULONG parts[6] = {};

  FixedSid() = default;
  FixedSid(UCHAR last_of_authority, std::initializer_list<ULONG> sub_authorities) {
    authority[5] = last_of_authority;
    for (const ULONG part : sub_authorities) parts[count++] = part;
  }
  SID* sid() { return reinterpret_cast<SID*>(this); }
  const SID* sid() const { return reinterpret_cast<const SID*>(this); }
};
static_assert(offsetof(FixedSid, parts) == offsetof(SID, SubAuthority));

/// Bytes of an identifier with this many parts.
inline constexpr ULONG SidLength(UCHAR sub_authorities) { return 8u + 4u * sub_authorities; }
inline ULONG SidLength(const SID* sid) { return SidLength(sid->SubAuthorityCount); }

/// Whether the identifier has a known revision and lies within `room` bytes.
inline bool SidFits(const SID* sid, SIZE_T room) {
  return room >= SidLength(UCHAR{0}) && sid->Revision == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES &&
         SidLength(sid) <= room;
}

inline bool SameSid(const SID* a, const SID* b) {
  return a->Revision == b->Revision && a->SubAuthorityCount == b->SubAuthorityCount && std::memcmp(a, b, SidLength(a)) == 0;
}

}  // namespace nt::se
