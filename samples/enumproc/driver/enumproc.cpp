// EnumProc: lists the machine's processes, as ZwQuerySystemInformation tells them.
#include <ntddk.h>

#include "../common.h"

namespace {

constexpr ULONG kTag = 'crPE';
constexpr ULONG kSystemProcessInformation = 5;

// The fixed part of a process's description; its threads follow. Known from winternl.h, where some of it is called reserved.
struct SystemProcess {
  ULONG NextEntryOffset;
  ULONG NumberOfThreads;
  UCHAR Reserved1[48];
  UNICODE_STRING ImageName;
  LONG BasePriority;
  HANDLE UniqueProcessId;
  HANDLE InheritedFromUniqueProcessId;
  ULONG HandleCount;
  ULONG SessionId;
};

}  // namespace

extern "C" NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);

namespace {

// All descriptions in one pool block, which the caller frees; null if there is no memory.
SystemProcess* QueryProcesses() {
  ULONG size = 0;
  ZwQuerySystemInformation(kSystemProcessInformation, nullptr, 0, &size);
  for (;;) {
    size += 4096;  // for processes that come meanwhile
    PVOID const buffer = ExAllocatePool2(POOL_FLAG_PAGED, size, kTag);
    if (buffer == nullptr) return nullptr;
    const NTSTATUS status = ZwQuerySystemInformation(kSystemProcessInformation, buffer, size, &size);
    if (NT_SUCCESS(status)) return static_cast<SystemProcess*>(buffer);
    ExFreePoolWithTag(buffer, kTag);
    if (status != STATUS_INFO_LENGTH_MISMATCH) return nullptr;
  }
}

void Describe(const SystemProcess* process, ProcessEntry* entry) {
  entry->Id = HandleToULong(process->UniqueProcessId);
  entry->ParentId = HandleToULong(process->InheritedFromUniqueProcessId);
  entry->Session = process->SessionId;
  entry->Threads = process->NumberOfThreads;
  entry->Handles = process->HandleCount;
  const SIZE_T length = min(process->ImageName.Length, (ENUMPROC_NAME_LENGTH - 1) * sizeof(WCHAR));
  memset(entry->Name, 0, sizeof entry->Name);
  if (length != 0) memcpy(entry->Name, process->ImageName.Buffer, length);
}

NTSTATUS List(ProcessEntry* entries, ULONG room, ULONG* count) {
  SystemProcess* const all = QueryProcesses();
  if (all == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = STATUS_SUCCESS;
  const SystemProcess* process = all;
  for (*count = 0;;) {
    if (*count == room) {
      status = STATUS_BUFFER_TOO_SMALL;
      break;
    }
    Describe(process, &entries[(*count)++]);
    if (process->NextEntryOffset == 0) break;
    process = reinterpret_cast<const SystemProcess*>(reinterpret_cast<const UCHAR*>(process) + process->NextEntryOffset);
  }
  ExFreePoolWithTag(all, kTag);
  return status;
}

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS OnCreateClose(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); }

NTSTATUS OnDeviceControl(PDEVICE_OBJECT, PIRP irp) {
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  if (control.IoControlCode != IOCTL_ENUMPROC_LIST) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  ULONG count = 0;
  const ULONG room = control.OutputBufferLength / sizeof(ProcessEntry);
  const NTSTATUS status = List(static_cast<ProcessEntry*>(irp->AssociatedIrp.SystemBuffer), room, &count);
  return Complete(irp, status, NT_SUCCESS(status) ? count * sizeof(ProcessEntry) : 0);
}

void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(ENUMPROC_LINK_NAME);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(ENUMPROC_DEVICE_NAME), link = RTL_CONSTANT_STRING(ENUMPROC_LINK_NAME);
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnDeviceControl;
  return STATUS_SUCCESS;
}
