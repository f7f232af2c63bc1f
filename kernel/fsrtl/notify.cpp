// Directory change notification: file systems keep a list of who watches which directory, and report what changes.
#include <algorithm>
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

extern "C" {
NTSTATUS RtlOemToUnicodeN(PWSTR UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString, const CHAR* OemString,
                          ULONG BytesInOemString);
VOID SeReleaseSubjectContext(PVOID SubjectContext);
}

using PNOTIFY_SYNC = PVOID;
using PCHECK_FOR_TRAVERSE_ACCESS = BOOLEAN (*)(PVOID NotifyContext, PVOID TargetContext, PVOID SubjectContext);
using PFILTER_REPORT_CHANGE = BOOLEAN (*)(PVOID NotifyContext, PVOID FilterContext);

namespace nt::fsrtl {
namespace {

constexpr ULONG kTag = 'ytNF';
constexpr ULONG kRenamedOldName = 4;  // FILE_ACTION_RENAMED_OLD_NAME
constexpr ULONG kHeader = 12;         // of FILE_NOTIFY_INFORMATION, before the name

/// One who watches, from its first request to its cleanup.
struct Watcher {
  LIST_ENTRY links;  ///< in the file system's list
  PVOID context;     ///< by which the file system knows it
  const STRING* directory;
  bool wide;  ///< the names of its file system have two bytes a character
  bool tree;
  bool no_names;    ///< it only wants to know that something changed
  bool overflowed;  ///< more changed than there was room for
  bool incomplete;  ///< the new name of a renaming is still to come
  ULONG filter;
  PCHECK_FOR_TRAVERSE_ACCESS traverse;
  PFILTER_REPORT_CHANGE report;
  PVOID subject;
  LIST_ENTRY irps;  ///< requests that wait, oldest first
  ULONG capacity;   ///< bytes of what is not told yet
  ULONG used;
  ULONG last;  ///< where the last change begins
  UCHAR* changes;
};

bool Empty(const LIST_ENTRY& list) { return list.Flink == &list; }
Watcher* WatcherAt(LIST_ENTRY* links) { return CONTAINING_RECORD(links, Watcher, links); }
PIRP IrpAt(LIST_ENTRY* links) { return CONTAINING_RECORD(links, IRP, Tail.Overlay.ListEntry); }

void Append(LIST_ENTRY* list, LIST_ENTRY* entry) {
  *entry = {list, list->Blink};
  list->Blink->Flink = entry;
  list->Blink = entry;
}

void Unlink(LIST_ENTRY* entry) {
  entry->Blink->Flink = entry->Flink;
  entry->Flink->Blink = entry->Blink;
}

PDRIVER_CANCEL SetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  PDRIVER_CANCEL const old = irp->CancelRoutine;
  irp->CancelRoutine = routine;
  return old;
}

void Complete(PIRP irp, NTSTATUS status, ULONG information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, 1);
}

/// Takes the oldest request that is not being cancelled; null if there is none.
PIRP TakeIrp(Watcher* watcher) {
  for (LIST_ENTRY* links = watcher->irps.Flink; links != &watcher->irps; links = links->Flink) {
    PIRP const irp = IrpAt(links);
    if (SetCancelRoutine(irp, nullptr) == nullptr) continue;
    Unlink(links);
    return irp;
  }
  return nullptr;
}

Watcher* Find(LIST_ENTRY* list, const void* context) {
  for (LIST_ENTRY* links = list->Flink; links != list; links = links->Flink) {
    if (WatcherAt(links)->context == context) return WatcherAt(links);
  }
  return nullptr;
}

/// Where the request's answer goes. Without a buffer of the system's the answer is handed over by one.
UCHAR* AnswerBuffer(PIRP irp, ULONG size) {
  if (irp->MdlAddress != nullptr)
    return static_cast<UCHAR*>(MmMapLockedPagesSpecifyCache(irp->MdlAddress, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority));
  if (irp->AssociatedIrp.SystemBuffer == nullptr) {
    irp->AssociatedIrp.SystemBuffer = ex::AllocatePool(NonPagedPoolNx, size, kTag);
    if (irp->AssociatedIrp.SystemBuffer != nullptr) irp->Flags |= IRP_BUFFERED_IO | IRP_INPUT_OPERATION | IRP_DEALLOCATE_BUFFER;
  }
  return static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
}

