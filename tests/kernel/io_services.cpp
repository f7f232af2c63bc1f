// What the file services ask of their parameters, what they answer without a driver, and fast I/O.
#include "device.h"

using namespace ktest;

extern "C" {
NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION, ULONG, PULONG);
NTSTATUS NTAPI IoCheckQuerySetFileInformation(FILE_INFORMATION_CLASS, ULONG, BOOLEAN);
NTSTATUS NTAPI IoCheckQuerySetVolumeInformation(FS_INFORMATION_CLASS, ULONG, BOOLEAN);
NTSTATUS NTAPI ZwSetVolumeInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FS_INFORMATION_CLASS);
}

namespace {
PCWSTR const kName = L"\\Device\\KtServices";

struct Create {
  ACCESS_MASK access = GENERIC_READ | SYNCHRONIZE;
  ULONG attributes = 0, share = 0, disposition = FILE_OPEN, options = 0;
  PVOID ea = nullptr;
  ULONG ea_length = 0;
};

NTSTATUS Try(const Create& create) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, kName);
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE handle = nullptr;
  IO_STATUS_BLOCK iosb;
  const NTSTATUS status = ZwCreateFile(&handle, create.access, &object, &iosb, nullptr, create.attributes, create.share, create.disposition,
                                       create.options, create.ea, create.ea_length);
  if (NT_SUCCESS(status)) ZwClose(handle);
  return status;
}
}  // namespace

KTEST(CreateChecksItsParameters) {
  Device device(kName);
  EXPECT_EQ(Try({}), STATUS_SUCCESS);
  EXPECT_EQ(Try({.attributes = 0x80000}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.share = 8}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.disposition = 6}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.options = 0x1000000}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.options = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.access = GENERIC_READ, .options = FILE_SYNCHRONOUS_IO_NONALERT}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.options = FILE_DELETE_ON_CLOSE}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.access = DELETE | SYNCHRONIZE, .options = FILE_DELETE_ON_CLOSE}), STATUS_SUCCESS);
  EXPECT_EQ(Try({.options = FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.access = FILE_APPEND_DATA | SYNCHRONIZE, .options = FILE_NO_INTERMEDIATE_BUFFERING}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.disposition = FILE_OVERWRITE, .options = FILE_DIRECTORY_FILE}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.options = FILE_DIRECTORY_FILE | FILE_RANDOM_ACCESS}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Try({.options = FILE_DIRECTORY_FILE}), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_CREATE), 3);
}

KTEST(ExtendedAttributesReachTheDriver) {
  struct {
    FILE_FULL_EA_INFORMATION ea;
    char rest[15];
  } one = {};
  one.ea.EaNameLength = 4;
  one.ea.EaValueLength = 3;
  RtlCopyMemory(one.ea.EaName, "NAME\0abc", 8);
  constexpr ULONG kLength = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName) + 8;
  ULONG offset = 77;
  EXPECT_EQ(IoCheckEaBufferValidity(&one.ea, kLength, &offset), STATUS_SUCCESS);
  EXPECT_EQ(offset, 0);
  EXPECT_EQ(IoCheckEaBufferValidity(&one.ea, kLength - 1, &offset), STATUS_EA_LIST_INCONSISTENT);
  one.ea.NextEntryOffset = 12;
  EXPECT_EQ(IoCheckEaBufferValidity(&one.ea, sizeof one, &offset), STATUS_EA_LIST_INCONSISTENT);
  one.ea.NextEntryOffset = 0;
  Device device(kName);
  device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.Create;
    const auto* const ea = static_cast<PFILE_FULL_EA_INFORMATION>(irp->AssociatedIrp.SystemBuffer);
    EXPECT_EQ(parameters.EaLength, kLength);
    EXPECT(ea != nullptr && ea->EaName[5] == 'a');
    return Complete(irp, STATUS_SUCCESS);
  };
  EXPECT_EQ(Try({.ea = &one, .ea_length = kLength}), STATUS_SUCCESS);
  EXPECT_EQ(Try({.ea = &one, .ea_length = kLength - 4}), STATUS_EA_LIST_INCONSISTENT);
  EXPECT_EQ(device.calls(IRP_MJ_CREATE), 1);
}

