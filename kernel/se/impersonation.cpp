// Threads that act for somebody else.
#include <utility>

#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "kernel/se/state.h"
#include "kernel/se/tokens.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::se {
namespace {

ke::Thread* ThreadOf(PETHREAD thread) { return static_cast<ke::Thread*>(thread); }

SECURITY_IMPERSONATION_LEVEL LevelOf(const ke::Thread* thread) {
  return static_cast<SECURITY_IMPERSONATION_LEVEL>(thread->host.impersonation_level);
}

void Forget(ke::Thread* thread) {
  PVOID const token = thread->host.client_token;
  thread->host.client_token = nullptr;
  if (token != nullptr) ObfDereferenceObject(token);
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;

extern "C" {

NTSTATUS PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                             SECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
  ke::Thread* const thread = ThreadOf(Thread);
  if (Token == nullptr) {
    Forget(thread);
    return STATUS_SUCCESS;
  }
  const nt::se::Token& client = *AsToken(Token);
  if (client.type == TokenImpersonation && client.level < ImpersonationLevel) ImpersonationLevel = client.level;
  ObfReferenceObject(Token);
  Forget(thread);
  thread->host.client_token = Token;
  thread->host.impersonation_level = static_cast<UCHAR>(ImpersonationLevel);
  thread->host.copy_on_open = CopyOnOpen != 0;
  thread->host.effective_only = EffectiveOnly != 0;
  return STATUS_SUCCESS;
}

VOID PsRevertToSelf() { Forget(ke::KiThread); }

VOID PsRevertThreadToSelf(PETHREAD Thread) { Forget(ThreadOf(Thread)); }

BOOLEAN PsIsThreadImpersonating(PETHREAD Thread) { return ThreadOf(Thread)->host.client_token != nullptr ? TRUE : FALSE; }

PACCESS_TOKEN PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                            SECURITY_IMPERSONATION_LEVEL* ImpersonationLevel) {
  ke::Thread* const thread = ThreadOf(Thread);
  PACCESS_TOKEN const token = thread->host.client_token;
  if (token == nullptr) return nullptr;
  ObfReferenceObject(token);
  *CopyOnOpen = thread->host.copy_on_open ? TRUE : FALSE;
  *EffectiveOnly = thread->host.effective_only ? TRUE : FALSE;
  *ImpersonationLevel = LevelOf(thread);
  return token;
}

VOID PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken) {
  if (ImpersonationToken != nullptr) ObfDereferenceObject(ImpersonationToken);
}

NTSTATUS PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token) {
  if (Token == nullptr) {
    Forget(ThreadOf(Thread));
    return STATUS_SUCCESS;
  }
  PVOID token = nullptr;
  NTSTATUS status = ObReferenceObjectByHandle(Token, TOKEN_IMPERSONATE, Se().token_type, ke::PreviousMode(), &token, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = AsToken(token)->type != TokenImpersonation ? STATUS_BAD_TOKEN_TYPE
                                                      : PsImpersonateClient(Thread, token, FALSE, FALSE, AsToken(token)->level);
  ObfDereferenceObject(token);
  return status;
}

NTSTATUS SeCreateClientSecurity(PETHREAD ClientThread, SECURITY_QUALITY_OF_SERVICE* ClientSecurityQos, BOOLEAN RemoteSession,
                                SECURITY_CLIENT_CONTEXT* ClientContext) {
  ke::Thread* const thread = ThreadOf(ClientThread);
  PACCESS_TOKEN token = thread->host.client_token;
  if (token != nullptr && LevelOf(thread) < ClientSecurityQos->ImpersonationLevel) return STATUS_BAD_IMPERSONATION_LEVEL;
  if (token == nullptr) token = PrimaryTokenOf(reinterpret_cast<PEPROCESS>(thread->Tcb.Process));
  *ClientContext = SECURITY_CLIENT_CONTEXT{};
  ClientContext->SecurityQos = *ClientSecurityQos;
  ClientContext->ServerIsRemote = RemoteSession;
  if (ClientSecurityQos->ContextTrackingMode != 0) {
    ObfReferenceObject(token);
  } else {
    token = Duplicate(*AsToken(token), TokenImpersonation, ClientSecurityQos->ImpersonationLevel);
    if (token == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  }
  ClientContext->ClientToken = token;
  ClientContext->DirectlyAccessClientToken = ClientSecurityQos->ContextTrackingMode;
  return STATUS_SUCCESS;
}

NTSTATUS SeImpersonateClientEx(SECURITY_CLIENT_CONTEXT* ClientContext, PETHREAD ServerThread) {
  const SECURITY_QUALITY_OF_SERVICE& quality = ClientContext->SecurityQos;
  const BOOLEAN effective =
      ClientContext->DirectlyAccessClientToken != 0 ? ClientContext->DirectAccessEffectiveOnly : quality.EffectiveOnly;
  return PsImpersonateClient(ServerThread != nullptr ? ServerThread : ke::KiThread, ClientContext->ClientToken, TRUE, effective,
                             quality.ImpersonationLevel);
}

VOID SeImpersonateClient(SECURITY_CLIENT_CONTEXT* ClientContext, PETHREAD ServerThread) {
  SeImpersonateClientEx(ClientContext, ServerThread);
}

/// Opening as oneself, the access is checked against the process's token, not the one that the thread acts with.
NTSTATUS NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes,
                             PHANDLE TokenHandle) {
  constexpr ACCESS_MASK kQueryLimited = 0x800;  // THREAD_QUERY_LIMITED_INFORMATION
  PVOID object = nullptr;
  POBJECT_TYPE const type = nt::ob::TypeOf(ke::KiThread);
  NTSTATUS status = ObReferenceObjectByHandle(ThreadHandle, kQueryLimited, type, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  auto* const thread = static_cast<ke::Thread*>(object);
  HANDLE handle = nullptr;
  if (thread->host.client_token == nullptr) {
    status = STATUS_NO_TOKEN;
  } else if (LevelOf(thread) == SecurityAnonymous) {
    status = STATUS_CANT_OPEN_ANONYMOUS;
  } else {
    PVOID const own = OpenAsSelf != 0 ? std::exchange(ke::KiThread->host.client_token, nullptr) : nullptr;
    PVOID const token = own != nullptr && thread == ke::KiThread ? own : thread->host.client_token;
    status = ObOpenObjectByPointer(token, HandleAttributes, nullptr, DesiredAccess, Se().token_type, ke::PreviousMode(), &handle);
    if (own != nullptr) ke::KiThread->host.client_token = own;
  }
  ObfDereferenceObject(object);
  if (!NT_SUCCESS(status)) return status;
  if (ke::PreviousMode() == KernelMode) {
    *TokenHandle = handle;
    return STATUS_SUCCESS;
  }
  status = nt::mm::WriteUser(TokenHandle, handle);
  if (!NT_SUCCESS(status)) ObCloseHandle(handle, UserMode);
  return status;
}

NTSTATUS NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle) {
  return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

}  // extern "C"
