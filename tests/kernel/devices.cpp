// Device objects: creation, names, defaults, exclusive opens, deletion; file objects and the order of their requests.
#include "device.h"

extern "C" NTSTATUS NTAPI IoReplaceFileObjectName(PFILE_OBJECT, PWSTR, USHORT);

using namespace ktest;

namespace {
UNICODE_STRING Text(PCWSTR text) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, text);
  return string;
}
}  // namespace

KTEST(DriverObjectHasDefaults) {
  EXPECT_EQ(driver->Type, IO_TYPE_DRIVER);
  EXPECT_EQ(driver->Size, sizeof(DRIVER_OBJECT));
  EXPECT(driver->DriverExtension->DriverObject == driver);
  EXPECT(driver->DriverStart != nullptr && driver->DriverSize != 0);
  EXPECT(driver->DeviceObject == nullptr);
  EXPECT(driver->DriverStartIo == nullptr);
  EXPECT(driver->FastIoDispatch == nullptr);
  for (PDRIVER_DISPATCH function : driver->MajorFunction) EXPECT(function == driver->MajorFunction[0] && function != nullptr);
}

KTEST(DefaultDispatchRefuses) {
  PDEVICE_OBJECT device;
  UNICODE_STRING name = Text(L"\\Device\\KtDefault");
  REQUIRE(NT_SUCCESS(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device)));
  device->Flags &= ~DO_DEVICE_INITIALIZING;
  File file(L"\\Device\\KtDefault");
  EXPECT_EQ(file.status(), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(device->ReferenceCount, 0);
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP irp = IoBuildDeviceIoControlRequest(0x222000, device, nullptr, 0, nullptr, 0, FALSE, &done, &iosb);
  EXPECT_EQ(IoCallDriver(device, irp), STATUS_INVALID_DEVICE_REQUEST);
  IoDeleteDevice(device);
}

KTEST(CreatedDeviceHasDefaults) {
  PDEVICE_OBJECT device;
  UNICODE_STRING name = Text(L"\\Device\\KtFields");
  REQUIRE(NT_SUCCESS(IoCreateDevice(driver, 24, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device)));
  EXPECT_EQ(device->Type, IO_TYPE_DEVICE);
  EXPECT_EQ(device->Size, sizeof(DEVICE_OBJECT) + 24);
  EXPECT_EQ(device->ReferenceCount, 0);
  EXPECT(device->DriverObject == driver);
  EXPECT(driver->DeviceObject == device);
  EXPECT(device->NextDevice == nullptr);
  EXPECT(device->AttachedDevice == nullptr);
  EXPECT(device->CurrentIrp == nullptr);
  EXPECT(device->Timer == nullptr);
  EXPECT(device->Vpb == nullptr);
  EXPECT_EQ(device->Flags, DO_DEVICE_INITIALIZING | DO_DEVICE_HAS_NAME);
  EXPECT_EQ(device->Characteristics, FILE_DEVICE_SECURE_OPEN);
  EXPECT_EQ(device->DeviceType, FILE_DEVICE_UNKNOWN);
  EXPECT_EQ(device->StackSize, 1);
  EXPECT_EQ(device->AlignmentRequirement, 0);
  EXPECT_EQ(device->DeviceQueue.Type, 0x14);  // DeviceQueueObject
  EXPECT_EQ(device->DeviceQueue.Busy, FALSE);
  EXPECT(device->DeviceExtension == device + 1);
  for (int i = 0; i < 24; i++) EXPECT_EQ(static_cast<UCHAR*>(device->DeviceExtension)[i], 0);
  IoDeleteDevice(device);
  EXPECT(driver->DeviceObject == nullptr);
}

KTEST(NoExtensionMeansNull) {
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_DISK, 0, TRUE, &device)));
  EXPECT(device->DeviceExtension == nullptr);
  EXPECT_EQ(device->Flags, DO_DEVICE_INITIALIZING | DO_EXCLUSIVE);
  EXPECT(device->Vpb != nullptr);
  if (device->Vpb) EXPECT(device->Vpb->RealDevice == device);
  IoDeleteDevice(device);
}

