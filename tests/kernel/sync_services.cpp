// The system services of events, mutants, semaphores, timers and waits: what they return, and what they refuse.
#include "ktest.h"

using namespace ktest;

// What the WDK's headers leave to those who know it.
#define MUTANT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 1)
#define IO_COMPLETION_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3)

struct EVENT_BASIC_INFORMATION {
  EVENT_TYPE EventType;
  LONG EventState;
};
struct MUTANT_BASIC_INFORMATION {
  LONG CurrentCount;
  BOOLEAN OwnedByCaller, AbandonedState;
};
struct SEMAPHORE_BASIC_INFORMATION {
  LONG CurrentCount, MaximumCount;
};
struct TIMER_BASIC_INFORMATION {
  LARGE_INTEGER RemainingTime;
  BOOLEAN TimerState;
};

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwPulseEvent(HANDLE, PLONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryEvent(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwCreateMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI ZwOpenMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI ZwQueryMutant(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwReleaseMutant(HANDLE, PLONG);
NTSYSAPI NTSTATUS NTAPI ZwCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);
NTSYSAPI NTSTATUS NTAPI ZwOpenSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI ZwQuerySemaphore(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwReleaseSemaphore(HANDLE, LONG, PLONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryTimer(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwDelayExecution(BOOLEAN, PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI ZwTestAlert();
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemTime(PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI ZwQueryPerformanceCounter(PLARGE_INTEGER, PLARGE_INTEGER);
NTSYSAPI ULONG NTAPI ZwGetCurrentProcessorNumber();
NTSYSAPI NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwOpenIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI ZwSetIoCompletion(HANDLE, PVOID, PVOID, NTSTATUS, ULONG_PTR);
NTSYSAPI NTSTATUS NTAPI ZwQueryIoCompletion(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID*, PVOID*, PIO_STATUS_BLOCK, PLARGE_INTEGER);
}

namespace {
/// A handle that is closed at the end of its scope.
struct Handle {
  HANDLE value = nullptr;
  ~Handle() {
    if (value != nullptr) ZwClose(value);
  }
  operator HANDLE() const { return value; }
  PHANDLE operator&() { return &value; }
};

struct Named {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  explicit Named(const wchar_t* text) {
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  }
  POBJECT_ATTRIBUTES operator&() { return &attributes; }
};

LARGE_INTEGER Zero() { return {}; }
}  // namespace

KTEST(EventsByService) {
  Handle event;
  EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, static_cast<EVENT_TYPE>(2), FALSE), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE)));
  LONG previous = -1;
  EXPECT_EQ(ZwSetEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 1);
  EXPECT_EQ(ZwResetEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 1);
  EXPECT_EQ(ZwResetEvent(event, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 0);
  EXPECT_EQ(ZwPulseEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 1);
  EVENT_BASIC_INFORMATION information = {};
  ULONG length = 0;
  EXPECT_EQ(ZwQueryEvent(event, 0, &information, sizeof information, &length), STATUS_SUCCESS);
  EXPECT_EQ(information.EventType, NotificationEvent);
  EXPECT_EQ(information.EventState, 0);
  EXPECT_EQ(length, sizeof information);
  EXPECT_EQ(ZwQueryEvent(event, 0, &information, sizeof information - 1, nullptr), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwQueryEvent(event, 1, &information, sizeof information, nullptr),
            STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(ZwClearEvent(event), STATUS_SUCCESS);
  const HANDLE bad = reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(0x7ffc));
  EXPECT_EQ(ZwSetEvent(bad, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwResetEvent(NtCurrentProcess(), nullptr), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(NamesOfEvents) {
  Named name(L"\\BaseNamedObjects\\SyncServicesEvent");
  Handle first, second, third, fourth;
  EXPECT_EQ(ZwOpenEvent(&second, EVENT_ALL_ACCESS, &name), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&first, EVENT_ALL_ACCESS, &name, SynchronizationEvent, FALSE)));
  EXPECT_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &name, SynchronizationEvent, FALSE), STATUS_OBJECT_NAME_COLLISION);
  name.attributes.Attributes |= OBJ_OPENIF;
  EXPECT_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &name, NotificationEvent, FALSE), STATUS_OBJECT_NAME_EXISTS);
  name.attributes.Attributes &= ~static_cast<ULONG>(OBJ_OPENIF);
  EXPECT_EQ(ZwOpenEvent(&third, SYNCHRONIZE, &name), STATUS_SUCCESS);
  EXPECT_EQ(ZwOpenMutant(&fourth, SYNCHRONIZE, &name), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwSetEvent(second, nullptr), STATUS_SUCCESS);
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForSingleObject(third, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(first, FALSE, &zero), STATUS_TIMEOUT);
  // In kernel mode no access is checked on use.
  EXPECT_EQ(ZwSetEvent(third, nullptr), STATUS_SUCCESS);
  PVOID object = nullptr;
  EXPECT_EQ(ObReferenceObjectByHandle(third, EVENT_MODIFY_STATE, *ExMutantObjectType, KernelMode, &object, nullptr),
            STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObReferenceObjectByHandle(third, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &object, nullptr), STATUS_ACCESS_DENIED);
}

