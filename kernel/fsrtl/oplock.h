// Opportunistic locks of one stream. Private.
//
// Every kind is told by what its holder may cache: level 1 is read and write, batch read, handle and write, level 2 read. The legacy kinds
// differ in how they are told of a break, and a filter oplock breaks only for who would write or not share.
#pragma once

#include "kernel/fsrtl/fsrtl.h"
#include "nt/fsrtl_oplock.h"

namespace nt::fsrtl {

inline constexpr ULONG kRead = OPLOCK_LEVEL_CACHE_READ, kHandle = OPLOCK_LEVEL_CACHE_HANDLE, kWrite = OPLOCK_LEVEL_CACHE_WRITE;

/// Options of create requests.
inline constexpr ULONG kCompleteIfOplocked = 0x100, kOpenRequiringOplock = 0x10000, kReserveOpfilter = 0x100000;

enum class OplockKind : UCHAR { Level1, Level2, Batch, Filter, Levels, Reserved };

struct Oplock;

/// One who has an oplock.
struct OplockHolder {
  OplockHolder* next;
  OplockKind kind;
  ULONG level;     ///< what it may cache; while it breaks, what it could before
  ULONG break_to;  ///< what it may keep
  ULONG told;      ///< what it was told that it may keep
  bool breaking;   ///< told, and not yet acknowledged
  PFILE_OBJECT file;
  PIRP irp;  ///< the request that is held; null while breaking, and of a reservation
};

/// A request that waits until nothing breaks any more.
struct OplockWaiter {
  OplockWaiter* next;
  Oplock* oplock;
  PIRP irp;
  PVOID context;
  POPLOCK_WAIT_COMPLETE_ROUTINE routine;  ///< null: a thread waits for the event instead
  KEVENT* event;
};

/// What an OPLOCK points to once somebody asked for one.
struct Oplock {
  OplockHolder* holders;
  OplockWaiter* waiters;   ///< in the order of their coming
  OplockWaiter* notified;  ///< FSCTL_OPLOCK_BREAK_NOTIFY
};

inline Oplock* OplockOf(const PVOID* oplock) { return static_cast<Oplock*>(*oplock); }
/// Makes it if needed; null if there is no memory.
Oplock* MakeOplock(POPLOCK oplock);

inline bool IsShared(const OplockHolder& holder) { return holder.kind != OplockKind::Filter && (holder.level & kWrite) == 0; }
bool AnyBreaking(const Oplock* oplock);
bool SameKey(const FILE_OBJECT* a, const FILE_OBJECT* b);
OplockHolder* AddHolder(Oplock* oplock, OplockKind kind, ULONG level, PFILE_OBJECT file, PIRP irp);
void RemoveHolder(Oplock* oplock, OplockHolder* holder);
OplockHolder* FindHolder(const Oplock* oplock, const FILE_OBJECT* file);

/// Lets a held request be cancelled by a routine that finds `owner` in its status block; STATUS_CANCELLED if it was before, and then it is
/// the caller's still.
NTSTATUS HoldRequest(PIRP irp, void* owner, const char* cancel_stub);
/// Takes a held request's cancel routine away; false if it is being cancelled.
bool TakeBack(PIRP irp);
NTSTATUS CompleteRequest(PIRP irp, NTSTATUS status, ULONG_PTR information);

/// What an operation does to the oplocks of others.
struct Break {
  ULONG keep;        ///< what may still be cached
  bool filter;       ///< breaks filter oplocks too
  bool handles;      ///< only handle caching is in the way: legacy oplocks are not, and who caches reads is waited for
  bool everyone;     ///< the operation's own oplock and those of its key too
  bool ignore_keys;  ///< those of its key too, but for its own
  bool tell_modes;   ///< tells what access and sharing the cause, a create, asks for
  PIRP cause;
};
/// Tells one holder, unless it loses nothing; it may be gone afterwards.
void BreakHolder(Oplock* oplock, OplockHolder* holder, const Break& how);
/// Takes a holder off and completes its request, if it has one.
void EndHolder(Oplock* oplock, OplockHolder* holder, NTSTATUS status, ULONG new_level);
/// Ends what a file object has; for its cleanup.
void EndOplocksOf(Oplock* oplock, const FILE_OBJECT* file);

/// Waits in this thread, or, if there is a routine, lets the request wait: STATUS_PENDING.
NTSTATUS WaitForBreak(Oplock* oplock, PIRP irp, PVOID context, POPLOCK_WAIT_COMPLETE_ROUTINE routine, POPLOCK_FS_PREPOST_IRP prepost);
/// FSCTL_OPLOCK_BREAK_NOTIFY.
NTSTATUS NotifyOfBreakEnd(Oplock* oplock, PIRP irp);
/// Lets waiters go on if nothing breaks any more.
void ResumeWaiters(Oplock* oplock);

}  // namespace nt::fsrtl
