#include "kernel/cm/notify.h"

#include "kernel/api/api.h"
#include "kernel/cm/caller.h"
#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"
#include "nt/io.h"

extern "C" {
VOID KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, LONG Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                     PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
}

namespace nt::cm {

/// One who waits. In pool: waits may never end.
struct Waiter {
  LIST_ENTRY link;  ///< of the watch, then of those to be told
  NTSTATUS status;  ///< once it is over
  KPROCESSOR_MODE mode;
  bool synchronous;
  bool told;
  KEVENT done;  ///< for one who waits in the service itself
  PRKEVENT event;
  PVOID apc_routine;
  PVOID apc_context;
  PIO_STATUS_BLOCK io_status;
  PETHREAD thread;
};

struct Watch {
  LIST_ENTRY link;  ///< of all watches
  LIST_ENTRY waiters;
  PVOID object;
  ULONG filter;
  bool subtree;
  bool missed;  ///< something changed while nobody waited
};

namespace {

constexpr ULONG kTag = 0x6F4E6D43;  // 'CmNo'

void Initialize(LIST_ENTRY* head) { *head = {head, head}; }
bool IsEmpty(const LIST_ENTRY* head) { return head->Flink == head; }
void Insert(LIST_ENTRY* head, LIST_ENTRY* entry) {
  *entry = {head, head->Blink};
  head->Blink->Flink = entry;
  head->Blink = entry;
}
void Remove(LIST_ENTRY* entry) {
  entry->Blink->Flink = entry->Flink;
  entry->Flink->Blink = entry->Blink;
}

LIST_ENTRY* Watches() {
  LIST_ENTRY* const head = &TheRegistry().watches;
  if (head->Flink == nullptr) Initialize(head);
  return head;
}

void QueueApc(const Waiter& waiter) {
  if (waiter.mode == KernelMode) {  // a driver passes a work item and its queue
    ExQueueWorkItem(static_cast<PWORK_QUEUE_ITEM>(waiter.apc_routine),
                    static_cast<WORK_QUEUE_TYPE>(reinterpret_cast<ULONG_PTR>(waiter.apc_context)));
    return;
  }
  auto* const apc = static_cast<PKAPC>(ex::AllocatePool(NonPagedPoolNx, sizeof(KAPC), kTag));
  if (apc == nullptr) return;
  KeInitializeApc(apc, &waiter.thread->Tcb, 0, reinterpret_cast<PKKERNEL_ROUTINE>(api::StubOf("PspFreeApc")), nullptr,
                  reinterpret_cast<PKNORMAL_ROUTINE>(waiter.apc_routine), UserMode, waiter.apc_context);
  if (KeInsertQueueApc(apc, waiter.io_status, nullptr, 0) == 0) ex::FreePool(apc);
}

void StoreStatus(const Waiter& waiter) {
  IO_STATUS_BLOCK result{};
  result.Status = waiter.status;
  if (waiter.mode == KernelMode)
    *waiter.io_status = result;
  else
    mm::CopyToUser(waiter.io_status, &result, sizeof result);  // processes' addresses differ: no matter whose thread this is
}

/// Gives up what a waiter holds.
void Free(Waiter* waiter) {
  if (waiter->event != nullptr) ObfDereferenceObject(waiter->event);
  if (waiter->thread != nullptr) ObfDereferenceObject(waiter->thread);
  ex::FreePool(waiter);
}

void Tell(Waiter* waiter) {
  StoreStatus(*waiter);
  if (waiter->synchronous) {
    waiter->told = true;
    KeSetEvent(&waiter->done, 0, FALSE);
    return;
  }
  if (waiter->apc_routine != nullptr) QueueApc(*waiter);
  if (waiter->event != nullptr) KeSetEvent(waiter->event, 0, FALSE);
  Free(waiter);
}

void End(Watch* watch, NTSTATUS status, LIST_ENTRY* told) {
  while (!IsEmpty(&watch->waiters)) {
    Waiter* const waiter = CONTAINING_RECORD(watch->waiters.Flink, Waiter, link);
    Remove(&waiter->link);
    waiter->status = status;
    Insert(told, &waiter->link);
  }
}

void TellAll(LIST_ENTRY* told) {
  while (!IsEmpty(told)) {
    Waiter* const waiter = CONTAINING_RECORD(told->Flink, Waiter, link);
    Remove(&waiter->link);
    Tell(waiter);
  }
}

bool Concerns(const Watch& watch, const Key* key, ULONG what) {
  const Key* const watched = KeyOf(watch.object);
  if (what == 0) return watched == key;  // it is gone, whatever one waits for
  if ((watch.filter & what) == 0) return false;
  if (watched == key) return true;
  while (watch.subtree && key != nullptr && key != watched) key = key->parent;
  return watch.subtree && key != nullptr;
}

/// The object's watch, made if it is the first; null if there is no memory.
Watch* WatchOf(PVOID object, ULONG filter, bool subtree) {
  Watch** const place = PlaceOfWatch(object);
  if (*place != nullptr) return *place;
  auto* const made = static_cast<Watch*>(ex::AllocatePool(PagedPool, sizeof(Watch), kTag));
  if (made == nullptr) return nullptr;
  *made = {{}, {}, object, filter, subtree, false};
  Initialize(&made->waiters);
  Insert(Watches(), &made->link);
  return *place = made;
}

/// What a caller wants to be told by.
struct Request {
  HANDLE event;
  PVOID apc_routine;
  PVOID apc_context;
  PIO_STATUS_BLOCK io_status;
  bool asynchronous;
};

NTSTATUS MakeWaiter(const Request& request, Waiter** made) {
  auto* const waiter = static_cast<Waiter*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Waiter), kTag));
  if (waiter == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *waiter = Waiter{};
  waiter->mode = ke::PreviousMode();
  waiter->synchronous = !request.asynchronous;
  waiter->io_status = request.io_status;
  if (request.asynchronous) {
    waiter->apc_routine = request.apc_routine;
    waiter->apc_context = request.apc_context;
  }
  KeInitializeEvent(&waiter->done, NotificationEvent, FALSE);
  if (request.event != nullptr) {
    constexpr ACCESS_MASK kModifyState = 2;
    POBJECT_TYPE const type = *api::Data<POBJECT_TYPE>("ExEventObjectType");
    PVOID event = nullptr;
    const NTSTATUS status = ObReferenceObjectByHandle(request.event, kModifyState, type, ke::PreviousMode(), &event, nullptr);
    if (!NT_SUCCESS(status)) {
      ex::FreePool(waiter);
      return status;
    }
    waiter->event = static_cast<PRKEVENT>(event);
    KeClearEvent(waiter->event);
  }
  waiter->thread = reinterpret_cast<PETHREAD>(ke::CurrentThread());
  ObfReferenceObject(waiter->thread);
  *made = waiter;
  return STATUS_SUCCESS;
}