KTEST(MutantsByService) {
  Named name(L"\\BaseNamedObjects\\SyncServicesMutant");
  Handle mutant, again;
  REQUIRE(NT_SUCCESS(ZwCreateMutant(&mutant, MUTANT_ALL_ACCESS, &name, TRUE)));
  EXPECT_EQ(ZwOpenMutant(&again, MUTANT_ALL_ACCESS, &name), STATUS_SUCCESS);
  MUTANT_BASIC_INFORMATION information = {};
  ULONG length = 0;
  EXPECT_EQ(ZwQueryMutant(again, 0, &information, sizeof information, &length), STATUS_SUCCESS);
  EXPECT_EQ(information.CurrentCount, 0);
  EXPECT(information.OwnedByCaller);
  EXPECT(!information.AbandonedState);
  EXPECT_EQ(length, sizeof information);
  EXPECT_EQ(ZwQueryMutant(again, 0, &information, 7, nullptr), STATUS_INFO_LENGTH_MISMATCH);
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForSingleObject(mutant, FALSE, &zero), STATUS_SUCCESS);
  LONG previous = 77;
  EXPECT_EQ(ZwReleaseMutant(mutant, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, -1);
  EXPECT_EQ(ZwReleaseMutant(mutant, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 0);
  EXPECT_EQ(ZwReleaseMutant(mutant, &previous), STATUS_MUTANT_NOT_OWNED);
  EXPECT_EQ(ZwReleaseMutant(NtCurrentThread(), nullptr), STATUS_OBJECT_TYPE_MISMATCH);
}

namespace {
void TakeAndLeave(void* handle) {
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForSingleObject(handle, FALSE, &zero), STATUS_SUCCESS);
}
}  // namespace

