// Extra create parameters: what filters and callers add to a create request, each of a type that a GUID names.
#include "kernel/fsrtl/ecp.h"

#include <cstring>
#include <new>

#include "kernel/ex/ex.h"
#include "kernel/io/file_extension.h"
#include "kernel/ke/ke.h"
#include "nt/fsrtl_oplock.h"
#include "nt/status.h"

using PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK = VOID (*)(PVOID EcpContext, const GUID* EcpType);

/// A list of them; opaque to drivers.
struct ECP_LIST {
  LIST_ENTRY parameters;
};
using PECP_LIST = ECP_LIST*;

namespace nt::fsrtl {

using io::FileExtension;
using io::MakeExtension;

namespace {

constexpr ULONG kListTag = 'LcpE';
constexpr ULONG kChargeQuota = 1, kNonPagedPool = 2;
constexpr GUID kOplockKeyType = {0x48850596, 0x3050, 0x4be7, {0x98, 0x63, 0xfe, 0xc3, 0x50, 0xce, 0x8d, 0x7f}};

/// What lies before a context.
struct alignas(16) Parameter {
  LIST_ENTRY links;  ///< to itself while in no list
  GUID type;
  PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK cleanup;
  GENERAL_LOOKASIDE* lookaside;  ///< it goes back there; null: to pool
  ULONG size;                    ///< of the context
  bool acknowledged;
};

Parameter* ParameterOf(PVOID context) { return static_cast<Parameter*>(context) - 1; }
Parameter* ParameterAt(LIST_ENTRY* links) { return CONTAINING_RECORD(links, Parameter, links); }

void Initialize(Parameter* parameter, const GUID* type, ULONG size, PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK cleanup,
                GENERAL_LOOKASIDE* lookaside) {
  std::memset(static_cast<void*>(parameter), 0, sizeof(Parameter) + size);
  parameter->links.Flink = parameter->links.Blink = &parameter->links;
  parameter->type = *type;
  parameter->cleanup = cleanup;
  parameter->lookaside = lookaside;
  parameter->size = size;
}

void Unlink(Parameter* parameter) {
  parameter->links.Blink->Flink = parameter->links.Flink;
  parameter->links.Flink->Blink = parameter->links.Blink;
  parameter->links.Flink = parameter->links.Blink = &parameter->links;
}

Parameter* Find(PECP_LIST list, const GUID* type) {
  for (LIST_ENTRY* links = list->parameters.Flink; links != &list->parameters; links = links->Flink) {
    if (std::memcmp(&ParameterAt(links)->type, type, sizeof *type) == 0) return ParameterAt(links);
  }
  return nullptr;
}

bool Contains(PECP_LIST list, const Parameter* parameter) {
  for (LIST_ENTRY* links = list->parameters.Flink; links != &list->parameters; links = links->Flink) {
    if (ParameterAt(links) == parameter) return true;
  }
  return false;
}

Parameter* AllocateFrom(GENERAL_LOOKASIDE& list) {
  ++list.TotalAllocates;
  if (PSLIST_ENTRY const entry = ExpInterlockedPopEntrySList(&list.ListHead)) return reinterpret_cast<Parameter*>(entry);
  ++list.AllocateMisses;
  return static_cast<Parameter*>(ke::Callout<PVOID>(list.Allocate, list.Type, list.Size, list.Tag));
}

void FreeTo(GENERAL_LOOKASIDE& list, Parameter* parameter) {
  ++list.TotalFrees;
  if (ExQueryDepthSList(&list.ListHead) < list.Depth) {
    ExpInterlockedPushEntrySList(&list.ListHead, reinterpret_cast<PSLIST_ENTRY>(parameter));
    return;
  }
  ++list.FreeMisses;
  ke::Callout<void>(list.Free, parameter);
}

void Describe(Parameter* parameter, PVOID* context, ULONG* size) {
  if (context != nullptr) *context = parameter != nullptr ? parameter + 1 : nullptr;
  if (size != nullptr) *size = parameter != nullptr ? parameter->size : 0;
}

PVOID AllocatePool(ULONG flags, bool paged, SIZE_T size, ULONG tag) {
  const POOL_TYPE type = paged ? PagedPool : NonPagedPoolNx;
  if ((flags & kChargeQuota) == 0) return ExAllocatePoolWithTag(type, size, tag);
  return ExAllocatePoolWithQuotaTag(static_cast<POOL_TYPE>(type | 8), size, tag);  // POOL_QUOTA_FAIL_INSTEAD_OF_RAISE
}

}  // namespace

NTSTATUS TakeOplockKey(PIRP irp, PFILE_OBJECT file) {
  auto* const list = reinterpret_cast<PECP_LIST>(irp->Tail.Overlay.AuxiliaryBuffer);
  Parameter* const parameter = list != nullptr && file != nullptr ? Find(list, &kOplockKeyType) : nullptr;
  if (parameter == nullptr) return STATUS_SUCCESS;
  if (parameter->size < sizeof(OPLOCK_KEY_ECP_CONTEXT)) return STATUS_INVALID_PARAMETER;
  FileExtension* const extension = MakeExtension(file);
  if (extension == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  extension->has_oplock_key = true;
  extension->oplock_key = reinterpret_cast<const OPLOCK_KEY_ECP_CONTEXT*>(parameter + 1)->OplockKey;
  parameter->acknowledged = true;
  return STATUS_SUCCESS;
}

}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

NTSTATUS FsRtlAllocateExtraCreateParameterList(ULONG Flags, PECP_LIST* EcpList) {
  *EcpList = static_cast<PECP_LIST>(AllocatePool(Flags, true, sizeof(ECP_LIST), kListTag));
  if (*EcpList == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  (*EcpList)->parameters.Flink = (*EcpList)->parameters.Blink = &(*EcpList)->parameters;
  return STATUS_SUCCESS;
}

NTSTATUS FsRtlAllocateExtraCreateParameter(const GUID* EcpType, ULONG SizeOfContext, ULONG Flags,
                                           PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, ULONG PoolTag,
                                           PVOID* EcpContext) {
  *EcpContext = nullptr;
  if (SizeOfContext > 0xffff'ffff - sizeof(Parameter)) return STATUS_INTEGER_OVERFLOW;
  auto* const parameter =
      static_cast<Parameter*>(AllocatePool(Flags, (Flags & kNonPagedPool) == 0, sizeof(Parameter) + SizeOfContext, PoolTag));
  if (parameter == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Initialize(parameter, EcpType, SizeOfContext, CleanupCallback, nullptr);
  *EcpContext = parameter + 1;
  return STATUS_SUCCESS;
}

VOID FsRtlInitExtraCreateParameterLookasideList(PVOID Lookaside, ULONG Flags, SIZE_T Size, ULONG Tag) {
  if ((Flags & kNonPagedPool) != 0) {
    ExInitializeNPagedLookasideList(static_cast<PNPAGED_LOOKASIDE_LIST>(Lookaside), nullptr, nullptr, POOL_NX_ALLOCATION,
                                    sizeof(Parameter) + Size, Tag, 0);
  } else {
    ExInitializePagedLookasideList(static_cast<PPAGED_LOOKASIDE_LIST>(Lookaside), nullptr, nullptr, 0, sizeof(Parameter) + Size, Tag, 0);
  }
}

VOID FsRtlDeleteExtraCreateParameterLookasideList(PVOID Lookaside, ULONG Flags) {
  if ((Flags & kNonPagedPool) != 0) {
    ExDeleteNPagedLookasideList(static_cast<PNPAGED_LOOKASIDE_LIST>(Lookaside));
  } else {
    ExDeletePagedLookasideList(static_cast<PPAGED_LOOKASIDE_LIST>(Lookaside));
  }
}

NTSTATUS FsRtlAllocateExtraCreateParameterFromLookasideList(const GUID* EcpType, ULONG SizeOfContext, ULONG /*Flags*/,
                                                            PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback,
                                                            PVOID LookasideList, PVOID* EcpContext) {
  auto* const list = static_cast<GENERAL_LOOKASIDE*>(LookasideList);
  *EcpContext = nullptr;
  if (SizeOfContext > list->Size - sizeof(Parameter)) return STATUS_INVALID_PARAMETER;
  Parameter* const parameter = AllocateFrom(*list);
  if (parameter == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Initialize(parameter, EcpType, SizeOfContext, CleanupCallback, list);
  *EcpContext = parameter + 1;
  return STATUS_SUCCESS;
}

VOID FsRtlFreeExtraCreateParameter(PVOID EcpContext) {
  Parameter* const parameter = ParameterOf(EcpContext);
  if (parameter->cleanup != nullptr) {
    const GUID type = parameter->type;
    ke::Callout<void>(parameter->cleanup, EcpContext, &type);
  }
  if (parameter->lookaside != nullptr) {
    FreeTo(*parameter->lookaside, parameter);
  } else {
    ex::FreePool(parameter);
  }
}

VOID FsRtlFreeExtraCreateParameterList(PECP_LIST EcpList) {
  while (EcpList->parameters.Flink != &EcpList->parameters) {
    Parameter* const parameter = ParameterAt(EcpList->parameters.Flink);
    Unlink(parameter);
    FsRtlFreeExtraCreateParameter(parameter + 1);
  }
  ex::FreePool(EcpList);
}

NTSTATUS FsRtlInsertExtraCreateParameter(PECP_LIST EcpList, PVOID EcpContext) {
  Parameter* const parameter = ParameterOf(EcpContext);
  if (Find(EcpList, &parameter->type) != nullptr) return STATUS_INVALID_PARAMETER;
  parameter->links = {&EcpList->parameters, EcpList->parameters.Blink};
  EcpList->parameters.Blink->Flink = &parameter->links;
  EcpList->parameters.Blink = &parameter->links;
  return STATUS_SUCCESS;
}

NTSTATUS FsRtlFindExtraCreateParameter(PECP_LIST EcpList, const GUID* EcpType, PVOID* EcpContext, ULONG* EcpContextSize) {
  Parameter* const parameter = Find(EcpList, EcpType);
  Describe(parameter, EcpContext, EcpContextSize);
  return parameter != nullptr ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NTSTATUS FsRtlRemoveExtraCreateParameter(PECP_LIST EcpList, const GUID* EcpType, PVOID* EcpContext, ULONG* EcpContextSize) {
  Parameter* const parameter = Find(EcpList, EcpType);
  Describe(parameter, EcpContext, EcpContextSize);
  if (parameter == nullptr) return STATUS_NOT_FOUND;
  Unlink(parameter);
  return STATUS_SUCCESS;
}

NTSTATUS FsRtlGetNextExtraCreateParameter(PECP_LIST EcpList, PVOID CurrentEcpContext, GUID* NextEcpType, PVOID* NextEcpContext,
                                          ULONG* NextEcpContextSize) {
  LIST_ENTRY* links = &EcpList->parameters;
  if (CurrentEcpContext != nullptr) {
    Parameter* const current = ParameterOf(CurrentEcpContext);
    if (!Contains(EcpList, current)) return STATUS_INVALID_PARAMETER;
    links = &current->links;
  }
  Parameter* const next = links->Flink != &EcpList->parameters ? ParameterAt(links->Flink) : nullptr;
  Describe(next, NextEcpContext, NextEcpContextSize);
  if (NextEcpType != nullptr) *NextEcpType = next != nullptr ? next->type : GUID{};
  return next != nullptr ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

VOID FsRtlAcknowledgeEcp(PVOID EcpContext) { ParameterOf(EcpContext)->acknowledged = true; }
VOID FsRtlPrepareToReuseEcp(PVOID EcpContext) { ParameterOf(EcpContext)->acknowledged = false; }
BOOLEAN FsRtlIsEcpAcknowledged(PVOID EcpContext) { return ParameterOf(EcpContext)->acknowledged ? TRUE : FALSE; }
/// No call of user mode's can bring one.
BOOLEAN FsRtlIsEcpFromUserMode(PVOID /*EcpContext*/) { return FALSE; }

NTSTATUS FsRtlGetEcpListFromIrp(PIRP Irp, PECP_LIST* EcpList) {
  const bool create = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;
  *EcpList = create ? reinterpret_cast<PECP_LIST>(Irp->Tail.Overlay.AuxiliaryBuffer) : nullptr;
  return create ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList) {
  if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction != IRP_MJ_CREATE) return STATUS_INVALID_PARAMETER;
  Irp->Tail.Overlay.AuxiliaryBuffer = reinterpret_cast<PCHAR>(EcpList);
  return STATUS_SUCCESS;
}

}  // extern "C"
