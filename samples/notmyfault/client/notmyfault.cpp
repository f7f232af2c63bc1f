// NotMyFaultTest KIND [BYTES]: asks the NotMyFault driver for a crash, a hang or a leak.
#include <windows.h>
#include <winioctl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../common.h"

struct Kind {
  const char* name;
  DWORD code;
  const char* what;
};

static const Kind kinds[] = {
    {"high-irql-kernel", IOCTL_HIGH_IRQL_KERNEL, "crash: freed paged pool touched at DISPATCH_LEVEL"},
    {"buffer-overflow", IOCTL_BUFFER_OVERFLOW, "crash: a pool block written beyond its end"},
    {"code-overwrite", IOCTL_CODE_OVERWRITE, "crash: the kernel's code written to"},
    {"stack-trash", IOCTL_STACK_TRASH, "crash: a local array written beyond its end"},
    {"high-irql-user", IOCTL_HIGH_IRQL_USER, "crash: user-mode memory touched at DISPATCH_LEVEL"},
    {"stack-overflow", IOCTL_STACK_OVERFLOW, "crash: endless recursion"},
    {"breakpoint", IOCTL_BREAKPOINT, "crash: a breakpoint without a debugger"},
    {"double-free", IOCTL_DOUBLE_FREE, "crash: a pool block freed twice"},
    {"hang-irp", IOCTL_HANG_IRP, "hang: a request that is never completed"},
    {"hang-dpc", IOCTL_HANG_DPC, "hang: a DPC that never ends"},
    {"hang-deadlock", IOCTL_HANG_DEADLOCK, "hang: two threads that wait for each other's lock"},
    {"leak-paged", IOCTL_LEAK_PAGED, "leak: BYTES of paged pool"},
    {"leak-nonpaged", IOCTL_LEAK_NONPAGED, "leak: BYTES of non-paged pool"},
};

static int Usage() {
  std::printf("Usage: NotMyFaultTest KIND [BYTES]\n");
  for (const Kind& kind : kinds) std::printf("  %-18s%s\n", kind.name, kind.what);
  return 2;
}

static const Kind* Find(const char* name) {
  for (const Kind& kind : kinds) {
    if (!std::strcmp(kind.name, name)) return &kind;
  }
  return nullptr;
}

int main(int argc, char* argv[]) {
  const Kind* const kind = argc >= 2 && argc <= 3 ? Find(argv[1]) : nullptr;
  if (!kind) return Usage();
  ULONG64 parameter = argc == 3 ? std::strtoull(argv[2], nullptr, 0) : 1 << 20;
  if (kind->code == IOCTL_HIGH_IRQL_USER) {
    parameter = reinterpret_cast<ULONG64>(VirtualAlloc(nullptr, 1 << 20, MEM_RESERVE, PAGE_READWRITE));  // no page is there
  }
  HANDLE device = CreateFileW(L"\\\\.\\NotMyFault", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    std::printf("Failed to open the NotMyFault device (error=%lu)\n", GetLastError());
    return 1;
  }
  DWORD bytes = 0;
  const BOOL done = DeviceIoControl(device, kind->code, &parameter, sizeof(parameter), nullptr, 0, &bytes, nullptr);
  std::printf("%s: %s (error=%lu)\n", kind->name, done ? "done" : "failed", done ? 0 : GetLastError());
  CloseHandle(device);
  return done ? 0 : 1;
}
