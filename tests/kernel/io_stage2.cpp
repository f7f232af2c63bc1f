// The second stage of completion: when and where a requestor hears of the end of its request.
#include "device.h"

using namespace ktest;

namespace {
PIRP pended;

NTSTATUS Pend(PDEVICE_OBJECT, PIRP irp) {
  IoMarkIrpPending(irp);
  pended = irp;
  return STATUS_PENDING;
}

void CompletePended(PVOID status) { Complete(pended, static_cast<NTSTATUS>(reinterpret_cast<ULONG_PTR>(status))); }

/// Completes the pended request in another thread, and waits for that thread's end.
void CompleteElsewhere(NTSTATUS status, ULONG_PTR information) {
  struct Ending {
    NTSTATUS status;
    ULONG_PTR information;
  } ending = {status, information};
  Thread other(+[](Ending* how) { Complete(pended, how->status, how->information); }, &ending);
  other.Join();
}

NTSTATUS Read(HANDLE file, HANDLE event, PIO_STATUS_BLOCK iosb, char* byte) {
  LARGE_INTEGER zero = {};
  return ZwReadFile(file, event, nullptr, nullptr, iosb, byte, 1, &zero, nullptr);
}

HANDLE NewEvent() {
  HANDLE event = nullptr;
  ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE);
  return event;
}

bool IsSignaled(HANDLE object) {
  LARGE_INTEGER zero = {};
  return ZwWaitForSingleObject(object, FALSE, &zero) == STATUS_SUCCESS;
}
}  // namespace

KTEST(AGuardedRegionHoldsTheResultsBack) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Pend;
  File file(L"\\Device\\KtStage2", 0);
  const HANDLE event = NewEvent();
  IO_STATUS_BLOCK iosb = {};
  iosb.Status = STATUS_PENDING;
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), event, &iosb, &byte), STATUS_PENDING);
  KeEnterGuardedRegion();
  *static_cast<char*>(pended->AssociatedIrp.SystemBuffer) = 'g';
  CompletePended(reinterpret_cast<PVOID>(STATUS_SUCCESS));
  EXPECT_EQ(iosb.Status, STATUS_PENDING);
  EXPECT(!IsSignaled(event));
  KeLeaveGuardedRegion();
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  EXPECT(IsSignaled(event));
  ZwClose(event);
}

KTEST(ACriticalRegionDoesNot) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Pend;
  File file(L"\\Device\\KtStage2", 0);
  IO_STATUS_BLOCK iosb = {};
  iosb.Status = STATUS_PENDING;
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), nullptr, &iosb, &byte), STATUS_PENDING);
  KeEnterCriticalRegion();
  CompletePended(reinterpret_cast<PVOID>(STATUS_SUCCESS));
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  KeLeaveCriticalRegion();
}

KTEST(RaisedIrqlHoldsTheResultsBack) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Pend;
  File file(L"\\Device\\KtStage2", 0);
  IO_STATUS_BLOCK iosb = {};
  iosb.Status = STATUS_PENDING;
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), nullptr, &iosb, &byte), STATUS_PENDING);
  *static_cast<char*>(pended->AssociatedIrp.SystemBuffer) = 'i';
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
  Complete(pended, STATUS_SUCCESS, 1);
  EXPECT_EQ(iosb.Status, STATUS_PENDING);
  EXPECT_EQ(byte, 0);
  KeLowerIrql(irql);
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  EXPECT_EQ(byte, 'i');
}

KTEST(TheServiceThatIsStillThereNeedsNoApc) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) {
    *static_cast<char*>(irp->AssociatedIrp.SystemBuffer) = 's';
    return Complete(irp, STATUS_SUCCESS, 1);
  };
  File file(L"\\Device\\KtStage2", 0);
  IO_STATUS_BLOCK iosb = {};
  char byte = 0;
  KeEnterGuardedRegion();
  EXPECT_EQ(Read(file.handle(), nullptr, &iosb, &byte), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 1);
  EXPECT_EQ(byte, 's');
  KeLeaveGuardedRegion();
}

KTEST(BuiltRequestsReportByApcToo) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = Pend;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  iosb.Status = 77;
  PIRP const irp = IoBuildDeviceIoControlRequest(0x222000, device.object(), nullptr, 0, nullptr, 0, FALSE, &done, &iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_PENDING);
  KeEnterGuardedRegion();
  CompleteElsewhere(STATUS_SUCCESS, 5);
  EXPECT_EQ(KeReadStateEvent(&done), 0);
  EXPECT_EQ(iosb.Status, 77);
  KeLeaveGuardedRegion();
  EXPECT_EQ(KeReadStateEvent(&done), 1);
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 5);
}

