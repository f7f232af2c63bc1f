// A service's caller: his memory, which may be bad if he is in user mode, and the processes and threads behind his handles. Private to ps.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "kernel/mm/caller.h"
#include "kernel/ps/answer.h"
#include "kernel/ps/state.h"
#include "nt/status.h"

namespace nt::ps {

inline constexpr ACCESS_MASK kThreadTerminate = 0x1, kThreadSuspend = 0x2, kThreadSetInformation = 0x20, kThreadQueryInformation = 0x40,
                             kThreadSetToken = 0x80, kThreadSetLimited = 0x400, kThreadQueryLimited = 0x800, kThreadResume = 0x1000;
inline constexpr ACCESS_MASK kProcessTerminate = 0x1, kProcessCreateThread = 0x2, kProcessSetQuota = 0x100, kProcessSetInformation = 0x200,
                             kProcessQueryInformation = 0x400, kProcessQueryLimited = 0x1000, kProcessSetLimited = 0x2000;

using mm::FromUser;
using mm::Load;
using mm::LoadBytes;
using mm::Store;
using mm::StoreBytes;

/// A referenced thread or process by handle; gives the reference up at the end of the scope. Not held across waits.
template <class T>
class Referenced {
 public:
  Referenced(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type) {
    PVOID object = nullptr;
    status_ = ObReferenceObjectByHandle(handle, access, type, ke::PreviousMode(), &object, nullptr);
    object_ = static_cast<T*>(object);
  }
  ~Referenced() {
    if (object_ != nullptr) ObfDereferenceObject(object_);
  }
  Referenced(const Referenced&) = delete;
  Referenced& operator=(const Referenced&) = delete;
  NTSTATUS status() const { return status_; }
  T* get() const { return object_; }
  T* operator->() const { return object_; }

 private:
  NTSTATUS status_;
  T* object_ = nullptr;
};

using ThreadReference = Referenced<ke::Thread>;
using ProcessReference = Referenced<Process>;

/// What an information class of a process or a thread answers: how long, to whom, and with what.
template <class T>
struct QueryClass {
  ULONG number;
  ULONG size;          ///< bytes that the buffer has exactly; 0: as many as the answer turns out to need, or more
  ULONG larger;        ///< another size that is right as well; 0: none
  ACCESS_MASK access;  ///< that the handle has
  /// Puts the answer together; `question` is the caller's buffer, of `length` bytes.
  NTSTATUS (*collect)(T* object, Answer* answer, PVOID question, ULONG length);
};

/// What an information class takes.
template <class T>
struct SetClass {
  ULONG number;
  ULONG size;  ///< bytes that the buffer has exactly
  ACCESS_MASK access;
  NTSTATUS (*apply)(T* object, const void* value);
};

template <class Class, SIZE_T kCount>
const Class* FindClass(const Class (&classes)[kCount], ULONG number) {
  const auto* const found = std::find_if(classes, classes + kCount, [&](const Class& c) { return c.number == number; });
  return found == classes + kCount ? nullptr : found;
}

/// The whole of a query: class and length are judged before the handle, as NT does.
template <class T, SIZE_T kCount>
NTSTATUS Query(const QueryClass<T> (&classes)[kCount], POBJECT_TYPE type, HANDLE handle, ULONG number, PVOID buffer, ULONG length,
               PULONG return_length) {
  const NTSTATUS probed = mm::ProbeAnswer(buffer, length, return_length);
  if (!NT_SUCCESS(probed)) return probed;
  const auto* const known = FindClass(classes, number);
  if (known == nullptr) return STATUS_INVALID_INFO_CLASS;
  if (known->size != 0 && length != known->size && (known->larger == 0 || length != known->larger)) {
    const NTSTATUS told = return_length != nullptr ? Store(return_length, known->size) : STATUS_SUCCESS;
    return NT_SUCCESS(told) ? STATUS_INFO_LENGTH_MISMATCH : told;
  }
  Referenced<T> object(handle, known->access, type);
  if (!NT_SUCCESS(object.status())) return object.status();
  Answer answer(buffer);
  NTSTATUS status = known->collect(object.get(), &answer, buffer, length);
  const auto size = static_cast<ULONG>(answer.size());
  if (NT_SUCCESS(status) && return_length != nullptr) status = Store(return_length, size);
  if (!NT_SUCCESS(status)) return status;
  if (length < size) return STATUS_INFO_LENGTH_MISMATCH;
  return StoreBytes(buffer, answer.data(), size);
}

template <class T, SIZE_T kCount>
NTSTATUS Set(const SetClass<T> (&classes)[kCount], POBJECT_TYPE type, HANDLE handle, ULONG number, PVOID buffer, ULONG length) {
  constexpr ULONG kMost = 64;
  const auto* const known = FindClass(classes, number);
  if (known == nullptr) return STATUS_INVALID_INFO_CLASS;
  if (length != known->size) return STATUS_INFO_LENGTH_MISMATCH;
  alignas(16) UCHAR value[kMost];
  const NTSTATUS status = LoadBytes(value, buffer, length);
  if (!NT_SUCCESS(status)) return status;
  Referenced<T> object(handle, known->access, type);
  return NT_SUCCESS(object.status()) ? known->apply(object.get(), value) : object.status();
}

template <class T>
T ValueOf(const void* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace nt::ps
