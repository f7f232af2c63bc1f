// APCs at the end of requests, and requests cancelled in another thread.
#include "device.h"

using namespace ktest;

extern "C" NTSTATUS NTAPI ZwReadFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);

namespace {
PIRP pended;

NTSTATUS Pend(PDEVICE_OBJECT, PIRP irp) {
  IoMarkIrpPending(irp);
  pended = irp;
  return STATUS_PENDING;
}

struct Called {
  LONG calls;
  PIO_STATUS_BLOCK iosb;
  NTSTATUS status;
  KIRQL irql;
  PKTHREAD thread;
};

void NTAPI OnRead(PVOID context, PIO_STATUS_BLOCK iosb, ULONG) {
  Called* const called = static_cast<Called*>(context);
  called->calls++;
  called->iosb = iosb;
  called->status = iosb->Status;
  called->irql = KeGetCurrentIrql();
  called->thread = KeGetCurrentThread();
}

NTSTATUS Read(HANDLE handle, Called* called, PIO_STATUS_BLOCK iosb) {
  LARGE_INTEGER offset = {};
  static UCHAR buffer[8];
  return ZwReadFile(handle, nullptr, OnRead, called, iosb, buffer, sizeof buffer, &offset, nullptr);
}
}  // namespace

KTEST(TheRoutineRunsInTheRequestorsThread) {
  Device device(L"\\Device\\KtestApc");
  File file(L"\\Device\\KtestApc", 0);
  REQUIRE(NT_SUCCESS(file.status()));
  device.on(IRP_MJ_READ) = Pend;
  Called called = {};
  IO_STATUS_BLOCK iosb = {};
  EXPECT_EQ(Read(file.handle(), &called, &iosb), STATUS_PENDING);
  EXPECT_EQ(called.calls, 0);
  {
    Thread other(+[](void*) { Complete(pended, STATUS_END_OF_FILE); }, static_cast<void*>(nullptr));
    other.Join();
  }
  Sleep(1);
  EXPECT_EQ(called.calls, 1);
  EXPECT(called.iosb == &iosb);
  EXPECT_EQ(called.status, STATUS_END_OF_FILE);
  EXPECT_EQ(called.irql, PASSIVE_LEVEL);
  EXPECT(called.thread == KeGetCurrentThread());
}

KTEST(TheRoutineWaitsForTheEndOfACriticalRegion) {
  Device device(L"\\Device\\KtestApc");
  File file(L"\\Device\\KtestApc", 0);
  REQUIRE(NT_SUCCESS(file.status()));
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS, 3); };
  Called called = {};
  IO_STATUS_BLOCK iosb = {};
  KeEnterCriticalRegion();
  EXPECT_EQ(Read(file.handle(), &called, &iosb), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 3);
  EXPECT_EQ(called.calls, 0);
  KeLeaveCriticalRegion();
  EXPECT_EQ(called.calls, 1);
}

KTEST(AnErrorAtOnceCallsNobody) {
  Device device(L"\\Device\\KtestApc");
  File file(L"\\Device\\KtestApc", 0);
  REQUIRE(NT_SUCCESS(file.status()));
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_UNSUCCESSFUL); };
  Called called = {};
  IO_STATUS_BLOCK iosb = {};
  EXPECT_EQ(Read(file.handle(), &called, &iosb), STATUS_UNSUCCESSFUL);
  Sleep(1);
  EXPECT_EQ(called.calls, 0);
}
