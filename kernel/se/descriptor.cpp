// Security descriptors: taking them apart, checking them, and copying a caller's.
#include "kernel/se/descriptor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

constexpr ULONG kTag = 'cSeS';

bool HasSid(UCHAR ace_type) {
  return ace_type == ACCESS_ALLOWED_ACE_TYPE || ace_type == ACCESS_DENIED_ACE_TYPE || ace_type == SYSTEM_AUDIT_ACE_TYPE ||
         ace_type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

/// The identifier of an entry that names object types lies behind as many GUIDs as its flags say.
bool ObjectAceIsSound(const ACE_HEADER* ace) {
  constexpr SIZE_T kFixed = 12, kGuid = 16;
  if (ace->AceSize < kFixed) return false;
  const ULONG flags = *reinterpret_cast<const ULONG*>(reinterpret_cast<const UCHAR*>(ace) + 8);
  const SIZE_T before = kFixed + ((flags & 1) != 0 ? kGuid : 0) + ((flags & 2) != 0 ? kGuid : 0);
  return ace->AceSize > before &&
         SidFits(reinterpret_cast<const SID*>(reinterpret_cast<const UCHAR*>(ace) + before), ace->AceSize - before);
}

bool AceIsSound(const ACE_HEADER* ace, SIZE_T room) {
  if (room < sizeof(ACE_HEADER) || ace->AceSize < sizeof(ACE_HEADER) || ace->AceSize > room || (ace->AceSize & 3) != 0) return false;
  if (ace->AceType == ACCESS_ALLOWED_OBJECT_ACE_TYPE || ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE) return ObjectAceIsSound(ace);
  constexpr SIZE_T kBeforeSid = offsetof(ACCESS_ALLOWED_ACE, SidStart);
  return !HasSid(ace->AceType) || (ace->AceSize > kBeforeSid && SidFits(SidOf(ace), ace->AceSize - kBeforeSid));
}

/// Where the parts of a descriptor lie, in the caller's memory.
struct Places {
  SECURITY_DESCRIPTOR_CONTROL control;
  UCHAR sbz1;
  const void* owner;
  const void* group;
  const void* sacl;
  const void* dacl;
};

const void* At(const void* base, ULONG offset) { return offset != 0 ? static_cast<const char*>(base) + offset : nullptr; }

Places PlacesOf(const SECURITY_DESCRIPTOR_RELATIVE& header, const void* base) {
  return {header.Control, header.Sbz1, At(base, header.Owner), At(base, header.Group), At(base, header.Sacl), At(base, header.Dacl)};
}
Places PlacesOf(const SECURITY_DESCRIPTOR& header) {
  return {header.Control, header.Sbz1, header.Owner, header.Group, header.Sacl, header.Dacl};
}

/// A copier for memory of one mode.
class Reader {
 public:
  explicit Reader(KPROCESSOR_MODE mode) : mode_(mode) {}
  NTSTATUS Read(void* to, const void* from, SIZE_T size) const {
    if (mode_ == UserMode) return mm::CopyFromUser(to, from, size);
    std::memcpy(to, from, size);
    return STATUS_SUCCESS;
  }
  template <class T>
  NTSTATUS Read(T* to, const void* from) const {
    return Read(to, from, sizeof(T));
  }

 private:
  KPROCESSOR_MODE mode_;
};

NTSTATUS ReadPlaces(const Reader& reader, PSECURITY_DESCRIPTOR from, Places* places) {
  SECURITY_DESCRIPTOR_RELATIVE header;
  NTSTATUS status = reader.Read(&header, from);
  if (!NT_SUCCESS(status)) return status;
  if (header.Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  if ((header.Control & SE_SELF_RELATIVE) != 0) {
    *places = PlacesOf(header, from);
    return STATUS_SUCCESS;
  }
  SECURITY_DESCRIPTOR absolute;
  status = reader.Read(&absolute, from);
  // The two reads may differ if the caller changes the memory meanwhile: only the second is used.
  if (NT_SUCCESS(status)) *places = PlacesOf(absolute);
  return status;
}

NTSTATUS ReadSid(const Reader& reader, const void* from, Bytes* sid) {
  if (from == nullptr) return STATUS_SUCCESS;
  UCHAR head[2];
  NTSTATUS status = reader.Read(head, from, sizeof head);
  if (!NT_SUCCESS(status)) return status;
  if (head[0] != SID_REVISION || head[1] > SID_MAX_SUB_AUTHORITIES) return STATUS_INVALID_SID;
  sid->resize(SidLength(head[1]));
  status = reader.Read(sid->data(), from, sid->size());
  if (!NT_SUCCESS(status)) return status;
  return SidFits(reinterpret_cast<const SID*>(sid->data()), sid->size()) ? STATUS_SUCCESS : STATUS_INVALID_SID;
}

NTSTATUS ReadAcl(const Reader& reader, const void* from, Bytes* acl) {
  if (from == nullptr) return STATUS_SUCCESS;
  ACL head;
  NTSTATUS status = reader.Read(&head, from);
  if (!NT_SUCCESS(status)) return status;
  if (head.AclSize < sizeof(ACL)) return STATUS_INVALID_ACL;
  acl->resize(head.AclSize);
  status = reader.Read(acl->data(), from, acl->size());
  if (!NT_SUCCESS(status)) return status;
  if (!AclIsSound(reinterpret_cast<const ACL*>(acl->data()), acl->size())) return STATUS_INVALID_ACL;
  acl->resize((acl->size() + 3) & ~SIZE_T{3});
  return STATUS_SUCCESS;
}

NTSTATUS CopyDescriptor(const Reader& reader, PSECURITY_DESCRIPTOR from, POOL_TYPE pool, PSECURITY_DESCRIPTOR* to) {
  Places places{};
  NTSTATUS status = ReadPlaces(reader, from, &places);
  Parts parts{places.control, places.sbz1, {}, {}, {}, {}};
  if (NT_SUCCESS(status)) status = ReadSid(reader, places.owner, &parts.owner);
  if (NT_SUCCESS(status)) status = ReadSid(reader, places.group, &parts.group);
  if (NT_SUCCESS(status) && (places.control & SE_SACL_PRESENT) != 0) status = ReadAcl(reader, places.sacl, &parts.sacl);
  if (NT_SUCCESS(status) && (places.control & SE_DACL_PRESENT) != 0) status = ReadAcl(reader, places.dacl, &parts.dacl);
  if (!NT_SUCCESS(status)) return status;
  *to = Pack(parts, pool);
  return *to != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace

bool AclIsSound(const ACL* acl, SIZE_T room) {
  if (room < sizeof(ACL) || acl->AclRevision < MIN_ACL_REVISION || acl->AclRevision > MAX_ACL_REVISION) return false;
  if (acl->AclSize < sizeof(ACL) || acl->AclSize > room) return false;
  const auto* at = reinterpret_cast<const UCHAR*>(acl + 1);
  SIZE_T left = acl->AclSize - sizeof(ACL);
  for (ULONG i = 0; i < acl->AceCount; ++i) {
    const auto* const ace = reinterpret_cast<const ACE_HEADER*>(at);
    if (!AceIsSound(ace, left)) return false;
    at += ace->AceSize;
    left -= ace->AceSize;
  }
  return true;
}

Descriptor DescriptorOf(PSECURITY_DESCRIPTOR descriptor) {
  const auto* const relative = static_cast<const SECURITY_DESCRIPTOR_RELATIVE*>(descriptor);
  const Places places = (relative->Control & SE_SELF_RELATIVE) != 0 ? PlacesOf(*relative, descriptor)
                                                                    : PlacesOf(*static_cast<const SECURITY_DESCRIPTOR*>(descriptor));
  Descriptor parts{};
  parts.control = places.control;
  parts.owner = static_cast<const SID*>(places.owner);
  parts.group = static_cast<const SID*>(places.group);
  if ((places.control & SE_SACL_PRESENT) != 0) parts.sacl = static_cast<const ACL*>(places.sacl);
  if ((places.control & SE_DACL_PRESENT) != 0) parts.dacl = static_cast<const ACL*>(places.dacl);
  return parts;
}

Parts PartsOf(PSECURITY_DESCRIPTOR descriptor) {
  const Descriptor from = DescriptorOf(descriptor);
  const auto bytes = [](const void* part, SIZE_T size) {
    const auto* const at = static_cast<const UCHAR*>(part);
    return part != nullptr ? Bytes(at, at + size) : Bytes();
  };
  Parts parts;
  parts.control = from.control;
  if (from.owner != nullptr) parts.owner = bytes(from.owner, SidLength(from.owner));
  if (from.group != nullptr) parts.group = bytes(from.group, SidLength(from.group));
  if (from.sacl != nullptr) parts.sacl = bytes(from.sacl, from.sacl->AclSize);
  if (from.dacl != nullptr) parts.dacl = bytes(from.dacl, from.dacl->AclSize);
  return parts;
}

void MapEntries(Bytes* acl, const GENERIC_MAPPING& mapping) {
  if (acl->empty()) return;
  for (const ACE_HEADER* ace : AceRange(reinterpret_cast<const ACL*>(acl->data()))) {
    RtlMapGenericMask(&const_cast<ACCESS_ALLOWED_ACE*>(reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace))->Mask, &mapping);
  }
}

namespace {

void AppendEntry(Bytes* acl, UCHAR type, ACCESS_MASK mask, const FixedSid& sid) {
  const ULONG length = SidLength(sid.count);
  const auto size = static_cast<USHORT>(offsetof(ACCESS_ALLOWED_ACE, SidStart) + length);
  const ACCESS_ALLOWED_ACE entry{{type, 0, size}, mask, 0};
  const auto* const head = reinterpret_cast<const UCHAR*>(&entry);
  const auto* const who = reinterpret_cast<const UCHAR*>(&sid);
  acl->insert(acl->end(), head, head + offsetof(ACCESS_ALLOWED_ACE, SidStart));
  acl->insert(acl->end(), who, who + length);
}

/// Begins a list; its size is set when it is whole.
Bytes EmptyList() { return Bytes(sizeof(ACL)); }

Bytes Finished(Bytes acl, USHORT count) {
  const ACL head{ACL_REVISION, 0, static_cast<USHORT>(acl.size()), count, 0};
  std::memcpy(acl.data(), &head, sizeof head);
  return acl;
}

}  // namespace

Bytes LabelList(const FixedSid& level, ACCESS_MASK policy) {
  Bytes acl = EmptyList();
  AppendEntry(&acl, SYSTEM_MANDATORY_LABEL_ACE_TYPE, policy, level);
  return Finished(std::move(acl), 1);
}

Bytes AllowList(std::initializer_list<AllowEntry> entries) {
  Bytes acl = EmptyList();
  for (const AllowEntry& entry : entries) AppendEntry(&acl, ACCESS_ALLOWED_ACE_TYPE, entry.mask, *entry.sid);
  return Finished(std::move(acl), static_cast<USHORT>(entries.size()));
}

bool IsLabelList(const Bytes& acl) {
  for (const ACE_HEADER* ace : AceRange(reinterpret_cast<const ACL*>(acl.data()))) {
    if (ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) return false;
  }
  return true;
}

SIZE_T PackedSize(const Parts& parts) {
  return sizeof(SECURITY_DESCRIPTOR_RELATIVE) + parts.owner.size() + parts.group.size() + parts.sacl.size() + parts.dacl.size();
}

Bytes Packed(const Parts& parts) {
  Bytes packed(sizeof(SECURITY_DESCRIPTOR_RELATIVE));
  const auto put = [&](const Bytes& part) -> ULONG {
    if (part.empty()) return 0;
    const auto place = static_cast<ULONG>(packed.size());
    packed.insert(packed.end(), part.begin(), part.end());
    return place;
  };
  SECURITY_DESCRIPTOR_RELATIVE header{};
  header.Revision = SECURITY_DESCRIPTOR_REVISION;
  header.Sbz1 = parts.sbz1;
  header.Control = static_cast<USHORT>(parts.control | SE_SELF_RELATIVE);
  header.Owner = put(parts.owner);
  header.Group = put(parts.group);
  header.Sacl = put(parts.sacl);
  header.Dacl = put(parts.dacl);
  std::memcpy(packed.data(), &header, sizeof header);
  return packed;
}

PSECURITY_DESCRIPTOR Pack(const Parts& parts, POOL_TYPE pool) { return ToPool(Packed(parts), pool); }

PSECURITY_DESCRIPTOR ToPool(const Bytes& packed, POOL_TYPE pool) {
  PVOID const block = ex::AllocatePool(pool, packed.size(), kTag);
  if (block != nullptr) std::memcpy(block, packed.data(), packed.size());
  return block;
}

}  // namespace nt::se

using namespace nt::se;

extern "C" {

NTSTATUS SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR InputSecurityDescriptor, KPROCESSOR_MODE RequestorMode, ULONG PoolType,
                                     BOOLEAN ForceCapture, PSECURITY_DESCRIPTOR* OutputSecurityDescriptor) {
  if (InputSecurityDescriptor == nullptr || (RequestorMode == KernelMode && ForceCapture == FALSE)) {
    *OutputSecurityDescriptor = InputSecurityDescriptor;
    return STATUS_SUCCESS;
  }
  return CopyDescriptor(Reader(RequestorMode), InputSecurityDescriptor, static_cast<POOL_TYPE>(PoolType), OutputSecurityDescriptor);
}

VOID SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR CapturedSecurityDescriptor, KPROCESSOR_MODE RequestorMode, BOOLEAN ForceCapture) {
  const bool is_copy = RequestorMode == UserMode || ForceCapture != FALSE;
  if (CapturedSecurityDescriptor != nullptr && is_copy) nt::ex::FreePool(CapturedSecurityDescriptor);
}

}  // extern "C"
