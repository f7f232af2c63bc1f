#include "kernel/se/new_object.h"

#include <algorithm>
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

constexpr UCHAR kHandedDown = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
constexpr UCHAR kInheritance = kHandedDown | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE;
constexpr ACCESS_MASK kGeneric = GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL;

/// Whom the entries for CREATOR OWNER and CREATOR GROUP mean, and what generic rights do.
struct Creator {
  const SID* owner;
  const SID* group;
  const GENERIC_MAPPING* mapping;
};

bool HasSid(const ACE_HEADER* ace) {
  return ace->AceType == ACCESS_ALLOWED_ACE_TYPE || ace->AceType == ACCESS_DENIED_ACE_TYPE || ace->AceType == SYSTEM_AUDIT_ACE_TYPE;
}

ACCESS_MASK MaskOf(const ACE_HEADER* ace) { return reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace)->Mask; }

/// Whom an entry speaks of once an object is made.
const SID* Meant(const ACE_HEADER* ace, const Creator& creator) {
  const SID* const sid = SidOf(ace);
  if (SameSid(sid, static_cast<const SID*>(WellKnown().SeCreatorOwnerSid))) return creator.owner;
  if (SameSid(sid, static_cast<const SID*>(WellKnown().SeCreatorGroupSid))) return creator.group;
  return sid;
}

/// A list on its way.
class List {
 public:
  explicit List(const Creator& creator) : creator_(creator) {}

  /// What a creator asked for.
  void Give(const ACL* acl) {
    Allow(acl);
    for (const ACE_HEADER* ace : AceRange(acl)) Put(ace, ace->AceFlags);
  }

  /// What a parent hands down; `mark`: so that it can be told apart later.
  void Inherit(const ACL* acl, bool is_container, bool mark) {
    if (acl == nullptr) return;
    Allow(acl);
    for (const ACE_HEADER* ace : AceRange(acl)) {
      const UCHAR others = static_cast<UCHAR>((ace->AceFlags & ~kInheritance) | (mark ? INHERITED_ACE : 0));
      const bool goes_on = is_container && (ace->AceFlags & NO_PROPAGATE_INHERIT_ACE) == 0;
      const UCHAR handed_down = goes_on ? ace->AceFlags & kHandedDown : 0;
      if ((ace->AceFlags & (is_container ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE)) != 0)
        Put(ace, static_cast<UCHAR>(others | handed_down));
      else if (handed_down != 0)
        Append(ace, static_cast<UCHAR>(others | handed_down | INHERIT_ONLY_ACE));
    }
  }

  bool empty() const { return count_ == 0; }
  Bytes Finish() const {
    const ACL head{revision_, 0, static_cast<USHORT>(sizeof(ACL) + entries_.size()), count_, 0};
    Bytes bytes(sizeof head + entries_.size());
    std::memcpy(bytes.data(), &head, sizeof head);
    if (!entries_.empty()) std::memcpy(bytes.data() + sizeof head, entries_.data(), entries_.size());
    return bytes;
  }

 private:
  void Allow(const ACL* acl) { revision_ = std::max(revision_, acl->AclRevision); }

  /// An entry that counts for the object itself. What it meant is kept besides, for those below, if it is another thing.
  void Put(const ACE_HEADER* ace, UCHAR flags) {
    const bool counts = HasSid(ace) && (flags & INHERIT_ONLY_ACE) == 0;
    const SID* const sid = counts ? Meant(ace, creator_) : nullptr;
    if (!counts || (sid == SidOf(ace) && (MaskOf(ace) & kGeneric) == 0)) return Append(ace, flags);
    ACCESS_MASK mask = MaskOf(ace);
    RtlMapGenericMask(&mask, creator_.mapping);
    Append(ace->AceType, static_cast<UCHAR>(flags & ~kInheritance), mask, sid);
    if ((flags & kHandedDown) != 0) Append(ace, static_cast<UCHAR>(flags | INHERIT_ONLY_ACE));
  }
  void Append(const ACE_HEADER* ace, UCHAR flags) {
    const auto* const bytes = reinterpret_cast<const UCHAR*>(ace);
    const SIZE_T at = entries_.size();
    entries_.insert(entries_.end(), bytes, bytes + ace->AceSize);
    entries_[at + offsetof(ACE_HEADER, AceFlags)] = flags;
    ++count_;
  }
  void Append(UCHAR type, UCHAR flags, ACCESS_MASK mask, const SID* sid) {
    constexpr SIZE_T kBeforeSid = offsetof(ACCESS_ALLOWED_ACE, SidStart);
    Bytes ace(kBeforeSid + SidLength(sid));
    const ACCESS_ALLOWED_ACE head{{type, flags, static_cast<USHORT>(ace.size())}, mask, 0};
    std::memcpy(ace.data(), &head, kBeforeSid);
    std::memcpy(ace.data() + kBeforeSid, sid, SidLength(sid));
    entries_.insert(entries_.end(), ace.begin(), ace.end());
    ++count_;
  }