KTEST(LastCreatedIsFirstInTheList) {
  Device first, second, third;
  EXPECT(driver->DeviceObject == third.object());
  EXPECT(third.object()->NextDevice == second.object());
  EXPECT(second.object()->NextDevice == first.object());
  EXPECT(first.object()->NextDevice == nullptr);
  second.Delete();
  EXPECT(third.object()->NextDevice == first.object());
  PDEVICE_OBJECT list[2];
  ULONG count = 0;
  EXPECT_EQ(IoEnumerateDeviceObjectList(driver, list, sizeof(PDEVICE_OBJECT), &count), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(count, 2);
  EXPECT(list[0] == third.object());  // as many as there is room for
  ObDereferenceObject(list[0]);
  EXPECT_EQ(IoEnumerateDeviceObjectList(driver, list, sizeof list, &count), STATUS_SUCCESS);
  EXPECT(list[0] == third.object() && list[1] == first.object());
  ObDereferenceObject(list[0]);
  ObDereferenceObject(list[1]);
}

KTEST(NamesCollide) {
  Device device(L"\\Device\\KtName");
  PDEVICE_OBJECT other = reinterpret_cast<PDEVICE_OBJECT>(1);
  UNICODE_STRING name = Text(L"\\Device\\KtName");
  EXPECT_EQ(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_OBJECT_NAME_COLLISION);
  EXPECT(other == nullptr);
  name = Text(L"\\DEVICE\\ktname");
  EXPECT_EQ(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_OBJECT_NAME_COLLISION);
  name = Text(L"\\KtNowhere\\Name");
  EXPECT_EQ(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_OBJECT_PATH_NOT_FOUND);
  name = Text(L"KtName");
  EXPECT_EQ(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT(driver->DeviceObject == device.object());
  device.Delete();
  name = Text(L"\\Device\\KtName");
  EXPECT_EQ(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_SUCCESS);
  IoDeleteDevice(other);
}

KTEST(NamesCanBeGenerated) {
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &device)));
  EXPECT((device->Flags & DO_DEVICE_HAS_NAME) != 0);
  char buffer[128];
  auto* const name = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer);
  ULONG length;
  EXPECT_EQ(ObQueryNameString(device, name, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT_EQ(name->Name.Length, sizeof(L"\\Device\\00000001") - 2);
  IoDeleteDevice(device);
}

KTEST(OpenSendsCreateCleanupClose) {
  Device device(L"\\Device\\KtOpen");
  device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT object, PIRP irp) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    StateOf(object)->context = stack->FileObject;
    EXPECT(stack->FileObject->DeviceObject == object);
    EXPECT_EQ(stack->Parameters.Create.Options >> 24, FILE_OPEN);
    EXPECT_EQ(stack->Parameters.Create.ShareAccess, FILE_SHARE_READ | FILE_SHARE_WRITE);
    EXPECT_EQ(irp->RequestorMode, KernelMode);
    EXPECT_EQ(stack->FileObject->FileName.Length, 0);
    return Complete(irp, STATUS_SUCCESS, FILE_OPENED);
  };
  {
    File file(L"\\Device\\KtOpen");
    EXPECT_EQ(file.status(), STATUS_SUCCESS);
    EXPECT_EQ(file.iosb().Information, FILE_OPENED);
    EXPECT_EQ(device.object()->ReferenceCount, 1);
    PFILE_OBJECT object;
    REQUIRE(
        NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, reinterpret_cast<PVOID*>(&object), nullptr)));
    EXPECT(object == device.state()->context);
    EXPECT(object->ReadAccess && object->WriteAccess && !object->DeleteAccess);
    EXPECT((object->Flags & FO_SYNCHRONOUS_IO) != 0);
    file.Close();
    EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 1);
    EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 0);
    ObDereferenceObject(object);
    EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 1);
    EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 1);
  }
  EXPECT_EQ(device.object()->ReferenceCount, 0);
}

KTEST(CleanupComesAtTheLastHandle) {
  Device device(L"\\Device\\KtDup");
  File file(L"\\Device\\KtDup");
  REQUIRE(NT_SUCCESS(file.status()));
  HANDLE second;
  REQUIRE(NT_SUCCESS(ZwDuplicateObject(NtCurrentProcess(), file.handle(), NtCurrentProcess(), &second, 0, 0, DUPLICATE_SAME_ACCESS)));
  file.Close();
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 0);
  EXPECT_EQ(ZwClose(second), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 1);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 1);
}

