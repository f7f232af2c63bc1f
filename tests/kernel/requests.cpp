// Requests that drivers build: what each shape holds, who frees it, and what cannot be built.
#include "device.h"

using namespace ktest;

namespace {

PVOID const kNowhere = reinterpret_cast<PVOID>(0x10000);  // no memory of the System process

constexpr ULONG Code(ULONG method) { return CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, method, FILE_ANY_ACCESS); }

struct Sent {
  KEVENT event;
  IO_STATUS_BLOCK iosb = {};
  Sent() { KeInitializeEvent(&event, NotificationEvent, FALSE); }
};

/// Frees a request that is not to be sent, as one completed by a routine of ours.
NTSTATUS Keep(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_MORE_PROCESSING_REQUIRED; }

}  // namespace

KTEST(ControlsHaveTheShapeOfTheirMethod) {
  Device device;
  UCHAR in[24] = {1, 2, 3}, out[64];
  struct Case {
    ULONG method;
    PVOID in, out;
    ULONG in_size, out_size;
  };
  static Case current;
  static UCHAR* input;
  input = in;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    const auto& control = stack->Parameters.DeviceIoControl;
    EXPECT_EQ(control.IoControlCode, Code(current.method));
    EXPECT_EQ(control.InputBufferLength, current.in_size);
    EXPECT_EQ(control.OutputBufferLength, current.out_size);
    EXPECT(irp->RequestorMode == KernelMode);
    EXPECT(irp->Tail.Overlay.Thread == PsGetCurrentThread());
    EXPECT(stack->FileObject == nullptr);
    switch (current.method) {
      case METHOD_BUFFERED:
        EXPECT_EQ(irp->AssociatedIrp.SystemBuffer != nullptr, current.in_size || current.out_size);
        EXPECT(irp->UserBuffer == current.out);
        EXPECT(irp->MdlAddress == nullptr);
        if (current.in_size) EXPECT(irp->AssociatedIrp.SystemBuffer != input);
        if (current.in_size) EXPECT_EQ(static_cast<PUCHAR>(irp->AssociatedIrp.SystemBuffer)[2], 3);
        break;
      case METHOD_IN_DIRECT:
      case METHOD_OUT_DIRECT:
        EXPECT_EQ(irp->AssociatedIrp.SystemBuffer != nullptr, current.in != nullptr);
        EXPECT_EQ(irp->MdlAddress != nullptr, current.out != nullptr);
        if (irp->MdlAddress) EXPECT_EQ((irp->MdlAddress->MdlFlags & MDL_WRITE_OPERATION) != 0, current.method == METHOD_OUT_DIRECT);
        break;
      default:
        EXPECT(irp->AssociatedIrp.SystemBuffer == nullptr && irp->MdlAddress == nullptr);
        EXPECT(irp->UserBuffer == current.out);
        EXPECT(control.Type3InputBuffer == current.in);
    }
    return Complete(irp, STATUS_SUCCESS);
  };
  for (ULONG method = 0; method < 4; method++) {
    for (ULONG which = 0; which < 4; which++) {
      current = {method, which & 1 ? in : nullptr, which & 2 ? out : nullptr, which & 1 ? 24u : 0, which & 2 ? 64u : 0};
      Sent sent;
      PIRP const irp = IoBuildDeviceIoControlRequest(Code(method), device.object(), current.in, current.in_size, current.out,
                                                     current.out_size, FALSE, &sent.event, &sent.iosb);
      REQUIRE(irp != nullptr);
      EXPECT(irp->UserEvent == &sent.event && irp->UserIosb == &sent.iosb);
      EXPECT_EQ(irp->StackCount, device.object()->StackSize);
      EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
      EXPECT_EQ(WaitFor(&sent.event, 0), STATUS_SUCCESS);
      EXPECT_EQ(sent.iosb.Status, STATUS_SUCCESS);
    }
  }
}

KTEST(OutputThatIsLongerThanTheInputHasTheLargerBuffer) {
  Device device;
  device.on(IRP_MJ_INTERNAL_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    RtlFillMemory(irp->AssociatedIrp.SystemBuffer, 100, 0x11);
    return Complete(irp, STATUS_BUFFER_OVERFLOW, 40);
  };
  Sent sent;
  UCHAR in[4] = {}, out[100] = {};
  PIRP const irp = IoBuildDeviceIoControlRequest(Code(METHOD_BUFFERED), device.object(), in, 4, out, 100, TRUE, &sent.event, &sent.iosb);
  REQUIRE(irp);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(sent.iosb.Information, 40);
  EXPECT_EQ(out[39], 0x11);
  EXPECT_EQ(out[40], 0);
}