KTEST(ClassesAndLengthsAreChecked) {
  EXPECT_EQ(IoCheckQuerySetFileInformation(FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FALSE), STATUS_SUCCESS);
  EXPECT_EQ(IoCheckQuerySetFileInformation(FileBasicInformation, sizeof(FILE_BASIC_INFORMATION) - 1, FALSE), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(IoCheckQuerySetFileInformation(FileStandardInformation, 64, TRUE), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(IoCheckQuerySetFileInformation(FileRenameInformation, 64, FALSE), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(IoCheckQuerySetFileInformation(FileDirectoryInformation, 256, FALSE), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(IoCheckQuerySetVolumeInformation(FileFsSizeInformation, 24, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(IoCheckQuerySetVolumeInformation(FileFsSizeInformation, 23, FALSE), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(IoCheckQuerySetVolumeInformation(FileFsSizeInformation, 24, TRUE), STATUS_INVALID_INFO_CLASS);
  Device device(kName);
  File file(kName);
  UCHAR buffer[64];
  IO_STATUS_BLOCK iosb;
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, buffer, 1, FileBasicInformation), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, buffer, sizeof buffer, static_cast<FILE_INFORMATION_CLASS>(200)),
            STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(ZwSetVolumeInformationFile(file.handle(), &iosb, buffer, 7, FileFsLabelInformation), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(ZwSetVolumeInformationFile(file.handle(), &iosb, buffer, 8, FileFsLabelInformation), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_SET_VOLUME_INFORMATION), 1);
  EXPECT_EQ(device.calls(IRP_MJ_QUERY_INFORMATION), 0);
}

KTEST(TheIoManagerKnowsSomeAnswers) {
  Device device(kName);
  device.object()->AlignmentRequirement = FILE_QUAD_ALIGNMENT;
  File file(kName, FILE_SYNCHRONOUS_IO_ALERT | FILE_WRITE_THROUGH, FILE_READ_DATA | SYNCHRONIZE);
  IO_STATUS_BLOCK iosb;
  FILE_MODE_INFORMATION mode = {};
  FILE_ALIGNMENT_INFORMATION alignment = {};
  FILE_ACCESS_INFORMATION access = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &mode, sizeof mode, FileModeInformation), STATUS_SUCCESS);
  EXPECT_EQ(mode.Mode, FILE_SYNCHRONOUS_IO_ALERT | FILE_WRITE_THROUGH);
  EXPECT_EQ(iosb.Information, sizeof mode);
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &alignment, sizeof alignment, FileAlignmentInformation), STATUS_SUCCESS);
  EXPECT_EQ(alignment.AlignmentRequirement, FILE_QUAD_ALIGNMENT);
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &access, sizeof access, FileAccessInformation), STATUS_SUCCESS);
  EXPECT_EQ(access.AccessFlags, FILE_READ_DATA | SYNCHRONIZE);
  mode.Mode = FILE_SYNCHRONOUS_IO_NONALERT | FILE_SEQUENTIAL_ONLY;
  EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &mode, sizeof mode, FileModeInformation), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &mode, sizeof mode, FileModeInformation), STATUS_SUCCESS);
  EXPECT_EQ(mode.Mode, FILE_SYNCHRONOUS_IO_NONALERT | FILE_SEQUENTIAL_ONLY);
  const ULONG wrongs[] = {0, FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT,
                          FILE_SYNCHRONOUS_IO_ALERT | FILE_NO_INTERMEDIATE_BUFFERING};
  for (const ULONG wrong : wrongs) {
    mode.Mode = wrong;
    EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &mode, sizeof mode, FileModeInformation), STATUS_INVALID_PARAMETER);
  }
  FILE_POSITION_INFORMATION position = {};
  position.CurrentByteOffset.QuadPart = -1;
  EXPECT_EQ(ZwSetInformationFile(file.handle(), &iosb, &position, sizeof position, FilePositionInformation), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(device.calls(IRP_MJ_QUERY_INFORMATION), 0);
  EXPECT_EQ(device.calls(IRP_MJ_SET_INFORMATION), 0);
  // An asynchronous file has no position of its own: its driver is asked.
  File asynchronous(kName, 0);
  EXPECT_EQ(ZwQueryInformationFile(asynchronous.handle(), &iosb, &position, sizeof position, FilePositionInformation), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_QUERY_INFORMATION), 1);
}

