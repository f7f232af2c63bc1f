// Opening files from drivers: named pipes and mailslots, a place in the device stack, extra create parameters.
#include "device.h"

using namespace ktest;

namespace {

struct Seen {
  ULONG pipes, mailslots, creates;
  PVOID parameters;
  PECP_LIST ecps;
  USHORT share;
};
Seen seen;

NTSTATUS Create(PDEVICE_OBJECT, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  ++seen.creates;
  FsRtlGetEcpListFromIrp(irp, &seen.ecps);
  if (seen.ecps) {
    PVOID context = nullptr;
    if (NT_SUCCESS(FsRtlGetNextExtraCreateParameter(seen.ecps, nullptr, nullptr, &context, nullptr))) FsRtlAcknowledgeEcp(context);
  }
  EXPECT(!(location->FileObject->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)));
  return Complete(irp, STATUS_SUCCESS, FILE_OPENED);
}

NTSTATUS CreatePipe(PDEVICE_OBJECT, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  ++seen.pipes;
  seen.parameters = location->Parameters.CreatePipe.Parameters;
  seen.share = location->Parameters.CreatePipe.ShareAccess;
  EXPECT_EQ(location->Parameters.CreatePipe.Options >> 24, FILE_CREATE);
  EXPECT(location->FileObject->Flags & FO_NAMED_PIPE);
  return Complete(irp, STATUS_SUCCESS, FILE_CREATED);
}

NTSTATUS CreateMailslot(PDEVICE_OBJECT, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  ++seen.mailslots;
  seen.parameters = location->Parameters.CreateMailslot.Parameters;
  EXPECT(location->FileObject->Flags & FO_MAILSLOT);
  return Complete(irp, STATUS_SUCCESS, FILE_CREATED);
}

struct Attempt {
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK io{};
  NTSTATUS status;
  Attempt(CREATE_FILE_TYPE type, PVOID parameters, ULONG share, ULONG disposition, ULONG options = 0,
          PIO_DRIVER_CREATE_CONTEXT context = nullptr) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KtestCreate\\name");
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    status = IoCreateFileEx(&handle, GENERIC_READ | SYNCHRONIZE, &object, &io, nullptr, 0, share, disposition, options, nullptr, 0, type,
                            parameters, IO_NO_PARAMETER_CHECKING, context);
    if (!NT_SUCCESS(status)) handle = nullptr;
  }
  ~Attempt() {
    if (handle) ZwClose(handle);
  }
};

}  // namespace

KTEST(PipesAndMailslotsAreCreatedByRequestsOfTheirOwn) {
  Device device(L"\\Device\\KtestCreate");
  device.on(IRP_MJ_CREATE) = Create;
  device.on(IRP_MJ_CREATE_NAMED_PIPE) = CreatePipe;
  device.on(IRP_MJ_CREATE_MAILSLOT) = CreateMailslot;
  seen = {};
  NAMED_PIPE_CREATE_PARAMETERS pipe = {};
  MAILSLOT_CREATE_PARAMETERS mailslot = {};
  {
    Attempt made(CreateFileTypeNamedPipe, &pipe, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT);
    EXPECT_EQ(made.status, STATUS_SUCCESS);
    EXPECT_EQ(made.io.Information, FILE_CREATED);
    EXPECT(seen.pipes == 1 && seen.creates == 0);
    EXPECT(seen.parameters == &pipe);
    EXPECT_EQ(seen.share, FILE_SHARE_READ | FILE_SHARE_WRITE);
  }
  {
    Attempt made(CreateFileTypeMailslot, &mailslot, FILE_SHARE_WRITE, FILE_CREATE);
    EXPECT_EQ(made.status, STATUS_SUCCESS);
    EXPECT(seen.mailslots == 1 && seen.parameters == &mailslot);
  }
  EXPECT_EQ(Attempt(CreateFileTypeNamedPipe, nullptr, FILE_SHARE_READ, FILE_CREATE).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Attempt(CreateFileTypeNamedPipe, &pipe, FILE_SHARE_DELETE, FILE_CREATE).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Attempt(CreateFileTypeNamedPipe, &pipe, FILE_SHARE_READ, FILE_OVERWRITE).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Attempt(CreateFileTypeNamedPipe, &pipe, FILE_SHARE_READ, FILE_CREATE, FILE_DIRECTORY_FILE).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Attempt(CreateFileTypeMailslot, &mailslot, FILE_SHARE_WRITE, FILE_OPEN).status, STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Attempt(CreateFileTypeMailslot, &mailslot, FILE_SHARE_READ, FILE_CREATE).status, STATUS_INVALID_PARAMETER);
  EXPECT(seen.pipes == 1 && seen.mailslots == 1 && seen.creates == 0);
}

