#include "kernel/se/caller.h"

namespace nt::se {
namespace {

constexpr ULONG kMost = 1024;  ///< identifiers or privileges that one call may name

}  // namespace

NTSTATUS LoadSid(const void* from, FixedSid* sid) {
  UCHAR head[2];
  const NTSTATUS status = LoadBytes(head, from, sizeof head);
  if (!NT_SUCCESS(status)) return status;
  if (head[0] != SID_REVISION || head[1] > std::size(sid->parts)) return STATUS_INVALID_SID;
  *sid = FixedSid();
  const NTSTATUS loaded = LoadBytes(static_cast<void*>(sid), from, SidLength(head[1]));
  return NT_SUCCESS(loaded) && sid->count != head[1] ? STATUS_INVALID_SID : loaded;
}

NTSTATUS LoadGroups(const TOKEN_GROUPS* from, std::vector<Token::Group>* groups) {
  ULONG count = 0;
  if (from == nullptr) return STATUS_SUCCESS;
  NTSTATUS status = Load(&from->GroupCount, &count);
  if (NT_SUCCESS(status) && count > kMost) return STATUS_INVALID_PARAMETER;
  for (ULONG i = 0; NT_SUCCESS(status) && i < count; ++i) {
    SID_AND_ATTRIBUTES each{};
    Token::Group group;
    status = Load(from->Groups + i, &each);
    if (NT_SUCCESS(status)) status = LoadSid(each.Sid, &group.sid);
    group.attributes = each.Attributes;
    if (NT_SUCCESS(status)) groups->push_back(group);
  }
  return status;
}

NTSTATUS LoadPrivileges(const TOKEN_PRIVILEGES* from, std::vector<LUID_AND_ATTRIBUTES>* privileges) {
  ULONG count = 0;
  if (from == nullptr) return STATUS_SUCCESS;
  const NTSTATUS status = Load(&from->PrivilegeCount, &count);
  if (!NT_SUCCESS(status)) return status;
  if (count > kMost) return STATUS_INVALID_PARAMETER;
  privileges->resize(count);
  return LoadBytes(privileges->data(), from->Privileges, count * sizeof(LUID_AND_ATTRIBUTES));
}

}  // namespace nt::se
