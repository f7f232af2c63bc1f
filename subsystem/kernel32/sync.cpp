// Waits, dispatcher objects, timers, completion ports, and the names kernel32 gives to ntdll's locks.
#include <algorithm>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// The handle that a Create… service made, with ERROR_ALREADY_EXISTS if it opened an object that was there. By reference: the service, the
/// other argument, may run after the arguments are read.
HANDLE Created(NTSTATUS status, const HANDLE& handle) {
  if (!Check(status)) {
    if (status == STATUS_OBJECT_TYPE_MISMATCH) SetError(ERROR_INVALID_HANDLE);
    return nullptr;
  }
  SetError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
  return handle;
}

DWORD Waited(NTSTATUS status) { return Check(status) ? static_cast<DWORD>(status) : WAIT_FAILED; }

constexpr DWORD kManualReset = 1, kInitiallySet = 2;

}  // namespace

extern "C" {

/// Waits for an object; APCs may interrupt an alertable wait.
DWORD WaitForSingleObjectEx(HANDLE Handle, DWORD Milliseconds, BOOL Alertable) {
  LARGE_INTEGER time{};
  NTSTATUS status;
  do {
    status = sys::NtWaitForSingleObject(RealHandle(Handle), static_cast<BOOLEAN>(Alertable), RelativeTime(Milliseconds, &time));
  } while (Alertable && status == STATUS_ALERTED);
  return Waited(status);
}

/// Waits for an object.
DWORD WaitForSingleObject(HANDLE Handle, DWORD Milliseconds) { return WaitForSingleObjectEx(Handle, Milliseconds, FALSE); }

/// Waits for any or all of several objects; APCs may interrupt an alertable wait.
DWORD WaitForMultipleObjectsEx(DWORD Count, const HANDLE* Handles, BOOL WaitAllObjects, DWORD Milliseconds, BOOL Alertable) {
  LARGE_INTEGER time{};
  HANDLE real[MAXIMUM_WAIT_OBJECTS];
  if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) return Fail(ERROR_INVALID_PARAMETER), WAIT_FAILED;
  std::transform(Handles, Handles + Count, real, RealHandle);
  NTSTATUS status;
  do {
    status = sys::NtWaitForMultipleObjects(Count, real, WaitAllObjects ? WaitAll : WaitAny, static_cast<BOOLEAN>(Alertable),
                                           RelativeTime(Milliseconds, &time));
  } while (Alertable && status == STATUS_ALERTED);
  return Waited(status);
}

/// Waits for any or all of several objects.
DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAllObjects, DWORD Milliseconds) {
  return WaitForMultipleObjectsEx(Count, Handles, WaitAllObjects, Milliseconds, FALSE);
}

/// Sleeps; APCs may end an alertable sleep, which then returns WAIT_IO_COMPLETION.
DWORD SleepEx(DWORD Milliseconds, BOOL Alertable) {
  LARGE_INTEGER time{};
  // No time at all gives the processor away; for ever is the largest relative time.
  time.QuadPart = Milliseconds == INFINITE ? INT64_MIN : -10000LL * Milliseconds;
  if (!Milliseconds && !Alertable) return sys::NtYieldExecution(), 0;
  const NTSTATUS status = sys::NtDelayExecution(static_cast<BOOLEAN>(Alertable), &time);
  return status == STATUS_USER_APC ? static_cast<DWORD>(STATUS_USER_APC) : 0;
}

/// Sleeps.
VOID Sleep(DWORD Milliseconds) { SleepEx(Milliseconds, FALSE); }

/// Gives the processor to another ready thread; FALSE if there is none.
BOOL SwitchToThread() { return sys::NtYieldExecution() != STATUS_NO_YIELD_PERFORMED; }

/// Creates or opens an event.
HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES Attributes, LPCWSTR Name, DWORD Flags, DWORD DesiredAccess) {
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  const NTSTATUS status = sys::NtCreateEvent(&handle, DesiredAccess, name.get(),
                                             Flags & kManualReset ? NotificationEvent : SynchronizationEvent, (Flags & kInitiallySet) != 0);
  return Created(status, handle);
}

/// Creates or opens an event.
HANDLE CreateEventW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState, LPCWSTR Name) {
  return CreateEventExW(Attributes, Name, (ManualReset ? kManualReset : 0) | (InitialState ? kInitiallySet : 0), 0x1F0003);
}

/// Creates or opens an event.
HANDLE CreateEventA(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState, LPCSTR Name) {
  return CreateEventW(Attributes, ManualReset, InitialState, WideName(Name).c_str());
}

