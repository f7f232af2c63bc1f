// The system services about directories and locked ranges.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/request.h"
#include "nt/status.h"

using namespace nt::io;
namespace ex = nt::ex;
namespace mm = nt::mm;

namespace {

constexpr ULONG kPatternTag = 'BfoI';

/// A caller's pattern of names, in pool as long as the request takes.
NTSTATUS TakePattern(const UNICODE_STRING* from, PUNICODE_STRING* pattern) {
  *pattern = nullptr;
  UNICODE_STRING caller{};
  NTSTATUS status = from != nullptr ? Load(from, &caller) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status) || caller.Length == 0) return status;
  auto* const string = static_cast<PUNICODE_STRING>(ex::AllocatePool(NonPagedPoolNx, sizeof(UNICODE_STRING) + caller.Length, kPatternTag));
  if (string == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *string = {caller.Length, caller.Length, reinterpret_cast<PWSTR>(string + 1)};
  if (FromUser()) {
    status = mm::CopyFromUser(string->Buffer, caller.Buffer, caller.Length);
  } else {
    std::memcpy(string->Buffer, caller.Buffer, caller.Length);
  }
  if (NT_SUCCESS(status)) {
    *pattern = string;
  } else {
    ex::FreePool(string);
  }
  return status;
}

/// Room for the answer, in the way in which the device does its transfers.
NTSTATUS AddAnswer(Request& request, PVOID buffer, ULONG length) {
  const ULONG flags = request.device()->Flags;
  NTSTATUS status = STATUS_SUCCESS;
  if ((flags & DO_BUFFERED_IO) != 0) {
    status = request.Buffer(nullptr, 0, buffer, length);
  } else if ((flags & DO_DIRECT_IO) != 0) {
    status = request.Lock(buffer, length, IoWriteAccess);
  } else {
    request.irp()->UserBuffer = buffer;
  }
  return status;
}

}  // namespace

extern "C" {

NTSTATUS NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                              PVOID FileInformation, ULONG Length, ULONG FileInformationClass, BOOLEAN ReturnSingleEntry,
                              PUNICODE_STRING FileName, BOOLEAN RestartScan) {
  NTSTATUS status = ProbeBuffer(FileInformation, Length, true);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA, Rights::All, Event, IoStatusBlock);  // FILE_LIST_DIRECTORY
  if (!NT_SUCCESS(status)) return status;
  if (ApcRoutine != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  status = request.MakeIrp(IRP_MJ_DIRECTORY_CONTROL, IRP_MN_QUERY_DIRECTORY);
  if (!NT_SUCCESS(status)) return status;
  PUNICODE_STRING pattern = nullptr;
  status = TakePattern(FileName, &pattern);
  if (!NT_SUCCESS(status)) return request.Fail(status);
  request.irp()->Tail.Overlay.AuxiliaryBuffer = reinterpret_cast<PCHAR>(pattern);
  request.SetApc(ApcRoutine, ApcContext);
  PIO_STACK_LOCATION const location = request.location();
  if (RestartScan != 0) location->Flags |= SL_RESTART_SCAN;
  if (ReturnSingleEntry != 0) location->Flags |= SL_RETURN_SINGLE_ENTRY;
  location->Parameters.QueryDirectory.Length = Length;
  location->Parameters.QueryDirectory.FileName = pattern;
  location->Parameters.QueryDirectory.FileInformationClass = FileInformationClass;
  status = AddAnswer(request, FileInformation, Length);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     PVOID Buffer, ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree) {
  constexpr ULONG kValidFilter = 0xfff;
  if ((CompletionFilter & ~kValidFilter) != 0 || CompletionFilter == 0) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = ProbeBuffer(Buffer, Length, true);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA, Rights::All, Event, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  if (ApcRoutine != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  status = request.MakeIrp(IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
  if (!NT_SUCCESS(status)) return status;
  request.SetApc(ApcRoutine, ApcContext);
  PIO_STACK_LOCATION const location = request.location();
  if (WatchTree != 0) location->Flags |= SL_WATCH_TREE;
  location->Parameters.NotifyDirectory.Length = Length;
  location->Parameters.NotifyDirectory.CompletionFilter = CompletionFilter;
  status = AddAnswer(request, Buffer, Length);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtLockFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                    PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock) {
  Range range;
  NTSTATUS status = range.Take(ByteOffset, Length);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, Rights::Any, Event, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  if (ApcRoutine != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  status = request.MakeIrp(IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK);
  if (!NT_SUCCESS(status)) return status;
  request.file()->LockOperation = TRUE;
  request.SetApc(ApcRoutine, ApcContext);
  PIO_STACK_LOCATION const location = request.location();
  if (FailImmediately != 0) location->Flags |= SL_FAIL_IMMEDIATELY;
  if (ExclusiveLock != 0) location->Flags |= SL_EXCLUSIVE_LOCK;
  status = request.AddRange(range, Key);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key) {
  Range range;
  NTSTATUS status = range.Take(ByteOffset, Length);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, Rights::Any, nullptr, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  status = request.MakeIrp(IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE);
  if (!NT_SUCCESS(status)) return status;
  status = request.AddRange(range, Key);
  return NT_SUCCESS(status) ? request.SendAndWait() : request.Fail(status);
}

}  // extern "C"
