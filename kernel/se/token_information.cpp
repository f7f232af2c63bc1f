// What is told about tokens, to drivers in pool and to programs in their buffers.
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/se/caller.h"
#include "kernel/se/state.h"
#include "kernel/se/tokens.h"
#include "nt/status.h"

namespace nt::se {
namespace {

constexpr ULONG kTag = 'iTeS';

/// An answer being put together: fixed part first, identifiers behind it. Pointers in it are kept as offsets until its place is known.
class Answer {
 public:
  void* Reserve(SIZE_T size) {
    const SIZE_T at = bytes_.size();
    bytes_.resize(at + ((size + 7) & ~SIZE_T{7}));
    size_ = at + size;
    return bytes_.data() + at;
  }
  template <class T>
  void Put(const T& value) {
    std::memcpy(Reserve(sizeof(T)), &value, sizeof(T));
  }
  /// Appends an identifier and makes the pointer at `place` lead to it.
  void PutSid(SIZE_T place, const FixedSid& sid) {
    const SIZE_T at = bytes_.size();
    const ULONG length = SidLength(sid.count);
    std::memcpy(Reserve(length), &sid, length);
    std::memcpy(bytes_.data() + place, &at, sizeof at);
    pointers_.push_back(place);
  }
  /// Room behind what there is, with the pointer at `place` leading to it.
  SIZE_T Point(SIZE_T place, SIZE_T size) {
    const SIZE_T at = bytes_.size();
    Reserve(size);
    std::memcpy(bytes_.data() + place, &at, sizeof at);
    pointers_.push_back(place);
    return at;
  }
  template <class T>
  void Set(SIZE_T place, const T& value) {
    std::memcpy(bytes_.data() + place, &value, sizeof(T));
  }
  /// The finished bytes for a buffer at `address`.
  const void* For(ULONG_PTR address) {
    for (const SIZE_T place : pointers_) {
      ULONG_PTR offset;
      std::memcpy(&offset, bytes_.data() + place, sizeof offset);
      Set(place, offset + address);
    }
    pointers_.clear();
    return bytes_.data();
  }
  ULONG size() const { return static_cast<ULONG>(size_); }

