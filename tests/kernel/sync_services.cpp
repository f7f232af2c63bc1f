// The system services of events, timers and waits that ntoskrnl exports: what they return, and what they refuse.
#include "ktest.h"

using namespace ktest;

extern "C" NTSYSAPI NTSTATUS NTAPI ZwPulseEvent(HANDLE, PLONG);
extern "C" NTSYSAPI NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
extern "C" NTSYSAPI NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID*, PVOID*, PIO_STATUS_BLOCK, PLARGE_INTEGER);

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
  EXPECT_EQ(ZwSetEvent(event, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwClearEvent(event), STATUS_SUCCESS);
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT);
  EXPECT_EQ(ZwCancelTimer(event, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
  const HANDLE bad = reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(0x7ffc));
  EXPECT_EQ(ZwSetEvent(bad, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwResetEvent(NtCurrentProcess(), nullptr), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(NamesOfEvents) {
  Named name(L"\\BaseNamedObjects\\SyncServicesEvent");
  Handle first, second, third;
  EXPECT_EQ(ZwOpenEvent(&second, EVENT_ALL_ACCESS, &name), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&first, EVENT_ALL_ACCESS, &name, SynchronizationEvent, FALSE)));
  EXPECT_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &name, SynchronizationEvent, FALSE), STATUS_OBJECT_NAME_COLLISION);
  name.attributes.Attributes |= OBJ_OPENIF;
  EXPECT_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &name, NotificationEvent, FALSE), STATUS_OBJECT_NAME_EXISTS);
  name.attributes.Attributes &= ~static_cast<ULONG>(OBJ_OPENIF);
  EXPECT_EQ(ZwOpenEvent(&third, SYNCHRONIZE, &name), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetEvent(second, nullptr), STATUS_SUCCESS);
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForSingleObject(third, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(first, FALSE, &zero), STATUS_TIMEOUT);
  // In kernel mode no access is checked on use.
  EXPECT_EQ(ZwSetEvent(third, nullptr), STATUS_SUCCESS);
  PVOID object = nullptr;
  EXPECT_EQ(ObReferenceObjectByHandle(third, EVENT_MODIFY_STATE, *ExMutantObjectType, KernelMode, &object, nullptr),
            STATUS_OBJECT_TYPE_MISMATCH);
  // A kernel handle is none to user mode.
  EXPECT_EQ(ObReferenceObjectByHandle(third, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &object, nullptr), STATUS_INVALID_HANDLE);
}

KTEST(TimersByService) {
  Named name(L"\\BaseNamedObjects\\SyncServicesTimer");
  Handle timer, again;
  EXPECT_EQ(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, nullptr, static_cast<TIMER_TYPE>(2)), STATUS_INVALID_PARAMETER_4);
  REQUIRE(NT_SUCCESS(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &name, NotificationTimer)));
  EXPECT_EQ(ZwOpenTimer(&again, TIMER_ALL_ACCESS, &name), STATUS_SUCCESS);
  BOOLEAN previous = TRUE;
  LARGE_INTEGER due = Milliseconds(1000);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, -1, &previous), STATUS_INVALID_PARAMETER_6);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &previous), STATUS_SUCCESS);
  EXPECT(!previous);
  BOOLEAN state = TRUE;
  EXPECT_EQ(ZwCancelTimer(timer, &state), STATUS_SUCCESS);
  EXPECT(!state);
  EXPECT_EQ(ZwCancelTimer(timer, nullptr), STATUS_SUCCESS);
  due = Milliseconds(5);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(timer, FALSE, nullptr), STATUS_SUCCESS);
  // Setting it takes the signal back.
  due = Milliseconds(60000);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &previous), STATUS_SUCCESS);
  EXPECT(previous);
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwWaitForSingleObject(timer, FALSE, &zero), STATUS_TIMEOUT);
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
}

KTEST(Yields) {
  const NTSTATUS yielded = ZwYieldExecution();
  EXPECT(yielded == STATUS_SUCCESS || yielded == STATUS_NO_YIELD_PERFORMED);
}

KTEST(AnEmptyCompletionPort) {
  Handle port;
  REQUIRE(NT_SUCCESS(ZwCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, nullptr, 1)));
  PVOID key = nullptr, context = nullptr;
  IO_STATUS_BLOCK block = {};
  LARGE_INTEGER zero = Zero();
  EXPECT_EQ(ZwRemoveIoCompletion(port, &key, &context, &block, &zero), STATUS_TIMEOUT);
  EXPECT_EQ(ZwRemoveIoCompletion(NtCurrentProcess(), &key, &context, &block, &zero), STATUS_OBJECT_TYPE_MISMATCH);
}
