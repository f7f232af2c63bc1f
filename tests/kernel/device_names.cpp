// Names of devices, links to them, and who may be pointed at: what fails, and how.
#include "device.h"

using namespace ktest;

namespace {

NTSTATUS Create(PCWSTR name, PDEVICE_OBJECT* device, ULONG characteristics = 0, BOOLEAN exclusive = FALSE,
                ULONG type = FILE_DEVICE_UNKNOWN) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return IoCreateDevice(driver, 0, &string, type, characteristics, exclusive, device);
}

NTSTATUS Link(PCWSTR link, PCWSTR target) {
  UNICODE_STRING from, to;
  RtlInitUnicodeString(&from, link);
  RtlInitUnicodeString(&to, target);
  return IoCreateSymbolicLink(&from, &to);
}

NTSTATUS Unlink(PCWSTR link) {
  UNICODE_STRING from;
  RtlInitUnicodeString(&from, link);
  return IoDeleteSymbolicLink(&from);
}

NTSTATUS Point(PCWSTR name, PFILE_OBJECT* file, PDEVICE_OBJECT* device, ACCESS_MASK access = FILE_READ_ATTRIBUTES) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return IoGetDeviceObjectPointer(&string, access, file, device);
}

}  // namespace

KTEST(ABadNameMakesNoDevice) {
  SetDispatch();
  PDEVICE_OBJECT device = nullptr;
  PDEVICE_OBJECT const first = driver->DeviceObject;
  EXPECT_EQ(Create(L"KtNoRoot", &device), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Create(L"\\KtNoSuchDirectory\\Device", &device), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Create(L"\\Device\\Null", &device), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(Create(L"\\Device\\Null\\Below", &device), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Create(L"\\Device\\", &device), STATUS_OBJECT_NAME_INVALID);
  EXPECT_EQ(Create(L"\\Device\\\\Twice", &device), STATUS_OBJECT_NAME_INVALID);
  EXPECT(driver->DeviceObject == first);
}

KTEST(NamesOfDevicesAreCaseInsensitive) {
  Device device(L"\\Device\\KtCase");
  PDEVICE_OBJECT other;
  EXPECT_EQ(Create(L"\\DEVICE\\KTCASE", &other), STATUS_OBJECT_NAME_COLLISION);
}

KTEST(DevicesWithMediaHaveAVolumeParameterBlock) {
  constexpr struct {
    ULONG type;
    bool vpb;
    USHORT sector;
  } cases[] = {{FILE_DEVICE_DISK, true, 0},
               {FILE_DEVICE_CD_ROM, true, 0},
               {FILE_DEVICE_TAPE, true, 0},
               {FILE_DEVICE_VIRTUAL_DISK, true, 0},
               {FILE_DEVICE_DISK_FILE_SYSTEM, false, 512},
               {FILE_DEVICE_CD_ROM_FILE_SYSTEM, false, 2048},
               {FILE_DEVICE_UNKNOWN, false, 0},
               {FILE_DEVICE_KEYBOARD, false, 0}};
  for (const auto& one : cases) {
    PDEVICE_OBJECT device;
    REQUIRE(NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, one.type, 0, FALSE, &device)));
    EXPECT_EQ(device->Vpb != nullptr, one.vpb);
    if (one.sector) EXPECT_EQ(device->SectorSize, one.sector);
    if (one.vpb) {
      EXPECT_EQ(device->Vpb->Type, IO_TYPE_VPB);
      EXPECT_EQ(device->Vpb->Size, sizeof(VPB));
      EXPECT(device->Vpb->RealDevice == device);
      EXPECT(device->Vpb->DeviceObject == nullptr);
      EXPECT(!(device->Vpb->Flags & VPB_MOUNTED));
    }
    IoDeleteDevice(device);
  }
}

KTEST(CharacteristicsAndFlagsAreKept) {
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(Create(L"\\Device\\KtFlags", &device, FILE_DEVICE_SECURE_OPEN | FILE_REMOVABLE_MEDIA, TRUE)));
  EXPECT_EQ(device->Characteristics & (FILE_DEVICE_SECURE_OPEN | FILE_REMOVABLE_MEDIA), FILE_DEVICE_SECURE_OPEN | FILE_REMOVABLE_MEDIA);
  EXPECT(device->Flags & DO_EXCLUSIVE);
  EXPECT(device->Flags & DO_DEVICE_HAS_NAME);
  EXPECT(device->Flags & DO_DEVICE_INITIALIZING);
  EXPECT_EQ(device->StackSize, 1);
  EXPECT_EQ(device->ReferenceCount, 0);
  IoDeleteDevice(device);
}