 private:
  std::vector<UCHAR> bytes_;
  std::vector<SIZE_T> pointers_;
  SIZE_T size_ = 0;
};

/// One identifier with its attributes, or just a pointer to it.
void PutOneSid(Answer& answer, SIZE_T fixed, const FixedSid& sid, ULONG attributes) {
  answer.Reserve(fixed);
  if (fixed == sizeof(SID_AND_ATTRIBUTES)) answer.Set(offsetof(SID_AND_ATTRIBUTES, Attributes), attributes);
  answer.PutSid(0, sid);
}

void PutGroups(Answer& answer, const std::vector<Token::Group>& groups) {
  const ULONG count = static_cast<ULONG>(groups.size());
  answer.Reserve(offsetof(TOKEN_GROUPS, Groups) + count * sizeof(SID_AND_ATTRIBUTES));
  answer.Set(0, count);
  SIZE_T place = offsetof(TOKEN_GROUPS, Groups);
  for (const Token::Group& group : groups) {
    answer.Set(place + offsetof(SID_AND_ATTRIBUTES, Attributes), group.attributes);
    answer.PutSid(place, group.sid);
    place += sizeof(SID_AND_ATTRIBUTES);
  }
}

/// A list of identifiers somewhere in the answer, with the pointer at `place` leading to it; their bytes with the attributes.
ULONG PutSidList(Answer& answer, SIZE_T place, const std::vector<Token::Group>& groups) {
  if (groups.empty()) return 0;
  ULONG length = 0;
  SIZE_T at = answer.Point(place, groups.size() * sizeof(SID_AND_ATTRIBUTES));
  for (const Token::Group& group : groups) {
    answer.Set(at + offsetof(SID_AND_ATTRIBUTES, Attributes), group.attributes);
    answer.PutSid(at, group.sid);
    at += sizeof(SID_AND_ATTRIBUTES);
    length += static_cast<ULONG>(sizeof(SID_AND_ATTRIBUTES)) + SidLength(group.sid.count);
  }
  return length;
}

void PutGroupsAndPrivileges(Answer& answer, const Token& token) {
  TOKEN_GROUPS_AND_PRIVILEGES all{};
  answer.Reserve(sizeof all);
  std::vector<Token::Group> sids = token.groups;
  sids.insert(sids.begin(), {token.user, 0});  // the user first
  all.SidCount = static_cast<ULONG>(sids.size());
  all.RestrictedSidCount = static_cast<ULONG>(token.restricted.size());
  all.PrivilegeCount = static_cast<ULONG>(token.privileges.size());
  all.PrivilegeLength = all.PrivilegeCount * static_cast<ULONG>(sizeof(LUID_AND_ATTRIBUTES));
  all.AuthenticationId = token.authentication_id;
  answer.Set(0, all);
  answer.Set(offsetof(TOKEN_GROUPS_AND_PRIVILEGES, SidLength), PutSidList(answer, offsetof(TOKEN_GROUPS_AND_PRIVILEGES, Sids), sids));
  answer.Set(offsetof(TOKEN_GROUPS_AND_PRIVILEGES, RestrictedSidLength),
             PutSidList(answer, offsetof(TOKEN_GROUPS_AND_PRIVILEGES, RestrictedSids), token.restricted));
  if (all.PrivilegeCount == 0) return;
  const SIZE_T at = answer.Point(offsetof(TOKEN_GROUPS_AND_PRIVILEGES, Privileges), all.PrivilegeLength);
  for (ULONG i = 0; i < all.PrivilegeCount; ++i) answer.Set(at + i * sizeof(LUID_AND_ATTRIBUTES), token.privileges[i]);
}

void PutDefaultDacl(Answer& answer, const Token& token) {
  answer.Reserve(sizeof(TOKEN_DEFAULT_DACL));
  if (token.default_dacl.empty()) return;
  const SIZE_T at = answer.Point(0, token.default_dacl.size());
  for (SIZE_T i = 0; i < token.default_dacl.size(); ++i) answer.Set(at + i, token.default_dacl[i]);
}

/// The group that the logon made, which all of its processes have.
bool PutLogonSid(Answer& answer, const Token& token) {
  std::vector<Token::Group> logon;
  for (const Token::Group& group : token.groups) {
    if ((group.attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID) logon.push_back(group);
  }
  PutGroups(answer, logon);
  return !logon.empty();
}

void PutPrivileges(Answer& answer, const Token& token) {
  const ULONG count = static_cast<ULONG>(token.privileges.size());
  answer.Reserve(offsetof(TOKEN_PRIVILEGES, Privileges) + count * sizeof(LUID_AND_ATTRIBUTES));
  answer.Set(0, count);
  for (ULONG i = 0; i < count; ++i) {
    answer.Set(offsetof(TOKEN_PRIVILEGES, Privileges) + i * sizeof(LUID_AND_ATTRIBUTES), token.privileges[i]);
  }
}

TOKEN_STATISTICS StatisticsOf(const Token& token) {
  TOKEN_STATISTICS statistics{};
  statistics.TokenId = token.id;
  statistics.AuthenticationId = token.authentication_id;
  statistics.ExpirationTime.QuadPart = INT64_MAX;  // never
  statistics.TokenType = token.type;
  statistics.ImpersonationLevel = token.level;
  statistics.GroupCount = static_cast<ULONG>(token.groups.size());
  statistics.PrivilegeCount = static_cast<ULONG>(token.privileges.size());
  statistics.ModifiedId = token.modified_id;
  return statistics;
}

NTSTATUS Describe(const Token& token, TOKEN_INFORMATION_CLASS what, Answer& answer) {
  switch (what) {
    case TokenUser:
      PutOneSid(answer, sizeof(TOKEN_USER), token.user, 0);
      break;
    case TokenGroups:
      PutGroups(answer, token.groups);
      break;
    case TokenPrivileges:
      PutPrivileges(answer, token);
      break;
    case TokenOwner:
      PutOneSid(answer, sizeof(TOKEN_OWNER), token.owner, 0);
      break;
    case TokenPrimaryGroup:
      PutOneSid(answer, sizeof(TOKEN_PRIMARY_GROUP), token.primary_group, 0);
      break;
    case TokenType:
      answer.Put(token.type);
      break;
    case TokenImpersonationLevel:
      if (token.type != TokenImpersonation) return STATUS_INVALID_PARAMETER;
      answer.Put(token.level);
      break;
    case TokenStatistics:
      answer.Put(StatisticsOf(token));
      break;
    case TokenSessionId:
      answer.Put(token.session);
      break;
    case TokenElevationType:
      answer.Put(token.elevated ? TokenElevationTypeFull : token.limited ? TokenElevationTypeLimited : TokenElevationTypeDefault);
      break;
    case TokenElevation:
      answer.Put(TOKEN_ELEVATION{token.elevated || &token == Se().system});
      break;
    case TokenDefaultDacl:
      PutDefaultDacl(answer, token);
      break;
    case TokenSource:
      answer.Put(token.source);
      break;
    case TokenRestrictedSids:
      PutGroups(answer, token.restricted);
      break;
    case TokenGroupsAndPrivileges:
      PutGroupsAndPrivileges(answer, token);
      break;
    case TokenOrigin:
      answer.Put(token.origin);
      break;
    case TokenMandatoryPolicy:
      answer.Put(token.mandatory_policy);
      break;
    case TokenLogonSid:
      if (!PutLogonSid(answer, token)) return STATUS_NOT_FOUND;
      break;
    case TokenVirtualizationAllowed:
      answer.Put(ULONG{token.virtualization_allowed});
      break;
    case TokenVirtualizationEnabled:
      answer.Put(ULONG{token.virtualization_enabled});
      break;
    case TokenHasRestrictions:
      answer.Put(ULONG{token.filtered});
      break;
    case TokenUIAccess:
      answer.Put(ULONG{token.ui_access});
      break;
    case TokenSandBoxInert:
      answer.Put(ULONG{token.sandbox_inert});
      break;
    case TokenIsAppContainer:
      answer.Put(ULONG{0});
      break;
    case TokenIntegrityLevel:
      PutOneSid(answer, sizeof(TOKEN_MANDATORY_LABEL), token.integrity, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
      break;
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
  return STATUS_SUCCESS;
}

/// A handle to the other half of an administrator's logon. Who acts as a part of the system may use it, others look at it.
NTSTATUS OpenLinked(const Token& token, HANDLE* handle) {
  if (!token.elevated && !token.limited) return STATUS_NO_SUCH_LOGON_SESSION;
  Token* const linked = LinkedTo(token, SeSinglePrivilegeCheck({SE_TCB_PRIVILEGE, 0}, ke::PreviousMode()) != 0);
  if (linked == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const ULONG attributes = ke::PreviousMode() == KernelMode ? OBJ_KERNEL_HANDLE : 0;
  const NTSTATUS status = ObOpenObjectByPointer(linked, attributes, nullptr, TOKEN_ALL_ACCESS, Se().token_type, KernelMode, handle);
  ObfDereferenceObject(linked);
  return status;
}

NTSTATUS TellLinked(const Token& token, PVOID to, ULONG room, PULONG length) {
  NTSTATUS status = Store<ULONG>(length, sizeof(HANDLE));
  if (!NT_SUCCESS(status)) return status;
  if (room < sizeof(HANDLE)) return STATUS_BUFFER_TOO_SMALL;
  HANDLE handle = nullptr;
  status = OpenLinked(token, &handle);
  return NT_SUCCESS(status) ? Store(static_cast<HANDLE*>(to), handle) : status;
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;

extern "C" {

NTSTATUS SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID* TokenInformation) {
  Answer answer;
  const NTSTATUS status = Describe(*AsToken(Token), TokenInformationClass, answer);
  if (!NT_SUCCESS(status)) return status;
  // These are small enough to be handed out by value.
  if (TokenInformationClass == TokenSessionId || TokenInformationClass == TokenIntegrityLevel) {
    const ULONG value = TokenInformationClass == TokenSessionId ? AsToken(Token)->session : AsToken(Token)->integrity.parts[0];
    *reinterpret_cast<ULONG*>(TokenInformation) = value;
    return STATUS_SUCCESS;
  }
  PVOID const block = nt::ex::AllocatePool(PagedPool, answer.size(), kTag);
  if (block == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(block, answer.For(reinterpret_cast<ULONG_PTR>(block)), answer.size());
  *TokenInformation = block;
  return STATUS_SUCCESS;
}

NTSTATUS NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID TokenInformation,
                                 ULONG TokenInformationLength, PULONG ReturnLength) {
  const NTSTATUS probed = nt::mm::ProbeAnswer(TokenInformation, TokenInformationLength, ReturnLength);
  if (!NT_SUCCESS(probed)) return probed;
  PVOID token = nullptr;
  const ACCESS_MASK access = TokenInformationClass == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY;
  NTSTATUS status = ObReferenceObjectByHandle(TokenHandle, access, Se().token_type, ke::PreviousMode(), &token, nullptr);
  if (!NT_SUCCESS(status)) return status;
  if (TokenInformationClass == TokenLinkedToken) {
    status = TellLinked(*AsToken(token), TokenInformation, TokenInformationLength, ReturnLength);
    ObfDereferenceObject(token);
    return status;
  }
  Answer answer;
  status = Describe(*AsToken(token), TokenInformationClass, answer);
  ObfDereferenceObject(token);
  if (!NT_SUCCESS(status)) return status;
  status = Store(ReturnLength, answer.size());
  if (!NT_SUCCESS(status)) return status;
  if (TokenInformationLength < answer.size()) return STATUS_BUFFER_TOO_SMALL;
  return StoreBytes(TokenInformation, answer.For(reinterpret_cast<ULONG_PTR>(TokenInformation)), answer.size());
}

NTSTATUS NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle) {
  constexpr ACCESS_MASK kQueryLimited = 0x1000;  // PROCESS_QUERY_LIMITED_INFORMATION
  PVOID process = nullptr;
  POBJECT_TYPE const process_type = nt::ob::TypeOf(ke::CurrentProcess());
  NTSTATUS status = ObReferenceObjectByHandle(ProcessHandle, kQueryLimited, process_type, ke::PreviousMode(), &process, nullptr);
  if (!NT_SUCCESS(status)) return status;
  HANDLE handle = nullptr;
  status = ObOpenObjectByPointer(PrimaryTokenOf(static_cast<PEPROCESS>(process)), HandleAttributes, nullptr, DesiredAccess, Se().token_type,
                                 ke::PreviousMode(), &handle);
  ObfDereferenceObject(process);
  if (!NT_SUCCESS(status)) return status;
  status = Store(TokenHandle, handle);
  if (!NT_SUCCESS(status)) ObCloseHandle(handle, ke::PreviousMode());
  return status;
}

NTSTATUS NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle) {
  return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

}  // extern "C"
