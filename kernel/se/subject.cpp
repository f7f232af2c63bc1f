// Subjects: the tokens an access check looks at, and the privileges they hold.
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/se/state.h"

namespace nt::se {

const Token* EffectiveToken(const SECURITY_SUBJECT_CONTEXT& context) {
  return AsToken(context.ClientToken != nullptr ? context.ClientToken : context.PrimaryToken);
}

}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;

extern "C" {

VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
  PEPROCESS const process = ke::CurrentProcess();
  ke::ThreadHost& host = ke::KiThread->host;
  if (host.client_token != nullptr) ObfReferenceObject(host.client_token);
  const auto level = static_cast<SECURITY_IMPERSONATION_LEVEL>(host.impersonation_level);
  *SubjectContext = {host.client_token, level, PsReferencePrimaryToken(process), process->UniqueProcessId};
}

/// Host code is not preempted, so there is nothing to hold off.
VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT /*SubjectContext*/) {}
VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT /*SubjectContext*/) {}

VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
  if (SubjectContext->PrimaryToken != nullptr) ObfDereferenceObject(SubjectContext->PrimaryToken);
  if (SubjectContext->ClientToken != nullptr) ObfDereferenceObject(SubjectContext->ClientToken);
  SubjectContext->PrimaryToken = nullptr;
  SubjectContext->ClientToken = nullptr;
}

BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectContext, KPROCESSOR_MODE AccessMode) {
  if (AccessMode == KernelMode) return TRUE;
  if (SubjectContext->ClientToken != nullptr && SubjectContext->ImpersonationLevel < SecurityImpersonation) return FALSE;
  const Token* const token = EffectiveToken(*SubjectContext);
  ULONG held = 0;
  for (ULONG i = 0; i < RequiredPrivileges->PrivilegeCount; ++i) {
    LUID_AND_ATTRIBUTES& wanted = RequiredPrivileges->Privilege[i];
    if (!token->Enabled(wanted.Luid)) continue;
    wanted.Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
    ++held;
  }
  const bool all = (RequiredPrivileges->Control & PRIVILEGE_SET_ALL_NECESSARY) != 0;
  return (all ? held == RequiredPrivileges->PrivilegeCount : held != 0) ? TRUE : FALSE;
}

BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode) {
  SECURITY_SUBJECT_CONTEXT context;
  SeCaptureSubjectContext(&context);
  PRIVILEGE_SET wanted{1, PRIVILEGE_SET_ALL_NECESSARY, {{PrivilegeValue, 0}}};
  const BOOLEAN held = SePrivilegeCheck(&wanted, &context, PreviousMode);
  SeReleaseSubjectContext(&context);
  return held;
}

}  // extern "C"