KTEST(RestOfTheNameIsTheFileName) {
  Device device(L"\\Device\\KtNamed");
  device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\Sub\\File.txt");
    EXPECT(RtlEqualUnicodeString(&IoGetCurrentIrpStackLocation(irp)->FileObject->FileName, &expected, FALSE));
    return Complete(irp, STATUS_SUCCESS);
  };
  File file(L"\\device\\KTNAMED\\Sub\\File.txt");
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
}

KTEST(RefusedCreateIsNotClosed) {
  Device device(L"\\Device\\KtRefuse");
  device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SHARING_VIOLATION); };
  File file(L"\\Device\\KtRefuse");
  EXPECT_EQ(file.status(), STATUS_SHARING_VIOLATION);
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 0);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 0);
  EXPECT_EQ(device.object()->ReferenceCount, 0);
}

KTEST(ExclusiveDeviceOpensOnce) {
  Device device(L"\\Device\\KtExclusive", 0, TRUE);
  File first(L"\\Device\\KtExclusive");
  EXPECT_EQ(first.status(), STATUS_SUCCESS);
  File second(L"\\Device\\KtExclusive");
  EXPECT_EQ(second.status(), STATUS_ACCESS_DENIED);
  first.Close();
  File third(L"\\Device\\KtExclusive");
  EXPECT_EQ(third.status(), STATUS_SUCCESS);
}

KTEST(InitializingDeviceCannotBeOpened) {
  Device device(L"\\Device\\KtEarly", DO_DEVICE_INITIALIZING);
  device.object()->Flags |= DO_DEVICE_INITIALIZING;
  File file(L"\\Device\\KtEarly");
  EXPECT_EQ(file.status(), STATUS_NO_SUCH_DEVICE);
}

KTEST(DeviceDiesWithItsLastFile) {
  Device device(L"\\Device\\KtOrphan");
  PDEVICE_OBJECT const object = device.object();
  File file(L"\\Device\\KtOrphan");
  REQUIRE(NT_SUCCESS(file.status()));
  ObReferenceObject(object);
  device.Delete();
  EXPECT(driver->DeviceObject == nullptr);
  File late(L"\\Device\\KtOrphan");
  EXPECT_EQ(late.status(), STATUS_OBJECT_NAME_NOT_FOUND);
  file.Close();
  EXPECT_EQ(StateOf(object)->calls[IRP_MJ_CLOSE], 1);
  EXPECT_EQ(object->ReferenceCount, 0);
  ObDereferenceObject(object);
}

KTEST(SymbolicLinksLeadToDevices) {
  Device device(L"\\Device\\KtTarget");
  UNICODE_STRING link = Text(L"\\DosDevices\\KtLink"), target = Text(L"\\Device\\KtTarget");
  EXPECT_EQ(IoCreateSymbolicLink(&link, &target), STATUS_SUCCESS);
  EXPECT_EQ(IoCreateSymbolicLink(&link, &target), STATUS_OBJECT_NAME_COLLISION);
  File global(L"\\??\\KtLink");
  EXPECT_EQ(global.status(), STATUS_SUCCESS);
  File both(L"\\GLOBAL??\\ktlink");
  EXPECT_EQ(both.status(), STATUS_SUCCESS);
  EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
  EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_OBJECT_NAME_NOT_FOUND);
  File gone(L"\\??\\KtLink");
  EXPECT_EQ(gone.status(), STATUS_OBJECT_NAME_NOT_FOUND);
  UNICODE_STRING bad = Text(L"\\KtNoSuchDirectory\\Link");
  EXPECT_EQ(IoCreateSymbolicLink(&bad, &target), STATUS_OBJECT_PATH_NOT_FOUND);
  // A link may lead nowhere.
  target = Text(L"\\Device\\KtNowhere");
  EXPECT_EQ(IoCreateUnprotectedSymbolicLink(&link, &target), STATUS_SUCCESS);
  File nowhere(L"\\??\\KtLink");
  EXPECT_EQ(nowhere.status(), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
}

