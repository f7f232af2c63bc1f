// Threads that act for somebody else, as drivers let them.
#include "ktest.h"

extern "C" {
NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread);
}

namespace {

SECURITY_QUALITY_OF_SERVICE Quality(SECURITY_IMPERSONATION_LEVEL level) {
  return {sizeof(SECURITY_QUALITY_OF_SERVICE), level, SECURITY_STATIC_TRACKING, FALSE};
}

}  // namespace

KTEST(ImpersonateAndRevert) {
  PACCESS_TOKEN const own = PsReferencePrimaryToken(PsGetCurrentProcess());
  BOOLEAN copy = FALSE, effective = FALSE;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
  EXPECT(PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level) == nullptr);
  EXPECT(!PsIsThreadImpersonating(PsGetCurrentThread()));
  EXPECT_EQ(PsImpersonateClient(PsGetCurrentThread(), own, TRUE, FALSE, SecurityIdentification), STATUS_SUCCESS);
  EXPECT(PsIsThreadImpersonating(PsGetCurrentThread()));
  PACCESS_TOKEN const token = PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);
  EXPECT(token == own);
  EXPECT(copy && !effective);
  EXPECT_EQ(level, SecurityIdentification);
  PsDereferenceImpersonationToken(token);
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  EXPECT(subject.ClientToken == own);
  EXPECT_EQ(subject.ImpersonationLevel, SecurityIdentification);
  SeReleaseSubjectContext(&subject);
  PsRevertToSelf();
  EXPECT(!PsIsThreadImpersonating(PsGetCurrentThread()));
  PsDereferencePrimaryToken(own);
}

KTEST(ClientSecurity) {
  SECURITY_QUALITY_OF_SERVICE quality = Quality(SecurityImpersonation);
  SECURITY_CLIENT_CONTEXT context;
  EXPECT_EQ(SeCreateClientSecurity(PsGetCurrentThread(), &quality, FALSE, &context), STATUS_SUCCESS);
  EXPECT_EQ(SeTokenType(context.ClientToken), TokenImpersonation);
  EXPECT_EQ(SeImpersonateClientEx(&context, nullptr), STATUS_SUCCESS);
  EXPECT(PsIsThreadImpersonating(PsGetCurrentThread()));
  // What impersonates a client cannot hand more on than it has.
  SECURITY_CLIENT_CONTEXT higher;
  quality = Quality(SecurityDelegation);
  EXPECT_EQ(SeCreateClientSecurity(PsGetCurrentThread(), &quality, FALSE, &higher), STATUS_BAD_IMPERSONATION_LEVEL);
  PsRevertToSelf();
  SeDeleteClientSecurity(&context);
  EXPECT(!PsIsThreadImpersonating(PsGetCurrentThread()));
}

KTEST(EndOfAnImpersonatingThread) {
  PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess());
  ktest::Thread thread(
      +[](void* token) { PsImpersonateClient(PsGetCurrentThread(), token, FALSE, FALSE, SecurityImpersonation); }, static_cast<void*>(own));
  thread.Join();
  PsDereferencePrimaryToken(own);
}
