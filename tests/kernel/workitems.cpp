// I/O work items and system threads that keep their device or driver alive.
#include "device.h"

using namespace ktest;

namespace {
struct Work {
  KEVENT done;
  PVOID object;
  PVOID item;
  KIRQL irql;
  PEPROCESS process;
  LONG calls;
};

void Run(PDEVICE_OBJECT device, PVOID context) {
  Work* const work = static_cast<Work*>(context);
  work->object = device;
  work->irql = KeGetCurrentIrql();
  work->process = PsGetCurrentProcess();
  work->calls++;
  KeSetEvent(&work->done, IO_NO_INCREMENT, FALSE);
}

void RunEx(PVOID object, PVOID context, PIO_WORKITEM item) {
  static_cast<Work*>(context)->item = item;
  Run(static_cast<PDEVICE_OBJECT>(object), context);
}

void RunAndFree(PVOID object, PVOID context, PIO_WORKITEM item) {
  IoFreeWorkItem(item);
  Run(static_cast<PDEVICE_OBJECT>(object), context);
}

}  // namespace

KTEST(WorkItemRunsInASystemThread) {
  Device device;
  Work work = {};
  KeInitializeEvent(&work.done, SynchronizationEvent, FALSE);
  PIO_WORKITEM const item = IoAllocateWorkItem(device.object());
  REQUIRE(item != nullptr);
  constexpr WORK_QUEUE_TYPE types[] = {DelayedWorkQueue, CriticalWorkQueue};
  for (const WORK_QUEUE_TYPE type : types) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, Run, type, &work);
    KeLowerIrql(irql);
    KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, nullptr);
  }
  EXPECT_EQ(work.calls, 2);
  EXPECT(work.object == device.object());
  EXPECT_EQ(work.irql, PASSIVE_LEVEL);
  EXPECT(work.process == PsInitialSystemProcess);
  IoFreeWorkItem(item);
}

KTEST(WorkItemMayFreeItself) {
  Device device;
  Work work = {};
  KeInitializeEvent(&work.done, SynchronizationEvent, FALSE);
  PIO_WORKITEM item = IoAllocateWorkItem(device.object());
  IoQueueWorkItemEx(item, RunEx, DelayedWorkQueue, &work);
  KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, nullptr);
  EXPECT(work.item == item);
  IoQueueWorkItemEx(item, RunAndFree, DelayedWorkQueue, &work);
  KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, nullptr);
  EXPECT_EQ(work.calls, 2);
}

KTEST(WorkItemInDriversMemory) {
  Work work = {};
  KeInitializeEvent(&work.done, SynchronizationEvent, FALSE);
  PIO_WORKITEM const item = static_cast<PIO_WORKITEM>(ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeofWorkItem(), 'tsTK'));
  IoInitializeWorkItem(driver, item);
  EXPECT_EQ(IoTryQueueWorkItem(item, RunEx, DelayedWorkQueue, &work), TRUE);
  KeWaitForSingleObject(&work.done, Executive, KernelMode, FALSE, nullptr);
  EXPECT(work.object == driver);
  IoUninitializeWorkItem(item);
  ExFreePoolWithTag(item, 'tsTK');
}

KTEST(SystemThreadKeepsItsObject) {
  Device device;
  PDEVICE_OBJECT const object = device.object();
  Work work = {};
  KeInitializeEvent(&work.done, SynchronizationEvent, FALSE);
  work.object = object;
  HANDLE handle;
  REQUIRE(NT_SUCCESS(IoCreateSystemThread(
      object, &handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr,
      [](PVOID context) -> VOID {
        Work* const waiting = static_cast<Work*>(context);
        KeWaitForSingleObject(&waiting->done, Executive, KernelMode, FALSE, nullptr);
        PDEVICE_OBJECT const kept = static_cast<PDEVICE_OBJECT>(waiting->object);
        EXPECT_EQ(kept->Type, IO_TYPE_DEVICE);
        EXPECT(kept->DriverObject == driver);
      },
      &work)));
  device.Delete();
  KeSetEvent(&work.done, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(ZwWaitForSingleObject(handle, FALSE, nullptr), STATUS_SUCCESS);
  ZwClose(handle);
}
