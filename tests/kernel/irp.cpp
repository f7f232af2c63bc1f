// The life of an IRP: allocation, stack locations, completion routines, pending, reuse, the requests that IoBuild* makes.
#include "device.h"

using namespace ktest;

namespace {
struct Seen {
  LONG calls;
  PDEVICE_OBJECT device;
  NTSTATUS status;
  BOOLEAN pending;
  KEVENT event;
  PIRP irp;
};

NTSTATUS Keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  Seen* const seen = static_cast<Seen*>(context);
  seen->calls++;
  seen->device = device;
  seen->status = irp->IoStatus.Status;
  seen->pending = irp->PendingReturned;
  seen->irp = irp;
  KeSetEvent(&seen->event, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS Send(PDEVICE_OBJECT device, PIRP irp, Seen* seen, UCHAR major = IRP_MJ_DEVICE_CONTROL) {
  *seen = {};
  KeInitializeEvent(&seen->event, NotificationEvent, FALSE);
  PIO_STACK_LOCATION const next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = major;
  IoSetCompletionRoutine(irp, Keep, seen, TRUE, TRUE, TRUE);
  return IoCallDriver(device, irp);
}
}  // namespace

KTEST(AllocatedIrpIsInitialized) {
  PIRP const irp = IoAllocateIrp(3, FALSE);
  REQUIRE(irp != nullptr);
  EXPECT_EQ(irp->Type, IO_TYPE_IRP);
  EXPECT_EQ(irp->Size, IoSizeOfIrp(3));
  EXPECT_EQ(IoSizeOfIrp(3), sizeof(IRP) + 3 * sizeof(IO_STACK_LOCATION));
  EXPECT_EQ(irp->StackCount, 3);
  EXPECT_EQ(irp->CurrentLocation, 4);
  EXPECT(irp->MdlAddress == nullptr && irp->UserIosb == nullptr && irp->UserEvent == nullptr && irp->CancelRoutine == nullptr);
  EXPECT_EQ(irp->Flags, 0);
  EXPECT_EQ(irp->IoStatus.Status, 0);
  EXPECT_EQ(irp->RequestorMode, KernelMode);
  EXPECT(IsListEmpty(&irp->ThreadListEntry));
  EXPECT(IoGetNextIrpStackLocation(irp) == reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + 2);
  IoSetNextIrpStackLocation(irp);
  EXPECT_EQ(irp->CurrentLocation, 3);
  IoFreeIrp(irp);
}

KTEST(DriversMayBringTheMemory) {
  const USHORT size = IoSizeOfIrp(2);
  PIRP const irp = static_cast<PIRP>(ExAllocatePoolWithTag(NonPagedPoolNx, size, 'tsTK'));
  REQUIRE(irp != nullptr);
  IoInitializeIrp(irp, size, 2);
  EXPECT_EQ(irp->StackCount, 2);
  EXPECT_EQ(irp->Size, size);
  Device device;
  Seen seen;
  EXPECT_EQ(Send(device.object(), irp, &seen), STATUS_SUCCESS);
  EXPECT_EQ(seen.calls, 1);
  ExFreePoolWithTag(irp, 'tsTK');
}

KTEST(CompletionRoutineKeepsTheIrp) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT object, PIRP irp) {
    EXPECT(IoGetCurrentIrpStackLocation(irp)->DeviceObject == object);
    EXPECT_EQ(irp->CurrentLocation, 1);
    return Complete(irp, STATUS_NO_SUCH_FILE, 77);
  };
  PIRP const irp = IoAllocateIrp(device.object()->StackSize, FALSE);
  Seen seen;
  EXPECT_EQ(Send(device.object(), irp, &seen), STATUS_NO_SUCH_FILE);
  EXPECT_EQ(seen.calls, 1);
  EXPECT(seen.device == nullptr);  // the sender has no stack location of its own
  EXPECT_EQ(seen.status, STATUS_NO_SUCH_FILE);
  EXPECT_EQ(seen.pending, FALSE);
  EXPECT_EQ(irp->IoStatus.Information, 77);
  EXPECT_EQ(irp->CurrentLocation, 2);
  IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(irp->IoStatus.Information, 0);
  EXPECT_EQ(irp->CurrentLocation, 2);
  EXPECT_EQ(irp->StackCount, 1);
  EXPECT(IoGetNextIrpStackLocation(irp)->CompletionRoutine == nullptr);
  EXPECT_EQ(Send(device.object(), irp, &seen), STATUS_NO_SUCH_FILE);
  EXPECT_EQ(seen.calls, 1);
  IoFreeIrp(irp);
}

