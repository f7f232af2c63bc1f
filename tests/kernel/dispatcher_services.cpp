// The services of events, timers and waits, as drivers call them: what they return, and what they refuse.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwClearEvent(HANDLE Event);
NTSYSAPI NTSTATUS NTAPI ZwResetEvent(HANDLE Event, PLONG Previous);
NTSYSAPI NTSTATUS NTAPI ZwPulseEvent(HANDLE Event, PLONG Previous);
NTSYSAPI NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, HANDLE Handles[], WAIT_TYPE Type, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSYSAPI NTSTATUS NTAPI ZwYieldExecution();
}

namespace {

OBJECT_ATTRIBUTES Unnamed() {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  return attributes;
}

// The attributes of a name, which must outlive them.
struct Named {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  explicit Named(PCWSTR text, ULONG flags = 0, HANDLE root = nullptr) {
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | flags, root, nullptr);
  }
};

}  // namespace

KTEST(EventServices) {
  OBJECT_ATTRIBUTES unnamed = Unnamed();
  HANDLE event;
  EXPECT_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &unnamed, static_cast<EVENT_TYPE>(2), FALSE), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &unnamed, SynchronizationEvent, TRUE)));
  LONG previous = 7;
  EXPECT_EQ(ZwResetEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 1);
  EXPECT_EQ(ZwSetEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 0);
  EXPECT_EQ(ZwSetEvent(event, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwPulseEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 1);
  EXPECT_EQ(ZwSetEvent(event, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwClearEvent(event), STATUS_SUCCESS);
  LARGE_INTEGER now = {};
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT);
  EXPECT_EQ(ZwCancelTimer(event, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
  ZwClose(event);
  EXPECT_EQ(ZwSetEvent(event, nullptr), STATUS_INVALID_HANDLE);
}

KTEST(TimerServices) {
  OBJECT_ATTRIBUTES unnamed = Unnamed();
  HANDLE timer;
  EXPECT_EQ(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &unnamed, static_cast<TIMER_TYPE>(2)), STATUS_INVALID_PARAMETER_4);
  REQUIRE(NT_SUCCESS(ZwCreateTimer(&timer, TIMER_ALL_ACCESS, &unnamed, NotificationTimer)));
  BOOLEAN previous = 7;
  LARGE_INTEGER due = Milliseconds(60000);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, -1, &previous), STATUS_INVALID_PARAMETER_6);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, FALSE);
  EXPECT_EQ(ZwCancelTimer(timer, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, FALSE);
  due.QuadPart = 1;
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(timer, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(ZwCancelTimer(timer, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, TRUE);
  // Setting it takes the signal back.
  due = Milliseconds(60000);
  EXPECT_EQ(ZwSetTimer(timer, &due, nullptr, nullptr, FALSE, 0, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, TRUE);
  LARGE_INTEGER now = {};
  EXPECT_EQ(ZwWaitForSingleObject(timer, FALSE, &now), STATUS_TIMEOUT);
  ZwClose(timer);
}

KTEST(WaitServices) {
  OBJECT_ATTRIBUTES unnamed = Unnamed();
  HANDLE handles[65] = {};
  for (int i = 0; i < 3; i++) REQUIRE(NT_SUCCESS(ZwCreateEvent(&handles[i], EVENT_ALL_ACCESS, &unnamed, NotificationEvent, i == 1)));
  LARGE_INTEGER now = {};
  EXPECT_EQ(ZwWaitForMultipleObjects(0, handles, WaitAny, FALSE, &now), STATUS_INVALID_PARAMETER_1);
  EXPECT_EQ(ZwWaitForMultipleObjects(65, handles, WaitAny, FALSE, &now), STATUS_INVALID_PARAMETER_1);
  EXPECT_EQ(ZwWaitForMultipleObjects(3, handles, static_cast<WAIT_TYPE>(5), FALSE, &now), STATUS_INVALID_PARAMETER_3);
  EXPECT_EQ(ZwWaitForMultipleObjects(3, handles, WaitAny, FALSE, &now), STATUS_WAIT_1);
  EXPECT_EQ(ZwWaitForMultipleObjects(3, handles, WaitAll, FALSE, &now), STATUS_TIMEOUT);
  EXPECT_EQ(ZwWaitForMultipleObjects(4, handles, WaitAny, FALSE, &now), STATUS_INVALID_HANDLE);
  HANDLE same[2] = {handles[1], handles[1]};
  EXPECT_EQ(ZwWaitForMultipleObjects(2, same, WaitAny, FALSE, &now), STATUS_WAIT_0);
  EXPECT_EQ(ZwWaitForMultipleObjects(2, same, WaitAll, FALSE, &now), STATUS_INVALID_PARAMETER_MIX);
  for (int i = 0; i < 3; i++) ZwClose(handles[i]);
  EXPECT_EQ(ZwWaitForSingleObject(handles[0], FALSE, &now), STATUS_INVALID_HANDLE);
  const NTSTATUS yielded = ZwYieldExecution();
  EXPECT(yielded == STATUS_SUCCESS || yielded == STATUS_NO_YIELD_PERFORMED);
}

KTEST(NamesOfObjects) {
  HANDLE event, other;
  Named name(L"\\BaseNamedObjects\\KtestDispatcher"), openif(L"\\BaseNamedObjects\\KtestDispatcher", OBJ_OPENIF);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &name.attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &name.attributes, NotificationEvent, FALSE)));
  EXPECT_EQ(ZwCreateEvent(&other, EVENT_ALL_ACCESS, &name.attributes, NotificationEvent, FALSE), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(ZwCreateEvent(&other, EVENT_ALL_ACCESS, &openif.attributes, SynchronizationEvent, TRUE), STATUS_OBJECT_NAME_EXISTS);
  ZwClose(other);
  EXPECT_EQ(ZwCreateTimer(&other, TIMER_ALL_ACCESS, &openif.attributes, NotificationTimer), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwCreateTimer(&other, TIMER_ALL_ACCESS, &name.attributes, NotificationTimer), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(ZwOpenTimer(&other, TIMER_ALL_ACCESS, &name.attributes), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &name.attributes), STATUS_SUCCESS);
  ZwClose(other);
  ZwClose(event);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &name.attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(AttributesThatAreWrong) {
  HANDLE event, other, directory;
  const auto create = [&](OBJECT_ATTRIBUTES* attributes) {
    const NTSTATUS status = ZwCreateEvent(&other, EVENT_ALL_ACCESS, attributes, NotificationEvent, FALSE);
    if (NT_SUCCESS(status)) ZwClose(other);
    return status;
  };
  const auto named = [&](PCWSTR text, HANDLE root = nullptr) {
    Named name(text, 0, root);
    return create(&name.attributes);
  };
  EXPECT_EQ(named(L"KtestRelative"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(named(L"\\BaseNamedObjects\\None\\KtestEvent"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(named(L"\\BaseNamedObjects\\\\KtestEvent"), STATUS_OBJECT_NAME_INVALID);
  Named odd(L"\\BaseNamedObjects\\KtestOdd");
  odd.name.Length -= 1;
  EXPECT_EQ(create(&odd.attributes), STATUS_OBJECT_NAME_INVALID);
  Named size(L"\\BaseNamedObjects\\KtestSize");
  size.attributes.Length -= 4;
  EXPECT_EQ(create(&size.attributes), STATUS_INVALID_PARAMETER);
  Named flags(L"\\BaseNamedObjects\\KtestFlags", 0x100000);
  EXPECT_EQ(create(&flags.attributes), STATUS_INVALID_PARAMETER);
  OBJECT_ATTRIBUTES unnamed = Unnamed();
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &unnamed), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(ZwOpenEvent(&other, EVENT_ALL_ACCESS, nullptr), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &unnamed, NotificationEvent, FALSE)));
  EXPECT_EQ(named(L"KtestBelow", event), STATUS_INVALID_HANDLE);
  ZwClose(event);
  EXPECT_EQ(named(L"KtestBelow", event), STATUS_INVALID_HANDLE);
  Named base(L"\\BaseNamedObjects");
  REQUIRE(NT_SUCCESS(ZwOpenDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, &base.attributes)));
  EXPECT_EQ(named(L"KtestBelow", directory), STATUS_SUCCESS);
  EXPECT_EQ(named(L"\\KtestBelow", directory), STATUS_OBJECT_PATH_SYNTAX_BAD);
  ZwClose(directory);
}
