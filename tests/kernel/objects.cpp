// Objects: references, types, permanent and temporary objects, directories and links as objects.
#include "device.h"

// Exported, declared by no header.
extern "C" NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID object);
extern "C" NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes, PACCESS_STATE access_state,
                                                              ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context,
                                                              PVOID* object);

using namespace ktest;

namespace {
OBJECT_ATTRIBUTES Named(PUNICODE_STRING name, PCWSTR text, ULONG attributes = 0, HANDLE root = nullptr) {
  RtlInitUnicodeString(name, text);
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, name, OBJ_KERNEL_HANDLE | attributes, root, nullptr);
  return object;
}

NTSTATUS CreateEvent(PHANDLE event, PCWSTR text, ULONG attributes = 0, HANDLE root = nullptr) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object = Named(&name, text, attributes, root);
  return ZwCreateEvent(event, EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE);
}

NTSTATUS OpenEvent(PHANDLE event, PCWSTR text, ULONG attributes = 0, HANDLE root = nullptr) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES object = Named(&name, text, attributes, root);
  return ZwOpenEvent(event, EVENT_ALL_ACCESS, &object);
}
}  // namespace

KTEST(ReferencesAreCounted) {
  HANDLE handle;
  REQUIRE(NT_SUCCESS(CreateEvent(&handle, nullptr)));
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &object, nullptr)));
  const LONG_PTR count = ObfReferenceObject(object);
  EXPECT_EQ(ObfReferenceObject(object), count + 1);
  EXPECT_EQ(ObfDereferenceObject(object), count);
  EXPECT_EQ(ObfDereferenceObject(object), count - 1);
  EXPECT_EQ(ObReferenceObjectByPointer(object, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode), STATUS_SUCCESS);
  EXPECT_EQ(ObReferenceObjectByPointer(object, EVENT_MODIFY_STATE, *IoFileObjectType, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT(ObGetObjectType(object) == *ExEventObjectType);
  ObDereferenceObject(object);
  ZwClose(handle);
  EXPECT_EQ(KeReadStateEvent(static_cast<PKEVENT>(object)), 0);  // the pointer keeps it
  ObDereferenceObjectDeferDelete(object);
}

KTEST(DereferenceAtDispatchLevel) {
  Device device;
  PDEVICE_OBJECT const object = device.object();
  ObReferenceObject(object);
  device.Delete();
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  ObDereferenceObject(object);
  KeLowerIrql(irql);
}

KTEST(TemporaryNameGoesWithTheLastHandle) {
  HANDLE first, second;
  REQUIRE(NT_SUCCESS(CreateEvent(&first, L"\\BaseNamedObjects\\KtTemporary")));
  EXPECT_EQ(CreateEvent(&second, L"\\BaseNamedObjects\\KtTemporary"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(CreateEvent(&second, L"\\BaseNamedObjects\\KtTemporary", OBJ_OPENIF), STATUS_OBJECT_NAME_EXISTS);
  ZwClose(first);
  EXPECT_EQ(OpenEvent(&first, L"\\BaseNamedObjects\\KtTemporary"), STATUS_SUCCESS);
  ZwClose(first);
  ZwClose(second);
  EXPECT_EQ(OpenEvent(&first, L"\\BaseNamedObjects\\KtTemporary"), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(PermanentObjectStaysUntilMadeTemporary) {
  HANDLE handle;
  REQUIRE(NT_SUCCESS(CreateEvent(&handle, L"\\BaseNamedObjects\\KtPermanent", OBJ_PERMANENT)));
  ZwClose(handle);
  REQUIRE(NT_SUCCESS(OpenEvent(&handle, L"\\BaseNamedObjects\\KtPermanent")));
  EXPECT_EQ(ZwMakeTemporaryObject(handle), STATUS_SUCCESS);
  ZwClose(handle);
  EXPECT_EQ(OpenEvent(&handle, L"\\BaseNamedObjects\\KtPermanent"), STATUS_OBJECT_NAME_NOT_FOUND);
  // The same through a pointer.
  REQUIRE(NT_SUCCESS(CreateEvent(&handle, L"\\BaseNamedObjects\\KtPermanent", OBJ_PERMANENT)));
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, nullptr)));
  ZwClose(handle);
  ObMakeTemporaryObject(object);
  EXPECT_EQ(OpenEvent(&handle, L"\\BaseNamedObjects\\KtPermanent"), STATUS_OBJECT_NAME_NOT_FOUND);
  ObDereferenceObject(object);
}

KTEST(OpeningChecksTheType) {
  HANDLE event, other;
  REQUIRE(NT_SUCCESS(CreateEvent(&event, L"\\BaseNamedObjects\\KtType")));
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes = Named(&name, L"\\BaseNamedObjects\\KtType");
  EXPECT_EQ(ZwOpenDirectoryObject(&other, DIRECTORY_QUERY, &attributes), STATUS_OBJECT_TYPE_MISMATCH);
  PVOID object;
  EXPECT_EQ(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, nullptr, 0, *IoDriverObjectType, KernelMode, nullptr, &object),
            STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, nullptr, 0, *ExEventObjectType, KernelMode, nullptr, &object),
            STATUS_SUCCESS);
  ObDereferenceObject(object);
  ZwClose(event);
}

KTEST(OpenByPointerMakesAHandle) {
  HANDLE event, second;
  REQUIRE(NT_SUCCESS(CreateEvent(&event, nullptr)));
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(event, 0, nullptr, KernelMode, &object, nullptr)));
  EXPECT_EQ(ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, nullptr, SYNCHRONIZE, *IoFileObjectType, KernelMode, &second),
            STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, nullptr, SYNCHRONIZE, *ExEventObjectType, KernelMode, &second),
            STATUS_SUCCESS);
  EXPECT(ObIsKernelHandle(second));
  ZwClose(second);
  ObDereferenceObject(object);
  ZwClose(event);
}

KTEST(DriverIsAnObject) {
  char buffer[256];
  auto* const name = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
  ULONG length = 0;
  EXPECT_EQ(ObQueryNameString(driver, name, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT(RtlEqualUnicodeString(&name->Name, &driver->DriverName, TRUE));
  EXPECT_EQ(ObQueryNameString(driver, name, sizeof(UNICODE_STRING), &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(length, sizeof(OBJECT_NAME_INFORMATION) + driver->DriverName.Length + sizeof(WCHAR));
  PVOID object;
  REQUIRE(NT_SUCCESS(
      ObReferenceObjectByName(&driver->DriverName, OBJ_CASE_INSENSITIVE, nullptr, 0, *IoDriverObjectType, KernelMode, nullptr, &object)));
  EXPECT(object == driver);
  ObDereferenceObject(object);
}

KTEST(UnnamedObjectHasAnEmptyName) {
  Device device;
  char buffer[64];
  auto* const name = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
  ULONG length;
  EXPECT_EQ(ObQueryNameString(device.object(), name, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(name->Name.Length, 0);
  EXPECT(name->Name.Buffer == nullptr);
}