  const Creator& creator_;
  Bytes entries_;
  USHORT count_ = 0;
  UCHAR revision_ = ACL_REVISION;
};

Bytes BytesOf(const SID* sid) {
  const auto* const bytes = reinterpret_cast<const UCHAR*>(sid);
  return {bytes, bytes + SidLength(sid)};
}
const SID* SidOf(const Bytes& bytes) { return reinterpret_cast<const SID*>(bytes.data()); }

/// One of the two lists: which bits speak of it, and what the parties have to say.
struct Sources {
  USHORT present, defaulted, is_protected, inherited;
  const ACL* given;
  const ACL* parent;
  bool automatic;
};

void MakeList(const NewObject& object, SECURITY_DESCRIPTOR_CONTROL given, const Sources& sources, const Creator& creator, Parts* parts,
              Bytes* made) {
  const bool is_given = (given & sources.present) != 0;
  const bool shielded = (given & sources.is_protected) != 0;
  const bool merged = sources.automatic && !shielded;
  if (is_given) parts->control |= given & sources.is_protected;
  if (is_given && sources.given == nullptr && (given & sources.defaulted) == 0) {
    parts->control |= sources.present;  // a null list: all may everything
    return;
  }
  List list(creator);
  const bool wished = is_given && (given & sources.defaulted) == 0;
  if (wished) list.Give(sources.given);
  if (!wished || merged) list.Inherit(sources.parent, object.is_container, sources.automatic);
  if (!wished && list.empty()) {
    if (!is_given || sources.given == nullptr) return;
    list.Give(sources.given);
    parts->control |= sources.defaulted;
  }
  parts->control |= sources.present;
  if (merged) parts->control |= sources.inherited;
  *made = list.Finish();
}

/// What a token's holder lets others do with objects nobody speaks of: all to their owner and to the system.
Bytes DefaultList(const Creator& creator) {
  constexpr SIZE_T kBeforeSid = offsetof(ACCESS_ALLOWED_ACE, SidStart);
  Bytes bytes(sizeof(ACL));
  for (const SID* sid : {creator.owner, static_cast<const SID*>(WellKnown().SeLocalSystemSid)}) {
    const SIZE_T at = bytes.size();
    const ACCESS_ALLOWED_ACE ace{
        {ACCESS_ALLOWED_ACE_TYPE, 0, static_cast<USHORT>(kBeforeSid + SidLength(sid))}, creator.mapping->GenericAll, 0};
    bytes.resize(at + ace.Header.AceSize);
    std::memcpy(&bytes[at], &ace, kBeforeSid);
    std::memcpy(&bytes[at + kBeforeSid], sid, SidLength(sid));
  }
  const ACL head{ACL_REVISION, 0, static_cast<USHORT>(bytes.size()), 2, 0};
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes;
}

NTSTATUS MakeOwners(const NewObject& object, const Descriptor& given, const Descriptor& parent, const Token& token, Parts* parts) {
  const bool from_parent = (object.flags & SEF_DEFAULT_OWNER_FROM_PARENT) != 0;
  const bool group_from_parent = (object.flags & SEF_DEFAULT_GROUP_FROM_PARENT) != 0;
  if ((from_parent && given.owner == nullptr && parent.owner == nullptr)) return STATUS_INVALID_OWNER;
  if ((group_from_parent && given.group == nullptr && parent.group == nullptr)) return STATUS_INVALID_PRIMARY_GROUP;
  if (given.owner != nullptr && (object.flags & SEF_AVOID_OWNER_CHECK) == 0 && !token.MayMakeOwner(given.owner))
    return STATUS_INVALID_OWNER;
  parts->owner = BytesOf(given.owner != nullptr ? given.owner : from_parent ? parent.owner : token.owner.sid());
  parts->group = BytesOf(given.group != nullptr ? given.group : group_from_parent ? parent.group : token.primary_group.sid());
  return STATUS_SUCCESS;
}

}  // namespace

