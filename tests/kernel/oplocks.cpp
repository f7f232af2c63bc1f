// Opportunistic locks: who gets which, what breaks them, and what their holders and those who wait see. On the C: drive, whose file system
// keeps them by the file system run-time library, and by calls of the library itself.
#include "ktest.h"

using namespace ktest;

namespace {

constexpr PCWSTR kPath = L"\\??\\C:\\oplocks.txt";
constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr ULONG kR = OPLOCK_LEVEL_CACHE_READ, kH = OPLOCK_LEVEL_CACHE_HANDLE, kW = OPLOCK_LEVEL_CACHE_WRITE;

HANDLE NewEvent() {
  HANDLE event = nullptr;
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  ZwCreateEvent(&event, EVENT_ALL_ACCESS, &object, SynchronizationEvent, FALSE);
  return event;
}

/// An oplock request, or an answer to a break.
struct Control {
  HANDLE event = NewEvent();
  IO_STATUS_BLOCK io{};
  REQUEST_OPLOCK_OUTPUT_BUFFER output{};
  ~Control() { ZwClose(event); }
  bool Ended() {
    LARGE_INTEGER zero = {};
    return ZwWaitForSingleObject(event, FALSE, &zero) == STATUS_SUCCESS;
  }
};

class File {
 public:
  File(ULONG share = kShareAll, ACCESS_MASK access = GENERIC_READ | GENERIC_WRITE, ULONG disposition = FILE_OPEN_IF, ULONG options = 0) {
    Open(share, access, disposition, options);
  }
  ~File() { Close(); }
  File(const File&) = delete;
  void Open(ULONG share, ACCESS_MASK access, ULONG disposition, ULONG options) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, kPath);
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    status = ZwCreateFile(&handle, access | SYNCHRONIZE, &object, &io, nullptr, 0, share, disposition, options | FILE_NON_DIRECTORY_FILE,
                          nullptr, 0);
    if (!NT_SUCCESS(status)) handle = nullptr;
  }
  void Close() {
    if (handle) ZwClose(handle);
    handle = nullptr;
  }
  NTSTATUS Send(Control& control, ULONG code, PVOID input = nullptr, ULONG length = 0) {
    control.output = {};
    return ZwFsControlFile(handle, control.event, nullptr, nullptr, &control.io, code, input, length, &control.output,
                           sizeof control.output);
  }
  NTSTATUS Request(Control& control, ULONG level, ULONG flags = REQUEST_OPLOCK_INPUT_FLAG_REQUEST) {
    REQUEST_OPLOCK_INPUT_BUFFER input = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof input, level, flags};
    return Send(control, FSCTL_REQUEST_OPLOCK, &input, sizeof input);
  }
  NTSTATUS Acknowledge(Control& control, ULONG level) { return Request(control, level, REQUEST_OPLOCK_INPUT_FLAG_ACK); }
  /// A transfer of one byte on a handle that may be asynchronous.
  NTSTATUS Transfer(bool write) {
    char byte = 'x';
    LARGE_INTEGER zero = {};
    Control done;
    const NTSTATUS sent = write ? ZwWriteFile(handle, done.event, nullptr, nullptr, &done.io, &byte, 1, &zero, nullptr)
                                : ZwReadFile(handle, done.event, nullptr, nullptr, &done.io, &byte, 1, &zero, nullptr);
    if (sent != STATUS_PENDING) return sent;
    ZwWaitForSingleObject(done.event, FALSE, nullptr);
    return done.io.Status;
  }

  HANDLE handle = nullptr;
  NTSTATUS status = STATUS_SUCCESS;
  IO_STATUS_BLOCK io{};
};

/// Another thread that opens the file, and perhaps transfers a byte.
struct Other {
  ULONG share = kShareAll;
  ULONG disposition = FILE_OPEN;
  ACCESS_MASK access = GENERIC_READ;
  NTSTATUS status = STATUS_PENDING;
  static void Open(Other* self) {
    File file(self->share, self->access, self->disposition);
    self->status = file.status;
  }
};

