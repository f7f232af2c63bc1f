// The host file system: \Device\HarddiskVolume1, C:, on a folder of the host. Private.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/fsrtl/fsrtl.h"
#include "kernel/hal/host_folder.h"
#include "kernel/io/io.h"
#include "kernel/mm/mm.h"
#include "nt/file_information.h"
#include "nt/io.h"

extern "C" PEPROCESS IoGetRequestorProcess(PIRP Irp);

namespace nt::hostfs {

/// A file that somebody has open: one for all who have. FsContext of their file objects leads to it.
struct Node {
  std::string path;  ///< on the host, below the volume's folder
  bool directory = false;
  bool volume = false;  ///< no file, but the volume itself: opened by the device's name alone
  bool delete_pending = false;
  bool changed = false;  ///< written since it was last given its times
  int descriptor = -1;   ///< of a file
  unsigned opens = 0;    ///< file objects
  unsigned handles = 0;  ///< file objects before their cleanup
  SHARE_ACCESS share{};
  FILE_LOCK locks{};
  PVOID oplock = nullptr;
  PSECTION_OBJECT_POINTERS sections = nullptr;  ///< of a file, for the memory manager
};

/// An entry of a directory as an enumeration gives it.
struct Entry {
  std::u16string name;
  std::string path;
};

/// One opening of a file: FsContext2.
struct Opening {
  std::list<Opening>::iterator place;  ///< among all of the volume
  Node* node = nullptr;
  bool delete_on_close = false;
  bool removes_name = false;  ///< its end takes the name of the file away, whoever else has it open
  bool append_only = false;
  bool cleaned_up = false;  ///< a handle that is made afterwards does not make it count again
  // An enumeration, from its first query on.
  bool enumerating = false;
  bool found_any = false;
  std::u16string pattern;
  std::vector<Entry> entries;
  SIZE_T next = 0;
  // What changes below it are told, from its first notification request on.
  bool watching = false;
  bool watch_tree = false;
  bool overflowed = false;
  ULONG watch_filter = 0;
  std::vector<std::pair<ULONG, std::u16string>> changes;  ///< not yet told: action, name
  std::vector<PIRP> notify_irps;
};

/// What the volume is known by.
inline constexpr ULONG kSerialNumber = 0x52494e47;

struct Volume {
  hal::HostFolder folder;
  PDEVICE_OBJECT device = nullptr;
  std::map<std::string, std::unique_ptr<Node>> nodes;  ///< by path
  std::vector<std::unique_ptr<Node>> orphans;          ///< without a name any more, but open
  std::list<Opening> openings;
  std::vector<Opening*> watchers;
  bool (*provide)(std::u16string_view name, std::vector<std::byte>* contents) = nullptr;
};
Volume& TheVolume();

// ---- names ---------------------------------------------------------------------------------------------------------------------

/// The host's file for a name on the volume ("\dir\file", names in any case).
/// STATUS_OBJECT_NAME_INVALID for what no file can be called, STATUS_OBJECT_PATH_NOT_FOUND if a directory on the way is missing. The last
/// name need not exist: then `*exists` is false, and the path has the name as it was given.
NTSTATUS FindPath(std::u16string_view name, std::string* path, bool* exists);
/// The volume's name of a host path: "\dir\file".
std::u16string VolumeName(const std::string& path);
std::u16string_view BaseName(std::u16string_view path);
std::string Folder(const std::string& path);
/// Orders and compares names as the file system does: without regard to case.
std::u16string Upper(std::u16string_view text);

// ---- what the requests share ------------------------------------------------------------------------------------------------------

inline Opening* OpeningOf(const FILE_OBJECT* file) { return static_cast<Opening*>(file->FsContext2); }
/// Completes a request.
NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0);
/// IoSetCancelRoutine, a macro in the headers: what the routine was before.
inline PDRIVER_CANCEL SetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) { return std::exchange(irp->CancelRoutine, routine); }
/// Leaves a request pending in a queue, from which it can be cancelled.
NTSTATUS Pend(PIRP irp, std::vector<PIRP>* queue);
hal::HostSpace SpaceOfVolume();
/// The status of a negative errno.
NTSTATUS StatusOf(int error);
/// The caller's buffer as the kernel can touch it; null if there is none.
PVOID BufferOf(PIRP irp);
/// 100 ns since 1601 of nanoseconds since 1970, and back.
LONGLONG NtTime(std::int64_t nanoseconds);
std::int64_t HostTime(LONGLONG time);
/// FILE_ATTRIBUTE_… of a file.
ULONG AttributesOf(const std::string& path, const hal::HostFile& file);
NTSTATUS SetAttributes(const std::string& path, bool directory, ULONG attributes);
/// When a file was made, 100 ns since 1601.
LONGLONG CreationTimeOf(const std::string& path, const hal::HostFile& file);
/// A number for a file, the same in every run.
ULONGLONG FileId(const std::string& path);
/// A file's times, sizes and attributes as the information classes have them.
struct Facts {
  LONGLONG created, accessed, written;
  LONGLONG size, allocated;
  ULONG attributes;
  ULONG links;
  bool directory;
};
NTSTATUS FactsOf(const std::string& path, Facts* facts);
/// A file's security descriptor, self-relative, in pool for the caller to free.
NTSTATUS SecurityOf(const std::string& path, PVOID* descriptor);
/// Whether a program may open a file in the way it wants, or make one there. STATUS_ACCESS_DENIED.
NTSTATUS CheckAccess(PIRP irp, PIO_STACK_LOCATION location, const std::string& path, bool exists);
/// Gives a file a security descriptor of its own.
NTSTATUS KeepSecurity(const std::string& path, PVOID descriptor);
/// Gives a file that was written, and the directory it is in, the machine's time.
void Stamp(Node* node);
/// Gives a new file its times, and its directory too.
void NoteCreation(const std::string& path);
NTSTATUS SetCreationTime(const std::string& path, LONGLONG time);
/// Takes a file's name away while it is open: its data lives as long as the openings.
void Orphan(Node* node);
/// Tells those who watch: a file was added (1), removed (2), modified (3), or renamed (4, 5). `filter` says what of it changed.
void Notify(const std::string& path, ULONG action, ULONG filter);
void ForgetWatcher(Opening* opening, NTSTATUS status);
/// Whether locks of byte ranges let a request read or write these bytes.
bool MayTransfer(PIRP irp, LONGLONG first, LONGLONG length, ULONG key, bool write);

