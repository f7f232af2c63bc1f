// Reads, writes and controls from the Zw services: how buffers travel by each method, offsets, events, asynchronous files.
#include "device.h"

using namespace ktest;

namespace {
constexpr ULONG Code(ULONG method) { return CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, method, FILE_ANY_ACCESS); }
}  // namespace

KTEST(BufferedReadAndWriteAreCopied) {
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  static char stored[16];
  device.on(IRP_MJ_WRITE) = [](PDEVICE_OBJECT, PIRP irp) {
    const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
    EXPECT(irp->MdlAddress == nullptr);
    RtlCopyMemory(stored, irp->AssociatedIrp.SystemBuffer, length);
    return Complete(irp, STATUS_SUCCESS, length);
  };
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length, 16);
    RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, stored, 8);
    return Complete(irp, STATUS_SUCCESS, 5);
  };
  File file(L"\\Device\\KtIo");
  IO_STATUS_BLOCK iosb;
  char text[8] = "Ringlet", back[16] = "...............";
  EXPECT_EQ(ZwWriteFile(file.handle(), nullptr, nullptr, nullptr, &iosb, text, 8, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 8);
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, back, 16, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 5);
  EXPECT(RtlEqualMemory(back, "Ringl..........", 16));  // Information says how much is copied
}

KTEST(DirectReadAndWriteAreMapped) {
  Device device(L"\\Device\\KtIo", DO_DIRECT_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT(irp->AssociatedIrp.SystemBuffer == nullptr);
    EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 6000);
    RtlFillMemory(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority), 6000, 0x5a);
    return Complete(irp, STATUS_SUCCESS, 6000);
  };
  device.on(IRP_MJ_WRITE) = [](PDEVICE_OBJECT, PIRP irp) {
    const char* const data = static_cast<char*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
    EXPECT_EQ(data[0], 'a');
    return Complete(irp, STATUS_SUCCESS, MmGetMdlByteCount(irp->MdlAddress));
  };
  File file(L"\\Device\\KtIo");
  IO_STATUS_BLOCK iosb;
  UCHAR* const buffer = static_cast<UCHAR*>(ExAllocatePoolWithTag(PagedPool, 6000, 'tsTK'));
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, buffer, 6000, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(buffer[0], 0x5a);
  EXPECT_EQ(buffer[5999], 0x5a);
  buffer[0] = 'a';
  EXPECT_EQ(ZwWriteFile(file.handle(), nullptr, nullptr, nullptr, &iosb, buffer, 17, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Information, 17);
  ExFreePoolWithTag(buffer, 'tsTK');
}

KTEST(NeitherPassesTheAddress) {
  Device device(L"\\Device\\KtIo");
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT(irp->MdlAddress == nullptr && irp->AssociatedIrp.SystemBuffer == nullptr);
    *static_cast<char*>(irp->UserBuffer) = 'n';
    return Complete(irp, STATUS_SUCCESS, 1);
  };
  File file(L"\\Device\\KtIo");
  IO_STATUS_BLOCK iosb;
  char byte = 0;
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(byte, 'n');
}

KTEST(ZeroLengthHasNoBuffer) {
  constexpr ULONG kinds[] = {DO_BUFFERED_IO, DO_DIRECT_IO};
  for (const ULONG flags : kinds) {
    Device device(L"\\Device\\KtIo", flags);
    device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) {
      EXPECT(irp->MdlAddress == nullptr && irp->AssociatedIrp.SystemBuffer == nullptr);
      return Complete(irp, STATUS_SUCCESS, 0);
    };
    File file(L"\\Device\\KtIo");
    IO_STATUS_BLOCK iosb;
    char byte;
    EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 0, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(device.calls(IRP_MJ_READ), 1);
  }
}

KTEST(ControlsByAllMethods) {
  Device device(L"\\Device\\KtIo");
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT, PIRP irp) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    const ULONG method = stack->Parameters.DeviceIoControl.IoControlCode & 3;
    EXPECT_EQ(stack->Parameters.DeviceIoControl.InputBufferLength, 4);
    EXPECT_EQ(stack->Parameters.DeviceIoControl.OutputBufferLength, 4);
    EXPECT_EQ(irp->MdlAddress != nullptr, method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT);
    EXPECT_EQ(irp->AssociatedIrp.SystemBuffer != nullptr, method != METHOD_NEITHER);
    ULONG* in = static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer);
    ULONG* out = in;
    if (method == METHOD_NEITHER) {
      in = static_cast<ULONG*>(stack->Parameters.DeviceIoControl.Type3InputBuffer);
      out = static_cast<ULONG*>(irp->UserBuffer);
    } else if (irp->MdlAddress) {
      out = static_cast<ULONG*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
    }
    if (method == METHOD_IN_DIRECT) {
      EXPECT_EQ(*out, 1000);  // a second input
    }
    *out = *in * 2;
    return Complete(irp, STATUS_SUCCESS, sizeof *out);
  };
  File file(L"\\Device\\KtIo");
  for (ULONG method = 0; method < 4; method++) {
    IO_STATUS_BLOCK iosb = {};
    ULONG in = 50 + method, out = 1000;
    EXPECT_EQ(ZwDeviceIoControlFile(file.handle(), nullptr, nullptr, nullptr, &iosb, Code(method), &in, sizeof in, &out, sizeof out),
              STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, 4);
    EXPECT_EQ(out, 2 * (50 + method));
  }
}

