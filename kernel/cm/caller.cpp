#include "kernel/cm/caller.h"

#include <algorithm>
#include <cstring>

#include "kernel/cm/key_object.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"

namespace nt::cm {
namespace {

constexpr USHORT kMaxValueName = 0x7FFF;   // bytes
constexpr ULONG kCaptureTag = 0x61436D43;  // 'CmCa'

}  // namespace

NTSTATUS CopyIn(void* to, const void* from, SIZE_T size) {
  if (size == 0) return STATUS_SUCCESS;
  if (ke::PreviousMode() == UserMode) return mm::CopyFromUser(to, from, size);
  if (from == nullptr) return STATUS_ACCESS_VIOLATION;
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

NTSTATUS CopyOut(void* to, const void* from, SIZE_T size) {
  if (size == 0) return STATUS_SUCCESS;
  if (ke::PreviousMode() == UserMode) return mm::CopyToUser(to, from, size);
  if (to == nullptr) return STATUS_ACCESS_VIOLATION;
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

NTSTATUS ProbeOut(void* to, SIZE_T size, ULONG alignment) {
  return ke::PreviousMode() == UserMode ? mm::ProbeUserWrite(to, size, alignment) : STATUS_SUCCESS;
}

NTSTATUS ReturnHandle(PHANDLE to, HANDLE handle) {
  const NTSTATUS status = CopyOut(to, &handle, sizeof handle);
  if (!NT_SUCCESS(status)) ObCloseHandle(handle, ke::PreviousMode());
  return status;
}

NTSTATUS Return(const Information& information, PVOID buffer, ULONG length, PULONG result_length) {
  const auto needed = static_cast<ULONG>(information.bytes.size());
  const NTSTATUS fit = FitOf(information, length);
  NTSTATUS status = CopyOut(result_length, &needed, sizeof needed);
  if (NT_SUCCESS(status) && fit != STATUS_BUFFER_TOO_SMALL) status = CopyOut(buffer, information.bytes.data(), std::min(length, needed));
  return NT_SUCCESS(status) ? fit : status;
}

CapturedBytes::~CapturedBytes() {
  if (data_ != room_) ex::FreePool(data_);
}

NTSTATUS CapturedBytes::Take(const void* from, SIZE_T size) {
  // A wild size must not make the host allocate it: a user's memory is looked at first.
  const NTSTATUS status = ke::PreviousMode() == UserMode && size != 0 ? mm::ProbeUserRead(from, size, 1) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  if (size > kRoom) {
    auto* const block = static_cast<UCHAR*>(ex::AllocatePool(PagedPool, size, kCaptureTag));
    if (block == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    data_ = block;
  }
  size_ = size;
  return CopyIn(data_, from, size);
}

NTSTATUS CapturedString::Take(const UNICODE_STRING* from) {
  UNICODE_STRING caller{};
  NTSTATUS status = from != nullptr ? CopyIn(&caller, from, sizeof caller) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  if ((caller.Length & 1) != 0) return STATUS_INVALID_PARAMETER;
  status = bytes_.Take(caller.Buffer, caller.Length);
  string_ = {caller.Length, caller.Length, reinterpret_cast<PWSTR>(bytes_.data())};
  return status;
}

NTSTATUS CapturedString::TakeValueName(const UNICODE_STRING* from) {
  if (from == nullptr) return STATUS_ACCESS_VIOLATION;
  const NTSTATUS status = Take(from);
  if (!NT_SUCCESS(status)) return status;
  while (view().ends_with(u'\0')) string_.Length = static_cast<USHORT>(string_.Length - sizeof(WCHAR));
  return string_.Length > kMaxValueName ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

UsedKey::UsedKey(HANDLE handle, ACCESS_MASK access) : status_(ReferenceKeyObject(handle, access, ke::PreviousMode(), &object_)) {}

UsedKey::~UsedKey() {
  if (NT_SUCCESS(status_)) ObfDereferenceObject(object_);
}

Key* UsedKey::get() const { return KeyOf(object_); }

}  // namespace nt::cm