/// Breaks the oplocks of others that are in the way of a request for an open file. STATUS_PENDING: it is served again when they are broken;
/// anything else but STATUS_SUCCESS ends it.
NTSTATUS BreakOplocks(PIRP irp, Node* node);
/// Likewise for a create request that asks for `access`, and checks what the openings share.
NTSTATUS BreakOplocksForCreate(PIRP irp, Node* node, ACCESS_MASK access, ULONG* information);
/// The memory manager's side of a file: its place for what it keeps, and the functions it calls.
void MakeSectionPointers(Node* node);
void FreeSectionPointers(Node* node);
void ServeSections();
/// Brings a file to the volume that somebody knows (SetProvider); false if nobody does.
bool Provide(std::u16string_view name);
/// Whether sections of a file let it become `size` bytes long, be deleted, be opened for writing.
bool MayBecome(const Node* node, LONGLONG size);
bool MayBeDeleted(const Node* node);
bool MayBeWritten(const Node* node);

// ---- the requests ---------------------------------------------------------------------------------------------------------------

NTSTATUS Create(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS Cleanup(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS Close(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS Read(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS Write(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS Flush(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS QueryInformation(PIRP irp, PIO_STACK_LOCATION location);
/// Classes whose answer is one structure, and what answers them; the I/O manager has seen to it that there is room.
bool IsFixed(ULONG information_class);
NTSTATUS QueryFixed(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS SetInformation(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS QueryVolume(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS DirectoryControl(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS LockControl(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS FileSystemControl(PIRP irp, PIO_STACK_LOCATION location);
/// Does what a request asks for.
NTSTATUS Serve(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS QuerySecurity(PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS SetSecurity(PIRP irp, PIO_STACK_LOCATION location);

}  // namespace nt::hostfs
