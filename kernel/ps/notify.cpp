// Notifications of processes, threads and images: who wants them, and the calls.
#include "kernel/ps/notify.h"

#include <algorithm>
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ldr/image.h"
#include "kernel/ps/hooks.h"
#include "kernel/ps/image.h"
#include "kernel/ps/state.h"
#include "nt/status.h"

extern "C" {
VOID KeEnterCriticalRegion();
VOID KeLeaveCriticalRegion();
}

namespace nt::ps {
namespace {

/// Kinds of process routines.
constexpr ULONG kPlain = 0, kEx = 1, kEx2 = 2;
/// Kinds of thread routines: those of kNewThread hear of user threads only, and of their start in the new thread itself.
constexpr ULONG kAllThreads = 0, kNewThread = 1;

/// Bits of the kinds.
constexpr ULONG kOfAll = 1u << kAllThreads, kOfNew = 1u << kNewThread;

using Slots = NotifySlot[kNotifySlots];

NotifySlot* FindSlot(Slots& slots, const void* routine, ULONG kind) {
  auto* const slot = std::ranges::find_if(slots, [&](const NotifySlot& s) { return s.routine == routine && s.kind == kind && !s.removed; });
  return slot == std::end(slots) ? nullptr : slot;
}

/// False if all places are taken.
bool Register(Slots& slots, const void* routine, ULONG kind) {
  NotifySlot* const slot = std::ranges::find(slots, nullptr, &NotifySlot::routine);
  if (slot == std::end(slots)) return false;
  *slot = {routine, kind, 0, false, {}};
  KeInitializeEvent(&slot->idle, NotificationEvent, FALSE);
  return true;
}

/// Afterwards the routine is not being called, and will not be.
void Remove(NotifySlot* slot) {
  slot->removed = true;
  if (slot->busy != 0) {
    KeWaitForSingleObject(&slot->idle, Executive, KernelMode, FALSE, nullptr);
  } else {
    slot->routine = nullptr;
  }
}

NTSTATUS RemoveKnown(NotifySlot* slot) {
  if (slot == nullptr) return STATUS_PROCEDURE_NOT_FOUND;
  Remove(slot);
  return STATUS_SUCCESS;
}

/// Calls all routines, in a critical region; `call` makes one's call.
template <class Call>
void CallAll(Slots& slots, Call call) {
  KeEnterCriticalRegion();
  for (NotifySlot& slot : slots) {
    if (slot.routine == nullptr || slot.removed) continue;
    ++slot.busy;
    call(slot);
    if (--slot.busy != 0 || !slot.removed) continue;
    slot.routine = nullptr;
    KeSetEvent(&slot.idle, 0, FALSE);
  }
  KeLeaveCriticalRegion();
}

bool AnyOf(const Slots& slots) {
  return std::ranges::any_of(slots, [](const NotifySlot& slot) { return slot.routine != nullptr; });
}

NTSTATUS SetProcessRoutine(const void* routine, ULONG kind, BOOLEAN remove) {
  Slots& slots = Ps().notify.process;
  NotifySlot* const known = FindSlot(slots, routine, kind);
  if (remove != 0) return RemoveKnown(known);
  if (kind != kPlain && !ldr::MayBeCallback(routine)) return STATUS_ACCESS_DENIED;
  if (known != nullptr || !Register(slots, routine, kind)) return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

NTSTATUS SetThreadRoutine(const void* routine, ULONG kind) {
  return Register(Ps().notify.thread, routine, kind) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void CallProcessRoutine(const NotifySlot& slot, PEPROCESS process, PS_CREATE_NOTIFY_INFO* create) {
  if (slot.kind != kPlain) {
    ke::Callout<void>(slot.routine, process, process->UniqueProcessId, create);
  } else if (create == nullptr || NT_SUCCESS(create->CreationStatus)) {
    ke::Callout<void>(slot.routine, process->InheritedFromUniqueProcessId, process->UniqueProcessId,
                      static_cast<ULONG_PTR>(create != nullptr));
  }
}

void CallThreadRoutines(PETHREAD thread, ULONG kinds, bool create) {
  CallAll(Ps().notify.thread, [&](const NotifySlot& slot) {
    if ((1u << slot.kind & kinds) == 0) return;
    ke::Callout<void>(slot.routine, thread->Cid.UniqueProcess, thread->Cid.UniqueThread, static_cast<ULONG_PTR>(create));
  });
}

UNICODE_STRING PoolString(std::u16string_view text) {
  constexpr ULONG kTag = 'nNsP';
  const auto bytes = static_cast<USHORT>(std::min<SIZE_T>(text.size(), 0x7ffe) * sizeof(WCHAR));
  auto* const buffer = static_cast<WCHAR*>(ex::AllocatePool(PagedPool, SIZE_T{bytes} + sizeof(WCHAR), kTag));
  std::memcpy(buffer, text.data(), bytes);
  buffer[bytes / sizeof(WCHAR)] = 0;
  return {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
}

/// The path of an image as the file system names it; a driver's is told as it was asked for.
UNICODE_STRING ImagePath(std::u16string_view path, bool user) {
  constexpr std::u16string_view kPrefixes[] = {u"\\??\\C:\\", u"C:\\"};
  for (const std::u16string_view prefix : kPrefixes) {
    if (user && path.starts_with(prefix)) return PoolString(u"\\Device\\HarddiskVolume1\\" + std::u16string(path.substr(prefix.size())));
  }
  return PoolString(path);
}

void CallImageRoutines(const ldr::Image& image, HANDLE process, UNICODE_STRING* path, PFILE_OBJECT file) {
  IMAGE_INFO_EX info{};
  info.Size = sizeof info;
  info.ImageInfo.Properties = IMAGE_ADDRESSING_MODE_32BIT | (image.user ? 0 : IMAGE_INFO_SYSTEM_MODE_IMAGE);
  info.ImageInfo.ImageBase = reinterpret_cast<PVOID>(image.base);
  info.ImageInfo.ImageSize = image.size;
  info.FileObject = file;
  if (file != nullptr) info.ImageInfo.Properties |= IMAGE_INFO_EXTENDED_INFO_PRESENT;
  CallAll(Ps().notify.image, [&](const NotifySlot& slot) { ke::Callout<void>(slot.routine, path, process, &info.ImageInfo); });
}

/// `known`: its open file; null: it is opened for as long as the routines are called.
void NotifyImage(const ldr::Image& image, HANDLE process, PFILE_OBJECT known) {
  if (!AnyOf(Ps().notify.image)) return;
  UNICODE_STRING path = ImagePath(image.path, image.user);
  ImageFile file = known == nullptr ? OpenImageFile(path) : ImageFile{};
  CallImageRoutines(image, process, &path, known != nullptr ? known : file.object);
  CloseImageFile(&file);
  ex::FreePool(path.Buffer);
}

/// The images of a process: its program, ntdll, and what the program is linked to. Not a container: drivers are called meanwhile.
struct ImageList {
  const ldr::Image* images[64];
  ULONG count;

  void Add(const ldr::Image* image) {
    const auto end = images + count;
    if (image != nullptr && count < std::size(images) && std::find(images, end, image) == end) images[count++] = image;
  }
};

ImageList ImagesOf(PEPROCESS process) {
  ImageList list{};
  list.Add(ldr::ImageOf(reinterpret_cast<ULONG_PTR>(process->SectionBaseAddress)));
  list.Add(ldr::FindImage("ntdll.dll"));
  list.Add(ldr::FindImage("kernel32.dll"));
  for (ULONG i = 0; i < list.count; ++i) {
    for (const ldr::Image* needed : list.images[i]->imported) list.Add(needed);
  }
  return list;
}

/// Calls `visit(slot, kind of routine)` for every routine in an image.
template <class Visit>
void ForEachIn(const ldr::Image& image, Visit visit) {
  const auto in = [&](Slots& slots, const char* what) {
    for (NotifySlot& slot : slots) {
      if (slot.routine != nullptr && !slot.removed && image.Contains(reinterpret_cast<ULONG_PTR>(slot.routine))) visit(slot, what);
    }
  };
  in(Ps().notify.process, "process notify routine");
  in(Ps().notify.thread, "thread notify routine");
  in(Ps().notify.image, "image notify routine");
}

}  // namespace

NTSTATUS NotifyProcessCreate(PEPROCESS process, std::u16string_view command_line, PFILE_OBJECT file) {
  ProcessOf(process)->host.announced = true;
  if (!AnyOf(Ps().notify.process)) return STATUS_SUCCESS;
  const ProcessHost& host = ProcessOf(process)->host;
  const UNICODE_STRING name{host.image_path_length, static_cast<USHORT>(host.image_path_length + sizeof(WCHAR)), host.image_path};
  const UNICODE_STRING command = PoolString(command_line);
  PS_CREATE_NOTIFY_INFO info{};
  info.Size = sizeof info;
  info.Flags = PS_CREATE_NOTIFY_FILE_OPEN_NAME_AVAILABLE;
  info.ParentProcessId = process->InheritedFromUniqueProcessId;
  info.CreatingThreadId = ke::KiThread->Cid;
  info.FileObject = file;
  info.ImageFileName = &name;
  info.CommandLine = &command;
  CallAll(Ps().notify.process, [&](const NotifySlot& slot) { CallProcessRoutine(slot, process, &info); });
  ex::FreePool(command.Buffer);
  return info.CreationStatus;
}

void NotifyProcessExit(PEPROCESS process) {
  if (!ProcessOf(process)->host.announced) return;
  CallAll(Ps().notify.process, [&](const NotifySlot& slot) { CallProcessRoutine(slot, process, nullptr); });
}

void NotifyThreadCreate(PETHREAD thread) {
  static_cast<ke::Thread*>(thread)->host.announced = true;
  CallThreadRoutines(thread, kOfAll, true);
}

void NotifyThreadStart(PETHREAD thread) {
  CallThreadRoutines(thread, kOfNew, true);
  Process* const process = ProcessOf(ProcessOf(static_cast<ke::Thread*>(thread)));
  if (process->host.images_announced) return;
  process->host.images_announced = true;
  if (!AnyOf(Ps().notify.image)) return;
  const ImageList list = ImagesOf(process);
  for (ULONG i = 0; i < list.count; ++i) NotifyImage(*list.images[i], process->UniqueProcessId, nullptr);
}

void NotifyThreadExit(PETHREAD thread) {
  if (!static_cast<ke::Thread*>(thread)->host.announced) return;
  CallThreadRoutines(thread, thread->Tcb.Teb != nullptr ? kOfAll | kOfNew : kOfAll, false);
}

void NotifyDriverImage(const ldr::Image& image) { NotifyImage(image, nullptr, nullptr); }

void NotifyImageMapped(const ldr::Image& image, PEPROCESS process, PFILE_OBJECT file) {
  NotifyImage(image, process->UniqueProcessId, file);
}

std::vector<NotifyRoutine> NotifyRoutinesOf(const ldr::Image& image) {
  std::vector<NotifyRoutine> found;
  ForEachIn(image, [&](const NotifySlot& slot, const char* what) { found.push_back({what, slot.routine}); });
  return found;
}

void RemoveNotifyRoutinesOf(const ldr::Image& image) {
  ForEachIn(image, [](NotifySlot& slot, const char*) { Remove(&slot); });
}

}  // namespace nt::ps

using namespace nt::ps;

extern "C" {

NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove) {
  return SetProcessRoutine(reinterpret_cast<const void*>(NotifyRoutine), kPlain, Remove);
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove) {
  return SetProcessRoutine(reinterpret_cast<const void*>(NotifyRoutine), kEx, Remove);
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation, BOOLEAN Remove) {
  if (NotifyType != PsCreateProcessNotifySubsystems) return STATUS_INVALID_PARAMETER;
  return SetProcessRoutine(NotifyInformation, kEx2, Remove);
}

NTSTATUS PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
  return SetThreadRoutine(reinterpret_cast<const void*>(NotifyRoutine), kAllThreads);
}

NTSTATUS PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation) {
  if (NotifyType > PsCreateThreadNotifySubsystems) return STATUS_INVALID_PARAMETER;
  return SetThreadRoutine(NotifyInformation, NotifyType == PsCreateThreadNotifyNonSystem ? kNewThread : kAllThreads);
}

NTSTATUS PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
  const void* const routine = reinterpret_cast<const void*>(NotifyRoutine);
  NotifySlot* const all = FindSlot(Ps().notify.thread, routine, kAllThreads);
  return RemoveKnown(all != nullptr ? all : FindSlot(Ps().notify.thread, routine, kNewThread));
}

NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
  const bool registered = Register(Ps().notify.image, reinterpret_cast<const void*>(NotifyRoutine), 0);
  return registered ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags) {
  // Images of another architecture do not load here, so that the one flag has nothing to add.
  if ((Flags & ~PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE) != 0) return STATUS_INVALID_PARAMETER_2;
  return PsSetLoadImageNotifyRoutine(NotifyRoutine);
}

NTSTATUS PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
  return RemoveKnown(FindSlot(Ps().notify.image, reinterpret_cast<const void*>(NotifyRoutine), 0));
}

}  // extern "C"
