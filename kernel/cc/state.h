// What the cache manager keeps. Private.
//
// A file that is cached has one map, to which the file system's section object pointers lead; the map has views of 256 KiB, each with its
// pages' states. Nothing here is preempted: a state changes under one's feet only across a request to the file system, and pages that such
// a request is about are marked.
#pragma once

#include <map>
#include <vector>

#include "kernel/cc/cc.h"
#include "nt/ex.h"

namespace nt::cc {

using PageMask = ULONGLONG;
inline constexpr ULONG kPagesOfView = VACB_MAPPING_GRANULARITY / PAGE_SIZE;
static_assert(kPagesOfView == 64);

/// A part of a file in memory.
struct View {
  UCHAR* memory;
  PageMask valid = 0;    ///< hold the file's contents
  PageMask dirty = 0;    ///< hold newer contents than the file
  PageMask reading = 0;  ///< a request is on its way
  PageMask writing = 0;
  ULONG users = 0;  ///< who has an address or pages of it
};

struct Bcb;

/// A file's cache; SECTION_OBJECT_POINTERS.SharedCacheMap.
struct Map {
  PFILE_OBJECT file;  ///< referenced: requests go to its file system
  PVOID* owner;       ///< the section object pointers' member that leads here
  CC_FILE_SIZES sizes;
  CACHE_MANAGER_CALLBACKS callbacks;
  PVOID context;
  LONGLONG written_to;                ///< behind this nothing was ever written, neither to the file nor here
  std::map<LONGLONG, View> views{};   ///< by number
  std::vector<Bcb*> bcbs{};           ///< pinned, or dirty still
  std::vector<PFILE_OBJECT> opens{};  ///< file objects with a private map
  ULONG pins = 0;                     ///< references that are not openings: work on its way, buffers
  ULONG dirty_pages = 0;
  ULONG dirty_limit = 0;  ///< pages; 0: none
  bool no_read_ahead = false;
  bool no_write_behind = false;
  bool flush_soon = false;  ///< nobody has it open any more
  PVOID log = nullptr;
  PVOID flush_log = nullptr;  ///< called with the log and a sequence number before its pages are written
  ULONG scan = 0;             ///< the lazy writer's last that has seen it
  PCACHE_UNINITIALIZE_EVENT closing = nullptr;
  KEVENT requests_done{};
};

/// What a file object has of its own; FILE_OBJECT.PrivateCacheMap.
struct PrivateMap {
  Map* map;
  ULONG granularity;
  LONGLONG next_read;   ///< where a sequential reader would go on
  ULONG in_sequence;    ///< reads so far that did
  LONGLONG read_ahead;  ///< up to where was read ahead
};

/// A mapped or pinned buffer, in pool.
struct Bcb {
  PUBLIC_BCB shown;
  Map* map;
  View* view;
  LONG pins;
  bool mapped_only;
  bool dirty;
  LARGE_INTEGER oldest_lsn, newest_lsn;
  ERESOURCE resource;  ///< of a pinned one
};

/// A write that was put off.
struct DeferredWrite {
  DeferredWrite* next;
  PFILE_OBJECT file;
  ULONG bytes;
  PCC_POST_DEFERRED_WRITE routine;
  PVOID context1, context2;
  PKEVENT event;  ///< instead: somebody waits
};

struct State {
  std::vector<Map*> maps;  ///< in the order they came
  ULONG dirty_pages = 0;
  DeferredWrite* deferred = nullptr;
  KTIMER timer{};
  KDPC timer_dpc{};
  WORK_QUEUE_ITEM scan{};
  bool scan_timed = false;   ///< the timer runs
  bool scan_queued = false;  ///< the work item waits
  bool scan_again = false;   ///< somebody wants another one after that which runs
  bool scanning = false;
  ULONG scans = 0;
  std::vector<PKEVENT> waiting;    ///< for the end of the next whole scan
  std::vector<PKEVENT> answering;  ///< for the end of that which runs
};
State& Cc();

inline constexpr ULONG kTag = ' cCC';

// ---- maps --------------------------------------------------------------------------------------------------------------------

/// The map that section object pointers lead to; null if the file is not cached.
Map* MapOf(PVOID section_object_pointers);
Map* MapOf(const FILE_OBJECT* file);
/// Frees a map that nobody uses and that holds nothing dirty; true if it is gone.
bool TryDelete(Map* map);

// ---- pages -------------------------------------------------------------------------------------------------------------------

/// A piece of a range that lies in one view.
struct Piece {
  LONGLONG view;
  ULONG start, end;  ///< bytes in the view
  LONGLONG offset() const { return view * VACB_MAPPING_GRANULARITY + start; }
  ULONG length() const { return end - start; }
  PageMask pages() const;
};
/// The first piece of [offset, end).
Piece FirstPiece(LONGLONG offset, LONGLONG end);
/// The view, made if needed; null if there is no memory.
View* ViewAt(Map* map, LONGLONG number);
/// Makes the piece's pages valid by reading them. `overwrite`: those that the piece covers whole are not read.
NTSTATUS Fill(Map* map, const Piece& piece, bool overwrite);
/// Whether that would have to wait.
bool MustRead(Map* map, const Piece& piece, bool overwrite);
/// The piece's pages hold newer contents than the file.
void MarkDirty(Map* map, View* view, const Piece& piece);
void MarkClean(Map* map, View* view, PageMask pages);
/// Waits until no request of a kind is about these pages.
void WaitWhile(Map* map, const PageMask& requests, PageMask pages);
/// A size rounded up to what a disk transfers.
LONGLONG SectorsOf(LONGLONG bytes);
/// Frees views that hold nothing and are used by nobody.
void DropEmptyViews(Map* map);

/// Sends a paging request for `length` bytes and waits for its end.
IO_STATUS_BLOCK Transfer(PFILE_OBJECT file, bool read, PVOID memory, LONGLONG offset, ULONG length);
/// Tells the file system how far its file holds valid data.
NTSTATUS AdvanceValidData(Map* map, LONGLONG to);

// ---- writing back ------------------------------------------------------------------------------------------------------------

/// Writes what is dirty in [offset, end).
IO_STATUS_BLOCK WriteBack(Map* map, LONGLONG offset, LONGLONG end);
/// The same as a file system's flush: with its resources.
IO_STATUS_BLOCK Flush(Map* map, LONGLONG offset, LONGLONG end);
/// Drops pages in [offset, end), whatever they hold; false if some are in use.
bool Purge(Map* map, LONGLONG offset, LONGLONG end);
/// Cuts the cache off at a size.
bool Truncate(Map* map, LONGLONG size);
inline constexpr LONGLONG kEnd = 0x7fff'ffff'ffff'ffff;

/// Has the lazy writer run, soon or now.
void ScheduleLazyWrite(bool now);
/// Posts the writes that were put off and have room now.
void PostDeferredWrites();
/// Reads [offset, end) in a worker thread.
void ReadLater(Map* map, LONGLONG offset, LONGLONG end);
/// Reads on behind a read, as far as the file's granularity says.
void ReadAhead(PFILE_OBJECT file, LONGLONG offset, ULONG length);

// ---- buffers -----------------------------------------------------------------------------------------------------------------

/// Makes the log safe up to what the dirty buffers in [offset, end) need.
void FlushLog(Map* map, LONGLONG offset, LONGLONG end);
/// Forgets buffers that nobody has pinned and whose pages are clean.
void ForgetCleanBcbs(Map* map);

}  // namespace nt::cc
