// Drivers that no image brought.
#include "ktest.h"

extern "C" {
NTKERNELAPI NTSTATUS IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction);
NTKERNELAPI VOID IoDeleteDriver(PDRIVER_OBJECT DriverObject);
}

namespace {
PDRIVER_OBJECT made;
NTSTATUS answer;
PDEVICE_OBJECT device;
PUNICODE_STRING path;

NTSTATUS NTAPI Refuse(PDEVICE_OBJECT, PIRP irp) {
  irp->IoStatus.Status = STATUS_MEDIA_WRITE_PROTECTED;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_MEDIA_WRITE_PROTECTED;
}

NTSTATUS NTAPI Initialize(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
  made = driver;
  path = registry_path;
  if (!NT_SUCCESS(answer)) return answer;
  driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = Refuse;
  return IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}

template <typename Routine>
Routine Find(const wchar_t* text) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, text);
  return reinterpret_cast<Routine>(MmGetSystemRoutineAddress(&name));
}
}  // namespace

KTEST(WithAName) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Driver\\Made");
  answer = STATUS_SUCCESS;
  EXPECT_EQ(IoCreateDriver(&name, Initialize), STATUS_SUCCESS);
  EXPECT_EQ(path, nullptr);
  EXPECT((made->Flags & 4) != 0);  // DRVO_BUILTIN_DRIVER
  EXPECT_EQ(device->Flags & DO_DEVICE_INITIALIZING, 0u);
  EXPECT_EQ(IoCreateDriver(&name, Initialize), STATUS_OBJECT_NAME_COLLISION);
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  IO_STATUS_BLOCK block;
  const PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, nullptr, 0, nullptr, &event, &block);
  // ntoskrnl exports the routines behind the macros, too.
  const auto call = Find<NTSTATUS (*)(PDEVICE_OBJECT, PIRP)>(L"IoCallDriver");
  EXPECT(Find<PVOID>(L"IoCompleteRequest") != nullptr);
  EXPECT(Find<PVOID>(L"ObDereferenceObject") != nullptr);
  EXPECT_EQ(call(device, irp), STATUS_MEDIA_WRITE_PROTECTED);
  IoDeleteDevice(device);
  IoDeleteDriver(made);
  EXPECT_EQ(IoCreateDriver(&name, Initialize), STATUS_SUCCESS);
  IoDeleteDevice(device);
  IoDeleteDriver(made);
}

KTEST(WithoutAName) {
  answer = STATUS_SUCCESS;
  EXPECT_EQ(IoCreateDriver(nullptr, Initialize), STATUS_SUCCESS);
  const UNICODE_STRING prefix = RTL_CONSTANT_STRING(L"\\Driver\\");
  EXPECT(RtlPrefixUnicodeString(&prefix, &made->DriverName, FALSE));
  EXPECT_EQ(made->DriverName.Length, 16 * sizeof(WCHAR));
  IoDeleteDevice(device);
  IoDeleteDriver(made);
}

KTEST(ThatFails) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Driver\\Made");
  answer = STATUS_NO_MEMORY;
  EXPECT_EQ(IoCreateDriver(&name, Initialize), STATUS_NO_MEMORY);
  answer = STATUS_SUCCESS;
  EXPECT_EQ(IoCreateDriver(&name, Initialize), STATUS_SUCCESS);
  IoDeleteDevice(device);
  IoDeleteDriver(made);
}

KTEST(OnlyWhatAServiceStartedIsUnloaded) {
  UNICODE_STRING nobody = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\KtNobody");
  UNICODE_STRING nowhere = RTL_CONSTANT_STRING(L"KtNobody");
  EXPECT_EQ(ZwUnloadDriver(&nobody), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT(!NT_SUCCESS(ZwUnloadDriver(&nowhere)));
}
