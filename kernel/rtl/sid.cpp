// Security identifiers.
#include <cstring>

#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

/// "S-1-0xFFFFFFFFFFFF" and 15 times "-4294967295".
constexpr ULONG kLongestText = 6 + 14 + SID_MAX_SUB_AUTHORITIES * 11;

class Text {
 public:
  void Put(char character) { text_[length_++] = static_cast<WCHAR>(character); }
  void Number(ULONGLONG value, ULONG base, int least = 1) {
    char digits[20];
    int count = 0;
    for (; value != 0 || count < least; value /= base) digits[count++] = "0123456789abcdef"[value % base];
    while (count > 0) Put(digits[--count]);
  }
  const WCHAR* text() const { return text_; }
  ULONG bytes() const { return length_ * 2; }

 private:
  WCHAR text_[kLongestText];
  ULONG length_ = 0;
};

/// The authority is decimal below 2^32, and hexadecimal otherwise.
void PutSid(Text* text, const SID* sid) {
  text->Put('S');
  text->Put('-');
  text->Number(sid->Revision, 10);
  text->Put('-');
  ULONGLONG authority = 0;
  for (const UCHAR byte : sid->IdentifierAuthority.Value) authority = authority << 8 | byte;
  if (authority >> 32 != 0) {
    text->Put('0');
    text->Put('x');
    text->Number(authority, 16, 12);
  } else {
    text->Number(authority, 10);
  }
  for (ULONG i = 0; i < sid->SubAuthorityCount; ++i) {
    text->Put('-');
    text->Number(sid->SubAuthority[i], 10);
  }
}

}  // namespace

ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount) { return 8 + SubAuthorityCount * 4; }
ULONG RtlLengthSid(PSID Sid) { return RtlLengthRequiredSid(static_cast<const SID*>(Sid)->SubAuthorityCount); }

BOOLEAN RtlValidSid(PSID Sid) {
  const auto* const sid = static_cast<const SID*>(Sid);
  return sid != nullptr && (sid->Revision & 0xF) == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount) {
  if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) return STATUS_INVALID_PARAMETER;
  auto* const sid = static_cast<PISID>(Sid);
  sid->Revision = SID_REVISION;
  sid->SubAuthorityCount = SubAuthorityCount;
  sid->IdentifierAuthority = *IdentifierAuthority;
  return STATUS_SUCCESS;
}

PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority) { return static_cast<PISID>(Sid)->SubAuthority + SubAuthority; }
PUCHAR RtlSubAuthorityCountSid(PSID Sid) { return &static_cast<PISID>(Sid)->SubAuthorityCount; }

BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2) {
  const auto* const first = static_cast<const SID*>(Sid1);
  const auto* const second = static_cast<const SID*>(Sid2);
  return first->Revision == second->Revision && first->SubAuthorityCount == second->SubAuthorityCount &&
         std::memcmp(first, second, RtlLengthSid(Sid1)) == 0;
}

NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid) {
  const ULONG length = RtlLengthSid(SourceSid);
  if (length > DestinationSidLength) return STATUS_BUFFER_TOO_SMALL;
  std::memmove(DestinationSid, SourceSid, length);
  return STATUS_SUCCESS;
}

NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString) {
  if (!RtlValidSid(Sid)) return STATUS_INVALID_SID;
  Text text;
  PutSid(&text, static_cast<const SID*>(Sid));
  const ULONG bytes = text.bytes();
  if (AllocateDestinationString) {
    PWSTR const buffer = nt::rtl::AllocateString<WCHAR>(bytes + 2);
    if (buffer == nullptr) return STATUS_NO_MEMORY;
    *UnicodeString = {0, static_cast<USHORT>(bytes + 2), buffer};
  } else if (bytes > UnicodeString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  std::memcpy(UnicodeString->Buffer, text.text(), bytes);
  UnicodeString->Length = static_cast<USHORT>(bytes);
  if (bytes + 2 <= UnicodeString->MaximumLength) UnicodeString->Buffer[bytes / 2] = 0;
  return STATUS_SUCCESS;
}