constexpr ULONG kExclusive[] = {FSCTL_REQUEST_OPLOCK_LEVEL_1, FSCTL_REQUEST_BATCH_OPLOCK, FSCTL_REQUEST_FILTER_OPLOCK};

}  // namespace

KTEST(ExclusiveOplocksNeedTheOnlyOpening) {
  File one;
  REQUIRE(one.status == STATUS_SUCCESS);
  one.Transfer(true);
  Control held, refused;
  for (ULONG code : kExclusive) {
    File alone;
    EXPECT_EQ(alone.Send(refused, code), STATUS_OPLOCK_NOT_GRANTED);
    alone.Close();
    EXPECT_EQ(one.Send(held, code), STATUS_PENDING);
    EXPECT(!held.Ended());
    EXPECT_EQ(one.Send(refused, code), STATUS_OPLOCK_NOT_GRANTED);
    one.Close();
    EXPECT(held.Ended());
    EXPECT_EQ(held.io.Status, STATUS_SUCCESS);
    EXPECT_EQ(held.io.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    one.Open(kShareAll, GENERIC_READ | GENERIC_WRITE, FILE_OPEN, 0);
  }
  File synchronous(kShareAll, GENERIC_READ, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT);
  EXPECT_EQ(synchronous.Send(refused, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_OPLOCK_NOT_GRANTED);
  EXPECT_EQ(one.Send(refused, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_INVALID_OPLOCK_PROTOCOL);
  EXPECT_EQ(one.Send(refused, FSCTL_OPLOCK_BREAK_NOTIFY), STATUS_SUCCESS);
}

KTEST(AnOpenBreaksABatchOplockToLevelTwoAndWaits) {
  File one;
  Control held, second;
  EXPECT_EQ(one.Send(held, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
  {
    // Whoever only looks at attributes breaks nothing.
    File attributes(kShareAll, FILE_READ_ATTRIBUTES, FILE_OPEN);
    EXPECT_EQ(attributes.status, STATUS_SUCCESS);
    EXPECT(!held.Ended());
  }
  Other other;
  Thread thread(Other::Open, &other);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(held.io.Status, STATUS_SUCCESS);
  EXPECT_EQ(held.io.Information, FILE_OPLOCK_BROKEN_TO_LEVEL_2);
  EXPECT(!thread.EndsWithin(20));
  // The holder's own transfers go on meanwhile.
  EXPECT_EQ(one.Transfer(true), STATUS_SUCCESS);
  Control notified;
  EXPECT_EQ(one.Send(notified, FSCTL_OPLOCK_BREAK_NOTIFY), STATUS_PENDING);
  EXPECT_EQ(one.Send(second, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_PENDING);
  EXPECT(notified.Ended());
  thread.Join();
  EXPECT_EQ(other.status, STATUS_SUCCESS);
  // Level 2 breaks by any write, its holder's too, and nobody waits.
  EXPECT(!second.Ended());
  EXPECT_EQ(one.Transfer(true), STATUS_SUCCESS);
  EXPECT(second.Ended());
  EXPECT_EQ(second.io.Information, FILE_OPLOCK_BROKEN_TO_NONE);
}

KTEST(AnOverwritingOpenBreaksToNone) {
  File one;
  Control held, answer;
  EXPECT_EQ(one.Send(held, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
  Other other;
  other.access = GENERIC_WRITE;
  other.disposition = FILE_OVERWRITE;
  Thread thread(Other::Open, &other);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(held.io.Information, FILE_OPLOCK_BROKEN_TO_NONE);
  EXPECT(!thread.EndsWithin(20));
  EXPECT_EQ(one.Send(answer, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_SUCCESS);
  thread.Join();
  EXPECT_EQ(other.status, STATUS_SUCCESS);
}

KTEST(ClosingTheHandleAnswersABreak) {
  File one(0);
  REQUIRE(one.status == STATUS_SUCCESS);
  Control held, answer;
  EXPECT_EQ(one.Send(held, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
  // The sharing would be violated: but the holder may close, and does.
  Other other;
  Thread thread(Other::Open, &other);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(one.Send(answer, FSCTL_OPBATCH_ACK_CLOSE_PENDING), STATUS_SUCCESS);
  EXPECT(!thread.EndsWithin(20));
  one.Close();
  thread.Join();
  EXPECT_EQ(other.status, STATUS_SUCCESS);
}

KTEST(AnOpenMayRefuseToWait) {
  File one;
  Control held, answer;
  EXPECT_EQ(one.Send(held, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
  {
    File two(kShareAll, GENERIC_READ, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED);
    EXPECT_EQ(two.status, STATUS_OPLOCK_BREAK_IN_PROGRESS);
    EXPECT_EQ(two.io.Information, FILE_OPENED);
    EXPECT(held.Ended());
  }
  EXPECT_EQ(one.Send(answer, FSCTL_OPLOCK_BREAK_ACK_NO_2), STATUS_SUCCESS);
}

KTEST(ACancelledOplockIsGivenUp) {
  File one;
  Control held, other;
  EXPECT_EQ(one.Send(held, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
  IO_STATUS_BLOCK io;
  EXPECT_EQ(ZwCancelIoFile(one.handle, &io), STATUS_SUCCESS);
  EXPECT(held.Ended());
  EXPECT_EQ(held.io.Status, STATUS_CANCELLED);
  EXPECT_EQ(one.Send(other, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
}

KTEST(FilterOplocksLetReadersIn) {
  {
    File filled;
    EXPECT_EQ(filled.Transfer(true), STATUS_SUCCESS);
  }
  File one(kShareAll, GENERIC_READ);
  Control held, answer;
  EXPECT_EQ(one.Send(held, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_PENDING);
  {
    File reader(kShareAll, GENERIC_READ, FILE_OPEN);
    EXPECT_EQ(reader.Transfer(false), STATUS_SUCCESS);
    EXPECT(!held.Ended());
  }
  Other other;
  other.access = GENERIC_WRITE;
  Thread thread(Other::Open, &other);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(held.io.Information, FILE_OPLOCK_BROKEN_TO_NONE);
  EXPECT_EQ(one.Send(answer, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_SUCCESS);
  thread.Join();
  EXPECT_EQ(other.status, STATUS_SUCCESS);
}

KTEST(LevelsAreCheckedWhenAskedFor) {
  File one;
  Control control;
  EXPECT_EQ(one.Request(control, kW), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Request(control, kH), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Request(control, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Request(control, kR | 8), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Request(control, kR, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Request(control, kR, REQUEST_OPLOCK_INPUT_FLAG_REQUEST | REQUEST_OPLOCK_INPUT_FLAG_ACK), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Acknowledge(control, kR), STATUS_INVALID_OPLOCK_PROTOCOL);
  REQUEST_OPLOCK_INPUT_BUFFER input = {2, sizeof input, kR, REQUEST_OPLOCK_INPUT_FLAG_REQUEST};
  EXPECT_EQ(one.Send(control, FSCTL_REQUEST_OPLOCK, &input, sizeof input), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(one.Send(control, FSCTL_REQUEST_OPLOCK, &input, 4), STATUS_BUFFER_TOO_SMALL);
}

KTEST(ManyReadAndAWriteBreaksThemAll) {
  File one, two, three;
  EXPECT_EQ(one.Transfer(true), STATUS_SUCCESS);
  Control first, second, third, refused;
  EXPECT_EQ(one.Request(first, kR), STATUS_PENDING);
  EXPECT_EQ(two.Request(second, kR | kH), STATUS_PENDING);
  EXPECT_EQ(three.Send(third, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_OPLOCK_NOT_GRANTED);  // there is one that caches handles
  EXPECT_EQ(three.Request(refused, kR | kW), STATUS_OPLOCK_NOT_GRANTED);
  EXPECT_EQ(two.Transfer(false), STATUS_SUCCESS);
  EXPECT(!first.Ended() && !second.Ended());
  // A holder's own write leaves its oplock alone, and breaks the others'.
  EXPECT_EQ(one.Transfer(true), STATUS_SUCCESS);
  EXPECT(!first.Ended());
  EXPECT(second.Ended());
  EXPECT_EQ(second.io.Information, sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER));
  EXPECT_EQ(second.output.StructureVersion, 1);
  EXPECT_EQ(second.output.OriginalOplockLevel, kR | kH);
  EXPECT_EQ(second.output.NewOplockLevel, 0);
  EXPECT_EQ(second.output.Flags, REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED);
  Control answer;
  EXPECT_EQ(two.Acknowledge(answer, kR), STATUS_INVALID_OPLOCK_PROTOCOL);
  EXPECT_EQ(two.Acknowledge(answer, 0), STATUS_SUCCESS);
  EXPECT_EQ(three.Transfer(true), STATUS_SUCCESS);
  EXPECT(first.Ended());
  EXPECT_EQ(first.output.OriginalOplockLevel, kR);
  EXPECT_EQ(first.output.NewOplockLevel, 0);
  EXPECT_EQ(first.output.Flags, 0);
}

KTEST(AnOpenTakesWriteCachingOnly) {
  File one;
  Control held, answer;
  EXPECT_EQ(one.Request(held, kR | kH | kW), STATUS_PENDING);
  Other other;
  Thread thread(Other::Open, &other);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(held.output.OriginalOplockLevel, kR | kH | kW);
  EXPECT_EQ(held.output.NewOplockLevel, kR | kH);
  EXPECT_EQ(held.output.Flags, REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED);
  EXPECT(!thread.EndsWithin(20));
  EXPECT_EQ(one.Acknowledge(answer, kR | kH), STATUS_PENDING);
  thread.Join();
  EXPECT_EQ(other.status, STATUS_SUCCESS);
  EXPECT(!answer.Ended());
  one.Close();
  EXPECT(answer.Ended());
  EXPECT_EQ(answer.io.Status, STATUS_OPLOCK_HANDLE_CLOSED);
}

KTEST(AnUpgradeSwitchesToTheNewRequest) {
  File one;
  Control read, all;
  EXPECT_EQ(one.Request(read, kR), STATUS_PENDING);
  EXPECT_EQ(one.Request(all, kR | kH | kW), STATUS_PENDING);
  EXPECT(read.Ended());
  EXPECT_EQ(read.io.Status, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE);
  EXPECT(!all.Ended());
}

KTEST(ASharingViolationTakesHandleCaching) {
  File one(FILE_SHARE_READ, GENERIC_READ);
  REQUIRE(one.status == STATUS_SUCCESS);
  Control held, answer;
  EXPECT_EQ(one.Request(held, kR | kH), STATUS_PENDING);
  Other other;
  other.access = GENERIC_WRITE;
  Thread thread(Other::Open, &other);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(held.output.NewOplockLevel, kR);
  EXPECT_EQ(held.output.Flags, REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED | REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED);
  EXPECT_EQ(held.output.ShareMode, kShareAll);
  EXPECT(!thread.EndsWithin(20));
  EXPECT_EQ(one.Acknowledge(answer, kR), STATUS_PENDING);
  thread.Join();
  EXPECT_EQ(other.status, STATUS_SHARING_VIOLATION);
}

KTEST(ADeletionTakesHandleCaching) {
  File one;
  Control held, answer;
  EXPECT_EQ(one.Request(held, kR | kH), STATUS_PENDING);
  File two(kShareAll, DELETE, FILE_OPEN);
  REQUIRE(two.status == STATUS_SUCCESS);
  struct Deletion {
    File* file;
    static void Run(Deletion* self) {
      FILE_DISPOSITION_INFORMATION information = {TRUE};
      IO_STATUS_BLOCK io;
      Control done;
      ZwSetInformationFile(self->file->handle, &io, &information, sizeof information, FileDispositionInformation);
    }
  } deletion{&two};
  Thread thread(Deletion::Run, &deletion);
  ZwWaitForSingleObject(held.event, FALSE, nullptr);
  EXPECT_EQ(held.output.NewOplockLevel, kR);
  EXPECT_EQ(one.Acknowledge(answer, 0), STATUS_SUCCESS);
  thread.Join();
}

namespace {

struct Ended {
  ULONG count;
  NTSTATUS status;
};

NTSTATUS NTAPI KeepIrp(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  auto* const ended = static_cast<Ended*>(context);
  ++ended->count;
  ended->status = irp->IoStatus.Status;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// A request that nobody sent, for a file object that is no more than a name to the library.
PIRP MakeRequest(UCHAR major, PFILE_OBJECT file, ULONG code, Ended* ended) {
  PIRP irp = IoAllocateIrp(2, FALSE);
  if (!irp) return nullptr;
  irp->Tail.Overlay.Thread = PsGetCurrentThread();
  IoSetNextIrpStackLocation(irp);
  IoSetCompletionRoutine(irp, KeepIrp, ended, TRUE, TRUE, TRUE);
  IoSetNextIrpStackLocation(irp);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  location->MajorFunction = major;
  location->FileObject = file;
  if (major == IRP_MJ_FILE_SYSTEM_CONTROL) location->Parameters.FileSystemControl.FsControlCode = code;
  return irp;
}

ULONG prepared, resumed;
NTSTATUS resumed_status;
VOID NTAPI Prepare(PVOID, PIRP) { ++prepared; }
VOID NTAPI Resumed(PVOID context, PIRP irp) {
  ++resumed;
  resumed_status = irp->IoStatus.Status;
  EXPECT_EQ(context, &resumed);
}

FILE_OBJECT one_file, other_file;

}  // namespace

KTEST(ARequestWaitsByRoutine) {
  PVOID oplock;
  FsRtlInitializeOplock(&oplock);
  EXPECT(oplock == nullptr);
  EXPECT(FsRtlOplockIsFastIoPossible(&oplock));
  EXPECT(!FsRtlCurrentOplock(&oplock) && !FsRtlCurrentBatchOplock(&oplock) && !FsRtlCurrentOplockH(&oplock));
  Ended ended = {}, written = {}, answered = {};
  PIRP irp = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_REQUEST_BATCH_OPLOCK, &ended);
  PIRP write = MakeRequest(IRP_MJ_WRITE, &other_file, 0, &written);
  PIRP answer = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, &answered);
  REQUIRE(irp && write && answer);
  EXPECT(!FsRtlOplockIsSharedRequest(irp));
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, irp, 1), STATUS_PENDING);
  EXPECT(FsRtlCurrentOplock(&oplock) && FsRtlCurrentBatchOplock(&oplock) && !FsRtlCurrentOplockH(&oplock));
  EXPECT(FsRtlOplockIsFastIoPossible(&oplock));
  prepared = resumed = 0;
  EXPECT_EQ(FsRtlCheckOplock(&oplock, write, &resumed, Resumed, Prepare), STATUS_PENDING);
  EXPECT_EQ(prepared, 1);
  EXPECT_EQ(resumed, 0);
  EXPECT_EQ(ended.count, 1);
  EXPECT(!FsRtlOplockIsFastIoPossible(&oplock));
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, answer, 1), STATUS_SUCCESS);
  EXPECT_EQ(answered.count, 1);
  EXPECT_EQ(resumed, 1);
  EXPECT_EQ(resumed_status, STATUS_SUCCESS);
  EXPECT(!FsRtlCurrentOplock(&oplock));
  IoFreeIrp(irp);
  IoFreeIrp(answer);

  // One who waits can be cancelled.
  irp = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_REQUEST_OPLOCK_LEVEL_1, &ended);
  REQUIRE(irp);
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, irp, 2), STATUS_OPLOCK_NOT_GRANTED);
  IoFreeIrp(irp);
  irp = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_REQUEST_OPLOCK_LEVEL_1, &ended);
  REQUIRE(irp);
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, irp, 1), STATUS_PENDING);
  EXPECT_EQ(FsRtlCheckOplock(&oplock, write, &resumed, Resumed, nullptr), STATUS_PENDING);
  EXPECT(IoCancelIrp(write));
  EXPECT_EQ(resumed, 2);
  EXPECT_EQ(resumed_status, STATUS_CANCELLED);
  FsRtlUninitializeOplock(&oplock);
  IoFreeIrp(irp);
  IoFreeIrp(write);
}

KTEST(AllBreakOnRequestAndAtTheEnd) {
  PVOID oplock;
  FsRtlInitializeOplock(&oplock);
  Ended first = {}, second = {}, none = {};
  PIRP one = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_REQUEST_OPLOCK_LEVEL_2, &first);
  PIRP two = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &other_file, FSCTL_REQUEST_OPLOCK_LEVEL_2, &second);
  PIRP cause = MakeRequest(IRP_MJ_READ, &one_file, 0, &none);
  REQUIRE(one && two && cause);
  EXPECT(FsRtlOplockIsSharedRequest(one));
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, one, 0), STATUS_PENDING);
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, two, 1), STATUS_OPLOCK_NOT_GRANTED);  // there is a byte-range lock
  EXPECT_EQ(second.count, 1);
  IoFreeIrp(two);
  two = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &other_file, FSCTL_REQUEST_OPLOCK_LEVEL_2, &second);
  REQUIRE(two);
  EXPECT_EQ(FsRtlOplockFsctrl(&oplock, two, 0), STATUS_PENDING);
  EXPECT(!FsRtlOplockIsFastIoPossible(&oplock));
  EXPECT_EQ(FsRtlCheckOplock(&oplock, cause, nullptr, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(first.count, 0);
  EXPECT_EQ(FsRtlOplockBreakToNone(&oplock, IoGetCurrentIrpStackLocation(cause), cause, nullptr, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(first.count, 1);
  EXPECT_EQ(second.count, 2);
  EXPECT(!FsRtlCurrentOplock(&oplock));
  FsRtlUninitializeOplock(&oplock);
  EXPECT(FsRtlOplockKeysEqual(&one_file, &one_file));
  EXPECT(!FsRtlOplockKeysEqual(&one_file, &other_file));
  IoFreeIrp(one);
  IoFreeIrp(two);
  IoFreeIrp(cause);
}

namespace {
const GUID kSomeType = {1, 2, 3, {4}};
ULONG cleaned;
VOID CountCleanup(PVOID, LPCGUID) { ++cleaned; }
}  // namespace

KTEST(ExtraCreateParametersAreAListByType) {
  PECP_LIST list = nullptr;
  PVOID context = nullptr, found = nullptr;
  ULONG size = 0;
  cleaned = 0;
  EXPECT_EQ(FsRtlAllocateExtraCreateParameterList(0, &list), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlFindExtraCreateParameter(list, &kSomeType, &found, &size), STATUS_NOT_FOUND);
  EXPECT_EQ(FsRtlAllocateExtraCreateParameter(&kSomeType, 24, 0, CountCleanup, 'tpcE', &context), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, context), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlFindExtraCreateParameter(list, &kSomeType, &found, &size), STATUS_SUCCESS);
  EXPECT(found == context && size == 24);
  PVOID again = nullptr;
  EXPECT_EQ(FsRtlAllocateExtraCreateParameter(&kSomeType, 8, FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL, CountCleanup, 'tpcE', &again),
            STATUS_SUCCESS);
  EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, again), STATUS_INVALID_PARAMETER);
  FsRtlFreeExtraCreateParameter(again);
  EXPECT_EQ(cleaned, 1);
  EXPECT(!FsRtlIsEcpAcknowledged(context) && !FsRtlIsEcpFromUserMode(context));
  FsRtlAcknowledgeEcp(context);
  EXPECT(FsRtlIsEcpAcknowledged(context));
  FsRtlPrepareToReuseEcp(context);
  EXPECT(!FsRtlIsEcpAcknowledged(context));
  GUID type = {};
  EXPECT_EQ(FsRtlGetNextExtraCreateParameter(list, nullptr, &type, &found, nullptr), STATUS_SUCCESS);
  EXPECT(found == context && type.Data1 == 1);
  EXPECT_EQ(FsRtlGetNextExtraCreateParameter(list, context, nullptr, &found, nullptr), STATUS_NOT_FOUND);
  EXPECT_EQ(FsRtlRemoveExtraCreateParameter(list, &kSomeType, &found, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlRemoveExtraCreateParameter(list, &kSomeType, &found, nullptr), STATUS_NOT_FOUND);
  EXPECT_EQ(FsRtlInsertExtraCreateParameter(list, context), STATUS_SUCCESS);
  FsRtlFreeExtraCreateParameterList(list);
  EXPECT_EQ(cleaned, 2);

  NPAGED_LOOKASIDE_LIST lookaside;
  FsRtlInitExtraCreateParameterLookasideList(&lookaside, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL, 64, 'lpcE');
  EXPECT_EQ(FsRtlAllocateExtraCreateParameterFromLookasideList(&kSomeType, 65, 0, nullptr, &lookaside, &context), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(FsRtlAllocateExtraCreateParameterFromLookasideList(&kSomeType, 64, 0, nullptr, &lookaside, &context), STATUS_SUCCESS);
  found = context;
  FsRtlFreeExtraCreateParameter(context);
  EXPECT_EQ(FsRtlAllocateExtraCreateParameterFromLookasideList(&kSomeType, 10, 0, nullptr, &lookaside, &context), STATUS_SUCCESS);
  EXPECT(context == found);
  FsRtlFreeExtraCreateParameter(context);
  FsRtlDeleteExtraCreateParameterLookasideList(&lookaside, FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL);
}

KTEST(ACreationCarriesItsExtraParameters) {
  Ended ended = {};
  PIRP create = MakeRequest(IRP_MJ_CREATE, &one_file, 0, &ended);
  PIRP read = MakeRequest(IRP_MJ_READ, &one_file, 0, &ended);
  PECP_LIST list = nullptr, found = nullptr;
  REQUIRE(create && read && NT_SUCCESS(FsRtlAllocateExtraCreateParameterList(0, &list)));
  EXPECT_EQ(FsRtlGetEcpListFromIrp(create, &found), STATUS_SUCCESS);
  EXPECT(found == nullptr);
  EXPECT_EQ(FsRtlSetEcpListIntoIrp(create, list), STATUS_SUCCESS);
  EXPECT_EQ(FsRtlGetEcpListFromIrp(create, &found), STATUS_SUCCESS);
  EXPECT(found == list);
  EXPECT_EQ(FsRtlSetEcpListIntoIrp(read, list), STATUS_INVALID_PARAMETER);
  IoFreeIrp(create);
  IoFreeIrp(read);
  FsRtlFreeExtraCreateParameterList(list);
}

KTEST(FlagsGovernTheBreaksOfOplocks) {
  PVOID oplock;
  FsRtlInitializeOplock(&oplock);
  Ended ended = {}, written = {};
  PIRP irp = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_REQUEST_BATCH_OPLOCK, &ended);
  PIRP write = MakeRequest(IRP_MJ_WRITE, &other_file, 0, &written);
  REQUIRE(irp && write);
  EXPECT_EQ(FsRtlOplockFsctrlEx(&oplock, irp, 1, 0), STATUS_PENDING);
  EXPECT(FsRtlCurrentBatchOplock(&oplock));
  // A batch oplock caches no handles of the newer kind.
  EXPECT_EQ(FsRtlOplockBreakH(&oplock, write, 0, nullptr, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ended.count, 0u);
  // Who only wants it broken does not wait for the answer.
  EXPECT_EQ(FsRtlCheckOplockEx(&oplock, write, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, nullptr, nullptr, nullptr),
            STATUS_OPLOCK_BREAK_IN_PROGRESS);
  EXPECT_EQ(ended.count, 1u);
  FsRtlUninitializeOplock(&oplock);
  IoFreeIrp(irp);

  FsRtlInitializeOplock(&oplock);
  irp = MakeRequest(IRP_MJ_FILE_SYSTEM_CONTROL, &one_file, FSCTL_REQUEST_OPLOCK_LEVEL_2, &ended);
  REQUIRE(irp);
  EXPECT_EQ(FsRtlOplockFsctrlEx(&oplock, irp, 0, 0), STATUS_PENDING);
  EXPECT_EQ(FsRtlOplockBreakToNoneEx(&oplock, write, 0, nullptr, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ended.count, 2u);
  EXPECT(!FsRtlCurrentOplock(&oplock));
  FsRtlUninitializeOplock(&oplock);
  IoFreeIrp(irp);
  IoFreeIrp(write);
}
