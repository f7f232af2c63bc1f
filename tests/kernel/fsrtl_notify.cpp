// Directory change notification, cancellable waits and stack to spare: what the file system run-time library does with time.
#include "ktest.h"

using namespace ktest;

namespace {

struct Ended {
  ULONG count;
  NTSTATUS status;
  ULONG_PTR information;
};

NTSTATUS NTAPI KeepIrp(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  auto* const ended = static_cast<Ended*>(context);
  ++ended->count;
  ended->status = irp->IoStatus.Status;
  ended->information = irp->IoStatus.Information;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

FILE_OBJECT directory_file;

/// A notification request that nobody sent.
class Request {
 public:
  explicit Request(ULONG length = sizeof(buffer)) {
    irp = IoAllocateIrp(2, FALSE);
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetNextIrpStackLocation(irp);
    IoSetCompletionRoutine(irp, KeepIrp, &ended, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(irp);
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    location->MajorFunction = IRP_MJ_DIRECTORY_CONTROL;
    location->MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
    location->FileObject = &directory_file;
    location->Parameters.NotifyDirectory.Length = length;
    irp->AssociatedIrp.SystemBuffer = buffer;
  }
  ~Request() { IoFreeIrp(irp); }
  const FILE_NOTIFY_INFORMATION* First() const { return reinterpret_cast<const FILE_NOTIFY_INFORMATION*>(buffer); }
  bool Tells(const FILE_NOTIFY_INFORMATION* change, ULONG action, PCWSTR name) const {
    UNICODE_STRING expected, actual = {static_cast<USHORT>(change->FileNameLength), static_cast<USHORT>(change->FileNameLength),
                                       const_cast<PWSTR>(change->FileName)};
    RtlInitUnicodeString(&expected, name);
    return change->Action == action && RtlEqualUnicodeString(&expected, &actual, FALSE);
  }

  PIRP irp;
  Ended ended = {};
  alignas(8) UCHAR buffer[256] = {};
};

STRING Wide(const WCHAR* text) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, text);
  return {string.Length, string.MaximumLength, reinterpret_cast<PCHAR>(string.Buffer)};
}

constexpr ULONG kNames = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME;

struct Watching {
  PNOTIFY_SYNC sync = nullptr;
  LIST_ENTRY list;
  Watching() {
    FsRtlNotifyInitializeSync(&sync);
    InitializeListHead(&list);
  }
  ~Watching() {
    EXPECT(IsListEmpty(&list));
    FsRtlNotifyUninitializeSync(&sync);
    EXPECT(!sync);
  }
  void Watch(PVOID context, STRING* directory, bool tree, PIRP irp) {
    FsRtlNotifyFullChangeDirectory(sync, &list, context, directory, tree, FALSE, kNames, irp, nullptr, nullptr);
  }
  void Report(const WCHAR* name, ULONG characters_before, ULONG action, ULONG filter = FILE_NOTIFY_CHANGE_FILE_NAME) {
    STRING target = Wide(name);
    FsRtlNotifyFullReportChange(sync, &list, &target, static_cast<USHORT>(characters_before * sizeof(WCHAR)), nullptr, nullptr, filter,
                                action, nullptr);
  }
};

char first, second;

}  // namespace

KTEST(AChangeAnswersThoseWhoWatch) {
  Watching watching;
  STRING folder = Wide(L"\\folder"), root = Wide(L"\\");
  Request of_folder, of_root;
  watching.Watch(&first, &folder, false, of_folder.irp);
  watching.Watch(&second, &root, true, of_root.irp);
  EXPECT(IoGetCurrentIrpStackLocation(of_folder.irp)->Control & SL_PENDING_RETURNED);
  watching.Report(L"\\folder\\file", 8, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_SIZE);  // nobody wants that
  watching.Report(L"\\folders\\file", 9, FILE_ACTION_ADDED);
  EXPECT_EQ(of_folder.ended.count, 0);
  EXPECT_EQ(of_root.ended.count, 1);
  EXPECT(of_root.Tells(of_root.First(), FILE_ACTION_ADDED, L"folders\\file"));
  watching.Report(L"\\folder\\below\\file", 14, FILE_ACTION_ADDED);  // not in the folder itself
  EXPECT_EQ(of_folder.ended.count, 0);
  watching.Report(L"\\folder\\file", 8, FILE_ACTION_REMOVED);
  EXPECT_EQ(of_folder.ended.count, 1);
  EXPECT_EQ(of_folder.ended.status, STATUS_SUCCESS);
  EXPECT_EQ(of_folder.ended.information, 12 + 8);
  EXPECT(of_folder.Tells(of_folder.First(), FILE_ACTION_REMOVED, L"file"));
  // What happened between two requests the second one is told at once.
  Request later;
  watching.Watch(&second, &root, true, later.irp);
  EXPECT_EQ(later.ended.count, 1);
  const FILE_NOTIFY_INFORMATION* change = later.First();
  EXPECT(later.Tells(change, FILE_ACTION_ADDED, L"folder\\below\\file"));
  EXPECT(change->NextEntryOffset != 0);
  change = reinterpret_cast<const FILE_NOTIFY_INFORMATION*>(reinterpret_cast<const UCHAR*>(change) + change->NextEntryOffset);
  EXPECT(later.Tells(change, FILE_ACTION_REMOVED, L"folder\\file"));
  EXPECT_EQ(change->NextEntryOffset, 0);
  FsRtlNotifyCleanup(watching.sync, &watching.list, &first);
  FsRtlNotifyCleanupAll(watching.sync, &watching.list);
}

