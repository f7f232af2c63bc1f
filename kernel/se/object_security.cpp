// The security of objects when they are made and opened, and that of the namespace's own directories.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/ob/private_namespace.h"
#include "kernel/ps/ps.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/sddl.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

using mm::FromUser;

/// Processes, threads and tokens are labelled with the integrity of whom they belong to; nobody below reads what a process has in memory.
Bytes LabelFor(PVOID object, const Token& token) {
  const std::u16string_view type = ob::TypeName(ob::TypeOf(object));
  ACCESS_MASK policy = 0;
  if (type == u"Process" || type == u"Thread") policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP | SYSTEM_MANDATORY_LABEL_NO_READ_UP;
  if (type == u"Token" || token.integrity_level() < SECURITY_MANDATORY_MEDIUM_RID) policy |= SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
  return policy != 0 ? LabelList(token.integrity, policy) : Bytes();
}

Bytes BytesOf(const FixedSid& sid) {
  const auto* const at = reinterpret_cast<const UCHAR*>(&sid);
  return {at, at + SidLength(sid.count)};
}

/// Whom a token lets an object belong to: its user, or a group that may own.
bool MayOwn(const Token& token, const Bytes& owner) {
  const auto* const sid = reinterpret_cast<const SID*>(owner.data());
  if (SameSid(token.user.sid(), sid)) return true;
  for (const Token::Group& group : token.groups) {
    if ((group.attributes & SE_GROUP_OWNER) != 0 && SameSid(group.sid.sid(), sid)) return true;
  }
  return false;
}

constexpr ULONG kRestorePrivilege = SE_RESTORE_PRIVILEGE, kSecurityPrivilege = SE_SECURITY_PRIVILEGE;

NTSTATUS CheckAsked(const Token& token, const Parts& asked) {
  if (!FromUser()) return STATUS_SUCCESS;
  if (!asked.owner.empty() && !MayOwn(token, asked.owner) && !token.Enabled({kRestorePrivilege, 0})) return STATUS_INVALID_OWNER;
  const bool audits = !asked.sacl.empty() && !IsLabelList(asked.sacl);
  return audits && !token.Enabled({kSecurityPrivilege, 0}) ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS;
}

/// What may be done with an object of which nobody said anything.
NTSTATUS CheckObject(PVOID object, ACCESS_MASK wanted, ACCESS_MASK* granted) {
  PSECURITY_DESCRIPTOR const descriptor = *ob::SecurityOf(object);
  GENERIC_MAPPING mapping = ob::MappingOf(ob::TypeOf(object));
  if (descriptor == nullptr) {
    RtlMapGenericMask(&wanted, &mapping);
    *granted = (wanted & MAXIMUM_ALLOWED) != 0 ? mapping.GenericAll | (wanted & ~MAXIMUM_ALLOWED) : wanted;
    return STATUS_SUCCESS;
  }
  // A handle with no rights at all can always be had.
  if (wanted == 0) return *granted = 0, STATUS_SUCCESS;
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  PPRIVILEGE_SET privileges = nullptr;
  NTSTATUS status = STATUS_ACCESS_DENIED;
  SeAccessCheck(descriptor, &subject, FALSE, wanted, 0, &privileges, &mapping, UserMode, granted, &status);
  if (privileges != nullptr) SeFreePrivileges(privileges);
  SeReleaseSubjectContext(&subject);
  return status;
}

NTSTATUS CaptureAsked(PVOID descriptor, KPROCESSOR_MODE mode, PVOID* captured) {
  return SeCaptureSecurityDescriptor(descriptor, mode, PagedPool, TRUE, captured);
}

NTSTATUS Assign(PVOID object, PVOID asked, PVOID token) {
  if (token != nullptr) return AssignSecurity(object, asked, AsToken(token));
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  const NTSTATUS status = AssignSecurity(object, asked, EffectiveToken(subject));
  SeReleaseSubjectContext(&subject);
  return status;
}

bool CallerHolds(ULONG privilege) { return SeSinglePrivilegeCheck({privilege, 0}, ke::PreviousMode()) != FALSE; }

