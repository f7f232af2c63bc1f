// What the hardware layer tells of the PCI bus, and a few variables and names that drivers ask for.
#include "ktest.h"

using namespace ktest;

extern "C" NTSYSAPI BOOLEAN NTAPI ExEnumHandleTable(PVOID table, PVOID routine, PVOID parameter, PHANDLE handle);
extern "C" NTSYSAPI NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID device, PUNICODE_STRING name);
extern "C" NTSYSAPI NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT file, PLARGE_INTEGER size);
// Obsolete: the headers have them no more, drivers import them still.
extern "C" NTSYSAPI ULONG NTAPI HalGetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length);
extern "C" NTSYSAPI ULONG NTAPI HalSetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length);
extern "C" NTSYSAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE type, ULONG bus, ULONG level, ULONG vector, PKIRQL irql,
                                                      PKAFFINITY affinity);

namespace {

constexpr ULONG kEmptySlot = 3;

}  // namespace

KTEST(TheBusHasAHostBridgeAndNothingElse) {
  PCI_COMMON_CONFIG config;
  EXPECT_EQ(HalGetBusData(PCIConfiguration, 0, 0, &config, sizeof config), sizeof config);
  EXPECT(config.VendorID != PCI_INVALID_VENDORID);
  EXPECT_EQ(config.BaseClass, 6);
  EXPECT_EQ(config.SubClass, 0);
  EXPECT_EQ(config.HeaderType, 0);
  EXPECT_EQ(config.u.type0.BaseAddresses[0], 0);
  USHORT vendor = 0, device = 0;
  EXPECT_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &device, 2, 2), 2);
  EXPECT_EQ(device, config.DeviceID);
  // An empty slot answers with a vendor that is none, and no more; a bus that is not there with nothing.
  EXPECT_EQ(HalGetBusData(PCIConfiguration, 0, kEmptySlot, &config, sizeof config), 2);
  EXPECT_EQ(config.VendorID, PCI_INVALID_VENDORID);
  EXPECT_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, kEmptySlot, &vendor, 8, 2), 0);
  EXPECT_EQ(HalGetBusData(PCIConfiguration, 1, 0, &config, sizeof config), 0);
  EXPECT_EQ(HalGetBusData(EisaConfiguration, 0, 0, &config, sizeof config), 0);
  EXPECT_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &vendor, 255, 2), 1);
  EXPECT_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &vendor, 256, 2), 0);
}

KTEST(OfTheConfigurationSpaceSomeCanBeWritten) {
  USHORT command = 0xffff, read = 0, id = 0x1234;
  EXPECT_EQ(HalSetBusDataByOffset(PCIConfiguration, 0, 0, &command, 4, 2), 2);
  EXPECT_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &read, 4, 2), 2);
  EXPECT_EQ(read, 0x547);
  EXPECT_EQ(HalSetBusDataByOffset(PCIConfiguration, 0, 0, &id, 0, 2), 2);
  EXPECT_EQ(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &read, 0, 2), 2);
  EXPECT(read != id);
  EXPECT_EQ(HalSetBusDataByOffset(PCIConfiguration, 0, kEmptySlot, &id, 0, 2), 0);
  command = 6;
  HalSetBusDataByOffset(PCIConfiguration, 0, 0, &command, 4, 2);
}

KTEST(BusAddressesAreTheProcessors) {
  PHYSICAL_ADDRESS address, translated = {};
  address.QuadPart = 0xfee00000;
  ULONG space = 0;
  EXPECT(HalTranslateBusAddress(PCIBus, 0, address, &space, &translated));
  EXPECT_EQ(translated.QuadPart, address.QuadPart);
  EXPECT_EQ(space, 0);
  space = 1;
  address.QuadPart = 0x3f8;
  EXPECT(HalTranslateBusAddress(Isa, 0, address, &space, &translated));
  EXPECT_EQ(space, 1);
  EXPECT(!HalTranslateBusAddress(PCIBus, 7, address, &space, &translated));
  KIRQL irql = 0, other_irql = 0;
  KAFFINITY affinity = 0;
  const ULONG vector = HalGetInterruptVector(Isa, 0, 4, 4, &irql, &affinity);
  const ULONG other = HalGetInterruptVector(Isa, 0, 15, 15, &other_irql, &affinity);
  EXPECT(vector && other && vector != other);
  EXPECT(irql > DISPATCH_LEVEL && irql < CLOCK_LEVEL && other_irql >= irql);
  EXPECT_EQ(affinity, KeQueryActiveProcessors());
  EXPECT_EQ(HalGetInterruptVector(PCIBus, 9, 4, 4, &irql, &affinity), 0);
}

KTEST(TheNumberOfProcessorsIsAVariable) { EXPECT_EQ(KeNumberProcessors, KeQueryActiveProcessorCount(nullptr)); }

