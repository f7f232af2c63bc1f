// Completion ports: queues of ended requests.
#include "kernel/io/completion_port.h"

#include <cstring>
#include <utility>

#include "kernel/ex/ex.h"
#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/mm/layout.h"
#include "kernel/ob/services.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeQueue(PRKQUEUE Queue, ULONG Count);
LONG KeReadStateQueue(PRKQUEUE Queue);
LONG KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry);
ULONG KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY* EntryArray,
                      ULONG Count);
PLIST_ENTRY KeRundownQueue(PRKQUEUE Queue);
}

namespace nt::io {
namespace {

constexpr ULONG kPacketTag = 'pcoI';
constexpr ACCESS_MASK kQueryState = 1, kModifyState = 2;

struct Packet {
  LIST_ENTRY link;
  FILE_IO_COMPLETION_INFORMATION information;
};

/// The body of an IoCompletion object: a queue that lets no more threads run than its creator said. It can be waited for: signaled while
/// there are packets.
struct Port {
  KEVENT available;
  KQUEUE queue;
};

using mm::FromUser;
using mm::Store;

void Initialize(Port* port, ULONG count) {
  KeInitializeEvent(&port->available, NotificationEvent, FALSE);
  KeInitializeQueue(&port->queue, count);
}

void ShowDepth(Port* port) {
  if (KeReadStateQueue(&port->queue) != 0) {
    KeSetEvent(&port->available, 0, FALSE);
  } else {
    KeClearEvent(&port->available);
  }
}

NTSTATUS Post(Port* port, const FILE_IO_COMPLETION_INFORMATION& information) {
  auto* const packet = static_cast<Packet*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Packet), kPacketTag));
  if (packet == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  packet->information = information;
  ObfReferenceObject(port);  // the thread that is woken may run first, and close the port
  KeInsertQueue(&port->queue, &packet->link);
  ShowDepth(port);
  ObfDereferenceObject(port);
  return STATUS_SUCCESS;
}

/// Ends all waits with STATUS_ABANDONED, and frees what nobody took.
void Rundown(Port* port) {
  LIST_ENTRY* const first = KeRundownQueue(&port->queue);
  if (first == nullptr) return;
  for (LIST_ENTRY* link = first;;) {
    LIST_ENTRY* const next = link->Flink;
    ex::FreePool(CONTAINING_RECORD(link, Packet, link));
    if (next == first) break;
    link = next;
  }
}

void ClosePort(PEPROCESS /*process*/, PVOID object, ACCESS_MASK /*access*/, LONGLONG /*process_handles*/, LONGLONG system_handles) {
  if (system_handles == 1) Rundown(static_cast<Port*>(object));
}

void DestroyPort(PVOID object) { Rundown(static_cast<Port*>(object)); }

NTSTATUS Reference(HANDLE handle, ACCESS_MASK access, Port** port) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, access, Registered().completion_type, ke::PreviousMode(), &object, nullptr);
  *port = static_cast<Port*>(object);
  return status;
}

NTSTATUS TakeTimeout(const LARGE_INTEGER* from, LARGE_INTEGER* timeout) {
  if (from == nullptr) return STATUS_SUCCESS;
  if (FromUser()) return mm::ReadUser(from, timeout);
  *timeout = *from;
  return STATUS_SUCCESS;
}

constexpr ULONG kMostAtOnce = 64;

/// A wait that took nothing gives a status where an entry's address would be.
bool IsStatus(const LIST_ENTRY* entry) { return reinterpret_cast<LONG_PTR>(entry) < static_cast<LONG_PTR>(mm::kSystemStart); }

/// Waits for one packet of the port behind a handle and takes up to `count`.
NTSTATUS Remove(HANDLE handle, const LARGE_INTEGER* timeout, BOOLEAN alertable, PFILE_IO_COMPLETION_INFORMATION packets, ULONG count,
                ULONG* taken) {
  LARGE_INTEGER limit{};
  NTSTATUS status = TakeTimeout(timeout, &limit);
  if (!NT_SUCCESS(status)) return status;
  Port* port = nullptr;
  status = Reference(handle, kModifyState, &port);
  if (!NT_SUCCESS(status)) return status;
  LIST_ENTRY* entries[kMostAtOnce];
  const ULONG got = KeRemoveQueueEx(&port->queue, ke::PreviousMode(), alertable, timeout != nullptr ? &limit : nullptr, entries,
                                    count < kMostAtOnce ? count : kMostAtOnce);
  *taken = 0;
  if (IsStatus(entries[0])) {
    status = static_cast<NTSTATUS>(reinterpret_cast<ULONG_PTR>(entries[0]));
  } else {
    for (; *taken < got; ++*taken) {
      auto* const packet = CONTAINING_RECORD(entries[*taken], Packet, link);
      packets[*taken] = packet->information;
      ex::FreePool(packet);
    }
    ShowDepth(port);
  }
  ObfDereferenceObject(port);
  return status;
}

}  // namespace

void InitializeCompletionPorts() {
  Registered().completion_type = ob::CreateType({.name = u"IoCompletion",
                                                 .mapping = {0x20001, 0x20002, 0x120000, 0x1f0003},
                                                 .valid_access = 0x1f0003,
                                                 .secured = true,
                                                 .dispatcher = true,
                                                 .close = &ClosePort,
                                                 .destroy = &DestroyPort});
}

void UnbindPort(PFILE_OBJECT file) {
  IO_COMPLETION_CONTEXT* const context = std::exchange(file->CompletionContext, nullptr);
  if (context == nullptr) return;
  ObfDereferenceObject(context->Port);
  ex::FreePool(context);
}

