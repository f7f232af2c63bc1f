#include "kernel/io/create_rules.h"

#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/request.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kEaTag = 'aEoI';
constexpr ULONG kValidAttributes = 0x7fb7, kValidShare = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, kValidOptions = 0xffffff;
constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
/// What makes sense with FILE_DIRECTORY_FILE.
constexpr ULONG kDirectoryOptions = FILE_DIRECTORY_FILE | kSynchronous | FILE_WRITE_THROUGH | FILE_COMPLETE_IF_OPLOCKED |
                                    FILE_OPEN_FOR_BACKUP_INTENT | FILE_DELETE_ON_CLOSE | FILE_OPEN_FOR_FREE_SPACE_QUERY |
                                    FILE_OPEN_BY_FILE_ID | FILE_OPEN_REPARSE_POINT | FILE_OPEN_REQUIRING_OPLOCK;

bool Has(ULONG value, ULONG bits) { return (value & bits) == bits; }

bool IsKnown(const CreateParameters& create) {
  return (create.attributes & ~kValidAttributes) == 0 && (create.share & ~kValidShare) == 0 && create.disposition <= FILE_OVERWRITE_IF &&
         (create.options & ~kValidOptions) == 0;
}

bool MayBeDirectory(const CreateParameters& create) {
  const bool makes_sense = create.disposition == FILE_CREATE || create.disposition == FILE_OPEN || create.disposition == FILE_OPEN_IF;
  return makes_sense && (create.options & ~kDirectoryOptions) == 0;
}

}  // namespace

NTSTATUS CheckCreate(const CreateParameters& create) {
  const ULONG options = create.options;
  const bool only_directory = (options & (FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE)) == FILE_DIRECTORY_FILE;
  const bool wrong = !IsKnown(create) || Has(options, kSynchronous) ||
                     ((options & kSynchronous) != 0 && (create.access & SYNCHRONIZE) == 0) ||
                     (Has(options, FILE_DELETE_ON_CLOSE) && (create.access & DELETE_ACCESS) == 0) ||
                     Has(options, FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER) ||
                     (Has(options, FILE_NO_INTERMEDIATE_BUFFERING) && (create.access & FILE_APPEND_DATA) != 0) ||
                     (only_directory && !MayBeDirectory(create));
  return wrong ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS CaptureEas(PVOID buffer, ULONG length, OpenPacket* packet) {
  if (buffer == nullptr || length == 0) return STATUS_SUCCESS;
  PVOID const eas = ex::AllocatePool(NonPagedPoolNx, length, kEaTag);
  if (eas == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = STATUS_SUCCESS;
  if (FromUser()) {
    status = mm::CopyFromUser(eas, buffer, length);
  } else {
    std::memcpy(eas, buffer, length);
  }
  ULONG offset = 0;
  if (NT_SUCCESS(status)) status = IoCheckEaBufferValidity(static_cast<PFILE_FULL_EA_INFORMATION>(eas), length, &offset);
  if (status != STATUS_SUCCESS) {
    ex::FreePool(eas);
    return status;
  }
  packet->ea_buffer = eas;
  packet->ea_length = length;
  return STATUS_SUCCESS;
}

void FreeEas(OpenPacket* packet) {
  if (packet->ea_buffer != nullptr) ex::FreePool(packet->ea_buffer);
  packet->ea_buffer = nullptr;
}

}  // namespace nt::io

extern "C" {

/// Each entry must lie in the buffer, be aligned, and end with its name's terminating zero before its value; the last has no next.
NTSTATUS IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset) {
  constexpr ULONG kHead = offsetof(FILE_FULL_EA_INFORMATION, EaName);
  ULONG offset = 0;
  for (;;) {
    *ErrorOffset = offset;
    const auto* const ea = reinterpret_cast<const FILE_FULL_EA_INFORMATION*>(reinterpret_cast<const char*>(EaBuffer) + offset);
    const ULONG left = EaLength - offset;
    if (left < kHead) return STATUS_EA_LIST_INCONSISTENT;
    const ULONG size = kHead + ea->EaNameLength + 1 + ea->EaValueLength;
    if (left < size || ea->EaName[ea->EaNameLength] != 0) return STATUS_EA_LIST_INCONSISTENT;
    if (ea->NextEntryOffset == 0) break;
    if (ea->NextEntryOffset != ((size + 3) & ~3u) || left < ea->NextEntryOffset) return STATUS_EA_LIST_INCONSISTENT;
    offset += ea->NextEntryOffset;
  }
  *ErrorOffset = 0;
  return STATUS_SUCCESS;
}

}  // extern "C"