KTEST(OwnStackLocationGivesTheRoutineADevice) {
  Device device, own;
  PIRP const irp = IoAllocateIrp(static_cast<CCHAR>(device.object()->StackSize + 1), FALSE);
  IoSetNextIrpStackLocation(irp);
  IoGetCurrentIrpStackLocation(irp)->DeviceObject = own.object();
  Seen seen;
  EXPECT_EQ(Send(device.object(), irp, &seen), STATUS_SUCCESS);
  EXPECT(seen.device == own.object());
  IoFreeIrp(irp);
}

namespace {
struct Choice {
  BOOLEAN success, error, cancel;
  NTSTATUS status;
  BOOLEAN canceled;
  LONG calls;
};

NTSTATUS CountChoice(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  static_cast<Choice*>(context)->calls++;
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(RoutinesAreCalledForWhatTheyAskedFor) {
  Device bottom, top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  const Choice choices[] = {
      {TRUE, FALSE, FALSE, STATUS_SUCCESS, FALSE, 1},         {TRUE, FALSE, FALSE, STATUS_UNSUCCESSFUL, FALSE, 0},
      {FALSE, TRUE, FALSE, STATUS_SUCCESS, FALSE, 0},         {FALSE, TRUE, FALSE, STATUS_UNSUCCESSFUL, FALSE, 1},
      {FALSE, TRUE, FALSE, STATUS_BUFFER_OVERFLOW, FALSE, 1}, {TRUE, FALSE, FALSE, STATUS_BUFFER_OVERFLOW, FALSE, 0},
      {FALSE, FALSE, TRUE, STATUS_CANCELLED, TRUE, 1},        {FALSE, FALSE, TRUE, STATUS_CANCELLED, FALSE, 0},
  };
  for (const Choice& choice : choices) {
    Choice now = choice;
    now.calls = 0;
    top.state()->context = &now;
    bottom.state()->context = &now;
    top.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT device, PIRP irp) {
      Choice* const asked = static_cast<Choice*>(StateOf(device)->context);
      IoCopyCurrentIrpStackLocationToNext(irp);
      IoSetCompletionRoutine(irp, CountChoice, asked, asked->success, asked->error, asked->cancel);
      return IoCallDriver(StateOf(device)->lower, irp);
    };
    bottom.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT device, PIRP irp) {
      Choice* const asked = static_cast<Choice*>(StateOf(device)->context);
      if (asked->canceled) IoCancelIrp(irp);
      return Complete(irp, asked->status);
    };
    PIRP const irp = IoAllocateIrp(2, FALSE);
    Seen seen;
    EXPECT_EQ(Send(top.object(), irp, &seen), choice.status);
    EXPECT_EQ(now.calls, choice.calls);
    EXPECT_EQ(seen.calls, 1);
    IoFreeIrp(irp);
  }
  IoDetachDevice(bottom.object());
}

KTEST(PendingIrpIsCompletedLater) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    StateOf(object)->context = irp;
    return STATUS_PENDING;
  };
  PIRP const irp = IoAllocateIrp(1, FALSE);
  Seen seen;
  EXPECT_EQ(Send(device.object(), irp, &seen), STATUS_PENDING);
  EXPECT_EQ(seen.calls, 0);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  Complete(static_cast<PIRP>(device.state()->context), STATUS_SUCCESS, 3);
  KeLowerIrql(irql);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.pending, TRUE);
  IoFreeIrp(irp);
}