KTEST(BadBuffersBuildNothing) {
  Device device, direct(nullptr, DO_DIRECT_IO);
  Sent sent;
  LARGE_INTEGER zero = {};
  UCHAR in[4];
  EXPECT(!IoBuildDeviceIoControlRequest(Code(METHOD_OUT_DIRECT), device.object(), in, 4, kNowhere, 16, FALSE, &sent.event, &sent.iosb));
  EXPECT(!IoBuildSynchronousFsdRequest(IRP_MJ_READ, direct.object(), kNowhere, 16, &zero, &sent.event, &sent.iosb));
  EXPECT(!IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, direct.object(), kNowhere, 16, &zero, &sent.iosb));
}

KTEST(TransfersHaveTheShapeOfTheirDevice) {
  constexpr ULONG kinds[] = {0, DO_BUFFERED_IO, DO_DIRECT_IO};
  static UCHAR buffer[32];
  for (const ULONG kind : kinds) {
    Device device(nullptr, kind);
    constexpr UCHAR majors[] = {IRP_MJ_READ, IRP_MJ_WRITE};
    for (const UCHAR major : majors) {
      device.on(major) = [](PDEVICE_OBJECT object, PIRP irp) {
        PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
        EXPECT_EQ(stack->Parameters.Read.Length, 32);
        EXPECT_EQ(stack->Parameters.Read.ByteOffset.QuadPart, 0x100000200ll);
        EXPECT_EQ(irp->AssociatedIrp.SystemBuffer != nullptr, (object->Flags & DO_BUFFERED_IO) != 0);
        EXPECT_EQ(irp->MdlAddress != nullptr, (object->Flags & DO_DIRECT_IO) != 0);
        if (!(object->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO))) EXPECT(irp->UserBuffer == buffer);
        return Complete(irp, STATUS_SUCCESS, 32);
      };
      LARGE_INTEGER offset;
      offset.QuadPart = 0x100000200ll;
      Sent sent;
      PIRP const irp = IoBuildSynchronousFsdRequest(major, device.object(), buffer, 32, &offset, &sent.event, &sent.iosb);
      REQUIRE(irp);
      EXPECT_EQ(IoGetNextIrpStackLocation(irp)->MajorFunction, major);
      EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
      EXPECT_EQ(WaitFor(&sent.event, 0), STATUS_SUCCESS);
      EXPECT_EQ(sent.iosb.Information, 32);
    }
  }
}

KTEST(PnpRequestsAreBuiltToo) {
  Device device;
  device.on(IRP_MJ_PNP) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->MinorFunction, IRP_MN_QUERY_CAPABILITIES);
    return Complete(irp, STATUS_SUCCESS, 0);
  };
  Sent sent;
  PIRP const irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device.object(), nullptr, 0, nullptr, &sent.event, &sent.iosb);
  REQUIRE(irp);
  DEVICE_CAPABILITIES capabilities = {};
  PIO_STACK_LOCATION const next = IoGetNextIrpStackLocation(irp);
  EXPECT_EQ(next->MajorFunction, IRP_MJ_PNP);
  next->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
  next->Parameters.DeviceCapabilities.Capabilities = &capabilities;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
}

KTEST(PendingRequestsSignalTheirEventLater) {
  Device device;
  static PIRP kept;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
  };
  Sent sent;
  ULONG out = 0;
  PIRP const irp =
      IoBuildDeviceIoControlRequest(Code(METHOD_BUFFERED), device.object(), nullptr, 0, &out, 4, FALSE, &sent.event, &sent.iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_PENDING);
  EXPECT_EQ(WaitFor(&sent.event, 10), STATUS_TIMEOUT);
  Thread other(
      +[](void*) {
        *static_cast<PULONG>(kept->AssociatedIrp.SystemBuffer) = 77;
        Complete(kept, STATUS_SUCCESS, 4);
      },
      static_cast<void*>(nullptr));
  EXPECT_EQ(WaitFor(&sent.event, 1000), STATUS_SUCCESS);
  EXPECT_EQ(out, 77);
  EXPECT_EQ(sent.iosb.Status, STATUS_SUCCESS);
}

