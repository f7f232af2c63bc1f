// Opportunistic locks as a program sees them: it is told that somebody else opens its file, and the other waits for its answer.
#include <windows.h>
#include <winioctl.h>

#include "show.h"

namespace {

constexpr wchar_t kPath[] = L"C:\\oplock-client.txt";

HANDLE Open(DWORD access, DWORD disposition, DWORD flags) {
  return CreateFileW(kPath, access, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, disposition, flags, nullptr);
}

DWORD WINAPI OpenLater(void* answered) {
  const HANDLE file = Open(GENERIC_READ, OPEN_EXISTING, 0);
  const DWORD seen = *static_cast<volatile DWORD*>(answered);
  CloseHandle(file);
  return file != INVALID_HANDLE_VALUE ? seen : 77;
}

/// A request that is pending.
struct Pending {
  OVERLAPPED overlapped{};
  DWORD error = 0;
  Pending(HANDLE file, DWORD code) {
    overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    error = DeviceIoControl(file, code, nullptr, 0, nullptr, 0, nullptr, &overlapped) ? 0 : GetLastError();
  }
};

}  // namespace

int main() {
  const HANDLE file = Open(GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
  Pending oplock(file, FSCTL_REQUEST_BATCH_OPLOCK);
  Show("asked, pending", {oplock.error == ERROR_IO_PENDING, WaitForSingleObject(oplock.overlapped.hEvent, 0) == WAIT_TIMEOUT});
  DWORD answered = 0;
  const HANDLE thread = CreateThread(nullptr, 0, OpenLater, &answered, 0, nullptr);
  DWORD bytes = 0;
  Show("broken to level two", {GetOverlappedResult(file, &oplock.overlapped, &bytes, TRUE), bytes});
  Show("the other waits", {WaitForSingleObject(thread, 20) == WAIT_TIMEOUT});
  answered = 1;
  Pending kept(file, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
  WaitForSingleObject(thread, INFINITE);
  DWORD seen = 0;
  GetExitCodeThread(thread, &seen);
  Show("the other went on after the answer", {kept.error == ERROR_IO_PENDING, seen});
  CancelIo(file);
  GetOverlappedResult(file, &kept.overlapped, &bytes, TRUE);
  Show("given up", {GetLastError() == ERROR_OPERATION_ABORTED});
  CloseHandle(file);
  Show("deleted", {DeleteFileW(kPath)});
  return 0;
}