/// Answers a request with what has changed.
void Answer(Watcher* watcher, PIRP irp) {
  const ULONG used = watcher->used, length = IoGetCurrentIrpStackLocation(irp)->Parameters.NotifyDirectory.Length;
  UCHAR* const buffer = used != 0 && used <= length && !watcher->overflowed ? AnswerBuffer(irp, used) : nullptr;
  if (buffer != nullptr) std::memcpy(buffer, watcher->changes, used);
  watcher->used = watcher->last = 0;
  watcher->overflowed = false;
  if (buffer != nullptr) {
    Complete(irp, STATUS_SUCCESS, used);
  } else {
    Complete(irp, STATUS_NOTIFY_ENUM_DIR, 0);
  }
}

bool HasNews(const Watcher* watcher) { return (watcher->used != 0 || watcher->overflowed) && !watcher->incomplete; }

/// Bytes of a name in Unicode.
ULONG WideBytes(const Watcher* watcher, ULONG bytes) { return watcher->wide ? bytes : bytes * 2; }

void PutName(const Watcher* watcher, UCHAR* to, const CHAR* name, ULONG bytes) {
  if (watcher->wide) {
    std::memcpy(to, name, bytes);
  } else {
    ULONG written = 0;
    RtlOemToUnicodeN(reinterpret_cast<PWSTR>(to), bytes * 2, &written, name, bytes);
  }
}

/// A change's name, from parts that a separator or a colon joins.
struct Name {
  STRING path;    ///< of the parent, below the watched directory; may be empty
  STRING target;  ///< the last component
  const STRING* stream;
};

ULONG Length(const Watcher* watcher, const Name& name) {
  const ULONG path = name.path.Length != 0 ? WideBytes(watcher, name.path.Length) + sizeof(WCHAR) : 0;
  const ULONG stream = name.stream != nullptr ? sizeof(WCHAR) + WideBytes(watcher, name.stream->Length) : 0;
  return path + WideBytes(watcher, name.target.Length) + stream;
}

/// Adds a change to what is not told yet.
void Add(Watcher* watcher, const Name& name, ULONG action) {
  const ULONG length = Length(watcher, name), start = (watcher->used + 3) & ~ULONG{3};
  if (watcher->overflowed) return;
  if (watcher->changes == nullptr && watcher->capacity != 0)
    watcher->changes = static_cast<UCHAR*>(ex::AllocatePool(PagedPool, watcher->capacity, kTag));
  if (watcher->no_names || watcher->changes == nullptr || start + kHeader + length > watcher->capacity) {
    watcher->overflowed = true;
    return;
  }
  if (watcher->used != 0) {
    const ULONG next = start - watcher->last;
    std::memcpy(watcher->changes + watcher->last, &next, sizeof next);
  }
  const ULONG header[] = {0, action, length};
  static_assert(sizeof header == kHeader);
  UCHAR* at = watcher->changes + start;
  std::memcpy(at, header, kHeader);
  at += kHeader;
  const auto put = [&](const STRING& part) {
    PutName(watcher, at, part.Buffer, part.Length);
    at += WideBytes(watcher, part.Length);
  };
  const auto put_character = [&](WCHAR character) {
    std::memcpy(at, &character, sizeof character);
    at += sizeof character;
  };
  if (name.path.Length != 0) {
    put(name.path);
    put_character(u'\\');
  }
  put(name.target);
  if (name.stream != nullptr) {
    put_character(u':');
    put(*name.stream);
  }
  watcher->last = start;
  watcher->used = start + kHeader + length;
}

/// A report of a file system.
struct Report {
  STRING parent;
  STRING target;
  const STRING* stream;
  ULONG filter;
  ULONG action;
  PVOID target_context;
  PVOID filter_context;
};

/// Whether a watcher's directory is the parent, or above it and the whole tree is watched; `rest` is the way from one to the other.
bool Covers(const Watcher* watcher, const STRING& parent, STRING* rest) {
  const STRING& directory = *watcher->directory;
  const USHORT character = watcher->wide ? sizeof(WCHAR) : sizeof(CHAR);
  if (parent.Length < directory.Length || std::memcmp(parent.Buffer, directory.Buffer, directory.Length) != 0) return false;
  const bool root = directory.Length == character;  // "\"
  USHORT skipped = directory.Length;
  if (parent.Length > directory.Length) {
    if (!watcher->tree || (!root && parent.Buffer[directory.Length] != '\\')) return false;
    if (!root) skipped = static_cast<USHORT>(skipped + character);
  }
  *rest = {static_cast<USHORT>(parent.Length - skipped), static_cast<USHORT>(parent.Length - skipped), parent.Buffer + skipped};
  return true;
}

