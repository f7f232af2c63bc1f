// Completion ports: packets in their order, and how many threads serve them at once.
#include "ktest.h"

using namespace ktest;

struct FILE_IO_COMPLETION_INFORMATION {
  PVOID KeyContext, ApcContext;
  IO_STATUS_BLOCK IoStatusBlock;
};
using PFILE_IO_COMPLETION_INFORMATION = FILE_IO_COMPLETION_INFORMATION*;

extern "C" {
NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID*, PVOID*, PIO_STATUS_BLOCK, PLARGE_INTEGER);
NTSTATUS NTAPI ZwRemoveIoCompletionEx(HANDLE, PFILE_IO_COMPLETION_INFORMATION, ULONG, PULONG, PLARGE_INTEGER, BOOLEAN);
NTSTATUS NTAPI IoSetIoCompletion(PVOID, PVOID, PVOID, NTSTATUS, ULONG_PTR, BOOLEAN);
}

namespace {

struct Port {
  HANDLE handle = nullptr;
  PVOID object = nullptr;
  explicit Port(ULONG threads) {
    constexpr ACCESS_MASK kAllAccess = 0x1f0003;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    EXPECT_EQ(ZwCreateIoCompletion(&handle, kAllAccess, &attributes, threads), STATUS_SUCCESS);
    EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
  }
  ~Port() {
    Close();
    ObDereferenceObject(object);
  }
  void Close() {
    if (handle) ZwClose(handle);
    handle = nullptr;
  }
  void Post(ULONG_PTR key) {
    EXPECT_EQ(IoSetIoCompletion(object, reinterpret_cast<PVOID>(key), nullptr, STATUS_SUCCESS, key, FALSE), STATUS_SUCCESS);
  }
  NTSTATUS Remove(ULONG_PTR* key, LONG64 milliseconds) {
    PVOID context = nullptr;
    IO_STATUS_BLOCK iosb = {};
    LARGE_INTEGER time = Milliseconds(milliseconds);
    return ZwRemoveIoCompletion(handle, reinterpret_cast<PVOID*>(key), &context, &iosb, &time);
  }
};

}  // namespace

KTEST(PacketsComeInTheirOrder) {
  Port port(0);
  ULONG_PTR key = 0;
  EXPECT_EQ(port.Remove(&key, 0), STATUS_TIMEOUT);
  LARGE_INTEGER zero = {};
  EXPECT_EQ(ZwWaitForSingleObject(port.handle, FALSE, &zero), STATUS_TIMEOUT);
  for (ULONG_PTR i = 1; i <= 3; i++) port.Post(i);
  EXPECT_EQ(ZwWaitForSingleObject(port.handle, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(port.Remove(&key, 0), STATUS_SUCCESS);
  EXPECT_EQ(key, 1);
  FILE_IO_COMPLETION_INFORMATION packets[4] = {};
  ULONG removed = 0;
  EXPECT_EQ(ZwRemoveIoCompletionEx(port.handle, packets, 4, &removed, &zero, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(removed, 2);
  EXPECT(packets[0].KeyContext == reinterpret_cast<PVOID>(2));
  EXPECT_EQ(packets[1].IoStatusBlock.Information, 3);
  EXPECT_EQ(ZwWaitForSingleObject(port.handle, FALSE, &zero), STATUS_TIMEOUT);
}

namespace {
struct Served {
  Port* port;
  LONG took, running;
  KEVENT go;
};

/// Takes a packet and works until it is told to end, without waiting at the port.
void Serve(Served* served) {
  ULONG_PTR key = 0;
  if (served->port->Remove(&key, 2000) != STATUS_SUCCESS) return;
  InterlockedIncrement(&served->took);
  KeWaitForSingleObject(&served->go, Executive, KernelMode, FALSE, nullptr);
}
}  // namespace

KTEST(NoMoreThreadsRunThanItsCreatorSaid) {
  Port port(1);
  ULONG_PTR key = 0;
  port.Post(1);
  EXPECT_EQ(port.Remove(&key, 0), STATUS_SUCCESS);  // this thread serves the port now, and runs
  Served served = {&port, 0, 0, {}};
  KeInitializeEvent(&served.go, NotificationEvent, FALSE);
  Thread other(Serve, &served);
  port.Post(2);
  const LONG64 start = Now();
  while (Now() - start < 20) YieldProcessor();  // works, and does not wait
  EXPECT_EQ(served.took, 0);
  Sleep(20);  // while it waits elsewhere another may run
  EXPECT_EQ(served.took, 1);
  KeSetEvent(&served.go, 0, FALSE);
  other.Join();
}

KTEST(ClosingThePortEndsTheWaits) {
  static NTSTATUS ended;
  Port port(0);
  Thread waiter(
      +[](Port* at) {
        ULONG_PTR key = 0;
        ended = at->Remove(&key, 5000);
      },
      &port);
  Sleep(20);
  port.Close();
  waiter.Join();
  EXPECT_EQ(ended, STATUS_ABANDONED);
}