/// The service's own wait.
NTSTATUS WaitFor(Waiter* waiter) {
  const NTSTATUS waited = KeWaitForSingleObject(&waiter->done, UserRequest, waiter->mode, FALSE, nullptr);
  const NTSTATUS status = waiter->told ? waiter->status : waited;
  if (!waiter->told) Remove(&waiter->link);
  if (waiter->event != nullptr && waiter->told) KeSetEvent(waiter->event, 0, FALSE);
  Free(waiter);
  return status;
}

}  // namespace

void ReportChange(Key* key, ULONG what) {
  LIST_ENTRY told;
  Initialize(&told);
  for (LIST_ENTRY* at = Watches()->Flink; at != Watches(); at = at->Flink) {
    Watch* const watch = CONTAINING_RECORD(at, Watch, link);
    if (!Concerns(*watch, key, what)) continue;
    watch->missed = IsEmpty(&watch->waiters);
    End(watch, STATUS_NOTIFY_ENUM_DIR, &told);
  }
  TellAll(&told);
}

void EndWatch(PVOID object) {
  Watch* const watch = *PlaceOfWatch(object);
  if (watch == nullptr) return;
  *PlaceOfWatch(object) = nullptr;
  LIST_ENTRY told;
  Initialize(&told);
  End(watch, STATUS_NOTIFY_CLEANUP, &told);
  Remove(&watch->link);
  ex::FreePool(watch);
  TellAll(&told);
}

}  // namespace nt::cm

using namespace nt::cm;

extern "C" NTSTATUS NtNotifyChangeKey(HANDLE KeyHandle, HANDLE EventHandle, PVOID ApcRoutine, PVOID ApcContext,
                                      PIO_STATUS_BLOCK IoStatusBlock, ULONG NotifyFilter, BOOLEAN WatchSubtree, PVOID /*Buffer*/,
                                      ULONG BufferLength, BOOLEAN Asynchronous) {
  if (BufferLength != 0) return STATUS_NOT_IMPLEMENTED;  // NT does not say what changed, either
  const ULONG filter = NotifyFilter & ~REG_NOTIFY_THREAD_AGNOSTIC;
  if (filter == 0 || (filter & ~REG_LEGAL_CHANGE_FILTER) != 0) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = ProbeOut(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG));
  if (!NT_SUCCESS(status)) return status;
  const UsedKey key(KeyHandle, KEY_NOTIFY);
  if (!NT_SUCCESS(key.status())) return key.status();
  if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
  Watch* const watch = WatchOf(key.object(), filter, WatchSubtree != FALSE);
  if (watch == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Waiter* waiter = nullptr;
  status = MakeWaiter({EventHandle, ApcRoutine, ApcContext, IoStatusBlock, Asynchronous != FALSE}, &waiter);
  if (!NT_SUCCESS(status)) return status;
  if (watch->missed) {
    watch->missed = false;
    waiter->status = STATUS_NOTIFY_ENUM_DIR;
    Tell(waiter);
  } else {
    Insert(&watch->waiters, &waiter->link);
  }
  return Asynchronous != FALSE ? STATUS_PENDING : WaitFor(waiter);
}
