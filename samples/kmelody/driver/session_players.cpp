// KMelodySession: a player for each session, in the session's csrss.exe. Sound belongs to a session: what a thread of the System process
// plays is heard in session 0 only, if anywhere.
#include <ntifs.h>

#include "players.h"

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);
}

namespace {

constexpr ULONG kTag = 'sSMK', kMostSessions = 16, kProcessInformation = 5;

struct Session {
  ULONG id;
  Player* player;  // null: the place is free
} sessions[kMostSessions];
KMUTEX lock;  // not a fast mutex: threads are created at PASSIVE_LEVEL only

// The beginning of SYSTEM_PROCESS_INFORMATION.
struct ProcessInformation {
  ULONG NextEntryOffset;
  ULONG NumberOfThreads;
  UCHAR reserved[48];
  UNICODE_STRING ImageName;
  LONG BasePriority;
  HANDLE UniqueProcessId;
  HANDLE InheritedFromUniqueProcessId;
  ULONG HandleCount;
  ULONG SessionId;
};
static_assert(FIELD_OFFSET(ProcessInformation, SessionId) == 0x64);

// All processes, from pool; the caller frees them.
PVOID QueryProcesses() {
  ULONG length = 0;
  while (ZwQuerySystemInformation(kProcessInformation, nullptr, 0, &length) == STATUS_INFO_LENGTH_MISMATCH) {
    length += PAGE_SIZE;  // for what is made meanwhile
    PVOID const buffer = ExAllocatePool2(POOL_FLAG_PAGED, length, kTag);
    if (buffer == nullptr || NT_SUCCESS(ZwQuerySystemInformation(kProcessInformation, buffer, length, nullptr))) return buffer;
    ExFreePoolWithTag(buffer, kTag);
  }
  return nullptr;
}

// The id of a session's csrss.exe; null if there is none.
HANDLE FindCsrss(ULONG session) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"csrss.exe");
  PVOID const all = QueryProcesses();
  if (all == nullptr) return nullptr;
  HANDLE found = nullptr;
  for (auto* process = static_cast<ProcessInformation*>(all);;) {
    if (process->SessionId == session && RtlEqualUnicodeString(&process->ImageName, &name, TRUE)) found = process->UniqueProcessId;
    if (process->NextEntryOffset == 0) break;
    process = reinterpret_cast<ProcessInformation*>(reinterpret_cast<PUCHAR>(process) + process->NextEntryOffset);
  }
  ExFreePoolWithTag(all, kTag);
  return found;
}

NTSTATUS StartIn(ULONG session, Player** player) {
  CLIENT_ID id = {FindCsrss(session), nullptr};
  if (id.UniqueProcess == nullptr) return STATUS_NOT_FOUND;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE process;
  NTSTATUS status = ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id);
  if (!NT_SUCCESS(status)) return status;
  status = StartPlayer(process, player);
  ZwClose(process);
  if (NT_SUCCESS(status)) DbgPrint("KMelodySession: csrss.exe of session %lu plays\n", session);
  return status;
}

NTSTATUS FindOrStart(ULONG id, Player** player) {
  Session* free = nullptr;
  for (Session& session : sessions) {
    if (session.player != nullptr && session.id == id) return *player = session.player, STATUS_SUCCESS;
    if (session.player == nullptr && free == nullptr) free = &session;
  }
  if (free == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  free->id = id;
  const NTSTATUS status = StartIn(id, &free->player);
  *player = free->player;
  return status;
}

}  // namespace

NTSTATUS StartPlayers() {
  KeInitializeMutex(&lock, 0);
  return STATUS_SUCCESS;
}

void StopPlayers() {
  for (Session& session : sessions) {
    if (session.player != nullptr) StopPlayer(session.player);
  }
}

NTSTATUS PlayerFor(PIRP irp, Player** player) {
  const ULONG session = PsGetProcessSessionId(IoGetRequestorProcess(irp));
  KeWaitForSingleObject(&lock, Executive, KernelMode, FALSE, nullptr);
  const NTSTATUS status = FindOrStart(session, player);
  KeReleaseMutex(&lock, FALSE);
  return status;
}