KTEST(ASynchronousReadWithAnEventSetsBoth) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(+[](IRP* pending) { Complete(pending, STATUS_SUCCESS, 1); }, irp);
    return STATUS_PENDING;
  };
  File file(L"\\Device\\KtStage2");
  const HANDLE event = NewEvent();
  IO_STATUS_BLOCK iosb = {};
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), event, &iosb, &byte), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 1);
  EXPECT(IsSignaled(event));
  EXPECT(IsSignaled(file.handle()));
  ZwClose(event);
}

KTEST(ASynchronousReadThatFailsLaterTellsOnlyTheFile) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(+[](IRP* pending) { Complete(pending, STATUS_DEVICE_NOT_READY); }, irp);
    return STATUS_PENDING;
  };
  File file(L"\\Device\\KtStage2");
  const HANDLE event = NewEvent();
  IO_STATUS_BLOCK iosb = {};
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), event, &iosb, &byte), STATUS_DEVICE_NOT_READY);
  EXPECT_EQ(iosb.Status, STATUS_DEVICE_NOT_READY);
  EXPECT(!IsSignaled(event));
  ZwClose(event);
}

KTEST(AnErrorAtOnceLeavesTheStatusBlockAlone) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_DEVICE_NOT_READY); };
  File file(L"\\Device\\KtStage2", 0);
  const HANDLE event = NewEvent();
  IO_STATUS_BLOCK iosb = {};
  iosb.Status = 77;
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), event, &iosb, &byte), STATUS_DEVICE_NOT_READY);
  EXPECT_EQ(iosb.Status, 77);
  EXPECT(!IsSignaled(event));
  ZwClose(event);
}

KTEST(QueriesWaitAlsoOnAsynchronousFiles) {
  Device device(L"\\Device\\KtStage2");
  device.on(IRP_MJ_QUERY_INFORMATION) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(
        +[](IRP* pending) {
          EXPECT_EQ(IoGetCurrentIrpStackLocation(pending)->Parameters.QueryFile.FileInformationClass, FileStandardInformation);
          EXPECT((pending->Flags & IRP_SYNCHRONOUS_API) != 0);
          EXPECT_EQ(IoIsOperationSynchronous(pending), TRUE);
          static_cast<PFILE_STANDARD_INFORMATION>(pending->AssociatedIrp.SystemBuffer)->EndOfFile.QuadPart = 99;
          Complete(pending, STATUS_SUCCESS, sizeof(FILE_STANDARD_INFORMATION));
        },
        irp);
    return STATUS_PENDING;
  };
  File file(L"\\Device\\KtStage2", 0);
  FILE_STANDARD_INFORMATION standard = {};
  IO_STATUS_BLOCK iosb = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &standard, sizeof standard, FileStandardInformation), STATUS_SUCCESS);
  EXPECT_EQ(standard.EndOfFile.QuadPart, 99);
  EXPECT_EQ(iosb.Information, sizeof standard);
}

KTEST(TheThreadsListHoldsTheRequest) {
  Device device(L"\\Device\\KtStage2", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Pend;
  File file(L"\\Device\\KtStage2", 0);
  IO_STATUS_BLOCK iosb = {};
  char byte = 0;
  EXPECT_EQ(Read(file.handle(), nullptr, &iosb, &byte), STATUS_PENDING);
  EXPECT(pended->Tail.Overlay.Thread == PsGetCurrentThread());
  EXPECT(pended->ThreadListEntry.Flink != &pended->ThreadListEntry);
  EXPECT_EQ(IoGetRequestorProcessId(pended), 4);
  ULONG session = 77;
  EXPECT_EQ(IoGetRequestorSessionId(pended, &session), STATUS_SUCCESS);
  EXPECT_EQ(session, 0);
  Complete(pended, STATUS_SUCCESS);
}

KTEST(SynchronousPagingRequestsAreFreedAndNeedNoApc) {
  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS, 3); };
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP const irp = IoAllocateIrp(device.object()->StackSize, FALSE);
  irp->Flags = IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO | IRP_NOCACHE;
  irp->UserIosb = &iosb;
  irp->UserEvent = &done;
  irp->Tail.Overlay.Thread = PsGetCurrentThread();
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&done), 1);
  EXPECT_EQ(iosb.Information, 3);
  KeLowerIrql(irql);
}