KTEST(AllInformationIsBegunByTheIoManager) {
  Device device(kName);
  device.on(IRP_MJ_QUERY_INFORMATION) = [](PDEVICE_OBJECT, PIRP irp) {
    const auto* const all = static_cast<PFILE_ALL_INFORMATION>(irp->AssociatedIrp.SystemBuffer);
    EXPECT_EQ(all->ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
    EXPECT_EQ(all->AccessInformation.AccessFlags & FILE_READ_DATA, FILE_READ_DATA);
    return Complete(irp, STATUS_SUCCESS, sizeof(FILE_ALL_INFORMATION));
  };
  File file(kName);
  FILE_ALL_INFORMATION all = {};
  IO_STATUS_BLOCK iosb;
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &all, sizeof all, FileAllInformation), STATUS_SUCCESS);
  EXPECT_EQ(all.ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
}

KTEST(NegativeOffsetsAreRefusedButTheSpecialOnes) {
  Device device(kName, DO_BUFFERED_IO);
  static LARGE_INTEGER seen;
  device.on(IRP_MJ_WRITE) = [](PDEVICE_OBJECT, PIRP irp) {
    seen = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.ByteOffset;
    return Complete(irp, STATUS_SUCCESS, 1);
  };
  File file(kName, 0);
  IO_STATUS_BLOCK iosb;
  char byte = 0;
  LARGE_INTEGER offset;
  offset.QuadPart = -5;
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &offset, nullptr), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwWriteFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &offset, nullptr), STATUS_INVALID_PARAMETER);
  offset.HighPart = -1;
  offset.LowPart = FILE_WRITE_TO_END_OF_FILE;
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &offset, nullptr), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwWriteFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &offset, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(seen.QuadPart, -1);
  // Who may only append writes to the end wherever he points.
  File appending(kName, 0, FILE_APPEND_DATA | SYNCHRONIZE);
  offset.QuadPart = 3;
  EXPECT_EQ(ZwWriteFile(appending.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &offset, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(seen.QuadPart, -1);
}

namespace {
struct FastCall {
  LONG calls;
  ULONG code, input_length, output_length;
  PVOID input, output;
  BOOLEAN wait, answer;
  PDEVICE_OBJECT device;
} fast;

BOOLEAN FastControl(PFILE_OBJECT, BOOLEAN wait, PVOID input, ULONG input_length, PVOID output, ULONG output_length, ULONG code,
                    PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device) {
  fast = {fast.calls + 1, code, input_length, output_length, input, output, wait, fast.answer, device};
  iosb->Status = STATUS_SUCCESS;
  iosb->Information = 4;
  return fast.answer;
}

/// The driver's fast I/O table for as long as this lives.
struct FastTable {
  FAST_IO_DISPATCH table = {};
  explicit FastTable(ULONG size = sizeof(FAST_IO_DISPATCH)) {
    table.SizeOfFastIoDispatch = size;
    table.FastIoDeviceControl = FastControl;
    driver->FastIoDispatch = &table;
    fast = {};
  }
  ~FastTable() { driver->FastIoDispatch = nullptr; }
};

NTSTATUS Control(HANDLE file, HANDLE event, PIO_STATUS_BLOCK iosb, PULONG buffer) {
  return ZwDeviceIoControlFile(file, event, nullptr, nullptr, iosb, 0x222003, buffer, sizeof(ULONG), buffer, sizeof(ULONG));
}
}  // namespace

KTEST(FastControlsNeedNoIrp) {
  Device device(kName);
  FastTable table;
  fast.answer = TRUE;
  File file(kName, 0);
  HANDLE event = nullptr;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  IO_STATUS_BLOCK iosb = {};
  ULONG buffer = 5;
  EXPECT_EQ(Control(file.handle(), event, &iosb, &buffer), STATUS_SUCCESS);
  EXPECT_EQ(fast.calls, 1);
  EXPECT_EQ(fast.code, 0x222003);
  EXPECT_EQ(fast.input_length, sizeof(ULONG));
  EXPECT_EQ(fast.output_length, sizeof(ULONG));
  EXPECT(fast.input == &buffer && fast.output == &buffer);
  EXPECT_EQ(fast.wait, TRUE);
  EXPECT(fast.device == device.object());
  EXPECT_EQ(iosb.Information, 4);
  LARGE_INTEGER zero = {};
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_DEVICE_CONTROL), 0);
  // What the routine leaves becomes an IRP.
  fast.answer = FALSE;
  EXPECT_EQ(Control(file.handle(), nullptr, &iosb, &buffer), STATUS_SUCCESS);
  EXPECT_EQ(fast.calls, 2);
  EXPECT_EQ(device.calls(IRP_MJ_DEVICE_CONTROL), 1);
  ZwClose(event);
}