KTEST(AnErrorAtOnceSetsTheEventOfABuiltRequest) {
  Device device;
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_INVALID_DEVICE_REQUEST); };
  Sent sent;
  sent.iosb.Status = 0x1234;
  PIRP const irp =
      IoBuildDeviceIoControlRequest(Code(METHOD_NEITHER), device.object(), nullptr, 0, nullptr, 0, FALSE, &sent.event, &sent.iosb);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_INVALID_DEVICE_REQUEST);
}

KTEST(AReusedRequestIsFreshButForItsAllocation) {
  Device device;
  PIRP const irp = IoAllocateIrp(3, FALSE);
  REQUIRE(irp);
  const UCHAR flags = irp->AllocationFlags;
  IoSetNextIrpStackLocation(irp);
  irp->Cancel = TRUE;
  irp->PendingReturned = TRUE;
  irp->Flags = IRP_NOCACHE;
  IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
  EXPECT_EQ(irp->StackCount, 3);
  EXPECT_EQ(irp->CurrentLocation, 4);
  EXPECT_EQ(irp->AllocationFlags, flags);
  EXPECT(!irp->Cancel && !irp->PendingReturned && !irp->Flags);
  EXPECT_EQ(irp->Type, IO_TYPE_IRP);
  EXPECT_EQ(irp->Size, IoSizeOfIrp(3));
  IoFreeIrp(irp);
}

KTEST(IrpsOfALookasideListStay) {
  PVOID const memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeOfIrp(2), 'prIK');
  PIRP const irp = static_cast<PIRP>(memory);
  IoInitializeIrp(irp, IoSizeOfIrp(2), 2);
  EXPECT_EQ(irp->StackCount, 2);
  EXPECT_EQ(irp->CurrentLocation, 3);
  EXPECT(IsListEmpty(&irp->ThreadListEntry));
  Device device;
  IoSetNextIrpStackLocation(irp);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  IoSetCompletionRoutine(irp, Keep, nullptr, TRUE, TRUE, TRUE);
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_SUCCESS);
  ExFreePoolWithTag(memory, 'prIK');
}

KTEST(AssociatedRequestsShareTheMastersFate) {
  Device device;
  static PIRP parts[3];
  static LONG count;
  count = 0;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    parts[count++] = irp;
    return STATUS_PENDING;
  };
  PIRP const master = IoAllocateIrp(2, FALSE);
  IoSetNextIrpStackLocation(master);
  IoGetCurrentIrpStackLocation(master)->DeviceObject = device.object();
  static LONG ended;
  ended = 0;
  // The master is ours: a location above it keeps it.
  master->AssociatedIrp.IrpCount = 3;
  master->Tail.Overlay.Thread = PsGetCurrentThread();
  PIO_STACK_LOCATION const own = IoGetNextIrpStackLocation(master);
  own->MajorFunction = IRP_MJ_WRITE;
  IoSetCompletionRoutine(
      master,
      [](PDEVICE_OBJECT, PIRP irp, PVOID) -> NTSTATUS {
        ended++;
        EXPECT_EQ(irp->IoStatus.Status, STATUS_DEVICE_NOT_READY);
        return STATUS_MORE_PROCESSING_REQUIRED;
      },
      nullptr, TRUE, TRUE, TRUE);
  device.on(IRP_MJ_WRITE) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    for (int i = 0; i < 3; i++) {
      PIRP const part = IoMakeAssociatedIrp(irp, object->StackSize);
      if (!part) return STATUS_PENDING;
      EXPECT(part->Flags & IRP_ASSOCIATED_IRP);
      EXPECT(part->AssociatedIrp.MasterIrp == irp);
      EXPECT(part->Tail.Overlay.Thread == irp->Tail.Overlay.Thread);
      EXPECT_EQ(irp->AssociatedIrp.IrpCount, 3);
      IoGetNextIrpStackLocation(part)->MajorFunction = IRP_MJ_READ;
      IoCallDriver(object, part);
    }
    return STATUS_PENDING;
  };
  EXPECT_EQ(IoCallDriver(device.object(), master), STATUS_PENDING);
  EXPECT_EQ(count, 3);
  Complete(parts[1], STATUS_SUCCESS, 5);
  Complete(parts[0], STATUS_UNSUCCESSFUL, 5);
  EXPECT_EQ(ended, 0);
  master->IoStatus.Status = STATUS_DEVICE_NOT_READY;  // what the parts end with is nothing to the master
  Complete(parts[2], STATUS_SUCCESS, 5);
  EXPECT_EQ(ended, 1);
  IoFreeIrp(master);
}