KTEST(AbandonedMutantsByService) {
  Handle mutant, event;
  REQUIRE(NT_SUCCESS(ZwCreateMutant(&mutant, MUTANT_ALL_ACCESS, nullptr, FALSE)));
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  { Thread thread(TakeAndLeave, static_cast<void*>(mutant.value)); }
  MUTANT_BASIC_INFORMATION information = {};
  EXPECT_EQ(ZwQueryMutant(mutant, 0, &information, sizeof information, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(information.CurrentCount, 1);
  EXPECT(information.AbandonedState);
  EXPECT(!information.OwnedByCaller);
  HANDLE both[] = {event, mutant};
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForMultipleObjects(2, both, WaitAny, FALSE, &zero), STATUS_ABANDONED_WAIT_0 + 1);
  EXPECT_EQ(ZwReleaseMutant(mutant, nullptr), STATUS_SUCCESS);
}

KTEST(SemaphoresByService) {
  Named name(L"\\BaseNamedObjects\\SyncServicesSemaphore");
  Handle semaphore, again;
  EXPECT_EQ(ZwCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, nullptr, 0, 0), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, nullptr, -1, 5), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, nullptr, 6, 5), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ZwCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, &name, 1, 3)));
  EXPECT_EQ(ZwOpenSemaphore(&again, SEMAPHORE_ALL_ACCESS, &name), STATUS_SUCCESS);
  LONG previous = -1;
  EXPECT_EQ(ZwReleaseSemaphore(again, 0, &previous), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwReleaseSemaphore(again, -1, &previous), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwReleaseSemaphore(again, 3, &previous), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  EXPECT_EQ(previous, -1);
  EXPECT_EQ(ZwReleaseSemaphore(again, 2, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 1);
  SEMAPHORE_BASIC_INFORMATION information = {};
  ULONG length = 0;
  EXPECT_EQ(ZwQuerySemaphore(semaphore, 0, &information, sizeof information, &length), STATUS_SUCCESS);
  EXPECT_EQ(information.CurrentCount, 3);
  EXPECT_EQ(information.MaximumCount, 3);
  EXPECT_EQ(length, sizeof information);
  EXPECT_EQ(ZwQuerySemaphore(semaphore, 0, &information, 9, nullptr), STATUS_INFO_LENGTH_MISMATCH);
}

KTEST(TimersByService) {
  Named name(L"\\BaseNamedObjects\\SyncServicesTimer");
  Handle timer, again;
  EXPECT_EQ(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, nullptr, static_cast<TIMER_TYPE>(2)), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &name, NotificationTimer)));
  EXPECT_EQ(ZwOpenTimer(&again, TIMER_ALL_ACCESS, &name), STATUS_SUCCESS);
  TIMER_BASIC_INFORMATION information = {};
  ULONG length = 0;
  BOOLEAN previous = TRUE;
  LARGE_INTEGER due = Milliseconds(1000);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, -1, &previous), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &previous), STATUS_SUCCESS);
  EXPECT(!previous);
  EXPECT_EQ(ZwQueryTimer(again, 0, &information, sizeof information, &length), STATUS_SUCCESS);
  EXPECT(!information.TimerState);
  EXPECT(information.RemainingTime.QuadPart > 0 && information.RemainingTime.QuadPart <= 10'000'000);
  EXPECT_EQ(length, sizeof information);
  EXPECT_EQ(ZwQueryTimer(again, 0, &information, 15, nullptr), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwQueryTimer(again, 1, &information, sizeof information, nullptr),
            STATUS_INVALID_INFO_CLASS);
  BOOLEAN state = TRUE;
  EXPECT_EQ(ZwCancelTimer(timer, &state), STATUS_SUCCESS);
  EXPECT(!state);
  EXPECT_EQ(ZwCancelTimer(timer, nullptr), STATUS_SUCCESS);
  due = Milliseconds(5);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(timer, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &previous), STATUS_SUCCESS);
  EXPECT(previous);
  EXPECT_EQ(ZwQueryTimer(again, 0, &information, sizeof information, &length), STATUS_SUCCESS);
  EXPECT(!information.TimerState);
}

