// A service's caller, whose memory may be bad if he is in user mode. Private to se.
#pragma once

#include <cstring>
#include <vector>

#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {

inline bool FromUser() { return ke::PreviousMode() == UserMode; }

inline NTSTATUS LoadBytes(void* to, const void* from, SIZE_T size) {
  if (FromUser()) return mm::CopyFromUser(to, from, size);
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

inline NTSTATUS StoreBytes(void* to, const void* from, SIZE_T size) {
  if (FromUser()) return mm::CopyToUser(to, from, size);
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

template <class T>
NTSTATUS Load(T* to, const void* from) {
  return LoadBytes(to, from, sizeof(T));
}

template <class T>
NTSTATUS Store(T* to, const T& value) {
  return StoreBytes(to, &value, sizeof(T));
}

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
