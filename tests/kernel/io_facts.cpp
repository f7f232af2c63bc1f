// What drivers ask of the I/O manager: versions, threads, files, stacks.
#include "device.h"

using namespace ktest;

extern "C" PULONG InitSafeBootMode;

KTEST(VersionsOfTheDriverModel) {
  EXPECT(IoIsWdmVersionAvailable(1, 0x10));
  EXPECT(IoIsWdmVersionAvailable(6, 0));
  EXPECT(!IoIsWdmVersionAvailable(7, 0));
}

KTEST(GenericAccessToFiles) {
  PGENERIC_MAPPING const mapping = IoGetFileObjectGenericMapping();
  REQUIRE(mapping);
  EXPECT_EQ(mapping->GenericRead, FILE_GENERIC_READ);
  EXPECT_EQ(mapping->GenericWrite, FILE_GENERIC_WRITE);
  EXPECT_EQ(mapping->GenericExecute, FILE_GENERIC_EXECUTE);
  EXPECT_EQ(mapping->GenericAll, FILE_ALL_ACCESS);
}

KTEST(StacksHaveLimits) {
  ULONG_PTR low, high;
  IoGetStackLimits(&low, &high);
  const ULONG_PTR here = reinterpret_cast<ULONG_PTR>(&low);
  EXPECT(low < here && here < high);
  EXPECT(IoWithinStackLimits(here, sizeof low));
  EXPECT(!IoWithinStackLimits(high, 1));
  EXPECT(!IoWithinStackLimits(here, high - here + 1));
  EXPECT(reinterpret_cast<ULONG_PTR>(IoGetInitialStack()) <= high && reinterpret_cast<ULONG_PTR>(IoGetInitialStack()) > here);
  EXPECT(IoGetRemainingStackSize() < high - low);
}

KTEST(EventsByName) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KtSynchronization");
  HANDLE handle = nullptr, again = nullptr;
  PKEVENT const event = IoCreateSynchronizationEvent(&name, &handle);
  REQUIRE(event);
  EXPECT_EQ(KeReadStateEvent(event), 1);  // made signaled
  PKEVENT const same = IoCreateSynchronizationEvent(&name, &again);
  EXPECT(same == event);
  EXPECT_EQ(WaitFor(event, 0), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(event, 0), STATUS_TIMEOUT);
  ZwClose(handle);
  ZwClose(again);
}

KTEST(AForwardedRequestIsCaught) {
  Device lower, upper;
  REQUIRE(IoAttachDeviceToDeviceStack(upper.object(), lower.object()) == lower.object());
  upper.state()->context = lower.object();
  upper.on(IRP_MJ_READ) = [](PDEVICE_OBJECT device, PIRP irp) {
    const BOOLEAN sent = IoForwardIrpSynchronously(static_cast<PDEVICE_OBJECT>(StateOf(device)->context), irp);
    EXPECT(sent);
    EXPECT_EQ(irp->IoStatus.Information, 5);
    return Complete(irp, STATUS_DEVICE_BUSY, 0);
  };
  lower.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS, 5); };
  KEVENT done;
  IO_STATUS_BLOCK iosb;
  char byte;
  LARGE_INTEGER zero = {};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP const irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, upper.object(), &byte, 1, &zero, &done, &iosb);
  EXPECT_EQ(IoCallDriver(upper.object(), irp), STATUS_DEVICE_BUSY);
  IoDetachDevice(lower.object());
}

KTEST(ARequestIsSentAndWaitedFor) {
  Device device;
  device.on(IRP_MJ_FLUSH_BUFFERS) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    static WORK_QUEUE_ITEM item;
    IoMarkIrpPending(irp);
    ExInitializeWorkItem(&item, [](PVOID context) { Complete(static_cast<PIRP>(context), STATUS_DATA_ERROR, 7); }, irp);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    return STATUS_PENDING;
  };
  PIRP const irp = IoAllocateIrpEx(device.object(), device.object()->StackSize, FALSE);
  REQUIRE(irp);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  EXPECT_EQ(IoSynchronousCallDriver(device.object(), irp), STATUS_DATA_ERROR);
  EXPECT_EQ(irp->IoStatus.Information, 7);
  IoReuseIrp(irp, STATUS_SUCCESS);  // it is ours again
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SHUTDOWN;
  EXPECT_EQ(IoSynchronousCallDriver(device.object(), irp), STATUS_SUCCESS);
  IoFreeIrp(irp);
}

