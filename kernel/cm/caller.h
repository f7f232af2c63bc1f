// What the services take from their callers and give them: memory, names, keys.
#pragma once

#include <string_view>

#include "kernel/cm/information.h"
#include "kernel/cm/key.h"
#include "nt/status.h"
#include "nt/types.h"

namespace nt::cm {

NTSTATUS CopyIn(void* to, const void* from, SIZE_T size);
NTSTATUS CopyOut(void* to, const void* from, SIZE_T size);
/// Fails early, before anything is done, if the caller's result cannot be stored.
NTSTATUS ProbeOut(void* to, SIZE_T size, ULONG alignment);
/// Stores a handle where the caller wants it; closes it if that is bad memory.
NTSTATUS ReturnHandle(PHANDLE to, HANDLE handle);
/// Hands an answer over by the rules of FitOf.
NTSTATUS Return(const Information& information, PVOID buffer, ULONG length, PULONG result_length);

/// A copy of a caller's bytes, which drivers may be shown: in the frame, or in pool if they are many.
class CapturedBytes {
 public:
  CapturedBytes() = default;
  ~CapturedBytes();
  CapturedBytes(const CapturedBytes&) = delete;
  CapturedBytes& operator=(const CapturedBytes&) = delete;

  /// STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES.
  NTSTATUS Take(const void* from, SIZE_T size);
  UCHAR* data() { return data_; }
  SIZE_T size() const { return size_; }

 private:
  static constexpr SIZE_T kRoom = 128;
  alignas(8) UCHAR room_[kRoom];
  UCHAR* data_ = room_;
  SIZE_T size_ = 0;
};

/// A copy of a caller's counted string.
class CapturedString {
 public:
  /// Null stands for the empty string. STATUS_INVALID_PARAMETER for an odd length.
  NTSTATUS Take(const UNICODE_STRING* from);
  /// A value's name: without the terminators that some callers count, and not too long.
  NTSTATUS TakeValueName(const UNICODE_STRING* from);
  PUNICODE_STRING string() { return &string_; }
  std::u16string_view view() const { return {string_.Buffer, string_.Length / sizeof(WCHAR)}; }

 private:
  CapturedBytes bytes_;
  UNICODE_STRING string_{};
};

/// A handle's key, for the time of one service.
class UsedKey {
 public:
  UsedKey(HANDLE handle, ACCESS_MASK access);
  ~UsedKey();
  UsedKey(const UsedKey&) = delete;
  UsedKey& operator=(const UsedKey&) = delete;

  /// Of the handle.
  NTSTATUS status() const { return status_; }
  /// Success, or STATUS_KEY_DELETED. To be asked again after drivers were called.
  NTSTATUS alive() const { return get()->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS; }
  PVOID object() const { return object_; }
  Key* get() const;
  Key* operator->() const { return get(); }

 private:
  PVOID object_ = nullptr;
  NTSTATUS status_;
};

}  // namespace nt::cm
