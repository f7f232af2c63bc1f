// Handles and references: counts, access, attributes, reuse, the end of objects.
#include <gtest/gtest.h>

#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"
#include "ringlet/machine.h"

extern "C" {
NTSTATUS NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                       BOOLEAN InitialState);
NTSTATUS NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                           ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options);
NTSTATUS ObSetHandleAttributes(HANDLE Handle, PVOID HandleFlags, KPROCESSOR_MODE PreviousMode);
PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle);
}

namespace nt::ob::test {
namespace {

constexpr ACCESS_MASK kAll = 0x1f0003;
HANDLE Pseudo(LONG_PTR value) { return reinterpret_cast<HANDLE>(value); }
LONG_PTR Value(HANDLE handle) { return reinterpret_cast<LONG_PTR>(handle); }

class ObHandle : public testing::Test {
 protected:
  template <class Work>
  void InMachine(Work work) {
    ASSERT_EQ(machine_.Call(work), ringlet::Outcome::Finished);
  }
  static HANDLE NewEvent(ULONG attributes = 0, ACCESS_MASK access = kAll) {
    OBJECT_ATTRIBUTES object{sizeof object, nullptr, nullptr, attributes, nullptr, nullptr};
    HANDLE handle = nullptr;
    EXPECT_EQ(NtCreateEvent(&handle, access, &object, NotificationEvent, FALSE), STATUS_SUCCESS);
    return handle;
  }
  static NTSTATUS Reference(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, PVOID* object, POBJECT_TYPE type = nullptr) {
    return ObReferenceObjectByHandle(handle, access, type, mode, object, nullptr);
  }
  static bool Exists(PVOID object) {
    bool found = false;
    ForEachObject([&](const ObjectReport& report) { found |= report.object == object; });
    return found;
  }