KTEST(CancelledTwiceTheRoutineRunsOnce) {
  Device device;
  static LONG cancelled;
  cancelled = 0;
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(
        irp, +[](PDEVICE_OBJECT, PIRP canceled) {
          EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
          EXPECT(canceled->Cancel);
          EXPECT(canceled->CancelRoutine == nullptr);
          EXPECT_EQ(canceled->CancelIrql, PASSIVE_LEVEL);
          cancelled++;
          IoReleaseCancelSpinLock(canceled->CancelIrql);
          Complete(canceled, STATUS_CANCELLED);
        });
    return STATUS_PENDING;
  };
  PIRP const irp = IoAllocateIrp(1, FALSE);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoSetCompletionRoutine(
      irp,
      [](PDEVICE_OBJECT, PIRP, PVOID context) -> NTSTATUS {
        KeSetEvent(static_cast<PKEVENT>(context), 0, FALSE);
        return STATUS_MORE_PROCESSING_REQUIRED;
      },
      &done, FALSE, FALSE, TRUE);  // for cancelled requests only
  EXPECT_EQ(IoCallDriver(device.object(), irp), STATUS_PENDING);
  EXPECT(IoCancelIrp(irp));
  EXPECT_EQ(KeReadStateEvent(&done), 1);
  EXPECT(!IoCancelIrp(irp));
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(irp->IoStatus.Status, STATUS_CANCELLED);
  IoFreeIrp(irp);
}

KTEST(FilesKnowTheirModes) {
  Device device(L"\\Device\\KtModes");
  static ULONG flags;
  device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    flags = IoGetCurrentIrpStackLocation(irp)->FileObject->Flags;
    return Complete(irp, STATUS_SUCCESS);
  };
  {
    File file(L"\\Device\\KtModes", FILE_SYNCHRONOUS_IO_ALERT);
    EXPECT(flags & FO_SYNCHRONOUS_IO);
    EXPECT(flags & FO_ALERTABLE_IO);
  }
  {
    File file(L"\\Device\\KtModes", FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING);
    EXPECT(!(flags & FO_SYNCHRONOUS_IO));
    EXPECT(flags & FO_WRITE_THROUGH);
    EXPECT(flags & FO_SEQUENTIAL_ONLY);
    EXPECT(flags & FO_NO_INTERMEDIATE_BUFFERING);
  }
  {
    File file(L"\\Device\\KtModes", FILE_RANDOM_ACCESS | FILE_SYNCHRONOUS_IO_NONALERT);
    EXPECT(flags & FO_RANDOM_ACCESS);
    EXPECT(!(flags & FO_ALERTABLE_IO));
  }
}

KTEST(ARequestorIsKnown) {
  Device device(L"\\Device\\KtRequestor");
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT(IoGetRequestorProcess(irp) == PsGetCurrentProcess());
    EXPECT_EQ(IoGetRequestorProcessId(irp), HandleToULong(PsGetCurrentProcessId()));
    ULONG session = 77;
    EXPECT_EQ(IoGetRequestorSessionId(irp, &session), STATUS_SUCCESS);
    EXPECT_EQ(session, 0);
    EXPECT(!IoIs32bitProcess(irp));
    EXPECT(IoGetTopLevelIrp() == nullptr);
    EXPECT(!IoIsOperationSynchronous(irp) || true);
    EXPECT(IoIsSystemThread(irp->Tail.Overlay.Thread));
    EXPECT(IoThreadToProcess(irp->Tail.Overlay.Thread) == PsGetCurrentProcess());
    return Complete(irp, STATUS_SUCCESS);
  };
  File file(L"\\Device\\KtRequestor");
  IO_STATUS_BLOCK iosb;
  EXPECT_EQ(ZwDeviceIoControlFile(file.handle(), nullptr, nullptr, nullptr, &iosb, Code(METHOD_BUFFERED), nullptr, 0, nullptr, 0),
            STATUS_SUCCESS);
  PIRP const irp = IoAllocateIrp(1, FALSE);
  EXPECT(IoGetRequestorProcess(irp) == nullptr);  // nobody's
  EXPECT_EQ(IoGetRequestorProcessId(irp), 0);
  IoFreeIrp(irp);
}
