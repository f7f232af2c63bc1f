// Security descriptors as text, with the words that Windows uses.
#include <cstdio>
#include <cstring>

#include "kernel/se/descriptor.h"
#include "kernel/se/sddl.h"
#include "kernel/se/sddl_words.h"
#include "kernel/se/state.h"

namespace nt::se {
namespace {

using namespace sddl;

constexpr std::size_t kPolicies = 3;

ULONGLONG AuthorityOf(const SID* sid) {
  ULONGLONG authority = 0;
  for (const UCHAR byte : sid->IdentifierAuthority.Value) authority = authority << 8 | byte;
  return authority;
}

bool Is(const SID* sid, const Account& account) {
  return AuthorityOf(sid) == account.authority && sid->SubAuthorityCount == account.count &&
         std::memcmp(sid->SubAuthority, account.parts, account.count * sizeof(ULONG)) == 0;
}

std::string TextOf(const SID* sid) {
  for (const Account& account : kAccounts) {
    if (Is(sid, account)) return account.name;
  }
  std::string text = "S-1-" + std::to_string(AuthorityOf(sid));
  for (UCHAR i = 0; i < sid->SubAuthorityCount; ++i) text += "-" + std::to_string(sid->SubAuthority[i]);
  return text;
}

/// The word for exactly these rights, or null. The table's last three are labels' policies.
const char* WordFor(ULONG rights) {
  for (std::size_t i = 0; i < std::size(kRights) - kPolicies; ++i) {
    if (kRights[i].value == rights) return kRights[i].name;
  }
  return nullptr;
}

/// A word for all of the mask, a word for each of its bits, or a number if a bit has none.
std::string RightsText(ULONG mask) {
  if (const char* const word = WordFor(mask)) return word;
  std::string text;
  for (ULONG bit = 1; bit != 0; bit <<= 1) {
    if ((mask & bit) == 0) continue;
    const char* const word = WordFor(bit);
    if (word == nullptr) {
      char number[16];
      std::snprintf(number, sizeof number, "0x%x", mask);
      return number;
    }
    text += word;
  }
  return text;
}

std::string LabelText(ULONG mask) {
  std::string text;
  for (std::size_t i = std::size(kRights) - kPolicies; i < std::size(kRights); ++i) {
    if ((mask & kRights[i].value) != 0) text += kRights[i].name;
  }
  return text;
}

std::string TextOf(const ACE_HEADER* ace) {
  std::string text = "(";
  for (const Word& type : kAceTypes) {
    if (type.value == ace->AceType) text += type.name;
  }
  text += ";";
  for (const Word& flag : kAceFlags) {
    if ((ace->AceFlags & flag.value) != 0) text += flag.name;
  }
  const ULONG mask = reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace)->Mask;
  text += ";" + (ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE ? LabelText(mask) : RightsText(mask));
  return text + ";;;" + TextOf(SidOf(ace)) + ")";
}

std::string ListText(const char* kind, const ACL* list, bool is_protected, bool inherited) {
  std::string text = kind;
  if (list == nullptr) return text + "NO_ACCESS_CONTROL";
  if (is_protected) text += "P";
  if (inherited) text += "AI";
  for (const ACE_HEADER* ace : AceRange(list)) text += TextOf(ace);
  return text;
}

}  // namespace

std::string TextOfDescriptor(PSECURITY_DESCRIPTOR descriptor) {
  const Descriptor parts = DescriptorOf(descriptor);
  const auto has = [&](SECURITY_DESCRIPTOR_CONTROL flag) { return (parts.control & flag) != 0; };
  std::string text;
  if (parts.owner != nullptr) text += "O:" + TextOf(parts.owner);
  if (parts.group != nullptr) text += "G:" + TextOf(parts.group);
  if (has(SE_DACL_PRESENT)) text += ListText("D:", parts.dacl, has(SE_DACL_PROTECTED), has(SE_DACL_AUTO_INHERITED));
  if (has(SE_SACL_PRESENT)) text += ListText("S:", parts.sacl, has(SE_SACL_PROTECTED), has(SE_SACL_AUTO_INHERITED));
  return text;
}

}  // namespace nt::se
