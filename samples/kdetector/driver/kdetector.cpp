// KDetector: notes threads that a process creates in another one, until a client reads of them.
//
// The first thread of every process is made by another process, its creator. So a process is remembered from its birth to its first
// thread, which is not noted.
#include <ntifs.h>

#include "../common.h"

namespace {

constexpr ULONG kTag = 'tDrK';
constexpr ULONG kMaximumItems = 1024;

struct NewProcess {
  LIST_ENTRY link;
  HANDLE id;
};

struct Item {
  LIST_ENTRY link;
  RemoteThread thread;
};

struct Globals {
  FAST_MUTEX lock;
  LIST_ENTRY newProcesses;  // without a thread yet
  LIST_ENTRY items;
  ULONG count;
  PDEVICE_OBJECT device;
  bool process, thread;  // registered
} g;

template <class T>
T* Allocate() {
  return static_cast<T*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(T), kTag));
}

// Takes a process off the list of new ones; whether it was there.
bool ForgetNewProcess(HANDLE id) {
  NewProcess* found = nullptr;
  ExAcquireFastMutex(&g.lock);
  for (LIST_ENTRY* link = g.newProcesses.Flink; link != &g.newProcesses && found == nullptr; link = link->Flink) {
    auto* process = CONTAINING_RECORD(link, NewProcess, link);
    if (process->id == id) found = process;
  }
  if (found != nullptr) RemoveEntryList(&found->link);
  ExReleaseFastMutex(&g.lock);
  if (found == nullptr) return false;
  ExFreePoolWithTag(found, kTag);
  return true;
}

void OnProcess(PEPROCESS, HANDLE id, PPS_CREATE_NOTIFY_INFO create) {
  if (create == nullptr) {
    ForgetNewProcess(id);  // it may have been refused before its first thread
    return;
  }
  auto* process = Allocate<NewProcess>();
  if (process == nullptr) return;
  process->id = id;
  ExAcquireFastMutex(&g.lock);
  InsertTailList(&g.newProcesses, &process->link);
  ExReleaseFastMutex(&g.lock);
}

// Adds a record; when there are too many, the oldest goes.
void Add(Item* item) {
  LIST_ENTRY* dropped = nullptr;
  ExAcquireFastMutex(&g.lock);
  if (g.count == kMaximumItems) {
    dropped = RemoveHeadList(&g.items);
  } else {
    ++g.count;
  }
  InsertTailList(&g.items, &item->link);
  ExReleaseFastMutex(&g.lock);
  if (dropped != nullptr) ExFreePoolWithTag(CONTAINING_RECORD(dropped, Item, link), kTag);
}

// Runs in the thread that creates the new one. The kernel's own threads, and those it makes in processes, are not remote.
void OnThread(HANDLE processId, HANDLE threadId, BOOLEAN create) {
  if (!create) return;
  const HANDLE creator = PsGetCurrentProcessId();
  if (ForgetNewProcess(processId) || creator == processId || creator == PsGetProcessId(PsInitialSystemProcess)) return;
  auto* item = Allocate<Item>();
  if (item == nullptr) return;
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  item->thread = {now.QuadPart, HandleToULong(creator), HandleToULong(PsGetCurrentThreadId()), HandleToULong(processId),
                  HandleToULong(threadId)};
  Add(item);
}

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS OnCreateClose(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

// Moves as many whole records into the client's buffer as it holds.
NTSTATUS OnRead(PDEVICE_OBJECT, PIRP irp) {
  const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  if (length < sizeof(RemoteThread)) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  auto* to = static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute));
  if (to == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  ULONG used = 0;
  ExAcquireFastMutex(&g.lock);
  while (!IsListEmpty(&g.items) && length - used >= sizeof(RemoteThread)) {
    auto* item = CONTAINING_RECORD(RemoveHeadList(&g.items), Item, link);
    --g.count;
    memcpy(to + used, &item->thread, sizeof item->thread);
    used += sizeof item->thread;
    ExFreePoolWithTag(item, kTag);
  }
  ExReleaseFastMutex(&g.lock);
  return Complete(irp, STATUS_SUCCESS, used);
}

// Undoes whatever has been done so far.
void Undo() {
  if (g.thread) PsRemoveCreateThreadNotifyRoutine(OnThread);
  if (g.process) PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
  UNICODE_STRING link = RTL_CONSTANT_STRING(KDETECTOR_LINK_NAME);
  IoDeleteSymbolicLink(&link);
  if (g.device != nullptr) IoDeleteDevice(g.device);
  while (!IsListEmpty(&g.items)) ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&g.items), Item, link), kTag);
  while (!IsListEmpty(&g.newProcesses)) ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&g.newProcesses), NewProcess, link), kTag);
}

void Unload(PDRIVER_OBJECT) { Undo(); }

NTSTATUS Start(PDRIVER_OBJECT driver) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(KDETECTOR_DEVICE_NAME), link = RTL_CONSTANT_STRING(KDETECTOR_LINK_NAME);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &g.device);
  if (!NT_SUCCESS(status)) return status;
  g.device->Flags |= DO_DIRECT_IO;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) return status;
  status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
  if (!NT_SUCCESS(status)) return status;
  g.process = true;
  status = PsSetCreateThreadNotifyRoutine(OnThread);
  g.thread = NT_SUCCESS(status);
  return status;
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  InitializeListHead(&g.newProcesses);
  InitializeListHead(&g.items);
  ExInitializeFastMutex(&g.lock);
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
  driver->MajorFunction[IRP_MJ_READ] = OnRead;
  const NTSTATUS status = Start(driver);
  if (!NT_SUCCESS(status)) Undo();
  return status;
}
