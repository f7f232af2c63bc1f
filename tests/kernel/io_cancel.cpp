// Requests given up by services, by the end of a thread or process, and by the last handle.
#include "device.h"

using namespace ktest;

extern "C" {
NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI ZwCancelIoFileEx(HANDLE, PIO_STATUS_BLOCK, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwCancelSynchronousIoFile(HANDLE, PIO_STATUS_BLOCK, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID*, PVOID*, PIO_STATUS_BLOCK, PLARGE_INTEGER);
}

namespace {
constexpr ACCESS_MASK kAllAccess = 0x1f0003;  // IO_COMPLETION_ALL_ACCESS
LONG canceled, cleaned;

void CancelRoutine(PDEVICE_OBJECT, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  InterlockedIncrement(&canceled);
  Complete(irp, STATUS_CANCELLED);
}

NTSTATUS Pend(PDEVICE_OBJECT device, PIRP irp) {
  IoMarkIrpPending(irp);
  StateOf(device)->context = irp;
  IoSetCancelRoutine(irp, CancelRoutine);
  return STATUS_PENDING;
}

/// A device that keeps reads until they are cancelled.
struct Keeper {
  Device device{L"\\Device\\KtCancel", DO_BUFFERED_IO};
  Keeper() {
    canceled = cleaned = 0;
    device.on(IRP_MJ_READ) = Pend;
  }
};

NTSTATUS Read(HANDLE file, PIO_STATUS_BLOCK iosb, PVOID context = nullptr) {
  static char byte;
  LARGE_INTEGER zero = {};
  iosb->Status = STATUS_PENDING;
  return ZwReadFile(file, nullptr, nullptr, context, iosb, &byte, 1, &zero, nullptr);
}
}  // namespace

KTEST(CancelIoFileExCancelsTheOneMeant) {
  Keeper keeper;
  File file(L"\\Device\\KtCancel", 0);
  IO_STATUS_BLOCK first, second, result = {};
  EXPECT_EQ(Read(file.handle(), &first), STATUS_PENDING);
  EXPECT_EQ(Read(file.handle(), &second), STATUS_PENDING);
  EXPECT_EQ(ZwCancelIoFileEx(file.handle(), &second, &result), STATUS_SUCCESS);
  EXPECT_EQ(canceled, 1);
  EXPECT_EQ(second.Status, STATUS_CANCELLED);
  EXPECT_EQ(first.Status, STATUS_PENDING);
  EXPECT_EQ(ZwCancelIoFileEx(file.handle(), nullptr, &result), STATUS_SUCCESS);
  EXPECT_EQ(canceled, 2);
  EXPECT_EQ(first.Status, STATUS_CANCELLED);
  EXPECT_EQ(ZwCancelIoFileEx(file.handle(), nullptr, &result), STATUS_NOT_FOUND);
  EXPECT_EQ(result.Status, STATUS_NOT_FOUND);
  EXPECT_EQ(ZwCancelIoFileEx(file.handle(), &first, &result), STATUS_NOT_FOUND);
}

KTEST(CancelIoFileLeavesOtherFilesAndThreadsAlone) {
  Keeper keeper;
  File file(L"\\Device\\KtCancel", 0), another(L"\\Device\\KtCancel", 0);
  IO_STATUS_BLOCK mine, elsewhere, theirs, result = {};
  EXPECT_EQ(Read(file.handle(), &mine), STATUS_PENDING);
  EXPECT_EQ(Read(another.handle(), &elsewhere), STATUS_PENDING);
  struct Reader {
    HANDLE file;
    PIO_STATUS_BLOCK iosb;
    KEVENT sent, go;
  } reader = {file.handle(), &theirs, {}, {}};
  KeInitializeEvent(&reader.sent, NotificationEvent, FALSE);
  KeInitializeEvent(&reader.go, NotificationEvent, FALSE);
  Thread thread(
      +[](Reader* self) {
        EXPECT_EQ(Read(self->file, self->iosb), STATUS_PENDING);
        KeSetEvent(&self->sent, 0, FALSE);
        KeWaitForSingleObject(&self->go, Executive, KernelMode, FALSE, nullptr);
      },
      &reader);
  EXPECT_EQ(WaitFor(&reader.sent, 1000), STATUS_SUCCESS);
  EXPECT_EQ(ZwCancelIoFile(file.handle(), &result), STATUS_SUCCESS);
  EXPECT_EQ(canceled, 1);
  EXPECT_EQ(mine.Status, STATUS_CANCELLED);
  EXPECT_EQ(theirs.Status, STATUS_PENDING);
  EXPECT_EQ(elsewhere.Status, STATUS_PENDING);
  EXPECT_EQ(ZwCancelIoFileEx(file.handle(), nullptr, &result), STATUS_SUCCESS);  // of all threads
  EXPECT_EQ(canceled, 2);
  KeSetEvent(&reader.go, 0, FALSE);
  thread.Join();
  EXPECT_EQ(theirs.Status, STATUS_CANCELLED);
  EXPECT_EQ(ZwCancelIoFile(another.handle(), &result), STATUS_SUCCESS);
}

KTEST(CancelIoFileWaitsForTheEnd) {
  Device device(L"\\Device\\KtCancel", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    StateOf(object)->context = irp;
    return STATUS_PENDING;  // without a cancel routine
  };
  File file(L"\\Device\\KtCancel", 0);
  IO_STATUS_BLOCK iosb, result = {};
  EXPECT_EQ(Read(file.handle(), &iosb), STATUS_PENDING);
  Thread completer(
      +[](PVOID irp) {
        Sleep(30);
        EXPECT_EQ(static_cast<PIRP>(irp)->Cancel, TRUE);
        Complete(static_cast<PIRP>(irp), STATUS_SUCCESS);
      },
      device.state()->context);
  EXPECT_EQ(ZwCancelIoFile(file.handle(), &result), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
}

KTEST(SynchronousRequestsOfAThreadAreCancelled) {
  Keeper keeper;
  File file(L"\\Device\\KtCancel"), asynchronous(L"\\Device\\KtCancel", 0);
  struct Reader {
    HANDLE file;
    HANDLE thread;
    NTSTATUS returned;
    KEVENT ready;
  } reader = {file.handle(), nullptr, 0, {}};
  KeInitializeEvent(&reader.ready, NotificationEvent, FALSE);
  Thread thread(
      +[](Reader* self) {
        IO_STATUS_BLOCK iosb;
        KeSetEvent(&self->ready, 0, FALSE);
        self->returned = Read(self->file, &iosb);
        EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
      },
      &reader);
  HANDLE handle = nullptr;
  REQUIRE(NT_SUCCESS(
      ObOpenObjectByPointer(thread.object(), OBJ_KERNEL_HANDLE, nullptr, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &handle)));
  EXPECT_EQ(WaitFor(&reader.ready, 1000), STATUS_SUCCESS);
  for (int tries = 0; keeper.device.calls(IRP_MJ_READ) == 0 && tries < 100; tries++) Sleep(1);
  IO_STATUS_BLOCK result = {}, other;
  EXPECT_EQ(ZwCancelSynchronousIoFile(handle, &other, &result), STATUS_NOT_FOUND);
  EXPECT_EQ(ZwCancelSynchronousIoFile(handle, nullptr, &result), STATUS_SUCCESS);
  thread.Join();
  EXPECT_EQ(reader.returned, STATUS_CANCELLED);
  EXPECT_EQ(canceled, 1);
  EXPECT_EQ(ZwCancelSynchronousIoFile(handle, nullptr, &result), STATUS_NOT_FOUND);
  // What nobody waits for is left alone.
  EXPECT_EQ(Read(asynchronous.handle(), &other), STATUS_PENDING);
  EXPECT_EQ(ZwCancelSynchronousIoFile(ZwCurrentThread(), nullptr, &result), STATUS_NOT_FOUND);
  EXPECT_EQ(ZwCancelIoFile(asynchronous.handle(), &result), STATUS_SUCCESS);
  ZwClose(handle);
}

KTEST(ClosingTheHandleCleansUpAndTheDriverEndsWhatIsLeft) {
  Device device(L"\\Device\\KtCancel", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Pend;
  cleaned = canceled = 0;
  device.on(IRP_MJ_CLEANUP) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    ++cleaned;
    EXPECT((IoGetCurrentIrpStackLocation(irp)->FileObject->Flags & FO_CLEANUP_COMPLETE) == 0);
    PIRP const left = static_cast<PIRP>(StateOf(object)->context);
    EXPECT_EQ(left->Cancel, FALSE);
    IoSetCancelRoutine(left, nullptr);
    Complete(left, STATUS_CANCELLED);
    return Complete(irp, STATUS_SUCCESS);
  };
  File file(L"\\Device\\KtCancel", 0);
  IO_STATUS_BLOCK iosb;
  EXPECT_EQ(Read(file.handle(), &iosb), STATUS_PENDING);
  file.Close();
  EXPECT_EQ(cleaned, 1);
  EXPECT_EQ(canceled, 0);
  EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 1);
}

namespace {
/// A file that is tied to a completion port.
struct Ported {
  File file{L"\\Device\\KtCancel", 0};
  HANDLE port = nullptr;
  Ported() {
    ZwCreateIoCompletion(&port, kAllAccess, nullptr, 0);
    FILE_COMPLETION_INFORMATION information = {port, reinterpret_cast<PVOID>(7)};
    IO_STATUS_BLOCK iosb = {};
    EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &information, sizeof information, FileCompletionInformation), STATUS_SUCCESS);
    EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &information, sizeof information, FileCompletionInformation),
              STATUS_INVALID_PARAMETER);
  }
  ~Ported() { ZwClose(port); }
  NTSTATUS Remove(PVOID* context, PIO_STATUS_BLOCK iosb) {
    PVOID key = nullptr;
    LARGE_INTEGER zero = {};
    const NTSTATUS status = ZwRemoveIoCompletion(port, &key, context, iosb, &zero);
    if (status == STATUS_SUCCESS) EXPECT(key == reinterpret_cast<PVOID>(7));
    return status;
  }
};
}  // namespace

