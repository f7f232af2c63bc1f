// The security of hives that were made here.
#include <cstring>
#include <initializer_list>

#include "kernel/cm/hive.h"
#include "kernel/se/sid.h"
#include "kernel/se/user.h"

namespace nt::cm {
namespace {

using se::FixedSid;

constexpr UCHAR kNt = 5;
const FixedSid kSystem(kNt, {SECURITY_LOCAL_SYSTEM_RID});
const FixedSid kAdministrators(kNt, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS});
const FixedSid kEveryone(1, {0});
const FixedSid kRestricted(kNt, {SECURITY_RESTRICTED_CODE_RID});
const FixedSid kUser(kNt, {SECURITY_NT_NON_UNIQUE, se::kMachineId[0], se::kMachineId[1], se::kMachineId[2], se::kUserRid});

/// Somebody may do something with a key and all below it.
struct Entry {
  const FixedSid& sid;
  ACCESS_MASK access;
};

ULONG Append(std::vector<UCHAR>* bytes, const void* from, SIZE_T size) {
  const auto at = static_cast<ULONG>(bytes->size());
  const auto* const begin = static_cast<const UCHAR*>(from);
  bytes->insert(bytes->end(), begin, begin + size);
  return at;
}

ULONG Append(std::vector<UCHAR>* bytes, const FixedSid& sid) { return Append(bytes, &sid, se::SidLength(sid.count)); }

/// The owner is the Administrators, the group the system; nothing is inherited from above.
Security Make(std::initializer_list<Entry> entries) {
  constexpr SIZE_T kBeforeSid = offsetof(ACCESS_ALLOWED_ACE, SidStart);
  std::vector<UCHAR> bytes(sizeof(SECURITY_DESCRIPTOR_RELATIVE));
  SECURITY_DESCRIPTOR_RELATIVE header{};
  header.Revision = SECURITY_DESCRIPTOR_REVISION;
  header.Control = SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED;
  ACL list{ACL_REVISION, 0, sizeof(ACL), 0, 0};
  header.Dacl = Append(&bytes, &list, sizeof list);
  for (const Entry& entry : entries) {
    const auto size = static_cast<USHORT>(kBeforeSid + se::SidLength(entry.sid.count));
    const ACCESS_ALLOWED_ACE ace{{ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, size}, entry.access, 0};
    Append(&bytes, &ace, kBeforeSid);
    Append(&bytes, entry.sid);
    list.AclSize = static_cast<USHORT>(list.AclSize + size);
    ++list.AceCount;
  }
  std::memcpy(&bytes[header.Dacl], &list, sizeof list);
  header.Owner = Append(&bytes, kAdministrators);
  header.Group = Append(&bytes, kSystem);
  std::memcpy(bytes.data(), &header, sizeof header);
  return std::make_shared<const std::vector<UCHAR>>(std::move(bytes));
}

}  // namespace

Security DefaultSecurity() {
  static const Security made = Make({{kSystem, KEY_ALL_ACCESS}, {kAdministrators, KEY_ALL_ACCESS}, {kEveryone, KEY_READ}});
  return made;
}

Security UserSecurity() {
  static const Security made =
      Make({{kUser, KEY_ALL_ACCESS}, {kSystem, KEY_ALL_ACCESS}, {kAdministrators, KEY_ALL_ACCESS}, {kRestricted, KEY_READ}});
  return made;
}

}  // namespace nt::cm
