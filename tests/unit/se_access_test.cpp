// Access checks, privileges, tokens, and descriptors taken over from callers.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/se/se.h"
#include "nt/status.h"
#include "ringlet/machine.h"

namespace nt::se::test {
namespace {

constexpr GENERIC_MAPPING kMapping{0x20001, 0x20002, 0x20004, 0xf0007};

ULONG LengthOf(PSID sid) { return 8u + 4u * static_cast<SID*>(sid)->SubAuthorityCount; }

/// A list and an absolute descriptor with it.
class Descriptor {
 public:
  explicit Descriptor(PSID owner) {
    bytes_.resize(sizeof(ACL));
    descriptor_.Revision = SECURITY_DESCRIPTOR_REVISION;
    descriptor_.Control = SE_DACL_PRESENT;
    descriptor_.Owner = owner;
  }
  Descriptor& Add(UCHAR type, PSID sid, ACCESS_MASK mask, UCHAR flags = 0) {
    const auto size = static_cast<USHORT>(8 + LengthOf(sid));
    const SIZE_T at = bytes_.size();
    bytes_.resize(at + size);
    const ACE_HEADER header{type, flags, size};
    std::memcpy(&bytes_[at], &header, sizeof header);
    std::memcpy(&bytes_[at + 4], &mask, sizeof mask);
    std::memcpy(&bytes_[at + 8], sid, LengthOf(sid));
    ++count_;
    return *this;
  }
  PSECURITY_DESCRIPTOR get() {
    const ACL head{ACL_REVISION, 0, static_cast<USHORT>(bytes_.size()), count_, 0};
    std::memcpy(bytes_.data(), &head, sizeof head);
    descriptor_.Dacl = reinterpret_cast<PACL>(bytes_.data());
    return &descriptor_;
  }
  SECURITY_DESCRIPTOR& header() { return descriptor_; }
  std::vector<UCHAR>& acl() { return bytes_; }

 private:
  std::vector<UCHAR> bytes_;
  USHORT count_ = 0;
  SECURITY_DESCRIPTOR descriptor_{};
};

struct Verdict {
  NTSTATUS status;
  ACCESS_MASK granted;
  BOOLEAN allowed;
};

Verdict Check(PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK desired, PACCESS_TOKEN token, KPROCESSOR_MODE mode = UserMode,
              ACCESS_MASK before = 0, PPRIVILEGE_SET* privileges = nullptr) {
  SECURITY_SUBJECT_CONTEXT context{nullptr, SecurityAnonymous, token, nullptr};
  GENERIC_MAPPING mapping = kMapping;
  Verdict verdict{};
  verdict.allowed =
      SeAccessCheck(descriptor, &context, TRUE, desired, before, privileges, &mapping, mode, &verdict.granted, &verdict.status);
  EXPECT_EQ(verdict.allowed != FALSE, NT_SUCCESS(verdict.status));
  return verdict;
}

class SeAccess : public testing::Test {
 protected:
  template <class Work>
  void InMachine(Work work) {
    ASSERT_EQ(machine_.Call(work), ringlet::Outcome::Finished);
  }