bool Wants(Watcher* watcher, const Report& report, STRING* rest) {
  if ((watcher->filter & report.filter) == 0 || !Covers(watcher, report.parent, rest)) return false;
  if (rest->Length != 0 && watcher->traverse != nullptr &&
      ke::Callout<BOOLEAN>(watcher->traverse, watcher->context, report.target_context, watcher->subject) == FALSE) {
    return false;
  }
  return watcher->report == nullptr || ke::Callout<BOOLEAN>(watcher->report, watcher->context, report.filter_context) != FALSE;
}

void Tell(LIST_ENTRY* list, const Report& report) {
  for (LIST_ENTRY* links = list->Flink; links != list;) {
    Watcher* const watcher = WatcherAt(links);
    links = links->Flink;
    STRING rest{};
    if (!Wants(watcher, report, &rest)) continue;
    Add(watcher, {rest, report.target, report.stream}, report.action);
    watcher->incomplete = report.action == kRenamedOldName && !watcher->overflowed;
    if (!HasNews(watcher)) continue;
    if (PIRP const irp = TakeIrp(watcher)) Answer(watcher, irp);
  }
}

void EndAll(Watcher* watcher, NTSTATUS status) {
  while (PIRP const irp = TakeIrp(watcher)) Complete(irp, status, 0);
}

void Free(Watcher* watcher) {
  EndAll(watcher, STATUS_NOTIFY_CLEANUP);
  Unlink(&watcher->links);
  if (watcher->changes != nullptr) ex::FreePool(watcher->changes);
  if (watcher->subject != nullptr) {
    SeReleaseSubjectContext(watcher->subject);
    ex::FreePool(watcher->subject);
  }
  ex::FreePool(watcher);
}

/// Names of one byte a character begin with a backslash that no zero follows.
bool IsWide(const STRING* name) { return name->Length >= 2 && name->Buffer[1] == '\0'; }

struct Watch {
  PVOID context;
  const STRING* directory;
  bool tree;
  bool no_names;
  ULONG filter;
  PCHECK_FOR_TRAVERSE_ACCESS traverse;
  PVOID subject;
  PFILTER_REPORT_CHANGE report;
};

Watcher* MakeWatcher(LIST_ENTRY* list, const Watch& watch, ULONG capacity) {
  auto* const watcher = static_cast<Watcher*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Watcher), kTag));
  if (watcher == nullptr) return nullptr;
  *watcher = {};
  watcher->context = watch.context;
  watcher->directory = watch.directory;
  watcher->wide = IsWide(watch.directory);
  watcher->tree = watch.tree;
  watcher->no_names = watch.no_names;
  watcher->filter = watch.filter;
  watcher->traverse = watch.traverse;
  watcher->report = watch.report;
  watcher->subject = watch.subject;
  watcher->capacity = capacity;
  watcher->irps.Flink = watcher->irps.Blink = &watcher->irps;
  Append(list, &watcher->links);
  return watcher;
}

/// Answers a request, or lets it wait.
void Ask(Watcher* watcher, PIRP irp) {
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
  if (HasNews(watcher)) return Answer(watcher, irp);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(watcher);
  Append(&watcher->irps, &irp->Tail.Overlay.ListEntry);
  SetCancelRoutine(irp, reinterpret_cast<PDRIVER_CANCEL>(api::StubOf("FsRtlpCancelNotify")));
  if (irp->Cancel == FALSE || SetCancelRoutine(irp, nullptr) == nullptr) return;
  Unlink(&irp->Tail.Overlay.ListEntry);
  Complete(irp, STATUS_CANCELLED, 0);
}

void Begin(LIST_ENTRY* list, const Watch& watch, PIRP irp) {
  Watcher* watcher = Find(list, watch.context);
  if (irp == nullptr) {  // the directory is being deleted
    if (watcher != nullptr) EndAll(watcher, STATUS_DELETE_PENDING);
    return;
  }
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (location->FileObject != nullptr && (location->FileObject->Flags & FO_CLEANUP_COMPLETE) != 0) {
    location->Control |= SL_PENDING_RETURNED;
    return Complete(irp, STATUS_NOTIFY_CLEANUP, 0);
  }
  if (watcher == nullptr) watcher = MakeWatcher(list, watch, location->Parameters.NotifyDirectory.Length);
  if (watcher == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  Ask(watcher, irp);
}

STRING Slice(const STRING& whole, USHORT first, USHORT bytes) { return {bytes, bytes, whole.Buffer + first}; }

/// The parent as the file system names it, or what is before the last component and its separator.
STRING ParentOf(const STRING& target, USHORT offset, const STRING* normalized) {
  if (normalized != nullptr && normalized->Length != 0) return *normalized;
  const USHORT character = IsWide(&target) ? sizeof(WCHAR) : sizeof(CHAR);
  return Slice(target, 0, offset > character ? static_cast<USHORT>(offset - character) : offset);
}

}  // namespace
}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