KTEST(ADriverAddsParametersAndChoosesTheDevice) {
  Device lower(L"\\Device\\KtestCreate"), upper, stranger;
  lower.on(IRP_MJ_CREATE) = Create;
  upper.on(IRP_MJ_CREATE) = Create;
  REQUIRE(IoAttachDeviceToDeviceStack(upper.object(), lower.object()));
  upper.object()->StackSize = 2;
  seen = {};
  const GUID type = {1, 2, 3, {}};
  PECP_LIST ecps = nullptr;
  PVOID context = nullptr;
  EXPECT_EQ(FsRtlAllocateExtraCreateParameterList(0, &ecps), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlAllocateExtraCreateParameter(&type, 8, 0, nullptr, 'tsek', &context), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlInsertExtraCreateParameter(ecps, context), STATUS_SUCCESS);
  IO_DRIVER_CREATE_CONTEXT extra;
  IoInitializeDriverCreateContext(&extra);
  extra.ExtraCreateParameter = ecps;
  TXN_PARAMETER_BLOCK transaction = {sizeof transaction, 5, &seen};
  extra.TxnParameters = &transaction;
  extra.DeviceObjectHint = lower.object();
  {
    Attempt made(CreateFileTypeNone, nullptr, 7, FILE_OPEN, 0, &extra);
    EXPECT_EQ(made.status, STATUS_SUCCESS);
    EXPECT(seen.ecps == ecps);
    EXPECT(FsRtlIsEcpAcknowledged(context));
    EXPECT(lower.calls(IRP_MJ_CREATE) == 1 && upper.calls(IRP_MJ_CREATE) == 0);
    PVOID file = nullptr;
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(made.handle, 0, *IoFileObjectType, KernelMode, &file, nullptr)));
    EXPECT(IoGetRelatedDeviceObject(static_cast<PFILE_OBJECT>(file)) == lower.object());
    PTXN_PARAMETER_BLOCK kept = IoGetTransactionParameterBlock(static_cast<PFILE_OBJECT>(file));
    EXPECT(kept && kept->TxFsContext == 5);
    ObDereferenceObject(file);
  }
  EXPECT(lower.calls(IRP_MJ_CLEANUP) == 1 && upper.calls(IRP_MJ_CLEANUP) == 0);
  EXPECT_EQ(upper.calls(IRP_MJ_CLOSE), 0);
  extra.DeviceObjectHint = stranger.object();
  EXPECT_EQ(Attempt(CreateFileTypeNone, nullptr, 7, FILE_OPEN, 0, &extra).status, STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
  extra.Size = 1;
  EXPECT_EQ(Attempt(CreateFileTypeNone, nullptr, 7, FILE_OPEN, 0, &extra).status, STATUS_INVALID_PARAMETER);
  {
    Attempt plain(CreateFileTypeNone, nullptr, 7, FILE_OPEN);
    EXPECT_EQ(upper.calls(IRP_MJ_CREATE), 1);
    EXPECT(!seen.ecps);
  }
  FsRtlFreeExtraCreateParameterList(ecps);
  IoDetachDevice(lower.object());
}
