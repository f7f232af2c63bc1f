// Overlapped requests beyond their start: given up, and awaited at completion ports.
#include "nt/file_information.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {
constexpr DWORD kWaitTimeout = 258, kWaitIoCompletion = 192, kAbandonedWait = 735;
}

extern "C" {

/// Gives up the requests that a thread waits for. ERROR_NOT_FOUND if it waits for none.
BOOL CancelSynchronousIo(HANDLE Thread) {
  IO_STATUS_BLOCK io{};
  return Check(sys::NtCancelSynchronousIoFile(Thread, nullptr, &io));
}

/// Takes up to `Count` packets from a completion port at once. Their requests' errors are in the packets.
BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, PFILE_IO_COMPLETION_INFORMATION Entries, ULONG Count, PULONG EntriesRemoved,
                                 DWORD Milliseconds, BOOL Alertable) {
  LARGE_INTEGER time{};
  const NTSTATUS status = sys::NtRemoveIoCompletionEx(CompletionPort, Entries, Count, EntriesRemoved, RelativeTime(Milliseconds, &time),
                                                      static_cast<BOOLEAN>(Alertable != FALSE));
  if (status == STATUS_SUCCESS) return TRUE;
  *EntriesRemoved = 0;
  if (status == STATUS_TIMEOUT) return Fail(kWaitTimeout);
  if (status == STATUS_ABANDONED) return Fail(kAbandonedWait);  // the port was closed meanwhile
  return status == STATUS_USER_APC ? Fail(kWaitIoCompletion) : Check(status);
}

/// Says what an asynchronous file's successes at once are not to be told by: its port (1), its own event (2).
BOOL SetFileCompletionNotificationModes(HANDLE File, UCHAR Flags) {
  IO_STATUS_BLOCK io{};
  ULONG flags = Flags;
  if ((Flags & ~3u) != 0) return Fail(ERROR_INVALID_PARAMETER);
  return Check(sys::NtSetInformationFile(File, &io, &flags, sizeof flags, FileIoCompletionNotificationInformation));
}

}  // extern "C"