 private:
  ringlet::Machine machine_;
};

TEST_F(ObHandle, AreMultiplesOfFourAndReused) {
  InMachine([] {
    const HANDLE first = NewEvent();
    const HANDLE second = NewEvent();
    EXPECT_EQ(Value(first) % 4, 0);
    EXPECT_EQ(Value(second) % 4, 0);
    EXPECT_NE(first, second);
    EXPECT_EQ(NtClose(first), STATUS_SUCCESS);
    EXPECT_EQ(NtClose(first), STATUS_INVALID_HANDLE);
    EXPECT_EQ(NewEvent(), first);
    NtClose(first);
    NtClose(second);
  });
}

TEST_F(ObHandle, CountsFollowReferencesAndHandles) {
  InMachine([] {
    const HANDLE handle = NewEvent();
    PVOID object = nullptr;
    ASSERT_EQ(Reference(handle, 0, KernelMode, &object), STATUS_SUCCESS);
    EXPECT_EQ(HeaderOf(object)->HandleCount, 1);
    EXPECT_EQ(HeaderOf(object)->PointerCount, 2);
    EXPECT_EQ(ObfReferenceObject(object), 3);
    EXPECT_EQ(ObfDereferenceObject(object), 2);
    NtClose(handle);
    EXPECT_EQ(HeaderOf(object)->HandleCount, 0);
    EXPECT_TRUE(Exists(object));
    EXPECT_EQ(ObfDereferenceObject(object), 0);
    EXPECT_FALSE(Exists(object));
  });
}

TEST_F(ObHandle, InvalidOnesAreRefused) {
  InMachine([] {
    PVOID object = &object;
    for (const LONG_PTR value : {LONG_PTR{0}, LONG_PTR{0x7fff0000}, LONG_PTR{0x7fffffffffff}, LONG_PTR{-100}}) {
      EXPECT_EQ(Reference(Pseudo(value), 0, KernelMode, &object), STATUS_INVALID_HANDLE) << value;
      EXPECT_EQ(object, nullptr);
      EXPECT_EQ(NtClose(Pseudo(value)), STATUS_INVALID_HANDLE) << value;
    }
  });
}

TEST_F(ObHandle, LowBitsBelongToTheCaller) {
  InMachine([] {
    const HANDLE handle = NewEvent();
    PVOID object = nullptr;
    EXPECT_EQ(Reference(Pseudo(Value(handle) | 3), 0, KernelMode, &object), STATUS_SUCCESS);
    ObfDereferenceObject(object);
    NtClose(handle);
  });
}

TEST_F(ObHandle, AccessBindsUserModeOnly) {
  InMachine([] {
    const HANDLE handle = NewEvent(0, SYNCHRONIZE);
    PVOID object = nullptr;
    EXPECT_EQ(Reference(handle, 2, UserMode, &object), STATUS_ACCESS_DENIED);
    EXPECT_EQ(Reference(handle, SYNCHRONIZE, UserMode, &object), STATUS_SUCCESS);
    ObfDereferenceObject(object);
    EXPECT_EQ(Reference(handle, 2, KernelMode, &object), STATUS_SUCCESS);
    ObfDereferenceObject(object);
    NtClose(handle);
  });
}

TEST_F(ObHandle, GenericAccessIsMapped) {
  InMachine([] {
    const HANDLE handle = NewEvent(0, GENERIC_ALL);
    PVOID object = nullptr;
    OBJECT_HANDLE_INFORMATION information{};
    ASSERT_EQ(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, &information), STATUS_SUCCESS);
    EXPECT_EQ(information.GrantedAccess, kAll);
    ObfDereferenceObject(object);
    NtClose(handle);
  });
}

TEST_F(ObHandle, TypeIsChecked) {
  InMachine([] {
    const HANDLE handle = NewEvent();
    PVOID object = nullptr;
    POBJECT_TYPE const process_type = TypeOf(ke::CurrentProcess());
    EXPECT_EQ(Reference(handle, 0, KernelMode, &object, process_type), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(Reference(Pseudo(-1), 0, KernelMode, &object, process_type), STATUS_SUCCESS);
    EXPECT_EQ(object, ke::CurrentProcess());
    ObfDereferenceObject(object);
    EXPECT_EQ(Reference(Pseudo(-2), 0, KernelMode, &object, process_type), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(NtClose(Pseudo(-1)), STATUS_SUCCESS);
    NtClose(handle);
  });
}

TEST_F(ObHandle, KernelHandlesAreTheKernelsAlone) {
  InMachine([] {
    const HANDLE handle = NewEvent(OBJ_KERNEL_HANDLE);
    EXPECT_EQ(Value(handle) & static_cast<LONG_PTR>(0xFFFFFFFF80000000), static_cast<LONG_PTR>(0xFFFFFFFF80000000));
    EXPECT_TRUE(ObIsKernelHandle(handle));
    EXPECT_FALSE(ObIsKernelHandle(Pseudo(-1)));
    PVOID object = nullptr;
    EXPECT_EQ(Reference(handle, 0, UserMode, &object), STATUS_INVALID_HANDLE);
    EXPECT_EQ(Reference(handle, 0, KernelMode, &object), STATUS_SUCCESS);
    ObfDereferenceObject(object);
    EXPECT_EQ(ObCloseHandle(handle, UserMode), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ObCloseHandle(handle, KernelMode), STATUS_SUCCESS);
  });
}

TEST_F(ObHandle, ProtectedOnesStayOpen) {
  InMachine([] {
    const HANDLE handle = NewEvent();
    BOOLEAN flags[2] = {FALSE, TRUE};
    EXPECT_EQ(ObSetHandleAttributes(handle, flags, KernelMode), STATUS_SUCCESS);
    EXPECT_EQ(NtClose(handle), STATUS_HANDLE_NOT_CLOSABLE);
    flags[1] = FALSE;
    EXPECT_EQ(ObSetHandleAttributes(handle, flags, KernelMode), STATUS_SUCCESS);
    EXPECT_EQ(NtClose(handle), STATUS_SUCCESS);
  });
}

TEST_F(ObHandle, DuplicatesShareTheObject) {
  InMachine([] {
    constexpr ULONG kCloseSource = 1, kSameAccess = 2;
    const HANDLE handle = NewEvent(0, SYNCHRONIZE);
    HANDLE copy = nullptr;
    ASSERT_EQ(NtDuplicateObject(Pseudo(-1), handle, Pseudo(-1), &copy, 0, 0, kSameAccess), STATUS_SUCCESS);
    PVOID object = nullptr;
    OBJECT_HANDLE_INFORMATION information{};
    ASSERT_EQ(ObReferenceObjectByHandle(copy, 0, nullptr, KernelMode, &object, &information), STATUS_SUCCESS);
    EXPECT_EQ(information.GrantedAccess, SYNCHRONIZE);
    EXPECT_EQ(HeaderOf(object)->HandleCount, 2);
    EXPECT_EQ(NtDuplicateObject(Pseudo(-1), handle, nullptr, nullptr, 0, 0, kCloseSource), STATUS_SUCCESS);
    EXPECT_EQ(NtClose(handle), STATUS_INVALID_HANDLE);
    EXPECT_EQ(HeaderOf(object)->HandleCount, 1);
    EXPECT_EQ(NtDuplicateObject(Pseudo(-2), copy, Pseudo(-1), &copy, 0, 0, 0), STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(copy);
    ObfDereferenceObject(object);
  });
}

TEST_F(ObHandle, DeletionWaitsForPassiveLevel) {
  InMachine([] {
    const HANDLE handle = NewEvent();
    PVOID object = nullptr;
    ASSERT_EQ(Reference(handle, 0, KernelMode, &object), STATUS_SUCCESS);
    NtClose(handle);
    const KIRQL old = ke::RaiseIrql(DISPATCH_LEVEL);
    ObfDereferenceObject(object);
    EXPECT_TRUE(Exists(object));
    ke::LowerIrql(old);
    EXPECT_FALSE(Exists(object));
  });
}

TEST_F(ObHandle, NamedEventsOfDriversAreFoundAgain) {
  InMachine([] {
    WCHAR text[] = u"\\BaseNamedObjects\\ObHandleTest";
    UNICODE_STRING name{sizeof text - 2, sizeof text, text};
    HANDLE first = nullptr;
    HANDLE second = nullptr;
    PKEVENT const event = IoCreateNotificationEvent(&name, &first);
    ASSERT_NE(event, nullptr);
    EXPECT_TRUE(ObIsKernelHandle(first));
    EXPECT_EQ(KeReadStateEvent(event), 1);
    EXPECT_EQ(IoCreateNotificationEvent(&name, &second), event);
    NtClose(first);
    NtClose(second);
    OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, 0, nullptr, nullptr};
    EXPECT_EQ(NtOpenEvent(&first, SYNCHRONIZE, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(ObHandle, AttributesAreKeptFromCreationToInsertion) {
  InMachine([] {
    WCHAR text[] = u"\\BaseNamedObjects\\ObKept";
    UNICODE_STRING name{sizeof text - 2, sizeof text, text};
    OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr};
    const HANDLE model = NewEvent();
    PVOID body = nullptr;
    ASSERT_EQ(Reference(model, 0, KernelMode, &body), STATUS_SUCCESS);
    PVOID object = nullptr;
    ASSERT_EQ(ObCreateObject(KernelMode, TypeOf(body), &attributes, KernelMode, nullptr, sizeof(KEVENT), 0, 0, &object), STATUS_SUCCESS);
    KeInitializeEvent(static_cast<PKEVENT>(object), NotificationEvent, FALSE);
    for (WCHAR& c : text) c = u'x';  // the caller's buffer is its own again
    HANDLE handle = nullptr;
    ASSERT_EQ(ObInsertObject(object, nullptr, kAll, 0, nullptr, &handle), STATUS_SUCCESS);
    EXPECT_EQ(NameOf(object), u"\\BaseNamedObjects\\ObKept");
    EXPECT_TRUE(ObIsKernelHandle(handle));
    NtClose(handle);
    NtClose(model);
    ObfDereferenceObject(body);
  });
}

TEST_F(ObHandle, BadAttributesAreRefused) {
  InMachine([] {
    HANDLE handle = nullptr;
    OBJECT_ATTRIBUTES attributes{sizeof attributes - 1, nullptr, nullptr, 0, nullptr, nullptr};
    EXPECT_EQ(NtCreateEvent(&handle, kAll, &attributes, NotificationEvent, FALSE), STATUS_INVALID_PARAMETER);
    attributes = {sizeof attributes, nullptr, nullptr, 0x80000000, nullptr, nullptr};
    EXPECT_EQ(NtCreateEvent(&handle, kAll, &attributes, NotificationEvent, FALSE), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(NtCreateEvent(&handle, kAll, nullptr, static_cast<EVENT_TYPE>(2), FALSE), STATUS_INVALID_PARAMETER);
  });
}

}  // namespace
}  // namespace nt::ob::test
