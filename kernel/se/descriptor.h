// Security descriptors of both forms, read in one way. Private to se.
#pragma once

#include <vector>

#include "kernel/se/sid.h"
#include "nt/ex.h"

namespace nt::se {

/// The parts of a descriptor; null where it has none.
struct Descriptor {
  SECURITY_DESCRIPTOR_CONTROL control;
  const SID* owner;
  const SID* group;
  const ACL* sacl;  ///< also null if not marked present
  const ACL* dacl;  ///< also null if not marked present, or a null list
};

/// Takes a descriptor in kernel memory apart. It must be valid.
Descriptor DescriptorOf(PSECURITY_DESCRIPTOR descriptor);

inline const SID* SidOf(const ACE_HEADER* ace) {
  return reinterpret_cast<const SID*>(&reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace)->SidStart);
}

/// The entries of a valid list, in order: `for (const ACE_HEADER* ace : AceRange(acl))`.
class AceRange {
 public:
  class Iterator {
   public:
    Iterator(const UCHAR* at, ULONG left) : at_(at), left_(left) {}
    const ACE_HEADER* operator*() const { return reinterpret_cast<const ACE_HEADER*>(at_); }
    Iterator& operator++() {
      at_ += (**this)->AceSize;
      --left_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return left_ != other.left_; }

   private:
    const UCHAR* at_;
    ULONG left_;
  };
  explicit AceRange(const ACL* acl) : acl_(acl) {}
  Iterator begin() const { return {reinterpret_cast<const UCHAR*>(acl_ + 1), acl_->AceCount}; }
  Iterator end() const { return {nullptr, 0}; }

 private:
  const ACL* acl_;
};

using Bytes = std::vector<UCHAR>;

/// The parts of a descriptor in memory of their own; empty where it has none.
struct Parts {
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  UCHAR sbz1 = 0;
  Bytes owner, group, sacl, dacl;
};
/// Copies the parts of a valid descriptor in kernel memory.
Parts PartsOf(PSECURITY_DESCRIPTOR descriptor);
/// Bytes of the parts as one block.
SIZE_T PackedSize(const Parts& parts);
/// Lays the parts out as one self-relative block.
Bytes Packed(const Parts& parts);
/// The same, from pool; null if there is no memory.
PSECURITY_DESCRIPTOR Pack(const Parts& parts, POOL_TYPE pool);
/// A copy of a self-relative block in pool; null if there is no memory.
PSECURITY_DESCRIPTOR ToPool(const Bytes& packed, POOL_TYPE pool);

/// Replaces generic rights in a list's entries by what they mean for a type.
void MapEntries(Bytes* acl, const GENERIC_MAPPING& mapping);
/// A list with one entry: the mandatory label.
Bytes LabelList(const FixedSid& level, ACCESS_MASK policy);
/// Whether a list has no other entries than labels.
bool IsLabelList(const Bytes& acl);
/// One entry of a list that allows.
struct AllowEntry {
  const FixedSid* sid;
  ACCESS_MASK mask;
};
Bytes AllowList(std::initializer_list<AllowEntry> entries);

/// Whether a list of `room` bytes at most, and every entry in it, keeps to its own sizes.
bool AclIsSound(const ACL* acl, SIZE_T room);

}  // namespace nt::se