KTEST(AShortTableEndsBeforeTheRoutine) {
  Device device(kName);
  FastTable table(FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl));
  File file(kName);
  IO_STATUS_BLOCK iosb = {};
  ULONG buffer = 5;
  EXPECT_EQ(Control(file.handle(), nullptr, &iosb, &buffer), STATUS_SUCCESS);
  EXPECT_EQ(fast.calls, 0);
  EXPECT_EQ(device.calls(IRP_MJ_DEVICE_CONTROL), 1);
}

KTEST(StandardInformationMayBeFast) {
  Device device(kName);
  FastTable table;
  table.table.FastIoQueryStandardInfo = [](PFILE_OBJECT, BOOLEAN, PFILE_STANDARD_INFORMATION standard, PIO_STATUS_BLOCK iosb,
                                           PDEVICE_OBJECT) -> BOOLEAN {
    *standard = {};
    standard->EndOfFile.QuadPart = 1234;
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = sizeof *standard;
    return TRUE;
  };
  File file(kName);
  IO_STATUS_BLOCK iosb = {};
  FILE_STANDARD_INFORMATION standard = {};
  EXPECT_EQ(ZwQueryInformationFile(file.handle(), &iosb, &standard, sizeof standard, FileStandardInformation), STATUS_SUCCESS);
  EXPECT_EQ(standard.EndOfFile.QuadPart, 1234);
  EXPECT_EQ(iosb.Information, sizeof standard);
  EXPECT_EQ(device.calls(IRP_MJ_QUERY_INFORMATION), 0);
}

KTEST(DirectoriesAreAskedInTheDevicesManner) {
  Device device(kName);
  static PVOID user, system, answer;
  device.on(IRP_MJ_DIRECTORY_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    const auto* const location = IoGetCurrentIrpStackLocation(irp);
    user = irp->UserBuffer;
    system = irp->AssociatedIrp.SystemBuffer;
    EXPECT_EQ(location->MinorFunction, IRP_MN_QUERY_DIRECTORY);
    EXPECT_EQ(location->Flags, SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY);
    const auto* const name = location->Parameters.QueryDirectory.FileName;
    EXPECT(name != nullptr && name->Length == 2 && name->Buffer[0] == L'*');
    return Complete(irp, STATUS_NO_SUCH_FILE);
  };
  File file(kName);
  IO_STATUS_BLOCK iosb = {};
  UCHAR buffer[128];
  answer = buffer;
  UNICODE_STRING all;
  RtlInitUnicodeString(&all, L"*");
  EXPECT_EQ(ZwQueryDirectoryFile(file.handle(), nullptr, nullptr, nullptr, &iosb, buffer, sizeof buffer, FileDirectoryInformation, TRUE,
                                 &all, TRUE),
            STATUS_NO_SUCH_FILE);
  EXPECT(user == answer && system == nullptr);
}

KTEST(DriversAskWithoutAHandle) {
  Device device(kName);
  device.on(IRP_MJ_QUERY_INFORMATION) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    EXPECT_EQ(irp->RequestorMode, KernelMode);
    static_cast<PFILE_STANDARD_INFORMATION>(irp->AssociatedIrp.SystemBuffer)->EndOfFile.QuadPart = 55;
    return Complete(irp, STATUS_SUCCESS, sizeof(FILE_STANDARD_INFORMATION));
  };
  File file(kName, 0);
  PFILE_OBJECT object = nullptr;
  REQUIRE(
      NT_SUCCESS(ObReferenceObjectByHandle(file.handle(), 0, *IoFileObjectType, KernelMode, reinterpret_cast<PVOID*>(&object), nullptr)));
  FILE_STANDARD_INFORMATION standard = {};
  ULONG length = 0;
  EXPECT_EQ(IoQueryFileInformation(object, FileStandardInformation, sizeof standard, &standard, &length), STATUS_SUCCESS);
  EXPECT_EQ(standard.EndOfFile.QuadPart, 55);
  EXPECT_EQ(length, sizeof standard);
  EXPECT_EQ(IoQueryFileInformation(object, FileStandardInformation, 4, &standard, &length), STATUS_INFO_LENGTH_MISMATCH);
  EXPECT_EQ(IoQueryVolumeInformation(object, FileFsSizeInformation, sizeof standard, &standard, &length), STATUS_SUCCESS);
  EXPECT_EQ(device.calls(IRP_MJ_QUERY_VOLUME_INFORMATION), 1);
  ObDereferenceObject(object);
}
