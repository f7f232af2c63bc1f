// Tunnel caches: the names of files that have just vanished, so that one which comes back under its name gets back what it had.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" {
LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
}

struct TUNNEL {
  FAST_MUTEX Mutex;
  PVOID Cache;
  LIST_ENTRY TimerQueue;  ///< the entries, oldest first
  USHORT NumEntries;
};
using PTUNNEL = TUNNEL*;
NT_OFFSET(TUNNEL, TimerQueue, 0x40);

namespace nt::fsrtl {
namespace {

constexpr ULONG kTag = 'nuTF';
constexpr USHORT kMostEntries = 256;
constexpr LONGLONG kLifetime = 15 * 10'000'000LL;  // 15 seconds, as NT has it by default

/// A name that vanished, in pool; its strings and data lie behind it.
struct Entry {
  LIST_ENTRY links;
  LONGLONG created;
  ULONGLONG directory;
  bool by_short_name;
  UNICODE_STRING short_name, long_name;
  ULONG length;
  UCHAR* data;
};

Entry* At(LIST_ENTRY* links) { return CONTAINING_RECORD(links, Entry, links); }

void Free(PTUNNEL tunnel, Entry* entry) {
  entry->links.Blink->Flink = entry->links.Flink;
  entry->links.Flink->Blink = entry->links.Blink;
  --tunnel->NumEntries;
  ex::FreePool(entry);
}

/// Drops what is too old, and what is too much.
void Prune(PTUNNEL tunnel) {
  const LONGLONG now = ke::SystemTime();
  while (tunnel->TimerQueue.Flink != &tunnel->TimerQueue) {
    Entry* const oldest = At(tunnel->TimerQueue.Flink);
    if (now - oldest->created <= kLifetime && tunnel->NumEntries <= kMostEntries) return;
    Free(tunnel, oldest);
  }
}

bool Matches(const Entry* entry, ULONGLONG directory, PCUNICODE_STRING name) {
  const UNICODE_STRING& key = entry->by_short_name ? entry->short_name : entry->long_name;
  return entry->directory == directory && RtlCompareUnicodeString(&key, name, TRUE) == 0;
}

Entry* Find(PTUNNEL tunnel, ULONGLONG directory, PCUNICODE_STRING name) {
  for (LIST_ENTRY* links = tunnel->TimerQueue.Flink; links != &tunnel->TimerQueue; links = links->Flink) {
    if (Matches(At(links), directory, name)) return At(links);
  }
  return nullptr;
}

UNICODE_STRING CopyName(const UNICODE_STRING* name, UCHAR** at) {
  const USHORT length = name != nullptr ? name->Length : 0;
  UNICODE_STRING copy{length, length, reinterpret_cast<PWSTR>(*at)};
  if (length != 0) std::memcpy(copy.Buffer, name->Buffer, length);
  *at += length;
  return copy;
}

/// Fits a name into the caller's buffer, or into one that the caller frees.
bool Give(const UNICODE_STRING& name, PUNICODE_STRING to) {
  if (to->MaximumLength < name.Length) {
    to->Buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, name.Length, kTag));
    if (to->Buffer == nullptr) return false;
    to->MaximumLength = name.Length;
  }
  to->Length = name.Length;
  if (name.Length != 0) std::memcpy(to->Buffer, name.Buffer, name.Length);
  return true;
}

}  // namespace
}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

VOID FsRtlInitializeTunnelCache(PTUNNEL Cache) {
  ExInitializeFastMutex(&Cache->Mutex);
  Cache->Cache = nullptr;
  Cache->TimerQueue.Flink = Cache->TimerQueue.Blink = &Cache->TimerQueue;
  Cache->NumEntries = 0;
}

VOID FsRtlAddToTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey, PUNICODE_STRING ShortName, PUNICODE_STRING LongName,
                           BOOLEAN KeyByShortName, ULONG DataLength, PVOID Data) {
  const SIZE_T names = SIZE_T{ShortName != nullptr ? ShortName->Length : USHORT{0}} + (LongName != nullptr ? LongName->Length : USHORT{0});
  auto* const entry = static_cast<Entry*>(ex::AllocatePool(PagedPool, sizeof(Entry) + names + DataLength, kTag));
  if (entry == nullptr) return;  // then it is not remembered
  auto* at = reinterpret_cast<UCHAR*>(entry + 1);
  entry->created = ke::SystemTime();
  entry->directory = DirectoryKey;
  entry->by_short_name = KeyByShortName != FALSE;
  entry->short_name = CopyName(ShortName, &at);
  entry->long_name = CopyName(LongName, &at);
  entry->length = DataLength;
  entry->data = at;
  if (DataLength != 0) std::memcpy(at, Data, DataLength);
  ExAcquireFastMutex(&Cache->Mutex);
  if (Entry* const same = Find(Cache, DirectoryKey, KeyByShortName != FALSE ? ShortName : LongName)) Free(Cache, same);
  entry->links = {&Cache->TimerQueue, Cache->TimerQueue.Blink};
  Cache->TimerQueue.Blink->Flink = &entry->links;
  Cache->TimerQueue.Blink = &entry->links;
  ++Cache->NumEntries;
  Prune(Cache);
  ExReleaseFastMutex(&Cache->Mutex);
}

BOOLEAN FsRtlFindInTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey, PUNICODE_STRING Name, PUNICODE_STRING ShortName,
                               PUNICODE_STRING LongName, PULONG DataLength, PVOID Data) {
  ExAcquireFastMutex(&Cache->Mutex);
  Prune(Cache);
  const Entry* const entry = Find(Cache, DirectoryKey, Name);
  bool found = entry != nullptr && *DataLength >= entry->length;
  if (found) found = Give(entry->short_name, ShortName) && Give(entry->long_name, LongName);
  if (found) {
    *DataLength = entry->length;
    if (entry->length != 0) std::memcpy(Data, entry->data, entry->length);
  }
  ExReleaseFastMutex(&Cache->Mutex);
  return found ? TRUE : FALSE;
}

VOID FsRtlDeleteKeyFromTunnelCache(PTUNNEL Cache, ULONGLONG DirectoryKey) {
  ExAcquireFastMutex(&Cache->Mutex);
  for (LIST_ENTRY* links = Cache->TimerQueue.Flink; links != &Cache->TimerQueue;) {
    Entry* const entry = At(links);
    links = links->Flink;
    if (entry->directory == DirectoryKey) Free(Cache, entry);
  }
  ExReleaseFastMutex(&Cache->Mutex);
}

VOID FsRtlDeleteTunnelCache(PTUNNEL Cache) {
  while (Cache->TimerQueue.Flink != &Cache->TimerQueue) Free(Cache, At(Cache->TimerQueue.Flink));
}

}  // extern "C"
