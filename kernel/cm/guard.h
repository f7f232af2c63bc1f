// Who may open and make keys: access checks, and the security of new keys.
#pragma once

#include "kernel/cm/registry.h"
#include "kernel/se/se.h"

namespace nt::cm {

/// What key handles can be used for.
inline constexpr GENERIC_MAPPING kKeyMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};

/// A key's descriptor, self-relative.
PSECURITY_DESCRIPTOR DescriptorOf(const Key& key);

/// One who opens a key, on the calling thread.
class Opener final : public Guard {
 public:
  /// `checked`: what the descriptors say counts. `given`: the descriptor for a new key, in kernel memory, or null.
  Opener(ACCESS_MASK wanted, ULONG options, bool checked, PSECURITY_DESCRIPTOR given);
  ~Opener();
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  /// Settles `granted()`. STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD.
  NTSTATUS MayOpen(const Key& key) override;
  NTSTATUS MayCreate(const Key& parent, Security* security) override;
  ACCESS_MASK granted() const { return granted_; }

 private:
  NTSTATUS Check(const Key& key, ACCESS_MASK wanted, ACCESS_MASK* granted);
  NTSTATUS GrantByPrivilege();
  bool Holds(ULONG privilege);

  ACCESS_MASK wanted_;
  ULONG options_;
  bool checked_;
  PSECURITY_DESCRIPTOR given_;
  ACCESS_MASK granted_ = 0;
  SECURITY_SUBJECT_CONTEXT subject_;
};

}  // namespace nt::cm