KTEST(DevicePointerKeepsTheFileOpen) {
  Device device(L"\\Device\\KtPointer");
  UNICODE_STRING name = Text(L"\\Device\\KtPointer");
  PFILE_OBJECT file;
  PDEVICE_OBJECT found;
  REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found)));
  EXPECT(found == device.object());
  EXPECT(IoGetRelatedDeviceObject(file) == found);
  EXPECT_EQ(device.calls(IRP_MJ_CREATE), 1);
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 1);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 0);
  ObDereferenceObject(file);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 1);
  name = Text(L"\\Device\\KtMissing");
  EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found), STATUS_OBJECT_NAME_NOT_FOUND);
  name = Text(L"\\Device");
  EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(ShutdownNotificationGoesWithTheDevice) {
  Device device;
  EXPECT_EQ(IoRegisterShutdownNotification(device.object()), STATUS_SUCCESS);
  EXPECT((device.object()->Flags & DO_SHUTDOWN_REGISTERED) != 0);
  IoUnregisterShutdownNotification(device.object());
  EXPECT((device.object()->Flags & DO_SHUTDOWN_REGISTERED) == 0);
  EXPECT_EQ(IoRegisterShutdownNotification(device.object()), STATUS_SUCCESS);
  EXPECT_EQ(IoRegisterLastChanceShutdownNotification(device.object()), STATUS_SUCCESS);
  device.Delete();
}

KTEST(DriverExtensionsAreFoundByTheirId) {
  static int id, other;
  PVOID extension = nullptr;
  EXPECT(IoGetDriverObjectExtension(driver, &id) == nullptr);
  REQUIRE(NT_SUCCESS(IoAllocateDriverObjectExtension(driver, &id, 40, &extension)));
  EXPECT(IoGetDriverObjectExtension(driver, &id) == extension);
  EXPECT(IoGetDriverObjectExtension(driver, &other) == nullptr);
  PVOID second;
  EXPECT_EQ(IoAllocateDriverObjectExtension(driver, &id, 40, &second), STATUS_OBJECT_NAME_COLLISION);
}

KTEST(ADriverMaySendTheOpenerElsewhere) {
  Device first(L"\\Device\\KtFirst"), second(L"\\Device\\KtSecond");
  first.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    constexpr WCHAR kName[] = L"\\Device\\KtSecond\\there";
    constexpr USHORT kBytes = sizeof kName - sizeof(WCHAR);
    UNICODE_STRING& name = IoGetCurrentIrpStackLocation(irp)->FileObject->FileName;
    if (name.Buffer) ExFreePool(name.Buffer);
    name.Buffer = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, kBytes, 'eNoI'));
    name.Length = name.MaximumLength = kBytes;
    RtlCopyMemory(name.Buffer, kName, kBytes);
    return Complete(irp, STATUS_REPARSE, IO_REPARSE);
  };
  second.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->FileObject->FileName.Length, 12);
    return Complete(irp, STATUS_SUCCESS, FILE_OPENED);
  };
  File file(L"\\Device\\KtFirst\\here");
  EXPECT_EQ(file.status(), STATUS_SUCCESS);
  EXPECT_EQ(file.iosb().Information, FILE_OPENED);
  EXPECT_EQ(second.calls(IRP_MJ_CREATE), 1);
  EXPECT_EQ(first.calls(IRP_MJ_CLEANUP), 0);
  EXPECT_EQ(first.calls(IRP_MJ_CLOSE), 0);
  file.Close();
  EXPECT_EQ(second.calls(IRP_MJ_CLOSE), 1);
  // Who is sent in a circle is told so in the end.
  second.on(IRP_MJ_CREATE) = nullptr;
  first.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    PCWSTR const name = L"\\Device\\KtFirst\\x";
    EXPECT_EQ(IoReplaceFileObjectName(IoGetCurrentIrpStackLocation(irp)->FileObject, const_cast<PWSTR>(name), 34), STATUS_SUCCESS);
    return Complete(irp, STATUS_REPARSE, IO_REPARSE);
  };
  EXPECT(!NT_SUCCESS(File(L"\\Device\\KtFirst\\x").status()));
}
