// A minifilter's skeleton: registration, instance callbacks, pre- and post-operation callbacks, contexts, a port.
#include <FltKernel.h>
#include <dontuse.h>
#include <suppress.h>

#pragma prefast(disable : __WARNING_ENCODE_MEMBER_FUNCTION_POINTER, "Not valid for kernel mode drivers")

#define TAG 'tlfS'

typedef struct _STYLE_CONTEXT {
  ULONG Writes;
} STYLE_CONTEXT, *PSTYLE_CONTEXT;

static PFLT_FILTER gFilter;
static PFLT_PORT gServerPort, gClientPort;

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS FLTAPI StyleUnload(_In_ FLT_FILTER_UNLOAD_FLAGS Flags) {
  UNREFERENCED_PARAMETER(Flags);
  PAGED_CODE();
  FltCloseCommunicationPort(gServerPort);
  FltUnregisterFilter(gFilter);
  return STATUS_SUCCESS;
}

static NTSTATUS FLTAPI StyleSetup(_In_ PCFLT_RELATED_OBJECTS FltObjects, _In_ FLT_INSTANCE_SETUP_FLAGS Flags,
                                  _In_ DEVICE_TYPE VolumeDeviceType, _In_ FLT_FILESYSTEM_TYPE FileSystemType) {
  UNREFERENCED_PARAMETER(FltObjects);
  UNREFERENCED_PARAMETER(Flags);
  UNREFERENCED_PARAMETER(VolumeDeviceType);
  return FileSystemType == FLT_FSTYPE_NTFS ? STATUS_SUCCESS : STATUS_FLT_DO_NOT_ATTACH;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI StylePreCreate(_Inout_ PFLT_CALLBACK_DATA Data, _In_ PCFLT_RELATED_OBJECTS FltObjects,
                                                       _Flt_CompletionContext_Outptr_ PVOID* CompletionContext) {
  UNREFERENCED_PARAMETER(FltObjects);
  *CompletionContext = NULL;
  if (Data->RequestorMode == KernelMode) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  if (FlagOn(Data->Iopb->Parameters.Create.Options, FILE_DELETE_ON_CLOSE)) {
    Data->IoStatus.Status = STATUS_ACCESS_DENIED;
    Data->IoStatus.Information = 0;
    return FLT_PREOP_COMPLETE;
  }
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI StylePostCreate(_Inout_ PFLT_CALLBACK_DATA Data, _In_ PCFLT_RELATED_OBJECTS FltObjects,
                                                         _In_opt_ PVOID CompletionContext, _In_ FLT_POST_OPERATION_FLAGS Flags) {
  PFLT_FILE_NAME_INFORMATION Name;
  PSTYLE_CONTEXT Context;
  UNREFERENCED_PARAMETER(CompletionContext);
  if (FlagOn(Flags, FLTFL_POST_OPERATION_DRAINING)) return FLT_POSTOP_FINISHED_PROCESSING;
  if (NT_SUCCESS(FltGetFileNameInformation(Data, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &Name))) {
    if (NT_SUCCESS(FltParseFileNameInformation(Name))) KdPrint(("%wZ\n", &Name->FinalComponent));
    FltReleaseFileNameInformation(Name);
  }
  if (NT_SUCCESS(FltAllocateContext(FltObjects->Filter, FLT_FILE_CONTEXT, sizeof(*Context), PagedPool, (PFLT_CONTEXT*)&Context))) {
    Context->Writes = 0;
    FltSetFileContext(FltObjects->Instance, FltObjects->FileObject, FLT_SET_CONTEXT_KEEP_IF_EXISTS, Context, NULL);
    FltReleaseContext(Context);
  }
  return FLT_POSTOP_FINISHED_PROCESSING;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI StylePreSetInformation(PFLT_CALLBACK_DATA Data, PCFLT_RELATED_OBJECTS FltObjects,
                                                               PVOID* CompletionContext) {
  UNREFERENCED_PARAMETER(FltObjects);
  UNREFERENCED_PARAMETER(CompletionContext);
  FLT_ASSERT(Data->Iopb->MajorFunction == IRP_MJ_SET_INFORMATION);
  switch (Data->Iopb->Parameters.SetFileInformation.FileInformationClass) {
    case FileDispositionInformation:
      return FLT_PREOP_SYNCHRONIZE;
    default:
      return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }
}

static NTSTATUS FLTAPI StyleConnect(PFLT_PORT ClientPort, PVOID Cookie, PVOID Context, ULONG Size,
                                    _Flt_ConnectionCookie_Outptr_ PVOID* ConnectionCookie) {
  UNREFERENCED_PARAMETER(Cookie);
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Size);
  *ConnectionCookie = NULL;
  gClientPort = ClientPort;
  return STATUS_SUCCESS;
}

static VOID FLTAPI StyleDisconnect(PVOID Cookie) {
  UNREFERENCED_PARAMETER(Cookie);
  FltCloseClientPort(gFilter, &gClientPort);
}

CONST FLT_OPERATION_REGISTRATION Callbacks[] = {
    {IRP_MJ_CREATE, 0, StylePreCreate, StylePostCreate},
    {IRP_MJ_SET_INFORMATION, FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO, StylePreSetInformation, NULL},
    {IRP_MJ_OPERATION_END}};

CONST FLT_CONTEXT_REGISTRATION Contexts[] = {{FLT_FILE_CONTEXT, 0, NULL, sizeof(STYLE_CONTEXT), TAG}, {FLT_CONTEXT_END}};

CONST FLT_REGISTRATION Registration = {sizeof(FLT_REGISTRATION), FLT_REGISTRATION_VERSION, 0, Contexts, Callbacks, StyleUnload, StyleSetup};

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  PSECURITY_DESCRIPTOR Descriptor;
  OBJECT_ATTRIBUTES Attributes;
  UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\StylePort");
  UNREFERENCED_PARAMETER(RegistryPath);
  NTSTATUS Status = FltRegisterFilter(DriverObject, &Registration, &gFilter);
  if (!NT_SUCCESS(Status)) return Status;
  Status = FltBuildDefaultSecurityDescriptor(&Descriptor, FLT_PORT_ALL_ACCESS);
  if (NT_SUCCESS(Status)) {
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, Descriptor);
    Status = FltCreateCommunicationPort(gFilter, &gServerPort, &Attributes, NULL, StyleConnect, StyleDisconnect, NULL, 1);
    FltFreeSecurityDescriptor(Descriptor);
  }
  if (NT_SUCCESS(Status)) Status = FltStartFiltering(gFilter);
  if (!NT_SUCCESS(Status)) FltUnregisterFilter(gFilter);
  return Status;
}