bool CallerHasSid(const void* sid, SIZE_T size) {
  if (!SidFits(static_cast<const SID*>(sid), size)) return false;
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  const bool has = EffectiveToken(subject)->Holds(static_cast<const SID*>(sid), false);
  SeReleaseSubjectContext(&subject);
  return has;
}

/// Who may look into a directory (3), make names in it (0xc), and rule it.
struct DirectoryRule {
  const char16_t* path;
  const char16_t* text;
};
constexpr const char16_t* kClosed = u"O:BAG:SYD:(A;;0x20003;;;WD)(A;;0xf000f;;;SY)(A;;0xf000f;;;BA)";
constexpr const char16_t* kOpen = u"O:BAG:SYD:(A;;0x2000f;;;WD)(A;;0xf000f;;;SY)(A;;0xf000f;;;BA)";
constexpr DirectoryRule kDirectories[] = {
    {u"\\", kClosed},
    {u"\\ObjectTypes", kClosed},
    {u"\\Device", kClosed},
    {u"\\Driver", u"O:BAG:SYD:(A;;0xf000f;;;SY)(A;;0x20001;;;BA)"},
    {u"\\FileSystem", u"O:BAG:SYD:(A;;0xf000f;;;SY)(A;;0x20001;;;BA)"},
    {u"\\GLOBAL\?\?", kClosed},
    {u"\\KernelObjects", kClosed},
    {u"\\Callback", kClosed},
    {u"\\Security", kClosed},
    {u"\\Windows", kClosed},
    {u"\\RPC Control", kOpen},
    {u"\\KnownDlls", kClosed},
    {u"\\Sessions", kClosed},
    {u"\\BaseNamedObjects", kOpen},
    {u"\\Sessions\\1\\BaseNamedObjects", kOpen},
};

void SecureDirectory(const DirectoryRule& rule) {
  UNICODE_STRING path{0, 0, const_cast<PWSTR>(rule.path)};
  path.Length = path.MaximumLength = static_cast<USHORT>(std::u16string_view(rule.path).size() * sizeof(WCHAR));
  PVOID directory = nullptr;
  if (!NT_SUCCESS(ObReferenceObjectByName(&path, OBJ_CASE_INSENSITIVE, nullptr, 0, nullptr, KernelMode, nullptr, &directory))) return;
  if (*ob::SecurityOf(directory) == nullptr) DescriptorFromText(rule.text, ob::SecurityOf(directory));
  ObfDereferenceObject(directory);
}

}  // namespace

NTSTATUS AssignSecurity(PVOID object, PSECURITY_DESCRIPTOR asked, const Token* token) {
  PSECURITY_DESCRIPTOR& place = *ob::SecurityOf(object);
  if (place != nullptr) return STATUS_SUCCESS;
  Parts parts = asked != nullptr ? PartsOf(asked) : Parts{};
  const NTSTATUS status = CheckAsked(*token, parts);
  if (!NT_SUCCESS(status)) return status;
  if (parts.owner.empty()) parts.owner = BytesOf(token->owner);
  if (parts.group.empty()) parts.group = BytesOf(token->primary_group);
  if ((parts.control & SE_DACL_PRESENT) == 0 && !token->default_dacl.empty()) {
    parts.dacl = token->default_dacl;
    parts.control |= SE_DACL_PRESENT | SE_DACL_DEFAULTED;
  }
  if ((parts.control & SE_SACL_PRESENT) == 0) parts.sacl = LabelFor(object, *token);
  if (!parts.sacl.empty()) parts.control |= SE_SACL_PRESENT;
  const GENERIC_MAPPING& mapping = ob::MappingOf(ob::TypeOf(object));
  MapEntries(&parts.dacl, mapping);
  place = Pack(parts, PagedPool);
  return place != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void SecureObjects() {
  ob::SetMembershipCheck(&CallerHasSid);
  ob::SetSecurity({&CheckObject, &CaptureAsked, &Assign, &CallerHolds});
  for (PACCESS_TOKEN token : {SystemToken(), UserToken()}) AssignSecurity(token, nullptr, AsToken(token));
  AssignSecurity(PsInitialSystemProcess, nullptr, AsToken(SystemToken()));
  for (const DirectoryRule& rule : kDirectories) SecureDirectory(rule);
}

}  // namespace nt::se