KTEST(RequestsOfAPortOutliveTheirThread) {
  Keeper keeper;
  Ported ported;
  struct Reader {
    HANDLE file;
    IO_STATUS_BLOCK iosb;
  } reader = {ported.file.handle(), {}};
  Thread thread(+[](Reader* self) { EXPECT_EQ(Read(self->file, &self->iosb, self), STATUS_PENDING); }, &reader);
  thread.Join();
  EXPECT_EQ(canceled, 0);
  EXPECT_EQ(reader.iosb.Status, STATUS_PENDING);
  PVOID context = nullptr;
  IO_STATUS_BLOCK packet = {};
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_TIMEOUT);
  PIRP const irp = static_cast<PIRP>(keeper.device.state()->context);
  IoSetCancelRoutine(irp, nullptr);
  Complete(irp, STATUS_SUCCESS, 1);
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_SUCCESS);
  EXPECT(context == &reader);
  EXPECT_EQ(packet.Information, 1);
  EXPECT_EQ(reader.iosb.Information, 1);
}

KTEST(TheLastHandleCancelsTheRequestsOfAPort) {
  Keeper keeper;
  Ported ported;
  IO_STATUS_BLOCK iosb, packet = {}, result = {};
  EXPECT_EQ(Read(ported.file.handle(), &iosb, &iosb), STATUS_PENDING);
  EXPECT_EQ(ZwCancelIoFileEx(ported.file.handle(), &iosb, &result), STATUS_SUCCESS);
  PVOID context = nullptr;
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_SUCCESS);
  EXPECT_EQ(packet.Status, STATUS_CANCELLED);
  EXPECT_EQ(Read(ported.file.handle(), &iosb, &iosb), STATUS_PENDING);
  ported.file.Close();
  EXPECT_EQ(canceled, 2);
  EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
}