/// Opens a named event.
HANDLE OpenEventW(DWORD DesiredAccess, BOOL InheritHandle, LPCWSTR Name) {
  if (!Name) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  ObjectName name(Name, nullptr, InheritHandle);
  name.get()->Attributes &= ~OBJ_OPENIF;
  HANDLE handle = nullptr;
  return Check(sys::NtOpenEvent(&handle, DesiredAccess, name.get())) ? handle : nullptr;
}

/// Sets an event.
BOOL SetEvent(HANDLE Event) { return Check(sys::NtSetEvent(Event, nullptr)); }

/// Resets an event.
BOOL ResetEvent(HANDLE Event) { return Check(sys::NtResetEvent(Event, nullptr)); }

/// Creates or opens a mutex.
HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES Attributes, BOOL InitialOwner, LPCWSTR Name) {
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  return Created(sys::NtCreateMutant(&handle, 0x1F0001, name.get(), InitialOwner != 0), handle);
}

/// Creates or opens a mutex.
HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES Attributes, BOOL InitialOwner, LPCSTR Name) {
  return CreateMutexW(Attributes, InitialOwner, WideName(Name).c_str());
}

/// Releases a mutex.
BOOL ReleaseMutex(HANDLE Mutex) {
  const NTSTATUS status = sys::NtReleaseMutant(Mutex, nullptr);
  return status == STATUS_MUTANT_NOT_OWNED ? Fail(ERROR_NOT_OWNER) : Check(status);
}

/// Creates or opens a semaphore.
HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES Attributes, LONG InitialCount, LONG MaximumCount, LPCWSTR Name) {
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  return Created(sys::NtCreateSemaphore(&handle, 0x1F0003, name.get(), InitialCount, MaximumCount), handle);
}

/// Creates or opens a semaphore.
HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES Attributes, LONG InitialCount, LONG MaximumCount, LPCSTR Name) {
  return CreateSemaphoreW(Attributes, InitialCount, MaximumCount, WideName(Name).c_str());
}

/// Raises a semaphore's count.
BOOL ReleaseSemaphore(HANDLE Semaphore, LONG ReleaseCount, PLONG PreviousCount) {
  return Check(sys::NtReleaseSemaphore(Semaphore, ReleaseCount, PreviousCount));
}

/// Creates or opens a waitable timer.
HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, LPCWSTR Name) {
  ObjectName name(Name, Attributes);
  HANDLE handle = nullptr;
  return Created(sys::NtCreateTimer(&handle, 0x1F0003, name.get(), ManualReset ? NotificationTimer : SynchronizationTimer), handle);
}

/// Starts a waitable timer. A completion routine is called as an APC of this thread.
BOOL SetWaitableTimer(HANDLE Timer, const LARGE_INTEGER* DueTime, LONG Period, PVOID CompletionRoutine, LPVOID Argument, BOOL Resume) {
  LARGE_INTEGER due = *DueTime;
  return Check(sys::NtSetTimer(Timer, &due, reinterpret_cast<PTIMER_APC_ROUTINE>(CompletionRoutine), Argument, static_cast<BOOLEAN>(Resume),
                               Period, nullptr));
}

/// Stops a waitable timer.
BOOL CancelWaitableTimer(HANDLE Timer) { return Check(sys::NtCancelTimer(Timer, nullptr)); }

/// Creates a completion port, or binds a file to one.
HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey, DWORD ConcurrentThreads) {
  HANDLE port = ExistingCompletionPort;
  if (FileHandle == INVALID_HANDLE_VALUE && ExistingCompletionPort) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  if (!port && !Check(sys::NtCreateIoCompletion(&port, 0x1F0003, nullptr, ConcurrentThreads))) return nullptr;
  if (FileHandle == INVALID_HANDLE_VALUE) return port;
  FILE_COMPLETION_INFORMATION information{port, reinterpret_cast<PVOID>(CompletionKey)};
  IO_STATUS_BLOCK io{};
  if (Check(sys::NtSetInformationFile(FileHandle, &io, &information, sizeof information, FileCompletionInformation))) return port;
  if (!ExistingCompletionPort) sys::NtClose(port);
  return nullptr;
}