ULONG InheritanceOf(PSECURITY_DESCRIPTOR parent) {
  if (parent == nullptr) return 0;
  const SECURITY_DESCRIPTOR_CONTROL control = DescriptorOf(parent).control;
  return ((control & SE_DACL_AUTO_INHERITED) != 0 ? SEF_DACL_AUTO_INHERIT : 0) |
         ((control & SE_SACL_AUTO_INHERITED) != 0 ? SEF_SACL_AUTO_INHERIT : 0);
}

NTSTATUS MakeSecurity(const NewObject& object, const SECURITY_SUBJECT_CONTEXT& subject, std::vector<UCHAR>* descriptor) {
  const Token& token = *EffectiveToken(subject);
  const Descriptor given = object.given != nullptr ? DescriptorOf(object.given) : Descriptor{};
  const Descriptor parent = object.parent != nullptr ? DescriptorOf(object.parent) : Descriptor{};
  const bool gives_system_list = (given.control & SE_SACL_PRESENT) != 0;
  if (gives_system_list && (object.flags & SEF_AVOID_PRIVILEGE_CHECK) == 0 && !token.Enabled({SE_SECURITY_PRIVILEGE, 0}))
    return STATUS_PRIVILEGE_NOT_HELD;
  Parts parts;
  const NTSTATUS status = MakeOwners(object, given, parent, token, &parts);
  if (!NT_SUCCESS(status)) return status;
  const Creator creator{SidOf(parts.owner), SidOf(parts.group), object.mapping};
  MakeList(object, given.control,
           {SE_DACL_PRESENT, SE_DACL_DEFAULTED, SE_DACL_PROTECTED, SE_DACL_AUTO_INHERITED, given.dacl, parent.dacl,
            (object.flags & SEF_DACL_AUTO_INHERIT) != 0},
           creator, &parts, &parts.dacl);
  MakeList(object, given.control,
           {SE_SACL_PRESENT, SE_SACL_DEFAULTED, SE_SACL_PROTECTED, SE_SACL_AUTO_INHERITED, given.sacl, parent.sacl,
            (object.flags & SEF_SACL_AUTO_INHERIT) != 0},
           creator, &parts, &parts.sacl);
  if ((parts.control & SE_DACL_PRESENT) == 0) {
    parts.dacl = DefaultList(creator);
    parts.control |= SE_DACL_PRESENT | SE_DACL_DEFAULTED;
  }
  *descriptor = Packed(parts);
  return STATUS_SUCCESS;
}

}  // namespace nt::se

using namespace nt::se;

extern "C" {

/// What the parent's own security says decides whether its entries are merged with those that are given.
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                          PSECURITY_DESCRIPTOR* NewDescriptor, BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                          PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType) {
  return SeAssignSecurityEx(ParentDescriptor, ExplicitDescriptor, NewDescriptor, nullptr, IsDirectoryObject,
                            InheritanceOf(ParentDescriptor), SubjectContext, GenericMapping, PoolType);
}

/// The type of the object matters for entries of directory services only, which no list here has.
NTSTATUS SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                            PSECURITY_DESCRIPTOR* NewDescriptor, GUID* /*ObjectType*/, BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags,
                            PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType) {
  *NewDescriptor = nullptr;
  const NewObject object{ParentDescriptor, ExplicitDescriptor, IsDirectoryObject != FALSE, AutoInheritFlags, GenericMapping};
  Bytes made;
  const NTSTATUS status = MakeSecurity(object, *SubjectContext, &made);
  if (!NT_SUCCESS(status)) return status;
  *NewDescriptor = ToPool(made, PoolType);
  return *NewDescriptor != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR* SecurityDescriptor) {
  if (*SecurityDescriptor != nullptr) nt::ex::FreePool(*SecurityDescriptor);
  *SecurityDescriptor = nullptr;
  return STATUS_SUCCESS;
}

}  // extern "C"