KTEST(ErrorsCopyNothingWarningsDo) {
  Device device(L"\\Device\\KtIo");
  device.on(IRP_MJ_DEVICE_CONTROL) = [](PDEVICE_OBJECT object, PIRP irp) {
    *static_cast<ULONG*>(irp->AssociatedIrp.SystemBuffer) = 5;
    return Complete(irp, static_cast<NTSTATUS>(reinterpret_cast<LONG_PTR>(StateOf(object)->context)), 4);
  };
  File file(L"\\Device\\KtIo");
  const auto control = [&](NTSTATUS status, ULONG* out, IO_STATUS_BLOCK* iosb) {
    device.state()->context = reinterpret_cast<PVOID>(static_cast<LONG_PTR>(status));
    *out = 0;
    *iosb = {};
    iosb->Status = 0x77;
    return ZwDeviceIoControlFile(file.handle(), nullptr, nullptr, nullptr, iosb, Code(METHOD_BUFFERED), nullptr, 0, out, sizeof *out);
  };
  ULONG out;
  IO_STATUS_BLOCK iosb;
  EXPECT_EQ(control(STATUS_BUFFER_OVERFLOW, &out, &iosb), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(out, 5);
  EXPECT_EQ(iosb.Status, STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(control(STATUS_INVALID_PARAMETER, &out, &iosb), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(out, 0);
  EXPECT_EQ(iosb.Status, 0x77);
}

KTEST(BadHandlesAreRefused) {
  IO_STATUS_BLOCK iosb;
  char byte;
  EXPECT_EQ(ZwReadFile(reinterpret_cast<HANDLE>(0x7ff0), nullptr, nullptr, nullptr, &iosb, &byte, 1, nullptr, nullptr),
            STATUS_INVALID_HANDLE);
  HANDLE event;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  EXPECT_EQ(ZwReadFile(event, nullptr, nullptr, nullptr, &iosb, &byte, 1, nullptr, nullptr), STATUS_OBJECT_TYPE_MISMATCH);
  ZwClose(event);
}

KTEST(SynchronousFileKeepsAPosition) {
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  static LONGLONG offset;
  device.on(IRP_MJ_WRITE) = [](PDEVICE_OBJECT, PIRP irp) {
    PIO_STACK_LOCATION const stack = IoGetCurrentIrpStackLocation(irp);
    offset = stack->Parameters.Write.ByteOffset.QuadPart;
    stack->FileObject->CurrentByteOffset.QuadPart = offset + stack->Parameters.Write.Length;
    return Complete(irp, STATUS_SUCCESS, stack->Parameters.Write.Length);
  };
  File file(L"\\Device\\KtIo");
  IO_STATUS_BLOCK iosb;
  char text[4] = {};
  const auto write = [&](PLARGE_INTEGER at) { return ZwWriteFile(file.handle(), nullptr, nullptr, nullptr, &iosb, text, 4, at, nullptr); };
  LARGE_INTEGER at;
  at.QuadPart = 100;
  EXPECT_EQ(write(&at), STATUS_SUCCESS);
  EXPECT_EQ(offset, 100);
  EXPECT_EQ(write(nullptr), STATUS_SUCCESS);
  EXPECT_EQ(offset, 104);
  at.LowPart = FILE_USE_FILE_POINTER_POSITION;
  at.HighPart = -1;
  EXPECT_EQ(write(&at), STATUS_SUCCESS);
  EXPECT_EQ(offset, 108);
  File asynchronous(L"\\Device\\KtIo", 0);
  EXPECT_EQ(ZwWriteFile(asynchronous.handle(), nullptr, nullptr, nullptr, &iosb, text, 4, nullptr, nullptr), STATUS_INVALID_PARAMETER);
}

KTEST(SynchronousFileWaitsForPending) {
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    Thread completer(
        +[](IRP* pending) {
          *static_cast<char*>(pending->AssociatedIrp.SystemBuffer) = 'p';
          Complete(pending, STATUS_SUCCESS, 1);
        },
        irp);
    return STATUS_PENDING;
  };
  File file(L"\\Device\\KtIo");
  IO_STATUS_BLOCK iosb = {};
  char byte = 0;
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(byte, 'p');
  EXPECT_EQ(iosb.Information, 1);
}

namespace {
/// Holds the IRP until the test completes it.
NTSTATUS Hold(PDEVICE_OBJECT device, PIRP irp) {
  IoMarkIrpPending(irp);
  StateOf(device)->context = irp;
  return STATUS_PENDING;
}
}  // namespace

KTEST(AsynchronousFileReturnsPending) {
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Hold;
  File file(L"\\Device\\KtIo", 0);
  HANDLE event;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, nullptr, NotificationEvent, TRUE)));
  IO_STATUS_BLOCK iosb = {};
  iosb.Status = STATUS_PENDING;
  char byte = 0;
  LARGE_INTEGER zero = {};
  EXPECT_EQ(ZwReadFile(file.handle(), event, nullptr, nullptr, &iosb, &byte, 1, &zero, nullptr), STATUS_PENDING);
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT);  // the request reset it
  EXPECT_EQ(iosb.Status, STATUS_PENDING);
  PIRP const irp = static_cast<PIRP>(device.state()->context);
  *static_cast<char*>(irp->AssociatedIrp.SystemBuffer) = 'q';
  Complete(irp, STATUS_SUCCESS, 1);
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
  EXPECT_EQ(byte, 'q');
  // Without an event it is the file object that is signaled.
  iosb.Status = STATUS_PENDING;
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &zero, nullptr), STATUS_PENDING);
  EXPECT_EQ(ZwWaitForSingleObject(file.handle(), FALSE, &zero), STATUS_TIMEOUT);
  Complete(static_cast<PIRP>(device.state()->context), STATUS_END_OF_FILE);
  EXPECT_EQ(ZwWaitForSingleObject(file.handle(), FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_END_OF_FILE);
  ZwClose(event);
}

