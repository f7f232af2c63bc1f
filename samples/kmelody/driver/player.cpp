#include "player.h"

#include <ntddbeep.h>

struct Player {
  LIST_ENTRY notes;
  FAST_MUTEX lock;
  KSEMAPHORE queued;  // counts the notes
  KEVENT stop;
  KEVENT silent;  // set while nothing is queued and nothing plays
  PVOID thread;
};

namespace {

constexpr ULONG kTag = 'dlMK';

struct QueuedNote {
  LIST_ENTRY link;
  Note note;
};

LARGE_INTEGER Milliseconds(ULONG count) {
  LARGE_INTEGER interval;
  interval.QuadPart = -10'000ll * count;
  return interval;
}

QueuedNote* NextNote(Player& player) {
  ExAcquireFastMutex(&player.lock);
  LIST_ENTRY* const link = RemoveHeadList(&player.notes);
  ExReleaseFastMutex(&player.lock);
  return CONTAINING_RECORD(link, QueuedNote, link);
}

void FreeNotes(LIST_ENTRY* list) {
  while (!IsListEmpty(list)) ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(list), QueuedNote, link), kTag);
}

NTSTATUS OpenBeep(HANDLE* device) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(DD_BEEP_DEVICE_NAME_U);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
  IO_STATUS_BLOCK result;
  return ZwOpenFile(device, GENERIC_WRITE | SYNCHRONIZE, &attributes, &result, 0, FILE_SYNCHRONOUS_IO_NONALERT);
}

// False: the player is to stop.
bool Rest(Player& player, ULONG duration) {
  LARGE_INTEGER interval = Milliseconds(duration);
  return KeWaitForSingleObject(&player.stop, Executive, KernelMode, FALSE, &interval) == STATUS_TIMEOUT;
}

bool Play(Player& player, HANDLE device, const Note& note) {
  for (ULONG i = 0; i < max(note.Repeat, 1u); i++) {
    if (note.Frequency != 0 && device != nullptr) {
      BEEP_SET_PARAMETERS parameters = {note.Frequency, note.Duration};
      IO_STATUS_BLOCK result;
      ZwDeviceIoControlFile(device, nullptr, nullptr, nullptr, &result, IOCTL_BEEP_SET, &parameters, sizeof parameters, nullptr, 0);
    }
    if (!Rest(player, note.Duration) || !Rest(player, note.Delay)) return false;
  }
  return true;
}

// The event is set only if no note came meanwhile: under the lock that adds them.
void TellIfSilent(Player& player) {
  ExAcquireFastMutex(&player.lock);
  if (IsListEmpty(&player.notes)) KeSetEvent(&player.silent, IO_NO_INCREMENT, FALSE);
  ExReleaseFastMutex(&player.lock);
}

VOID PlayerThread(PVOID context) {
  Player& player = *static_cast<Player*>(context);
  HANDLE device = nullptr;
  PVOID objects[] = {&player.stop, &player.queued};
  while (KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr) != STATUS_WAIT_0) {
    if (device == nullptr) OpenBeep(&device);
    QueuedNote* const queued = NextNote(player);
    const Note note = queued->note;
    ExFreePoolWithTag(queued, kTag);
    if (!Play(player, device, note)) break;
    TellIfSilent(player);
  }
  if (device != nullptr) ZwClose(device);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

}  // namespace

NTSTATUS StartPlayer(HANDLE process, Player** started) {
  auto* const player = static_cast<Player*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Player), kTag));
  if (player == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  InitializeListHead(&player->notes);
  ExInitializeFastMutex(&player->lock);
  KeInitializeSemaphore(&player->queued, 0, MAXLONG);
  KeInitializeEvent(&player->stop, NotificationEvent, FALSE);
  KeInitializeEvent(&player->silent, NotificationEvent, TRUE);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE thread;
  const NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, process, nullptr, PlayerThread, player);
  if (!NT_SUCCESS(status)) {
    ExFreePoolWithTag(player, kTag);
    return status;
  }
  // The object, not the handle: it is waited for when the driver is unloaded.
  ObReferenceObjectByHandle(thread, SYNCHRONIZE, *PsThreadType, KernelMode, &player->thread, nullptr);
  ZwClose(thread);
  *started = player;
  return STATUS_SUCCESS;
}

void StopPlayer(Player* player) {
  KeSetEvent(&player->stop, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(player->thread, Executive, KernelMode, FALSE, nullptr);
  ObDereferenceObject(player->thread);
  FreeNotes(&player->notes);
  ExFreePoolWithTag(player, kTag);
}

NTSTATUS AddNotes(Player* player, const Note* notes, ULONG count) {
  LIST_ENTRY added;
  InitializeListHead(&added);
  for (ULONG i = 0; i < count; i++) {
    auto* queued = static_cast<QueuedNote*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(QueuedNote), kTag));
    if (queued == nullptr) {
      FreeNotes(&added);
      return STATUS_INSUFFICIENT_RESOURCES;
    }
    queued->note = notes[i];
    InsertTailList(&added, &queued->link);
  }
  ExAcquireFastMutex(&player->lock);
  KeClearEvent(&player->silent);
  while (!IsListEmpty(&added)) InsertTailList(&player->notes, RemoveHeadList(&added));
  ExReleaseFastMutex(&player->lock);
  KeReleaseSemaphore(&player->queued, IO_NO_INCREMENT, static_cast<LONG>(count), FALSE);
  return STATUS_SUCCESS;
}

// In user mode's name, so that the client can be ended meanwhile.
NTSTATUS WaitUntilSilent(Player* player) { return KeWaitForSingleObject(&player->silent, UserRequest, UserMode, FALSE, nullptr); }
