// Leaves one of everything behind. cases/leftovers.toml knows the line numbers.
#include <ntifs.h>

static KTIMER timer;
static KDPC dpc;
static HANDLE event_handle;
static LONG fired;

static void OnTimer(PKDPC, PVOID, PVOID, PVOID) { InterlockedIncrement(&fired); }

static void Worker(PVOID) {
  LARGE_INTEGER second;
  second.QuadPart = -10'000'000;
  for (;;) KeDelayExecutionThread(KernelMode, FALSE, &second);
}

static __declspec(noinline) bool LeakOne() { return ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'kaeL') != nullptr; }

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  driver->DriverUnload = [](PDRIVER_OBJECT) {};
  if (!LeakOne() || !LeakOne()) return STATUS_INSUFFICIENT_RESOURCES;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Forgotten");
  PDEVICE_OBJECT device = nullptr;
  IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Forgotten");
  IoCreateSymbolicLink(&link, &name);
  ZwCreateEvent(&event_handle, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE);
  KeInitializeTimer(&timer);
  KeInitializeDpc(&dpc, OnTimer, nullptr);
  LARGE_INTEGER hour;
  hour.QuadPart = -36'000'000'000;
  KeSetTimer(&timer, hour, &dpc);
  HANDLE thread = nullptr;
  PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, Worker, nullptr);
  ZwClose(thread);
  return STATUS_SUCCESS;
}
