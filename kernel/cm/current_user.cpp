// Where the user's own part of the registry lies.
#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/ex/ex.h"
#include "kernel/rtl/rtl.h"
#include "kernel/se/se.h"
#include "nt/status.h"

using namespace nt::cm;

extern "C" {

/// The name of the key that the calling thread knows as HKEY_CURRENT_USER, by its token. The caller frees it by RtlFreeUnicodeString.
/// PASSIVE_LEVEL. STATUS_NO_MEMORY. (winternl.h, ntrtl.h)
NTSTATUS RtlFormatCurrentUserKeyPath(PUNICODE_STRING CurrentUserKeyPath) {
  constexpr std::u16string_view kUsers = u"\\REGISTRY\\USER\\";
  constexpr USHORT kRoom = static_cast<USHORT>((kUsers.size() + 192) * sizeof(WCHAR));  // more than any identifier's text
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  PVOID user = nullptr;
  NTSTATUS status = SeQueryInformationToken(subject.ClientToken != nullptr ? subject.ClientToken : subject.PrimaryToken, TokenUser, &user);
  SeReleaseSubjectContext(&subject);
  if (!NT_SUCCESS(status)) return status;
  auto* const text = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, kRoom, 'grtS'));
  if (text != nullptr) {
    kUsers.copy(text, kUsers.size());
    UNICODE_STRING sid{0, static_cast<USHORT>(kRoom - kUsers.size() * sizeof(WCHAR)), text + kUsers.size()};
    status = RtlConvertSidToUnicodeString(&sid, static_cast<const TOKEN_USER*>(user)->User.Sid, FALSE);
    *CurrentUserKeyPath = {static_cast<USHORT>(kUsers.size() * sizeof(WCHAR) + sid.Length), kRoom, text};
  } else {
    status = STATUS_NO_MEMORY;
  }
  nt::ex::FreePool(user);
  return status;
}

}  // extern "C"