KTEST(SuccessAtOnceMaySkipThePort) {
  Device device(L"\\Device\\KtCancel", DO_BUFFERED_IO);
  Ported ported;
  IO_STATUS_BLOCK iosb, packet = {};
  PVOID context = nullptr;
  EXPECT_EQ(Read(ported.file.handle(), &iosb, &iosb), STATUS_SUCCESS);
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_SUCCESS);
  EXPECT_EQ(Read(ported.file.handle(), &iosb, nullptr), STATUS_SUCCESS);  // without a context there is no packet
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_TIMEOUT);
  FILE_IO_COMPLETION_NOTIFICATION_INFORMATION skip = {FILE_SKIP_COMPLETION_PORT_ON_SUCCESS};
  EXPECT_EQ(ZwSetInformationFile(ported.file.handle(), &iosb, &skip, sizeof skip, FileIoCompletionNotificationInformation), STATUS_SUCCESS);
  skip.Flags = 0;
  EXPECT_EQ(ZwQueryInformationFile(ported.file.handle(), &iosb, &skip, sizeof skip, FileIoCompletionNotificationInformation),
            STATUS_SUCCESS);
  EXPECT_EQ(skip.Flags, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
  EXPECT_EQ(Read(ported.file.handle(), &iosb, &iosb), STATUS_SUCCESS);
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_TIMEOUT);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_BUFFER_OVERFLOW); };
  EXPECT_EQ(Read(ported.file.handle(), &iosb, &iosb), STATUS_BUFFER_OVERFLOW);  // no success
  EXPECT_EQ(ported.Remove(&context, &packet), STATUS_SUCCESS);
  EXPECT_EQ(packet.Status, STATUS_BUFFER_OVERFLOW);
}

KTEST(OnlyAsynchronousFilesHavePortsAndSkips) {
  Device device(L"\\Device\\KtCancel");
  File file(L"\\Device\\KtCancel");
  HANDLE port = nullptr;
  REQUIRE(NT_SUCCESS(ZwCreateIoCompletion(&port, kAllAccess, nullptr, 0)));
  FILE_COMPLETION_INFORMATION information = {port, nullptr};
  FILE_IO_COMPLETION_NOTIFICATION_INFORMATION skip = {FILE_SKIP_SET_EVENT_ON_HANDLE};
  IO_STATUS_BLOCK iosb;
  EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &information, sizeof information, FileCompletionInformation),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &skip, sizeof skip, FileIoCompletionNotificationInformation),
            STATUS_INVALID_PARAMETER);
  ZwClose(port);
}

KTEST(TheEventOfAFileMayBeLeftAlone) {
  Device device(L"\\Device\\KtCancel", DO_BUFFERED_IO);
  File file(L"\\Device\\KtCancel", 0);
  FILE_IO_COMPLETION_NOTIFICATION_INFORMATION skip = {FILE_SKIP_SET_EVENT_ON_HANDLE};
  IO_STATUS_BLOCK iosb;
  LARGE_INTEGER zero = {};
  EXPECT_EQ(Read(file.handle(), &iosb), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(file.handle(), FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &skip, sizeof skip, FileIoCompletionNotificationInformation), STATUS_SUCCESS);
  EXPECT_EQ(Read(file.handle(), &iosb), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(file.handle(), FALSE, &zero), STATUS_TIMEOUT);
}