KTEST(BuiltControlRequestIsBuffered) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    EXPECT_EQ(stack->Parameters.DeviceIoControl.InputBufferLength, 4);
    EXPECT_EQ(stack->Parameters.DeviceIoControl.OutputBufferLength, 8);
    EXPECT_EQ(irp->Flags & (IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION),
              IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION);
    EXPECT(irp->Tail.Overlay.Thread == PsGetCurrentThread());
    EXPECT(!IsListEmpty(&irp->ThreadListEntry));
    EXPECT(IoGetRequestorProcess(irp) == PsGetCurrentProcess());
    EXPECT_EQ(IoGetRequestorProcessId(irp), reinterpret_cast<ULONG_PTR>(PsGetCurrentProcessId()));
    ULONG* const buffer = static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer);
    EXPECT_EQ(buffer[0], 41);
    buffer[0] = 42;
    buffer[1] = 43;
    return Complete(irp, STATUS_SUCCESS, 8);
  };
  ULONG in = 41, out[2] = {};
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP const irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS), device.object(),
                                                 &in, sizeof in, out, sizeof out, FALSE, &done, &iosb);
  REQUIRE(irp != nullptr);
  EXPECT(irp->UserIosb == &iosb && irp->UserEvent == &done);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&done), 1);
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 8);
  EXPECT_EQ(out[0], 42);
  EXPECT_EQ(out[1], 43);
}

KTEST(BuiltControlRequestMayBeInternalOrDirect) {
  Device device;
  device.on(IRP_MJ_INTERNAL_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT(irp->MdlAddress != nullptr);
    EXPECT_EQ(*static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer), 6);
    ULONG* const out = static_cast<ULONG*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
    *out = 7;
    return Complete(irp, STATUS_SUCCESS, 4);
  };
  ULONG in = 6, out = 0;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS), device.object(), &in,
                                           sizeof in, &out, sizeof out, TRUE, &done, &iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  EXPECT_EQ(out, 7);
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP request) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(request);
    *static_cast<ULONG*>(request->UserBuffer) = *static_cast<ULONG*>(stack->Parameters.DeviceIoControl.Type3InputBuffer) + 1;
    return Complete(request, STATUS_SUCCESS, 4);
  };
  KeClearEvent(&done);
  irp = IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS), device.object(), &in,
                                      sizeof in, &out, sizeof out, FALSE, &done, &iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  EXPECT_EQ(out, 7);
  EXPECT_EQ(KeReadStateEvent(&done), 1);
}

KTEST(BuiltControlRequestCompletedLater) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(+[](IRP* pending) { Complete(pending, STATUS_DEVICE_NOT_READY, 0); }, irp);
    return STATUS_PENDING;
  };
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP const irp = IoBuildDeviceIoControlRequest(0x222000, device.object(), nullptr, 0, nullptr, 0, FALSE, &done, &iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_PENDING);
  EXPECT_EQ(KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_DEVICE_NOT_READY);  // it was pending: the status block tells
}

KTEST(SynchronousRequestReadsBuffered) {
  Device device(nullptr, DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    EXPECT_EQ(stack->Parameters.Read.Length, 4);
    EXPECT_EQ(stack->Parameters.Read.ByteOffset.QuadPart, 99);
    *static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer) = 0x1234;
    return Complete(irp, STATUS_SUCCESS, 4);
  };
  ULONG value = 0;
  LARGE_INTEGER offset;
  offset.QuadPart = 99;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb = {};
  PIRP const irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device.object(), &value, sizeof value, &offset, &done, &iosb);
  REQUIRE(irp != nullptr);
  EXPECT(!IsListEmpty(&irp->ThreadListEntry));
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  EXPECT_EQ(value, 0x1234);
  EXPECT_EQ(KeReadStateEvent(&done), 1);
}

namespace {
NTSTATUS FreeAsynchronous(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  *static_cast<ULONG_PTR*>(context) = irp->IoStatus.Information;
  if (irp->AssociatedIrp.SystemBuffer && (irp->Flags & IRP_DEALLOCATE_BUFFER)) ExFreePool(irp->AssociatedIrp.SystemBuffer);
  for (PMDL mdl = irp->MdlAddress; mdl;) {
    PMDL const next = mdl->Next;
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    mdl = next;
  }
  IoFreeIrp(irp);
  return STATUS_MORE_PROCESSING_REQUIRED;
}
}  // namespace