namespace {

char wanted, unwanted, context_of_filter;
ULONG asked;

/// Who watched, and what the report gave along.
BOOLEAN NTAPI WantsIt(PVOID watcher, PVOID context) {
  ++asked;
  EXPECT(context == &context_of_filter);
  return watcher == &wanted;
}

}  // namespace

KTEST(AFilterDecidesWhoIsTold) {
  Watching watching;
  STRING root = Wide(L"\\"), target = Wide(L"\\file");
  Request first_request, second_request;
  FsRtlNotifyFilterChangeDirectory(watching.sync, &watching.list, &wanted, &root, FALSE, FALSE, kNames, first_request.irp, nullptr, nullptr,
                                   WantsIt);
  FsRtlNotifyFilterChangeDirectory(watching.sync, &watching.list, &unwanted, &root, FALSE, FALSE, kNames, second_request.irp, nullptr,
                                   nullptr, WantsIt);
  asked = 0;
  FsRtlNotifyFilterReportChange(watching.sync, &watching.list, &target, sizeof(WCHAR), nullptr, nullptr, FILE_NOTIFY_CHANGE_FILE_NAME,
                                FILE_ACTION_ADDED, nullptr, &context_of_filter);
  EXPECT_EQ(asked, 2u);
  EXPECT_EQ(first_request.ended.count, 1);
  EXPECT_EQ(second_request.ended.count, 0);
  FsRtlNotifyCleanupAll(watching.sync, &watching.list);
  EXPECT_EQ(second_request.ended.count, 1);
}

KTEST(ARenamingIsToldWithBothNames) {
  Watching watching;
  STRING root = Wide(L"\\");
  Request request;
  watching.Watch(&first, &root, false, request.irp);
  watching.Report(L"\\old", 1, FILE_ACTION_RENAMED_OLD_NAME);
  EXPECT_EQ(request.ended.count, 0);
  watching.Report(L"\\new", 1, FILE_ACTION_RENAMED_NEW_NAME);
  EXPECT_EQ(request.ended.count, 1);
  EXPECT(request.Tells(request.First(), FILE_ACTION_RENAMED_OLD_NAME, L"old"));
  FsRtlNotifyCleanup(watching.sync, &watching.list, &first);
}

KTEST(TooManyChangesAreToldAsSuch) {
  Watching watching;
  STRING root = Wide(L"\\");
  Request little(16), again(16);
  watching.Watch(&first, &root, false, little.irp);
  watching.Report(L"\\a name too long", 1, FILE_ACTION_ADDED);
  EXPECT_EQ(little.ended.status, STATUS_NOTIFY_ENUM_DIR);
  EXPECT_EQ(little.ended.information, 0);
  watching.Watch(&first, &root, false, again.irp);
  EXPECT_EQ(again.ended.count, 0);
  FsRtlNotifyCleanup(watching.sync, &watching.list, &first);
  EXPECT_EQ(again.ended.status, STATUS_NOTIFY_CLEANUP);
}

KTEST(NotificationsEndWithTheDirectoryOrTheRequest) {
  Watching watching;
  STRING root = Wide(L"\\");
  Request deleted, cancelled, late;
  watching.Watch(&first, &root, false, deleted.irp);
  watching.Watch(&first, nullptr, false, nullptr);
  EXPECT_EQ(deleted.ended.status, STATUS_DELETE_PENDING);
  watching.Watch(&first, &root, false, cancelled.irp);
  EXPECT(IoCancelIrp(cancelled.irp));
  EXPECT_EQ(cancelled.ended.status, STATUS_CANCELLED);
  FsRtlNotifyCleanup(watching.sync, &watching.list, &first);
  directory_file.Flags |= FO_CLEANUP_COMPLETE;
  watching.Watch(&first, &root, false, late.irp);
  EXPECT_EQ(late.ended.status, STATUS_NOTIFY_CLEANUP);
  directory_file.Flags = 0;
}

KTEST(AWaitEndsWithItsRequest) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, TRUE);
  LARGE_INTEGER soon = Milliseconds(1);
  EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&event, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&event, &soon, nullptr), STATUS_TIMEOUT);
  Request request;
  struct Canceller {
    PIRP irp;
    static void Run(Canceller* self) {
      Sleep(10);
      IoCancelIrp(self->irp);
    }
  } canceller{request.irp};
  Thread thread(Canceller::Run, &canceller);
  EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&event, nullptr, request.irp), STATUS_CANCELLED);
  thread.Join();
  EXPECT_EQ(FsRtlCancellableWaitForSingleObject(&event, nullptr, request.irp), STATUS_CANCELLED);  // it is already
  Request other;
  PVOID objects[] = {&event, &event};
  KeSetEvent(&event, 0, FALSE);
  EXPECT_EQ(FsRtlCancellableWaitForMultipleObjects(2, objects, WaitAny, nullptr, nullptr, other.irp), STATUS_WAIT_0);
  EXPECT(!other.irp->CancelRoutine);
}

namespace {
PETHREAD ran_on;
VOID NTAPI Elsewhere(PVOID context, PKEVENT event) {
  EXPECT_EQ(context, &ran_on);
  ran_on = PsGetCurrentThread();
  KeSetEvent(event, 0, FALSE);
}
}  // namespace

KTEST(ARoutineRunsWhereThereIsStack) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  FsRtlPostStackOverflow(&ran_on, &event, Elsewhere);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  EXPECT(ran_on != PsGetCurrentThread());
  EXPECT(FsRtlIsTotalDeviceFailure(STATUS_DEVICE_NOT_CONNECTED));
  EXPECT(!FsRtlIsTotalDeviceFailure(STATUS_CRC_ERROR) && !FsRtlIsTotalDeviceFailure(STATUS_SUCCESS));
  EXPECT(!FsRtlIsPagingFile(&directory_file));
}