 private:
  ringlet::Machine machine_;
};

TEST_F(SeAccess, KernelModeMayEverything) {
  InMachine([] {
    const Verdict plain = Check(nullptr, 0x5, UserToken(), KernelMode, 0x2);
    EXPECT_EQ(plain.granted, 0x7u);
    EXPECT_EQ(Check(nullptr, MAXIMUM_ALLOWED, UserToken(), KernelMode).granted, kMapping.GenericAll);
  });
}

TEST_F(SeAccess, NoDescriptorDeniesAndNullListAllows) {
  InMachine([] {
    EXPECT_EQ(Check(nullptr, 1, UserToken()).status, STATUS_ACCESS_DENIED);
    Descriptor everyone(WellKnown().SeLocalSystemSid);
    everyone.get();
    everyone.header().Dacl = nullptr;
    EXPECT_EQ(Check(&everyone.header(), GENERIC_ALL, UserToken()).granted, kMapping.GenericAll);
    Descriptor nobody(WellKnown().SeLocalSystemSid);
    EXPECT_EQ(Check(nobody.get(), 1, UserToken()).status, STATUS_ACCESS_DENIED);
  });
}

TEST_F(SeAccess, EarlierEntriesWin) {
  InMachine([] {
    const SE_EXPORTS& known = WellKnown();
    Descriptor deny_first(known.SeLocalSystemSid);
    deny_first.Add(ACCESS_DENIED_ACE_TYPE, known.SeWorldSid, 2).Add(ACCESS_ALLOWED_ACE_TYPE, known.SeAliasUsersSid, 7);
    EXPECT_EQ(Check(deny_first.get(), 3, UserToken()).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(Check(deny_first.get(), 5, UserToken()).granted, 5u);
    EXPECT_EQ(Check(deny_first.get(), MAXIMUM_ALLOWED, UserToken()).granted, 5u);
    Descriptor allow_first(known.SeLocalSystemSid);
    allow_first.Add(ACCESS_ALLOWED_ACE_TYPE, known.SeAliasUsersSid, 7).Add(ACCESS_DENIED_ACE_TYPE, known.SeWorldSid, 2);
    EXPECT_EQ(Check(allow_first.get(), 7, UserToken()).granted, 7u);
  });
}

TEST_F(SeAccess, RightsAddUpOverEntries) {
  InMachine([] {
    const SE_EXPORTS& known = WellKnown();
    Descriptor descriptor(known.SeLocalSystemSid);
    descriptor.Add(ACCESS_ALLOWED_ACE_TYPE, known.SeWorldSid, 1).Add(ACCESS_ALLOWED_ACE_TYPE, known.SeAliasAdminsSid, 2);
    EXPECT_EQ(Check(descriptor.get(), 3, UserToken()).granted, 3u);
    EXPECT_EQ(Check(descriptor.get(), 7, UserToken()).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(Check(descriptor.get(), 7, UserToken()).granted, 0u);
  });
}

TEST_F(SeAccess, OtherSidsAndInheritOnlyEntriesDoNotCount) {
  InMachine([] {
    const SE_EXPORTS& known = WellKnown();
    Descriptor descriptor(known.SeLocalSystemSid);
    descriptor.Add(ACCESS_ALLOWED_ACE_TYPE, known.SeAliasGuestsSid, 7).Add(ACCESS_ALLOWED_ACE_TYPE, known.SeWorldSid, 7, INHERIT_ONLY_ACE);
    EXPECT_EQ(Check(descriptor.get(), 1, UserToken()).status, STATUS_ACCESS_DENIED);
  });
}

TEST_F(SeAccess, OwnersMayReadAndChangeTheList) {
  InMachine([] {
    const SE_EXPORTS& known = WellKnown();
    Descriptor own(known.SeAliasAdminsSid);
    EXPECT_EQ(Check(own.get(), READ_CONTROL | WRITE_DAC, UserToken()).status, STATUS_SUCCESS);
    own.Add(ACCESS_ALLOWED_ACE_TYPE, known.SeOwnerRightsSid, READ_CONTROL);
    EXPECT_EQ(Check(own.get(), READ_CONTROL, UserToken()).status, STATUS_SUCCESS);
    EXPECT_EQ(Check(own.get(), WRITE_DAC, UserToken()).status, STATUS_ACCESS_DENIED);
  });
}

TEST_F(SeAccess, PrivilegesGiveWhatTheListDoesNot) {
  InMachine([] {
    Descriptor nobody(WellKnown().SeNullSid);
    EXPECT_EQ(Check(nobody.get(), ACCESS_SYSTEM_SECURITY, UserToken()).status, STATUS_PRIVILEGE_NOT_HELD);
    PPRIVILEGE_SET used = nullptr;
    const Verdict verdict = Check(nobody.get(), ACCESS_SYSTEM_SECURITY | WRITE_OWNER, SystemToken(), UserMode, 0, &used);
    EXPECT_EQ(verdict.granted, ACCESS_SYSTEM_SECURITY | WRITE_OWNER);
    ASSERT_NE(used, nullptr);
    EXPECT_EQ(used->PrivilegeCount, 2u);
    EXPECT_EQ(used->Privilege[0].Luid.LowPart, SE_SECURITY_PRIVILEGE);
    EXPECT_EQ(used->Privilege[1].Luid.LowPart, SE_TAKE_OWNERSHIP_PRIVILEGE);
    SeFreePrivileges(used);
  });
}

TEST_F(SeAccess, NothingAskedForIsWhatWasGrantedBefore) {
  InMachine([] {
    Descriptor nobody(WellKnown().SeNullSid);
    EXPECT_EQ(Check(nobody.get(), 0, UserToken()).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(Check(nobody.get(), 0, UserToken(), UserMode, 4).granted, 4u);
  });
}

TEST_F(SeAccess, WeakImpersonationIsRefused) {
  InMachine([] {
    SECURITY_SUBJECT_CONTEXT context{UserToken(), SecurityIdentification, SystemToken(), nullptr};
    GENERIC_MAPPING mapping = kMapping;
    ACCESS_MASK granted = 0;
    NTSTATUS status = STATUS_SUCCESS;
    Descriptor nobody(WellKnown().SeNullSid);
    EXPECT_FALSE(SeAccessCheck(nobody.get(), &context, TRUE, 1, 0, nullptr, &mapping, UserMode, &granted, &status));
    EXPECT_EQ(status, STATUS_BAD_IMPERSONATION_LEVEL);
  });
}

TEST_F(SeAccess, PrivilegeChecks) {
  InMachine([] {
    EXPECT_TRUE(SeSinglePrivilegeCheck({SE_DEBUG_PRIVILEGE, 0}, KernelMode));
    EXPECT_TRUE(SeSinglePrivilegeCheck({SE_DEBUG_PRIVILEGE, 0}, UserMode));  // the System process
    EXPECT_FALSE(SeSinglePrivilegeCheck({99, 0}, UserMode));
    SECURITY_SUBJECT_CONTEXT user{nullptr, SecurityAnonymous, UserToken(), nullptr};
    PRIVILEGE_SET load_driver{1, PRIVILEGE_SET_ALL_NECESSARY, {{{SE_LOAD_DRIVER_PRIVILEGE, 0}, 0}}};
    EXPECT_FALSE(SePrivilegeCheck(&load_driver, &user, UserMode));  // held, but not enabled
    PRIVILEGE_SET change_notify{1, 0, {{{SE_CHANGE_NOTIFY_PRIVILEGE, 0}, 0}}};
    EXPECT_TRUE(SePrivilegeCheck(&change_notify, &user, UserMode));
    EXPECT_EQ(change_notify.Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
  });
}

TEST_F(SeAccess, SubjectContextHoldsTheToken) {
  InMachine([] {
    SECURITY_SUBJECT_CONTEXT context;
    const LONGLONG before = ob::HeaderOf(SystemToken())->PointerCount;
    SeCaptureSubjectContext(&context);
    EXPECT_EQ(context.PrimaryToken, SystemToken());
    EXPECT_EQ(context.ClientToken, nullptr);
    EXPECT_EQ(ob::HeaderOf(SystemToken())->PointerCount, before + 1);
    SeReleaseSubjectContext(&context);
    EXPECT_EQ(ob::HeaderOf(SystemToken())->PointerCount, before);
  });
}

TEST_F(SeAccess, CapturedDescriptorsAreSelfRelativeCopies) {
  InMachine([] {
    Descriptor original(WellKnown().SeAliasAdminsSid);
    original.Add(ACCESS_ALLOWED_ACE_TYPE, WellKnown().SeWorldSid, 7);
    PSECURITY_DESCRIPTOR copy = nullptr;
    ASSERT_EQ(SeCaptureSecurityDescriptor(original.get(), KernelMode, PagedPool, FALSE, &copy), STATUS_SUCCESS);
    EXPECT_EQ(copy, original.get());
    SeReleaseSecurityDescriptor(copy, KernelMode, FALSE);
    ASSERT_EQ(SeCaptureSecurityDescriptor(original.get(), KernelMode, PagedPool, TRUE, &copy), STATUS_SUCCESS);
    const auto* const relative = static_cast<SECURITY_DESCRIPTOR_RELATIVE*>(copy);
    EXPECT_EQ(relative->Control, SE_DACL_PRESENT | SE_SELF_RELATIVE);
    EXPECT_EQ(relative->Group, 0u);
    EXPECT_EQ(Check(copy, 7, UserToken()).granted, 7u);
    PSECURITY_DESCRIPTOR again = nullptr;
    ASSERT_EQ(SeCaptureSecurityDescriptor(copy, KernelMode, PagedPool, TRUE, &again), STATUS_SUCCESS);
    EXPECT_EQ(Check(again, 7, UserToken()).granted, 7u);
    SeReleaseSecurityDescriptor(again, KernelMode, TRUE);
    SeReleaseSecurityDescriptor(copy, KernelMode, TRUE);
    ASSERT_EQ(SeCaptureSecurityDescriptor(nullptr, UserMode, PagedPool, TRUE, &copy), STATUS_SUCCESS);
    EXPECT_EQ(copy, nullptr);
  });
}

TEST_F(SeAccess, BrokenDescriptorsAreNotCaptured) {
  InMachine([] {
    const auto capture = [](PSECURITY_DESCRIPTOR descriptor) {
      PSECURITY_DESCRIPTOR copy = nullptr;
      return SeCaptureSecurityDescriptor(descriptor, KernelMode, PagedPool, TRUE, &copy);
    };
    Descriptor revision(WellKnown().SeWorldSid);
    revision.header().Revision = 2;
    EXPECT_EQ(capture(revision.get()), STATUS_UNKNOWN_REVISION);
    SID bad_sid{2, 1, {{0, 0, 0, 0, 0, 1}}, {0}};
    Descriptor owner(&bad_sid);
    EXPECT_EQ(capture(owner.get()), STATUS_INVALID_SID);
    Descriptor entry(WellKnown().SeWorldSid);
    entry.Add(ACCESS_ALLOWED_ACE_TYPE, WellKnown().SeWorldSid, 1);
    entry.get();
    reinterpret_cast<ACE_HEADER*>(&entry.acl()[sizeof(ACL)])->AceSize = 0xfffc;
    EXPECT_EQ(capture(&entry.header()), STATUS_INVALID_ACL);
    reinterpret_cast<ACE_HEADER*>(&entry.acl()[sizeof(ACL)])->AceSize = 8;  // no room for its identifier
    EXPECT_EQ(capture(&entry.header()), STATUS_INVALID_ACL);
    reinterpret_cast<PACL>(entry.acl().data())->AclSize = 4;
    EXPECT_EQ(capture(&entry.header()), STATUS_INVALID_ACL);
  });
}

TEST_F(SeAccess, TokensTellAboutThemselves) {
  InMachine([] {
    HANDLE handle = nullptr;
    ASSERT_EQ(NtOpenProcessToken(reinterpret_cast<HANDLE>(~ULONG_PTR{0}), TOKEN_QUERY, &handle), STATUS_SUCCESS);
    alignas(8) UCHAR buffer[512];
    ULONG length = 0;
    EXPECT_EQ(NtQueryInformationToken(handle, TokenUser, buffer, 4, &length), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(length, sizeof(TOKEN_USER) + 12);
    ASSERT_EQ(NtQueryInformationToken(handle, TokenUser, buffer, length, &length), STATUS_SUCCESS);
    const PSID user = reinterpret_cast<TOKEN_USER*>(buffer)->User.Sid;
    EXPECT_EQ(user, buffer + sizeof(TOKEN_USER));
    EXPECT_EQ(std::memcmp(user, WellKnown().SeLocalSystemSid, 12), 0);
    EXPECT_EQ(NtQueryInformationToken(handle, TokenLinkedToken, buffer, sizeof buffer, &length), STATUS_NO_SUCH_LOGON_SESSION);
    ASSERT_EQ(NtQueryInformationToken(handle, TokenGroups, buffer, sizeof buffer, &length), STATUS_SUCCESS);
    const auto* const groups = reinterpret_cast<TOKEN_GROUPS*>(buffer);
    EXPECT_EQ(groups->GroupCount, 3u);
    EXPECT_EQ(std::memcmp(groups->Groups[1].Sid, WellKnown().SeWorldSid, 12), 0);
    ObCloseHandle(handle, KernelMode);

    PVOID information = nullptr;
    ASSERT_EQ(SeQueryInformationToken(UserToken(), TokenElevation, &information), STATUS_SUCCESS);
    EXPECT_EQ(static_cast<TOKEN_ELEVATION*>(information)->TokenIsElevated, 1u);
    ex::FreePool(information);
    ASSERT_EQ(SeQueryInformationToken(UserToken(), TokenIntegrityLevel, &information), STATUS_SUCCESS);
    EXPECT_EQ(static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(information)), SECURITY_MANDATORY_HIGH_RID);
    EXPECT_TRUE(SeTokenIsAdmin(UserToken()));
  });
}

}  // namespace
}  // namespace nt::se::test
