// What filters attach to streams, files and file objects, by who owns it and of what.
#include "kernel/ex/ex.h"
#include "kernel/io/file_extension.h"
#include "kernel/ke/ke.h"
#include "nt/fcb.h"
#include "nt/status.h"

/// A context of a stream or a file; of a file object without the callback.
struct FSRTL_PER_STREAM_CONTEXT {
  LIST_ENTRY Links;
  PVOID OwnerId;
  PVOID InstanceId;
  PFREE_FUNCTION FreeCallback;
};
using PFSRTL_PER_STREAM_CONTEXT = FSRTL_PER_STREAM_CONTEXT*;
using PFSRTL_PER_FILE_CONTEXT = FSRTL_PER_STREAM_CONTEXT*;
using PFSRTL_PER_FILEOBJECT_CONTEXT = FSRTL_PER_STREAM_CONTEXT*;
NT_SIZE(FSRTL_PER_STREAM_CONTEXT, 0x28);

namespace nt::fsrtl {

using io::ExtensionOf;
using io::FileExtension;
using io::MakeExtension;

namespace {

constexpr ULONG kTag = 'xCsF';

PFSRTL_PER_STREAM_CONTEXT At(LIST_ENTRY* links) { return CONTAINING_RECORD(links, FSRTL_PER_STREAM_CONTEXT, Links); }

/// The newest comes first.
void Insert(LIST_ENTRY* list, PFSRTL_PER_STREAM_CONTEXT context) {
  context->Links = {list->Flink, list};
  list->Flink->Blink = &context->Links;
  list->Flink = &context->Links;
}

/// By owner and instance; without an instance any of the owner's; without an owner any at all.
PFSRTL_PER_STREAM_CONTEXT Find(LIST_ENTRY* list, const void* owner, const void* instance) {
  for (LIST_ENTRY* links = list->Flink; links != list; links = links->Flink) {
    PFSRTL_PER_STREAM_CONTEXT const context = At(links);
    if ((owner == nullptr || context->OwnerId == owner) && (instance == nullptr || context->InstanceId == instance)) return context;
  }
  return nullptr;
}

PFSRTL_PER_STREAM_CONTEXT Take(LIST_ENTRY* list, const void* owner, const void* instance) {
  PFSRTL_PER_STREAM_CONTEXT const context = Find(list, owner, instance);
  if (context == nullptr) return nullptr;
  context->Links.Blink->Flink = context->Links.Flink;
  context->Links.Flink->Blink = context->Links.Blink;
  return context;
}

/// Each context's callback frees it.
void FreeAll(LIST_ENTRY* list) {
  while (PFSRTL_PER_STREAM_CONTEXT const context = Take(list, nullptr, nullptr)) ke::Callout<void>(context->FreeCallback, context);
}

bool Supports(const FSRTL_ADVANCED_FCB_HEADER* header) {
  return header != nullptr && (header->Flags2 & FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS) != 0;
}

/// The list that a file's context pointer leads to; null if there is none.
LIST_ENTRY* ListOf(PVOID* pointer) { return pointer != nullptr ? static_cast<LIST_ENTRY*>(*pointer) : nullptr; }

}  // namespace
}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

NTSTATUS FsRtlInsertPerStreamContext(PFSRTL_ADVANCED_FCB_HEADER PerStreamContext, PFSRTL_PER_STREAM_CONTEXT Ptr) {
  if (!Supports(PerStreamContext)) return STATUS_INVALID_DEVICE_REQUEST;
  Insert(&PerStreamContext->FilterContexts, Ptr);
  return STATUS_SUCCESS;
}

PFSRTL_PER_STREAM_CONTEXT FsRtlLookupPerStreamContextInternal(PFSRTL_ADVANCED_FCB_HEADER StreamContext, PVOID OwnerId, PVOID InstanceId) {
  return Supports(StreamContext) ? Find(&StreamContext->FilterContexts, OwnerId, InstanceId) : nullptr;
}

PFSRTL_PER_STREAM_CONTEXT FsRtlRemovePerStreamContext(PFSRTL_ADVANCED_FCB_HEADER StreamContext, PVOID OwnerId, PVOID InstanceId) {
  return Supports(StreamContext) ? Take(&StreamContext->FilterContexts, OwnerId, InstanceId) : nullptr;
}

VOID FsRtlTeardownPerStreamContexts(PFSRTL_ADVANCED_FCB_HEADER AdvancedHeader) {
  if (Supports(AdvancedHeader)) FreeAll(&AdvancedHeader->FilterContexts);
}

NTSTATUS FsRtlInsertPerFileContext(PVOID* PerFileContextPointer, PFSRTL_PER_FILE_CONTEXT Ptr) {
  if (PerFileContextPointer == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  if (*PerFileContextPointer == nullptr) {
    auto* const list = static_cast<LIST_ENTRY*>(ex::AllocatePool(NonPagedPoolNx, sizeof(LIST_ENTRY), kTag));
    if (list == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    list->Flink = list->Blink = list;
    *PerFileContextPointer = list;
  }
  Insert(ListOf(PerFileContextPointer), Ptr);
  return STATUS_SUCCESS;
}

PFSRTL_PER_FILE_CONTEXT FsRtlLookupPerFileContext(PVOID* PerFileContextPointer, PVOID OwnerId, PVOID InstanceId) {
  LIST_ENTRY* const list = ListOf(PerFileContextPointer);
  return list != nullptr ? Find(list, OwnerId, InstanceId) : nullptr;
}

PFSRTL_PER_FILE_CONTEXT FsRtlRemovePerFileContext(PVOID* PerFileContextPointer, PVOID OwnerId, PVOID InstanceId) {
  LIST_ENTRY* const list = ListOf(PerFileContextPointer);
  return list != nullptr ? Take(list, OwnerId, InstanceId) : nullptr;
}

VOID FsRtlTeardownPerFileContexts(PVOID* PerFileContextPointer) {
  LIST_ENTRY* const list = ListOf(PerFileContextPointer);
  if (list == nullptr) return;
  FreeAll(list);
  ex::FreePool(list);
  *PerFileContextPointer = nullptr;
}

NTSTATUS FsRtlInsertPerFileObjectContext(PFILE_OBJECT FileObject, PFSRTL_PER_FILEOBJECT_CONTEXT Ptr) {
  if (FileObject == nullptr) return STATUS_INVALID_PARAMETER;
  FileExtension* const extension = MakeExtension(FileObject);
  if (extension == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Insert(&extension->contexts, Ptr);
  return STATUS_SUCCESS;
}

PFSRTL_PER_FILEOBJECT_CONTEXT FsRtlLookupPerFileObjectContext(PFILE_OBJECT FileObject, PVOID OwnerId, PVOID InstanceId) {
  FileExtension* const extension = FileObject != nullptr ? ExtensionOf(FileObject) : nullptr;
  return extension != nullptr ? Find(&extension->contexts, OwnerId, InstanceId) : nullptr;
}

PFSRTL_PER_FILEOBJECT_CONTEXT FsRtlRemovePerFileObjectContext(PFILE_OBJECT FileObject, PVOID OwnerId, PVOID InstanceId) {
  FileExtension* const extension = FileObject != nullptr ? ExtensionOf(FileObject) : nullptr;
  return extension != nullptr ? Take(&extension->contexts, OwnerId, InstanceId) : nullptr;
}

}  // extern "C"