KTEST(LinksThatCannotBeMade) {
  EXPECT_EQ(Link(L"\\??\\KtLink", L"\\Device\\Null"), STATUS_SUCCESS);
  EXPECT_EQ(Link(L"\\??\\KtLink", L"\\Device\\Zero"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(Link(L"\\DosDevices\\ktlink", L"\\Device\\Zero"), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(Link(L"KtLink", L"\\Device\\Null"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Link(L"\\KtNoSuchDirectory\\KtLink", L"\\Device\\Null"), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Unlink(L"\\??\\KtLink"), STATUS_SUCCESS);
  EXPECT_EQ(Unlink(L"\\??\\KtLink"), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Unlink(L"\\Device\\Null"), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(Unlink(L"KtLink"), STATUS_OBJECT_PATH_SYNTAX_BAD);
  EXPECT_EQ(Link(L"\\??\\KtDangling", L"\\Device\\KtNobody"), STATUS_SUCCESS);  // nobody looks
  PFILE_OBJECT file;
  PDEVICE_OBJECT device;
  EXPECT_EQ(Point(L"\\??\\KtDangling", &file, &device), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Unlink(L"\\??\\KtDangling"), STATUS_SUCCESS);
}

KTEST(UnprotectedLinksAreLinks) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\KtUnprotected"), target = RTL_CONSTANT_STRING(L"\\Device\\Null");
  EXPECT_EQ(IoCreateUnprotectedSymbolicLink(&link, &target), STATUS_SUCCESS);
  EXPECT_EQ(IoCreateUnprotectedSymbolicLink(&link, &target), STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
  EXPECT_EQ(IoAssignArcName(&link, &target), STATUS_SUCCESS);
  EXPECT_EQ(IoDeassignArcName(&link), STATUS_SUCCESS);
}

KTEST(PointersAreToFiles) {
  PFILE_OBJECT file;
  PDEVICE_OBJECT found;
  EXPECT_EQ(Point(L"\\Device\\KtNobody", &file, &found), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(Point(L"\\KtNoSuchDirectory\\X", &file, &found), STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(Point(L"\\Device", &file, &found), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(Point(L"Relative", &file, &found), STATUS_OBJECT_PATH_SYNTAX_BAD);

  Device device(L"\\Device\\KtPointed");
  Device filter;
  filter.state()->lower = nullptr;
  PDEVICE_OBJECT const lower = IoAttachDeviceToDeviceStack(filter.object(), device.object());
  REQUIRE(lower == device.object());
  filter.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT object, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(static_cast<PDEVICE_OBJECT>(StateOf(object)->context), irp);
  };
  filter.on(IRP_MJ_CLEANUP) = filter.on(IRP_MJ_CLOSE) = filter.on(IRP_MJ_CREATE);
  filter.state()->context = lower;

  REQUIRE(NT_SUCCESS(Point(L"\\Device\\KtPointed", &file, &found, FILE_ALL_ACCESS)));
  EXPECT(found == filter.object());  // the top of the stack, whose file it is not
  EXPECT(file->DeviceObject == device.object());
  EXPECT_EQ(device.object()->ReferenceCount, 1);
  EXPECT_EQ(filter.object()->ReferenceCount, 0);
  EXPECT_EQ(device.calls(IRP_MJ_CREATE), 1);
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 1);  // its handle is closed already
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 0);
  EXPECT(IoGetRelatedDeviceObject(file) == filter.object());
  ObDereferenceObject(file);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 1);
  EXPECT_EQ(device.object()->ReferenceCount, 0);
  IoDetachDevice(lower);
}

KTEST(ADriverRefusesAPointer) {
  Device device(L"\\Device\\KtRefuses");
  device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_DEVICE_BUSY); };
  PFILE_OBJECT file = nullptr;
  PDEVICE_OBJECT found = nullptr;
  EXPECT_EQ(Point(L"\\Device\\KtRefuses", &file, &found), STATUS_DEVICE_BUSY);
  EXPECT_EQ(device.object()->ReferenceCount, 0);
  EXPECT_EQ(device.calls(IRP_MJ_CLEANUP), 0);
  EXPECT_EQ(device.calls(IRP_MJ_CLOSE), 0);
}

KTEST(DevicesAreObjectsOfTheirType) {
  Device device(L"\\Device\\KtTyped");
  EXPECT_EQ(ObReferenceObjectByPointer(device.object(), 0, *IoDeviceObjectType, KernelMode), STATUS_SUCCESS);
  ObDereferenceObject(device.object());
  EXPECT_EQ(ObReferenceObjectByPointer(device.object(), 0, *IoFileObjectType, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObReferenceObjectByPointer(driver, 0, *IoDriverObjectType, KernelMode), STATUS_SUCCESS);
  ObDereferenceObject(driver);
}
