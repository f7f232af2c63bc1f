// Directories that are watched: by a handle that is signaled, or by requests that tell what changed.
#include "kernel/api/api.h"
#include "nt/file_information.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32 {
namespace {

/// What the kernel calls as the APC of a request with a completion routine.
PIO_APC_ROUTINE CompletionApc() {
  return reinterpret_cast<PIO_APC_ROUTINE>(api::AddressOf(*api::Find("kernel32.dll", "BasepIoCompletion")));
}

/// Has a handle signaled by the next change. Its outcome is nobody's; all requests of the process share the place for it.
NTSTATUS WatchOnce(HANDLE directory, ULONG filter, BOOL tree) {
  PIO_STATUS_BLOCK const outcome = &user::CurrentProcess().change_outcome;
  const NTSTATUS status = sys::NtNotifyChangeDirectoryFile(directory, nullptr, nullptr, nullptr, outcome, nullptr, 0, filter,
                                                           static_cast<BOOLEAN>(tree != FALSE));
  return status == STATUS_PENDING ? STATUS_SUCCESS : status;
}

}  // namespace
}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {

/// A handle that is signaled when something below a directory changes.
HANDLE FindFirstChangeNotificationW(LPCWSTR PathName, BOOL WatchSubtree, DWORD NotifyFilter) {
  constexpr ULONG kDirectoryFile = 0x1, kForBackup = 0x4000;
  constexpr ACCESS_MASK kListDirectory = 0x1, kSynchronize = 0x100000;
  PathBuffer path;
  HANDLE handle = nullptr;
  NTSTATUS status = NtPathOf(PathName != nullptr ? PathName : u"", path);
  if (NT_SUCCESS(status)) {
    UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
    OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
    IO_STATUS_BLOCK io{};
    status = sys::NtOpenFile(&handle, kListDirectory | kSynchronize, &attributes, &io, 7, kDirectoryFile | kForBackup);
  }
  if (NT_SUCCESS(status)) {
    status = WatchOnce(handle, NotifyFilter, WatchSubtree);
    if (!NT_SUCCESS(status)) sys::NtClose(handle);
  }
  return Check(status) ? handle : INVALID_HANDLE_VALUE;
}

/// The same for a path in the ANSI code page.
HANDLE FindFirstChangeNotificationA(LPCSTR PathName, BOOL WatchSubtree, DWORD NotifyFilter) {
  return FindFirstChangeNotificationW(WideName(PathName).c_str(), WatchSubtree, NotifyFilter);
}

/// Has the handle wait for the next change. What is watched was said by the first request.
BOOL FindNextChangeNotification(HANDLE ChangeHandle) { return Check(WatchOnce(ChangeHandle, FILE_NOTIFY_CHANGE_FILE_NAME, FALSE)); }

/// Ends the watch.
BOOL FindCloseChangeNotification(HANDLE ChangeHandle) { return Check(sys::NtClose(ChangeHandle)); }

/// Tells what changes below a directory: at once, by an overlapped request, or to a routine.
BOOL ReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD BufferLength, BOOL WatchSubtree, DWORD NotifyFilter,
                           LPDWORD BytesReturned, LPOVERLAPPED Overlapped, PVOID CompletionRoutine) {
  IO_STATUS_BLOCK own{};
  const auto tree = static_cast<BOOLEAN>(WatchSubtree != FALSE);
  if (Overlapped == nullptr) {
    NTSTATUS status =
        sys::NtNotifyChangeDirectoryFile(Directory, nullptr, nullptr, nullptr, &own, Buffer, BufferLength, NotifyFilter, tree);
    if (status == STATUS_PENDING) {
      status = sys::NtWaitForSingleObject(Directory, FALSE, nullptr);
      if (NT_SUCCESS(status)) status = own.Status;
    }
    if (NT_SUCCESS(status) && BytesReturned != nullptr) *BytesReturned = static_cast<DWORD>(own.Information);
    return Check(status);
  }
  Overlapped->Internal = static_cast<ULONG>(STATUS_PENDING);
  auto* const block = reinterpret_cast<PIO_STATUS_BLOCK>(Overlapped);
  const auto event = reinterpret_cast<ULONG_PTR>(Overlapped->hEvent);
  // Bit 0 of the event asks for no completion packet.
  PVOID const context = (event & 1) != 0 ? nullptr : Overlapped;
  HANDLE const signaled = reinterpret_cast<HANDLE>(event & ~ULONG_PTR{1});
  const NTSTATUS status =
      CompletionRoutine != nullptr
          ? sys::NtNotifyChangeDirectoryFile(Directory, nullptr, CompletionApc(), CompletionRoutine, block, Buffer, BufferLength,
                                             NotifyFilter, tree)
          : sys::NtNotifyChangeDirectoryFile(Directory, signaled, nullptr, context, block, Buffer, BufferLength, NotifyFilter, tree);
  return status == STATUS_PENDING ? TRUE : Check(status);
}

}  // extern "C"
