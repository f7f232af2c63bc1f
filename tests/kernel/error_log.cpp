// Entries of the error log: a driver tells the system's log what went wrong with its device.
#include "device.h"

using namespace ktest;

KTEST(AnEntryHasRoomForItsPacketAndMore) {
  Device device(L"\\Device\\KtErrorLog");
  const UCHAR size = sizeof(IO_ERROR_LOG_PACKET) + 2 * sizeof(ULONG) + sizeof(L"KtErrorLog");
  PIO_ERROR_LOG_PACKET const packet = static_cast<PIO_ERROR_LOG_PACKET>(IoAllocateErrorLogEntry(device.object(), size));
  REQUIRE(packet != nullptr);
  packet->MajorFunctionCode = IRP_MJ_READ;
  packet->RetryCount = 1;
  packet->DumpDataSize = 3 * sizeof(ULONG);
  packet->NumberOfStrings = 1;
  packet->StringOffset = FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + 3 * sizeof(ULONG);
  packet->ErrorCode = IO_ERR_CONTROLLER_ERROR;
  packet->UniqueErrorValue = 17;
  packet->FinalStatus = STATUS_IO_DEVICE_ERROR;
  packet->DumpData[0] = 1, packet->DumpData[1] = 2, packet->DumpData[2] = 3;
  RtlCopyMemory(reinterpret_cast<PUCHAR>(packet) + packet->StringOffset, L"KtErrorLog", sizeof(L"KtErrorLog"));
  IoWriteErrorLogEntry(packet);
}

KTEST(SizesOfEntriesAreChecked) {
  Device device;
  EXPECT(IoAllocateErrorLogEntry(device.object(), 0) == nullptr);
  EXPECT(IoAllocateErrorLogEntry(device.object(), sizeof(IO_ERROR_LOG_PACKET) - 1) == nullptr);
  EXPECT(IoAllocateErrorLogEntry(device.object(), ERROR_LOG_MAXIMUM_SIZE + 1) == nullptr);
  PVOID const smallest = IoAllocateErrorLogEntry(device.object(), sizeof(IO_ERROR_LOG_PACKET));
  PVOID const largest = IoAllocateErrorLogEntry(driver, ERROR_LOG_MAXIMUM_SIZE);
  EXPECT(smallest != nullptr && largest != nullptr);
  if (smallest) IoFreeErrorLogEntry(smallest);
  if (largest) IoFreeErrorLogEntry(largest);
}

KTEST(AnEntryIsAllocatedAndWrittenAtDispatchLevel) {
  Device device;
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  PIO_ERROR_LOG_PACKET const packet = static_cast<PIO_ERROR_LOG_PACKET>(IoAllocateErrorLogEntry(device.object(), sizeof *packet));
  EXPECT(packet != nullptr);
  if (packet) {
    RtlZeroMemory(packet, sizeof *packet);
    packet->ErrorCode = IO_ERR_TIMEOUT;
    IoWriteErrorLogEntry(packet);
  }
  KeLowerIrql(irql);
}

KTEST(AnEntryKeepsItsDevice) {
  Device device;
  const auto count = device.object()->ReferenceCount;
  PVOID const entry = IoAllocateErrorLogEntry(device.object(), sizeof(IO_ERROR_LOG_PACKET));
  REQUIRE(entry != nullptr);
  EXPECT_EQ(device.object()->ReferenceCount, count);  // the object is referenced, the device is not in use
  PDEVICE_OBJECT const object = device.object();
  ObReferenceObject(object);
  device.Delete();
  IoFreeErrorLogEntry(entry);
  ObDereferenceObject(object);
}

KTEST(OnlyDevicesAndDriversHaveEntries) {
  KEVENT no_object;
  KeInitializeEvent(&no_object, NotificationEvent, FALSE);
  EXPECT(IoAllocateErrorLogEntry(&no_object, sizeof(IO_ERROR_LOG_PACKET)) == nullptr);
}