KTEST(TheBootIsOver) {
  EXPECT_EQ(*InitSafeBootMode, 0);
  BOOTDISK_INFORMATION information = {};
  EXPECT_EQ(IoGetBootDiskInformation(&information, sizeof information), STATUS_TOO_LATE);
}

KTEST(AttachingByPointer) {
  Device lower, upper;
  EXPECT_EQ(IoAttachDeviceByPointer(upper.object(), lower.object()), STATUS_SUCCESS);
  EXPECT_EQ(upper.object()->StackSize, 2);
  EXPECT(lower.object()->AttachedDevice == upper.object());
  PDEVICE_OBJECT below = IoGetLowerDeviceObject(upper.object());
  EXPECT(below == lower.object());
  if (below) ObDereferenceObject(below);
  below = IoGetDeviceAttachmentBaseRef(upper.object());
  EXPECT(below == lower.object());
  ObDereferenceObject(below);
  EXPECT(IoGetLowerDeviceObject(lower.object()) == nullptr);
  IoDetachDevice(lower.object());
}

KTEST(TheRequestAfterTheNextIsStartedLater) {
  Device device;
  static LONG depth, deepest, started;
  depth = deepest = started = 0;
  driver->DriverStartIo = [](PDEVICE_OBJECT object, PIRP irp) {
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    if (++depth > deepest) deepest = depth;
    started++;
    IoStartNextPacket(object, FALSE);
    Complete(irp, STATUS_SUCCESS);
    depth--;
  };
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    IoStartPacket(object, irp, nullptr, nullptr);
    return STATUS_PENDING;
  };
  const auto run = [&](BOOLEAN deferred) {
    IoSetStartIoAttributes(device.object(), deferred, FALSE);
    deepest = started = 0;
    KIRQL irql;
    PIRP irps[4];
    static LONG done;
    done = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    device.object()->DeviceQueue.Busy = TRUE;  // hold them back, so that they wait for each other
    for (PIRP& irp : irps) {
      irp = IoAllocateIrp(1, FALSE);
      IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
      IoSetCompletionRoutine(
          irp,
          [](PDEVICE_OBJECT, PIRP, PVOID) -> NTSTATUS {
            done++;
            return STATUS_MORE_PROCESSING_REQUIRED;
          },
          nullptr, TRUE, TRUE, TRUE);
      IoCallDriver(device.object(), irp);
    }
    IoStartNextPacket(device.object(), FALSE);
    KeLowerIrql(irql);
    EXPECT_EQ(started, 4);
    EXPECT_EQ(done, 4);
    for (PIRP irp : irps) IoFreeIrp(irp);
  };
  run(FALSE);
  EXPECT_EQ(deepest, 4);  // each starts the next from within
  run(TRUE);
  EXPECT_EQ(deepest, 1);
  driver->DriverStartIo = nullptr;
}

namespace {

LONG reinitialized, boot_reinitialized;

/// Runs when DriverEntry has returned, and once more, as it asks for it.
DRIVER_REINITIALIZE Reinitialize;
VOID NTAPI Reinitialize(PDRIVER_OBJECT object, PVOID context, ULONG count) {
  reinitialized++;
  EXPECT(object == driver);
  EXPECT(context == &reinitialized);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT_EQ(count, reinitialized + boot_reinitialized);  // they are counted together
  if (count == 1) IoRegisterDriverReinitialization(object, Reinitialize, context);
  DbgPrint("reinitialized %u\n", count);
}

DRIVER_REINITIALIZE BootReinitialize;
VOID NTAPI BootReinitialize(PDRIVER_OBJECT object, PVOID context, ULONG count) {
  boot_reinitialized++;
  EXPECT(object == driver);
  EXPECT(context == &boot_reinitialized);
  EXPECT_EQ(count, reinitialized + boot_reinitialized);
  DbgPrint("reinitialized as a boot driver\n");
}

}  // namespace

KTEST(DriversAreReinitializedAfterTheirEntry) {
  IoRegisterDriverReinitialization(driver, Reinitialize, &reinitialized);
  IoRegisterBootDriverReinitialization(driver, BootReinitialize, &boot_reinitialized);
  EXPECT_EQ(reinitialized, 0);
  EXPECT_EQ(boot_reinitialized, 0);
}
