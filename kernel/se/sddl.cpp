#include "kernel/se/sddl.h"

#include <cstring>

#include "kernel/se/descriptor.h"
#include "kernel/se/sddl_words.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

using namespace sddl;

/// Reads the text from left to right; the first mistake stays.
class Parser {
 public:
  explicit Parser(std::u16string_view text) : rest_(text) {}

  NTSTATUS Parse(Parts* parts) {
    while (good() && !rest_.empty()) {
      if (Take(u"O:")) {
        parts->owner = TakeSid();
      } else if (Take(u"G:")) {
        parts->group = TakeSid();
      } else if (Take(u"D:")) {
        parts->dacl = TakeList(&parts->control, SE_DACL_PRESENT, SE_DACL_PROTECTED, SE_DACL_AUTO_INHERITED, 0x100);
      } else if (Take(u"S:")) {
        parts->sacl = TakeList(&parts->control, SE_SACL_PRESENT, SE_SACL_PROTECTED, SE_SACL_AUTO_INHERITED, 0x200);
      } else {
        Fail(STATUS_INVALID_PARAMETER);
      }
    }
    return status_;
  }

 private:
  bool good() const { return status_ == STATUS_SUCCESS; }
  void Fail(NTSTATUS status) {
    if (good()) status_ = status;
  }

  static char16_t Upper(char16_t c) { return c >= u'a' && c <= u'z' ? static_cast<char16_t>(c - 32) : c; }

  bool Take(std::u16string_view word) {
    if (rest_.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (Upper(rest_[i]) != word[i]) return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }

  /// One of the words of a table, the next characters; null if none.
  template <class Entry, std::size_t count>
  const Entry* TakeWord(const Entry (&table)[count]) {
    for (const Entry& entry : table) {
      const std::u16string word(entry.name, entry.name + std::strlen(entry.name));
      if (Take(word)) return &entry;
    }
    return nullptr;
  }

  static int Digit(char16_t c) {
    if (c >= u'0' && c <= u'9') return c - u'0';
    const char16_t upper = Upper(c);
    return upper >= u'A' && upper <= u'F' ? upper - u'A' + 10 : 99;
  }

  ULONGLONG TakeNumber() {
    const int base = Take(u"0X") ? 16 : 10;
    if (rest_.empty() || Digit(rest_.front()) >= base) Fail(STATUS_INVALID_PARAMETER);
    ULONGLONG number = 0;
    for (; !rest_.empty() && Digit(rest_.front()) < base; rest_.remove_prefix(1)) {
      number = number * static_cast<ULONGLONG>(base) + static_cast<ULONGLONG>(Digit(rest_.front()));
      if (number >> 48 != 0) Fail(STATUS_INVALID_PARAMETER);
    }
    return number;
  }

  static Bytes MakeSid(ULONGLONG authority, const ULONG* parts, std::size_t count) {
    Bytes sid(SidLength(static_cast<UCHAR>(count)));
    sid[0] = SID_REVISION;
    sid[1] = static_cast<UCHAR>(count);
    for (int i = 0; i < 6; ++i) sid[static_cast<std::size_t>(7 - i)] = static_cast<UCHAR>(authority >> 8 * i);
    std::memcpy(sid.data() + 8, parts, count * sizeof(ULONG));
    return sid;
  }

  /// The accounts that every machine has in its own domain: that of the user's token.
  Bytes TakeLocalAccount() {
    ULONG last = 0;
    if (Take(u"LA")) last = 500;
    if (Take(u"LG")) last = 501;
    if (last == 0) {
      Fail(STATUS_INVALID_SID);
      return {};
    }
    ULONG parts[5];
    std::memcpy(parts, AsToken(UserToken())->primary_group.parts, sizeof parts);
    parts[4] = last;
    return MakeSid(5, parts, 5);
  }

  Bytes TakeSid() {
    if (!Take(u"S-1-")) {
      const Account* const account = TakeWord(kAccounts);
      return account != nullptr ? MakeSid(account->authority, account->parts, account->count) : TakeLocalAccount();
    }
    const ULONGLONG authority = TakeNumber();
    ULONG parts[SID_MAX_SUB_AUTHORITIES];
    std::size_t count = 0;
    while (good() && Take(u"-")) {
      const ULONGLONG part = TakeNumber();
      if (count == SID_MAX_SUB_AUTHORITIES || part >> 32 != 0) {
        Fail(STATUS_INVALID_SID);
        break;
      }
      parts[count++] = static_cast<ULONG>(part);
    }
    return MakeSid(authority, parts, count);
  }

  ULONG TakeRights() {
    if (!rest_.empty() && rest_.front() >= u'0' && rest_.front() <= u'9') return static_cast<ULONG>(TakeNumber());
    ULONG mask = 0;
    while (const Word* const right = TakeWord(kRights)) mask |= right->value;
    return mask;
  }

  void Expect(std::u16string_view word) {
    if (!Take(word)) Fail(STATUS_INVALID_PARAMETER);
  }

  /// "(type;flags;rights;object;inherited object;account)", of which the objects must be empty.
  void TakeEntry(Bytes* acl) {
    Expect(u"(");
    const Word* const type = TakeWord(kAceTypes);
    if (type == nullptr) return Fail(STATUS_INVALID_PARAMETER);
    Expect(u";");
    ULONG flags = 0;
    while (const Word* const flag = TakeWord(kAceFlags)) flags |= flag->value;
    Expect(u";");
    const ULONG rights = TakeRights();
    Expect(u";;;");
    const Bytes sid = TakeSid();
    Expect(u")");
    if (!good()) return;
    const std::size_t at = acl->size();
    acl->resize(at + offsetof(ACCESS_ALLOWED_ACE, SidStart) + sid.size());
    auto* const ace = reinterpret_cast<ACCESS_ALLOWED_ACE*>(acl->data() + at);
    ace->Header = {static_cast<UCHAR>(type->value), static_cast<UCHAR>(flags), static_cast<USHORT>(acl->size() - at)};
    ace->Mask = rights;
    std::memcpy(&ace->SidStart, sid.data(), sid.size());
  }

  Bytes TakeList(SECURITY_DESCRIPTOR_CONTROL* control, USHORT present, USHORT is_protected, USHORT inherited, USHORT inherit_required) {
    *control = static_cast<USHORT>(*control | present);
    if (Take(u"NO_ACCESS_CONTROL")) return {};
    for (;;) {
      USHORT flag = 0;
      if (Take(u"P")) flag = is_protected;
      if (flag == 0 && Take(u"AI")) flag = inherited;
      if (flag == 0 && Take(u"AR")) flag = inherit_required;
      if (flag == 0) break;
      *control = static_cast<USHORT>(*control | flag);
    }
    Bytes list(sizeof(ACL));
    USHORT count = 0;
    for (; good() && !rest_.empty() && rest_.front() == u'('; ++count) TakeEntry(&list);
    if (list.size() > 0xffff) Fail(STATUS_INVALID_PARAMETER);
    *reinterpret_cast<ACL*>(list.data()) = {ACL_REVISION, 0, static_cast<USHORT>(list.size()), count, 0};
    return list;
  }

  std::u16string_view rest_;
  NTSTATUS status_ = STATUS_SUCCESS;
};

}  // namespace

NTSTATUS DescriptorFromText(std::u16string_view text, PSECURITY_DESCRIPTOR* descriptor) {
  Parts parts{};
  const NTSTATUS status = Parser(text).Parse(&parts);
  if (!NT_SUCCESS(status)) return status;
  *descriptor = Pack(parts, PagedPool);
  return *descriptor != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace nt::se