namespace {

struct Seen {
  HANDLE wanted;
  ULONG count;
  bool found;
};

BOOLEAN NTAPI Visit(PVOID, PVOID, HANDLE handle, PVOID context) {
  auto* const seen = static_cast<Seen*>(context);
  ++seen->count;
  seen->found |= handle == seen->wanted;
  return handle == seen->wanted;
}

struct Opened {
  HANDLE handle = nullptr;
  PFILE_OBJECT file = nullptr;
  explicit Opened(PCWSTR path, ULONG options = FILE_SYNCHRONOUS_IO_NONALERT) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, path);
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    IO_STATUS_BLOCK io;
    PVOID referenced = nullptr;
    ZwCreateFile(&handle, GENERIC_WRITE | SYNCHRONIZE, &object, &io, nullptr, 0, 7, FILE_OPEN_IF, options, nullptr, 0);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &referenced, nullptr);
    file = static_cast<PFILE_OBJECT>(referenced);
  }
  ~Opened() {
    ObDereferenceObject(file);
    ZwClose(handle);
  }
};

}  // namespace

KTEST(HandlesAreEnumeratedUntilTheRoutineIsContent) {
  Opened first(L"\\??\\C:\\bus-first.txt");
  Opened last(L"\\??\\C:\\Windows", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  constexpr ULONG kObjectTable = 0x570;  // of EPROCESS in build 22000
  PVOID table = *reinterpret_cast<PVOID*>(reinterpret_cast<PUCHAR>(PsGetCurrentProcess()) + kObjectTable);
  Seen seen = {first.handle};
  HANDLE stopped = nullptr;
  EXPECT(ExEnumHandleTable(table, reinterpret_cast<PVOID>(Visit), &seen, &stopped));
  EXPECT(stopped == first.handle && seen.found);
  seen = {reinterpret_cast<HANDLE>(2)};
  EXPECT(!ExEnumHandleTable(table, reinterpret_cast<PVOID>(Visit), &seen, nullptr));
  EXPECT(seen.count >= 2 && !seen.found);
}

KTEST(FilesHaveNamesByDriveLetterAndSizes) {
  Opened file(L"\\??\\C:\\Bus-Name.txt");
  IO_STATUS_BLOCK io;
  LARGE_INTEGER zero = {}, size = {};
  ZwWriteFile(file.handle, nullptr, nullptr, nullptr, &io, const_cast<char*>("12345"), 5, &zero, nullptr);
  EXPECT_EQ(FsRtlGetFileSize(file.file, &size), STATUS_SUCCESS);
  EXPECT_EQ(size.QuadPart, 5);
  POBJECT_NAME_INFORMATION name = nullptr;
  EXPECT_EQ(IoQueryFileDosDeviceName(file.file, &name), STATUS_SUCCESS);
  REQUIRE(name);
  UNICODE_STRING expected = RTL_CONSTANT_STRING(L"C:\\Bus-Name.txt");
  EXPECT(RtlEqualUnicodeString(&name->Name, &expected, FALSE));
  ExFreePool(name);
  UNICODE_STRING letter, c = RTL_CONSTANT_STRING(L"C:");
  EXPECT_EQ(IoVolumeDeviceToDosName(file.file->DeviceObject, &letter), STATUS_SUCCESS);
  EXPECT(RtlEqualUnicodeString(&letter, &c, FALSE));
  ExFreePool(letter.Buffer);
  Opened folder(L"\\??\\C:\\Windows", FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE);
  EXPECT_EQ(FsRtlGetFileSize(folder.file, &size), STATUS_FILE_IS_A_DIRECTORY);
  PDEVICE_OBJECT device = nullptr;
  IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  EXPECT_EQ(IoVolumeDeviceToDosName(device, &letter), STATUS_INVALID_DEVICE_REQUEST);
  IoDeleteDevice(device);
}

KTEST(ConfigurationIsWrittenWhereItMayBe) {
  PCI_COMMON_CONFIG before, wanted, after;
  REQUIRE(HalGetBusData(PCIConfiguration, 0, 0, &before, sizeof before) == sizeof before);
  wanted = before;
  wanted.VendorID = 0x1234;
  wanted.u.type0.InterruptLine = 0x5a;
  EXPECT_EQ(HalSetBusData(PCIConfiguration, 0, 0, &wanted, sizeof wanted), sizeof wanted);
  EXPECT_EQ(HalGetBusData(PCIConfiguration, 0, 0, &after, sizeof after), sizeof after);
  EXPECT_EQ(after.VendorID, before.VendorID);
  EXPECT_EQ(after.u.type0.InterruptLine, 0x5a);
  EXPECT_EQ(HalSetBusData(PCIConfiguration, 0, kEmptySlot, &wanted, sizeof wanted), 0);
  HalSetBusData(PCIConfiguration, 0, 0, &before, sizeof before);
}