/// Takes a packet from a completion port. A failed request's packet is taken too, but FALSE is returned.
BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD BytesTransferred, PULONG_PTR CompletionKey, LPOVERLAPPED* Overlapped,
                               DWORD Milliseconds) {
  LARGE_INTEGER time{};
  IO_STATUS_BLOCK io{};
  PVOID key = nullptr, context = nullptr;
  *Overlapped = nullptr;
  const NTSTATUS status = sys::NtRemoveIoCompletion(CompletionPort, &key, &context, &io, RelativeTime(Milliseconds, &time));
  constexpr DWORD kAbandonedWait = 735;
  if (status == STATUS_TIMEOUT) return Fail(258);
  if (status == STATUS_ABANDONED) return Fail(kAbandonedWait);  // the port was closed meanwhile
  if (!Check(status)) return FALSE;
  *CompletionKey = reinterpret_cast<ULONG_PTR>(key);
  *Overlapped = static_cast<LPOVERLAPPED>(context);
  *BytesTransferred = static_cast<DWORD>(io.Information);
  return Check(io.Status);
}

/// Puts a packet of the caller's into a completion port.
BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD BytesTransferred, ULONG_PTR CompletionKey, LPOVERLAPPED Overlapped) {
  return Check(
      sys::NtSetIoCompletion(CompletionPort, reinterpret_cast<PVOID>(CompletionKey), Overlapped, STATUS_SUCCESS, BytesTransferred));
}

/// Initializes a critical section.
VOID InitializeCriticalSection(PRTL_CRITICAL_SECTION CriticalSection) { RtlInitializeCriticalSection(CriticalSection); }

/// Initializes a critical section with a spin count.
BOOL InitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION CriticalSection, DWORD SpinCount) {
  RtlInitializeCriticalSection(CriticalSection);
  CriticalSection->SpinCount = SpinCount & 0xFFFFFF;
  return TRUE;
}

/// Initializes a critical section with a spin count and flags.
BOOL InitializeCriticalSectionEx(PRTL_CRITICAL_SECTION CriticalSection, DWORD SpinCount, [[maybe_unused]] DWORD Flags) {
  return InitializeCriticalSectionAndSpinCount(CriticalSection, SpinCount);
}

/// Releases a critical section, waits for a condition variable, and acquires the section again.
BOOL SleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable, PRTL_CRITICAL_SECTION CriticalSection, DWORD Milliseconds) {
  LARGE_INTEGER time{};
  const NTSTATUS status = RtlSleepConditionVariableCS(Variable, CriticalSection, RelativeTime(Milliseconds, &time));
  return status == STATUS_TIMEOUT ? Fail(ERROR_TIMEOUT) : Check(status);
}

/// Releases a slim lock, waits for a condition variable, and acquires the lock again.
BOOL SleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock, DWORD Milliseconds, ULONG Flags) {
  LARGE_INTEGER time{};
  const NTSTATUS status = RtlSleepConditionVariableSRW(Variable, Lock, RelativeTime(Milliseconds, &time), Flags);
  return status == STATUS_TIMEOUT ? Fail(ERROR_TIMEOUT) : Check(status);
}

/// Waits while the value at an address equals a given one.
BOOL WaitOnAddress(volatile VOID* Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD Milliseconds) {
  LARGE_INTEGER time{};
  const NTSTATUS status = RtlWaitOnAddress(Address, CompareAddress, AddressSize, RelativeTime(Milliseconds, &time));
  return status == STATUS_TIMEOUT ? Fail(ERROR_TIMEOUT) : Check(status);
}

/// Begins a one-time initialization.
BOOL InitOnceBeginInitialize(PRTL_RUN_ONCE InitOnce, DWORD Flags, PBOOL Pending, LPVOID* Context) {
  const NTSTATUS status = Ntdll_RtlRunOnceBeginInitialize(InitOnce, Flags, Context);
  *Pending = status == STATUS_PENDING;
  return Check(status);
}

/// Ends a one-time initialization.
BOOL InitOnceComplete(PRTL_RUN_ONCE InitOnce, DWORD Flags, LPVOID Context) {
  return Check(Ntdll_RtlRunOnceComplete(InitOnce, Flags, Context));
}

/// Runs an initialization routine once.
BOOL InitOnceExecuteOnce(PRTL_RUN_ONCE InitOnce, PVOID InitFn, PVOID Parameter, LPVOID* Context) {
  PVOID result = nullptr;
  PVOID* const context = Context ? Context : &result;
  const NTSTATUS status = Ntdll_RtlRunOnceBeginInitialize(InitOnce, 0, context);
  if (status != STATUS_PENDING) return Check(status);
  *context = nullptr;
  const BOOL done = nt::ke::Callout<BOOL>(InitFn, InitOnce, Parameter, context);
  Ntdll_RtlRunOnceComplete(InitOnce, done ? 0 : 4, done ? *context : nullptr);
  return done;
}

}  // extern "C"
