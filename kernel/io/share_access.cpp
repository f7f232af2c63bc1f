// Sharing of files: who may open what others have open. For file systems, which keep a SHARE_ACCESS with each file.
#include "kernel/io/state.h"
#include "nt/status.h"

namespace {

/// Sets a file object's access and share flags by what its opener wants; false if it wants no data access and does not count.
bool TakeWishes(PFILE_OBJECT file, ACCESS_MASK access, ULONG share) {
  file->ReadAccess = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
  file->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
  file->DeleteAccess = (access & DELETE_ACCESS) != 0;
  if (file->ReadAccess == FALSE && file->WriteAccess == FALSE && file->DeleteAccess == FALSE) return false;
  file->SharedRead = (share & FILE_SHARE_READ) != 0;
  file->SharedWrite = (share & FILE_SHARE_WRITE) != 0;
  file->SharedDelete = (share & FILE_SHARE_DELETE) != 0;
  return true;
}

bool Counts(const FILE_OBJECT* file) { return (file->ReadAccess | file->WriteAccess | file->DeleteAccess) != 0; }

/// Adds a file object to the counts, or takes it out.
void Count(const FILE_OBJECT* file, PSHARE_ACCESS share, bool add) {
  const auto change = [add](ULONG& count, BOOLEAN by) { count = add ? count + by : count - by; };
  change(share->OpenCount, 1);
  change(share->Readers, file->ReadAccess);
  change(share->Writers, file->WriteAccess);
  change(share->Deleters, file->DeleteAccess);
  change(share->SharedRead, file->SharedRead);
  change(share->SharedWrite, file->SharedWrite);
  change(share->SharedDelete, file->SharedDelete);
}

/// Somebody who has the file open does not share what is wanted, or does what is not to be shared.
bool Conflicts(const FILE_OBJECT* file, const SHARE_ACCESS* share) {
  return (file->ReadAccess != 0 && share->SharedRead < share->OpenCount) ||
         (file->WriteAccess != 0 && share->SharedWrite < share->OpenCount) ||
         (file->DeleteAccess != 0 && share->SharedDelete < share->OpenCount) || (share->Readers != 0 && file->SharedRead == 0) ||
         (share->Writers != 0 && file->SharedWrite == 0) || (share->Deleters != 0 && file->SharedDelete == 0);
}

}  // namespace

extern "C" {

VOID IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
  *ShareAccess = SHARE_ACCESS{};
  if (TakeWishes(FileObject, DesiredAccess, DesiredShareAccess)) Count(FileObject, ShareAccess, true);
}

NTSTATUS IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                            BOOLEAN Update) {
  if (!TakeWishes(FileObject, DesiredAccess, DesiredShareAccess)) return STATUS_SUCCESS;
  if (Conflicts(FileObject, ShareAccess)) return STATUS_SHARING_VIOLATION;
  if (Update != 0) Count(FileObject, ShareAccess, true);
  return STATUS_SUCCESS;
}

VOID IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
  if (Counts(FileObject)) Count(FileObject, ShareAccess, true);
}

VOID IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
  if (Counts(FileObject)) Count(FileObject, ShareAccess, false);
}

}  // extern "C"
