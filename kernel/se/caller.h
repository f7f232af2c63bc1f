// A service's caller, whose memory may be bad if he is in user mode. Private to se.
#pragma once

#include <vector>

#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/se/state.h"

namespace nt::se {

using mm::FromUser;
using mm::Load;
using mm::LoadBytes;
using mm::Store;
using mm::StoreBytes;

/// A caller's identifier; STATUS_INVALID_SID if it is none, or longer than any that this machine has.
NTSTATUS LoadSid(const void* from, FixedSid* sid);
/// A caller's TOKEN_GROUPS; null is an empty one.
NTSTATUS LoadGroups(const TOKEN_GROUPS* from, std::vector<Token::Group>* groups);
/// A caller's TOKEN_PRIVILEGES; null is an empty one.
NTSTATUS LoadPrivileges(const TOKEN_PRIVILEGES* from, std::vector<LUID_AND_ATTRIBUTES>* privileges);

/// A token by handle; gives the reference up at the end of the scope. Not held across waits.
class TokenReference {
 public:
  TokenReference(HANDLE handle, ACCESS_MASK access) {
    status_ = ObReferenceObjectByHandle(handle, access, Se().token_type, ke::PreviousMode(), &token_, &held_);
  }
  ~TokenReference() {
    if (token_ != nullptr) ObfDereferenceObject(token_);
  }
  TokenReference(const TokenReference&) = delete;
  TokenReference& operator=(const TokenReference&) = delete;
  NTSTATUS status() const { return status_; }
  Token* get() const { return static_cast<Token*>(token_); }
  Token* operator->() const { return get(); }
  ACCESS_MASK access() const { return held_.GrantedAccess; }

 private:
  NTSTATUS status_;
  PVOID token_ = nullptr;
  OBJECT_HANDLE_INFORMATION held_{};
};

}  // namespace nt::se