namespace {
void CancelHeld(PDEVICE_OBJECT device, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  StateOf(device)->context = nullptr;
  Complete(irp, STATUS_CANCELLED);
}

struct Requestor {
  HANDLE file;
  PVOID buffer;
  IO_STATUS_BLOCK iosb;
  KEVENT sent, go;
  LONG passed;
};
}  // namespace

KTEST(CompletionReachesTheRequestorsThread) {
  // Completed by another thread, at raised IRQL.
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = Hold;
  File file(L"\\Device\\KtIo", 0);
  char byte = 0;
  Requestor requestor = {file.handle(), &byte, {}, {}, {}, 0};
  KeInitializeEvent(&requestor.sent, NotificationEvent, FALSE);
  KeInitializeEvent(&requestor.go, NotificationEvent, FALSE);
  Thread thread(
      +[](Requestor* self) {
        LARGE_INTEGER zero = {};
        self->iosb.Status = STATUS_PENDING;
        EXPECT_EQ(ZwReadFile(self->file, nullptr, nullptr, nullptr, &self->iosb, self->buffer, 1, &zero, nullptr), STATUS_PENDING);
        KeSetEvent(&self->sent, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&self->go, Executive, KernelMode, FALSE, nullptr);
        EXPECT_EQ(self->iosb.Status, STATUS_SUCCESS);
        self->passed = 1;
      },
      &requestor);
  KeWaitForSingleObject(&requestor.sent, Executive, KernelMode, FALSE, nullptr);
  PIRP const irp = static_cast<PIRP>(device.state()->context);
  *static_cast<char*>(irp->AssociatedIrp.SystemBuffer) = 'r';
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  Complete(irp, STATUS_SUCCESS, 1);
  KeLowerIrql(irql);
  KeSetEvent(&requestor.go, IO_NO_INCREMENT, FALSE);
  thread.Join();
  EXPECT_EQ(byte, 'r');
  EXPECT_EQ(requestor.passed, 1);
}

KTEST(EndingThreadCancelsItsRequests) {
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT object, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    StateOf(object)->context = irp;
    IoSetCancelRoutine(irp, CancelHeld);
    return STATUS_PENDING;
  };
  File file(L"\\Device\\KtIo", 0);
  char byte = 0;
  Requestor requestor = {file.handle(), &byte, {}, {}, {}, 0};
  Thread thread(
      +[](Requestor* self) {
        LARGE_INTEGER zero = {};
        EXPECT_EQ(ZwReadFile(self->file, nullptr, nullptr, nullptr, &self->iosb, self->buffer, 1, &zero, nullptr), STATUS_PENDING);
      },
      &requestor);
  thread.Join();
  EXPECT(device.state()->context == nullptr);
  EXPECT_EQ(requestor.iosb.Status, STATUS_CANCELLED);
}

KTEST(CancelIoFileCancels) {
  Device device(L"\\Device\\KtIo", DO_BUFFERED_IO);
  device.on(IRP_MJ_READ) = [](PDEVICE_OBJECT, PIRP irp) -> NTSTATUS {
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, CancelHeld);
    return STATUS_PENDING;
  };
  File file(L"\\Device\\KtIo", 0);
  IO_STATUS_BLOCK iosb = {}, result = {};
  char byte;
  LARGE_INTEGER zero = {};
  EXPECT_EQ(ZwReadFile(file.handle(), nullptr, nullptr, nullptr, &iosb, &byte, 1, &zero, nullptr), STATUS_PENDING);
  EXPECT_EQ(ZwCancelIoFile(file.handle(), &result), STATUS_SUCCESS);
  EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
  EXPECT_EQ(ZwCancelIoFile(file.handle(), &result), STATUS_SUCCESS);
}
