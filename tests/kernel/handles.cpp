// Handles: numbers, access, types, attributes, duplication, closing.
#include "ktest.h"

using namespace ktest;

namespace {
HANDLE NewEvent(ACCESS_MASK access, ULONG attributes = OBJ_KERNEL_HANDLE) {
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, nullptr, attributes, nullptr, nullptr);
  HANDLE event = nullptr;
  EXPECT_EQ(ZwCreateEvent(&event, access, &object, NotificationEvent, FALSE), STATUS_SUCCESS);
  return event;
}
}  // namespace

KTEST(KernelHandlesAreNegative) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS);
  EXPECT(reinterpret_cast<LONG_PTR>(event) < 0);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(event) & 3, 0);
  EXPECT(ObIsKernelHandle(event));
  PVOID object;
  EXPECT_EQ(ObReferenceObjectByHandle(event, 0, nullptr, UserMode, &object, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(ZwClose(event), STATUS_SUCCESS);
  EXPECT_EQ(ObReferenceObjectByHandle(event, 0, nullptr, KernelMode, &object, nullptr), STATUS_INVALID_HANDLE);
  EXPECT(object == nullptr);
}

KTEST(ProcessHandlesAreMultiplesOfFour) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS, 0);
  EXPECT(reinterpret_cast<LONG_PTR>(event) > 0);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(event) & 3, 0);
  EXPECT(!ObIsKernelHandle(event));
  // The two low bits are the holder's to use.
  EXPECT_EQ(ZwClose(reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(event) | 3)), STATUS_SUCCESS);
}

KTEST(AccessIsCheckedForUserMode) {
  const HANDLE event = NewEvent(SYNCHRONIZE, 0);
  PVOID object;
  OBJECT_HANDLE_INFORMATION information = {};
  EXPECT_EQ(ObReferenceObjectByHandle(event, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &object, nullptr), STATUS_ACCESS_DENIED);
  EXPECT(object == nullptr);
  EXPECT_EQ(ObReferenceObjectByHandle(event, SYNCHRONIZE, *ExEventObjectType, UserMode, &object, &information), STATUS_SUCCESS);
  EXPECT_EQ(information.GrantedAccess, SYNCHRONIZE);
  EXPECT_EQ(information.HandleAttributes, 0);
  ObDereferenceObject(object);
  // The kernel may do what it wants.
  EXPECT_EQ(ObReferenceObjectByHandle(event, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &object, nullptr), STATUS_SUCCESS);
  ObDereferenceObject(object);
  ZwClose(event);
}

KTEST(TypeIsChecked) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS);
  PVOID object;
  EXPECT_EQ(ObReferenceObjectByHandle(event, 0, *PsThreadType, KernelMode, &object, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT(object == nullptr);
  ZwClose(event);
}

KTEST(GenericAccessIsMapped) {
  const HANDLE event = NewEvent(GENERIC_READ, OBJ_INHERIT);
  PVOID object;
  OBJECT_HANDLE_INFORMATION information = {};
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(event, 0, nullptr, UserMode, &object, &information)));
  EXPECT_EQ(information.GrantedAccess, STANDARD_RIGHTS_READ | EVENT_QUERY_STATE);
  EXPECT_EQ(information.HandleAttributes, OBJ_INHERIT);
  ObDereferenceObject(object);
  ZwClose(event);
}

KTEST(PseudoHandlesStandForTheCaller) {
  PVOID object;
  EXPECT_EQ(ObReferenceObjectByHandle(ZwCurrentProcess(), 0, *PsProcessType, KernelMode, &object, nullptr), STATUS_SUCCESS);
  EXPECT(object == PsGetCurrentProcess());
  ObDereferenceObject(object);
  EXPECT_EQ(ObReferenceObjectByHandle(ZwCurrentThread(), 0, *PsThreadType, KernelMode, &object, nullptr), STATUS_SUCCESS);
  EXPECT(object == PsGetCurrentThread());
  ObDereferenceObject(object);
  EXPECT_EQ(ObReferenceObjectByHandle(ZwCurrentThread(), 0, *PsProcessType, KernelMode, &object, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(DuplicatesHaveTheirOwnAccess) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS, 0);
  HANDLE copy;
  EXPECT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &copy, SYNCHRONIZE, 0, 0), STATUS_SUCCESS);
  PVOID object;
  OBJECT_HANDLE_INFORMATION information = {};
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(copy, 0, nullptr, UserMode, &object, &information)));
  EXPECT_EQ(information.GrantedAccess, SYNCHRONIZE);
  ObDereferenceObject(object);
  ZwClose(copy);
  EXPECT_EQ(ZwDuplicateObject(ZwCurrentProcess(), event, ZwCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
            STATUS_SUCCESS);
  EXPECT_EQ(ObReferenceObjectByHandle(event, 0, nullptr, KernelMode, &object, nullptr),
            copy == event ? STATUS_SUCCESS : STATUS_INVALID_HANDLE);
  if (copy == event) ObDereferenceObject(object);
  ZwClose(copy);
}

KTEST(ProtectedHandleCannotBeClosed) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS, 0);
  OBJECT_HANDLE_FLAG_INFORMATION flags = {FALSE, TRUE};
  EXPECT_EQ(ObSetHandleAttributes(event, &flags, KernelMode), STATUS_SUCCESS);
  EXPECT_EQ(ObCloseHandle(event, UserMode), STATUS_HANDLE_NOT_CLOSABLE);
  flags.ProtectFromClose = FALSE;
  EXPECT_EQ(ObSetHandleAttributes(event, &flags, KernelMode), STATUS_SUCCESS);
  EXPECT_EQ(ObCloseHandle(event, UserMode), STATUS_SUCCESS);
}

KTEST(ClosingTwiceIsAnError) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS, 0);
  EXPECT_EQ(ZwClose(event), STATUS_SUCCESS);
  EXPECT_EQ(ObCloseHandle(event, UserMode), STATUS_INVALID_HANDLE);
}

KTEST(FreedNumberIsUsedAgain) {
  const HANDLE first = NewEvent(EVENT_ALL_ACCESS, 0);
  ZwClose(first);
  const HANDLE second = NewEvent(EVENT_ALL_ACCESS, 0);
  EXPECT(first == second);
  ZwClose(second);
}

KTEST(ReferenceWithTagIsAReference) {
  const HANDLE event = NewEvent(EVENT_ALL_ACCESS);
  PVOID object;
  EXPECT_EQ(ObReferenceObjectByHandleWithTag(event, 0, *ExEventObjectType, KernelMode, 'tsTK', &object, nullptr), STATUS_SUCCESS);
  ObReferenceObjectWithTag(object, 'tsTK');
  ObDereferenceObjectWithTag(object, 'tsTK');
  ObDereferenceObjectWithTag(object, 'tsTK');
  ZwClose(event);
}