/// Nothing else runs while a list is looked through: what drivers see of the lock is that it exists.
VOID FsRtlNotifyInitializeSync(PNOTIFY_SYNC* NotifySync) {
  *NotifySync = ex::AllocatePool(NonPagedPoolNx, sizeof(ULONG_PTR), kTag);
  if (*NotifySync == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
}

VOID FsRtlNotifyUninitializeSync(PNOTIFY_SYNC* NotifySync) {
  if (*NotifySync != nullptr) ex::FreePool(*NotifySync);
  *NotifySync = nullptr;
}

VOID FsRtlNotifyFilterChangeDirectory(PNOTIFY_SYNC /*NotifySync*/, LIST_ENTRY* NotifyList, PVOID FsContext, STRING* FullDirectoryName,
                                      BOOLEAN WatchTree, BOOLEAN IgnoreBuffer, ULONG CompletionFilter, PIRP NotifyIrp,
                                      PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback, PVOID SubjectContext,
                                      PFILTER_REPORT_CHANGE FilterCallback) {
  Begin(NotifyList,
        {FsContext, FullDirectoryName, WatchTree != FALSE, IgnoreBuffer != FALSE, CompletionFilter, TraverseCallback, SubjectContext,
         FilterCallback},
        NotifyIrp);
}

VOID FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, LIST_ENTRY* NotifyList, PVOID FsContext, STRING* FullDirectoryName,
                                    BOOLEAN WatchTree, BOOLEAN IgnoreBuffer, ULONG CompletionFilter, PIRP NotifyIrp,
                                    PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback, PVOID SubjectContext) {
  FsRtlNotifyFilterChangeDirectory(NotifySync, NotifyList, FsContext, FullDirectoryName, WatchTree, IgnoreBuffer, CompletionFilter,
                                   NotifyIrp, TraverseCallback, SubjectContext, nullptr);
}

VOID FsRtlNotifyFilterReportChange(PNOTIFY_SYNC /*NotifySync*/, LIST_ENTRY* NotifyList, STRING* FullTargetName, USHORT TargetNameOffset,
                                   STRING* StreamName, STRING* NormalizedParentName, ULONG FilterMatch, ULONG Action, PVOID TargetContext,
                                   PVOID FilterContext) {
  Tell(NotifyList, {ParentOf(*FullTargetName, TargetNameOffset, NormalizedParentName),
                    Slice(*FullTargetName, TargetNameOffset, static_cast<USHORT>(FullTargetName->Length - TargetNameOffset)), StreamName,
                    FilterMatch, Action, TargetContext, FilterContext});
}

VOID FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, LIST_ENTRY* NotifyList, STRING* FullTargetName, USHORT TargetNameOffset,
                                 STRING* StreamName, STRING* NormalizedParentName, ULONG FilterMatch, ULONG Action, PVOID TargetContext) {
  FsRtlNotifyFilterReportChange(NotifySync, NotifyList, FullTargetName, TargetNameOffset, StreamName, NormalizedParentName, FilterMatch,
                                Action, TargetContext, nullptr);
}

VOID FsRtlNotifyCleanup(PNOTIFY_SYNC /*NotifySync*/, LIST_ENTRY* NotifyList, PVOID FsContext) {
  if (Watcher* const watcher = Find(NotifyList, FsContext)) Free(watcher);
}

VOID FsRtlNotifyCleanupAll(PNOTIFY_SYNC /*NotifySync*/, LIST_ENTRY* NotifyList) {
  while (!Empty(*NotifyList)) Free(WatcherAt(NotifyList->Flink));
}

/// The cancel routine of notification requests that wait. Called with the cancel spin lock held.
VOID FsRtlpCancelNotify(PDEVICE_OBJECT, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  Unlink(&Irp->Tail.Overlay.ListEntry);
  Complete(Irp, STATUS_CANCELLED, 0);
}

}  // extern "C"
