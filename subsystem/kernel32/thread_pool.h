// Thread pools: what is to be called, the threads that call it, and the thread that waits for timers and handles. Private to kernel32.
//
// Host code is not preempted, so nothing here needs a lock; system services and callouts are the only scheduling points.
#pragma once

#include "nt/ob.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32::pool {

struct Object;

/// One call that is due, in its pool's queue.
struct Item {
  LIST_ENTRY link;
  Object* object;
  ULONG_PTR results[3];  ///< of a wait: why it ended; of a request: the OVERLAPPED, its status, its bytes
};

struct Pool {
  LIST_ENTRY queue;  ///< Items, by priority
  ULONG threads, maximum, minimum;
  bool closed;  ///< goes with its last object
  ULONG objects;
};

struct Group {
  LIST_ENTRY members;
};

/// How a callback is called.
enum class Kind : UCHAR { Work, Simple, Timer, Wait, Io, UserWork, QueueTimer, RegisteredWait, BoundIo };

/// TP_WORK, TP_TIMER, TP_WAIT, TP_IO, and what their older relatives are made of.
struct Object {
  Kind kind;
  bool closed;         ///< goes when nothing of it is queued, runs or is awaited
  bool long_callback;  ///< unused by the pool: it has threads enough
  UCHAR priority;      ///< 0 high, 1 normal, 2 low
  Pool* pool;
  Group* group;
  LIST_ENTRY group_link;
  PVOID callback, context, cancel_callback, finalization;
  ULONG queued, running;
  HANDLE finished;  ///< signaled when it goes; null for none
  // Of timers and waits: in the list of what is awaited.
  LIST_ENTRY wait_link;
  bool awaited;
  bool repeats;       ///< a registered wait is awaited again by itself
  HANDLE handle;      ///< of a wait
  LONGLONG due;       ///< interrupt time; kNever
  LONGLONG period;    ///< 100 ns units; 0: once
  ULONG outstanding;  ///< requests of a file that are to be told
};
inline constexpr LONGLONG kNever = 0x7FFF'FFFF'FFFF'FFFF;

/// A running callback: PTP_CALLBACK_INSTANCE.
struct Instance {
  Object* object;
  HANDLE event, semaphore, mutex;
  ULONG release_count;
  PRTL_CRITICAL_SECTION section;
  PVOID library;
  bool disassociated;
};

/// TP_CALLBACK_ENVIRON; the last two are of version 3.
struct Environment {
  ULONG version;
  Pool* pool;
  Group* group;
  PVOID cancel_callback, race_dll, activation, finalization;
  ULONG flags;
  ULONG priority;
  ULONG size;
};
NT_OFFSET(Environment, flags, 0x38);
NT_OFFSET(Environment, priority, 0x3C);

/// What a process has of this, made when it is first used.
struct State {
  Pool* usual;
  LIST_ENTRY awaited;  ///< Objects: timers and waits
  HANDLE changed;      ///< signaled when that list changes
  bool watching;       ///< there is a thread that waits for them
  HANDLE port;         ///< of files that are bound; null
};
/// Null if there is no memory.
State* TheState();

Pool* NewPool();
void ReleasePool(Pool* pool);
/// Null, with the error set, if there is no memory.
Object* NewObject(Kind kind, PVOID callback, PVOID context, const Environment* environment);
/// Frees an object that is closed and that nothing needs any more.
void DropIfDone(Object* object);
/// Has an object called by one of its pool's threads. False if there is no memory.
bool Queue(Object* object, ULONG_PTR result0 = 0, ULONG_PTR result1 = 0, ULONG_PTR result2 = 0);
/// Calls it, and frees the item.
void RunItem(Item* item);
/// Takes the calls that did not begin out of the queue; how many there were.
ULONG CancelQueued(Object* object);
/// Waits until nothing of an object is queued or runs.
void WaitUntilDone(Object* object);

/// Begins or changes what is awaited of a timer or a wait; ends it.
bool Await(Object* object);
void Forget(Object* object);
/// Interrupt time of a FILETIME as SetThreadpoolTimer takes it: negative is relative, else system time.
LONGLONG DueTime(const FILETIME* time);
LONGLONG AfterMilliseconds(DWORD milliseconds);
/// Binds a file to the pool, with the object as its key.
NTSTATUS Bind(HANDLE file, Object* object);

/// A thread of this process at one of kernel32's internal entries. False if none could be made.
bool StartThread(const char* entry, PVOID parameter);

}  // namespace nt::win32::pool
