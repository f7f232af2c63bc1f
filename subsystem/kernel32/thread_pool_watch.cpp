// What pools wait for: timers and handles by one thread, the requests of files by another.
#include <algorithm>

#include "nt/file_information.h"
#include "subsystem/kernel32/thread_pool.h"

namespace sys = nt::sys;

namespace nt::win32::pool {
namespace {

constexpr ULONG kMost = MAXIMUM_WAIT_OBJECTS - 1;  ///< handles awaited together: the first is the event of changes
constexpr ULONG_PTR kSignaled = 0, kTimedOut = 258;

Object* ObjectOf(LIST_ENTRY* link) { return CONTAINING_RECORD(link, Object, wait_link); }

/// What the thread waits for this time.
struct Round {
  HANDLE handles[MAXIMUM_WAIT_OBJECTS];
  Object* objects[MAXIMUM_WAIT_OBJECTS];
  ULONG count = 0;
  LONGLONG due = kNever;
};

void Collect(const State& state, Round* round) {
  round->handles[round->count++] = state.changed;
  for (LIST_ENTRY* link = state.awaited.Flink; link != &state.awaited; link = link->Flink) {
    Object* const object = ObjectOf(link);
    round->due = std::min(round->due, object->due);
    if (!object->handle || round->count > kMost) continue;
    round->handles[round->count] = object->handle;
    round->objects[round->count++] = object;
  }
}

/// Ends a round of a timer or a wait, or begins its next one, and has its callback called.
void Fire(Object* object, ULONG_PTR result) {
  if (object->period > 0 && object->due != kNever) {
    object->due += object->period;
  } else if (object->repeats && object->handle) {
    object->due = object->period < 0 ? static_cast<LONGLONG>(InterruptTime()) - object->period : kNever;
  } else {
    Forget(object);
  }
  Queue(object, result);
}

void FireDue(State* state) {
  const auto now = static_cast<LONGLONG>(InterruptTime());
  for (LIST_ENTRY *link = state->awaited.Flink, *next; link != &state->awaited; link = next) {
    next = link->Flink;
    if (ObjectOf(link)->due <= now) Fire(ObjectOf(link), ObjectOf(link)->handle ? kTimedOut : kSignaled);
  }
}

/// Gives up what cannot be waited for any more: its handle was closed.
void ForgetBroken(const Round& round) {
  LARGE_INTEGER now{};
  for (ULONG i = 1; i < round.count; i++)
    if (!NT_SUCCESS(sys::NtWaitForSingleObject(round.handles[i], FALSE, &now))) Forget(round.objects[i]);
}

}  // namespace

LONGLONG AfterMilliseconds(DWORD milliseconds) {
  return milliseconds == INFINITE ? kNever : static_cast<LONGLONG>(InterruptTime()) + 10000LL * milliseconds;
}

LONGLONG DueTime(const FILETIME* time) {
  const LONGLONG wanted = FromFileTime(*time);
  const auto now = static_cast<LONGLONG>(InterruptTime());
  if (wanted <= 0) return now - wanted;
  LARGE_INTEGER system{};
  sys::NtQuerySystemTime(&system);
  return now + std::max<LONGLONG>(0, wanted - system.QuadPart);
}

bool Await(Object* object) {
  State& state = *TheState();
  if (!object->awaited) {
    object->wait_link = {&state.awaited, state.awaited.Blink};
    state.awaited.Blink->Flink = &object->wait_link;
    state.awaited.Blink = &object->wait_link;
    object->awaited = true;
  }
  if (!state.changed && !Check(sys::NtCreateEvent(&state.changed, 0x1F0003, nullptr, SynchronizationEvent, FALSE))) return false;
  if (!state.watching) {
    state.watching = true;
    state.watching = StartThread("TppWatchThread", nullptr);
  }
  sys::NtSetEvent(state.changed, nullptr);
  return state.watching;
}

void Forget(Object* object) {
  if (!object->awaited) return;
  object->wait_link.Blink->Flink = object->wait_link.Flink;
  object->wait_link.Flink->Blink = object->wait_link.Blink;
  object->awaited = false;
  object->due = kNever;
  if (TheState()->changed) sys::NtSetEvent(TheState()->changed, nullptr);
}

NTSTATUS Bind(HANDLE file, Object* object) {
  State& state = *TheState();
  if (!state.port) {
    const NTSTATUS status = sys::NtCreateIoCompletion(&state.port, 0x1F0003, nullptr, 0);
    if (!NT_SUCCESS(status)) return status;
    if (!StartThread("TppIoThread", nullptr)) return STATUS_NO_MEMORY;
  }
  FILE_COMPLETION_INFORMATION information{state.port, object};
  IO_STATUS_BLOCK io{};
  return sys::NtSetInformationFile(file, &io, &information, sizeof information, FileCompletionInformation);
}

}  // namespace nt::win32::pool

using namespace nt::win32;
using namespace nt::win32::pool;

extern "C" {

/// The thread that waits for timers and handles. One round: what is there, until one is signaled, due, or the list changes.
DWORD TppWatchThread(PVOID /*Parameter*/) {
  State& state = *TheState();
  for (;;) {
    Round round;
    Collect(state, &round);
    LARGE_INTEGER time{.QuadPart = -std::max<LONGLONG>(0, round.due - static_cast<LONGLONG>(InterruptTime()))};
    const NTSTATUS status =
        sys::NtWaitForMultipleObjects(round.count, round.handles, WaitAny, FALSE, round.due == kNever ? nullptr : &time);
    const auto index = static_cast<ULONG>(status) & 0x7F;
    const bool signaled = NT_SUCCESS(status) && status != STATUS_TIMEOUT && index > 0 && index < round.count;
    // Meanwhile it may be awaited no more, or be gone.
    bool there = false;
    for (LIST_ENTRY* link = state.awaited.Flink; signaled && link != &state.awaited; link = link->Flink)
      there = there || CONTAINING_RECORD(link, Object, wait_link) == round.objects[index];
    if (there && round.objects[index]->handle == round.handles[index]) Fire(round.objects[index], kSignaled);
    if (!NT_SUCCESS(status)) ForgetBroken(round);
    FireDue(&state);
  }
}

/// The thread that takes the ends of requests on bound files.
DWORD TppIoThread(PVOID /*Parameter*/) {
  State& state = *TheState();
  for (;;) {
    PVOID key = nullptr, overlapped = nullptr;
    IO_STATUS_BLOCK io{};
    if (!NT_SUCCESS(sys::NtRemoveIoCompletion(state.port, &key, &overlapped, &io, nullptr))) return 0;
    auto* const object = static_cast<Object*>(key);
    if (object->outstanding) object->outstanding--;
    Queue(object, reinterpret_cast<ULONG_PTR>(overlapped), static_cast<ULONG_PTR>(static_cast<LONG_PTR>(io.Status)), io.Information);
  }
}

}  // extern "C"