KTEST(AsynchronousRequestIsTheSendersToFree) {
  constexpr ULONG kinds[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};
  for (const ULONG flags : kinds) {
    Device device(nullptr, flags);
    device.on(IRP_MJ_WRITE) = [](PDEVICE_OBJECT object, PIRP irp) {
      EXPECT_EQ(!!(object->Flags & DO_BUFFERED_IO), irp->AssociatedIrp.SystemBuffer != nullptr);
      EXPECT_EQ(!!(object->Flags & DO_DIRECT_IO), irp->MdlAddress != nullptr);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length, 6);
      return Complete(irp, STATUS_SUCCESS, 6);
    };
    char text[] = "hello";
    LARGE_INTEGER offset = {};
    ULONG_PTR information = 0;
    PIRP const irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, device.object(), text, sizeof text, &offset, nullptr);
    REQUIRE(irp != nullptr);
    EXPECT(IsListEmpty(&irp->ThreadListEntry));
    IoSetCompletionRoutine(irp, FreeAsynchronous, &information, TRUE, TRUE, TRUE);
    EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
    EXPECT_EQ(information, 6);
  }
}

KTEST(FlushAndShutdownNeedNoBuffer) {
  Device device;
  constexpr ULONG majors[] = {IRP_MJ_FLUSH_BUFFERS, IRP_MJ_SHUTDOWN};
  for (const ULONG major : majors) {
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IO_STATUS_BLOCK iosb = {};
    PIRP const irp = IoBuildSynchronousFsdRequest(major, device.object(), nullptr, 0, nullptr, &done, &iosb);
    EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
    EXPECT_EQ(device.calls(static_cast<UCHAR>(major)), 1);
    EXPECT_EQ(KeReadStateEvent(&done), 1);
  }
}

KTEST(MasterIsCompletedByItsLastAssociate) {
  Device device;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS, 1); };
  PIRP const master = IoAllocateIrp(1, FALSE);
  Seen seen = {};
  KeInitializeEvent(&seen.event, NotificationEvent, FALSE);
  IoSetCompletionRoutine(master, Keep, &seen, TRUE, TRUE, TRUE);
  IoSetNextIrpStackLocation(master);
  master->AssociatedIrp.IrpCount = 2;
  for (int i = 0; i < 2; i++) {
    PIRP const part = IoMakeAssociatedIrp(master, device.object()->StackSize);
    REQUIRE(part != nullptr);
    EXPECT(part->AssociatedIrp.MasterIrp == master);
    EXPECT((part->Flags & IRP_ASSOCIATED_IRP) != 0);
    IoGetNextIrpStackLocation(part)->MajorFunction = IRP_MJ_READ;
    EXPECT_EQ(seen.calls, 0);
    IoCallDriver(device.object(), part);
  }
  EXPECT_EQ(seen.calls, 1);
  IoFreeIrp(master);
}

KTEST(SetCompletionRoutineExCallsToo) {
  Device device;
  PIRP const irp = IoAllocateIrp(2, FALSE);
  IoSetNextIrpStackLocation(irp);
  Seen seen = {};
  KeInitializeEvent(&seen.event, NotificationEvent, FALSE);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  EXPECT_EQ(IoSetCompletionRoutineEx(device.object(), irp, Keep, &seen, TRUE, TRUE, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  EXPECT_EQ(seen.calls, 1);
  IoFreeIrp(irp);
  // Where the routine is not called, what was allocated for it stays the caller's.
}

KTEST(TopLevelIrpIsTheThreads) {
  EXPECT(IoGetTopLevelIrp() == nullptr);
  IRP irp;
  IoSetTopLevelIrp(&irp);
  EXPECT(IoGetTopLevelIrp() == &irp);
  IoSetTopLevelIrp(nullptr);
}

KTEST(RemoveLockWaitsForItsUsers) {
  IO_REMOVE_LOCK lock;
  IoInitializeRemoveLock(&lock, 'kcoL', 0, 0);
  EXPECT_EQ(IoAcquireRemoveLock(&lock, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(IoAcquireRemoveLock(&lock, &lock), STATUS_SUCCESS);
  Thread user(
      +[](IO_REMOVE_LOCK* used) {
        Sleep(10);
        EXPECT_EQ(IoAcquireRemoveLock(used, nullptr), STATUS_DELETE_PENDING);
        IoReleaseRemoveLock(used, used);
      },
      &lock);
  IoReleaseRemoveLockAndWait(&lock, nullptr);
  EXPECT_EQ(IoAcquireRemoveLock(&lock, nullptr), STATUS_DELETE_PENDING);
}
