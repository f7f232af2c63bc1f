// Named events, mutexes, semaphores and timers: opened, and created with flags and an access of the caller's choice.
#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr DWORD kEventAll = 0x1F0003;
constexpr DWORD kMutexInitialOwner = 1, kTimerManualReset = 1;

/// Opens the object of a name with an Nt… service.
template <class Open>
HANDLE OpenByName(Open open, DWORD access, BOOL inherit, LPCWSTR name) {
  if (!name) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName object(name, nullptr, inherit);
  object.get()->Attributes &= ~OBJ_OPENIF;
  HANDLE handle = nullptr;
  return Check(open(&handle, access, object.get())) ? handle : nullptr;
}

HANDLE Created(NTSTATUS status, const HANDLE& handle) {
  if (!Check(status)) {
    if (status == STATUS_OBJECT_TYPE_MISMATCH) SetError(ERROR_INVALID_HANDLE);
    return nullptr;
  }
  SetError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
  return handle;
}

}  // namespace

extern "C" {

HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES Attributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess);
HANDLE OpenEventW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name);

/// Opens a named event.
HANDLE OpenEventA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name) {
  return OpenEventW(DesiredAccess, InheritHandle, WideName(Name).c_str());
}

/// Creates or opens an event.
HANDLE CreateEventExA(LPSECURITY_ATTRIBUTES Attributes, LPCSTR Name, DWORD Flags, DWORD DesiredAccess) {
  return CreateEventExW(Attributes, WideName(Name).c_str(), Flags, DesiredAccess);
}

/// Opens a named mutex.
HANDLE OpenMutexW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name) {
  return OpenByName(sys::NtOpenMutant, DesiredAccess, InheritHandle, Name);
}

/// Opens a named mutex.
HANDLE OpenMutexA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name) {
  return OpenMutexW(DesiredAccess, InheritHandle, WideName(Name).c_str());
}

/// Creates or opens a mutex.
HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES Attributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess) {
  if (Flags & ~kMutexInitialOwner) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  return Created(sys::NtCreateMutant(&handle, DesiredAccess, name.get(), (Flags & kMutexInitialOwner) != 0), handle);
}

/// Creates or opens a mutex.
HANDLE CreateMutexExA(LPSECURITY_ATTRIBUTES Attributes, LPCSTR Name, DWORD Flags, DWORD DesiredAccess) {
  return CreateMutexExW(Attributes, WideName(Name).c_str(), Flags, DesiredAccess);
}

/// Opens a named semaphore.
HANDLE OpenSemaphoreW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name) {
  return OpenByName(sys::NtOpenSemaphore, DesiredAccess, InheritHandle, Name);
}

/// Opens a named semaphore.
HANDLE OpenSemaphoreA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name) {
  return OpenSemaphoreW(DesiredAccess, InheritHandle, WideName(Name).c_str());
}

/// Creates or opens a semaphore.
HANDLE CreateSemaphoreExW(LPSECURITY_ATTRIBUTES Attributes, LONG InitialCount, LONG MaximumCount, LPCWSTR Name, DWORD Flags,
                          DWORD DesiredAccess) {
  if (Flags) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  return Created(sys::NtCreateSemaphore(&handle, DesiredAccess, name.get(), InitialCount, MaximumCount), handle);
}

/// Creates or opens a semaphore.
HANDLE CreateSemaphoreExA(LPSECURITY_ATTRIBUTES Attributes, LONG InitialCount, LONG MaximumCount, LPCSTR Name, DWORD Flags,
                          DWORD DesiredAccess) {
  return CreateSemaphoreExW(Attributes, InitialCount, MaximumCount, WideName(Name).c_str(), Flags, DesiredAccess);
}

/// Opens a named timer.
HANDLE OpenWaitableTimerW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name) {
  return OpenByName(sys::NtOpenTimer, DesiredAccess, InheritHandle, Name);
}

/// Opens a named timer.
HANDLE OpenWaitableTimerA(DWORD DesiredAccess, BOOL InheritHandle, LPCSTR Name) {
  return OpenWaitableTimerW(DesiredAccess, InheritHandle, WideName(Name).c_str());
}

/// Creates or opens a timer. A timer of high resolution is one like others.
HANDLE CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES Attributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess) {
  constexpr DWORD kHighResolution = 2;
  if (Flags & ~(kTimerManualReset | kHighResolution)) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  const TIMER_TYPE type = (Flags & kTimerManualReset) != 0 ? NotificationTimer : SynchronizationTimer;
  return Created(sys::NtCreateTimer(&handle, DesiredAccess, name.get(), type), handle);
}

/// Creates or opens a timer.
HANDLE CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES Attributes, LPCSTR Name, DWORD Flags, DWORD DesiredAccess) {
  return CreateWaitableTimerExW(Attributes, WideName(Name).c_str(), Flags, DesiredAccess);
}

/// Creates or opens a timer.
HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, LPCSTR Name) {
  return CreateWaitableTimerExW(Attributes, WideName(Name).c_str(), ManualReset ? kTimerManualReset : 0, kEventAll);
}

}  // extern "C"