NTSTATUS BindPort(PFILE_OBJECT file, HANDLE handle, PVOID key, bool replace) {
  if ((file->Flags & FO_SYNCHRONOUS_IO) != 0 || (file->CompletionContext != nullptr && !replace)) return STATUS_INVALID_PARAMETER;
  if (replace && handle == nullptr) {
    UnbindPort(file);
    return STATUS_SUCCESS;
  }
  Port* port = nullptr;
  const NTSTATUS status = Reference(handle, kModifyState, &port);
  if (!NT_SUCCESS(status)) return status;
  auto* const context = static_cast<IO_COMPLETION_CONTEXT*>(ex::AllocatePool(NonPagedPoolNx, sizeof(IO_COMPLETION_CONTEXT), kPacketTag));
  if (context == nullptr) {
    ObfDereferenceObject(port);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *context = {port, key};
  UnbindPort(file);
  file->CompletionContext = context;
  return STATUS_SUCCESS;
}

void PostToPort(PFILE_OBJECT file, PVOID apc_context, const IO_STATUS_BLOCK& result, bool at_once) {
  if (file->CompletionContext == nullptr || apc_context == nullptr) return;
  // FILE_SKIP_COMPLETION_PORT_ON_SUCCESS: the requestor saw the success when its call returned.
  if (at_once && NT_SUCCESS(result.Status) && (file->Flags & FO_SKIP_COMPLETION_PORT) != 0) return;
  Post(static_cast<Port*>(file->CompletionContext->Port), {file->CompletionContext->Key, apc_context, result});
}

}  // namespace nt::io

using namespace nt::io;
namespace ob = nt::ob;

extern "C" {

/// Puts a packet into a port that a driver has a reference to.
NTSTATUS IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                           BOOLEAN /*Quota*/) {
  IO_STATUS_BLOCK result{};
  result.Status = IoStatus;
  result.Information = IoStatusInformation;
  return Post(static_cast<Port*>(IoCompletion), {KeyContext, ApcContext, result});
}

NTSTATUS NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count) {
  PVOID const object = ob::AllocateObject(Registered().completion_type, sizeof(Port));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  Initialize(static_cast<Port*>(object), Count);
  return ob::InsertNew(object, ObjectAttributes, DesiredAccess, IoCompletionHandle);
}

NTSTATUS NtOpenIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return ob::OpenNamed(IoCompletionHandle, DesiredAccess, ObjectAttributes, Registered().completion_type);
}

NTSTATUS NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                           ULONG_PTR IoStatusInformation) {
  Port* port = nullptr;
  NTSTATUS status = Reference(IoCompletionHandle, kModifyState, &port);
  if (!NT_SUCCESS(status)) return status;
  IO_STATUS_BLOCK result{};
  result.Status = IoStatus;
  result.Information = IoStatusInformation;
  status = Post(port, {KeyContext, ApcContext, result});
  ObfDereferenceObject(port);
  return status;
}

NTSTATUS NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID* KeyContext, PVOID* ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER Timeout) {
  FILE_IO_COMPLETION_INFORMATION packet{};
  ULONG taken = 0;
  NTSTATUS status = Remove(IoCompletionHandle, Timeout, FALSE, &packet, 1, &taken);
  if (taken == 0) return status;
  status = Store(ApcContext, packet.ApcContext);
  if (NT_SUCCESS(status)) status = Store(KeyContext, packet.KeyContext);
  if (NT_SUCCESS(status)) status = Store(IoStatusBlock, packet.IoStatusBlock);
  return status;
}

NTSTATUS NtRemoveIoCompletionEx(HANDLE IoCompletionHandle, PFILE_IO_COMPLETION_INFORMATION IoCompletionInformation, ULONG Count,
                                PULONG NumEntriesRemoved, PLARGE_INTEGER Timeout, BOOLEAN Alertable) {
  if (Count == 0) return STATUS_INVALID_PARAMETER;
  FILE_IO_COMPLETION_INFORMATION packets[kMostAtOnce];
  ULONG taken = 0;
  NTSTATUS status = Remove(IoCompletionHandle, Timeout, Alertable, packets, Count, &taken);
  if (!NT_SUCCESS(status)) return status;
  for (ULONG i = 0; i < taken; ++i) {
    const NTSTATUS stored = Store(IoCompletionInformation + i, packets[i]);
    if (!NT_SUCCESS(stored)) return stored;
  }
  const NTSTATUS stored = Store(NumEntriesRemoved, taken);
  return NT_SUCCESS(stored) ? status : stored;
}

NTSTATUS NtQueryIoCompletion(HANDLE IoCompletionHandle, ULONG IoCompletionInformationClass, PVOID IoCompletionInformation,
                             ULONG IoCompletionInformationLength, PULONG ReturnLength) {
  if (IoCompletionInformationClass != 0) return STATUS_INVALID_INFO_CLASS;
  if (IoCompletionInformationLength != sizeof(LONG)) return STATUS_INFO_LENGTH_MISMATCH;
  Port* port = nullptr;
  NTSTATUS status = Reference(IoCompletionHandle, kQueryState, &port);
  if (!NT_SUCCESS(status)) return status;
  status = Store(static_cast<PLONG>(IoCompletionInformation), KeReadStateQueue(&port->queue));
  ObfDereferenceObject(port);
  if (NT_SUCCESS(status) && ReturnLength != nullptr) status = Store<ULONG>(ReturnLength, sizeof(LONG));
  return status;
}

}  // extern "C"
