// The drive letters of volumes, and the names of files by them.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ex = nt::ex;

namespace {

constexpr ULONG kTag = 'nDoI';
constexpr WCHAR kNoLetter = 0;

/// The letter whose link leads to a device.
WCHAR LetterOf(const void* device) {
  WCHAR path[] = u"\\GLOBAL\?\?\\A:";
  constexpr SIZE_T kLetter = 10, kBytes = sizeof path - sizeof(WCHAR);
  static_assert(kBytes == 24);
  for (WCHAR letter = u'A'; letter <= u'Z'; ++letter) {
    path[kLetter] = letter;
    UNICODE_STRING name{kBytes, kBytes, path};
    PVOID object = nullptr;
    if (!NT_SUCCESS(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, nullptr, 0, Io().device_type, KernelMode, nullptr, &object)))
      continue;
    ObfDereferenceObject(object);
    if (object == device) return letter;
  }
  return kNoLetter;
}

}  // namespace

extern "C" {

NTSTATUS IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
  *DosName = {};
  const WCHAR letter = LetterOf(VolumeDeviceObject);
  if (letter == kNoLetter) return STATUS_INVALID_DEVICE_REQUEST;
  constexpr USHORT kBytes = 2 * sizeof(WCHAR);
  auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, kBytes + sizeof(WCHAR), kTag));
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  buffer[0] = letter;
  buffer[1] = u':';
  buffer[2] = 0;
  *DosName = {kBytes, kBytes + sizeof(WCHAR), buffer};
  return STATUS_SUCCESS;
}

NTSTATUS RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
  return IoVolumeDeviceToDosName(VolumeDeviceObject, DosName);
}

NTSTATUS IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION* ObjectNameInformation) {
  constexpr ULONG kMostBytes = 0x10000;
  *ObjectNameInformation = nullptr;
  const WCHAR letter = FileObject->DeviceObject != nullptr ? LetterOf(FileObject->DeviceObject) : kNoLetter;
  if (letter == kNoLetter) return STATUS_INVALID_DEVICE_REQUEST;
  auto* const answer = static_cast<ULONG*>(ex::AllocatePool(PagedPool, kMostBytes, kTag));  // FILE_NAME_INFORMATION
  if (answer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const NTSTATUS status = QueryFile(FileObject, FileNameInformation, answer, kMostBytes, nullptr);
  const ULONG length = NT_SUCCESS(status) ? answer[0] : 0, bytes = length + 2 * sizeof(WCHAR);
  auto* const result = NT_SUCCESS(status) ? static_cast<POBJECT_NAME_INFORMATION>(
                                                ex::AllocatePool(PagedPool, sizeof(OBJECT_NAME_INFORMATION) + bytes + sizeof(WCHAR), kTag))
                                          : nullptr;
  if (result != nullptr) {
    auto* const text = reinterpret_cast<PWSTR>(result + 1);
    text[0] = letter;
    text[1] = u':';
    std::memcpy(text + 2, answer + 1, length);
    text[bytes / sizeof(WCHAR)] = 0;
    result->Name = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + sizeof(WCHAR)), text};
    *ObjectNameInformation = result;
  }
  ex::FreePool(answer);
  return NT_SUCCESS(status) && result == nullptr ? STATUS_INSUFFICIENT_RESOURCES : status;
}

}  // extern "C"
