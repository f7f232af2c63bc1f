// MemWatch: tells when one of the system's memory conditions becomes true, by the events in \KernelObjects.
#include <ntddk.h>

namespace {

const PCWSTR kNames[] = {
    L"\\KernelObjects\\LowMemoryCondition",     L"\\KernelObjects\\HighMemoryCondition",      L"\\KernelObjects\\LowPagedPoolCondition",
    L"\\KernelObjects\\HighPagedPoolCondition", L"\\KernelObjects\\LowNonPagedPoolCondition", L"\\KernelObjects\\HighNonPagedPoolCondition",
    L"\\KernelObjects\\LowCommitCondition",     L"\\KernelObjects\\HighCommitCondition",      L"\\KernelObjects\\MaximumCommitCondition"};
constexpr ULONG kCount = ARRAYSIZE(kNames);

struct Watch {
  PKEVENT events[kCount];
  bool known[kCount];  // true when last looked at
  KEVENT stop;
  PVOID thread;
} watch;

NTSTATUS OpenEvent(PCWSTR path, PKEVENT* event) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE handle;
  NTSTATUS status = ZwOpenEvent(&handle, SYNCHRONIZE, &attributes);
  if (!NT_SUCCESS(status)) return status;
  status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, *ExEventObjectType, KernelMode, reinterpret_cast<PVOID*>(event), nullptr);
  ZwClose(handle);
  return status;
}

// Tells what changed since it last looked.
void Look() {
  for (ULONG i = 0; i < kCount; i++) {
    const bool now = KeReadStateEvent(watch.events[i]) != 0;
    if (now != watch.known[i]) DbgPrint("MemWatch: %ws is %s\n", kNames[i], now ? "true" : "over");
    watch.known[i] = now;
  }
}

// Waits for those that are not true, and looks at the others each second: that one ends no event tells.
NTSTATUS WaitForChange() {
  PVOID objects[kCount + 1] = {&watch.stop};
  KWAIT_BLOCK blocks[kCount + 1];
  ULONG count = 1;
  for (ULONG i = 0; i < kCount; i++) {
    if (!watch.known[i]) objects[count++] = watch.events[i];
  }
  LARGE_INTEGER second;
  second.QuadPart = -10'000'000;
  return KeWaitForMultipleObjects(count, objects, WaitAny, Executive, KernelMode, FALSE, &second, blocks);
}

VOID WatchThread(PVOID) {
  do Look();
  while (WaitForChange() != STATUS_WAIT_0);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

void Undo() {
  if (watch.thread != nullptr) {
    KeSetEvent(&watch.stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(watch.thread, Executive, KernelMode, FALSE, nullptr);
    ObDereferenceObject(watch.thread);
  }
  for (PKEVENT event : watch.events) {
    if (event != nullptr) ObDereferenceObject(event);
  }
}

void Unload(PDRIVER_OBJECT) { Undo(); }

NTSTATUS Start() {
  for (ULONG i = 0; i < kCount; i++) {
    const NTSTATUS status = OpenEvent(kNames[i], &watch.events[i]);
    if (!NT_SUCCESS(status)) {
      DbgPrint("MemWatch: no %ws (0x%08X)\n", kNames[i], status);
      return status;
    }
  }
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE thread;
  const NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, nullptr, nullptr, WatchThread, nullptr);
  if (!NT_SUCCESS(status)) return status;
  ObReferenceObjectByHandle(thread, SYNCHRONIZE, *PsThreadType, KernelMode, &watch.thread, nullptr);
  ZwClose(thread);
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  KeInitializeEvent(&watch.stop, NotificationEvent, FALSE);
  driver->DriverUnload = Unload;
  const NTSTATUS status = Start();
  if (!NT_SUCCESS(status)) Undo();
  return status;
}
