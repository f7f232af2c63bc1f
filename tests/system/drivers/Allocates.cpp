// Allocates one of each kind and says which it did not get.
#include <ntifs.h>

extern "C" {
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase);
}

static void Expect(const char* what, bool got) {
  if (!got) DbgPrint("no %s\n", what);
}

static void OnThread(PVOID) { PsTerminateSystemThread(STATUS_SUCCESS); }

static void Blocks(PDEVICE_OBJECT device) {
  static char buffer[100];
  PVOID const pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
  Expect("pool", pool != nullptr);
  if (pool) ExFreePoolWithTag(pool, 'tseT');
  PIRP const irp = IoAllocateIrp(1, FALSE);
  Expect("IRP", irp != nullptr);
  if (irp) IoFreeIrp(irp);
  PMDL const mdl = IoAllocateMdl(buffer, sizeof buffer, FALSE, FALSE, nullptr);
  Expect("MDL", mdl != nullptr);
  if (mdl) IoFreeMdl(mdl);
  PIO_WORKITEM const work = device ? IoAllocateWorkItem(device) : nullptr;
  Expect("work item", work != nullptr || !device);
  if (work) IoFreeWorkItem(work);
}

static void Memory() {
  PHYSICAL_ADDRESS none = {}, all;
  all.QuadPart = ~0ll;
  PVOID const contiguous = MmAllocateContiguousMemory(PAGE_SIZE, all);
  Expect("contiguous memory", contiguous != nullptr);
  if (contiguous) MmFreeContiguousMemory(contiguous);
  PVOID const space = MmMapIoSpace(none, PAGE_SIZE, MmNonCached);
  Expect("I/O space", space != nullptr);
  if (space) MmUnmapIoSpace(space, PAGE_SIZE);
}

static void Sections() {
  HANDLE section = nullptr;
  LARGE_INTEGER size;
  size.QuadPart = PAGE_SIZE;
  PVOID object = nullptr, view = nullptr;
  SIZE_T bytes = 0;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  const NTSTATUS status = ZwCreateSection(&section, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, nullptr);
  Expect("section", status != STATUS_INSUFFICIENT_RESOURCES);
  if (!NT_SUCCESS(status)) return;
  ObReferenceObjectByHandle(section, SECTION_ALL_ACCESS, nullptr, KernelMode, &object, nullptr);
  Expect("view", MmMapViewInSystemSpace(object, &view, &bytes) != STATUS_NO_MEMORY);
  if (view) MmUnmapViewInSystemSpace(view);
  ObDereferenceObject(object);
  ZwClose(section);
}

static void Unload(PDRIVER_OBJECT driver) {
  if (driver->DeviceObject) IoDeleteDevice(driver->DeviceObject);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = Unload;
  PDEVICE_OBJECT device = nullptr;
  Expect("device", IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device) != STATUS_INSUFFICIENT_RESOURCES);
  Blocks(device);
  Memory();
  Sections();
  HANDLE thread;
  const NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, OnThread, nullptr);
  Expect("thread", status != STATUS_INSUFFICIENT_RESOURCES);
  if (NT_SUCCESS(status)) ZwClose(thread);
  return STATUS_SUCCESS;
}
