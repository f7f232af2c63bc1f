// The pools' queues and threads.
#include "subsystem/kernel32/thread_pool.h"

#include "kernel/api/api.h"

namespace sys = nt::sys;

extern "C" {
HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize, LPTHREAD_START_ROUTINE StartAddress, LPVOID Parameter,
                    DWORD CreationFlags, LPDWORD ThreadId);
BOOL SetEvent(HANDLE Event);
BOOL ReleaseSemaphore(HANDLE Semaphore, LONG ReleaseCount, LPLONG PreviousCount);
BOOL ReleaseMutex(HANDLE Mutex);
}

namespace nt::win32::pool {
namespace {

/// Windows' own limit. So many threads at most are made at once because all others are busy.
constexpr ULONG kMaximum = 500, kReadily = 64;
constexpr ULONG kNormal = 1;

Item* ItemOf(LIST_ENTRY* link) { return CONTAINING_RECORD(link, Item, link); }

void Insert(LIST_ENTRY* before, LIST_ENTRY* link) {
  *link = {before, before->Blink};
  before->Blink->Flink = link;
  before->Blink = link;
}

void Unlink(LIST_ENTRY* link) {
  link->Blink->Flink = link->Flink;
  link->Flink->Blink = link->Blink;
  *link = {link, link};
}

/// Calls the callback in its own way.
void Call(Instance* instance, const Item& item) {
  const Object& object = *item.object;
  PVOID const context = object.context;
  switch (object.kind) {
    case Kind::Work:
    case Kind::Timer:
      return ke::Callout<void>(object.callback, instance, context, item.object);
    case Kind::Simple:
      return ke::Callout<void>(object.callback, instance, context);
    case Kind::Wait:
      return ke::Callout<void>(object.callback, instance, context, item.object, item.results[0]);
    case Kind::Io:
      return ke::Callout<void>(object.callback, instance, context, item.results[0],
                               ULONG_PTR{RtlNtStatusToDosError(static_cast<NTSTATUS>(item.results[1]))}, item.results[2], item.object);
    case Kind::UserWork:
      return ke::Callout<void>(object.callback, context);
    case Kind::QueueTimer:
      return ke::Callout<void>(object.callback, context, ULONG_PTR{TRUE});
    case Kind::RegisteredWait:
      return ke::Callout<void>(object.callback, context, ULONG_PTR{item.results[0] != 0});
    case Kind::BoundIo:
      return ke::Callout<void>(object.callback, ULONG_PTR{RtlNtStatusToDosError(static_cast<NTSTATUS>(item.results[1]))}, item.results[2],
                               item.results[0]);
  }
}

/// What a callback asked for when it returns.
void Finish(const Instance& instance) {
  if (instance.section) RtlLeaveCriticalSection(instance.section);
  if (instance.mutex) ReleaseMutex(instance.mutex);
  if (instance.semaphore) ReleaseSemaphore(instance.semaphore, static_cast<LONG>(instance.release_count), nullptr);
  if (instance.event) SetEvent(instance.event);
  if (instance.library) LdrUnloadDll(instance.library);
}

}  // namespace

void RunItem(Item* item) {
  Object* const object = item->object;
  object->queued--;
  object->running++;
  Instance instance{};
  instance.object = object;
  Call(&instance, *item);
  if (object->finalization) ke::Callout<void>(object->finalization, &instance, object->context);
  Finish(instance);
  Free(item);
  if (!instance.disassociated) object->running--;
  if (object->running == 0 && object->queued == 0) UnparkAll(object);
  DropIfDone(object);
}

bool StartThread(const char* entry, PVOID parameter) {
  auto* const start = reinterpret_cast<LPTHREAD_START_ROUTINE>(api::AddressOf(*api::Find("kernel32.dll", entry)));
  HANDLE const thread = CreateThread(nullptr, 0, start, parameter, 0, nullptr);
  if (thread) sys::NtClose(thread);
  return thread != nullptr;
}

State* TheState() {
  auto*& state = CurrentProcess().thread_pool;
  if (!state) {
    auto* const made = Allocate<State>();
    if (!made) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
    made->awaited = {&made->awaited, &made->awaited};
    state = made;
    made->usual = NewPool();
  }
  return static_cast<State*>(state);
}

Pool* NewPool() {
  auto* const pool = Allocate<Pool>();
  if (!pool) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  pool->queue = {&pool->queue, &pool->queue};
  pool->maximum = kMaximum;
  return pool;
}

void ReleasePool(Pool* pool) {
  if (!pool->closed || pool->objects != 0) return;
  UnparkAll(pool);  // its threads see that it is closed; the last one frees it
  if (pool->threads == 0) Free(pool);
}

Object* NewObject(Kind kind, PVOID callback, PVOID context, const Environment* environment) {
  State* const state = TheState();
  auto* const object = state ? Allocate<Object>() : nullptr;
  if (!object) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  object->kind = kind;
  object->callback = callback;
  object->context = context;
  object->priority = kNormal;
  object->pool = state->usual;
  object->due = kNever;
  if (environment) {
    if (environment->pool) object->pool = environment->pool;
    object->group = environment->group;
    object->cancel_callback = environment->cancel_callback;
    object->finalization = environment->finalization;
    if (environment->version >= 3 && environment->priority <= 2) object->priority = static_cast<UCHAR>(environment->priority);
  }
  if (!object->pool) return Free(object), SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  object->group_link = {&object->group_link, &object->group_link};
  if (object->group) Insert(&object->group->members, &object->group_link);
  object->pool->objects++;
  return object;
}

void DropIfDone(Object* object) {
  if (!object->closed || object->queued || object->running || object->awaited || object->outstanding) return;
  if (object->finished) sys::NtSetEvent(object->finished, nullptr);
  Unlink(&object->group_link);
  Pool* const pool = object->pool;
  Free(object);
  pool->objects--;
  ReleasePool(pool);
}

bool Queue(Object* object, ULONG_PTR result0, ULONG_PTR result1, ULONG_PTR result2) {
  auto* const item = Allocate<Item>();
  if (!item) return SetError(ERROR_NOT_ENOUGH_MEMORY), false;
  item->object = object;
  item->results[0] = result0;
  item->results[1] = result1;
  item->results[2] = result2;
  Pool& pool = *object->pool;
  LIST_ENTRY* before = pool.queue.Flink;
  while (before != &pool.queue && ItemOf(before)->object->priority <= object->priority) before = before->Flink;
  Insert(before, &item->link);
  object->queued++;
  if (UnparkOne(&pool)) return true;
  if (pool.threads < pool.maximum && pool.threads < kReadily) {
    pool.threads++;
    if (!StartThread("TppWorkerThread", &pool)) pool.threads--;
  }
  return true;
}

ULONG CancelQueued(Object* object) {
  ULONG count = 0;
  LIST_ENTRY& queue = object->pool->queue;
  for (LIST_ENTRY *link = queue.Flink, *next; link != &queue; link = next) {
    next = link->Flink;
    if (ItemOf(link)->object != object) continue;
    Unlink(link);
    Free(ItemOf(link));
    object->queued--;
    count++;
  }
  if (count && object->running == 0) UnparkAll(object);
  return count;
}

void WaitUntilDone(Object* object) {
  while (object->queued || object->running) Park(object, nullptr);
}

}  // namespace nt::win32::pool

using namespace nt::win32;
using namespace nt::win32::pool;

/// A thread of a pool: takes what is due, as long as the pool is there.
extern "C" DWORD TppWorkerThread(PVOID Parameter) {
  auto* const pool = static_cast<Pool*>(Parameter);
  while (!pool->closed || pool->objects != 0 || pool->queue.Flink != &pool->queue) {
    LIST_ENTRY* const link = pool->queue.Flink;
    if (link == &pool->queue) {
      Park(pool, nullptr);
      continue;
    }
    link->Blink->Flink = link->Flink;
    link->Flink->Blink = link->Blink;
    Item* const item = CONTAINING_RECORD(link, Item, link);
    nt::win32::pool::RunItem(item);
  }
  if (--pool->threads == 0) Free(pool);
  return 0;
}