KTEST(WaitsByService) {
  Handle events[3];
  for (Handle& each : events) REQUIRE(NT_SUCCESS(ZwCreateEvent(&each, EVENT_ALL_ACCESS, nullptr, SynchronizationEvent, FALSE)));
  HANDLE handles[MAXIMUM_WAIT_OBJECTS + 1];
  for (HANDLE& each : handles) each = events[0];
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForMultipleObjects(0, handles, WaitAny, FALSE, &zero), STATUS_INVALID_PARAMETER_1);
  EXPECT_EQ(ZwWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, handles, WaitAny, FALSE, &zero), STATUS_INVALID_PARAMETER_1);
  EXPECT_EQ(ZwWaitForMultipleObjects(2, handles, static_cast<WAIT_TYPE>(2), FALSE, &zero), STATUS_INVALID_PARAMETER_3);
  // The same object twice is no set to wait for all of.
  EXPECT_EQ(ZwWaitForMultipleObjects(2, handles, WaitAll, FALSE, &zero), STATUS_INVALID_PARAMETER_MIX);
  EXPECT_EQ(ZwWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, handles, WaitAny, FALSE, &zero), STATUS_TIMEOUT);
  handles[1] = events[1];
  handles[2] = events[2];
  EXPECT_EQ(ZwSetEvent(events[2], nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForMultipleObjects(3, handles, WaitAll, FALSE, &zero), STATUS_TIMEOUT);
  EXPECT_EQ(ZwWaitForMultipleObjects(3, handles, WaitAny, FALSE, &zero), STATUS_WAIT_0 + 2);
  handles[1] = reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(0x7ff8));
  EXPECT_EQ(ZwWaitForMultipleObjects(3, handles, WaitAny, FALSE, &zero), STATUS_INVALID_HANDLE);
  // What has no state of its own: a directory cannot be waited for.
  Named root(L"\\BaseNamedObjects");
  Handle directory;
  REQUIRE(NT_SUCCESS(ZwOpenDirectoryObject(&directory, DIRECTORY_QUERY, &root)));
  EXPECT_EQ(ZwWaitForSingleObject(directory, FALSE, &zero), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(DelaysAndYields) {
  LARGE_INTEGER time = Milliseconds(1);
  EXPECT_EQ(ZwDelayExecution(FALSE, &time), STATUS_SUCCESS);
  time.QuadPart = 0;
  EXPECT_EQ(ZwDelayExecution(TRUE, &time), STATUS_SUCCESS);
  const NTSTATUS yielded = ZwYieldExecution();
  EXPECT(yielded == STATUS_SUCCESS || yielded == STATUS_NO_YIELD_PERFORMED);
  EXPECT_EQ(ZwTestAlert(), STATUS_SUCCESS);
  LARGE_INTEGER now = {}, counter = {}, frequency = {};
  EXPECT_EQ(ZwQuerySystemTime(&now), STATUS_SUCCESS);
  EXPECT(now.QuadPart > 0);
  EXPECT_EQ(ZwQueryPerformanceCounter(&counter, &frequency), STATUS_SUCCESS);
  EXPECT_EQ(frequency.QuadPart, KeQueryPerformanceCounter(nullptr).QuadPart != 0 ? 10'000'000 : 0);
  EXPECT(ZwGetCurrentProcessorNumber() < KeQueryActiveProcessorCount(nullptr));
}

KTEST(CompletionPortsByService) {
  Handle port, again;
  REQUIRE(NT_SUCCESS(ZwCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, nullptr, 1)));
  EXPECT_EQ(ZwSetIoCompletion(port, reinterpret_cast<PVOID>(7), reinterpret_cast<PVOID>(8), STATUS_NO_MORE_FILES, 9), STATUS_SUCCESS);
  ULONG depth = 0, length = 0;
  EXPECT_EQ(ZwQueryIoCompletion(port, 0, &depth, sizeof depth, &length), STATUS_SUCCESS);
  EXPECT_EQ(depth, 1);
  EXPECT_EQ(length, sizeof depth);
  EXPECT_EQ(ZwQueryIoCompletion(port, 0, &depth, 3, nullptr), STATUS_INFO_LENGTH_MISMATCH);
  PVOID key = nullptr, context = nullptr;
  IO_STATUS_BLOCK block = {};
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwRemoveIoCompletion(port, &key, &context, &block, &zero), STATUS_SUCCESS);
  EXPECT(key == reinterpret_cast<PVOID>(7) && context == reinterpret_cast<PVOID>(8));
  EXPECT_EQ(block.Status, STATUS_NO_MORE_FILES);
  EXPECT_EQ(block.Information, 9);
  EXPECT_EQ(ZwRemoveIoCompletion(port, &key, &context, &block, &zero), STATUS_TIMEOUT);
  Named name(L"\\BaseNamedObjects\\SyncServicesPort");
  EXPECT_EQ(ZwOpenIoCompletion(&again, IO_COMPLETION_ALL_ACCESS, &name), STATUS_OBJECT_NAME_NOT_FOUND);
}
